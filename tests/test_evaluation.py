"""Distances and latent-space measures against scipy, scikit-learn, closed forms and grids."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from vae_utils.evaluation import (
    active_units,
    log_aggregated_posterior,
    median_distance,
    mmd,
    mmd_test,
    nearest_distances,
    rate_decomposition,
    sliced_wasserstein,
    wasserstein_1d,
)
from vae_utils.gaussian import kl_to_standard_normal


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


@given(st.integers(1, 40), st.integers(0, 10_000))
@settings(deadline=None, max_examples=50)
def test_w1_equals_scipys(n, seed):
    a, b = normal(n, seed=seed), 2 * normal(n, seed=seed + 1) + 0.5
    assert float(wasserstein_1d(a, b)) == pytest.approx(
        stats.wasserstein_distance(a.numpy(), b.numpy()), rel=1e-9, abs=1e-12
    )


def test_w1_of_a_shift_is_the_shift_and_leading_dimensions_are_kept():
    a = normal(3, 50)
    torch.testing.assert_close(
        wasserstein_1d(a, a + torch.tensor([[0.5], [-1.0], [0.0]])), torch.tensor([0.5, 1, 0]).double()
    )
    assert float(wasserstein_1d(a[0], a[0][torch.randperm(50)])) == 0, "the order of samples means nothing"


def test_sliced_w1_of_a_shift_is_the_mean_projection_of_the_shift():
    """A shift by v has W1 = |⟨v, u⟩| along u; over the circle its mean is ‖v‖ · 2/π."""
    a = normal(100, 2)
    shift = torch.tensor([3.0, 0.0], dtype=torch.float64)
    value = float(sliced_wasserstein(a, a + shift, directions=4_000, generator=generator()))
    spread = 3 * math.sqrt(0.5 - 4 / math.pi**2)  # standard deviation of 3 |cos|
    assert value == pytest.approx(6 / math.pi, abs=5 * spread / math.sqrt(4_000))


def brute_force_mmd(a, b, width):
    def kernel(u, v):
        return np.exp(-(cdist(u, v) ** 2) / (2 * width**2))

    n, m = len(a), len(b)
    within_a = (kernel(a, a).sum() - n) / (n * (n - 1))
    within_b = (kernel(b, b).sum() - m) / (m * (m - 1))
    return within_a + within_b - 2 * kernel(a, b).mean()


@pytest.mark.parametrize("n, m", [(30, 30), (12, 25)])
def test_mmd_is_its_formula_written_out(n, m):
    a, b = normal(n, 3), normal(m, 3, seed=1) + 0.7
    width = float(np.median(np.concatenate([cdist(*[torch.cat([a, b]).numpy()] * 2)[np.triu_indices(n + m, 1)]])))
    assert median_distance(a, b) == pytest.approx(width, rel=0.02)  # torch takes the lower of two middle values
    assert float(mmd(a, b, bandwidth=1.3)) == pytest.approx(brute_force_mmd(a.numpy(), b.numpy(), 1.3), rel=1e-9)


def test_mmd_is_unbiased():
    """Between samples of one distribution the estimate averages to 0 and is sometimes negative."""
    values = torch.stack(
        [mmd(normal(20, 2, seed=2 * s), normal(20, 2, seed=2 * s + 1), bandwidth=1.0) for s in range(400)]
    )
    assert abs(float(values.mean())) < 5 * float(values.std()) / math.sqrt(400)
    assert values.min() < 0 < values.max()


def test_mmd_between_known_normals_is_its_closed_form():
    """For N(0,1) and N(δ,1) and a Gaussian kernel of width s: MMD² = 2 s/√(s²+2) (1 − exp(−δ²/(2(s²+2))))."""
    delta, width, runs = 1.0, 1.0, 60
    exact = 2 * width / math.sqrt(width**2 + 2) * (1 - math.exp(-(delta**2) / (2 * (width**2 + 2))))
    values = torch.stack(
        [mmd(normal(200, 1, seed=2 * s), normal(200, 1, seed=2 * s + 1) + delta, bandwidth=width) for s in range(runs)]
    )
    assert abs(float(values.mean()) - exact) < 5 * float(values.std()) / math.sqrt(runs)


def test_the_permutation_test_has_its_level_and_its_power():
    """Under the null p-values are uniform: over 200 tests about 10 lie below 0.05 (binomial, 5 σ: at most 26)."""
    null = [
        mmd_test(
            normal(15, 2, seed=2 * s), normal(15, 2, seed=2 * s + 1), permutations=99, generator=generator(s)
        ).p_value
        for s in range(200)
    ]
    assert sum(p <= 0.05 for p in null) <= 26
    assert 0.35 < np.mean(null) < 0.65
    apart = mmd_test(normal(60, 2), normal(60, 2, seed=1) + 1, permutations=99, generator=generator())
    assert apart.p_value == pytest.approx(1 / 100), "the smallest p-value is 1 / (permutations + 1), never 0"


def test_nearest_distances_equal_scikit_learns():
    a, b = normal(20, 5), normal(30, 5, seed=1)
    expected = NearestNeighbors(n_neighbors=1).fit(b.numpy()).kneighbors(a.numpy())[0][:, 0]
    np.testing.assert_allclose(nearest_distances(a, b), expected, rtol=1e-7)
    # torch.cdist multiplies matrices for large inputs, which rounds
    assert nearest_distances(b, b).max() < 1e-6


def test_active_units_have_a_mean_that_varies():
    mu = torch.stack([normal(500), 0.05 * normal(500, seed=1), torch.full((500,), 3.0).double()], 1)
    assert active_units(mu).tolist() == [True, False, False]
    assert active_units(mu, threshold=1e-4).tolist() == [True, True, False]


def test_the_aggregated_posterior_is_a_density():
    mu, logvar = normal(40, 1), normal(40, 1, seed=1) - 1
    z = torch.linspace(-12, 12, 4801, dtype=torch.float64)[:, None]
    log_q = log_aggregated_posterior(z, mu, logvar)
    assert float(log_q.exp().sum() * (z[1] - z[0])) == pytest.approx(1, abs=1e-9)
    expected = stats.norm(mu.numpy().T, np.exp(logvar.numpy().T / 2)).pdf(z.numpy()).mean(1)
    np.testing.assert_allclose(log_q.exp(), expected, rtol=1e-9, atol=1e-300)


def test_the_rate_is_information_plus_aggregate_kl():
    """Against a grid that knows nothing of samples, and against the exact mean KL."""
    mu, logvar = 1.5 * normal(50, 1), normal(50, 1, seed=1) - 2
    rate = rate_decomposition(mu, logvar, n_samples=400, generator=generator())
    z = torch.linspace(-12, 12, 9601, dtype=torch.float64)[:, None]
    log_q = log_aggregated_posterior(z, mu, logvar).numpy()
    aggregate = float((np.exp(log_q) * (log_q - stats.norm.logpdf(z[:, 0].numpy()))).sum() * (24 / 9600))
    exact = float(kl_to_standard_normal(mu, logvar).mean())
    assert rate.rate == pytest.approx(exact)
    assert rate.aggregate_kl == pytest.approx(
        aggregate, abs=0.03
    )  # 20,000 draws of a log-ratio with spread < 0.8: 5 σ = 0.03
    assert rate.information == pytest.approx(exact - aggregate, abs=0.03)
    assert rate.information + rate.aggregate_kl != rate.rate, "the two parts must be estimated separately"
    assert 0 < rate.information < math.log(50)


def test_a_collapsed_posterior_carries_no_information():
    zero = torch.zeros(30, 2, dtype=torch.float64)
    rate = rate_decomposition(zero, zero, generator=generator())
    assert rate == pytest.approx((0, 0, 0), abs=1e-9)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: wasserstein_1d(torch.zeros(3), torch.zeros(4)), "a and b must have the same shape"),
        (lambda: sliced_wasserstein(torch.zeros(3), torch.zeros(3)), r"a must have shape \(rows, columns\)"),
        (
            lambda: sliced_wasserstein(torch.zeros(3, 2), torch.zeros(3, 2), directions=0),
            "directions must be at least 1",
        ),
        (lambda: mmd(torch.zeros(1, 2), torch.zeros(3, 2)), "a must have shape .* at least 2 rows"),
        (lambda: mmd(torch.zeros(3, 2), torch.zeros(3, 1), bandwidth=1.0), "same last dimension"),
        (lambda: mmd(torch.zeros(3, 2), torch.zeros(3, 2)), "bandwidth must be a finite number above 0, got 0.0"),
        (lambda: mmd_test(torch.zeros(3, 2), torch.ones(3, 2), permutations=0), "permutations must be at least 1"),
        (lambda: nearest_distances(torch.zeros(3, 2), torch.zeros(3, 1)), "same last dimension"),
        (lambda: mmd_test(torch.zeros(3, 2), torch.ones(3, 2), generator=1), "generator must be a"),
        (lambda: sliced_wasserstein(torch.zeros(3, 2), torch.ones(3, 2), generator=1), "generator must be a"),
        (lambda: rate_decomposition(torch.zeros(3, 2), torch.ones(3, 2), generator=1), "generator must be a"),
        (lambda: active_units(torch.zeros(1, 2)), "at least 2 rows"),
        (lambda: active_units(torch.zeros(5, 2), threshold=0), "threshold must be a finite number above 0"),
        (lambda: rate_decomposition(torch.zeros(5, 2), torch.zeros(5, 2), n_samples=0), "n_samples must be at least 1"),
        (lambda: log_aggregated_posterior(torch.zeros(5, 2), torch.zeros(5, 2), torch.zeros(5, 1)), "same shape"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
