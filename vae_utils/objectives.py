"""What is maximised: the ELBO, its many-sample relatives, and the losses that the trainer minimises.

Everything is per example and in nats. ``elbo`` always means β = 1; other weights live in the losses at the end.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _memory, _validate
from vae_utils.gaussian import (
    kl_to_standard_normal,
    log_normal_diag,
    log_standard_normal,
    naive_penalties,
    reparameterize,
    standard_normal,
)
from vae_utils.model import VAE

# Decoder outputs that iw_bound computes at a time: 1.2 MB fit a processor's cache, and a GPU wants more work at once.
OUTPUTS_ON_CPU, OUTPUTS_ON_GPU = 300_000, 24_000_000


class Elbo(NamedTuple):
    """The evidence lower bound and its two parts, each of shape (B,), in nats.

    Attributes
    ----------
    reconstruction : Tensor
        An estimate of E_q[log p(x|z)].
    kl : Tensor
        KL(q(z|x) ‖ p(z)), in closed form.
    elbo : Tensor
        reconstruction − kl ≤ log p(x) in expectation.
    """

    reconstruction: Tensor
    kl: Tensor
    elbo: Tensor


def _noise(model: VAE, x: Tensor, eps: Tensor | None, n_samples: int, generator: torch.Generator | None) -> Tensor:
    """The given noise, or n_samples fresh draws of shape (n_samples, B, L)."""
    if eps is not None:
        return eps
    _validate.positive_int(n_samples=n_samples)
    return standard_normal(n_samples, len(x), model.latent, generator=generator, like=x)


def _draws(count: int, shape: tuple[int, int], generator: torch.Generator | None, *, like: Tensor) -> Tensor:
    """What so many calls of ``standard_normal`` give, stacked; one call for all of them would give other numbers."""
    eps = torch.empty(count, *shape, dtype=like.dtype, device=None if generator is None else generator.device)
    for draw in eps:
        draw.normal_(generator=generator)
    return eps.to(like.device)


def elbo(
    model: VAE,
    x: Tensor,
    *,
    eps: Tensor | None = None,
    n_samples: int = 1,
    generator: torch.Generator | None = None,
) -> Elbo:
    """E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)), estimated with samples of q.

    The KL is exact; the reconstruction is an unbiased average over ``n_samples`` draws per example.
    Source: Kingma & Welling (2014), equation 10.

    Parameters
    ----------
    model : VAE
    x : Tensor, shape (B, ...)
    eps : Tensor, shape (B, L) or (S, B, L), optional
        Noise to use instead of fresh draws.
    n_samples : int
        Draws per example when ``eps`` is None.
    generator : torch.Generator, optional
        Source of randomness when ``eps`` is None.

    Returns
    -------
    Elbo
        Three tensors of shape (B,).
    """
    eps = _noise(model, x, eps, n_samples, generator)
    mu, logvar = model.posterior(x)
    z = reparameterize(mu, logvar, eps=eps)  # (B, L) or (S, B, L)
    reconstruction = model.likelihood.log_prob(x.flatten(1), model.decoder(z))
    if eps.ndim == 3:
        reconstruction = reconstruction.mean(0)
    kl = kl_to_standard_normal(mu, logvar)
    return Elbo(reconstruction, kl, reconstruction - kl)


def log_importance_weights(
    model: VAE,
    x: Tensor,
    *,
    eps: Tensor | None = None,
    n_samples: int = 1,
    generator: torch.Generator | None = None,
) -> Tensor:
    """log p(x|z) + log p(z) − log q(z|x) for z ~ q(z|x).

    The mean of the weights themselves is p(x); the mean of their logarithms is the ELBO.

    Parameters
    ----------
    model, x, eps, n_samples, generator
        As in :func:`elbo`, with ``eps`` of shape (K, B, L).

    Returns
    -------
    Tensor, shape (K, B), in nats.
    """
    eps = _noise(model, x, eps, n_samples, generator)
    return _log_weights(model, x, *model.posterior(x), eps)


def _log_weights(model: VAE, x: Tensor, mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """The same for a posterior that is known already, whose encoder need not run again."""
    z = reparameterize(mu, logvar, eps=eps)  # (K, B, L)
    log_likelihood = model.likelihood.log_prob(x.flatten(1), model.decoder(z))
    return log_likelihood + log_standard_normal(z) - log_normal_diag(z, mu, logvar)


@torch.no_grad()
def iw_bound(
    model: VAE,
    x: Tensor,
    *,
    n_samples: int,
    generator: torch.Generator | None = None,
    chunk: int | None = None,
) -> Tensor:
    """The importance-weighted bound log (1/K) Σ_k w_k, a lower bound of log p(x) in expectation.

    It is the ELBO for K = 1 and tends to log p(x) for K → ∞; it grows with K in expectation, not run by run.
    Source: Burda, Grosse & Salakhutdinov (2016), section 3; that it grows with K is their theorem 1.

    Parameters
    ----------
    model : VAE
    x : Tensor, shape (B, ...)
    n_samples : int
        K, the weights per example.
    generator : torch.Generator, optional
        Source of randomness.
    chunk : int, optional
        Weights per example computed at a time; bounds the memory and does not change the result beyond rounding. By
        default as many as fit a processor's cache, 300,000 decoder outputs (on a GPU 24 million).

    Returns
    -------
    Tensor, shape (B,), in nats.

    Raises
    ------
    ValueError
        If ``n_samples`` < 1 or pixels are not what the likelihood can judge.
    """
    _validate.positive_int(n_samples=n_samples)
    _validate.generator(generator)
    model.likelihood.check(x)
    outputs = OUTPUTS_ON_CPU if x.device.type == "cpu" else OUTPUTS_ON_GPU
    if chunk is None:
        chunk = max(1, outputs // max(1, x.numel()))
    _validate.positive_int(chunk=chunk)
    _memory.keep_freed()
    total = torch.full((len(x),), -math.inf, dtype=x.dtype, device=x.device)
    mu, logvar = model.posterior(x)
    block = max(1, outputs // max(1, x[:1].numel()))  # examples at a time, where one sample of all is too much
    for start in range(0, n_samples, chunk):
        eps = _draws(min(chunk, n_samples - start), (len(x), model.latent), generator, like=x)
        for first in range(0, len(x), block):
            some = slice(first, first + block)
            log_w = _log_weights(model, x[some], mu[some], logvar[some], eps[:, some])
            total[some] = torch.logaddexp(total[some], torch.logsumexp(log_w, 0))
    return total - math.log(n_samples)


def negative_elbo(model: VAE, x: Tensor, *, eps: Tensor, beta: float | Tensor = 1.0) -> dict[str, Tensor]:
    """The VAE's loss, −reconstruction + β KL, with what it is made of.

    β = 1 is the negative ELBO. The entry "elbo" is the ELBO whatever β is.
    Source: Kingma & Welling (2014); β from Higgins et al. (2017).

    Parameters
    ----------
    model : VAE
    x : Tensor, shape (B, ...)
    eps : Tensor, shape (B, L)
    beta : float or Tensor of shape ()

    Returns
    -------
    dict of tensors of shape (B,)
        "loss", "reconstruction", "kl", "elbo".
    """
    terms = elbo(model, x, eps=eps)
    return {"loss": beta * terms.kl - terms.reconstruction, **terms._asdict()}


def naive_loss(
    model: VAE, x: Tensor, *, eps: Tensor, weight_mu: float | Tensor = 1.0, weight_logvar: float | Tensor = 1.0
) -> dict[str, Tensor]:
    """−reconstruction + λ_μ ‖μ‖² + λ_σ ‖log σ²‖²: the penalties that the KL divergence replaces.

    Source: Su Jianlin (2018), spaces.ac.cn 5253.

    Parameters
    ----------
    model, x, eps
        As in :func:`negative_elbo`.
    weight_mu, weight_logvar : float or Tensor of shape ()
        λ_μ and λ_σ. With both 0 only the reconstruction is trained.

    Returns
    -------
    dict of tensors of shape (B,)
        "loss", "reconstruction", "kl", "elbo".
    """
    terms = elbo(model, x, eps=eps)
    penalty = naive_penalties(*model.posterior(x))
    loss = weight_mu * penalty.mu + weight_logvar * penalty.logvar - terms.reconstruction
    return {"loss": loss, **terms._asdict()}
