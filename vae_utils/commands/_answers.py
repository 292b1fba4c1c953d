"""How a command ends: one sentence instead of a traceback, and an exit status that means something."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BAD_INPUT, FAILED, STOPPED = 2, 1, 130


class Ends(Exception):
    """Ends a command with a sentence and a status."""

    def __init__(self, sentence: str, status: int = BAD_INPUT):
        super().__init__(sentence)
        self.status = status


@contextmanager
def checking_input() -> Iterator[None]:
    """In here a ValueError or TypeError is the fault of what the user typed; elsewhere it is ours."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise Ends(str(error)) from None


def answered(name: str, command: Callable[[Namespace], int | None], args: Namespace) -> int:
    """Carry out a command and return its exit status."""
    from vae_utils.compiled import CannotCompile
    from vae_utils.download import DownloadError, FolderError
    from vae_utils.runs.folder import RunError

    try:
        return command(args) or 0
    except (Ends, RunError, CannotCompile) as error:
        sentence, status = str(error), getattr(error, "status", BAD_INPUT)
    except (DownloadError, FolderError, FloatingPointError) as error:
        sentence, status = str(error), FAILED
    except KeyboardInterrupt:
        sentence, status = "stopped", STOPPED
    if os.environ.get("RANK", "0") == "0":  # of several processes, one speaks
        print(f"vae-course {name}: {sentence}", file=sys.stderr)
    return status
