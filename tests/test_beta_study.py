"""The stored study of β belongs to its script and obeys its own sums; chapter 8 repeats a part of it."""

import importlib.util

import numpy as np
import pytest

from tests.notebook_tools import ROOT
from vae_utils import results

STUDY = results.load("beta_sweep")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("beta_sweep", ROOT / "book" / "experiments" / "beta_sweep.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_settings_are_those_of_the_script(script):
    assert (STUDY["seeds"], STUDY["betas"], STUDY["near"]) == (script.SEEDS, script.BETAS, script.NEAR)
    assert all(len(STUDY[part]) == len(script.SEEDS) for part in ("along_beta", "schedules", "labels"))
    assert (results.folder() / "beta_sweep.json").stat().st_size < 50_000


def test_every_run_obeys_the_two_sums():
    for run in STUDY["along_beta"]:
        rate, told, wasted = (np.array(run[name]) for name in ("rate", "information", "aggregate_kl"))
        np.testing.assert_allclose(told + wasted, rate, atol=2e-4)  # four stored decimals each
        np.testing.assert_allclose(np.sum(run["kl"], 1), rate, atol=2e-4)
        assert (np.diff(rate) < 1e-3).all(), "a dearer rate is bought less"
