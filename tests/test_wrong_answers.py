"""Every right answer passes, every wrong one is told its own mistake, and what nobody listed gets no false name.

The answers in ``tests/wrong_answers`` were written apart from the detectors in ``vae_utils/checks``, and before them;
those in ``tests/afterwards.py`` apart from them, too, and after.
"""

import dataclasses
import importlib
import itertools
import linecache
import pkgutil
import re
import time
from functools import cache

import pytest

import tests.wrong_answers
from tests import afterwards
from vae_utils.checks import CheckFailed, check, engine, exercises, find, judge
from vae_utils.checks.draw import Draw
from vae_utils.checks.engine import agree, conclude, diagnose, explains, look, reference_outcome, wrong_outcomes
from vae_utils.checks.exercise import HINT_LENGTH, Choice
from vae_utils.checks.watch import Stop, observe
from vae_utils.checks.words import GENERAL
from vae_utils.coursework.notebooks import assignments, release

MODULES = sorted(module.name for module in pkgutil.iter_modules(tests.wrong_answers.__path__))
ANSWERS = {
    id: {kind: {**given, **afterwards.ANSWERS.get(id, {}).get(kind, {})} for kind, given in kinds.items()}
    for name in MODULES
    for id, kinds in importlib.import_module(f"tests.wrong_answers.{name}").ANSWERS.items()
}
CHAPTERS = [name.removeprefix("ch") for name in MODULES]

each_exercise = pytest.mark.parametrize("id", ANSWERS)
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS)


def run(source, namespace):
    """Run a cell as a notebook does: its source is known, and where it raises, the names before that stay."""
    file = f"<answer {abs(hash(source))}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    try:
        exec(compile(source, file, "exec"), namespace)
    except (Exception, SystemExit):
        pass


def names_after(source):
    """The names that a student has after running one cell."""
    namespace = {"__name__": "__main__"}
    run(source, namespace)
    return namespace


@cache
def seen(id, source, world=0):
    """What is seen of an answer, or None where it cannot be looked at."""
    exercise, namespace = find(id), names_after(source)
    try:
        return look(exercise, engine.admit(exercise, namespace[exercise.name]), world=world)
    except (KeyError, Stop):
        return None


def told(id, source):
    """The mistake that the check names."""
    if seen(id, source) is None:
        return judge(id, names_after(source)).mistake
    return conclude(find(id), lambda world: seen(id, source, world)).mistake


def misjudged(id):
    """The wrong answers that are not told what they should be: name, should, is."""
    wrong = ANSWERS[id]["wrong"]
    return [(name, should, told(id, source)) for name, (source, should) in wrong.items() if told(id, source) != should]


# ---- the answers ----


@each_exercise
def test_a_right_answer_passes_with_one_constant_line(id, capsys):
    wrongly_rejected = []
    for name, source in ANSWERS[id]["right"].items():
        try:
            check(id, names_after(source))
        except CheckFailed as failure:
            wrongly_rejected.append((name, str(failure)))
        else:
            assert capsys.readouterr() == (f"PASS  {id}  {find(id).name}\n", ""), name
    assert not wrongly_rejected


@each_exercise
def test_a_wrong_answer_is_told_its_own_mistake(id):
    assert not misjudged(id)


@each_exercise
def test_a_wrong_answer_that_nobody_listed_gets_no_false_name(id):
    names = {name: told(id, source) for name, source in ANSWERS[id]["unlisted"].items()}
    assert not {name: mistake for name, mistake in names.items() if mistake not in GENERAL}


@each_exercise
def test_the_catalogue_is_complete(id):
    kinds = ANSWERS[id]
    mistakes = {mistake for _, mistake in kinds["wrong"].values()}
    named = {misconception.id for misconception in find(id).misconceptions}
    assert named == mistakes - set(GENERAL)
    assert len(kinds["right"]) >= 3
    assert len(kinds["unlisted"]) >= 2


@each_chapter
def test_every_exercise_of_a_chapter_has_answers_and_every_answer_an_exercise(chapter):
    coded = [id for id, exercise in exercises(chapter).items() if not isinstance(exercise, Choice)]
    assert sorted(coded) == sorted(id for id in ANSWERS if id.startswith(chapter))
    assert len(coded) >= 5


@each_chapter
def test_in_an_untouched_notebook_nothing_is_attempted(chapter):
    (name,) = [name for name in assignments() if name.startswith(chapter)]
    names, verdicts = {"__name__": "__main__"}, {}
    for cell in release(name).notebook["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if grade_id in exercises(chapter):
            verdicts[grade_id] = judge(grade_id, names).mistake
        elif cell["cell_type"] == "code":
            run("".join(cell["source"]), names)
    assert verdicts == dict.fromkeys(exercises(chapter), "not-attempted")


@each_chapter
def test_each_answer_of_a_chapter_has_a_name_of_its_own(chapter):
    names = [exercise.name for exercise in exercises(chapter).values()]
    assert len(names) == len(set(names))


@each_chapter
def test_at_least_five_wrong_answers_of_a_chapter_were_invented_afterwards(chapter):
    invented = {id: kinds["wrong"] for id, kinds in afterwards.ANSWERS.items() if id.startswith(chapter)}
    assert len(invented) >= 5
    assert sum(len(wrong) for wrong in invented.values()) >= 5


# ---- the detectors ----


@each_exercise
def test_no_two_misconceptions_look_alike(id):
    exercise = find(id)
    right = reference_outcome(exercise)
    for one, other in itertools.permutations(exercise.misconceptions, 2):
        for outcome in wrong_outcomes(exercise, one):
            assert not explains(exercise, other, outcome), f"{one.id} would be called {other.id}"
    for misconception in exercise.misconceptions:
        for outcome in wrong_outcomes(exercise, misconception):
            assert outcome.stop is not None or not agree(outcome.cases, right.cases), f"{misconception.id} passes"


@each_exercise
def test_exactly_one_misconception_explains_a_named_mistake(id):
    exercise = find(id)
    for name, (source, mistake) in ANSWERS[id]["wrong"].items():
        outcome = seen(id, source)
        if mistake not in GENERAL and outcome is not None:
            explained = [m.id for m in exercise.misconceptions if explains(exercise, m, outcome)]
            assert explained == [mistake], name


@each_exercise
def test_no_misconception_explains_a_right_answer(id):
    exercise = find(id)
    for name, source in ANSWERS[id]["right"].items():
        for misconception in exercise.misconceptions:
            assert not explains(exercise, misconception, seen(id, source)), (name, misconception.id)


@each_exercise
def test_where_a_detector_breaks_the_mistake_loses_its_name_and_nothing_else_takes_it(id, monkeypatch):
    for broken in find(id).misconceptions:
        monkeypatch.setattr(engine, "explains", lambda e, m, *rest, b=broken: m is not b and explains(e, m, *rest))
        missed = misjudged(id)
        assert {should for _, should, _ in missed} == {broken.id}, "no test would have noticed"
        assert {named for _, _, named in missed} <= set(GENERAL)


@each_exercise
def test_the_probes_are_the_same_whatever_the_global_generators_do(id):
    exercise = find(id)
    one, other = (observe(exercise, exercise.reference, Draw(0), world=world) for world in (1, 2))
    assert one.stop is None and other.stop is None
    same = [dataclasses.replace(case, rtol=0, atol=0) for case in other.cases]
    assert [case.text for case in one.cases] == [case.text for case in other.cases]
    assert agree(one.cases, tuple(same))


@each_exercise
def test_no_two_cases_have_the_same_name(id):
    texts = [case.text for case in reference_outcome(find(id)).cases]
    assert len(texts) == len(set(texts))


# ---- the words ----

CODE = re.compile(r"torch\.|\blambda\b|\bdef\b|\*\*|\.[a-z_]+\(|\w\([^)]*\b\w+=|==|\breturn [a-z_]+\(")


@each_chapter
def test_hints_are_short_and_give_no_code_away(chapter):
    for exercise in exercises(chapter).values():
        feedback = [exercise.nudge]
        if isinstance(exercise, Choice):  # whose subject may be a line of code
            feedback += [option.feedback for option in exercise.options.values()]
        else:
            feedback += [misconception.hint for misconception in exercise.misconceptions]
            assert not [text for text in feedback if CODE.search(text)], exercise.id
        assert not [text for text in feedback if len(text) >= HINT_LENGTH], exercise.id
        assert len(feedback) == len(set(feedback)), f"{exercise.id}: one text for two mistakes"


@each_chapter
def test_each_option_of_a_question_has_its_own_feedback(chapter, capsys):
    questions = [exercise for exercise in exercises(chapter).values() if isinstance(exercise, Choice)]
    assert len(questions) >= 2
    for question in questions:
        mistakes = [option.mistake for option in question.options.values() if not option.right]
        assert len(mistakes) == len(set(mistakes)) >= 2
        for letter, option in question.options.items():
            assert diagnose(question, letter).mistake == option.mistake
        check(question.id, {question.name: question.right})
        assert capsys.readouterr().out == f"PASS  {question.id}  {question.name}\n"


@each_chapter
def test_all_checks_of_a_chapter_take_at_most_ten_seconds(chapter):
    reference_outcome.cache_clear()
    start = time.process_time()  # of this process, so that a busy machine is not to blame
    for id, kinds in ANSWERS.items():
        if id.startswith(chapter):
            check(id, names_after(next(iter(kinds["right"].values()))))
    assert time.process_time() - start <= 10
