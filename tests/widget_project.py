"""A small project that has nothing of this course but a copy of ``static_widgets``, set up as its README says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import nbformat

FOLDER = Path(__file__).resolve().parents[1] / "book" / "_ext" / "static_widgets"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
MODULE = """
export default {
  render({ model, el }) {
    const button = el.appendChild(document.createElement("button"));
    const show = () => { button.textContent = `live ${model.get("value")}`; };
    button.addEventListener("click", () => model.set("value", model.get("value") + 1));
    model.on("change:value", show);
    show();
  },
};
"""


def settings(language):
    """The settings that the README gives in this language."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, flags=re.M | re.S)
    return dedent(block)


def notebook(title, outputs, state=None):
    """An executed notebook of one cell with these mime bundles; with widget state if there is any."""
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    if state is not None:
        book.metadata["widgets"] = {STATE: {"version_major": 2, "version_minor": 0, "state": state}}
    shown = [nbformat.v4.new_output("display_data", data=data) for data in outputs]
    book.cells = [
        nbformat.v4.new_markdown_cell(f"# {title}", id="title"),
        nbformat.v4.new_code_cell("widget", id="code", outputs=shown, execution_count=1),
    ]
    return book


def write_project(folder):
    """Write the sources: a start page, a notebook with widgets, a notebook without, and a copy of the extension."""
    shutil.copytree(FOLDER, folder / "_ext" / FOLDER.name, ignore=shutil.ignore_patterns("__pycache__"))
    model = {"model_name": "AnyModel", "model_module": "anywidget", "model_module_version": "0.11.0"}
    state = {"one": {**model, "state": {"_esm": MODULE, "_anywidget_id": "x.Counter", "value": 3}}}
    view = {"version_major": 2, "version_minor": 0, "model_id": "one"}
    live = [{VIEW: view, "image/png": DOT, "text/plain": "a counter"}, {VIEW: view, "text/plain": "only words"}]
    nbformat.write(notebook("Live", live, state), folder / "live.ipynb")
    nbformat.write(notebook("Still", [{"image/png": DOT, "text/plain": "a dot"}]), folder / "still.ipynb")
    pages = {
        "index.md": "# Start\n\n```{toctree}\nlive\nstill\n```\n",
        "conf.py": settings("python"),
        "_config.yml": f"title: Tiny\nexecute:\n  execute_notebooks: 'off'\n{settings('yaml')}",
        "_toc.yml": "format: jb-book\nroot: index\nchapters:\n  - file: live\n  - file: still\n",
    }
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def start_build(kind, source, target):
    """Begin to build the project as a Jupyter Book ("book") or with Sphinx alone ("sphinx"); warnings are errors.

    Returns the process and the folder where its pages will be.
    """
    if kind == "book":
        (source / "index.md").write_text("# Start\n", encoding="utf-8")  # the table of contents is _toc.yml
        (source / "conf.py").unlink()
        program = shutil.which("jupyter-book", path=Path(sys.executable).parent)
        command, html = [program, "build", source, "--path-output", target], target / "_build" / "html"
    else:
        command, html = [sys.executable, "-m", "sphinx", "-b", "html", source, target], target
    command = [*map(str, command), "-W", "-n", "--keep-going"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    return subprocess.Popen(command, cwd=source, **pipes), html
