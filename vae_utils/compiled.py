"""A function of tensors as one program, and a training step as one.

Python asks for one operation after another, and each reads its numbers from memory and writes them there.
``torch.compile`` looks at a whole function first and makes one C++ program of it, in which neighbouring operations
share a loop. The results are the same to rounding. It takes some seconds, so it is for long runs; a C++ compiler is
needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn


class CannotCompile(RuntimeError):
    """PyTorch could not make a program of a function, or not on this machine."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, compiled at its first call.

    For tensors of other sizes it is compiled anew. Numbers that are no tensors become part of the program. Where
    gradients are wanted, ask for them inside, by ``torch.func.grad``.

    Returns
    -------
    callable
        It raises CannotCompile if there is no compiler (for C++; on a GPU Triton, too), if the function does what
        cannot be translated, such as deciding something by a tensor's value, or at the 257th program of one piece of
        code.
    """
    checks = torch.distributions.Distribution._validate_args
    # All of it in one program, or an error: pieces with Python between them would hardly be faster. PyTorch counts the
    # programs of one piece of code together, whatever it encloses. More than eight it takes for a mistake, unless told.
    program = torch.compile(function, fullgraph=True, dynamic=False, recompile_limit=256)
    torch.distributions.Distribution.set_default_validate_args(checks)  # PyTorch turns them off, for everybody

    def call(*arguments: Any) -> Any:
        try:
            return program(*arguments)
        except (torch._dynamo.exc.TorchDynamoException, torch._dynamo.exc.FailOnRecompileLimitHit) as error:
            raise CannotCompile(f"a function could not be compiled: {_reason(error)}") from error

    return call


def require_compiler() -> None:
    """Compile something small.

    Raises
    ------
    CannotCompile
        If that cannot be done on this machine.
    """
    try:
        compiled(torch.neg)(torch.zeros(8))
    except CannotCompile as error:
        raise CannotCompile(
            "compiling needs a C++ compiler, such as g++ or clang++; one that is not found by itself can be named in "
            f"the environment variable CXX ({_reason(error.__cause__)})"
        ) from error


def _reason(error: BaseException) -> str:
    """One line of a long message: what a compiler says is wrong, or else the first."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line.strip() for line in lines if "error: " in line), lines[0])


class AdamStep:
    """The gradients of a loss and the step of Adam, as one program.

    Source: Kingma & Ba (2015), Algorithm 1.

    Parameters
    ----------
    loss : callable
        ``loss(weights, *batch)`` → what is minimised, a scalar tensor, and whatever else is wanted. ``weights`` has the
        names of ``parameters``.
    parameters : mapping
        What is trained, in place.
    optimizer : torch.optim.Adam
        Without decay of weights or other extras. It has taken a step before, and so has moments, which are changed in
        place. Its learning rate may change; its other numbers may not.

    Raises
    ------
    ValueError
        If it is another optimizer, or has not taken a step.
    """

    def __init__(
        self,
        loss: Callable[..., tuple[Tensor, Any]],
        parameters: Mapping[str, nn.Parameter],
        optimizer: torch.optim.Optimizer,
    ):
        self.group = check_adam(optimizer)
        states = [optimizer.state.get(parameter) for parameter in parameters.values()]
        if not all(states):
            raise ValueError("optimizer must have taken a step of all parameters")
        means, squares, self.counts = ([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step"))
        self.changing = ({name: parameter.detach() for name, parameter in parameters.items()}, means, squares)
        self.rate, self.correction = torch.tensor(0.0), torch.tensor(0.0)
        (beta1, beta2), epsilon = self.group["betas"], self.group["eps"]

        def step(weights, means, squares, rate, correction, *batch):
            gradients, others = torch.func.grad(loss, has_aux=True)(weights, *batch)
            for name, mean, square in zip(weights, means, squares, strict=True):
                mean.lerp_(gradients[name], 1 - beta1)
                square.lerp_(gradients[name].square(), 1 - beta2)
                weights[name] -= rate * mean / ((square / correction).sqrt() + epsilon)
            return others

        self.program = compiled(step)

    def __call__(self, *batch: Any) -> Any:
        """Take a step; returns whatever else the loss gave.

        Raises
        ------
        CannotCompile
            In the first step, before anything was changed.
        """
        # Powers that are the same for all weights: within the program they would be computed for each of them, and
        # slowly once 0.9ᵗ is less than the smallest normal number.
        beta1, beta2 = self.group["betas"]
        t = self.counts[0].item() + 1
        self.rate.fill_(self.group["lr"] / (1 - beta1**t))
        self.correction.fill_(1 - beta2**t)
        with torch.no_grad():
            others = self.program(*self.changing, self.rate, self.correction, *batch)
        for count in self.counts:
            count.fill_(t)
        return others


def check_adam(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """The numbers of a plain Adam, or a ValueError for any other optimizer."""
    groups = optimizer.param_groups
    extras = ("weight_decay", "amsgrad", "maximize")
    if type(optimizer) is not torch.optim.Adam or len(groups) > 1 or any(groups[0][name] for name in extras):
        raise ValueError(f"a compiled step needs Adam without extras, got {type(optimizer).__name__}")
    return groups[0]
