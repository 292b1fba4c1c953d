"""From strokes of a pen to the 64 counts of a digit, the way the data set's scanned digits were made.

The digits of :mod:`vae_utils.data` come from scanned forms: each was scaled to a box of 20×32 cells, brought to one
thickness of stroke, and stored as 32×32 cells, inked or not; then the inked cells were counted in blocks of 4×4
(Alpaydin & Kaynak 1998, with the programs of Garris et al., NIST 1997). Here the same is done to strokes.

A stroke is a list of points (x, y) in cells, x to the right and y downwards, from 0 to 32.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vae_utils import _validate

CELLS, BLOCK = 32, 4
BOX = 20  # cells of the box across; down it has all 32
THINNEST, THICKEST = 1.0, 5.0  # radius of a pen, in cells

_X, _Y = (8, 11, 16, 21, 22, 20, 14, 20, 23, 22, 17, 11, 7), (7, 4, 3, 5, 9, 13, 15, 17, 21, 26, 29, 29, 26)
THREE = [[[x, y] for x, y in zip(_X, _Y, strict=True)]]
SCRIBBLE = [[[5, 6], [27, 9], [6, 13], [26, 16], [5, 19], [27, 23], [7, 27], [25, 29], [16, 3]]]


def inked(strokes: list, radius: float) -> Tensor:
    """Which cells a round pen inks: those whose centre it passes within ``radius``; bool of shape (32, 32)."""
    _check(strokes)
    _validate.positive(radius=radius)
    centre = torch.arange(CELLS, dtype=torch.float64) + 0.5
    y, x = torch.meshgrid(centre, centre, indexing="ij")
    cells = torch.zeros(CELLS, CELLS, dtype=torch.bool)
    for stroke in strokes:
        for (ax, ay), (bx, by) in zip([stroke[0], *stroke], stroke, strict=False):
            dx, dy = bx - ax, by - ay
            share = (((x - ax) * dx + (y - ay) * dy) / (dx**2 + dy**2 or 1)).clamp(0, 1)
            cells |= (x - ax - share * dx) ** 2 + (y - ay - share * dy) ** 2 <= radius**2
    return cells


def fitted(strokes: list, radius: float) -> list:
    """Return the strokes moved and scaled so that, with this pen, they fill the box of 20×32 cells.

    The digit is as high as the box, and at most as wide; it is squeezed across if it must be, never stretched. A dash
    stays a dash: at least half of its width counts as height.
    """
    _check(strokes)
    _validate.positive(radius=radius)
    xs, ys = zip(*(point for stroke in strokes for point in stroke), strict=True)
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    down = (CELLS - 2 * radius) / max(height, width / 2, 1)
    across = min(down, (BOX - 2 * radius) / max(width, 1))
    left, top, middle = min(xs) + width / 2, min(ys) + height / 2, CELLS / 2
    return [[[middle + across * (x - left), middle + down * (y - top)] for x, y in stroke] for stroke in strokes]


def as_scanned(strokes: list, *, ink: int) -> Tensor:
    """Cells of a drawing after the treatment of the data set.

    Parameters
    ----------
    strokes : list
        Of strokes, see above.
    ink : int
        How many cells the pen should ink; its radius is found by bisection, between 1 and 5 cells.

    Returns
    -------
    Tensor, shape (32, 32)
        True where there is ink.

    Raises
    ------
    ValueError
        If there is no stroke, a stroke has no point, or ``ink`` < 1.
    """
    _validate.positive_int(ink=ink)
    thin, thick = THINNEST, THICKEST
    for _ in range(7):
        radius = (thin + thick) / 2
        if inked(fitted(strokes, radius), radius).sum() < ink:
            thin = radius
        else:
            thick = radius
    return inked(fitted(strokes, thick), thick)


def block_counts(cells: Tensor) -> Tensor:
    """Inked cells in each block of 4×4: bool of shape (32, 32) → integers of shape (64,), from 0 to 16."""
    if not isinstance(cells, Tensor) or cells.shape != (CELLS, CELLS):
        raise ValueError(f"cells must be a tensor of shape ({CELLS}, {CELLS}), got {_validate.describe(cells)}")
    blocks = CELLS // BLOCK
    return cells.reshape(blocks, BLOCK, blocks, BLOCK).sum((1, 3)).flatten()


def _check(strokes: list) -> None:
    if not strokes or not all(strokes):
        raise ValueError(f"strokes must be lists of at least one point, got {strokes!r}")
