"""Fresh exercise notebooks for those who begin."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .notebooks import assignments, release

LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#\s]+)(#[^)\s]*)?\)")


def chosen(words: list[str]) -> list[str]:
    """The notebooks that somebody means: ``["5"]``, ``["05", "07-vae"]``, ``["all"]``.

    Raises
    ------
    ValueError
        Where a word means none of them.
    """
    known, found = assignments(), []
    for word in words:
        name = word.removesuffix(".ipynb")
        number = f"{int(name):02d}" if name.isdecimal() else None
        meant = [one for one in known if name in ("all", one) or one[:2] == number]
        if not meant:
            raise ValueError(f"there are no exercises {word!r}; there are {', '.join(known)}, and all")
        found += [one for one in meant if one not in found]
    return found


def fresh(assignment: str, folder: Path) -> bytes:
    """A notebook as it was handed out.

    Links to chapters lead to files beside the course's own notebooks. Where these are not, as when only the package
    is installed, the words remain without the link.
    """
    notebook = json.loads(json.dumps(release(assignment).notebook))

    def kept(link: re.Match) -> str:
        if (folder / link[2]).is_file():
            return link[0]
        number = re.search(r"(\d\d)-[\w-]+\.ipynb", link[2])
        return f"*{link[1]}*" + (f" (chapter {int(number[1])})" if number and "solutions" not in link[2] else "")

    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = cell["source"]
            cell["source"] = LINK.sub(kept, source if isinstance(source, str) else "".join(source))
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def start(assignment: str, folder: Path) -> bool:
    """Put a fresh notebook into a folder; False where there is something of that name already, which stays.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    content = fresh(assignment, folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open(folder / f"{assignment}.ipynb", "xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
