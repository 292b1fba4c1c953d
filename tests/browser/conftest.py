"""Fixtures for tests in a real browser: Chromium, pages, the built book, widgets on a page of their own."""

import os
from importlib.util import find_spec

import pytest

import course
from tests.browser.server import serving
from tests.browser.visit import FLAGS, open_visit
from tests.built_book import built_book


def missing(what):
    """Skip the test for want of something, or fail it where ``REQUIRE_BROWSER`` is set."""
    reason = f"{what}: `make browser` installs what this test needs"
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="package")
def browser():
    """Chromium, one for all tests of a process."""
    if find_spec("playwright") is None:
        missing("NO BROWSER TESTS without the package playwright")
    program = course.chromium()
    if program is None:
        missing("NO BROWSER TESTS without Chromium, Chrome or Edge")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(program), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """A function that opens a URL and gives a `Visit`; its options are those of `open_visit`."""
    visits = []

    def open_page(url, **options):
        visits.append(open_visit(browser, str(url), **options))
        return visits[-1]

    yield open_page
    for visit in visits:
        visit.close()


@pytest.fixture
def stage(open_page, tmp_path_factory):
    """A function that shows widgets on a local page and gives the `Visit` once the first of them is mounted.

    Its options are those of `open_visit`, and ``posters``: by default they are drawn where no JavaScript runs.
    """
    from tests.browser.staging import write_stage

    def stage(*widgets, **options):
        posters = options.pop("posters", not options.get("javascript", True))
        page = write_stage(tmp_path_factory.mktemp("stage"), widgets, options.get("theme", "light"), posters)
        visit = open_page(page.as_uri(), **options)
        if options.get("javascript", True):
            first = visit.page.locator(".afm-view").first
            try:
                visit.page.wait_for_function(
                    "() => !['waiting', undefined].includes(document.querySelector('.afm-view').dataset.state)"
                )
            finally:
                state = first.get_attribute("data-state")
                assert state == "ready", f"the first widget is {state}: {first.inner_text()!r}, {visit.problems}"
        return visit

    return stage


class Module:
    """An AFM module that Chromium has imported."""

    def __init__(self, page, number):
        self._page, self._number = page, number

    def call(self, name, *args):
        """Call an exported function with numbers, strings, lists and dicts; typed arrays come back as lists."""
        return self._page.evaluate(CALL, [self._number, name, args])


IMPORT = """async (source) => {
  globalThis.modules ??= [];
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return modules.push(await import(url)) - 1;
}"""
CALL = """async ([number, name, args]) => {
  const plain = (value) => {
    if (ArrayBuffer.isView(value) || Array.isArray(value)) return Array.from(value, plain);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
  };
  const exported = modules[number];
  if (typeof exported[name] !== "function") {
    throw new Error(`the module exports no function ${name}, only ${Object.keys(exported).join(", ")}`);
  }
  return plain(await exported[name](...args));
}"""


@pytest.fixture(scope="package")
def blank_page(browser):
    """A page with nothing in it, for mathematics."""
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="package")
def js_module(blank_page):
    """A function that imports the module of a widget class (or a source text) and gives a `Module`."""
    numbers = {}

    def js_module(widget):
        source = widget if isinstance(widget, str) else str(widget._esm)
        if source not in numbers:
            numbers[source] = blank_page.evaluate(IMPORT, source)
        return Module(blank_page, numbers[source])

    return js_module


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Folder of the book's pages, built once for all processes of a test run."""
    if find_spec("jupyter_book") is None:
        pytest.skip("jupyter-book is not installed (extra: book)")
    status, output, html = built_book(tmp_path_factory)
    assert (html / "index.html").is_file(), f"the book was not built (status {status}):\n{output[-3000:]}"
    return html


@pytest.fixture(scope="session")
def served(book):
    """Address of a server of the built book, which ends with a slash."""
    with serving(book) as address:
        yield address
