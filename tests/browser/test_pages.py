"""Every page of the built book in light, dark and on a phone: local, quiet, accessible, no wider than the screen."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FORMS = {
    "light": {},
    "dark": {"theme": "dark"},
    "phone": {"width": 390, "height": 844, "touch": True},
}
MOST_BYTES = 1_000_000  # gzipped, before the reader scrolls
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 20));
  }
  scrollTo(0, 0);
}"""
ALL_MOUNTED = """() => [...document.querySelectorAll(".afm-view")].every((view) => view.dataset.state === "ready")"""
IMAGES_WITHOUT_ALT = """() => [...document.querySelectorAll("article img")]
  .filter((image) => !image.alt && image.getAttribute("role") !== "presentation").map((image) => image.src)"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth - width;
}"""


def sources(entry):
    """Every page that an entry of the table of contents names, itself included."""
    if isinstance(entry, list):
        return [name for part in entry for name in sources(part)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [name for value in entry.values() for name in sources(value)]


PAGES = [
    f"{name.removesuffix('.md').removesuffix('.ipynb')}.html"
    for name in sources(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
] + ["search.html", "genindex.html"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PAGES)
def test_page(open_page, served, name, form):
    from axe_playwright_python.sync_playwright import Axe

    visit = open_page(f"{served}{name}", **FORMS[form])
    visit.page.evaluate(SCROLL)
    visit.page.wait_for_function(ALL_MOUNTED)
    assert visit.page.evaluate(TOO_WIDE) <= 0, "the page scrolls sideways"
    assert visit.page.evaluate(IMAGES_WITHOUT_ALT) == []
    assert visit.foreign == []
    assert visit.problems == []
    # no preload: axe would fetch what style sheets import, from wrong addresses
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
