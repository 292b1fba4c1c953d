"""The Distances widget's Python side: its numbers, its distances, its errors."""

import math

import pytest
import torch
import traitlets
from scipy import stats

from vae_utils import evaluation
from vae_utils.widgets.distances import Distances


def test_numbers_are_shifted_and_spread():
    a, b = Distances(n=200).samples()
    same_a, moved = Distances(n=200, shift=2.5, spread=0.5).samples()
    assert torch.equal(a, same_a) and torch.allclose(moved, 2.5 + 0.5 * b)
    assert all(stats.kstest(lot, stats.norm.cdf).pvalue > 1e-4 for lot in (a, b))


@pytest.mark.parametrize("shift", [0.0, 1.3])
def test_distances_are_those_of_the_package_and_of_scipy(shift):
    widget = Distances(shift=shift, width=1.0)
    a, b = widget.samples()
    found = widget.distances()
    assert found["W1"] == pytest.approx(stats.wasserstein_distance(a, b), rel=1e-12)
    assert found["MMD²"] == pytest.approx(evaluation.mmd(a[:, None], b[:, None], bandwidth=1.0).item(), rel=1e-12)
    edges = torch.arange(-6.0, 8.0, dtype=torch.float64)
    p, q = (torch.histogram(lot, edges).hist / len(lot) for lot in (a, b))
    assert found["KL"] == pytest.approx(stats.entropy(p, q), rel=1e-12)
    r = (p + q) / 2
    assert found["JS"] == pytest.approx((stats.entropy(p, r) + stats.entropy(q, r)) / 2, rel=1e-12)


def test_the_task_has_its_answer():
    """Cells of a tenth make KL infinite; W1 and MMD know nothing of cells."""
    found = {width: Distances(width=width).distances() for width in (2.0, 0.2, 0.1)}
    assert [math.isinf(found[width]["KL"]) for width in found] == [False, False, True]
    for name in ("W1", "MMD²"):
        assert found[2.0][name] == found[0.1][name]


def test_distances_elsewhere_are_those_after_a_move():
    assert Distances().distances(3.0) == pytest.approx(Distances(shift=3.0).distances())


def test_poster_shows_the_state():
    assert Distances(shift=0.0).poster() != Distances(shift=3.0).poster()


@pytest.mark.parametrize(("name", "value"), [("n", 201), ("width", 0.0), ("shift", 7.0), ("spread", "wide")])
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        Distances(**{name: value})
