"""The pages around the chapters: what they compute is right, what they name exists, their drawings stand alone."""

import ast
import doctest
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
SVG = "{http://www.w3.org/2000/svg}"
SMALLEST_TEXT = 12  # pixels, on a phone
PHONE = 358  # pixels that a page of 390 leaves to a figure


def sessions(page):
    """The Python sessions of a page as one doctest, in its order."""
    blocks = re.findall(r"^```pycon\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, str(page), 0)


def test_sessions_of_the_self_test_show_what_python_says():
    test, said = sessions(BOOK / "prerequisites.md"), []
    assert len(test.examples) >= 5
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert result.failed == 0, "".join(said)


def test_guards_named_by_the_errata_exist():
    named = set(re.findall(r"`(test_\w+)`", (BOOK / "errata.md").read_text(encoding="utf-8")))
    tree = ast.parse((ROOT / "tests" / "test_known_errors.py").read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert named and named <= functions, named - functions


def test_the_map_has_a_station_for_every_chapter():
    chapters = [str(int(path.name[:2])) for path in sorted((ROOT / "chapters").glob("[0-9][0-9]-*.ipynb"))]
    root = ElementTree.parse(BOOK / "figures" / "course-map.svg").getroot()
    stations = [text for text in root.iter(f"{SVG}text") if text.get("class") == "mid" and text.text.isdecimal()]
    height = float(root.get("viewBox").split()[3])
    assert [station.text for station in stations] == chapters
    assert all(0 < float(station.get("y")) < height - 19 for station in stations)
    (alt,) = re.findall(r"!\[(Map of the course[^\]]*)\]", (BOOK / "index.md").read_text(encoding="utf-8"))
    for said in (root.findtext(f"{SVG}desc"), alt):
        assert set(chapters) <= set(re.findall(r"\b\d+\b", said)), said


@pytest.mark.parametrize("path", sorted((BOOK / "figures").glob("*.svg")), ids=lambda path: path.stem)
def test_drawing_stands_alone(path):
    """A title and a description, nothing fetched, no script, and text that can be read on a phone."""
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.findtext(f"{SVG}title") and len(root.findtext(f"{SVG}desc")) > 80
    assert not re.search(r"<script|href=|@import|url\((?!#)", text)
    width = float(root.get("viewBox").split()[2])
    sizes = [float(size) for size in re.findall(r"font-size:\s*([\d.]+)px", text)]
    assert min(sizes) * min(1, PHONE / width) >= SMALLEST_TEXT
