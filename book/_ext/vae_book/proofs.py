"""Mark the outputs that are nothing but executed checks, so that the style sheet can set them apart.

A chapter's ``prove(claim, ok)`` prints ``✓ claim``. A stream output of which every line begins so gets the
class ``proof``.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

MARK = "✓ "


class MarkProofs(SphinxPostTransform):
    """Add the class ``proof`` to stream outputs made of proof lines only."""

    default_priority = 300  # after MyST-NB has chosen among the mime types

    def run(self, **kwargs: object) -> None:
        """Visit every output of the page."""
        for block in self.document.findall(nodes.literal_block):
            lines = [line for line in block.astext().splitlines() if line.strip()]
            if "stream" in block["classes"] and lines and all(line.startswith(MARK) for line in lines):
                block["classes"].append("proof")


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_post_transform(MarkProofs)
