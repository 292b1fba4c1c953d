"""A VAE that trains in the page, on points in the plane (chapter 7)."""

from __future__ import annotations

import math

import numpy as np
import torch
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_utils import plots
from vae_utils.model import VAE
from vae_utils.widgets._base import Widget, float_bytes, integer_bytes, module
from vae_utils.widgets._toy_training import (
    DATASETS,
    HIDDEN,
    LATENT,
    MOST_STEPS,
    Examination,
    Points,
    Run,
    binned,
    examine,
    flat_weights,
    new_model,
    replay,
    toy_points,
)

STARTS = (0, 1, 2)
RATES = (0.001, 0.003, 0.01, 0.03)


class TrainInPage(Widget):
    """Train a small VAE in the page: 2 → 32 → (mu, logvar) of two axes → 32 → 2, batches of 64, Adam.

    Shown are 256 points with what their mean codes decode to and a decoded grid of codes, the posteriors in the latent
    plane, and the parts of −ELBO, batch by batch. The decoder's variance is 0.05. The gradients are written out by
    hand in ``static/training.js``; the same run can be made by torch, see :meth:`replay`.

    Parameters
    ----------
    data : int, from 0 to 2
        Six bumps, two moons, a tilted normal: see :func:`toy_points`.
    start : int, from 0 to 2
        The seed of the first weights, of the batches and of the noise.
    activation : {"tanh", "relu"}
        Of the hidden units.
    step : int, from 0 to 6000
        Steps made so far.
    schedule : list of (from step, β, learning rate)
        What held when; an entry holds until the next one. β from 0 to 64.

    Attributes
    ----------
    points, modes : bytes
        The points of all data sets, shape (3, 256, 2), float32, and their colours, shape (3, 256).
    own_costs : list of float
        Mean −log p of the points under their own density, in nats, for each data set.
    first_weights : bytes
        The first weights for each start, shape (3, 390), float32.

    Raises
    ------
    traitlets.TraitError
        If a value has the wrong type or lies outside its range.
    """

    _esm = module("training.js", "trainer.js")
    data = traitlets.Int(0, min=0, max=len(DATASETS) - 1).tag(sync=True)
    start = traitlets.Int(0, min=0, max=len(STARTS) - 1).tag(sync=True)
    activation = traitlets.Enum(["tanh", "relu"], "tanh").tag(sync=True)
    step = traitlets.Int(0, min=0, max=MOST_STEPS).tag(sync=True)
    schedule = traitlets.List(
        traitlets.Tuple(traitlets.Int(min=0), traitlets.Float(min=0, max=64), traitlets.Float(min=1e-5, max=0.1)),
        [(0, 1.0, 0.01)],
        minlen=1,
    ).tag(sync=True)
    points = traitlets.Bytes().tag(sync=True)
    modes = traitlets.Bytes().tag(sync=True)
    own_costs = traitlets.List(traitlets.Float()).tag(sync=True)
    first_weights = traitlets.Bytes().tag(sync=True)
    names = traitlets.List(list(DATASETS)).tag(sync=True)
    rates = traitlets.List(list(RATES)).tag(sync=True)
    hidden = traitlets.Int(HIDDEN).tag(sync=True)
    latent = traitlets.Int(LATENT).tag(sync=True)
    most_steps = traitlets.Int(MOST_STEPS).tag(sync=True)
    title = traitlets.Unicode("A VAE that trains before your eyes").tag(sync=True)
    task = traitlets.Unicode(
        "Train on the tilted normal, then raise β: at which β does the first of the two latent axes die, and at which "
        "the second?"
    ).tag(sync=True)

    def __init__(self, **traits: object):
        sets = [toy_points(name) for name in DATASETS]
        super().__init__(
            points=float_bytes(torch.stack([points.x for points in sets])),
            modes=integer_bytes(torch.stack([points.mode for points in sets])),
            own_costs=[points.own_cost for points in sets],
            first_weights=float_bytes(torch.stack([flat_weights(new_model(seed)) for seed in STARTS])),
            **traits,
        )

    @traitlets.validate("schedule")
    def _ordered(self, proposal: dict) -> list:
        steps = [entry[0] for entry in proposal["value"]]
        if steps != sorted(set(steps)) or steps[0] != 0:
            raise traitlets.TraitError(f"schedule must start at step 0 and go on in rising steps, got steps {steps}")
        return proposal["value"]

    @property
    def x(self) -> Tensor:
        """The points that are shown, shape (256, 2)."""
        return self._points().x

    def replay(self) -> Run:
        """The run that the page shows, made by torch: the model after ``step`` steps, and the log of its batches."""
        model = new_model(STARTS[self.start], self.activation)
        return replay(model, self.x, seed=STARTS[self.start], steps=self.step, schedule=self.schedule)

    def model(self) -> VAE:
        """The VAE as it stands in the page, in double precision."""
        return self.replay().model

    def _points(self) -> Points:
        return toy_points(DATASETS[self.data])

    def draw_poster(self, figure: Figure) -> None:
        """Draw the data plane, the latent plane and the curves after ``step`` steps."""
        points, run = self._points(), self.replay()
        state = examine(run.model, points.x)
        left, middle, right = figure.subplots(1, 3)
        draw_data(left, run.model, points, state)
        draw_codes(middle, points, state)
        left.set_title("data and reconstructions")
        middle.set_title("posteriors, and the prior")
        _, reconstruction, kl = run.log.T
        right.plot(*binned(reconstruction), color=plots.COLORS[1], label="reconstruction loss")
        right.plot(*binned(kl), color=plots.COLORS[2], label="KL")
        right.plot(*binned(reconstruction + kl), color="black", label="−ELBO")
        right.axhline(points.own_cost, color="gray", linestyle="--", linewidth=1)
        right.set(xlabel="step", title="nats per point", ylim=(-2, 6))
        if self.step:
            right.legend(loc="upper right", fontsize=8, handlelength=1)


@torch.no_grad()
def draw_data(ax: Axes, model: VAE, points: Points, state: Examination) -> Axes:
    """Points, what their mean codes decode to, and a decoded grid of codes."""
    along = torch.linspace(-2.5, 2.5, 41, dtype=torch.float64)
    for fixed in range(-2, 3):
        beside = torch.full_like(along, fixed)
        for codes in ((along, beside), (beside, along)):
            ax.plot(*model.decode(torch.stack(codes, 1)).T, color="gray", linewidth=0.6)
    colors = np.array(plots.COLORS)[points.mode]
    ax.scatter(*points.x.T, s=5, c=colors, alpha=0.35, linewidths=0)
    ax.scatter(*state.picture.T, s=7, c=colors, linewidths=0)
    ax.set(xlim=(-3.4, 3.4), ylim=(-3.4, 3.4), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    return ax


def draw_codes(ax: Axes, points: Points, state: Examination) -> Axes:
    """One ellipse for each posterior, one standard deviation wide, and the prior as two circles."""
    for mode in points.mode.unique():
        rows = points.mode == mode
        plots.posteriors(state.mu[rows], state.logvar[rows], ax=ax, color=plots.COLORS[mode], alpha=0.12)
    angle = np.linspace(0, 2 * math.pi, 200)
    for radius in (1, 2):
        ax.plot(radius * np.cos(angle), radius * np.sin(angle), color="gray", linewidth=1)
    ax.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), xlabel="$z_1$", ylabel="$z_2$")
    return ax
