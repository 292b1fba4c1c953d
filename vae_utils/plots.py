"""Figures of the course. Every function draws into an Axes and returns it.

One style for all: black on white with a few strong colours. The book inverts line plots in its dark theme and
shows images on a white card, so no function here asks for a theme.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse
from scipy.stats import norm
from torch import Tensor

from vae_utils import _validate
from vae_utils.ledger import Account
from vae_utils.training import History

COLORS = ("#2a6fbb", "#d1603d", "#3a8f5c", "#8a5bb0", "#b8912f", "#5f6b76")
DIGIT_COLORS = plt.get_cmap("tab10")

STYLE = {
    "figure.figsize": (7.0, 3.2),
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "axes.prop_cycle": plt.cycler(color=COLORS),
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "image.cmap": "gray_r",
    "image.interpolation": "nearest",
}


def use_style() -> None:
    """Draw every following figure in the style of the course."""
    plt.rcParams.update(STYLE)


def _axes(ax: Axes | None) -> Axes:
    return plt.subplots()[1] if ax is None else ax


def _array(value: Tensor | np.ndarray | Sequence[float]) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)


def bare(ax: Axes) -> Axes:
    """Take away ticks, grid and frame, as pictures want it."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def images(
    x: Tensor, *, columns: int = 10, ax: Axes | None = None, title: str = "", vmin: float = 0.0, vmax: float = 1.0
) -> Axes:
    """Square images side by side, in reading order.

    Parameters
    ----------
    x : Tensor, shape (N, D) with D a square number
        Ink in [0, 1].
    columns : int
        Images in a row.
    ax, title
        Where to draw, what to write above.
    vmin, vmax : float
        The values of paper and full ink.
    """
    ax = _axes(ax)
    _validate.positive_int(columns=columns)
    pictures = _array(x)
    side = math.isqrt(pictures.shape[-1])
    if pictures.ndim != 2 or side * side != pictures.shape[1]:
        raise ValueError(f"x must have shape (N, D) with D a square number, got {tuple(pictures.shape)}")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (side + 1) - 1, columns * (side + 1) - 1), np.nan)
    for index, picture in enumerate(pictures):
        top, left = (side + 1) * (index // columns), (side + 1) * (index % columns)
        sheet[top : top + side, left : left + side] = picture.reshape(side, side)
    ax.imshow(sheet, vmin=vmin, vmax=vmax)
    ax.set_title(title)
    return bare(ax)


def density(
    x: Tensor | np.ndarray,
    values: Tensor | np.ndarray,
    *,
    samples: Tensor | None = None,
    bins: int = 60,
    label: str = "density",
    ax: Axes | None = None,
) -> Axes:
    """A density on the line, over a histogram of samples if there are any."""
    ax = _axes(ax)
    x = _array(x)
    if samples is not None:
        edges = np.linspace(x.min(), x.max(), bins + 1)
        ax.hist(_array(samples).ravel(), edges, density=True, color="#c9d6e4", label="samples")
    ax.plot(x, _array(values), label=label)
    ax.set_ylim(bottom=0)
    ax.legend()
    return ax


def codes(z: Tensor, y: Tensor, *, ax: Axes | None = None, size: float = 8, title: str = "") -> Axes:
    """Points of a 2-D latent space, coloured and named by digit: z (N, 2), y (N,)."""
    ax = _axes(ax)
    z, y = _array(z), _array(y)
    for label in np.unique(y):
        points = z[y == label]
        ax.scatter(*points.T, s=size, color=DIGIT_COLORS(int(label) % 10), linewidths=0, alpha=0.7)
        # the name stands at the class median: colour alone would not do for everybody
        ax.text(*np.median(points, 0), str(label), weight="bold", ha="center", va="center",
                bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1})  # fmt: skip
    ax.set(title=title, aspect="equal", xlabel="$z_1$", ylabel="$z_2$")
    return ax


def posteriors(
    mu: Tensor,
    logvar: Tensor,
    *,
    ax: Axes | None = None,
    color: str = COLORS[0],
    alpha: float = 0.25,
    deviations: float = 1,
) -> Axes:
    """Diagonal Gaussians of a 2-D latent space as ellipses of so many standard deviations: mu, logvar (N, 2)."""
    ax = _axes(ax)
    _validate.same_shape(mu=mu, logvar=logvar)
    for centre, sigma in zip(_array(mu), np.exp(_array(logvar) / 2), strict=True):
        ax.add_patch(
            Ellipse(centre, *(2 * deviations * sigma), facecolor=color, edgecolor=color, alpha=alpha, linewidth=0.5)
        )
    ax.autoscale_view()
    ax.set_aspect("equal")
    return ax


def gaussian_quantiles(n: int, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """A square grid of latent points with equal prior mass between neighbours: (n², 2), row by row from the top left.

    A linear grid would spend most of its pictures where the prior has next to no mass.
    """
    _validate.positive_int(n=n)
    axis = norm.ppf((np.arange(n) + 0.5) / n)
    first, second = np.meshgrid(axis, axis[::-1])
    return torch.as_tensor(np.stack([first, second], -1).reshape(-1, 2), dtype=dtype)


def latent_map(model: torch.nn.Module, *, n: int = 16, ax: Axes | None = None, title: str = "") -> Axes:
    """What a 2-D latent space decodes to, on the grid of :func:`gaussian_quantiles`."""
    if model.latent != 2:
        raise ValueError(f"model must have 2 latent dimensions for a map, got {model.latent}")
    with torch.no_grad():
        pictures = model.decode(gaussian_quantiles(n, dtype=next(model.parameters()).dtype))
    return images(pictures, columns=n, ax=ax, title=title)


def training(history: History, name: str = "elbo", *, ax: Axes | None = None) -> Axes:
    """One entry of the loss over the epochs, on training and validation data."""
    ax = _axes(ax)
    if name not in history.train:
        raise ValueError(f"name must be one of {', '.join(history.train)}, got {name!r}")
    epochs = range(1, len(history) + 1)
    ax.plot(epochs, history.train[name], label="training")
    if history.validation:
        ax.plot(epochs, history.validation[name], label="validation")
    ax.set(xlabel="epoch", ylabel=f"{name} (nats per image)")
    ax.legend()
    return ax


def heat_map(
    values: Tensor | np.ndarray,
    x: Sequence[float],
    y: Sequence[float],
    *,
    ax: Axes | None = None,
    label: str = "",
    cmap: str = "viridis",
    contours: Sequence[float] = (),
) -> Axes:
    """A function of two variables as colours: values[i, j] belongs to y[i] and x[j]."""
    ax = _axes(ax)
    values = _array(values)
    if values.shape != (len(y), len(x)):
        raise ValueError(f"values must have shape (len(y), len(x)) = ({len(y)}, {len(x)}), got {values.shape}")
    mesh = ax.pcolormesh(_array(x), _array(y), values, cmap=cmap, shading="nearest")
    if len(contours):
        lines = ax.contour(_array(x), _array(y), values, levels=list(contours), colors="white", linewidths=0.8)
        ax.clabel(lines, fontsize=8)
    ax.grid(False)
    ax.figure.colorbar(mesh, ax=ax, label=label)
    return ax


def ledger(accounts: Sequence[Account], *, ax: Axes | None = None) -> Axes:
    """The digit's accounts, a row each: a dot for log p(x), a bar from the ELBO up to it, and the numbers.

    A hollow dot is a reconstruction whose KL is not known.
    """
    ax = _axes(ax)
    if not accounts:
        raise ValueError("accounts must hold at least one account, got none")
    for row, account in enumerate(accounts):
        if account.elbo is not None:
            ax.plot(account.elbo, row, marker="|", markersize=14, color=COLORS[1])
        if account.elbo is not None and account.log_p is not None:
            ax.plot([account.elbo, account.log_p], [row, row], color=COLORS[1], alpha=0.5, linewidth=5)
        if account.log_p is not None:
            ax.plot(account.log_p, row, marker="o", color=COLORS[0])
        if account.elbo is None and account.reconstruction is not None:
            ax.plot(account.reconstruction, row, marker="o", color=COLORS[0], markerfacecolor="none")
        named = {"log p": account.log_p, "recon": account.reconstruction, "KL": account.kl, "gap": account.gap}
        text = "   ".join(f"{name} {'?' if value is None else f'{value:.1f}'}" for name, value in named.items())
        ax.text(1.02, row, text, transform=ax.get_yaxis_transform(), va="center", family="monospace", fontsize=8)
    shown = [(account.log_p, account.reconstruction if account.elbo is None else account.elbo) for account in accounts]
    known = [value for pair in shown for value in pair if value is not None]
    if known:  # at least a nat on either side: exact accounts may differ by rounding alone
        margin = max(1.0, 0.05 * (max(known) - min(known)))
        ax.set_xlim(min(known) - margin, max(known) + margin)
    ax.set(yticks=range(len(accounts)), yticklabels=[f"{account.chapter}  {account.model}" for account in accounts])
    ax.set(xlabel="nats: ● log p(x), ○ reconstruction alone, | ELBO, bar: gap", ylim=(len(accounts) - 0.4, -0.6))
    return ax
