"""A mixture in the reader's hand: choose c, then draw x, and watch p(x) build up (chapter 1)."""

from __future__ import annotations

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from vae_utils import plots
from vae_utils.toys import GaussianMixture, gaussian_mixture
from vae_utils.widgets import _random
from vae_utils.widgets._base import Widget, module

MOST_SAMPLES = 20_000


class Map(Widget):
    """Place and weigh the components of p(x) = Σ_c p(c) p(x|c), and draw from it in two steps.

    Shown are p(c) as sticks at the means, the exact density with the share of each component, and the histogram of
    the samples with two numbers that say whether both agree: the total variation between histogram and exact
    probabilities beside its mean under chance, and the worst bar in standard errors. The dice of the samples stay the
    same while the components move (x = μ_c + σ_c ε), so the histogram follows the curve.

    Parameters
    ----------
    mixture : GaussianMixture, optional
        Two to five components in one dimension; the mixture of chapter 1 if None.
    **traits
        ``count`` and ``seed``.

    Attributes
    ----------
    means : list of float, from -4 to 4
        μ_c, in units of x.
    stds : list of float, from 0.1 to 2
        σ_c, in units of x.
    weights : list of float
        p(c), summing to 1.
    count : int, from 0 to 20,000
        Samples drawn so far.
    seed : int
        Of the dice.
    selected : int
        The component that the sliders change.

    Raises
    ------
    TypeError
        If ``mixture`` is no GaussianMixture.
    ValueError
        If it does not have two to five components in one dimension.
    traitlets.TraitError
        If a value lies outside its range.
    """

    _esm = module("map.js")
    means = traitlets.List(traitlets.Float(min=-4, max=4), [-1.5, 1.5], minlen=2, maxlen=5).tag(sync=True)
    stds = traitlets.List(traitlets.Float(min=0.1, max=2), [0.3, 0.9], minlen=2, maxlen=5).tag(sync=True)
    weights = traitlets.List(traitlets.Float(min=0, max=1), [0.3, 0.7], minlen=2, maxlen=5).tag(sync=True)
    count = traitlets.Int(300, min=0, max=MOST_SAMPLES).tag(sync=True)
    seed = traitlets.Int(4, min=0, max=2**31 - 1).tag(sync=True)
    selected = traitlets.Int(1, min=0, max=4).tag(sync=True)
    title = traitlets.Unicode("First the choice, then x").tag(sync=True)
    task = traitlets.Unicode(
        "Keep the weights 0.3 and 0.7. Make both humps of p(x) equally high by changing one standard deviation."
    ).tag(sync=True)

    def __init__(self, mixture: GaussianMixture | None = None, **traits: object) -> None:
        if mixture is not None:
            traits |= _components(mixture)
        super().__init__(**traits)

    @property
    def mixture(self) -> GaussianMixture:
        """The mixture as it stands now, for ``log_prob`` and ``posterior``; float64."""
        means, stds, weights = (
            torch.tensor(list(v), dtype=torch.float64) for v in (self.means, self.stds, self.weights)
        )
        return gaussian_mixture(means[:, None], stds, weights / weights.sum())

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """The samples that the page shows: their choices c and their values x, each of shape (count,)."""
        bounds = np.cumsum(self.weights)[:-1]
        c = np.searchsorted(bounds, _random.uniforms(2 * self.seed, self.count), side="right")
        x = np.take(self.means, c) + np.take(self.stds, c) * _random.normals(2 * self.seed + 1, self.count)
        return c, x

    def draw_poster(self, figure: Figure) -> None:
        """Draw p(c) as sticks, and below them p(x), its shares and the histogram of the samples."""
        x = torch.linspace(-5, 5, 501, dtype=torch.float64)
        shares = self.mixture.log_joint(x[:, None]).exp()
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
        if self.count:
            below.hist(self.samples()[1], np.linspace(-5, 5, 51), density=True, color="#c9d6e4", label="samples")
        for c, (mean, weight, color) in enumerate(zip(self.means, self.weights, plots.COLORS, strict=False)):
            above.plot([mean, mean], [0, weight], color=color, linewidth=3)
            above.plot(mean, weight, "o", color=color)
            above.annotate(f"c = {c}", (mean, weight), (7, -3), textcoords="offset points", color=color)
            below.fill_between(x, shares[:, c], color=color, alpha=0.3, linewidth=0)
        below.plot(x, shares.sum(1), color="black", label="p(x)")
        above.set(ylabel="p(c)", ylim=(0, 1), title=f"{self.count} samples: first c, then x")
        below.set(xlabel="x", ylabel="density", xlim=(-5, 5), ylim=0)
        below.legend(loc="upper right")


def _components(mixture: GaussianMixture) -> dict[str, list[float]]:
    """The traits of a mixture, checked."""
    if not isinstance(mixture, GaussianMixture):
        raise TypeError(f"mixture must be a GaussianMixture, got {mixture!r} of type {type(mixture).__name__}")
    components, dimensions = mixture.means.shape
    if not 2 <= components <= 5 or dimensions != 1:
        raise ValueError(
            f"mixture must have 2 to 5 components in one dimension, got {components} in dimension {dimensions}"
        )
    return {"means": mixture.means[:, 0].tolist(), "stds": mixture.stds.tolist(), "weights": mixture.weights.tolist()}
