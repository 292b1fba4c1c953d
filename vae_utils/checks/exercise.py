"""What a chapter says about its exercises: the answer's name, how to look at it, and the mistakes people make.

A chapter's module, ``vae_utils/checks/chNN.py``, holds one tuple ``EXERCISES`` of :class:`Exercise` and
:class:`Choice`. Here is a complete small one::

    import torch

    from .exercise import Case, Choice, Exercise, Misconception, Option


    def square_sum(x):
        return (x**2).sum(-1)


    def observe_square_sum(square_sum, draw):
        yield Case("x = [[3, 4]]", square_sum(torch.tensor([[3.0, 4.0]])))  # smallest first, checkable by hand
        x = draw.normal(5, 3)
        yield Case("5 examples of 3 numbers", square_sum(x))
        yield Case("its gradient", draw.gradient(square_sum, x)[0])


    EXERCISES = (
        Exercise(
            id="00-squares",
            name="square_sum",
            reference=square_sum,
            observe=observe_square_sum,
            returns="one number per example",
            misconceptions=(
                Misconception("mean-not-sum", lambda x: (x**2).mean(-1), "The squares were averaged: add them up."),
                Misconception("root-taken", lambda x: x.norm(dim=-1), "This is the length. Its square was asked for."),
            ),
            nudge="What is the answer for x = [[3, 4]], by hand?",
            see="01-map#what-a-model-is",
        ),
        Exercise(
            id="00-predict",
            kind="value",
            name="mean_and_variance",
            reference=(0.5, 0.25),
            parts=("the mean", "the variance"),  # observe= may be left out for a value: each number is a Case
            misconceptions=(
                Misconception("std-for-variance", (0.5, 0.5), "The second number is a standard deviation."),
                Misconception("picks-a-mode", None, "…", seen=lambda cases: cases["the mean"] in (0, 1)),
            ),
            nudge="…",
            see="01-map#what-a-model-is",
        ),
        Choice(
            id="00-q1",
            name="answer_00_q1",
            question="What is the length of [3, 4]?",
            options={
                "a": Option("5", "Yes: the root of 9 + 16.", right=True),
                "b": Option("7", "You added the sides themselves: square them first.", mistake="not-squared"),
            },
            nudge="…",
            see="01-map#what-a-model-is",
        ),
    )

How a mistake is found: ``observe`` runs on the student's answer, on the reference and on every wrong implementation,
each time with the same probes. The first wrong implementation whose every Case agrees with the student's names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

HINT_LENGTH = 240
"""A hint is shorter than this: one or two sentences are read, a paragraph is not."""

_ID = re.compile(r"\d\d-[a-z0-9]+")
_MISTAKE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SEE = re.compile(r"[\w/-]+(#[\w.-]+)?")
KINDS = ("function", "class", "value")


@dataclass(frozen=True)
class Case:
    """One thing seen of an answer.

    Parameters
    ----------
    text : str
        What was put in, for people: ``"mu = [-1], logvar = [0]"``. Different in every Case of an exercise.
    value : Tensor, number, bool, or a tuple of these
        What came out.
    rtol, atol : float
        How closely it has to agree with the reference: within atol + rtol · |reference|. Write down where a wider
        tolerance comes from (for a statistic: at least 5 standard errors).
    """

    text: str
    value: Any
    rtol: float = 1e-4
    atol: float = 1e-5


class Cases(tuple):
    """The Cases of one answer, in order. ``cases["its gradient"]`` is the value of the Case with that text."""

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super().__getitem__(key)
        for case in self:
            if case.text == key:
                return case.value
        raise LookupError(f"no Case is called {key!r}")


@dataclass(frozen=True, eq=False)
class Misconception:
    """A mistake that people make, and what to tell them.

    Parameters
    ----------
    id : str
        Its name, in words-with-dashes.
    wrong : callable, class, value or None
        An implementation with the answer's interface that makes the mistake.
    hint : str
        What was done and why it is wrong, in one or two sentences, without the code of the answer.
    seen : callable, optional
        For a family of mistakes: ``seen(cases)`` judges what was seen of the answer itself (:class:`Cases`, whose
        values are tensors) and is True where the mistake was made.
    also : tuple
        Further wrong implementations, where the same mistake has more than one spelling with other values.
    """

    id: str
    wrong: Any
    hint: str
    seen: Callable[[Cases], bool] | None = None
    also: tuple = ()

    def __post_init__(self):
        _need(_MISTAKE.fullmatch(self.id), f"id must be words-with-dashes, got {self.id!r}")
        _need(isinstance(self.also, tuple), f"{self.id}: also must be a tuple of wrong implementations")
        _need(self.spellings or self.seen, f"{self.id} needs a wrong implementation, or seen")
        _hint(self.id, self.hint)

    @property
    def spellings(self) -> tuple:
        """All its wrong implementations."""
        return () if self.wrong is None else (self.wrong, *self.also)


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise whose answer is a function, a class or a value.

    Parameters
    ----------
    id : str
        ``"05-kl"``: the chapter's two digits, a dash, one word.
    name : str
        What the student calls the answer.
    reference : callable, class or value
        A right answer.
    observe : callable
        ``observe(answer, draw)`` yields the Cases. It calls the answer with tensors, numbers, generators or modules
        of its own, and takes everything random from ``draw``. May be left out for a value.
    misconceptions : tuple of Misconception
    nudge : str
        The second level of the hint: a question, or a smaller step.
    see : str
        The third level: ``"05-kl#anchor"``, the page and the paragraph to read again.
    kind : {"function", "class", "value"}
    random : bool
        True where the answer is meant to draw random numbers.
    inside : bool
        True where the answer can only be looked at within the student's own process.
    seconds : float
        How long the answer may take for all its Cases together.
    returns : str
        What comes out, in a few words, for the hint about a wrong shape: ``"one value per example"``.
    parts : tuple of str
        For a value: what its numbers are.
    """

    id: str
    name: str
    reference: Any
    observe: Callable[[Any, Any], Iterator[Case]] | None = None
    misconceptions: tuple[Misconception, ...] = ()
    nudge: str = ""
    see: str = ""
    kind: str = "function"
    random: bool = False
    inside: bool = False
    seconds: float = 10.0
    returns: str = ""
    parts: tuple[str, ...] = ()

    def __post_init__(self):
        _identity(self)
        _need(self.kind in KINDS, f"{self.id}: kind must be one of {KINDS}, got {self.kind!r}")
        _need(callable(self.reference) == (self.kind != "value"), f"{self.id}: reference does not fit its kind")
        _need(self.observe is not None or self.kind == "value", f"{self.id} needs observe")
        ids = [m.id for m in self.misconceptions]
        _need(len(ids) == len(set(ids)), f"{self.id} names a misconception twice: {ids}")
        if self.parts:
            numbers = self.reference if isinstance(self.reference, tuple) else (self.reference,)
            _need(len(numbers) == len(self.parts), f"{self.id}: one part for each number of the reference")


@dataclass(frozen=True, eq=False)
class Option:
    """One option of a question: its text, and what to tell who takes it."""

    text: str
    feedback: str
    right: bool = False
    mistake: str = ""

    def __post_init__(self):
        _need(self.right != bool(self.mistake), f"an option is right or has a mistake: {self.text!r}")
        _need(self.right or _MISTAKE.fullmatch(self.mistake), f"mistake must be words-with-dashes: {self.mistake!r}")
        _hint(self.text, self.feedback)


@dataclass(frozen=True, eq=False)
class Choice:
    """A question with options, exactly one of them right; the student assigns its letter to ``name``."""

    id: str
    name: str
    question: str
    options: Mapping[str, Option]
    nudge: str = ""
    see: str = ""

    kind = "choice"

    def __post_init__(self):
        _identity(self)
        _need(sum(option.right for option in self.options.values()) == 1, f"{self.id} needs exactly one right option")
        letters = "abcdefgh"[: len(self.options)]
        _need("".join(self.options) == letters, f"{self.id}: options must be called {', '.join(letters)}")

    @property
    def right(self) -> str:
        """The letter of the right option."""
        return next(letter for letter, option in self.options.items() if option.right)


def _need(ok, sentence: str) -> None:
    if not ok:
        raise ValueError(sentence)


def _hint(owner: str, hint: str) -> None:
    _need(hint.strip(), f"{owner} has no hint")
    _need(len(hint) < HINT_LENGTH, f"the hint of {owner} has {len(hint)} characters, {HINT_LENGTH} are too many")


def _identity(exercise: Exercise | Choice) -> None:
    _need(_ID.fullmatch(exercise.id), f"id must look like 05-kl, got {exercise.id!r}")
    _need(exercise.name.isidentifier(), f"{exercise.id}: name must be a Python name, got {exercise.name!r}")
    _hint(f"{exercise.id} (nudge)", exercise.nudge)
    _need(_SEE.fullmatch(exercise.see), f"{exercise.id}: see must look like 05-kl#anchor, got {exercise.see!r}")
