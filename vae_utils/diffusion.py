"""Diffusion as a VAE with T levels whose encoder learns nothing: it shrinks the data a little and adds noise, T times.

The latents are x_1, …, x_T, all of the data's shape, and the last has the prior N(0, I). Level t is
q(x_t|x_{t−1}) = N(√α_t x_{t−1}, β_t I) with β_t = 1 − α_t; the decoder is a chain of Gaussians p(x_{t−1}|x_t).
For data from a Gaussian mixture every density of the chain is a mixture again, so that nothing here needs sampling or
a network: the best decoder and its ELBO are exact.

Sources: Sohl-Dickstein et al. (2015); Ho, Jain & Abbeel (2020); the view as a VAE, Kingma et al. (2021), Luo (2022).
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vae_utils import _validate
from vae_utils.gaussian import LOG_2PI, log_normal_diag, log_standard_normal, reparameterize, standard_normal
from vae_utils.networks import mlp
from vae_utils.quadrature import Grid
from vae_utils.toys import GaussianMixture

Step = Callable[[Tensor, int], tuple[Tensor, Tensor]]
"""A decoder p(x_{t−1}|x_t) maps x_t (N, D) and t to its mu and logvar, each of shape (N, D)."""


# ---- the encoder: noise, and nothing to learn ------------------------------------------------------------------


class Schedule(NamedTuple):
    """How much of the data is left at each level.

    Attributes
    ----------
    alpha_bar : Tensor of float64, shape (T + 1,)
        ᾱ_t = α_1 ⋯ α_t, the share of variance that comes from x_0. ᾱ_0 = 1, so that index t is level t.
    """

    alpha_bar: Tensor

    @property
    def levels(self) -> int:
        """T."""
        return len(self.alpha_bar) - 1

    @property
    def beta(self) -> Tensor:
        """β_t = 1 − ᾱ_t / ᾱ_{t−1}, shape (T + 1,), with β_0 = 0."""
        return torch.cat([torch.zeros(1, dtype=torch.float64), 1 - self.alpha_bar[1:] / self.alpha_bar[:-1]])

    @property
    def log_snr(self) -> Tensor:
        """log ᾱ_t / (1 − ᾱ_t), the log signal-to-noise ratio, shape (T + 1,); infinite at t = 0."""
        return torch.logit(self.alpha_bar)

    def forward(self, x_0: Tensor, t: int | Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar of q(x_t|x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I). Source: Ho et al. (2020), equation 4.

        Parameters
        ----------
        x_0 : Tensor, shape (B, D)
        t : int or Tensor of int64, shape (B,)
            From 1 to T.

        Returns
        -------
        mu, logvar : Tensor, shape (B, D)
        """
        self.check(t)
        alpha_bar = _at(self.alpha_bar, t)
        return _normal(alpha_bar.sqrt(), x_0, 1 - alpha_bar)

    def forward_step(self, x_previous: Tensor, t: int | Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar of q(x_t|x_{t−1}) = N(√(1 − β_t) x_{t−1}, β_t I); arguments as in :meth:`forward`."""
        self.check(t)
        beta = _at(self.beta, t)
        return _normal((1 - beta).sqrt(), x_previous, beta)

    def posterior(self, x_t: Tensor, x_0: Tensor, t: int | Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar of q(x_{t−1}|x_t, x_0), for t from 2 to T. Source: Ho et al. (2020), equations 6 and 7.

        Its variance is β̃_t = β_t (1 − ᾱ_{t−1}) / (1 − ᾱ_t). At t = 1 it would be a point, x_0 itself.

        Parameters
        ----------
        x_t, x_0 : Tensor, shape (B, D)
        t : int or Tensor of int64, shape (B,)

        Returns
        -------
        mu, logvar : Tensor, shape (B, D)
        """
        self.check(t, first=2)
        _validate.same_shape(x_t=x_t, x_0=x_0)
        before, now, beta = _at(self.alpha_bar, t - 1), _at(self.alpha_bar, t), _at(self.beta, t)
        weight_0 = before.sqrt() * beta / (1 - now)
        weight_t = (1 - beta).sqrt() * (1 - before) / (1 - now)
        mu = weight_0.to(x_0) * x_0 + weight_t.to(x_t) * x_t
        return mu, torch.log(beta * (1 - before) / (1 - now)).to(x_0).expand_as(mu)

    def sample_forward(self, x_0: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """The whole chain x_0, x_1, …, x_T, step by step: (B, D) → (T + 1, B, D)."""
        _validate.matrix(x_0=x_0)
        chain = [x_0]
        for t in range(1, self.levels + 1):
            chain.append(reparameterize(*self.forward_step(chain[-1], t), generator=generator))
        return torch.stack(chain)

    @torch.no_grad()
    def sample_reverse(
        self,
        step: Step,
        n: int,
        features: int,
        *,
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> Tensor:
        """New data: x_T from the prior, then x_{t−1} ~ p(x_{t−1}|x_t) down to x_0. No real example takes part.

        Parameters
        ----------
        step : callable
            The decoder, ``(x_t, t)`` → mu, logvar.
        n, features : int
            How many, and D.
        generator : torch.Generator, optional
            Source of randomness.
        dtype : torch.dtype

        Returns
        -------
        Tensor, shape (T + 1, n, D)
            Index t is x_t, so that the data are at 0.
        """
        _validate.positive_int(n=n, features=features)
        chain = [standard_normal(n, features, generator=generator, like=torch.empty(0, dtype=dtype))]
        for t in range(self.levels, 0, -1):
            chain.append(reparameterize(*step(chain[-1], t), generator=generator))
        return torch.stack(chain[::-1])

    def check(self, t: int | Tensor, first: int = 1) -> None:
        """Raise unless t is whole and ``first`` ≤ t ≤ T, which indexing would not: −1 is a level to it."""
        whole = t.dtype == torch.int64 if isinstance(t, Tensor) else isinstance(t, numbers.Integral)
        if not whole or isinstance(t, bool):
            raise TypeError(f"t must be an integer or an int64 tensor, got {_validate.describe(t)}")
        low, high = (int(t.min()), int(t.max())) if isinstance(t, Tensor) else (t, t)
        if low < first or high > self.levels:
            raise ValueError(f"t must lie from {first} to {self.levels}, got {low}{f' to {high}' * (high != low)}")


def schedule_from_betas(betas: Tensor | Sequence[float]) -> Schedule:
    """A schedule with the given β_1, …, β_T.

    Parameters
    ----------
    betas : Tensor, shape (T,), or sequence of float
        Each between 0 and 1.
    """
    betas = torch.as_tensor(betas, dtype=torch.float64)
    if betas.ndim != 1 or not len(betas) or not ((betas > 0) & (betas < 1)).all():
        raise ValueError(f"betas must be one or more numbers between 0 and 1, got {betas.tolist()}")
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - betas, 0)]))


def log_snr_schedule(levels: int, *, first: float = 10.0, last: float = -8.0) -> Schedule:
    """A schedule whose log signal-to-noise ratio falls in equal steps: first + (last − first) t / T for t = 1 … T.

    Source of this coordinate: Kingma et al. (2021), section 3.2.

    Parameters
    ----------
    levels : int
        T.
    first, last : float
        The log ratio that t = 0 would have, and that of t = T. With 10 a share of 5·10⁻⁵ of the variance is noise, with
        −8 one of 3·10⁻⁴ is data.
    """
    _validate.positive_int(levels=levels)
    if not (math.isfinite(first) and math.isfinite(last) and first > last):
        raise ValueError(f"first must be finite and above last, got first={first} and last={last}")
    t = torch.arange(1, levels + 1, dtype=torch.float64) / levels
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), torch.sigmoid(first + (last - first) * t)]))


def _at(values: Tensor, t: int | Tensor) -> Tensor:
    """The value of level t: () → (1,), (B,) → (B, 1), to multiply (B, D)."""
    return values[t].unsqueeze(-1)


def _normal(scale: Tensor, x: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """mu = scale · x and log variance, in the dtype and shape of x."""
    _validate.matrix(x=x)
    mu = scale.to(x) * x
    return mu, torch.log(variance).to(x).expand_as(mu)


# ---- data from a mixture: everything in closed form ------------------------------------------------------------


class ReverseMixture(NamedTuple):
    """q(x_{t−1}|x_t) for every x_t, again a mixture of Gaussians.

    Attributes
    ----------
    means : Tensor, shape (N, C, D)
    variances : Tensor, shape (C,)
    weights : Tensor, shape (N, C)
        p(c|x_t).
    """

    means: Tensor
    variances: Tensor
    weights: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x_{t−1}|x_t) in nats: x_{t−1} (..., N, D) → (..., N)."""
        logvar = torch.log(self.variances)[:, None].expand_as(self.means)
        return torch.logsumexp(log_normal_diag(x.unsqueeze(-2), self.means, logvar) + torch.log(self.weights), -1)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of every coordinate, each of shape (N, D)."""
        weights = self.weights.unsqueeze(-1)  # (N, C, 1)
        mean = (weights * self.means).sum(1)
        # variance within the components and between them: two sums of positive terms, so that nothing cancels
        spread = self.variances[:, None] + (self.means - mean[:, None]) ** 2
        return mean, (weights * spread).sum(1)


class MixtureDiffusion(NamedTuple):
    """The chain that starts from a Gaussian mixture.

    Attributes
    ----------
    data : GaussianMixture
        In D dimensions; use float64.
    schedule : Schedule
    """

    data: GaussianMixture
    schedule: Schedule

    def marginal(self, t: int) -> GaussianMixture:
        """q(x_t): a mixture whose centres have moved to √ᾱ_t μ_c and whose variances are ᾱ_t σ_c² + 1 − ᾱ_t."""
        self.schedule.check(t, first=0)
        alpha_bar = self.schedule.alpha_bar[t].to(self.data.means)
        return GaussianMixture(
            alpha_bar.sqrt() * self.data.means,
            (alpha_bar * self.data.stds**2 + 1 - alpha_bar).sqrt(),
            self.data.weights,
        )

    def score(self, x: Tensor, t: int) -> Tensor:
        """∇ log q(x_t), the direction in which x_t becomes more probable: (N, D) → (N, D)."""
        marginal = self.marginal(t)
        pull = (marginal.means - x[:, None]) / marginal.stds[:, None] ** 2  # (N, C, D)
        return (marginal.posterior(x)[..., None] * pull).sum(1)

    def denoise(self, x: Tensor, t: int) -> Tensor:
        """E[x_0|x_t] = (x_t + (1 − ᾱ_t) ∇ log q(x_t)) / √ᾱ_t, by Tweedie's formula: (N, D) → (N, D)."""
        alpha_bar = self.schedule.alpha_bar[t].to(x)
        return (x + (1 - alpha_bar) * self.score(x, t)) / alpha_bar.sqrt()

    def reverse(self, x: Tensor, t: int) -> ReverseMixture:
        """q(x_{t−1}|x_t) exactly: within a component it is the product of two Gaussians.

        Parameters
        ----------
        x : Tensor, shape (N, D)
            x_t.
        t : int
            From 1 to T.
        """
        self.schedule.check(t)
        before, beta = self.marginal(t - 1), self.schedule.beta[t].to(x)
        alpha, variance = 1 - beta, before.stds**2  # (C,)
        shrink = beta / (beta + alpha * variance)
        means = shrink[:, None] * before.means + ((1 - shrink) / alpha.sqrt())[:, None] * x[:, None]
        return ReverseMixture(means, shrink * variance, self.marginal(t).posterior(x))

    def optimal_step(self, x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        """The Gaussian closest to q(x_{t−1}|x_t) in KL: it has its mean and variances. (N, D) → mu, logvar (N, D).

        In more than one dimension it is the closest among those with independent coordinates. Source of the optimal
        variance: Bao et al. (2022).
        """
        mean, variance = self.reverse(x, t).moments()
        return mean, torch.log(variance)

    def fixed_variance_step(self, x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        """The best mean with the encoder's own variance β_t, as diffusion models usually have it: mu, logvar (N, D).

        Source: Ho et al. (2020), section 3.2.
        """
        mean, _ = self.reverse(x, t).moments()
        return mean, torch.log(self.schedule.beta[t]).to(x).expand_as(mean)


def standardized(mixture: GaussianMixture) -> GaussianMixture:
    """The mixture shifted and scaled to mean 0 and mean variance 1 per coordinate, as the prior N(0, I) expects it."""
    weights = mixture.weights[:, None]
    mean = (weights * mixture.means).sum(0)
    variance = (weights * (mixture.stds[:, None] ** 2 + (mixture.means - mean) ** 2)).sum(0).mean()
    return GaussianMixture((mixture.means - mean) / variance.sqrt(), mixture.stds / variance.sqrt(), mixture.weights)


# ---- the ELBO, by quadrature -----------------------------------------------------------------------------------


def mixture_grid(mixture: GaussianMixture, *, resolution: float = 12.0, extent: float = 10.0) -> Grid:
    """A grid that holds a mixture: ``resolution`` points per standard deviation of its narrowest component.

    Parameters
    ----------
    mixture : GaussianMixture
        In one or two dimensions.
    resolution : float
    extent : float
        Standard deviations kept around every centre.

    Raises
    ------
    ValueError
        If the mixture has more than two dimensions or the grid more than four million points.
    """
    _validate.positive(resolution=resolution, extent=extent)
    if mixture.means.shape[1] > 2:
        raise ValueError(f"data must have 1 or 2 dimensions for a grid, got {mixture.means.shape[1]}")
    spacing = float(mixture.stds.min()) / resolution
    low = (mixture.means - extent * mixture.stds[:, None]).min(0).values
    high = (mixture.means + extent * mixture.stds[:, None]).max(0).values
    counts = [int(n) for n in ((high - low) / spacing).ceil() + 1]
    if math.prod(counts) > 4_000_000:
        raise ValueError(f"resolution must give at most 4,000,000 points, got {math.prod(counts):,} with {resolution}")
    axes = [start + spacing * torch.arange(n, dtype=low.dtype) for start, n in zip(low, counts, strict=True)]
    return Grid(torch.cartesian_prod(*axes).reshape(-1, len(axes)), len(axes) * math.log(spacing), spacing)


def entropy(mixture: GaussianMixture, *, resolution: float = 12.0) -> float:
    """−E log p of a mixture in nats, by quadrature on :func:`mixture_grid`."""
    grid = mixture_grid(mixture, resolution=resolution)
    log_p = mixture.log_prob(grid.z)
    return -float((torch.exp(log_p + grid.log_volume) * log_p).sum())


class DiffusionElbo(NamedTuple):
    """The ELBO of a T-level chain, averaged over the data, and where it is lost. All in nats.

    Attributes
    ----------
    prior : float
        L_T = E KL(q(x_T|x_0) ‖ N(0, I)).
    steps : Tensor, shape (T − 1,)
        L_{t−1} = E KL(q(x_{t−1}|x_t, x_0) ‖ p(x_{t−1}|x_t)) for t = 2 … T.
    reconstruction : float
        −L_0 = E log p(x_0|x_1).
    elbo : float
        reconstruction − Σ steps − prior ≤ E log p(x_0).
    entropy : float
        −E log q(x_0): no model's mean log-likelihood is above its negative.
    gap : float
        −entropy − elbo = KL(q(x_0, …, x_T) ‖ p(x_0, …, x_T)) ≥ 0: what the samples are wrong by plus what the encoder
        is wrong by.
    gaps : Tensor, shape (T + 1,)
        The same sum level by level: entry t − 1 is E KL(q(x_{t−1}|x_t) ‖ p(x_{t−1}|x_t)) for t = 1 … T, and the last is
        KL(q(x_T) ‖ N(0, I)), which would be left if the steps were not Gaussians but the exact mixtures.
    """

    prior: float
    steps: Tensor
    reconstruction: float
    elbo: float
    entropy: float
    gap: float
    gaps: Tensor


@torch.no_grad()
def diffusion_elbo(diffusion: MixtureDiffusion, step: Step | None = None, *, resolution: float = 12.0) -> DiffusionElbo:
    """The ELBO of a diffusion model, exact up to the rounding of one smooth integral over x_t per level.

    q(x_{t−1}|x_t) is known, so a Gaussian step's cross-entropy to it needs only its mean and variance at each x_t. Its
    entropy needs no integral over pairs either: h(x_{t−1}|x_t) = h(x_{t−1}) + h(x_t|x_{t−1}) − h(x_t).
    Source of the terms: Ho et al. (2020), equation 5.

    Parameters
    ----------
    diffusion : MixtureDiffusion
        In one or two dimensions.
    step : callable, optional
        The decoder, ``(x_t, t)`` → mu, logvar; ``diffusion.optimal_step`` if None.
    resolution : float
        See :func:`mixture_grid`. Double it to see how exact the values are.

    Returns
    -------
    DiffusionElbo
    """
    step = diffusion.optimal_step if step is None else step
    data, schedule = diffusion.data, diffusion.schedule
    T, D = schedule.levels, data.means.shape[1]
    entropies = [entropy(data, resolution=resolution)]
    cross_entropies = []  # of q(x_{t−1}|x_t) and p(x_{t−1}|x_t)
    for t in range(1, T + 1):
        marginal = diffusion.marginal(t)
        grid = mixture_grid(marginal, resolution=resolution)
        log_q = marginal.log_prob(grid.z)
        q = torch.exp(log_q + grid.log_volume)
        entropies.append(-float((q * log_q).sum()))
        mean, variance = diffusion.reverse(grid.z, t).moments()
        mu, logvar = step(grid.z, t)
        surprise = 0.5 * (LOG_2PI + logvar + (variance + (mean - mu) ** 2) * torch.exp(-logvar)).sum(1)
        cross_entropies.append(float((q * surprise).sum()))
    prior_cross_entropy = -float((q * log_standard_normal(grid.z)).sum())

    def gaussian_entropy(variance: Tensor) -> Tensor:
        return 0.5 * D * (LOG_2PI + 1 + torch.log(variance))

    h, ce = (torch.tensor(values, dtype=torch.float64) for values in (entropies, cross_entropies))
    alpha_bar, beta = schedule.alpha_bar, schedule.beta
    posterior_variance = beta[2:] * (1 - alpha_bar[1:-1]) / (1 - alpha_bar[2:])
    second_moment = float((data.weights * (data.means**2 + data.stds[:, None] ** 2).sum(1)).sum())
    last = float(alpha_bar[-1])
    prior = 0.5 * (last * second_moment - D * last - D * math.log1p(-last))
    steps = ce[1:] - gaussian_entropy(posterior_variance)
    reconstruction = -float(ce[0])
    elbo = reconstruction - float(steps.sum()) - prior
    gaps = torch.cat([ce - (h[:-1] + gaussian_entropy(beta[1:]) - h[1:]), (prior_cross_entropy - h[-1]).reshape(1)])
    return DiffusionElbo(prior, steps, reconstruction, elbo, entropies[0], -entropies[0] - elbo, gaps)


@torch.no_grad()
def generated_log_prob(
    schedule: Schedule, step: Step, x: Tensor, *, resolution: float = 2.0, extent: float = 8.0
) -> Tensor:
    """log p(x_0) of the decoder's own samples on the line, by passing the density down level by level.

    p(x_{t−1}) = ∫ p(x_{t−1}|x_t) p(x_t) dx_t, each a sum over a grid fine enough for the narrow p(x_{t−1}|x_t).

    Parameters
    ----------
    schedule : Schedule
    step : callable
        The decoder, ``(x_t, t)`` → mu, logvar.
    x : Tensor, shape (N, 1)
    resolution : float
        Points of level t per √β_t.
    extent : float
        Half the length of the grids.

    Returns
    -------
    Tensor, shape (N,), in nats.

    Raises
    ------
    ValueError
        If mass is lost on the way, or there are too many levels for the grids.
    """
    _validate.matrix(x=x)
    _validate.positive(resolution=resolution, extent=extent)
    if x.shape[1] != 1:
        raise ValueError(f"x must have shape (N, 1), got {tuple(x.shape)}")
    spacings = (schedule.beta[1:].sqrt() / resolution).clamp(max=0.05)
    counts = (2 * extent / spacings).ceil().to(torch.int64) + 1
    if counts.max() > 20_000:
        raise ValueError(
            f"schedule must have steps wide enough for {20_000:,} points, got beta down to "
            f"{schedule.beta[1:].min():.1e}, which needs {counts.max():,}"
        )
    grids = [torch.linspace(-extent, extent, int(n), dtype=x.dtype)[:, None] for n in counts]  # level t at t − 1
    log_p = log_standard_normal(grids[-1])
    for t in range(schedule.levels, 0, -1):
        here = grids[t - 1]
        log_mass = log_p + math.log(float(here[1, 0] - here[0, 0]))
        total = float(log_mass.exp().sum())
        if abs(total - 1) > 1e-4:
            raise ValueError(
                f"resolution and extent must give grids that hold p(x_{t}), got {resolution} and {extent}: "
                f"it sums to {total:.5f} instead of 1"
            )
        mu, logvar = step(here, t)
        below = x if t == 1 else grids[t - 2]
        log_p = torch.cat(
            [
                torch.logsumexp(log_normal_diag(part[:, None], mu, logvar) + log_mass, 1)
                for part in below.split(max(1, 4_000_000 // len(here)))
            ]
        )
    return log_p


# ---- a decoder that is learned ---------------------------------------------------------------------------------


class NoisePredictor(nn.Module):
    """A network that is shown x_t and t and guesses the noise ε in x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε.

    Source: Ho et al. (2020), section 3.2. Train it with ``fit(model, x, loss=noise_loss, lr=1e-2, schedule=…)`` and a
    learning rate that falls to 0: the last digits of the mean need small steps.

    Parameters
    ----------
    schedule : Schedule
    features : int
        D.
    hidden, activation
        As in :func:`vae_utils.networks.mlp`.
    seed : int
        Seed of the first weights. torch's global generator is left as it was.
    """

    def __init__(
        self,
        schedule: Schedule,
        features: int,
        hidden: Sequence[int] = (64, 64),
        *,
        activation: str = "silu",
        seed: int = 0,
    ):
        super().__init__()
        _validate.positive_int(features=features)
        self.schedule, self.features = schedule, features
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.layers = mlp([features + 1, *hidden, features], activation)

    def forward(self, x_t: Tensor, t: int | Tensor) -> Tensor:
        """The guess of ε: x_t (B, D), t from 1 to T, int or (B,) → (B, D)."""
        self.schedule.check(t)
        level = _at(self.schedule.log_snr, t).to(x_t) / 4  # about −2 to 2, as the data
        return self.layers(torch.cat([x_t, level.expand(len(x_t), 1)], 1))

    def step(self, x_t: Tensor, t: int) -> tuple[Tensor, Tensor]:
        """The decoder p(x_{t−1}|x_t) that the guess amounts to, with variance β_t: (N, D) → mu, logvar (N, D).

        Source: Ho et al. (2020), equation 11.
        """
        beta, alpha_bar = self.schedule.beta[t].to(x_t), self.schedule.alpha_bar[t].to(x_t)
        weight = next(self.parameters())
        guess = self(x_t.to(weight.dtype), t).to(x_t.dtype)
        mu = (x_t - beta / (1 - alpha_bar).sqrt() * guess) / (1 - beta).sqrt()
        return mu, torch.log(beta).expand_as(mu)

    def noise(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """For n examples ε ~ N(0, I) and, in the last column, a uniform number that picks the level: (n, D + 1)."""
        weight = next(self.parameters())
        eps = standard_normal(n, self.features, generator=generator, like=weight)
        source = None if generator is None else generator.device
        level = torch.rand(n, 1, generator=generator, dtype=weight.dtype, device=source).to(weight.device)
        return torch.cat([eps, level], 1)


def noise_loss(model: NoisePredictor, x: Tensor, *, eps: Tensor) -> dict[str, Tensor]:
    """‖ε − ε_θ(x_t, t)‖² at a random level, for ``fit``: L_{t−1} of the ELBO up to a weight and a constant.

    Source: Ho et al. (2020), equation 14.

    Parameters
    ----------
    model : NoisePredictor
    x : Tensor, shape (B, D)
        x_0.
    eps : Tensor, shape (B, D + 1)
        From :meth:`NoisePredictor.noise`.

    Returns
    -------
    dict with "loss", Tensor of shape (B,)
    """
    eps, level = eps[:, :-1], eps[:, -1]
    t = (1 + level * model.schedule.levels).long().clamp(max=model.schedule.levels)
    x_t = reparameterize(*model.schedule.forward(x, t), eps=eps)
    return {"loss": ((eps - model(x_t, t)) ** 2).sum(1)}
