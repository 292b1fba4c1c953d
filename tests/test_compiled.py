"""Steps and sweeps that are one program: the same to rounding, the same bits in another process, faster; who cannot."""

import contextlib
import copy
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.test_run_killed import assert_same, checkpoint
from tests.test_run_loop import GREY, adam, weights
from vae_utils.__main__ import main
from vae_utils.compiled import CannotCompile, compiled, require_compiler
from vae_utils.data import load_digits
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.objectives import naive_loss
from vae_utils.runs.loop import Objective, draw_epoch, steps, take_step
from vae_utils.runs.processes import Processes
from vae_utils.runs.programs import CompiledStep, RecordedStep, way_of_stepping
from vae_utils.sweep import fit_sweep

RUN = "train --data digits --latent 2 --hidden 16 --epochs 20 --checkpoint-every 11 --compile --no-pictures".split()


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def compiler():
    try:
        require_compiler()
    except CannotCompile as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def x():
    return load_digits("train").x


def train(x, take, *, epochs=3, amp=False):
    model, source, sums = GREY.model(x), generator(5), []
    objective, optimizer = Objective(model, amp=amp), adam(model)
    for epoch in range(epochs):
        sums.append(torch.zeros(2))
        rate = lambda step, epoch=epoch: 3e-3 / (1 + step + epoch)  # noqa: E731
        for _ in steps(
            objective, optimizer, draw_epoch(x, 2, source), sums[-1], batch_size=128, learning_rate=rate, take=take
        ):
            pass
    return weights(model), torch.stack(sums)


# amp: bfloat16 has 8 binary digits; operations that share a loop round to them less often
@pytest.mark.parametrize("amp, near", [(False, {"rtol": 1e-4, "atol": 1e-5}), (True, {"rtol": 2e-2, "atol": 1e-3})])
def test_a_compiled_step_is_the_step_to_rounding(compiler, x, amp, near):
    plain, totals = train(x, take_step, amp=amp)
    ours, sums = train(x, CompiledStep(128), amp=amp)
    torch.testing.assert_close(ours, plain, **near)
    torch.testing.assert_close(sums, totals, rtol=near["rtol"] / 10, atol=0)


def test_a_compiled_step_of_a_small_model_takes_less_time(compiler, x):
    """An epoch of each in turn, medians of processor time. Measured: 0.55 to 0.6 of the other's."""
    ways = {"plain": take_step, "compiled": CompiledStep(128)}
    loops = {name: (Objective(GREY.model(x)), take) for name, take in ways.items()}
    optimizers = {name: adam(objective) for name, (objective, _) in loops.items()}
    spent = {name: [] for name in ways}
    epoch, totals = draw_epoch(x, 2, generator()), torch.zeros(2)
    for _ in range(31):
        for name, (objective, take) in loops.items():
            began = time.process_time()
            for _ in steps(objective, optimizers[name], epoch, totals, batch_size=128, take=take):
                pass
            spent[name].append(time.process_time() - began)
    assert statistics.median(spent["compiled"]) < 0.8 * statistics.median(spent["plain"])


def test_whoever_goes_on_has_the_same_bits(compiler, x):
    """After 11 steps of 12: the next batch is the smaller one, which is not compiled."""
    objective, totals, batches = Objective(GREY.model(x)), torch.zeros(2), draw_epoch(x, 2, generator())
    optimizer = adam(objective)
    walk = lambda **how: steps(objective, optimizer, batches, totals, batch_size=128, **how)  # noqa: E731
    first = CompiledStep(128)
    for done in walk(take=first):
        if done == 11:
            before = copy.deepcopy([objective.state_dict(), optimizer.state_dict()])
    list(walk(take=first))
    unbroken = weights(objective)
    objective.load_state_dict(before[0])
    optimizer = adam(objective)
    optimizer.load_state_dict(before[1])
    again = CompiledStep(128)
    list(walk(take=again, first=11)), list(walk(take=again))
    assert torch.equal(weights(objective), unbroken)


@pytest.fixture(scope="module")
def unbroken(compiler, tmp_path_factory):
    """A run that nothing happened to."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert main([*RUN, "--out", str(folder)]) == 0
    return folder


def begun(folder, *words, **how):
    """A run in a process of its own, and what it says."""
    command = [sys.executable, "-m", "vae_utils", *RUN, *words, "--out", str(folder)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **how)


def test_a_compiled_run_is_killed_and_goes_on_in_another_process_to_the_same_bits(unbroken, tmp_path, capsys):
    folder = tmp_path / "run"
    child = begun(folder)
    while not (folder / "checkpoint.pt").exists() and child.poll() is None:
        time.sleep(0.005)
    child.kill()
    child.communicate()
    assert checkpoint(folder)["epoch"] < 20, "it was too quick to be killed"
    assert main(["train", "--resume", str(folder), "--compile"]) == 0  # said again, it is no change
    assert "the step is compiled first" in capsys.readouterr().err
    assert_same(folder, unbroken)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the compiler's process in /proc")
def test_ctrl_c_reaches_the_compiler_too_and_the_run_is_saved(unbroken, tmp_path):
    """As a terminal sends it: to the run and to all that it has started."""
    folder, cache = tmp_path / "run", {"TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    child = begun(folder, start_new_session=True, env={**os.environ, **cache})
    while "compiled first" not in child.stderr.readline():
        assert child.poll() is None
    while not any(group == child.pid and name.startswith("cc1plus") for name, group in processes()):
        assert child.poll() is None
        time.sleep(0.005)
    os.killpg(child.pid, signal.SIGINT)
    said = child.communicate()[1]
    assert child.returncode == 130, said
    assert "and saved; go on with" in said
    assert main(["train", "--resume", str(folder)]) == 0
    assert_same(folder, unbroken)


def processes():
    """The name of each process and its group."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, rest = path.read_text().split("(", 1)[1].rsplit(")", 1)
            yield name, int(rest.split()[2])


def test_a_compiled_sweep_equals_the_sweep_to_rounding(compiler, x):
    def trained(**how):
        models = [
            VAE.of_size(64, 2, (16,), seed=seed, likelihood=Gaussian(0.3, learn_variance=True)) for seed in range(2)
        ]
        for model in models:
            next(model.parameters()).requires_grad_(False)
            model.unused = nn.Parameter(torch.ones(2))
        arguments = {"weight_mu": [0.5, 1.0], "weight_logvar": 0.25}
        noise = [generator(0), generator(1)]
        books = fit_sweep(models, x[:300], loss=naive_loss, arguments=arguments, epochs=4, generators=noise, **how)
        return torch.stack([weights(model) for model in models]), books

    (plain, books), (ours, others) = trained(), trained(compile=True)
    torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-5)
    for one, other in zip(books, others, strict=True):
        assert one.keys() == other.keys()
        assert all(other[name] == pytest.approx(values, rel=1e-4) for name, values in one.items())


def test_a_compiled_sweep_needs_adam_without_extras(x):
    for optimizer in (torch.optim.SGD, lambda parameters, lr: torch.optim.Adam(parameters, lr, weight_decay=0.1)):
        with pytest.raises(ValueError, match="a compiled step needs Adam without extras, got "):
            fit_sweep([GREY.model(x)], x, generators=[generator()], optimizer=optimizer, compile=True)


def test_distributions_still_check_their_arguments(compiler):
    compiled(torch.neg)(torch.ones(3))
    with pytest.raises(ValueError, match="to satisfy the constraint"):
        torch.distributions.Normal(0.0, torch.tensor(-1.0))


def test_there_may_be_many_programs(compiler):
    twice = compiled(lambda values: 2 * values)
    for size in range(1, 10):  # by itself, PyTorch gives up at the ninth
        assert twice(torch.ones(size)).tolist() == [2.0] * size


def test_what_cannot_be_compiled_gets_a_sentence(compiler):
    clever = compiled(lambda values: values.sum() if values.max() > 0 else values.prod())
    with pytest.raises(CannotCompile, match="a function could not be compiled: "):
        clever(torch.ones(3))
    loss = lambda network, values, *, eps: {"loss": network(values)[:, 0] * os.urandom(1)[0]}  # noqa: E731
    lines = [nn.Linear(3, 1) for _ in range(2)]
    before = copy.deepcopy(lines)
    with pytest.raises(CannotCompile):
        fit_sweep(lines, torch.ones(8, 3), loss=loss, generators=[generator(), generator()], compile=True)
    assert all(torch.equal(weights(line), weights(was)) for line, was in zip(lines, before, strict=True))


def test_without_a_compiler_nothing_begins(tmp_path):
    environment = {**os.environ, "CXX": str(tmp_path / "no-compiler")}
    command = [sys.executable, "-m", "vae_utils", *RUN, "--out", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 2 and not (tmp_path / "run").exists()
    assert done.stderr.count("\n") == 1 and "compiling needs a C++ compiler, such as g++" in done.stderr


def test_only_one_process_on_a_cpu_compiles():
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert isinstance(way_of_stepping(Processes(), batch_size=8, compile=True), CompiledStep)
    assert way_of_stepping(Processes(), batch_size=8) is take_step
    assert way_of_stepping(Processes(0, 2, cpu), batch_size=8, compile=True) is take_step
    assert way_of_stepping(Processes(0, 2, gpu), batch_size=8) is take_step
    assert isinstance(way_of_stepping(Processes(0, 1, gpu), batch_size=8, compile=True), RecordedStep)


def test_bench_times_it(compiler, capsys, monkeypatch):
    assert main(["bench", "--images", "256", "--rounds", "1", "--compile"]) == 0
    assert "vae-course train --compile" in capsys.readouterr().out
    assert main(["bench", "--images", "255", "--compile"]) == 2
    assert "--images must be at least 256 with --compile" in capsys.readouterr().err
    monkeypatch.setattr("vae_utils.runs.processes.device_named", lambda name: torch.device("cuda", 0))
    assert main(["bench", "--device", "auto", "--compile"]) == 2
    assert "--compile is for a CPU, and --device auto is cuda:0" in capsys.readouterr().err
