"""Repairs of the generated HTML that a style sheet cannot make. Each says which rule it serves."""

from __future__ import annotations

import re
from html import escape, unescape

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


# WCAG 4.1.2: the button that folds a part of the sidebar is an arrow without a name.
FOLD = re.compile(r"(<a [^>]*>(?P<title>(?:(?!</a>).)*)</a><details[^>]*><summary)>", re.S)


def name_folds(html: str) -> str:
    """Name each such button after the entry that it folds."""

    def named(match: re.Match) -> str:
        title = unescape(re.sub(r"<[^>]+>", "", match["title"])).strip()
        return f'{match[1]} aria-label="{escape(f"Pages under {title}")}">'

    return FOLD.sub(named, html)


def repair_sidebar(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Let the theme's function for the sidebar name its buttons."""
    theirs = context.get("generate_toctree_html")
    if theirs:
        context["generate_toctree_html"] = lambda kind, **options: (
            name_folds(str(theirs(kind, **options))) if kind == "sidebar" else theirs(kind, **options)
        )


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("html-page-context", repair_body)
    app.connect("html-page-context", repair_sidebar, priority=900)  # after the theme has put its function there
