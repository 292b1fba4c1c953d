"""Figures are fetched when the reader comes near them, into a place that is already as large as they are."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from urllib.parse import unquote

from sphinx.application import Sphinx

IMAGE = re.compile(r"(?P<poster>afm-poster[^>]*>\s*)?<img (?P<attributes>[^>]*)>")
SOURCE = re.compile(r'src="[^"]*_images/(?P<name>[^"/]+)"')
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_size(path: Path) -> tuple[int, int] | None:
    """Return the width and height of a PNG file in pixels; None if the file is no PNG."""
    with path.open("rb") as file:
        head = file.read(24)
    return struct.unpack(">II", head[16:24]) if head.startswith(SIGNATURE) else None


def mark_images(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Mark every image of a page as lazy and give PNG files their size; posters stay as they are, for paper."""
    if "body" not in context:
        return
    files = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}

    def marked(match: re.Match) -> str:
        attributes = match["attributes"]
        if match["poster"] or "loading=" in attributes:
            return match[0]
        found = SOURCE.search(attributes)
        file = files.get(unquote(found["name"])) if found else None
        size = png_size(file) if file and file.is_file() and not re.search(r"\b(width|style)=", attributes) else None
        extent = 'width="{}" height="{}" '.format(*size) if size else ""
        return f'<img loading="lazy" decoding="async" {extent}{attributes}>'

    context["body"] = IMAGE.sub(marked, context["body"])


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("html-page-context", mark_images)
