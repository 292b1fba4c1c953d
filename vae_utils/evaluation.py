"""Judging a trained model: distances between samples, use of the latent space, novelty."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate
from vae_utils.gaussian import kl_to_standard_normal, log_normal_diag, log_standard_normal, reparameterize

# ---- distances between two sets of samples ------------------------------------------------------------------


def wasserstein_1d(a: Tensor, b: Tensor) -> Tensor:
    """Exact W1 between two equally large samples on the line: sort both, average the differences.

    Source: Peyré & Cuturi (2019), remark 2.28.

    Parameters
    ----------
    a, b : Tensor, shape (..., N)
        Samples along the last dimension.

    Returns
    -------
    Tensor, shape (...).
    """
    _validate.same_shape(a=a, b=b)
    return (a.sort(-1).values - b.sort(-1).values).abs().mean(-1)


def sliced_wasserstein(
    a: Tensor, b: Tensor, *, directions: int = 128, generator: torch.Generator | None = None
) -> Tensor:
    """W1 of the projections onto random directions, averaged.

    Parameters
    ----------
    a, b : Tensor, shape (N, D)
    directions : int
        Random unit vectors.
    generator : torch.Generator, optional
        Source of randomness.

    Returns
    -------
    Tensor, shape ().
    """
    _validate.matrix(a=a, b=b)
    _validate.same_shape(a=a, b=b)
    _validate.positive_int(directions=directions)
    _validate.generator(generator)
    axes = torch.randn(a.shape[1], directions, generator=generator, dtype=a.dtype)
    axes = axes / axes.norm(dim=0)
    return wasserstein_1d((a @ axes).T, (b @ axes).T).mean()


def median_distance(a: Tensor, b: Tensor) -> float:
    """The median distance between two different points of both samples together: the usual kernel width."""
    _validate.matrix(a=a, b=b)
    return torch.pdist(torch.cat([a, b])).median().item()


def mmd(a: Tensor, b: Tensor, *, bandwidth: float | None = None) -> Tensor:
    """Unbiased estimate of the squared maximum mean discrepancy with a Gaussian kernel.

    k(u, v) = exp(−‖u − v‖² / (2 bandwidth²)). Being unbiased, the estimate may be slightly negative.
    Source: Gretton et al. (2012), lemma 6.

    Parameters
    ----------
    a : Tensor, shape (N, D)
    b : Tensor, shape (M, D)
    bandwidth : float, optional
        :func:`median_distance` if None.

    Returns
    -------
    Tensor, shape ().
    """
    kernel = _kernel(a, b, bandwidth)
    return _mmd_from_kernel(kernel, torch.arange(len(kernel)), len(a))


class MMDTest(NamedTuple):
    """Result of :func:`mmd_test`: the squared MMD and its permutation p-value."""

    mmd: float
    p_value: float


def mmd_test(
    a: Tensor,
    b: Tensor,
    *,
    permutations: int = 500,
    bandwidth: float | None = None,
    generator: torch.Generator | None = None,
) -> MMDTest:
    """Do two samples come from one distribution? The squared MMD and how often relabelled samples are as far apart.

    Source: Gretton et al. (2012). The p-value counts the observed labelling as one of the permutations, so it
    is never 0.

    Parameters
    ----------
    a, b, bandwidth
        As in :func:`mmd`.
    permutations : int
        Random relabellings.
    generator : torch.Generator, optional
        Source of randomness.

    Returns
    -------
    MMDTest
    """
    _validate.positive_int(permutations=permutations)
    _validate.generator(generator)
    kernel = _kernel(a, b, bandwidth)
    observed = _mmd_from_kernel(kernel, torch.arange(len(kernel)), len(a))
    shuffled = torch.stack(
        [
            _mmd_from_kernel(kernel, torch.randperm(len(kernel), generator=generator), len(a))
            for _ in range(permutations)
        ]
    )
    as_far = int((shuffled >= observed).sum())
    return MMDTest(observed.item(), (as_far + 1) / (permutations + 1))


def _kernel(a: Tensor, b: Tensor, bandwidth: float | None) -> Tensor:
    """Gaussian kernel between all points of both samples, zero on the diagonal, shape (N+M, N+M)."""
    _validate.matrix(a=a, b=b, min_rows=2)
    _validate.same_features(a=a[:1], b=b[:1])
    width = median_distance(a, b) if bandwidth is None else bandwidth
    _validate.positive(bandwidth=width)
    points = torch.cat([a, b])
    kernel = torch.exp(-(torch.cdist(points, points) ** 2) / (2 * width**2))
    return kernel.fill_diagonal_(0)


def _mmd_from_kernel(kernel: Tensor, order: Tensor, n: int) -> Tensor:
    """Squared MMD when the first n of ``order`` are called a and the others b."""
    m = len(order) - n
    member = torch.zeros(len(order), dtype=kernel.dtype)
    member[order[:n]] = 1
    to_a = kernel @ member  # sum of similarities to the points called a
    within_a = member @ to_a
    between = (1 - member) @ to_a
    within_b = kernel.sum() - within_a - 2 * between
    return within_a / (n * (n - 1)) + within_b / (m * (m - 1)) - 2 * between / (n * m)


def nearest_distances(a: Tensor, b: Tensor) -> Tensor:
    """Distance from every point of a to its nearest neighbour in b: (N, D), (M, D) → (N,).

    Novelty of samples: compare their distances to the training images with those of held-out images.
    """
    _validate.matrix(a=a, b=b)
    _validate.same_features(a=a[:1], b=b[:1])
    return torch.cdist(a, b).min(1).values


# ---- use of the latent space --------------------------------------------------------------------------------


def active_units(mu: Tensor, *, threshold: float = 0.01) -> Tensor:
    """Which latent dimensions are used: Var_x(E[z|x]) > threshold.

    Source: Burda et al. (2016), section 5.

    Parameters
    ----------
    mu : Tensor, shape (N, L)
        Posterior means of many examples.
    threshold : float

    Returns
    -------
    Tensor, shape (L,), boolean.
    """
    _validate.matrix(mu=mu, min_rows=2)
    _validate.positive(threshold=threshold)
    return mu.var(0) > threshold


def log_aggregated_posterior(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log q(z) of the aggregated posterior q(z) = (1/N) Σ_n q(z|x_n), in nats.

    Parameters
    ----------
    z : Tensor, shape (S, L)
    mu, logvar : Tensor, shape (N, L)
        The posteriors of all examples.

    Returns
    -------
    Tensor, shape (S,).
    """
    _validate.matrix(z=z)
    _validate.same_shape(mu=mu, logvar=logvar)
    log_q = torch.cat([log_normal_diag(part[:, None], mu, logvar) for part in z.split(1024)])  # (S, N)
    return torch.logsumexp(log_q, 1) - math.log(len(mu))


class Rate(NamedTuple):
    """The mean KL and the two parts that it is the sum of, in nats.

    Attributes
    ----------
    rate : float
        Mean of KL(q(z|x) ‖ p(z)), closed form.
    information : float
        I(x; z), what the code tells about which example it came from; at most log N.
    aggregate_kl : float
        KL(q(z) ‖ p(z)) of the aggregated posterior.
    """

    rate: float
    information: float
    aggregate_kl: float


def rate_decomposition(
    mu: Tensor, logvar: Tensor, *, n_samples: int = 10, generator: torch.Generator | None = None
) -> Rate:
    """mean KL = I(x; z) + KL(aggregated ‖ prior), each side estimated on its own.

    The information uses one set of samples and the aggregate KL another, so that their sum can be compared
    with the exact rate: with one shared set log q(z) would cancel and the sum would prove nothing. Source:
    Hoffman & Johnson (2016).

    Parameters
    ----------
    mu, logvar : Tensor, shape (N, L)
        The posteriors of all examples.
    n_samples : int
        Draws per example for each of the two estimates.
    generator : torch.Generator, optional
        Source of randomness.

    Returns
    -------
    Rate
    """
    _validate.same_shape(mu=mu, logvar=logvar)
    _validate.matrix(mu=mu)
    _validate.positive_int(n_samples=n_samples)
    _validate.generator(generator)
    repeated = mu.repeat(n_samples, 1), logvar.repeat(n_samples, 1)
    z = reparameterize(*repeated, generator=generator)
    information = (log_normal_diag(z, *repeated) - log_aggregated_posterior(z, mu, logvar)).mean()
    z = reparameterize(*repeated, generator=generator)
    aggregate_kl = (log_aggregated_posterior(z, mu, logvar) - log_standard_normal(z)).mean()
    return Rate(kl_to_standard_normal(mu, logvar).mean().item(), information.item(), aggregate_kl.item())
