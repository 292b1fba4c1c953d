"""What every stored chapter must fulfil, as functions from a notebook to a list of its faults.

Each rule returns sentences that say where and what; an empty list means that the rule holds.
"""

import ast
import builtins
import re
import statistics
import symtable

from tests.notebook_tools import ROOT, NotNormal, dumps, figures, loads, normalise, staleness

CHAPTERS = ROOT / "chapters"
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PROOFS, FIGURES, PROVED_ITEMS, CITATIONS = 8, 4, 4, 2
SETUP_LINES, MEDIAN_LINES = 10, 6
LAST_SECTIONS = ["What we proved", "The ledger", "Further reading"]
VOLATILE = {
    "a progress bar": re.compile(r"\r|\d+%\||\bit/s\b|\bs/it\b"),
    "a path of one machine": re.compile(r"(?<![\w.])/(home|tmp|Users|root|private)/|[A-Z]:\\\\?Users"),
    "terminal colours": re.compile(r"\x1b\["),
}


def load(path):
    return loads(path.read_bytes())


def code(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def markdown(nb):
    return [cell for cell in nb.cells if cell.cell_type == "markdown"]


def tree(cell):
    """Syntax tree of a code cell, or None where it is no plain Python, for example a magic."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None


def lines(cell):
    """Lines of code: neither blank nor only a comment."""
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def stdout(cell):
    return "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")


def claims(cell):
    """The stored lines ``✓ claim`` of a cell, without the mark."""
    return [line.removeprefix("✓ ") for line in stdout(cell).splitlines() if line.startswith("✓ ")]


def images(cell):
    return [out.data["image/png"] for out in cell.outputs if "image/png" in out.get("data", {})]


def prose(nb):
    """All Markdown as one text, less fenced code, in which ``#`` is no heading."""
    return re.sub(r"^(```|~~~).*?^\1", "", "\n\n".join(cell.source for cell in markdown(nb)), flags=re.S | re.M)


def sections(nb):
    """(heading, body) of each ``##`` section, in order."""
    parts = re.split(r"^## +(.+?)\s*$", prose(nb), flags=re.M)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def cited(text):
    """Bibliography keys that a text cites."""
    groups = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)
    return {key.strip() for group in groups for key in group.split(",")}


# --- what is stored

LONGEST_OUTPUT = 30  # lines of text under one cell: a reader takes in a table, not a dump


def every_cell_executed(nb):
    """nbval never compares a cell without count and outputs, so a stripped chapter would pass."""
    return [f"{cell.id}: not executed" for cell in code(nb) if cell.execution_count is None]


def outputs_clean(nb):
    faults = []
    for cell in code(nb):
        for out in cell.outputs:
            if out.output_type == "error":
                faults.append(f"{cell.id}: stores the error {out.ename}")
            if out.output_type == "stream" and out.name == "stderr":
                faults.append(f"{cell.id}: stores stderr: {out.text.strip().splitlines()[-1]}")
            if out.output_type == "execute_result":
                faults.append(f"{cell.id}: ends on a value; print what the reader should see, or assign it")
            shown = out.get("text", "") + out.get("data", {}).get("text/plain", "")
            if len(shown.splitlines()) > LONGEST_OUTPUT:
                faults.append(f"{cell.id}: prints more than {LONGEST_OUTPUT} lines")
            faults += [f"{cell.id}: prints {name}" for name, seen in VOLATILE.items() if seen.search(shown)]
    return faults


def plain_python(nb):
    """No magics (nbval passes a cell with an unknown one), no ``;``, nothing that needs a kernel to show."""
    faults = []
    for cell in code(nb):
        parsed = tree(cell)
        if parsed is None:
            faults.append(f"{cell.id}: is no plain Python (a magic or a shell command?)")
            continue
        if cell.source.rstrip().endswith(";"):
            faults.append(f"{cell.id}: ends with a semicolon; end a plot with plt.show()")
        for node in ast.walk(parsed):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                faults.append(f"{cell.id}: imports * from {node.module}")
            called = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if called in ("interact", "interactive", "interactive_output", "Output", "input", "get_ipython"):
                faults.append(f"{cell.id}: calls {called}(), which works only with a kernel")
    return faults


def ids_readable(nb):
    ids = [cell.get("id", "") for cell in nb.cells]
    faults = [f"{name!r} is no readable id (words-with-dashes)" for name in ids if not ID.fullmatch(name)]
    faults += [f"id {name} is used twice" for name in {name for name in ids if ids.count(name) > 1}]
    # Jupyter's own ids are eight random hexadecimal digits.
    faults += [f"{name} looks like an id made by an editor: give it a name" for name in ids if random_id(name)]
    return faults


def random_id(name):
    return re.fullmatch(r"[0-9a-f]{8}", name) and re.search(r"\d", name)


def normal_form(nb):
    try:
        return [] if dumps(normalise(nb)) == dumps(nb) else ["not in normal form: run `make chapters`"]
    except NotNormal as error:
        return [str(error)]


def fresh(nb):
    if any(tree(cell) is None for cell in code(nb)):
        return ["cannot be judged: a cell is no plain Python"]
    return (
        ["stale: its code or the package changed after it was executed; run `make chapters`"]
        if staleness.is_stale(nb)
        else []
    )


# --- figures


def figures_described(nb):
    faults, seen = [], {}
    for cell in code(nb):
        pngs = images(cell)
        if not pngs:
            continue
        image = cell.metadata.get("mystnb", {}).get("image", {})
        alt = image.get("alt", "").strip()
        if len(alt) < 25 or re.search(r"\.(png|svg|jpe?g)\b", alt):
            faults.append(f"{cell.id}: its figure needs alt text (what it shows; 25 characters or more), has {alt!r}")
        elif alt in seen:
            faults.append(f"{cell.id}: has the alt text of {seen[alt]}")
        seen.setdefault(alt, cell.id)
        if not {"fig-invert", "fig-card"} & set(image.get("classes", "").split()):
            faults.append(f"{cell.id}: its figure needs the class fig-invert (lines) or fig-card (images)")
        if len(pngs) > 1:
            faults.append(f"{cell.id}: shows {len(pngs)} figures with one alt text; make one figure or two cells")
        faults += [
            f"{cell.id}: a figure of {kilobytes(png):.0f} kB"
            for png in pngs
            if kilobytes(png) > figures.MAX_BYTES / 1000
        ]
    return faults


def kilobytes(png):
    """Size of the decoded file."""
    return len("".join(png).replace("\n", "")) * 3 / 4 / 1000


def enough_figures(nb):
    count = sum(len(images(cell)) for cell in code(nb))
    return [] if count >= FIGURES else [f"{count} figures, {FIGURES} are wanted"]


# --- the course's form


def head(nb):
    """Title, objectives, prerequisites and minutes, before anything else."""
    first = "\n\n".join(cell.source for cell in nb.cells[:3] if cell.cell_type == "markdown")
    titles = re.findall(r"^# +\S.*$", prose(nb), flags=re.M)
    faults = [] if len(titles) == 1 and first.startswith("# ") else [f"one title at the very start, found {titles}"]
    objectives = re.search(r"\*\*You will be able to\*\*(.*?)(?=^\*\*|\Z)", first, flags=re.S | re.M)
    if not objectives or len(re.findall(r"^\s*[-*] \S", objectives[1], flags=re.M)) < 2:
        faults.append("the head lacks **You will be able to** with a list of at least two")
    if not re.search(r"\*\*Before you start\*\*\W*\w", first):
        faults.append("the head lacks **Before you start** with what must be known")
    if not re.search(r"\*\*Time\*\*.{0,40}?\d+ minutes", first, flags=re.S):
        faults.append("the head lacks **Time** with a number of minutes")
    return faults


def prediction_first(nb):
    """The reader predicts before the first figure or proof; the answer is folded away."""
    asked = revealed = None
    faults = []
    for number, cell in enumerate(nb.cells):
        if cell.cell_type == "markdown":
            if "**Predict**" in cell.source and asked is None:
                asked = number
            folded = re.search(r"<details>\s*<summary>.+?</summary>.+?</details>", cell.source, flags=re.S)
            if asked is not None and folded and revealed is None:
                revealed = number
            if cell.source.count("<details>") != cell.source.count("</details>"):
                faults.append(f"{cell.id}: an unclosed <details>")
        elif asked is None and (images(cell) or claims(cell)):
            return [*faults, f"{cell.id} shows an answer before any **Predict**"]
    if asked is None:
        faults.append("no **Predict**")
    elif revealed is None:
        faults.append("no <details><summary>…</summary> … </details> reveals the answer of the prediction")
    return faults


def enough_proofs(nb):
    count = sum(len(claims(cell)) for cell in code(nb))
    return [] if count >= PROOFS else [f"{count} lines of proof, {PROOFS} are wanted"]


def claims_literal(nb):
    """Each printed claim is a plain string in a ``prove`` call of its own cell: it is the same everywhere."""
    faults = []
    for cell in code(nb):
        calls = [node for node in ast.walk(tree(cell) or ast.Module([], [])) if isinstance(node, ast.Call)]
        calls = [node for node in calls if getattr(node.func, "id", "") == "prove"]
        firsts = [node.args[0] if node.args else None for node in calls]
        literal = {first.value for first in firsts if isinstance(first, ast.Constant)}
        if len(literal) < len({ast.dump(first) for first in firsts if first is not None}):
            faults.append(f"{cell.id}: a claim is no plain string")
        faults += [f"{cell.id}: no prove() call says {line!r}" for line in claims(cell) if line not in literal]
        faults += [f"{cell.id}: the proof {line!r} left no ✓" for line in sorted(literal - set(claims(cell)))]
    return faults


def ending(nb):
    """What we proved, the ledger and further reading close the chapter; exercises may stand among them."""
    names = [name for name, _ in sections(nb)]
    faults = [
        f"'## {name}' must stand once, stands {names.count(name)} times"
        for name in LAST_SECTIONS
        if names.count(name) != 1
    ]
    if faults:
        return faults
    last = [name for name in names[names.index(LAST_SECTIONS[0]) :] if name != "Exercises"]
    if last != LAST_SECTIONS:
        faults.append(f"the chapter must end with {LAST_SECTIONS}, ends with {last}")
    body = dict(sections(nb))
    if len(re.findall(r"^\s*([-*]|\d+\.) \S", body["What we proved"], flags=re.M)) < PROVED_ITEMS:
        faults.append(f"'What we proved' lists fewer than {PROVED_ITEMS} items")
    count = len(cited(body["Further reading"]))
    if count < CITATIONS:
        faults.append(f"'Further reading' cites {count} works, {CITATIONS} are wanted")
    return faults


def citations_known(nb):
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"^@\w+\{([^,\s]+),", bibliography, flags=re.M))
    return [f"{key} is not in references.bib" for key in sorted(cited(prose(nb)) - known)]


def plain_markdown(nb):
    """Directives show raw in JupyterLab."""
    return [
        f"{cell.id}: a MyST directive"
        for cell in markdown(nb)
        if re.search(r"^(```|:::)+\s*\{", cell.source, flags=re.M)
    ]


def cells_short(nb):
    counts = [len(lines(cell)) for cell in code(nb)]
    if not counts:
        return ["no code"]
    faults = [f"{cell.id}: empty" for cell in code(nb) if not lines(cell)]
    if code(nb)[0].get("id") != "setup":
        faults.append("the first code cell must have the id setup")
    if counts[0] > SETUP_LINES:
        faults.append(f"the set-up cell has {counts[0]} lines, at most {SETUP_LINES} are allowed")
    if statistics.median(counts) > MEDIAN_LINES:
        faults.append(f"the median code cell has {statistics.median(counts)} lines, at most {MEDIAN_LINES} are allowed")
    return faults


# --- names


def free_names(table):
    """Global names that functions, classes and comprehensions below a symbol table use."""
    found = set()
    for child in table.get_children():
        found |= {symbol.get_name() for symbol in child.get_symbols() if symbol.is_global()} | free_names(child)
    return found


def names_defined_here(nb):
    """No name comes from another chapter or from a later cell: a kernel that has run both would hide that."""
    faults, defined, late = [], set(dir(builtins)) | {"__name__", "__file__"}, {}
    for cell in code(nb):
        if tree(cell) is None:
            continue
        table = symtable.symtable(cell.source, cell.id, "exec")
        own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
        used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
        faults += [f"{cell.id}: {name} is used before any cell defines it" for name in sorted(used - own - defined)]
        defined |= own
        late.update({name: cell.id for name in free_names(table) if name not in late})
    faults += [f"{where}: {name} is defined nowhere" for name, where in sorted(late.items()) if name not in defined]
    return faults


RULES = [
    every_cell_executed,
    outputs_clean,
    plain_python,
    ids_readable,
    normal_form,
    fresh,
    figures_described,
    enough_figures,
    head,
    prediction_first,
    enough_proofs,
    claims_literal,
    ending,
    citations_known,
    plain_markdown,
    cells_short,
    names_defined_here,
]
