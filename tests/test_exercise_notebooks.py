"""The exercises of the ten chapters: what is stored is what their sources make, and there is enough of each kind."""

import json
import re
import subprocess
import sys

import pytest

from tests.notebook_tools import ROOT, chapters, exercise_sources, exercises, loads
from vae_utils import checks

SOURCES = sorted((ROOT / exercises.SOURCES).glob("[0-9][0-9]-*.py"))
NAMES = [source.stem for source in SOURCES]
CODE, QUESTIONS, ALL_CODE = 5, (2, 4), 50
FROM_BLANK_BY_CHAPTER_7 = {"03-encoder", "06-sample", "07-elbo", "07-train"}


def stored(name, where=exercises.STUDENT):
    return loads((ROOT / where / f"{name}.ipynb").read_bytes())


def ids(notebook):
    return [cell["id"] for cell in notebook.cells if exercise_sources.is_check(cell)]


def questions(names):
    return [name for name in names if re.search(r"-q\d$", name)]


def test_ten_chapters_have_exercises():
    assert [name[:2] for name in NAMES] == [f"{number:02}" for number in range(1, 11)]
    for folder, suffix in ((exercises.STUDENT, "ipynb"), (exercises.SOLUTION, "ipynb"), (exercises.RELEASED, "json")):
        assert sorted(path.name for path in (ROOT / folder).glob(f"*.{suffix}")) == [f"{n}.{suffix}" for n in NAMES]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_what_is_stored_is_what_the_source_makes(source):
    """The solution is executed here: equal bytes mean that a second run is the same."""
    made = exercises.made(source)
    stale = [str(path.relative_to(ROOT)) for path, content in made.items() if path.read_bytes() != content]
    assert not stale, f"run `make exercises ARGS={source.stem[:2]}` for {', '.join(stale)}"


@pytest.mark.parametrize("name", NAMES)
def test_every_solution_passes(name):
    notebook = stored(name, exercises.SOLUTION)
    found = {
        cell["id"]: "".join(out.get("text", "") for out in cell.outputs)
        for cell in notebook.cells
        if exercise_sources.is_check(cell)
    }
    assert found == {name: f"PASS  {name}  {checks.find(name).name}\n" for name in found}


@pytest.fixture(scope="module")
def untouched():
    """What ``pytest --nbval`` says of all notebooks as they are handed out."""
    options = "-p vae_utils.nbval_plugin --nbval --nbval-current-env -p no:cacheprovider -q --tb=no".split()
    command = [sys.executable, "-m", "pytest", *options, exercises.STUDENT]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    return subprocess.run(command, cwd=ROOT, env=chapters.environment(), timeout=300, **pipes).stdout


@pytest.mark.parametrize("name", NAMES)
def test_what_nobody_has_touched_is_not_attempted(untouched, name):
    verdicts = re.findall(rf"^(PASS|NOT YET)  ({name[:2]}-\w+)(.*)$", untouched, flags=re.M)
    assert verdicts == [("NOT YET", found, "  (not-attempted)") for found in ids(stored(name))], untouched[-3000:]


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_is_judged_and_every_judge_is_asked(name):
    assert ids(stored(name)) == list(checks.exercises(name[:2]))


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_has_enough_of_each_kind(name):
    notebook = stored(name)
    names = ids(notebook)
    chosen = questions(names)
    assert len(names) - len(chosen) >= CODE
    assert QUESTIONS[0] <= len(chosen) <= QUESTIONS[1]
    assert checks.find(names[0]).kind == "value", "the first exercise is a prediction"
    judged = [cell for cell in notebook.cells if exercise_sources.is_answer(cell) and cell.cell_type == "markdown"]
    assert [cell["id"] for cell in judged] == [f"{name[:2]}-open"]


def test_there_are_fifty_exercises_in_code():
    names = [found for name in NAMES for found in ids(stored(name))]
    assert len(set(names)) == len(names)
    assert len(set(names) - set(questions(names))) >= ALL_CODE
    assert set(names) >= FROM_BLANK_BY_CHAPTER_7


@pytest.mark.parametrize("name", sorted(FROM_BLANK_BY_CHAPTER_7))
def test_the_parts_of_a_vae_are_written_from_blank(name):
    """Of the answer the student gets the imports, the first lines and the docstrings, and nothing else."""
    chapter = next(chapter for chapter in NAMES if chapter[:2] == name[:2])
    cell = next(cell for cell in stored(chapter).cells if cell["id"] == f"{name}-answer")
    code = re.sub(r'""".*?"""', "", cell.source, flags=re.S)
    code = [line.strip() for line in code.splitlines() if line.split("#")[0].strip()]
    left = [line for line in code if not re.match(r"(import|from|def|class|@|super\(\)\.__init__)|\.\.\.", line)]
    assert not left


@pytest.mark.parametrize("name", NAMES)
def test_the_student_is_not_told_the_solution(name):
    student, solved = stored(name), stored(name, exercises.SOLUTION)
    for theirs, ours in zip(student.cells, solved.cells, strict=True):
        if exercise_sources.is_answer(theirs):
            assert theirs.source != ours.source
            assert not theirs.get("outputs")
    assert not re.search(r"(BEGIN|END) (SOLUTION|GIVEN)", json.dumps(student))


@pytest.mark.parametrize("name", NAMES)
def test_the_last_hint_names_a_paragraph_that_is_there(name):
    for exercise in checks.exercises(name[:2]).values():
        chapter, _, anchor = exercise.see.partition("#")
        assert anchor in exercise_sources.anchors(chapter), f"{exercise.id}: {exercise.see}"


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_leads_back_to_its_chapter(name):
    """Each exercise links to a paragraph of the chapter; the book's own test follows the links."""
    task = ""
    for cell in stored(name).cells:
        if cell.cell_type == "markdown" and not exercise_sources.is_answer(cell):
            task = cell.source
        elif exercise_sources.is_answer(cell):
            assert re.search(r"\]\(\.\./\d\d-[a-z]+\.ipynb#[\w-]+\)", task), f"{cell['id']} has no link to a paragraph"


WORD = re.compile(r"[a-z]{2,}|\d+")
OPTION = re.compile(r"^- \*\*([a-z])\.?\*\* (.+(?:\n  .+)*)", re.M)


def overlap(one, other):
    """How many of the words of two texts they share: 1 for the same words, whatever became of formulas."""
    a, b = (set(WORD.findall(re.sub(r"\\[a-z]+", " ", text.lower()))) for text in (one, other))
    return len(a & b) / len(a | b) if a | b else 0.0


@pytest.mark.parametrize("name", NAMES)
def test_a_letter_means_in_the_notebook_what_it_means_to_the_check(name):
    """The options stand in the notebook with formulas and in the check without: letters must not drift apart."""
    cells = stored(name).cells
    listed = [dict(OPTION.findall(cell.source)) for cell in cells if cell.cell_type == "markdown"]
    listed = [options for options in listed if options]
    known = [checks.find(id) for id in questions(ids(stored(name)))]
    assert len(listed) == len(known)
    for options, question in zip(listed, known, strict=True):
        assert list(options) == list(question.options)
        for letter, text in options.items():
            shared = {other: overlap(text, option.text) for other, option in question.options.items()}
            assert max(shared, key=shared.get) == letter, (question.id, letter, shared)
            assert shared[letter] > 0.5 or not WORD.findall(text.lower()), (question.id, letter, shared)
