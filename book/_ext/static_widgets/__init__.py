"""Interactive figures in static pages: anywidget models and core controls, without a kernel and without a network.

A Sphinx extension for Jupyter Book 1; README.md says how to use it elsewhere. A page that stores widgets gets one
script, which reads the stored state; every other page gets nothing. The poster (``image/png``) of a widget's output
stays in the page: it is what readers see without JavaScript and on paper.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform

STATIC = Path(__file__).parent / "static"
VIEW = "application/vnd.jupyter.widget-view+json"
STILL = ("image/png", "image/svg+xml", "text/html", "text/plain")  # what may stand for a widget, best first
PARTS = (
    "lifetime.js",
    "state.js",
    "model.js",
    "runtime.js",
    "links.js",
    "layout.js",
    "controls.js",
    "containers.js",
    "mount.js",
)
SCRIPT, STYLE = "static-widgets.js", "static-widgets.css"


def joined_script() -> str:
    """Return the loader: its sources in one scope. A page opened as a file cannot load modules from files."""
    sources = [(STATIC / name).read_text(encoding="utf-8") for name in PARTS]
    return '(() => {\n"use strict";\n\n' + "\n".join(sources) + "})();\n"


def style_sheet() -> str:
    """Return the style sheet of pages with widgets."""
    return (STATIC / STYLE).read_text(encoding="utf-8")


def keep_own_pages_out(app: Sphinx, config: Config) -> None:
    """Keep the README of this folder from becoming a page of the book."""
    folder = Path(__file__).resolve().parent
    if folder.is_relative_to(Path(app.srcdir).resolve()):
        config.exclude_patterns.append(folder.relative_to(Path(app.srcdir).resolve()).as_posix())


def write_static_files(app: Sphinx) -> None:
    """Write the script and the style sheet to where the pages look for them."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ((SCRIPT, joined_script()), (STYLE, style_sheet())):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


class KeepPoster(SphinxPostTransform):
    """Keep the still picture of a widget's output beside its view; runs before MyST-NB chooses one mime type."""

    default_priority = 3
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Visit every output of the page."""
        for bundle in list(self.document.findall(nodes.container)):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            shown = {child["mime_type"]: child for child in bundle.children}
            still = next((shown[mime] for mime in STILL if mime in shown), None)
            if VIEW in shown and still is not None:
                poster = nodes.container("", *[child.deepcopy() for child in still.children], classes=["afm-poster"])
                shown[VIEW].insert(0, nodes.container("", poster, classes=["afm-view"]))


def add_files(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Give the script and its style to pages that store widgets, and to no other."""
    if app.builder.format == "html" and "ipywidgets_state" in NbMetadataCollector.get_js_files(app.env, pagename):
        app.add_css_file(STYLE)
        app.add_js_file(SCRIPT, priority=150)


def setup(app: Sphinx) -> dict[str, object]:
    """Connect to Sphinx."""
    app.connect("config-inited", keep_own_pages_out)
    app.connect("builder-inited", write_static_files)
    app.connect("html-page-context", add_files)
    app.add_post_transform(KeepPoster)
    return {"version": "1.0", "parallel_read_safe": True, "parallel_write_safe": True}
