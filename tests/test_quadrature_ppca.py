"""Exact integrals over z, and probabilistic PCA, against scipy and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.decomposition import PCA

from vae_utils.data import load_digits
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.networks import MLPDecoder, MLPEncoder
from vae_utils.ppca import fit_ppca
from vae_utils.quadrature import kl_to_posterior, latent_grid, log_marginal, log_posterior_on_grid


def linear_vae(latent, variance=0.3, seed=0):
    """A VAE without hidden layers: its p(x) is one Gaussian, its posterior is known."""
    torch.manual_seed(seed)
    encoder, decoder = MLPEncoder(5, latent, ()), MLPDecoder(latent, 5, ())
    return VAE(encoder, decoder, Gaussian(variance)).double()


@pytest.mark.parametrize("latent", [1, 2])
def test_grid_sums_a_normal_to_one(latent):
    grid = latent_grid(latent)
    assert grid.z.shape == (301**latent, latent)
    density = stats.multivariate_normal(np.zeros(latent)).pdf(grid.z.numpy())
    assert density.sum() * math.exp(grid.log_volume) == pytest.approx(1, abs=1e-8)
    assert grid.spacing == pytest.approx(12 / 300)


@pytest.mark.parametrize("latent", [1, 2])
def test_log_marginal_of_a_linear_decoder_is_a_gaussian(latent):
    model, x = linear_vae(latent), torch.randn(6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    layer = model.decoder.layers[-1]
    covariance = layer.weight @ layer.weight.T + 0.3 * torch.eye(5)
    exact = stats.multivariate_normal(layer.bias.detach().numpy(), covariance.detach().numpy()).logpdf(x.numpy())
    np.testing.assert_allclose(log_marginal(model, x), exact, atol=1e-7)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.2)])
def test_p_of_x_is_a_density_over_x(likelihood):
    """Bernoulli: all images together have probability 1. Gaussian: the density of one pixel integrates to 1."""
    pixels = 4 if isinstance(likelihood, Bernoulli) else 1
    model = VAE.of_size(pixels, 2, (6,), likelihood=likelihood).double()
    if pixels == 4:
        x, volume = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 4), 1
    else:
        axis = torch.linspace(-6, 6, 601, dtype=torch.float64)
        x, volume = axis[:, None], float(axis[1] - axis[0])
    assert float(log_marginal(model, x, points=121).exp().sum() * volume) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("latent", [1, 2])
def test_posterior_on_the_grid_is_the_gaussian_of_the_linear_model(latent):
    model, x = linear_vae(latent), torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    weight, bias = model.decoder.layers[-1].weight.detach(), model.decoder.layers[-1].bias.detach()
    covariance = torch.linalg.inv(weight.T @ weight / 0.3 + torch.eye(latent))
    means = (x - bias) @ weight @ covariance / 0.3
    grid = latent_grid(latent, points=101)
    on_grid = log_posterior_on_grid(model, x, grid)
    for row, mean in zip(on_grid, means, strict=True):
        expected = stats.multivariate_normal(mean.numpy(), covariance.numpy()).logpdf(grid.z.numpy())
        likely = expected > -20
        np.testing.assert_allclose(row.numpy()[likely], expected[likely], atol=1e-6)


def test_kl_to_posterior_is_the_kl_between_two_known_normals():
    model, x = linear_vae(1), torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    weight, bias = model.decoder.layers[-1].weight.detach(), model.decoder.layers[-1].bias.detach()
    variance = 1 / (float((weight**2).sum()) / 0.3 + 1)
    posterior = torch.distributions.Normal(((x - bias) @ weight)[:, 0] * variance / 0.3, math.sqrt(variance))
    mu, logvar = model.posterior(x)
    q = torch.distributions.Normal(mu[:, 0], torch.exp(logvar[:, 0] / 2))
    torch.testing.assert_close(
        kl_to_posterior(model, x, points=1001, extent=8), torch.distributions.kl_divergence(q, posterior)
    )


def test_a_grid_that_cannot_hold_q_is_refused():
    model, x = linear_vae(1), torch.zeros(2, 5, dtype=torch.float64)
    with torch.no_grad():
        model.encoder.layers[-1].bias[1] = -14.0  # σ = 0.0009, far below the spacing
        model.encoder.layers[-1].weight.zero_()
    with pytest.raises(ValueError, match="points and extent must give a grid that holds"):
        kl_to_posterior(model, x, points=101)
    with pytest.raises(ValueError, match="latent must be 1 or 2 for a grid, got 3"):
        log_marginal(linear_vae(3), x)
    with pytest.raises(ValueError, match="points must be at least 2"):
        latent_grid(1, points=1)
    with pytest.raises(ValueError, match="extent must be a finite number above 0"):
        latent_grid(1, extent=-1.0)


@pytest.fixture(scope="module")
def digits():
    return load_digits("train", dtype=torch.float64).x


@pytest.mark.parametrize("latent", [1, 8, 16])
def test_ppca_agrees_with_scikit_learn_and_scipy(digits, latent):
    model = fit_ppca(digits, latent)
    n = len(digits)
    oracle = PCA(latent, svd_solver="full").fit(digits.numpy())
    # scikit-learn divides by N − 1, maximum likelihood by N
    assert model.variance == pytest.approx(oracle.noise_variance_ * (n - 1) / n, rel=1e-9)
    np.testing.assert_allclose(model.covariance(), oracle.get_covariance() * (n - 1) / n, atol=1e-10)
    expected = stats.multivariate_normal(model.mean.numpy(), model.covariance().numpy()).logpdf(digits[:50].numpy())
    np.testing.assert_allclose(model.log_prob(digits[:50]), expected, rtol=1e-9)


def test_ppca_maximises_the_likelihood(digits):
    model = fit_ppca(digits, 4)
    best = model.log_prob(digits).mean()
    for other in (
        model._replace(variance=model.variance * 1.02),
        model._replace(weights=model.weights * 1.02),
        model._replace(mean=model.mean + 0.01),
    ):
        assert other.log_prob(digits).mean() < best


def test_ppca_posterior_satisfies_bayes_rule(digits):
    model, x = fit_ppca(digits, 3), digits[:5]
    means, covariance = model.posterior(x)
    z = torch.randn(3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    pixel_noise = model.variance * np.eye(64)
    for image, mean in zip(x, means, strict=True):
        log_joint = stats.multivariate_normal(np.zeros(3)).logpdf(z) + stats.multivariate_normal(
            model.decode(z).numpy(), pixel_noise
        ).logpdf(image.numpy())
        log_posterior = stats.multivariate_normal(mean.numpy(), covariance.numpy()).logpdf(z)
        assert log_joint - log_posterior == pytest.approx(float(model.log_prob(image[None])), rel=1e-9)


def test_ppca_samples_follow_its_covariance(digits):
    model = fit_ppca(digits, 4)
    n = 40_000
    samples = model.sample(n, generator=torch.Generator().manual_seed(0))
    spread = torch.sqrt(model.covariance().diagonal())
    assert ((samples.mean(0) - model.mean).abs() < 5 * spread / math.sqrt(n)).all()
    assert ((samples.var(0) / spread**2 - 1).abs() < 5 * math.sqrt(2 / n)).all()


def test_signs_of_the_latent_axes_are_fixed(digits):
    weights = fit_ppca(digits, 8).weights
    torch.testing.assert_close(fit_ppca(digits.flip(0), 8).weights, weights)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: fit_ppca(torch.zeros(4), 1), r"x must have shape \(rows, columns\)"),
        (lambda: fit_ppca(torch.zeros(1, 4), 1), "at least 2 rows"),
        (lambda: fit_ppca(torch.randn(9, 4), 4), "latent must be smaller than the 4 pixels, got 4"),
        (lambda: fit_ppca(torch.randn(9, 4), 0), "latent must be at least 1"),
        (lambda: fit_ppca(torch.full((9, 4), float("nan")), 1), "x must be finite"),
        (lambda: fit_ppca(torch.randn(9, 4), 1).log_prob(torch.zeros(2, 3)), "same last dimension"),
    ],
)
def test_bad_arguments_of_ppca_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
