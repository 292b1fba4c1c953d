"""Checks of arguments. Each raises one sentence: which argument, what was expected, what came.

Shapes and dtypes are checked everywhere. Values (NaN, ranges) are checked only at eager public entry points: inside a
training step they would force a GPU to synchronise, and under ``torch.vmap`` they cannot run at all.
"""

from __future__ import annotations

import numbers
from typing import Any

import torch
from torch import Tensor

FLOATS = (torch.float32, torch.float64)


def describe(value: Any) -> str:
    """A short account of a value for an error message."""
    if isinstance(value, Tensor):
        return f"a {value.dtype} tensor of shape {tuple(value.shape)}"
    return f"{value!r} of type {type(value).__name__}"


def floating(**tensors: Tensor) -> None:
    """Every argument is a float32 or float64 tensor, and all share one dtype."""
    for name, value in tensors.items():
        if not isinstance(value, Tensor) or value.dtype not in FLOATS:
            raise TypeError(f"{name} must be a float32 or float64 tensor, got {describe(value)}")
    if len({value.dtype for value in tensors.values()}) > 1:
        dtypes = ", ".join(str(value.dtype) for value in tensors.values())
        raise TypeError(f"{', '.join(tensors)} must share one dtype, got {dtypes}")


def same_shape(**tensors: Tensor) -> None:
    """Every argument is a floating tensor of one and the same shape."""
    floating(**tensors)
    if len({value.shape for value in tensors.values()}) > 1:
        raise ValueError(f"{' and '.join(tensors)} must have the same shape, got {_shapes(tensors)}")


def same_features(**tensors: Tensor) -> None:
    """Every argument is floating, has one last dimension of equal size, and the leading dimensions broadcast."""
    floating(**tensors)
    shapes = {value.shape for value in tensors.values()}
    if any(not shape for shape in shapes) or len({shape[-1] for shape in shapes}) > 1:
        raise ValueError(f"{' and '.join(tensors)} must have the same last dimension, got {_shapes(tensors)}")
    if len(shapes) > 1:  # of equal shapes it need not be asked, and asking takes as long as a small matrix product
        try:
            torch.broadcast_shapes(*shapes)
        except RuntimeError:
            names = " and ".join(tensors)
            raise ValueError(f"the leading dimensions of {names} must broadcast, got {_shapes(tensors)}") from None


def _shapes(tensors: dict[str, Tensor]) -> str:
    return ", ".join(f"{name} {tuple(value.shape)}" for name, value in tensors.items())


def matrix(*, min_rows: int = 1, **tensors: Tensor) -> None:
    """Every argument is a floating tensor of shape (rows, columns) with at least ``min_rows`` rows."""
    for name, value in tensors.items():
        floating(**{name: value})
        if value.ndim != 2 or value.shape[0] < min_rows:
            raise ValueError(
                f"{name} must have shape (rows, columns) with at least {min_rows} rows, got {tuple(value.shape)}"
            )


def finite(**tensors: Tensor) -> None:
    """No NaN and no infinity. A check of values: for eager entry points only."""
    for name, value in tensors.items():
        if not torch.isfinite(value).all():
            bad = int((~torch.isfinite(value)).sum())
            raise ValueError(f"{name} must be finite, got {bad} NaN or infinite of {value.numel()} values")


def unit_interval(**tensors: Tensor) -> None:
    """Finite values from 0 to 1. A check of values: for eager entry points only."""
    finite(**tensors)
    for name, value in tensors.items():
        if value.numel() and (value.min() < 0 or value.max() > 1):
            raise ValueError(f"{name} must lie in [0, 1], got values from {value.min():.4g} to {value.max():.4g}")


def positive_int(**values: int) -> None:
    """Every argument is an integer of at least 1."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise TypeError(f"{name} must be an integer, got {describe(value)}")
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")


def positive(**values: float) -> None:
    """Every argument is a finite real number above 0."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise TypeError(f"{name} must be a real number, got {describe(value)}")
        if not 0 < value < float("inf"):
            raise ValueError(f"{name} must be a finite number above 0, got {value}")


def generator(value: torch.Generator | None) -> None:
    """The argument ``generator`` is a ``torch.Generator`` or None."""
    if value is not None and not isinstance(value, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator or None, got {describe(value)}")
