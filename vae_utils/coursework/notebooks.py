"""A student's exercise notebook: read it whatever became of it, and compare its checks with those handed out.

A notebook is read as JSON, without nbformat, whose validation would take longer than all of this. What cannot be read
raises :class:`CannotCheck`, whose text says the cause and the remedy. What was lost without harm, such as outputs,
metadata or the name of the kernel, is not missed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

LARGEST = 20_000_000
"""Bytes. A notebook above this holds outputs that nobody should have saved."""

CALL = re.compile(r"""\bcheck\(\s*["'](\d\d-[a-z0-9]+)["']""")
_KINDS = ("code", "markdown", "raw")
_AGAIN = "copy your answers into a fresh notebook"


class CannotCheck(Exception):
    """A file that cannot be checked: what is wrong with it, and what to do."""

    def __str__(self) -> str:
        return f"CANNOT CHECK  {self.args[0]}"


@dataclass(frozen=True)
class Cell:
    """One cell of a student's notebook: what counts of it."""

    kind: str
    source: str
    grade_id: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """A student's notebook.

    Attributes
    ----------
    path : Path
    cells : tuple of Cell
    assignment : str or None
        ``"05-kl"``, where the metadata still says so.
    """

    path: Path
    cells: tuple[Cell, ...]
    assignment: str | None = None


@dataclass(frozen=True)
class Check:
    """A check cell as it was handed out, with what it prints for a right answer."""

    grade_id: str
    source: str
    outputs: tuple[dict, ...]
    points: float = 1


@dataclass(frozen=True)
class Release:
    """An exercise notebook as it was handed out.

    Attributes
    ----------
    assignment : str
    checks : tuple of Check
        In the order of the notebook.
    notebook : dict
        The whole of it, in nbformat's JSON.
    """

    assignment: str
    checks: tuple[Check, ...]
    notebook: dict[str, Any]


@dataclass(frozen=True)
class Integrity:
    """What became of the checks in a student's notebook.

    Attributes
    ----------
    problems : tuple of str
        A sentence for each check that was changed, deleted or turned into text; beginning with ``CHANGED``.
    places : dict
        Index of a cell → the check that is to run in its place.
    missing : tuple of Check
        The checks that have no place left. They run at the end.
    """

    problems: tuple[str, ...]
    places: dict[int, Check]
    missing: tuple[Check, ...]


# ---- a student's file ----


def read_student(path: str | Path) -> Notebook:
    """Read a student's notebook.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Notebook

    Raises
    ------
    CannotCheck
        If there is no such file, or it is no notebook that could be run.
    """
    path = Path(path)
    name = path.name
    raw = _parse(_text(path), name)
    if not isinstance(raw, dict) or "nbformat" not in raw or not ("cells" in raw or "worksheets" in raw):
        raise CannotCheck(f"{name}: this is JSON, but no notebook. Is it the right file?")
    if raw["nbformat"] != 4:
        raise CannotCheck(f"{name}: notebook format {raw['nbformat']} is not 4. Open it in Jupyter and save it again.")
    if not isinstance(raw.get("cells"), list):
        raise CannotCheck(f"{name}: the notebook is damaged, it has no list of cells: {_AGAIN}.")
    cells = tuple(_cell(cell, number, name) for number, cell in enumerate(raw["cells"], start=1))
    if not any(cell.kind == "code" for cell in cells):
        raise CannotCheck(f"{name}: there is no code cell in it any more. Start with a fresh notebook.")
    assignment = _dict(_dict(raw.get("metadata")).get("vae_course")).get("assignment")
    return Notebook(path, cells, assignment if isinstance(assignment, str) else None)


def _text(path: Path) -> str:
    name = path.name
    try:
        if path.is_dir():
            raise CannotCheck(f"{name}: this is a folder, not a notebook. Name the file in it.")
        if path.stat().st_size > LARGEST:
            raise CannotCheck(f"{name}: over {LARGEST // 10**6} MB. Clear its outputs in Jupyter and save it again.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise CannotCheck(f"{path}: there is no such file. Is the folder right?") from None
    except OSError as error:
        raise CannotCheck(f"{name}: it cannot be opened ({error.strerror}). May you read it?") from None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise CannotCheck(f"{name}: an editor saved it as UTF-16. Save it as UTF-8.")
    if data[:3] == b"\xef\xbb\xbf":
        raise CannotCheck(f"{name}: an editor put a byte-order mark in front. Save it as UTF-8 without BOM.")
    if not data.strip(b" \t\r\n\0"):
        raise CannotCheck(f"{name}: the file is empty, so it was never saved. Save it in Jupyter, or start afresh.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise CannotCheck(f"{name}: it is not UTF-8 text. Save it as UTF-8, or {_AGAIN}.") from None


def _parse(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if re.search(r"^(<{7}|>{7})", text, re.MULTILINE):
            cause = "git conflict markers (<<<<<<<) are in it. Choose one of the two versions at each"
        elif text.lstrip()[:1] == "{" and (text.rstrip()[-1:] != "}" or error.pos >= len(text.rstrip()) - 1):
            cause = "it ends too early, as if saving was cut off. Get it from your history, or start afresh"
        else:
            cause = f"no JSON from line {error.lineno} on. Is it a notebook? Then {_AGAIN}"
        raise CannotCheck(f"{name}: {cause}.") from None
    except RecursionError:
        raise CannotCheck(f"{name}: the notebook is damaged: {_AGAIN}.") from None


def _dict(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _cell(raw: Any, number: int, name: str) -> Cell:
    damaged = CannotCheck(f"{name}: cell {number} is damaged: {_AGAIN}.")
    if not isinstance(raw, dict) or raw.get("cell_type") not in _KINDS:
        raise damaged
    source = raw.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise damaged
    metadata = _dict(raw.get("metadata"))
    grade_id, tags = _dict(metadata.get("nbgrader")).get("grade_id"), metadata.get("tags")
    return Cell(
        raw["cell_type"],
        source,
        grade_id if isinstance(grade_id, str) else None,
        tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
    )


# ---- what was handed out ----


def _released():
    return resources.files("vae_utils").joinpath("released")


def assignments() -> list[str]:
    """The names of all exercise notebooks that were handed out."""
    folder = _released()
    return sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".json")) if folder.is_dir() else []


@cache
def release(assignment: str) -> Release:
    """An exercise notebook as it was handed out.

    Raises
    ------
    CannotCheck
        If this package knows none of that name, or its copy is not what was put in.
    """
    if assignment not in assignments():
        raise CannotCheck(f"there is no exercise notebook {assignment!r}. Is vae_utils up to date?")
    try:
        raw = json.loads(_released().joinpath(f"{assignment}.json").read_text("utf-8"))
        intact = hashlib.sha256(json.dumps(raw["cells"], sort_keys=True).encode()).hexdigest() == raw["sha256"]
    except (ValueError, KeyError):
        intact = False
    if not intact:
        raise CannotCheck(f"the released copy of {assignment} is damaged. Install vae_utils again.")
    checks = tuple(
        Check(cell["grade_id"], cell["source"], tuple(cell["outputs"]), cell.get("points", 1)) for cell in raw["cells"]
    )
    return Release(raw["assignment"], checks, raw.get("notebook", {}))


def release_for(notebook: Notebook) -> Release | None:
    """What a student's notebook was when it was handed out; None where it is no exercise notebook of this course.

    It is recognised by its metadata or, where an editor lost them, by its checks.

    Raises
    ------
    CannotCheck
        If it calls itself an exercise notebook of which this package knows nothing.
    """
    if notebook.assignment is not None:
        if notebook.assignment not in assignments():
            raise CannotCheck(
                f"{notebook.path.name}: it calls itself {notebook.assignment!r}, and this vae_utils knows no such "
                "exercises. Update vae_utils."
            )
        return release(notebook.assignment)
    ids = Counter(id for cell in notebook.cells for id in [*CALL.findall(cell.source), cell.grade_id] if id)
    votes = {name: sum(ids[check.grade_id] for check in release(name).checks) for name in assignments()}
    best = max(votes, key=votes.get, default=None)
    return release(best) if best is not None and votes[best] else None


# ---- what became of the checks ----


def integrity(notebook: Notebook, released: Release) -> Integrity:
    """Compare the check cells of a student's notebook with those handed out.

    Only their sources count: stored outputs are never believed. Spaces at the end of lines, a second copy of a check
    and lost metadata do no harm.

    Parameters
    ----------
    notebook : Notebook
    released : Release

    Returns
    -------
    Integrity
    """
    problems, places, missing = [], {}, []
    for check in released.checks:
        numbered = list(enumerate(notebook.cells))
        same = [i for i, cell in numbered if cell.kind == "code" and _bare(cell.source) == _bare(check.source)]
        named = [i for i, cell in numbered if cell.kind == "code" and cell.grade_id == check.grade_id]
        calls = [i for i, cell in numbered if cell.kind == "code" and check.grade_id in CALL.findall(cell.source)]
        texts = [
            i
            for i, cell in numbered
            if cell.kind != "code" and (cell.grade_id == check.grade_id or _bare(cell.source) == _bare(check.source))
        ]
        candidates = [i for i in same if i in named] or same or named or calls
        if texts and not same:
            problems.append(f"CHANGED  {check.grade_id}: its check was turned into text. Make it a code cell again.")
        elif not candidates:
            problems.append(f"CHANGED  {check.grade_id}: its check is missing. Copy it back from a fresh notebook.")
        elif not same or set(named) - set(same):
            problems.append(
                f"CHANGED  {check.grade_id}: its check was edited. Put your work into the answer cell, and the check "
                "back as it was."
            )
        free = [i for i in candidates if i not in places]
        if free:
            places[free[-1]] = check
        else:
            missing.append(check)
    return Integrity(tuple(problems), places, tuple(missing))


def _bare(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
