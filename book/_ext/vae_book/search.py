"""Search in pages that were opened as files: results without excerpts, which a browser may not fetch from there."""

from __future__ import annotations

from sphinx.application import Sphinx

WITHOUT_EXCERPTS = 'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'


def add_switch(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Give the switch to the page of search results, after Sphinx's own options."""
    if pagename == "search":
        app.add_js_file(None, body=WITHOUT_EXCERPTS, priority=400)


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("html-page-context", add_switch)
