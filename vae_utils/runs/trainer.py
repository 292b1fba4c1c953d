"""One run: begin or go on, take the steps of :mod:`~vae_utils.runs.loop`, keep the books, save, stop when asked."""

from __future__ import annotations

import platform
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

from vae_utils import __version__
from vae_utils.compiled import CannotCompile
from vae_utils.gaussian import standard_normal
from vae_utils.model import VAE
from vae_utils.runs.folder import RunError, RunFolder, reason
from vae_utils.runs.loop import Epoch, Objective, draw_epoch, evaluate, steps
from vae_utils.runs.processes import Processes
from vae_utils.runs.programs import adam, way_of_stepping
from vae_utils.runs.report import Report
from vae_utils.runs.settings import Settings

METRICS = 1.0  # seconds between two writings of metrics.csv
AGREE = 50  # several processes ask each other so often, in steps, whether one of them was told to stop


class Interrupted(Exception):
    """The run was asked to stop, and has saved. ``signal`` is what asked."""

    def __init__(self, number: int, where: str):
        super().__init__(where)
        self.signal = number


@dataclass
class Position:
    """How far a run is, and its books.

    Attributes
    ----------
    epoch : int
        Epochs that are finished.
    step : int
        Steps of the next epoch that are done.
    generator : Tensor
        State of the generator when that epoch began: from it the epoch can be drawn again, the order of its images
        included.
    rows : list of lists
        The metrics of each finished epoch.
    seconds : float
        Time spent in steps, over all the parts of the run.
    """

    epoch: int = 0
    step: int = 0
    generator: Tensor = field(default_factory=lambda: torch.Generator().get_state())
    rows: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"epoch {self.epoch + 1}, step {self.step}" if self.step else f"epoch {self.epoch}"


def columns(watched: str) -> list[str]:
    """The head of ``metrics.csv``: averages over images in nats, the training's while the model still changes."""
    terms = [f"{split}_{term}" for split in ("train", watched) for term in ("elbo", "reconstruction", "kl")]
    return ["epoch", "step", *terms, "seconds", "images_per_second"]


def means(totals: Tensor, n: int) -> list[float]:
    """ELBO, reconstruction and KL of one image, from their sums: here the host waits for the device."""
    reconstruction, kl = (totals / n).tolist()
    return [reconstruction - kl, reconstruction, kl]


def made_with(model: VAE, device: torch.device) -> dict[str, Any]:
    """What else may change the last bits, for those who compare."""
    return {
        "vae_utils": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], int]]:
    """In here Ctrl-C and SIGTERM are remembered; the function tells which came, or 0. A second one acts as ever."""
    came = [0]
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def remember(number, frame):
        came[0] = number
        for each in signals:
            signal.signal(each, before[each] or signal.SIG_DFL)

    for number in signals:
        signal.signal(number, remember)
    try:
        yield lambda: came[0]
    finally:
        for number in signals:
            signal.signal(number, before[number] or signal.SIG_DFL)


class Trainer:
    """One run in one process.

    Parameters
    ----------
    settings : Settings
    folder : RunFolder
    processes : Processes
    checkpoint : dict, optional
        What the folder had; without it the run begins.
    checkpoint_every : int
        Steps between two checkpoints. There is one at the end, too.
    report : Report, optional
        Is told what happens, in the first process; see :mod:`vae_utils.runs.report`.

    Raises
    ------
    ValueError
        If a batch cannot be shared among so many processes.
    RunError
        If the checkpoint does not fit the settings.
    """

    def __init__(
        self,
        settings: Settings,
        folder: RunFolder,
        processes: Processes,
        *,
        checkpoint: dict[str, Any] | None = None,
        checkpoint_every: int = 500,
        report: Report | None = None,
    ):
        self.settings, self.folder, self.processes = settings, folder, processes
        self.checkpoint_every, self.report = checkpoint_every, report
        x = settings.images("train").x
        self.watched = settings.images(settings.watch)
        self.n = len(x)
        for batch in {min(settings.batch, self.n), self.n % settings.batch or settings.batch}:
            if batch < processes.count:
                raise ValueError(
                    f"batch must leave no batch with fewer images than processes, but {settings.batch} makes one of "
                    f"{batch} out of {self.n} images for {processes.count} processes"
                )
        self.steps_per_epoch = -(-self.n // settings.batch)
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.model = settings.model(x).to(processes.device)
        self.x = x.to(processes.device)
        self.objective, self.judge = Objective(self.model, amp=settings.amp), Objective(self.model)
        self.optimizer = adam(self.model, settings.lr, processes.device)
        self.take = way_of_stepping(processes, batch_size=min(settings.batch, self.n), compile=settings.compile)
        self.position = Position()
        self.epoch: Epoch | None = None
        self.written, self.written_rows = 0.0, 0
        self.totals = torch.zeros(2, device=processes.device)  # of reconstruction and KL in the steps of this epoch
        if checkpoint:
            try:
                self._go_on_from(checkpoint)
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                raise RunError(f"the checkpoint in {folder.path} does not fit its settings: {reason(error)}") from None

    def _go_on_from(self, checkpoint: dict[str, Any]) -> None:
        self.position = Position(**{part.name: checkpoint[part.name] for part in fields(Position)})
        self.model.load_state_dict(checkpoint["model"])
        # the moments are the checkpoint's; how the optimizer works on this device is its own affair
        own = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": checkpoint["optimizer"], "param_groups": own})
        self.generator.set_state(self.position.generator)
        self.totals.copy_(checkpoint["totals"] / self.processes.count)  # of all that were

    def train(self) -> list[list[float]]:
        """All epochs that are left, then the last files; returns the rows of the metrics.

        Raises
        ------
        Interrupted
            After Ctrl-C or SIGTERM; the checkpoint is written.
        FloatingPointError
            If the ELBO became NaN or infinite. The last checkpoint is from before.
        OSError
            If a file cannot be written. The last checkpoint is still there.
        """
        wrapped = self.processes.wrap(self.objective)
        self.model.train()
        watched = self._watched()
        with asked_to_stop() as asked:
            while self.position.epoch < self.settings.epochs:
                try:
                    train = self._epoch(wrapped, asked)
                except CannotCompile:
                    if not asked():
                        raise
                    self._save()  # Ctrl-C reached the compiler, too, before its step
                    raise Interrupted(asked(), str(self.position)) from None
                self._record(train, watched)
            self._save()
        return self.position.rows

    def _epoch(self, objective: torch.nn.Module, asked: Callable[[], int]) -> list[float]:
        """The steps of an epoch that are left; returns the averages over all its images."""
        at, settings = self.position, self.settings
        at.generator = self.generator.get_state()
        self.epoch = draw_epoch(self.x, settings.latent, self.generator, dynamic=settings.dynamic, over=self.epoch)
        before = at.epoch * self.steps_per_epoch
        rate = settings.learning_rate(self.n)
        began, seconds = time.perf_counter(), at.seconds
        for done in steps(
            objective,
            self.optimizer,
            self.epoch,
            self.totals,
            batch_size=settings.batch,
            first=at.step,
            learning_rate=rate and (lambda step: rate(before + step)),
            processes=self.processes,
            take=self.take,
        ):
            at.step, at.seconds = done, seconds + time.perf_counter() - began
            stop = asked()
            if self.processes.count > 1:  # all stop at the same step, or some would wait for the others for ever
                stop = (before + at.step) % AGREE == 0 and self.processes.any(bool(stop)) and (stop or signal.SIGTERM)
            if stop or (before + at.step) % self.checkpoint_every == 0:
                self._save()
            if self.report:
                self.report.step(at.epoch, min(self.n, at.step * settings.batch), self.totals, self.processes.count)
            if stop:
                raise Interrupted(stop, str(at))
        train = means(self.processes.total(self.totals), self.n)
        at.seconds = seconds + time.perf_counter() - began  # the device has done all of it now
        self._finite(train[0])
        return train

    def _record(self, train: list[float], watched: tuple[Tensor, Tensor]) -> None:
        """Close the books of an epoch."""
        at = self.position
        self.model.eval()
        judged = self.processes.total(evaluate(self.judge, *watched, processes=self.processes))
        self.model.train()
        seconds = at.seconds - (at.rows[-1][-2] if at.rows else 0.0)
        at.epoch, at.step = at.epoch + 1, 0
        done = [at.epoch, at.epoch * self.steps_per_epoch]
        at.rows.append([*done, *train, *means(judged, len(watched[0])), at.seconds, self.n / seconds])
        self.totals.zero_()
        at.generator = self.generator.get_state()
        if time.monotonic() > self.written + METRICS:
            self._write_metrics()
        if self.report:
            self.report.epoch(at.rows[-1])

    def _watched(self) -> tuple[Tensor, Tensor]:
        """The images that are judged after each epoch and their noise, always the same: to look changes no run."""
        x = self.settings.binarized(self.watched.x)
        eps = standard_normal(len(x), self.settings.latent, generator=torch.Generator().manual_seed(1), like=x)
        return x.to(self.processes.device), eps.to(self.processes.device)

    def _save(self) -> None:
        """A checkpoint of where the run is now."""
        totals = self.processes.total(self.totals).cpu()
        self._finite(float(totals.sum()))
        if self.processes.first:
            self.folder.write_checkpoint(
                {
                    "settings": self.settings.as_dict(),
                    "model": self.model.state_dict(),
                    "optimizer": self.optimizer.state_dict()["state"],
                    "totals": totals,
                    **vars(self.position),
                }
            )

        if self.written_rows < len(self.position.rows):
            self._write_metrics()

    def _write_metrics(self) -> None:
        """The whole table: with every checkpoint, and else not so often that short epochs wait for the disk."""
        if self.processes.first:
            self.folder.write_metrics(columns(self.settings.watch), self.position.rows)
        self.written, self.written_rows = time.monotonic(), len(self.position.rows)

    def _finite(self, value: float) -> None:
        if not torch.isfinite(torch.tensor(value)):
            raise FloatingPointError(
                f"the ELBO became {value} in epoch {self.position.epoch + 1}: try a smaller --lr, and look at the data"
            )


def finish(run: Trainer, *, draw: bool = True) -> None:
    """The files of a run that is done: the model, and pictures of what it can do unless they are not wanted.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    model = run.model.to("cpu").eval()
    try:
        model.save(run.folder / "model.pt")
    except RuntimeError as error:  # so torch calls a full disk
        raise OSError(f"model.pt: {reason(error)}") from None
    if draw:
        from vae_utils.runs import pictures  # matplotlib, which training does not need

        pictures.draw_all(run.folder, model, run.settings.binarized(run.watched.x), run.watched.y)
