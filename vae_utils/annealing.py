"""KL annealing (KL退火): training whose weight on the KL rises from little to the weight that is meant.

The objective at the end is the same; only the way there differs. Source: Bowman et al. (2016), section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from vae_utils import _validate
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.networks import MLPDecoder, MLPEncoder
from vae_utils.sweep import fit_sweep
from vae_utils.training import adam


def fit_annealed(
    models: Sequence[VAE],
    data: Tensor,
    *,
    betas: Sequence[float] | Tensor,
    generators: Sequence[torch.Generator],
    stages: int = 10,
    epochs: int = 10,
    batch_size: int = 128,
    lr: float = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer] = adam,
) -> list[dict[str, list[float]]]:
    """Train models side by side in stages whose weight on the KL is β/stages, 2β/stages, …, β.

    The optimizer starts anew at each stage. With one stage it is :func:`vae_utils.sweep.fit_sweep`.

    Parameters
    ----------
    models : sequence of M VAE
        Of one architecture; trained in place.
    data : Tensor, shape (N, ...)
    betas : M floats
        The weight of each model at the end.
    generators : sequence of M torch.Generator
        One source of randomness per model.
    stages, epochs : int
        How many stages, and epochs in each of them.
    batch_size, lr, optimizer
        As in ``fit_sweep``.

    Returns
    -------
    list of M dicts
        For each model the entries of its loss, one mean per epoch, through all stages.

    Raises
    ------
    TypeError, ValueError
        As ``fit_sweep``; if ``betas`` are not one for each model, or ``stages`` is no positive integer.
    """
    _validate.positive_int(stages=stages)
    betas = torch.as_tensor(betas, dtype=torch.float64)
    if betas.shape != (len(models),):
        raise ValueError(f"betas must be {len(models)} numbers, one for each model, got shape {tuple(betas.shape)}")
    books: list[dict[str, list[float]]] = [{} for _ in models]
    for stage in range(1, stages + 1):
        part = fit_sweep(
            models, data, generators=generators, arguments={"beta": betas * (stage / stages)},
            epochs=epochs, batch_size=batch_size, lr=lr, optimizer=optimizer,
        )  # fmt: skip
        for book, more in zip(books, part, strict=True):
            for name, values in more.items():
                book.setdefault(name, []).extend(values)
    return books


def ladder(count: int, *, seed: int = 0) -> list[VAE]:
    """Equal small VAEs of 8×8 digits, untrained: 64–64–64–2 and 2–24–24–64, Gaussian pixels of variance 0.05.

    Chapter 8 trains one for each β; the decoders are small enough for a page to hold all of them.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Seed of the first weights, the same for all. torch's global generator is left as it was.
    """
    _validate.positive_int(count=count)
    models = []
    for _ in range(count):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            models.append(VAE(MLPEncoder(64, 2, (64, 64)), MLPDecoder(2, 64, (24, 24)), Gaussian()))
    return models
