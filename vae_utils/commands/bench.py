"""``vae-course bench``: how fast the trainer is on this machine, and how near to what is possible."""

from __future__ import annotations

import argparse
from itertools import product

from vae_utils.commands._answers import Ends, answered, checking_input

DESCRIPTION = """\
Time an epoch of the 784-400-20 VAE on this machine, beside its matrix products
alone, which no loop undercuts in the same precision. The pixels are random: nothing is downloaded.

examples:
  vae-course bench
  vae-course bench --amp --compile
  vae-course bench --device cuda --amp
  OMP_NUM_THREADS=1 vae-course bench --images 60000 --rounds 5
"""

EPILOG = """\
Rounds are interleaved and medians shown: on a machine that does other things too,
trust the ratios and not the seconds. Which peers are how much slower stands in the
book, on the page Performance, and is measured by `make bench`.

exit status: 0 done, 2 bad input, 1 other failures
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("--images", type=int, default=12_800, metavar="N", help="in an epoch (default: 12800)")
    parser.add_argument("--rounds", type=int, default=3, metavar="R", help="of which medians are taken (default: 3)")
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda, cuda:N or mps (default: cpu)")
    parser.add_argument("--amp", action="store_true", help="mixed precision (matrix products in bfloat16), too")
    parser.add_argument("--compile", action="store_true", help="steps that are one program, too (on a CPU)")


def run(args: argparse.Namespace) -> int:
    """Carry it out; see :mod:`vae_utils.commands._answers` for the exit status."""
    return answered("bench", _run, args)


def _run(args: argparse.Namespace) -> None:
    import torch

    from vae_utils.compiled import require_compiler
    from vae_utils.runs import bench
    from vae_utils.runs.processes import device_named

    for name in ("images", "rounds"):
        if getattr(args, name) < 1:
            raise Ends(f"--{name} must be at least 1, got {getattr(args, name)}")
    with checking_input():
        device = device_named(args.device)
    if args.compile:
        if device.type != "cpu":
            raise Ends(f"--compile is for a CPU, and --device {args.device} is {device}")
        if args.images < 2 * bench.BATCH:  # the first step of a run is not compiled
            raise Ends(f"--images must be at least {2 * bench.BATCH} with --compile, got {args.images}")
        require_compiler()
    x = torch.rand(args.images, bench.PIXELS, generator=torch.Generator().manual_seed(0)).to(device)
    ours = "vae-course train"
    runs = {
        "its matrix products alone": bench.matrix_products(x),
        "and cross-entropy, Adam, fetching": bench.floor(x),
    }
    for amp, compile in product([False, True] if args.amp else [False], [False, True] if args.compile else [False]):
        name = ours + " --amp" * amp + " --compile" * compile
        runs[name] = bench.ours(x, amp=amp, compile=compile).epoch
    times = bench.interleaved(runs, args.rounds)
    where = (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device}, {torch.get_num_threads()} threads"
    )
    for line in bench.table(f"An epoch of {args.images:,} images on {where}", times, beside=ours):
        print(line)
    print(f"  {args.images / times[ours]:,.0f} images a second")
