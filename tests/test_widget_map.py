"""The Map widget's Python side: its state, its samples, its errors."""

import numpy as np
import pytest
import torch
import traitlets
from scipy import stats

from vae_utils.toys import gaussian_mixture
from vae_utils.widgets.map import Map


def mixture(components, dimensions=1):
    return gaussian_mixture(torch.linspace(-3, 3, components * dimensions).reshape(components, dimensions), 0.5)


def test_state_is_that_of_the_mixture():
    given = gaussian_mixture(torch.tensor([[-1.0], [2.0]]), torch.tensor([0.5, 0.25]), torch.tensor([0.25, 0.75]))
    widget = Map(given, count=10)
    state = widget.get_state()
    assert (state["means"], state["stds"], state["weights"]) == ([-1.0, 2.0], [0.5, 0.25], [0.25, 0.75])
    x = torch.linspace(-2, 3, 7)[:, None]
    assert torch.allclose(widget.mixture.log_prob(x.double()).float(), given.log_prob(x))


def test_samples_follow_the_mixture():
    widget = Map(count=20_000)
    c, x = widget.samples()
    # with a million repetitions of such a test less than one would fail for a true sampler
    assert stats.binomtest(int(c.sum()), 20_000, 0.7).pvalue > 1e-6
    for component, (mean, std) in enumerate(zip(widget.means, widget.stds, strict=True)):
        assert stats.kstest(x[c == component], stats.norm(mean, std).cdf).pvalue > 1e-6
    assert np.array_equal(Map(count=7).samples()[1], x[:7])


def test_poster_shows_the_samples():
    assert Map(count=0).poster() != Map(count=100).poster()


@pytest.mark.parametrize("wrong", [mixture(1), mixture(6), mixture(2, 2)])
def test_other_mixtures_are_refused(wrong):
    with pytest.raises(ValueError, match="mixture must have 2 to 5 components in one dimension, got"):
        Map(wrong)


def test_no_mixture_is_refused():
    with pytest.raises(TypeError, match="mixture must be a GaussianMixture, got"):
        Map([0.3, 0.7])


@pytest.mark.parametrize(("name", "value"), [("means", [0.0, 5.0]), ("stds", [0.0, 1.0]), ("count", 20_001)])
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        Map(**{name: value})
