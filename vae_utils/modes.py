"""Has a generator found every mode of a mixture, and do its points lie in one?"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import _validate
from vae_utils.toys import GaussianMixture


class ModeCount(NamedTuple):
    """Where the points of a sample lie.

    Attributes
    ----------
    found : int
        Modes that hold at least a tenth of the points that a sample of the mixture itself would put there.
    in_mode : float
        The part of all points that lies in some mode. Compare it with :func:`share_in_mode`.
    points : Tensor, shape (C,), integers
        Points in each mode.
    """

    found: int
    in_mode: float
    points: Tensor


def count_modes(x: Tensor, mixture: GaussianMixture, *, radius: float = 3.0, least: float = 0.1) -> ModeCount:
    """Put every point into the mode whose centre is nearest in units of σ, if it is within ``radius`` of them.

    Parameters
    ----------
    x : Tensor, shape (N, D)
    mixture : GaussianMixture
        With modes that lie apart.
    radius : float
        Of a mode, in units of its σ.
    least : float
        A mode is found if it holds this part of what a sample of the mixture would put there.

    Returns
    -------
    ModeCount
    """
    _validate.matrix(x=x)
    _validate.same_features(x=x[:1], means=mixture.means[:1])  # N and C are unrelated
    _validate.finite(x=x)
    _validate.positive(radius=radius, least=least)
    distance = torch.cdist(x, mixture.means) / mixture.stds  # (N, C)
    nearest, mode = distance.min(1)
    points = torch.bincount(mode[nearest <= radius], minlength=len(mixture.means))
    expected = len(x) * mixture.weights * share_in_mode(radius, mixture.means.shape[1])
    return ModeCount(int((points >= least * expected).sum()), points.sum().item() / len(x), points)


def share_in_mode(radius: float, dimensions: int) -> float:
    """The part of a normal in D dimensions that lies within ``radius`` σ of its centre: P(χ²_D ≤ radius²)."""
    _validate.positive(radius=radius)
    _validate.positive_int(dimensions=dimensions)
    half = torch.tensor([dimensions / 2, radius**2 / 2], dtype=torch.float64)
    return torch.special.gammainc(half[0], half[1]).item()
