"""``vae-course regrade``: judge a notebook from outside its process, with inputs that nobody has seen."""

from __future__ import annotations

import argparse

from vae_utils.commands._notebooks import add_timeout, answered, each_file, threads

DESCRIPTION = """\
For instructors: judge a notebook from outside. The student's cells run in one
process; another one draws fresh random inputs, lets the answers compute, and compares
the results with its own. What a notebook does to its own Python, to `check`, `print`
or `torch.allclose`, to its check cells or stored outputs, cannot earn a pass.

examples:
  vae-course regrade submitted/ada/05-kl.ipynb
  vae-course regrade submitted/*/05-kl.ipynb
"""

EPILOG = """\
What its verdicts mean:
  - The same words as `vae-course check`. A wrong answer is told what the student was
    told, for the same inputs.
  - (only-known-inputs): right for the inputs that the check always takes, and wrong,
    twice, for fresh ones. That can be a table of answers; it can also be a mistake
    that those inputs do not show. Read the code before you say more.

What it does not find:
  - An answer that somebody else wrote. The solutions are published, and the package
    computes most of what is asked for: such an answer is right, and passes. (`import
    vae_utils.checks` is out of reach here; a copy of its text is not.)
  - Three exercises need modules or optimizers (03-encoder, 09-penalty, 09-clip). They
    are observed within the student's process, by checks that are loaded anew, and
    compared outside. Whoever rewrites Python's own machinery can lie there.
So these exercises are for learning. Grades need hidden ones, and a talk.

A notebook is a program by a stranger: run this in a container, one per submission,
without network (the instructors' page of the book shows how). Processes are killed
when they end or take too long, but they run as you.

exit status: 0 all right, 1 something is not right (or a check was changed), 2 a file
could not be judged
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("files", metavar="FILE", nargs="+", help="exercise notebooks (.ipynb)")
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    """Carry it out."""
    return answered("regrade", _run, args)


def _run(args: argparse.Namespace) -> int:
    threads()
    from vae_utils.coursework.outside import keep_memory_private, regrade

    keep_memory_private()
    return each_file(args.files, lambda path: regrade(path, seconds=args.timeout))
