"""Several processes train one model: as one would, to within rounding; killed and resumed; and they fail together."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.distributed import TCPStore

from tests.run_server import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children that compute after a fork: Linux only")

# 1,437 images: the last batch of an epoch has 29, which two or three processes cannot share equally
SMALL = "train --data digits --latent 2 --hidden 16 --epochs 5 --lr 0.01 --checkpoint-every 4 --no-pictures".split()


@pytest.fixture(scope="module")
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="module")
def alone(server, tmp_path_factory):
    """The run of a single process."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    assert server.run(*SMALL, "--out", folder, log=f"{folder}.log") == 0
    return folder


def meeting_point(count):
    """Where processes find each other: a rank's environment, given the rank.

    We hold it, as torchrun's agent does: a port that the first process opens could be taken before it starts.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    common = {"MASTER_ADDR": "127.0.0.1", "TORCHELASTIC_USE_AGENT_STORE": "True"}
    common |= {"WORLD_SIZE": str(count), "GLOO_SOCKET_IFNAME": "lo"}
    return lambda rank: {**common, "MASTER_PORT": str(store.port), "RANK": str(rank), "LOCAL_RANK": str(rank)}


def together(server, *words, log, count=2, after=None, said=None, folders=(None, None, None)):
    """Start processes as torchrun does; returns their exit statuses. ``after`` so many seconds kill all of them.

    Each may have a working folder of its own, as on machines of their own.
    """
    env, pids = meeting_point(count), []
    for rank in range(count):
        cwd = folders[rank] and str(folders[rank])
        pids.append(server.start(*words, log=log, env=env(rank), cwd=cwd))
    statuses = [server.wait(pids[0], after=after, said=said)]
    return statuses + [server.wait(pid, after=None if after is None else 0) for pid in pids[1:]]


def checkpoint(folder):
    return torch.load(folder / "checkpoint.pt", weights_only=True)


def rows(folder):
    with open(folder / "metrics.csv", newline="") as file:
        return [[float(value) for value in row[:-2]] for row in list(csv.reader(file))[1:]]


def assert_close(folder, alone):
    """60 steps of Adam at 0.01 move a weight by 0.6 at most; other rounding changes a little of that."""
    one, other = checkpoint(folder), checkpoint(alone)
    for name, value in one["model"].items():
        torch.testing.assert_close(value, other["model"][name], rtol=1e-4, atol=1e-4)
    assert torch.equal(one["generator"], other["generator"])
    for mine, theirs in zip(rows(folder), rows(alone), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("count", [2, 3])
def test_several_processes_are_one_to_within_rounding(server, alone, tmp_path, count):
    folder, log = tmp_path / "run", tmp_path / "log"
    assert together(server, *SMALL, "--compile", "--out", folder, log=log, count=count) == [0] * count
    assert_close(folder, alone)
    words = log.read_text()
    assert words.count("epoch 1/5") == 1 and f"{count} processes" in words, "one process speaks"
    assert words.count("note: --compile is for one process on a CPU") == 1
    assert "Warning" not in words


def test_only_the_first_needs_the_folder(server, alone, tmp_path):
    """Relative paths in folders of their own: the second process has neither the run nor its checkpoint."""
    here, there, log = tmp_path / "here", tmp_path / "there", tmp_path / "log"
    here.mkdir(), there.mkdir()
    how = {"log": log, "folders": (here, there)}
    assert together(server, *SMALL, "--epochs", "2", "--out", "run", **how) == [0, 0]
    assert together(server, "train", "--resume", "run", "--epochs", "5", **how) == [0, 0]
    assert_close(here / "run", alone)
    assert list(there.iterdir()) == []


def test_killed_processes_go_on_to_the_same_bits_and_may_be_fewer(server, alone, tmp_path):
    whole, broken, fewer, log = (tmp_path / name for name in ("whole", "broken", "fewer", "log"))
    assert together(server, *SMALL, "--out", whole, log=log) == [0, 0]
    seconds = checkpoint(whole)["seconds"]
    words, statuses = [*SMALL, "--out", broken], None
    for part in (0.4, 0.5):
        size = log.stat().st_size
        statuses = together(server, *words, log=log, after=part * seconds, said=[str(log), size])
        assert statuses[0] in (0, -signal.SIGKILL), log.read_text()
        words = ["train", "--resume", broken]
        if not (fewer / "checkpoint.pt").exists() and (broken / "checkpoint.pt").exists():
            fewer.mkdir()
            for name in ("config.json", "checkpoint.pt"):
                (fewer / name).write_bytes((broken / name).read_bytes())
    assert together(server, *words, log=log) == [0, 0]
    one, other = checkpoint(broken), checkpoint(whole)
    assert all(torch.equal(value, other["model"][name]) for name, value in one["model"].items())
    assert server.run("train", "--resume", fewer, log=log) == 0, "one process finishes what two began"
    assert_close(fewer, alone)


def test_ctrl_c_stops_all_at_the_same_step(server, tmp_path):
    folder, log = tmp_path / "run", tmp_path / "log"
    log.touch()
    words = [*SMALL, "--epochs", "100000", "--out", folder]
    env = meeting_point(2)
    pids = [server.start(*words, log=log, env=env(rank)) for rank in range(2)]
    # only the second is told; the first learns it from the second, and they stop together
    assert server.wait(pids[1], after=0.3, signal=int(signal.SIGINT), said=[str(log), 0]) == 130
    assert server.wait(pids[0]) == 143
    assert "and saved; go on with: vae-course train --resume" in log.read_text().splitlines()[-1]
    held = checkpoint(folder)
    assert (held["epoch"] * 12 + held["step"]) % 50 == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["--resume", "nowhere"], "has no run in it"),  # the first process finds out, and the others hear of it
        (["--batch", "1436"], "batch must leave no batch with fewer images than processes"),
        (["--latent", "0"], "latent must be at least 1"),
    ],
)
def test_all_fail_together_and_one_says_why(server, tmp_path, change, sentence):
    log = tmp_path / "log"
    words = ["train", *change] if "--resume" in change else [*SMALL, "--out", tmp_path / "run", *change]
    assert together(server, *words, log=log) == [2, 2]
    assert sentence in log.read_text() and log.read_text().count("vae-course train:") == 1


def test_torchrun_itself(alone, tmp_path):
    """The command of the help, by the real launcher."""
    folder = tmp_path / "run"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    words = [*launcher, "-m", "vae_utils", *SMALL, "--out", str(folder)]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(words, capture_output=True, text=True, env=env, cwd=root, timeout=300)
    assert done.returncode == 0, done.stderr
    assert_close(folder, alone)
    assert json.loads((folder / "config.json").read_text())["made_with"]["threads"] == 1
