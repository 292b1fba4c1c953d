"""Every stored chapter is complete, executed, readable without a kernel, and in normal form."""

import pytest

from tests import chapter_rules as rules
from tests.concepts import CONCEPTS
from tests.notebook_tools import WIDGET_STATE, WIDGET_VIEW

NAMES = [
    "01-map",
    "02-distance",
    "03-posterior",
    "04-collapse",
    "05-kl",
    "06-reparameterization",
    "07-vae",
    "08-variants",
    "09-gan",
    "10-diffusion",
    "11-full-size",
]
PATHS = sorted(rules.CHAPTERS.glob("*.ipynb"))


@pytest.mark.parametrize("name", NAMES)
def test_chapter_exists(name):
    assert (rules.CHAPTERS / f"{name}.ipynb").is_file()


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_rule_holds(path, rule):
    faults = rule(rules.load(path))
    assert not faults, "\n".join([path.stem, *faults])


@pytest.mark.parametrize("name", NAMES)
def test_chapter_is_alive_without_a_kernel(name):
    """It stores an interactive figure: its whole state, a poster where nothing can move, a task for the reader."""
    notebook = rules.load(rules.CHAPTERS / f"{name}.ipynb")
    shown = [
        output.data for cell in rules.code(notebook) for output in cell.outputs if WIDGET_VIEW in output.get("data", {})
    ]
    state = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    assert shown, "no interactive figure"
    for data in shown:
        model = state[data[WIDGET_VIEW]["model_id"]]["state"]
        assert "image/png" in data, f"{model['title']}: no poster"
        assert data["text/plain"].endswith("(an interactive figure)")
        assert model["title"] and model["task"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_file_is_in_normal_form(path):
    notebook = rules.load(path)
    assert path.read_bytes() == rules.dumps(notebook), "not in normal form: run `make chapters`"


def test_numbers_name_one_chapter_each():
    numbers = [path.stem.partition("-")[0] for path in PATHS]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("taught", CONCEPTS, ids=lambda taught: f"{taught.chapter}-{taught.concept}")
def test_concept_is_told_drawn_and_proved(taught):
    cells = {cell.id: cell for cell in rules.load(rules.CHAPTERS / f"{taught.chapter}.ipynb").cells}
    missing = {taught.text, taught.figure, taught.proof} - set(cells)
    assert not missing, f"no such cells: {missing}"
    assert cells[taught.text].cell_type == "markdown"
    assert any("image/png" in output.get("data", {}) for output in cells[taught.figure].outputs)
    assert any("✓ " in output.get("text", "") for output in cells[taught.proof].outputs)


def test_every_chapter_teaches_concepts():
    assert {taught.chapter for taught in CONCEPTS} == set(NAMES)
