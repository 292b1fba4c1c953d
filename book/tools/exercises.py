"""Make the exercise notebooks from their text sources, book/exercises/NN-topic.py.

    python book/tools/exercises.py                 all of them
    python book/tools/exercises.py 05 07-vae       these
    python book/tools/exercises.py --verify        write nothing; exit status 1 if a stored file is not what comes out
    python book/tools/exercises.py --nbgrader DIR  write DIR/source/NN-topic/NN-topic.ipynb for an nbgrader course

From each source come three files: the student's notebook with stubs, the solved and executed one for the book, and the
released copy inside the package, which says what the checks looked like when they were handed out.
"""

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path

from exercise_sources import (
    BadSource,
    hidden_tasks,
    instructor_version,
    is_check,
    locked,
    nbgrader,
    read,
    solution_version,
    student_version,
)
from normalise import NotNormal, dumps, normalise

from chapters import ChapterFailed, chosen, execute, write_bytes

ROOT = Path(__file__).resolve().parents[2]
SOURCES = "book/exercises"
HIDDEN = "hidden-template"
STUDENT, SOLUTION, RELEASED = "chapters/exercises", "book/solutions", "vae_utils/released"


def released_copy(student):
    """What the checks compare a student's notebook with, and the whole of it for those who start anew.

    ``cells`` are the locked cells with what they print for a right answer, ``notebook`` is the student's notebook.
    """
    keys = ("source", "outputs", "execution_count")
    cells = [
        {"grade_id": nbgrader(cell)["grade_id"], "points": nbgrader(cell)["points"], **{key: cell[key] for key in keys}}
        for cell in student.cells
        if is_check(cell)
    ]
    return {
        "assignment": student.metadata["vae_course"]["assignment"],
        "cells": cells,
        "notebook": json.loads(dumps(student)),
        "sha256": hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest(),
    }


def made(source, folder=ROOT):
    """{path: bytes} of all that is made from one source; ChapterFailed if its solution does not run."""
    name = source.stem
    notebook = read(source)
    solved = solution_version(notebook)
    try:
        solved = normalise(execute(solved, ROOT / "book"))
        student = locked(normalise(student_version(notebook, solved)))
    except NotNormal as error:
        raise ChapterFailed(str(error)) from error
    released = json.dumps(released_copy(student), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return {
        folder / STUDENT / f"{name}.ipynb": dumps(student),
        folder / SOLUTION / f"{name}.ipynb": dumps(solved),
        folder / RELEASED / f"{name}.json": released.encode(),
    }


def make(source, folder=ROOT, verify=False):
    """Write what is made from one source; returns the files that were, or with ``verify`` would be, changed."""
    changed = []
    for path, content in made(source, folder).items():
        if path.is_file() and path.read_bytes().replace(b"\r\n", b"\n") == content:
            continue
        changed.append(path)
        if not verify:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, content)
    return changed


def write_for_nbgrader(sources, folder):
    """An nbgrader course: the instructor's notebooks, a template for hidden tasks, and the settings."""
    notebooks = {source.stem: instructor_version(read(source)) for source in sources}
    notebooks[HIDDEN] = hidden_tasks(ROOT / SOURCES / f"{HIDDEN}.py")
    for name, notebook in notebooks.items():
        path = folder / "source" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, dumps(normalise(notebook)))
    (folder / "nbgrader_config.py").write_bytes((ROOT / SOURCES / "nbgrader_config.py").read_bytes())


def main(arguments=None, folder=ROOT):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="CHAPTER", help="number or name of a chapter, such as 05 or 05-kl")
    parser.add_argument("--verify", action="store_true", help="write nothing, say what is out of date")
    parser.add_argument("--nbgrader", metavar="DIR", type=Path, help="write an nbgrader course and nothing else")
    options = parser.parse_args(arguments)
    sources = sorted((folder / SOURCES).glob("[0-9][0-9]-*.py"))
    try:
        sources = chosen(options.names, sources) or sources
    except ValueError as error:
        parser.error(str(error))
    if options.nbgrader:
        write_for_nbgrader(sources, options.nbgrader)
        print(f"{len(sources)} assignments and {HIDDEN} in {options.nbgrader / 'source'}")
        return 0
    failed = stale = 0
    for source in sources:
        begun = time.monotonic()
        try:
            changed = make(source, folder, options.verify)
        except (BadSource, ChapterFailed) as error:
            failed += 1
            print(f"{source.stem}: {error}", file=sys.stderr)
            continue
        stale += len(changed)
        said = "out of date: " if options.verify else "wrote "
        names = [path.relative_to(folder).as_posix() for path in changed]
        print(f"{source.stem}: {said + ', '.join(names) if names else 'current'} ({time.monotonic() - begun:.0f} s)")
    return int(bool(failed or (options.verify and stale)))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nInterrupted: each file is an old or a new one, whole.", file=sys.stderr)
        sys.exit(130)
