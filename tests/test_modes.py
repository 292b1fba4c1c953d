"""Counting modes: on samples whose answer is known, and against the exact share of a normal within a radius."""

import math

import pytest
import torch
from scipy import stats

from vae_utils.modes import count_modes, share_in_mode
from vae_utils.toys import gaussian_mixture, ring_of_gaussians

RING = ring_of_gaussians()


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("radius, dimensions", [(1.0, 1), (3.0, 1), (2.0, 2), (3.0, 2), (2.5, 5)])
def test_the_share_within_a_radius_is_that_of_chi_squared(radius, dimensions):
    assert share_in_mode(radius, dimensions) == pytest.approx(stats.chi2(dimensions).cdf(radius**2), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_mixture_itself_has_all_modes_and_the_exact_share(seed):
    """The share has standard error √(s (1 − s) / N) = 0.0017, and a mode's 500 points one of 21; allowed is five."""
    x, _ = RING.sample(4000, generator=generator(seed))
    count = count_modes(x, RING)
    share = share_in_mode(3.0, 2)
    assert count.found == 8
    assert count.in_mode == pytest.approx(share, abs=5 * math.sqrt(share * (1 - share) / 4000))
    assert (count.points - 500 * share).abs().max() < 5 * math.sqrt(4000 * (1 / 8) * (7 / 8))
    assert int(count.points.sum()) == round(4000 * count.in_mode)


def test_missing_modes_and_points_between_them_are_seen():
    x, component = RING.sample(4000, generator=generator())
    three = count_modes(x[component < 3], RING)
    assert three.found == 3 and three.points[3:].sum() == 0
    between = count_modes(torch.zeros(100, 2), RING)
    assert between.found == 0 and between.in_mode == 0
    half = count_modes(torch.cat([x, torch.zeros(4000, 2)]), RING)
    assert half.found == 8 and half.in_mode == pytest.approx(count_modes(x, RING).in_mode / 2)


def test_a_mode_needs_its_part_of_what_the_mixture_puts_there():
    """Weights 0.9 and 0.1 of 1000 points, so about 900 and 100 expected: 10 points are a tenth of the second."""
    pair = gaussian_mixture(torch.tensor([[0.0], [10.0]]), torch.tensor([1.0, 0.1]), torch.tensor([0.9, 0.1]))
    for stray, found in ((9, 1), (10, 2)):
        x = torch.cat([torch.zeros(1000 - stray, 1), torch.full((stray, 1), 10.0)])
        assert count_modes(x, pair).found == found
    assert count_modes(x, pair, least=0.5).found == 1


def test_a_radius_is_in_units_of_each_modes_own_sigma():
    pair = gaussian_mixture(torch.tensor([[0.0], [10.0]]), torch.tensor([1.0, 0.1]))
    x = torch.tensor([[2.9], [10.2], [10.4], [-3.1]])
    assert count_modes(x, pair).points.tolist() == [1, 1]
    assert count_modes(x, pair, radius=4.5).points.tolist() == [2, 2]


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="x and means must have the same last dimension"):
        count_modes(torch.zeros(5, 3), RING)
    with pytest.raises(ValueError, match="x must be finite"):
        count_modes(torch.full((5, 2), math.nan), RING)
    with pytest.raises(ValueError, match="radius must be a finite number above 0"):
        count_modes(torch.zeros(5, 2), RING, radius=0)
    with pytest.raises(TypeError, match="dimensions must be an integer"):
        share_in_mode(3.0, 2.0)
