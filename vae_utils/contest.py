"""Five ways to train one generator on one set of points, so that what they find can be compared (chapter 9).

Every method starts from the same weights of the same network, sees the same examples and gets about the same time of
one CPU thread. How it is told what to change differs, and that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from vae_utils import _validate
from vae_utils.gan_training import fit_gan
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.networks import MLPDecoder, mlp
from vae_utils.objectives import negative_elbo
from vae_utils.toys import GaussianMixture, ring_of_gaussians
from vae_utils.training import fit

LATENT = 2
HIDDEN = (128, 128)
BATCH = 256
EXAMPLES = 4096
VARIANCE = 0.01  # of the decoder of AE and VAE: a standard deviation of 0.1, twice that of a mode
Watch = Callable[[float, MLPDecoder], None]


class Method(NamedTuple):
    """One way to train a generator.

    Attributes
    ----------
    name : str
    steps : int
        Steps of the generator in a full training.
    settings : mapping
        What is handed to :func:`vae_utils.training.fit` or to :func:`vae_utils.gan_training.fit_gan`.
    """

    name: str
    steps: int
    settings: Mapping[str, Any]


def autoencoder_loss(model: VAE, x: Tensor, *, eps: Tensor) -> dict[str, Tensor]:
    """−log p(x|z) at z = μ(x), in nats: a plain autoencoder, without noise and without a prior; ``eps`` is ignored."""
    return {"loss": -model.likelihood.log_prob(x, model.decode(model.encode(x)))}


def rmsprop(parameters: list[Tensor], lr: float, betas: tuple[float, float]) -> torch.optim.Optimizer:
    """The optimizer of the first WGAN, without momentum; ``betas`` is ignored. Source: Arjovsky et al. (2017)."""
    return torch.optim.RMSprop(parameters, lr)


# The steps give every method about the same time of one thread; book/results/gan_modes.json says how long each took.
# β1 = 0.5 and λ = 0.1 are those of the toy code that Gulrajani et al. (2017) published, the clip is wider than the 0.01
# of Arjovsky et al. (2017), with which a network so small learns next to nothing.
METHODS = {
    method.name: method
    for method in (
        Method("AE", 6400, {"loss": autoencoder_loss, "lr": 1e-3}),
        Method("VAE", 6400, {"loss": negative_elbo, "lr": 1e-3}),
        Method("GAN", 4000, {"loss": "gan", "lr": 1e-3, "betas": (0.5, 0.9)}),
        Method("WGAN-clip", 1200, {"loss": "wgan-clip", "lr": 5e-4, "clip": 0.05, "optimizer": rmsprop}),
        Method("WGAN-GP", 800, {"loss": "wgan-gp", "lr": 1e-3, "betas": (0.5, 0.9), "penalty": 0.1}),
    )
}


def ring_and_examples(seed: int = 0) -> tuple[GaussianMixture, Tensor]:
    """The ring of eight Gaussians, and 4096 examples drawn from it."""
    ring = ring_of_gaussians()
    return ring, ring.sample(EXAMPLES, generator=torch.Generator().manual_seed(seed))[0]


def first_networks(seed: int) -> tuple[VAE, nn.Sequential]:
    """A VAE, whose decoder is the generator of every method, and a critic as large as its encoder, both untrained."""
    vae = VAE.of_size(2, LATENT, HIDDEN, likelihood=Gaussian(VARIANCE), activation="relu", seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic = mlp([2, *HIDDEN, 1], "relu")
    return vae, critic


def steps_of(name: str, effort: float = 1.0) -> int:
    """Steps that the generator takes: a whole number of passes through the examples for AE and VAE, at least one."""
    if name not in METHODS:
        raise ValueError(f"name must be one of {', '.join(METHODS)}, got {name!r}")
    _validate.positive(effort=effort)
    steps = max(1, round(effort * METHODS[name].steps))
    per_pass = EXAMPLES // BATCH
    return steps if "GAN" in name else max(1, round(steps / per_pass)) * per_pass


def train_generator(
    name: str, data: Tensor, *, seed: int = 0, effort: float = 1.0, watch: Watch | None = None
) -> MLPDecoder:
    """Train a generator, x = g(z) with z ~ N(0, I) of two dimensions.

    Parameters
    ----------
    name : {"AE", "VAE", "GAN", "WGAN-clip", "WGAN-GP"}
        The method. From the AE and the VAE the decoder is kept: what it makes of a normal z is the sample.
    data : Tensor, shape (4096, 2)
        From :func:`ring_and_examples`.
    seed : int
        Of the first weights, the batches and the noise.
    effort : float
        The part of a full training.
    watch : callable, optional
        ``watch(done, g)`` with the part that is done, from 0 to 1: before the first step, after each step in the
        GANs, and after each pass through the examples in AE and VAE. Without gradients.

    Returns
    -------
    MLPDecoder
        (B, 2) → (B, 2).

    Raises
    ------
    ValueError
        If there is no such method, or the data has another shape.
    """
    steps = steps_of(name, effort)
    if data.shape != (EXAMPLES, 2):
        raise ValueError(f"data must have shape ({EXAMPLES}, 2), got {tuple(data.shape)}")
    vae, critic = first_networks(seed)
    arguments = {"batch_size": BATCH, "generator": torch.Generator().manual_seed(seed), **METHODS[name].settings}
    if watch:
        with torch.no_grad():
            watch(0.0, vae.decoder)
    if "GAN" in name:
        on_step = watch and (lambda step, g, critic: watch(step / steps, g))
        fit_gan(vae.decoder, critic, data, latent=LATENT, steps=steps, on_step=on_step, **arguments)
    else:
        epochs = steps * BATCH // EXAMPLES
        on_epoch = watch and (lambda epoch, model: watch(epoch / epochs, model.decoder))
        fit(vae, data, epochs=epochs, on_epoch=on_epoch, **arguments)
    return vae.decoder
