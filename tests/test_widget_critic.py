"""The critic meter's Python side: its training, its measurements against exact distances, its errors."""

import numpy as np
import pytest
import torch
import traitlets

from vae_utils.divergences import penalised_shift_value, shifted_uniforms
from vae_utils.networks import mlp
from vae_utils.widgets.critic import CONSTRAINTS, FARTHEST, HIDDEN, POINTS, STEPS, CriticMeter

ONE_SIDED, TWO_SIDED, CLIPPED = CONSTRAINTS


@pytest.mark.parametrize("theta", [0.0, 0.35, 1.0, 4.0])
def test_w1_of_the_piles_is_that_of_the_distributions(theta):
    meter = CriticMeter(theta=theta)
    assert meter.w1() == pytest.approx(theta, abs=1e-12)
    assert shifted_uniforms(theta).w1.item() == theta
    real, fake = meter.piles()
    assert real.shape == fake.shape == (POINTS, 1)
    assert real.mean().item() == pytest.approx(0) and real.abs().max() < 0.5


def test_start_depends_on_the_seed_alone_and_has_the_size_of_torchs():
    first, other = CriticMeter(seed=3, theta=1.0).start(), CriticMeter(seed=3, theta=2.0, penalty=5.0).start()
    x = torch.linspace(-1, 5, 50, dtype=torch.float64)[:, None]
    assert torch.equal(first(x), other(x)) and not torch.equal(first(x), CriticMeter(seed=4).start()(x))
    usual = mlp([1, HIDDEN, 1], "relu")
    for ours, torchs in zip(first.parameters(), usual.parameters(), strict=True):
        assert ours.shape == torchs.shape
    assert 0.9 < first[0].weight.abs().max() <= 1 and 0.9 < first[2].weight.abs().max() * HIDDEN**0.5 <= 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("theta", "penalty"), [(0.5, 10.0), (2.0, 10.0), (4.0, 20.0), (4.0, 2.0)])
def test_a_critic_with_the_one_sided_penalty_reaches_the_exact_optimum(theta, penalty, seed):
    measured = CriticMeter(theta=theta, penalty=penalty, seed=seed).measure()
    # 200 steps whose rate falls to 0.00025: what is left is far below the three digits that are shown
    assert measured.estimate == pytest.approx(penalised_shift_value(theta, penalty).item(), rel=1e-4)
    assert measured.steepest == pytest.approx(1 + theta / (2 * penalty), rel=1e-4)
    assert measured.felt == pytest.approx(-measured.steepest, rel=1e-4)


def test_the_two_sided_penalty_has_a_trap_and_the_one_sided_has_none():
    theta, penalty = 2.0, 10.0
    optimum, trap = theta * (1 + theta / (2 * penalty)), -theta * (1 - theta / (2 * penalty))
    ends = np.array([CriticMeter(constraint=TWO_SIDED, seed=seed).measure().estimate for seed in range(8)])
    # the start's slope has either sign with probability one half; one seed in eight may end between the two
    near = [np.isclose(ends, value, rtol=0.01).sum() for value in (optimum, trap)]
    assert near[0] >= 1 and near[1] >= 1 and sum(near) >= 7, ends


@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("theta", [0.4, 1.5, 4.0])
def test_no_critic_says_more_than_its_steepest_slope_times_w1(constraint, theta):
    for seed in range(3):
        measured = CriticMeter(theta=theta, constraint=constraint, seed=seed).measure()
        assert abs(measured.estimate) <= measured.steepest * theta * (1 + 1e-9)


@pytest.mark.parametrize("clip", [0.02, 0.1, 0.3])
def test_a_clipped_critic_stays_in_its_box_and_has_its_scale(clip):
    meter = CriticMeter(constraint=CLIPPED, clip=clip, theta=3.0)
    critic = meter.train()
    assert max(parameter.abs().max().item() for parameter in critic.parameters()) <= clip + 1e-15
    assert meter.measure(critic).steepest <= HIDDEN * clip**2 + 1e-12


def test_steepest_slope_is_that_of_a_dense_grid():
    for constraint in CONSTRAINTS:
        meter = CriticMeter(constraint=constraint, theta=2.5, seed=5)
        critic = meter.train()
        ends = [pile.flatten()[place].item() for pile, place in zip(meter.piles(), (0, -1), strict=True)]
        x = torch.linspace(*ends, 20_001, dtype=torch.float64)[:, None]
        with torch.no_grad():
            slopes = critic(x).diff(dim=0).abs() / (x[1] - x[0])
        # differences cannot exceed the steepest slope, and between two kinks they equal it
        assert slopes.max().item() == pytest.approx(meter.measure(critic).steepest, rel=1e-6)


def test_equal_piles_measure_zero():
    for constraint in CONSTRAINTS:
        assert CriticMeter(theta=0.0, constraint=constraint).measure().estimate == 0


def test_poster_shows_the_setting():
    posters = [CriticMeter(theta=theta, constraint=kind).poster() for theta in (1.0, 3.0) for kind in CONSTRAINTS]
    assert len(set(posters)) == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theta", -0.1),
        ("theta", FARTHEST + 0.1),
        ("constraint", "batch normalisation"),
        ("penalty", 1.0),
        ("penalty", 51.0),
        ("clip", 0.0),
        ("clip", 0.4),
        ("seed", -1),
        ("theta", "far"),
    ],
)
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        CriticMeter(**{name: value})


def test_as_many_draws_as_the_training_needs():
    assert STEPS * POINTS * 2 + 3 * HIDDEN < 20_000  # a page draws them for each θ that the reader passes
