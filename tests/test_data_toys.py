"""Digits and toy densities: fixed splits, exact log-densities, samples that follow them."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate
from sklearn import datasets
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vae_utils.data import binarized, load_digits
from vae_utils.toys import gaussian_mixture, moons, ring_of_gaussians, two_bumps


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_three_parts_are_the_bundled_digits_each_once():
    parts = [load_digits(split) for split in ("train", "validation", "test")]
    assert [part.x.shape for part in parts] == [(1437, 64), (180, 64), (180, 64)]
    together = torch.cat([torch.cat([16 * part.x, part.y[:, None]], 1) for part in parts]).numpy()
    bundled = datasets.load_digits()
    everything = np.column_stack([bundled.data, bundled.target])
    np.testing.assert_array_equal(together[np.lexsort(together.T)], everything[np.lexsort(everything.T)])


def test_the_split_never_changes():
    """Ledgers, stored results and every chapter depend on it."""
    assert load_digits("test").y[:12].tolist() == LABELS_TEST
    assert load_digits("train").y[:12].tolist() == LABELS_TRAIN


LABELS_TEST = [8, 6, 1, 7, 4, 1, 4, 7, 0, 1, 5, 6]
LABELS_TRAIN = [2, 8, 2, 6, 6, 7, 1, 9, 8, 5, 2, 8]


def test_every_class_is_in_every_part():
    for split in ("train", "validation", "test"):
        x, y = load_digits(split)
        assert torch.bincount(y, minlength=10).min() >= 8
        assert 0 <= x.min() and x.max() == 1 and x.dtype == torch.float32


def test_dtype_and_binarizations():
    grey = load_digits("test", dtype=torch.float64).x
    assert grey.dtype == torch.float64 and len(grey.unique()) == 17
    assert torch.equal(load_digits("test", binarize="threshold").x, (grey >= 0.5).float())
    drawn = load_digits("test", binarize="sample", generator=generator()).x
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(drawn, load_digits("test", binarize="sample", generator=generator()).x)
    assert not torch.equal(drawn, load_digits("test", binarize="sample", generator=generator(1)).x)


def test_sampled_binarization_has_the_grey_value_as_its_mean():
    x = torch.tensor([0.0, 0.25, 0.5, 1.0]).expand(20_000, 4)
    mean = binarized(x, "sample", generator=generator()).mean(0)
    assert mean[0] == 0 and mean[3] == 1
    assert ((mean[1:3] - x[0, 1:3]).abs() < 5 * 0.5 / math.sqrt(20_000)).all()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: load_digits("valid"), "split must be one of train, validation, test, got 'valid'"),
        (lambda: load_digits(dtype=torch.float16), "dtype must be torch.float32 or torch.float64"),
        (lambda: load_digits(binarize="fixed"), "binarize must be one of none, threshold, sample, got 'fixed'"),
        (lambda: binarized(torch.tensor([2.0]), "threshold"), r"x must lie in \[0, 1\]"),
        (lambda: binarized(torch.tensor([1]), "threshold"), "float32 or float64"),
        (lambda: binarized(torch.tensor([0.5]), "sample", generator=1), "generator must be a torch.Generator"),
        (lambda: gaussian_mixture(torch.zeros(3), 1.0), r"means must have shape \(rows, columns\)"),
        (lambda: gaussian_mixture(torch.zeros(3, 1), -1.0), "stds must be above 0"),
        (lambda: gaussian_mixture(torch.zeros(3, 1), 1.0, torch.tensor([1.0, 0.0, 1.0])), "weights must be above 0"),
        (lambda: gaussian_mixture(torch.zeros(3, 1), 1.0, torch.ones(2)), r"weights must have shape \(3,\)"),
        (lambda: two_bumps(std=0), "std must be a finite number above 0"),
        (lambda: ring_of_gaussians(0), "modes must be at least 1"),
        (lambda: moons(0), "std must be a finite number above 0"),
        (lambda: moons().log_prob(torch.zeros(3)), r"x must have shape \(N, 2\)"),
        (lambda: moons().sample(0), "n must be at least 1"),
        (lambda: two_bumps().sample(3, generator=1), "generator must be a torch.Generator"),
        (lambda: two_bumps().sample(-1), "n must be at least 1"),
        (lambda: two_bumps().log_prob(torch.zeros(3, 2, dtype=torch.float64)), "same last dimension"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def mixtures():
    means = torch.tensor([[0.0, 1.0], [2.0, -1.0], [-1.0, 0.5]], dtype=torch.float64)
    yield gaussian_mixture(means, torch.tensor([0.5, 1.0, 0.2]), torch.tensor([1.0, 2.0, 3.0]))
    yield two_bumps()
    yield ring_of_gaussians(8, dtype=torch.float64)


@pytest.mark.parametrize("mixture", list(mixtures()), ids=["three", "two bumps", "ring"])
def test_mixture_density_equals_torch_distributions(mixture):
    components = Independent(Normal(mixture.means, mixture.stds[:, None].expand_as(mixture.means)), 1)
    oracle = MixtureSameFamily(Categorical(mixture.weights), components)
    x, _ = mixture.sample(200, generator=generator())
    torch.testing.assert_close(mixture.log_prob(x), oracle.log_prob(x))
    assert float(mixture.weights.sum()) == pytest.approx(1)
    # Bayes: the posterior of the component, and the joint it comes from
    torch.testing.assert_close(mixture.posterior(x).sum(1), torch.ones(200, dtype=torch.float64))
    torch.testing.assert_close(mixture.posterior(x) * mixture.log_prob(x).exp()[:, None], mixture.log_joint(x).exp())


def test_mixture_samples_follow_their_components():
    mixture = next(mixtures())
    x, component = mixture.sample(60_000, generator=generator())
    share = torch.bincount(component, minlength=3) / 60_000
    assert ((share - mixture.weights).abs() < 5 * torch.sqrt(mixture.weights / 60_000)).all()
    for c in range(3):
        points = x[component == c]
        assert ((points.mean(0) - mixture.means[c]).abs() < 5 * mixture.stds[c] / math.sqrt(len(points))).all()
        assert ((points.std(0) / mixture.stds[c] - 1).abs() < 5 / math.sqrt(2 * len(points))).all()


def test_ring_lies_on_its_circle():
    ring = ring_of_gaussians(8, radius=2.0)
    torch.testing.assert_close(ring.means.norm(dim=1), torch.full((8,), 2.0))
    assert len(ring.means.mul(1e4).round().unique(dim=0)) == 8


def test_moons_density_integrates_to_one_and_equals_scipys_integral():
    toy = moons(0.15)
    a, b = torch.linspace(-2.2, 3.2, 136, dtype=torch.float64), torch.linspace(-1.7, 2.2, 99, dtype=torch.float64)
    mass = toy.log_prob(torch.cartesian_prod(a, b), points=64).exp().sum() * (a[1] - a[0]) * (b[1] - b[0])
    assert float(mass) == pytest.approx(1, abs=1e-6)

    def integrand(t, x):
        spread = 2 * 0.15**2
        upper = (x[0] - math.cos(t)) ** 2 + (x[1] - math.sin(t)) ** 2
        lower = (x[0] - 1 + math.cos(t)) ** 2 + (x[1] - 0.5 + math.sin(t)) ** 2
        return (math.exp(-upper / spread) + math.exp(-lower / spread)) / (math.pi * spread) / (2 * math.pi)

    for point in ([0.0, 1.0], [1.0, 0.0], [0.5, 0.2]):
        exact, _ = integrate.quad(integrand, 0, math.pi, args=(point,), epsabs=1e-12)
        assert float(toy.log_prob(torch.tensor([point], dtype=torch.float64))) == pytest.approx(
            math.log(exact), rel=1e-8
        )


def test_moons_samples_lie_near_their_moon():
    x, moon = moons(0.05).sample(4000, generator=generator(), dtype=torch.float64)
    centre = torch.where(moon[:, None] == 0, torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.5]))
    assert ((x - centre).norm(dim=1) - 1).abs().max() < 6 * 0.05
    assert 0.45 < moon.double().mean() < 0.55
    assert torch.equal(x, moons(0.05).sample(4000, generator=generator(), dtype=torch.float64)[0])
