"""The Gaussian pieces of a VAE: densities, divergences and the reparameterization trick.

A diagonal normal is given by its mean ``mu`` and ``logvar`` = log σ². The last dimension holds the L independent
coordinates and is summed over, so every density and divergence is one number per example, in nats.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate

LOG_2PI = math.log(2 * math.pi)


def standard_normal(*shape: int, generator: torch.Generator | None = None, like: Tensor | None = None) -> Tensor:
    """Draw ε ~ N(0, I).

    Noise is drawn on the generator's own device and moved, so that one seed means the same numbers everywhere.

    Parameters
    ----------
    *shape : int
        Shape of the result.
    generator : torch.Generator, optional
        Source of randomness; torch's global one if None.
    like : Tensor, optional
        Tensor whose dtype and device the result takes.

    Returns
    -------
    Tensor of shape ``shape``.
    """
    _validate.generator(generator)
    source = None if generator is None else generator.device
    dtype = None if like is None else like.dtype
    eps = torch.randn(*shape, generator=generator, dtype=dtype, device=source)
    return eps if like is None else eps.to(like.device)


def reparameterize(
    mu: Tensor, logvar: Tensor, *, eps: Tensor | None = None, generator: torch.Generator | None = None
) -> Tensor:
    """Sample z ~ N(μ, diag σ²) as z = μ + σ ε, so that gradients reach μ and log σ².

    Source: Kingma & Welling (2014), section 2.4.

    Parameters
    ----------
    mu, logvar : Tensor, shape (..., L)
        Mean and log σ² of the normal; σ = exp(logvar / 2).
    eps : Tensor, shape (..., L), optional
        Noise to use; more leading dimensions give more samples. Drawn from N(0, I) in the shape of ``mu`` if None.
    generator : torch.Generator, optional
        Source of randomness when ``eps`` is None.

    Returns
    -------
    Tensor, shape (..., L).

    Raises
    ------
    TypeError, ValueError
        If dtypes or shapes disagree.
    """
    _validate.same_shape(mu=mu, logvar=logvar)
    if eps is None:
        eps = standard_normal(*mu.shape, generator=generator, like=mu)
    else:
        _validate.same_features(mu=mu, eps=eps)
    return mu + torch.exp(0.5 * logvar) * eps


def log_normal_diag(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log N(z; μ, diag σ²) in nats, summed over the last dimension.

    Parameters
    ----------
    z, mu, logvar : Tensor, shape (..., L)
        Leading dimensions broadcast.

    Returns
    -------
    Tensor, shape (...).
    """
    _validate.same_features(z=z, mu=mu, logvar=logvar)
    return -0.5 * (LOG_2PI + logvar + (z - mu) ** 2 * torch.exp(-logvar)).sum(-1)


def log_standard_normal(z: Tensor) -> Tensor:
    """log N(z; 0, I) in nats, summed over the last dimension: (..., L) → (...)."""
    _validate.floating(z=z)
    return -0.5 * (LOG_2PI + z**2).sum(-1)


def kl_to_standard_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(μ, diag σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² − log σ² − 1), in nats.

    Source: Kingma & Welling (2014), appendix B; derived line by line in chapter 5.

    Parameters
    ----------
    mu, logvar : Tensor, shape (..., L)

    Returns
    -------
    Tensor, shape (...), never negative beyond rounding.
    """
    _validate.same_shape(mu=mu, logvar=logvar)
    # expm1 keeps σ² − 1 exact near the prior, where both terms are tiny and would cancel
    return 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)


def kl_normal_normal(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """KL(N(μ_q, diag σ_q²) ‖ N(μ_p, diag σ_p²)) in nats.

    Parameters
    ----------
    mu_q, logvar_q, mu_p, logvar_p : Tensor, shape (..., L)
        Leading dimensions broadcast.

    Returns
    -------
    Tensor, shape (...).
    """
    _validate.same_features(mu_q=mu_q, logvar_q=logvar_q, mu_p=mu_p, logvar_p=logvar_p)
    log_ratio = logvar_q - logvar_p
    return 0.5 * ((mu_q - mu_p) ** 2 * torch.exp(-logvar_p) + torch.expm1(log_ratio) - log_ratio).sum(-1)


class NaivePenalties(NamedTuple):
    """The two squared norms of :func:`naive_penalties`, each of shape (...)."""

    mu: Tensor
    logvar: Tensor


def naive_penalties(mu: Tensor, logvar: Tensor) -> NaivePenalties:
    """The naive pull towards N(0, I): ‖μ‖² and ‖log σ²‖², one pair per example.

    Their ratio is left open here; chapter 5 shows how the KL divergence settles it.
    Source: Su Jianlin (2018), spaces.ac.cn 5253.

    Parameters
    ----------
    mu, logvar : Tensor, shape (..., L)

    Returns
    -------
    NaivePenalties
        Two tensors of shape (...).
    """
    _validate.same_shape(mu=mu, logvar=logvar)
    return NaivePenalties((mu**2).sum(-1), (logvar**2).sum(-1))
