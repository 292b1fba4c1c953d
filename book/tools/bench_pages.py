"""Measure the chapters in Chromium, beside a stock Jupyter Book of the same chapters: `make bench-pages`.

Medians of several visits. Before the reader scrolls: kilobytes as sent (gzipped), requests, and requests to other
origins, which are all blocked. On a processor slowed down: milliseconds from navigation to the first live figure.
And frames per second while the first slider of the page moves. A stock book fetches its widgets from other origins,
so without a network it never has a live figure.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import course  # noqa: E402
from tests.browser.server import serving  # noqa: E402
from tests.browser.visit import FLAGS, is_foreign  # noqa: E402

CONFIG = "title: Stock\nexecute:\n  execute_notebooks: 'off'\nonly_build_toc_files: true\n"
FIRST = "() => performance.getEntriesByName('afm:first-mounted')[0]?.startTime ?? null"
FRAMES = """async () => {
  const input = document.querySelector(".afm-live input[type=range]");
  if (!input) return null;
  input.scrollIntoView({ block: "center" });
  const [low, high] = [Number(input.min), Number(input.max)];
  let frames = 0;
  const start = performance.now();
  while (performance.now() - start < 1000) {
    input.value = low + (high - low) * (0.5 + 0.4 * Math.sin(frames / 20));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    frames += 1;
  }
  return (1000 * frames) / (performance.now() - start);
}"""


def stock_book(folder):
    """Build the chapters with Jupyter Book's own settings; return the folder of the pages."""
    shutil.copytree(ROOT / "chapters", folder / "chapters", ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(ROOT / "book" / "figures", folder / "book" / "figures")
    names = sorted(path.stem for path in (folder / "chapters").glob("*.ipynb"))
    entries = "".join(f"  - file: chapters/{name}\n" for name in names)
    (folder / "index.md").write_text("# Stock\n", encoding="utf-8")
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{entries}", encoding="utf-8")
    (folder / "_config.yml").write_text(CONFIG, encoding="utf-8")
    program = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    done = subprocess.run([program, "build", folder], capture_output=True, text=True, env=course.environment())
    pages = folder / "_build" / "html"
    if not (pages / "index.html").is_file():
        raise SystemExit(f"The stock book was not built:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return pages


def visit(browser, url, throttle):
    """One visit: (bytes, requests, foreign requests, ms to the first figure or None, frames per second or None)."""
    home = "/".join(url.split("/")[:3]) + "/"
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    foreign, sizes = [], []
    context.route(
        lambda address: is_foreign(address, home), lambda route: (foreign.append(1), route.abort("blockedbyclient"))
    )
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    page.goto(url, wait_until="load")
    page.wait_for_load_state("networkidle")
    before = (sum(sizes), len(sizes), len(foreign))
    live = page.locator(".afm-view[data-state]").count()
    if live:
        page.wait_for_function("() => performance.getEntriesByName('afm:first-mounted').length")
    first = page.evaluate(FIRST)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    frames = page.evaluate(FRAMES)
    context.close()
    return *before, first, frames


def measure(browser, folder, visits, throttle):
    """The medians for each chapter of a built book, by its name."""
    table = {}
    with serving(folder) as address:
        for page in sorted((folder / "chapters").glob("*.html")):
            rows = [visit(browser, f"{address}chapters/{page.name}", throttle) for _ in range(visits)]
            columns = zip(*rows, strict=True)
            table[page.stem] = [None if None in column else median(column) for column in columns]
    return table


def main():
    """Build both books, visit all chapters, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--visits", type=int, default=3)
    parser.add_argument("--throttle", type=float, default=4, help="how many times slower the processor is made")
    parser.add_argument("--html", type=Path, help="a built book; by default it is built now")
    arguments = parser.parse_args()
    program = course.chromium()
    if program is None:
        raise SystemExit("There is no Chromium: run `make browser` first.")
    from playwright.sync_api import sync_playwright

    if arguments.html is None:
        course.book([])
    ours = arguments.html or ROOT / "_build" / "html"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stock = stock_book(Path(folder).resolve())
        browser = playwright.chromium.launch(executable_path=str(program), args=FLAGS)
        books = {"ours": ours, "stock": stock}
        tables = {name: measure(browser, html, arguments.visits, arguments.throttle) for name, html in books.items()}
        browser.close()
    print(f"\nmedians of {arguments.visits} visits; first figure at {arguments.throttle:g} times slower processor")
    print(f"{'chapter':24}{'book':>6}{'kB':>8}{'requests':>10}{'foreign':>9}{'first, ms':>11}{'fps':>6}")
    for chapter in tables["ours"]:
        for name, table in tables.items():
            size, requests, foreign, first, frames = table[chapter]
            late = ["–" if value is None else f"{value:.0f}" for value in (first, frames)]
            numbers = f"{size / 1000:8.0f}{requests:10.0f}{foreign:9.0f}{late[0]:>11}{late[1]:>6}"
            print(f"{chapter:24}{name:>6}{numbers}")


if __name__ == "__main__":
    main()
