"""The book built from nothing as ``make book`` does it, once for all processes of a test run, or of ``make test``."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

import course

ROOT = Path(__file__).resolve().parents[1]


def command_of_make_book():
    """What ``make book`` calls, taken from it and not run."""
    commands = []

    def note(*command, **extra):
        commands.append([str(word) for word in command])
        return 1

    with pytest.MonkeyPatch.context() as patch, pytest.raises(course.Stop):
        patch.setattr(course, "setup", lambda: None)
        patch.setattr(course, "run", note)
        patch.setattr(course.shutil, "rmtree", lambda *args, **options: None)
        course.book([])
    return commands[0]


def built_book(tmp_path_factory):
    """Return (exit status, output, folder of the pages); the first process that asks builds, the others wait.

    It is built into the folder that ``BUILT_BOOK`` names, by which ``make test`` builds it once for its suites, or into
    one of pytest's own.
    """
    base = tmp_path_factory.getbasetemp()
    own = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "built-book"
    folder = Path(os.environ.get("BUILT_BOOK") or own)
    folder.mkdir(exist_ok=True)
    result = folder / "result.json"
    with FileLock(folder / "lock"):
        if not result.exists():
            result.write_text(json.dumps(build(folder)), encoding="utf-8")
    status, output = json.loads(result.read_text(encoding="utf-8"))
    return status, output, folder / "_build" / "html"


def build(folder):
    """Build the book into a folder; return (exit status, output)."""
    program = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    command = [program, *command_of_make_book()[1:], "--path-output", str(folder)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    done = subprocess.run(command, cwd=ROOT, env=course.environment(), **pipes)
    return done.returncode, done.stdout
