"""Small widgets to try the loader on, and pages with what only a broken notebook would store."""

import json

import anywidget
import traitlets
from ipywidgets.embed import dependency_state

from tests.browser.staging import PAGE, VIEW, inert, loader

# A widget that shows its traits and counts up when it is clicked. `log` of the page keeps what happened.
COUNTER = """
globalThis.log ??= [];
export default {
  render({ model, el }) {
    const button = document.createElement("button");
    const show = () => { button.textContent = `count ${model.get("value")}`; };
    button.addEventListener("click", () => {
      model.set("value", model.get("value") + 1);
      model.save_changes();
    });
    model.on("change:value", show);
    show();
    el.append(button);
  },
};
"""


def afm(source, name="Sample", css=None, **state):
    """An anywidget whose module is ``source`` and whose synchronised traits are ``state``.

    Parameters
    ----------
    source : str
        Text of the module, or its address.
    name : str
        Of the class: models of one class share a style sheet.
    css : str, optional
        Text of the style sheet.
    **state
        Traits with their values: anything that JSON holds, bytes in it included.
    """
    traits = {key: traitlets.Any().tag(sync=True) for key in state}
    body = {"_esm": source, **traits, **({} if css is None else {"_css": css})}
    return type(name, (anywidget.AnyWidget,), body)(**state)


def counter(value=0, **state):
    """A button that shows ``value`` and counts it up."""
    return afm(COUNTER, name="Counter", value=value, **state)


def state_of(*widgets):
    """Stored state of the widgets and of what they refer to, as a notebook keeps it."""
    return {"version_major": 2, "version_minor": 0, "state": dependency_state(widgets, drop_defaults=False)}


def view_of(widget):
    """Stored view of a widget, or of a model id."""
    return {"version_major": 2, "version_minor": 0, "model_id": getattr(widget, "model_id", widget)}


def write_raw_page(folder, states, views):
    """Write a page with any state scripts and views, strings as they are, and return its path; posters are words."""
    script, css = loader()
    (folder / "loader.js").write_text(script, encoding="utf-8")
    raw = [text if isinstance(text, str) else inert(text) for text in states]
    scripts = '</script><script type="application/vnd.jupyter.widget-state+json">'.join(raw)
    shown = [VIEW.format(view=view if isinstance(view, str) else json.dumps(view), poster="poster") for view in views]
    fields = {"theme": "light", "paper": "#ffffff", "ink": "#222222", "css": css}
    page = folder / "raw.html"
    page.write_text(PAGE.format(**fields, state=scripts, views="\n".join(shown)), encoding="utf-8")
    return page
