"""Collect the digit's accounts: run every chapter and store what its variable ``account`` says.

    python book/experiments/ledger.py

A chapter draws the accounts of the chapters before it from the stored file. Run this when a chapter's account has
changed, then ``python course.py chapters``.
"""

import contextlib
import io
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from tqdm import tqdm

from vae_utils import results
from vae_utils.ledger import Account

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def account_of(chapter: Path) -> Account:
    """Execute a chapter's code cells in order and return its ``account``, in nats rounded to nine decimals."""
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    names: dict = {"__name__": "__main__"}
    with contextlib.chdir(chapter.parent), contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), f"{chapter.name}:{cell['id']}", "exec"), names)
                plt.close("all")
    account = names.get("account")
    if not isinstance(account, Account):
        raise SystemExit(f"{chapter.name} must leave its Account in the variable `account`, got {account!r}")
    rounded = {name: round(value, 9) for name, value in account._asdict().items() if isinstance(value, float)}
    return account._replace(**rounded)


def main() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    chapters = sorted(CHAPTERS.glob("[0-9][0-9]-*.ipynb"))
    # a process for each: a chapter may set torch's default dtype, and the next must not inherit it
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        running = pool.map(account_of, chapters)
        accounts = list(tqdm(running, total=len(chapters), disable=not sys.stderr.isatty()))
    # every chapter fixes its own seeds; the accounts are of one image and depend on no seed beyond them
    print(results.store("ledger", seeds=[0], accounts=[account._asdict() for account in accounts]))


if __name__ == "__main__":
    main()
