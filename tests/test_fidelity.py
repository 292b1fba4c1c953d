"""Sharpness and coverage: on images and sets whose answer is known, and against NumPy and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from sklearn.neighbors import NearestNeighbors

from vae_utils.data import load_digits
from vae_utils.fidelity import coverage, neighbour_radius, sharpness


def normal(n, d, seed=0, shift=0.0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


def test_sharpness_is_the_mean_laplacian_of_the_inner_pixels():
    x = load_digits("test", dtype=torch.float64).x[:20]
    expected = [np.abs(ndimage.laplace(image.reshape(8, 8).numpy()))[1:-1, 1:-1].mean() for image in x]
    torch.testing.assert_close(sharpness(x), torch.tensor(expected))


def test_sharpness_of_a_slope_a_dot_and_a_chequerboard():
    """A slope has none; a dot gives 4 once and 1 four times among 9 inner pixels; a chequerboard 4 everywhere."""
    row, column = torch.meshgrid(torch.arange(5.0), torch.arange(5.0), indexing="ij")
    dot = torch.zeros(5, 5)
    dot[2, 2] = 1
    x = torch.stack([2 * row - column, dot, (row + column) % 2]).flatten(1)
    assert sharpness(x).tolist() == pytest.approx([0, 8 / 9, 4], abs=1e-6)


def test_a_mean_of_images_is_less_sharp_than_they_are():
    """The Laplacian is linear, so by the triangle inequality a blend is never sharper than its parts on average."""
    x = load_digits("test").x
    mixed = sharpness(0.5 * (x + x.roll(1, 0)))
    parts = 0.5 * (sharpness(x) + sharpness(x.roll(1, 0)))
    assert (mixed <= parts + 1e-6).all() and mixed.mean() < 0.9 * parts.mean()


def test_radii_are_those_of_scikit_learn():
    real = normal(60, 3)
    distance, _ = NearestNeighbors(n_neighbors=5).fit(real).kneighbors(real)  # the first neighbour is the point itself
    torch.testing.assert_close(neighbour_radius(real, 4), torch.from_numpy(distance[:, 4]), atol=1e-6, rtol=1e-6)


def test_coverage_of_a_set_by_itself_by_nothing_near_and_by_one_point():
    real = normal(50, 2)
    assert coverage(real, real) == 1
    assert coverage(real, real + 100) == 0
    line = torch.arange(10.0)[:, None]
    # with k = 1 every ball reaches to the next number: the fake 0 is in the balls of 0 and 1
    assert coverage(line, torch.zeros(1, 1), k=1) == pytest.approx(0.2)
    assert coverage(line, torch.zeros(7, 1), k=1) == pytest.approx(0.2), "more of the same covers no more"
    assert coverage(line, torch.tensor([[0.0], [5.0]]), k=1) == pytest.approx(0.5)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_a_set_from_the_same_distribution_covers_all_but_two_to_the_minus_k(k):
    """By exchangeability the expectation is 1 − Π (N − 1 − i) / (2 N − 1 − i) for i < k; averaged over 40 pairs of 200.

    Within a pair the N indicators are correlated, so the standard error is taken from the spread between the pairs;
    allowed are five.
    """
    n, pairs = 200, 40
    shares = torch.tensor([coverage(normal(n, 3, 2 * s), normal(n, 3, 2 * s + 1), k=k) for s in range(pairs)])
    missed = math.prod((n - 1 - i) / (2 * n - 1 - i) for i in range(k))
    assert missed == pytest.approx(2**-k, rel=0.05)
    error = float(shares.std()) / math.sqrt(pairs)
    assert float(shares.mean()) == pytest.approx(1 - missed, abs=5 * error) and error < 0.01


def test_coverage_misses_what_the_fake_leave_out():
    """Two far clusters of 100: fakes from one of them cover nothing of the other."""
    real = torch.cat([normal(100, 2), normal(100, 2, 1, shift=50.0)])
    assert 0.4 < coverage(real, normal(200, 2, 2)) <= 0.5


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: sharpness(torch.zeros(2, 10)), "x must hold square images of at least 3 by 3 pixels"),
        (lambda: sharpness(torch.zeros(2, 4)), "x must hold square images of at least 3 by 3 pixels"),
        (lambda: sharpness(torch.zeros(8, 8, 1)), "x must have shape"),
        (lambda: coverage(torch.zeros(5, 2), torch.zeros(5, 2)), "k must be below the number of real examples, 5"),
        (lambda: coverage(torch.zeros(9, 2), torch.zeros(9, 3)), "must have the same last dimension"),
        (lambda: coverage(torch.zeros(9, 2), torch.zeros(9, 2), k=0), "k must be at least 1"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
