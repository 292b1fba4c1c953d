"""What the decoder's output means: p(x|z) as a Bernoulli or as a Gaussian.

A likelihood is a small module that reads the decoder's output, one number per pixel. ``log_prob`` sums over
the pixels and gives nats per example: this is the "reconstruction" term of the ELBO.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from vae_utils import _validate
from vae_utils.gaussian import LOG_2PI, standard_normal


def bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """Σ_pixels x log p + (1−x) log(1−p) with p = sigmoid(logits), in nats.

    For x in {0, 1} this is a log-probability. For grey x it is not the log-density of any image: it is the *expected*
    log-probability of the image that drawing each pixel with probability x would give.

    Parameters
    ----------
    x, logits : Tensor, shape (..., D)
        Leading dimensions broadcast.

    Returns
    -------
    Tensor, shape (...).
    """
    _validate.same_features(x=x, logits=logits)
    # log p = −softplus(−logits) and log(1−p) = −softplus(logits): no probability is formed and rounded to 0 or 1
    return (x * logits - functional.softplus(logits)).sum(-1)


def gaussian_log_likelihood(x: Tensor, mean: Tensor, logvar: Tensor | float) -> Tensor:
    """log N(x; mean, σ² I) with one σ² for all pixels, in nats.

    Parameters
    ----------
    x, mean : Tensor, shape (..., D)
        Leading dimensions broadcast.
    logvar : Tensor, shape (), or float
        log σ².

    Returns
    -------
    Tensor, shape (...).
    """
    _validate.same_features(x=x, mean=mean)
    logvar = torch.as_tensor(logvar, dtype=x.dtype, device=x.device)
    squared_error = ((x - mean) ** 2).sum(-1)
    return -0.5 * (squared_error * torch.exp(-logvar) + x.shape[-1] * (LOG_2PI + logvar))


class Bernoulli(nn.Module):
    """Black and white pixels: the decoder's output is a logit per pixel."""

    def __init__(self):
        super().__init__()
        self.config = {}

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., D), (..., D) → (...). See :func:`bernoulli_log_likelihood`."""
        return bernoulli_log_likelihood(x, parameters)

    def mean(self, parameters: Tensor) -> Tensor:
        """E[x|z], the picture to show: (..., D) → (..., D) in (0, 1)."""
        return torch.sigmoid(parameters)

    def sample(self, parameters: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw x ~ p(x|z): (..., D) → (..., D) of zeros and ones."""
        _validate.generator(generator)
        return torch.bernoulli(torch.sigmoid(parameters), generator=generator)

    def inverse_mean(self, x: Tensor) -> Tensor:
        """The parameters whose mean is x, for the decoder's first bias; x is kept 0.01 away from 0 and 1."""
        return torch.logit(x, eps=0.01)

    def check(self, x: Tensor) -> None:
        """Raise ValueError unless all pixels are finite and in [0, 1]."""
        _validate.unit_interval(x=x)


class Gaussian(nn.Module):
    """Grey pixels: the decoder's output is the mean of a Gaussian, with one variance for all pixels.

    The variance is the exchange rate between reconstruction and KL. A learned one settles at the mean squared
    error per pixel (Rybkin et al. 2021).

    Parameters
    ----------
    variance : float
        σ², or its first value when learned.
    learn_variance : bool
        Whether log σ² is a parameter of the model.
    """

    def __init__(self, variance: float = 0.05, *, learn_variance: bool = False):
        super().__init__()
        _validate.positive(variance=variance)
        self.config = {"variance": variance, "learn_variance": learn_variance}
        # a fixed log σ² stays a Python float: it is exact in float32 and float64 models alike
        self.logvar = nn.Parameter(torch.tensor(math.log(variance))) if learn_variance else math.log(variance)

    @property
    def variance(self) -> float:
        """σ² as a number."""
        return math.exp(self.logvar.item() if isinstance(self.logvar, Tensor) else self.logvar)

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """log p(x|z) in nats: (..., D), (..., D) → (...). See :func:`gaussian_log_likelihood`."""
        return gaussian_log_likelihood(x, parameters, self.logvar)

    def mean(self, parameters: Tensor) -> Tensor:
        """E[x|z], the picture to show: (..., D) → (..., D)."""
        return parameters

    def sample(self, parameters: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw x ~ p(x|z), pixel noise included: (..., D) → (..., D)."""
        eps = standard_normal(*parameters.shape, generator=generator, like=parameters)
        return parameters + math.sqrt(self.variance) * eps

    def inverse_mean(self, x: Tensor) -> Tensor:
        """The parameters whose mean is x, for the decoder's first bias."""
        return x

    def check(self, x: Tensor) -> None:
        """Raise ValueError unless all pixels are finite."""
        _validate.finite(x=x)
