"""What a reader sees of a run while it trains: a bar on a terminal, elsewhere one line per epoch, and TensorBoard."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from torch import Tensor
from tqdm import tqdm

LOOK = 0.5  # seconds between two looks at the sums: each makes the host wait for the device


def told(terms: Sequence[float]) -> str:
    """ELBO, reconstruction and KL, in words."""
    return "ELBO {:.2f} (reconstruction {:.2f}, KL {:.2f})".format(*terms)


class Report:
    """Tells a terminal how a run fares; where there is none, each epoch gets a plain line.

    Parameters
    ----------
    columns : sequence of str
        Names of the metrics.
    n : int
        Images of an epoch.
    epochs : int
        Of the whole run.
    images : int
        Images that were seen before.
    stream : file, optional
        Standard error if None.
    bar : bool, optional
        By default if the stream is a terminal.
    tensorboard : TensorBoard, optional
        Is told of each epoch, too.
    """

    def __init__(
        self,
        columns: Sequence[str],
        *,
        n: int,
        epochs: int,
        images: int = 0,
        stream: TextIO | None = None,
        bar: bool | None = None,
        tensorboard: TensorBoard | None = None,
    ):
        self.columns, self.n, self.epochs, self.tensorboard = list(columns), n, epochs, tensorboard
        self.stream = sys.stderr if stream is None else stream
        self.next_look = 0.0
        self.bar = None
        if self.stream.isatty() if bar is None else bar:
            self.bar = tqdm(
                total=epochs * n,
                initial=images,
                unit=" images",
                unit_scale=True,
                file=self.stream,
                dynamic_ncols=True,
                smoothing=0.1,
                bar_format="{desc} {percentage:3.0f}%|{bar}| {rate_fmt}, {remaining} left{postfix}",
            )

    def step(self, epoch: int, seen: int, totals: Tensor, processes: int = 1) -> None:
        """So many images of an epoch, counted from 0, were seen; one of so many processes has these sums of them."""
        if self.bar is None or time.monotonic() < self.next_look:
            return
        reconstruction, kl = (totals * processes / seen).tolist()
        self.bar.set_description_str(f"epoch {epoch + 1}/{self.epochs}", refresh=False)
        self.bar.set_postfix_str(told([reconstruction - kl, reconstruction, kl]), refresh=False)
        self.bar.update(epoch * self.n + seen - self.bar.n)
        self.next_look = time.monotonic() + LOOK

    def epoch(self, row: Sequence[float]) -> None:
        """An epoch is over; its metrics are ``row``."""
        if self.tensorboard:
            self.tensorboard.add(row)
        if self.bar is None:
            watched = self.columns[5].removesuffix("_elbo")
            print(
                f"epoch {row[0]}/{self.epochs}: {told(row[2:5])}; {watched} {told(row[5:8])}; {row[-1]:,.0f} images/s",
                file=self.stream,
                flush=True,
            )

    def close(self) -> None:
        """Leave the bar where it is and bring TensorBoard's file to its end."""
        if self.bar is not None:
            self.bar.close()
        if self.tensorboard:
            self.tensorboard.close()


class TensorBoard:
    """The metrics as TensorBoard reads them, written anew from the rows, so that none is doubled or lost.

    Parameters
    ----------
    folder : Path
        Is replaced.
    columns : sequence of str
    rows : sequence of rows
        Those of the epochs so far.

    Raises
    ------
    ImportError
        If the package ``tensorboard`` is not installed.
    """

    def __init__(self, folder: Path, columns: Sequence[str], rows: Sequence[Sequence[float]]):
        from torch.utils.tensorboard import SummaryWriter

        shutil.rmtree(folder, ignore_errors=True)
        self.columns, self.writer = list(columns), SummaryWriter(str(folder))
        for row in rows:
            self.add(row)

    def add(self, row: Sequence[float]) -> None:
        """One epoch's metrics, over the number of the epoch; those of training and of judging share a group's name."""
        for name, value in zip(self.columns[2:], row[2:], strict=True):
            split, _, term = name.partition("_")
            tag = f"{term}/{split}" if term in ("elbo", "reconstruction", "kl") else f"speed/{name}"
            self.writer.add_scalar(tag, value, int(row[0]))
        self.writer.flush()

    def close(self) -> None:
        """Bring the file to its end."""
        self.writer.close()
