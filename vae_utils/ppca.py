"""Probabilistic PCA: the linear VAE whose log p(x), posterior and optimum are known exactly."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate
from vae_utils.gaussian import LOG_2PI, standard_normal


class PPCA(NamedTuple):
    """z ~ N(0, I), x = W z + mean + noise, noise ~ N(0, σ² I).

    Source: Tipping & Bishop (1999).

    Attributes
    ----------
    mean : Tensor, shape (D,)
    weights : Tensor, shape (D, L)
        W, its columns orthogonal when made by :func:`fit_ppca`.
    variance : float
        σ² of the pixels.
    """

    mean: Tensor
    weights: Tensor
    variance: float

    def covariance(self) -> Tensor:
        """Covariance of x, W Wᵀ + σ² I, shape (D, D)."""
        return self.weights @ self.weights.T + self.variance * torch.eye(len(self.mean), dtype=self.mean.dtype)

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log p(x) in nats: (B, D) → (B,).."""
        _validate.same_features(x=x, mean=self.mean)
        cholesky = torch.linalg.cholesky(self.covariance())
        whitened = torch.linalg.solve_triangular(cholesky, (x - self.mean).T, upper=False)  # (D, B)
        log_det = 2 * torch.log(cholesky.diagonal()).sum()
        return -0.5 * (len(self.mean) * LOG_2PI + log_det + (whitened**2).sum(0))

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Exact posterior p(z|x): means (B, L) and the covariance (L, L) that all x share.."""
        _validate.same_features(x=x, mean=self.mean)
        latent = self.weights.shape[1]
        precision = self.weights.T @ self.weights / self.variance + torch.eye(latent, dtype=self.mean.dtype)
        covariance = torch.linalg.inv(precision)
        return (x - self.mean) @ self.weights @ covariance / self.variance, covariance

    def decode(self, z: Tensor) -> Tensor:
        """E[x|z] = W z + mean: (..., L) → (..., D)."""
        return z @ self.weights.T + self.mean

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw n images from p(x), pixel noise included: (n, D)."""
        _validate.positive_int(n=n)
        z = standard_normal(n, self.weights.shape[1], generator=generator, like=self.mean)
        eps = standard_normal(n, len(self.mean), generator=generator, like=self.mean)
        return self.decode(z) + math.sqrt(self.variance) * eps


def fit_ppca(x: Tensor, latent: int) -> PPCA:
    """The maximum-likelihood probabilistic PCA, in closed form.

    Source: Tipping & Bishop (1999), section 3.2: W from the leading eigenvectors, σ² the mean of the discarded
    eigenvalues.

    Parameters
    ----------
    x : Tensor, shape (N, D)
    latent : int
        L, with 1 ≤ L < D.

    Returns
    -------
    PPCA
    """
    _validate.matrix(x=x, min_rows=2)
    _validate.finite(x=x)
    _validate.positive_int(latent=latent)
    if latent >= x.shape[1]:
        raise ValueError(f"latent must be smaller than the {x.shape[1]} pixels, got {latent}")
    mean = x.mean(0)
    eigenvalues, eigenvectors = torch.linalg.eigh((x - mean).T @ (x - mean) / len(x))
    eigenvalues, eigenvectors = eigenvalues.flip(0), eigenvectors.flip(1)  # largest first
    # an eigenvector's sign is arbitrary; fixing it makes the latent axes the same on every machine
    largest = eigenvectors.abs().argmax(0)
    eigenvectors = eigenvectors * torch.sign(eigenvectors[largest, torch.arange(len(largest))])
    variance = eigenvalues[latent:].mean()
    weights = eigenvectors[:, :latent] * torch.sqrt(eigenvalues[:latent] - variance)
    return PPCA(mean, weights, variance.item())
