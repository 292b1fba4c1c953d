"""The clock beside the trainer: what it times is training, and its tables say what was measured."""

from pathlib import Path

import pytest
import torch

from book.benchmarks import peers
from vae_utils.__main__ import main
from vae_utils.gaussian import kl_to_standard_normal
from vae_utils.likelihoods import bernoulli_log_likelihood
from vae_utils.runs import bench


def loss(loop, x):
    """The training loss of a loop's networks, with z at the posterior's mean."""
    with torch.no_grad():
        mu, logvar = loop.encoder(x)
        return (kl_to_standard_normal(mu, logvar) - bernoulli_log_likelihood(x, loop.decoder(mu))).mean().item()


@pytest.mark.parametrize("seed", range(3))
def test_the_timed_epoch_is_training(seed):
    x = torch.rand(600, 30, generator=torch.Generator().manual_seed(seed)).round()
    loop = bench.ours(x, hidden=16, latent=2)
    before = loss(loop, x)
    for _ in range(5):
        loop.epoch()
    assert loss(loop, x) < before


@pytest.mark.parametrize("make", [peers.plain, peers.intro_dgm])
def test_peers_that_need_no_library_train_too(make):
    torch.manual_seed(0)
    x = torch.rand(600, 30, generator=torch.Generator().manual_seed(0)).round()
    loop = make(x, hidden=16, latent=2)
    before = loss(loop, x)
    for _ in range(5):
        loop.epoch()
    assert loss(loop, x) < before


def test_rates_are_counted_from_the_first_epoch_on():
    seen = []
    loop = bench.ours(torch.rand(20, 6), hidden=4, latent=1, batch=8, rate=lambda step: seen.append(step) or 0.0)
    weights = [parameter.clone() for parameter in loop.decoder.parameters()]
    loop.epoch()
    loop.epoch()
    assert seen == list(range(6))
    assert all(torch.equal(a, b) for a, b in zip(weights, loop.decoder.parameters(), strict=True))


def test_every_candidate_runs_once_a_round_in_turn():
    calls = []
    times = bench.interleaved({name: lambda name=name: calls.append(name) for name in "abc"}, rounds=2)
    assert "".join(calls) == "abc" * 3  # one round to warm up
    assert list(times) == ["a", "b", "c"]


def test_a_table_may_compare_with_two():
    lines = list(bench.table("Title", {"one": 0.5, "two": 1.0}, beside=["two", "one"]))
    assert lines[:2] == ["Title", "  (s, and times two, one)"]
    assert lines[2].split() == ["one", "0.50", "0.50", "x", "1.00", "x"]


def test_a_table_shows_times_and_ratios():
    lines = list(bench.table("Title", {"one": 0.5, "two": 1.0}, beside="two", unit="ms"))
    assert lines[:2] == ["Title", "  (ms, and times two)"]
    assert lines[2].split() == ["one", "500.00", "0.50", "x"]


@pytest.mark.parametrize("stored", ["bench.txt", "bench-gpu.txt"])
def test_the_stored_tables_are_as_wide_as_the_page(stored):
    lines = (Path(__file__).parents[1] / "book" / "results" / stored).read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("make", [bench.matrix_products, bench.floor])
def test_the_floors_leave_a_batch_that_is_not_full_as_it_is(make):
    make(torch.rand(bench.BATCH + 3, bench.PIXELS))()


def test_the_command_prints_ratios(capsys):
    assert main(["bench", "--images", "256", "--rounds", "1", "--amp"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "256 images" in lines[0]
    assert any(line.split()[:2] == ["vae-course", "train"] and line.endswith("1.00 x") for line in lines)
    assert any("--amp" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--images", "0"], "--images must be at least 1, got 0"),
        (["--rounds", "-1"], "--rounds must be at least 1, got -1"),
        (["--device", "toaster"], "device must be auto, cpu, cuda"),
    ],
)
def test_bad_input_is_one_sentence(words, sentence, capsys):
    assert main(["bench", *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
