"""Look at an answer: call it on probes, keep what comes out, and stop where nothing more can be seen."""

from __future__ import annotations

import ast
import dis
import inspect
import numbers
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .exercise import Case, Cases, Exercise
from .sandbox import AsksForInput, TooSlow, same_world, silence, time_limit
from .words import an


class Stop(Exception):
    """The end of an observation: nothing more can be seen of this answer.

    Parameters
    ----------
    id : str
        The general id of what happened, ``"returned-none"``.
    detail : str
        The one thing about it that the sentence for the student needs.
    message : str
        What Python said, where it was an exception.
    """

    def __init__(self, id: str, detail: str = "", message: str = ""):
        super().__init__(id, detail)
        self.id, self.detail, self.message = id, detail, message


@dataclass
class Outcome:
    """What was seen of one answer.

    Attributes
    ----------
    cases : Cases
        Their values are tensors, or tuples of tensors.
    stop : Stop or None
        What ended the observation early.
    results : list
        What each call gave, in order: None, or its numbers as one flat tensor.
    forms : list
        What kind of thing each call gave (:func:`form`).
    gap : bool
        Whether the answer's source has a line that was left open.
    """

    cases: Cases = field(default_factory=Cases)
    stop: Stop | None = None
    results: list[Tensor | None] = field(default_factory=list)
    forms: list[Any] = field(default_factory=list)
    gap: bool = False


def form(result: Any) -> Any:
    """What kind of thing a result is: a word, or for a tuple the words of its parts."""
    if isinstance(result, tuple | list):
        return tuple(form(part) for part in result)
    if isinstance(result, Tensor):
        return "tensor"
    if result is None:
        return "none"
    if isinstance(result, bool | numbers.Number | np.generic):
        return "number"
    return "callable" if callable(result) else "other"


def _describe(result: Any) -> str:
    if isinstance(result, tuple | list):
        return f"a {type(result).__name__} of {len(result)}"
    return an(type(result).__name__)


def _wanted(expected: Any) -> str:
    if isinstance(expected, tuple):
        return f"a tuple of {len(expected)}"
    return {"tensor": "a tensor", "number": "a number", "callable": "a function"}.get(expected, "something else")


def compare_form(result: Any, expected: Any, returned: str = "returned") -> None:
    """Raise a Stop where a result is another kind of thing than the reference's, whatever its values."""
    if expected in (None, "none", "other"):
        return
    if result is None:
        raise Stop("returned-none")
    if result is Ellipsis:
        raise Stop("not-attempted")
    if isinstance(expected, tuple):
        if not isinstance(result, tuple | list) or len(result) != len(expected):
            raise Stop("wrong-type", f"{returned} {_describe(result)} where {_wanted(expected)} is expected")
        for number, (part, one) in enumerate(zip(result, expected, strict=True), start=1):
            compare_form(part, one, f"returned, as result {number} of {len(expected)},")
    elif expected == "tensor":
        if isinstance(result, tuple):
            raise Stop("wrong-type", f"{returned} {_describe(result)} where one tensor is expected")
        if not isinstance(result, Tensor):
            raise Stop("not-a-tensor", _describe(result))
        if result.dtype.is_complex:
            raise Stop("wrong-type", f"{returned} complex numbers where real ones are expected")
    elif form(result) != expected and not (expected == "number" and isinstance(result, Tensor)):
        raise Stop("wrong-type", f"{returned} {_describe(result)} where {_wanted(expected)} is expected")


def _tensors(value: Any):
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, bool | numbers.Real | np.generic):
        yield torch.as_tensor(value)


def _numbers(result: Any) -> Tensor | None:
    found = [t.detach().flatten().to("cpu", torch.float64) for t in _tensors(result)]
    return torch.cat(found) if found else None


class Watched:
    """An answer, or a part of one, whose every call is watched.

    Attributes (``parameters()`` of a module) are those of the answer itself.
    """

    def __init__(self, answer: Callable, outcome: Outcome, expected: list | None, name: str):
        self._answer, self._outcome, self._expected, self._name = answer, outcome, expected, name

    def __getattr__(self, attribute):
        return getattr(self._answer, attribute)

    def __call__(self, *arguments, **named):
        given = [t for t in _tensors([*arguments, *named.values()]) if isinstance(t, Tensor)]
        before = [t.detach().clone() for t in given]
        index = len(self._outcome.forms)
        self._outcome.forms.append(None)  # the place of this call: it may make others
        self._outcome.results.append(None)
        result = self._answer(*arguments, **named)
        if not all(_identical(a, b) for a, b in zip(given, before, strict=True)):
            raise Stop("mutates-input")
        if self._expected is not None and index < len(self._expected):
            if result is None and _does_nothing(self._answer):
                raise Stop("not-attempted")
            compare_form(result, self._expected[index])
        self._outcome.forms[index] = form(result)
        self._outcome.results[index] = _numbers(result)
        return self._watch(result)

    def _watch(self, result):
        if isinstance(result, tuple):
            return tuple(self._watch(part) for part in result)
        if callable(result) and not isinstance(result, Tensor):
            return Watched(result, self._outcome, self._expected, self._name)
        return result


def _identical(a: Tensor, b: Tensor) -> bool:
    """Bit for bit, NaN or not."""
    a = a.detach()
    return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())


def has_gap(answer: Any) -> bool:
    """Whether a line of an answer's source is nothing but ``...``: a place that was left open."""
    return any(_has_dots(function) for function in _functions(answer))


def _functions(answer: Any) -> list[Callable]:
    """The functions that an answer consists of: the source of a class is not always known, that of its methods is."""
    if isinstance(answer, type):
        return [function for function in vars(answer).values() if inspect.isfunction(function)]
    return [answer] if inspect.isfunction(answer) else []


def _has_dots(function: Callable) -> bool:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError, IndentationError):
        return False
    return any(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is Ellipsis
        for node in ast.walk(tree)
    )


_NOTHING = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "POP_TOP", "COPY_FREE_VARS", "CACHE"}


def _does_nothing(function: Any) -> bool:
    """Whether the body of a function is a docstring, ``pass`` or ``...``; known without its source, too."""
    code = getattr(function, "__code__", None)
    return code is not None and all(step.opname in _NOTHING for step in dis.get_instructions(code))


def observe(
    exercise: Exercise,
    answer: Any,
    draw: Any,
    *,
    world: int = 0,
    expected: list | None = None,
    seconds: float | None = None,
) -> Outcome:
    """Run an exercise's ``observe`` on an answer.

    Parameters
    ----------
    exercise : Exercise
    answer : Any
    draw : Draw
        Where the probes come from.
    world : int
        Seed of the global generators while the answer runs.
    expected : list, optional
        ``forms`` of the reference's outcome: a result of another kind ends the observation.
    seconds : float, optional
        Time limit.

    Returns
    -------
    Outcome
    """
    outcome, cases = Outcome(gap=has_gap(answer)), []
    watched = answer
    if exercise.kind != "value":
        watched = Watched(answer, outcome, expected, exercise.name)
    try:
        with silence(), same_world(world), time_limit(seconds):
            for case in _look(exercise, watched, draw):
                cases.append(Case(case.text, _normal(case.value), case.rtol, case.atol))
    except Stop as stop:
        outcome.stop = stop
    except TooSlow:
        outcome.stop = Stop("too-slow", f"{seconds:g}")
    except AsksForInput:
        outcome.stop = Stop("asks-for-input")
    except SystemExit:
        outcome.stop = Stop("exits")
    except Exception as error:
        outcome.stop = _accident(error, answer)
    outcome.cases = Cases(cases)
    return outcome


def _look(exercise: Exercise, answer: Any, draw):
    if exercise.observe is not None:
        return exercise.observe(answer, draw)
    many = isinstance(answer, tuple)
    values = answer if many else (answer,)
    names = exercise.parts or [f"number {i}" for i in range(1, 1 + len(values))]
    # a number worked out by hand may be rounded to two decimals
    return [Case(text, value, rtol=1e-2, atol=6e-3) for text, value in zip(names, values, strict=True)]


def _normal(value: Any) -> Any:
    """The value of a Case as a detached tensor, or a tuple of them."""
    if isinstance(value, tuple | list):
        return tuple(_normal(part) for part in value)
    if isinstance(value, Tensor):
        return value.detach().cpu().clone()
    if value is None:
        raise Stop("returned-none")
    if isinstance(value, np.ndarray | bool | numbers.Real | np.generic):
        tensor = torch.as_tensor(value)
        return tensor.double() if tensor.is_floating_point() else tensor
    raise Stop("not-a-tensor", _describe(value))


def _accident(error: Exception, answer: Any) -> Stop:
    """What an exception in the answer means."""
    text = str(error)
    if isinstance(error, NotImplementedError) and "missing the required" not in text:
        # IPython's complaint about input() derives from it; the text excepted is that of a module without forward
        return Stop("asks-for-input" if type(error) is not NotImplementedError else "not-attempted")
    if isinstance(error, TypeError | AttributeError) and "ellipsis" in text:
        return Stop("not-attempted")
    if isinstance(error, MemoryError) or "can't allocate memory" in text or "out of memory" in text:
        return Stop("raised", "memory")
    if isinstance(error, RecursionError):
        return Stop("raised", "recursion")
    if "numpy() on Tensor that requires grad" in text:
        return Stop("no-gradient", " NumPy cannot carry it.")
    message = f"{type(error).__name__}: {' '.join(text.split()) or 'no message'}"
    return Stop("raised", message.replace(":", f"{_line(error, answer)}:", 1), message)


def _line(error: Exception, answer: Any) -> str:
    """`` in line 3`` of the student's own code, where it is known."""
    files = {function.__code__.co_filename for function in _functions(answer)}
    frames = traceback.extract_tb(error.__traceback__)
    within = next((i for i in range(len(frames), 0, -1) if frames[i - 1].filename == __file__), 0)
    lines = [frame.lineno for frame in frames[within:] if frame.filename in files]
    return f" in line {lines[-1]}" if lines else ""


def signature(answer: Any) -> str:
    """How an answer is called: ``(mu, logvar)``."""
    try:
        return f"({', '.join(inspect.signature(answer).parameters)})"
    except (TypeError, ValueError):
        return "(…)"
