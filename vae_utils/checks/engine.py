"""Which mistake is it? The verdict on one answer.

The order of the questions is the order of what helps most: could the answer be looked at; is it right; is it random
where it should not be; is it a known mistake; and else, what can honestly be said.
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .draw import Draw
from .exercise import Case, Choice, Exercise, Misconception
from .sandbox import silence
from .watch import Outcome, Stop, has_gap, observe, signature
from .words import an, sentence, shorten


@dataclass(frozen=True)
class Verdict:
    """What the check says about an answer.

    Attributes
    ----------
    exercise : str
        Its id.
    mistake : str
        Empty where the answer is right; else the id of a misconception, or a general one.
    hint : str
        What to tell the student. For a question that was answered right: why it is right.
    """

    exercise: str
    mistake: str = ""
    hint: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return not self.mistake


def diagnose(exercise: Exercise | Choice, answer: Any, *, seed: int = 0) -> Verdict:
    """Judge one answer.

    Parameters
    ----------
    exercise : Exercise or Choice
    answer : Any
        What the student's name stands for.
    seed : int
        Seed of the probes: 0 for students; a fresh one shows whether an answer only knows the published probes.

    Returns
    -------
    Verdict
    """
    try:
        if isinstance(exercise, Choice):
            return _diagnose_choice(exercise, answer)
        answer = admit(exercise, answer)
    except Stop as stop:
        return _verdict(exercise, stop)
    return conclude(exercise, lambda world: look(exercise, answer, seed=seed, world=world), seed=seed)


def look(exercise: Exercise, answer: Any, *, seed: int = 0, world: int = 0) -> Outcome:
    """What is seen of a student's (admitted) answer, in time.

    Parameters
    ----------
    exercise : Exercise
    answer : Any
    seed : int
        Seed of the probes.
    world : int
        Seed of the global random generators.
    """
    arguments = {"world": world, "seconds": exercise.seconds}
    if has_gap(answer):  # most often not attempted, and the reference of a whole training would take its time
        outcome = observe(exercise, answer, Draw(seed), **arguments)
        if outcome.stop is not None:
            return outcome
    forms = reference_outcome(exercise, seed).forms
    return observe(exercise, answer, Draw(seed), expected=forms, **arguments)


def conclude(exercise: Exercise, look: Callable[[int], Outcome], *, seed: int = 0) -> Verdict:
    """The verdict on what is seen of an answer.

    Parameters
    ----------
    exercise : Exercise
    look : callable
        ``look(world)`` is the Outcome where the global random generators start from that seed. It is called a second
        time where a wrong answer might be random.
    seed : int
        Seed of the probes.

    Returns
    -------
    Verdict
    """
    seen = look(0)
    if seen.gap and seen.stop is not None:
        return _verdict(exercise, Stop("not-attempted"))
    right = reference_outcome(exercise, seed)
    if seen.stop is None and agree(seen.cases, right.cases):
        return Verdict(exercise.id)
    if seen.gap:
        return _verdict(exercise, Stop("not-attempted"))
    if seen.stop is not None and seen.stop.id not in ("raised", "no-gradient"):
        return _verdict(exercise, seen.stop)
    if not exercise.random and exercise.kind != "value" and not _same_outcome(seen, look(1)):
        return _verdict(exercise, Stop("random"))
    for misconception in exercise.misconceptions:
        if explains(exercise, misconception, seen, seed):
            return Verdict(exercise.id, misconception.id, misconception.hint)
    so_far = right.cases[: len(seen.cases)]
    if seen.stop is not None and (seen.stop.id == "raised" or agree(seen.cases, so_far)):
        return _verdict(exercise, seen.stop)
    return _verdict(exercise, _general(exercise, seen, right))


def _verdict(exercise: Exercise | Choice, stop: Stop) -> Verdict:
    called = signature(exercise.reference) if exercise.kind in ("function", "class") else ""
    return Verdict(exercise.id, stop.id, sentence(stop.id, exercise.name, stop.detail, called))


# ---- may the answer be looked at? ----


def admit(exercise: Exercise, answer: Any) -> Any:
    """The answer in the form in which it is looked at; raise a Stop where it is of the wrong kind."""
    if answer is Ellipsis:
        raise Stop("not-attempted")
    if exercise.kind == "value":
        return _admit_value(exercise, answer)
    if not callable(answer):
        raise Stop("not-a-function", an(type(answer).__name__))
    if exercise.kind == "class" and isinstance(answer, torch.nn.Module):
        raise Stop("wrong-type", f"is {an(type(answer).__name__)} that was made already. Assign the class itself")
    return answer


def _admit_value(exercise: Exercise, answer: Any) -> float | tuple[float, ...]:
    """A value as the reference has it: a number, or a tuple of so many numbers."""
    if answer is None:
        raise Stop("not-attempted")
    if isinstance(answer, Tensor | np.ndarray | np.generic):
        answer = answer.tolist()
    if callable(answer):
        raise Stop("wrong-type", "is a function. Assign numbers to it")
    many = isinstance(exercise.reference, tuple)
    given = tuple(answer) if isinstance(answer, tuple | list) else (answer,)
    if any(number is Ellipsis or number is None for number in given):
        raise Stop("not-attempted")
    given = tuple(n.item() if isinstance(n, Tensor | np.generic | np.ndarray) and n.ndim == 0 else n for n in given)
    for number in given:
        if not isinstance(number, numbers.Real) or isinstance(number, bool):
            raise Stop("wrong-type", f"holds {an(type(number).__name__)}. Assign numbers to it")
    wanted = len(exercise.reference) if many else 1
    if len(given) != wanted:
        what = f"a tuple of {wanted} numbers" if many else "one number"
        raise Stop("wrong-shape", f"{exercise.name} should be {what}; it has {len(given)}.")
    return tuple(float(n) for n in given) if many else float(given[0])


def _diagnose_choice(choice: Choice, answer: Any) -> Verdict:
    if answer is None or answer is Ellipsis or (isinstance(answer, str) and not answer.strip(" .…?")):
        raise Stop("not-attempted")
    letters = ", ".join(choice.options)
    if not isinstance(answer, str):
        raise Stop(
            "wrong-type", f"is {an(type(answer).__name__)}. Assign one of the letters {letters} to it, in quotes"
        )
    letter = answer.strip().strip("().:").strip().lower()
    if letter not in choice.options:
        raise Stop("wrong-type", f"is {shorten(answer, 20)!r}. Assign one of the letters {letters} to it")
    option = choice.options[letter]
    return Verdict(choice.id, option.mistake, option.feedback)


# ---- what was seen ----


@lru_cache(maxsize=256)
def reference_outcome(exercise: Exercise, seed: int = 0) -> Outcome:
    """What is seen of the right answer.

    Raises
    ------
    RuntimeError
        If the reference does not get through its own ``observe``: a mistake in the exercise.
    """
    outcome = observe(exercise, exercise.reference, Draw(seed))
    if outcome.stop is not None:
        raise RuntimeError(f"the reference of {exercise.id} stopped: {outcome.stop.id} {outcome.stop.detail}")
    if not outcome.cases:
        raise RuntimeError(f"observe of {exercise.id} yields no Case")
    return outcome


@lru_cache(maxsize=1024)
def wrong_outcomes(exercise: Exercise, misconception: Misconception, seed: int = 0) -> tuple[Outcome, ...]:
    """What is seen of each wrong implementation of a mistake."""
    forms = reference_outcome(exercise, seed).forms
    wrongs = misconception.spellings
    if exercise.kind == "value":
        wrongs = [_admit_value(exercise, wrong) for wrong in wrongs]
    return tuple(observe(exercise, wrong, Draw(seed), expected=forms) for wrong in wrongs)


def explains(exercise: Exercise, misconception: Misconception, seen: Outcome, seed: int = 0) -> bool:
    """Whether a misconception accounts for everything seen of a wrong answer.

    A judge by ``seen`` is asked only about an answer that got through, and not about one that gives nothing but NaN:
    that equals nothing, not even itself, and would mislead it.
    """
    through = seen.stop is None or seen.stop.id == "no-gradient"
    if misconception.seen is not None and through and not _only_nan(seen):
        try:
            with silence():
                if misconception.seen(seen.cases):
                    return True
        except Exception:
            pass  # the observation ended before what it asks for
    right = reference_outcome(exercise, seed)
    return any(_accounts(wrong, seen, right) for wrong in wrong_outcomes(exercise, misconception, seed))


def _only_nan(seen: Outcome) -> bool:
    numbers = [result for result in seen.results if result is not None and len(result)]
    return bool(numbers) and all(bool(result.isnan().all()) for result in numbers)


def _accounts(wrong: Outcome, seen: Outcome, right: Outcome) -> bool:
    n = len(seen.cases)
    if not n or not agree(seen.cases, wrong.cases[:n]):
        return False
    if seen.stop is None:
        return wrong.stop is None and len(wrong.cases) == n
    if wrong.stop is not None and len(wrong.cases) == n and wrong.stop.id == seen.stop.id:
        return wrong.stop.message == seen.stop.message
    # Wrong values whose gradient is missing as well: the values say what is wrong first.
    return seen.stop.id == "no-gradient" and not agree(seen.cases, right.cases[:n])


def agree(some: tuple[Case, ...], others: tuple[Case, ...]) -> bool:
    """Whether two answers show the same in every Case."""
    return len(some) == len(others) and all(close(a.value, b.value, b) for a, b in zip(some, others, strict=True))


def close(a: Any, b: Any, case: Case) -> bool:
    """Whether two values agree within a Case's tolerance; NaN agrees with NaN, and shapes have to be equal."""
    if isinstance(a, tuple) or isinstance(b, tuple):
        both = isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b)
        return both and all(close(x, y, case) for x, y in zip(a, b, strict=True))
    if a.shape != b.shape:
        return False
    return torch.allclose(a.double(), b.double(), rtol=case.rtol, atol=case.atol, equal_nan=True)


def _same_outcome(a: Outcome, b: Outcome) -> bool:
    """Whether two looks at one answer saw the same, up to rounding."""
    if (a.stop and a.stop.id) != (b.stop and b.stop.id) or len(a.cases) != len(b.cases):
        return False
    return all(close(x.value, y.value, Case("", None, 1e-6, 1e-7)) for x, y in zip(a.cases, b.cases, strict=True))


# ---- what can honestly be said of a mistake that nobody listed ----


def _general(exercise: Exercise, seen: Outcome, right: Outcome) -> Stop:
    pairs = list(zip(seen.cases, right.cases, strict=False))
    wrong = [(got, want) for got, want in pairs if not close(got.value, want.value, want)]
    stop = _wrong_shape(exercise, pairs) or _not_finite(pairs)
    if stop is None and _only_nan(seen):
        stop = Stop("not-finite", "at every call")
    stop = stop or _pattern(exercise, seen, right)
    if stop is None and wrong:
        stop = _wrong_value(exercise, *wrong[0])
    return stop or Stop("wrong-value", f"{exercise.name} gives another kind of thing than a right answer does.")


def _each(pairs):
    """The parts of each Case beside those of the reference's."""
    for got, want in pairs:
        for a, b in zip(_parts(got.value), _parts(want.value), strict=False):
            yield got, a, b


def _wrong_shape(exercise: Exercise, pairs) -> Stop | None:
    for case, a, b in _each(pairs):
        if a.shape != b.shape:
            returns = f" Return {exercise.returns}." if exercise.returns else ""
            shapes = f"the result has shape {tuple(a.shape)}, expected {tuple(b.shape)}"
            return Stop("wrong-shape", f"With {case.text}: {shapes}.{returns}")
    return None


def _not_finite(pairs) -> Stop | None:
    for case, a, b in _each(pairs):
        if bool((~torch.isfinite(a.double()) & torch.isfinite(b.double())).any()):
            return Stop("not-finite", f"with {shorten(case.text, 64)}")
    return None


def _pattern(exercise: Exercise, seen: Outcome, right: Outcome) -> Stop | None:
    """Whether all results are the same number, or the right ones times or plus one number."""
    pairs = [(a, b) for a, b in zip(seen.results, right.results, strict=False) if a is not None and b is not None]
    if exercise.kind == "value":
        pairs = [(_flat(a.value), _flat(b.value)) for a, b in zip(seen.cases, right.cases, strict=False)]
    if not pairs or any(a.shape != b.shape for a, b in pairs):
        return None
    a, b = (torch.cat(part) for part in zip(*pairs, strict=True))
    finite = torch.isfinite(a) & torch.isfinite(b)
    if int(finite.sum()) < 3 or not bool(finite.all()):
        return None
    spread = float(b.max() - b.min())
    if exercise.kind != "value" and spread > 1e-3 and bool((a == a[0]).all()):
        return Stop("ignores-inputs", _show(a[0]))
    if spread <= 1e-3:
        return None
    factor = float((a * b).sum() / (b * b).sum())
    scale = float(b.abs().max())
    if torch.allclose(a, factor * b, rtol=1e-3, atol=1e-5 * scale) and abs(factor - 1) > 1e-3 and abs(factor) > 1e-6:
        return Stop("constant-factor", "the negative of" if abs(factor + 1) < 1e-3 else f"{_show(factor)} times")
    offset = float((a - b).mean())
    if torch.allclose(a - offset, b, rtol=1e-4, atol=1e-3 * abs(offset)) and abs(offset) > 1e-5:
        return Stop("constant-offset", _show(offset))
    return None


def _wrong_value(exercise: Exercise, got: Case, want: Case) -> Stop:
    """The smallest failing example. A prediction's right value is not told."""
    for a, b in zip(_parts(got.value), _parts(want.value), strict=False):
        if close(a, b, want):
            continue
        if exercise.kind == "value":
            return Stop("wrong-value", f"Not right yet: {got.text}. You say {_show(a)}.")
        if b.dtype == torch.bool and b.numel() == 1:
            return Stop("wrong-value", f"{got.text[0].upper()}{got.text[1:]} Expected {_show(b)}, got {_show(a)}.")
        where = ""
        if a.numel() > 4:
            wrong = ~torch.isclose(a.double(), b.double(), rtol=want.rtol, atol=want.atol, equal_nan=True)
            index = tuple(int(i) for i in wrong.nonzero()[0])
            where = f", at {list(index)}"
            a, b = a[index], b[index]
        by_hand = " Work this one by hand." if re.match(r"\w+ = ", got.text) and not exercise.random else ""
        right, tolerance = _show(b), want.atol + want.rtol * float(b.double().abs().max())
        if max(want.atol, want.rtol) > 1e-3 and 0 < tolerance < math.inf:  # a statistic, known no better than that
            right = f"about {_show(b, decimals=math.ceil(-math.log10(tolerance)))}"
        return Stop("wrong-value", f"With {got.text}{where}: expected {right}, got {_show(a)}.{by_hand}")
    return Stop("wrong-value", f"With {got.text}: this is not what is expected.")


def _parts(value: Any) -> list[Tensor]:
    return [part for each in value for part in _parts(each)] if isinstance(value, tuple) else [value]


def _flat(value: Any) -> Tensor:
    return torch.cat([part.double().flatten() for part in _parts(value)])


def _show(value: Any, decimals: int = 9) -> str:
    """A number to four digits and so many decimals, a boolean as a word, a small tensor as a list."""
    if isinstance(value, Tensor) and value.dim():
        return "[" + ", ".join(_show(part, decimals) for part in value) + "]"
    number = value.item() if isinstance(value, Tensor) else value
    if isinstance(number, bool):
        return "yes" if number else "no"
    return f"{round(number, decimals) or 0:.4g}" if math.isfinite(number) and abs(number) > 1e-5 else f"{number:.4g}"
