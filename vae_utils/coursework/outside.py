"""Judge answers from outside the process in which they run, with random inputs that nobody has seen.

The student's process gets tensors and numbers and gives back what the answer makes of them; gradients are asked for
the same way. The probes, the right answer and the comparison stay here, so that nothing that the notebook does to
its own Python (to ``check``, ``print``, ``torch.allclose``, to stored outputs) can earn a pass: only right values can.

An exercise that needs whole modules or optimizers (``Exercise(inside=True)``) is observed in the student's process, by
checks that are loaded anew for it, and the values are compared here.

What this does not find: an answer that computes the right values by calling somebody else's code, such as the solution
on the next page. Exercises whose solution is published are for learning; what counts for a grade needs hidden ones.
"""

from __future__ import annotations

import ctypes
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vae_utils import checks
from vae_utils.checks import engine, watch
from vae_utils.checks.draw import Draw
from vae_utils.checks.exercise import Case, Cases, Choice, Exercise
from vae_utils.checks.watch import Outcome, Stop
from vae_utils.checks.words import GENERAL

from . import wire
from .judging import IN_ALL, JUDGING, SECONDS, Result, Session, judged
from .process import Gone

PUBLISHED = 0
"""The seed of the probes that everybody can look up."""


def regrade(path: str | Path, *, seconds: float = SECONDS, in_all: float = IN_ALL) -> Result:
    """Judge a notebook from outside its process.

    Parameters
    ----------
    path : str or Path
    seconds, in_all : float
        How long one cell and the whole notebook may run.
    """
    checks.exercises()  # before any of the student's code runs, and could change these files
    return judged(path, outside=True, judge=judge_outside, seconds=seconds, in_all=in_all)


def keep_memory_private() -> None:
    """From now on no process of the same user may look into this one, or change it (on Linux; root may)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def judge_outside(session: Session, id: str) -> tuple[str, str, str]:
    """The verdict on one answer, with fresh probes.

    A wrong answer is judged again on the published ones, so that it is told what the student was told. An answer that
    is right there has to fail twice on fresh ones: chance alone must not accuse anybody.
    """
    exercise = checks.find(id)
    try:
        verdict = _with_fresh_inputs(session, exercise)
    except Exception as error:  # whatever a submission makes of us: it does not pass, and the others are judged
        said = (
            f"The judge itself failed here, with {type(error).__name__}. A mistake of ours, or a trick: read the code."
        )
        verdict = engine.Verdict(id, "judge-failed", said)
    return exercise.name, verdict.mistake, verdict.hint


def _with_fresh_inputs(session: Session, exercise: Exercise | Choice) -> engine.Verdict:
    verdict = look(session, exercise, secrets.randbits(31))
    if not verdict.passed and not isinstance(exercise, Choice):
        published = look(session, exercise, PUBLISHED)
        if not published.passed:
            verdict = published
        elif not (again := look(session, exercise, secrets.randbits(31))).passed:
            hint = f"Right for the inputs that the check always takes, but not for other ones. {again.hint}"
            verdict = engine.Verdict(exercise.id, "only-known-inputs", hint[:238])
        else:
            verdict = again
    return verdict


def look(session: Session, exercise: Exercise | Choice, seed: int) -> engine.Verdict:
    """The verdict on the answer in a session, with the probes of this seed."""
    found = session.ask("find", name=exercise.name, within=30)
    if not found["found"]:
        return checks.judge(exercise.id, _names(session))
    by_handle = isinstance(found["value"], dict) and "callable" in found["value"]
    if by_handle and isinstance(exercise, Exercise) and exercise.inside:
        return engine.conclude(exercise, lambda world: _observed(session, exercise, seed, world), seed=seed)
    try:
        answer = wire.decode(found["value"], lambda sent: Remote(session, exercise.seconds, sent))
    except wire.Unreadable:
        raise Gone("python-ended") from None
    if isinstance(exercise, Choice) or exercise.kind == "value" or not callable(answer):
        return engine.diagnose(exercise, answer, seed=seed)
    return engine.conclude(exercise, lambda world: answer.observed(exercise, seed, world), seed=seed)


def _names(session: Session) -> dict[str, Any]:
    """Things that can be called, or not, under the student's names."""
    names = session.ask("names", within=30)["names"]
    if not isinstance(names, dict):
        raise Gone("python-ended")
    return {name: _names if is_callable else 0 for name, is_callable in names.items()}


def _observed(session: Session, exercise: Exercise, seed: int, world: int) -> Outcome:
    """What is seen of an answer from within its process."""
    sent = session.ask("observe", id=exercise.id, seed=seed, world=world, within=JUDGING)
    try:
        stop = sent["stop"]
        if stop is not None and stop[0] not in GENERAL:
            raise Gone("python-ended")
        outcome = Outcome(stop=None if stop is None else Stop(*map(str, stop)))
        if "cases" in sent:
            cases = [Case(str(text), _only_tensors(wire.decode(value))) for text, value in sent["cases"]]
            outcome.cases = Cases(cases)
            outcome.results = [None if r is None else _only_tensors(r) for r in map(wire.decode, sent["results"])]
            outcome.forms, outcome.gap = sent["forms"], sent["gap"] is True
    except (wire.Unreadable, KeyError, TypeError, ValueError):
        raise Gone("python-ended") from None
    if not outcome.cases and outcome.stop is None:
        raise Gone("python-ended")
    return outcome


def _only_tensors(value):
    if isinstance(value, tuple):
        return tuple(map(_only_tensors, value))
    if not isinstance(value, Tensor):
        raise wire.Unreadable("a Case holds tensors")
    return value


class Remote:
    """A function in the student's process, as if it were here.

    Parameters
    ----------
    session : Session
    seconds : float
        How long all its calls of one observation may take together.
    sent : dict
        Its handle, and what is known of its source.
    """

    def __init__(self, session: Session, seconds: float, sent: dict):
        self._session, self._seconds, self._left = session, seconds, seconds
        self._handle, self._gap, self._nothing = int(sent["callable"]), sent["gap"] is True, sent["nothing"] is True
        self._parent = self

    def observed(self, exercise: Exercise, seed: int, world: int) -> Outcome:
        """Run the exercise's ``observe`` here, on this function there."""
        self._left = self._seconds
        self._session.ask("world", seed=world, within=30)
        forms = engine.reference_outcome(exercise, seed).forms
        outcome = watch.observe(exercise, self, Draw(seed), world=world, expected=forms)
        self._session.ask("world", seed=None, within=30)
        outcome.gap = self._gap
        return outcome

    def __call__(self, *arguments, **named):
        leaves, functions = [], []

        def of_tensor(tensor):
            if not tensor.requires_grad:
                return {}
            leaves.append(tensor)
            return {"leaf": len(leaves) - 1}

        def of_callable(function):
            functions.append(function)
            return {"callable": len(functions) - 1}

        def send(value):
            return wire.encode(value, of_callable, of_tensor)

        def answers(asked):
            given = wire.decode(asked["arguments"])
            with torch.no_grad():
                return {"result": wire.encode(functions[asked["ask"]](*given))}

        begun = time.monotonic()
        reply = self._ask(
            "call",
            handle=self._handle,
            arguments=send(arguments),
            named={name: send(value) for name, value in named.items()},
            seconds=max(self._parent._left, 0.01),
            gradients=torch.is_grad_enabled(),
            within=max(self._parent._left, 0.01),
            answers=answers if functions else None,
        )
        self._parent._left -= time.monotonic() - begun
        return self._read(reply, leaves, [*arguments, *named.values()])

    def _ask(self, do: str, **request):
        try:
            return self._session.ask(do, **request)
        except wire.Unreadable:
            raise Gone("python-ended") from None

    def _read(self, reply: dict, leaves: list[Tensor], given: list):
        """The result of a call, from what came back."""
        if "stop" in reply:
            raise self._stop(reply["stop"])
        if reply["changed"]:
            raise Stop("mutates-input")
        outputs = []

        def of_tensor(tensor, sent):
            if "out" in sent and tensor.is_floating_point():
                outputs.append(tensor)
            return tensor

        try:
            result = wire.decode(reply["result"], self._other, of_tensor)
            for generator, state in zip(
                [one for one in given if isinstance(one, torch.Generator)], reply["generators"], strict=True
            ):
                generator.set_state(wire.decode(state).get_state())
        except (wire.Unreadable, KeyError, TypeError, ValueError, AttributeError):
            raise Gone("python-ended") from None
        if result is None and self._nothing:
            raise Stop("not-attempted")
        if outputs and leaves:
            through = dict(zip(map(id, outputs), _Through.apply(self, reply["graph"], outputs, *leaves), strict=True))
            result = _replaced(result, through)
        return result

    def _stop(self, sent: list) -> Stop:
        if not isinstance(sent, list) or len(sent) != 3 or sent[0] not in GENERAL:
            raise Gone("python-ended")
        id, detail, message = map(str, sent)
        return Stop(id, f"{self._seconds:g}" if id == "too-slow" else detail, message)

    def _other(self, sent: dict) -> Remote:
        other = Remote(self._session, self._seconds, sent)
        other._parent = self._parent  # one limit for all
        return other

    def gradients(self, graph: int, cotangents: tuple) -> list[Tensor | None]:
        """Backpropagate through an earlier call."""
        sent = [wire.encode(cotangent) for cotangent in cotangents]
        reply = self._ask("vjp", graph=graph, cotangents=sent, within=max(self._parent._left, 5))
        if "error" in reply:
            raise RuntimeError(str(reply["error"]))
        try:
            return [wire.decode(gradient) for gradient in reply["gradients"]]
        except (wire.Unreadable, KeyError, TypeError):
            raise Gone("python-ended") from None


class _Through(torch.autograd.Function):
    """The tensors that came out of a call, with the way back."""

    @staticmethod
    def forward(ctx, remote, graph, outputs, *leaves):
        ctx.remote, ctx.graph = remote, graph
        return tuple(outputs)

    @staticmethod
    def backward(ctx, *cotangents):
        return None, None, None, *ctx.remote.gradients(ctx.graph, cotangents)


def _replaced(value, by_id: dict[int, Tensor]):
    if isinstance(value, tuple | list):
        return type(value)(_replaced(part, by_id) for part in value)
    return by_id.get(id(value), value)
