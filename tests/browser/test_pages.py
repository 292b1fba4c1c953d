"""Every page of the built book in light, dark and on a phone: local, quiet, accessible, small, no wider than it is."""

import pytest

from tests.browser.pages import FORMS, PAGES, WRITTEN, see_all

MOST_BYTES = 1_000_000  # gzipped, before the reader scrolls
MOST_REQUESTS = 30  # of which MathJax's fonts are up to ten
LOADER = "static-widgets.js"
# no preload: axe would fetch what style sheets import, from wrong addresses; and what passes need not be described
OPTIONS = {"preload": False, "resultTypes": ["violations"]}
IMAGES_WITHOUT_ALT = """() => [...document.querySelectorAll("article img")]
  .filter((image) => !image.alt && image.getAttribute("role") !== "presentation").map((image) => image.src)"""
# Words of code and of signatures have their colours from their kind, and measuring each of thousands took four fifths
# of axe's time: the first of each kind stands for all of it. (Leaving them out by axe's `exclude` is slower still.)
HIDE_REPEATED_WORDS = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll(":is(.highlight, .sig, .field-list) :is(span, em, strong, code)")) {
    const place = word.closest(".cell_input, .cell_output, .sig, .field-list, article");
    const kind = [word, word.parentElement, place].map((e) => `${e?.tagName}.${e?.className}`).join(" in ");
    word.style.visibility = seen.has(kind) ? "hidden" : "visible"; // visible in a hidden one, too
    seen.add(kind);
  }
}"""
TO_DARK = """async () => {
  document.documentElement.dataset.mode = document.documentElement.dataset.theme = "dark";
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame); // figures draw themselves again
  await Promise.allSettled(document.getAnimations().map((fade) => fade.finished)); // colours change step by step
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def check(visit):
    """What holds for a page in the theme and at the width that it has now."""
    from axe_playwright_python.sync_playwright import Axe

    assert visit.page.evaluate(TOO_WIDE) <= 0, "the page scrolls sideways"
    visit.page.evaluate(HIDE_REPEATED_WORDS)
    report = Axe().run(visit.page, options=OPTIONS)
    assert report.violations_count == 0, report.generate_report()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PAGES)
def test_page(open_page, served, name, form):
    visit = open_page(f"{served}{name}", **FORMS[form])
    see_all(visit)
    check(visit)
    if form == "screen":
        visit.page.evaluate(TO_DARK)
        check(visit)
    assert visit.page.evaluate(IMAGES_WITHOUT_ALT) == []
    assert visit.foreign == []
    assert visit.problems == []


@pytest.mark.parametrize("name", WRITTEN)
def test_page_is_small_before_the_reader_scrolls(browser, served, name, record_property):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    urls, sizes = {}, {}
    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(f"{served}{name}", wait_until="networkidle")
    fetched = [url for request, url in urls.items() if request in sizes and url.startswith(served)]
    has_figures = page.locator(".afm-view").count() > 0
    context.close()
    record_property("kilobytes", round(sum(sizes.values()) / 1000))
    record_property("requests", len(fetched))
    assert sum(sizes.values()) <= MOST_BYTES
    assert len(fetched) <= MOST_REQUESTS, fetched
    assert any(LOADER in url for url in fetched) == has_figures, "pages with figures load the loader, and only they"
