"""Likelihoods against torch.distributions, scipy and torch's own losses."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch.nn import functional

from vae_utils.likelihoods import Bernoulli, Gaussian, bernoulli_log_likelihood, gaussian_log_likelihood


def images(*shape, seed=0, dtype=torch.float64):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_bernoulli_is_a_log_probability_on_black_and_white_pixels():
    x, logits = (images(6, 9) > 0.5).double(), 4 * images(6, 9, seed=1) - 2
    expected = torch.distributions.Bernoulli(logits=logits).log_prob(x).sum(-1)
    torch.testing.assert_close(bernoulli_log_likelihood(x, logits), expected)
    np.testing.assert_allclose(
        bernoulli_log_likelihood(x, logits), stats.bernoulli(torch.sigmoid(logits)).logpmf(x).sum(-1)
    )


def test_bernoulli_probabilities_of_all_images_sum_to_one():
    every_image = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 4)
    logits = torch.tensor([0.3, -1.0, 2.0, 0.0], dtype=torch.float64)
    assert float(bernoulli_log_likelihood(every_image, logits).exp().sum()) == pytest.approx(1)


def test_bernoulli_on_grey_pixels_is_the_expectation_over_binarized_images():
    """BCE on grey x equals E[log p(b)] with b ~ Bernoulli(x), summed here over all images exactly; it is no density."""
    every_image = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 3)
    x, logits = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64), torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    weight = torch.distributions.Bernoulli(x).log_prob(every_image).sum(-1).exp()
    expectation = (weight * bernoulli_log_likelihood(every_image, logits)).sum()
    torch.testing.assert_close(bernoulli_log_likelihood(x, logits), expectation)
    torch.testing.assert_close(
        -bernoulli_log_likelihood(x, logits), functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    )


def test_bernoulli_floor_is_the_entropy_not_zero():
    half = torch.full((1,), 0.5, dtype=torch.float64)
    assert float(-bernoulli_log_likelihood(half, torch.zeros(1, dtype=torch.float64))) == pytest.approx(math.log(2))


def test_bernoulli_stays_finite_at_extreme_logits():
    logits = torch.tensor([[1000.0], [-1000.0]])
    assert bernoulli_log_likelihood(torch.tensor([[1.0], [0.0]]), logits).tolist() == [0.0, 0.0]
    assert bernoulli_log_likelihood(torch.tensor([[0.0], [1.0]]), logits).tolist() == [-1000.0, -1000.0]


@given(st.floats(1e-3, 10), st.integers(1, 6))
@settings(deadline=None, max_examples=50)
def test_gaussian_is_scipys_density_with_the_constant_counted_once_per_pixel(variance, pixels):
    x, mean = images(3, pixels), images(3, pixels, seed=1)
    expected = [
        stats.multivariate_normal(m, variance * np.eye(pixels)).logpdf(value) for value, m in zip(x, mean, strict=True)
    ]
    np.testing.assert_allclose(gaussian_log_likelihood(x, mean, math.log(variance)), np.ravel(expected), rtol=1e-9)


def test_a_gaussian_density_may_exceed_one():
    x = torch.zeros(1, 4, dtype=torch.float64)
    assert float(gaussian_log_likelihood(x, x, math.log(0.01))) == pytest.approx(-2 * math.log(2 * math.pi * 0.01))
    assert float(gaussian_log_likelihood(x, x, math.log(0.01))) > 0


def test_the_best_variance_is_the_mean_squared_error():
    x, mean = images(50, 8), images(50, 8, seed=1)
    likelihood = Gaussian(1.0, learn_variance=True)
    optimizer = torch.optim.LBFGS(likelihood.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = -likelihood.log_prob(x, mean).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert likelihood.variance == pytest.approx(float(((x - mean) ** 2).mean()), rel=1e-4)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.25)])
def test_samples_have_the_mean_and_the_spread_of_the_likelihood(likelihood):
    parameters = torch.tensor([0.5, -1.0, 0.1]).expand(40_000, 3)
    samples = likelihood.sample(parameters, generator=torch.Generator().manual_seed(0))
    mean = likelihood.mean(parameters)[0]
    spread = torch.sqrt(mean * (1 - mean)) if isinstance(likelihood, Bernoulli) else torch.full((3,), 0.5)
    assert ((samples.mean(0) - mean).abs() < 5 * spread / math.sqrt(40_000)).all()
    torch.testing.assert_close(
        samples.std(0), spread, rtol=0.03, atol=0
    )  # > 5 standard errors, 5 / sqrt(80,000) = 0.018
    if isinstance(likelihood, Bernoulli):
        assert set(samples.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.25)])
def test_inverse_mean_undoes_mean(likelihood):
    x = torch.linspace(0.05, 0.95, 5)
    torch.testing.assert_close(likelihood.mean(likelihood.inverse_mean(x)), x)


def test_log_prob_broadcasts_samples_over_examples_and_keeps_the_dtype():
    for likelihood in (Bernoulli(), Gaussian()):
        value = likelihood.log_prob(images(5, 4), images(7, 5, 4, seed=1))
        assert value.shape == (7, 5) and value.dtype == torch.float64


def test_check_refuses_what_the_likelihood_cannot_judge():
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\], got values from -1 to 1"):
        Bernoulli().check(torch.tensor([-1.0, 1.0]))
    Gaussian().check(torch.tensor([-1.0, 1.0]))
    for likelihood in (Bernoulli(), Gaussian()):
        with pytest.raises(ValueError, match="x must be finite, got 1 NaN or infinite of 2 values"):
            likelihood.check(torch.tensor([float("nan"), 1.0]))


@pytest.mark.parametrize("variance", [0, -1.0, float("nan"), float("inf")])
def test_variance_must_be_positive(variance):
    with pytest.raises(ValueError, match="variance must be a finite number above 0"):
        Gaussian(variance)


def test_pixels_and_parameters_must_agree():
    for function in (bernoulli_log_likelihood, lambda x, p: gaussian_log_likelihood(x, p, 0.0)):
        with pytest.raises(ValueError, match="same last dimension"):
            function(torch.zeros(2, 4), torch.zeros(2, 1))
        with pytest.raises(TypeError, match="float32 or float64"):
            function(torch.zeros(2, 4, dtype=torch.uint8), torch.zeros(2, 4))
