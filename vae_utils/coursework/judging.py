"""Run a student's notebook and judge its answers, each where its check stands.

A cell that fails does not stop the others. A cell that ends Python, or will not end, is left out: a new process runs
those before it again and goes on.
"""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .notebooks import CannotCheck, Cell, Notebook, integrity, read_student, release_for
from .process import CannotStart, Gone, Process

SECONDS = 60.0
"""How long one cell may run."""

IN_ALL = 600.0
"""How long a whole notebook may take."""

JUDGING = 90.0  # the longest check, twice, and what it compares with

OF_CELL = {
    "syntax-error": "The cell of {name} has a syntax error {detail}.",
    "too-slow": "The cell of {name} was stopped after {detail} seconds. Is there an endless loop?",
    "exits": "The cell of {name} calls exit() or sys.exit(), which ends Python. Take that line away.",
    "asks-for-input": "The cell of {name} asks for input from the keyboard, and here nobody types.",
    "python-ended": "Python ended in the cell of {name}: by os._exit, a crash, or too little memory.",
    "raised": "The cell of {name} raised {detail}",
    "memory": "The cell of {name} asked for more memory than there is: some tensor became huge.",
}
OF_ANSWER = {
    "too-slow": "{name} did not end and had to be stopped. Is there an endless loop?",
    "python-ended": "Python ended when {name} was called: by os._exit, a crash, or too little memory.",
}
TOO_LONG = "The notebook took longer than {seconds:g} seconds in all, so {name} was not looked at."


@dataclass(frozen=True)
class Judged:
    """The verdict on one exercise.

    Attributes
    ----------
    id, name : str
        ``"05-kl"`` and what the answer is called.
    mistake : str
        Empty where the answer is right.
    hint : str
    points : float
        What a right answer counts.
    """

    id: str
    name: str
    mistake: str = ""
    hint: str = ""
    points: float = 1

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return not self.mistake

    def __str__(self) -> str:
        """The very lines that ``check()`` prints in a notebook."""
        if self.passed:
            return f"PASS  {self.id}  {self.name}"
        hint = textwrap.wrap(self.hint, 76, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
        return "\n".join([f"NOT YET  {self.id}  ({self.mistake})", *hint])


@dataclass(frozen=True)
class Result:
    """What was found in one file.

    Attributes
    ----------
    path : Path
    assignment : str
        Empty where the file could not be read.
    judged : tuple of Judged
    changed : tuple of str
        A sentence for each check that is not as it was handed out.
    notes : tuple of str
        What else happened.
    cannot : str
        Why nothing could be checked; empty otherwise.
    """

    path: Path
    assignment: str = ""
    judged: tuple[Judged, ...] = ()
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cannot: str = ""

    @property
    def status(self) -> int:
        """0: all right; 1: not yet, or a check was changed; 2: it could not be checked."""
        if self.cannot:
            return 2
        return int(bool(self.changed) or not all(verdict.passed for verdict in self.judged))

    def lines(self) -> list[str]:
        """All of it, for people."""
        if self.cannot:
            return [self.cannot]
        done = sum(verdict.passed for verdict in self.judged)
        return [
            *self.changed,
            *map(str, self.judged),
            *self.notes,
            f"{self.path.name}: {done} of {len(self.judged)} exercises done",
        ]


class Session:
    """The process of one notebook, started again when it ends.

    Parameters
    ----------
    folder : Path
        Where the cells run.
    outside : bool
        Whether answers are judged from outside.
    seconds : float
        How long one cell may run.
    in_all : float
        How long everything may take.
    """

    def __init__(self, folder: Path, *, outside: bool, seconds: float = SECONDS, in_all: float = IN_ALL):
        self._folder, self._outside, self._seconds = folder, outside, seconds
        self._ends = time.monotonic() + in_all
        self._process: Process | None = None
        self._ran: list[str] = []
        self.in_all = in_all

    def ask(self, do: str, *, within: float, **request: Any) -> dict:
        """Ask the process, in which all cells so far have run; see :meth:`Process.ask`."""
        left = self._ends - time.monotonic()
        if left <= 0:
            self.close()
            raise Gone("in-all")
        try:
            if self._process is None:
                self._process = Process(self._folder, self._outside)
                for source in self._ran:
                    self._process.ask("cell", source=source, within=self._seconds, seconds=self._seconds)
            return self._process.ask(do, within=min(within, left), **request)
        except Gone:
            self.close()
            raise

    def run(self, source: str) -> tuple[str, str] | None:
        """Run one cell; what kept it from ending, as an id and a detail."""
        try:
            accident = self.ask("cell", source=source, within=self._seconds, seconds=self._seconds)["accident"]
        except Gone as gone:
            return gone.mistake, gone.detail
        self._ran.append(source)
        if not accident:
            return None
        return tuple(map(str, accident)) if isinstance(accident, list) and len(accident) == 2 else ("python-ended", "")

    def close(self) -> None:
        """End the process. The next request starts another."""
        if self._process is not None:
            self._process.close()
            self._process = None


@dataclass
class Accidents:
    """The cells that did not end as they should."""

    found: list[tuple[int, Cell, str, str]] = field(default_factory=list)

    def of(self, answer: Judged) -> Judged | None:
        """What to say of an answer whose cell is among them."""
        for _, cell, mistake, detail in reversed(self.found):
            if _is_of(cell, answer):
                return replace(answer, mistake=mistake, hint=_sentence(OF_CELL, mistake, answer.name, detail))
        return None


def _sentence(sentences: dict[str, str], mistake: str, name: str, detail: str) -> str:
    text = sentences.get(detail if mistake == "raised" and detail in sentences else mistake, sentences["python-ended"])
    said = text.format(name=name, detail=detail)
    return said if len(said) < 240 else said[:238].rstrip() + "…"


def judge_inside(session: Session, id: str) -> tuple[str, str, str]:
    """Ask the check in the student's process: the answer's name, the mistake, the hint."""
    found = session.ask("judge", id=id, within=JUDGING)
    return str(found["name"]), str(found["mistake"]), str(found["hint"])


def judged(
    path: str | Path,
    *,
    outside: bool = False,
    judge: Callable[[Session, str], tuple[str, str, str]] = judge_inside,
    seconds: float = SECONDS,
    in_all: float = IN_ALL,
) -> Result:
    """Run a notebook and judge it.

    Parameters
    ----------
    path : str or Path
    outside : bool
        Whether ``judge`` calls the answers from outside.
    judge : callable
        ``judge(session, id)`` gives the answer's name, the mistake (empty: none) and the hint.
    seconds, in_all : float
        How long one cell and the whole notebook may run.

    Returns
    -------
    Result
    """
    path = Path(path)
    try:
        notebook = read_student(path)
        released = release_for(notebook)
        if released is None:
            raise CannotCheck(f"{path.name}: it is none of the course's exercise notebooks: there is no check in it.")
    except CannotCheck as error:
        return Result(path, cannot=str(error))
    try:
        return _run(notebook, released, outside, judge, seconds, in_all)
    except CannotStart as error:
        why = f" ({error})" if str(error) else ""
        return Result(
            path, cannot=f"CANNOT CHECK  {path.name}: no Python process could be started here{why}. Try again."
        )


def _run(notebook: Notebook, released, outside: bool, judge, seconds: float, in_all: float) -> Result:
    found, accidents, verdicts = integrity(notebook, released), Accidents(), {}
    session = Session(notebook.path.parent, outside=outside, seconds=seconds, in_all=in_all)

    def see(check):
        try:
            name, mistake, hint = judge(session, check.grade_id)
        except Gone as gone:
            name, mistake, hint = _names(released)[check.grade_id], gone.mistake, ""
            if gone.mistake == "in-all":
                mistake, hint = "too-slow", TOO_LONG.format(seconds=in_all, name=name)
            else:
                hint = _sentence(OF_ANSWER, gone.mistake, name, gone.detail)
        verdict = Judged(check.grade_id, name, mistake, hint, check.points)
        if mistake == "no-such-name":
            verdict = accidents.of(verdict) or verdict
        verdicts[check.grade_id] = verdict

    try:
        for index, cell in enumerate(notebook.cells):
            if index in found.places:
                see(found.places[index])
            elif cell.kind == "code" and cell.source.strip():
                accident = session.run(cell.source)
                if accident:
                    accidents.found.append((index, cell, *accident))
        for check in found.missing:
            see(check)
    finally:
        session.close()
    order = [verdicts[check.grade_id] for check in released.checks]
    return Result(notebook.path, released.assignment, tuple(order), found.problems, tuple(_notes(accidents, order)))


def _names(released) -> dict[str, str]:
    """What each answer is called, from the line that is printed for a right one."""
    return {c.grade_id: "".join(o.get("text", "") for o in c.outputs).split()[-1] for c in released.checks}


def _notes(accidents: Accidents, verdicts: list[Judged]):
    """A line for each failed cell that no verdict speaks of."""
    told = {verdict.hint for verdict in verdicts}
    for index, cell, mistake, detail in accidents.found:
        if not any(_sentence(OF_CELL, mistake, v.name, detail) in told and _is_of(cell, v) for v in verdicts):
            yield "NOTE  " + _sentence(OF_CELL, mistake, "\0", detail).replace(
                "he cell of \0", f"he cell no. {index + 1}"
            )


def _is_of(cell: Cell, verdict: Judged) -> bool:
    """Whether a cell is that of an answer, by its name in the notebook or by what is in it."""
    return cell.grade_id == f"{verdict.id}-answer" or bool(re.search(rf"\b{verdict.name}\b", cell.source))
