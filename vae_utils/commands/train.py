"""``vae-course train``: begin a run, or go on with one."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_utils.commands._answers import FAILED, Ends, answered, checking_input
from vae_utils.runs import choices

if TYPE_CHECKING:
    from vae_utils.runs.folder import RunFolder
    from vae_utils.runs.report import Report
    from vae_utils.runs.settings import Settings
    from vae_utils.runs.trainer import Trainer

DESCRIPTION = """\
Train a VAE and keep everything in one folder. A run that is killed, at whatever
moment, goes on with --resume and ends with the same bits.

examples:
  vae-course train --data digits --latent 2 --hidden 64 64 --epochs 300
      seconds, and needs no download
  vae-course train --data mnist --latent 20 --epochs 20
      the classic: 784-400-20 on handwritten digits, a minute or two
  vae-course train --data mnist --latent 2 --epochs 50 --out runs/map
      two latent dimensions can be shown as a map: latent.png
  vae-course train --resume runs/map
      after Ctrl-C, a crash or a power cut; with --epochs 100: train longer
  torchrun --nproc_per_node 2 -m vae_utils train --data mnist --latent 20
      two processes, one model: the same run to within rounding
"""

EPILOG = """\
what the numbers mean, all in nats and per image:
  ELBO            reconstruction − KL, a lower bound of log p(x): higher is better
  reconstruction  log p(x|z) for z from the image's own cloud
  KL              what that cloud costs: how far it is from the prior N(0, I)
The training's numbers are averages over an epoch in which the model improves, so
those of the test images can be better. Never compare ELBOs of different
--binarization: grey pixels, drawn pixels and fixed ones are different data.

what lies in the folder then:
  config.json      the settings          checkpoint.pt  all that --resume needs
  metrics.csv      one line per epoch    model.pt       for VAE.load()
  samples.png, reconstructions.png, latent.png

exit status: 0 done, 2 bad input, 130 stopped by Ctrl-C (and saved), 1 other failures
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help. Those that decide the weights have no default here: see :func:`given`."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    data = parser.add_argument_group("data")
    data.add_argument("--data", choices=choices.DATA, help="default: mnist (10 MB, downloaded once)")
    data.add_argument(
        "--binarization",
        choices=choices.BINARIZATIONS,
        help="what a grey pixel is to the decoder's coin. dynamic (default): its probability, drawn anew in each "
        "epoch; fixed: drawn once for all; grey: itself, which is no likelihood of an image",
    )
    data.add_argument(
        "--watch",
        choices=choices.WATCHED,
        help="images judged after each epoch. test (default), or validation: MNIST's last 10,000 training images are "
        "then not trained on. Choose settings by validation only",
    )
    model = parser.add_argument_group("model")
    model.add_argument("--latent", type=int, metavar="L", help="latent dimensions (default: 20)")
    model.add_argument(
        "--hidden",
        type=int,
        nargs="+",
        metavar="H",
        help="hidden layers of the encoder, mirrored in the decoder (default: 400)",
    )
    model.add_argument("--activation", metavar="NAME", help="relu (default), tanh, silu or softplus")
    training = parser.add_argument_group("training")
    training.add_argument("--epochs", type=int, metavar="N", help="passes through the data (default: 20)")
    training.add_argument("--batch", type=int, metavar="B", help="images in a step, of all processes (default: 128)")
    training.add_argument("--lr", type=float, metavar="RATE", help="Adam's step size (default: 0.001)")
    training.add_argument(
        "--schedule",
        choices=choices.SCHEDULES,
        help="constant (default), or one-cycle: up to --lr in a quarter of the run, then down to nearly 0; bears a "
        "larger --lr and needs fewer epochs",
    )
    training.add_argument("--seed", type=int, metavar="S", help="of weights, order and noise (default: 0)")
    training.add_argument(
        "--amp",
        action="store_true",
        default=None,
        help="matrix products in bfloat16: twice as fast where the processor has instructions for that, slower where "
        "it has none",
    )
    training.add_argument(
        "--compile",
        action="store_true",
        default=None,
        help="make one program of a training step, at the start and on a CPU: it takes seconds, pays in long runs, and "
        "needs a C++ compiler",
    )
    running = parser.add_argument_group("running")
    running.add_argument("--out", metavar="RUN", help="a new folder for the run (default: runs/DATA-L)")
    running.add_argument(
        "--resume", metavar="RUN", help="go on with the run in this folder, with its own settings; --epochs may be more"
    )
    running.add_argument(
        "--device",
        default="auto",
        metavar="DEVICE",
        help="auto (default: a GPU if there is one), cpu, cuda, cuda:1, mps",
    )
    running.add_argument(
        "--checkpoint-every", type=int, metavar="N", help="steps between two checkpoints (default: 500)"
    )
    running.add_argument("--tensorboard", action="store_true", default=None, help="also write RUN/tensorboard")
    running.add_argument(
        "--pictures", action=argparse.BooleanOptionalAction, default=None, help="draw the PNG files (default: yes)"
    )


def run(args: argparse.Namespace) -> int:
    """Carry it out; see :mod:`vae_utils.commands._answers` for the exit status."""
    return answered("train", _run, args)


def _run(args: argparse.Namespace) -> int:
    from vae_utils.compiled import require_compiler
    from vae_utils.runs import trainer
    from vae_utils.runs.folder import RunFolder
    from vae_utils.runs.processes import joined, own_device
    from vae_utils.runs.programs import compiles
    from vae_utils.runs.settings import Settings

    if args.checkpoint_every is not None and args.checkpoint_every < 1:
        raise Ends(f"--checkpoint-every must be at least 1, got {args.checkpoint_every}")
    if args.resume and args.out and Path(args.out) != Path(args.resume):
        raise Ends(f"--resume {args.resume} goes on in its own folder: leave out --out {args.out}")
    with checking_input():
        device = own_device(args.device)
        asked = None if args.resume else Settings(**given(args))
    folder = RunFolder(args.resume or args.out or f"runs/{asked.data}-{asked.latent}")

    with ExitStack() as stack:
        processes = stack.enter_context(joined(device))

        def prepare() -> tuple[dict[str, Any], dict[str, Any] | None]:
            """The first process alone looks into the folder: the others may be on machines that do not have it."""
            config = resumed(folder, given(args)) if args.resume else {"settings": asked.as_dict()}
            outputs = {"checkpoint_every": 500, "tensorboard": False, "pictures": True, **config.get("outputs", {})}
            typed = {name: getattr(args, name) for name in outputs if getattr(args, name) is not None}
            config["outputs"] = {**outputs, **typed}
            if config["outputs"]["tensorboard"]:
                require_tensorboard()
            if config["settings"]["compile"] and compiles(processes):
                require_compiler()
            if not args.resume:
                folder.create()
            stack.enter_context(folder.held())
            return config, folder.checkpoint() if args.resume else None

        config, checkpoint = processes.from_first(prepare)
        settings = Settings.from_dict(config["settings"])
        if checkpoint:
            fitting(settings, checkpoint, folder)
        with checking_input():
            run = trainer.Trainer(
                settings,
                folder,
                processes,
                checkpoint=checkpoint,
                checkpoint_every=config["outputs"]["checkpoint_every"],
            )
        try:
            if processes.first:
                announce(run, config)
                folder.write_config({**config, "made_with": trainer.made_with(run.model, device)})
                run.report = report_of(run, config)
            try:
                rows = run.train()
            finally:
                if run.report:
                    run.report.close()
            if processes.first:
                trainer.finish(run, draw=config["outputs"]["pictures"])
                last = dict(zip(trainer.columns(settings.watch), rows[-1], strict=True))
                print(
                    f"{settings.watch} ELBO {last[f'{settings.watch}_elbo']:.2f} nats per image after "
                    f"{len(rows)} epochs ({settings.binarization} binarization); everything is in {folder.path}"
                )
        except trainer.Interrupted as stop:
            raise Ends(
                f"stopped at {stop} and saved; go on with: vae-course train --resume {folder.path}", 128 + stop.signal
            ) from None
        except OSError as error:
            raise Ends(
                f"a file in {folder.path} could not be written ({error.strerror or error}); the last checkpoint is "
                f"still there: mend that, and go on with: vae-course train --resume {folder.path}",
                FAILED,
            ) from None
    return 0


def resumed(folder: RunFolder, changes: dict[str, Any]) -> dict[str, Any]:
    """The configuration of a run that goes on, with more epochs if so many are asked for; nothing else may change."""
    from vae_utils.runs.settings import Settings

    config = folder.config()
    with checking_input():
        settings = Settings.from_dict(config["settings"])
    for name, value in changes.items():
        had = config["settings"][name]
        if value != had and (name != "epochs" or settings.schedule != "constant"):
            because = " with the schedule one-cycle" if name == "epochs" else ""
            raise Ends(f"--{name} cannot change when a run goes on{because}: it is {had} there, and {value} was given")
    with checking_input():
        config["settings"] = Settings.from_dict({**config["settings"], **changes}).as_dict()
    return config


def fitting(settings: Settings, checkpoint: dict[str, Any], folder: RunFolder) -> None:
    """The checkpoint was made with these settings, but for the number of epochs, and is not beyond them."""
    had = {**checkpoint["settings"], "epochs": settings.epochs}
    if had != settings.as_dict():
        different = ", ".join(name for name, value in settings.as_dict().items() if had.get(name) != value)
        raise Ends(f"{folder / 'config.json'} was changed since the checkpoint was made: {different}")
    if (checkpoint["epoch"], checkpoint["step"]) > (settings.epochs, 0):
        raise Ends(f"--epochs {settings.epochs} is less than the run in {folder.path} has done: {checkpoint['epoch']}")


def announce(run: Trainer, config: dict[str, Any]) -> None:
    """One line about what is going to happen, and more if it goes slower than it could or may not repeat its bits."""
    from vae_utils.runs.processes import multiplies_bfloat16
    from vae_utils.runs.programs import compiles
    from vae_utils.runs.trainer import made_with

    settings, at, processes = run.settings, run.position, run.processes
    shape = "-".join(map(str, [run.x.shape[1], *settings.hidden, settings.latent]))
    here = made_with(run.model, processes.device)
    begin = f"goes on after {at}" if at.epoch or at.step else "begins"
    several = f", {processes.count} processes" if processes.count > 1 else ""
    print(
        f"{run.folder.path} {begin}: {settings.data}, {settings.binarization} binarization, {run.n:,} images; "
        f"{shape} VAE, {here['parameters']:,} parameters; {here['device']}{several}",
        file=sys.stderr,
    )
    if settings.amp and not multiplies_bfloat16(processes.device):
        print("note: this processor has no instructions for bfloat16: --amp makes the run slower here", file=sys.stderr)
    if settings.compile and compiles(processes):
        print("note: the step is compiled first, which takes some seconds", file=sys.stderr)
    elif settings.compile:
        print("note: --compile is for one process on a CPU: this run does without it", file=sys.stderr)
    before = config.get("made_with", here)
    if different := [name for name in here if before.get(name) != here[name]]:
        changes = ", ".join(f"{name} {before.get(name)} → {here[name]}" for name in different)
        print(f"note: the last bits may differ from an unbroken run's, because of {changes}", file=sys.stderr)


def report_of(run: Trainer, config: dict[str, Any]) -> Report:
    """A bar or lines, and TensorBoard if it was asked for."""
    from vae_utils.runs.report import Report, TensorBoard
    from vae_utils.runs.trainer import columns

    names, at = columns(run.settings.watch), run.position
    tensorboard = None
    if config["outputs"]["tensorboard"]:
        tensorboard = TensorBoard(run.folder / "tensorboard", names, at.rows)
    images = at.epoch * run.n + at.step * run.settings.batch
    return Report(names, n=run.n, epochs=run.settings.epochs, images=images, tensorboard=tensorboard)


def require_tensorboard() -> None:
    """A clear sentence where the package is missing."""
    if find_spec("tensorboard") is None:
        raise Ends("--tensorboard needs the package tensorboard: pip install 'vae_utils[train]', or leave it out")


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The settings that were typed."""
    names = "data binarization watch latent hidden activation epochs batch lr schedule seed amp compile".split()
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}
