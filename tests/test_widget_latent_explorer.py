"""The latent explorer in Python: what it packs, what it refuses, the exact ELBO behind it."""

import numpy as np
import pytest
import torch
from torch import nn

from vae_utils.data import load_digits
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.objectives import elbo
from vae_utils.widgets.latent_explorer import LatentExplorer, gauss_hermite, quadrature_elbo


def small_model(**options):
    return VAE.of_size(64, 2, (12,), seed=0, **options)


@pytest.fixture
def digits():
    return load_digits("test")


def test_quadrature_is_exact_for_polynomials():
    nodes, weights = gauss_hermite(5)
    # moments of the standard normal: 1, 0, 1, 0, 3, …, (2k − 1)!!
    moments = [(weights * nodes**degree).sum() for degree in range(10)]
    assert moments == pytest.approx([1, 0, 1, 0, 3, 0, 15, 0, 105, 0], abs=1e-11)


@pytest.mark.parametrize("likelihood", [Gaussian(0.2), Bernoulli()], ids=["gaussian", "bernoulli"])
def test_quadrature_elbo_is_the_mean_of_many_sampled_ones(digits, likelihood):
    model, x = small_model(likelihood=likelihood), digits.x[:5]
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        draws = torch.stack([elbo(model, x, n_samples=100, generator=generator).elbo for _ in range(100)])
    exact = quadrature_elbo(model, x)
    error = draws.std(0) / 10
    assert ((draws.mean(0) - exact.elbo).abs() < 5 * error).all()
    assert torch.equal(exact.elbo, exact.reconstruction - exact.kl)


@pytest.mark.parametrize("likelihood", [Gaussian(0.2), Bernoulli()], ids=["gaussian", "bernoulli"])
def test_the_model_comes_back_out_of_the_figure(digits, likelihood):
    model = small_model(likelihood=likelihood, activation="silu")
    figure = LatentExplorer.from_model(model, digits.x[:9], digits.y[:9])
    expected, got = quadrature_elbo(model, digits.x[:9]), quadrature_elbo(figure.model(), digits.x[:9])
    assert torch.allclose(got.elbo, expected.elbo, rtol=1e-6)
    assert np.frombuffer(figure.elbos, "<f4") == pytest.approx(expected.elbo.numpy())
    assert [figure.z1, figure.z2] == pytest.approx(model.encode(digits.x[:1])[0].tolist())


def test_a_drawing_is_read_back_as_pixels(digits):
    figure = LatentExplorer.from_model(small_model(), digits.x[:9], digits.y[:9])
    with pytest.raises(ValueError, match="nothing has been drawn"):
        _ = figure.drawn
    figure.drawing = bytes(range(16)) * 4
    assert torch.equal(figure.drawn, torch.arange(16).repeat(4) / 16)


def test_state_is_small(digits):
    model = VAE.of_size(64, 2, (64, 64), seed=0)
    figure = LatentExplorer.from_model(model, digits.x, digits.y)
    state = [figure.images, figure.labels, figure.elbos, figure.encoder, figure.decoder]
    assert sum(map(len, state)) < 100_000


def test_poster(digits):
    poster = LatentExplorer.from_model(small_model(), digits.x, digits.y).poster()
    assert poster.startswith(b"\x89PNG") and len(poster) > 5000


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
        ({"model": VAE.of_size(16, 2, (4,))}, ValueError, "must read 64 pixels, got 16"),
        ({"x": torch.rand(9, 64)}, ValueError, "multiples of 1/16"),
        ({"x": torch.full((9, 64), 2.0)}, ValueError, r"x must lie in \[0, 1\]"),
        ({"x": torch.zeros(9, 16)}, ValueError, r"x must have shape \(N, 64\)"),
        ({"x": torch.zeros(201, 64)}, ValueError, "N from 2 to 200"),
        ({"labels": torch.zeros(8)}, ValueError, r"labels must be a tensor of shape \(9,\)"),
        ({"labels": torch.full((9,), 10)}, ValueError, "labels must lie between 0 and 9"),
        ({"chosen": 9}, ValueError, "chosen must be an integer from -1 to 8, got 9"),
    ],
)
def test_bad_input_is_named(digits, changed, error, message):
    arguments = {"model": small_model(), "x": digits.x[:9], "labels": digits.y[:9], **changed}
    with pytest.raises(error, match=message):
        LatentExplorer.from_model(arguments.pop("model"), arguments.pop("x"), arguments.pop("labels"), **arguments)


def test_three_latent_dimensions_have_no_quadrature_elbo():
    with pytest.raises(ValueError, match="2 latent dimensions, got 3"):
        quadrature_elbo(VAE.of_size(64, 3, (4,)), torch.zeros(2, 64))
