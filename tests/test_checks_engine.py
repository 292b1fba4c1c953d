"""Each thing that can be said of an answer is said of the right one, and the student's notebook stays as it was."""

import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn, tensor

import vae_utils.checks as checks
from vae_utils.checks import CheckFailed, NoSuchExercise, check, hint
from vae_utils.checks.draw import Draw
from vae_utils.checks.engine import diagnose, reference_outcome
from vae_utils.checks.exercise import HINT_LENGTH, Case, Choice, Exercise, Misconception, Option
from vae_utils.checks.sandbox import TooSlow, time_limit
from vae_utils.checks.watch import Stop
from vae_utils.checks.words import GENERAL

# ---- toys: one exercise of each kind ----


def square_sum(x):
    return (x**2).sum(-1)


def observe_square_sum(square_sum, draw):
    yield Case("x = [[3, 4]]", square_sum(tensor([[3.0, 4.0]])))
    x = draw.normal(5, 3)
    yield Case("5 examples", square_sum(x))
    yield Case("its gradient", draw.gradient(square_sum, x)[0])


SQUARES = Exercise(
    id="00-squares",
    name="square_sum",
    reference=square_sum,
    observe=observe_square_sum,
    returns="one number per example",
    misconceptions=(
        Misconception("mean-not-sum", lambda x: (x**2).mean(-1), "The squares were averaged."),
        Misconception("root-taken", lambda x: x.norm(dim=-1), "A length.", also=(lambda x: x.norm(dim=-1) / 2,)),
        Misconception("gradient-cut", lambda x: square_sum(x).detach(), "Something cuts the gradient off."),
        Misconception("always-negative", None, "No.", seen=lambda cases: bool((cases["5 examples"] < -100).all())),
    ),
    nudge="What is 3² + 4²?",
    see="01-map#a-paragraph",
)
PREDICT = Exercise(
    id="00-predict",
    kind="value",
    name="mean_and_variance",
    reference=(0.5, 0.25),
    parts=("the mean", "the variance"),
    misconceptions=(
        Misconception("std-for-variance", (0.5, 0.5), "That is a standard deviation."),
        Misconception(
            "picks-a-mode", None, "No data lies there.", seen=lambda cases: float(cases["the mean"]) in (0, 1)
        ),
    ),
    nudge="Half 0, half 1.",
    see="01-map",
)
NUMBER = replace(PREDICT, id="00-number", name="answer", reference=42, parts=(), misconceptions=())
QUESTION = Choice(
    id="00-q1",
    name="answer_00_q1",
    question="How long is [3, 4]?",
    options={
        "a": Option("5", "Yes: the root of 25.", right=True),
        "b": Option("7", "You added the sides.", mistake="sides-added"),
    },
    nudge="Pythagoras.",
    see="01-map",
)


class Line(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.layer = nn.Linear(features, 2)

    def forward(self, x):
        return self.layer(x), x.mean(-1)


def observe_line(Line, draw):
    line, x = Line(3), draw.normal(4, 3)
    y, mean = line(x)
    yield Case("shape", tensor(y.shape))
    yield Case("two parameters", len(list(line.parameters())) == 2)
    yield Case("means", mean)


LINE = Exercise(
    id="00-line",
    kind="class",
    name="Line",
    reference=Line,
    observe=observe_line,
    misconceptions=(Misconception("one-head", lambda n: nn.Linear(n, 2), "Two things."),),
    nudge="n",
    see="01-map",
)


def noisy(n, generator):
    return torch.randn(n, generator=generator)


def observe_noisy(noisy, draw):
    x = noisy(1000, draw.generator())
    yield Case("the mean of 1000", x.mean(), atol=5 / 1000**0.5)
    seed = draw.seed()
    same = [noisy(3, draw.generator(seed)) for _ in range(2)]
    yield Case("one seed gives one sample", torch.equal(*same))


NOISY = Exercise(
    id="00-noisy",
    name="noisy",
    reference=noisy,
    observe=observe_noisy,
    random=True,
    misconceptions=(
        Misconception("generator-ignored", lambda n, generator: torch.randn(n), "Draw with the generator."),
        Misconception("shifted", lambda n, generator: 1 + torch.randn(n, generator=generator), "The mean is 0."),
    ),
    nudge="n",
    see="01-map",
)
TOYS = {e.id: e for e in (SQUARES, PREDICT, NUMBER, QUESTION, LINE, NOISY)}


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """A chapter 00 with the toys; nothing was checked yet."""
    real = checks.exercises

    def with_toys(chapter=None):
        return TOYS if chapter == "00" else real(chapter) if chapter else TOYS | real()

    monkeypatch.setattr(checks, "exercises", with_toys)
    checks._verdicts.clear()
    checks._levels.clear()


def mistake(exercise, answer):
    verdict = diagnose(exercise, answer)
    assert len(verdict.hint) < HINT_LENGTH
    assert "{" not in verdict.hint  # no blank of a sentence was left open
    return verdict.mistake


# ---- a wrong function ----


def endless(x):
    while True:
        pass


def endless_and_stubborn(x):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass


def chatty(x):
    while True:
        print("still here")


def without_end(x):
    return without_end(x)


def doubles_in_place(x):
    x *= 2
    return x.sum(-1) / 2


def doubles_by_the_back_door(x):
    x.data.mul_(2)
    return (x**2).sum(-1) / 4


def asks(x):
    return input("x? ")


def reads(x):
    return sys.stdin.readline()


def leaves(x):
    sys.exit(1)


def documented(x):
    """The sum of squares."""


def open_line(x):
    y = x
    ...
    return y.sum(-1)


def given_and_unmended(x):
    ...
    return (x**2).mean(-1)


def unfinished(x):
    squares = ...
    return squares + x


def complains(x):
    raise NotImplementedError


def own_words(x):
    raise ValueError("I " + "do not know " * 100)


def quiet(x):
    raise ValueError


NAMED = {
    "mean-not-sum": [
        lambda x: (x**2).mean(-1),
        lambda x: (x**2).mean(-1).detach(),
        lambda x: square_sum(x) / x.shape[-1],
    ],
    "root-taken": [lambda x: x.norm(dim=-1), lambda x: x.norm(dim=-1) / 2],
    "gradient-cut": [lambda x: square_sum(x).detach(), lambda x: torch.from_numpy(square_sum(x).detach().numpy())],
    "always-negative": [lambda x: -1000 - square_sum(x)],
    "not-attempted": [..., documented, open_line, given_and_unmended, unfinished, complains, lambda x: ...],
    "not-a-function": [3, "square_sum", tensor([25.0]), None],
    "raised": [lambda: 3, lambda x: y, lambda x: x @ x, own_words, quiet, without_end, lambda x: torch.zeros(10**14)],  # noqa: F821
    "returned-none": [lambda x: print(square_sum(x))],
    "not-a-tensor": [
        lambda x: square_sum(x).tolist(),
        lambda x: square_sum(x).detach().numpy(),
        lambda x: square_sum(x).sum().item(),
        lambda x: "25",
    ],
    "wrong-type": [lambda x: (square_sum(x), x), lambda x: torch.complex(x, x).sum(-1)],
    "wrong-shape": [
        lambda x: x**2,
        lambda x: (x**2).sum(-1, keepdim=True),
        lambda x: (x**2).sum(),
        lambda x: (x**2).sum(0),
    ],
    "not-finite": [lambda x: square_sum(x) / 0, lambda x: square_sum(x.log().exp()), lambda x: (x**1.5).sum(-1)],
    "mutates-input": [doubles_in_place, doubles_by_the_back_door],
    "random": [
        lambda x: torch.randn(len(x)),
        lambda x: square_sum(x) + np.random.rand(),  # noqa: NPY002
        lambda x: x[:, 0] * random.random(),
    ],
    "exits": [leaves],
    "asks-for-input": [asks, reads],
    "ignores-inputs": [
        lambda x: torch.zeros(len(x)),
        lambda x: 0 * x.sum(-1) + 25,
        lambda x: x.new_full((len(x),), 7.0),
    ],
    "constant-factor": [lambda x: -square_sum(x), lambda x: 3 * square_sum(x)],
    "constant-offset": [lambda x: square_sum(x) + 1, lambda x: square_sum(x) - 0.5],
    "wrong-value": [lambda x: (x.abs() ** 1.5).sum(-1), lambda x: x.abs().sum(-1), lambda x: (x**2).amax(-1)],
}


@pytest.mark.parametrize(
    ("named", "answer"), [(named, answer) for named, answers in NAMED.items() for answer in answers]
)
def test_a_wrong_function_is_told_what_is_wrong(named, answer):
    assert mistake(SQUARES, answer) == named


@pytest.mark.parametrize("answer", [endless, endless_and_stubborn, chatty])
def test_an_answer_that_does_not_end_is_stopped_in_time(answer, capfd):
    start = time.monotonic()
    assert mistake(replace(SQUARES, seconds=0.3), answer) == "too-slow"
    assert time.monotonic() - start < 5  # of which 0.3 are the answer's
    assert capfd.readouterr() == ("", "")


def test_values_that_are_right_without_a_gradient_need_one():
    plain = replace(SQUARES, misconceptions=())
    for cut in (
        lambda x: square_sum(x).detach(),
        lambda x: square_sum(x.detach()),
        lambda x: torch.tensor(square_sum(x).numpy()),
    ):
        assert mistake(plain, cut) == "no-gradient"
    assert mistake(plain, lambda x: 3 * square_sum(x.detach())) == "constant-factor"  # the values come first


def test_every_general_sentence_is_tested():
    tested = set(NAMED) | {"too-slow", "no-gradient", "no-such-name"}
    assert set(GENERAL) <= tested


def test_a_sentence_tells_the_detail():
    told = {
        lambda x: (x**2).sum(-1, keepdim=True): ("shape (1, 1), expected (1,)", "one number per example"),
        lambda x: x.abs().sum(-1): ("x = [[3, 4]]", "expected [25], got [7]. Work this one by hand."),
        lambda x: -3 * square_sum(x): ("is -3 times the right",),
        lambda x: square_sum(x) + 0.5: ("the same 0.5",),
        lambda x: -square_sum(x): ("is the negative of the right one",),
        lambda x: x @ x: ("square_sum(x) raised RuntimeError in line ",),
        lambda: 3: ("raised TypeError", "takes 0 positional arguments but 1 was given"),
        without_end: ("calls itself",),
        lambda x: torch.zeros(10**14): ("memory",),
        lambda x: "25": ("returned a str",),
        5: ("is an int",),
    }
    for answer, sentences in told.items():
        for sentence in sentences:
            assert sentence in diagnose(SQUARES, answer).hint
    assert "line" not in diagnose(SQUARES, lambda: 3).hint  # the call is at fault, no line of the answer


def test_a_question_is_answered_with_yes_or_no_and_a_statistic_only_as_finely_as_it_is_known():
    def observe(f, draw):
        yield Case("two calls: are they equal?", bool(f() == 3))
        yield Case("1,000 draws: their mean", f(), rtol=0, atol=0.04)

    drawn = replace(SQUARES, observe=observe, reference=lambda: 3.0, random=True, misconceptions=())
    assert diagnose(drawn, lambda: 2.0).hint == "Two calls: are they equal? Expected yes, got no."
    drawn = replace(drawn, observe=lambda f, draw: [case for case in observe(f, draw) if "mean" in case.text])
    drawn = replace(drawn, reference=lambda: -0.00171)
    assert diagnose(drawn, lambda: 2.0).hint == "With 1,000 draws: their mean: expected about 0, got 2."


def test_the_first_wrong_number_of_a_large_result_is_shown():
    def observe(f, draw):
        yield Case("a grid", f(torch.arange(6.0).reshape(2, 3)))

    grid = replace(SQUARES, observe=observe, reference=lambda x: x**3)
    assert diagnose(grid, lambda x: x**2).hint == "With a grid, at [0, 2]: expected 8, got 4."


def test_what_is_not_attempted_does_not_wait_for_the_reference():
    def slow(x):
        raise AssertionError("the reference was run")

    def untouched(x):
        """The docstring."""
        ...

    assert mistake(replace(SQUARES, reference=slow), untouched) == "not-attempted"


# ---- a right function ----


@pytest.mark.parametrize(
    "answer",
    [
        square_sum,
        lambda x: torch.einsum("bi,bi->b", x, x),
        lambda values, power=2: (values**power).sum(dim=1),
        lambda x: torch.stack([sum(a * a for a in row) for row in x]),
        lambda x: (x.double() ** 2).sum(-1),
        lambda x: print("debugging", x) or square_sum(x),
        torch.jit.ignore(square_sum),
    ],
)
def test_a_right_function_passes(answer, capfd):
    assert mistake(SQUARES, answer) == ""
    assert capfd.readouterr() == ("", "")


def test_a_forgotten_line_of_dots_does_no_harm():
    def right(x):
        ...
        return square_sum(x)

    assert mistake(SQUARES, right) == ""


# ---- values, classes, chance ----


@pytest.mark.parametrize(
    "value",
    [
        (0.5, 0.25),
        [0.5, 0.25],
        (0.5, 0.254),
        tensor([0.5, 0.25]),
        np.array([0.5, 0.25]),
        (tensor(0.5), np.float32(0.25)),
    ],
)
def test_a_right_value_may_be_written_in_many_ways(value):
    assert mistake(PREDICT, value) == ""


@pytest.mark.parametrize(
    ("named", "value"),
    [
        ("std-for-variance", (0.5, 0.5)),
        ("picks-a-mode", (1, 0.3)),
        ("picks-a-mode", (0.0, 0.25)),
        ("not-attempted", ...),
        ("not-attempted", (..., ...)),
        ("not-attempted", (0.5, None)),
        ("not-attempted", None),
        ("wrong-shape", 0.5),
        ("wrong-shape", (0.5, 0.25, 0)),
        ("wrong-type", tensor([[0.5, 0.25], [0.5, 0.25]])),
        ("wrong-type", "0.5, 0.25"),
        ("wrong-type", {"mean": 0.5}),
        ("wrong-type", (True, 0.25)),
        ("wrong-type", square_sum),
        ("wrong-type", ("half", 0.25)),
        ("wrong-type", (0.5j, 0.25)),
        ("not-finite", (0.5, float("nan"))),
        ("wrong-value", (0.5, 0.1)),
        ("wrong-value", (0.4, 0.25)),
    ],
)
def test_a_wrong_value_is_told_what_is_wrong(named, value):
    assert mistake(PREDICT, value) == named


def test_a_prediction_does_not_tell_the_right_value():
    hint = diagnose(PREDICT, (0.5, 0.1)).hint
    assert "the variance" in hint and "0.1" in hint and "0.25" not in hint


def test_one_number():
    assert [mistake(NUMBER, value) for value in (42, 42.0, tensor(42.0), [42], 41, (4, 2), ...)] == [
        *[""] * 4,
        "wrong-value",
        "wrong-shape",
        "not-attempted",
    ]


class Stub(nn.Module):
    def __init__(self, features): ...

    def forward(self, x):
        raise NotImplementedError


class Formless(nn.Module):
    """A slip of the pen hides its forward."""

    def __init__(self, features):
        super().__init__()

    def foward(self, x):
        return x, x


class Mute(Line):
    def forward(self, x):
        self.layer(x)


class Alone(Line):
    def forward(self, x):
        return self.layer(x)


class Ageing(Line):
    def forward(self, x):
        return self.layer(x), x.mean(-1) ** 2


@pytest.mark.parametrize(
    ("named", "answer"),
    [
        ("", Line),
        ("", lambda features: Line(features)),
        ("not-attempted", Stub),
        ("wrong-type", Line(3)),  # made already
        ("raised", Formless),
        ("returned-none", Mute),
        ("wrong-type", Alone),
        ("wrong-value", Ageing),
        ("raised", nn.Linear),
    ],
)
def test_a_class(named, answer):
    assert mistake(replace(LINE, misconceptions=()), answer) == named


def test_a_random_answer_is_judged_by_its_statistics():
    assert mistake(NOISY, lambda n, generator: torch.normal(0.0, 1.0, (n,), generator=generator)) == ""
    assert mistake(NOISY, lambda n, generator: 1.0 + torch.empty(n).normal_(generator=generator)) == "shifted"
    assert mistake(NOISY, lambda n, generator: torch.empty(n).normal_()) == "generator-ignored"
    assert mistake(NOISY, lambda n, generator: torch.rand(n, generator=generator)) == "wrong-value"


def test_nan_does_not_mislead_a_judge_of_what_was_seen():
    def seeds_differ(cases):
        return not bool(cases["one seed gives one sample"])

    judged = replace(
        NOISY, misconceptions=(Misconception("generator-ignored", None, "Draw with it.", seen=seeds_differ),)
    )
    assert mistake(judged, lambda n, generator: torch.randn(n)) == "generator-ignored"
    assert mistake(judged, lambda n, generator: torch.randn(n, generator=generator) * float("nan")) == "not-finite"
    assert mistake(judged, lambda n, generator: torch.randn(n) if n > 5 else gone) == "raised"  # noqa: F821


def test_an_observation_that_ends_early_is_not_right():
    def observe(f, draw):
        y = f(tensor([[1.0]]))
        yield Case("y", y, atol=float("inf"))
        if y.item() == 1:
            yield Case("more", y)

    early = replace(SQUARES, observe=observe, misconceptions=())
    assert mistake(early, square_sum) == ""
    assert "another kind of thing" in diagnose(early, lambda x: 3 * square_sum(x)).hint


def test_a_fresh_seed_finds_an_answer_that_only_knows_the_probes():
    published = Draw(0).normal(5, 3)
    known = {x.tobytes(): square_sum(tensor(x)) for x in (np.float32([[3, 4]]), published.numpy())}

    def memorised(x):
        return known.get(x.detach().numpy().tobytes(), x.sum(-1)) + 0 * x.sum(-1)

    values_only = replace(SQUARES, observe=lambda f, draw: list(observe_square_sum(f, draw))[:2])
    assert diagnose(values_only, memorised).passed
    assert not diagnose(values_only, memorised, seed=1).passed
    assert diagnose(values_only, square_sum, seed=1).passed


# ---- questions ----


@pytest.mark.parametrize("answer", ["a", "A", " a ", "(a)", "a)", "a."])
def test_a_right_option(answer):
    verdict = diagnose(QUESTION, answer)
    assert verdict.passed and verdict.hint == "Yes: the root of 25."


@pytest.mark.parametrize(
    ("named", "answer"),
    [
        ("sides-added", "b"),
        ("not-attempted", "…"),
        ("not-attempted", "..."),
        ("not-attempted", ""),
        ("not-attempted", ...),
        ("not-attempted", None),
        ("wrong-type", 5),
        ("wrong-type", "c"),
        ("wrong-type", "the length is five because of Pythagoras"),
    ],
)
def test_a_wrong_option(named, answer):
    assert mistake(QUESTION, answer) == named


# ---- check and hint ----


def test_a_pass_is_one_constant_line(capsys):
    assert check("00-squares", {"square_sum": square_sum}) is None
    assert capsys.readouterr() == ("PASS  00-squares  square_sum\n", "")


def test_a_failure_is_the_hint_alone():
    with pytest.raises(CheckFailed) as failure:
        check("00-squares", {"square_sum": lambda x: (x**2).mean(-1)})
    assert failure.value._render_traceback_() == ["NOT YET  00-squares  (mean-not-sum)", "  The squares were averaged."]
    assert str(failure.value) == "NOT YET  00-squares  (mean-not-sum)\n  The squares were averaged."
    assert failure.value.verdict.mistake == "mean-not-sum"


def test_a_long_hint_is_wrapped():
    with pytest.raises(CheckFailed) as failure:
        check("00-squares", {"square_sum": own_words})
    lines = failure.value._render_traceback_()
    assert len(lines) > 2 and max(map(len, lines)) <= 76 and all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({}, "Run the cell with your answer first"),
        ({"sum_of_squares": square_sum}, "There is one called sum_of_squares: did you rename it?"),
        ({"squares_sum": square_sum, "torch": torch}, "There is one called squares_sum: did you rename it?"),
        ({"SQUARE_SUM": square_sum}, "There is one called SQUARE_SUM: did you rename it?"),
        ({"square_sums": 25.0}, "Run the cell with your answer first"),
        ({"mine": lambda x: x, "__name__": __name__}, "There is one called mine: did you rename it?"),
        ({"mine": lambda x: x, "__name__": "__main__"}, "Run the cell with your answer first"),  # it was imported
        ({"mine": lambda y: y, "__name__": __name__}, "Run the cell with your answer first"),
        ({"_square_sum": square_sum}, "Run the cell with your answer first"),
    ],
)
def test_a_missing_name_is_looked_for(names, said):
    with pytest.raises(CheckFailed) as failure:
        check("00-squares", names)
    assert failure.value.verdict.mistake == "no-such-name" and said in failure.value.verdict.hint


@pytest.mark.parametrize(
    ("id", "typed"),
    [
        ("00-square", 'check("00-squares")'),
        ("05-k", 'check("05-kl")'),
        ("05-KL", 'check("05-kl")'),
        ("5-kl", 'check("05-kl")'),
        ("kl", 'check("05-kl")'),
        ("99-kl", 'check("05-kl")'),
        ("05-mixture", 'check("01-mixture")'),
        ("05-q", 'check("05-q1"), check("05-q2") or check("05-q3")'),
        ("05", 'check("05-predict"), check("05-kl") or check("05-general")'),
        (5, 'check("05-predict"), check("05-kl") or check("05-general")'),
        ("kl_to_standard_normal", 'check("05-kl")'),
        (SimpleNamespace(__name__="taylor_kl"), 'check("05-taylor")'),  # the function in place of its id
    ],
)
def test_an_unknown_exercise_says_which_was_meant(id, typed):
    with pytest.raises(NoSuchExercise) as failure:
        check(id, {})
    assert f": did you mean {typed}" in str(failure.value)


@pytest.mark.parametrize("id", ["", "²", "x" * 10**5, [1], {}, tensor([1.0, 2.0]), 2**70, object(), type])
def test_whatever_is_no_id_gets_one_sentence_that_is_not_long(id):
    began = time.process_time()
    for asked, name in ((lambda: check(id, {}), "check"), (lambda: hint(id), "hint")):
        with pytest.raises(NoSuchExercise) as failure:
            asked()
        said = str(failure.value)
        assert said.startswith("There is no exercise ") and said.count(f"{name}(") == 3 and said.endswith('")?')
        assert len(said) < 160 and "\n" not in said
        assert max(map(len, failure.value._render_traceback_())) <= 76
    assert time.process_time() - began < 1


def test_without_an_id_the_exercises_are_named_that_were_answered_last():
    said = "{}() needs the id of an exercise: type {}."
    for names, typed in (
        ({}, 'check("05-kl")'),
        ({"three_kls": ...}, 'check("05-predict")'),
        ({"taylor_kl": 1, "three_kls": ..., "x": 1}, 'check("05-predict") or check("05-taylor")'),
        (
            {"answer_05_q2": ..., "three_kls": 0, "kl_to_standard_normal": 0, "answer_05_q1": "a"},
            'check("05-q1"), check("05-kl") or check("05-predict")',
        ),
    ):
        with pytest.raises(NoSuchExercise) as failure:
            check(namespace=names)
        assert str(failure.value) == said.format("check", typed)
    with pytest.raises(NoSuchExercise) as failure:
        exec("hint()", {"hint": hint, "three_kls": ...})
    assert str(failure.value) == said.format("hint", 'hint("05-predict")')


def test_a_notebook_shows_the_sentence_and_no_stack():
    """Cells are run by IPython, in a process of its own, as in a kernel."""
    script = (
        "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell.instance()\n"
        "shell.run_cell('from vae_utils.checks import check, hint\\nthree_kls = ...')\n"
        "for cell in ('check()', 'hint()', 'check(\"05-predicted\")'):\n    shell.run_cell(cell)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        'check() needs the id of an exercise: type check("05-predict").',
        'hint() needs the id of an exercise: type hint("05-predict").',
        "There is no exercise '05-predicted': did you mean check(\"05-predict\"),",
        'check("03-predict") or check("04-predict")?',
    ], done


def test_the_answer_is_found_among_the_names_of_the_caller(capsys):
    exec("from vae_utils.checks import check\ncheck('00-squares')", {"square_sum": square_sum})
    assert capsys.readouterr().out.startswith("PASS")


def test_before_the_first_check_a_hint_says_what_to_run(capsys):
    for level, said in ((1, 'check("00-squares") says what is wrong'), (2, "What is 3² + 4²?"), (3, "Read again")):
        hint("00-squares")
        first, *text = capsys.readouterr().out.splitlines()
        assert first == f"00-squares  hint {level} of 3" and said in " ".join(text)


def test_hints_rise_and_start_anew_with_another_mistake(capsys):
    def said():
        hint("00-squares")
        return capsys.readouterr().out.splitlines()

    def fail(answer):
        with pytest.raises(CheckFailed):
            check("00-squares", {"square_sum": answer})

    fail(lambda x: (x**2).mean(-1))
    assert said() == ["00-squares  hint 1 of 3", "  The squares were averaged."]
    assert said() == ["00-squares  hint 2 of 3", "  What is 3² + 4²?"]
    fail(lambda x: (x**2).mean(-1))  # the same mistake again
    for _ in range(2):
        assert said() == [
            "00-squares  hint 3 of 3",
            '  Read again in chapter 1 the paragraph "a paragraph":',
            "  01-map.html#a-paragraph",
        ]
    fail(lambda x: x.norm(dim=-1))
    assert said() == ["00-squares  hint 1 of 3", "  A length."]
    check("00-squares", {"square_sum": square_sum})
    capsys.readouterr()
    assert said() == ["00-squares: your answer is right."]
    check("00-q1", {"answer_00_q1": "a"})
    capsys.readouterr()
    hint("00-q1")
    assert capsys.readouterr().out.splitlines() == ["00-q1: your answer is right.", "  Yes: the root of 25."]


# ---- the notebook stays as it was ----


def test_a_check_leaves_the_world_as_it_was():
    def meddles(x):
        torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        torch.set_grad_enabled(False)
        return square_sum(x)

    def start_and_draw(between):
        torch.manual_seed(1), np.random.seed(1), random.seed(1)  # noqa: NPY002
        between()
        return torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002

    undisturbed = start_and_draw(lambda: None)
    for answer in (square_sum, meddles, lambda x: torch.randn(len(x)), endless, asks):
        assert start_and_draw(lambda a=answer: diagnose(replace(SQUARES, seconds=0.3), a)) == undisturbed
        assert torch.get_default_dtype() == torch.float32 and torch.is_grad_enabled() and torch.get_num_threads() == 1
        assert type(sys.stdin).__name__ != "_Nowhere" and input.__name__ == "input"


def test_a_check_does_not_depend_on_the_world():
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        with torch.no_grad():
            check("00-squares", {"square_sum": square_sum})
        assert torch.get_default_dtype() == torch.float64 and torch.get_num_threads() == 2
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(1)


def test_a_check_does_not_change_the_students_names():
    names = {}
    exec(
        "calls = 0\nhelper = 3\n"
        "def square_sum(x):\n"
        "    global calls, helper, new\n"
        "    calls += 1\n    new = x\n    del helper\n"
        "    return (x ** 2).sum(-1)\n",
        names,
    )
    before = dict(names)
    with pytest.raises(CheckFailed):  # `del helper` fails at the second call
        check("00-squares", names)
    assert names == before


def test_an_alarm_of_somebody_else_is_put_back():
    def other(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGALRM, other)
    try:
        with pytest.raises(TooSlow), time_limit(0.05):
            time.sleep(10)
        assert signal.getsignal(signal.SIGALRM) is other
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_time_limit_works_in_another_thread():
    ends = []

    def work():
        try:
            with time_limit(0.2):
                while True:
                    pass
        except TooSlow:
            ends.append("stopped")
        with time_limit(60):
            ends.append("free")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=20)
    assert ends == ["stopped", "free"]


# ---- what a chapter may say ----


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"id": "kl"}, "must look like 05-kl"),
        ({"name": "square sum"}, "Python name"),
        ({"kind": "number"}, "kind must be one of"),
        ({"kind": "value"}, "reference does not fit"),
        ({"observe": None}, "needs observe"),
        ({"nudge": ""}, "has no hint"),
        ({"nudge": "long " * 50}, "250 characters"),
        ({"see": "chapter 5"}, "see must look like"),
        ({"misconceptions": SQUARES.misconceptions * 2}, "names a misconception twice"),
        ({"misconceptions": SQUARES.misconceptions[:1], "parts": ("one", "two")}, "one part for each"),
    ],
)
def test_a_badly_written_exercise_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(SQUARES, **change)


def test_a_badly_written_mistake_or_question_is_refused():
    for wrong in (
        lambda: Misconception("Not Dashed", 1, "h"),
        lambda: Misconception("nothing", None, "h"),
        lambda: Misconception("also-one", 1, "h", also=2),
        lambda: Option("text", "feedback"),
        lambda: Option("text", "feedback", right=True, mistake="both"),
        lambda: replace(QUESTION, options={"a": QUESTION.options["a"]} | {"c": QUESTION.options["b"]}),
        lambda: replace(QUESTION, options={"a": QUESTION.options["b"]}),
    ):
        with pytest.raises(ValueError):
            wrong()


def test_a_reference_that_does_not_get_through_is_the_authors_mistake():
    def observe(f, draw):
        yield Case("one", f(1, 2, 3))

    with pytest.raises(RuntimeError, match="the reference of 00-squares stopped: raised TypeError"):
        reference_outcome(replace(SQUARES, observe=observe))
    with pytest.raises(RuntimeError, match="yields no Case"):
        reference_outcome(replace(SQUARES, observe=lambda f, draw: []))


# ---- draws ----


def test_draws_repeat_and_differ():
    def all_of(draw):
        return [
            draw.normal(3),
            draw.uniform(3, low=2, high=4),
            draw.integers(0, 9, 5),
            draw.permutation(7),
            draw.seed(),
        ]

    torch.manual_seed(1)
    one = all_of(Draw(3))
    torch.manual_seed(2)
    assert str(one) == str(all_of(Draw(3))) != str(all_of(Draw(4)))
    draw = Draw()
    assert draw.generator().initial_seed() != draw.generator().initial_seed()
    assert draw.generator(5).initial_seed() == 5
    uniform, normal = draw.uniform(10_000, low=2, high=4), draw.normal(10_000, mean=3, std=2)
    assert 2 <= uniform.min() < uniform.max() < 4
    assert abs(uniform.mean() - 3) < 5 * (2 / 12**0.5) / 100
    assert abs(normal.mean() - 3) < 5 * 2 / 100 and abs(normal.std() - 2) < 5 * 2 / (2 * 10_000) ** 0.5


def test_a_gradient_has_one_entry_for_each_argument():
    draw = Draw()
    x, y = tensor([1.0, 2.0]), tensor([3.0, 4.0])
    of_x, of_flag, of_y = draw.gradient(lambda x, flag, y: x**2 if flag else y, x, True, y)
    assert of_x.tolist() == [2, 4] and of_flag is None and of_y.tolist() == [0, 0]
    assert not x.requires_grad
    for cut in (lambda x: x.detach(), lambda x: 3.0, lambda x: nn.Linear(2, 1)(x.detach())):
        with pytest.raises(Stop) as stop:
            draw.gradient(cut, x)
        assert stop.value.id == "no-gradient"


def test_the_package_and_its_checks_are_light():
    heavy = {"matplotlib", "scipy", "sklearn", "IPython", "nbformat", "nbval"}
    code = f"import sys, vae_utils.checks; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
