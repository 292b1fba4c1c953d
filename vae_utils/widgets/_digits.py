"""What figures of a trained VAE share: 8×8 digits, and networks that travel as bytes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from vae_utils import _validate
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.networks import MLPDecoder, MLPEncoder
from vae_utils.widgets._base import float_bytes

SIDE, GREYS, MOST_IMAGES = 8, 16, 200


def packed(network: nn.Module) -> bytes:
    """Weights (outputs × inputs) and biases, layer by layer, float32: what ``perceptron.js`` computes with."""
    return float_bytes(nn.utils.parameters_to_vector(network.parameters()))


def unpack(weights: bytes, network: nn.Module) -> None:
    """Put packed weights into a network of the same sizes."""
    values = torch.from_numpy(np.frombuffer(weights, "<f4").copy())
    nn.utils.vector_to_parameters(values, network.parameters())


def sizes(network: nn.Module) -> list[int]:
    """Features of the input, of each hidden layer, of the output."""
    linear = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
    return [linear[0].in_features, *(layer.out_features for layer in linear)]


def check_model(model: VAE) -> None:
    """TypeError or ValueError unless the model is a VAE of 8×8 digits with two latent dimensions, of perceptrons."""
    if not isinstance(model, VAE):
        raise TypeError(f"model must be a VAE, got {_validate.describe(model)}")
    for role, network, kind in (("encoder", model.encoder, MLPEncoder), ("decoder", model.decoder, MLPDecoder)):
        if not isinstance(network, kind):
            raise TypeError(f"model must have an {kind.__name__} as its {role}, got a {type(network).__name__}")
    if not isinstance(model.likelihood, Gaussian | Bernoulli):
        raise TypeError(f"model must have a Gaussian or Bernoulli likelihood, got a {type(model.likelihood).__name__}")
    if model.latent != 2:
        raise ValueError(f"model must have 2 latent dimensions, got {model.latent}")
    if model.encoder.features != SIDE**2:
        raise ValueError(f"model must read {SIDE**2} pixels, got {model.encoder.features}")
    _validate.finite(**{name.replace(".", "_"): value for name, value in model.named_parameters()})


def check_images(x: Tensor, labels: Tensor) -> None:
    """ValueError unless x are 2 to 200 digits in steps of 1/16 with a class each."""
    _validate.matrix(x=x)
    if x.shape[1] != SIDE**2 or not 2 <= len(x) <= MOST_IMAGES:
        raise ValueError(f"x must have shape (N, {SIDE**2}) with N from 2 to {MOST_IMAGES}, got {tuple(x.shape)}")
    _validate.unit_interval(x=x)
    if not torch.equal(torch.round(GREYS * x) / GREYS, x):
        raise ValueError("x must consist of multiples of 1/16, got other values")
    if not isinstance(labels, Tensor) or labels.shape != x.shape[:1]:
        raise ValueError(f"labels must be a tensor of shape ({len(x)},), got {_validate.describe(labels)}")
    if labels.min() < 0 or labels.max() > 9:
        raise ValueError(f"labels must lie between 0 and 9, got {labels.min()} to {labels.max()}")
