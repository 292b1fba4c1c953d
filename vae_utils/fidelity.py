"""Two questions about new images that one number cannot answer: how sharp are they, and is every kind among them?"""

from __future__ import annotations

import torch
from torch import Tensor

from vae_utils import _validate


def sharpness(x: Tensor) -> Tensor:
    """Mean absolute Laplacian of square images: how much a pixel differs from the mean of its four neighbours, times 4.

    Only inner pixels count, since those at the edge lack a neighbour. The value has the unit of a pixel and is no
    quality by itself: noise is sharp too. Compare it with that of real images.

    Parameters
    ----------
    x : Tensor, shape (N, D)
        D a square of at least 9.

    Returns
    -------
    Tensor, shape (N,).
    """
    _validate.matrix(x=x)
    side = round(x.shape[1] ** 0.5)
    if side < 3 or side**2 != x.shape[1]:
        raise ValueError(f"x must hold square images of at least 3 by 3 pixels, shape (N, D), got {tuple(x.shape)}")
    image = x.unflatten(1, (side, side))  # (N, H, W)
    around = image[:, :-2, 1:-1] + image[:, 2:, 1:-1] + image[:, 1:-1, :-2] + image[:, 1:-1, 2:]
    return (around - 4 * image[:, 1:-1, 1:-1]).abs().mean((1, 2))


def neighbour_radius(real: Tensor, k: int = 5) -> Tensor:
    """Distance of each real example to its k-th nearest other one: (N, D) → (N,)."""
    _validate.matrix(real=real, min_rows=2)
    _validate.positive_int(k=k)
    if k >= len(real):
        raise ValueError(f"k must be below the number of real examples, {len(real)}, got {k}")
    return torch.cdist(real, real).fill_diagonal_(torch.inf).kthvalue(k, 1).values


def coverage(real: Tensor, fake: Tensor, *, k: int = 5) -> float:
    """The share of real examples with a fake one at most as far away as their k-th nearest real neighbour.

    With as many fake as real examples, a fake set that comes from the same distribution reaches about 1 − 2⁻ᵏ: the
    nearest k of the real and the fake neighbours together are all real by the toss of k coins. Source: Naeem et al.
    (2020), section 3.

    Parameters
    ----------
    real : Tensor, shape (N, D)
    fake : Tensor, shape (M, D)
    k : int
        Neighbours, below N.

    Returns
    -------
    float from 0 to 1.
    """
    _validate.matrix(fake=fake)
    _validate.same_features(real=real[:1], fake=fake[:1])
    return float((torch.cdist(real, fake).min(1).values <= neighbour_radius(real, k)).double().mean())
