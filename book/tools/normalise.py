"""The one form in which an executed notebook is stored: two executions give the same bytes."""

import base64
import json
import re

import nbformat
from figures import small_png

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}
NOTEBOOK_METADATA = ("mystnb", "vae_course", "widgets")
CELL_METADATA = ("mystnb", "nbgrader", "tags")
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,}")
MODEL_ID = re.compile(r"IPY_MODEL_([0-9a-f]{32})")


class NotNormal(ValueError):
    """A cell whose output cannot be the same in two executions, or is too large to store."""

    def __init__(self, number, cell, reason):
        super().__init__(f"cell {number} ({cell.get('id', 'without id')}): {reason}")


def kept(metadata, keys):
    return {key: metadata[key] for key in keys if metadata.get(key)}


def text(value):
    return value if isinstance(value, str) else "".join(value)


def joined_streams(outputs):
    """Outputs with neighbouring pieces of the same stream made one."""
    result = []
    for output in outputs:
        last = result[-1] if result else {}
        if output["output_type"] == "stream" == last.get("output_type") and output["name"] == last["name"]:
            last["text"] = text(last["text"]) + text(output["text"])
        else:
            result.append(output)
    return result


def checked_output(output, count):
    """One output with the cell's count and a small figure; ValueError for what changes from run to run."""
    if output["output_type"] == "execute_result":
        output["execution_count"] = count
    data = output.get("data", {})
    for shown in [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]:
        if address := ADDRESS.search(text(shown)):
            raise ValueError(f"prints a memory address ({address[0]}), which differs from run to run")
    if "image/png" in data:
        png = base64.b64decode(text(data["image/png"]))
        data["image/png"] = base64.b64encode(small_png(png)).decode()
        data.pop("image/svg+xml", None)
    return output


def links(model):
    return MODEL_ID.findall(json.dumps(model, sort_keys=True))


def widget_order(state, views):
    """Ids of the models that the shown views need, in order of appearance; then the links between those."""
    order = []

    def visit(name):
        if name in state and name not in order:
            order.append(name)
            for other in links(state[name]):
                visit(other)

    for view in views:
        visit(view)
    ties = [name for name, model in state.items() if model["model_name"].endswith("LinkModel") and name not in order]
    ties = [name for name in ties if all(other in order for other in links(state[name]))]
    return order + sorted(ties, key=lambda name: [state[name]["model_name"], *map(order.index, links(state[name]))])


def normal_widgets(notebook):
    """Drop the widget models that no output shows and number the others: their ids are random."""
    stored = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE, {})
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    views = [output.data[WIDGET_VIEW]["model_id"] for output in outputs if WIDGET_VIEW in output.get("data", {})]
    order = widget_order(stored.get("state", {}), views)
    if not order:
        return notebook
    stored["state"] = {name: stored["state"][name] for name in order}
    notebook.metadata["widgets"] = {WIDGET_STATE: stored}
    # Every id becomes a word of its own before it becomes a number, so that renaming twice is renaming once.
    whole = json.dumps(notebook)
    for number, name in enumerate(order, 1):
        whole = whole.replace(name, f"<model {number}>")
    whole = re.sub(r"<model (\d+)>", lambda found: f"{int(found[1]):032x}", whole)
    return nbformat.from_dict(json.loads(whole))


def normalise(notebook):
    """A copy of the notebook in normal form.

    Cell ids, sources, tags, ``mystnb`` and ``vae_course`` metadata stay. Counts become 1, 2, …; streams are
    joined; figures become palette PNGs; widget models are renumbered; versions, timings and editor state go.
    Raises :class:`NotNormal` (a ValueError) that names the cell for a memory address or a figure too large.
    """
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    metadata = kept(notebook.metadata, NOTEBOOK_METADATA) | {
        "kernelspec": KERNELSPEC,
        "language_info": LANGUAGE,
    }
    notebook.metadata = nbformat.from_dict(metadata)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for number, cell in enumerate(notebook.cells, 1):
        cell.metadata = nbformat.from_dict(kept(cell.metadata, CELL_METADATA))
        cell.source = text(cell.source).rstrip()
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            count += 1
            cell.execution_count = count
        try:
            cell.outputs = [checked_output(output, cell.execution_count) for output in joined_streams(cell.outputs)]
        except ValueError as error:
            raise NotNormal(number, cell, error) from error
    return normal_widgets(notebook)


def dumps(notebook):
    """The notebook as the bytes of its file: UTF-8, one-space indent, sorted keys, one newline at the end."""
    return (nbformat.writes(notebook, version=4).rstrip("\n") + "\n").encode()


def loads(content):
    """The notebook in the bytes of a file."""
    return nbformat.reads(content.decode("utf-8"), as_version=4)
