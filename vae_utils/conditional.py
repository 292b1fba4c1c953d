"""The conditional VAE: a VAE that is told the class.

Two ways to tell it. The class moves the prior, p(z|y) = N(m_y, I), and networks see no label: "prior". Or the
label stands beside the input of both networks, and the prior stays N(0, I): "input".

Measured from its class mean, a code is a *style* s = z − m_y, and p(s|y) = N(0, I) in both ways. So a conditional VAE
whose label is given is a plain VAE with the style as its latent: see :meth:`ConditionalVAE.given`.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vae_utils import _validate
from vae_utils.data import Images
from vae_utils.gaussian import standard_normal
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.networks import MLPDecoder, MLPEncoder
from vae_utils.objectives import Elbo, elbo, negative_elbo

WAYS = ("prior", "input")


class ConditionalVAE(nn.Module):
    """p(z|y) = N(m_y, I), q(z|x) or q(z|x, y) from the encoder, p(x|z) or p(x|z, y) from the decoder.

    Sources: class-dependent prior mean, Su Jianlin (2018), spaces.ac.cn 5253; labels as inputs, Sohn, Lee & Yan (2015).

    Parameters
    ----------
    encoder : nn.Module
        x (B, D) → mu, logvar (B, L); with ``labels="input"`` it takes D + C values per example.
    decoder : nn.Module
        z (..., L) → parameters (..., D); with ``labels="input"`` it takes L + C values. Its attribute ``latent``
        counts what it takes.
    likelihood : nn.Module
        :class:`~vae_utils.likelihoods.Bernoulli` or :class:`~vae_utils.likelihoods.Gaussian`.
    classes : int
        C; labels are 0 … C − 1.
    labels : {"prior", "input"}
        Where the label enters.
    means : Tensor, shape (C, L), optional
        First m_y for ``labels="prior"``; all 0 if None, which is the plain VAE.
    learn_means : bool
        Whether m_y are parameters. Their optimum is the mean code of each class. Adam moves a parameter by at most
        about its learning rate per step, and classes are apart only when their means are several σ = 1 apart: start
        them apart, or train with :func:`faster_means`.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        likelihood: nn.Module,
        classes: int,
        *,
        labels: str = "prior",
        means: Tensor | None = None,
        learn_means: bool = True,
    ):
        super().__init__()
        _validate.positive_int(classes=classes)
        if labels not in WAYS:
            raise ValueError(f"labels must be one of {', '.join(WAYS)}, got {labels!r}")
        if not isinstance(getattr(decoder, "latent", None), int):
            raise TypeError("decoder must have an integer attribute `latent`, the number of values that it takes")
        latent = decoder.latent - (classes if labels == "input" else 0)
        if latent < 1 or getattr(encoder, "latent", latent) != latent:
            raise ValueError(
                f"encoder and decoder must share one latent size, got {getattr(encoder, 'latent', '?')} and {latent} "
                f"(a decoder of {decoder.latent} values with labels={labels!r} and {classes} classes)"
            )
        if labels == "input" and means is not None:
            raise ValueError('means must be None with labels="input", where the prior is the same for all classes')
        means = torch.zeros(classes, latent) if means is None else means
        _validate.matrix(means=means)
        _validate.finite(means=means)
        if means.shape != (classes, latent):
            raise ValueError(f"means must have shape ({classes}, {latent}), got {tuple(means.shape)}")
        self.encoder, self.decoder, self.likelihood = encoder, decoder, likelihood
        self.classes, self.latent, self.labels = classes, latent, labels
        if labels == "prior" and learn_means:
            self.means = nn.Parameter(means.clone())
        else:
            self.register_buffer("means", means.clone())

    @classmethod
    def of_size(
        cls,
        features: int,
        latent: int,
        classes: int,
        hidden: Sequence[int] = (128, 128),
        *,
        labels: str = "prior",
        means: Tensor | None = None,
        learn_means: bool = True,
        likelihood: nn.Module | None = None,
        activation: str = "tanh",
        seed: int = 0,
    ) -> ConditionalVAE:
        """Two mirrored perceptrons whose first weights depend on ``seed`` alone.

        With ``labels="prior"`` they are those of :meth:`vae_utils.model.VAE.of_size` with the same seed.

        Parameters
        ----------
        features, latent, classes : int
            Pixels D, latent dimensions L, classes C.
        hidden, likelihood, activation, seed
            As in :meth:`vae_utils.model.VAE.of_size`.
        labels, means, learn_means
            As in :class:`ConditionalVAE`.
        """
        _validate.positive_int(features=features, latent=latent, classes=classes)
        seen = classes if labels == "input" else 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder = MLPEncoder(features + seen, latent, hidden, activation)
            decoder = MLPDecoder(latent + seen, features, hidden[::-1], activation)
        likelihood = Gaussian() if likelihood is None else likelihood
        return cls(encoder, decoder, likelihood, classes, labels=labels, means=means, learn_means=learn_means)

    def given(self, y: int | Tensor) -> VAE:
        """The plain VAE that is left when the label is known; its latent is the style s = z − m_y.

        It shares the weights. All that is written for a VAE holds for it: ``iw_bound(model.given(y), x, …)`` bounds
        log p(x|y), and ``log_marginal(model.given(3), x)`` is log p(x|y=3).

        Parameters
        ----------
        y : int or Tensor of int64, shape () or (B,)
            One label for all examples, or one for each.

        Raises
        ------
        TypeError, ValueError
            If a label is no integer from 0 to C − 1.
        """
        one_hot = self._one_hot(y)
        return VAE(_StyleEncoder(self, one_hot), _StyleDecoder(self, one_hot), self.likelihood)

    def _one_hot(self, y: int | Tensor) -> Tensor:
        """Labels as rows of the unit matrix: () or (B,) → (C,) or (B, C)."""
        whole = y.dtype == torch.int64 if isinstance(y, Tensor) else isinstance(y, numbers.Integral)
        if not whole or isinstance(y, bool):
            raise TypeError(f"y must be an integer or an int64 tensor of labels, got {_validate.describe(y)}")
        y = torch.as_tensor(y, device=self.means.device)
        if y.ndim > 1:
            raise ValueError(f"y must have shape () or (B,), got {tuple(y.shape)}")
        try:
            return functional.one_hot(y, self.classes).to(self.means.dtype)
        except RuntimeError:  # one_hot looks at the values; under torch.vmap we could not
            raise ValueError(f"y must hold labels from 0 to {self.classes - 1}, got {y.min()} to {y.max()}") from None

    def posterior(self, x: Tensor, y: int | Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar of q(z|x, y): x (B, ...), y () or (B,) → two tensors of shape (B, L)."""
        style, logvar = self.given(y).posterior(x)
        return style + self._one_hot(y) @ self.means, logvar

    def decode(self, z: Tensor, y: int | Tensor) -> Tensor:
        """E[x|z, y]: (..., L) → (..., D). With ``labels="prior"`` the label does not matter, z says it all."""
        labels = _labels_of(z, self._one_hot(y), "z", z.ndim - 1)
        return self.given(y).decode(z - labels @ self.means)

    @torch.no_grad()
    def restyle(self, x: Tensor, y: int | Tensor, new_y: int | Tensor) -> Tensor:
        """Choose the class, keep the style: encode x with its label, decode its style under another.

        Parameters
        ----------
        x : Tensor, shape (B, ...)
        y, new_y : int or Tensor of int64, shape () or (B,)
            The label that x has and the one that the result shall have. Equal ones give the reconstruction.

        Returns
        -------
        Tensor, shape (B, D).
        """
        return self.given(new_y).decode(self.given(y).encode(x))

    @torch.no_grad()
    def sample(
        self, labels: int | Tensor, *, generator: torch.Generator | None = None, pixel_noise: bool = False
    ) -> Images:
        """New images of chosen classes: z ~ N(m_y, I), then x. No real image takes part.

        Parameters
        ----------
        labels : int or Tensor of int64, shape (n,)
            The class of every image; or how many images, whose classes are then drawn uniformly.
        generator : torch.Generator, optional
            Source of randomness.
        pixel_noise : bool
            Draw x ~ p(x|z, y) if true; the default shows its mean.

        Returns
        -------
        Images
            ``x`` of shape (n, D) and the labels ``y`` of shape (n,).
        """
        _validate.generator(generator)
        if isinstance(labels, Tensor):
            if labels.ndim != 1 or not len(labels):
                raise ValueError(f"labels must have shape (n,) with at least one label, got {tuple(labels.shape)}")
            y = labels.to(self.means.device)
        else:
            _validate.positive_int(labels=labels)
            source = None if generator is None else generator.device
            y = torch.randint(self.classes, (labels,), generator=generator, device=source).to(self.means.device)
        return Images(self.given(y).sample(len(y), generator=generator, pixel_noise=pixel_noise), y)

    def elbo(self, x: Tensor, y: int | Tensor, **noise) -> Elbo:
        """:func:`conditional_elbo` of this model."""
        return conditional_elbo(self, x, y, **noise)

    def noise(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """ε ~ N(0, I) for n examples, shape (n, L), in the dtype and on the device of the weights."""
        return standard_normal(n, self.latent, generator=generator, like=self.means)


class _StyleEncoder(nn.Module):
    """x ↦ mean and log-variance of the style under known labels."""

    def __init__(self, model: ConditionalVAE, one_hot: Tensor):
        super().__init__()
        self.encoder, self.latent = model.encoder, model.latent
        self.one_hot, self.beside = one_hot, model.labels == "input"
        self.shift = one_hot @ model.means  # m_y, (L,) or (B, L)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        labels = _labels_of(x, self.one_hot, "x", 1)
        mu, logvar = self.encoder(torch.cat([x.flatten(1), labels], 1) if self.beside else x)
        return mu - self.shift, logvar


class _StyleDecoder(nn.Module):
    """Style ↦ parameters of p(x|z, y) with z = m_y + style, under known labels."""

    def __init__(self, model: ConditionalVAE, one_hot: Tensor):
        super().__init__()
        self.decoder, self.latent = model.decoder, model.latent
        self.one_hot, self.beside = one_hot, model.labels == "input"
        self.shift = one_hot @ model.means

    def forward(self, style: Tensor) -> Tensor:
        labels = _labels_of(style, self.one_hot, "z", style.ndim - 1)
        z = style + self.shift
        return self.decoder(torch.cat([z, labels], -1) if self.beside else z)


def _labels_of(values: Tensor, one_hot: Tensor, name: str, leading: int) -> Tensor:
    """Labels for all rows: one_hot (C,) or (B, C) → (..., C) with the leading dimensions of the values.

    Two lengths that merely broadcast, 1 and B, are refused: they would make B examples of one.
    """
    if one_hot.ndim == 2 and (leading < 1 or values.shape[leading - 1] != len(one_hot)):
        raise ValueError(
            f"y must hold one label per row of {name}, got {len(one_hot)} for {name} of shape {tuple(values.shape)}"
        )
    return one_hot.expand(*values.shape[:leading], -1)


def conditional_elbo(
    model: ConditionalVAE,
    x: Tensor,
    y: int | Tensor,
    *,
    eps: Tensor | None = None,
    n_samples: int = 1,
    generator: torch.Generator | None = None,
) -> Elbo:
    """E_q[log p(x|z, y)] − KL(q(z|x, y) ‖ p(z|y)), a lower bound of log p(x|y).

    With a class-dependent prior mean the KL is ½ Σ ((μ − m_y)² + σ² − log σ² − 1).
    Sources: Sohn, Lee & Yan (2015), section 4; Su Jianlin (2018), spaces.ac.cn 5253.

    Parameters
    ----------
    model : ConditionalVAE
    x : Tensor, shape (B, ...)
    y : int or Tensor of int64, shape () or (B,)
    eps, n_samples, generator
        As in :func:`vae_utils.objectives.elbo`.

    Returns
    -------
    Elbo
        Three tensors of shape (B,), in nats.
    """
    return elbo(model.given(y), x, eps=eps, n_samples=n_samples, generator=generator)


def conditional_negative_elbo(
    model: ConditionalVAE, x: Tensor, y: Tensor, *, eps: Tensor, beta: float | Tensor = 1.0
) -> dict[str, Tensor]:
    """The loss for ``fit(model, (x, y), loss=conditional_negative_elbo)``: −reconstruction + β KL.

    Parameters
    ----------
    model : ConditionalVAE
    x : Tensor, shape (B, ...)
    y : Tensor of int64, shape (B,)
    eps : Tensor, shape (B, L)
    beta : float or Tensor of shape ()
        As in :func:`vae_utils.objectives.negative_elbo`.

    Returns
    -------
    dict of tensors of shape (B,)
        "loss", "reconstruction", "kl", "elbo".
    """
    return negative_elbo(model.given(y), x, eps=eps, beta=beta)


def faster_means(model: ConditionalVAE, factor: float = 30.0) -> Callable[..., torch.optim.Optimizer]:
    """An optimizer for ``fit(…, optimizer=faster_means(model))``: Adam, with a larger learning rate for m_y.

    Parameters
    ----------
    model : ConditionalVAE
        With learned means.
    factor : float
        Learning rate of the means over that of the networks.

    Returns
    -------
    callable
        ``(parameters, lr)`` → optimizer.

    Raises
    ------
    ValueError
        If the model has no means to learn.
    """
    _validate.positive(factor=factor)
    if not isinstance(model.means, nn.Parameter):
        raise ValueError("model must have means that are learned: labels='prior' and learn_means=True")

    def optimizer(parameters: Sequence[Tensor], lr: float) -> torch.optim.Optimizer:
        others = [parameter for parameter in parameters if parameter is not model.means]
        return torch.optim.Adam([{"params": others}, {"params": [model.means], "lr": factor * lr}], lr=lr, fused=True)

    return optimizer
