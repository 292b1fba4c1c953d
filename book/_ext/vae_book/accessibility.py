"""Repairs of the generated HTML that a style sheet cannot make. Each says which rule it serves."""

from __future__ import annotations

from sphinx.application import Sphinx

REPAIRS = (
    # WCAG 2.5.3: MyST-NB's label on a folded cell hides the visible words from those who hear the page.
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    # ARIA 1.2: docutils gives each entry of a bibliography a role that is withdrawn, inside a list that it breaks.
    (' role="doc-biblioentry"', ""),
    ('<div role="list" class="citation-list">', '<div class="citation-list">'),
)


def repair_body(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Apply every repair to the body of one page."""
    if "body" in context:
        for wrong, right in REPAIRS:
            context["body"] = context["body"].replace(wrong, right)


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("html-page-context", repair_body)
