"""The course's own instruments: proofs, the digit's ledger, stored results."""

import json
import os

import numpy as np
import pytest
import torch

from vae_utils import ledger, results
from vae_utils.ledger import Account, accounts_before, the_digit
from vae_utils.proofs import ProofFailed, prove


@pytest.mark.parametrize("ok", [True, np.bool_(True), torch.tensor(True), np.array(True), (torch.ones(3) > 0).all()])
def test_a_true_claim_prints_one_constant_line(capsys, ok):
    prove("the KL is never negative", ok, smallest=0.25)
    assert capsys.readouterr().out == "✓ the KL is never negative\n"


@pytest.mark.parametrize("ok", [False, np.bool_(False), torch.tensor(False), np.array(False)])
def test_a_false_claim_raises_with_what_was_seen(capsys, ok):
    with pytest.raises(
        ProofFailed, match=r"not proved: two is three — saw left = 2; right = 0\.333333; all = \[0\. 1\. 2\.\]"
    ):
        prove("two is three", ok, left=2, right=1 / 3, all=torch.arange(3.0))
    assert capsys.readouterr().out == ""


def test_long_values_are_shortened_to_one_line():
    with pytest.raises(ProofFailed) as failure:
        prove("nothing", False, many=np.arange(1000.0))
    assert "..." in str(failure.value) and "\n" not in str(failure.value)


@pytest.mark.parametrize("ok", [1, 0.0, None, "yes", torch.tensor([True, True]), np.array([True]), torch.tensor(1.0)])
def test_ok_must_be_one_boolean(ok):
    with pytest.raises(TypeError, match="ok must be one single boolean"):
        prove("claim", ok)


@pytest.mark.parametrize("claim", ["", "  ", "two\nlines", 3])
def test_claim_must_be_one_line(claim):
    with pytest.raises(ValueError, match="claim must be one line of text"):
        prove(claim, True)


def test_an_account_balances_when_its_parts_do():
    whole = Account(chapter=7, model="VAE", log_p=12.0, reconstruction=20.0, kl=9.0, gap=1.0)
    assert whole.elbo == 11 and whole.imbalance == 0
    assert whole._replace(gap=1.5).imbalance == 0.5
    assert whole._replace(kl=None).elbo is None
    assert whole._replace(gap=None).imbalance is None and whole._replace(log_p=None).imbalance is None


def test_the_digit_is_one_and_the_same_test_image():
    x, label = the_digit()
    again, _ = the_digit(torch.float64)
    assert x.shape == (1, 64) and x.dtype == torch.float32 and again.dtype == torch.float64
    assert torch.equal(x.double(), again) and label == 8


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "book" / "results").mkdir(parents=True)
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path / "chapters")
    return tmp_path / "book" / "results"


def test_results_are_found_from_a_subfolder_and_keep_their_seeds(place):
    path = results.store("experiment", seeds=[0, 1], values=[1.5, 2.5], title="模型")
    assert path == place / "experiment.json" and os.listdir(place) == ["experiment.json"]
    assert results.load("experiment") == {"seeds": [0, 1], "values": [1.5, 2.5], "title": "模型"}


def test_results_that_cannot_be_stored_leave_the_old_file(place):
    results.store("experiment", seeds=[0], value=1)
    for bad in (float("nan"), torch.ones(2)):
        with pytest.raises((ValueError, TypeError)):
            results.store("experiment", seeds=[0], value=bad)
    assert results.load("experiment")["value"] == 1 and os.listdir(place) == ["experiment.json"]


def test_missing_results_name_the_script_that_makes_them(place):
    with pytest.raises(FileNotFoundError, match=r"run `python book/experiments/absent.py`"):
        results.load("absent")


def test_outside_a_checkout_the_error_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(results, "__file__", str(tmp_path / "site" / "vae_utils" / "results.py"))
    with pytest.raises(FileNotFoundError, match="run chapters inside a checkout"):
        results.folder()


def test_earlier_accounts_come_in_order(place):
    accounts = [Account(1, "PPCA", log_p=3.0)._asdict(), Account(2, "mean")._asdict(), Account(3, "VAE")._asdict()]
    (place / "ledger.json").write_text(json.dumps({"seeds": [0], "accounts": accounts}))
    assert accounts_before(3) == [Account(1, "PPCA", log_p=3.0), Account(2, "mean")]
    assert accounts_before(1) == []
    assert ledger.TEST_INDEX == 0
