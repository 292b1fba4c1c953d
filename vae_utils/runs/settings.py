"""What a run is asked to do: everything that decides its weights, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor

from vae_utils import _validate, mnist
from vae_utils.data import Images, load_digits
from vae_utils.likelihoods import Bernoulli
from vae_utils.model import VAE
from vae_utils.networks import ACTIVATIONS
from vae_utils.runs import choices

HELD_OUT = 10_000  # the last training images of MNIST and Fashion-MNIST, where the validation images are watched


@dataclass(frozen=True)
class Settings:
    """A run. Two runs with equal settings on one machine end with the same bits.

    Attributes
    ----------
    data : {"mnist", "fashion-mnist", "digits"}
    binarization : {"dynamic", "fixed", "grey"}
        What a grey pixel means to the Bernoulli decoder; see :mod:`vae_utils.mnist`.
    watch : {"test", "validation"}
        The images that are judged after each epoch. With ``"validation"`` they are taken from the training images of
        MNIST and Fashion-MNIST; the digits have them anyway.
    latent : int
    hidden : tuple of int
        Hidden layers of the encoder; the decoder has them in reverse.
    activation : str
        See :func:`vae_utils.networks.mlp`.
    epochs, batch : int
        ``batch`` counts the images of all processes together.
    lr : float
        Adam's step size, or its peak.
    schedule : {"constant", "one-cycle"}
        See :meth:`learning_rate`.
    seed : int
        Of first weights, order and noise.
    amp : bool
        Matrix products in bfloat16.
    compile : bool
        Steps that are one program, where one process trains on a CPU; see :mod:`vae_utils.runs.programs`.
    """

    data: str = "mnist"
    binarization: str = "dynamic"
    watch: str = "test"
    latent: int = 20
    hidden: tuple[int, ...] = (400,)
    activation: str = "relu"
    epochs: int = 20
    batch: int = 128
    lr: float = 1e-3
    schedule: str = "constant"
    seed: int = 0
    amp: bool = False
    compile: bool = False

    def __post_init__(self):
        for name, allowed in {
            "data": choices.DATA,
            "binarization": choices.BINARIZATIONS,
            "watch": choices.WATCHED,
            "activation": tuple(ACTIVATIONS),
            "schedule": choices.SCHEDULES,
        }.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        _validate.positive_int(latent=self.latent, epochs=self.epochs, batch=self.batch)
        _validate.positive(lr=self.lr)
        if not isinstance(self.hidden, list | tuple) or not self.hidden:
            raise ValueError(f"hidden must name at least one layer, got {self.hidden!r}")
        for size in self.hidden:
            _validate.positive_int(hidden=size)
        object.__setattr__(self, "hidden", tuple(self.hidden))
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**32:
            raise ValueError(f"seed must be an integer of at least 0 and below 2**32, got {self.seed!r}")
        for name in ("amp", "compile"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be true or false, got {_validate.describe(getattr(self, name))}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """The settings that :meth:`as_dict` gave, or a clear error."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        missing = sorted(known - set(values))
        if unknown or missing:
            raise ValueError(f"settings must have exactly the names {', '.join(sorted(known))}, got {sorted(values)}")
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        return {**asdict(self), "hidden": list(self.hidden)}

    @property
    def dynamic(self) -> bool:
        """Whether each epoch draws its pixels anew."""
        return self.binarization == "dynamic"

    def images(self, split: str) -> Images:
        """The images of a split: grey, unless the binarization is fixed.

        Raises
        ------
        vae_utils.download.DownloadError, vae_utils.download.FolderError
            If MNIST is neither here nor to be had.
        """
        fixed = self.binarization == "fixed"
        if self.data == "digits":
            draws = torch.Generator().manual_seed(0)  # the same for every run: it is part of the data
            return load_digits(split, binarize="sample" if fixed else "none", generator=draws)
        load = mnist.load_mnist if self.data == "mnist" else mnist.load_fashion_mnist
        held_out = HELD_OUT if self.watch == "validation" else 0
        return load(split, held_out=held_out, binarize="fixed" if fixed else "none")

    def binarized(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Images to judge: those of a dynamic binarization are drawn once, by their own seed."""
        return mnist.binarize(x, generator=torch.Generator().manual_seed(seed)) if self.dynamic else x

    def untrained(self, features: int) -> VAE:
        """A VAE of this size for images of so many pixels, with its first weights."""
        return VAE.of_size(
            features, self.latent, self.hidden, likelihood=Bernoulli(), activation=self.activation, seed=self.seed
        )

    def model(self, x: Tensor) -> VAE:
        """An untrained VAE for these images, whose decoder starts at their mean: x (N, D)."""
        model = self.untrained(x.shape[1])
        model.decoder.start_at(model.likelihood.inverse_mean(x.mean(0)))
        return model

    def learning_rate(self, n: int) -> Callable[[int], float] | None:
        """The learning rate at a step, counted from 0 over the whole run on n images; None if it never changes.

        ``"one-cycle"`` rises linearly to ``lr`` over the first quarter and falls as a cosine to a thousandth of it.
        Source: Smith & Topin (2019), with the cosine that is usual today.
        """
        if self.schedule == "constant":
            return None
        total = self.epochs * -(-n // self.batch)

        def rate(step: int) -> float:
            done = (step + 1) / total
            if done < 0.25:
                return self.lr * done / 0.25
            return self.lr * (1e-3 + (1 - 1e-3) * 0.5 * (1 + math.cos(math.pi * (done - 0.25) / 0.75)))

        return rate
