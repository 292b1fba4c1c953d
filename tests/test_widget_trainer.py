"""The trainer's Python side: its points, its batches, its program, and the run that torch makes of its state."""

import math

import numpy as np
import pytest
import torch
import traitlets
from scipy import stats

from vae_utils import objectives
from vae_utils.widgets._random import normals
from vae_utils.widgets._toy_training import (
    DATASETS,
    PROGRAM,
    TILTED_VARIANCES,
    VARIANCE,
    batches,
    binned,
    examine,
    flat_weights,
    new_model,
    replay,
    toy_points,
)
from vae_utils.widgets.trainer import TrainInPage


def test_points_cost_what_their_density_says():
    tilted, moons, bumps = (toy_points(name) for name in DATASETS)
    covariance = np.cov(tilted.x.T, bias=True)
    assert np.linalg.eigvalsh(covariance) == pytest.approx(sorted(TILTED_VARIANCES), rel=1e-6)  # x is float32
    # the mean of -log p over points with exactly these moments is the entropy
    entropy = stats.multivariate_normal(np.zeros(2), covariance).entropy()
    assert tilted.own_cost == pytest.approx(entropy, rel=1e-6)
    angle = np.arange(6) * math.pi / 3
    distance = np.linalg.norm(
        bumps.x.numpy()[:, None] - math.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], 1), axis=-1
    )
    density = (np.exp(-(distance**2) / 0.08) / (2 * math.pi * 0.04)).mean(1)
    assert bumps.own_cost == pytest.approx(-np.log(density).mean(), rel=1e-6)
    assert moons.own_cost > 0 and set(moons.mode.tolist()) == {0, 1}


def test_unknown_points_are_refused():
    with pytest.raises(ValueError, match=r"name must be one of a tilted normal, .*, got 'spiral'"):
        toy_points("spiral")


def test_every_point_comes_once_in_an_epoch():
    rows, eps = batches(3, 10)
    assert rows.shape == (10, 64) and eps.shape == (10, 64, 2)
    for start in (0, 4):
        assert sorted(rows[start : start + 4].ravel()) == list(range(256))
    assert not np.array_equal(rows[:4], rows[4:8]) and not np.array_equal(rows[0], np.sort(rows[0]))
    assert np.array_equal(eps.ravel(), normals(7, 10 * 128))


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_the_program_is_the_packages_loss(beta):
    model, x = new_model(5), toy_points("two moons").x[:64]
    eps = torch.from_numpy(batches(5, 1)[1][0])
    names = {"torch": torch, "math": math, "encoder": model.encoder, "decoder": model.decoder}
    names |= {"s2": VARIANCE, "beta": beta, "x": x, "eps": eps}
    exec(PROGRAM, names)
    terms = objectives.negative_elbo(model, x, eps=eps, beta=beta)
    assert names["loss"].item() == pytest.approx(terms["loss"].mean().item(), rel=1e-12)


def test_a_schedule_is_followed():
    """Two legs of a run are one run: settings hold from their step on, and nothing else is carried over."""
    x = toy_points("six bumps").x
    schedule = [(0, 1.0, 0.01), (20, 4.0, 0.003)]
    short, long = (replay(new_model(1), x, seed=1, steps=n, schedule=schedule) for n in (20, 30))
    constant = replay(new_model(1), x, seed=1, steps=20)
    assert np.array_equal(short.log, long.log[:20]) and np.array_equal(short.log, constant.log)
    loss, reconstruction, kl = long.log.T
    assert loss[:20] == pytest.approx((reconstruction + kl)[:20])
    assert loss[20:] == pytest.approx((reconstruction + 4 * kl)[20:])


def test_examination():
    model, x = new_model(2), toy_points("two moons").x
    state = examine(model, x)
    eps = torch.from_numpy(normals(1_000_003, 512).reshape(256, 2))
    terms = objectives.elbo(model, x, eps=eps)
    assert state.reconstruction == pytest.approx(terms.reconstruction.mean().item(), rel=1e-12)
    assert state.elbo == pytest.approx(terms.elbo.mean().item(), rel=1e-9)
    assert state.variance.tolist() == pytest.approx(model.encode(x).detach().numpy().var(0).tolist())


def test_bins():
    steps, means = binned(np.arange(25.0))
    assert steps.tolist() == [5, 15, 22.5] and means.tolist() == [4.5, 14.5, 22]
    assert [len(part) for part in binned(np.array([]))] == [0, 0]


@pytest.mark.parametrize(("beta", "alive"), [(2.0, 2), (8.0, 1), (64.0, 0)])
def test_an_axis_lives_while_its_variance_exceeds_beta_times_the_decoders(beta, alive):
    """The task's answer: 0.2 / 0.05 = 4 for the short axis, 1.6 / 0.05 = 32 for the long one, whatever the start."""
    for start in range(3):
        figure = TrainInPage(start=start, step=600, schedule=[(0, beta, 0.01)])
        state = examine(figure.model(), toy_points("a tilted normal").x)
        assert (state.variance > 0.05).sum() == alive, state.variance


def test_state_is_small_and_holds_the_first_weights():
    state = TrainInPage().get_state()
    weights = np.frombuffer(state["first_weights"], "<f4").reshape(3, -1)
    assert np.array_equal(weights[2], flat_weights(new_model(2)).numpy())
    assert len(state["points"]) == 3 * 256 * 2 * 4 and len(state["first_weights"]) == 3 * 390 * 4


def test_points_that_are_shown():
    points = np.frombuffer(TrainInPage().points, "<f4").reshape(3, 256, 2)
    for data in range(3):
        assert np.array_equal(TrainInPage(data=data).x.numpy(), points[data])


def test_relu_is_another_run():
    tanh, relu = (TrainInPage(step=5, activation=name).replay().log for name in ("tanh", "relu"))
    assert not np.allclose(tanh, relu)


def test_what_the_page_sends_is_read_back():
    figure = TrainInPage()
    figure.set_state({"schedule": [[0, 1, 0.01], [30, 4, 0.003]], "step": 40})
    assert figure.schedule == [(0, 1.0, 0.01), (30, 4.0, 0.003)]
    constant = TrainInPage(step=40).replay().log
    assert np.array_equal(figure.replay().log[:30], constant[:30])
    assert not np.allclose(figure.replay().log[32:], constant[32:])


def test_poster_shows_the_step():
    assert TrainInPage(step=0).poster() != TrainInPage(step=30).poster()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data", 3),
        ("start", -1),
        ("activation", "sine"),
        ("step", 6001),
        ("schedule", []),
        ("schedule", [(5, 1.0, 0.01)]),
        ("schedule", [(0, 1.0, 0.01), (0, 2.0, 0.01)]),
        ("schedule", [(0, -1.0, 0.01)]),
    ],
)
def test_wrong_values_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        TrainInPage(**{name: value})
