"""``check("05-kl")``: is the answer right, and if not, which mistake is it?

In an exercise notebook a check cell says ``check("05-kl")``. It prints one line, the same everywhere, or shows a hint.
``hint("05-kl")`` then gives the next level: what is wrong, a smaller step, where to read.

What is where: ``exercise`` says what an exercise is and how a chapter writes one (``chNN.py``), ``watch`` looks at an
answer, ``engine`` judges what was seen, ``sandbox`` keeps the student's notebook as it was.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import reprlib
import sys
import textwrap
import types

from .engine import Verdict, diagnose
from .exercise import Choice, Exercise
from .sandbox import same_names
from .watch import signature
from .words import sentence

__all__ = ["CheckFailed", "Verdict", "check", "exercises", "find", "hint", "judge"]

WIDTH = 76
EXAMPLE = "05-kl"  # where nothing better is known


class CheckFailed(AssertionError):
    """An answer is not right yet.

    Its text, and what Jupyter and nbval show in place of the stack, is the verdict alone::

        NOT YET  05-kl  (missing-half)
          The ½ belongs to the KL: …

    Attributes
    ----------
    verdict : Verdict
    """

    def __init__(self, verdict: Verdict):
        self.verdict = verdict
        super().__init__("\n".join(self._render_traceback_()))

    def _render_traceback_(self) -> list[str]:
        return [f"NOT YET  {self.verdict.exercise}  ({self.verdict.mistake})", *_wrapped(self.verdict.hint)]


class NoSuchExercise(LookupError):
    """No id was given, or there is no exercise of that id. One sentence, also in Jupyter, says what to type."""

    def _render_traceback_(self) -> list[str]:
        return textwrap.wrap(str(self), WIDTH, break_long_words=False, break_on_hyphens=False)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


# ---- the exercises ----


def exercises(chapter: str | None = None) -> dict[str, Exercise | Choice]:
    """The exercises of one chapter, or of all, by id and in order.

    Parameters
    ----------
    chapter : str, optional
        Two digits, ``"05"``. Only that chapter's module is imported then.
    """
    known = sorted(m.name[2:] for m in pkgutil.iter_modules(__path__) if m.name[:2] == "ch" and m.name[2:].isdigit())
    if chapter is not None:
        known = [number for number in known if number == chapter]
    modules = [importlib.import_module(f"{__name__}.ch{number}") for number in known]
    return {exercise.id: exercise for module in modules for exercise in module.EXERCISES}


def find(exercise_id: str, *, caller: str = "check") -> Exercise | Choice:
    """The exercise of this id.

    Parameters
    ----------
    exercise_id : str
    caller : str
        Which function the reader called: so that the error can say what to type.

    Raises
    ------
    NoSuchExercise
        With the ids that were probably meant.
    """
    text = exercise_id
    if not isinstance(text, str):
        text = str(getattr(exercise_id, "__name__", reprlib.repr(exercise_id)))
    found = exercises(text[:2])
    if exercise_id is not text or text not in found:
        near = _typed(caller, _nearest(text, exercises()))
        raise NoSuchExercise(f"There is no exercise {reprlib.repr(text)}: did you mean {near}?")
    return found[text]


def _asked_for(exercise_id: str | None, names: dict, caller: str) -> Exercise | Choice:
    """The exercise of this id; without an id, an error that names the exercises answered last."""
    if exercise_id is not None:
        return find(exercise_id, caller=caller)
    order = {name: place for place, name in enumerate(names)}
    here = [exercise for exercise in exercises().values() if exercise.name in order]
    here.sort(key=lambda exercise: -order[exercise.name])
    ids = [exercise.id for exercise in here[:3]] or [EXAMPLE]
    raise NoSuchExercise(f"{caller}() needs the id of an exercise: type {_typed(caller, ids)}.")


def _nearest(text: str, known: dict[str, Exercise | Choice]) -> list[str]:
    """Three ids: those that begin with a text, then those like it, or whose answers have a name like it."""
    text = text[:100]  # no id is as long, and comparing takes time: a whole cell may have been pasted
    text = f"{text.zfill(2)}-" if text.isdecimal() else text.lower()  # a number is that of a chapter

    def likeness(id: str) -> float:
        if id.startswith(text):
            return 1.0
        return max(difflib.SequenceMatcher(None, text, word).ratio() for word in (id, known[id].name.lower()))

    return sorted(known, key=likeness, reverse=True)[:3]


def _typed(caller: str, ids: list[str]) -> str:
    *others, last = [f'{caller}("{id}")' for id in ids]
    return f"{', '.join(others)} or {last}" if others else last


# ---- the check ----

_verdicts: dict[str, Verdict] = {}
_levels: dict[str, int] = {}


def judge(exercise_id: str, namespace: dict, *, seed: int = 0) -> Verdict:
    """The verdict on the answer in a namespace; the namespace stays as it is.

    Parameters
    ----------
    exercise_id : str
    namespace : dict
    seed : int
        Seed of the probes.
    """
    exercise = find(exercise_id)
    if exercise.name not in namespace:
        return Verdict(
            exercise.id, "no-such-name", sentence("no-such-name", exercise.name, _meant(exercise, namespace))
        )
    with same_names(namespace):
        return diagnose(exercise, namespace[exercise.name], seed=seed)


def check(exercise_id: str | None = None, namespace: dict | None = None) -> None:
    """Check one answer: print ``PASS  05-kl  kl_to_standard_normal``, or raise with a hint.

    Parameters
    ----------
    exercise_id : str
        Without it an error says what to type.
    namespace : dict, optional
        Where the answer is; the caller's global names if None, which in a notebook are those of all its cells.

    Raises
    ------
    CheckFailed
        If the answer is not right yet.
    NoSuchExercise
        If there is no id, or no exercise of this id.
    """
    caller = sys._getframe(1)
    exercise = _asked_for(exercise_id, caller.f_globals if namespace is None else namespace, "check")
    if namespace is None:
        namespace = _callers_names(exercise.name, caller)
    verdict = judge(exercise_id, namespace)
    if verdict.mistake != _verdicts.get(exercise.id, verdict).mistake:
        _levels.pop(exercise.id, None)
    _verdicts[exercise.id] = verdict
    if not verdict.passed:
        raise CheckFailed(verdict) from None
    print(f"PASS  {exercise.id}  {exercise.name}")


def hint(exercise_id: str | None = None) -> None:
    """Print the next hint: what the last check found, then a smaller step, then where to read.

    Parameters
    ----------
    exercise_id : str
        Without it an error says what to type.

    Raises
    ------
    NoSuchExercise
        If there is no id, or no exercise of this id.
    """
    exercise = _asked_for(exercise_id, sys._getframe(1).f_globals, "hint")
    verdict = _verdicts.get(exercise.id)
    if verdict is not None and verdict.passed:
        print("\n".join([f"{exercise.id}: your answer is right.", *_wrapped(verdict.hint)]))
        return
    level = _levels[exercise.id] = min(_levels.get(exercise.id, 0) + 1, 3)
    page, _, paragraph = exercise.see.partition("#")
    called = f' the paragraph "{paragraph.replace("-", " ")}"' if paragraph else ""
    text = {
        1: verdict.hint
        if verdict
        else f'Nothing was checked yet: check("{exercise.id}") says what is wrong, if anything.',
        2: exercise.nudge,
        3: f"Read again in chapter {page[:2].lstrip('0')}{called}: {page}.html{exercise.see[len(page) :]}",
    }[level]
    print("\n".join([f"{exercise.id}  hint {level} of 3", *_wrapped(text)]))


def _callers_names(name: str, frame) -> dict:
    """The global names of the calling cell or script; where the answer is not among them, those of the notebook."""
    if name not in frame.f_globals and "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if shell is not None:
            return shell.user_ns
    return frame.f_globals


def _meant(exercise: Exercise | Choice, namespace: dict) -> str:
    """What to say where the name is missing: a name like it, or the name of a function with the same arguments."""
    wanted_callable = exercise.kind in ("function", "class")
    others = {other.name for other in exercises(exercise.id[:2]).values()}
    theirs = {
        key.lower(): key
        for key, value in namespace.items()
        if callable(value) == wanted_callable
        and not (key.startswith("_") or key in others or isinstance(value, types.ModuleType))
    }
    close = difflib.get_close_matches(exercise.name.lower(), theirs, n=1, cutoff=0.5)
    if exercise.kind == "function" and not close:
        wanted = signature(exercise.reference)
        close = [
            key
            for key, name in theirs.items()
            if getattr(namespace[name], "__module__", None) == namespace.get("__name__")
            and signature(namespace[name]) == wanted
        ]
    if close:
        return f"There is one called {theirs[close[0]]}: did you rename it?"
    return "Run the cell with your answer first, and see that it ends without an error."
