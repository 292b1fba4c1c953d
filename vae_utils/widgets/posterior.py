"""The private posteriors of digits: draw z from a digit's own, from another's, or blindly, and decode (chapter 3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor

from vae_utils import _validate, plots
from vae_utils.gaussian import reparameterize
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.networks import ACTIVATIONS, MLPDecoder
from vae_utils.widgets import _random
from vae_utils.widgets._base import Widget, float_bytes, integer_bytes, module
from vae_utils.widgets._digits import GREYS, SIDE, check_images, check_model, packed, sizes, unpack

SOURCES = {"own": plots.COLORS[0], "another": plots.COLORS[1], "prior": plots.COLORS[3]}
MOST_DRAWS, RECENT, DEVIATIONS = 500, 10, 2


class Draws(NamedTuple):
    """What was drawn for the chosen digit x from one source.

    Attributes
    ----------
    z : Tensor, shape (n, 2)
    pictures : Tensor, shape (n, 64)
        g(z), in [0, 1] like the images.
    distances : Tensor, shape (n,)
        ‖x − g(z)‖², summed over the pixels.
    """

    z: Tensor
    pictures: Tensor
    distances: Tensor


class PrivatePosterior(Widget):
    """Pick a digit, see its posterior among all the others, draw z, decode; then draw z from elsewhere.

    Shown are the posteriors q(z|x) of all digits as ellipses of two standard deviations; the chosen digit x, what its
    mean code and the handle's z decode to; the latest draws; and ‖x − g(z)‖² of every draw with its running mean, for
    z from the digit's own posterior, from that of another digit chosen at random, and from the prior, beside the
    distance of the mean image, the best single answer to all digits. The same noise serves every digit and source.
    Source of z = mu + sigma · eps: Kingma & Welling (2014), section 2.4. Build it with :meth:`from_model`.

    Attributes
    ----------
    chosen : int
        The digit, from 0 to N - 1.
    source : {"own", "another", "prior"}
        Whose z the next draw takes.
    own, another, prior : int, from 0 to 500
        Draws so far, by source. See :meth:`draws`.
    seed : int
        Of the noise.
    z1, z2 : float, from -4 to 4
        The handle's place, whose decoded picture is shown.
    images, labels : bytes
        Counts of ink, shape (N, 64), from 0 to 16, and classes, shape (N,).
    mu, logvar : bytes
        Of the posteriors, shape (N, 2), float32.
    mean_image : bytes
        Shape (64,), float32.
    decoder : bytes
        Weights (outputs × inputs) and biases, layer by layer, float32.
    decoder_sizes : list of int
        Features of z, of each hidden layer, of the picture.
    decoder_activation : str
        See :func:`vae_utils.networks.mlp`.
    likelihood : {"gaussian", "bernoulli"}
        Whether a picture is the decoder's output or its sigmoid.
    """

    _esm = module("perceptron.js", "posterior.js")
    chosen = traitlets.Int(0, min=0).tag(sync=True)
    source = traitlets.Enum(list(SOURCES), "own").tag(sync=True)
    own = traitlets.Int(0, min=0, max=MOST_DRAWS).tag(sync=True)
    another = traitlets.Int(0, min=0, max=MOST_DRAWS).tag(sync=True)
    prior = traitlets.Int(0, min=0, max=MOST_DRAWS).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**31 - 1).tag(sync=True)
    z1 = traitlets.Float(0.0, min=-4.0, max=4.0).tag(sync=True)
    z2 = traitlets.Float(0.0, min=-4.0, max=4.0).tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)
    labels = traitlets.Bytes().tag(sync=True)
    mu = traitlets.Bytes().tag(sync=True)
    logvar = traitlets.Bytes().tag(sync=True)
    mean_image = traitlets.Bytes().tag(sync=True)
    decoder = traitlets.Bytes().tag(sync=True)
    decoder_sizes = traitlets.List(traitlets.Int()).tag(sync=True)
    decoder_activation = traitlets.Enum(list(ACTIVATIONS), "tanh").tag(sync=True)
    likelihood = traitlets.Enum(["gaussian", "bernoulli"], "gaussian").tag(sync=True)
    title = traitlets.Unicode("Whose z is it?").tag(sync=True)
    task = traitlets.Unicode(
        "Find a digit whose ellipse lies wholly among those of another class. What do its draws look like, and does "
        "the distance notice?"
    ).tag(sync=True)

    @classmethod
    def from_model(
        cls, model: VAE, x: Tensor, labels: Tensor, *, mean_image: Tensor | None = None, **traits: object
    ) -> PrivatePosterior:
        """Pack a trained VAE of 8×8 digits and the digits whose posteriors are shown. The encoder stays at home.

        Parameters
        ----------
        model : VAE
            Two latent dimensions, 64 pixels, :class:`~vae_utils.networks.MLPEncoder` and ``MLPDecoder``.
        x : Tensor, shape (N, 64)
            Digits in [0, 1], in steps of 1/16; 2 to 200 of them, in the dtype of the model.
        labels : Tensor, shape (N,)
            Their classes, 0 to 9.
        mean_image : Tensor, shape (64,), optional
            The one picture to compare with; the mean of ``x`` if None.
        **traits
            Further state, for instance ``chosen`` or ``own``.

        Raises
        ------
        TypeError
            If the networks are no perceptrons of :mod:`vae_utils.networks`, or the likelihood is unknown.
        ValueError
            If shapes, sizes or pixel values are not those above.
        traitlets.TraitError
            If a further trait lies outside its range.
        """
        check_model(model)
        check_images(x, labels)
        mean_image = x.mean(0) if mean_image is None else mean_image
        if not isinstance(mean_image, Tensor) or mean_image.shape != x.shape[1:]:
            raise ValueError(
                f"mean_image must be a tensor of shape ({x.shape[1]},), got {_validate.describe(mean_image)}"
            )
        _validate.unit_interval(mean_image=mean_image)
        chosen = traits.setdefault("chosen", 0)
        if not isinstance(chosen, int) or not 0 <= chosen < len(x):
            raise ValueError(f"chosen must be an integer from 0 to {len(x) - 1}, got {chosen!r}")
        with torch.no_grad():
            mu, logvar = model.posterior(x)
        z1, z2 = mu[chosen].clamp(-4, 4).tolist()
        return cls(
            images=integer_bytes(torch.round(GREYS * x)),
            labels=integer_bytes(labels),
            mu=float_bytes(mu),
            logvar=float_bytes(logvar),
            mean_image=float_bytes(mean_image),
            decoder=packed(model.decoder),
            decoder_sizes=sizes(model.decoder),
            decoder_activation=model.decoder.config["activation"],
            likelihood="gaussian" if isinstance(model.likelihood, Gaussian) else "bernoulli",
            **{"z1": z1, "z2": z2, **traits},
        )

    def digits(self) -> Tensor:
        """The images, shape (N, 64), float64 in [0, 1]."""
        return torch.from_numpy(np.frombuffer(self.images, "u1").reshape(-1, SIDE**2) / GREYS)

    def posteriors(self) -> tuple[Tensor, Tensor]:
        """mu and logvar of every digit, two tensors of shape (N, 2), float64."""
        mu, logvar = (np.frombuffer(packed, "<f4").reshape(-1, 2) for packed in (self.mu, self.logvar))
        return torch.from_numpy(mu.astype("f8")), torch.from_numpy(logvar.astype("f8"))

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """g(z) as the page computes it: (..., 2) → (..., 64), float64."""
        decoder = MLPDecoder(2, SIDE**2, self.decoder_sizes[1:-1], self.decoder_activation)
        unpack(self.decoder, decoder)
        parameters = decoder.double()(z.double())
        return parameters if self.likelihood == "gaussian" else torch.sigmoid(parameters)

    def draws(self, source: str | None = None) -> Draws:
        """The draws that the page shows for the chosen digit, all of one source.

        Parameters
        ----------
        source : {"own", "another", "prior"}, optional
            The present one if None.

        Returns
        -------
        Draws
            As many as the trait of that name says, float64.

        Raises
        ------
        ValueError
            If ``source`` is none of the three.
        """
        source = self.source if source is None else source
        if source not in SOURCES:
            raise ValueError(f"source must be one of {', '.join(SOURCES)}, got {source!r}")
        n = getattr(self, source)
        z = torch.from_numpy(_random.normals(2 * self.seed, 2 * n).reshape(n, 2))  # from the prior
        if source != "prior":
            whose = torch.full((n,), self.chosen) if source == "own" else self._others(n)
            mu, logvar = self.posteriors()
            z = reparameterize(mu[whose], logvar[whose], eps=z)
        pictures = self.decode(z)
        return Draws(z, pictures, ((self.digits()[self.chosen] - pictures) ** 2).sum(-1))

    def _others(self, n: int) -> Tensor:
        """Another digit for each of n draws, each of them equally likely: shape (n,), never the chosen one."""
        count = len(self.labels)
        steps = 1 + np.floor(_random.uniforms(2 * self.seed + 1, n) * (count - 1)).astype(int)
        return torch.from_numpy((self.chosen + steps) % count)

    def draw_poster(self, figure: Figure) -> None:
        """Draw the plane with all posteriors, the digit with its latest draws, and the distance of every draw."""
        (mu, logvar), x = self.posteriors(), self.digits()[self.chosen]
        labels = torch.from_numpy(np.frombuffer(self.labels, "u1").copy())
        parts = figure.subplot_mosaic(
            [["plane", "pictures"], ["plane", "distances"]], width_ratios=(1, 1.2), height_ratios=(1, 1.5)
        )
        plane, distances = parts["plane"], parts["distances"]
        for label in labels.unique().tolist():
            own, color = labels == label, plots.DIGIT_COLORS(label)
            plots.posteriors(mu[own], logvar[own], ax=plane, color=color, alpha=0.2, deviations=DEVIATIONS)
            plane.text(*mu[own].median(0).values.tolist(), str(label), ha="center", va="center", weight="bold")
        chosen = mu[[self.chosen]], logvar[[self.chosen]]
        plots.posteriors(*chosen, ax=plane, color="black", alpha=0.5, deviations=DEVIATIONS)
        plane.add_patch(Circle((0, 0), DEVIATIONS, fill=False, linestyle="--", color="gray"))
        plane.set(xlim=(-4, 4), ylim=(-4, 4), xlabel="$z_1$", ylabel="$z_2$")
        latest = self.draws().pictures[-RECENT:]
        shown = torch.cat([x[None], self.decode(chosen[0]), latest])
        plots.images(shown, columns=6, ax=parts["pictures"], title="a digit x, g(μ), and its latest draws g(z)")
        for source, color in SOURCES.items():
            lot = self.draws(source).distances
            if len(lot):
                distances.plot(np.arange(len(lot)) + 1, lot, "o", markersize=3, color=color, label=f"{source} z")
        mean_image = torch.from_numpy(np.frombuffer(self.mean_image, "<f4").astype("f8"))
        distances.axhline(((x - mean_image) ** 2).sum().item(), color="gray", linestyle="--", label="the mean image")
        distances.set(xlabel="draw", ylabel="‖x − g(z)‖²", ylim=(0, None))
        distances.legend(fontsize=7, ncols=2)
