"""The latent plane of a trained VAE to walk in, and a pad for the reader's own digit, priced in nats (chapter 7)."""

from __future__ import annotations

import math

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from vae_utils import _validate, plots
from vae_utils.gaussian import kl_to_standard_normal, reparameterize
from vae_utils.handwriting import SCRIBBLE, THREE
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.networks import ACTIVATIONS, MLPDecoder, MLPEncoder
from vae_utils.objectives import Elbo
from vae_utils.widgets._base import Widget, float_bytes, integer_bytes, module
from vae_utils.widgets._digits import GREYS, SIDE, check_images, check_model, packed, sizes, unpack

POINTS = 12  # along each axis of the latent plane: the ELBO of a test digit is then exact to a millionth of a nat


def gauss_hermite(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights with Σ_i weights_i f(nodes_i) ≈ E[f(ε)], ε ~ N(0, 1), exact for degrees up to 2·points − 1."""
    _validate.positive_int(points=points)
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    return nodes, weights / weights.sum()


@torch.no_grad()
def quadrature_elbo(model: VAE, x: Tensor, *, points: int = POINTS) -> Elbo:
    """The ELBO without a random draw: E_q over a two-dimensional code by Gauss–Hermite quadrature.

    Source of the ELBO: Kingma & Welling (2014), equation 10.

    Parameters
    ----------
    model : VAE
        With two latent dimensions.
    x : Tensor, shape (B, D)
    points : int
        Nodes along each of the two axes.

    Returns
    -------
    Elbo
        Reconstruction, KL and ELBO, three tensors of shape (B,), in nats.

    Raises
    ------
    ValueError
        If the model has other than two latent dimensions, or ``points`` < 1.
    """
    if model.latent != 2:
        raise ValueError(f"model must have 2 latent dimensions, got {model.latent}")
    nodes, weights = (torch.as_tensor(values, dtype=x.dtype) for values in gauss_hermite(points))
    eps = torch.cartesian_prod(nodes, nodes)[:, None].expand(-1, len(x), -1)  # (points², B, 2)
    mu, logvar = model.posterior(x)
    log_likelihood = model.likelihood.log_prob(x, model.decoder(reparameterize(mu, logvar, eps=eps)))
    reconstruction = (torch.cartesian_prod(weights, weights).prod(1)[:, None] * log_likelihood).sum(0)
    kl = kl_to_standard_normal(mu, logvar)
    return Elbo(reconstruction, kl, reconstruction - kl)


class LatentExplorer(Widget):
    """Walk through a two-dimensional latent space, and encode a digit drawn by the reader.

    Shown are the codes of test digits and what the handle's place decodes to; a pad of 32×32 cells, whose ink is
    counted in blocks of 4×4 as the data set was made; and for the chosen image, drawn or from the test part, its
    posterior, reconstruction, KL and ELBO in nats among those of the test digits. The expectation over q is a
    Gauss–Hermite sum, so nothing is random. Build it with :meth:`from_model`.

    Attributes
    ----------
    z1, z2 : float, from -4 to 4
        The code whose decoded picture is shown.
    chosen : int
        The image that is judged: a test digit from 0 to N - 1, or -1 for the drawing.
    drawing : bytes
        The drawing as 64 counts from 0 to 16, row by row; empty before anything is drawn. See :attr:`drawn`.
    images, labels : bytes
        Counts, shape (N, 64), and classes, shape (N,), of the test digits.
    elbos : bytes
        Their exact ELBOs in nats, shape (N,), float32.
    encoder, decoder : bytes
        Weights (outputs × inputs) and biases, layer by layer, float32.
    encoder_sizes, decoder_sizes : list of int
        Features of the input, of each hidden layer, of the output.
    encoder_activation, decoder_activation : str
        See :func:`vae_utils.networks.mlp`.
    likelihood : {"gaussian", "bernoulli"}
    pixel_logvar : float
        log of the decoder's variance, if the likelihood is Gaussian.
    nodes, weights : list of float
        The quadrature rule of :func:`gauss_hermite`.
    ink : int
        Inked cells of 1,024 in a middling test digit: a drawing's pen is made to give as much.
    examples : dict of str to strokes
        Drawings that a button each puts on the pad; see :mod:`vae_utils.handwriting`.
    """

    _esm = module("perceptron.js", "latent_explorer.js")
    z1 = traitlets.Float(0.0, min=-4.0, max=4.0).tag(sync=True)
    z2 = traitlets.Float(0.0, min=-4.0, max=4.0).tag(sync=True)
    chosen = traitlets.Int(0, min=-1).tag(sync=True)
    drawing = traitlets.Bytes(b"").tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)
    labels = traitlets.Bytes().tag(sync=True)
    elbos = traitlets.Bytes().tag(sync=True)
    encoder = traitlets.Bytes().tag(sync=True)
    decoder = traitlets.Bytes().tag(sync=True)
    encoder_sizes = traitlets.List(traitlets.Int()).tag(sync=True)
    decoder_sizes = traitlets.List(traitlets.Int()).tag(sync=True)
    encoder_activation = traitlets.Enum(list(ACTIVATIONS), "tanh").tag(sync=True)
    decoder_activation = traitlets.Enum(list(ACTIVATIONS), "tanh").tag(sync=True)
    likelihood = traitlets.Enum(["gaussian", "bernoulli"], "gaussian").tag(sync=True)
    pixel_logvar = traitlets.Float(0.0).tag(sync=True)
    nodes = traitlets.List(traitlets.Float()).tag(sync=True)
    weights = traitlets.List(traitlets.Float()).tag(sync=True)
    ink = traitlets.Int(300, min=1).tag(sync=True)
    examples = traitlets.Dict().tag(sync=True)
    title = traitlets.Unicode("Your handwriting in nats").tag(sync=True)
    task = traitlets.Unicode(
        "Write a 3. How far is it from the median test digit? Then draw something that is no digit. "
        "And drag the handle: does any place return your drawing better than the encoder's μ?"
    ).tag(sync=True)

    @classmethod
    def from_model(cls, model: VAE, x: Tensor, labels: Tensor, **traits: object) -> LatentExplorer:
        """Pack a trained VAE of 8×8 digits and the test digits to compare with.

        Parameters
        ----------
        model : VAE
            Two latent dimensions, 64 pixels, :class:`~vae_utils.networks.MLPEncoder` and ``MLPDecoder``.
        x : Tensor, shape (N, 64)
            Test digits in [0, 1], in steps of 1/16; 2 to 200 of them.
        labels : Tensor, shape (N,)
            Their classes, 0 to 9.
        **traits
            Further state, for instance ``chosen`` or ``task``.

        Raises
        ------
        TypeError
            If the networks are no perceptrons of :mod:`vae_utils.networks`, or the likelihood is unknown.
        ValueError
            If shapes, sizes or pixel values are not those above.
        """
        check_model(model)
        check_images(x, labels)
        chosen = traits.setdefault("chosen", 0)
        if not isinstance(chosen, int) or not -1 <= chosen < len(x):
            raise ValueError(f"chosen must be an integer from -1 to {len(x) - 1}, got {chosen!r}")
        counts = torch.round(GREYS * x)
        nodes, weights = gauss_hermite(POINTS)
        with torch.no_grad():
            code = model.encode(x)[chosen].clamp(-4, 4).tolist() if chosen >= 0 else (0.0, 0.0)
        gaussian = isinstance(model.likelihood, Gaussian)
        return cls(
            images=integer_bytes(counts),
            labels=integer_bytes(labels),
            elbos=float_bytes(quadrature_elbo(model, x).elbo),
            encoder=packed(model.encoder),
            decoder=packed(model.decoder),
            encoder_sizes=sizes(model.encoder),
            decoder_sizes=sizes(model.decoder),
            encoder_activation=model.encoder.config["activation"],
            decoder_activation=model.decoder.config["activation"],
            likelihood="gaussian" if gaussian else "bernoulli",
            pixel_logvar=math.log(model.likelihood.variance) if gaussian else 0.0,
            nodes=nodes.tolist(),
            weights=weights.tolist(),
            ink=int(counts.sum(1).median()),
            examples={"Draw a 3": THREE, "Scribble": SCRIBBLE},
            **{"z1": code[0], "z2": code[1], **traits},
        )

    @property
    def drawn(self) -> Tensor:
        """The reader's drawing as the model sees it: shape (64,) in [0, 1], steps of 1/16.

        Raises
        ------
        ValueError
            If nothing has been drawn.
        """
        if len(self.drawing) != SIDE**2:
            raise ValueError("drawing must hold 64 counts, but nothing has been drawn yet")
        return torch.frombuffer(bytearray(self.drawing), dtype=torch.uint8).float() / GREYS

    def model(self) -> VAE:
        """The VAE that the figure computes with, built again from its state."""
        config = {"features": SIDE**2, "latent": 2}
        encoder = MLPEncoder(hidden=self.encoder_sizes[1:-1], activation=self.encoder_activation, **config)
        decoder = MLPDecoder(hidden=self.decoder_sizes[1:-1], activation=self.decoder_activation, **config)
        for network, weights in ((encoder, self.encoder), (decoder, self.decoder)):
            unpack(weights, network)
        gaussian = self.likelihood == "gaussian"
        return VAE(encoder, decoder, Gaussian(math.exp(self.pixel_logvar)) if gaussian else Bernoulli())

    def draw_poster(self, figure: Figure) -> None:
        """Draw the codes with the posterior of the chosen digit, the digit with what comes back, and all ELBOs."""
        images = torch.from_numpy(np.frombuffer(self.images, "u1").reshape(-1, SIDE**2) / np.float32(GREYS))
        labels = torch.from_numpy(np.frombuffer(self.labels, "u1").copy())
        elbos = np.frombuffer(self.elbos, "<f4")
        model, chosen = self.model(), max(self.chosen, 0)
        with torch.no_grad():
            mu, logvar = model.posterior(images)
            returned = model.decode(mu[chosen])
        left, middle, right = figure.subplots(1, 3, width_ratios=(3, 1.1, 2.2))
        plots.codes(mu, labels, ax=left, size=5)
        plots.posteriors(mu[[chosen]], logvar[[chosen]], ax=left, color=plots.COLORS[1], alpha=0.9, deviations=2)
        left.set(xlim=(-4, 4), ylim=(-4, 4))
        plots.images(torch.stack([images[chosen], returned]), columns=1, ax=middle, title="a digit, and\nwhat returns")
        right.hist(elbos, 24, color=plots.COLORS[0], alpha=0.6)
        right.axvline(float(np.median(elbos)), color="black", linestyle="--", linewidth=1, label="median")
        right.axvline(elbos[chosen], color=plots.COLORS[1], label="this digit")
        right.set(xlabel="ELBO (nats)", ylabel="test digits")
        right.legend(loc="upper left")
