"""``vae-course sample``: new images from a trained model."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from vae_utils.commands._answers import Ends, answered

DESCRIPTION = """\
Draw new images: codes from the prior N(0, I), decoded. No real image takes part.

examples:
  vae-course sample runs/mnist-20
      100 images in runs/mnist-20/samples-0.png
  vae-course sample runs/mnist-20 --n 400 --seed 7 --out seven.png
  vae-course sample runs/mnist-20 --n 10000 --pixel-noise --out drawn.npy
      as an array of shape (10000, 784), to compute with
"""

EPILOG = """\
Shown is the mean of p(x|z), as in nearly all published pictures. With --pixel-noise
each pixel is drawn as well: then an image is a sample of the model's p(x) itself,
black and white and rougher. Compute with those, and look at the others.

exit status: 0 done, 2 bad input, 1 other failures
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("--n", type=int, default=100, help="how many images (default: 100)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="another seed, other images (default: 0)")
    parser.add_argument("--pixel-noise", action="store_true", help="draw the pixels, too")
    parser.add_argument(
        "--out", metavar="FILE", help="a new .png or .npy file (default: samples-SEED.png in the folder of the run)"
    )


def run(args: argparse.Namespace) -> int:
    """Carry it out; see :mod:`vae_utils.commands._answers` for the exit status."""
    return answered("sample", _run, args)


def _run(args: argparse.Namespace) -> int:
    import numpy as np
    import torch

    from vae_utils.runs.folder import RunFolder, write
    from vae_utils.runs.judge import trained

    if args.n < 1:
        raise Ends(f"--n must be at least 1, got {args.n}")
    if not 0 <= args.seed < 2**32:
        raise Ends(f"--seed must be at least 0 and below 2**32, got {args.seed}")
    out = Path(args.out or Path(args.run) / f"samples-{args.seed}.png")
    if out.suffix not in (".png", ".npy"):
        raise Ends(f"--out must end in .png or .npy, got {out}")
    if args.out and out.exists():
        raise Ends(f"{out} exists already: name a new file with --out")
    settings, model, epochs = trained(RunFolder(args.run))
    generator = torch.Generator().manual_seed(args.seed)
    images = model.sample(args.n, generator=generator, pixel_noise=args.pixel_noise)
    if out.suffix == ".npy":
        buffer = io.BytesIO()
        np.save(buffer, images.numpy())
        content = buffer.getvalue()
    else:
        from vae_utils.runs.pictures import sheet

        content = sheet(images)
    try:
        write(out, content)
    except OSError as error:
        raise Ends(f"{out} cannot be written: {error.strerror}") from None
    print(f"{args.n} images of {settings.data} after {epochs} epochs: {out}")
    return 0
