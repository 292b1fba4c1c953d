"""Four distances between two piles of numbers, one of which the reader drags over the other (chapter 2)."""

from __future__ import annotations

import math

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from vae_utils import evaluation, plots
from vae_utils.widgets import _random
from vae_utils.widgets._base import Widget, module

SHIFTS = (-2.0, 6.0)


class Distances(Widget):
    """Drag n numbers b over n numbers a, and watch KL, JS, W1 and MMD² move.

    The numbers are a = ε and b = shift + spread · ε′ with ε, ε′ standard normal. KL(a‖b) and JS compare the shares of
    both piles in cells of one width, over all cells in use, in nats; W1 is exact, by sorting; MMD² is the unbiased
    estimate with a Gaussian kernel (:mod:`vae_utils.evaluation`). Four panels show each distance against the shift.

    Parameters
    ----------
    n : int, from 5 to 200
        Numbers in each lot.
    width : float, from 0.001 to 2
        Width of a cell.
    shift : float, from -2 to 6
        Added to all numbers b.
    spread : float, from 0.2 to 2
        Standard deviation of b.
    seed : int
        Of the numbers.
    bandwidth : float, above 0
        Width of the kernel of MMD.

    Raises
    ------
    traitlets.TraitError
        If a value is no number or lies outside its range.
    """

    _esm = module("distances.js")
    n = traitlets.Int(100, min=5, max=200).tag(sync=True)
    width = traitlets.Float(2.0, min=0.001, max=2.0).tag(sync=True)
    shift = traitlets.Float(0.0, min=SHIFTS[0], max=SHIFTS[1]).tag(sync=True)
    spread = traitlets.Float(1.0, min=0.2, max=2.0).tag(sync=True)
    seed = traitlets.Int(7, min=0, max=2**30).tag(sync=True)
    bandwidth = traitlets.Float(1.0, min=0.05, max=10.0).tag(sync=True)
    title = traitlets.Unicode("Four rulers, two piles").tag(sync=True)
    task = traitlets.Unicode(
        "Leave b where it is and narrow the cells until KL is infinite. Which rulers have not moved at all?"
    ).tag(sync=True)

    def samples(self) -> tuple[Tensor, Tensor]:
        """The piles a and b that the page shows, each of shape (n,), float64."""
        a, b = (torch.from_numpy(_random.normals(2 * self.seed + k, self.n)) for k in (0, 1))
        return a, self.shift + self.spread * b

    def distances(self, shift: float | None = None) -> dict[str, float]:
        """KL(a‖b), JS, W1 and MMD² of the two piles, with b at ``shift`` (where it stands, if None)."""
        a, b = self.samples()
        b = b if shift is None else b - self.shift + shift
        p, q = _shares(a, b, self.width)
        r = (p + q) / 2
        return {
            "KL": _kl(p, q),
            "JS": (_kl(p, r) + _kl(q, r)) / 2,
            "W1": evaluation.wasserstein_1d(a, b).item(),
            "MMD²": evaluation.mmd(a[:, None], b[:, None], bandwidth=self.bandwidth).item(),
        }

    def draw_poster(self, figure: Figure) -> None:
        """Draw the two piles as histograms, and each distance against the shift."""
        shifts = np.linspace(*SHIFTS, 81)
        curves = [self.distances(shift) for shift in shifts]
        grid = figure.add_gridspec(2, 4, height_ratios=(1.2, 1))
        lots = figure.add_subplot(grid[0, :])
        edges = np.arange(math.floor(-5 / self.width), math.ceil(10 / self.width) + 1) * self.width
        for name, lot, color in zip("ab", self.samples(), plots.COLORS, strict=False):
            lots.hist(lot, edges, weights=np.full(self.n, 1 / self.n), color=color, alpha=0.4, label=name)
            lots.plot(lot, np.zeros(self.n), "|", color=color)
        lots.set(xlim=(-4, 9), ylabel="share", title=f"{self.n} numbers each, in cells of {self.width:g}")
        lots.legend(loc="upper right")
        for column, (name, value) in enumerate(self.distances().items()):
            panel = figure.add_subplot(grid[1, column])
            heights = [curve[name] if math.isfinite(curve[name]) else np.nan for curve in curves]
            panel.plot(shifts, heights, color=plots.COLORS[2])
            panel.set(title=f"{name} = {value:.2f}".replace("inf", "∞"), xlabel="shift", xlim=SHIFTS)
            if name == "KL":
                panel.set_ylim(0, 3)
            if math.isfinite(value):
                panel.plot(self.shift, value, "o", color=plots.COLORS[2])
            if name == "JS":
                panel.axhline(math.log(2), color=plots.COLORS[5], linestyle=":")


def _shares(a: Tensor, b: Tensor, width: float) -> tuple[Tensor, Tensor]:
    """Share of each lot in every cell in use: (n,), (n,) → (cells,), (cells,)."""
    used, cell = torch.unique((torch.cat([a, b]) / width).floor(), return_inverse=True)
    counts = [torch.bincount(part, minlength=len(used)) for part in (cell[: len(a)], cell[len(a) :])]
    return counts[0] / a.new_tensor(len(a)), counts[1] / b.new_tensor(len(b))


def _kl(p: Tensor, q: Tensor) -> float:
    """KL(p‖q) in nats; infinite where p has mass and q has none."""
    return torch.where(p > 0, p * torch.log(p / q), 0.0).sum().item()
