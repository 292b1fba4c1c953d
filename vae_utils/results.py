"""Small results of the long experiments, stored with their seeds in ``book/results``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

PLACE = Path("book") / "results"


def folder() -> Path:
    """The folder ``book/results``, looked for from the working folder upwards, then beside the package.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    here = Path.cwd()
    for root in (here, *here.parents, Path(__file__).resolve().parents[1]):
        if (root / PLACE).is_dir():
            return root / PLACE
    raise FileNotFoundError(f"no folder {PLACE} at or above {here}: run chapters inside a checkout of the course")


def load(name: str) -> dict[str, Any]:
    """Read a stored result.

    Parameters
    ----------
    name : str
        Name of the experiment, for example ``"ledger"``.

    Raises
    ------
    FileNotFoundError
        If it has not been computed; the message names the script that does.
    """
    path = folder() / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"no stored result {path.name}: run `python book/experiments/{name}.py` to compute it")
    return json.loads(path.read_text(encoding="utf-8"))


def store(name: str, *, seeds: list[int], **values: Any) -> Path:
    """Write a result with its seeds; the file appears whole or not at all.

    Parameters
    ----------
    name : str
        Name of the experiment.
    seeds : list of int
        The seeds that were used, all of them.
    **values
        Numbers, strings, lists and dicts of them.

    Returns
    -------
    Path of the written file.
    """
    path = folder() / f"{name}.json"
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    try:
        text = json.dumps({"seeds": seeds, **values}, indent=1, ensure_ascii=False, allow_nan=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
