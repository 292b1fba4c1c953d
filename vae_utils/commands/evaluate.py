"""``vae-course evaluate``: what a trained model is worth, in nats."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from vae_utils.commands._answers import Ends, answered, checking_input

DESCRIPTION = """\
Judge the model of a run on images that it was not trained on. The run may still
be going on, or have been killed: its last checkpoint is judged.

examples:
  vae-course evaluate runs/mnist-20
  vae-course evaluate runs/mnist-20 --importance 5000
      also a tighter bound of log p(x), as the literature reports it
  vae-course evaluate runs/mnist-20 --json result.json
"""

EPILOG = """\
what the numbers mean, all in nats and per image; ± is one standard error over the
choice of images:
  ELBO            reconstruction − KL, a lower bound of log p(x): higher is better
  reconstruction  log p(x|z) for z from the image's own cloud
  KL              what that cloud costs: how far it is from the prior N(0, I)
  IWAE-K          log of the mean of K importance weights: still a lower bound of
                  log p(x) in expectation, never below the ELBO, and tighter with
                  more K. Papers print its negative and call it NLL
  active units    latent dimensions whose mean code varies among images by more
                  than 0.01 (Burda et al. 2016): the others have collapsed
Name the binarization beside every number: values with different ones cannot be
compared.

exit status: 0 done, 2 bad input, 130 stopped by Ctrl-C, 1 other failures
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("--split", choices=("test", "validation", "train"), default="test", help="default: test")
    parser.add_argument("--importance", type=int, metavar="K", help="also the IWAE bound with K samples per image")
    parser.add_argument(
        "--images",
        type=int,
        metavar="N",
        default=1000,
        help="of how many images, the first ones, the IWAE bound is taken (default: 1000)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of noise and dynamic pixels (default: 0)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1 or mps")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to this file")


def run(args: argparse.Namespace) -> int:
    """Carry it out; see :mod:`vae_utils.commands._answers` for the exit status."""
    return answered("evaluate", _run, args)


def _run(args: argparse.Namespace) -> int:
    import torch
    from tqdm import tqdm

    from vae_utils.runs.folder import RunFolder, write
    from vae_utils.runs.judge import Mean, importance_bound, judge, trained
    from vae_utils.runs.processes import device_named

    for name, least in {"importance": 1, "images": 2}.items():  # of one image there is no standard error
        if getattr(args, name) is not None and getattr(args, name) < least:
            raise Ends(f"--{name} must be at least {least}, got {getattr(args, name)}")
    if not 0 <= args.seed < 2**32:
        raise Ends(f"--seed must be at least 0 and below 2**32, got {args.seed}")
    settings, model, epochs = trained(RunFolder(args.run))
    with checking_input():
        device = device_named(args.device)
        x = settings.images(args.split).x
    x = settings.binarized(x, seed=args.seed).to(device)
    model.to(device)
    generator = torch.Generator().manual_seed(args.seed)
    result = judge(model, x, generator=generator)
    kind = f"{settings.data}, {args.split} images, {settings.binarization} binarization"
    print(f"{args.run} after {epochs} epochs, on {len(x):,} {kind}; nats per image")
    print(f"ELBO            {result.elbo}")
    print(f"reconstruction  {result.reconstruction}")
    print(f"KL              {result.kl}")
    print(f"active units    {result.active:9d} of {model.latent}")
    numbers = {
        "run": str(args.run),
        "epochs": epochs,
        "data": settings.data,
        "split": args.split,
        "binarization": settings.binarization,
        "images": len(x),
        **{name: value._asdict() for name, value in result._asdict().items() if isinstance(value, Mean)},
        "active_units": result.active,
    }
    if args.importance:
        few = x[: args.images]
        with tqdm(total=len(few), unit=" images", disable=None, leave=False, file=sys.stderr) as bar:
            bounds = importance_bound(model, few, n_samples=args.importance, generator=generator, done=bar.update)
        mean = Mean.of(bounds)
        same = judge(model, few, generator=torch.Generator().manual_seed(args.seed)).elbo
        print(f"IWAE-{args.importance:<10} {mean} on the first {len(few):,} of them, whose ELBO is {same.value:.2f}")
        numbers["importance"] = {"samples": args.importance, "images": len(few), **mean._asdict(), "elbo": same.value}
    if args.json:
        try:
            write(Path(args.json), (json.dumps(numbers, indent=2) + "\n").encode())
        except OSError as error:
            raise Ends(f"{args.json} cannot be written: {error.strerror}") from None
    return 0
