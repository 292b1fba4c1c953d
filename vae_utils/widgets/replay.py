"""GAN replay: five recorded trainings of one generator, side by side under one scrubber (chapter 9)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from vae_utils import _validate, plots, results
from vae_utils.modes import ModeCount, count_modes
from vae_utils.toys import GaussianMixture, gaussian_mixture, ring_of_gaussians
from vae_utils.widgets._base import Widget, float_bytes, integer_bytes, module

LIMIT = 2.5  # of both coordinates; what lies beyond is kept at the edge
PER_UNIT = 255 / (2 * LIMIT)  # 51 steps of a byte to one unit, so a step is 0.4 σ of a mode
VIEW = 2.1  # half the side of a panel, in units of the data


def quantised(points: Tensor | np.ndarray) -> bytes:
    """Coordinates from −2.5 to 2.5 as one byte each, in row-major order: a byte b stands for b / 51 − 2.5."""
    values = np.asarray(points, dtype=np.float64)
    return integer_bytes(np.round((values.clip(-LIMIT, LIMIT) + LIMIT) * PER_UNIT))


def restored(data: bytes, *shape: int) -> Tensor:
    """The coordinates that :func:`quantised` wrote, in float64, as ``coordinates`` of the page reads them."""
    return torch.from_numpy(np.frombuffer(data, "u1") / PER_UNIT - LIMIT).reshape(*shape)


class GanReplay(Widget):
    """Scrub through recorded trainings of one generator on a ring of Gaussians: AE, VAE, GAN, clipped WGAN, WGAN-GP.

    Every panel shows what its generator makes of the same noise at the same part of its training, the modes that it has
    found, and, on request, where each point was a moment before. Modes and the share of points in them are counted in
    the page, as :func:`vae_utils.modes.count_modes` counts them.

    Parameters
    ----------
    fake : Tensor, shape (T, M, N, 2)
        N points of M methods at T moments. Kept to 0.02 and within ±2.5.
    real : Tensor, shape (N, 2)
        As many real points.
    methods : sequence of M str
    steps : sequence of M int
        Steps of the generator in the whole training.
    moments : sequence of T float
        The part of the training that is done, increasing from 0 to 1.
    seed : int
        Of the training, to be told to the reader.
    ring : GaussianMixture, optional
        Where the real points come from; :func:`vae_utils.toys.ring_of_gaussians` if None.
    moment : int, from 0 to T − 1
        The moment shown; the last one if not given.
    trails : bool
        Whether each point shows where it was a moment before.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or the moments do not increase from 0 to 1.
    traitlets.TraitError
        If ``moment`` or ``trails`` has the wrong type or lies outside its range.
    """

    _esm = module("replay.js")
    moment = traitlets.Int(0, min=0).tag(sync=True)
    trails = traitlets.Bool(False).tag(sync=True)
    moments = traitlets.List(traitlets.Float()).tag(sync=True)
    methods = traitlets.List(traitlets.Unicode()).tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    fake = traitlets.Bytes().tag(sync=True)
    real = traitlets.Bytes().tag(sync=True)
    centres = traitlets.Bytes().tag(sync=True)
    std = traitlets.Float().tag(sync=True)
    title = traitlets.Unicode("Five trainings, replayed").tag(sync=True)
    task = traitlets.Unicode(
        "Play it from the start. Which method reaches all eight modes first, which one loses modes that it had, and "
        "which one leaves the fewest points between them?"
    ).tag(sync=True)

    def __init__(
        self,
        fake: Tensor,
        real: Tensor,
        *,
        methods: Sequence[str],
        steps: Sequence[int],
        moments: Sequence[float],
        seed: int = 0,
        ring: GaussianMixture | None = None,
        **traits: object,
    ):
        _validate.floating(fake=fake, real=real)
        _validate.finite(fake=fake, real=real)
        wanted = (len(moments), len(methods), len(real), 2)
        if fake.shape != wanted or real.shape != wanted[2:]:
            raise ValueError(
                "fake and real must have shapes (moments, methods, points, 2) and (points, 2), here "
                f"{wanted} and {wanted[2:]}, got {tuple(fake.shape)} and {tuple(real.shape)}"
            )
        if len(steps) != len(methods):
            raise ValueError(f"steps must hold one number per method, {len(methods)}, got {len(steps)}")
        if len(moments) < 2 or moments[0] != 0 or moments[-1] != 1 or (np.diff(moments) <= 0).any():
            raise ValueError(f"moments must increase from 0 to 1, got {list(moments)}")
        ring = ring_of_gaussians() if ring is None else ring
        super().__init__(
            fake=quantised(fake), real=quantised(real), methods=list(methods), steps=list(steps), seed=seed,
            moments=list(moments), centres=float_bytes(ring.means), std=float(ring.stds[0]),
            **{"moment": len(moments) - 1, **traits},
        )  # fmt: skip

    @classmethod
    def from_results(cls, study: Mapping[str, Any] | None = None, **traits: object) -> GanReplay:
        """The recorded seed of the stored study ``gan_modes``, or of another one of that form."""
        study = results.load("gan_modes") if study is None else study
        recorded, names = study["replay"], list(study["methods"])
        fake, real = (base64.b64decode(recorded[key]) for key in ("fake", "real"))
        return cls(
            restored(fake, len(study["moments"]), len(names), -1, 2), restored(real, -1, 2), methods=names,
            steps=[study["steps"][name] for name in names], moments=study["moments"], seed=recorded["seed"], **traits,
        )  # fmt: skip

    @traitlets.validate("moment")
    def _check_moment(self, proposal: dict) -> int:
        if self.moments and proposal["value"] >= len(self.moments):
            raise traitlets.TraitError(f"moment must be below {len(self.moments)}, got {proposal['value']}")
        return proposal["value"]

    @property
    def ring(self) -> GaussianMixture:
        """The mixture of the real points, in float64."""
        means = torch.from_numpy(np.frombuffer(self.centres, "<f4").reshape(-1, 2).astype(np.float64))
        return gaussian_mixture(means, self.std)

    def points(self, moment: int | None = None) -> Tensor:
        """The points of all methods at a moment, by default the one shown: shape (M, N, 2), float64."""
        shape = len(self.moments), len(self.methods), -1, 2
        return restored(self.fake, *shape)[self.moment if moment is None else moment]

    def counts(self, moment: int | None = None) -> dict[str, ModeCount]:
        """Modes and the share of points in them, by method, at a moment, by default the one shown."""
        return {name: count_modes(x, self.ring) for name, x in zip(self.methods, self.points(moment), strict=True)}

    def draw_poster(self, figure: Figure) -> None:
        """Draw the panels of the moment, and the shares in a mode over the whole training."""
        grid = figure.add_gridspec(2, 5)
        real = restored(self.real, -1, 2)
        panels = [("real points", real, count_modes(real, self.ring))]
        panels += [(name, x, count) for x, (name, count) in zip(self.points(), self.counts().items(), strict=True)]
        centres = self.ring.means
        for place, (name, x, count) in enumerate(panels):
            ax = figure.add_subplot(grid[place // 3, place % 3])
            ax.scatter(*centres.T, s=60, facecolors="none", edgecolors="0.6", linewidths=0.7)
            ax.scatter(*x.clamp(-VIEW, VIEW).T, s=1.5, color=plots.COLORS[place - 1] if place else "0.2")
            ax.set(xlim=(-VIEW, VIEW), ylim=(-VIEW, VIEW), xticks=[], yticks=[], aspect="equal")
            ax.set_title(f"{name}: {count.found} modes", fontsize=7)
        ax = figure.add_subplot(grid[:, 3:])
        courses = [self.counts(moment) for moment in range(len(self.moments))]
        for place, name in enumerate(self.methods):
            shares = [counts[name].in_mode for counts in courses]
            ax.plot(self.moments, shares, color=plots.COLORS[place], label=name)
        ax.axvline(self.moments[self.moment], color="0.5", linewidth=0.8)
        ax.set(xlabel="part of the training", title="share of points in a mode", ylim=(0, 1))
        ax.legend(fontsize=7)
