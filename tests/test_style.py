"""Slant and class means against NumPy's least squares and values worked out by hand."""

import numpy as np
import pytest
import torch

from vae_utils.data import load_digits
from vae_utils.style import slant, within_class


def test_the_slant_is_numpys_weighted_least_squares():
    x = load_digits("test", dtype=torch.float64).x[:20]
    for image, value in zip(x.reshape(-1, 8, 8).numpy(), slant(x).tolist(), strict=True):
        rows, columns = np.nonzero(image)
        # polyfit multiplies the residuals by its weights, so they are roots of the ink
        slope = np.polyfit(rows, columns, 1, w=np.sqrt(image[rows, columns]))[0]
        assert value == pytest.approx(slope, abs=1e-9)


def test_a_stroke_that_leans_to_the_right_has_slope_minus_one_and_an_upright_one_none():
    images = torch.stack([torch.eye(8).flip(1), torch.zeros(8, 8)])
    images[1, :, 3] = 0.5
    assert slant(images.reshape(2, 64)).tolist() == pytest.approx([-1, 0], abs=1e-6)


def test_negative_ink_counts_as_none():
    x = load_digits("test").x[:5]
    assert torch.allclose(slant(torch.where(x == 0, -0.3, x)), slant(x))


def test_within_class_takes_each_mean_away():
    values, y = torch.tensor([1.0, 3.0, 10.0, 20.0, 30.0]), torch.tensor([0, 0, 7, 7, 7])
    assert within_class(values, y).tolist() == [-1, 1, -10, 0, 10]
    assert values.tolist() == [1, 3, 10, 20, 30]


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="D a square number"):
        slant(torch.ones(2, 10))
    with pytest.raises(ValueError, match=r"values and y must have one shape \(N,\)"):
        within_class(torch.ones(3), torch.zeros(2))
