"""The linear VAE under two naive penalties, trained in the page, beside the KL (chapter 4)."""

from __future__ import annotations

import math

import numpy as np
import torch
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vae_utils import plots
from vae_utils.ppca import PPCA
from vae_utils.widgets import _random
from vae_utils.widgets._base import Widget, float_bytes, module

STEPS = 4000  # of Adam
RATE = 0.01
START = (0.5, 0.0, 0.5)  # a, log σ² and w of every axis
PICTURES = 10
LOSSES = ("naive", "KL", "reconstruction")


class Collapse(Widget):
    """Choose the weights of the naive losses, and see what the linear VAE makes of σ.

    Along the principal axes of the data the linear VAE falls into independent scalar problems. With the data of an axis
    scaled to variance one, its strength ρ = c / s² and its code z = a x + σ ε, decoded as w z, the loss of an axis is

        ρ/2 · ((1 − wa)² + w² σ²) + λ_μ a² + λ_σ (log σ²)²     in nats,

    or with the KL ½ (a² + σ² − log σ² − 1) in place of both penalties. Images and noise enter by their second moments
    alone, so the expectation is exact: full-batch training without a draw. The page runs 4000 steps of Adam (learning
    rate 0.01, from a = w = 0.5, σ = 1) whenever a weight changes. The ELBO is measured against its optimum, which the
    KL reaches: probabilistic PCA (Tipping and Bishop 1999; Lucas et al. 2019).

    Parameters
    ----------
    ppca : PPCA
        Principal axes: orthogonal columns of ``weights``, square images of D pixels.
    weight_mu, weight_logvar : float, from 0 to 5 and from 0 to 2
        λ_μ and λ_σ, nats per unit of the squared norms.
    loss : str, one of "naive", "KL", "reconstruction"
        What is trained; the weights count for "naive" alone.
    variance : float, from 0.003 to 0.3, optional
        s² of the decoder, that of ``ppca`` if None. In this range 4000 steps bring the KL to within 0.01 nat.
    step : int, from 1 to 4000
        Step of the training that is shown.
    seed : int
        Of the prior samples.

    Attributes
    ----------
    data_variance : list of float, length L
        c of each axis, in squared grey values.
    basis, mean : bytes
        float32 of shapes (D, L) and (D,): a standard deviation of the data along each axis, and the mean image.

    Raises
    ------
    TypeError
        If ``ppca`` is no PPCA.
    ValueError
        If its axes are not orthogonal or its images not square.
    traitlets.TraitError
        If a value is no number or lies outside its range.
    """

    _esm = module("collapse.js")
    data_variance = traitlets.List(traitlets.Float()).tag(sync=True)
    basis = traitlets.Bytes().tag(sync=True)
    mean = traitlets.Bytes().tag(sync=True)
    weight_mu = traitlets.Float(0.5, min=0.0, max=5.0).tag(sync=True)
    weight_logvar = traitlets.Float(0.25, min=0.0, max=2.0).tag(sync=True)
    loss = traitlets.Enum(LOSSES, "naive").tag(sync=True)
    variance = traitlets.Float(0.1, min=0.003, max=0.3).tag(sync=True)
    step = traitlets.Int(STEPS, min=1, max=STEPS).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**30).tag(sync=True)
    title = traitlets.Unicode("Who holds the noise?").tag(sync=True)
    task = traitlets.Unicode(
        "Keep λ_μ at ½ and find a λ_σ for which less than 0.1 nat is lost. Then change s²: does it still hold?"
    ).tag(sync=True)

    def __init__(self, ppca: PPCA, *, variance: float | None = None, **state: object) -> None:
        if not isinstance(ppca, PPCA):
            raise TypeError(f"ppca must be a PPCA, as fit_ppca gives it, got {type(ppca).__name__}")
        side = math.isqrt(len(ppca.mean))
        if side**2 != len(ppca.mean):
            raise ValueError(f"ppca must be of square images, got {len(ppca.mean)} pixels")
        products = ppca.weights.T @ ppca.weights
        lengths = products.diagonal()
        if not torch.allclose(products, torch.diag(lengths), atol=1e-5 * lengths.max().item()) or lengths.min() <= 0:
            raise ValueError("ppca must have orthogonal axes, as fit_ppca gives them, got weights that are not")
        data_variance = lengths + ppca.variance
        super().__init__(
            data_variance=data_variance.tolist(),
            basis=float_bytes(ppca.weights * (data_variance / lengths).sqrt()),
            mean=float_bytes(ppca.mean),
            variance=ppca.variance if variance is None else variance,
            **state,
        )

    def training(self) -> np.ndarray:
        """The numbers a, log σ² and w of each axis after every step, as the page computes them.

        Returns
        -------
        ndarray, shape (4000, 3, L)
        """
        naive = self.loss == "naive"
        weight_mu, weight_logvar = (self.weight_mu, self.weight_logvar) if naive else (0.0, 0.0)
        return train(self._rho(), weight_mu, weight_logvar, float(self.loss == "KL"))

    def lost(self, theta: np.ndarray) -> np.ndarray:
        """Nats per image by which the mean ELBO is below its optimum.

        Parameters
        ----------
        theta : ndarray, shape (..., 3, L)
            a, log σ² and w of each axis, as :meth:`training` returns them.

        Returns
        -------
        ndarray, shape (...)
        """
        rho = self._rho()
        a, logvar, w = np.moveaxis(theta, -2, 0)
        noise = np.exp(logvar)
        negative_elbo = rho / 2 * ((1 - w * a) ** 2 + w**2 * noise) + 0.5 * (a**2 + noise - logvar - 1)
        return (negative_elbo - np.where(rho > 1, 0.5 * (1 + np.log(rho)), rho / 2)).sum(-1)

    def samples(self, theta: np.ndarray) -> np.ndarray:
        """The ten prior samples that the page shows, decoded (without the noise of the pixels).

        Parameters
        ----------
        theta : ndarray, shape (3, L)
            a, log σ² and w of each axis.

        Returns
        -------
        ndarray, shape (10, D)
        """
        latent = len(self.data_variance)
        z = _random.normals(self.seed, PICTURES * latent).reshape(PICTURES, latent)
        basis = np.frombuffer(self.basis, "<f4").reshape(-1, latent)
        return np.frombuffer(self.mean, "<f4") + (z * theta[2]) @ basis.T

    def _rho(self) -> np.ndarray:
        """Strength of each axis, the variance of its data over s²."""
        return np.array(self.data_variance) / self.variance

    def draw_poster(self, figure: Figure) -> None:
        """Draw signal and noise of each axis, the nats lost, and samples, beside those of the KL."""
        path, reference = self.training(), train(self._rho(), 0.0, 0.0, 1.0)
        now, goal = path[self.step - 1], reference[-1]
        grid = figure.add_gridspec(2, 2, height_ratios=(5, 1))
        axes, curve = (figure.add_subplot(grid[0, column]) for column in (0, 1))
        _draw_axes(axes, now, goal)
        steps = np.arange(1, STEPS + 1)
        curve.loglog(steps, self.lost(path), color=plots.COLORS[1], label=self.loss)
        curve.loglog(steps, np.maximum(self.lost(reference), 1e-12), "--", color=plots.COLORS[0], label="KL")
        curve.loglog(self.step, self.lost(now), "o", color=plots.COLORS[1])
        curve.set(xlabel="step", ylabel="ELBO lost (nats)", ylim=(1e-3, 1e3), yticks=(1e-2, 1, 1e2))
        curve.set_title(f"step {self.step}: {self.lost(now):.2f} nats lost")
        curve.legend(loc="lower left")
        for column, (theta, name) in enumerate(((now, self.loss), (goal, "KL"))):
            sheet = figure.add_subplot(grid[1, column])
            pictures = torch.from_numpy(self.samples(theta))
            plots.images(pictures, columns=PICTURES, ax=sheet, title=f"samples of the prior, {name}")


def _draw_axes(ax: Axes, now: np.ndarray, goal: np.ndarray) -> None:
    """Standard deviation of μ (bars) and σ (dots) of each axis, dashed and hollow for the KL."""
    places = np.arange(1, now.shape[1] + 1)
    floor = 1e-3  # what is smaller lies at the lower edge
    for theta, name, color, line, face in (
        (goal, "KL", plots.COLORS[0], ":", "none"),
        (now, "yours", plots.COLORS[1], "-", plots.COLORS[1]),
    ):
        signal, sigma = np.maximum(np.abs(theta[0]), floor), np.maximum(np.exp(theta[1] / 2), floor)
        ax.hlines(signal, places - 0.35, places + 0.35, color=color, linestyle=line, label=f"std of μ, {name}")
        ax.plot(places, sigma, "o", color=color, markerfacecolor=face, label=f"σ, {name}")
    ax.set(xlabel="axis, the strongest first", ylabel="signal and noise", yscale="log", ylim=(2e-3, 100))
    ax.legend(loc="upper center", ncols=2, fontsize=8)


def train(rho: np.ndarray, weight_mu: float, weight_logvar: float, beta: float) -> np.ndarray:
    """Adam on the exact loss of every axis.

    Parameters
    ----------
    rho : ndarray, shape (L,)
        Strengths.
    weight_mu, weight_logvar, beta : float
        Weights of the two naive penalties and of the KL, in nats.

    Returns
    -------
    ndarray, shape (4000, 3, L)
        a, log σ² and w after each step.
    """
    theta = np.repeat(np.array(START)[:, None], len(rho), axis=1)
    first, second, path = np.zeros_like(theta), np.zeros_like(theta), np.empty((STEPS, *theta.shape))
    for step in range(1, STEPS + 1):
        slope = gradient(theta, rho, weight_mu, weight_logvar, beta)
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        scale = np.sqrt(second / (1 - 0.999**step)) + 1e-8
        theta = theta - RATE / (1 - 0.9**step) * first / scale
        path[step - 1] = theta
    return path


def gradient(theta: np.ndarray, rho: np.ndarray, weight_mu: float, weight_logvar: float, beta: float) -> np.ndarray:
    """Gradient of the loss of each axis, by itself.

    Parameters
    ----------
    theta : ndarray, shape (3, L)
        a, log σ² and w.
    rho : ndarray, shape (L,)
        Strengths.
    weight_mu, weight_logvar, beta : float
        Weights of the two naive penalties and of the KL, in nats.

    Returns
    -------
    ndarray, shape (3, L)
    """
    a, logvar, w = theta
    error, noise = 1 - w * a, np.exp(logvar)
    return np.stack(
        [
            -rho * w * error + (2 * weight_mu + beta) * a,
            rho / 2 * w**2 * noise + 2 * weight_logvar * logvar + beta / 2 * (noise - 1),
            rho * (w * noise - a * error),
        ]
    )
