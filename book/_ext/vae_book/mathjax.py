r"""Formulas: MathJax inside the book instead of on a CDN, and MathML for readers without JavaScript.

The package sphinx-mathjax-offline carries MathJax 3. As an extension it would copy 24 MB; this module takes it
as a source of files and copies the 2 MB that a page can ask for.

Every formula stands in the page twice: as TeX, which MathJax typesets when the reader comes near it, and in a
``<noscript>``, which costs a page with JavaScript nothing, as the MathML that browsers show by themselves.
MathJax is the largest script of a page. It is started when the first interactive figure stands, or at once in a page
without one.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.writers.html5 import HTML5Translator

PACKAGE = "sphinx-mathjax-offline"  # its import name really has dashes
ENTRY = "tex-chtml.js"
PATTERNS = (ENTRY, "output/chtml/fonts/woff-v2/*.woff", "input/tex/extensions/*.js", "ui/lazy.js")
RENDERER = "mathjax_and_mathml"
to_mathml = LatexToMathML(fancy_error=False).convert_with_local_state
WITHOUT_SCRIPT = "<noscript><style>.math.notranslate { display: none }</style></noscript>"
START = """window.MathJax = %(config)s;
(() => {
  const address = %(address)s;
  const add = (tag, properties) => document.head.append(Object.assign(document.createElement(tag), properties));
  let begun = false;
  const begin = () => {
    if (!begun) add("script", { src: address });
    begun = true;
  };
  add("link", { rel: "preload", as: "script", href: address });
  addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector(".afm-view")) begin();
  });
  addEventListener("afm:mounted", begin);
  addEventListener("load", () => setTimeout(begin, 300)); // whatever became of the figure
})();"""


def source_folder() -> Path:
    """Return the folder of MathJax files in the installed package."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"The book needs MathJax from the package {PACKAGE}: pip install {PACKAGE}")
    return Path(spec.origin).parent / "static" / "mathjax"


def mathml(tex: str, *, display: bool) -> str:
    """Return a formula as MathML, on a line of its own if ``display``; ExtensionError if it cannot be converted."""
    try:
        return to_mathml(tex, displaystyle=display)
    except LatexError as error:
        raise ExtensionError(f"Without JavaScript this formula cannot be shown ({error}): {tex}") from error


def visitor(kind: str) -> Callable[[HTML5Translator, nodes.Element], None]:
    """Return the visitor that writes what Sphinx and MyST write for MathJax, and the same formula as MathML."""

    def visit(self: HTML5Translator, node: nodes.Element) -> None:
        renderers = getattr(self.builder.app.registry, f"html_{kind}_math_renderers")
        try:
            renderers["mathjax"][0](self, node)
        except nodes.SkipNode:  # that is how it ends
            formula = mathml(node.astext(), display=kind == "block")
            wide = f'<div class="mathml">{formula}</div>' if kind == "block" else formula
            self.body.append(f"<noscript>{wide}</noscript>")
            raise

    return visit


def use_local_mathjax(app: Sphinx, config: Config) -> None:
    """Use both forms of a formula, and typeset one only when the reader comes near it."""
    config.html_math_renderer = RENDERER
    config.mathjax3_config = {"loader": {"load": ["ui/lazy"]}}


def start_mathjax(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Give pages with formulas the script that starts MathJax in time."""
    if app.builder.format != "html" or not app.env.get_domain("math").has_equations(pagename):
        return
    address = context["pathto"](f"_static/mathjax/{ENTRY}", resource=True)
    values = {"config": json.dumps(app.config.mathjax3_config), "address": json.dumps(address)}
    app.add_js_file(None, body=START % values)
    context["metatags"] += WITHOUT_SCRIPT


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy what is not there yet into ``_static/mathjax``."""
    if exception is not None or app.builder.format != "html":
        return
    source = source_folder()
    target = Path(app.outdir) / "_static" / "mathjax"
    for file in (file for pattern in PATTERNS for file in source.glob(pattern)):
        copy = target / file.relative_to(source)
        if not copy.exists() or copy.stat().st_size != file.stat().st_size:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_html_math_renderer(RENDERER, (visitor("inline"), None), (visitor("block"), None))
    app.connect("config-inited", use_local_mathjax)
    app.connect("html-page-context", start_mathjax)
    app.connect("build-finished", copy_mathjax)
