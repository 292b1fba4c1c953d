"""A quiet place to run somebody's code in: in time, without a word, and leaving no trace.

This protects an honest student from accidents (an endless loop, ``input()``, a forgotten ``print``). It is no wall
against malice: for that, a submission is judged from outside its process, in a container.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import io
import logging
import random
import signal
import sys
import threading
import time
import warnings

import numpy as np
import torch


class TooSlow(BaseException):
    """The time is over. No ``except Exception`` of the student's catches it."""


class AsksForInput(BaseException):
    """Somebody wants to read the keyboard."""


class _Nowhere(io.TextIOBase):
    """Takes every word and keeps none, so that an endless ``print`` needs no memory."""

    def write(self, text):
        return len(text)

    def readable(self):
        return True

    def read(self, *_):
        raise AsksForInput

    readline = readlines = read


@contextlib.contextmanager
def time_limit(seconds: float | None):
    """Raise :class:`TooSlow` in the code below when it runs longer than this.

    In the main thread of a POSIX system, which is where a notebook's cells and a script run, an alarm of the system
    does it; it also ends ``time.sleep``. Elsewhere (Windows, other threads) a second thread does it, as soon as the
    interpreter executes the next line of Python. One long call of a C library ends in neither case.

    Parameters
    ----------
    seconds : float or None
        None is no limit.
    """
    if seconds is None:
        yield
    elif hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        with _alarm(seconds):
            yield
    else:
        with _watcher(seconds):
            yield


_AGAIN = 0.2  # seconds: a bare `except:` in an endless loop may swallow the first TooSlow


def _may_stop(frame) -> bool:
    """Whether the code that runs now is not what sets up the world or puts it back, which has to come to its end."""
    if frame is None or frame.f_code.co_filename == contextlib.__file__:
        return False
    while frame is not None:
        if frame.f_code.co_filename == __file__:
            return False
        frame = frame.f_back
    return True


@contextlib.contextmanager
def _alarm(seconds):
    def ring(number, frame):
        if _may_stop(frame):
            raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _watcher(seconds):
    # No locks: TooSlow may arrive between taking one and the line that would give it back.
    thread, over, gone = threading.get_ident(), [], []

    def watch():
        end = time.monotonic() + seconds
        while not over:
            time.sleep(0.01)
            if time.monotonic() >= end and not over and _may_stop(sys._current_frames().get(thread)):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TooSlow))
                end += _AGAIN
        gone.append(True)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        # Wait for the watcher, then for what it sent last. (Taking that back, by setting None, would leave Python 3.11
        # spinning where a debugger or coverage traces.)
        for rest in (gone, [True]):
            while not _soon(over, rest):
                pass


def _soon(over, rest) -> bool:
    try:
        over.append(True)
        time.sleep(0.001)
        return bool(rest)
    except TooSlow:  # it was on its way
        return False


def _asks(*_, **__):
    raise AsksForInput


@contextlib.contextmanager
def same_world(seed: int = 0):
    """Run the code below with global random numbers of this seed, in float32, with gradients; then put all back.

    One thread is all that small tensors need. With more, a busy machine would be many times slower, and another one
    would round differently.

    Parameters
    ----------
    seed : int
        For ``torch``, ``numpy`` and ``random``: whatever draws from a global generator does so repeatably.
    """
    kept = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    torch.random.default_generator.manual_seed(seed)
    torch.set_default_dtype(torch.float32)
    torch.set_num_threads(1)
    try:
        with torch.enable_grad():
            yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002
        torch.set_rng_state(kept[2])
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)


@contextlib.contextmanager
def silence():
    """Swallow what the code below prints, warns and logs, and refuse its questions."""
    nowhere = _Nowhere()
    stdin, ask, logs = sys.stdin, builtins.input, logging.root.manager.disable
    sys.stdin, builtins.input = nowhere, _asks
    logging.disable(logging.CRITICAL)
    try:
        with (
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin, builtins.input = stdin, ask
        logging.disable(logs)


@contextlib.contextmanager
def same_names(namespace: dict | None):
    """Undo whatever the code below does to the names of a namespace."""
    before = None if namespace is None else dict(namespace)
    try:
        yield
    finally:
        if before is not None:
            for name in [name for name in namespace if name not in before]:
                del namespace[name]
            for name, value in before.items():
                if name not in namespace or namespace[name] is not value:
                    namespace[name] = value
