"""``vae-course``: what it writes, what it says, and how it refuses. Run in this process, on the small digits."""

import csv
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vae_utils.__main__ import COMMANDS, main, parser
from vae_utils.commands import train as train_command
from vae_utils.data import load_digits
from vae_utils.gaussian import standard_normal
from vae_utils.model import VAE
from vae_utils.objectives import elbo, iw_bound
from vae_utils.runs.folder import RunFolder
from vae_utils.runs.judge import importance_bound, trained
from vae_utils.runs.report import Report
from vae_utils.runs.settings import Settings
from vae_utils.runs.trainer import columns

ROOT = Path(__file__).resolve().parents[1]
SMALL = "train --data digits --latent 2 --hidden 16 --epochs 2 --lr 0.01".split()


def call(*words):
    """Exit status of the command, however it ends."""
    try:
        return main([str(word) for word in words])
    except SystemExit as end:
        return end.code


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert call(*SMALL, "--out", folder) == 0
    return folder


def checkpoint(folder):
    return torch.load(folder / "checkpoint.pt", weights_only=True)


def metrics(folder):
    with open(folder / "metrics.csv", newline="") as file:
        return list(csv.DictReader(file))


# --- what a run leaves ---


def test_a_run_leaves_what_the_help_promises(run):
    promised = {"config.json", "checkpoint.pt", "metrics.csv", "model.pt"}
    promised |= {"samples.png", "reconstructions.png", "latent.png"}
    assert promised == {path.name for path in run.iterdir()} - {".lock"}
    assert all(name in train_command.EPILOG for name in promised)
    for picture in run.glob("*.png"):
        with Image.open(picture) as image:
            assert min(image.size) > 300 and len(set(image.convert("L").tobytes())) > 10


def test_config_echoes_settings_and_machine(run):
    config = json.loads((run / "config.json").read_text())
    assert Settings.from_dict(config["settings"]) == Settings(data="digits", latent=2, hidden=(16,), epochs=2, lr=0.01)
    assert config["made_with"]["torch"] == torch.__version__
    assert config["made_with"]["parameters"] == sum(p.numel() for p in VAE.load(run / "model.pt").parameters())


def test_metrics_are_a_table_whose_columns_add_up(run):
    table = metrics(run)
    assert list(table[0]) == columns("test") and [row["epoch"] for row in table] == ["1", "2"]
    for row in table:
        for split in ("train", "test"):
            parts = [float(row[f"{split}_{term}"]) for term in ("elbo", "reconstruction", "kl")]
            assert parts[0] == pytest.approx(parts[1] - parts[2], abs=1e-9)
        assert float(row["images_per_second"]) > 0
    assert float(table[1]["train_elbo"]) > float(table[0]["train_elbo"])
    assert checkpoint(run)["rows"] == [[float(value) for value in row.values()] for row in table]


def test_the_watched_elbo_is_that_of_the_saved_model(run):
    """With the pixels and the noise that are documented: seeds 0 and 1."""
    model = VAE.load(run / "model.pt")
    x = torch.bernoulli(load_digits("test").x, generator=torch.Generator().manual_seed(0))
    eps = standard_normal(len(x), 2, generator=torch.Generator().manual_seed(1), like=x)
    with torch.no_grad():
        expected = elbo(model, x, eps=eps).elbo.mean().item()
    assert float(metrics(run)[-1]["test_elbo"]) == pytest.approx(expected, rel=1e-6)


def test_the_checkpoint_is_data_and_holds_what_resuming_needs(run):
    held = checkpoint(run)  # weights_only=True: nothing in it is code
    assert {"model", "optimizer", "generator", "epoch", "step", "rows", "totals", "settings"} <= set(held)
    assert (held["epoch"], held["step"]) == (2, 0)


def test_longer_training_equals_one_long_run(run, tmp_path, capsys):
    first, whole = tmp_path / "first", tmp_path / "whole"
    assert call(*SMALL, "--no-pictures", "--out", first) == 0
    assert call("train", "--resume", first, "--epochs", "4") == 0
    assert "goes on after epoch 2:" in capsys.readouterr().err
    assert call(*SMALL, "--no-pictures", "--epochs", "4", "--out", whole) == 0
    one, other = checkpoint(first), checkpoint(whole)
    assert all(torch.equal(one["model"][name], other["model"][name]) for name in other["model"])
    assert [row[:-2] for row in one["rows"]] == [row[:-2] for row in other["rows"]]
    assert not (first / "latent.png").exists(), "--no-pictures is remembered"


def test_a_run_that_is_done_is_completed_and_not_changed(run, tmp_path):
    before = checkpoint(run)
    (run / "model.pt").unlink()
    (run / "latent.png").unlink()
    assert call("train", "--resume", run, "--out", run) == 0
    assert (run / "latent.png").exists() and VAE.load(run / "model.pt").latent == 2
    assert all(torch.equal(value, before["model"][name]) for name, value in checkpoint(run)["model"].items())


@pytest.mark.parametrize("binarization", ["grey", "fixed"])
def test_other_binarizations_and_validation(tmp_path, binarization, capsys):
    folder = tmp_path / "run"
    more = ["--binarization", binarization, "--watch", "validation", "--latent", "1", "--schedule", "one-cycle"]
    assert call(*SMALL, *more, "--out", folder) == 0
    assert list(metrics(folder)[0]) == columns("validation")
    assert f"({binarization} binarization)" in capsys.readouterr().out
    assert (folder / "latent.png").exists()
    assert call("train", "--resume", folder, "--epochs", "9") == 2
    assert "--epochs cannot change when a run goes on with the schedule one-cycle" in capsys.readouterr().err


@pytest.mark.parametrize("known", [{"avx512_bf16": True}, {"avx2": True}])
def test_who_asks_for_mixed_precision_in_vain_is_told(known, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known)
    assert call(*SMALL, "--amp", "--device", "cpu", "--no-pictures", "--out", tmp_path / "run") == 0
    assert ("no instructions for bfloat16" in capsys.readouterr().err) == ("avx512_bf16" not in known)


def test_more_than_two_dimensions_and_mixed_precision(tmp_path):
    folder = tmp_path / "run"
    assert call(*SMALL, "--latent", "5", "--amp", "--out", folder) == 0
    assert (folder / "latent.png").exists() and checkpoint(folder)["settings"]["amp"] is True


# --- what it says ---


def test_without_a_terminal_there_is_one_line_per_epoch(tmp_path, capsys):
    assert call(*SMALL, "--no-pictures", "--out", tmp_path / "run") == 0
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert len(lines) == 3 and "1,437 images; 64-16-2 VAE" in lines[0]
    number = r"-?\d+\.\d\d"
    parts = rf"ELBO {number} \(reconstruction {number}, KL {number}\)"
    for epoch, line in enumerate(lines[1:], 1):
        assert re.fullmatch(rf"epoch {epoch}/2: {parts}; test {parts}; [\d,]+ images/s", line)
    assert said.out.count("\n") == 1 and "dynamic binarization" in said.out


def test_a_bar_shows_elbo_parts_speed_and_time_left():
    stream = io.StringIO()
    report = Report(columns("test"), n=1000, epochs=4, images=1000, stream=stream, bar=True)
    report.step(1, 500, torch.tensor([-50_000.0, 5_000.0]))
    report.step(1, 600, torch.tensor([0.0, 0.0]))  # too soon after the last look
    report.close()
    shown = stream.getvalue()
    assert "epoch 2/4" in shown and " 38%" in shown and "images/s" in shown and "left" in shown
    assert "ELBO -110.00 (reconstruction -100.00, KL 10.00)" in shown


def test_help_teaches(capsys):
    assert call() == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"^ +{name} ", text, re.MULTILINE) for name in COMMANDS)
    for name in ("train", "evaluate", "sample", "bench"):
        assert call(name, "--help") == 0
        text = capsys.readouterr().out
        assert "examples:" in text and f"vae-course {name} " in text and "exit status" in text
        assert max(map(len, text.splitlines())) <= 100


def test_the_examples_of_the_help_are_valid():
    examples = re.findall("^  vae-course (.*)", train_command.DESCRIPTION, re.MULTILINE)
    assert len(examples) >= 4
    for example in examples:
        Settings(**train_command.given(parser("train").parse_args(example.split())))


def test_the_help_names_the_true_defaults():
    lines = " ".join(re.sub(r"\s+", " ", parser_help("train")).split())
    defaults = Settings()
    for name in ("latent", "epochs", "batch", "lr", "seed"):
        described = re.search(rf"--{name} [A-Z]+ .*?\(default: ([^)]*)\)", lines).group(1)
        assert float(described) == getattr(defaults, name), name
    assert f"(default: {defaults.hidden[0]})" in lines
    for name in ("data", "binarization", "watch", "activation", "schedule"):
        value = getattr(defaults, name)
        assert f"{value} (default)" in lines or f"default: {value}" in lines, name


def parser_help(name):
    stream, old = io.StringIO(), sys.stdout
    sys.stdout = stream
    try:
        call(name, "--help")
    finally:
        sys.stdout = old
    return stream.getvalue()


def test_help_and_refusals_need_no_torch():
    code = "import sys; from vae_utils.__main__ import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
    code += "assert not {'torch', 'numpy'} & set(sys.modules)"
    for words in (["train", "--help"], ["train", "--latent", "x"], []):
        subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, cwd=ROOT)


def test_the_installed_script_is_this_function():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts["vae-course"] == "vae_utils.__main__:main"


# --- what it refuses ---


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nonsense"], "invalid choice"),
        (["train", "--data", "cifar"], "invalid choice: 'cifar'"),
        (["train", "--latent", "two"], "invalid int value"),
        ([*SMALL, "--latent", "0"], "latent must be at least 1, got 0"),
        ([*SMALL, "--batch", "-5"], "batch must be at least 1, got -5"),
        ([*SMALL, "--lr", "nan"], "lr must be a finite number above 0, got nan"),
        ([*SMALL, "--hidden", "0"], "hidden must be at least 1, got 0"),
        ([*SMALL, "--activation", "gelu"], "activation must be one of tanh, relu, silu, softplus, got 'gelu'"),
        ([*SMALL, "--seed", "-1"], "seed must be an integer of at least 0"),
        ([*SMALL, "--device", "cuda:97"], "asks for GPU number 97"),
        ([*SMALL, "--device", "abacus"], "device must be auto, cpu, cuda, cuda:N or mps"),
        ([*SMALL, "--checkpoint-every", "0"], "--checkpoint-every must be at least 1"),
        (["train", "--resume", "nowhere"], "nowhere has no run in it"),
        (["train", "--resume", "here", "--out", "there"], "leave out --out there"),
        (["evaluate", "nowhere"], "nowhere has no run in it"),
        (["sample", "nowhere"], "nowhere has no run in it"),
        (["sample", "nowhere", "--n", "0"], "--n must be at least 1"),
        (["sample", "nowhere", "--seed", "-1"], "--seed must be at least 0"),
        (["sample", "nowhere", "--out", "x.gif"], "--out must end in .png or .npy"),
        (["evaluate", "nowhere", "--importance", "0"], "--importance must be at least 1"),
        (["evaluate", "nowhere", "--images", "1"], "--images must be at least 2"),
        (["evaluate", "nowhere", "--seed", "-1"], "--seed must be at least 0"),
    ],
)
def test_bad_input_gets_one_sentence_and_status_2(words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call(*words) == 2
    said = capsys.readouterr()
    assert sentence in said.err and said.err.count("\n") == 1 and said.out == ""
    assert said.err.startswith("vae-course")
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_a_run_is_never_overwritten(run, tmp_path, capsys):
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert call(*SMALL, "--out", run) == 2
    assert f"has a run already: go on with it by --resume {run}" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear")
    assert call(*SMALL, "--out", tmp_path / "mine") == 2
    assert "is not empty" in capsys.readouterr().err
    assert call(*SMALL, "--out", tmp_path / "mine" / "diary.txt") == 2
    assert "is a file" in capsys.readouterr().err
    assert call(*SMALL, "--out", tmp_path / "mine" / "diary.txt" / "run") == 2
    assert "cannot be made" in capsys.readouterr().err


@pytest.mark.parametrize("change", [["--lr", "0.5"], ["--latent", "3"], ["--data", "mnist"], ["--seed", "1"]])
def test_a_run_goes_on_with_its_own_settings(run, change, capsys):
    assert call("train", "--resume", run, *change) == 2
    assert f"{change[0]} cannot change when a run goes on: it is" in capsys.readouterr().err
    assert call("train", "--resume", run, "--epochs", "1") == 2
    assert "--epochs 1 is less than the run" in capsys.readouterr().err


def copy_of(run, folder):
    folder.mkdir()
    for name in ("config.json", "checkpoint.pt"):
        (folder / name).write_bytes((run / name).read_bytes())
    return folder


class Evil:
    """A pickle that would run code."""

    def __reduce__(self):
        return os.mkdir, ("evil",)


def test_damaged_folders_get_a_sentence(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = copy_of(run, tmp_path / "run")

    def refused(sentence):
        for words in (["train", "--resume", folder], ["evaluate", folder], ["sample", folder]):
            assert call(*words) == 2
            said = capsys.readouterr().err
            assert re.search(sentence, said) and said.count("\n") == 1, said

    whole = (folder / "checkpoint.pt").read_bytes()
    (folder / "checkpoint.pt").write_bytes(whole[: len(whole) // 2])
    refused("checkpoint.pt cannot be read, it is damaged or no checkpoint")
    torch.save({"format": "other"}, folder / "checkpoint.pt")
    refused("is not a checkpoint of the format")
    torch.save({"format": "vae_utils.run/1", "model": Evil()}, folder / "checkpoint.pt")
    refused("cannot be read, it is damaged or no checkpoint")
    assert not (tmp_path / "evil").exists(), "no code in a checkpoint is run"
    (folder / "checkpoint.pt").write_bytes(whole)
    config = json.loads((folder / "config.json").read_text())
    for text, sentence in {
        "{": "config.json cannot be read",
        "[]": "is not the configuration of a run",
        json.dumps({**config, "format": "other"}): "is not the configuration of a run",
        json.dumps({**config, "settings": {**config["settings"], "hidden": [17]}}): "changed since|does not fit",
        json.dumps({**config, "settings": {**config["settings"], "latent": 0}}): "latent must be|does not fit",
    }.items():
        (folder / "config.json").write_text(text)
        refused(sentence)


def test_a_run_without_a_checkpoint_begins_anew(run, tmp_path, capsys):
    folder = copy_of(run, tmp_path / "run")
    (folder / "checkpoint.pt").unlink()
    assert call("evaluate", folder) == 2 and "has no checkpoint yet" in capsys.readouterr().err
    assert call("train", "--resume", folder, "--no-pictures") == 0
    one, other = checkpoint(folder), checkpoint(run)
    assert all(torch.equal(one["model"][name], other["model"][name]) for name in other["model"])


def test_a_loss_that_explodes_ends_the_run_and_leaves_the_good_checkpoint(tmp_path, capsys):
    folder = tmp_path / "run"
    assert call(*SMALL, "--lr", "1e30", "--checkpoint-every", "1", "--no-pictures", "--out", folder) == 1
    assert "the ELBO became" in capsys.readouterr().err
    if (folder / "checkpoint.pt").exists():
        assert torch.isfinite(checkpoint(folder)["totals"]).all()


def test_mnist_that_cannot_be_had_gets_one_sentence(tmp_path, monkeypatch, capsys):
    from vae_utils import mnist

    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(mnist, "MNIST", mnist.MNIST._replace(mirrors=()))
    assert call("train", "--data", "mnist", "--out", tmp_path / "run") == 1
    said = capsys.readouterr().err
    assert "MNIST cannot be loaded" in said and "VAE_UTILS_DATA" in said and said.count("\n") == 1


# --- TensorBoard ---


def test_without_tensorboard_there_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train_command, "find_spec", lambda name: None)
    assert call(*SMALL, "--tensorboard", "--out", tmp_path / "run") == 2
    assert "pip install 'vae_utils[train]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(importlib.util.find_spec("tensorboard") is None, reason="needs the package tensorboard: make lock")
def test_tensorboard_has_each_row_once_also_after_going_on(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = tmp_path / "run"
    assert call(*SMALL, "--no-pictures", "--tensorboard", "--out", folder) == 0
    assert call("train", "--resume", folder, "--epochs", "3") == 0  # the wish is remembered
    events = EventAccumulator(str(folder / "tensorboard")).Reload()
    for tag, column in {"elbo/test": "test_elbo", "kl/train": "train_kl", "speed/seconds": "seconds"}.items():
        scalars = events.Scalars(tag)
        assert [event.step for event in scalars] == [1, 2, 3]
        assert [event.value for event in scalars] == pytest.approx([float(row[column]) for row in metrics(folder)])


# --- evaluate and sample ---


def test_evaluate_prints_the_elbo_of_the_model_and_names_the_binarization(run, tmp_path, capsys):
    file = tmp_path / "result.json"
    assert call("evaluate", run, "--importance", "20", "--images", "50", "--json", file) == 0
    said = capsys.readouterr().out
    result = json.loads(file.read_text())
    assert "dynamic binarization; nats per image" in said and f"{result['elbo']['value']:.2f}" in said
    model = VAE.load(run / "model.pt")
    x = torch.bernoulli(load_digits("test").x, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = elbo(model, x, n_samples=1000, generator=torch.Generator().manual_seed(9)).elbo
    # one ε for each of 180 images against a thousand: the noise of the former is below 0.5 nats per image
    assert result["elbo"]["value"] == pytest.approx(expected.mean().item(), abs=4 * 0.5 / 180**0.5)
    assert result["elbo"]["error"] == pytest.approx(expected.std().item() / 180**0.5, rel=0.1)
    assert result["importance"]["images"] == 50 and 0 <= result["active_units"] <= 2
    # 20 weights against one, averaged over 50 images: far above the noise of either
    assert result["importance"]["value"] > result["importance"]["elbo"]
    assert result["elbo"]["value"] == pytest.approx(result["reconstruction"]["value"] - result["kl"]["value"], abs=1e-4)


def test_the_bound_in_parts_is_the_bound(run):
    model = trained(RunFolder(run)).model
    x = torch.bernoulli(load_digits("test").x[:30], generator=torch.Generator().manual_seed(0))
    seen = []
    parts = importance_bound(
        model, x, n_samples=7, generator=torch.Generator().manual_seed(3), images=12, done=seen.append
    )
    generator = torch.Generator().manual_seed(3)
    whole = torch.cat([iw_bound(model, part, n_samples=7, generator=generator) for part in x.split(12)])
    torch.testing.assert_close(parts, whole, rtol=1e-5, atol=1e-4)
    assert seen == [12, 12, 6]


def test_sample_draws_from_the_prior_of_the_model(run, tmp_path, capsys):
    assert call("sample", run, "--n", "9", "--seed", "4") == 0
    assert (run / "samples-4.png").exists() and "9 images of digits after 2 epochs" in capsys.readouterr().out
    array = tmp_path / "x.npy"
    assert call("sample", run, "--n", "500", "--seed", "4", "--out", array) == 0
    images = np.load(array)
    model = VAE.load(run / "model.pt")
    expected = model.sample(500, generator=torch.Generator().manual_seed(4))
    assert np.array_equal(images, expected.numpy())
    assert call("sample", run, "--out", array) == 2 and "exists already" in capsys.readouterr().err
    drawn = tmp_path / "drawn.npy"
    assert call("sample", run, "--n", "500", "--seed", "4", "--pixel-noise", "--out", drawn) == 0
    assert set(np.unique(np.load(drawn))) == {0.0, 1.0}
    assert call("sample", run, "--out", tmp_path / "no" / "x.png") == 2
    assert "cannot be written" in capsys.readouterr().err
    (run / "samples-4.png").unlink()


# --- the real images ---


@pytest.mark.skipif(not os.environ.get("VAE_UTILS_TEST_MNIST"), reason="VAE_UTILS_TEST_MNIST names no folder")
def test_a_few_steps_on_real_mnist(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mnist").symlink_to(os.environ["VAE_UTILS_TEST_MNIST"], target_is_directory=True)
    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path / "data"))
    folder = tmp_path / "run"
    words = "train --data mnist --latent 8 --hidden 64 --epochs 1 --batch 1000 --lr 0.004 --watch validation".split()
    assert call(*words, "--out", folder) == 0
    assert checkpoint(folder)["rows"][0][1] == 50  # 50,000 images, 10,000 are held out
    assert float(metrics(folder)[0]["validation_elbo"]) > -206  # what the mean image alone achieves is about −206
