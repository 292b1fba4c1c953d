"""Chapters run twice to the same bytes; nbval or a rule notices a stored chapter that is not true."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import date

import nbformat
import pytest

from tests import chapter_rules as rules
from tests import real_mnist
from tests.notebook_tools import chapters, dumps

PATHS = sorted(rules.CHAPTERS.glob("*.ipynb"))
DAILY = 1
SECONDS = 60
ALL = bool(os.environ.get("COURSE_ALL_CHAPTERS"))


def todays(paths, day):
    """One chapter a day, so that all of them come in turn; all with COURSE_ALL_CHAPTERS=1."""
    if ALL or len(paths) <= DAILY:
        return paths
    start = DAILY * day.toordinal()
    return [paths[(start + n) % len(paths)] for n in range(DAILY)]


def test_every_chapter_has_its_day():
    numbers = list(range(7))
    days = [todays(numbers, date.fromordinal(700_000 + day)) for day in range(7)]
    assert {chapter for chosen in days for chapter in chosen} == set(numbers)


def child_seconds():
    """Processor time of finished child processes: a kernel's, once it has ended."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.parametrize("path", todays(PATHS, date.today()), ids=lambda path: path.stem)
def test_two_executions_are_identical(path, tmp_path, monkeypatch):
    """The stored file is one execution; where another processor gives other digits, a second one is made."""
    if real_mnist.needs(path):
        data = real_mnist.environment(tmp_path)
        if data is None:
            pytest.skip(real_mnist.MISSING)
        for name, value in data.items():
            monkeypatch.setenv(name, value)
    notebook = rules.load(path)
    before = child_seconds()
    first = dumps(chapters.executed(notebook, path.parent))
    used = child_seconds() - before
    if first != path.read_bytes():
        assert first == dumps(chapters.executed(notebook, path.parent))
    # Windows counts no children's time.
    assert used < SECONDS, f"{path.stem} takes {used:.0f} s of processor time, at most {SECONDS} are allowed"


# --- what nbval and the rules notice

NUMBER = re.compile(r"\d")


def shown(output):
    """The text of an output that nbval compares, or an empty one."""
    data = output.get("data", {})
    return output.get("text", "") or ("" if "image/png" in data else data.get("text/plain", ""))


def shortest_start(paths):
    """The start of a chapter up to its first printed number: the shortest such start of all chapters."""
    starts = []
    for notebook in map(rules.load, paths):
        for end, cell in enumerate(notebook.cells, 1):
            if cell.cell_type == "code" and any(NUMBER.search(shown(out)) for out in cell.outputs):
                notebook.cells = notebook.cells[:end]
                starts.append(notebook)
                break
    return min(starts, key=lambda notebook: sum(len(rules.lines(cell)) for cell in rules.code(notebook)))


def change_number(notebook):
    output = next(out for out in notebook.cells[-1].outputs if NUMBER.search(shown(out)))
    holder, key = (output, "text") if "text" in output else (output.data, "text/plain")
    holder[key] = NUMBER.sub(lambda digit: str((int(digit[0]) + 1) % 10), holder[key], count=1)


def add_crash(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell("raise RuntimeError('injected')", id="crash", execution_count=99))


@pytest.fixture(scope="module")
def failures(tmp_path_factory):
    """Cells that nbval finds wrong, {copy: [their numbers]}, and the number of the last cell with output."""
    assert PATHS, "there is no chapter"
    folder = tmp_path_factory.mktemp("copies")
    intact, spoiled = shortest_start(PATHS), shortest_start(PATHS)
    change_number(spoiled)
    add_crash(spoiled)
    for name, notebook in {"intact": intact, "spoiled": spoiled}.items():
        (folder / f"{name}.ipynb").write_bytes(dumps(notebook))
    report = folder / "report.xml"
    options = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-q", f"--junitxml={report}"]
    command = [sys.executable, "-m", "pytest", *options, str(folder)]
    subprocess.run(command, cwd=folder, env=chapters.environment(), capture_output=True)
    wrong = {"intact": [], "spoiled": []}
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None:
            wrong[case.get("classname").partition(".")[0]].append(int(case.get("name").removeprefix("Cell ")))
    return wrong, len(rules.code(intact)) - 1


def test_intact_start_passes(failures):
    wrong, _ = failures
    assert wrong["intact"] == []


def test_changed_number_and_crash_are_noticed(failures):
    wrong, last = failures
    assert wrong["spoiled"] == [last, last + 1]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_stripped_chapter_is_noticed(path):
    """By a rule: nbval compares no cell without count and outputs."""
    notebook = rules.load(path)
    for cell in rules.code(notebook):
        cell.execution_count, cell.outputs = None, []
    assert len(rules.every_cell_executed(notebook)) == len(rules.code(notebook)) > 0
