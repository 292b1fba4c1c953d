"""``vae-course progress``: what is done, as a table."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap

from vae_utils.commands._notebooks import answered, existing_folder, threads

DESCRIPTION = """\
Judge the exercise notebooks of a folder and show what is done: one line for each
chapter, one mark for each exercise.

examples:
  vae-course progress
  vae-course progress ~/vae-exercises
"""

EPILOG = """\
the marks:
  ✓ kl                  right
  ✗ kl (wrong-sign)     not right yet, and what was seen
  · kl                  not attempted
  –                     there is no notebook of this chapter (vae-course start 05)

A notebook that has not changed is not judged twice: its verdicts are kept in your cache
folder, as long as its cells, the Python files beside it, vae_utils and torch stay the
same. --again judges everything. Of two copies of a notebook the newest counts.

exit status: 0, or 2 if there is no such folder
"""

MARKS = {"pass": "✓", "not yet": "✗", "not attempted": "·", "none": "–"}
PLAIN = {"pass": "+", "not yet": "x", "not attempted": ".", "none": "-"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="default: the folder where you are")
    parser.add_argument("--again", action="store_true", help="judge everything again")


def run(args: argparse.Namespace) -> int:
    """Carry it out."""
    return answered("progress", _run, args)


def _run(args: argparse.Namespace) -> int:
    from vae_utils.coursework.folders import progress
    from vae_utils.coursework.notebooks import assignments

    folder = existing_folder(args.folder)
    threads()
    found = progress(folder, again=args.again)
    marks = MARKS if _can_print("".join(MARKS.values())) else PLAIN
    width = max(map(len, assignments()), default=0) + 2
    wrapped = textwrap.TextWrapper(
        width=max(60, shutil.get_terminal_size().columns),
        subsequent_indent=" " * (width + 10),
        break_on_hyphens=False,
        break_long_words=False,
    )
    print(f"{'chapter':{width}}{'done':10}exercises")
    right = of = 0
    for name in assignments():
        results = found.get(name)
        done, told = _line(results[0], marks) if results else (marks["none"], f"not begun: vae-course start {name[:2]}")
        for line in wrapped.wrap(f"{name:{width}}{done:10}{told}"):
            print(line.replace("\0", " ").rstrip())
        if results:
            right += sum(verdict.passed for verdict in results[0].judged)
            of += len(results[0].judged)
            for older in results[1:]:
                print(f"{'':{width}}{'':10}{older.path.name} is an older copy and was not counted")
    print(f"{right} of {of} exercises in {len(found)} notebook{'s' * (len(found) != 1)} are right")
    meanings = dict(zip(marks.values(), ("right", "not yet", "not attempted", "no notebook"), strict=True))
    print("  ".join(f"{mark} {meaning}" for mark, meaning in meanings.items()))
    return 0


def _line(result, marks: dict[str, str]) -> tuple[str, str]:
    """How many are right, and every exercise with its mark; \\0 is a space at which no line is broken."""
    if result.cannot:
        return "?", result.cannot
    words = []
    for verdict in result.judged:
        word = verdict.id.partition("-")[2]
        if verdict.passed:
            words.append(f"{marks['pass']}\0{word}")
        elif verdict.mistake == "not-attempted":
            words.append(f"{marks['not attempted']}\0{word}")
        else:
            words.append(f"{marks['not yet']}\0{word}\0({verdict.mistake})")
    right = sum(verdict.passed for verdict in result.judged)
    return f"{right} of {len(result.judged)}", "\0 ".join(words)


def _can_print(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
