"""The ways between a chapter, its exercises and their solutions.

They are laid here, so that the notebooks hold no link that leads nowhere once a student has copied them elsewhere. Each
task ends with a link to its solution and each solution with one to its task; a chapter ends with a link to its
exercises. In an exercise notebook a check shows what it prints for a right answer, and here that is said.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

CHAPTERS, EXERCISES, SOLUTIONS = "chapters", "chapters/exercises", "book/solutions"
PASSED = "PASS  "


def way(app: Sphinx, page: str, target: str, text: str, anchor: str = "") -> nodes.paragraph:
    """Return a paragraph that is one link from a page to (a paragraph of) another."""
    address = app.builder.get_relative_uri(page, target) + (f"#{anchor}" if anchor else "")
    link = nodes.reference(text, text, internal=True, refuri=address)
    return nodes.paragraph("", "", link, classes=["way"])


def tasks(document: nodes.document) -> list[nodes.section]:
    """The sections under a page's title."""
    titles = [node for node in document.children if isinstance(node, nodes.section)]
    return [node for title in titles for node in title.children if isinstance(node, nodes.section)]


def lay_ways(app: Sphinx, document: nodes.document, page: str) -> None:
    """Add the links that the page is to have."""
    folder, _, name = page.rpartition("/")
    exercises, solutions = f"{EXERCISES}/{name}", f"{SOLUTIONS}/{name}"
    if not {exercises, solutions} <= app.env.found_docs:
        return
    if folder == CHAPTERS:
        title = app.env.titles[exercises].astext()
        document.children[-1] += way(app, page, exercises, f"Now write it yourself: {title}")
    for task in tasks(document) if folder in (EXERCISES, SOLUTIONS) else ():
        there, text = (solutions, "Compare with a solution") if folder == EXERCISES else (exercises, "Back to the task")
        task += way(app, page, there, text, task["ids"][0])
    if folder == EXERCISES:
        for block in list(document.findall(nodes.literal_block)):
            if "stream" in block["classes"] and re.match(PASSED, block.astext()):
                place = block.parent.index(block)
                block.parent.insert(place, nodes.paragraph("", "A right answer prints", classes=["expected"]))


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("doctree-resolved", lay_ways)
