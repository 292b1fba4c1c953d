"""On a GPU: no step waits, a recorded step is the step, a killed run goes on to the same bits, bfloat16 is near."""

import os
import subprocess
import sys
import time

import pytest
import torch

from vae_utils.data import load_digits
from vae_utils.runs.loop import Objective, draw_epoch, steps, take_step
from vae_utils.runs.programs import RecordedStep, adam
from vae_utils.runs.settings import Settings

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")

GPU = torch.device("cuda")
SMALL = Settings(data="digits", binarization="grey", latent=2, hidden=(16,), lr=3e-3)
COMMAND = [sys.executable, "-m", "vae_utils", "train"]
RUN = "--data digits --latent 2 --hidden 16 --epochs 60 --lr 0.01 --device cuda --no-pictures".split()


@pytest.fixture(scope="module")
def x():
    return load_digits("train").x.to(GPU)


def train(x, take, *, epochs=3, amp=False, rate=None, watch=False):
    model = SMALL.model(x.cpu()).to(GPU)
    objective, optimizer, totals = Objective(model, amp=amp), adam(model, 3e-3, GPU), torch.zeros(2, device=GPU)
    generator = torch.Generator().manual_seed(0)
    for number in range(epochs):
        epoch = draw_epoch(x, 2, generator, dynamic=True)
        totals.zero_()
        try:
            torch.cuda.set_sync_debug_mode("error" if watch and number else "default")
            for _ in steps(objective, optimizer, epoch, totals, batch_size=128, learning_rate=rate, take=take):
                pass
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return model, totals


@pytest.mark.parametrize("rate", [None, lambda step: 3e-3 / (step + 1)])
@pytest.mark.parametrize("amp", [False, True])
def test_a_recorded_step_is_the_step_to_the_last_bit(x, amp, rate):
    plain, sums = train(x, take_step, amp=amp, rate=rate)
    recorded, again = train(x, RecordedStep(), amp=amp, rate=rate)
    assert torch.equal(sums, again)
    for one, other in zip(plain.parameters(), recorded.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("take", [take_step, RecordedStep])
def test_no_step_waits_for_the_device(x, take):
    train(x, take() if isinstance(take, type) else take, watch=True)


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    subprocess.run([*COMMAND, *RUN, "--out", str(whole)], check=True)
    child = subprocess.Popen([*COMMAND, *RUN, "--checkpoint-every", "5", "--out", str(cut)])
    while not (cut / "metrics.csv").exists() and child.poll() is None:
        time.sleep(0.001)
    child.kill()
    child.wait()
    assert torch.load(cut / "checkpoint.pt", weights_only=True)["epoch"] < 60
    subprocess.run([*COMMAND, "--resume", str(cut), "--device", "cuda"], check=True)
    one, other = (torch.load(run / "checkpoint.pt", weights_only=True) for run in (whole, cut))
    assert all(torch.equal(value, other["model"][name]) for name, value in one["model"].items())
    assert [row[:-2] for row in one["rows"]] == [row[:-2] for row in other["rows"]]
    # and a CPU takes over what a GPU began, at other last bits
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run([*COMMAND, "--resume", str(cut), "--epochs", "61"], check=True, env=env)


def test_mixed_precision_is_near(x):
    (_, sums), (_, mixed) = train(x, take_step, epochs=20), train(x, take_step, epochs=20, amp=True)
    assert ((sums - mixed) / len(x)).abs().max() < 0.3  # nats per image, of about 26
