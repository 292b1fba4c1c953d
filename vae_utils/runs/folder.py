"""A run's folder: what lies in it, and how it comes there whole.

``config.json``
    the settings, and what the run was made with;
``checkpoint.pt``
    all that is needed to go on: weights, optimizer, generator, position and the rows of the metrics;
``metrics.csv``, ``tensorboard/``
    the rows of the metrics for readers. The checkpoint's rows are the truth and these are copies of it, so that nothing
    in them is doubled or lost when a run goes on from an earlier checkpoint;
``model.pt``
    the trained model, for :meth:`vae_utils.model.VAE.load`;
``samples.png``, ``reconstructions.png``, ``latent.png``
    what it can do.

Each file is written under another name, brought to the disk, and then renamed, which is one step: whoever looks sees
the old file or the new one. A kill, a full disk or a power cut leaves the old one.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

FORMAT = "vae_utils.run/1"
UNFINISHED = ".part"


class RunError(Exception):
    """A run cannot start or go on; the message is one sentence for whoever started it."""


def reason(error: Exception) -> str:
    """The beginning of what an error says, in one line: torch uses many."""
    return " ".join(" ".join(str(error).strip().split("\n")[:2]).split())


def write(path: Path, content: bytes) -> None:
    """A file that is there whole or not at all, also after a power cut.

    Raises
    ------
    OSError
        If the disk is full, for example. What was there before is then still there.
    """
    part = path.with_name(path.name + UNFINISHED)
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the content before the name: else a power cut could leave an empty file
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the name too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class RunFolder:
    """The folder of one run.

    Parameters
    ----------
    path : path
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only one run at a time writes here. The system frees the lock when its holder ends, however that ends.

        Raises
        ------
        RunError
            If another process holds it.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise RunError(f"{self.path} is in use by another process that trains") from None
        try:
            yield
        finally:
            lock.release()

    def create(self) -> None:
        """Make the folder.

        Raises
        ------
        RunError
            If there is something in it: a run is never overwritten.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file: name another folder with --out")
        if self.path.is_dir():
            there = [name for name in os.listdir(self.path) if name != ".lock" and not name.endswith(UNFINISHED)]
            if "config.json" in there:
                raise RunError(f"{self.path} has a run already: go on with it by --resume {self.path}, or name another")
            if there:
                raise RunError(f"{self.path} is not empty: name another folder with --out")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{self.path} cannot be made: {error.strerror}") from None

    def write_config(self, config: dict[str, Any]) -> None:
        """The settings, echoed before anything is trained."""
        write(self / "config.json", (json.dumps({"format": FORMAT, **config}, indent=2) + "\n").encode())

    def config(self) -> dict[str, Any]:
        """What :meth:`write_config` wrote.

        Raises
        ------
        RunError
            If there is no run here, or its settings cannot be read.
        """
        path = self / "config.json"
        try:
            config = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise RunError(f"{self.path} has no run in it: there is no {path}") from None
        except (OSError, ValueError) as error:
            raise RunError(f"{path} cannot be read: {error}") from None
        if not isinstance(config, dict) or config.get("format") != FORMAT or "settings" not in config:
            raise RunError(f"{path} is not the configuration of a run in the format {FORMAT}")
        return config

    def write_checkpoint(self, contents: dict[str, Any]) -> None:
        """All that is needed to go on."""
        buffer = io.BytesIO()  # in memory first: torch would report a full disk by an error of its own kind
        torch.save({"format": FORMAT, **contents}, buffer)
        write(self / "checkpoint.pt", buffer.getvalue())

    def checkpoint(self) -> dict[str, Any] | None:
        """What :meth:`write_checkpoint` wrote last, on the CPU; None if nothing was written yet.

        It is read as data: no code in the file can run.

        Raises
        ------
        RunError
            If the file is damaged or something else.
        """
        path = self / "checkpoint.pt"
        if not path.exists():
            return None
        try:
            contents = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise RunError(f"{path} cannot be read, it is damaged or no checkpoint: {reason(error)}") from None
        if not isinstance(contents, dict) or contents.get("format") != FORMAT:
            raise RunError(f"{path} is not a checkpoint of the format {FORMAT}")
        return contents

    def write_metrics(self, columns: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
        """All rows, one per epoch, as a table for readers and spreadsheets."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([columns, *rows])
        write(self / "metrics.csv", text.getvalue().encode())
