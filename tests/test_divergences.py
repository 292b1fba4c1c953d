"""Exact distances: each against another way to compute it, and the penalised critic against numerical optimisation."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from vae_utils.divergences import (
    js_on_grid,
    optimal_discriminator,
    optimal_transport,
    parallel_lines,
    penalised_shift_value,
    shifted_uniforms,
    w1_on_grid,
)
from vae_utils.evaluation import sliced_wasserstein, wasserstein_1d
from vae_utils.quadrature import latent_grid
from vae_utils.toys import gaussian_mixture, ring_of_gaussians, two_bumps

LOG_2 = math.log(2)
GRID = latent_grid(1, points=4001, extent=12)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(mean=0.0, std=1.0):
    """Log-density on GRID, from scipy."""
    return torch.as_tensor(stats.norm(mean, std).logpdf(GRID.z[:, 0].numpy()))


# ---- from two known densities


def test_the_best_discriminator_is_bayes_rule():
    """Real with probability ½: which of the two components a point of two_bumps came from."""
    mixture = two_bumps()
    x = torch.linspace(-4, 4, 101, dtype=torch.float64)[:, None]
    log_p, log_q = (mixture.log_joint(x)[:, c] for c in (0, 1))
    torch.testing.assert_close(optimal_discriminator(log_p, log_q), mixture.posterior(x)[:, 0], rtol=1e-12, atol=1e-15)


def test_no_discriminator_beats_the_best_one():
    """At every x, −p log D − q log(1 − D) is minimised numerically over D."""
    for p, q in ((0.3, 0.1), (0.01, 2.0), (1.0, 1.0)):
        found = optimize.minimize_scalar(
            lambda d, p=p, q=q: -p * math.log(d) - q * math.log1p(-d), bounds=(1e-9, 1 - 1e-9), method="bounded",
            options={"xatol": 1e-10},
        )  # fmt: skip
        ours = optimal_discriminator(*torch.tensor([p, q], dtype=torch.float64).log())
        assert float(ours) == pytest.approx(found.x, abs=1e-6)  # a minimum is found to the root of the rounding


@pytest.mark.parametrize("theta, std", [(0.0, 1.0), (0.5, 1.0), (2.0, 0.7), (5.0, 0.5)])
def test_js_and_w1_on_a_grid_are_adaptive_quadrature(theta, std):
    p, q = stats.norm(0, std), stats.norm(theta, std)

    def integrand(x):
        m = (p.pdf(x) + q.pdf(x)) / 2
        return sum(0.5 * f.pdf(x) * (f.logpdf(x) - math.log(m)) for f in (p, q))

    js, _ = integrate.quad(integrand, -6, 6 + theta, points=[0, theta], epsabs=1e-11, limit=200)
    log_p, log_q = normal(0, std), normal(theta, std)
    assert float(js_on_grid(log_p, log_q, GRID.log_volume)) == pytest.approx(js, abs=1e-9)
    # W1 of a shift is the shift; the rule is exact to the square of the spacing, 4e-5
    assert float(w1_on_grid(log_p, log_q, GRID.spacing)) == pytest.approx(theta, abs=1e-4)


def test_w1_on_a_grid_where_the_distribution_functions_cross():
    """Same mean, other widths: W1 = |σ − τ| E|ε| = |σ − τ| √(2/π), since quantiles are σ ε and τ ε."""
    value = w1_on_grid(normal(0, 1.0), normal(0, 0.4), GRID.spacing)
    assert float(value) == pytest.approx(0.6 * math.sqrt(2 / math.pi), abs=1e-4)


def test_grids_take_batches_and_the_plane():
    log_p = torch.stack([normal(), normal(1.0)])
    log_q = torch.stack([normal(1.0), normal(1.0)])
    js, w1 = js_on_grid(log_p, log_q, GRID.log_volume), w1_on_grid(log_p, log_q, GRID.spacing)
    assert js.shape == w1.shape == (2,) and float(js[1]) == pytest.approx(0, abs=1e-15)
    plane = latent_grid(2, points=301, extent=4)
    ring = ring_of_gaussians(2, radius=2.0, std=0.2, dtype=torch.float64)
    one, other = (gaussian_mixture(ring.means[c : c + 1], 0.2).log_prob(plane.z) for c in (0, 1))
    # two far pieces: their JS is log 2; a half against the whole: ½ log 4/3 + ½ (½ log 2/3 + ½ log 2)
    assert float(js_on_grid(one, other, plane.log_volume)) == pytest.approx(LOG_2, abs=1e-6)
    half = 0.5 * math.log(4 / 3) + 0.25 * math.log(2 / 3) + 0.25 * LOG_2
    assert float(js_on_grid(one, ring.log_prob(plane.z), plane.log_volume)) == pytest.approx(half, abs=1e-6)


def test_a_grid_that_cannot_hold_a_density_says_so():
    thin = normal(0, 1e-4)
    with pytest.raises(ValueError, match="log_q must sum to 1 on the grid, got"):
        js_on_grid(normal(), thin, GRID.log_volume)
    with pytest.raises(ValueError, match=r"log_p must sum to 1 on the grid, got 0\.5"):
        w1_on_grid(normal(12.0), normal(), GRID.spacing)
    with pytest.raises(ValueError, match="log_p and log_q must have the same shape"):
        js_on_grid(normal(), normal()[1:], GRID.log_volume)


# ---- from two samples


def test_the_best_assignment_is_the_best_of_all_permutations():
    a, b = (torch.randn(6, 2, generator=generator(seed), dtype=torch.float64) for seed in (1, 2))
    distance = torch.cdist(a, b)
    costs = {order: float(distance[range(6), order].mean()) for order in itertools.permutations(range(6))}
    best = min(costs, key=costs.get)
    w1, partner = optimal_transport(a, b)
    assert float(w1) == pytest.approx(costs[best], rel=1e-12) and tuple(partner.tolist()) == best


@given(st.integers(0, 10_000))
def test_on_a_line_the_best_assignment_is_sorting(seed):
    a, b = torch.randn(2, 40, 1, generator=generator(seed), dtype=torch.float64)
    sorted_ = float(wasserstein_1d(a[:, 0], b[:, 0]))
    assert float(optimal_transport(a, b).w1) == pytest.approx(sorted_, rel=1e-12)
    assert stats.wasserstein_distance(a[:, 0].numpy(), b[:, 0].numpy()) == pytest.approx(sorted_, rel=1e-12)


@given(st.integers(0, 10_000))
def test_transport_in_the_plane_obeys_what_a_distance_must(seed):
    a, b, c = torch.randn(3, 20, 2, generator=generator(seed), dtype=torch.float64)
    shift = torch.tensor([3.0, -4.0], dtype=torch.float64)
    to = lambda u, v: float(optimal_transport(u, v).w1)  # noqa: E731
    assert to(a, a + shift) == pytest.approx(5, rel=1e-12)  # moving all by one vector is optimal
    assert to(a, b) == pytest.approx(to(b, a), rel=1e-12)
    assert to(a, c) <= to(a, b) + to(b, c) + 1e-12
    assert to(a, a[torch.randperm(20, generator=generator(seed))]) == pytest.approx(0, abs=1e-12)
    # a projection shortens every move, so no sliced distance is larger
    assert float(sliced_wasserstein(a, b, generator=generator())) <= to(a, b) + 1e-12


def test_transport_keeps_the_digits_of_close_points():
    """Far from the origin, ‖a‖² + ‖b‖² − 2ab loses a distance of 0.001 in float32."""
    a = torch.rand(300, 2, generator=generator()) + 100
    assert float(optimal_transport(a, a + torch.tensor([2**-10, 0.0])).w1) == pytest.approx(2**-10, rel=1e-2)


def test_transport_names_bad_samples():
    with pytest.raises(ValueError, match="a and b must have the same shape"):
        optimal_transport(torch.zeros(3, 2), torch.zeros(4, 2))
    with pytest.raises(ValueError, match="a must have shape"):
        optimal_transport(torch.zeros(3), torch.zeros(3))
    with pytest.raises(ValueError, match="b must be finite"):
        optimal_transport(torch.zeros(3, 2), torch.full((3, 2), math.nan))


# ---- in closed form


def test_parallel_lines_are_the_limit_of_narrow_strips():
    """A line blurred by σ across: JS → log 2 and W1 = θ as σ → 0, at every θ > 0; nothing depends on y."""
    theta = torch.tensor([0.0, 0.25, 1.0, -3.0], dtype=torch.float64)
    kl, js, w1 = parallel_lines(theta)
    assert kl.tolist() == [0, math.inf, math.inf, math.inf]
    for value, exact_js, exact_w1 in zip(theta.tolist(), js.tolist(), w1.tolist(), strict=True):
        strips = normal(0, 0.02), normal(value, 0.02)
        assert float(js_on_grid(*strips, GRID.log_volume)) == pytest.approx(exact_js, abs=1e-6)
        assert float(w1_on_grid(*strips, GRID.spacing)) == pytest.approx(exact_w1, abs=1e-4)
    assert parallel_lines(2).js == pytest.approx(LOG_2)


@pytest.mark.parametrize("theta", [0.0, 0.3, -0.75, 2.0, 2.6])
def test_shifted_uniforms_against_sums_over_cells(theta):
    """With θ a multiple of the cell, a sum over cells is exact."""
    centres = torch.arange(-4, 5, 0.05, dtype=torch.float64) + 0.025
    density = lambda left: ((centres > left) & (centres < left + 2)).double() / 2  # noqa: E731
    log_p, log_q = density(0).log(), density(theta).log()
    kl, js, w1 = shifted_uniforms(theta, width=2.0)
    assert float(js) == pytest.approx(float(js_on_grid(log_p, log_q, math.log(0.05))), abs=1e-12)
    assert float(w1) == pytest.approx(float(w1_on_grid(log_p, log_q, 0.05)), abs=1e-12)
    assert float(kl) == (math.inf if theta else 0)


def test_closed_forms_name_bad_arguments():
    with pytest.raises(TypeError, match="theta must be a tensor or a real number, got 'far'"):
        parallel_lines("far")
    with pytest.raises(ValueError, match="theta must be finite"):
        shifted_uniforms(math.nan)
    with pytest.raises(ValueError, match="width must be a finite number above 0"):
        shifted_uniforms(1.0, width=0)
    with pytest.raises(ValueError, match="penalty must be a finite number above 0"):
        penalised_shift_value(1.0, -1.0)


# ---- the penalised critic's own optimum


def best_slopes(lift, density, width, penalty):
    """Maximise ∫ f′ lift − λ ∫ (f′ − 1)² density numerically over the slopes f′ of a piecewise linear f.

    ``lift`` = F(x) − G(x) turns ∫ f′ lift into E f(x) − E f(x′) by partial integration. Returns that difference.
    """

    def loss(slopes):
        value = (slopes * lift).sum() * width - penalty * ((slopes - 1) ** 2 * density).sum() * width
        return -value, -(lift - 2 * penalty * (slopes - 1) * density) * width

    found = optimize.minimize(loss, np.ones_like(lift), jac=True, method="L-BFGS-B", options={"ftol": 1e-15})
    return (found.x * lift).sum() * width


@pytest.mark.parametrize("theta, penalty", [(1.0, 10.0), (4.0, 10.0), (4.0, 0.5), (0.1, 0.1)])
def test_the_penalised_optimum_is_found_by_optimising_a_critic_numerically(theta, penalty):
    """All mass of p at θ, of q at 0: F − G is 1 between them, and x̂ is uniform there."""
    cells = 50
    value = best_slopes(np.ones(cells), np.full(cells, 1 / theta), theta / cells, penalty)
    assert value == pytest.approx(float(penalised_shift_value(theta, penalty)), rel=1e-4)
    assert float(penalised_shift_value(-theta, penalty)) == float(penalised_shift_value(theta, penalty))


@pytest.mark.parametrize("theta", [0.5, 1.0, 4.0])
def test_it_is_the_optimum_of_every_linear_critic_whatever_is_shifted(theta):
    """f(x) = s x on exponential samples, its objective maximised over s by scipy."""
    q = stats.expon.rvs(size=500, random_state=0)
    p = q + theta
    objective = lambda s: -(s * p).mean() + (s * q).mean() + 10 * (abs(s) - 1) ** 2  # noqa: E731
    s = optimize.minimize_scalar(objective, bounds=(0, 10), method="bounded", options={"xatol": 1e-9}).x
    assert s * theta == pytest.approx(float(penalised_shift_value(theta, 10.0)), rel=1e-6)


@pytest.mark.parametrize("theta", [0.1, 1.0, 4.0])
def test_for_unrelated_pairs_of_normals_it_is_a_lower_bound_and_nearly_exact(theta):
    """The density of x̂ between unrelated points, by quadrature over ε; then slopes by optimisation, as in training."""
    std, penalty, x = 0.3, 10.0, np.linspace(-1.2, theta + 1.2, 400)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    eps = (nodes[:, None] + 1) / 2
    density = (weights[:, None] / 2 * stats.norm.pdf(x, eps * theta, std * np.hypot(eps, 1 - eps))).sum(0)
    lift = stats.norm.cdf(x, 0, std) - stats.norm.cdf(x, theta, std)
    # each cell alone has the optimum 1 + lift / (2 λ density): the optimiser need only confirm that
    exact = (lift * (1 + lift / (2 * penalty * density))).sum() * (x[1] - x[0])
    simple = float(penalised_shift_value(theta, penalty))
    assert exact == pytest.approx(best_slopes(lift, density, x[1] - x[0], penalty), rel=1e-3)
    assert simple - 1e-4 <= exact <= 1.005 * simple


def test_the_two_sided_penalty_has_a_trap_and_the_one_sided_has_none():
    """The best slope of f(x) = s x found from s = −1, by small steps downhill, with θ = 2 and λ = 10."""
    theta, penalty = 2.0, 10.0

    def climb(excess):
        slope = lambda s: theta - penalty * (excess(s + 1e-6) - excess(s - 1e-6)) / 2e-6  # noqa: E731
        s = -1.0
        for _ in range(2000):
            s += 0.01 * slope(s)
        return s * theta

    two_sided, one_sided = (climb(f) for f in (lambda s: (abs(s) - 1) ** 2, lambda s: max(abs(s) - 1, 0) ** 2))
    assert two_sided == pytest.approx(-theta * (1 - theta / (2 * penalty)), rel=1e-4)
    assert one_sided == pytest.approx(float(penalised_shift_value(theta, penalty)), rel=1e-4)
