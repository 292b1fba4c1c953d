"""Make cover.png: the latent plane of a small VAE, decoded on a grid of normal quantiles.

    python book/figures/cover.py

Takes about half a minute. Every tile is what the decoder makes of one point of the plane; the colour of its ink is
the direction of that point, and the ink is paler where the prior is thinner. The ground is transparent, so that the
picture suits a light and a dark page.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.stats import norm

from vae_utils.data import load_digits
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.training import fit

COLUMNS, ROWS = 24, 8  # tiles across and down
GAP, PIXEL = 2, 6  # empty pixel rows between tiles, size of a digit's pixel on the cover
SEED = 0


def train() -> VAE:
    """Train a VAE with two latent dimensions on the digits."""
    generator = torch.Generator().manual_seed(SEED)
    model = VAE.of_size(64, 2, likelihood=Gaussian(learn_variance=True), seed=SEED)
    fit(model, load_digits("train").x, epochs=400, generator=generator, progress=False)
    return model


def plane() -> np.ndarray:
    """Return points that cut the prior into equal shares, shape (ROWS, COLUMNS, 2)."""
    across, down = (norm.ppf((np.arange(n) + 0.5) / n) for n in (COLUMNS, ROWS))
    return np.stack(np.meshgrid(across, -down), axis=-1)


def ink(points: np.ndarray) -> np.ndarray:
    """Return one colour per point by its direction, shape (..., 3), for white and for black paper."""
    angle = np.arctan2(points[..., 1], points[..., 0])
    phases = angle[..., None] - 2 * np.pi * np.array([0.0, 1.0, 2.0]) / 3
    return np.array([126, 122, 140]) + np.array([84, 46, 72]) * np.cos(phases)


def main() -> None:
    """Train, decode, colour, save."""
    points, model = plane(), train()
    with torch.no_grad():
        tiles = model.decode(torch.tensor(points, dtype=torch.float32)).numpy().reshape(ROWS, COLUMNS, 8, 8)
    thinning = np.clip(1.25 - 0.16 * (points**2).sum(-1), 0.25, 1.0)
    alpha = tiles.clip(0, 1) * thinning[..., None, None]
    alpha = np.pad(alpha, [(0, 0), (0, 0), (GAP // 2, GAP // 2), (0, 0)])
    colour = np.broadcast_to(ink(points)[:, :, None, None, :], (*alpha.shape, 3))
    rgba = np.concatenate([colour, 255 * alpha[..., None]], axis=-1)
    rgba = rgba.transpose(0, 2, 1, 3, 4).reshape(-1, COLUMNS * 8, 4).round().astype(np.uint8)
    image = Image.fromarray(rgba).resize((rgba.shape[1] * PIXEL, rgba.shape[0] * PIXEL), Image.Resampling.NEAREST)
    image.save(Path(__file__).with_name("cover.png"), optimize=True)


if __name__ == "__main__":
    main()
