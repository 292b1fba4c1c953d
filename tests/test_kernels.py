"""Kernels that start at the same moment: each is reached, though TCP ports are given out twice."""

import os
import socket
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.notebook_tools import ROOT, chapters
from vae_utils.coursework.handout import start
from vae_utils.coursework.kernels import OwnKernelManager

pytestmark = pytest.mark.skipif(os.name == "nt", reason="ZeroMQ has no sockets that are files on Windows")

# jupyter_client's choice of ports, as unlucky as it can be
TAKEN = """
import socket

from jupyter_client.connect import LocalPortCache

taken = socket.socket()
taken.bind(("127.0.0.1", 0))
taken.listen()
LocalPortCache.find_available_port = lambda self, ip: taken.getsockname()[1]
"""


def pytest_of(*words, plugin):
    """Status and output of nbval where every TCP port that is given out is taken."""
    (plugin / "taken_ports.py").write_text(TAKEN, encoding="utf-8")
    path = os.pathsep.join([str(plugin), str(ROOT), os.environ.get("PYTHONPATH", "")])
    options = ["-p", "taken_ports", "-p", "vae_utils.nbval_plugin", "-p", "no:cacheprovider", "--nbval"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--nbval-current-env", *words],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_kernel_dies_of_a_port_that_is_taken(tmp_path):
    """What the others guard against, with nbval as it is."""
    nbformat.write(new_notebook(cells=[new_code_cell("6 * 7")]), tmp_path / "plain.ipynb")
    status, said = pytest_of(str(tmp_path / "plain.ipynb"), plugin=tmp_path)
    assert status == 1 and "Kernel died before replying to kernel_info" in said


def test_chapters_need_no_port(tmp_path):
    status, said = pytest_of("chapters/01-map.ipynb::Cell 0", plugin=tmp_path)
    assert status == 0, said


def test_exercise_notebooks_need_no_port(tmp_path):
    start("05-kl", tmp_path)
    status, said = pytest_of(str(tmp_path), plugin=tmp_path)
    assert status == 1 and "NOT YET  05-kl" in said and "0 of 9 done" in said and "Kernel" not in said, said


def test_executing_a_chapter_needs_no_port(tmp_path, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr("jupyter_client.connect.LocalPortCache.find_available_port", lambda self, ip: port)
        notebook = new_notebook(cells=[new_code_cell("print(6 * 7)")])
        assert chapters.execute(notebook, tmp_path).cells[0].outputs[0]["text"] == "42\n"


def test_two_managers_have_sockets_of_their_own_and_take_them_along():
    managers = [OwnKernelManager(kernel_name="python3") for _ in range(2)]
    for manager in managers:
        manager.start_kernel()
    clients = [manager.client() for manager in managers]
    for client in clients:
        client.start_channels()
        client.wait_for_ready(timeout=60)
    files = [f"{manager.ip}-{port}" for manager in managers for port in manager.ports]
    assert len(set(files)) == 10 and all(os.path.exists(file) for file in files)
    for manager, client in zip(managers, clients, strict=True):
        client.stop_channels()
        manager.shutdown_kernel()
    assert not any(os.path.exists(file) for file in files)


@pytest.mark.parametrize(("length", "transport"), [(81, "ipc"), (82, "tcp")])
def test_a_long_temporary_folder_leaves_all_as_it_was(monkeypatch, length, transport):
    monkeypatch.setattr("tempfile.tempdir", "/" + "t" * (length - 1))
    manager = OwnKernelManager()
    assert manager.transport == transport
    assert manager.ip == "127.0.0.1" or len(f"{manager.ip}-5") == 103
