"""nbgrader, in its own environment, really takes the exercises: generate, autograde, feedback."""

import csv
import json
import os
import re
import subprocess
import sys
from importlib import import_module

import pytest

import course
from tests.browser.conftest import missing
from tests.notebook_tools import ROOT, dumps, exercise_sources, exercises, loads
from vae_utils import checks
from vae_utils.coursework.kernels import OwnKernelManager

CHAPTER = "05-kl"
HIDDEN = exercises.HIDDEN
ASSIGNMENTS = sorted(path.stem for path in (ROOT / exercises.SOURCES).glob("[0-9][0-9]-*.py"))
GENERATE_ALL = """
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py").load_config())
for assignment in sorted(api.get_source_assignments()):
    result = api.generate_assignment(assignment)
    print(assignment, "ok" if result["success"] else result)
"""


def environment(folder):
    """Settings of nobody else, and a kernel that is the Python running this test."""
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = folder / "path" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}), encoding="utf-8")
    own, config = OwnKernelManager(), folder / "config" / "jupyter_config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"KernelManager": {"transport": own.transport, "ip": own.ip}}), encoding="utf-8")
    places = {"JUPYTER_PATH": "path", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data"}
    places |= {"JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    programs = os.pathsep.join([str(course.tool("nbgrader", course.LAB).parent), os.environ["PATH"]])
    return {**os.environ, **{name: str(folder / place) for name, place in places.items()}, "PATH": programs}


class Class:
    """A course of nbgrader's in a folder, with all assignments in its source/."""

    def __init__(self, folder):
        self.folder, self.env = folder / "class", environment(folder)
        exercises.main(["--nbgrader", str(self.folder)])

    def run(self, *command):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
        done = subprocess.run([str(part) for part in command], cwd=self.folder, env=self.env, timeout=300, **pipes)
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    def nbgrader(self, *command):
        return self.run(course.tool("nbgrader", course.LAB), *command)

    def released(self, name=CHAPTER):
        return loads((self.folder / "release" / name / f"{name}.ipynb").read_bytes())

    def submit(self, student, notebook, name=CHAPTER):
        path = self.folder / "submitted" / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(dumps(notebook))

    def submitted(self, assignment):
        return [path.parent.name for path in self.folder.glob(f"submitted/*/{assignment}")]

    def grades(self, assignment=CHAPTER):
        """{student: (score, maximum)} of a graded assignment."""
        self.nbgrader("export")
        rows = csv.DictReader((self.folder / "grades.csv").open(encoding="utf-8"))
        return {
            row["student_id"]: (float(row["score"]), float(row["max_score"]))
            for row in rows
            if row["assignment"] == assignment and row["student_id"] in self.submitted(assignment)
        }


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    if not course.tool("nbgrader", course.LAB).exists():
        missing(f"NO TEST OF NBGRADER without {course.LAB.name}")
    room = Class(tmp_path_factory.mktemp("nbgrader"))
    room.generated = room.run(course.tool("python", course.LAB), "-c", GENERATE_ALL)
    return room


def answered(notebook, answers):
    """The notebook with these sources in its answer cells."""
    for cell in notebook.cells:
        if cell["id"] in answers:
            cell.source = answers[cell["id"]]
    return notebook


def right_answers():
    solved = loads((ROOT / exercises.SOLUTION / f"{CHAPTER}.ipynb").read_bytes())
    return {cell["id"]: cell.source for cell in solved.cells if exercise_sources.is_answer(cell)}


def wrong_answers():
    """For each exercise the first wrong answer of the catalogue, for each question the first wrong option."""
    module = import_module(f"tests.wrong_answers.ch{CHAPTER[:2]}")
    texts = {}
    for name, exercise in checks.exercises(CHAPTER[:2]).items():
        if exercise.kind == "choice":
            letter = next(letter for letter, option in exercise.options.items() if not option.right)
            texts[f"{name}-answer"] = f'{exercise.name} = "{letter}"'
        else:
            source, _ = next(iter(module.ANSWERS[name]["wrong"].values()))
            texts[f"{name}-answer"] = module.HEAD + source
    return texts


@pytest.fixture(scope="module")
def graded(classroom):
    """The class after three submissions were graded: one right, one wrong, one as it was handed out."""
    ours = loads((ROOT / exercises.STUDENT / f"{CHAPTER}.ipynb").read_bytes())
    classroom.submit("right", answered(classroom.released(), right_answers()))
    classroom.submit("wrong", answered(classroom.released(), wrong_answers()))
    classroom.submit("right-from-the-course", answered(ours, right_answers()))
    classroom.nbgrader("autograde", CHAPTER, "--create")
    return classroom


def test_nbgrader_takes_every_source(classroom):
    names = [*ASSIGNMENTS, HIDDEN]
    assert [line for line in classroom.generated.splitlines() if line.split()[0] in names] == [f"{n} ok" for n in names]


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_what_nbgrader_hands_out_is_what_the_course_hands_out(classroom, name):
    """But for its dots, which it writes below those of a value too."""
    theirs = classroom.released(name)
    ours = loads((ROOT / exercises.STUDENT / f"{name}.ipynb").read_bytes())
    assert "SOLUTION" not in json.dumps(theirs)

    def without_dots(source):
        source = source.replace(f"\n\n{exercise_sources.EXPECTED}", "")  # it removes the outputs
        return [line for line in source.splitlines() if line.split("#")[0].strip() != "..."]

    assert [cell["id"] for cell in theirs.cells] == [cell["id"] for cell in ours.cells]
    for mine, other in zip(ours.cells, theirs.cells, strict=True):
        assert without_dots(mine.source) == without_dots(other.source)
        assert {**exercise_sources.nbgrader(mine), **exercise_sources.nbgrader(other)} == exercise_sources.nbgrader(
            other
        )


def test_right_answers_get_full_marks_and_wrong_ones_none(graded):
    points = {
        exercise_sources.nbgrader(cell)["grade_id"]: exercise_sources.nbgrader(cell)["points"]
        for cell in graded.released().cells
        if exercise_sources.nbgrader(cell).get("grade")
    }
    whole = sum(points.values())
    by_hand = points[f"{CHAPTER[:2]}-open"]
    assert graded.grades() == {
        "right": (whole - by_hand, whole),
        "wrong": (0, whole),
        "right-from-the-course": (whole - by_hand, whole),
    }


def test_the_feedback_names_the_mistakes(graded):
    graded.nbgrader("generate_feedback", CHAPTER, "--student", "wrong")
    page = (graded.folder / "feedback" / "wrong" / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
    verdicts = dict(re.findall(r"NOT YET  ([\w-]+)  \(([\w-]+)\)", page))
    assert list(verdicts) == list(checks.exercises(CHAPTER[:2]))
    assert "not-attempted" not in verdicts.values()


def test_hidden_tests_are_not_handed_out_and_judge_what_the_examples_do_not_show(classroom):
    released = classroom.released(HIDDEN)
    assert not re.search("HIDDEN|SOLUTION|secrets|_right", json.dumps(released))
    solved = exercise_sources.hidden_tasks(ROOT / exercises.SOURCES / f"{HIDDEN}.py")
    answers = {cell["id"]: cell.source for cell in solved.cells if exercise_sources.is_answer(cell)}
    assert len(answers) == 3
    classroom.submit("right", answered(classroom.released(HIDDEN), answers), HIDDEN)
    plausible = {
        "hidden-coins-answer": answers["hidden-coins-answer"].replace("(heads + tails)", "heads"),
        "hidden-laplace-answer": answers["hidden-laplace-answer"].replace("torch.exp(log_width)", "log_width"),
        "hidden-product-answer": answers["hidden-product-answer"].replace("-logvar", "logvar"),
    }
    assert all(plausible[name] != text for name, text in answers.items())
    classroom.submit("wrong", answered(classroom.released(HIDDEN), plausible), HIDDEN)
    classroom.nbgrader("autograde", HIDDEN, "--create")
    assert classroom.grades(HIDDEN) == {"right": (9, 9), "wrong": (0, 9)}
