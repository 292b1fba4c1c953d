"""Exact answers for latent spaces of one or two dimensions: sums over a fine grid.

For smooth functions that vanish at the ends with all their derivatives, the trapezoidal rule converges faster than
any power of the spacing. It is the course's independent oracle wherever an integral over z is claimed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate
from vae_utils.gaussian import log_normal_diag, log_standard_normal
from vae_utils.model import VAE


class Grid(NamedTuple):
    """Points of a latent space and the volume that each stands for.

    Attributes
    ----------
    z : Tensor, shape (G, L)
    log_volume : float
        log of the cell volume: ∫ f(z) dz ≈ Σ_g f(z_g) exp(log_volume).
    spacing : float
        Distance of neighbours along an axis.
    """

    z: Tensor
    log_volume: float
    spacing: float


def latent_grid(latent: int, *, points: int = 301, extent: float = 6.0, dtype: torch.dtype = torch.float64) -> Grid:
    """A square grid over [−extent, extent]^L.

    Parameters
    ----------
    latent : int
        L, one or two: a grid in more dimensions needs too many points.
    points : int
        Points along one axis.
    extent : float
        Half the side; 6 leaves 2·10⁻⁹ of a standard normal outside.
    dtype : torch.dtype

    Returns
    -------
    Grid
        With points^L points.
    """
    _validate.positive_int(latent=latent, points=points)
    _validate.positive(extent=extent)
    if latent > 2:
        raise ValueError(f"latent must be 1 or 2 for a grid, got {latent}: use iw_bound instead")
    if points < 2:
        raise ValueError(f"points must be at least 2, got {points}")
    axis = torch.linspace(-extent, extent, points, dtype=dtype)
    z = torch.cartesian_prod(*[axis] * latent).reshape(-1, latent)  # (points^L, L)
    spacing = 2 * extent / (points - 1)
    return Grid(z, latent * math.log(spacing), spacing)


@torch.no_grad()
def log_joint_on_grid(model: VAE, x: Tensor, grid: Grid) -> Tensor:
    """log p(x|z) + log p(z) at every grid point: x (B, ...) → (B, G), in nats."""
    model.likelihood.check(x)
    z = grid.z.to(x.dtype)
    parameters = model.decoder(z)  # (G, D)
    log_likelihood = torch.stack(
        [model.likelihood.log_prob(image.expand_as(parameters), parameters) for image in x.flatten(1)]
    )
    return log_likelihood + log_standard_normal(z)


def log_marginal(model: VAE, x: Tensor, *, points: int = 301, extent: float = 6.0) -> Tensor:
    """Exact log p(x) = log ∫ p(x|z) p(z) dz by quadrature, for L ≤ 2.

    Parameters
    ----------
    model : VAE
        With at most two latent dimensions.
    x : Tensor, shape (B, ...)
    points, extent
        See :func:`latent_grid`. Double ``points`` to see how exact the value is.

    Returns
    -------
    Tensor, shape (B,), in nats.
    """
    grid = latent_grid(model.latent, points=points, extent=extent, dtype=x.dtype)
    return torch.logsumexp(log_joint_on_grid(model, x, grid), 1) + grid.log_volume


def log_posterior_on_grid(model: VAE, x: Tensor, grid: Grid) -> Tensor:
    """log p(z|x) of the true posterior at every grid point: x (B, ...) → (B, G)."""
    log_joint = log_joint_on_grid(model, x, grid)
    return log_joint - torch.logsumexp(log_joint, 1, keepdim=True) - grid.log_volume


@torch.no_grad()
def kl_to_posterior(model: VAE, x: Tensor, *, points: int = 301, extent: float = 6.0) -> Tensor:
    """KL(q(z|x) ‖ p(z|x)) by quadrature, for L ≤ 2: the gap between log p(x) and the ELBO.

    Both densities are evaluated on the grid and nothing is sampled, so it is independent of any ELBO estimate.

    Parameters
    ----------
    model, x, points, extent
        As in :func:`log_marginal`.

    Returns
    -------
    Tensor, shape (B,), in nats.

    Raises
    ------
    ValueError
        If the grid is too coarse or too small to hold q(z|x).
    """
    grid = latent_grid(model.latent, points=points, extent=extent, dtype=x.dtype)
    mu, logvar = model.posterior(x)
    log_q = log_normal_diag(grid.z, mu[:, None], logvar[:, None])  # (B, G)
    q = torch.exp(log_q + grid.log_volume)
    mass = q.sum(1)
    if (mass - 1).abs().max() > 1e-3:
        worst = mass[(mass - 1).abs().argmax()]
        raise ValueError(
            f"points and extent must give a grid that holds q(z|x), got points={points}, extent={extent}: "
            f"on it a q sums to {worst:.4f} instead of 1"
        )
    return (q * (log_q - log_posterior_on_grid(model, x, grid))).sum(1)
