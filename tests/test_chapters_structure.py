"""Every stored chapter is complete, executed, readable without a kernel, and in normal form."""

import pytest

from tests import chapter_rules as rules
from tests.concepts import CONCEPTS

NAMES = [
    "01-map",
    "02-distance",
    "03-posterior",
    "04-collapse",
    "05-kl",
    "06-reparameterization",
    "07-vae",
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


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_file_is_in_normal_form(path):
    notebook = rules.load(path)
    assert path.read_bytes() == rules.dumps(notebook), "not in normal form: run `make chapters`"


def test_numbers_name_one_chapter_each():
    numbers = [path.stem.partition("-")[0] for path in PATHS]
    assert len(set(numbers)) == len(numbers)


def test_concepts_are_listed():
    assert CONCEPTS, "tests/concepts.py is empty"


@pytest.mark.parametrize(("concept", "chapter", "cell"), CONCEPTS)
def test_concept_is_taught(concept, chapter, cell):
    ids = [cell.id for cell in rules.load(rules.CHAPTERS / f"{chapter}.ipynb").cells]
    assert cell in ids, f"{concept}: {chapter} has no cell {cell}"
