"""The rate of a two-dimensional code, mean KL(q(z|x) ‖ p(z)), taken apart exactly on a grid.

A posterior with independent axes is a product of two densities on a line. So the aggregated posterior of N examples on
a grid of G₁ × G₂ points is one matrix product, (G₁, N) times (N, G₂), and a million points cost no more than a layer
of a network.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate
from vae_utils.evaluation import Rate
from vae_utils.gaussian import LOG_2PI, kl_to_standard_normal

REACH = 8.0  # standard deviations beyond the outermost means: 10⁻¹⁵ of a posterior is left out
MOST_POINTS = 6000  # along an axis
OTHER_FINENESS = 0.8  # the second grid of exact_rate against the first


class AggregatedPosterior(NamedTuple):
    """q(z) = (1/N) Σ_n q(z|x_n) on a grid.

    Attributes
    ----------
    axes : tuple of two Tensors, shapes (G1,) and (G2,)
        The grid's coordinates along z₁ and z₂.
    density : Tensor, shape (G1, G2)
        q(z); its sum times ``area`` is 1.
    area : float
        Of a cell.
    """

    axes: tuple[Tensor, Tensor]
    density: Tensor
    area: float


def kl_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """Mean KL to the standard normal of each latent dimension, in nats: mu, logvar (N, L) → (L,).

    The sum over the dimensions is the rate. Source: Kingma & Welling (2014), appendix B.
    """
    _validate.same_shape(mu=mu, logvar=logvar)
    _validate.matrix(mu=mu)
    return (0.5 * (mu**2 + torch.expm1(logvar) - logvar)).mean(0)


def aggregated_on_grid(mu: Tensor, logvar: Tensor, *, fineness: float = 2.0) -> AggregatedPosterior:
    """The aggregated posterior of two latent dimensions on a grid that holds all of it.

    Parameters
    ----------
    mu, logvar : Tensor, shape (N, 2)
        The posteriors of all examples.
    fineness : float
        Grid points per standard deviation of the narrowest posterior, along each axis. With 1 the trapezoidal rule is
        right to 10⁻⁸ for one normal; the logarithm of a mixture is less smooth, and wants 2.

    Returns
    -------
    AggregatedPosterior
        In float64.

    Raises
    ------
    ValueError
        If the posteriors have other than two dimensions, or are so narrow that an axis would need too many points.
    """
    _check(mu, logvar, fineness)
    mu, logvar = mu.detach().double(), logvar.detach().double()
    axes = tuple(_axis(mu[:, i], logvar[:, i], fineness) for i in (0, 1))
    first, second = _factors(mu, logvar, axes)
    area = float((axes[0][1] - axes[0][0]) * (axes[1][1] - axes[1][0]))
    return AggregatedPosterior(axes, first.T @ second / len(mu), area)


def exact_rate(mu: Tensor, logvar: Tensor, *, fineness: float = 2.0) -> Rate:
    """mean KL = I(x; z) + KL(aggregated ‖ prior) by quadrature, each of the three on its own.

    The rate is the closed form. The information is the mean over examples of KL(q(z|x_n) ‖ q(z)), an integral under
    each posterior; the aggregate KL is one integral under q(z), on another grid. Nothing is sampled. That the two parts
    add up to the rate says that the grids are fine enough, and no more: log q(z) cancels in their sum. The tests hold
    each part against SciPy. Source: Hoffman & Johnson (2016).

    Parameters
    ----------
    mu, logvar : Tensor, shape (N, 2)
        The posteriors of all examples.
    fineness : float
        See :func:`aggregated_on_grid`.

    Returns
    -------
    Rate
        In nats.

    Raises
    ------
    ValueError
        As :func:`aggregated_on_grid`.
    """
    information = information_per_example(mu, logvar, fineness=fineness).mean().item()
    axes, density, area = aggregated_on_grid(mu, logvar, fineness=OTHER_FINENESS * fineness)
    log_prior = -LOG_2PI - 0.5 * (axes[0][:, None] ** 2 + axes[1] ** 2)
    aggregate_kl = (torch.xlogy(density, density) - density * log_prior).sum().item() * area
    rate = kl_to_standard_normal(mu.detach().double(), logvar.detach().double()).mean().item()
    return Rate(rate, information, aggregate_kl)


def information_per_example(mu: Tensor, logvar: Tensor, *, fineness: float = 2.0) -> Tensor:
    """KL(q(z|x_n) ‖ q(z)) of every example: how many nats its code tells about which example it is.

    Parameters
    ----------
    mu, logvar, fineness
        As in :func:`exact_rate`.

    Returns
    -------
    Tensor, shape (N,), in nats, each from 0 to log N; their mean is I(x; z).
    """
    axes, density, area = aggregated_on_grid(mu, logvar, fineness=fineness)
    mu, logvar = mu.detach().double(), logvar.detach().double()
    first, second = _factors(mu, logvar, axes)
    # far from all posteriors q(z) is rounded to 0; nothing is integrated there
    log_q = density.clamp(min=torch.finfo(density.dtype).tiny).log()
    cross = ((first @ log_q) * second).sum(1) * area  # E_n[log q(z)], (N,)
    own = -0.5 * (1 + LOG_2PI + logvar).sum(1)  # E_n[log q(z|x_n)], minus the entropy of a normal
    return own - cross


def _check(mu: Tensor, logvar: Tensor, fineness: float) -> None:
    _validate.same_shape(mu=mu, logvar=logvar)
    _validate.matrix(mu=mu)
    _validate.finite(mu=mu, logvar=logvar)
    _validate.positive(fineness=fineness)
    if mu.shape[1] != 2:
        raise ValueError(
            f"mu must have 2 latent dimensions for a grid, got {mu.shape[1]}: use evaluation.rate_decomposition instead"
        )


def _axis(mu: Tensor, logvar: Tensor, fineness: float) -> Tensor:
    """Points from the lowest to the highest place that a posterior reaches: mu, logvar (N,) → (G,)."""
    sigma = torch.exp(0.5 * logvar)
    low, high = (mu - REACH * sigma).min().item(), (mu + REACH * sigma).max().item()
    points = 1 + round(fineness * (high - low) / sigma.min().item())
    if points > MOST_POINTS:
        raise ValueError(
            f"logvar must leave posteriors that a grid can hold, got a standard deviation of {sigma.min().item():.2g} "
            f"on an axis from {low:.3g} to {high:.3g}: {points} points of at most {MOST_POINTS}"
        )
    return torch.linspace(low, high, points, dtype=mu.dtype)


def _factors(mu: Tensor, logvar: Tensor, axes: tuple[Tensor, Tensor]) -> list[Tensor]:
    """The densities of both axes of every posterior at the grid's coordinates: (N, G1) and (N, G2)."""
    factors = []
    for i, axis in enumerate(axes):
        squares = (axis - mu[:, i, None]) ** 2 * torch.exp(-logvar[:, i, None])
        factors.append(torch.exp(-0.5 * (LOG_2PI + logvar[:, i, None] + squares)))
    return factors
