"""The random numbers that the page draws, drawn once more in Python: the poster shows what the reader will see."""

from __future__ import annotations

import numpy as np

STREAM = 2**32


def uniforms(seed: int, n: int) -> np.ndarray:
    """The first ``n`` numbers of ``uniforms(seed)`` of ``kit.js`` (mulberry32), in [0, 1).

    Returns
    -------
    ndarray, shape (n,)
    """
    state = (seed + np.arange(1, n + 1, dtype=np.uint64) * 0x6D2B79F5) % STREAM
    t = (state ^ (state >> np.uint64(15))) * (state | np.uint64(1)) % STREAM
    t ^= (t + (t ^ (t >> np.uint64(7))) * (t | np.uint64(61)) % STREAM) % STREAM
    return ((t ^ (t >> np.uint64(14))) % STREAM) / STREAM


def normals(seed: int, n: int) -> np.ndarray:
    """The first ``n`` numbers of ``normals(uniforms(seed))`` of ``kit.js`` (Box and Muller).

    Returns
    -------
    ndarray, shape (n,)
    """
    first, second = uniforms(seed, n + n % 2).reshape(-1, 2).T
    radius, angle = np.sqrt(-2 * np.log(1 - first)), 2 * np.pi * second
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()[:n]
