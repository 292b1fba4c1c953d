"""What lies in a folder: one student's notebooks, or the submissions of a class."""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import platformdirs

from .judging import Judged, Result, judged
from .notebooks import CannotCheck, assignments, read_student, release_for

CHANCE = {"too-slow", "python-ended"}  # verdicts that another run, on a quieter machine, need not repeat
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


# ---- one student ----


def notebooks_in(folder: Path) -> dict[str, list[Path]]:
    """The exercise notebooks in a folder by assignment, the newest first.

    A file that cannot be read counts as what its name says.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.ipynb"), key=lambda path: (-path.stat().st_mtime_ns, path.name)):
        try:
            released = release_for(read_student(path))
            name = released.assignment if released else None
        except CannotCheck:
            name = next((one for one in assignments() if path.stem.startswith(one)), None)
        if name:
            found.setdefault(name, []).append(path)
    return found


def progress(folder: Path, *, again: bool = False, judge: Callable[[Path], Result] = judged) -> dict[str, list[Result]]:
    """What is done, by assignment: the newest notebook's verdicts first, then results without any for older copies.

    Verdicts are kept in the user's cache folder, under everything that they depend on: the notebook's cells, the
    Python files beside it, this package, and the version of torch.

    Parameters
    ----------
    folder : Path
    again : bool
        Judge even where a verdict is known.
    judge : callable
        ``judge(path)`` gives a Result.
    """
    found = notebooks_in(folder)

    def newest(paths):
        return [_remembered(paths[0], again, judge), *(Result(path) for path in paths[1:])]

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(found, pool.map(newest, found.values()), strict=True))


def _remembered(path: Path, again: bool, judge) -> Result:
    try:
        place = platformdirs.user_cache_path("vae_utils", appauthor=False) / "progress" / f"{_key(path)}.json"
    except CannotCheck as error:
        return Result(path, cannot=str(error))
    if not again:
        try:
            kept = json.loads(place.read_text("utf-8"))
            verdicts = tuple(Judged(**verdict) for verdict in kept["judged"])
            return Result(path, kept["assignment"], verdicts, tuple(kept["changed"]), tuple(kept["notes"]))
        except (OSError, ValueError, TypeError, KeyError):
            pass
    result = judge(path)
    if not result.cannot and not CHANCE & {verdict.mistake for verdict in result.judged}:
        kept = {"assignment": result.assignment, "judged": [asdict(verdict) for verdict in result.judged]}
        kept |= {"changed": result.changed, "notes": result.notes}
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(kept), "utf-8")
        except OSError:
            pass  # then it is judged again next time
    return result


def _key(path: Path) -> str:
    cells = [(cell.kind, cell.source, cell.grade_id) for cell in read_student(path).cells]
    digest = hashlib.sha256(json.dumps([cells, importlib.metadata.version("torch")]).encode())
    for file in [*sorted(path.parent.glob("*.py")), *_package()]:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:32]


def _package() -> list:
    folder = Path(str(resources.files("vae_utils")))
    return [*sorted(folder.rglob("*.py")), *sorted((folder / "released").glob("*.json"))]


# ---- a class ----


@dataclass(frozen=True)
class Row:
    """One line of the table of a class.

    Attributes
    ----------
    student, file, assignment, exercise : str
    verdict : str
        ``pass``, ``not yet`` or ``not attempted``; without an exercise ``cannot check``, or ``not counted`` for a copy
        that is not the student's newest.
    mistake : str
        The id of the mistake.
    points : float
        What a pass counts, else 0.
    remark : str
        Why it cannot be checked, or what became of the check.
    """

    student: str
    file: str
    assignment: str = ""
    exercise: str = ""
    verdict: str = ""
    mistake: str = ""
    points: float = 0
    remark: str = ""


def submissions(folder: Path) -> Iterator[tuple[str, Path | None]]:
    """Who handed in what: the first folder on the way to a file is its student, or else the name of the file is.

    ``ada/05-kl.ipynb``, nbgrader's ``ada/05-kl/05-kl.ipynb``, ``ada_05-kl.ipynb``. Someone whose folder holds no
    notebook comes with None.
    """
    seen = set()
    for path in sorted(folder.rglob("*.ipynb")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") for part in parts):
            continue  # .ipynb_checkpoints
        student = parts[0] if len(parts) > 1 else _named_in(path.stem)
        seen.add(student)
        yield student, path
    for sub in sorted(folder.iterdir()):
        if sub.is_dir() and not sub.name.startswith(".") and sub.name not in seen:
            yield sub.name, None


def _named_in(stem: str) -> str:
    """Of ``ada_05-kl`` the name."""
    for name in assignments():
        rest = re.sub(rf"[\W_]*{re.escape(name)}[\W_]*", " ", stem).strip()
        if name in stem and rest:
            return rest
    return stem


def judge_class(folder: Path, judge: Callable[[Path], Result], tell: Callable[[str], None]) -> list[tuple[Row, Judged]]:
    """The rows of a class, with the verdict of each (None where there is none).

    Parameters
    ----------
    folder : Path
    judge : callable
        ``judge(path)`` gives a Result. Whatever goes wrong in it costs one submission, not the table.
    tell : callable
        Gets a word about each submission.
    """
    results = []
    for student, path in submissions(folder):
        if path is None:
            results.append((student, "", 0, Result(folder, cannot="there is no notebook in this folder.")))
            continue
        file = path.relative_to(folder).as_posix()
        tell(file)
        results.append((student, file, path.lstat().st_mtime_ns, _judged_whatever_happens(path, judge)))
    newest = {(student, result.assignment): file for student, file, _, result in sorted(results, key=lambda r: r[2])}
    rows = []
    for student, file, _, result in results:
        if result.cannot:
            reason = result.cannot.removeprefix("CANNOT CHECK  ")
            rows.append((Row(student, file, verdict="cannot check", remark=reason), None))
        elif newest[student, result.assignment] != file:
            remark = "there is a newer copy"
            rows.append((Row(student, file, result.assignment, verdict="not counted", remark=remark), None))
        else:
            rows += [(_row(student, file, result, verdict), verdict) for verdict in result.judged]
    return rows


def _judged_whatever_happens(path: Path, judge) -> Result:
    if path.is_symlink():
        return Result(path, cannot="this is a link, not a file of its own.")
    try:
        return judge(path)
    except Exception as error:
        said = " ".join(str(error).split())[:150]
        return Result(path, cannot=f"the judge failed with {type(error).__name__}: {said}")


def _row(student: str, file: str, result: Result, verdict: Judged) -> Row:
    said = "pass" if verdict.passed else "not attempted" if verdict.mistake == "not-attempted" else "not yet"
    remarks = [one.partition(": ")[2] for one in result.changed if one.startswith(f"CHANGED  {verdict.id}:")]
    points = verdict.points if verdict.passed else 0
    remark = " ".join(remarks)
    return Row(student, file, result.assignment, verdict.id, said, verdict.mistake, points, remark)


@dataclass(frozen=True)
class Ranked:
    """One mistake of a class: how many made it, of how many who tried the exercise, and what they were told."""

    exercise: str
    mistake: str
    students: int
    tried: int
    hint: str


def ranked(rows: Iterable[tuple[Row, Judged | None]]) -> list[Ranked]:
    """The mistakes of a class, the most frequent first."""
    made, tried, hints = Counter(), Counter(), {}
    for row, verdict in rows:
        if verdict is None or row.verdict == "not attempted":
            continue
        tried[row.exercise] += 1
        if not verdict.passed:
            made[row.exercise, row.mistake] += 1
            hints[row.exercise, row.mistake] = verdict.hint
    order = sorted(made, key=lambda key: (-made[key], key))
    return [Ranked(*key, made[key], tried[key[0]], hints[key]) for key in order]


def as_csv(rows: Iterable[Row | Ranked], kind: type) -> bytes:
    """A table for a spreadsheet, in UTF-8 with the mark by which Excel knows it.

    A text that a spreadsheet would take for a formula gets an apostrophe in front: a student chooses the name of a
    file.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(kind.__dataclass_fields__)
    for row in rows:
        writer.writerow([_harmless(value) for value in asdict(row).values()])
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _harmless(value):
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.lstrip(" ").startswith(FORMULA) else value
