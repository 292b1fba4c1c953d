"""A process that imports torch once, and then starts `vae-course` in children, as often as it is told.

To be killed at any moment is the tests' affair, and a start of Python with torch takes seconds; a fork takes none. The
children are real processes, and the kills are real. Only for Linux: elsewhere a forked process may not compute.

A request is a line of JSON on standard input, and so is the answer on standard output.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path


class Server:
    """The other side, as a test sees it."""

    def __init__(self):
        root = Path(__file__).resolve().parents[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.run_server"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, *argv, log, **how):
        """Start ``vae-course`` with its words in a file; returns its process id. ``how`` is as in :func:`start`."""
        return self._ask(do="start", argv=[str(word) for word in argv], log=str(log), **how)

    def wait(self, pid, **how):
        """Exit status, negative for the signal that ended it. ``how`` is as in :func:`wait`."""
        return self._ask(do="wait", pid=pid, **how)

    def run(self, *argv, log, after=None, **how):
        """Start and wait; ``after`` so many seconds kill it."""
        return self.wait(self.start(*argv, log=log, **how), after=after)

    def close(self):
        self.process.kill()  # it has nothing to save, and Python with torch takes its time to leave
        self.process.communicate()


def start(argv, log, env=None, cwd=None, kill_at=None, full_at=None, largest=None):
    """Fork a child that runs the command, in the folder ``cwd`` and with more environment.

    ``kill_at`` and ``full_at`` count what is done to files, from 1: there the child kills itself, or finds the disk
    full. ``largest`` is the size in bytes beyond which the system lets no file grow.
    """
    pid = os.fork()
    if pid:
        return pid
    status = 99
    try:
        os.environ.update(env or {})
        os.chdir(cwd or os.curdir)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with open(log, "a") as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                if kill_at or full_at:
                    tamper(kill_at, full_at)
                if largest:
                    import resource  # not on Windows

                    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
                from vae_utils.__main__ import main

                status = main(argv)
            except SystemExit as end:
                status = end.code
            except BaseException:
                import traceback

                traceback.print_exc()
    finally:
        os._exit(status)


def tamper(kill_at, full_at):
    """Let a chosen step of writing files be the last one, or fail."""
    from vae_utils.runs import folder

    count = 0

    def point():
        nonlocal count
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if count == full_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def around(function):
        def counted(*args):
            point()
            result = function(*args)
            if kill_at:  # a full disk does not make fail what has been done
                point()
            return result

        return counted

    class HalfAndHalf:
        """A file that is written in two halves."""

        def __init__(self, path, mode):
            self.file = open(path, mode)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, content):
            middle = len(content) // 2
            for half in content[:middle], content[middle:]:
                self.file.write(half)
                self.file.flush()
                point()

    folder.open = around(HalfAndHalf)
    folder.os = types.SimpleNamespace(**{**vars(os), "fsync": around(os.fsync), "replace": around(os.replace)})


def wait(pid, after=None, signal=signal.SIGKILL, said=None, patience=120.0):
    """Wait for a child, and after some seconds send it a signal if it still runs then.

    With ``said``, a file and a number of bytes, these seconds begin when the file has grown beyond it.
    """
    deadline = time.monotonic() + patience
    sent = after is None
    when = time.monotonic() + (after or 0)
    while True:
        if said and os.path.exists(said[0]) and os.path.getsize(said[0]) > said[1]:
            said, when = None, time.monotonic() + after
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if not sent and not said and time.monotonic() >= when:
            os.kill(pid, signal)
            sent = True
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            return "too late"
        time.sleep(0.001)


def serve():
    """Import what takes long, and nothing that starts threads; then answer."""
    import torch
    import torch._dynamo  # which the first optimizer would import

    import vae_utils.runs.pictures
    import vae_utils.runs.trainer  # noqa: F401

    torch.set_num_threads(1)
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        result = {"start": start, "wait": wait}[request.pop("do")](**request)
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    serve()
