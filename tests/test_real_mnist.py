"""Where MNIST is found, and that its chapter is skipped, with a reason, where it is not."""

import os
import subprocess
import sys

import pytest

from tests import real_mnist
from tests.chapter_rules import CHAPTERS
from tests.notebook_tools import ROOT
from vae_utils.download import VARIABLE


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No variable names the files, and the course's own folder is an empty one."""
    monkeypatch.delenv(real_mnist.NAMED_BY, raising=False)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    return tmp_path


def put(folder, ending=".gz"):
    folder.mkdir(parents=True)
    for name in real_mnist.FILES:
        (folder / f"{name}{ending}").write_bytes(b"")
    return folder


@pytest.mark.parametrize("ending", [".gz", ""])
def test_the_named_folder_is_linked_to_where_the_course_looks(nowhere, monkeypatch, ending):
    monkeypatch.setenv(real_mnist.NAMED_BY, str(put(nowhere / "files", ending)))
    (nowhere / "link").mkdir()
    added = real_mnist.environment(nowhere / "link")
    assert added == {VARIABLE: str(nowhere / "link")}
    assert real_mnist.complete(nowhere / "link" / "mnist")


def test_a_folder_that_lacks_a_file_is_none(nowhere, monkeypatch):
    files = put(nowhere / "files")
    (files / f"{real_mnist.FILES[2]}.gz").unlink()
    monkeypatch.setenv(real_mnist.NAMED_BY, str(files))
    assert real_mnist.environment(nowhere) is None


def test_what_the_course_keeps_is_used_as_it_is(nowhere):
    assert real_mnist.environment(nowhere) is None
    put(nowhere / "kept" / "mnist")
    assert real_mnist.environment(nowhere) == {}


def test_only_that_chapter_needs_it():
    needing = [path.stem for path in sorted(CHAPTERS.glob("*.ipynb")) if real_mnist.needs(path)]
    assert needing == ["11-full-size"]


def test_the_chapter_is_skipped_with_a_reason(nowhere):
    chapter = CHAPTERS / "11-full-size.ipynb"
    options = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-q", "-n", "0"]
    said = subprocess.run(
        [sys.executable, "-m", "pytest", str(chapter), *options],
        cwd=ROOT, env=os.environ, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout
    assert f"{real_mnist.MISSING}" in said.stdout
    assert " skipped" in said.stdout and " passed" not in said.stdout and " failed" not in said.stdout
