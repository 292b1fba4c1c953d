"""Strokes to counts: against brute force, and against what the data set looks like."""

import itertools

import numpy as np
import pytest
import torch

from vae_utils.data import load_digits
from vae_utils.handwriting import SCRIBBLE, THREE, as_scanned, block_counts, fitted, inked

CORNER = [[[2, 3], [5, 2], [7, 4], [4, 6], [7, 8], [5, 11], [2, 10]]]


def brute_force(strokes, radius):
    """Every cell against ten thousand places of the pen."""
    centres = np.stack(np.meshgrid(np.arange(32) + 0.5, np.arange(32) + 0.5), -1).reshape(-1, 1, 2)
    cells = np.zeros(1024, bool)
    for stroke in strokes:
        for (ax, ay), (bx, by) in itertools.pairwise([stroke[0], *stroke]):
            places = np.array([ax, ay]) + np.linspace(0, 1, 10_001)[:, None] * np.array([bx - ax, by - ay])
            cells |= ((centres - places) ** 2).sum(-1).min(1) <= radius**2 + 1e-6
    return cells.reshape(32, 32)


@pytest.mark.parametrize("strokes", [[[[16, 16]]], [[[3, 3], [28, 11], [9, 30]], [[20, 2], [20, 9]]]])
def test_the_pen_inks_what_it_passes(strokes):
    assert inked(strokes, 2.3).numpy().tolist() == brute_force(strokes, 2.3).tolist()


def test_counts_are_taken_block_by_block():
    cells = torch.zeros(32, 32, dtype=torch.bool)
    cells[4:8, 8:12] = True
    cells[31, 30:] = True
    counts = block_counts(cells).reshape(8, 8)
    assert counts[1, 2] == 16 and counts[7, 7] == 2 and counts.sum() == 18


@pytest.mark.parametrize("strokes", [THREE, SCRIBBLE, CORNER], ids=["three", "scribble", "corner"])
def test_a_drawing_takes_the_place_of_a_scanned_digit(strokes):
    """As every digit of the data set: ink in all eight rows, in six columns or less but for a cell, median ink."""
    cells = as_scanned(strokes, ink=312)
    rows, columns = cells.any(1).nonzero(), cells.any(0).nonzero()
    assert rows.min() <= 1 and rows.max() >= 30
    assert 16 <= len(columns) <= 20
    assert abs(columns.double().mean() - 15.5) <= 1
    # the radius is found to 1/32 of a cell; around a stroke that is a few dozen cells at most
    assert abs(cells.sum() - 312) < 16


def test_the_box_is_the_data_sets():
    """All training digits have ink in the top and bottom row; 19 in 20 leave the first and, nearly, the last column."""
    x = load_digits("train").x.reshape(-1, 8, 8)
    assert (x.sum(2) > 0)[:, [0, 7]].all()
    assert (x.sum(1)[:, 0] == 0).double().mean() > 0.95
    assert (x.sum(1)[:, 7] == 0).double().mean() > 0.85


def test_squeezed_but_never_stretched():
    (wide,) = fitted([[[0, 0], [30, 30]]], 2)
    assert wide[1][0] - wide[0][0] == pytest.approx(16) and wide[1][1] - wide[0][1] == pytest.approx(28)
    (narrow,) = fitted([[[0, 0], [3, 30]]], 2)
    assert narrow[1][0] - narrow[0][0] == pytest.approx(2.8) and narrow[1][1] - narrow[0][1] == pytest.approx(28)


def test_a_dash_stays_a_dash():
    assert as_scanned([[[4, 16], [28, 16]]], ink=312).any(1).sum() <= 11


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inked([], 2.0), "strokes must be lists of at least one point"),
        (lambda: fitted([[]], 2.0), "strokes must be lists of at least one point"),
        (lambda: inked(THREE, 0.0), "radius must be"),
        (lambda: as_scanned(THREE, ink=0), "ink must be"),
        (lambda: block_counts(torch.zeros(8, 8)), r"cells must be a tensor of shape \(32, 32\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
