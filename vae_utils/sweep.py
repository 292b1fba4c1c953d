"""Many small models side by side in one batched program.

On 8×8 digits a training step is overhead, not arithmetic: thirty-two models that share each step cost little
more than one. Their parameters are stacked along a new first dimension and ``torch.vmap`` runs the loss of
all of them at once. Adam acts on every number alone, so one optimizer on the stack equals one per model.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from vae_utils import _memory, _validate
from vae_utils.compiled import AdamStep, check_adam
from vae_utils.objectives import negative_elbo
from vae_utils.training import Loss, adam, checked_examples


class _LossOf(nn.Module):
    """A loss as a module that holds its model, so that ``functional_call`` can swap the model's weights."""

    def __init__(self, model: nn.Module, loss: Loss):
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, batch: Sequence[Tensor], eps: Tensor | None, arguments: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.loss(self.model, *batch, eps=eps, **arguments)


def fit_sweep(
    models: Sequence[nn.Module],
    data: Tensor | Sequence[Tensor],
    *,
    generators: Sequence[torch.Generator],
    loss: Loss = negative_elbo,
    arguments: Mapping[str, float | Sequence[float] | Tensor] | None = None,
    epochs: int = 100,
    batch_size: int = 128,
    lr: float = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer] = adam,
    compile: bool = False,
) -> list[dict[str, list[float]]]:
    """Train M models of one architecture at once, each as :func:`vae_utils.training.fit` would train it alone.

    Every model keeps its own weights, order of examples and noise, from its own generator, so its result
    equals a separate run to rounding.

    Parameters
    ----------
    models : sequence of M nn.Module
        One architecture; trained in place.
    data : Tensor of shape (N, ...) or sequence of such tensors
        The examples that all models see.
    generators : sequence of M torch.Generator
        One source of randomness per model.
    loss : callable
        As in ``fit``; it must run under ``torch.vmap``.
    arguments : mapping, optional
        More arguments of the loss. A number is shared; a sequence or tensor of M numbers gives each model its own, for
        example ``{"beta": [0.1, 1.0, 10.0]}``.
    epochs, batch_size, lr, optimizer
        As in ``fit``.
    compile : bool
        Make one program of a step. That takes seconds and pays in long sweeps; see :mod:`vae_utils.compiled`. It needs
        the default optimizer. The results are the same to rounding.

    Returns
    -------
    list of M dicts
        For each model the entries of its loss, one mean per epoch, as ``History.train`` of ``fit``.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit or the models differ in architecture.
    CannotCompile
        With ``compile``, if a loss cannot be compiled, or there is no compiler. The models are as they were.
    """
    _validate.positive_int(epochs=epochs, batch_size=batch_size)
    _validate.positive(lr=lr)
    models, generators = list(models), list(generators)
    if not models or len(generators) != len(models):
        raise ValueError(
            f"generators must hold one generator per model, got {len(generators)} for {len(models)} models"
        )
    for generator in generators:
        _validate.generator(generator)
    shapes = [{name: value.shape for name, value in model.state_dict().items()} for model in models]
    if any(other != shapes[0] for other in shapes):
        raise ValueError("models must share one architecture, got different names or shapes of parameters")
    examples = checked_examples(data, "data", next(models[0].parameters()).device)
    if hasattr(models[0], "likelihood"):
        models[0].likelihood.check(examples[0])
    per_model = _per_model(arguments or {}, len(models), examples[0])

    _memory.keep_freed()
    parameters, buffers = stack_module_state(models)
    template = _LossOf(copy.deepcopy(models[0]), loss)
    optimizer_ = optimizer(list(parameters.values()), lr=lr)
    if compile:
        check_adam(optimizer_)

    def one_loss(parameters, buffers, batch, eps, arguments):
        weights = {f"model.{name}": value for name, value in {**parameters, **buffers}.items()}
        return functional_call(template, weights, (batch, eps, arguments))

    has_noise = hasattr(models[0], "noise")
    all_losses = torch.vmap(one_loss, in_dims=(0, 0, 0, 0 if has_noise else None, 0))

    def objective(weights, batch, eps):
        """All mean losses in one sum, of which a model's weights see their own; and every term, summed (M,)."""
        terms = all_losses({**parameters, **weights}, buffers, batch, eps, per_model)  # each (M, B)
        return terms["loss"].mean(1).sum(), {name: values.detach().sum(1) for name, values in terms.items()}

    n, books = len(examples[0]), [{} for _ in models]
    program = None
    for _ in range(epochs):
        orders, noises = [], []
        for model, generator in zip(models, generators, strict=True):
            # first the order, then the noise, as fit does
            orders.append(torch.randperm(n, generator=generator))
            noises.append(model.noise(n, generator=generator) if has_noise else None)
        order = torch.stack(orders)  # (M, N)
        eps = torch.stack(noises) if has_noise else None  # (M, N, L)
        totals: dict[str, Tensor] = {}
        for start in range(0, n, batch_size):
            rows = order[:, start : start + batch_size]
            # as values[rows], which copies number by number where this copies example by example
            batch = tuple(values.index_select(0, rows.flatten()).unflatten(0, rows.shape) for values in examples)
            batch_eps = None if eps is None else eps[:, start : start + batch_size]
            # not compiled: the first step, which makes the moments, and a smaller last batch, not worth a program
            if compile and optimizer_.state and rows.shape[1] == min(batch_size, n):
                if program is None:  # for what the first step has moved: neither the frozen nor the unused
                    trained = {name: value for name, value in parameters.items() if value in optimizer_.state}
                    program = AdamStep(objective, trained, optimizer_)
                sums = program(batch, batch_eps)
            else:
                optimizer_.zero_grad()
                loss_, sums = objective({}, batch, batch_eps)
                loss_.backward()
                optimizer_.step()
            for name, total in sums.items():
                totals[name] = totals[name] + total if name in totals else total
        for name, values in totals.items():
            for book, mean in zip(books, (values / n).tolist(), strict=True):
                book.setdefault(name, []).append(mean)
    with torch.no_grad():
        for index, model in enumerate(models):
            for name, value in model.named_parameters():
                value.copy_(parameters[name][index])
    return books


def _per_model(
    arguments: Mapping[str, float | Sequence[float] | Tensor], count: int, like: Tensor
) -> dict[str, Tensor]:
    """Every argument as a tensor with one value per model."""
    stacked = {}
    for name, value in arguments.items():
        values = torch.as_tensor(value, dtype=like.dtype)
        if values.ndim == 0:
            values = values.expand(count)
        if values.shape != (count,):
            raise ValueError(
                f"arguments[{name!r}] must be one number or {count} of them, got shape {tuple(values.shape)}"
            )
        stacked[name] = values
    return stacked
