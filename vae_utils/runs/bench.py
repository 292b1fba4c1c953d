"""How fast an epoch is here: the trainer's, and its matrix products alone, which none undercuts in that precision."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vae_utils.likelihoods import Bernoulli
from vae_utils.model import VAE
from vae_utils.runs.loop import Objective, draw_epoch, steps
from vae_utils.runs.processes import Processes
from vae_utils.runs.programs import adam, way_of_stepping

PIXELS, HIDDEN, LATENT = 784, 400, 20  # the VAE of pytorch/examples, which many libraries show too
BATCH, RATE = 128, 1e-3


def interleaved(runs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Medians of wall-clock seconds over rounds, in each of which every candidate runs once, after a warm-up.

    A busy minute of the machine so hits all alike: the ratios are worth more than the seconds.
    """
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    return {name: median(values) for name, values in times.items()}


def table(title: str, times: Mapping[str, float], *, beside: str | Sequence[str], unit: str = "s") -> Iterator[str]:
    """The lines of a table: each time in seconds or milliseconds, and as a multiple of those named ``beside``."""
    beside = [beside] if isinstance(beside, str) else beside
    yield title
    yield f"  ({unit}, and times {', '.join(beside)})"
    for name, value in times.items():
        ratios = "".join(f"{value / times[other]:8.2f} x" for other in beside)
        yield f"  {name:40}{value * {'s': 1, 'ms': 1000}[unit]:8.2f}{ratios}"


class Loop(NamedTuple):
    """A way of training, and what it trains.

    Attributes
    ----------
    epoch : callable
        ``epoch()`` sees every image once.
    encoder : callable
        x (B, D) → mu, logvar of shape (B, L).
    decoder : callable
        z (B, L) → logits (B, D).
    """

    epoch: Callable[[], object]
    encoder: Callable[[Tensor], tuple[Tensor, Tensor]]
    decoder: Callable[[Tensor], Tensor]


def ours(
    x: Tensor,
    *,
    hidden: int = HIDDEN,
    latent: int = LATENT,
    batch: int = BATCH,
    rate: Callable[[int], float] | None = None,
    amp: bool = False,
    compile: bool = False,
    seed: int = 0,
) -> Loop:
    """The trainer of ``vae-course train``: x (N, D), on any device.

    ``rate`` gives the learning rate of each step, counted from the first epoch on; without it, it stays the same.
    """
    model = VAE.of_size(x.shape[1], latent, (hidden,), likelihood=Bernoulli(), activation="relu", seed=seed)
    model.to(x.device)
    objective = Objective(model, amp=amp)
    optimizer = adam(model, RATE, x.device)
    take = way_of_stepping(Processes(device=x.device), batch_size=min(batch, len(x)), compile=compile)
    totals = torch.zeros(2, device=x.device)
    generator = torch.Generator().manual_seed(seed)
    done, drawn = 0, None

    def epoch() -> None:
        nonlocal done, drawn
        totals.zero_()
        begun = done
        rates = rate and (lambda step: rate(begun + step))
        drawn = draw_epoch(x, latent, generator, over=drawn)
        for _ in steps(objective, optimizer, drawn, totals, batch_size=batch, learning_rate=rates, take=take):
            done += 1
        totals.tolist()  # a device that works on by itself has done it all now

    return Loop(epoch, model.encoder, model.decoder)


def matrix_products(x: Tensor, *, hidden: int = HIDDEN, latent: int = LATENT) -> Callable[[], None]:
    """Only the matrix products of an epoch, forward and backward, on the trainer's shapes: no loop that multiplies as
    they are multiplied here can be faster."""
    sizes = [(x.shape[1], hidden), (hidden, 2 * latent), (latent, hidden), (hidden, x.shape[1])]
    weights = [torch.randn(outputs, inputs, device=x.device) / inputs**0.5 for inputs, outputs in sizes]
    inputs = [torch.randn(BATCH, size, device=x.device) for size, _ in sizes]
    gradients = [torch.randn(BATCH, size, device=x.device) for _, size in sizes]

    def epoch() -> None:
        for start in range(0, len(x), BATCH):
            n = min(BATCH, len(x) - start)
            for layer, (weight, given, gradient) in enumerate(zip(weights, inputs, gradients, strict=True)):
                nn.functional.linear(given[:n], weight)
                gradient[:n].T @ given[:n]
                if layer:  # nobody asks for the gradient of the images
                    gradient[:n] @ weight
        weights[0][0, 0].item()  # a device that works on by itself has done it all now

    return epoch


def floor(x: Tensor) -> Callable[[], None]:
    """What a loop of this kind cannot leave out: matrix products, cross-entropy, Adam, and fetching the batches."""
    products = matrix_products(x)
    shapes = [parameter.shape for parameter in VAE.of_size(x.shape[1], LATENT, (HIDDEN,)).parameters()]
    parameters = [nn.Parameter(torch.randn(shape, device=x.device) / 100) for shape in shapes]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter) / 100
    optimizer = torch.optim.Adam(parameters, lr=RATE, fused=True)
    logits = torch.randn(BATCH, x.shape[1], device=x.device, requires_grad=True)

    shuffled = torch.empty_like(x)

    def epoch() -> None:
        torch.index_select(x, 0, torch.randperm(len(x)).to(x.device), out=shuffled)
        for start in range(0, len(x), BATCH):
            batch = shuffled[start : start + BATCH]
            loss = nn.functional.binary_cross_entropy_with_logits(logits[: len(batch)], batch, reduction="sum")
            torch.autograd.grad(loss, logits)
            optimizer.step()
        products()

    return epoch
