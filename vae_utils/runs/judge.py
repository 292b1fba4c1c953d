"""What a trained model is worth, in nats: the ELBO, a tighter bound, and how much of its latent space it uses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate
from vae_utils.evaluation import active_units
from vae_utils.gaussian import standard_normal
from vae_utils.model import VAE
from vae_utils.objectives import elbo, iw_bound
from vae_utils.runs.folder import RunError, RunFolder, reason
from vae_utils.runs.settings import Settings


class Mean(NamedTuple):
    """An average over images, and its standard error over the choice of images."""

    value: float
    error: float

    @classmethod
    def of(cls, values: Tensor) -> Mean:
        """Of values of shape (N,), in double precision."""
        values = values.double()
        error = values.std() / math.sqrt(len(values)) if len(values) > 1 else torch.tensor(math.nan)
        return cls(values.mean().item(), error.item())

    def __str__(self) -> str:
        return f"{self.value:9.2f} ± {self.error:.2f}"


class Judgement(NamedTuple):
    """Averages over images in nats, and the number of used latent dimensions."""

    elbo: Mean
    reconstruction: Mean
    kl: Mean
    active: int


class Trained(NamedTuple):
    """A run's model as its checkpoint has it, in evaluation mode on the CPU, and after how many epochs that was."""

    settings: Settings
    model: VAE
    epochs: int


def trained(folder: RunFolder) -> Trained:
    """The model of a run, also of one that is not done yet.

    Raises
    ------
    RunError
        If there is no run, or no checkpoint yet, or a damaged one.
    """
    config, checkpoint = folder.config(), folder.checkpoint()
    if checkpoint is None:
        raise RunError(f"{folder.path} has no checkpoint yet: go on with vae-course train --resume {folder.path}")
    try:
        settings = Settings.from_dict(config["settings"])
        weights = checkpoint["model"]
        model = settings.untrained(weights["encoder.layers.0.weight"].shape[1])
        model.load_state_dict(weights)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise RunError(f"the checkpoint in {folder.path} does not fit its settings: {reason(error)}") from None
    return Trained(settings, model.eval(), checkpoint["epoch"])


@torch.no_grad()
def judge(model: VAE, x: Tensor, *, generator: torch.Generator, batch_size: int = 1000) -> Judgement:
    """The ELBO of images with one ε each, its parts, and the active units: x (N, D)."""
    _validate.matrix(x=x, min_rows=2)
    model.likelihood.check(x)
    eps = standard_normal(len(x), model.latent, generator=generator, like=x)
    parts = [elbo(model, images, eps=e) for images, e in zip(x.split(batch_size), eps.split(batch_size), strict=True)]
    terms = [torch.cat(values) for values in zip(*parts, strict=True)]  # reconstruction, KL, ELBO
    mu = torch.cat([model.encode(images) for images in x.split(batch_size)])
    reconstruction, kl, bound = (Mean.of(values) for values in terms)
    return Judgement(bound, reconstruction, kl, int(active_units(mu).sum()))


@torch.no_grad()
def importance_bound(
    model: VAE,
    x: Tensor,
    *,
    n_samples: int,
    generator: torch.Generator,
    images: int = 100,
    done: Callable[[int], object] | None = None,
) -> Tensor:
    """:func:`vae_utils.objectives.iw_bound` of many images, part by part: x (N, D) → (N,), in nats.

    Parameters
    ----------
    model, x, n_samples, generator
        As there.
    images : int
        At a time.
    done : callable, optional
        ``done(n)`` after each n images.
    """
    _validate.positive_int(images=images)
    bounds = []
    for part in x.split(images):
        bounds.append(iw_bound(model, part, n_samples=n_samples, generator=generator))
        if done:
            done(len(part))
    return torch.cat(bounds)
