"""Start a process for a student's cells, talk to it, and end it whatever it does."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

START = 120.0  # seconds for the imports, on a busy machine
GRACE = 3.0  # seconds that a process gets beyond its own time limit before it is killed
LARGEST = 300_000_000  # bytes of one message


class Gone(BaseException):
    """The process is no more, or cannot be understood. No ``except Exception`` of an exercise's takes it for its own.

    Parameters
    ----------
    mistake : {"too-slow", "python-ended"}
    detail : str
    """

    def __init__(self, mistake: str, detail: str = ""):
        super().__init__(mistake, detail)
        self.mistake, self.detail = mistake, detail


class Reply(dict):
    """What came back. Something without the parts that were asked for was not written by a worker."""

    def __missing__(self, key):
        raise Gone("python-ended")


class CannotStart(RuntimeError):
    """No Python process can be started here: nothing that a student did."""


@cache
def _context():
    """On Linux one process imports torch, once, and every student's is a copy of it; elsewhere that is not safe."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["vae_utils.coursework.worker"])
    return context


def _serve(connection, folder, outside):
    from vae_utils.coursework.worker import serve

    serve(connection, folder, outside)


class Process:
    """One running process.

    Parameters
    ----------
    folder : Path
        Where it works: the folder of the notebook.
    outside : bool
        Whether answers are judged from outside; then the checks cannot be imported in it.

    Raises
    ------
    CannotStart
    """

    def __init__(self, folder: Path, outside: bool):
        self._connection, theirs = _context().Pipe()
        self._process = self._started(theirs, str(folder.resolve()), outside)
        theirs.close()
        try:
            self.ask("ready", within=START)
        except Gone as gone:
            self.close()
            raise CannotStart(gone.detail) from None

    @staticmethod
    def _started(*arguments):
        for wait in (0.2, 1.0, None):
            process = _context().Process(target=_serve, args=arguments)
            try:
                process.start()
            except (OSError, EOFError) as error:  # a student killed the one that starts them: a moment, and it is new
                if wait is None:
                    raise CannotStart(str(error)) from None
                time.sleep(wait)
            else:
                return process

    def ask(self, do: str, *, within: float, answers: Callable[[dict], Any] | None = None, **request: Any) -> dict:
        """Send a request and wait for its answer.

        Parameters
        ----------
        do : str
            The name of the request.
        within : float
            After so many seconds (and a little grace) the process is ended.
        answers : callable, optional
            Answers the questions that the process asks in between.

        Raises
        ------
        Gone
        """
        ends = time.monotonic() + within + GRACE
        try:
            self._send({"do": do, **request})
            while True:
                reply = self._receive(ends, within)
                if "ask" not in reply or answers is None:
                    break
                self._send(answers(reply))
            if "failed" in reply:
                raise Gone("python-ended", str(reply["failed"]))
            return reply
        except (OSError, EOFError, ValueError, RecursionError):
            raise Gone("python-ended") from None

    def _send(self, message: dict) -> None:
        self._connection.send_bytes(json.dumps(message).encode())

    def _receive(self, ends: float, seconds: float) -> dict:
        while not self._connection.poll(0.2):
            if time.monotonic() > ends:
                raise Gone("too-slow", f"{seconds:g}")
            if not self._process.is_alive() and not self._connection.poll(0):
                raise Gone("python-ended")
        message = json.loads(self._connection.recv_bytes(LARGEST))
        if not isinstance(message, dict):
            raise Gone("python-ended")
        return Reply(message)

    def close(self) -> None:
        """End the process and all that it started."""
        self._connection.close()
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)  # its group, which has its number, outlives it
        self._process.kill()
        self._process.join(5)
