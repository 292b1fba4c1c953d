"""Toy distributions in one and two dimensions whose densities are known exactly."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate
from vae_utils.gaussian import log_normal_diag, standard_normal


class GaussianMixture(NamedTuple):
    """p(x) = Σ_c p(c) N(x; μ_c, σ_c² I): the smallest latent-variable model, with the component as its latent.

    Attributes
    ----------
    means : Tensor, shape (C, D)
    stds : Tensor, shape (C,)
        σ_c.
    weights : Tensor, shape (C,)
        p(c), summing to 1.
    """

    means: Tensor
    stds: Tensor
    weights: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log p(x) in nats: (N, D) → (N,)."""
        return torch.logsumexp(self.log_joint(x), 1)

    def log_joint(self, x: Tensor) -> Tensor:
        """log p(c) + log p(x|c) for every component: (N, D) → (N, C)."""
        _validate.matrix(x=x, min_rows=0)
        _validate.same_features(x=x[:1], means=self.means[:1])  # N and C are unrelated
        logvar = 2 * torch.log(self.stds)[:, None].expand_as(self.means)
        return log_normal_diag(x[:, None], self.means, logvar) + torch.log(self.weights)

    def posterior(self, x: Tensor) -> Tensor:
        """p(c|x) by Bayes' rule: (N, D) → (N, C)."""
        return torch.softmax(self.log_joint(x), 1)

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """First the component, then x: points of shape (n, D) and their components, shape (n,)."""
        _validate.positive_int(n=n)
        _validate.generator(generator)
        component = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        eps = standard_normal(n, self.means.shape[1], generator=generator, like=self.means)
        return self.means[component] + self.stds[component, None] * eps, component


def gaussian_mixture(means: Tensor, stds: Tensor | float, weights: Tensor | None = None) -> GaussianMixture:
    """A checked mixture.

    Parameters
    ----------
    means : Tensor, shape (C, D)
    stds : Tensor of shape (C,), or float for all components
    weights : Tensor, shape (C,), optional
        Positive; normalised to sum to 1. Equal if None.

    Returns
    -------
    GaussianMixture
    """
    _validate.matrix(means=means)
    count = len(means)
    stds = torch.as_tensor(stds, dtype=means.dtype).expand(count)
    weights = torch.ones(count, dtype=means.dtype) if weights is None else torch.as_tensor(weights, dtype=means.dtype)
    if weights.shape != (count,):
        raise ValueError(f"weights must have shape ({count},), one per component, got {tuple(weights.shape)}")
    for name, values in {"stds": stds, "weights": weights}.items():
        if not (values > 0).all():
            raise ValueError(f"{name} must be above 0, got {values.tolist()}")
    return GaussianMixture(means, stds, weights / weights.sum())


def two_bumps(*, distance: float = 3.0, std: float = 0.4, dtype: torch.dtype = torch.float64) -> GaussianMixture:
    """Two equal Gaussian bumps on the line, at ± distance / 2."""
    _validate.positive(distance=distance, std=std)
    return gaussian_mixture(torch.tensor([[-distance / 2], [distance / 2]], dtype=dtype), std)


def ring_of_gaussians(
    modes: int = 8, *, radius: float = math.sqrt(2), std: float = 0.05, dtype: torch.dtype = torch.float32
) -> GaussianMixture:
    """Equal Gaussians on a circle in the plane, the usual test for missing modes."""
    _validate.positive_int(modes=modes)
    _validate.positive(radius=radius, std=std)
    angle = torch.arange(modes, dtype=dtype) * (2 * math.pi / modes)
    return gaussian_mixture(radius * torch.stack([angle.cos(), angle.sin()], 1), std)


class Moons(NamedTuple):
    """Two interleaved half circles of radius 1, blurred by a Gaussian of standard deviation ``std``.

    A point is c(t) + std · ε: a moon is chosen, then an angle t uniformly from 0 to π. The angle is a
    continuous latent, so the density is an integral over it, computed here by quadrature.
    """

    std: float = 0.1

    def _curve(self, t: Tensor) -> Tensor:
        """Points of both moons at angles t: (T,) → (2, T, 2)."""
        upper = torch.stack([t.cos(), t.sin()], -1)
        lower = torch.stack([1 - t.cos(), 0.5 - t.sin()], -1)
        return torch.stack([upper, lower])

    def log_prob(self, x: Tensor, *, points: int = 512) -> Tensor:
        """log p(x) in nats by Gauss-Legendre quadrature over the angle: (N, 2) → (N,)."""
        _validate.floating(x=x)
        _validate.positive_int(points=points)
        if x.ndim != 2 or x.shape[1] != 2:
            raise ValueError(f"x must have shape (N, 2), got {tuple(x.shape)}")
        import numpy as np

        nodes, weights = (torch.as_tensor(values, dtype=x.dtype) for values in np.polynomial.legendre.leggauss(points))
        centres = self._curve((nodes + 1) * (math.pi / 2)).reshape(-1, 2)  # (2T, 2)
        logvar = torch.full_like(centres, 2 * math.log(self.std))
        # ½ for the moon and ½ because Gauss-Legendre weights sum to 2
        return torch.logsumexp(log_normal_diag(x[:, None], centres, logvar) + torch.log(weights / 4).repeat(2), 1)

    def sample(
        self, n: int, *, generator: torch.Generator | None = None, dtype: torch.dtype = torch.float32
    ) -> tuple[Tensor, Tensor]:
        """Points of shape (n, 2) and the moon that each comes from, shape (n,)."""
        _validate.positive_int(n=n)
        _validate.generator(generator)
        moon = torch.randint(2, (n,), generator=generator)
        angle = math.pi * torch.rand(n, generator=generator, dtype=dtype)
        eps = standard_normal(n, 2, generator=generator, like=angle)
        return self._curve(angle)[moon, torch.arange(n)] + self.std * eps, moon


def moons(std: float = 0.1) -> Moons:
    """A checked :class:`Moons`; ``std`` above 0."""
    _validate.positive(std=std)
    return Moons(std)
