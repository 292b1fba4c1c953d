"""What is left without JavaScript, and on paper: readable formulas, a picture of every figure, the book's own look."""

import pytest

from tests.browser.pages import CHAPTERS, see_all

RAW_TEX = r"""() => [...document.querySelectorAll("article .math")]
  .filter((formula) => formula.getClientRects().length && /\\[([]/.test(formula.innerText))
  .map((formula) => formula.innerText)"""
POSTERS = """() => [...document.querySelectorAll(".afm-view")].map((view) => ({
  poster: view.querySelector(".afm-poster img")?.getBoundingClientRect().height ?? 0,
  live: view.querySelector(".afm-live")?.getBoundingClientRect().height ?? 0,
}))"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_without_javascript(open_page, served, name):
    visit = open_page(f"{served}{name}", javascript=False, width=390, height=844)
    page = visit.page
    formulas = page.locator("article .math:not(math)").count()
    # some stand in folded answers, which have no size until they are opened
    page.eval_on_selector_all("details", "all => all.forEach((details) => details.setAttribute('open', ''))")
    sizes = page.eval_on_selector_all(
        "article math", "all => all.map((formula) => formula.getBoundingClientRect().width)"
    )
    assert len(sizes) == formulas > 10
    assert min(sizes) > 0
    assert page.evaluate(RAW_TEX) == []
    assert all(view["poster"] > 50 for view in page.evaluate(POSTERS))
    assert page.locator("html").get_attribute("data-theme") == "light"
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert not visit.problems and not visit.foreign


@pytest.mark.parametrize("name", CHAPTERS)
def test_on_paper(open_page, served, name):
    visit = open_page(f"{served}{name}")
    see_all(visit)
    visit.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")  # Chromium tells the page so when it prints
    visit.page.emulate_media(media="print")
    visit.page.wait_for_function(f"() => ({RAW_TEX})().length === 0")
    views = visit.page.evaluate(POSTERS)
    assert all(view["poster"] > 50 and view["live"] == 0 for view in views), views
    assert not visit.problems
