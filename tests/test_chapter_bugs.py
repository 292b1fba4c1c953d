"""Each chapter's proofs notice real mistakes: a proof that survives its bug proves nothing.

The bugs stand in ``chapter_bugs/NN.py``. Each is put into a copy of the package, and the chapter's code must
end in ``ProofFailed``. A crash of another kind does not count: it would be noticed without any proof. (That no proof
fails without a bug is what nbval shows, which executes every chapter in the same test command.)
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import real_mnist
from tests.chapter_rules import CHAPTERS, ROOT

HERE = Path(__file__).resolve().parent
WANTED = 5
PROOF_FAILED = "vae_utils.proofs.ProofFailed"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def bugs(path):
    """The bugs of the chapter at ``path``, from the file with its number."""
    file = HERE / "chapter_bugs" / f"{path.stem.partition('-')[0]}.py"
    return runpy.run_path(str(file))["BUGS"] if file.is_file() else []


class Runner:
    """A warm process that runs one chapter on copies of the package."""

    def __init__(self, chapter, package=ROOT / "vae_utils", **environment):
        self.chapter, self.package = chapter, package
        environment = {**os.environ, **THREADS, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", **environment}
        environment.pop("MPLBACKEND", None)
        command = [sys.executable, str(HERE / "bug_runner.py"), str(chapter)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, text=True, encoding="utf-8", env=environment, **pipes)

    def copy(self, folder):
        ignored = shutil.ignore_patterns("__pycache__")
        return Path(shutil.copytree(self.package, folder / "vae_utils", ignore=ignored)).parent

    def run(self, folder):
        """How the chapter ends with the package in ``folder``."""
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def run_with(self, bug, folder):
        """How the chapter ends with the bug; ValueError unless its ``old`` text occurs exactly once."""
        module = self.copy(folder) / "vae_utils" / bug.module
        source = module.read_text(encoding="utf-8")
        if source.count(bug.old) != 1:
            raise ValueError(f"{bug.module} contains {bug.old!r} {source.count(bug.old)} times, expected once")
        module.write_text(source.replace(bug.old, bug.new), encoding="utf-8")
        return self.run(folder)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


@pytest.fixture(scope="class")
def runner(request, tmp_path_factory):
    data = real_mnist.environment(tmp_path_factory.mktemp("data")) if real_mnist.needs(request.cls.path) else {}
    if data is None:
        pytest.skip(real_mnist.MISSING)
    runner = Runner(request.cls.path, **data)
    yield runner
    runner.close()


class ChapterBugs:
    """The tests of one chapter; a class each, so that two test processes can share the chapters between them."""

    path: Path

    def test_there_are_enough(self):
        found = bugs(self.path)
        assert len(found) >= WANTED, f"{self.path.stem} has {len(found)} injected bugs, {WANTED} are wanted"
        assert len({(bug.module, bug.old, bug.new) for bug in found}) == len(found)

    def test_proof_notices(self, bug, runner, tmp_path):
        end = runner.run_with(bug, tmp_path)
        assert end["error"] is not None, f"no proof notices: {bug.why}"
        seen = f"cell {end['cell']}: {end['error']}: {end['message']}"
        assert end["error"] == PROOF_FAILED, f"{bug.why}: a crash is no proof; {seen}"


def pytest_generate_tests(metafunc):
    if "bug" in metafunc.fixturenames:
        found = bugs(metafunc.cls.path)
        metafunc.parametrize("bug", found, ids=[f"{number}" for number in range(1, len(found) + 1)])


for chapter in sorted(CHAPTERS.glob("*.ipynb")):
    name = f"TestChapter{chapter.stem.partition('-')[0]}"
    globals()[name] = type(name, (ChapterBugs,), {"path": chapter})
