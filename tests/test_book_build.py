"""The book builds without a warning, and every link, anchor and picture in its pages leads somewhere."""

import importlib.util
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.built_book import built_book, command_of_make_book

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jupyter_book") is None, reason="jupyter-book is not installed (extra: book)"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(exit status, output, folder of the pages) of a build from nothing, as ``make book`` does it."""
    return built_book(tmp_path_factory)


class Page(HTMLParser):
    """What a page offers and asks for: its anchors, links, sources and pictures."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.pictures = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag in ("a", "link") and found.get("href"):
            self.links.add((tag, found["href"]))
        if found.get("src"):
            self.links.add((tag, found["src"]))
        if tag == "img":
            self.pictures.append((found.get("src", ""), found.get("alt")))


@cache
def page(path):
    return Page(path.read_text(encoding="utf-8"))


def pages(html):
    return sorted(path for path in html.rglob("*.html") if "_static" not in path.relative_to(html).parts)


def broken(path, html):
    """Links of a page that lead nowhere, and what it would fetch from another site."""
    faults = []
    for tag, link in sorted(page(path).links):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if tag != "a" and parts.scheme != "data" and not is_canonical(path, link):
                faults.append(f"fetches {link}")
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        target = target / "index.html" if target.is_dir() else target
        if not target.is_file():
            faults.append(f"{link}: no such file")
        elif parts.fragment and target.suffix == ".html":
            if unquote(parts.fragment) not in page(target).anchors and tag == "a":
                faults.append(f"{link}: no such anchor")
    return faults


def is_canonical(path, link):
    """A <link rel="canonical"> names where the page is published; nothing is fetched from there."""
    return f'rel="canonical" href="{link}"' in path.read_text(encoding="utf-8")


def documents():
    """The book's pages as _toc.yml lists them, without suffix."""
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    return re.findall(r"^\s*(?:root:|- file:) (\S+)", toc, flags=re.M)


def test_build_is_strict_and_clean(built):
    status, output, _ = built
    lines = re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines()
    warnings = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", line)]
    assert not warnings, "\n".join(warnings)
    assert status == 0, output[-3000:]


def test_build_command_is_strict():
    assert {"-W", "-n", "--keep-going"} <= set(command_of_make_book())


def test_every_page_is_there(built):
    _, _, html = built
    assert len(documents()) > 7
    missing = [name for name in documents() if not (html / f"{name}.html").is_file()]
    assert not missing
    assert (html / "index.html").is_file()


def test_links_anchors_and_sources_resolve(built):
    _, _, html = built
    faults = {path.relative_to(html).as_posix(): broken(path, html) for path in pages(html)}
    faults = {name: found for name, found in faults.items() if found}
    assert pages(html)
    assert not faults, "\n".join(f"{name}: {fault}" for name, found in faults.items() for fault in found)


def test_pictures_say_what_they_show(built):
    """An empty text marks an ornament; a file name is what the builder falls back on."""
    _, _, html = built
    shown = [(path.name, *picture) for path in pages(html) for picture in page(path).pictures]
    assert shown
    faults = [found for found in shown if found[2] is None or re.search(r"\.(png|svg|jpe?g)$", found[2])]
    assert not faults


def test_judge_of_links(tmp_path):
    (tmp_path / "other.html").write_text('<h1 id="here">x</h1><a name="there">y</a>')
    good = ["other.html", "other.html#here", "other.html#there", "#top", "https://example.org", "mailto:a@b.org"]
    bad = ["none.html", "other.html#nowhere", "#bottom"]
    links = "".join(f'<a href="{link}">z</a>' for link in good + bad)
    first = tmp_path / "first.html"
    first.write_text(f'<p id="top">{links}<img src="gone.png"><script src="https://cdn.example.org/x.js"></script>')
    assert broken(first, tmp_path) == [
        "#bottom: no such anchor",
        "none.html: no such file",
        "other.html#nowhere: no such anchor",
        "gone.png: no such file",
        "fetches https://cdn.example.org/x.js",
    ]
