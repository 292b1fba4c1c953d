"""Runs that are killed, at random and in the midst of writing; Ctrl-C; a full disk. All go on to the same bits."""

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest
import torch

from tests.run_server import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children that compute after a fork: Linux only")

SMALL = "train --data digits --latent 2 --hidden 16 --epochs 8 --batch 128 --lr 0.01 --checkpoint-every 3".split()
SMALL.append("--no-pictures")
TIMES = 2  # the last columns of metrics.csv tell how long it took


@pytest.fixture(scope="module")
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="module")
def unbroken(server, tmp_path_factory):
    """A run that nothing happened to, and another like it."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    other = folder.with_name("again")
    for each in folder, other:
        assert server.run(*SMALL, "--out", each, log=f"{folder}.log") == 0
    assert_same(other, folder)
    return folder


def checkpoint(folder):
    return torch.load(folder / "checkpoint.pt", weights_only=True)


def rows(folder):
    with open(folder / "metrics.csv", newline="") as file:
        return list(csv.reader(file))


def leaves(value, path=""):
    """Every value of nested dicts and lists, with where it stands."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from leaves(inner, f"{path}/{key}")
    else:
        yield path, value


def assert_same(folder, unbroken):
    """Two runs that are done have the same weights, Adam's moments, random numbers and metrics, to the last bit."""
    (one, other) = (dict(leaves(checkpoint(run))) for run in (folder, unbroken))
    assert one.keys() == other.keys()
    times = {"/seconds"} | {f"/rows/{row}/{column}" for row in range(1000) for column in (8, 9)}
    for path, value in one.items():
        if path not in times:
            same = torch.equal(value, other[path]) if isinstance(value, torch.Tensor) else value == other[path]
            assert same, path
    models = [torch.load(run / "model.pt", weights_only=True)["weights"] for run in (folder, unbroken)]
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[1])
    metrics = [[row[:-TIMES] for row in rows(run)] for run in (folder, unbroken)]
    assert metrics[0] == metrics[1]
    assert [row[0] for row in metrics[0]] == ["epoch", *map(str, range(1, len(metrics[0])))]
    assert not list(folder.glob("*.part"))


def attempt(folder):
    """The words that begin the run, or go on with it if there is one."""
    return ["train", "--resume", folder] if (folder / "config.json").exists() else [*SMALL, "--out", folder]


def test_twenty_kills_at_random_moments_change_no_bit(server, unbroken, tmp_path):
    """One of four within a second of its start, which may be before anything is written; the others while it trains."""
    seconds = float(rows(unbroken)[-1][8])
    draw, kills, positions, log = random.Random(0), 0, set(), tmp_path / "log"
    log.touch()
    for number in range(20):
        folder, status = tmp_path / str(number), None
        while status != 0:
            said, longest = (None, 1.0) if draw.random() < 0.25 else ([str(log), log.stat().st_size], seconds / 3)
            pid = server.start(*attempt(folder), log=log)
            status = server.wait(pid, said=said, after=draw.uniform(0, longest))
            assert status in (0, -signal.SIGKILL), log.read_text()
            kills += status != 0
            if status and (folder / "checkpoint.pt").exists():
                positions.add((number, *(checkpoint(folder)[name] for name in ("epoch", "step"))))
        assert_same(folder, unbroken)
        if kills >= 20:
            break
    assert kills >= 20 and len(positions) >= 8, "the kills must come at many different moments of training"


def test_a_kill_at_every_step_of_writing_files_changes_no_bit(server, unbroken, tmp_path):
    """The first attempt is killed at the first thing done to a file, the second at the second, …, until one is done."""
    folder, status, at, seen = tmp_path / "run", None, 0, set()
    while status != 0:
        at += 1
        status = server.run(*attempt(folder), log=tmp_path / "log", kill_at=at)
        assert status in (0, -signal.SIGKILL), (tmp_path / "log").read_text()
        part = folder / "checkpoint.pt.part"
        if status and part.exists():
            whole = (folder / "checkpoint.pt").exists() and (folder / "checkpoint.pt").stat().st_size
            seen.add("none" if not part.stat().st_size else "whole" if part.stat().st_size == whole else "half")
    assert_same(folder, unbroken)
    assert {"none", "half", "whole"} <= seen, "a kill must have come before, in and after the writing of a checkpoint"
    assert at > 30


def test_a_full_disk_ends_the_run_with_a_sentence_and_spoils_nothing(server, unbroken, tmp_path):
    folder, status, at = tmp_path / "run", None, 0
    while status != 0:
        at += 1
        before = (folder / "checkpoint.pt").read_bytes() if (folder / "checkpoint.pt").exists() else None
        log = tmp_path / f"log{at}"
        status = server.run(*attempt(folder), log=log, full_at=at)
        if status != 0:
            assert status == 1
            last = log.read_text().splitlines()[-1]
            assert re.match(r"vae-course train: .* could not be written \(No space left on device\).*--resume", last)
            assert not list(folder.glob("*.part"))
            if before:
                checkpoint(folder)  # the old one or a newer one: whole in any case
    assert at > 10
    assert_same(folder, unbroken)


def test_files_that_may_not_grow(server, unbroken, tmp_path):
    """The same by the system's own hand: it stops the write in the midst of a checkpoint."""
    folder = tmp_path / "run"
    size = (unbroken / "checkpoint.pt").stat().st_size
    assert server.run(*SMALL, "--out", folder, log=tmp_path / "log", largest=size // 2) == 1
    assert "(File too large)" in (tmp_path / "log").read_text().splitlines()[-1]
    assert not (folder / "checkpoint.pt").exists() and not list(folder.glob("*.part"))
    assert server.run("train", "--resume", folder, log=tmp_path / "log") == 0
    assert_same(folder, unbroken)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_saves_and_says_how_to_go_on(server, unbroken, tmp_path, number, status):
    folder, log = tmp_path / "run", tmp_path / "log"
    many = [*SMALL, "--epochs", "100000", "--checkpoint-every", "1000000"]  # so that only the signal makes it save
    pid = server.start(*many, "--out", folder, log=log)
    while "epoch 3/" not in (log.read_text() if log.exists() else ""):
        time.sleep(0.01)
    assert server.wait(pid, after=0, signal=int(number)) == status
    last = log.read_text().splitlines()[-1]
    assert re.fullmatch(r"vae-course train: stopped at epoch \d+(, step \d+)? and saved; go on with: (.*)", last)
    position = checkpoint(folder)
    assert position["epoch"] >= 3
    # the run goes on to exactly one epoch more than it had, as if it had been asked for so many
    epochs = str(position["epoch"] + 1)
    command = last.split("go on with: vae-course ")[1].split()
    assert server.run(*command, "--epochs", epochs, log=log) == 0
    whole = tmp_path / "whole"
    assert server.run(*SMALL, "--epochs", epochs, "--checkpoint-every", "1000000", "--out", whole, log=log) == 0
    assert_same(folder, whole)


def test_a_second_ctrl_c_is_obeyed_at_once(server, tmp_path):
    """Two at once: the first asks to save, the second ends it; either way the status is Ctrl-C's."""
    folder, log = tmp_path / "run", tmp_path / "log"
    pid = server.start(*SMALL, "--epochs", "100000", "--out", folder, log=log)
    while "epoch 2/" not in (log.read_text() if log.exists() else ""):
        time.sleep(0.01)
    os.kill(pid, signal.SIGINT)
    assert server.wait(pid, after=0, signal=int(signal.SIGINT)) == 130
    assert "Traceback" not in log.read_text()


def test_one_run_at_a_time(server, tmp_path):
    folder, log = tmp_path / "run", tmp_path / "log"
    pid = server.start(*SMALL, "--epochs", "100000", "--out", folder, log=log)
    while "epoch 1/" not in (log.read_text() if log.exists() else ""):
        time.sleep(0.01)
    assert server.run("train", "--resume", folder, log=tmp_path / "other") == 2
    assert "in use by another process" in (tmp_path / "other").read_text()
    assert server.wait(pid, after=0) == -signal.SIGKILL
    assert server.run("train", "--resume", folder, "--epochs", "1000000", log=log, after=0.5) == -signal.SIGKILL


def test_the_program_itself_killed_and_resumed(unbroken, tmp_path):
    """Not by the server: the command as a reader types it, in processes of its own."""
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "vae_utils"]
    child = subprocess.Popen([*command, *SMALL, "--out", str(folder)], stderr=subprocess.DEVNULL)
    while not (folder / "checkpoint.pt").exists() and child.poll() is None:
        time.sleep(0.005)
    child.kill()
    child.wait()
    done = subprocess.run([*command, "train", "--resume", str(folder)], capture_output=True, text=True, check=True)
    assert "everything is in" in done.stdout
    assert_same(folder, unbroken)
    assert json.loads((folder / "config.json").read_text())["settings"]["epochs"] == 8
