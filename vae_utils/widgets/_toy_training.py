"""A small VAE on points in the plane, trained in Python as the page trains it: same weights, batches and noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vae_utils import _validate, toys
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.training import adam
from vae_utils.widgets._random import normals, uniforms

POINTS, BATCH, HIDDEN, LATENT = 256, 64, 32, 2
VARIANCE = 0.05  # s² of the decoder
MOST_STEPS = 6000
LOSS_LIMIT = 1e6  # beyond it a program counts as stopped
EXAMINATION, NEW = 1_000_003, 1_000_004  # seeds of the noise of an examination and of new points

PROGRAM = """\
mu, logvar = encoder(x)
sigma = torch.exp(0.5 * logvar)
z = mu + sigma * eps
x_hat = decoder(z)
reconstruction = -0.5 * ((x - x_hat) ** 2 / s2 + math.log(2 * math.pi * s2)).sum(-1)
kl = -0.5 * (1 + logvar - mu**2 - torch.exp(logvar)).sum(-1)
loss = -reconstruction.mean() + beta * kl.mean()
"""
GENERATION = "new = decoder(torch.randn(n, 2))\n"

DATASETS = ("a tilted normal", "two moons", "six bumps")
TILTED_VARIANCES, TILT = (1.6, 0.2), math.pi / 6


class Points(NamedTuple):
    """Points of one toy distribution.

    Attributes
    ----------
    x : Tensor, shape (256, 2)
    mode : Tensor, shape (256,)
        What the colour shows: the bump, the moon, or the side of the short axis.
    own_cost : float
        Mean −log p(x) of these points under the density that they come from, in nats.
    """

    x: Tensor
    mode: Tensor
    own_cost: float


@cache
def toy_points(name: str) -> Points:
    """The 256 points of a data set, always the same; ValueError for a name not in ``DATASETS``."""
    generator = torch.Generator().manual_seed(0)
    if name == "six bumps":
        bumps = toys.ring_of_gaussians(6, std=0.2, dtype=torch.float64)
        x, mode = bumps.sample(POINTS, generator=generator)
        log_p = bumps.log_prob(x)
    elif name == "two moons":
        moons = toys.moons(0.15)
        x, mode = moons.sample(POINTS, generator=generator, dtype=torch.float64)
        log_p = moons.log_prob(x)
        x = x - torch.tensor([0.5, 0.25], dtype=torch.float64)  # the mean of the density
    elif name == "a tilted normal":
        x, mode, log_p = _tilted_normal(generator)
    else:
        raise ValueError(f"name must be one of {', '.join(DATASETS)}, got {name!r}")
    # as the page gets them
    return Points(x.float().double(), mode, -log_p.mean().item())


def _tilted_normal(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Points whose own mean and covariance are exactly those of the density."""
    white = torch.randn(POINTS, 2, dtype=torch.float64, generator=generator)
    white = white - white.mean(0)
    white = torch.linalg.solve_triangular(torch.linalg.cholesky(white.T @ white / POINTS), white.T, upper=False).T
    cos, sin = math.cos(TILT), math.sin(TILT)
    axes = torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)  # rows: the long and the short axis
    scaled = torch.tensor(TILTED_VARIANCES, dtype=torch.float64).sqrt()[:, None] * axes
    x = white @ scaled
    density = torch.distributions.MultivariateNormal(torch.zeros(2, dtype=torch.float64), scaled.T @ scaled)
    return x, (white[:, 1] > 0).long() + 2 * (white[:, 0] > 0).long(), density.log_prob(x)


def new_model(seed: int, activation: str = "tanh") -> VAE:
    """An untrained VAE with one hidden layer in each network, in double precision of the float32 weights."""
    return VAE.of_size(2, LATENT, (HIDDEN,), likelihood=Gaussian(VARIANCE), activation=activation, seed=seed).double()


def flat_weights(model: VAE) -> Tensor:
    """All weights of encoder and decoder as the page holds them, one vector."""
    return torch.cat(
        [weight.detach().flatten() for weight in (*model.encoder.parameters(), *model.decoder.parameters())]
    )


class Run(NamedTuple):
    """A run of training.

    Attributes
    ----------
    model : VAE
        After the last step.
    log : ndarray, shape (steps, 3)
        Loss, −(mean reconstruction) and mean KL of each batch as the program computes them, in nats.
    """

    model: VAE
    log: np.ndarray


def batches(seed: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows (steps, B) and noise (steps, B, L) of a run, as the page draws them; every point comes once in an epoch."""
    epochs = -(-steps * BATCH // POINTS)
    order = np.empty((epochs, POINTS), dtype=int)
    for rows, chances in zip(order, uniforms(2 * seed, epochs * (POINTS - 1)).reshape(-1, POINTS - 1), strict=True):
        rows[:] = np.arange(POINTS)
        for i, u in zip(range(POINTS - 1, 0, -1), chances, strict=True):  # Fisher and Yates
            j = int(u * (i + 1))
            rows[i], rows[j] = rows[j], rows[i]
    eps = normals(2 * seed + 1, steps * BATCH * LATENT).reshape(steps, BATCH, LATENT)
    return order.reshape(-1, BATCH)[:steps], eps


def replay(
    model: VAE,
    x: Tensor,
    *,
    seed: int,
    steps: int,
    schedule: Sequence[Sequence[float]] = ((0, 1.0, 0.01),),
    program: str = PROGRAM,
) -> Run:
    """Train a model in place with torch, step for step as the page does.

    Parameters
    ----------
    model : VAE
        Its weights are where the training starts.
    x : Tensor, shape (256, 2)
    seed : int
        Of the order of the points and of the noise.
    steps : int
        How many; fewer are made if the loss leaves ± 10⁶.
    schedule : sequence of (from step, β, learning rate)
        An entry holds until the next one.
    program : str
        The lines that compute the loss: ``PROGRAM``, or one with a mistake in it.

    Returns
    -------
    Run
    """
    _validate.same_features(x=x, points=torch.empty(1, 2, dtype=x.dtype))
    optimizer = adam([*model.encoder.parameters(), *model.decoder.parameters()], lr=schedule[0][2])
    names = {"torch": torch, "math": math, "encoder": model.encoder, "decoder": model.decoder, "s2": VARIANCE}
    code = compile(program, "<the program>", "exec")
    log: list[list[float]] = []
    for step, (rows, noise) in enumerate(zip(*batches(seed, steps), strict=True)):
        _, beta, rate = [entry for entry in schedule if entry[0] <= step][-1]
        names |= {"x": x[rows], "eps": torch.from_numpy(noise), "beta": beta}
        exec(code, names)  # the very lines that the reader is shown
        loss, reconstruction = names["loss"], -names["reconstruction"].mean()
        if not abs(loss.item()) < LOSS_LIMIT:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        weighted = loss.item() - reconstruction.item()
        log.append([loss.item(), reconstruction.item(), weighted / beta if beta else names["kl"].mean().item()])
    return Run(model, np.array(log).reshape(-1, 3))


class Examination(NamedTuple):
    """What the right program says of a model, on all points with one fixed draw of the noise, in nats.

    Attributes
    ----------
    mu, logvar : Tensor, shape (N, L)
    picture : Tensor, shape (N, 2)
        What the mean codes decode to.
    reconstruction : float
        Mean log p(x|z).
    kl, variance : Tensor, shape (L,)
        Mean KL, and variance of mu over the points, axis by axis.
    """

    mu: Tensor
    logvar: Tensor
    picture: Tensor
    reconstruction: float
    kl: Tensor
    variance: Tensor

    @property
    def elbo(self) -> float:
        """Reconstruction minus KL."""
        return self.reconstruction - self.kl.sum().item()


@torch.no_grad()
def examine(model: VAE, x: Tensor, program: str = PROGRAM) -> Examination:
    """Examine a model as ``examine`` of ``training.js`` does: x of shape (N, 2).

    From ``program`` it takes the lines above ``sigma``, which say what mu and logvar are.
    """
    names = {"torch": torch, "encoder": model.encoder, "x": x}
    exec(program.partition("sigma =")[0], names)
    mu, logvar = names["mu"], names["logvar"]
    eps = torch.from_numpy(normals(EXAMINATION, mu.numel()).reshape(mu.shape))
    z = mu + torch.exp(0.5 * logvar) * eps
    kl = 0.5 * (mu**2 + torch.expm1(logvar) - logvar)
    reconstruction = model.likelihood.log_prob(x, model.decoder(z)).mean().item()
    return Examination(mu, logvar, model.decode(mu), reconstruction, kl.mean(0), mu.var(0, correction=0))


def binned(values: np.ndarray, size: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """The curve of a log: middle steps and means of ``size`` values each; the last bin may hold fewer."""
    starts = np.arange(0, len(values), size)
    means = np.array([values[start : start + size].mean() for start in starts])
    return starts + np.minimum(size, len(values) - starts) / 2, means
