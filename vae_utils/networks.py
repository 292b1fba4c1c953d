"""The two networks of a VAE as plain multilayer perceptrons."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from vae_utils import _validate

ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU, "silu": nn.SiLU, "softplus": nn.Softplus}


def mlp(sizes: Sequence[int], activation: str = "tanh") -> nn.Sequential:
    """Linear layers of the given sizes with an activation between them and none at the end.

    Parameters
    ----------
    sizes : sequence of int
        Features of the input, of each hidden layer, of the output.
    activation : {"tanh", "relu", "silu", "softplus"}

    Returns
    -------
    nn.Sequential
        Maps (..., sizes[0]) to (..., sizes[-1]).
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must name at least an input and an output, got {list(sizes)}")
    for size in sizes:
        _validate.positive_int(sizes=size)
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])


class MLPEncoder(nn.Module):
    """f1 and f2 of the course in one network: x ↦ μ(x) and log σ²(x).

    The two heads share their hidden layers and are one matrix product. Both are linear: μ and log σ² may be
    any real number.

    Parameters
    ----------
    features : int
        Pixels D of an image.
    latent : int
        Latent dimensions L.
    hidden : sequence of int
        Sizes of the hidden layers.
    activation : str
        See :func:`mlp`.
    """

    def __init__(self, features: int, latent: int, hidden: Sequence[int] = (128, 128), activation: str = "tanh"):
        super().__init__()
        self.config = {"features": features, "latent": latent, "hidden": list(hidden), "activation": activation}
        self.features, self.latent = features, latent
        self.layers = mlp([features, *hidden, 2 * latent], activation)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x of shape (B, ...) with D values per example → mu, logvar of shape (B, L)."""
        _validate.floating(x=x)
        if x.ndim < 2 or x.shape[1:].numel() != self.features:
            raise ValueError(
                f"x must have shape (B, ...) with {self.features} values per example, got {tuple(x.shape)}"
            )
        mu, logvar = self.layers(x.flatten(1)).chunk(2, dim=-1)  # (B, 2L) → 2 × (B, L)
        return mu, logvar


class MLPDecoder(nn.Module):
    """The generator g: z ↦ the parameters of p(x|z), one per pixel.

    The output is linear: Bernoulli logits, or the mean of a Gaussian. Which of the two is the likelihood's affair.

    Parameters
    ----------
    latent : int
        Latent dimensions L.
    features : int
        Pixels D of an image.
    hidden : sequence of int
        Sizes of the hidden layers.
    activation : str
        See :func:`mlp`.
    """

    def __init__(self, latent: int, features: int, hidden: Sequence[int] = (128, 128), activation: str = "tanh"):
        super().__init__()
        self.config = {"latent": latent, "features": features, "hidden": list(hidden), "activation": activation}
        self.latent, self.features = latent, features
        self.layers = mlp([latent, *hidden, features], activation)

    def forward(self, z: Tensor) -> Tensor:
        """z of shape (..., L) → parameters of p(x|z), shape (..., D)."""
        _validate.floating(z=z)
        if z.ndim < 1 or z.shape[-1] != self.latent:
            raise ValueError(f"z must have shape (..., {self.latent}), got {tuple(z.shape)}")
        return self.layers(z)

    @torch.no_grad()
    def start_at(self, parameters: Tensor) -> None:
        """Set the output bias, so that an untrained decoder already gives these parameters, shape (D,), on average."""
        bias = self.layers[-1].bias
        if parameters.shape != bias.shape:
            raise ValueError(f"parameters must have shape {tuple(bias.shape)}, got {tuple(parameters.shape)}")
        bias.copy_(parameters)
