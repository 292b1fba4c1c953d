"""The private posteriors in Python: what is packed, what is drawn, what is refused."""

import math

import numpy as np
import pytest
import torch
import traitlets
from scipy import stats
from torch import nn

from vae_utils.data import load_digits
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.widgets.posterior import MOST_DRAWS, PrivatePosterior


def small_model(**options):
    return VAE.of_size(64, 2, (12,), seed=0, **options)


@pytest.fixture
def digits():
    return load_digits("test")


def figure(digits, count=9, **traits):
    return PrivatePosterior.from_model(small_model(), digits.x[:count], digits.y[:count], **traits)


@pytest.mark.parametrize("likelihood", [Gaussian(), Bernoulli()], ids=["gaussian", "bernoulli"])
def test_the_model_comes_back_out_of_the_figure(digits, likelihood):
    model, x = small_model(likelihood=likelihood, activation="silu"), digits.x[:9]
    found = PrivatePosterior.from_model(model, x, digits.y[:9], chosen=4)
    with torch.no_grad():
        mu, logvar = model.posterior(x)
        pictures = model.double().decode(mu.double())
    assert torch.equal(found.digits(), x.double())
    assert torch.equal(torch.stack(found.posteriors()), torch.stack([mu, logvar]).double())
    assert torch.allclose(found.decode(mu), pictures, rtol=1e-12)
    assert [found.z1, found.z2] == pytest.approx(mu[4].tolist())
    assert np.frombuffer(found.mean_image, "<f4") == pytest.approx(x.mean(0).numpy())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_double_precision_packs_the_same(dtype):
    digits = load_digits("test", dtype=dtype)
    model = small_model().to(dtype)
    found = PrivatePosterior.from_model(model, digits.x[:5], digits.y[:5], mean_image=digits.x[7])
    assert found.digits().tolist() == digits.x[:5].tolist()
    assert np.frombuffer(found.mean_image, "<f4").tolist() == digits.x[7].tolist()  # sixteenths are exact


def test_own_draws_follow_the_private_posterior(digits):
    found = figure(digits, chosen=2, own=MOST_DRAWS)
    mu, logvar = (values[2] for values in found.posteriors())
    for axis in (0, 1):
        normal = stats.norm(mu[axis], math.exp(logvar[axis] / 2))
        # of a million such tests one would fail for a true sampler
        assert stats.kstest(found.draws().z[:, axis], normal.cdf).pvalue > 1e-6
    # 500 independent pairs: a correlation has the standard error 0.045
    assert abs(np.corrcoef(found.draws().z.T)[0, 1]) < 5 / math.sqrt(MOST_DRAWS)


def test_all_sources_share_their_noise(digits):
    found = figure(digits, chosen=3, own=40, another=40, prior=40)
    mu, logvar = found.posteriors()
    eps = found.draws("prior").z
    noise = (found.draws("own").z - mu[3]) / torch.exp(logvar[3] / 2)
    assert torch.allclose(noise, eps, atol=1e-12)
    # whoever the other digit was, its posterior explains the draw by the same noise
    whose = (found.draws("another").z[:, None] - mu) / torch.exp(logvar / 2) - eps[:, None]  # (40, 9, 2)
    off, who = whose.abs().amax(-1).min(1)
    assert off.max() < 1e-12
    assert 3 not in who and len(set(who.tolist())) > 4


def test_another_digit_is_any_other_one_and_never_the_same(digits):
    found = figure(digits, 5, chosen=1, another=MOST_DRAWS)
    counts = np.bincount(found._others(MOST_DRAWS), minlength=5)
    assert counts[1] == 0
    assert stats.chisquare(np.delete(counts, 1)).pvalue > 1e-6
    assert set(figure(digits, 2, chosen=1)._others(30).tolist()) == {0}


def test_distances_are_squared_and_summed(digits):
    found = figure(digits, chosen=1, own=4)
    drawn = found.draws()
    by_hand = [sum((a - b) ** 2 for a, b in zip(digits.x[1].tolist(), row, strict=True)) for row in drawn.pictures]
    assert drawn.distances.tolist() == pytest.approx([value.item() for value in by_hand])
    assert len(found.draws("prior").z) == 0
    longer = figure(digits, chosen=1, own=9).draws()
    assert torch.equal(longer.z[:4], drawn.z)
    assert not torch.equal(figure(digits, chosen=1, own=4, seed=1).draws().z, drawn.z)


def test_state_is_small(digits):
    model = VAE.of_size(64, 2, (128, 128), seed=0)
    found = PrivatePosterior.from_model(model, digits.x, digits.y)
    without_decoder = [found.images, found.labels, found.mu, found.logvar, found.mean_image]
    assert sum(map(len, without_decoder)) < 15_000
    assert len(found.decoder) == 4 * sum(weights.numel() for weights in model.decoder.parameters())


def test_poster(digits):
    shown = [figure(digits, 180, **traits).poster() for traits in ({}, {"own": 10}, {"own": 10, "chosen": 5})]
    assert len(set(shown)) == 3 and all(poster.startswith(b"\x89PNG") for poster in shown)


def lookalike():
    model = small_model()
    model.decoder = nn.Linear(2, 64)
    return model


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"model": "a VAE"}, TypeError, "model must be a VAE, got 'a VAE'"),
        ({"model": lookalike()}, TypeError, "must have an MLPDecoder as its decoder, got a Linear"),
        ({"model": VAE.of_size(64, 3, (4,))}, ValueError, "2 latent dimensions, got 3"),
        ({"x": torch.rand(9, 64)}, ValueError, "multiples of 1/16"),
        ({"x": torch.zeros(201, 64)}, ValueError, "N from 2 to 200"),
        ({"labels": torch.zeros(8)}, ValueError, r"labels must be a tensor of shape \(9,\)"),
        ({"mean_image": torch.zeros(9)}, ValueError, r"mean_image must be a tensor of shape \(64,\), got"),
        ({"mean_image": torch.full((64,), 2.0)}, ValueError, r"mean_image must lie in \[0, 1\]"),
        ({"chosen": 9}, ValueError, "chosen must be an integer from 0 to 8, got 9"),
        ({"own": 501}, traitlets.TraitError, "own"),
        ({"source": "both"}, traitlets.TraitError, "source"),
    ],
)
def test_bad_input_is_named(digits, changed, error, message):
    arguments = {"model": small_model(), "x": digits.x[:9], "labels": digits.y[:9], **changed}
    with pytest.raises(error, match=message):
        PrivatePosterior.from_model(arguments.pop("model"), arguments.pop("x"), arguments.pop("labels"), **arguments)


def test_an_unknown_source_is_refused(digits):
    with pytest.raises(ValueError, match="source must be one of own, another, prior, got 'both'"):
        figure(digits).draws("both")
