"""Two estimates of one gradient, from the same noise, racing for the exact value (chapter 6)."""

from __future__ import annotations

import math

import numpy as np
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vae_utils import plots
from vae_utils.widgets import _random
from vae_utils.widgets._base import Widget, module

GRADIENT = -2.0  # ∂/∂μ₁ E f = 2 (μ₁ − 1) at μ = 0
TOLERANCE = 0.1 * abs(GRADIENT)
MOST_DRAWS = 20_000
MOST_LATENTS = 64  # numbers in a row of the noise: a draw uses the first L of them, so its ε₁ is that of every L
NAMES = ("pathwise", "score function")


class GradientRace(Widget):
    """Estimate ∂/∂μ₁ E f for f(z) = Σ (z_i − 1)², z ~ N(μ, σ² I) at μ = 0, from the slope of f and from its values.

    Both estimates use the same noise, z = σ ε. Shown are their histograms around the exact gradient −2, the means of
    the first n of them with the standard errors, and the ratio of their variances against L, measured and exact.
    The score function is that of Williams (1992), the pathwise gradient that of Kingma and Welling (2014); with μ = 0
    one estimate each is

        pathwise  2 (σ ε₁ − 1)            with the variance  4 σ²
        score     (f(σ ε) − b) ε₁ / σ     with the variance  (2L + 8) σ² + 4L + 4

    for the baseline b = E f = L (1 + σ²); without it, (E f)² / σ² + 4 E f is added to the second variance.

    Attributes
    ----------
    latent : int, from 1 to 64
        L.
    sigma : float, from 0.25 to 2
        σ of each of the L dimensions.
    baseline : bool
        Whether b = E f is subtracted; b = 0 otherwise.
    count : int, from 0 to 20,000
        Draws so far.
    seed : int
        Of the noise.

    Raises
    ------
    traitlets.TraitError
        If a value is of the wrong type or lies outside its range.
    ValueError
        If a method is asked for an L that is no whole number from 1 to 64.
    """

    _esm = module("gradients.js")
    latent = traitlets.Int(1, min=1, max=MOST_LATENTS).tag(sync=True)
    sigma = traitlets.Float(1.0, min=0.25, max=2.0).tag(sync=True)
    baseline = traitlets.Bool(True).tag(sync=True)
    count = traitlets.Int(300, min=0, max=MOST_DRAWS).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**31 - 1).tag(sync=True)
    title = traitlets.Unicode("A race of two gradients").tag(sync=True)
    task = traitlets.Unicode("Set L to 64. How many score-function draws are worth one pathwise draw?").tag(sync=True)

    def eps(self, latent: int | None = None) -> np.ndarray:
        """The noise of the draws that the page shows, shape (count, L); for another L if one is given."""
        latent = self._latent(latent)
        return _random.normals(self.seed, self.count * MOST_LATENTS).reshape(-1, MOST_LATENTS)[:, :latent]

    def estimates(self, latent: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The estimates that the page shows, pathwise and score function; for another L if one is given.

        Returns
        -------
        tuple of ndarray, each of shape (count,)
        """
        eps = self.eps(latent)
        f = ((self.sigma * eps - 1) ** 2).sum(1)
        subtracted = self._expected_f(latent) if self.baseline else 0.0
        return 2 * (self.sigma * eps[:, 0] - 1), (f - subtracted) * eps[:, 0] / self.sigma

    def variances(self, latent: int | None = None) -> tuple[float, float]:
        """Exact variances of one estimate, pathwise and score function; for another L if one is given."""
        score = (2 * self._latent(latent) + 8) * self.sigma**2 + 4 * self._latent(latent) + 4
        kept = 0.0 if self.baseline else self._expected_f(latent)
        return 4 * self.sigma**2, score + (kept / self.sigma) ** 2 + 4 * kept

    def _expected_f(self, latent: int | None) -> float:
        return self._latent(latent) * (1 + self.sigma**2)

    def _latent(self, latent: int | None) -> int:
        if latent is None:
            return self.latent
        if not isinstance(latent, int | np.integer) or not 1 <= latent <= MOST_LATENTS:
            raise ValueError(f"latent must be a whole number from 1 to {MOST_LATENTS}, got {latent!r}")
        return int(latent)

    def draw_poster(self, figure: Figure) -> None:
        """Draw the two histograms, the running means, and the ratio of the variances against L."""
        axes = figure.subplot_mosaic("AC;BD")
        edges = GRADIENT + np.linspace(-1, 1, 81) * _reach(self.variances())
        for key, name, color, values in zip("AB", NAMES, plots.COLORS, self.estimates(), strict=False):
            axes[key].hist(values, edges, color=color, alpha=0.6)
            axes[key].text(0.03, 0.82, name, color=color, transform=axes[key].transAxes)
            axes[key].axvline(GRADIENT, color="black", linestyle=":")
            axes[key].set(ylabel="draws", xlim=edges[[0, -1]])
        axes["B"].set(xlabel="one estimate of ∂E f/∂μ₁")
        self._draw_means(axes["C"])
        self._draw_ratios(axes["D"])

    def _draw_means(self, ax: Axes) -> None:
        n = np.arange(1, self.count + 1)
        every = np.geomspace(1, MOST_DRAWS, 100)
        ax.axhspan(GRADIENT - TOLERANCE, GRADIENT + TOLERANCE, color="#dddddd")
        for color, values, variance in zip(plots.COLORS, self.estimates(), self.variances(), strict=False):
            error = np.sqrt(variance / every)
            ax.fill_between(every, GRADIENT - error, GRADIENT + error, color=color, alpha=0.12, linewidth=0)
            ax.plot(n, np.cumsum(values) / n, color=color)
        ax.axhline(GRADIENT, color="black", linestyle=":")
        ax.set(xscale="log", xlabel="draws", ylabel="mean", xlim=(1, MOST_DRAWS), ylim=(GRADIENT - 1, GRADIENT + 1))

    def _draw_ratios(self, ax: Axes) -> None:
        latents = np.arange(1, MOST_LATENTS + 1)
        ratios = [score / pathwise for pathwise, score in map(self.variances, latents)]
        ax.loglog(latents, ratios, color=plots.COLORS[2], label="exact")
        ax.loglog(latents, (latents + 4) / 2, ":", color="gray", label="(L + 4) / 2")
        ax.plot(self.latent, ratios[self.latent - 1], "o", color=plots.COLORS[2])
        if self.count > 1:
            pathwise, score = (values.var(ddof=1) for values in self.estimates())
            ax.plot(self.latent, score / pathwise, ".", color="black", label="measured")
        ax.set(xlabel="L", ylabel="variance ratio", ylim=(1, 10 ** math.ceil(math.log10(ratios[-1]) + 0.1)))
        ax.legend(loc="upper left")


def _reach(variances: tuple[float, float]) -> float:
    """Half the width of the histograms: four standard deviations of the wider one, rounded up."""
    wanted = 4 * math.sqrt(max(variances))
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * power for factor in (1, 1.5, 2, 3, 5, 7, 10) if factor * power >= wanted)
