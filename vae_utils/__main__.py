"""``vae-course COMMAND``, or ``python -m vae_utils COMMAND``: the course's commands for readers.

A subcommand is a line of the table below, and a module that is imported only when it is asked for: so ``--help``, and
what needs no torch, answer at once.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from vae_utils import __version__

# name: (module with add_arguments(parser) and run(args), what it does)
COMMANDS = {
    "train": ("vae_utils.commands.train", "train a VAE on MNIST, Fashion-MNIST or the small digits"),
    "evaluate": ("vae_utils.commands.evaluate", "judge a trained VAE, in nats, on images that it has not seen"),
    "sample": ("vae_utils.commands.sample", "draw new images from a trained VAE"),
    "start": ("vae_utils.commands.start", "a fresh exercise notebook"),
    "check": ("vae_utils.commands.check", "which exercises of a notebook are right, and what is wrong"),
    "progress": ("vae_utils.commands.progress", "what is done of the exercises, as a table"),
    "report": ("vae_utils.commands.report", "for instructors: a class, its answers and its mistakes"),
    "regrade": ("vae_utils.commands.regrade", "for instructors: judge a notebook from outside its process"),
    "bench": ("vae_utils.commands.bench", "time the training on this machine"),
}


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, and exits with status 2."""

    def error(self, message: str):
        self.exit(2, f"{self.prog}: {message} (`{self.prog} --help` explains)\n")


def parser(asked: str | None) -> Parser:
    """The parser of everything; only the command that is asked for brings its own arguments."""
    whole = Parser(
        prog="vae-course",
        description="Variational autoencoders: models at full size, and the exercises of the course.",
        epilog="`vae-course COMMAND --help` explains a command, with examples.",
    )
    whole.add_argument("--version", action="version", version=f"vae_utils {__version__}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        own = commands.add_parser(name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == asked:
            importlib.import_module(module).add_arguments(own)
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status is 0, 2 for bad input, 130 after Ctrl-C, and 1 for other failures."""
    argv = list(sys.argv[1:] if argv is None else argv)
    args = parser(argv[0] if argv else None).parse_args(argv or ["--help"])
    return importlib.import_module(COMMANDS[args.command][0]).run(args)


if __name__ == "__main__":
    sys.exit(main())
