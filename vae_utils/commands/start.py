"""``vae-course start``: a fresh exercise notebook."""

from __future__ import annotations

import argparse
from pathlib import Path

from vae_utils.commands._answers import Ends
from vae_utils.commands._notebooks import answered

DESCRIPTION = """\
Copy fresh exercise notebooks into the folder where you are. What is there already is
never overwritten.

examples:
  vae-course start 05              chapter 5
  vae-course start 05-kl 06        two of them
  vae-course start all --into work
"""

EPILOG = """\
Open the copy in Jupyter or any editor for notebooks, write your answers where the dots
are, and run the check below each. In a terminal: vae-course check 05-kl.ipynb

exit status: 0 done, 1 everything was there already, 2 bad input
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("chapters", metavar="CHAPTER", nargs="+", help="05, 05-kl, or all")
    parser.add_argument("--into", metavar="FOLDER", default=".", help="another folder; it is made if it is missing")


def run(args: argparse.Namespace) -> int:
    """Carry it out."""
    return answered("start", _run, args)


def _run(args: argparse.Namespace) -> int:
    from vae_utils.coursework.handout import chosen, start

    try:
        names = chosen(args.chapters)
    except ValueError as error:
        raise Ends(str(error)) from None
    folder, new = Path(args.into), 0
    for name in names:
        path = folder / f"{name}.ipynb"
        if start(name, folder):
            new += 1
            print(f"{path} is new. When you have answered: vae-course check {path}")
        else:
            print(
                f"{path} is there already and stays as it is. To begin anew, rename it, or: "
                f"vae-course start {name} --into fresh"
            )
    return 0 if new else 1
