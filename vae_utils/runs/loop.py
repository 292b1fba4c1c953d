"""The training loop, in one page: draw an epoch, take its steps, judge the result.

It is the loop of :func:`vae_utils.training.fit` with three things taken out, so that it can stop and go on anywhere,
share its batches among processes, and never wait for the device within an epoch:

- *Everything random of an epoch is drawn before its first step*, from one generator: the order of the images, ε, and
  the pixels of a dynamic binarization. Whoever keeps the state that the generator had then can draw the same epoch
  again, and go on at any step of it.
- *Batches are slices of the shuffled epoch*, which lies on the device: no worker processes, no collation, no copies.
- *Sums stay on the device* until the epoch ends or somebody wants to look.

What makes it fast otherwise is in the model: logits instead of probabilities, μ and log σ² from one matrix product, and
one fused kernel for all of Adam. In :mod:`~vae_utils.runs.programs` the same steps need less of Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from vae_utils.gaussian import kl_to_standard_normal, reparameterize, standard_normal
from vae_utils.mnist import binarize
from vae_utils.model import VAE
from vae_utils.runs.processes import ALONE, Processes

AT_A_TIME = 1000  # images, where it does not matter how many: few enough for a processor's cache


class Objective(nn.Module):
    """The ELBO as a module, so that ``DistributedDataParallel`` can wrap it.

    Parameters
    ----------
    model : VAE
    amp : bool
        Mixed precision: matrix products in bfloat16. Densities and divergences, which are sums of many terms, keep the
        precision of the images.
    """

    def __init__(self, model: VAE, *, amp: bool = False):
        super().__init__()
        self.model, self.amp = model, amp

    def forward(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstruction and KL of each image, in nats: x (B, D), eps (B, L) → two tensors of shape (B,).

        Equal to :func:`vae_utils.objectives.elbo`, which knows no mixed precision.
        """
        mu, logvar = (part.to(x.dtype) for part in self._through(self.model.encoder, x))
        logits = self._through(self.model.decoder, reparameterize(mu, logvar, eps=eps)).to(x.dtype)
        return self.model.likelihood.log_prob(x, logits), kl_to_standard_normal(mu, logvar)

    def _through(self, network: nn.Module, inputs: Tensor) -> Any:
        """What a network makes of its inputs, in mixed precision if that was asked for."""
        if not self.amp:
            return network(inputs)  # an autocast that is off would still take its time
        with torch.autocast(inputs.device.type, torch.bfloat16, cache_enabled=False):
            return network(inputs)


class Epoch(NamedTuple):
    """One pass through the data, in the order in which it will be seen.

    Attributes
    ----------
    x : Tensor, shape (N, D)
    eps : Tensor, shape (N, L)
    """

    x: Tensor
    eps: Tensor


def draw_epoch(
    x: Tensor, latent: int, generator: torch.Generator, *, dynamic: bool = False, over: Epoch | None = None
) -> Epoch:
    """All that is random in an epoch, drawn at once: order and noise as ``fit`` draws them, then the pixels.

    Parameters
    ----------
    x : Tensor, shape (N, D)
        All images, on the device.
    latent : int
        L.
    generator : torch.Generator
        On the CPU; the only source of randomness.
    dynamic : bool
        Draw each pixel with its grey value as probability: dynamic binarization.
    over : Epoch, optional
        An epoch of the same images that is over: the new one takes its memory. To get as much from the system would
        take longer than to fill it.
    """
    order = torch.randperm(len(x), generator=generator).to(x.device)
    eps = standard_normal(len(x), latent, generator=generator, like=x)
    shuffled = torch.index_select(x, 0, order, out=None if over is None else over.x)
    if dynamic:
        # many pixels: drawn where they are, by a generator there that this one gives its seed
        source = torch.Generator(x.device).manual_seed(int(torch.randint(2**32, (), generator=generator)))
        for images in shuffled.split(AT_A_TIME):
            images.copy_(binarize(images, generator=source))
    return Epoch(shuffled, eps)


def take_step(
    objective: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, eps: Tensor, totals: Tensor, scale: float
) -> None:
    """One step on one batch: x (B, D), eps (B, L). The loss is the sum of the negative ELBOs times ``scale``."""
    reconstruction, kl = objective(x, eps)
    loss = (kl - reconstruction).sum() * scale
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        totals += torch.stack([reconstruction, kl]).sum(1)


def steps(
    objective: nn.Module,
    optimizer: torch.optim.Optimizer,
    epoch: Epoch,
    totals: Tensor,
    *,
    batch_size: int,
    first: int = 0,
    learning_rate: Callable[[int], float] | None = None,
    processes: Processes = ALONE,
    take: Callable[..., None] = take_step,
) -> Iterator[int]:
    """Take an epoch's steps and yield after each how many of them are done.

    The caller may stop, look or save between two steps; ``for _ in steps(…): pass`` is a plain epoch.

    Parameters
    ----------
    objective : nn.Module
        An :class:`Objective`, or one that is wrapped.
    optimizer : torch.optim.Optimizer
    epoch : Epoch
    totals : Tensor, shape (2,)
        On the device. The sums of reconstruction and KL over the images that this process sees are added to it.
    batch_size : int
        Of all processes together. A last batch that is smaller is used too.
    first : int
        How many steps of this epoch were taken before.
    learning_rate : callable, optional
        Its value at a step of this epoch, counted from 0. By default the optimizer's own.
    processes : Processes
        Among whom each batch is shared.
    take : callable
        :func:`take_step`, or another way of doing the same: :class:`vae_utils.runs.programs.RecordedStep` or
        :class:`~vae_utils.runs.programs.CompiledStep`.
    """
    n = len(epoch.x)
    for step in range(first, -(-n // batch_size)):
        start, stop = step * batch_size, min(n, (step + 1) * batch_size)
        mine = processes.share(start, stop)
        if learning_rate:
            set_learning_rate(optimizer, learning_rate(step))
        # the mean over the whole batch, of which DistributedDataParallel takes the mean over the processes
        take(objective, optimizer, epoch.x[mine], epoch.eps[mine], totals, processes.count / (stop - start))
        yield step + 1


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """A new step size; where it is a tensor, as recorded steps need it, the tensor keeps its place."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


@torch.no_grad()
def evaluate(
    objective: Objective, x: Tensor, eps: Tensor, *, batch_size: int = AT_A_TIME, processes: Processes = ALONE
) -> Tensor:
    """The sums of reconstruction and KL over the images of this process, shape (2,), without a step."""
    mine = processes.share(0, len(x))
    totals = torch.zeros(2, device=x.device)
    for images, noise in zip(x[mine].split(batch_size), eps[mine].split(batch_size), strict=True):
        totals += torch.stack(objective(images, noise)).sum(1)
    return totals
