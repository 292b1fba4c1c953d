"""The diffusion ladder's Python side: its state, its gaps, its paths, its errors."""

import math

import numpy as np
import pytest
import traitlets
from scipy import stats

from vae_utils.widgets.ladder import MIXTURES, PATHS, SAMPLES, DiffusionLadder

NAMES = tuple(MIXTURES)


def cdf(mixture, x):
    """P(X ≤ x) of a mixture on the line, by scipy."""
    parts = zip(mixture.weights.tolist(), mixture.means[:, 0].tolist(), mixture.stds.tolist(), strict=True)
    return sum(w * stats.norm.cdf(x, m, s) for w, m, s in parts)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_gets_the_mixture_and_it_has_mean_0_and_variance_1(name):
    sent = {key: np.array(values) for key, values in DiffusionLadder().mixtures[name].items()}
    assert sent["weights"].sum() == pytest.approx(1, abs=1e-12)
    assert sent["weights"] @ sent["means"] == pytest.approx(0, abs=1e-12)
    assert sent["weights"] @ (sent["means"] ** 2 + sent["stds"] ** 2) == pytest.approx(1, abs=1e-12)
    assert DiffusionLadder(data=name).mixture is MIXTURES[name]


def test_gaps_are_those_of_the_course():
    ladder = DiffusionLadder()
    for levels, gap, digits in ((1, 1.33, 2), (4, 0.55, 2), (16, 0.114, 3), (32, 0.0406, 4), (64, 0.0134, 4)):
        assert round(ladder.gap(levels), digits) == gap
    assert DiffusionLadder(levels=16).gap() == ladder.gap(16)
    assert DiffusionLadder(fixed=True).gap(16) > ladder.gap(16)


@pytest.mark.parametrize("levels", [1, 3, 20])
def test_one_normal_loses_nothing_and_with_the_variance_held_at_beta_something(levels):
    assert DiffusionLadder(data="one normal").gap(levels) == pytest.approx(0, abs=1e-12)
    # each reverse step has variance β_t (x_{t−1} is standard normal), so holding it there changes nothing
    assert DiffusionLadder(data="one normal", fixed=True).gap(levels) == pytest.approx(0, abs=1e-12)


def test_the_task_has_an_answer():
    """The smallest T below a tenth of a nat, and every T before it is above."""
    ladder = DiffusionLadder()
    below = [levels for levels in range(1, 25) if ladder.gap(levels) < 0.1]
    assert below and below == list(range(below[0], 25))


def test_paths_of_one_seed():
    ladder = DiffusionLadder(levels=7, time=3, data="three unequal bumps", seed=4)
    forward, reverse = ladder.forward_paths(), ladder.reverse_paths()
    assert forward.shape == (PATHS, 8) and reverse.shape == (SAMPLES, 8)
    same = DiffusionLadder(levels=7, data="three unequal bumps", seed=4)
    assert np.array_equal(same.forward_paths(), forward) and np.array_equal(same.reverse_paths(), reverse)
    assert not np.array_equal(DiffusionLadder(levels=7, time=3, seed=5).reverse_paths(), reverse)


@pytest.mark.parametrize("name", NAMES)
def test_every_bump_starts_its_share_of_the_paths(name):
    ladder = DiffusionLadder(data=name)
    nearest = np.abs(ladder.forward_paths()[:, :1] - ladder.mixture.means[:, 0].numpy()).argmin(1)
    share = np.bincount(nearest, minlength=len(ladder.mixture.weights)) / PATHS
    # a path's start may lie nearer to a neighbouring bump: the unequal ones are 2 to 3 standard deviations apart
    assert share == pytest.approx(ladder.mixture.weights.numpy(), abs=0.1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_samples_have_the_data_s_distribution(name, seed):
    """Massart's bound (one seed in a million) plus Pinsker's for the gap that is left at 64 levels."""
    ladder = DiffusionLadder(data=name, levels=64, seed=seed)
    samples = ladder.reverse_paths()[:, 0]
    allowed = math.sqrt(math.log(2e6) / (2 * SAMPLES)) + math.sqrt(max(ladder.gap(), 0) / 2)
    assert stats.kstest(samples, lambda x: cdf(ladder.mixture, x)).statistic < allowed


def test_encoder_paths_have_the_noise_of_their_steps():
    """(x_t − √(1 − β_t) x_{t−1}) / √β_t is standard normal: 20 × 40 values, Massart's bound."""
    ladder = DiffusionLadder(levels=40, seed=2)
    paths, beta = ladder.forward_paths(), ladder.diffusion.schedule.beta[1:].numpy()
    noise = (paths[:, 1:] - np.sqrt(1 - beta) * paths[:, :-1]) / np.sqrt(beta)
    assert stats.kstest(noise.ravel(), "norm").statistic < math.sqrt(math.log(2e6) / (2 * noise.size))


@pytest.mark.parametrize(
    "change",
    [{"levels": 16}, {"time": 0}, {"x": -1.0}, {"data": "three unequal bumps"}, {"fixed": True}, {"seed": 9}],
    ids=str,
)
def test_poster_shows_the_state(change):
    assert DiffusionLadder(**change).poster() != DiffusionLadder().poster()


@pytest.mark.parametrize(
    ("name", "value"),
    [("levels", 0), ("levels", 129), ("time", -1), ("x", 2.7), ("data", "moons"), ("fixed", "yes"), ("seed", -1)],
)
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        DiffusionLadder(**{name: value})


def test_the_time_stays_on_the_ladder():
    with pytest.raises(traitlets.TraitError, match="time must be at most levels, got time=9, levels=8"):
        DiffusionLadder(levels=8, time=9)
    ladder = DiffusionLadder(levels=8, time=8)
    with pytest.raises(traitlets.TraitError, match="time must be at most levels"):
        ladder.levels = 7
    with pytest.raises(traitlets.TraitError):
        ladder.mixtures = {}
