"""Execute the chapters whose code has changed, and store them in normal form.

    python book/tools/chapters.py              execute what is stale, normalise the rest
    python book/tools/chapters.py 05 07-vae    execute these, stale or not, and touch no other
    python book/tools/chapters.py --all        execute all
    python book/tools/chapters.py --check      only say what is stale; exit status 1 if anything is

A chapter that fails keeps its stored file.
"""

import argparse
import os
import re
import sys
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from normalise import NotNormal, dumps, loads, normalise
from staleness import ROOT, digest, is_stale
from tqdm import tqdm

from vae_utils.coursework.kernels import OwnSockets

CHAPTERS = ROOT / "chapters"
TIMEOUT = 300  # seconds for one cell; a whole chapter takes less than 60
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class ChapterFailed(Exception):
    """A chapter could not be executed or stored; the message is one line for the author."""


class ThisPython(OwnSockets, AsyncKernelManager):
    """The kernel is always this very interpreter, whatever kernels the user has installed."""

    @property
    def kernel_spec(self):
        command = [sys.executable, "-m", "ipykernel_launcher", "--log-level=ERROR", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


def environment():
    """The kernel's environment: one thread, matplotlib drawing inline, and this checkout's package."""
    kept = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**kept, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": path}


def last_line(error):
    """The sentence of an exception that a reader needs: its type and last line, without colours."""
    if isinstance(error, CellExecutionError):
        lines = re.sub(r"\x1b\[[0-9;]*m", "", error.evalue).strip().splitlines()
        return f"{error.ename}: {lines[-1]}" if lines else error.ename
    if isinstance(error, CellTimeoutError):
        return f"took longer than {TIMEOUT} s"
    return "the kernel died" if isinstance(error, DeadKernelError) else f"{type(error).__name__}: {error}"


def execute(notebook, folder, step=lambda: None):
    """Run all cells of the notebook in place, in ``folder``; ``step()`` is called after each code cell.

    Raises :class:`ChapterFailed` with the cell's number, its id and the exception's last line.
    """
    at = {}
    client = NotebookClient(
        notebook,
        kernel_manager_class=ThisPython,
        timeout=TIMEOUT,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=lambda cell, cell_index: at.update(number=cell_index + 1, id=cell.get("id")),
        on_cell_executed=lambda cell, cell_index, execute_reply: step(),
    )
    try:
        client.execute(env=environment())
    except AssertionError as error:  # nbclient's own, when Ctrl-C made it stop the kernel before
        raise KeyboardInterrupt from error
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        if getattr(error, "ename", "") == "KeyboardInterrupt":
            raise KeyboardInterrupt from error
        raise ChapterFailed(f"cell {at['number']} ({at['id']}) failed: {last_line(error)}") from error
    return notebook


def executed(notebook, folder=CHAPTERS, step=lambda: None):
    """The notebook executed afresh and normalised, with the digest of what it was computed from."""
    notebook = execute(loads(dumps(notebook)), folder, step)
    notebook.metadata["vae_course"] = {**notebook.metadata.get("vae_course", {}), "digest": digest(notebook)}
    try:
        return normalise(notebook)
    except NotNormal as error:
        raise ChapterFailed(str(error)) from error


def write_bytes(path, content):
    """Replace the file in one step: an interrupted run leaves the old one whole."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def write(path, notebook):
    """Store a notebook."""
    write_bytes(path, dumps(notebook))


def chosen(names, paths):
    """The chapters meant by names such as ``05``, ``05-kl`` or a path; ValueError for one that means none."""
    result = []
    for name in names:
        stem = Path(name).stem
        found = [path for path in paths if path.stem == stem or path.stem.split("-")[0] == stem.zfill(2)]
        if not found:
            raise ValueError(f"no chapter is called {name!r}; there are {', '.join(path.stem for path in paths)}")
        result += found
    return result


def code_cells(notebook):
    return sum(cell.cell_type == "code" for cell in notebook.cells)


def run(paths, stored, notebooks, bar):
    """Execute and store the chapters; returns {path: message} of those that failed."""
    failed = {}
    for path in paths:
        bar.set_description(path.stem)
        start, begun = bar.n, time.monotonic()
        try:
            result = executed(notebooks[path], path.parent, bar.update)
            if path.read_bytes() != stored[path]:
                raise ChapterFailed("the file was changed while it was being executed; it was left alone")
            write(path, result)
            bar.write(f"{path.stem}: executed in {time.monotonic() - begun:.0f} s")
        except ChapterFailed as error:
            failed[path] = f"{path.stem}: {error}"
            bar.write(failed[path])
        bar.update(start + code_cells(notebooks[path]) - bar.n)
    return failed


def main(arguments=None, folder=CHAPTERS):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="CHAPTER", help="number or name of a chapter, such as 05 or 05-kl")
    parser.add_argument("--all", action="store_true", help="execute all chapters")
    parser.add_argument("--check", action="store_true", help="only list what is stale")
    options = parser.parse_args(arguments)
    paths = sorted(folder.glob("[0-9][0-9]-*.ipynb"))
    stored = {path: path.read_bytes() for path in paths}
    notebooks = {path: loads(content) for path, content in stored.items()}
    try:
        named = chosen(options.names, paths)
    except ValueError as error:
        parser.error(str(error))
    stale = [path for path in named or paths if is_stale(notebooks[path])]
    if options.check:
        print("\n".join(f"{path.stem}: stale" for path in stale) or "no chapter is stale")
        return int(bool(stale))
    todo = paths if options.all else named or stale
    with tqdm(total=sum(code_cells(notebooks[path]) for path in todo), unit="cell", disable=None) as bar:
        failed = run(todo, stored, notebooks, bar)
    for path in () if named else sorted(set(paths) - set(todo)):
        normal = normalise(notebooks[path])
        if dumps(normal) != stored[path] == path.read_bytes():
            write(path, normal)
            print(f"{path.stem}: normalised")
    if failed:
        print(
            f"\n{len(failed)} of {len(todo)} chapters failed and keep their stored file:",
            *failed.values(),
            sep="\n  ",
            file=sys.stderr,
        )
    elif not todo:
        print("no chapter is stale")
    return int(bool(failed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nInterrupted: the chapter being executed keeps its stored file.", file=sys.stderr)
        sys.exit(130)
