"""What a stored chapter was computed from, as one digest: it says when a chapter must be executed again."""

import ast
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "vae_utils"


def code_of(notebook):
    """Sources of the code cells, in order."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def without_docstrings(tree):
    """The tree without docstrings and without the assignment of ``__version__``: neither changes a result."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and ast.get_docstring(node) is not None
        ):
            node.body = body[1:]
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__")
    ]
    return tree


def canonical(node):
    """Text of a syntax tree, the same in every Python version.

    Versions differ in which empty fields they show and in how they cut an f-string into pieces.
    """
    if isinstance(node, ast.JoinedStr):
        pieces = []
        for value in node.values:
            if isinstance(value, ast.Constant) and pieces and isinstance(pieces[-1], ast.Constant):
                value = ast.Constant(pieces.pop().value + value.value)
            pieces.append(value)
        node = ast.JoinedStr([piece for piece in pieces if getattr(piece, "value", None) != ""])
    if isinstance(node, ast.AST):
        fields = [
            (name, value)
            for name, value in ast.iter_fields(node)
            if name not in ("ctx", "kind", "type_comment", "type_ignores")
        ]
        inner = ", ".join(f"{name}={canonical(value)}" for name, value in fields if value is not None and value != [])
        return f"{type(node).__name__}({inner})"
    if isinstance(node, list):
        return f"[{', '.join(map(canonical, node))}]"
    return repr(node)


def module_file(name, root):
    """File of the dotted module name inside the package, or None."""
    path = root.joinpath(*name.split("."))
    candidates = [path.with_suffix(".py"), path / "__init__.py"]
    return (
        next((candidate for candidate in candidates if candidate.is_file()), None)
        if name.split(".")[0] == PACKAGE
        else None
    )


def imported(tree, inside=""):
    """Dotted names that a syntax tree may import; its relative imports start from the package ``inside``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = inside.split(".")[: len(inside.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def reached(trees, root):
    """Syntax trees, by dotted name, of the package's modules that the given trees import, also indirectly."""
    found = {}
    waiting = [name for tree in trees for name in imported(tree)]
    while waiting:
        name = waiting.pop()
        parts = name.split(".")
        waiting += [".".join(parts[:-1])] if len(parts) > 1 and name not in found else []
        file = module_file(name, root)
        if file is None or name in found:
            continue
        found[name] = without_docstrings(ast.parse(file.read_bytes()))
        waiting += imported(found[name], name if file.name == "__init__.py" else name.rpartition(".")[0])
    return found


def strings(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def named_files(trees, names, root):
    """Data that the code names: results by file name or stem, and the files beside the reached modules."""
    words = {string.replace("\\", "/").rpartition("/")[2] for tree in trees for string in strings(tree)}
    results = sorted(file for file in (root / "book" / "results").glob("*") if file.suffix in (".json", ".npz"))
    folders = {module_file(name, root).parent for name in names}
    beside = sorted(
        file for folder in folders for file in (*folder.glob("*"), *folder.glob("static/*")) if file.is_file()
    )
    beside = [file for file in beside if file.suffix not in (".py", ".pyc") and file.name in words]
    return [file for file in results if file.name in words or file.stem in words] + beside


def content(file):
    """Bytes of a file, text with Unix line ends so that a checkout on Windows has the same digest."""
    data = file.read_bytes()
    return data if file.suffix in (".npz", ".png") else data.replace(b"\r\n", b"\n")


def inputs(notebook, root=ROOT):
    """What the outputs of the notebook depend on, as (name, bytes) pairs in a fixed order."""
    sources = code_of(notebook)
    trees = [ast.parse(source) for source in sources]
    modules = reached(trees, root)
    files = named_files([*trees, *modules.values()], modules, root)
    pairs = [(f"cell {number}", source.encode()) for number, source in enumerate(sources)]
    pairs += [(name, canonical(tree).encode()) for name, tree in sorted(modules.items())]
    return pairs + [(file.relative_to(root).as_posix(), content(file)) for file in files]


def digest(notebook, root=ROOT):
    """sha256 over the code cells, the modules they reach (less comments and docstrings) and their results."""
    total = hashlib.sha256()
    for name, data in inputs(notebook, root):
        total.update(f"{name}\0{len(data)}\0".encode() + data)
    return total.hexdigest()


def stored_digest(notebook):
    """The digest of the state in which the notebook was last executed, or None."""
    return notebook.metadata.get("vae_course", {}).get("digest")


def is_stale(notebook, root=ROOT):
    """True when the notebook was never executed by the tools, or something it depends on changed since."""
    return stored_digest(notebook) != digest(notebook, root)
