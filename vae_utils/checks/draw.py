"""Random probes that are the same in every run: everything an ``observe`` draws comes from one seeded source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .watch import Stop


class Draw:
    """Random numbers for the probes of one observation.

    Two Draws with the same seed give the same numbers, whatever the global generators do. Students see seed 0; a
    regrade takes a fresh one.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int = 0):
        self._source = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, mean: float = 0.0, std: float = 1.0) -> Tensor:
        """Independent normal numbers, float32."""
        return mean + std * torch.randn(shape, generator=self._source, dtype=torch.float32)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Independent uniform numbers between ``low`` and ``high``, float32."""
        return low + (high - low) * torch.rand(shape, generator=self._source, dtype=torch.float32)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Independent integers from ``low`` to ``high`` - 1, int64."""
        return torch.randint(low, high, shape, generator=self._source)

    def permutation(self, n: int) -> Tensor:
        """0 … n-1 in random order."""
        return torch.randperm(n, generator=self._source)

    def seed(self) -> int:
        """A seed: to build two equal generators, or to hand to an answer that takes one."""
        return int(self.integers(0, 2**31 - 1))

    def generator(self, seed: int | None = None) -> torch.Generator:
        """A generator for the answer to draw from; a new one at each call unless its seed is given."""
        return torch.Generator().manual_seed(self.seed() if seed is None else seed)

    def gradient(self, function: Callable[..., Tensor], *arguments: Any) -> tuple[Tensor | None, ...]:
        """The gradient of the sum of ``function(*arguments)`` for each argument.

        Parameters
        ----------
        function : callable
            The answer, or a function around it, that returns one tensor.
        *arguments : Any
            Floating tensors get a gradient; the rest is handed on as it is.

        Returns
        -------
        tuple
            One entry per argument: a tensor of the argument's shape (zeros where the result does not depend on it),
            or None where it is no floating tensor.

        Raises
        ------
        Stop
            ``no-gradient`` where no argument gets a gradient, or backpropagation fails.
        """
        leaves = [
            a.detach().clone().requires_grad_() if isinstance(a, Tensor) and a.is_floating_point() else a
            for a in arguments
        ]
        inputs = [a for a in leaves if isinstance(a, Tensor) and a.requires_grad]
        with torch.enable_grad():
            result = function(*leaves)
            if not isinstance(result, Tensor) or not result.requires_grad:
                raise Stop("no-gradient")
            try:
                found = torch.autograd.grad(result.sum(), inputs, allow_unused=True)
            except RuntimeError as error:
                raise Stop("no-gradient", detail=str(error)) from None
        if all(gradient is None for gradient in found):
            raise Stop("no-gradient")
        found, gradients = iter(found), []
        for leaf in leaves:
            if isinstance(leaf, Tensor) and leaf.requires_grad:
                gradient = next(found)
                gradients.append(torch.zeros_like(leaf) if gradient is None else gradient.detach())
            else:
                gradients.append(None)
        return tuple(gradients)
