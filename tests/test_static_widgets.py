"""The Sphinx side of static_widgets: one folder copied into a project, set up as its README says, and nothing else."""

import re
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from tests.widget_project import FOLDER, start_build, write_project

pytestmark = pytest.mark.skipif(find_spec("myst_nb") is None, reason="myst-nb is not installed (extra: book)")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """{kind: (exit status, output, folder of the pages)} of the project as a Jupyter Book and with Sphinx alone."""
    kinds = ["sphinx", *(["book"] if find_spec("jupyter_book") else [])]
    running = {}
    for kind in kinds:
        source, target = tmp_path_factory.mktemp(f"{kind}-source"), tmp_path_factory.mktemp(f"{kind}-pages")
        write_project(source)
        running[kind] = start_build(kind, source, target)
    return {kind: (process.communicate()[0], process.returncode, html) for kind, (process, html) in running.items()}


@pytest.fixture(params=["sphinx", "book"])
def pages(request, built):
    """A function that gives the text of a page, of the project built in each way."""
    if request.param not in built:
        pytest.skip("jupyter-book is not installed (extra: book)")
    output, status, html = built[request.param]
    assert status == 0, output[-3000:]
    return lambda name: (html / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def extension():
    """The extension as a module."""
    sys.path.insert(0, str(FOLDER.parent))
    import static_widgets

    sys.path.remove(str(FOLDER.parent))
    return static_widgets


def scripts(page):
    return re.findall(r"<script\b[^>]*\bsrc=\"([^\"]*)\"", page)


def styles(page):
    return re.findall(r"<link\b[^>]*\brel=\"stylesheet\"[^>]*\bhref=\"([^\"]*)\"", page)


def ours(addresses):
    """Names of our files among the addresses, without the checksum that makes a browser fetch a new version."""
    return [re.sub(r"\?v=\w+$", "", address) for address in addresses if "static-widgets" in address]


def test_the_script_goes_to_the_page_that_needs_it(pages):
    live = pages("live.html")
    assert ours(scripts(live)) == ["_static/static-widgets.js"]
    assert ours(styles(live)) == ["_static/static-widgets.css"]
    for name in ("index.html", "still.html"):
        assert ours(scripts(pages(name)) + styles(pages(name))) == []


def test_the_addresses_carry_a_checksum(pages):
    found = [address for address in scripts(pages("live.html")) if "static-widgets" in address]
    assert re.fullmatch(r"_static/static-widgets\.js\?v=[0-9a-f]{8}", found[0])


def test_no_script_comes_from_elsewhere(pages):
    for name in ("index.html", "live.html", "still.html"):
        assert [address for address in scripts(pages(name)) if re.match(r"(https?:)?//", address)] == []


def test_the_files_are_those_of_the_folder(pages, extension):
    assert pages("_static/static-widgets.js") == extension.joined_script()
    assert pages("_static/static-widgets.css") == extension.style_sheet()


def test_every_view_keeps_its_poster_and_its_data(pages):
    live = pages("live.html")
    place = r'<div class="afm-view[^>]*>\s*<div class="afm-poster[^>]*>(.*?)</div>\s*</div>'
    pattern = place + r'\s*<script type="application/vnd.jupyter.widget-view\+json">'
    picture, words = re.findall(pattern, live, flags=re.S)
    assert re.search(r'<img [^>]*src="_images/\w+\.png"', picture)
    assert "only words" in words
    assert live.count('"application/vnd.jupyter.widget-state+json"') == 1
    still = pages("still.html")
    assert "afm-" not in still and re.search(r'<img [^>]*src="_images/\w+\.png"', still)


def test_the_folder_makes_no_page(built):
    for output, status, html in built.values():
        assert status == 0, output[-3000:]
        assert sorted(
            path.name for path in html.glob("*.html") if path.stem in ("index", "live", "still", "README")
        ) == [
            "index.html",
            "live.html",
            "still.html",
        ]
        assert not (html / "_ext").exists()


def test_the_script_is_one_scope_and_complete(extension):
    script = extension.joined_script()
    assert script.startswith("(() => {\n") and script.endswith("})();\n")
    assert sorted(extension.PARTS) == sorted(path.name for path in (FOLDER / "static").glob("*.js"))
    # a page opened as a file can import nothing: modules of widgets come from blob: addresses, or from theirs
    assert re.findall(r"^\s*(?:import|export)\b.*", script, flags=re.M) == []
    assert re.findall(r"\bfetch\(|XMLHttpRequest|https?://[\w.]", script) == []


def test_other_builders_get_no_files(extension, tmp_path):
    extension.write_static_files(SimpleNamespace(builder=SimpleNamespace(format="latex"), outdir=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_the_readme_names_every_file():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = text[text.index("## Its parts") :]
    names = [path.name for path in (FOLDER / "static").glob("*.js")] + ["__init__.py"]
    assert [name for name in names if name not in table] == []
