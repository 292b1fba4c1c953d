"""What the commands about exercise notebooks share."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from vae_utils.commands._answers import BAD_INPUT, STOPPED, Ends

SECONDS = 60.0


def answered(name: str, command: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Carry out a command; its exit status. (:func:`vae_utils.commands._answers.answered` would import torch.)"""
    sys.stdout.reconfigure(errors="replace") if hasattr(sys.stdout, "reconfigure") else None
    try:
        return command(args)
    except Ends as error:
        sentence, status = str(error), error.status
    except OSError as error:
        sentence, status = f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "), BAD_INPUT
    except KeyboardInterrupt:
        sentence, status = "stopped", STOPPED
    print(f"vae-course {name}: {sentence}", file=sys.stderr)
    return status


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """The option ``--timeout``."""
    parser.add_argument(
        "--timeout", type=_seconds, default=SECONDS, metavar="S", help="seconds for one cell (default: 60)"
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most 3600 seconds, got {text}")
    return value


def each_file(paths: list[str], judge: Callable[[Path], object]) -> int:
    """Judge files one after the other and print what is found; the exit status is that of the worst."""
    status = 0
    for number, path in enumerate(paths):
        if number:
            print()
        result = judge(Path(path))
        print("\n".join(result.lines()), flush=True)
        status = max(status, result.status)
    return status


def existing_folder(text: str) -> Path:
    """A folder; otherwise the end of the command."""
    folder = Path(text)
    if not folder.is_dir():
        raise Ends(f"{text}: " + ("this is a file; name its folder" if folder.exists() else "there is no such folder"))
    return folder


def threads() -> None:
    """One thread for each process: the tensors are small, and a class is judged beside other work."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
