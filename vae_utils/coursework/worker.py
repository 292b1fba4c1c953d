"""The process in which a student's cells run.

It obeys requests that arrive as JSON and answers each with JSON. Whatever happens in here stays in here: the judge that
asks believes nothing but values, and compares them itself.

Two ways to judge: ``judge`` asks :func:`vae_utils.checks.judge`, as a check in the notebook does (for students, who
have no reason to cheat themselves); ``find``, ``call`` and ``vjp`` let the answer be called from outside (for a
regrade), where the checks are out of reach of ``import``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import traceback
import types
from typing import Any

import torch
from IPython.core.interactiveshell import InteractiveShell
from torch import Tensor
from traitlets.config import Config

from vae_utils import checks
from vae_utils.checks import watch
from vae_utils.checks.sandbox import AsksForInput, TooSlow, same_world, silence, time_limit
from vae_utils.coursework import wire

CHECKS = "vae_utils.checks"
MEMORY = 8_000_000_000
"""Bytes that a student's process may fill, where the system can limit it: a tensor beyond is a clear error."""

CELL = "<ipython-input"  # how IPython's names of cells begin, in tracebacks


class Shell(InteractiveShell):
    """IPython without its words."""

    def showtraceback(self, *args, **named):
        pass

    showsyntaxerror = showtraceback

    def enable_gui(self, gui=None):
        """``%matplotlib inline`` asks for this."""

    def ask_exit(self):
        raise SystemExit


def serve(connection, folder: str, outside: bool) -> None:
    """Obey the requests that arrive, until the connection ends."""
    _settle(folder, connection.fileno())
    worker = Worker(connection, outside)
    while True:
        try:
            request = json.loads(connection.recv_bytes())
        except EOFError:
            return
        try:
            answer = getattr(worker, f"do_{request.pop('do')}")(**request)
        except BaseException as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        worker.reply(answer)


def _settle(folder: str, connection: int) -> None:
    """A group of its own, so that all of it can be ended; no terminal, no other pipe; limited memory."""
    if hasattr(os, "setsid"):
        os.setsid()
        os.closerange(3, connection)
        os.closerange(connection + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 4096)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    os.chdir(folder)
    sys.path.insert(0, "")
    os.environ.setdefault("MPLBACKEND", "Agg")


class Worker:
    """What the process of a student can do when it is asked."""

    def __init__(self, connection, outside: bool):
        self._connection = connection
        self._handles: list[Any] = []
        self._graphs: dict[int, tuple] = {}
        self._world = contextlib.ExitStack()
        self._home = os.path.dirname(checks.__file__)
        config = Config()
        config.HistoryManager.enabled = False
        self._shell = Shell.instance(config=config)
        sys.modules["__main__"] = self._shell.user_module  # as in a kernel
        if outside:
            self._hide_checks()
        exec("from vae_utils.checks import check, hint", self._shell.user_ns)

    def reply(self, answer: dict) -> None:
        """Send one message."""
        try:
            message = json.dumps(answer)
        except (ValueError, TypeError, RecursionError) as error:  # an integer of a million digits
            message = json.dumps({"failed": type(error).__name__})
        self._connection.send_bytes(message.encode())

    def do_ready(self) -> dict:
        """Say that all is imported."""
        return {}

    # ---- cells ----

    def do_cell(self, source: str, seconds: float) -> dict:
        """Run one cell; says what kept it from ending, if anything did."""
        try:
            with silence(), time_limit(seconds):
                result = self._shell.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except (TooSlow, AsksForInput) as caught:
            error = caught
        finally:
            torch.set_grad_enabled(True)
        return {"accident": None if error is None else self._accident(error, seconds)}

    def _accident(self, error: BaseException, seconds: float) -> list[str] | None:
        """Id and detail of what happened; None for the verdict of a check."""
        if isinstance(error, TooSlow):
            return ["too-slow", f"{seconds:g}"]
        if isinstance(error, SystemExit):
            return ["exits", ""]
        if isinstance(error, AsksForInput) or type(error).__name__ == "StdinNotImplementedError":
            return ["asks-for-input", ""]
        if type(error).__name__ == "CheckFailed":
            return None
        text = " ".join(str(error).split())
        if isinstance(error, SyntaxError):
            return ["syntax-error", f"in line {error.lineno}: {error.msg}"]
        if isinstance(error, MemoryError) or "can't allocate memory" in text:
            return ["raised", "memory"]
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(CELL)]
        where = f" in line {lines[-1]}" if lines else ""
        return ["raised", f"{type(error).__name__}{where}: {text or 'no message'}"]

    def do_names(self) -> dict:
        """The names that the cells made, and whether each can be called."""
        names = {}
        for name, value in list(self._shell.user_ns.items()):
            if isinstance(name, str) and not isinstance(value, types.ModuleType):
                names[name] = callable(value)
        return {"names": names}

    # ---- judged in here, as in a notebook ----

    def do_judge(self, id: str) -> dict:
        """The verdict of the check."""
        verdict = checks.judge(id, self._shell.user_ns)
        return {"name": checks.find(id).name, "mistake": verdict.mistake, "hint": verdict.hint}

    # ---- judged from outside ----

    def _hide_checks(self) -> None:
        """In place of the checks, two words that do nothing: their references are not to be imported."""
        empty = types.ModuleType(CHECKS)
        empty.check = empty.hint = lambda *args, **named: None
        empty.__path__ = []
        for name in [name for name in sys.modules if name == CHECKS or name.startswith(CHECKS + ".")]:
            del sys.modules[name]
        sys.modules[CHECKS] = sys.modules["vae_utils"].checks = empty

    def do_find(self, name: str) -> dict:
        """The value of a name, or a handle by which it can be called."""
        if name not in self._shell.user_ns:
            return {"found": False}
        value = self._shell.user_ns[name]
        return {"found": True, "value": wire.encode(value, self._send_callable)}

    def _send_callable(self, value) -> dict:
        self._handles.append(value)
        return {
            "callable": len(self._handles) - 1,
            "type": type(value).__name__,
            "gap": watch.has_gap(value),
            "nothing": watch._does_nothing(value),
        }

    def do_world(self, seed: int | None) -> dict:
        """Start the global random generators from a seed, or give them back as they were."""
        self._world.close()
        self._graphs.clear()
        if seed is not None:
            self._world.enter_context(same_world(seed))
        return {}

    def do_call(self, handle: int, arguments: dict, named: dict, seconds: float, gradients: bool) -> dict:
        """Call an answer."""
        answer, leaves, given = self._handles[handle], [], []

        def of_tensor(tensor, sent):
            if "leaf" in sent:
                leaves.append(tensor.requires_grad_())
            given.append((tensor, tensor.detach().clone()))
            return tensor

        def read(value):
            return wire.decode(value, self._ask, of_tensor)

        arguments, named = read(arguments), {name: read(value) for name, value in named.items()}
        try:
            with silence(), time_limit(seconds), torch.set_grad_enabled(gradients):
                result = answer(*arguments, **named)
            reply = self._result(result, leaves)
        except (TooSlow, AsksForInput, SystemExit, Exception) as error:
            return {"stop": self._stop(error, answer, seconds)}
        reply["changed"] = not all(watch._identical(now, before) for now, before in given)
        generators = [a for a in [*arguments, *named.values()] if isinstance(a, torch.Generator)]
        reply["generators"] = [wire.encode(generator) for generator in generators]
        return reply

    def _result(self, result: Any, leaves: list[Tensor]) -> dict:
        outputs = []

        def of_tensor(tensor):
            if not (leaves and tensor.requires_grad):
                return {}
            outputs.append(tensor)
            return {"out": len(outputs) - 1}

        reply = {"result": wire.encode(result, self._send_callable, of_tensor)}
        if outputs:
            reply["graph"] = len(self._graphs)
            self._graphs[len(self._graphs)] = outputs, leaves
        return reply

    def _stop(self, error: BaseException, answer, seconds: float) -> list[str]:
        if isinstance(error, TooSlow):
            return ["too-slow", "", ""]
        if isinstance(error, AsksForInput):
            return ["asks-for-input", "", ""]
        if isinstance(error, SystemExit):
            return ["exits", "", ""]
        stop = watch._accident(error, answer)
        return [stop.id, stop.detail, stop.message]

    def _ask(self, sent: dict):
        """A function of the judge's, as the answer sees it."""

        def function(*arguments):
            self.reply({"ask": sent["callable"], "arguments": wire.encode(arguments)})
            return wire.decode(json.loads(self._connection.recv_bytes())["result"])

        return function

    def do_vjp(self, graph: int, cotangents: list) -> dict:
        """Backpropagate through an earlier call."""
        outputs, leaves = self._graphs[graph]
        given = [wire.decode(c) for c in cotangents]
        given = [torch.zeros_like(out) if c is None else c for out, c in zip(outputs, given, strict=True)]
        try:
            with silence():
                found = torch.autograd.grad(outputs, leaves, given, retain_graph=True, allow_unused=True)
        except RuntimeError as error:
            return {"error": str(error)}
        return {"gradients": [wire.encode(gradient) for gradient in found]}

    def do_observe(self, id: str, seed: int, world: int) -> dict:
        """Look at an answer from within, by checks that are loaded anew: for what cannot be called from outside."""
        self._load_checks()
        try:
            fresh = sys.modules[CHECKS]
            exercise = fresh.find(id)
            try:
                answer = fresh.engine.admit(exercise, self._shell.user_ns[exercise.name])
            except fresh.watch.Stop as stop:
                return {"stop": [stop.id, stop.detail, stop.message]}
            outcome = fresh.engine.look(exercise, answer, seed=seed, world=world)
        finally:
            self._hide_checks()
        stop = outcome.stop
        return {
            "cases": [[case.text, wire.encode(case.value)] for case in outcome.cases],
            "stop": None if stop is None else [stop.id, stop.detail, stop.message],
            "results": [wire.encode(result) for result in outcome.results],
            "forms": outcome.forms,
            "gap": outcome.gap,
        }

    def _load_checks(self) -> None:
        for name in [name for name in sys.modules if name == CHECKS or name.startswith(CHECKS + ".")]:
            del sys.modules[name]
        spec = importlib.util.spec_from_file_location(
            CHECKS, os.path.join(self._home, "__init__.py"), submodule_search_locations=[self._home]
        )
        sys.modules[CHECKS] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
