"""The drawings in ``book/figures`` carry their classes by themselves.

Chapters show them in plain Markdown, ``![…](../book/figures/name.svg)``, because JupyterLab shows anything else raw.
So the class that centres a drawing and suits it to the dark theme is added here.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

FOLDER = "book/figures/"
CLASSES = ("schematic", "fig-invert")


class MarkDrawings(SphinxPostTransform):
    """Add the classes of a drawing to every image that is one of the book's SVG files."""

    default_priority = 300

    def run(self, **kwargs: object) -> None:
        """Visit every image of the page."""
        for image in self.document.findall(nodes.image):
            uri = image["uri"].lstrip("/")
            if uri.startswith(FOLDER) and uri.endswith(".svg"):
                image["classes"] += [name for name in CLASSES if name not in image["classes"]]


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_post_transform(MarkDrawings)
