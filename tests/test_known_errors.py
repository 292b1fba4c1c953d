"""Errors found in well-known course material, each as a test of ours.

Every test applies one check twice: to our function, which must pass, and to the mistake as it was found,
which must not. A check that the mistake survives would be no check.
"""

import math

import pytest
import torch
from scipy import stats

from vae_utils.gaussian import LOG_2PI, kl_to_standard_normal, log_normal_diag, log_standard_normal, reparameterize
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.objectives import elbo, iw_bound, log_importance_weights, negative_elbo
from vae_utils.quadrature import latent_grid, log_marginal
from vae_utils.toys import ring_of_gaussians, two_bumps


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def integral(log_density, latent):
    """∫ of a density over the whole plane or line, by quadrature."""
    grid = latent_grid(latent, points=401, extent=10)
    return float(torch.exp(log_density(grid.z) + grid.log_volume).sum())


@pytest.fixture(scope="module")
def model():
    return VAE.of_size(6, 1, (8,), likelihood=Gaussian(0.2), seed=3).double()


@pytest.fixture(scope="module")
def x():
    return torch.rand(5, 6, generator=generator(), dtype=torch.float64)


def test_the_normalising_constant_counts_every_dimension_once():
    """Found: −½ D log 2π in each of the D terms, so the constant counts D² times; in the KL it cancels unseen."""
    mu, logvar = torch.tensor([0.5, -0.2], dtype=torch.float64), torch.tensor([0.1, -0.7], dtype=torch.float64)

    def found(z):
        return (-0.5 * len(mu) * LOG_2PI - 0.5 * logvar - 0.5 * (z - mu) ** 2 * torch.exp(-logvar)).sum(-1)

    assert integral(lambda z: log_normal_diag(z, mu, logvar), 2) == pytest.approx(1, abs=1e-9)
    assert integral(found, 2) == pytest.approx(1 / (2 * math.pi), rel=1e-9)


def test_the_kl_is_log_q_minus_log_p():
    """Found: KL estimated as the mean of log prior − log posterior, which is its negative."""
    mu, logvar = torch.full((20_000, 1), 1.0, dtype=torch.float64), torch.full((20_000, 1), -1.0, dtype=torch.float64)
    z = reparameterize(mu, logvar, generator=generator())
    log_ratio = log_normal_diag(z, mu, logvar) - log_standard_normal(z)
    kl = float(kl_to_standard_normal(mu[:1], logvar[:1]))
    error = 5 * float(log_ratio.std()) / math.sqrt(20_000)
    assert float(log_ratio.mean()) == pytest.approx(kl, abs=error)
    assert float(-log_ratio.mean()) != pytest.approx(kl, abs=error)


def test_minus_elbo_is_not_called_nll(model, x):
    """Found: −ELBO printed as "nll". It is an upper bound of −log p; our books call each by its name."""
    terms = negative_elbo(model, x, eps=model.noise(5, generator=generator()))
    assert "nll" not in terms and set(terms) == {"loss", "reconstruction", "kl", "elbo"}
    minus_elbo = -elbo(model, x, n_samples=5000, generator=generator()).elbo
    assert (minus_elbo > -log_marginal(model, x) + 0.01).all(), "here the two differ: one name for both would be wrong"


def test_a_density_and_its_sampler_use_the_same_sigma():
    """Found: samples drawn with exp(logvar) as the standard deviation, while the density took exp(logvar / 2)."""
    logvar = torch.full((20_000, 1), math.log(9.0), dtype=torch.float64)
    mu = torch.zeros_like(logvar)
    entropy = 0.5 * (1 + math.log(2 * math.pi * 9))

    def mean_log_density(z):
        return float(log_normal_diag(z, mu, logvar).mean())

    found = mu + torch.exp(logvar) * torch.randn(20_000, 1, generator=generator(), dtype=torch.float64)
    error = 5 * math.sqrt(0.5 / 20_000)  # the log-density of a normal varies with standard deviation √½
    assert mean_log_density(reparameterize(mu, logvar, generator=generator())) == pytest.approx(-entropy, abs=error)
    assert mean_log_density(found) != pytest.approx(-entropy, abs=error)


def test_a_mixture_sums_components_after_dimensions():
    """Found: logsumexp over the components taken per dimension, so the density had modes where no sample falls."""
    ring = ring_of_gaussians(4, radius=2.0, std=0.2, dtype=torch.float64)

    def found(z):
        per_dimension = stats.norm(ring.means.numpy(), 0.2).logpdf(z[:, None].numpy())  # (N, C, 2)
        return torch.logsumexp(torch.as_tensor(per_dimension) - math.log(4), 1).sum(-1)

    samples, _ = ring.sample(4000, generator=generator())
    nowhere = torch.tensor([[2.0, 2.0]], dtype=torch.float64)  # between the modes
    assert torch.cdist(nowhere, samples).min() > 1.0
    assert float(ring.log_prob(nowhere)) < -15
    assert float(found(nowhere)) > -3


def test_nll_has_the_right_sign_and_uses_every_sample(model, x):
    """Found: ``get_nll`` returned +log p, and used 100 samples when asked for 1 and 20 when asked for 25."""
    exact = log_marginal(model, x, points=1001)
    bound = iw_bound(model, x, n_samples=2000, generator=generator())
    torch.testing.assert_close(bound, exact, rtol=0, atol=0.2)
    assert (-bound - exact).abs().min() > 0.2, "the sign can be told apart"
    for n_samples in (1, 25, 100):
        calls = []
        counted = VAE(model.encoder, model.decoder, model.likelihood)
        counted.decoder.register_forward_hook(
            lambda module, inputs, output, calls=calls: calls.append(inputs[0].shape[0])
        )
        iw_bound(counted, x, n_samples=n_samples, chunk=7)
        counted.decoder._forward_hooks.clear()
        assert sum(calls) == n_samples


def test_better_samples_weigh_more(model, x):
    """Found: the softmax of the positive loss as importance weights, so the worst sample weighs most."""
    log_w = log_importance_weights(model, x, n_samples=50, generator=generator()).detach().requires_grad_()
    torch.logsumexp(log_w, 0).sum().backward()
    ours, found = log_w.grad, torch.softmax(-log_w.detach(), 0)
    best = log_w.argmax(0)
    assert torch.equal(ours.argmax(0), best)
    assert not (found.argmax(0) == best).any()


def test_true_values_come_from_quadrature(model, x):
    """Found: "true value" columns that were Monte Carlo themselves. Ours depends on no seed, and is converged."""
    torch.manual_seed(0)
    first = log_marginal(model, x)
    torch.manual_seed(1)
    assert torch.equal(first, log_marginal(model, x))
    torch.testing.assert_close(first, log_marginal(model, x, points=1201, extent=8), rtol=0, atol=1e-8)
    monte_carlo = [iw_bound(model, x, n_samples=50, generator=generator(seed)) for seed in (0, 1)]
    assert (monte_carlo[0] - monte_carlo[1]).abs().max() > 1e-3, "the same check rejects a Monte Carlo value"


def test_densities_that_are_drawn_integrate_to_one():
    """Found: a plotted "density" whose values sum to 0.34. Every toy density of ours is integrated here."""
    assert integral(two_bumps().log_prob, 1) == pytest.approx(1, abs=1e-9)
    assert integral(ring_of_gaussians(8, std=0.2, dtype=torch.float64).log_prob, 2) == pytest.approx(1, abs=1e-6)
