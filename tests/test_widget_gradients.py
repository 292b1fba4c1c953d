"""The gradient race's Python side: its state, its estimates, its exact variances, its errors."""

import numpy as np
import pytest
import torch
import traitlets

from vae_utils.widgets.gradients import GRADIENT, GradientRace

SETTINGS = [(1, 1.0, True), (5, 0.25, True), (64, 1.0, True), (3, 2.0, False), (64, 0.7, False)]


def judge(eps, sigma, baseline):
    """Both estimates of the first component by autograd: of f along the path, and of torch's log_prob."""
    eps = torch.as_tensor(eps, dtype=torch.float64)
    mu = torch.zeros_like(eps).requires_grad_()

    def f(z):
        return ((z - 1) ** 2).sum(-1)

    z = mu + sigma * eps
    pathwise = torch.autograd.grad(f(z).sum(), mu)[0][:, 0]
    z = z.detach()
    score = torch.autograd.grad(torch.distributions.Normal(mu, sigma).log_prob(z).sum(), mu)[0][:, 0]
    return pathwise.numpy(), ((f(z) - baseline * eps.shape[1] * (1 + sigma**2)) * score).numpy()


def moments(latent, sigma, baseline):
    """Mean and variance of the score estimate by Gauss-Hermite quadrature, exact for its degree.

    The other latents are independent of ε₁: they enter by mean and variance of their share of f alone.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    weights = weights / weights.sum()
    share = (sigma * nodes - 1) ** 2
    mean = weights @ share
    offset = (latent - 1) * mean - baseline * latent * (1 + sigma**2)
    variance = (latent - 1) * (weights @ (share - mean) ** 2)
    first = weights @ ((share + offset) * nodes / sigma)
    second = weights @ (((share + offset) ** 2 + variance) * (nodes / sigma) ** 2)
    return first, second - first**2


@pytest.mark.parametrize(("latent", "sigma", "baseline"), SETTINGS)
def test_estimates_are_those_of_autograd(latent, sigma, baseline):
    race = GradientRace(latent=latent, sigma=sigma, baseline=baseline, count=40, seed=3)
    assert race.eps().shape == (40, latent)
    for found, expected in zip(race.estimates(), judge(race.eps(), sigma, baseline), strict=True):
        # f - E f cancels up to 128, so an estimate has its digits relative to that, over sigma
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(("latent", "sigma", "baseline"), SETTINGS)
def test_variances_are_those_of_quadrature(latent, sigma, baseline):
    pathwise, score = GradientRace(latent=latent, sigma=sigma, baseline=baseline).variances()
    mean, variance = moments(latent, sigma, baseline)
    assert mean == pytest.approx(GRADIENT, rel=1e-9)
    assert score == pytest.approx(variance, rel=1e-9)
    assert pathwise == pytest.approx(4 * sigma**2, rel=1e-12)  # of the affine 2 (σ ε − 1)


@pytest.mark.parametrize(("latent", "sigma", "baseline"), SETTINGS)
def test_all_draws_agree_with_the_exact_moments(latent, sigma, baseline):
    race = GradientRace(latent=latent, sigma=sigma, baseline=baseline, count=20_000, seed=1)
    for values, variance in zip(race.estimates(), race.variances(), strict=True):
        squares = (values - GRADIENT) ** 2
        # five standard errors of a mean, and of a mean square, the second measured on the sample itself
        assert values.mean() == pytest.approx(GRADIENT, abs=5 * (variance / 20_000) ** 0.5)
        assert squares.mean() == pytest.approx(variance, abs=5 * squares.std() / 20_000**0.5)


def test_the_noise_of_a_draw_depends_on_neither_count_nor_latents():
    race = GradientRace(latent=64, count=50, seed=5)
    fewer = GradientRace(latent=3, count=20, seed=5)
    assert np.array_equal(fewer.eps(), race.eps()[:20, :3])
    assert np.array_equal(fewer.estimates()[0], race.estimates()[0][:20])
    assert not np.array_equal(GradientRace(latent=3, count=20, seed=6).eps(), fewer.eps())


def test_another_number_of_latents_can_be_asked_for():
    race, other = GradientRace(latent=2, sigma=0.5, count=9), GradientRace(latent=40, sigma=0.5, count=9)
    assert race.variances(40) == other.variances() and race.variances() != other.variances()
    assert np.array_equal(race.eps(40), other.eps())
    assert all(map(np.array_equal, race.estimates(40), other.estimates()))
    for wrong in (0, 65, 2.0, "3"):
        with pytest.raises(ValueError, match="latent must be a whole number from 1 to 64, got"):
            race.variances(wrong)


@pytest.mark.parametrize("count", [0, 1, 2000])
def test_poster_shows_the_draws(count):
    assert GradientRace(count=count).poster() != GradientRace(count=300).poster()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("latent", 0),
        ("latent", 65),
        ("sigma", 0.2),
        ("sigma", 2.1),
        ("count", 20_001),
        ("seed", -1),
        ("baseline", "yes"),
    ],
)
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        GradientRace(**{name: value})
