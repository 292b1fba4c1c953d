"""Up and down a ladder of T levels: a diffusion as a VAE whose encoder is fixed (chapter 10)."""

from __future__ import annotations

import math

import numpy as np
import torch
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vae_utils import plots
from vae_utils.diffusion import MixtureDiffusion, Step, diffusion_elbo, log_snr_schedule, standardized
from vae_utils.toys import GaussianMixture, gaussian_mixture, two_bumps
from vae_utils.widgets import _random
from vae_utils.widgets._base import Widget, module

MOST_LEVELS = 128
ROW = MOST_LEVELS + 1  # normal numbers of one path, whatever T is
PATHS, SAMPLES = 20, 500
MIXTURES = {
    "two bumps": standardized(two_bumps(distance=3.0, std=0.2)),
    "three unequal bumps": standardized(
        gaussian_mixture(
            torch.tensor([[-1.6], [0.2], [1.7]], dtype=torch.float64),
            torch.tensor([0.3, 0.12, 0.5]),
            torch.tensor([5, 2, 3]),
        )
    ),
    "one normal": gaussian_mixture(torch.zeros(1, 1, dtype=torch.float64), 1.0),
}


class DiffusionLadder(Widget):
    """Climb T levels of noise and come down again with the best Gaussian steps, and read what the ELBO loses.

    The data are a mixture of normals on the line with mean 0 and variance 1. The log signal-to-noise ratio falls in
    equal steps (:func:`vae_utils.diffusion.log_snr_schedule`). Shown are the exact densities of all levels with paths
    of the encoder, samples and paths of the decoder, one exact reverse step beside the normal that stands for it, and
    the gap between the ELBO and the data's mean log-density against T, in nats.
    Source: Ho et al. (2020); the optimal variance, Bao et al. (2022).

    Attributes
    ----------
    levels : int, from 1 to 128
        T.
    time : int, from 0 to T
        The level t that both ladders show; 0 is the data.
    x : float, from −2.6 to 2.6
        x_t of the step that is shown, from level max(t, 1) to the one below.
    data : {"two bumps", "three unequal bumps", "one normal"}
    fixed : bool
        Whether the decoder's variance is β_t; otherwise it is that of the exact reverse step.
    seed : int
        Of the paths and samples.

    Raises
    ------
    traitlets.TraitError
        If a value is of the wrong type or lies outside its range, or if the time lies above the levels.
    """

    _esm = module("ladder.js")
    levels = traitlets.Int(4, min=1, max=MOST_LEVELS).tag(sync=True)
    time = traitlets.Int(2, min=0, max=MOST_LEVELS).tag(sync=True)
    x = traitlets.Float(0.3, min=-2.6, max=2.6).tag(sync=True)
    data = traitlets.Enum(tuple(MIXTURES), "two bumps").tag(sync=True)
    fixed = traitlets.Bool(False).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**31 - 1).tag(sync=True)
    mixtures = traitlets.Dict(read_only=True).tag(sync=True)
    title = traitlets.Unicode("The diffusion ladder").tag(sync=True)
    task = traitlets.Unicode("Find the smallest T whose gap is below a tenth of a nat.").tag(sync=True)

    @traitlets.default("mixtures")
    def _default_mixtures(self) -> dict[str, dict[str, list[float]]]:
        return {
            name: {
                "means": mixture.means[:, 0].tolist(),
                "stds": mixture.stds.tolist(),
                "weights": mixture.weights.tolist(),
            }
            for name, mixture in MIXTURES.items()
        }

    @traitlets.validate("time", "levels")
    def _time_on_the_ladder(self, proposal: dict) -> int:
        both = {"levels": self.levels, "time": self.time, proposal["trait"].name: proposal["value"]}
        if both["time"] > both["levels"]:
            raise traitlets.TraitError(f"time must be at most levels, got time={both['time']}, levels={both['levels']}")
        return proposal["value"]

    @property
    def mixture(self) -> GaussianMixture:
        """The data."""
        return MIXTURES[self.data]

    @property
    def diffusion(self) -> MixtureDiffusion:
        """The chain that the page shows."""
        return MixtureDiffusion(self.mixture, log_snr_schedule(self.levels))

    @property
    def step(self) -> Step:
        """The decoder that the page uses."""
        return self.diffusion.fixed_variance_step if self.fixed else self.diffusion.optimal_step

    def gap(self, levels: int | None = None) -> float:
        """The gap in nats, for these data and this kind of decoder; for another T if one is given."""
        levels = self.levels if levels is None else levels
        diffusion = MixtureDiffusion(self.mixture, log_snr_schedule(levels))
        step = diffusion.fixed_variance_step if self.fixed else diffusion.optimal_step
        return diffusion_elbo(diffusion, step).gap

    def forward_paths(self) -> np.ndarray:
        """The encoder's paths that the page shows, shape (20, T + 1)."""
        eps = _random.normals(self.seed, PATHS * ROW).reshape(PATHS, ROW)
        shares = np.cumsum(self.mixture.weights.numpy())
        c = np.searchsorted(shares[:-1], (np.arange(PATHS) + 0.5) / PATHS)
        path = [self.mixture.means[c, 0].numpy() + self.mixture.stds[c].numpy() * eps[:, 0]]
        for t, beta in enumerate(self.diffusion.schedule.beta[1:].tolist(), 1):
            path.append(math.sqrt(1 - beta) * path[-1] + math.sqrt(beta) * eps[:, t])
        return np.stack(path, 1)

    def reverse_paths(self) -> np.ndarray:
        """The decoder's samples that the page shows, shape (500, T + 1); the first 20 are drawn as paths."""
        eps = _random.normals(self.seed, (PATHS + SAMPLES) * ROW).reshape(-1, ROW)[PATHS:]
        path, step = [torch.as_tensor(eps[:, :1].copy())], self.step
        for k, t in enumerate(range(self.levels, 0, -1), 1):
            mu, logvar = step(path[-1], t)
            path.append(mu + torch.exp(0.5 * logvar) * torch.as_tensor(eps[:, k : k + 1].copy()))
        return torch.cat(path[::-1], 1).numpy()

    def draw_poster(self, figure: Figure) -> None:
        """Draw the two ladders, one reverse step beside its normal, and the gap against T."""
        axes = figure.subplot_mosaic("ABC;ABD", width_ratios=[1, 1, 1])
        for key, paths, color, name in (
            ("A", self.forward_paths(), plots.COLORS[0], "forward"),
            ("B", self.reverse_paths(), plots.COLORS[1], "reverse"),
        ):
            self._draw_ladder(axes[key], paths, color)
            axes[key].set(xlabel=f"x, {name}", xlim=(-3.2, 3.2))
        axes["A"].set_ylabel("level t")
        self._draw_step(axes["C"])
        self._draw_gaps(axes["D"])

    def _draw_ladder(self, ax: Axes, paths: np.ndarray, color: str) -> None:
        x = torch.linspace(-3.2, 3.2, 321, dtype=torch.float64)[:, None]
        rungs = sorted({round(i * self.levels / 8) for i in range(9)})
        room = self.levels / max(len(rungs) - 1, 7)
        for t in rungs:
            density = self.diffusion.marginal(t).log_prob(x).exp().numpy()
            scale = 0.8 * room / density.max()
            if len(paths) > PATHS:
                heights, edges = np.histogram(paths[:, t], np.linspace(-3.2, 3.2, 65))
                heights = scale * heights / (len(paths) * (edges[1] - edges[0]))
                ax.stairs(t + heights, edges, baseline=t, fill=True, color=color if t in (0, self.time) else "#c9ced4")
            ax.plot(x[:, 0], t + scale * density, color="black" if t == self.time else "gray", linewidth=1)
        ax.plot(paths[:PATHS].T, np.arange(self.levels + 1), color=color, alpha=0.35, linewidth=0.8)
        ax.set(yticks=rungs, ylim=(-0.02 * self.levels, self.levels + 1.1 * room))

    def _draw_step(self, ax: Axes) -> None:
        t = max(self.time, 1)
        x_t = torch.tensor([[self.x]], dtype=torch.float64)
        exact = self.diffusion.reverse(x_t, t)
        mean, variance = exact.moments()
        z = torch.linspace(-4, 4, 401, dtype=torch.float64)[:, None, None]
        x = mean + variance.sqrt() * z
        mu, logvar = self.step(x_t, t)
        normal = torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).log_prob(x)
        sd = variance.sqrt().item()
        ax.plot(z[:, 0, 0], sd * exact.log_prob(x)[:, 0].exp(), color=plots.COLORS[2])
        ax.plot(z[:, 0, 0], sd * normal[:, 0, 0].exp(), "--", color="black")
        ax.set(title=f"step {t} → {t - 1} at x = {self.x:.2f}", xlabel="standard deviations", yticks=[])

    def _draw_gaps(self, ax: Axes) -> None:
        levels = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128]
        ax.loglog(levels, [max(self.gap(T), 1e-3) for T in levels], ".-", color=plots.COLORS[3], linewidth=1)
        ax.plot(self.levels, max(self.gap(), 1e-3), "o", color=plots.COLORS[3])
        ax.axhline(0.1, color="gray", linestyle=":")
        ax.set(xlabel="T, levels", ylabel="gap (nats)", ylim=(1e-3, 3))
