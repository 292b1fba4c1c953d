"""The study behind chapter 11: its script on small models, and what it stored."""

import importlib.util
import json
import math

import numpy as np
import pytest
import torch

from tests.notebook_tools import ROOT
from vae_utils import results
from vae_utils.likelihoods import Bernoulli
from vae_utils.model import VAE
from vae_utils.objectives import elbo, iw_bound
from vae_utils.quadrature import log_marginal
from vae_utils.runs.settings import Settings

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("full_size", ROOT / "book" / "experiments" / "full_size.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def source(seed):
    return torch.Generator().manual_seed(seed)


def grey(n, features=16, seed=0):
    return torch.rand(n, features, generator=source(seed))


def small(latent=2, features=16, seed=0):
    return VAE.of_size(features, latent, (8,), likelihood=Bernoulli(), seed=seed)


def training(script, seed=0, **changes):
    plan = script.Plan(seed, **{"latent": 2, "images": 40, "batch": 10, **changes})
    x = torch.bernoulli(grey(40), generator=source(9))
    return script.Training(plan, small(), x, x[:10], CPU)


@pytest.mark.parametrize(("objective", "k"), [("vae", 1), ("vae", 3), ("iwae", 3)])
def test_the_step_is_that_of_the_objective(script, objective, k):
    """One step of plain descent against the package's ELBO and bound on the same draws."""
    this = training(script, objective=objective, k=k)
    this.optimizer = torch.optim.SGD(this.model.parameters(), lr=1.0)
    this._draw()
    other = small()
    x, eps = this.epoch_x[:10], this.epoch_eps[:10].transpose(0, 1)
    mu, logvar = other.posterior(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    log_p = other.likelihood.log_prob(x, other.decoder(z))
    log_prior, log_q = (
        torch.distributions.Normal(mean, scale).log_prob(z).sum(-1)
        for mean, scale in ((torch.zeros(2), torch.ones(2)), (mu, torch.exp(0.5 * logvar)))
    )
    if objective == "iwae":
        value = (torch.logsumexp(log_p + log_prior - log_q, 0) - math.log(k)).mean()
    else:
        value = elbo(other, x, eps=eps).elbo.mean()
    (-value).backward()
    this._step()
    for before, after in zip(other.parameters(), this.model.parameters(), strict=True):
        torch.testing.assert_close(after, before - before.grad, rtol=1e-4, atol=1e-5)
    assert this.total.item() == pytest.approx(value.item(), rel=1e-5)


def test_trainings_side_by_side_are_those_alone(script):
    side_by_side = [training(script, seed) for seed in (0, 1)]
    script.together([(each, each.take(12, 1)) for each in side_by_side])
    for seed, each in enumerate(side_by_side):
        alone = training(script, seed)
        for _ in alone.take(12, 1):
            pass
        assert all(torch.equal(a, b) for a, b in zip(each.model.parameters(), alone.model.parameters(), strict=True))
        assert each.curve["step"] == [4, 8, 12]
        assert each.curves() == alone.curves()


def test_an_epoch_has_each_image_once(script):
    this = training(script)  # of black and white images, which a dynamic binarization leaves as they are
    this._draw()
    assert torch.equal(this.epoch_x.sum(0), this.x.sum(0))
    assert not torch.equal(this.epoch_x, this.x)


def test_the_bound_is_that_of_the_package(script):
    model, x = small(), torch.bernoulli(grey(6), generator=source(1))
    ours = script.bound(model, x, 4000, images=4, chunk=300)
    theirs = iw_bound(model, x, n_samples=4000, generator=source(2))
    # an untrained encoder: the weights vary little, and 4,000 of them have a standard error below 0.02
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0.1)
    seen = script.bound(model, x, 4000, seen=grey(6, seed=3))  # another proposal, the same integral
    torch.testing.assert_close(seen, ours, rtol=0, atol=0.15)


def test_quadrature_in_the_plane_is_that_of_the_package(script):
    model, x = small(), torch.bernoulli(grey(6), generator=source(1))
    torch.testing.assert_close(
        script.exact_log_p(model, x, points=151), log_marginal(model, x, points=151).double(), rtol=0, atol=1e-4
    )


def test_first_weights_are_glorots(script):
    x = grey(50, 784)
    model = script.glorot(Settings(latent=50, hidden=(200, 200), activation="tanh").untrained(784), x, seed=0)
    first, last = model.encoder.layers[0], model.decoder.layers[-1]
    assert first.weight.abs().max() <= math.sqrt(6 / (784 + 200)) and not first.bias.any()
    torch.testing.assert_close(torch.sigmoid(last.bias), x.mean(0))


def test_json_keeps_lists_of_numbers_on_one_line(script):
    book = {"a": [1, 2.5], "b": {"c": [[1], [2]], "d": "text"}, "e": [{"f": [3]}]}
    text = script.compact(book)
    assert json.loads(text) == book and "[1, 2.5]" in text


# --- what is stored


def test_the_stored_study_is_whole_and_small():
    path = results.folder() / "full_size.json"
    assert path.stat().st_size <= 200_000
    study = results.load("full_size")
    assert study["seeds"] == [0, 1, 2] and study["burda_seeds"] == [0, 1]
    for part in ("times", "sizes", "burda"):
        assert set(study[part]["made_with"]) == {"device", "torch", "python", "numpy"}
    assert study["burda"]["epochs"] == np.cumsum([3**i for i in range(len(study["burda"]["epochs"]))]).tolist()
    assert len(study["burda"]["rows"]) == 5 * 2
    assert study["sizes"]["test_images"] == study["burda"]["test_images"] == 10_000


@pytest.mark.parametrize("latent", [2, 20])
def test_the_stored_models_fit_the_classic_architecture(latent):
    path = results.folder() / f"mnist_{latent}d.npz"
    assert path.stat().st_size <= 1_500_000
    arrays = np.load(path)
    model = Settings(latent=latent).untrained(784)
    model.load_state_dict({name: torch.tensor(arrays[name]).float() for name in arrays})
    assert all(value.isfinite().all() for value in model.parameters())
