"""Diffusion against scipy, torch.distributions, Bayes' rule on a grid, and cases whose ELBO is known without one."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch.distributions import Normal, kl_divergence

from vae_utils.diffusion import (
    MixtureDiffusion,
    NoisePredictor,
    Schedule,
    diffusion_elbo,
    entropy,
    generated_log_prob,
    log_snr_schedule,
    mixture_grid,
    noise_loss,
    schedule_from_betas,
    standardized,
)
from vae_utils.gaussian import log_normal_diag, log_standard_normal
from vae_utils.toys import gaussian_mixture, two_bumps
from vae_utils.training import fit

BETAS = (0.1, 0.3, 0.25, 0.6)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def column(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def lopsided():
    """Three unequal bumps on the line: nothing about them is symmetric."""
    return gaussian_mixture(column(-1.2, 0.3, 1.5), column(0.4, 0.25, 0.5)[:, 0], column(0.5, 0.2, 0.3)[:, 0])


def in_the_plane():
    means = torch.tensor([[-1.0, 0.5], [0.7, 1.0], [0.4, -1.1]], dtype=torch.float64)
    return gaussian_mixture(means, column(0.5, 0.3, 0.4)[:, 0], column(0.5, 0.2, 0.3)[:, 0])


def chain(data=None, betas=BETAS):
    return MixtureDiffusion(lopsided() if data is None else data, schedule_from_betas(betas))


def course_chain(levels):
    """Two narrow bumps at ±0.99, scaled to variance 1, as in chapter 10."""
    return MixtureDiffusion(standardized(two_bumps(distance=3.0, std=0.2)), log_snr_schedule(levels))


def pdf(mixture, x):
    """The density of a mixture on the line by scipy, for any shape of x."""
    parts = zip(mixture.weights.tolist(), mixture.means[:, 0].tolist(), mixture.stds.tolist(), strict=True)
    return sum(w * stats.norm.pdf(x, m, s) for w, m, s in parts)


LINE = np.linspace(-8, 8, 3201)


# ---- the encoder -----------------------------------------------------------------------------------------------


def test_alpha_bar_is_the_product_of_the_alphas():
    schedule = schedule_from_betas(BETAS)
    np.testing.assert_allclose(schedule.alpha_bar, np.cumprod([1, 0.9, 0.7, 0.75, 0.4]), rtol=1e-14)
    np.testing.assert_allclose(schedule.beta, (0, *BETAS), atol=1e-15)
    assert schedule.levels == 4 and schedule.log_snr[0] == math.inf


def test_the_log_snr_falls_in_equal_steps():
    schedule = log_snr_schedule(9, first=7.0, last=-2.0)
    np.testing.assert_allclose(schedule.log_snr[1:], np.arange(6, -3, -1), atol=1e-12)
    assert schedule.alpha_bar[0] == 1 and schedule.alpha_bar.dtype == torch.float64
    assert ((schedule.beta[1:] > 0) & (schedule.beta[1:] < 1)).all()


def test_steps_one_by_one_are_the_jump():
    """Means multiply; a variance is scaled by α and grows by β."""
    schedule, x_0 = schedule_from_betas(BETAS), normal(5, 2)
    mean, variance = x_0, torch.zeros_like(x_0)
    for t in range(1, 5):
        mean, logvar = schedule.forward_step(mean, t)
        variance = (1 - BETAS[t - 1]) * variance + logvar.exp()
        mu, jump = schedule.forward(x_0, t)
        torch.testing.assert_close(mu, mean)
        torch.testing.assert_close(jump.exp(), variance)


def test_every_example_may_have_its_own_level():
    schedule, x_0, x_t = schedule_from_betas(BETAS), normal(3, 2), normal(3, 2, seed=1)
    t = torch.tensor([2, 4, 3])
    for i, level in enumerate(t.tolist()):
        for together, alone in (
            (schedule.forward(x_0, t), schedule.forward(x_0[i : i + 1], level)),
            (schedule.forward_step(x_0, t), schedule.forward_step(x_0[i : i + 1], level)),
            (schedule.posterior(x_t, x_0, t), schedule.posterior(x_t[i : i + 1], x_0[i : i + 1], level)),
        ):
            torch.testing.assert_close(torch.stack(together)[:, i : i + 1], torch.stack(alone))


@pytest.mark.parametrize("t", [2, 3, 4])
@pytest.mark.parametrize("x_0, x_t", [(0.7, -1.1), (-2.0, 0.4)])
def test_the_posterior_is_bayes_rule(t, x_0, x_t):
    """q(x_{t−1}|x_t, x_0) ∝ q(x_t|x_{t−1}) q(x_{t−1}|x_0), normalised on a grid with scipy's densities."""
    alpha_bar = np.cumprod([1, 0.9, 0.7, 0.75, 0.4])
    product = stats.norm.pdf(x_t, math.sqrt(1 - BETAS[t - 1]) * LINE, math.sqrt(BETAS[t - 1])) * stats.norm.pdf(
        LINE, math.sqrt(alpha_bar[t - 1]) * x_0, math.sqrt(1 - alpha_bar[t - 1])
    )
    product /= product.sum()
    mean = (product * LINE).sum()
    mu, logvar = schedule_from_betas(BETAS).posterior(column(x_t), column(x_0), t)
    assert float(mu) == pytest.approx(mean, abs=1e-9)
    assert float(logvar.exp()) == pytest.approx((product * (LINE - mean) ** 2).sum(), rel=1e-9)


def test_float32_data_gets_float32_answers_without_the_loss_of_a_float32_schedule():
    """1 − ᾱ_1 = 5·10⁻⁵ has three digits left if ᾱ_1 is rounded to float32 first."""
    schedule = log_snr_schedule(1000)
    mu, logvar = schedule.forward(torch.ones(1, 1), 1)
    assert mu.dtype == logvar.dtype == torch.float32
    exact = 1 / (1 + math.exp(10 - 18 / 1000))
    assert float(logvar.exp()) == pytest.approx(exact, rel=1e-6)
    assert float(1 - schedule.alpha_bar[1].float()) != pytest.approx(exact, rel=1e-4)


# ---- a mixture stays a mixture ---------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0, 1, 4])
def test_the_marginal_is_the_integral_over_the_data(t):
    diffusion = chain()
    alpha_bar = float(diffusion.schedule.alpha_bar[t])
    x = np.array([-2.0, -0.3, 0.0, 1.1])
    if t:
        given = stats.norm.pdf(x[:, None], math.sqrt(alpha_bar) * LINE, math.sqrt(1 - alpha_bar))
        expected = (given * pdf(lopsided(), LINE)).sum(1) * (LINE[1] - LINE[0])
    else:
        expected = pdf(lopsided(), x)
    np.testing.assert_allclose(diffusion.marginal(t).log_prob(column(*x)).exp(), expected, rtol=1e-9)


@pytest.mark.parametrize("data", [lopsided, in_the_plane])
def test_the_score_is_the_gradient_of_the_log_density(data):
    diffusion = chain(data())
    for t in range(5):
        x = normal(7, diffusion.data.means.shape[1], seed=t).requires_grad_()
        (expected,) = torch.autograd.grad(diffusion.marginal(t).log_prob(x).sum(), x)
        torch.testing.assert_close(diffusion.score(x.detach(), t), expected)


def test_denoising_is_the_posterior_mean_of_the_data():
    diffusion, x = chain(), np.array([-1.7, 0.2, 2.5])
    for t in range(1, 5):
        alpha_bar = float(diffusion.schedule.alpha_bar[t])
        joint = pdf(lopsided(), LINE) * stats.norm.pdf(
            x[:, None], math.sqrt(alpha_bar) * LINE, math.sqrt(1 - alpha_bar)
        )
        expected = (joint * LINE).sum(1) / joint.sum(1)
        np.testing.assert_allclose(diffusion.denoise(column(*x), t)[:, 0], expected, rtol=1e-8)
    torch.testing.assert_close(diffusion.denoise(column(*x), 0), column(*x))


@pytest.mark.parametrize("data", [lopsided, in_the_plane])
def test_the_reverse_mixture_is_bayes_rule(data):
    """log q(x_{t−1}|x_t) = log q(x_t|x_{t−1}) + log q(x_{t−1}) − log q(x_t), for any pair."""
    diffusion = chain(data())
    D = diffusion.data.means.shape[1]
    for t in range(1, 5):
        before, now = 1.5 * normal(30, D, seed=t), 1.5 * normal(30, D, seed=t + 9)
        expected = (
            log_normal_diag(now, *diffusion.schedule.forward_step(before, t))
            + diffusion.marginal(t - 1).log_prob(before)
            - diffusion.marginal(t).log_prob(now)
        )
        torch.testing.assert_close(diffusion.reverse(now, t).log_prob(before), expected, rtol=1e-9, atol=1e-9)


def test_the_optimal_step_has_the_moments_of_the_reverse_mixture():
    diffusion, x = chain(), column(-2.1, 0.0, 0.8)
    for t in range(1, 5):
        q = diffusion.reverse(x, t).log_prob(torch.as_tensor(LINE)[:, None, None].expand(-1, 3, 1)).exp().numpy()
        q /= q.sum(0)
        mean = (q * LINE[:, None]).sum(0)
        mu, logvar = diffusion.optimal_step(x, t)
        np.testing.assert_allclose(mu[:, 0], mean, atol=1e-9)
        np.testing.assert_allclose(logvar.exp()[:, 0], (q * (LINE[:, None] - mean) ** 2).sum(0), rtol=1e-8)
        torch.testing.assert_close(diffusion.fixed_variance_step(x, t)[0], mu)


def test_standardized_data_have_mean_0_and_variance_1():
    for data in (lopsided(), in_the_plane()):
        scaled = standardized(data)
        grid = mixture_grid(scaled)
        p = torch.exp(scaled.log_prob(grid.z) + grid.log_volume)[:, None]
        np.testing.assert_allclose((p * grid.z).sum(0), 0, atol=1e-12)
        assert float((p * grid.z**2).sum(0).mean()) == pytest.approx(1, abs=1e-12)


# ---- the ELBO --------------------------------------------------------------------------------------------------


def test_entropy_is_scipys_integral():
    expected = -integrate.quad(lambda x: pdf(lopsided(), x) * math.log(pdf(lopsided(), x)), -8, 8, limit=200)[0]
    assert entropy(lopsided()) == pytest.approx(expected, abs=1e-9)
    normal_2d = gaussian_mixture(torch.zeros(1, 2, dtype=torch.float64), 0.5)
    assert entropy(normal_2d) == pytest.approx(1 + math.log(2 * math.pi * 0.25), abs=1e-12)


def test_one_level_against_an_integral_over_both_variables():
    """T = 1: E[log p(x_0|x_1) + log p(x_1) − log q(x_1|x_0)] by Simpson's rule, with moments by Simpson's rule."""
    beta = 0.7
    x_0, x_1 = np.linspace(-4.5, 5, 1501), np.linspace(-6, 6, 1401)[:, None]
    given = stats.norm.logpdf(x_1, math.sqrt(1 - beta) * x_0, math.sqrt(beta))
    joint = pdf(lopsided(), x_0) * np.exp(given)

    def over_x_0(values):
        return integrate.simpson(values, x=x_0)[:, None]

    mass = over_x_0(joint)
    mean = over_x_0(joint * x_0) / mass
    variance = over_x_0(joint * (x_0 - mean) ** 2) / mass
    integrand = stats.norm.logpdf(x_0, mean, np.sqrt(variance)) + stats.norm.logpdf(x_1) - given
    expected = integrate.simpson(over_x_0(joint * integrand)[:, 0], x=x_1[:, 0])
    terms = diffusion_elbo(chain(betas=[beta]))
    assert terms.elbo == pytest.approx(expected, abs=1e-8)
    assert len(terms.steps) == 0


def crooked_step(x, t):
    """A decoder that is no optimum of anything."""
    return 0.6 * x + 0.3 * torch.sin(x + t), -0.4 + 0.2 * torch.cos(x)


@pytest.mark.parametrize("crooked", [False, True])
def test_every_term_is_an_expected_kl_of_torch(crooked):
    """E over (x_0, x_t) on a grid of torch's KL, which knows nothing of the closed forms: T = 4, all terms."""
    diffusion = chain()
    schedule, step = diffusion.schedule, crooked_step if crooked else diffusion.optimal_step
    terms = diffusion_elbo(diffusion, step)
    x_0 = torch.linspace(-4.5, 5, 601, dtype=torch.float64)
    p_0 = torch.as_tensor(pdf(lopsided(), x_0.numpy())) * (x_0[1] - x_0[0])

    def noised(t):
        mu, logvar = schedule.forward(x_0[:, None], t)
        return Normal(mu, torch.exp(logvar / 2))  # (601, 1)

    prior = Normal(torch.zeros(1, dtype=torch.float64), 1.0)
    assert terms.prior == pytest.approx(float((p_0 * kl_divergence(noised(4), prior)[:, 0]).sum()), abs=1e-9)
    x_t = torch.linspace(-7, 7, 701, dtype=torch.float64)
    for t in range(1, 5):
        joint = p_0[:, None] * torch.exp(noised(t).log_prob(x_t)) * (x_t[1] - x_t[0])  # (601, 701)
        mu, logvar = step(x_t[:, None], t)
        decoder = Normal(mu[:, 0], torch.exp(logvar[:, 0] / 2))
        if t == 1:
            expected = (joint * decoder.log_prob(x_0[:, None])).sum()
            assert terms.reconstruction == pytest.approx(float(expected), abs=1e-8)
            continue
        pairs = torch.cartesian_prod(x_0, x_t)
        mu, logvar = schedule.posterior(pairs[:, 1:], pairs[:, :1], t)
        posterior = Normal(mu.reshape(601, 701), torch.exp(logvar.reshape(601, 701) / 2))
        assert float(terms.steps[t - 2]) == pytest.approx(
            float((joint * kl_divergence(posterior, decoder)).sum()), abs=1e-8
        )


@pytest.mark.parametrize("step", [None, crooked_step])
@pytest.mark.parametrize("data", [lopsided, in_the_plane])
def test_the_terms_add_up_in_two_ways(data, step):
    """By the ELBO's own terms, and level by level from the top; neither sum uses the other's parts."""
    terms = diffusion_elbo(chain(data()), step, resolution=8)
    assert terms.elbo == pytest.approx(terms.reconstruction - float(terms.steps.sum()) - terms.prior, abs=1e-12)
    assert terms.gap == pytest.approx(-terms.entropy - terms.elbo, abs=1e-12)
    assert terms.gap == pytest.approx(float(terms.gaps.sum()), abs=1e-9)
    assert (terms.gaps > 1e-4).all() and (terms.steps > 0).all() and terms.prior > 0


def test_level_gaps_are_kls_between_densities():
    """E KL(q(x_{t−1}|x_t) ‖ p(x_{t−1}|x_t)) over both variables on a grid, instead of by entropies."""
    diffusion = chain()
    terms = diffusion_elbo(diffusion)
    x, cell = torch.as_tensor(LINE[::4])[:, None], LINE[4] - LINE[0]
    for t in range(1, 5):
        log_q = diffusion.reverse(x, t).log_prob(x[:, None].expand(-1, len(x), 1))  # (x_{t−1}, x_t)
        log_p = log_normal_diag(x[:, None], *diffusion.optimal_step(x, t))
        kl = (log_q.exp() * (log_q - log_p)).sum(0) * cell
        expected = (diffusion.marginal(t).log_prob(x).exp() * kl).sum() * cell
        assert float(terms.gaps[t - 1]) == pytest.approx(float(expected), abs=1e-8)
    log_q = diffusion.marginal(4).log_prob(x)
    expected = (log_q.exp() * (log_q - log_standard_normal(x))).sum() * cell
    assert float(terms.gaps[-1]) == pytest.approx(float(expected), abs=1e-9)


@pytest.mark.parametrize("features", [1, 2])
@pytest.mark.parametrize("levels", [1, 5, 20])
def test_gaussian_data_lose_nothing_but_the_prior(features, levels):
    """For one Gaussian every reverse step is a Gaussian: the gap is KL(q(x_T) ‖ N(0, I)), in closed form by torch."""
    mean = torch.tensor([[0.5, -0.3]], dtype=torch.float64)[:, :features]
    diffusion = MixtureDiffusion(gaussian_mixture(mean, 0.6), log_snr_schedule(levels, last=-1.0))
    last = diffusion.marginal(levels)
    expected = kl_divergence(Normal(last.means[0], last.stds), Normal(torch.zeros(features), torch.ones(features)))
    terms = diffusion_elbo(diffusion)
    assert terms.gap == pytest.approx(float(expected.sum()), abs=1e-10)
    torch.testing.assert_close(terms.gaps[:-1], torch.zeros(levels, dtype=torch.float64), rtol=0, atol=1e-11)


def test_an_independent_gaussian_coordinate_costs_nothing():
    """Bumps along one axis of the plane, with one σ: the gap is that of the line, plus 0 from the other axis."""
    line = gaussian_mixture(column(-1.0, 0.8), 0.5)
    plane = gaussian_mixture(torch.cat([line.means, torch.zeros(2, 1, dtype=torch.float64)], 1), 0.5)
    schedule = log_snr_schedule(6)
    expected, terms = (diffusion_elbo(MixtureDiffusion(data, schedule)) for data in (line, plane))
    assert terms.gap == pytest.approx(expected.gap, abs=1e-6)  # the second axis keeps KL(N(0, 0.9999) ‖ N(0, 1))
    assert terms.entropy == pytest.approx(expected.entropy + 0.5 * math.log(2 * math.pi * math.e * 0.25), abs=1e-10)
    assert float(terms.gaps[:-1].sum()) == pytest.approx(float(expected.gaps[:-1].sum()), abs=1e-9)


GAPS = {1: 1.33, 4: 0.55, 16: 0.114, 32: 0.0406, 64: 0.0134, 128: 0.0041}


@pytest.fixture(scope="module")
def ladder():
    return {levels: diffusion_elbo(course_chain(levels)) for levels in (1, 2, 4, 8, 16, 32, 64, 128, 256)}


def test_the_gap_shrinks_with_the_levels_and_is_never_negative(ladder):
    """A prototype with one fixed grid gave −.35 at T = 64: its cells were wider than the steps. No gap is negative."""
    for levels, value in GAPS.items():
        digits = len(str(value)) - 2
        assert round(ladder[levels].gap, digits) == value
    gaps = [terms.gap for terms in ladder.values()]
    assert all(more > less > 0 for more, less in pairwise(gaps))
    for terms in ladder.values():
        assert terms.gaps.min() > -1e-12, "sums of up to a few thousand terms of order 1 round at 1e-13"
        assert terms.gap == pytest.approx(float(terms.gaps.sum()), abs=1e-11)


def test_one_level_is_a_gaussian_against_two_bumps(ladder):
    """x_1 says nothing, so the decoder can only be the Gaussian with the data's moments: gap = h(N) − h(data)."""
    assert ladder[1].gap == pytest.approx(0.5 * math.log(2 * math.pi * math.e) - ladder[1].entropy, abs=1e-3)


def test_twice_the_levels_leave_a_quarter_of_the_gap_and_half_if_the_variance_is_fixed(ladder):
    """What remains at level t falls as its step cubed (skewness²), with the variance β_t as its step squared."""
    assert 3.3 < ladder[128].gap / ladder[256].gap < 4
    fixed = {}
    for levels in (128, 256):
        diffusion = course_chain(levels)
        fixed[levels] = diffusion_elbo(diffusion, diffusion.fixed_variance_step).gap
        assert fixed[levels] > ladder[levels].gap
    assert 1.9 < fixed[128] / fixed[256] < 2


@pytest.mark.parametrize("levels", [4, 64])
def test_a_finer_grid_changes_nothing(levels, ladder):
    finer = diffusion_elbo(course_chain(levels), resolution=24)
    assert finer.gap == pytest.approx(ladder[levels].gap, abs=1e-11)


@pytest.mark.parametrize("data", [lopsided, in_the_plane])
def test_no_other_gaussian_step_is_better(data):
    diffusion = chain(data())
    best = diffusion_elbo(diffusion, resolution=6).elbo
    for d_mu, d_logvar in ((0.05, 0.0), (-0.05, 0.0), (0.0, 0.1), (0.0, -0.1)):

        def moved(x, t, d_mu=d_mu, d_logvar=d_logvar):
            mu, logvar = diffusion.optimal_step(x, t)
            return mu + d_mu * torch.cos(2 * x), logvar + d_logvar

        assert diffusion_elbo(diffusion, moved, resolution=6).elbo < best - 1e-3
    assert diffusion_elbo(diffusion, diffusion.fixed_variance_step, resolution=6).elbo < best - 1e-3


def test_a_sampled_elbo_agrees_within_its_error():
    """log p(x_0 … x_T) − log q(x_1 … x_T|x_0) of sampled chains: a sanity check over five seeds, 5 standard errors."""
    diffusion, n = chain(), 4000
    exact = diffusion_elbo(diffusion).elbo
    for seed in range(5):
        x_0, _ = diffusion.data.sample(n, generator=generator(seed))
        x = diffusion.schedule.sample_forward(x_0, generator=generator(seed + 100))
        ratio = log_standard_normal(x[4])
        for t in range(1, 5):
            ratio = ratio + log_normal_diag(x[t - 1], *diffusion.optimal_step(x[t], t))
            ratio = ratio - log_normal_diag(x[t], *diffusion.schedule.forward_step(x[t - 1], t))
        assert abs(float(ratio.mean()) - exact) < 5 * float(ratio.std()) / math.sqrt(n)


# ---- samples ---------------------------------------------------------------------------------------------------


def dkw(n):
    """No more than one sample in a million of size n is farther than this from its own CDF (Massart 1990)."""
    return math.sqrt(math.log(2e6) / (2 * n))


def cdf_on(x, log_p):
    """A CDF from log densities on an even grid."""
    p = torch.exp(log_p[:, 0] if log_p.ndim == 2 else log_p).numpy()
    return lambda values: np.interp(values, x, integrate.cumulative_trapezoid(p, x, initial=0))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_forward_samples_have_the_marginals(seed):
    diffusion, n = chain(), 4000
    x_0, _ = diffusion.data.sample(n, generator=generator(seed))
    x = diffusion.schedule.sample_forward(x_0, generator=generator(seed + 50))
    assert x.shape == (5, n, 1) and torch.equal(x[0], x_0)
    for t in range(5):
        marginal = diffusion.marginal(t)

        def cdf(values, marginal=marginal):
            parts = zip(marginal.weights.tolist(), marginal.means[:, 0].tolist(), marginal.stds.tolist(), strict=True)
            return sum(w * stats.norm.cdf(values, m, s) for w, m, s in parts)

        assert stats.kstest(x[t, :, 0].numpy(), cdf).statistic < dkw(n)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("levels", [1, 4, 16])
def test_generated_samples_have_the_generated_density(levels, seed):
    diffusion, n = course_chain(levels), 4000
    samples = diffusion.schedule.sample_reverse(diffusion.optimal_step, n, 1, generator=generator(seed))
    assert samples.shape == (levels + 1, n, 1)
    x = np.linspace(-5, 5, 1001)
    log_p = generated_log_prob(diffusion.schedule, diffusion.optimal_step, column(*x), resolution=1.5)
    assert stats.kstest(samples[0, :, 0].numpy(), cdf_on(x, log_p)).statistic < dkw(n)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_many_levels_sample_the_data_and_one_level_cannot(seed):
    """Pinsker: no probability is off by more than √(KL / 2), and the gap bounds the KL. A bound, not a fit."""
    n, data = 4000, course_chain(1).data

    def distance(levels):
        diffusion = course_chain(levels)
        x = diffusion.schedule.sample_reverse(diffusion.optimal_step, n, 1, generator=generator(seed))[0]

        def cdf(values):
            return stats.norm.cdf(values[:, None], data.means[:, 0], data.stds) @ data.weights.numpy()

        return stats.kstest(x[:, 0].numpy(), cdf).statistic

    assert distance(64) < math.sqrt(diffusion_elbo(course_chain(64)).gap / 2) + dkw(n)
    # between the bumps the data's CDF rests at ½ while the Gaussian's runs: at +0.6 they are Φ(0.6) − ½ = .226 apart
    assert distance(1) > 0.22 - dkw(n)


def test_the_gap_is_what_the_samples_are_wrong_by_plus_what_the_encoder_is_wrong_by():
    """KL(data ‖ generated) by the generated density is positive and below the gap; with T = 1 it is all of it."""
    x = np.linspace(-3, 3, 1201)
    shares = []
    for levels in (1, 4, 8):
        diffusion = course_chain(levels)
        log_data = diffusion.data.log_prob(column(*x))
        log_model = generated_log_prob(diffusion.schedule, diffusion.optimal_step, column(*x))
        kl = float((log_data.exp() * (log_data - log_model)).sum()) * (x[1] - x[0])
        gap = diffusion_elbo(diffusion).gap
        assert 0 < kl <= gap + 1e-6
        shares.append(kl / gap)
    assert shares[0] == pytest.approx(1, abs=1e-3) and shares[1] < 0.7 and shares[2] < 0.3


def test_the_generated_density_of_two_levels_is_a_nested_integral():
    diffusion = chain(betas=(0.4, 0.8))

    def moments(x, t):
        mu, logvar = diffusion.optimal_step(column(*x), t)
        return mu.numpy(), np.exp(logvar.numpy() / 2)

    at = np.array([-1.3, 0.1, 1.7])
    p_1 = integrate.simpson(stats.norm.pdf(LINE, *moments(LINE, 2)) * stats.norm.pdf(LINE)[:, None], x=LINE, axis=0)
    p_0 = integrate.simpson(stats.norm.pdf(at, *moments(LINE, 1)) * p_1[:, None], x=LINE, axis=0)
    ours = generated_log_prob(diffusion.schedule, diffusion.optimal_step, column(*at), resolution=4)
    np.testing.assert_allclose(ours.exp(), p_0, rtol=1e-7)


def test_samples_in_the_plane_find_the_bumps():
    """Shares of the nearest bump against the mixture's weights, 5 binomial standard errors plus Pinsker's bound."""
    means = torch.tensor([[-2.0, 0.0], [2.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    data = standardized(gaussian_mixture(means, 0.4, column(0.5, 0.3, 0.2)[:, 0]))
    diffusion, n = MixtureDiffusion(data, log_snr_schedule(64)), 3000
    x = diffusion.schedule.sample_reverse(diffusion.optimal_step, n, 2, generator=generator())[0]
    share = torch.bincount(torch.cdist(x, data.means).argmin(1), minlength=3) / n
    allowed = math.sqrt(diffusion_elbo(diffusion, resolution=4).gap / 2) + 5 * 0.5 / math.sqrt(n)
    assert (share - data.weights).abs().max() < allowed
    assert allowed < 0.2, "else this says little"


def test_the_generator_decides_every_chain():
    schedule, step = schedule_from_betas(BETAS), chain().optimal_step
    state = torch.get_rng_state()
    one, same, other = (schedule.sample_reverse(step, 5, 1, generator=generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)
    x_0 = normal(5, 1)
    assert torch.equal(*(schedule.sample_forward(x_0, generator=generator()) for _ in range(2)))
    assert torch.equal(torch.get_rng_state(), state)


# ---- a learned decoder -----------------------------------------------------------------------------------------


class Oracle(NoisePredictor):
    """It guesses E[ε|x_t] = −√(1 − ᾱ_t) ∇ log q(x_t), the best guess there is."""

    def __init__(self, diffusion):
        super().__init__(diffusion.schedule, 1, (4,))
        self.diffusion = diffusion
        self.double()

    def forward(self, x_t, t):
        return -math.sqrt(1 - float(self.schedule.alpha_bar[t])) * self.diffusion.score(x_t, t)


def test_the_best_guess_of_the_noise_is_the_best_mean():
    diffusion, x = chain(), normal(9, 1)
    for t in range(1, 5):
        for ours, expected in zip(Oracle(diffusion).step(x, t), diffusion.fixed_variance_step(x, t), strict=True):
            torch.testing.assert_close(ours, expected)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_trained_network_comes_close_to_the_best_decoder_and_never_past_it(seed):
    """Exact ELBOs, so the order is no matter of luck: the best mean loses .763 nats, no network less.

    Untrained networks lose 14 to 16, trained ones .88 to .94 (four seeds).
    """
    diffusion = course_chain(8)
    best = diffusion_elbo(diffusion, diffusion.fixed_variance_step).gap
    x = diffusion.data.sample(2000, generator=generator(seed))[0].float()
    model = NoisePredictor(diffusion.schedule, 1, (32, 32), seed=seed)
    assert diffusion_elbo(diffusion, model.step).gap > 5

    def cosine(optimizer, steps):
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    fit(model, x, loss=noise_loss, epochs=80, batch_size=250, lr=1e-2, schedule=cosine, generator=generator(seed))
    gap = diffusion_elbo(diffusion, model.step).gap
    assert best < gap < best + 0.4


def test_the_noise_loss_is_its_formula_and_every_level_is_drawn_equally():
    schedule = schedule_from_betas(BETAS)
    model, x, n = NoisePredictor(schedule, 2, (8,)).double(), normal(4000, 2), 4000
    eps = model.noise(n, generator=generator())
    assert eps.shape == (n, 3)
    levels = (1 + 4 * eps[:, 2]).floor().long()
    counts = torch.bincount(levels, minlength=5)
    assert counts[0] == 0 and (counts[1:] - n / 4).abs().max() < 5 * math.sqrt(n * 3 / 16)
    alpha_bar = torch.tensor(np.cumprod([1, 0.9, 0.7, 0.75, 0.4]))[levels][:, None]
    x_t = alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * eps[:, :2]
    expected = ((model(x_t, levels) - eps[:, :2]) ** 2).sum(1)
    torch.testing.assert_close(noise_loss(model, x, eps=eps)["loss"], expected)
    edge = torch.cat([torch.zeros(1, 2), torch.ones(1, 1)], 1).double()  # float32 can round a uniform number up to 1
    assert noise_loss(model, x[:1], eps=edge)["loss"].isfinite().all()


def test_the_seed_decides_the_network():
    one, same, other = (NoisePredictor(log_snr_schedule(3), 2, seed=seed) for seed in (0, 0, 1))
    x = torch.ones(1, 2)
    assert torch.equal(one(x, 2), same(x, 2)) and not torch.equal(one(x, 2), other(x, 2))
    assert not torch.equal(one(x, 2), one(x, 3)), "it must see the level"
    mu, logvar = one.step(x.double(), 1)
    assert mu.dtype == logvar.dtype == torch.float64, "a float32 network may be judged on a float64 grid"


# ---- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: schedule_from_betas([0.1, 1.0]), ValueError, "betas must be one or more numbers between 0 and 1"),
        (lambda: schedule_from_betas([]), ValueError, "betas must be one or more"),
        (lambda: log_snr_schedule(0), ValueError, "levels must be at least 1"),
        (lambda: log_snr_schedule(3, first=-1.0, last=1.0), ValueError, "first must be finite and above last"),
        (lambda: chain().schedule.forward(normal(2, 1), 0), ValueError, "t must lie from 1 to 4, got 0"),
        (lambda: chain().schedule.forward(normal(2, 1), 5), ValueError, "t must lie from 1 to 4, got 5"),
        (lambda: chain().schedule.forward(normal(2, 1), torch.tensor([1, 9])), ValueError, "from 1 to 4, got 1 to 9"),
        (lambda: chain().schedule.forward_step(normal(2, 1), 1.0), TypeError, "t must be an integer"),
        (lambda: chain().schedule.posterior(normal(2, 1), normal(2, 1), 1), ValueError, "t must lie from 2 to 4"),
        (
            lambda: chain().schedule.posterior(normal(2, 1), normal(3, 1), 2),
            ValueError,
            "x_t and x_0 must have the same",
        ),
        (lambda: chain().schedule.forward(normal(2), 1), ValueError, r"x must have shape \(rows, columns\)"),
        (lambda: chain().schedule.sample_forward(normal(2)), ValueError, r"x_0 must have shape \(rows, columns\)"),
        (lambda: chain().schedule.sample_forward(normal(2, 1), generator=1), TypeError, "generator must be a"),
        (lambda: chain().schedule.sample_reverse(crooked_step, 0, 1), ValueError, "n must be at least 1"),
        (lambda: chain().marginal(-1), ValueError, "t must lie from 0 to 4, got -1"),
        (lambda: chain().score(normal(2, 1).float(), 1), TypeError, "must share one dtype"),
        (lambda: chain().reverse(normal(2, 1), 0), ValueError, "t must lie from 1 to 4"),
        (lambda: mixture_grid(gaussian_mixture(normal(2, 3), 1.0)), ValueError, "data must have 1 or 2 dimensions"),
        (lambda: mixture_grid(in_the_plane(), resolution=500), ValueError, "resolution must give at most 4,000,000"),
        (lambda: diffusion_elbo(chain(), resolution=0), ValueError, "resolution must be a finite number above 0"),
        (
            lambda: generated_log_prob(schedule_from_betas(BETAS), crooked_step, normal(2, 2)),
            ValueError,
            r"x must have shape \(N, 1\)",
        ),
        (
            lambda: generated_log_prob(log_snr_schedule(1000), crooked_step, normal(2, 1)),
            ValueError,
            "schedule must have steps wide enough",
        ),
        (
            lambda: generated_log_prob(schedule_from_betas(BETAS), lambda x, t: (x + 9, x * 0), normal(2, 1)),
            ValueError,
            r"grids that hold p\(x_3\)",
        ),
        (lambda: NoisePredictor(log_snr_schedule(3), 0), ValueError, "features must be at least 1"),
        (lambda: NoisePredictor(log_snr_schedule(3), 1)(torch.ones(1, 1), 0), ValueError, "t must lie from 1 to 3"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_schedule_is_its_numbers():
    assert torch.equal(Schedule(schedule_from_betas(BETAS).alpha_bar).beta, schedule_from_betas(BETAS).beta)
