"""MathJax inside the book instead of on a CDN.

The package sphinx-mathjax-offline carries MathJax 3. As an extension it would copy 24 MB; this module takes it
as a source of files and copies the 2 MB that a page can ask for.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

PACKAGE = "sphinx-mathjax-offline"  # its import name really has dashes
ENTRY = "tex-chtml.js"
PATTERNS = (ENTRY, "output/chtml/fonts/woff-v2/*.woff", "input/tex/extensions/*.js", "ui/lazy.js")


def source_folder() -> Path:
    """Return the folder of MathJax files in the installed package."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"The book needs MathJax from the package {PACKAGE}: pip install {PACKAGE}")
    return Path(spec.origin).parent / "static" / "mathjax"


def use_local_mathjax(app: Sphinx, config: Config) -> None:
    """Point Sphinx at the local copy, and typeset a formula only when the reader comes near it."""
    config.mathjax_path = f"mathjax/{ENTRY}"
    config.mathjax3_config = {"loader": {"load": ["ui/lazy"]}}


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
    app.connect("config-inited", use_local_mathjax)
    app.connect("build-finished", copy_mathjax)
