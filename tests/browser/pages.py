"""Which pages the book has, and how to see all of one."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
FORMS = {
    "screen": {},  # light, then dark
    "phone": {"width": 390, "height": 844, "touch": True},
}
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
    await new Promise((done) => setTimeout(done)); // what came into sight is told after the frame
  }
  scrollTo(0, 0);
  await globalThis.MathJax?.startup?.document?.lazyTypesetAll?.(); // what is folded away, too
}"""
ALL_MOUNTED = """() => [...document.querySelectorAll(".afm-view")].every((view) => view.dataset.state === "ready")
  && !document.querySelector("mjx-lazy")"""


def sources(entry):
    """Every page that an entry of the table of contents names, itself included."""
    if isinstance(entry, list):
        return [name for part in entry for name in sources(part)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [name for value in entry.values() for name in sources(value)]


WRITTEN = [
    f"{name.removesuffix('.md').removesuffix('.ipynb')}.html"
    for name in sources(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
]
PAGES = [*WRITTEN, "search.html", "genindex.html"]
CHAPTERS = [name for name in WRITTEN if name.startswith("chapters/") and not name.startswith("chapters/exercises/")]


def see_all(visit):
    """Scroll through a page until every figure is live and every formula is set."""
    visit.page.evaluate(SCROLL)
    visit.page.wait_for_function(ALL_MOUNTED)
