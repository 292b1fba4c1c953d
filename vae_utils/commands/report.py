"""``vae-course report``: what a class got right, and its mistakes, ranked."""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path

from vae_utils.commands._answers import Ends
from vae_utils.commands._notebooks import add_timeout, answered, existing_folder, threads

DESCRIPTION = """\
For instructors: judge all exercise notebooks in a folder, as `vae-course regrade` does,
and write two tables for a spreadsheet:

  report.csv           one line for each student and exercise: verdict, mistake, points
  report-mistakes.csv  the mistakes, the most frequent first: what to repeat next week

examples:
  vae-course report submitted/
  vae-course report submitted/ --out week5.csv
"""

EPILOG = """\
Who is who: the first folder below FOLDER names the student (ada/05-kl.ipynb, nbgrader's
ada/05-kl/05-kl.ipynb); files that lie in FOLDER itself are named ada_05-kl.ipynb.
Of several copies of one notebook the newest counts.

A submission that cannot be judged gets a line that says why; the others go on. Names
that a spreadsheet would take for a formula get an apostrophe in front. Tables that
exist are not overwritten. A mistake is counted among those who tried the exercise.

This runs the students' programs, as you. Where you cannot trust them, run it in a
container without network (the instructors' page of the book shows how).

exit status: 0 done, 2 bad input
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments and the help."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("folder", metavar="FOLDER", help="the submissions")
    parser.add_argument("--out", metavar="FILE", default="report.csv", help="default: report.csv, where you are")
    parser.add_argument("--top", type=int, default=10, metavar="N", help="mistakes to print (default: 10)")
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    """Carry it out."""
    return answered("report", _run, args)


def _run(args: argparse.Namespace) -> int:
    folder, table = existing_folder(args.folder), Path(args.out)
    mistakes = table.with_name(f"{table.stem}-mistakes{table.suffix}")
    for path in (table, mistakes):
        if path.exists():
            raise Ends(f"{path} exists and is not overwritten: name another file with --out")
    if not table.parent.is_dir():
        raise Ends(f"{table.parent}: there is no such folder")
    threads()
    from vae_utils.coursework.folders import Ranked, Row, as_csv, judge_class, ranked
    from vae_utils.coursework.outside import keep_memory_private, regrade

    keep_memory_private()
    found = judge_class(folder, lambda path: regrade(path, seconds=args.timeout), lambda file: _tell(file))
    if not found:
        raise Ends(f"{args.folder}: there are no notebooks in it")
    order = ranked(found)
    table.write_bytes(as_csv([row for row, _ in found], Row))
    mistakes.write_bytes(as_csv(order, Ranked))
    for one in order[: args.top]:
        print(f"{one.students:3} of {one.tried:<3}  {one.exercise}  ({one.mistake})")
        print(textwrap.fill(one.hint, 86, initial_indent=" " * 12, subsequent_indent=" " * 12))
    refused = [row for row, _ in found if row.verdict == "cannot check"]
    for row in refused:
        print(f"cannot check {row.student}: {row.remark}")
    students = len({row.student for row, _ in found})
    print(f"{students} students, {len(order)} different mistakes; {table} and {mistakes} are written")
    return 0


def _tell(file: str) -> None:
    printable = "".join(letter if letter.isprintable() else "?" for letter in file)  # a student chose it
    print(f"judging {printable}", file=sys.stderr, flush=True)
