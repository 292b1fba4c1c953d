"""The API reference: what autodoc should import, and what it should leave out."""

from __future__ import annotations

import sys

from sphinx.application import Sphinx


def document_this_checkout(app: Sphinx) -> None:
    """Let autodoc import the package that lies beside the book, whatever else is installed."""
    sys.path.insert(0, str(app.srcdir))


def skip_tuple_fields(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Leave out the fields of named tuples: the class's own docstring explains them better than "Alias for …"."""
    return True if (obj.__doc__ or "").startswith("Alias for field number") else None


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("builder-inited", document_this_checkout)
    app.connect("autodoc-skip-member", skip_tuple_fields)
