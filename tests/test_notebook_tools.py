"""The tools that execute, normalise and judge chapters, on small notebooks."""

import ast
import base64
import copy
import hashlib
import io

import nbformat
import pytest
from PIL import Image

from tests import chapter_rules as rules
from tests.notebook_tools import (
    WIDGET_STATE,
    WIDGET_VIEW,
    NotNormal,
    chapters,
    dumps,
    figures,
    loads,
    normalise,
    staleness,
)
from tests.sample_chapter import code, drawn, png, printed, sample, stored

# --- the rules


def test_sample_fulfils_every_rule():
    assert {rule.__name__: rule(sample()) for rule in rules.RULES} == {rule.__name__: [] for rule in rules.RULES}


def cell(nb, name):
    return next(found for found in nb.cells if found.id == name)


def drop(nb, *names):
    nb.cells = [found for found in nb.cells if found.id not in names]


def swap(nb, name, old, new):
    found = cell(nb, name)
    assert old in found.source
    found.source = found.source.replace(old, new)


def image(nb, **values):
    cell(nb, "figure-1").metadata.mystnb.image.update(values)


def strip(nb):
    for found in rules.code(nb):
        found.execution_count, found.outputs = None, []


def output(nb, **values):
    cell(nb, "proof-1").outputs.append(nbformat.v4.new_output(**values))


BREAKS = {
    "stripped": (rules.every_cell_executed, strip),
    "stderr": (rules.outputs_clean, lambda nb: output(nb, **printed("careful", "stderr"))),
    "error": (
        rules.outputs_clean,
        lambda nb: output(nb, output_type="error", ename="E", evalue="", traceback=[]),
    ),
    "progress bar": (rules.outputs_clean, lambda nb: output(nb, **printed("\r 50%|##  | 3.1it/s"))),
    "local path": (rules.outputs_clean, lambda nb: output(nb, **printed("read /home/me/file"))),
    "bare value": (
        rules.outputs_clean,
        lambda nb: output(nb, output_type="execute_result", data={"text/plain": "[1, 2]"}, execution_count=1),
    ),
    "long dump": (rules.outputs_clean, lambda nb: output(nb, **printed("1\n" * 31))),
    "magic": (rules.plain_python, lambda nb: swap(nb, "figure-1", "print", "%time print")),
    "semicolon": (rules.plain_python, lambda nb: swap(nb, "figure-1", "sqrt(1))", "sqrt(1));")),
    "star import": (rules.plain_python, lambda nb: swap(nb, "setup", "import math", "from math import *")),
    "interact": (rules.plain_python, lambda nb: swap(nb, "figure-1", "print(", "widgets.interact(")),
    "random id": (rules.ids_readable, lambda nb: cell(nb, "figure-1").update(id="a1b2c3d4")),
    "id twice": (rules.ids_readable, lambda nb: cell(nb, "figure-1").update(id="figure-2")),
    "id with capitals": (rules.ids_readable, lambda nb: cell(nb, "figure-1").update(id="Figure_1")),
    "editor state": (rules.normal_form, lambda nb: cell(nb, "setup").metadata.update(scrolled=True)),
    "address": (rules.normal_form, lambda nb: output(nb, **printed("<object at 0x7f00aa>"))),
    "changed code": (rules.fresh, lambda nb: swap(nb, "figure-1", "sqrt(1)", "sqrt(2)")),
    "no alt": (rules.figures_described, lambda nb: image(nb, alt="")),
    "file name as alt": (
        rules.figures_described,
        lambda nb: image(nb, alt="_images/0123456789abcdef0123456789.png"),
    ),
    "same alt": (
        rules.figures_described,
        lambda nb: image(nb, alt=cell(nb, "figure-2").metadata.mystnb.image.alt),
    ),
    "no class": (rules.figures_described, lambda nb: image(nb, classes="big")),
    "two figures": (
        rules.figures_described,
        lambda nb: cell(nb, "figure-1").outputs.append(nbformat.v4.new_output(**drawn(9))),
    ),
    "large figure": (
        rules.figures_described,
        lambda nb: cell(nb, "figure-1").outputs[0].data.update({"image/png": "A" * 140_000}),
    ),
    "three figures": (rules.enough_figures, lambda nb: drop(nb, "figure-1")),
    "no title": (rules.head, lambda nb: swap(nb, "head", "# 99. A sample", "A sample")),
    "no objectives": (rules.head, lambda nb: swap(nb, "head", "- draw a line\n", "")),
    "no prerequisites": (rules.head, lambda nb: swap(nb, "head", "**Before you start**", "Before you start")),
    "no minutes": (rules.head, lambda nb: swap(nb, "head", "5 minutes", "short")),
    "no prediction": (rules.prediction_first, lambda nb: swap(nb, "head", "**Predict**", "Guess")),
    "no reveal": (rules.prediction_first, lambda nb: swap(nb, "head", "<summary>Answer</summary>", "")),
    "prediction too late": (rules.prediction_first, lambda nb: nb.cells.append(nb.cells.pop(0))),
    "seven proofs": (rules.enough_proofs, lambda nb: drop(nb, "proof-1")),
    "f-string": (rules.claims_literal, lambda nb: swap(nb, "proof-1", 'prove("', 'prove(f"')),
    "other claim": (rules.claims_literal, lambda nb: swap(nb, "proof-1", "the root", "a root")),
    "claim as a variable": (
        rules.claims_literal,
        lambda nb: swap(nb, "proof-1", "prove(", "prove(claim if 1 else "),
    ),
    "no ledger": (rules.ending, lambda nb: swap(nb, "ending", "## The ledger", "## An account")),
    "text after the end": (
        rules.ending,
        lambda nb: swap(nb, "ending", "## Further", "## More\n\n## Further"),
    ),
    "one citation": (rules.ending, lambda nb: swap(nb, "ending", ", {cite:p}`rezende2014`", "")),
    "little proved": (rules.ending, lambda nb: swap(nb, "ending", "- four\n", "")),
    "unknown citation": (rules.citations_known, lambda nb: swap(nb, "ending", "rezende2014", "nobody1066")),
    "directive": (rules.plain_markdown, lambda nb: swap(nb, "ending", "- one", "```{margin}\nx\n```\n- one")),
    "long set-up": (rules.cells_short, lambda nb: swap(nb, "setup", "import math", "import math\n" * 10)),
    "long cells": (
        rules.cells_short,
        lambda nb: [swap(nb, f"proof-{n}", "prove", "1\n" * 6 + "prove") for n in range(8)],
    ),
    "no set-up": (rules.cells_short, lambda nb: drop(nb, "setup")),
    "foreign name": (rules.names_defined_here, lambda nb: swap(nb, "figure-1", "sqrt(1)", "sqrt(one)")),
    "name in a function": (
        rules.names_defined_here,
        lambda nb: swap(nb, "figure-1", "print", "f = lambda: one\nprint"),
    ),
    "later name": (rules.names_defined_here, lambda nb: nb.cells.append(nb.cells.pop(1))),
}


@pytest.mark.parametrize(("rule", "spoil"), BREAKS.values(), ids=BREAKS)
def test_rule_notices(rule, spoil):
    notebook = sample()
    spoil(notebook)
    assert rule(notebook)


def test_every_rule_is_shown_to_notice_something():
    assert {rule for rule, _ in BREAKS.values()} == set(rules.RULES)


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return g()\ndef g():\n    return math.pi\nf()",
        "[n for n in range(3) if n]",
        "for k in 'ab': print(k)",
    ],
)
def test_names_that_are_fine(source):
    notebook = sample()
    cell(notebook, "figure-1").source = source
    assert not rules.names_defined_here(notebook)


# --- the normal form


def test_normal_form_is_a_fixed_point_and_leaves_its_argument_alone():
    notebook = sample()
    before = copy.deepcopy(notebook)
    assert dumps(normalise(notebook)) == dumps(notebook)
    assert notebook == before
    assert dumps(loads(dumps(notebook))) == dumps(notebook)
    assert dumps(notebook).endswith(b"}\n")


def test_normal_form_drops_what_differs():
    first = stored(
        code("a", "1\n", printed("x"), printed("y\n")),
        code("b", "2"),
        language_info={"name": "python", "version": "3"},
    )
    second = stored(code("a", "1", printed("xy\n")), code("b", "2", scrolled=True), toc={"base": 1})
    second.cells[1].execution_count = 17
    second.cells[1].metadata.execution = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    assert dumps(normalise(first)) == dumps(normalise(second))
    assert [found.execution_count for found in normalise(second).cells] == [1, 2]


def test_unexecuted_cells_stay_unexecuted():
    notebook = stored(code("a", "1"))
    notebook.cells[0].execution_count = None
    assert normalise(notebook).cells[0].execution_count is None


@pytest.mark.parametrize("kind", ["stream", "text/plain"])
def test_memory_address_is_refused(kind):
    shown = "<thing at 0x7f3a5c0>"
    if kind == "stream":
        made = printed(shown)
    else:
        made = {"output_type": "execute_result", "data": {kind: shown}, "execution_count": 1}
    with pytest.raises(NotNormal, match=r"cell 2 \(culprit\): prints a memory address"):
        normalise(stored(code("fine", "0"), code("culprit", "1", made)))


def with_widgets(ids):
    """A notebook that shows two linked sliders, with a forgotten third one, under the given ids."""
    slider, layout, other, link, orphan = ids

    def model(name, **state):
        return {"model_name": name, "model_module": "m", "model_module_version": "2.0.0", "state": state}

    def view(name):
        return {"output_type": "display_data", "data": {WIDGET_VIEW: {"model_id": name, "version_major": 2}}}

    state = {
        orphan: model("IntSliderModel", value=1),
        link: model("LinkModel", source=[f"IPY_MODEL_{slider}", "value"], target=[f"IPY_MODEL_{other}", "value"]),
        layout: model("LayoutModel"),
        slider: model("IntSliderModel", layout=f"IPY_MODEL_{layout}"),
        other: model("IntSliderModel", layout=f"IPY_MODEL_{layout}"),
    }
    widgets = {WIDGET_STATE: {"state": state, "version_major": 2, "version_minor": 0}}
    return stored(code("one", "a", view(slider)), code("two", "b", view(other)), widgets=widgets)


def test_widget_ids_are_renamed_and_orphans_dropped():
    one = normalise(with_widgets([f"{n:032x}" for n in (5, 4, 3, 2, 1)]))
    two = normalise(with_widgets([f"{n:032x}" for n in (10**30, 77, 2, 3, 10**20)]))
    assert dumps(one) == dumps(two) == dumps(normalise(one))
    state = one.metadata.widgets[WIDGET_STATE].state
    assert list(state) == [f"{n:032x}" for n in (1, 2, 3, 4)]
    assert [model.model_name for model in state.values()] == [
        "IntSliderModel",
        "LayoutModel",
        "IntSliderModel",
        "LinkModel",
    ]
    assert one.cells[1].outputs[0].data[WIDGET_VIEW].model_id == f"{3:032x}"


def test_widget_state_without_a_view_is_dropped():
    notebook = with_widgets([f"{n:032x}" for n in range(1, 6)])
    for found in notebook.cells:
        found.outputs = []
    assert "widgets" not in normalise(notebook).metadata


# --- figures


def opened(data):
    return Image.open(io.BytesIO(data))


def smooth(noise=0.0):
    """A photograph-like PNG with thousands of colours on a white frame."""
    import numpy as np

    x = np.linspace(0, 255, 200)
    pixels = np.stack([np.add.outer(x, x) / 2, np.add.outer(x, 255 - x) / 2, np.outer(x, x) / 255], -1)
    pixels += noise * np.random.default_rng(0).normal(size=pixels.shape)
    pixels[:20] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(buffer, "PNG", pnginfo=None, dpi=(100, 100))
    return buffer.getvalue()


def test_few_colours_stay_exact():
    data = base64.b64decode(png(5))
    small = figures.small_png(data)
    assert opened(small).mode == "P"
    assert opened(small).convert("RGB").tobytes() == opened(data).convert("RGB").tobytes()


def test_figure_is_small_bare_faithful_and_deterministic():
    data = smooth()
    small = figures.small_png(data)
    assert small == figures.small_png(data) == figures.small_png(small)
    assert len(small) <= figures.MAX_BYTES
    assert set(figures.chunks(small)) == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
    assert opened(small).convert("RGB").getpixel((3, 3)) == (255, 255, 255)
    assert figures.error(figures.opaque(opened(data)), opened(small)) < 5


def test_transparency_becomes_white():
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(buffer, "PNG")
    assert opened(figures.small_png(buffer.getvalue())).convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_figure_that_cannot_be_small_names_its_cell(monkeypatch):
    monkeypatch.setattr(figures, "MAX_BYTES", 10_000)
    noisy = {
        "output_type": "display_data",
        "data": {"image/png": base64.b64encode(smooth(noise=200)).decode()},
    }
    with pytest.raises(NotNormal, match=r"cell 1 \(noise\): the figure needs \d+ kB"):
        normalise(stored(code("noise", "1", noisy)))


# --- staleness


USED = '''"""Doc."""
from . import deep
from .sub.leaf import x


def f():
    """Doc."""
    return 1
'''


@pytest.fixture
def checkout(tmp_path):
    """A package of four modules with results, and a notebook that reaches three of them."""
    files = {
        "vae_utils/__init__.py": '"""Doc."""\n__version__ = "1"\n',
        "vae_utils/used.py": USED,
        "vae_utils/deep.py": 'NAME = "table.json"\n',
        "vae_utils/sub/__init__.py": "",
        "vae_utils/sub/leaf.py": 'x = "leaf.js"\n',
        "vae_utils/sub/static/leaf.js": "1",
        "vae_utils/sub/static/unnamed.js": "1",
        "vae_utils/unused.py": "y = 1\n",
        "book/results/table.json": "{}\n",
        "book/results/map.npz": "1",
        "book/results/other.json": "{}\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content.encode())
    return tmp_path


def notebook_of(source):
    return stored(nbformat.v4.new_markdown_cell("text", id="text"), code("a", source))


SOURCE = 'from vae_utils.used import f\nload("map")'
CHANGES = {
    "vae_utils/used.py": (b"return 1", b"return 2", True),
    "vae_utils/deep.py": (b'table.json"', b'table.json"; z = 1', True),
    "vae_utils/sub/leaf.py": (b"x =", b"y = 2; x =", True),
    "vae_utils/sub/__init__.py": (b"", b"x = 2\n", True),
    "vae_utils/sub/static/leaf.js": (b"1", b"2", True),
    "vae_utils/sub/static/unnamed.js": (b"1", b"2", False),
    "vae_utils/unused.py": (b"y = 1", b"y = 2", False),
    "vae_utils/__init__.py": (b'"1"', b'"2"', False),
    "book/results/table.json": (b"{}", b"[]", True),
    "book/results/map.npz": (b"1", b"2", True),
    "book/results/other.json": (b"{}", b"[]", False),
}


@pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)
def test_digest_follows_what_is_reached(checkout, name, change):
    old, new, matters = change
    before = staleness.digest(notebook_of(SOURCE), checkout)
    file = checkout / name
    file.write_bytes(file.read_bytes().replace(old, new, 1))
    assert (staleness.digest(notebook_of(SOURCE), checkout) != before) == matters


@pytest.mark.parametrize("change", ['"""Other."""\n', "# a comment\n", "\n\n", '"""Doc.\n\n    More.\n    """\r\n'])
def test_digest_ignores_comments_docstrings_and_line_ends(checkout, change):
    before = staleness.digest(notebook_of(SOURCE), checkout)
    file = checkout / "vae_utils/used.py"
    text = file.read_text().replace('"""Doc."""\nfrom', f"{change}from", 1).replace('    """Doc."""\n', "    # why\n")
    file.write_bytes(text.encode())
    assert staleness.digest(notebook_of(SOURCE), checkout) == before


@pytest.mark.parametrize(
    "source",
    [
        "import vae_utils.used",
        "import vae_utils.used as u",
        "from vae_utils import used",
        "def f():\n    from vae_utils.used import f",
    ],
)
def test_every_way_to_import_is_followed(checkout, source):
    reached = staleness.reached([ast.parse(source)], checkout)
    assert sorted(reached) == [
        "vae_utils",
        "vae_utils.deep",
        "vae_utils.sub",
        "vae_utils.sub.leaf",
        "vae_utils.used",
    ]


def test_digest_covers_code_not_prose(checkout):
    notebook = notebook_of(SOURCE)
    before = staleness.digest(notebook, checkout)
    notebook.cells[0].source = "other text"
    assert staleness.digest(notebook, checkout) == before
    notebook.cells[1].source += "\n1"
    assert staleness.digest(notebook, checkout) != before


def test_digest_is_the_same_in_every_python():
    """Syntax trees differ between Python versions; this text must not (the string was computed with 3.11)."""
    source = 'def f(x, *, y: int = 1) -> str:\n    return f"a{x!r:>{y}.2f}b" "c" + b"d".decode()[1:, ...]\n'
    text = staleness.canonical(ast.parse(source))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "9610db05432611bb"


# --- executing


def folder_with(tmp_path, *sources):
    """A folder of chapters, one code cell each after a common first one."""
    for number, source in enumerate(sources, 1):
        notebook = stored(code("setup", "import math"), code("main", source))
        (tmp_path / f"{number:02}-name.ipynb").write_bytes(dumps(notebook))
    return tmp_path


def test_chapters_are_executed_and_two_executions_agree(tmp_path, capfd):
    folder = folder_with(tmp_path, "print(math.pi)\nprint('x')\nmath.e")
    path = folder / "01-name.ipynb"
    assert chapters.main(["--check"], folder) == 1
    assert chapters.main([], folder) == 0
    first = path.read_bytes()
    assert [out.output_type for out in loads(first).cells[1].outputs] == ["stream", "execute_result"]
    assert chapters.main(["--check"], folder) == 0
    assert chapters.main(["1"], folder) == 0
    assert path.read_bytes() == first
    assert "stale" in capfd.readouterr().out


def test_failed_chapter_keeps_its_file_and_the_others_go_on(tmp_path, capfd):
    folder = folder_with(tmp_path, "1 / 0", "print(2)", "object()")
    before = (folder / "01-name.ipynb").read_bytes()
    assert chapters.main(["--all"], folder) == 1
    captured = capfd.readouterr()
    assert "01-name: cell 2 (main) failed: ZeroDivisionError: division by zero" in captured.err
    assert "03-name: cell 2 (main): prints a memory address" in captured.err
    # a line and the summary name it, and no traceback does; what zmq may log while a kernel ends is not ours
    assert (captured.out + captured.err).count("ZeroDivisionError") == 2
    assert 'chapters.py", line' not in captured.out + captured.err
    assert (folder / "01-name.ipynb").read_bytes() == before
    assert loads((folder / "02-name.ipynb").read_bytes()).cells[1].outputs[0].text == "2\n"
    assert sorted(file.name for file in folder.iterdir()) == [f"0{n}-name.ipynb" for n in (1, 2, 3)]


def test_fresh_chapter_is_only_normalised(tmp_path, capfd):
    notebook = sample()
    cell(notebook, "setup").metadata.scrolled = True
    (tmp_path / "99-sample.ipynb").write_bytes(dumps(notebook))
    assert chapters.main([], tmp_path) == 0
    assert (tmp_path / "99-sample.ipynb").read_bytes() == dumps(sample())
    assert "normalised" in capfd.readouterr().out


def test_naming_a_chapter_touches_no_other(tmp_path):
    folder = folder_with(tmp_path, "print(1)", "print(2)")
    other = folder / "02-name.ipynb"
    before = other.read_bytes() + b"\n"  # not in normal form
    other.write_bytes(before)
    assert chapters.main(["1"], folder) == 0
    assert other.read_bytes() == before


def test_a_file_changed_during_its_execution_is_not_overwritten(tmp_path, capfd):
    """The cell itself plays the author who saves while the chapter runs."""
    saving = "import pathlib\nfile = pathlib.Path('01-name.ipynb')\nfile.write_bytes(file.read_bytes() + b' ')"
    folder = folder_with(tmp_path, saving)
    before = (folder / "01-name.ipynb").read_bytes()
    assert chapters.main(["1"], folder) == 1
    assert (folder / "01-name.ipynb").read_bytes() == before + b" "
    assert "changed while it was being executed" in capfd.readouterr().err


def test_unknown_chapter_is_refused(tmp_path, capfd):
    with pytest.raises(SystemExit):
        chapters.main(["08"], folder_with(tmp_path, "1"))
    assert "no chapter is called '08'; there are 01-name" in capfd.readouterr().err
