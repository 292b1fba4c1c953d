"""``vae-course check``: which exercises of a notebook are right, and what is wrong with the others."""

from __future__ import annotations

import argparse
from pathlib import Path

from vae_utils.commands._answers import Ends
from vae_utils.commands._notebooks import add_timeout, answered, each_file, threads

DESCRIPTION = """\
Run an exercise notebook from the top, in a new Python process, and say of each
exercise whether it is right. If not, the mistake is named as in the notebook.

examples:
  vae-course check 05              chapter 5: 05-kl.ipynb, in the folder where you are
  vae-course check work/05-kl.ipynb
  vae-course check *.ipynb

It prints, for example:
  PASS  05-predict  three_kls
  NOT YET  05-kl  (missing-half)
    Every value is twice the right one. The ½ belongs to the KL: without it
    you train with a hidden β = 2.
"""

EPILOG = """\
How it judges:
  - The checks are those that were handed out. Where one was edited, deleted or
    made text, CHANGED says so, and the check as handed out is run all the same.
  - Outputs that are stored in the file count for nothing: everything runs again.
  - A cell that fails does not stop the others. One that ends Python, or runs longer
    than --timeout, is left out; a new process goes on.
  - Scratch cells of your own do no harm. A NOTE tells of one that failed.
  - CANNOT CHECK: the file could not be read, and what to do about it.

Your file is not changed. `hint("05-kl")` in the notebook tells more.

exit status: 0 all right, 1 something is not right yet (or a check was changed),
2 a file could not be checked
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="exercise notebooks (.ipynb), or numbers of chapters (05)"
    )
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    """Carry it out."""
    return answered("check", _run, args)


def _run(args: argparse.Namespace) -> int:
    from vae_utils.coursework.judging import judged

    threads()
    paths = [_notebook(word) for word in args.files]
    return each_file(paths, lambda path: judged(path, seconds=args.timeout))


def _notebook(word: str) -> str:
    """The file that is meant: its name, or in place of a chapter's number what ``vae-course start`` makes here."""
    from vae_utils.coursework.notebooks import assignments

    if not word.isdecimal():
        return word
    chapters = {name[:2]: f"{name}.ipynb" for name in assignments()}
    file = chapters.get(word.lstrip("0").zfill(2))
    if file is None:
        raise Ends(f"there are no exercises of a chapter {word}; there are {', '.join(chapters)}")
    if not Path(file).exists():
        raise Ends(
            f"there is no {file} in the folder {Path.cwd()}; `vae-course start {file[:2]}` makes it, and if yours is "
            "elsewhere or has another name, type that"
        )
    return file
