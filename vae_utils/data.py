"""Real images that need no network: the 8×8 handwritten digits bundled with scikit-learn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vae_utils import _validate

SPLITS = {"train": slice(0, 1437), "validation": slice(1437, 1617), "test": slice(1617, 1797)}
BINARIZATIONS = ("none", "threshold", "sample")


class Images(NamedTuple):
    """Images and their labels.

    Attributes
    ----------
    x : Tensor, shape (N, D)
        Pixels in [0, 1], 0 is paper and 1 is ink.
    y : Tensor, shape (N,)
        Class labels as int64.
    """

    x: Tensor
    y: Tensor


def load_digits(
    split: str = "train",
    *,
    binarize: str = "none",
    generator: torch.Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> Images:
    """The 1,797 handwritten 8×8 digits of Alpaydin & Kaynak (1998), bundled with scikit-learn.

    A fixed permutation gives 1,437 images for training, 180 for validation and 180 for testing. The three
    parts share their writers, so a test image is a new drawing, not a new hand.

    Parameters
    ----------
    split : {"train", "validation", "test"}
    binarize : {"none", "threshold", "sample"}
        ``"none"`` keeps the 17 grey levels, ``"threshold"`` cuts at ½, ``"sample"`` draws every pixel as a
        Bernoulli with its grey value as probability. Name it beside every likelihood: values with different
        binarizations cannot be compared.
    generator : torch.Generator, optional
        Source of randomness for ``binarize="sample"``.
    dtype : torch.dtype
        float32 or float64.

    Returns
    -------
    Images
        ``x`` of shape (N, 64) in [0, 1], ``y`` of shape (N,).

    Raises
    ------
    ValueError
        If ``split``, ``binarize`` or ``dtype`` is not one of the values above.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    if dtype not in _validate.FLOATS:
        raise ValueError(f"dtype must be torch.float32 or torch.float64, got {dtype!r}")
    from sklearn.datasets import load_digits as bundled

    digits = bundled()
    # RandomState is frozen by numpy's compatibility policy: this split is the same for everybody, for ever
    rows = np.random.RandomState(0).permutation(len(digits.data))[SPLITS[split]]
    x = torch.as_tensor(digits.data[rows] / 16.0, dtype=dtype)
    return Images(binarized(x, binarize, generator=generator), torch.as_tensor(digits.target[rows], dtype=torch.int64))


def binarized(x: Tensor, binarize: str, *, generator: torch.Generator | None = None) -> Tensor:
    """Turn grey pixels into black and white ones.

    Parameters
    ----------
    x : Tensor, shape (...)
        Pixels in [0, 1].
    binarize : {"none", "threshold", "sample"}
        See :func:`load_digits`.
    generator : torch.Generator, optional
        Source of randomness for ``"sample"``.

    Returns
    -------
    Tensor, shape (...)
        The same dtype; only 0 and 1 unless ``binarize`` is ``"none"``.
    """
    _validate.floating(x=x)
    _validate.unit_interval(x=x)
    _validate.generator(generator)
    if binarize == "none":
        return x
    if binarize == "threshold":
        return (x >= 0.5).to(x.dtype)
    if binarize == "sample":
        return torch.bernoulli(x, generator=generator)
    raise ValueError(f"binarize must be one of {', '.join(BINARIZATIONS)}, got {binarize!r}")
