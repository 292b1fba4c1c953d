"""The runner of injected bugs tells a failed proof from a crash and from a bug that nothing notices."""

import pytest

from tests.chapter_bugs import Bug
from tests.notebook_tools import ROOT, dumps
from tests.sample_chapter import code, stored
from tests.test_chapter_bugs import PROOF_FAILED, Runner

SUMS = """def double(x):
    return x + x


def unproved(x):
    return x
"""
CELLS = [
    code("setup", "from vae_utils.proofs import prove\nfrom vae_utils.sums import double, unproved"),
    code("show", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint(double(2))"),
    code("proof", 'prove("two and two make four", double(2) == 4, seen=double(2))'),
    code("late", "raise RuntimeError('reached the end')"),
]


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    (folder / "chapter.ipynb").write_bytes(dumps(stored(*CELLS)))
    package = folder / "vae_utils"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "sums.py").write_text(SUMS)
    (package / "proofs.py").write_bytes((ROOT / "vae_utils" / "proofs.py").read_bytes())
    runner = Runner(folder / "chapter.ipynb", package)
    yield runner
    runner.close()


def bug(old, new):
    return Bug(module="sums.py", old=old, new=new, why="")


def test_failed_proof(runner, tmp_path):
    end = runner.run_with(bug("x + x", "x + x + 1"), tmp_path)
    assert (end["error"], end["cell"], end["number"]) == (PROOF_FAILED, "proof", 3)
    assert "seen = 5" in end["message"]


def test_crash_is_no_failed_proof(runner, tmp_path):
    end = runner.run_with(bug("x + x", "x + None"), tmp_path)
    assert (end["error"], end["cell"]) == ("builtins.TypeError", "show")


def test_killed_process_is_no_failed_proof(runner, tmp_path):
    end = runner.run_with(bug("return x + x", "__import__('os')._exit(0)"), tmp_path)
    assert end["error"] == "Died"


def test_bug_that_no_proof_notices(runner, tmp_path):
    end = runner.run_with(bug("    return x\n", "    return -x\n"), tmp_path)
    assert (end["error"], end["cell"]) == ("builtins.RuntimeError", "late")


@pytest.mark.parametrize("old", ["x", "absent"])
def test_old_text_must_occur_once(runner, tmp_path, old):
    with pytest.raises(ValueError, match="expected once"):
        runner.run_with(bug(old, "y"), tmp_path)
