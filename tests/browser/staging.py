"""A page with nothing but widgets in it, shown by the book's loader as a page of the book shows them."""

import base64
import html
import json
import sys
from pathlib import Path

from ipywidgets.embed import dependency_state

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"
PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}" data-mode="{theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Widgets</title>
<style>
html {{ background: {paper}; color: {ink}; color-scheme: {theme}; }}
body {{ margin: 1rem auto; max-width: 46rem; padding: 0 1rem; }}
{css}
</style>
<script type="application/vnd.jupyter.widget-state+json">{state}</script>
<script defer src="loader.js"></script>
</head>
<body>
<main>
<h1>Widgets</h1>
{views}
</main>
</body>
</html>
"""
VIEW = """<div class="cell_output docutils container"><div class="output">
<div class="afm-view docutils container"><div class="afm-poster docutils container">{poster}</div></div>
<script type="application/vnd.jupyter.widget-view+json">{view}</script>
</div></div>"""
COLORS = {"light": ("#ffffff", "#222222"), "dark": ("#121212", "#eeeeee")}


def loader():
    """Return the loader's script and style sheet."""
    if str(EXTENSIONS) not in sys.path:
        sys.path.insert(0, str(EXTENSIONS))
    import static_widgets

    return static_widgets.joined_script(), static_widgets.style_sheet()


def inert(value):
    """JSON that a script element can hold."""
    return json.dumps(value).replace("<", "\\u003c")


def poster(widget):
    """The picture that stands for a widget until it is mounted, if it has one."""
    shown = widget._repr_mimebundle_() or {}
    data = shown[0] if isinstance(shown, tuple) else shown
    if "image/png" not in data:
        return ""
    png = data["image/png"]
    png = base64.b64encode(png).decode() if isinstance(png, bytes) else png
    alt = html.escape(data.get("text/plain", ""), quote=True)
    return f'<img alt="{alt}" src="data:image/png;base64,{png}">'


def write_stage(folder, widgets, theme="light", posters=True):
    """Write a page that shows the widgets one below the other, and return its path.

    Parameters
    ----------
    folder : pathlib.Path
        Where the page and its scripts go.
    widgets : sequence of ipywidgets.Widget
        Their state is stored as a notebook stores it.
    theme : {"light", "dark"}
    posters : bool
        Whether to draw what stands there until a widget is mounted: that takes longer than all the rest.
    """
    if not widgets:
        raise ValueError("widgets must be at least one widget, got none")
    script, css = loader()
    (folder / "loader.js").write_text(script, encoding="utf-8")
    state = {"version_major": 2, "version_minor": 0, "state": dependency_state(widgets, drop_defaults=False)}
    views = [
        VIEW.format(
            view=inert({"version_major": 2, "version_minor": 0, "model_id": widget.model_id}),
            poster=poster(widget) if posters else "",
        )
        for widget in widgets
    ]
    paper, ink = COLORS[theme]
    fields = {"theme": theme, "paper": paper, "ink": ink, "css": css, "state": inert(state)}
    page = folder / "stage.html"
    page.write_text(PAGE.format(**fields, views="\n".join(views)), encoding="utf-8")
    return page
