"""An exercise notebook under ``pytest --nbval``: its checks as they were handed out, among the student's cells.

Plain nbval is wrong about a student's file in both directions: a right answer after a saved failure is red, so is a
random scratch cell; and a deleted, skipped or forged check is green. Here the checks and what they print come from the
released copy; the other cells are run, in order, and not compared.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from queue import Empty
from unittest.mock import patch

import pytest
from nbformat import from_dict
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from .kernels import OwnKernelManager
from .notebooks import CannotCheck, Check, Notebook, Release, assignments, integrity, read_student, release_for

CELL_TIMEOUT = 60.0
"""Seconds. nbval alone would wait 33 minutes for an endless loop."""

IMPORT = "from vae_utils.checks import check, hint\n"
"""In front of every check: the first cell, which has it, may be gone, and the names may be taken."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_OURS = (b"vae_utils.checks", b"vae_course")


def collector_for(path: Path, parent) -> pytest.Collector | None:
    """What collects this file; None where it is no exercise notebook of this course."""
    try:
        notebook = read_student(path)
        released = release_for(notebook)
    except CannotCheck as problem:
        return Unreadable.from_parent(parent, path=path, problem=problem) if _looks_like_ours(path) else None
    if released is None:
        return None
    return ExerciseNotebook.from_parent(parent, path=path, notebook=notebook, released=released)


def _looks_like_ours(path: Path) -> bool:
    """Whether an unreadable notebook was one of ours: by its name, or by what is left of its text."""
    if any(path.stem.startswith(name) for name in assignments()):
        return True
    text = path.read_bytes().replace(b"\0", b"")  # UTF-16 has a zero in every other place
    return any(trace in text for trace in _OURS)


class _Sentence(pytest.Item):
    """An item that fails with nothing but a text, or passes."""

    order = 0

    def __init__(self, *, text: str = "", **rest):
        super().__init__(**rest)
        self.text = text

    def runtest(self):
        if self.text:
            raise CannotCheck(self.text)

    def repr_failure(self, excinfo, style=None):
        return self.text

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"

    def sentence(self, passed: bool) -> str:
        return self.text


class Unreadable(pytest.File):
    """A notebook that cannot be checked."""

    def __init__(self, *, problem: CannotCheck, **rest):
        super().__init__(**rest)
        self.problem = problem

    def collect(self):
        yield _Sentence.from_parent(self, name="notebook", text=str(self.problem))


class ExerciseNotebook(IPyNbFile):
    """An exercise notebook: first whether its checks are whole, then every cell, then the checks that were deleted."""

    def __init__(self, *, notebook: Notebook, released: Release, **rest):
        super().__init__(**rest)
        self.notebook, self.released = notebook, released
        # whatever kernel the student's machine called its own: the course is installed in this one
        self.nb = from_dict({"metadata": {"kernelspec": {"name": CURRENT_ENV_KERNEL_NAME}}})

    def collect(self):
        """The items, numbered, so that a summary can put them in order."""
        for order, item in enumerate(self._items()):
            item.order = order
            yield item

    def _items(self):
        found = integrity(self.notebook, self.released)
        yield _Sentence.from_parent(self, name="checks", text="\n".join(found.problems))
        for index, cell in enumerate(self.notebook.cells):
            if index in found.places:
                yield self._check(found.places[index])
            elif cell.kind == "code":
                options = {"check": False, "skip": False, "check_exception": "raises-exception" in cell.tags}
                yield StudentCell.from_parent(
                    self, name=f"cell {index + 1}", cell_num=index, cell=_code(cell.source), options=options
                )
        for check in found.missing:
            yield self._check(check)

    def _check(self, check: Check):
        options = {"check": True, "skip": False, "check_exception": False}
        cell = _code(IMPORT + check.source, check.outputs)
        return CheckCell.from_parent(self, name=check.grade_id, cell_num=-1, cell=cell, options=options, check=check)

    def setup(self):
        with patch("nbval.kernel.KernelManager", OwnKernelManager):  # nbval has no option for it
            super().setup()
        patient = self.kernel.get_message

        def get_message(stream, timeout=None):
            """Wait for a message, and notice within a second when the process dies."""
            end = None if timeout is None else time.monotonic() + timeout
            while True:
                left = 1.0 if end is None else min(1.0, end - time.monotonic())
                try:
                    return patient(stream, timeout=max(left, 0.0))
                except Empty:
                    if not self.kernel.is_alive():
                        raise ProcessEnded from None
                    if end is not None and time.monotonic() >= end:
                        raise

        self.kernel.get_message = get_message

    def teardown(self):
        manager = getattr(self.kernel, "km", None)
        super().teardown()
        if manager is not None:  # nbval leaves behind the files of a process that ended by itself
            manager.cleanup_connection_file()
            manager.cleanup_ipc_files()


def _code(source: str, outputs=()):
    """A code cell as nbval wants it; nbformat's own maker would validate it, which takes seconds."""
    return from_dict({"source": source, "execution_count": 1, "outputs": list(outputs), "metadata": {}})


class ProcessEnded(RuntimeError):
    """The student's Python process is gone."""

    def __str__(self):
        return "the Python process ended here. Does the code call os._exit, or need more memory than there is?"


class _Cell(IPyNbCell):
    """A cell whose failure is one sentence."""

    order, said = 0, ""

    def setup(self):
        self.parent.timed_out = False  # nbval would expect all cells after a slow one to fail

    def runtest(self):
        option = self.config.option
        before = option.nbval_cell_timeout
        option.nbval_cell_timeout = min(before, CELL_TIMEOUT)
        try:
            super().runtest()
        finally:
            option.nbval_cell_timeout = before

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


class StudentCell(_Cell):
    """A cell of the student's: it is run, and its outputs are nobody's business."""

    def runtest(self):
        try:
            super().runtest()
        except NbCellError as error:
            if _verdict(error) is None:  # else it is a copy of a check, made on the way
                raise

    def repr_failure(self, excinfo, style=None):
        self.said = f"ERROR  {self.name}: {_reason(excinfo.value)}"
        return self.said

    def sentence(self, passed: bool) -> str:
        return self.said


class CheckCell(_Cell):
    """A check as it was handed out."""

    def __init__(self, *, check: Check, **rest):
        super().__init__(**rest)
        self.check = check

    def repr_failure(self, excinfo, style=None):
        self.said = _verdict(excinfo.value)
        if self.said is None:
            self.said = f"NOT YET  {self.check.grade_id}  (did-not-finish)\n  {_reason(excinfo.value)}"
        return self.said

    def sentence(self, passed: bool) -> str:
        return self.check.outputs[0]["text"].rstrip() if passed else self.said.partition("\n")[0]


# ---- nbval's exceptions as sentences ----


def _verdict(error: BaseException) -> str | None:
    """What the check said, where it was the check that failed."""
    text = _ANSI.sub("", getattr(error, "inner_traceback", None) or "")
    at = text.find("NOT YET  ")
    return text[at:].strip() if at >= 0 else None


def _reason(error: BaseException) -> str:
    """Why a cell did not get to its end, in one line."""
    said = str(error)
    if "Kernel dead" in said:
        return "it did not run: the Python process had ended before."
    if timeout := re.search(r"Timeout of ([\d.]+) seconds", said):
        return f"it was stopped after {timeout[1]} seconds. Is there an endless loop?"
    if "outputs differ" in said:
        return "the check ran but printed something else than its PASS line. Is print replaced in this notebook?"
    traceback = _ANSI.sub("", getattr(error, "inner_traceback", None) or said)
    named = re.findall(r"^(\w*(?:Error|Exception|Exit|Interrupt|Warning)\b.*)", traceback, re.MULTILINE)
    sentence = named[-1] if named else traceback.strip().splitlines()[-1]
    if sentence.startswith("StdinNotImplementedError"):
        return "it asks for input from the keyboard, which nobody gives here."
    place = re.findall(r"^ *Cell In\[\d+\], line (\d+)", traceback, re.MULTILINE)
    return f"{sentence} (line {place[-1]})" if place else sentence
