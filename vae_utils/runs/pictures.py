"""What a trained model can do, as PNG files."""

from __future__ import annotations

import io
import math

import torch
from matplotlib import rc_context
from matplotlib.figure import Figure
from torch import Tensor

from vae_utils import plots
from vae_utils.model import VAE
from vae_utils.runs.folder import RunFolder, write


def png(figure: Figure) -> bytes:
    """The figure as a file's content, cut to what is drawn."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), dpi=130, layout="constrained")


def sheet(pictures: Tensor, *, title: str = "") -> bytes:
    """Images in a square, in reading order, as a PNG: (N, D) with D a square number."""
    columns = math.ceil(math.sqrt(len(pictures)))
    with rc_context(plots.STYLE):
        figure = _figure(6, 6 * math.ceil(len(pictures) / columns) / columns + 0.3)
        plots.images(pictures, columns=columns, ax=figure.subplots(), title=title)
        return png(figure)


def reconstructions(model: VAE, x: Tensor, *, columns: int = 16) -> bytes:
    """Images above, what their mean codes decode to below: x (N, D), in rows of ``columns`` pairs."""
    rows = []
    for pair in zip(x.split(columns), model.reconstruct(x).split(columns), strict=True):
        rows += pair
    with rc_context(plots.STYLE):
        figure = _figure(8, 8 * len(rows) / columns + 0.3)
        title = "images, and below each what its mean code decodes to"
        plots.images(torch.cat(rows), columns=columns, ax=figure.subplots(), title=title)
        return png(figure)


def principal_axes(mu: Tensor) -> tuple[Tensor, Tensor]:
    """Mean codes in the plane where they differ most, and the share of their variance on each of its axes.

    Parameters
    ----------
    mu : Tensor, shape (N, L) with L ≥ 2

    Returns
    -------
    tuple of Tensor
        Coordinates of shape (N, 2) and shares of shape (2,).
    """
    centred = mu - mu.mean(0)
    _, sizes, axes = torch.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:2].T, sizes[:2] ** 2 / (sizes**2).sum()


@torch.no_grad()
def latent_map(model: VAE, x: Tensor, y: Tensor) -> bytes:
    """The latent space: what it decodes to where it can be shown whole, and where the images lie in it.

    One dimension is a row of images, two are a square of them, both at equal steps of the prior's probability. Of more
    dimensions only the mean codes are shown, in the plane where they differ most.
    """
    mu = model.encode(x)
    size = 4 if len(x) > 500 else 16
    with rc_context(plots.STYLE):
        if model.latent == 1:
            figure = _figure(9, 1.2)
            quantiles = plots.gaussian_quantiles(20, dtype=mu.dtype)[:20, :1]
            title = "decoded at equal steps of the prior's probability"
            plots.images(model.decode(quantiles), columns=20, ax=figure.subplots(), title=title)
        elif model.latent == 2:
            figure = _figure(11, 5.6)
            left, right = figure.subplots(1, 2)
            plots.latent_map(model, n=20, ax=left, title="decoded at equal steps of the prior's probability")
            plots.codes(mu, y, ax=right, size=size, title="mean codes of held-out images")
        else:
            figure = _figure(6.4, 6)
            codes, shares = principal_axes(mu)
            ax = plots.codes(codes, y, ax=figure.subplots(), size=size)
            ax.set(title=f"mean codes of held-out images: 2 of {model.latent} dimensions, by principal components")
            names = [f"component {k + 1}: {share:.0%} of the variance" for k, share in enumerate(shares)]
            ax.set(xlabel=names[0], ylabel=names[1])
        return png(figure)


def draw_all(folder: RunFolder, model: VAE, x: Tensor, y: Tensor, *, seed: int = 0) -> None:
    """``samples.png``, ``reconstructions.png`` and ``latent.png`` of a model on the CPU; x, y are held-out images."""
    generator = torch.Generator().manual_seed(seed)
    title = "new images: codes drawn from the prior, decoded"
    write(folder / "samples.png", sheet(model.sample(100, generator=generator), title=title))
    write(folder / "reconstructions.png", reconstructions(model, x[:64]))
    write(folder / "latent.png", latent_map(model, x[:3000], y[:3000]))
