"""Probes that several chapters use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from .draw import Draw
from .exercise import Case


def gradient_cases(draw: Draw, answer: Callable[..., Tensor], **arguments: Tensor | float) -> Iterator[Case]:
    """One Case for the gradient of each tensor among the arguments, which are handed on in this order.

    Each is looked at alone: an answer that cuts off a single one of them is told ``no-gradient``, not ``wrong-value``.

    Parameters
    ----------
    draw : Draw
    answer : callable
        Its result, or the sum of it, is differentiated.
    **arguments : Tensor or number
        The answer's arguments in order, under the names by which the report calls them.

    Yields
    ------
    Case
    """
    for name, value in arguments.items():
        if isinstance(value, Tensor):

            def along(part, name=name):
                return answer(*(arguments | {name: part}).values())

            yield Case(f"the gradient for {name}", draw.gradient(along, value)[0])
