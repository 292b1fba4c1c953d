"""The Collapse widget's Python side: its training, what is lost, its samples, its errors."""

import numpy as np
import pytest
import torch
import traitlets
from scipy.optimize import minimize

from vae_utils import gaussian, likelihoods
from vae_utils.data import load_digits
from vae_utils.ppca import PPCA, fit_ppca
from vae_utils.widgets.collapse import START, STEPS, Collapse


@pytest.fixture(scope="module")
def images():
    return load_digits("train", dtype=torch.float64).x


@pytest.fixture(scope="module")
def ppca(images):
    return fit_ppca(images, 8)


def total_loss(theta, rho, weight_mu, weight_logvar, beta):
    """The loss of all axes together, from its definition: (3, ..., L) → ()."""
    a, logvar, w = theta
    reconstruction = rho / 2 * ((1 - w * a) ** 2 + w**2 * torch.exp(logvar))
    kl = 0.5 * (a**2 + torch.exp(logvar) - logvar - 1)
    return (reconstruction + weight_mu * a**2 + weight_logvar * logvar**2 + beta * kl).sum()


def by_torch(rho, losses):
    """The same training by autograd and torch.optim.Adam, of several losses at once: (losses, steps, 3, L).

    Adam treats every number on its own, so the runs do not see each other.
    """
    rho = torch.as_tensor(rho, dtype=torch.float64)
    weights = torch.tensor(losses, dtype=torch.float64).T[..., None]  # three times (losses, 1)
    theta = torch.tensor(START, dtype=torch.float64)[:, None, None].repeat(1, len(losses), len(rho)).requires_grad_()
    optimizer, path = torch.optim.Adam([theta], lr=0.01, eps=1e-8), []
    for _ in range(STEPS):
        optimizer.zero_grad()
        total_loss(theta, rho, *weights).backward()
        optimizer.step()
        path.append(theta.detach().clone())
    return torch.stack(path).permute(2, 0, 1, 3).numpy()


def along_axes(ppca, widget, images):
    """The images' coordinates along the axes, each of variance one: (N, D) → (N, L)."""
    deviation = torch.tensor(widget.data_variance, dtype=torch.float64).sqrt()
    return (images - ppca.mean) @ (ppca.weights / ppca.weights.norm(dim=0)) / deviation


def test_data_along_the_axes_have_variance_one(ppca, images):
    covariance = torch.cov(along_axes(ppca, Collapse(ppca), images).T, correction=0)
    assert torch.allclose(covariance, torch.eye(8, dtype=torch.float64), atol=1e-9)


def test_training_is_that_of_torch(ppca):
    naive, kl = Collapse(ppca, weight_mu=0.5, weight_logvar=0.09), Collapse(ppca, loss="KL")
    expected = by_torch(np.array(naive.data_variance) / ppca.variance, [(0.5, 0.09, 0), (0, 0, 1)])
    # the same sums in another order: 4000 steps that come to rest keep all but the last digits
    assert naive.training() == pytest.approx(expected[0], rel=1e-9)
    assert kl.training() == pytest.approx(expected[1], rel=1e-9)


def test_weights_count_for_the_naive_loss_alone(ppca):
    one, other = (Collapse(ppca, loss="KL", weight_mu=weight).training() for weight in (0.1, 3.0))
    assert np.array_equal(one, other)
    nothing = Collapse(ppca, weight_mu=0, weight_logvar=0).training()
    assert np.array_equal(Collapse(ppca, loss="reconstruction").training(), nothing)


def test_the_kl_ends_at_probabilistic_pca(ppca, images):
    widget = Collapse(ppca, loss="KL")
    a, logvar, w = widget.training()[-1]
    covariance = ppca.posterior(images[:1])[1]
    # the run loses 1e-15 nats; near a minimum the numbers are off by the square root of that
    assert np.exp(logvar) == pytest.approx(covariance.diagonal().numpy(), rel=1e-6)
    basis = np.frombuffer(widget.basis, "<f4").reshape(64, 8)
    assert basis * w == pytest.approx(ppca.weights.numpy(), rel=1e-6, abs=1e-6)
    mu = along_axes(ppca, widget, images) * torch.from_numpy(a)
    assert mu.numpy() == pytest.approx(ppca.posterior(images)[0].numpy(), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("step", [1, 60, 4000])
def test_lost_is_exact_log_p_less_elbo_on_the_images(ppca, images, step):
    widget = Collapse(ppca)
    theta = widget.training()[step - 1]
    a, logvar, w = map(torch.from_numpy, theta)
    c = torch.tensor(widget.data_variance, dtype=torch.float64)
    mu = along_axes(ppca, widget, images) * a
    decoded = ppca.mean + (mu * w * c.sqrt()) @ (ppca.weights / ppca.weights.norm(dim=0)).T
    noise = (c * w**2 * logvar.exp()).sum() / (2 * ppca.variance)  # its expected cost
    at_the_mean = likelihoods.gaussian_log_likelihood(images, decoded, np.log(ppca.variance))
    elbo = at_the_mean - noise - gaussian.kl_to_standard_normal(mu, logvar.expand_as(mu))
    assert widget.lost(theta) == pytest.approx((ppca.log_prob(images) - elbo).mean().item(), rel=1e-9)


@pytest.mark.parametrize("variance", [0.003, 0.0272, 0.3])
def test_the_best_elbo_is_the_one_that_scipy_finds(ppca, variance):
    """Also where an axis is weaker than the noise, ρ < 1, and is best left unused."""
    widget = Collapse(ppca, variance=variance)
    rho = np.array(widget.data_variance) / variance

    def lost(flat):
        return widget.lost(flat.reshape(3, -1))

    def negative_elbo(flat):
        return total_loss(torch.from_numpy(flat).view(3, -1), torch.from_numpy(rho), 0, 0, 1).item()

    start = np.repeat([0.9, -1.0, 0.9], len(rho))
    best = minimize(negative_elbo, start, tol=1e-12)
    # scipy stops where its difference quotients (of steps 1e-8) say nothing more
    assert lost(best.x) == pytest.approx(0, abs=1e-6)
    assert lost(start) - lost(best.x) == pytest.approx(negative_elbo(start) - best.fun, rel=1e-9)


@pytest.mark.parametrize("variance", [0.003, 0.0272, 0.1, 0.3])
def test_the_reference_has_arrived(ppca, variance):
    widget = Collapse(ppca, loss="KL", variance=variance)
    assert -1e-9 < widget.lost(widget.training()[-1]) < 0.01


def test_the_task_has_its_answer(ppca):
    def lost(weight_logvar, variance):
        widget = Collapse(ppca, weight_logvar=weight_logvar, variance=variance)
        return widget.lost(widget.training()[-1])

    assert lost(0.25, ppca.variance) > 1 and lost(0.089, ppca.variance) < 0.1
    assert lost(0.089, 0.01) > 0.1 and lost(0.089, 0.1) > 0.1
    assert lost(0.067, 0.01) < 0.1 and lost(0.14, 0.1) < 0.1


def test_samples_are_those_of_probabilistic_pca(ppca):
    widget = Collapse(ppca, loss="KL", seed=3)
    pictures = widget.samples(widget.training()[-1])
    assert pictures.shape == (10, 64)
    deviations = torch.from_numpy(pictures) - ppca.mean
    z = torch.linalg.lstsq(ppca.weights, deviations.T).solution.T
    assert (ppca.decode(z) - ppca.mean).numpy() == pytest.approx(deviations.numpy(), abs=1e-6)
    assert not np.array_equal(pictures, Collapse(ppca, loss="KL", seed=4).samples(widget.training()[-1]))


def test_state_is_small(ppca):
    state = Collapse(ppca).get_state()
    assert len(state["basis"]) == 4 * 64 * 8 and len(state["mean"]) == 4 * 64
    assert state["variance"] == ppca.variance


@pytest.mark.parametrize("changed", [{"weight_logvar": 0.0}, {"loss": "KL"}, {"step": 50}, {"variance": 0.1}])
def test_poster_shows_the_state(ppca, changed):
    assert Collapse(ppca).poster() != Collapse(ppca, **changed).poster()


def test_wrong_axes_are_refused(ppca):
    with pytest.raises(TypeError, match="ppca must be a PPCA, as fit_ppca gives it, got Tensor"):
        Collapse(ppca.weights)
    with pytest.raises(ValueError, match="ppca must be of square images, got 3 pixels"):
        Collapse(PPCA(torch.zeros(3), torch.eye(3)[:, :2], 0.1))
    for weights in (torch.ones(4, 2), torch.eye(4)[:, :2] * torch.tensor([1.0, 0.0])):
        with pytest.raises(ValueError, match="ppca must have orthogonal axes"):
            Collapse(PPCA(torch.zeros(4), weights, 0.1))


@pytest.mark.parametrize(
    ("name", "value"),
    [("weight_mu", -0.1), ("weight_logvar", 3.0), ("loss", "both"), ("variance", 0.0), ("step", 0), ("step", 4001)],
)
def test_values_out_of_range_are_refused(ppca, name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        Collapse(ppca, **{name: value})
