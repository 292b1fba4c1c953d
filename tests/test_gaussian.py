"""Gaussian formulas against torch.distributions, scipy and quadrature."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from torch.distributions import Independent, Normal, kl_divergence

from vae_utils.gaussian import (
    kl_normal_normal,
    kl_to_standard_normal,
    log_normal_diag,
    log_standard_normal,
    naive_penalties,
    reparameterize,
    standard_normal,
)

FINITE = st.floats(-4, 4, allow_nan=False)


def diagonal(mu, logvar):
    return Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)


def random_pair(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype), torch.randn(*shape, generator=generator, dtype=dtype)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 2e-5)])
@pytest.mark.parametrize("shape", [(3,), (5, 2), (4, 5, 1)])
def test_log_normal_diag_is_the_sum_of_scipys_log_densities(shape, dtype, tolerance):
    mu, logvar = random_pair(*shape, dtype=dtype)
    z = torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=dtype)
    expected = stats.norm(mu.numpy(), np.exp(logvar.numpy() / 2)).logpdf(z.numpy()).sum(-1)
    assert log_normal_diag(z, mu, logvar).dtype == dtype
    np.testing.assert_allclose(log_normal_diag(z, mu, logvar), expected, rtol=tolerance, atol=tolerance)


def test_log_normal_diag_broadcasts_samples_over_examples():
    mu, logvar = random_pair(5, 2)
    z = torch.randn(7, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    assert log_normal_diag(z, mu, logvar).shape == (7, 5)
    torch.testing.assert_close(log_normal_diag(z, mu, logvar), diagonal(mu, logvar).log_prob(z))


def test_density_integrates_to_one_and_samples_follow_it():
    """Density and sampler must use one σ: a summed log-density checked against the moments of its own samples."""
    mu, logvar = (
        torch.tensor([0.7, -1.0], dtype=torch.float64),
        torch.tensor([math.log(4.0), -1.0], dtype=torch.float64),
    )

    def pdf(b, a):
        return math.exp(log_normal_diag(torch.tensor([a, b], dtype=torch.float64), mu, logvar))

    mass, _ = integrate.dblquad(pdf, -15, 16, -6, 4, epsabs=1e-8)
    assert mass == pytest.approx(1, abs=1e-6)
    n = 200_000
    z = reparameterize(mu.expand(n, 2), logvar.expand(n, 2), generator=torch.Generator().manual_seed(0))
    sigma = torch.exp(logvar / 2)
    assert ((z.mean(0) - mu).abs() < 5 * sigma / math.sqrt(n)).all()
    # the standard error of a sample standard deviation is σ / sqrt(2 n)
    assert ((z.std(0) - sigma).abs() < 5 * sigma / math.sqrt(2 * n)).all()
    assert torch.corrcoef(z.T)[0, 1].abs() < 5 / math.sqrt(n)


def test_log_standard_normal_is_the_special_case():
    z, _ = random_pair(6, 3)
    torch.testing.assert_close(log_standard_normal(z), log_normal_diag(z, torch.zeros_like(z), torch.zeros_like(z)))


@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=5))
@settings(deadline=None, max_examples=100)
def test_kl_equals_torch_distributions_and_is_never_negative(pairs):
    mu, logvar = torch.tensor(pairs, dtype=torch.float64).T
    expected = kl_divergence(diagonal(mu, logvar), diagonal(torch.zeros_like(mu), torch.zeros_like(mu)))
    kl = kl_to_standard_normal(mu, logvar)
    torch.testing.assert_close(kl, expected, rtol=1e-10, atol=1e-12)
    assert kl >= -1e-15


@given(FINITE, FINITE)
@settings(deadline=None, max_examples=15)
def test_kl_equals_its_defining_integral(mu, logvar):
    sigma = math.exp(logvar / 2)
    q, p = stats.norm(mu, sigma), stats.norm(0, 1)
    value, _ = integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)),
        mu - 10 * sigma,
        mu + 10 * sigma,
        epsabs=1e-11,
        epsrel=1e-11,
        limit=200,
    )
    mine = kl_to_standard_normal(torch.tensor([mu], dtype=torch.float64), torch.tensor([logvar], dtype=torch.float64))
    assert float(mine) == pytest.approx(value, rel=1e-7, abs=1e-8)


def test_kl_on_the_probes_that_tell_the_known_mistakes_apart():
    zero, ln4 = torch.zeros(1, dtype=torch.float64), torch.full((1,), math.log(4), dtype=torch.float64)
    right = 0.5 * (4 - math.log(4) - 1)
    assert float(kl_to_standard_normal(zero, zero)) == 0
    assert float(kl_to_standard_normal(zero - 1, zero)) == pytest.approx(0.5)
    assert float(kl_to_standard_normal(zero, ln4)) == pytest.approx(right)
    batch = kl_to_standard_normal(
        torch.zeros(4, 3, dtype=torch.float64), torch.full((4, 3), math.log(4), dtype=torch.float64)
    )
    torch.testing.assert_close(batch, torch.full((4,), 3 * right, dtype=torch.float64))


def test_kl_keeps_its_digits_near_the_prior_in_float32():
    """½(σ² − log σ² − 1) computed as written cancels to 0 or worse; the true value is ¼ (log σ²)²."""
    logvar = torch.full((1,), 2e-3, dtype=torch.float32)
    exact = 0.5 * (math.expm1(float(logvar)) - float(logvar))
    assert float(kl_to_standard_normal(torch.zeros(1), logvar)) == pytest.approx(exact, rel=1e-3)
    assert float(0.5 * (logvar.exp() - logvar - 1)) != pytest.approx(exact, rel=1e-3)


def test_kl_between_two_normals_equals_torch_distributions_and_contains_the_special_case():
    mu_q, logvar_q = random_pair(6, 3, seed=1)
    mu_p, logvar_p = random_pair(6, 3, seed=2)
    expected = kl_divergence(diagonal(mu_q, logvar_q), diagonal(mu_p, logvar_p))
    torch.testing.assert_close(kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p), expected)
    zero = torch.zeros(3, dtype=torch.float64)
    torch.testing.assert_close(kl_normal_normal(mu_q, logvar_q, zero, zero), kl_to_standard_normal(mu_q, logvar_q))
    assert not torch.allclose(kl_normal_normal(mu_p, logvar_p, mu_q, logvar_q), expected), (
        "the arguments are not symmetric"
    )


def test_gradients_of_kl_and_reparameterize_by_finite_differences():
    mu, logvar = (value.requires_grad_() for value in random_pair(4, 2))
    eps = torch.randn(4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    assert torch.autograd.gradcheck(kl_to_standard_normal, (mu, logvar))
    assert torch.autograd.gradcheck(lambda m, v: reparameterize(m, v, eps=eps), (mu, logvar))


def test_reparameterize_uses_one_noise_per_example_and_dimension():
    mu = torch.full((50_000, 2), 1.0)
    z = reparameterize(mu, torch.full_like(mu, math.log(9.0)), generator=torch.Generator().manual_seed(0))
    assert z.std(0).tolist() == pytest.approx([3, 3], rel=0.02)  # 5 standard errors: 5 / sqrt(2 · 50,000) = 0.016
    assert z.mean(0).tolist() == pytest.approx([1, 1], abs=5 * 3 / math.sqrt(50_000))
    assert abs(float(torch.corrcoef(z.T)[0, 1])) < 5 / math.sqrt(50_000)
    assert (z < 1).float().mean().item() == pytest.approx(0.5, abs=0.01), "ε must be symmetric about 0"


def test_reparameterize_takes_more_samples_and_repeats_with_the_generator():
    mu, logvar = random_pair(3, 2)
    eps = torch.randn(5, 3, 2, dtype=torch.float64)
    torch.testing.assert_close(reparameterize(mu, logvar, eps=eps)[4], mu + torch.exp(logvar / 2) * eps[4])
    first, again = (reparameterize(mu, logvar, generator=torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, reparameterize(mu, logvar, generator=torch.Generator().manual_seed(8)))


def test_standard_normal_takes_dtype_and_shape():
    like = torch.zeros(1, dtype=torch.float64)
    assert standard_normal(4, 3, like=like).dtype == torch.float64
    assert standard_normal(4, 3).shape == (4, 3)


def test_naive_penalties_are_the_squared_norms_and_symmetric_where_kl_is_not():
    mu, logvar = random_pair(6, 3)
    penalties = naive_penalties(mu, logvar)
    torch.testing.assert_close(penalties.mu, torch.linalg.vector_norm(mu, dim=-1) ** 2)
    torch.testing.assert_close(penalties.logvar, torch.linalg.vector_norm(logvar, dim=-1) ** 2)
    assert torch.equal(naive_penalties(mu, -logvar).logvar, penalties.logvar)
    assert not torch.allclose(kl_to_standard_normal(mu, -logvar), kl_to_standard_normal(mu, logvar))


@pytest.mark.parametrize("function", [kl_to_standard_normal, naive_penalties, reparameterize])
def test_pairs_must_agree_in_shape_and_dtype(function):
    with pytest.raises(ValueError, match=r"mu and logvar must have the same shape, got mu \(4, 2\), logvar \(4, 3\)"):
        function(torch.zeros(4, 2), torch.zeros(4, 3))
    with pytest.raises(TypeError, match="share one dtype"):
        function(torch.zeros(4, 2), torch.zeros(4, 2, dtype=torch.float64))
    with pytest.raises(TypeError, match=r"mu must be a float32 or float64 tensor, got a torch\.int64 tensor"):
        function(torch.zeros(4, 2, dtype=torch.int64), torch.zeros(4, 2))
    with pytest.raises(TypeError, match=r"mu must be a float32 or float64 tensor, got 1\.0 of type float"):
        function(1.0, torch.zeros(4, 2))


def test_features_must_agree_and_leading_dimensions_broadcast():
    with pytest.raises(ValueError, match="same last dimension"):
        log_normal_diag(torch.zeros(4, 2), torch.zeros(4, 1), torch.zeros(4, 1))
    with pytest.raises(ValueError, match="must broadcast"):
        log_normal_diag(torch.zeros(4, 2), torch.zeros(3, 2), torch.zeros(3, 2))
    with pytest.raises(ValueError, match="mu and eps must have the same last dimension"):
        reparameterize(torch.zeros(4, 2), torch.zeros(4, 2), eps=torch.zeros(4, 1))
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator or None, got 3"):
        reparameterize(torch.zeros(4, 2), torch.zeros(4, 2), generator=3)
