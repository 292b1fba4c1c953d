"""The book's search finds pages, from a server and from pages opened as files."""

import pytest


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_pages(open_page, book, served, scheme):
    base = served.rstrip("/") if scheme == "http" else book.resolve().as_uri()
    visit = open_page(f"{base}/search.html?q=posterior")
    results = visit.page.locator("#search-results li a")
    results.and_(visit.page.locator("[href*='03-posterior']")).first.wait_for()  # results appear one after another
    results.first.click()
    visit.page.wait_for_load_state()
    visit.page.locator("h1:visible").first.wait_for()
    assert not visit.foreign
    assert not visit.problems


def test_any_page_asks_the_search_page(open_page, served):
    visit = open_page(f"{served}chapters/01-map.html")
    visit.page.keyboard.press("Control+k")
    visit.page.keyboard.type("reparameterization")
    visit.page.keyboard.press("Enter")
    visit.page.locator("#search-results li a").first.wait_for()
    assert "search.html?q=reparameterization" in visit.page.url
    assert not visit.problems
