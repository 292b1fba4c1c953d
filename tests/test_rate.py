"""The rate on a grid against closed forms, torch's mixtures, SciPy's double integrals and the sampled estimate."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vae_utils.evaluation import rate_decomposition
from vae_utils.gaussian import kl_to_standard_normal
from vae_utils.rate import aggregated_on_grid, exact_rate, information_per_example, kl_per_dimension


def posteriors(n, seed=0, spread=1.5):
    noise = torch.Generator().manual_seed(seed)
    mu = spread * torch.randn(n, 2, generator=noise, dtype=torch.float64)
    return mu, torch.rand(n, 2, generator=noise, dtype=torch.float64) * 3 - 3.5


def mixture(mu, logvar):
    parts = Independent(Normal(mu, torch.exp(logvar / 2)), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(mu), dtype=torch.float64)), parts)


def test_kl_per_dimension_adds_up_to_the_rate():
    mu, logvar = posteriors(20)
    expected = torch.distributions.kl_divergence(Normal(mu, torch.exp(logvar / 2)), Normal(0.0, 1.0)).mean(0)
    torch.testing.assert_close(kl_per_dimension(mu, logvar), expected)
    torch.testing.assert_close(kl_per_dimension(mu, logvar).sum(), kl_to_standard_normal(mu, logvar).mean())


def test_the_aggregated_posterior_is_torchs_mixture_and_has_mass_one():
    mu, logvar = posteriors(7)
    axes, density, area = aggregated_on_grid(mu, logvar)
    z = torch.cartesian_prod(*axes).reshape(len(axes[0]), len(axes[1]), 2)
    torch.testing.assert_close(density, mixture(mu, logvar).log_prob(z).exp(), rtol=1e-9, atol=1e-15)
    # two points per standard deviation of the narrowest: 2 exp(−8π²) = 1e-34
    assert float(density.sum()) * area == pytest.approx(1, abs=1e-12)


def test_a_collapsed_code_has_no_rate_at_all():
    rate = exact_rate(torch.zeros(5, 2), torch.zeros(5, 2))
    assert rate == pytest.approx((0, 0, 0), abs=1e-6)


def test_one_example_tells_nothing_and_pays_all():
    mu, logvar = posteriors(1, seed=3)
    rate = exact_rate(mu, logvar)
    assert rate.information == pytest.approx(0, abs=1e-7)
    assert rate.aggregate_kl == pytest.approx(rate.rate, abs=1e-7)


def test_codes_far_apart_tell_log_n():
    mu = torch.tensor([[-3.0, 0.0], [3.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    told = information_per_example(mu, torch.full_like(mu, -4.0))
    # neighbours are 4.2 apart at a standard deviation of 0.14: they overlap by less than rounding
    torch.testing.assert_close(told, torch.full_like(told, math.log(3)), rtol=0, atol=1e-7)


def test_both_parts_are_scipys_double_integrals():
    mu, logvar = posteriors(3, seed=1, spread=0.8)
    family = [stats.multivariate_normal(m, np.diag(np.exp(v))) for m, v in zip(mu.numpy(), logvar.numpy(), strict=True)]

    def q(z):
        return np.mean([part.pdf(z) for part in family], 0)

    def double(f):
        def everywhere(z):
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(q(z) > 1e-200, f(z), 0.0)

        result = integrate.cubature(everywhere, [-7, -7], [7, 7], rtol=1e-8, atol=1e-8)
        assert result.status == "converged"
        return result.estimate

    def information(z):
        return np.mean([part.pdf(z) * (part.logpdf(z) - np.log(q(z))) for part in family], 0)

    def aggregate(z):
        return q(z) * (np.log(q(z)) - stats.norm.logpdf(z).sum(-1))

    rate = exact_rate(mu, logvar)
    assert rate.information == pytest.approx(double(information), abs=1e-5)
    assert rate.aggregate_kl == pytest.approx(double(aggregate), abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_add_up_each_tells_at_most_log_n_and_a_finer_grid_agrees(seed):
    mu, logvar = posteriors(40, seed)
    rate, told = exact_rate(mu, logvar), information_per_example(mu, logvar)
    assert rate.information + rate.aggregate_kl == pytest.approx(rate.rate, abs=1e-5)
    assert rate.aggregate_kl > 0 and told.min() > 0 and told.max() < math.log(40)
    assert told.mean() == pytest.approx(rate.information)
    assert exact_rate(mu, logvar, fineness=4.0) == pytest.approx(rate, abs=1e-5)
    assert exact_rate(mu.float(), logvar.float()) == pytest.approx(rate, abs=1e-5)


def test_the_sampled_estimate_agrees():
    mu, logvar = posteriors(50, seed=2)
    exact = exact_rate(mu, logvar)
    draws = [
        rate_decomposition(mu, logvar, n_samples=20, generator=torch.Generator().manual_seed(s)) for s in range(16)
    ]
    for name in ("information", "aggregate_kl"):
        values = torch.tensor([getattr(draw, name) for draw in draws], dtype=torch.float64)
        assert abs(values.mean() - getattr(exact, name)) < 5 * values.std() / 4  # five standard errors of 16 estimates


@pytest.mark.parametrize(
    ("mu", "logvar", "options", "message"),
    [
        (torch.zeros(4, 3), torch.zeros(4, 3), {}, "mu must have 2 latent dimensions for a grid, got 3"),
        (torch.zeros(4, 2), torch.zeros(3, 2), {}, "mu and logvar must have the same shape"),
        (torch.full((4, 2), torch.nan), torch.zeros(4, 2), {}, "mu must be finite"),
        (torch.zeros(4, 2), torch.zeros(4, 2), {"fineness": 0}, "fineness must be a finite number above 0"),
        (torch.eye(2), torch.full((2, 2), -20.0), {}, "logvar must leave posteriors that a grid can hold"),
    ],
)
def test_bad_arguments_are_named(mu, logvar, options, message):
    with pytest.raises(ValueError, match=message):
        exact_rate(mu, logvar, **options)
