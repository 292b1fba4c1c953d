"""The stored accounts of the digit are those of the chapters, and they agree with each other."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.chapter_rules import CHAPTERS
from tests.test_chapters_runs import ALL
from vae_utils import results
from vae_utils.ledger import Account

# the ledger follows one of the 8×8 digits: chapter 11, whose images are larger, has no account
PATHS = sorted(CHAPTERS.glob("*.ipynb"))[:10]
STORED = {entry["chapter"]: Account(**entry) for entry in results.load("ledger")["accounts"]}
TODAY = PATHS if ALL else [PATHS[datetime.now(UTC).toordinal() % len(PATHS)]]


def test_every_chapter_has_an_account():
    assert list(STORED) == list(range(1, len(PATHS) + 1))


def test_the_linear_model_has_one_log_p_in_three_chapters():
    """Chapter 1 knows it as a formula, chapter 5 as reconstruction − KL, chapter 6 by sampling."""
    assert STORED[5].log_p == pytest.approx(STORED[1].log_p, abs=1e-8)
    assert STORED[6].log_p == pytest.approx(STORED[1].log_p, abs=1e-8)
    assert STORED[5].imbalance == pytest.approx(0, abs=1e-8)
    assert STORED[6].imbalance == pytest.approx(0, abs=0.1)  # 10,000 samples with a spread of about 2 nats: 5 σ = 0.1


def test_the_books_of_the_vae_balance():
    assert STORED[7].gap > 0
    assert STORED[7].imbalance == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("path", TODAY, ids=lambda path: path.stem)
def test_an_account_is_what_its_chapter_computes(path):
    """One chapter by date, all of them nightly. Another processor may train a little differently: 0.3 nats."""
    code = (
        "import json, pathlib, sys; sys.path.insert(0, 'book/experiments'); import ledger; "
        f"print(json.dumps(ledger.account_of(pathlib.Path({str(path)!r}))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHAPTERS.parent, capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    live = Account(*json.loads(done.stdout.splitlines()[-1]))
    stored = STORED[live.chapter]
    assert live.model == stored.model
    for name in ("log_p", "reconstruction", "kl", "gap"):
        mine, kept = getattr(live, name), getattr(stored, name)
        assert (mine is None) == (kept is None), name
        assert mine is None or mine == pytest.approx(kept, abs=0.3), name
