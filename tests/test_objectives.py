"""ELBO, importance-weighted bounds and losses against exact integrals."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from vae_utils import objectives
from vae_utils.gaussian import standard_normal
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.objectives import elbo, iw_bound, log_importance_weights, naive_loss, negative_elbo
from vae_utils.quadrature import kl_to_posterior, log_marginal

LIKELIHOODS = [Bernoulli(), Gaussian(0.2), Gaussian(0.2, learn_variance=True)]


@pytest.fixture(params=LIKELIHOODS, ids=["bernoulli", "gaussian", "learned"])
def model(request):
    return VAE.of_size(6, 1, (8,), likelihood=request.param, seed=3).double()


@pytest.fixture
def x():
    return (torch.rand(5, 6, generator=torch.Generator().manual_seed(0)) > 0.5).double()


def gauss_hermite_elbo(model, x, points=80):
    """The ELBO with its expectation by Gauss-Hermite quadrature over a one-dimensional z: an oracle without samples."""
    import numpy as np

    nodes, weights = (torch.as_tensor(v) for v in np.polynomial.hermite_e.hermegauss(points))
    mu, logvar = model.posterior(x)
    z = mu + torch.exp(logvar / 2) * nodes[:, None, None]  # (P, B, 1)
    reconstruction = (weights[:, None] / math.sqrt(2 * math.pi) * model.likelihood.log_prob(x, model.decoder(z))).sum(0)
    normal = Independent(Normal(mu, torch.exp(logvar / 2)), 1)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return reconstruction, kl_divergence(normal, prior)


def test_elbo_parts_agree_with_quadrature(model, x):
    reconstruction, kl = gauss_hermite_elbo(model, x)
    n = 20_000
    singles = torch.stack([elbo(model, x, eps=eps).reconstruction for eps in standard_normal(200, 5, 1, like=x)])
    terms = elbo(model, x, n_samples=n, generator=torch.Generator().manual_seed(1))
    error = 5 * singles.std(0) / math.sqrt(n)
    assert ((terms.reconstruction - reconstruction).abs() < error).all()
    torch.testing.assert_close(terms.kl, kl)
    torch.testing.assert_close(terms.elbo, terms.reconstruction - terms.kl)


def test_one_sample_is_unbiased(model, x):
    """One draw per example is enough in training because its mean is right, whatever σ is."""
    reconstruction, _ = gauss_hermite_elbo(model, x)
    draws = torch.stack(
        [
            elbo(model, x, eps=eps).reconstruction
            for eps in standard_normal(2000, 5, 1, like=x, generator=torch.Generator().manual_seed(2))
        ]
    )
    assert ((draws.mean(0) - reconstruction).abs() < 5 * draws.std(0) / math.sqrt(2000)).all()


def test_log_p_is_elbo_plus_the_gap(model, x):
    reconstruction, kl = gauss_hermite_elbo(model, x)
    gap = kl_to_posterior(model, x, points=2001, extent=10)
    torch.testing.assert_close(
        reconstruction - kl + gap, log_marginal(model, x, points=2001, extent=10), rtol=0, atol=1e-9
    )
    assert (gap > 1e-3).all(), "an untrained encoder leaves a gap"


def test_mean_importance_weight_is_p_of_x(model, x):
    n = 50_000
    log_w = log_importance_weights(model, x, n_samples=n, generator=torch.Generator().manual_seed(3))
    ratio = torch.exp(log_w - log_marginal(model, x, points=1001, extent=10))
    assert ((ratio.mean(0) - 1).abs() < 5 * ratio.std(0) / math.sqrt(n)).all()


def test_the_bound_with_one_sample_is_the_elbo_and_with_many_is_log_p(model, x):
    exact = log_marginal(model, x, points=1001, extent=10)
    reconstruction, kl = gauss_hermite_elbo(model, x)
    ones = torch.stack(
        [iw_bound(model, x, n_samples=1, generator=torch.Generator().manual_seed(s)) for s in range(1000)]
    )
    assert ((ones.mean(0) - (reconstruction - kl)).abs() < 5 * ones.std(0) / math.sqrt(1000)).all()
    many = iw_bound(model, x, n_samples=20_000, generator=torch.Generator().manual_seed(0))
    weights = torch.exp(log_importance_weights(model, x, n_samples=1000) - exact)
    assert ((many - exact).abs() < 5 * weights.std(0) / math.sqrt(20_000)).all()


def test_subgroups_never_beat_the_whole(model, x):
    """Jensen, exactly: the log-mean of K weights is at least the average of the log-means of its equal subgroups."""
    log_w = log_importance_weights(model, x, n_samples=60, generator=torch.Generator().manual_seed(4))
    whole = torch.logsumexp(log_w, 0) - math.log(60)
    for size in (1, 2, 5, 30):
        groups = (torch.logsumexp(log_w.view(60 // size, size, -1), 1) - math.log(size)).mean(0)
        assert (groups <= whole + 1e-12).all()


def test_worse_samples_weigh_less(model, x):
    """The weights' softmax must grow with log w; on the positive loss it would be the other way round."""
    log_w = log_importance_weights(model, x, n_samples=50, generator=torch.Generator().manual_seed(5))
    log_w = log_w.detach().requires_grad_()
    torch.logsumexp(log_w, 0).sum().backward()
    for column in range(len(x)):
        assert torch.equal(log_w.grad[:, column].argsort(), log_w[:, column].argsort())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3, 2), (20, 20)])
def test_the_noise_of_a_bound_is_drawn_sample_by_sample(shape, dtype):
    like, one_by_one, at_once = torch.zeros((), dtype=dtype), torch.Generator().manual_seed(1), torch.Generator()
    expected = torch.stack([standard_normal(*shape, generator=one_by_one, like=like) for _ in range(4)])
    assert torch.equal(objectives._draws(4, shape, at_once.manual_seed(1), like=like), expected)


@pytest.mark.parametrize("n_samples", [1, 7, 100])
def test_chunks_change_nothing(model, x, n_samples):
    whole = iw_bound(model, x, n_samples=n_samples, generator=torch.Generator().manual_seed(0), chunk=n_samples)
    parts = iw_bound(model, x, n_samples=n_samples, generator=torch.Generator().manual_seed(0), chunk=1)
    torch.testing.assert_close(whole, parts)


@pytest.mark.parametrize("outputs", [1, 10, 45])
def test_iw_bound_decodes_no_more_at_a_time_than_it_may_and_the_result_stays(monkeypatch, outputs):
    """Too many examples for one piece are taken some at a time, with the noise that they would have had together."""
    model = VAE.of_size(5, 2, (8,), seed=1).double()
    x = torch.rand(7, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    whole = iw_bound(model, x, n_samples=9, generator=torch.Generator().manual_seed(3), chunk=9)
    decoded = []
    model.decoder.register_forward_hook(lambda module, given, result: decoded.append(result.numel()))
    monkeypatch.setattr(objectives, "OUTPUTS_ON_CPU", outputs)
    parts = iw_bound(model, x, n_samples=9, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=0)
    assert max(decoded) <= max(outputs, 5)  # one example at least
    assert sum(decoded) == 9 * 7 * 5


def test_n_samples_is_used(model, x):
    """Every weight must count: the bound of K samples is the log-mean of exactly those K weights."""
    for k in (1, 20, 25, 100):
        source = torch.Generator().manual_seed(6)
        eps = torch.stack([standard_normal(len(x), 1, like=x, generator=source) for _ in range(k)])
        log_w = log_importance_weights(model, x, eps=eps)
        assert log_w.shape == (k, len(x))
        bound = iw_bound(model, x, n_samples=k, generator=torch.Generator().manual_seed(6))
        torch.testing.assert_close(bound, torch.logsumexp(log_w, 0) - math.log(k))


@pytest.mark.parametrize("n_samples, error", [(0, ValueError), (-3, ValueError), (2.0, TypeError), (True, TypeError)])
def test_n_samples_must_be_a_positive_integer(model, x, n_samples, error):
    for function in (iw_bound, elbo, log_importance_weights):
        with pytest.raises(error, match="n_samples must be"):
            function(model, x, n_samples=n_samples)


def test_bound_refuses_pixels_that_the_likelihood_cannot_judge(x):
    model = VAE.of_size(6, 1, (8,), likelihood=Bernoulli()).double()
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]"):
        iw_bound(model, 2 * x - 1, n_samples=2)


def test_losses_are_what_their_formulas_say(model, x):
    eps = standard_normal(5, 1, like=x, generator=torch.Generator().manual_seed(7))
    terms = elbo(model, x, eps=eps)
    for beta in (0.0, 1.0, 4.0):
        loss = negative_elbo(model, x, eps=eps, beta=beta)
        torch.testing.assert_close(loss["loss"], beta * terms.kl - terms.reconstruction)
        assert torch.equal(loss["elbo"], terms.elbo), "elbo means β = 1, whatever the loss weighs"
    mu, logvar = model.posterior(x)
    naive = naive_loss(model, x, eps=eps, weight_mu=0.3, weight_logvar=0.07)
    torch.testing.assert_close(
        naive["loss"], 0.3 * mu.square().sum(1) + 0.07 * logvar.square().sum(1) - terms.reconstruction
    )


def test_values_do_not_depend_on_the_batch(model, x):
    """Per-example values: a doubled batch changes none of them, doubled pixels double the reconstruction."""
    eps = standard_normal(5, 1, like=x, generator=torch.Generator().manual_seed(8))
    once, twice = elbo(model, x, eps=eps), elbo(model, torch.cat([x, x]), eps=torch.cat([eps, eps]))
    for single, double in zip(once, twice, strict=True):
        torch.testing.assert_close(double, torch.cat([single, single]))
    parameters = model.decoder(eps)
    doubled = model.likelihood.log_prob(x.repeat(1, 2), parameters.repeat(1, 2))
    torch.testing.assert_close(doubled, 2 * model.likelihood.log_prob(x, parameters))


def test_two_evaluations_differ_because_the_elbo_samples(model, x):
    generator = torch.Generator().manual_seed(0)
    first, second = (elbo(model, x, generator=generator).elbo for _ in range(2))
    assert not torch.equal(first, second)


def test_gradients_reach_the_encoder_through_the_sample(model, x):
    terms = elbo(model, x, generator=torch.Generator().manual_seed(0))
    gradients = torch.autograd.grad(terms.reconstruction.sum(), list(model.encoder.parameters()))
    assert all(gradient.abs().max() > 0 for gradient in gradients)
