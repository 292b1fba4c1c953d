"""The β dial in Python: what it measures, what it packs, what it refuses."""

import itertools

import numpy as np
import pytest
import torch
import traitlets
from scipy.special import ndtri

from vae_utils.data import load_digits
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.objectives import elbo
from vae_utils.rate import exact_rate, kl_per_dimension
from vae_utils.widgets.beta import BetaDial

BETAS = [0.1, 1.0, 10.0]


def small_models(**options):
    return [VAE.of_size(64, 2, (12, 9), seed=seed, **options) for seed in range(3)]


@pytest.fixture(scope="module")
def digits():
    return load_digits("test")


def figure(digits, models=None, betas=BETAS, count=9, **traits):
    models = small_models() if models is None else models
    return BetaDial.from_models(betas, models, digits.x, digits.x[:count], digits.y[:count], **traits)


def test_every_model_comes_back_out_of_the_figure(digits):
    models = small_models(activation="silu")
    found = figure(digits, models)
    assert torch.equal(found.digits(), digits.x[:9].double())
    for found.index, model in enumerate(models):
        with torch.no_grad():
            mu, logvar = model.posterior(digits.x[:9])
            pictures = model.double().decode(mu.double())
        assert torch.equal(torch.stack(found.posteriors()), torch.stack([mu, logvar]).double())
        assert torch.allclose(found.decode(mu), pictures, rtol=1e-12)


def test_the_numbers_are_those_of_the_package(digits):
    models = small_models()
    found = figure(digits, models)
    for m, model in enumerate(models):
        with torch.no_grad():
            mu, logvar = model.posterior(digits.x)
            draws = elbo(model, digits.x, n_samples=400, generator=torch.Generator().manual_seed(m)).reconstruction
        exact = exact_rate(mu, logvar)
        assert (found.rate[m], found.information[m], found.aggregate_kl[m]) == pytest.approx(tuple(exact))
        assert found.information[m] + found.aggregate_kl[m] == pytest.approx(found.rate[m], abs=1e-5)
        assert found.kl[m] == pytest.approx(kl_per_dimension(mu, logvar).tolist())
        assert sum(found.kl[m]) == pytest.approx(found.rate[m], rel=1e-5)
        assert found.spread[m] == pytest.approx(np.var(mu.numpy(), 0, ddof=1).tolist(), rel=1e-4)
        # the figure integrates over q, the package draws: its mean over 180 images of 400 draws has an error below 0.05
        assert found.distortion[m] == pytest.approx(-draws.mean().item(), abs=0.25)
    assert found.active == [sum(value > 0.01 for value in pair) for pair in found.spread]


def test_the_map_stands_at_quantiles_and_the_samples_follow_the_seed(digits):
    found = figure(digits, seed=3)
    assert found.quantiles == pytest.approx([ndtri((k + 0.5) / 8) for k in range(8)])
    z = found.prior_samples()
    assert z.shape == (12, 2) and not torch.equal(z, figure(digits, seed=4).prior_samples())
    for found.index in range(3):
        assert torch.equal(z, found.prior_samples())


def test_the_state_is_small(digits):
    state = figure(digits).get_state()
    assert len(state["decoders"]) == 4 * 3 * sum(a * b + b for a, b in itertools.pairwise([2, 9, 12, 64]))
    assert (state["index"], state["betas"]) == (0, BETAS)


class Other(torch.nn.Module):
    latent = 2


def test_models_that_do_not_fit_are_refused(digits):
    models = small_models()
    with pytest.raises(ValueError, match="models must be 3, one for each β, got 2"):
        figure(digits, models[:2])
    with pytest.raises(TypeError, match="model must be a VAE"):
        figure(digits, [*models[:2], Other()])
    with pytest.raises(TypeError, match="models must have Gaussian pixels, got a Bernoulli"):
        figure(digits, small_models(likelihood=Bernoulli()))
    with pytest.raises(ValueError, match="models must share one decoder, got"):
        figure(digits, [*models[:2], VAE.of_size(64, 2, (7,))])
    with pytest.raises(ValueError, match=r"models must share one decoder variance, got 0\.05 and 0\.1"):
        figure(digits, [*models[:2], VAE.of_size(64, 2, (12, 9), likelihood=Gaussian(0.1))])


@pytest.mark.parametrize("betas", [[1.0], [1.0, 0.5, 2.0], [0.0, 1.0, 2.0], [1.0, 1.0, 2.0]])
def test_betas_that_do_not_ascend_are_refused(digits, betas):
    with pytest.raises(ValueError, match="betas must be at least two positive numbers in ascending order"):
        figure(digits, betas=betas)


def test_bad_values_are_refused(digits):
    for index in (3, -1, 1.0):
        with pytest.raises(ValueError, match="index must be an integer from 0 to 2"):
            figure(digits, index=index)
    with pytest.raises(ValueError, match="x must hold at least 3 digits, got 2"):
        figure(digits, count=2)
    with pytest.raises(ValueError, match="x must consist of multiples of 1/16"):
        BetaDial.from_models(BETAS, small_models(), digits.x, digits.x[:9] * 0.99, digits.y[:9])
    with pytest.raises(traitlets.TraitError, match="seed"):
        figure(digits, seed=-1)
