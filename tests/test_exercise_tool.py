"""The tool that makes three notebooks from one source, on a small source of its own."""

import json
import re
from textwrap import dedent

import nbformat
import pytest

from tests.notebook_tools import ROOT, dumps, exercise_sources, exercises, loads

META = 'nbgrader={"grade_id": "%s", "solution": true}'
HEAD = "# ---\n# jupyter:\n#   vae_course:\n#     assignment: 05-kl\n# ---\n\n"
# What check() does is not the tool's business: this one prints the line of a right answer.
STAND_IN = "def check(name):\n    print('PASS ', name)\n"
SAMPLE = (
    HEAD
    + f'''
# %% [markdown]
# # Exercises 5: the KL
#
# Write, then check.

# %%
{STAND_IN}
# %% [markdown]
# ## 1. Predict
#
# See [the chapter](../05-kl.ipynb#the-derivation-line-by-line).

# %% {META % "05-predict-answer"} tags=["hide-input"]
### BEGIN SOLUTION
# one half for each unit of mu squared
three_kls = (0.0, 0.5, 0.8069)
### END SOLUTION

# %% nbgrader={{"grade_id": "05-predict", "points": 1}}
check("05-predict")

# %% {META % "05-kl-answer"}
import torch


def kl(mu, logvar):
    """In nats: (B, L) → (B,)."""
    ### BEGIN SOLUTION
    total = mu**2 + logvar.exp() - 1 - logvar
    return total.sum(-1) / 2
    ### END SOLUTION


# %% nbgrader={{"grade_id": "05-kl"}}
check("05-kl")

# %% {META % "05-loss-answer"}
def loss(x):
    """A number."""
    ### BEGIN GIVEN
    # if x is None:
    #     return 0
    #
    # return x.mean()
    ### END GIVEN
    ### BEGIN SOLUTION
    return x.sum()
    ### END SOLUTION


# %% nbgrader={{"grade_id": "05-loss"}}
check("05-loss")

# %% [markdown] {META % "05-open"}
# ### BEGIN SOLUTION
# The model answer.
#
# It has two paragraphs.
# ### END SOLUTION
'''
)


def answer(text):
    """(student's, solved, instructor's) version of an answer cell."""
    return exercise_sources.versions(dedent(text).strip("\n"))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder in which the sample has been made, and the files."""
    folder = tmp_path_factory.mktemp("course")
    source = folder / exercises.SOURCES / "05-kl.py"
    source.parent.mkdir(parents=True)
    source.write_text(SAMPLE, encoding="utf-8")
    assert exercises.main([], folder) == 0
    return folder


def stored(course, where):
    return loads((course / where / "05-kl.ipynb").read_bytes())


def cell(notebook, name):
    return next(cell for cell in notebook.cells if cell["id"] == name)


# --- answers ---


def test_a_solution_becomes_dots_and_for_nbgrader_stays_a_region():
    source = """
        import torch


        def kl(mu):
            \"\"\"Nats.\"\"\"
            ### BEGIN SOLUTION
            return mu**2 / 2
            ### END SOLUTION
        """
    student, solved, instructor = answer(source)
    head = 'import torch\n\n\ndef kl(mu):\n    """Nats."""\n'
    assert student == head + "    ..."
    assert solved == head + "    return mu**2 / 2"
    assert instructor == dedent(source).strip("\n")


def test_a_value_is_asked_for_by_name():
    student, solved, instructor = answer("### BEGIN SOLUTION\nhalf = 1 / 2\nkls = (0, half)\n### END SOLUTION")
    assert (student, solved) == ("kls = ...", "half = 1 / 2\nkls = (0, half)")
    assert instructor.startswith("kls = ...\n### BEGIN SOLUTION\n")


GIVEN = """    ### BEGIN GIVEN
    # total = x.sum()
    # if total:
    #     total = -total
    # return total
    ### END GIVEN
"""
RIGHT = "    ### BEGIN SOLUTION\n    return x.sum()\n    ### END SOLUTION\n"
NESTED = RIGHT.replace("    ### END", GIVEN + "    ### END")


@pytest.mark.parametrize("regions", [GIVEN + RIGHT, RIGHT + GIVEN, RIGHT + "\n" + GIVEN, NESTED])
def test_given_code_takes_the_place_of_the_solution(regions):
    student, solved, instructor = answer("def loss(x):\n" + regions)
    given = "    total = x.sum()\n    if total:\n        total = -total\n    return total"
    assert student == f"def loss(x):\n    {exercise_sources.MEND}\n{given}"
    assert solved == "def loss(x):\n    return x.sum()"
    assert instructor == f"def loss(x):\n{RIGHT}{given}"  # nbgrader's stub will stand before it


def test_a_whole_given_function_gets_its_dots_below_the_docstring():
    student, solved, instructor = answer('''
        ### BEGIN GIVEN
        # def loss(x):
        #     """A number."""
        #     return x.mean()
        ### END GIVEN
        ### BEGIN SOLUTION
        def loss(x):
            """A number."""
            return x.sum()
        ### END SOLUTION
        ''')
    assert student == f'def loss(x):\n    """A number."""\n    {exercise_sources.MEND}\n    return x.mean()'
    assert solved == 'def loss(x):\n    """A number."""\n    return x.sum()'
    assert instructor.startswith(student + "\n### BEGIN SOLUTION\n")


def test_dots_that_the_author_wrote_are_kept():
    lines = "    ### BEGIN GIVEN\n    # ...  # mend me\n    # return x\n    ### END GIVEN\n"
    student, _, instructor = answer("def loss(x):\n" + lines + RIGHT)
    assert student == "def loss(x):\n    ...  # mend me\n    return x"
    assert instructor == f"def loss(x):\n{RIGHT}    return x"


@pytest.mark.parametrize(
    "source, words",
    [
        ("x = 1", "no ### BEGIN SOLUTION"),
        ("### BEGIN SOLUTION\nx = 1", "has no END"),
        ("### END SOLUTION", "has no BEGIN"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\nx = 1", "inside another region"),
        ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\ny = 2\n### BEGIN GIVEN\n# y = 3\n### END GIVEN", "beside"),
        ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n### BEGIN GIVEN\ny = 3\n### END GIVEN", "commented out"),
        ("### BEGIN SOLUTION\ndef f():\n    return 1\n### END SOLUTION", "keep a function's head outside"),
        (
            "### BEGIN GIVEN\n# print(1)\n### END GIVEN\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION",
            "at the left margin",
        ),
    ],
)
def test_a_malformed_answer_is_named(source, words):
    with pytest.raises(exercise_sources.BadSource, match=words):
        answer(source)


# --- whole sources ---


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda s: s.replace('"05-kl"}\ncheck("05-kl")', '"05-kl"}\ncheck("05-lk")'), r'must call check\("05-kl"\)'),
        (lambda s: s.replace("05-kl-answer", "5-kl-answer"), "is not like 05-kl"),
        (lambda s: s.replace("05-kl-answer", "06-kl-answer"), "is not like 05-kl"),
        (lambda s: s.replace("05-kl-answer", "05-other-answer"), "needs its check .*05-other-answer"),
        (lambda s: s.replace('"05-loss-answer"', '"05-kl-answer"'), "the id 05-kl-answer is used twice"),
        (lambda s: s.replace("# # Exercises 5", "# Exercises 5"), "must be the title"),
        (lambda s: s.replace("../05-kl", "../05-lk"), "there is no chapter 05-lk"),
        (lambda s: s.replace("#the-derivation-line", "#derivation-line"), "do you mean #the-derivation-line-by-line"),
    ],
)
def test_a_malformed_source_is_named(tmp_path, capsys, change, words):
    (tmp_path / exercises.SOURCES).mkdir(parents=True)
    (tmp_path / exercises.SOURCES / "05-kl.py").write_text(change(SAMPLE), encoding="utf-8")
    assert exercises.main([], tmp_path) == 1
    said = capsys.readouterr().err
    assert re.search(words, said), said
    assert not (tmp_path / exercises.STUDENT).exists()


def test_the_student_sees_stubs_and_what_a_right_answer_prints(course):
    notebook = stored(course, exercises.STUDENT)
    assert "SOLUTION" not in json.dumps(notebook) and "sum(-1)" not in json.dumps(notebook)
    assert cell(notebook, "05-predict-answer").source == "three_kls = ..."
    assert cell(notebook, "05-open").source == "YOUR ANSWER HERE"
    check = cell(notebook, "05-kl")
    assert [output.text for output in check.outputs] == ["PASS  05-kl\n"]
    assert (check.metadata["editable"], check.metadata["deletable"]) == (False, False)
    assert all(not c.get("outputs") for c in notebook.cells if exercise_sources.is_answer(c))
    assert not any("hide-input" in c.metadata.get("tags", []) for c in notebook.cells)
    nbformat.validate(notebook)


def test_the_solution_is_executed_folded_and_finds_the_chapter(course):
    notebook = stored(course, exercises.SOLUTION)
    answers = [c for c in notebook.cells if exercise_sources.is_answer(c) and c.cell_type == "code"]
    assert len(answers) == 3
    for found in answers:
        assert found.metadata["tags"] == ["hide-input"] and found.execution_count
        assert found.metadata["mystnb"]["code_prompt_show"] == "Show the solution"
    assert "sum(-1)" in cell(notebook, "05-kl-answer").source
    assert "x.mean()" not in json.dumps(notebook)
    assert "<summary>Show the solution</summary>\n\nThe model answer.\n\n" in cell(notebook, "05-open").source
    assert "(../../chapters/05-kl.ipynb#the-derivation-line-by-line)" in cell(notebook, "1-predict").source
    assert "(../../chapters/exercises/05-kl.ipynb)" in notebook.cells[0].source
    assert "(../05-kl.ipynb#the-derivation-line-by-line)" in cell(stored(course, exercises.STUDENT), "1-predict").source


def test_the_released_copy_holds_the_checks_and_a_whole_notebook_to_start_from(course):
    released = json.loads((course / exercises.RELEASED / "05-kl.json").read_text(encoding="utf-8"))
    assert released["assignment"] == "05-kl"
    assert [(c["grade_id"], c["points"]) for c in released["cells"]] == [
        ("05-predict", 1),
        ("05-kl", 2),
        ("05-loss", 2),
    ]
    assert released["cells"][1]["source"] == 'check("05-kl")'
    assert released["cells"][1]["outputs"][0]["text"] == "PASS  05-kl\n"
    again = nbformat.from_dict(released["notebook"])
    assert dumps(again) == (course / exercises.STUDENT / "05-kl.ipynb").read_bytes()


def test_what_is_current_is_left_alone_and_what_is_not_is_named(course, capsys):
    assert exercises.main(["--verify"], course) == 0
    assert "05-kl: current" in capsys.readouterr().out
    path = course / exercises.SOLUTION / "05-kl.ipynb"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"two paragraphs", b"three paragraphs"))
    try:
        assert exercises.main(["5", "--verify"], course) == 1
        assert "out of date: book/solutions/05-kl.ipynb (" in capsys.readouterr().out
        assert b"three paragraphs" in path.read_bytes()
        assert exercises.main(["05-kl"], course) == 0
        assert path.read_bytes() == content
    finally:
        path.write_bytes(content)


def test_a_solution_that_fails_is_named_and_nothing_is_written(tmp_path, capsys):
    (tmp_path / exercises.SOURCES).mkdir(parents=True)
    wrong = SAMPLE.replace("print('PASS ', name)", "raise AssertionError('NOT YET')")
    (tmp_path / exercises.SOURCES / "05-kl.py").write_text(wrong, encoding="utf-8")
    assert exercises.main([], tmp_path) == 1
    assert "cell 5 (05-predict) failed: AssertionError: NOT YET" in capsys.readouterr().err
    assert not (tmp_path / exercises.STUDENT).exists()


def test_an_unknown_chapter_is_refused(course, capsys):
    with pytest.raises(SystemExit):
        exercises.main(["11"], course)
    assert "no chapter is called '11'" in capsys.readouterr().err


def test_an_nbgrader_course_is_laid_out(course, tmp_path):
    assert exercises.main(["--nbgrader", str(tmp_path)], course) == 0
    notebook = loads((tmp_path / "source" / "05-kl" / "05-kl.ipynb").read_bytes())
    assert "### BEGIN SOLUTION" in cell(notebook, "05-kl-answer").source
    assert (tmp_path / "nbgrader_config.py").read_bytes() == (
        ROOT / "book" / "exercises" / "nbgrader_config.py"
    ).read_bytes()
