"""Run a chapter's code cells on several copies of the package, and say how each run ends.

    python bug_runner.py CHAPTER.ipynb < copies

reads the folder of one copy per line. It answers each with one line of JSON: ``cell``, the id of the last cell begun;
``number``, how many were begun; ``error``, the type of the exception or null; ``message``, its text.

The libraries are imported once; each run is a fork of that warm process, or a process of its own where the
system has no fork. Nothing is drawn.
"""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

LIMIT = 180  # seconds for one run: a bug may make a loop endless


def warm():
    """Import what chapters import, except the package under test, and take the drawing out of matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy  # noqa: F401
    import scipy.integrate
    import scipy.optimize
    import scipy.stats  # noqa: F401
    import sklearn.datasets  # noqa: F401
    import torch

    plt.show = lambda *args, **kwargs: plt.close("all")
    torch.set_num_threads(1)


def run(chapter, folder):
    """Execute the code cells in order with the package of ``folder``; returns how it ended."""
    cells = [cell for cell in json.loads(chapter.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    sys.path.insert(0, str(folder))
    os.chdir(chapter.parent)
    end = {"cell": None, "number": 0, "error": None, "message": ""}
    names = {"__name__": "__main__"}
    for number, cell in enumerate(cells, 1):
        end.update(cell=cell["id"], number=number)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
        except BaseException as error:
            kind = type(error)
            return {**end, "error": f"{kind.__module__}.{kind.__qualname__}", "message": str(error)[:500]}
    used = sys.modules.get("vae_utils")
    if used and not Path(used.__file__).resolve().is_relative_to(folder.resolve()):
        return {
            **end,
            "error": "WrongPackage",
            "message": f"ran {used.__file__} instead of the copy in {folder}",
        }
    return end


def forked(chapter, folder):
    """The answer of :func:`run` from a fork, which leaves nothing behind in this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(LIMIT)
        with os.fdopen(writing, "w") as pipe:
            json.dump(run(chapter, folder), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    dead = {"cell": None, "number": 0, "error": "Died", "message": "killed, or endless"}
    return json.loads(answer) if answer else dead


def spawned(chapter, folder):
    """The same from a new process, for systems without fork."""
    command = [sys.executable, __file__, "--one", str(chapter), str(folder)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT).stdout)


def main(arguments):
    if arguments[0] == "--one":
        warm()
        print(json.dumps(run(Path(arguments[1]), Path(arguments[2]))))
        return
    chapter, runner = Path(arguments[0]).resolve(), forked if hasattr(os, "fork") else spawned
    if runner is forked:
        warm()
    for line in sys.stdin:
        print(json.dumps(runner(chapter, Path(line.rstrip("\n")))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
