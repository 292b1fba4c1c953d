"""Every link of the built book leads to a file and a place that exist, and its search finds pages."""

from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

ADDRESSES = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}


class Page(HTMLParser):
    """What a page points to, and the places in it that can be pointed to.

    Attributes
    ----------
    addresses : set of str
        As written in links, images, scripts and style sheets.
    places : set of str
        Fragments that the page answers to.
    """

    def __init__(self, text):
        super().__init__()
        self.addresses, self.places = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.places.update(filter(None, (attributes.get("id"), attributes.get("name") if tag == "a" else None)))
        if address := attributes.get(ADDRESSES.get(tag, "")):
            self.addresses.add(address)


def broken(folder):
    """Every internal address of the HTML pages in a folder that leads nowhere, as 'page: address'."""
    files = [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts]  # there lie templates
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in files}
    faults = []
    for path, page in pages.items():
        for address in sorted(page.addresses):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            found = target.is_file() and folder.resolve() in target.parents
            if not found or (place and target in pages and place not in pages[target].places):
                faults.append(f"{path.relative_to(folder)}: {address}")
    return faults


def test_a_broken_link_is_found(tmp_path):
    tmp_path = tmp_path.resolve()
    (tmp_path / "a.html").write_text('<a href="b.html#there">1</a><a href="b.html#gone">2</a><img src="no.png">')
    (tmp_path / "b.html").write_text('<p id="there"></p><a href="../outside.html">3</a><a href="https://e.org/x">4</a>')
    assert broken(tmp_path) == ["a.html: b.html#gone", "a.html: no.png", "b.html: ../outside.html"]


def test_every_internal_link_and_anchor_resolves(book):
    assert broken(book.resolve()) == []


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_pages(open_page, book, served, scheme):
    base = served.rstrip("/") if scheme == "http" else book.resolve().as_uri()
    visit = open_page(f"{base}/search.html?q=posterior")
    results = visit.page.locator("#search-results li a")
    results.first.wait_for()
    assert any("03-posterior" in link.get_attribute("href") for link in results.all())
    results.first.click()
    visit.page.wait_for_load_state()
    visit.page.locator("h1:visible").first.wait_for()
    assert not visit.foreign
    assert not visit.problems
