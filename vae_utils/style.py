"""What a conditional VAE should keep when the class changes: how a digit is written, measured on its pixels."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_utils import _validate


def slant(x: Tensor) -> Tensor:
    """How far the ink leans: the least-squares slope of its horizontal over its vertical coordinate.

    0 is upright; −1 leans to the right by one pixel for each pixel upwards.

    Parameters
    ----------
    x : Tensor, shape (N, D) with D a square number
        Ink; negative values count as none.

    Returns
    -------
    Tensor, shape (N,); NaN where there is no ink, or all of it in one row.
    """
    _validate.matrix(x=x)
    side = math.isqrt(x.shape[1])
    if side**2 != x.shape[1]:
        raise ValueError(f"x must have shape (N, D) with D a square number, got {tuple(x.shape)}")
    ink = x.clamp(min=0).reshape(-1, side, side)
    ink = ink / ink.sum((1, 2), keepdim=True)
    at = torch.arange(side, dtype=x.dtype)
    down = at - (ink.sum(2) * at).sum(1, keepdim=True)  # (N, side), from the centre of the ink
    right = at - (ink.sum(1) * at).sum(1, keepdim=True)
    return torch.einsum("nij,ni,nj->n", ink, down, right) / (ink.sum(2) * down**2).sum(1)


def within_class(values: Tensor, y: Tensor) -> Tensor:
    """Values less the mean of their own class: values (N,), labels y (N,) → (N,)."""
    _validate.floating(values=values)
    if values.ndim != 1 or not isinstance(y, Tensor) or y.shape != values.shape:
        raise ValueError(
            f"values and y must have one shape (N,), got {tuple(values.shape)} and {_validate.describe(y)}"
        )
    residual = values.clone()
    for label in y.unique():
        residual[y == label] -= values[y == label].mean()
    return residual
