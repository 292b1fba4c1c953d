"""One text source, three notebooks: what the student gets, the solved one, and the instructor's for nbgrader.

A source is a Python file in jupytext's percent format. What distinguishes the versions stands in its answer cells:

    def kl(mu, logvar):
        '''The docstring, which everybody sees.'''
        ### BEGIN GIVEN
        # ...  # take this line away when you have mended the function
        # return (mu**2 + logvar.exp() - 1 - logvar).sum() / 2
        ### END GIVEN
        ### BEGIN SOLUTION
        return (mu**2 + logvar.exp() - 1 - logvar).sum(-1) / 2
        ### END SOLUTION

The student gets the given code, uncommented, in place of the solution, or ``...`` where none is given. A value is asked
for by a region at the left margin, ``three_kls = (0, 0.5, 0.8)``; without given code the student gets
``three_kls = ...``. An open question is answered in a Markdown cell.
"""

import ast
import difflib
import json
import re
from functools import cache
from pathlib import Path

import jupytext
import nbformat
from docutils.nodes import make_id

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"

STUB = "..."  # the checks take it for an answer that nobody has begun; nbgrader_config.py says the same to nbgrader
TEXT_STUB = "YOUR ANSWER HERE"  # nbgrader's own
MARKER = re.compile(r"^([ \t]*)#{2,3} (BEGIN|END) (SOLUTION|GIVEN)[ \t]*$")  # of Markdown's, jupytext takes one #
MEND = "...  # take this line away when you have mended the function"
LINK = re.compile(r"\]\(\.\./([\w-]+)\.ipynb(?:#([\w.-]+))?\)")  # to a chapter, as seen from the student's notebook
GRADE_ID = re.compile(r"\d\d-[a-z0-9]+(-answer)?")
SCHEMA = {"schema_version": 3, "task": False}
POINTS = 2
SHOW = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}
EXPECTED = "What stands below a check is printed for a right answer. Run the check to learn what it says about yours."
SOLUTIONS = """# Solutions to chapter {number}

Try [the exercises](../../chapters/exercises/{assignment}.ipynb) first. What is folded away here is one right answer of
many: yours may look quite different and pass as well."""


class BadSource(ValueError):
    """What is wrong with a source, in one sentence that names the cell."""


def nbgrader(cell):
    """What nbgrader should know of a cell; empty for one that is not graded."""
    return cell.metadata.get("nbgrader", {})


def is_answer(cell):
    return bool(nbgrader(cell).get("solution"))


def is_check(cell):
    return bool(nbgrader(cell).get("locked"))


# --- the regions of one answer


def regions(source):
    """Pieces of an answer in order: (kind, indent, lines), the kind being "text", "solution" or "given".

    What is given comes before the solution that it stands for, wherever the source has it. Raises :class:`BadSource`.
    """
    pieces, inside = [("text", "", [])], []
    for line in source.split("\n"):
        mark = MARKER.match(line)
        if not mark:
            pieces[-1][2].append(line)
            continue
        indent, edge, name = mark.groups()
        if edge == "END" and inside[-1:] != [name]:
            raise BadSource(f"### END {name} has no BEGIN")
        inside = [*inside, name] if edge == "BEGIN" else inside[:-1]
        if inside not in ([], ["SOLUTION"], ["GIVEN"], ["SOLUTION", "GIVEN"]):
            raise BadSource(f"### BEGIN {name} stands inside another region")
        pieces.append((inside[-1].lower() if inside else "text", indent, []))
    if inside:
        raise BadSource(f"### BEGIN {inside[-1]} has no END")
    pieces = [piece for piece in pieces if any(line.strip() for line in piece[2])]
    return in_order(
        [(kind, indent, lines if kind != "given" else [*map(uncommented, lines)]) for kind, indent, lines in pieces]
    )


def in_order(pieces):
    """The same pieces, each solution after the code that is given in its place."""
    for k, (kind, *_) in enumerate(pieces):
        if kind == "given" and [piece[0] for piece in pieces[k + 1 : k + 2]] != ["solution"]:
            if k == 0 or pieces[k - 1][0] != "solution":
                raise BadSource("### BEGIN GIVEN must stand beside its SOLUTION")
            pieces[k - 1 : k + 1] = [pieces[k], pieces[k - 1]]
    if not any(kind == "solution" for kind, *_ in pieces):
        raise BadSource("the answer cell has no ### BEGIN SOLUTION … ### END SOLUTION")
    return pieces


def uncommented(line):
    """A line of given code, which in the source is a comment so that the source runs."""
    code = re.match(r"^([ \t]*)#(?: (.*)|)$", line)
    if line.strip() and not code:
        raise BadSource(f"given code is commented out in the source, with '# ' before it, but this is not: {line}")
    return (code[1] + (code[2] or "")).rstrip() if code else ""


def asked_value(lines):
    """The name that a solution at the left margin assigns last, or None where it assigns nothing."""
    targets = [node.targets[0] for node in ast.parse("\n".join(lines)).body if isinstance(node, ast.Assign)]
    return getattr(targets[-1], "id", None) if targets else None


def to_mend(lines):
    """Given code with a bare ``...`` in it, so that what nobody has touched counts as not attempted."""
    if any(line.split("#")[0].strip() == STUB or re.search(r"=.*\.\.\.", line) for line in lines):
        return lines
    indent = re.match(r" *", lines[0])[0]
    if indent:
        return [indent + MEND, *lines]
    function = ast.parse("\n".join(lines)).body[-1]
    documented = isinstance(function, ast.FunctionDef) and ast.get_docstring(function) is not None
    if not documented:
        raise BadSource("given code at the left margin is a value or ends with a function that has a docstring")
    first = function.body[0]
    return [*lines[: first.end_lineno], " " * first.col_offset + MEND, *lines[first.end_lineno :]]


def joined(parts):
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(line for part in parts for line in part)).strip("\n")


def versions(source):
    """(student's, solved, nbgrader's) source of an answer cell of code."""
    student, solved, instructor, given = [], [], [], []
    for kind, indent, lines in regions(source):
        if kind == "given":
            given = to_mend(lines)
            continue
        if kind == "text":
            for version in (student, solved, instructor):
                version.append(lines)
            continue
        if not indent and not given:
            name = asked_value(lines)
            if not name:
                raise BadSource("a solution at the left margin assigns a value; keep a function's head outside of it")
            given = [f"{name} = {STUB}"]
        student.append(given or [indent + STUB])
        solved.append(lines)
        region = [f"{indent}### BEGIN SOLUTION", *lines, f"{indent}### END SOLUTION"]
        # nbgrader puts its stub in place of the region; below a return, what is given needs none of its own
        instructor += [region, given[1:] if bare_stub(given) else given] if indent else [given, region]
        given = []
    return joined(student), joined(solved), joined(instructor)


def bare_stub(lines):
    return bool(lines) and lines[0].split("#")[0].strip() == STUB


def text_versions(source):
    """(student's, solved, nbgrader's) source of the Markdown cell that answers an open question."""
    pieces = regions(source)
    before = [lines for kind, _, lines in pieces if kind == "text"]
    model = "\n".join(line for kind, _, lines in pieces if kind == "solution" for line in lines).strip()
    folded = f"<details>\n<summary>{SHOW['code_prompt_show']}</summary>\n\n{model}\n\n</details>"
    return joined([*before, [TEXT_STUB]]), joined([*before, [folded]]), source


# --- a whole notebook


def read(path):
    """The notebook of a source, with cell ids and complete metadata; :class:`BadSource` names what is wrong."""
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    seen = set()
    for number, cell in enumerate(notebook.cells, 1):
        try:
            cell.metadata = complete(cell, path.stem[:2])
            cell["id"] = name_of(cell, number)
            follow_links(cell)
            if cell["id"] in seen:
                raise BadSource(f"the id {cell['id']} is used twice")
        except BadSource as error:
            raise BadSource(f"{path.name}, cell {number}: {error}") from error
        seen.add(cell["id"])
    checked = {nbgrader(cell)["grade_id"] for cell in notebook.cells if is_check(cell)}
    answered = {nbgrader(cell)["grade_id"] for cell in notebook.cells if is_answer(cell) and cell.cell_type == "code"}
    if {f"{name}-answer" for name in checked} != answered or not checked:
        lonely = sorted(answered ^ {f"{name}-answer" for name in checked})
        raise BadSource(f"{path.name}: each answer NN-name-answer needs its check NN-name: {', '.join(lonely)}")
    if not notebook.cells[0].source.startswith("# "):
        raise BadSource(f"{path.name}: the first cell must be the title")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict({"vae_course": {"assignment": path.stem}})
    return notebook


def complete(cell, chapter):
    """The cell's metadata with all keys that nbgrader wants; sources need write only some of them."""
    given = cell.metadata.get("nbgrader")
    if not given:
        return nbformat.from_dict({})
    name = given.get("grade_id", "")
    if not GRADE_ID.fullmatch(name) or name[:2] != chapter:
        raise BadSource(f"grade_id {name!r} is not like {chapter}-kl or {chapter}-kl-answer")
    if cell.cell_type == "markdown":
        role = {"grade": True, "locked": False, "solution": True, "points": given.get("points", POINTS)}
    elif name.endswith("-answer"):
        role = {"grade": False, "locked": False, "solution": True}
    else:
        role = {"grade": True, "locked": True, "solution": False, "points": given.get("points", POINTS)}
        if f'check("{name}")' not in cell.source:
            raise BadSource(f'the check cell of {name} must call check("{name}")')
    return nbformat.from_dict({"nbgrader": {"grade_id": name, **role, **SCHEMA}})


@cache
def anchors(chapter):
    """The ids that a chapter's headings have in the built page."""
    notebook = nbformat.read(CHAPTERS / f"{chapter}.ipynb", as_version=4)
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return [make_id(heading) for heading in re.findall(r"^#+ (.+)$", text, flags=re.M)]


def follow_links(cell):
    """:class:`BadSource` for a link to a chapter or a paragraph that is not there."""
    for chapter, anchor in LINK.findall(cell.source) if cell.cell_type == "markdown" else ():
        if not (CHAPTERS / f"{chapter}.ipynb").is_file():
            raise BadSource(f"there is no chapter {chapter}.ipynb")
        if anchor and anchor not in anchors(chapter):
            meant = difflib.get_close_matches(anchor, anchors(chapter), n=1, cutoff=0)
            raise BadSource(f"chapter {chapter} has no paragraph #{anchor}: do you mean #{meant[0]}?")


def name_of(cell, number):
    """A readable id: the grade id, or the heading's words, or the cell's place."""
    heading = re.match(r"#+ (.+)", cell.source)
    words = re.findall(r"[a-z0-9]+", heading[1].lower()) if heading and cell.cell_type == "markdown" else []
    return nbgrader(cell).get("grade_id") or ("-".join(words)[:60].strip("-") if words else f"cell-{number}")


def version(notebook, which):
    """A copy of the notebook with its answers in version 0 (student's), 1 (solved) or 2 (nbgrader's)."""
    result = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for number, cell in enumerate(result.cells, 1):
        if is_answer(cell):
            try:
                cell.source = (versions if cell.cell_type == "code" else text_versions)(cell.source)[which]
            except (BadSource, SyntaxError) as error:
                raise BadSource(f"cell {number} ({cell['id']}): {error}") from error
    return result


def student_version(notebook, solved):
    """Stubs, and below each check what the executed solution made it print."""
    result = version(notebook, 0)
    result.cells[0].source += f"\n\n{EXPECTED}"
    for cell, done in zip(result.cells, solved.cells, strict=True):
        if is_check(cell):
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
    return result


def locked(notebook):
    """The same notebook with its checks protected in Jupyter: nbgrader writes these two keys."""
    for cell in notebook.cells:
        if is_check(cell):
            cell.metadata["deletable"], cell.metadata["editable"] = False, False
    return notebook


def solution_version(notebook):
    """The solved notebook before it is executed, as the book shows it: solutions are folded away."""
    result = version(notebook, 1)
    for cell in result.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../", "](../../chapters/")  # it lies elsewhere
        elif is_answer(cell):
            cell.metadata |= {"tags": ["hide-input"], "mystnb": dict(SHOW)}
    assignment = notebook.metadata["vae_course"]["assignment"]
    result.cells[0].source = SOLUTIONS.format(number=int(assignment[:2]), assignment=assignment)
    return result


def instructor_version(notebook):
    """The notebook from which ``nbgrader generate_assignment`` makes the student's."""
    return version(notebook, 2)


def hidden_tasks(path):
    """The notebook of tasks that are graded by hidden tests: nbgrader's own format, taken as it is."""
    notebook = jupytext.read(path, fmt="py:percent")
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = name_of(cell, number)
    notebook.metadata = nbformat.from_dict({})
    return notebook
