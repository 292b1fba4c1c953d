"""A trainer that knows no model: it shuffles, draws noise, takes steps and keeps the books."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from vae_utils import _validate
from vae_utils.objectives import negative_elbo

Loss = Callable[..., dict[str, Tensor]]


@dataclass
class History:
    """What happened in training, one value per epoch, averaged over examples.

    Attributes
    ----------
    train : dict of lists of float
        Every entry of the loss, measured during the epoch (the model changes while it is measured).
    validation : dict of lists of float
        The same on the validation data after each epoch; empty without validation data.
    best_epoch : int or None
        The epoch, counted from 1, whose weights the model has now, if early stopping chose them.
    """

    train: dict[str, list[float]] = field(default_factory=dict)
    validation: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int | None = None

    def __len__(self) -> int:
        """The number of epochs that were run."""
        return len(next(iter(self.train.values()), []))


def adam(parameters: Sequence[Tensor], lr: float) -> torch.optim.Optimizer:
    """The default optimizer: Adam with one fused kernel for all parameters."""
    return torch.optim.Adam(parameters, lr=lr, fused=True)


def fit(
    model: nn.Module,
    data: Tensor | Sequence[Tensor],
    *,
    loss: Loss = negative_elbo,
    arguments: Mapping[str, float | Tensor] | None = None,
    epochs: int = 100,
    batch_size: int = 128,
    lr: float = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer] = adam,
    schedule: Callable[[torch.optim.Optimizer, int], torch.optim.lr_scheduler.LRScheduler] | None = None,
    validation: Tensor | Sequence[Tensor] | None = None,
    patience: int | None = None,
    generator: torch.Generator | None = None,
    device: str | torch.device | None = None,
    on_epoch: Callable[[int, nn.Module], None] | None = None,
    progress: bool | None = None,
) -> History:
    """Minimise a loss by mini-batches.

    The data stays on the device and is shuffled by index. If the model has a method ``noise(n,
    generator=…)``, one ε per example is drawn every epoch and handed to the loss; so the noise of a run
    depends on the generator alone.

    Parameters
    ----------
    model : nn.Module
        Trained in place and returned to the mode it was in.
    data : Tensor of shape (N, ...) or sequence of such tensors
        The examples, for instance ``x`` or ``(x, y)``.
    loss : callable
        ``loss(model, *batch, eps=…, **arguments)`` → dict of tensors of shape (B,) with an entry "loss".
        Without a method ``noise`` in the model, ``eps`` is None.
    arguments : mapping, optional
        More arguments of the loss, for example ``{"beta": 4.0}``.
    epochs, batch_size : int
        A last batch that is smaller is used too.
    lr : float
        Learning rate.
    optimizer : callable
        ``optimizer(parameters, lr=lr)``.
    schedule : callable, optional
        ``schedule(optimizer, total_steps)`` → a learning-rate scheduler, stepped after each batch.
    validation : like ``data``, optional
        Evaluated after each epoch, with one and the same noise every time.
    patience : int, optional
        Stop when the validation loss has not improved for so many epochs, and go back to the best weights.
    generator : torch.Generator, optional
        Source of randomness for order and noise.
    device : str or torch.device, optional
        Where to train; the model stays there. By default where the model is.
    on_epoch : callable, optional
        ``on_epoch(epoch, model)`` after each epoch, counted from 1, without gradients.
    progress : bool, optional
        Show a progress bar. By default only on a terminal, so that no bar is ever stored in a notebook.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, the data is empty or not finite, or the loss has no entry "loss" of shape (B,).
    FloatingPointError
        If the loss of an epoch is NaN or infinite.
    """
    _validate.positive_int(epochs=epochs, batch_size=batch_size)
    _validate.positive(lr=lr)
    _validate.generator(generator)
    if patience is not None:
        _validate.positive_int(patience=patience)
        if validation is None:
            raise ValueError("patience needs validation data to watch, got validation=None")
    device = next(model.parameters()).device if device is None else torch.device(device)
    model.to(device)
    examples = checked_examples(data, "data", device)
    held_out = None if validation is None else checked_examples(validation, "validation", device)
    if hasattr(model, "likelihood"):
        for split in filter(None, (examples, held_out)):
            model.likelihood.check(split[0])
    arguments = dict(arguments or {})
    n = len(examples[0])
    steps = -(-n // batch_size)
    optimizer_ = optimizer(list(model.parameters()), lr=lr)
    scheduler = schedule(optimizer_, epochs * steps) if schedule else None
    # validation has a noise of its own: watching a run must not change it
    held_out_eps = None if held_out is None else noise_for(model, len(held_out[0]), torch.Generator().manual_seed(0))
    history, best, was_training = History(), None, model.training
    model.train()
    bar = tqdm(range(1, epochs + 1), disable=not (sys.stderr.isatty() if progress is None else progress), leave=False)
    for epoch in bar:
        order = torch.randperm(n, generator=generator, device=None if generator is None else generator.device).to(
            device
        )
        eps = noise_for(model, n, generator)
        shuffled = [values[order] for values in examples]
        totals: dict[str, Tensor] = {}
        for start in range(0, n, batch_size):
            batch = [values[start : start + batch_size] for values in shuffled]
            batch_eps = None if eps is None else eps[start : start + batch_size]
            terms = checked_terms(loss(model, *batch, eps=batch_eps, **arguments), len(batch[0]))
            optimizer_.zero_grad()
            terms["loss"].mean().backward()
            optimizer_.step()
            if scheduler:
                scheduler.step()
            for name, values in terms.items():
                total = values.detach().sum()
                totals[name] = totals[name] + total if name in totals else total
        record(history.train, totals, n, epoch)
        if held_out is not None:
            record(
                history.validation, evaluate(model, held_out, loss, held_out_eps, arguments), len(held_out[0]), epoch
            )
        if on_epoch:
            with torch.no_grad():
                on_epoch(epoch, model)
        watched = history.validation or history.train
        bar.set_postfix({name: f"{values[-1]:.2f}" for name, values in watched.items()}, refresh=False)
        if patience is not None:
            losses = history.validation["loss"]
            if losses[-1] == min(losses):
                history.best_epoch, best = epoch, copy.deepcopy(model.state_dict())
            elif epoch - history.best_epoch >= patience:
                break
    if best is not None:
        model.load_state_dict(best)
    model.train(was_training)
    return history


def noise_for(model: nn.Module, n: int, generator: torch.Generator | None) -> Tensor | None:
    """ε for n examples if the model asks for noise, else None."""
    return model.noise(n, generator=generator) if hasattr(model, "noise") else None


@torch.no_grad()
def evaluate(
    model: nn.Module,
    examples: Sequence[Tensor],
    loss: Loss,
    eps: Tensor | None,
    arguments: Mapping[str, float | Tensor],
) -> dict[str, Tensor]:
    """Every entry of the loss summed over the examples, in evaluation mode."""
    model.eval()
    terms = loss(model, *examples, eps=eps, **arguments)
    model.train()
    return {name: values.sum() for name, values in terms.items()}


def checked_examples(data: Tensor | Sequence[Tensor], name: str, device: torch.device) -> list[Tensor]:
    """The data as a list of tensors of one length on the device, or a clear error."""
    examples = [data] if isinstance(data, Tensor) else list(data)
    if not examples or not all(isinstance(values, Tensor) for values in examples):
        raise TypeError(f"{name} must be a tensor or a sequence of tensors, got {_validate.describe(data)}")
    lengths = [len(values) if values.ndim else 0 for values in examples]
    if len(set(lengths)) > 1 or lengths[0] == 0:
        raise ValueError(f"{name} must hold at least one example, as many in every tensor, got lengths {lengths}")
    for values in examples:
        if values.is_floating_point():
            _validate.finite(**{name: values})
    return [values.to(device) for values in examples]


def checked_terms(terms: dict[str, Tensor], batch: int) -> dict[str, Tensor]:
    """What a loss returned, if it is a dict of per-example values; else a clear error."""
    if not isinstance(terms, dict) or "loss" not in terms:
        raise TypeError(f"loss must return a dict with an entry 'loss', got {_validate.describe(terms)}")
    for name, values in terms.items():
        if values.shape != (batch,):
            raise ValueError(f"loss must return one {name!r} per example, shape ({batch},), got {tuple(values.shape)}")
    return terms


def record(books: dict[str, list[float]], totals: dict[str, Tensor], n: int, epoch: int) -> None:
    """Append the mean of every total to the books; the only place where the host waits for the device."""
    means = (torch.stack(list(totals.values())) / n).tolist()
    for name, mean in zip(totals, means, strict=True):
        books.setdefault(name, []).append(mean)
    if not torch.isfinite(torch.tensor(books["loss"][-1])):
        raise FloatingPointError(
            f"the loss became {books['loss'][-1]} in epoch {epoch}: try a smaller lr, and look at the data"
        )
