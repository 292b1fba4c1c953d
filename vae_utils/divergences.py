"""Exact distances between distributions: what a discriminator or a critic is held against.

Three ways to know one: in closed form, from two densities on a grid, and from two samples by the best assignment.
On the line, :func:`vae_utils.evaluation.wasserstein_1d` has W1 of two samples by sorting.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate

LOG_2 = math.log(2)

# ---- from two known densities --------------------------------------------------------------------------------


def optimal_discriminator(log_p: Tensor, log_q: Tensor) -> Tensor:
    """D*(x) = p(x) / (p(x) + q(x)): how sure the best discriminator is that x is real.

    Its logits are log p(x) − log q(x). Source: Goodfellow et al. (2014), proposition 1.

    Parameters
    ----------
    log_p, log_q : Tensor, shape (...)
        Log-densities of the real and of the fake distribution at x, in nats.

    Returns
    -------
    Tensor, shape (...), from 0 to 1.
    """
    _validate.same_shape(log_p=log_p, log_q=log_q)
    return torch.sigmoid(log_p - log_q)


def js_on_grid(log_p: Tensor, log_q: Tensor, log_volume: float) -> Tensor:
    """JS(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q) / 2, by quadrature; from 0 to log 2.

    Source: Lin (1991).

    Parameters
    ----------
    log_p, log_q : Tensor, shape (..., G)
        Log-densities at the points of a grid that holds both; −∞ where a density is 0.
    log_volume : float
        log of the volume that each point stands for, as in :class:`vae_utils.quadrature.Grid`.

    Returns
    -------
    Tensor, shape (...), in nats.

    Raises
    ------
    ValueError
        If the grid is too coarse or too small to hold p and q.
    """
    _validate.same_shape(log_p=log_p, log_q=log_q)
    p, q = (_masses(log, log_volume, name) for name, log in (("log_p", log_p), ("log_q", log_q)))
    m = (p + q) / 2
    # xlogy(0, ·) is 0: where a density is 0 it adds nothing
    return sum(0.5 * (torch.xlogy(a, a) - torch.xlogy(a, m)).sum(-1) for a in (p, q))


def w1_on_grid(log_p: Tensor, log_q: Tensor, spacing: float) -> Tensor:
    """W1 of two densities on the line: the area between their distribution functions F and G, ``∫ |F(x) − G(x)| dx``.

    Source: Peyré & Cuturi (2019), remark 2.30.

    Parameters
    ----------
    log_p, log_q : Tensor, shape (..., G)
        Log-densities at evenly spaced points of the line, in order, from where both are 0 to where both are 0 again.
    spacing : float
        Distance of neighbouring points.

    Returns
    -------
    Tensor, shape (...), in the unit of x.

    Raises
    ------
    ValueError
        If the grid is too coarse or too small to hold p and q.
    """
    _validate.same_shape(log_p=log_p, log_q=log_q)
    _validate.positive(spacing=spacing)
    p, q = (_masses(log, math.log(spacing), name) for name, log in (("log_p", log_p), ("log_q", log_q)))
    return (p - q).cumsum(-1).abs().sum(-1) * spacing


def _masses(log_density: Tensor, log_volume: float, name: str) -> Tensor:
    """The mass at each point of a grid, or an error if it does not sum to 1."""
    mass = torch.exp(log_density + log_volume)
    totals = mass.sum(-1)
    if (totals - 1).abs().max() > 1e-3:
        worst = totals.flatten()[(totals - 1).abs().argmax()]
        raise ValueError(f"{name} must sum to 1 on the grid, got {worst:.4f}: take a finer or a larger one")
    return mass


# ---- from two samples ----------------------------------------------------------------------------------------


class Transport(NamedTuple):
    """The cheapest way to move one sample onto another.

    Attributes
    ----------
    w1 : Tensor, shape ()
        Exact W1 between the two samples: the mean distance of a move.
    partner : Tensor, shape (N,), integers
        ``a[n]`` moves to ``b[partner[n]]``.
    """

    w1: Tensor
    partner: Tensor


def optimal_transport(a: Tensor, b: Tensor) -> Transport:
    """Exact W1 between two equally large samples in any dimension, by the best one-to-one assignment.

    Takes N² memory and up to N³ time: fit for a few thousand points. It is the distance of two *samples*, so it is
    above 0 even if both come from one distribution. Source: Peyré & Cuturi (2019), proposition 2.1.

    Parameters
    ----------
    a, b : Tensor, shape (N, D)

    Returns
    -------
    Transport
    """
    from scipy.optimize import linear_sum_assignment

    _validate.matrix(a=a, b=b)
    _validate.same_shape(a=a, b=b)
    _validate.finite(a=a, b=b)
    # not by ‖a‖² + ‖b‖² − 2ab, which loses digits where points are close
    distance = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").detach()
    rows, partner = (torch.as_tensor(index) for index in linear_sum_assignment(distance.cpu().numpy()))
    return Transport(distance[rows, partner].mean(), partner)


# ---- in closed form ------------------------------------------------------------------------------------------


class Distances(NamedTuple):
    """Three distances of the same two distributions: KL(p ‖ q) and JS in nats, W1 in the unit of x."""

    kl: Tensor
    js: Tensor
    w1: Tensor


def parallel_lines(theta: Tensor | float) -> Distances:
    """Two parallel lines in the plane: real points (0, y), fake points (θ, y), with y uniform from 0 to 1.

    KL is ∞ and JS is log 2 at every θ but 0, where both are 0: neither says which way to go. W1 is ``|θ|``.
    Source: Arjovsky et al. (2017), example 1.

    Parameters
    ----------
    theta : Tensor or float, shape (...)

    Returns
    -------
    Distances
        Three tensors of shape (...).
    """
    theta = _real(theta)
    apart = theta != 0
    zero = torch.zeros_like(theta)
    return Distances(torch.where(apart, math.inf, zero), torch.where(apart, LOG_2, zero), theta.abs())


def shifted_uniforms(theta: Tensor | float, *, width: float = 1.0) -> Distances:
    """A uniform distribution of some width on the line, and the same moved by θ.

    They share ``1 − |θ| / width`` of their mass, where p = q; where only one of them has mass, that mass costs log 2.
    So JS grows with θ until they part, and is log 2 from there on; KL is ∞ as soon as they differ; W1 is ``|θ|``.

    Parameters
    ----------
    theta : Tensor or float, shape (...)
    width : float

    Returns
    -------
    Distances
        Three tensors of shape (...).
    """
    _validate.positive(width=width)
    theta = _real(theta)
    kl = torch.where(theta != 0, math.inf, torch.zeros_like(theta))
    return Distances(kl, LOG_2 * (theta.abs() / width).clamp(max=1), theta.abs())


def penalised_shift_value(theta: Tensor | float, penalty: float) -> Tensor:
    """What a perfectly trained critic with gradient penalty returns for a shift by θ > 0: θ (1 + θ/2λ), not W1 = θ.

    The critic of a WGAN-GP maximises ``E f(x) − E f(x′) − λ E (|f′(x̂)| − 1)²``. Let all of p lie at θ and all of q
    at 0. Then x̂ is uniform on [0, θ], the first two terms together are the integral of f′ over it, and with f′ > 0 the
    whole is

    ``∫₀^θ [ f′ − (λ/θ) (f′ − 1)² ] dx``.

    Each point x can be maximised by itself: 1 = (2λ/θ) (f′ − 1), so f′ = 1 + θ/2λ everywhere, and the first two terms
    are θ (1 + θ/2λ). The penalty is soft, and the critic pays for a steeper slope as long as that is worth it.

    The same holds for every p and its shifted copy among critics that are linear, and among all critics if x̂ lies
    between a point and its own copy. With x̂ between unrelated points, as in training, it is W1 + ∫ (F − G)² / (2λr) dx
    with the distribution functions F, G and the density r of x̂; by Cauchy-Schwarz that is not less, and for normals
    hardly more.

    In one dimension the penalty has a second optimum, which is a trap: as long as θ < 2λ, a critic that starts with the
    wrong slope is held at f′ = −(1 − θ/2λ) and returns −θ (1 − θ/2λ), for on the way to the other one it would have to
    pass a slope of 0, where the penalty is λ. The one-sided penalty has the first optimum alone.

    Parameters
    ----------
    theta : Tensor or float, shape (...)
        Its sign does not matter.
    penalty : float
        λ.

    Returns
    -------
    Tensor, shape (...), in the unit of θ.
    """
    _validate.positive(penalty=penalty)
    distance = _real(theta).abs()
    return distance * (1 + distance / (2 * penalty))


def _real(theta: Tensor | float) -> Tensor:
    """θ as a finite tensor, float64 unless it already is a floating tensor."""
    if not isinstance(theta, Tensor):
        if isinstance(theta, bool) or not isinstance(theta, int | float):
            raise TypeError(f"theta must be a tensor or a real number, got {_validate.describe(theta)}")
        theta = torch.tensor(theta, dtype=torch.float64)
    _validate.floating(theta=theta)
    _validate.finite(theta=theta)
    return theta
