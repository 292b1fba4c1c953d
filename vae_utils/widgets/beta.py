"""The weight β as a dial: trained decoders along it, the rate that each pays, and what it buys (chapter 8)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from vae_utils import _validate, plots
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.networks import ACTIVATIONS, MLPDecoder
from vae_utils.rate import exact_rate, kl_per_dimension
from vae_utils.widgets import _random
from vae_utils.widgets._base import Widget, float_bytes, integer_bytes, module
from vae_utils.widgets._digits import GREYS, SIDE, check_images, check_model, packed, sizes, unpack
from vae_utils.widgets.latent_explorer import quadrature_elbo

MAP, SAMPLES, RECONSTRUCTED = 8, 12, 3  # pictures along a side of the map, from the prior, of test digits
ACTIVE = 0.01  # Var_x E[z|x] above which an axis counts as active (Burda et al. 2016)


class BetaDial(Widget):
    """Turn β and see what a code may cost, what it carries, and what becomes of digits.

    Shown for the chosen β: its place on the curve of rate and distortion with the tangent of slope −β; the rate as
    I(x; z) + KL(aggregated ‖ prior), beside those of all other β; the posteriors of test digits; what a grid of prior
    quantiles, samples of the prior, and the mean codes of three test digits decode to; KL and Var_x E[z|x] of both
    axes. Every β has its own trained model; between them there is none, so the dial snaps. The rate and its parts are
    integrals on a grid over all training images. Source of the split: Hoffman & Johnson (2016); of the curve: Alemi et
    al. (2018). Build it with :meth:`from_models`.

    Attributes
    ----------
    index : int
        The chosen β, from 0.
    betas : list of M floats
        Ascending.
    rate, information, aggregate_kl : list of M floats
        Mean KL over the training images, and its two parts, in nats.
    distortion : list of M floats
        −E[log p(x|z)], in nats: distortion + rate is minus the ELBO.
    kl, spread : list of M pairs
        KL and Var_x E[z|x] of each axis.
    decoders : bytes
        Of all models one after the other: weights (outputs × inputs) and biases, layer by layer, float32.
    decoder_sizes : list of int
        Features of z, of each hidden layer, of the picture.
    decoder_activation : str
        See :func:`vae_utils.networks.mlp`.
    mu, logvar : bytes
        Posteriors of the N test digits under every model, shape (M, N, 2), float32.
    images, labels : bytes
        The test digits: counts of ink, shape (N, 64), from 0 to 16, and classes, shape (N,).
    quantiles : list of 8 floats
        Along each axis of the map: equal prior mass between neighbours.
    seed : int
        Of the codes of the prior samples.
    """

    _esm = module("perceptron.js", "beta.js")
    index = traitlets.Int(0, min=0).tag(sync=True)
    betas = traitlets.List(traitlets.Float()).tag(sync=True)
    rate = traitlets.List(traitlets.Float()).tag(sync=True)
    information = traitlets.List(traitlets.Float()).tag(sync=True)
    aggregate_kl = traitlets.List(traitlets.Float()).tag(sync=True)
    distortion = traitlets.List(traitlets.Float()).tag(sync=True)
    kl = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    spread = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    decoders = traitlets.Bytes().tag(sync=True)
    decoder_sizes = traitlets.List(traitlets.Int()).tag(sync=True)
    decoder_activation = traitlets.Enum(list(ACTIVATIONS), "tanh").tag(sync=True)
    mu = traitlets.Bytes().tag(sync=True)
    logvar = traitlets.Bytes().tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)
    labels = traitlets.Bytes().tag(sync=True)
    quantiles = traitlets.List(traitlets.Float()).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**32 - 1).tag(sync=True)
    title = traitlets.Unicode("β, a dial").tag(sync=True)
    task = traitlets.Unicode(
        "Find the largest β that keeps both axes alive. How many nats of rate does it pay? Then go to the other end: "
        "which part of the rate grows there, and do the reconstructions gain from it?"
    ).tag(sync=True)

    @classmethod
    def from_models(
        cls, betas: Sequence[float], models: Sequence[VAE], data: Tensor, x: Tensor, labels: Tensor, **traits: object
    ) -> BetaDial:
        """Measure models that were trained with different β, and pack their decoders. The encoders stay at home.

        Parameters
        ----------
        betas : sequence of M floats
            Positive and ascending.
        models : sequence of M VAE
            Two latent dimensions, 64 pixels, perceptrons of one architecture, one Gaussian likelihood.
        data : Tensor, shape (N', 64)
            The images whose rate and distortion are measured, those of the training.
        x : Tensor, shape (N, 64)
            Digits in [0, 1], in steps of 1/16, whose posteriors are shown, and the first three of them as pictures;
            3 to 200.
        labels : Tensor, shape (N,)
            Their classes, 0 to 9.
        **traits
            Further state, for instance ``index``.

        Raises
        ------
        TypeError
            If a model is no VAE of perceptrons with Gaussian pixels.
        ValueError
            If sizes do not fit, ``betas`` do not ascend, or ``index`` names no model.
        traitlets.TraitError
            If a further trait lies outside its range.
        """
        betas, models = [float(beta) for beta in betas], list(models)
        if len(betas) < 2 or betas[0] <= 0 or any(b <= a for a, b in pairwise(betas)):
            raise ValueError(f"betas must be at least two positive numbers in ascending order, got {betas}")
        if len(models) != len(betas):
            raise ValueError(f"models must be {len(betas)}, one for each β, got {len(models)}")
        _check_models(models)
        check_images(x, labels)
        _validate.matrix(data=data)
        _validate.same_features(x=x, data=data[:1])
        if len(x) < RECONSTRUCTED:
            raise ValueError(f"x must hold at least {RECONSTRUCTED} digits, got {len(x)}")
        index = traits.setdefault("index", 0)
        if not isinstance(index, int) or not 0 <= index < len(betas):
            raise ValueError(f"index must be an integer from 0 to {len(betas) - 1}, got {index!r}")
        measured = [_measured(model, data) for model in models]
        with torch.no_grad():
            mu, logvar = (torch.stack(values) for values in zip(*(model.posterior(x) for model in models), strict=True))
        first = models[0].decoder
        return cls(
            betas=betas,
            **{name: [book[name] for book in measured] for name in measured[0]},
            decoders=b"".join(packed(model.decoder) for model in models),
            decoder_sizes=sizes(first),
            decoder_activation=first.config["activation"],
            mu=float_bytes(mu),
            logvar=float_bytes(logvar),
            images=integer_bytes(torch.round(GREYS * x)),
            labels=integer_bytes(labels),
            quantiles=plots.gaussian_quantiles(MAP, dtype=torch.float64)[:MAP, 0].tolist(),
            **traits,
        )

    @property
    def active(self) -> list[int]:
        """Active units of every model, those with Var_x E[z|x] > 0.01: M integers."""
        return [sum(value > ACTIVE for value in pair) for pair in self.spread]

    def digits(self) -> Tensor:
        """The test digits, shape (N, 64), float64 in [0, 1]."""
        return torch.from_numpy(np.frombuffer(self.images, "u1").reshape(-1, SIDE**2) / GREYS)

    def posteriors(self) -> tuple[Tensor, Tensor]:
        """mu and logvar of the test digits at the chosen β, two tensors of shape (N, 2), float64."""
        shape = len(self.betas), -1, 2
        mu, logvar = (np.frombuffer(part, "<f4").reshape(shape)[self.index] for part in (self.mu, self.logvar))
        return torch.from_numpy(mu.astype("f8")), torch.from_numpy(logvar.astype("f8"))

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """g(z) of the chosen β as the page computes it: (..., 2) → (..., 64), float64."""
        decoder = MLPDecoder(2, SIDE**2, self.decoder_sizes[1:-1], self.decoder_activation)
        size = len(self.decoders) // len(self.betas)
        unpack(self.decoders[self.index * size : (self.index + 1) * size], decoder)
        return decoder.double()(z.double())

    def prior_samples(self) -> Tensor:
        """The codes of the samples that the page shows, the same for every β: shape (12, 2), float64."""
        return torch.from_numpy(_random.normals(self.seed, 2 * SAMPLES).reshape(SAMPLES, 2))

    def draw_poster(self, figure: Figure) -> None:
        """Draw the rate–distortion curve, the stacked parts of the rate, and the map of the chosen β."""
        curve, parts, sheet = figure.subplots(1, 3)
        here, beta = self.index, self.betas[self.index]
        curve.plot(self.rate, self.distortion, "o-", markersize=3)
        width = 0.12 * max(self.rate)
        reach = np.array([max(0, self.rate[here] - width), self.rate[here] + width])
        curve.plot(reach, self.distortion[here] - beta * (reach - self.rate[here]), color="black", linewidth=1)
        curve.plot(self.rate[here], self.distortion[here], "o", color=plots.COLORS[1])
        low, high = min(self.distortion), max(self.distortion)
        curve.set(xlabel="rate (nats)", ylabel="distortion (nats)", ylim=(low - 2, high + 2), title=f"β = {beta:g}")
        at, bar = np.log10(self.betas), 0.1
        parts.bar(at, self.information, bar, color=plots.COLORS[2], label="I(x; z)")
        parts.bar(at, self.aggregate_kl, bar, self.information, color=plots.COLORS[4], label="KL(agg‖prior)")
        parts.plot(at[here], -0.03 * max(self.rate), "^", color="black", clip_on=False)
        parts.set(xlabel="log₁₀ β", title="rate (nats)")
        parts.legend(fontsize=7)
        pictures = self.decode(plots.gaussian_quantiles(MAP, dtype=torch.float64))
        plots.images(pictures, columns=MAP, ax=sheet, title="decoded quantiles")


def _measured(model: VAE, data: Tensor) -> dict[str, object]:
    """What the figure says of one model, by its names of traits: rate and parts, distortion, the axes."""
    with torch.no_grad():
        mu, logvar = model.posterior(data)
    distortion = -quadrature_elbo(model, data).reconstruction.double().mean().item()
    axes = {"kl": kl_per_dimension(mu, logvar).tolist(), "spread": mu.var(0).tolist()}
    return {**exact_rate(mu, logvar)._asdict(), "distortion": distortion, **axes}


def _check_models(models: Sequence[VAE]) -> None:
    for model in models:
        check_model(model)
        if not isinstance(model.likelihood, Gaussian):
            raise TypeError(f"models must have Gaussian pixels, got a {type(model.likelihood).__name__} likelihood")
    first = models[0]
    for model in models[1:]:
        if model.decoder.config != first.decoder.config:
            raise ValueError(f"models must share one decoder, got {first.decoder.config} and {model.decoder.config}")
        if model.likelihood.variance != first.likelihood.variance:
            both = f"{first.likelihood.variance:.4g} and {model.likelihood.variance:.4g}"
            raise ValueError(f"models must share one decoder variance, got {both}: β would not be comparable")
