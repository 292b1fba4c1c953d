"""The local Sphinx extension of this book.

Each module is one concern and can be used without the others:

mathjax        MathJax is copied into the book, so that maths needs no network
repository     buttons and links to the repository, when REPOSITORY_URL is set, and none otherwise
proofs         the executed checks (``✓ claim``) get a style of their own
images         figures are fetched when the reader comes near them
figures        the drawings in book/figures suit both themes without a word in the text
api            which package autodoc imports, and what it leaves out
coursework     links between a chapter, its exercises and their solutions
search         results without excerpts where pages were opened as files
accessibility  small repairs of the generated HTML
"""

from __future__ import annotations

from sphinx.application import Sphinx

from . import accessibility, api, coursework, figures, images, mathjax, proofs, repository, search


def setup(app: Sphinx) -> dict[str, object]:
    """Connect every module of the extension to Sphinx."""
    for module in (mathjax, repository, proofs, figures, images, coursework, search, api, accessibility):
        module.setup(app)
    return {"version": "1.0", "parallel_read_safe": True, "parallel_write_safe": True}
