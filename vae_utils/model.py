"""The VAE: a prior, an encoder, a decoder and a likelihood, held together."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from vae_utils import _validate
from vae_utils.gaussian import standard_normal
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.networks import MLPDecoder, MLPEncoder

# What a checkpoint may name. Weights are data; a class is only ever taken from here, so loading a file runs
# no code of its own.
PARTS = {part.__name__: part for part in (MLPEncoder, MLPDecoder, Bernoulli, Gaussian)}
FORMAT = "vae_utils/1"


class VAE(nn.Module):
    """p(z) = N(0, I), q(z|x) from the encoder, p(x|z) from the decoder and the likelihood.

    Source: Kingma & Welling (2014).

    Parameters
    ----------
    encoder : nn.Module
        x (B, ...) → mu, logvar (B, L).
    decoder : nn.Module
        z (..., L) → parameters (..., D); has an attribute ``latent`` = L.
    likelihood : nn.Module
        :class:`~vae_utils.likelihoods.Bernoulli` or :class:`~vae_utils.likelihoods.Gaussian`.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, likelihood: nn.Module):
        super().__init__()
        inner = [getattr(part, "latent", None) for part in (encoder, decoder)]
        if None not in inner and inner[0] != inner[1]:
            raise ValueError(f"encoder and decoder must share one latent size, got {inner[0]} and {inner[1]}")
        if inner[1] is None:
            raise TypeError("decoder must have an integer attribute `latent`, the number of latent dimensions")
        self.encoder, self.decoder, self.likelihood = encoder, decoder, likelihood

    @property
    def latent(self) -> int:
        """The number of latent dimensions, L."""
        return self.decoder.latent

    @classmethod
    def of_size(
        cls,
        features: int,
        latent: int,
        hidden: tuple[int, ...] = (128, 128),
        *,
        likelihood: nn.Module | None = None,
        activation: str = "tanh",
        seed: int = 0,
    ) -> VAE:
        """A VAE of two mirrored perceptrons whose first weights depend on ``seed`` alone.

        Parameters
        ----------
        features, latent : int
            Pixels D and latent dimensions L.
        hidden : tuple of int
            Hidden layers of the encoder; the decoder has them in reverse.
        likelihood : nn.Module, optional
            A Gaussian with variance 0.05 if None.
        activation : str
            See :func:`vae_utils.networks.mlp`.
        seed : int
            Seed of the first weights. torch's global generator is left as it was.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder = MLPEncoder(features, latent, hidden, activation)
            decoder = MLPDecoder(latent, features, hidden[::-1], activation)
        return cls(encoder, decoder, Gaussian() if likelihood is None else likelihood)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar of q(z|x): x (B, ...) → two tensors of shape (B, L)."""
        return self.encoder(x)

    def encode(self, x: Tensor) -> Tensor:
        """The mean code μ(x), for pictures and features, not for the ELBO: (B, ...) → (B, L)."""
        return self.encoder(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """E[x|z]: (..., L) → (..., D)."""
        return self.likelihood.mean(self.decoder(z))

    @torch.no_grad()
    def reconstruct(self, x: Tensor) -> Tensor:
        """The picture that the mean code of x decodes to: (B, ...) → (B, D)."""
        return self.decode(self.encode(x))

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator | None = None, pixel_noise: bool = False) -> Tensor:
        """New images: z from the prior, then x. No real image takes part.

        Parameters
        ----------
        n : int
            How many.
        generator : torch.Generator, optional
            Source of randomness.
        pixel_noise : bool
            Draw x ~ p(x|z) if true; the default shows its mean, as nearly all published pictures do.

        Returns
        -------
        Tensor, shape (n, D).
        """
        _validate.positive_int(n=n)
        parameters = self.decoder(self.noise(n, generator=generator))
        if pixel_noise:
            return self.likelihood.sample(parameters, generator=generator)
        return self.likelihood.mean(parameters)

    def noise(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """ε ~ N(0, I) for n examples, shape (n, L), in the dtype and on the device of the weights."""
        return standard_normal(n, self.latent, generator=generator, like=next(self.parameters()))

    def save(self, path: str | os.PathLike) -> None:
        """Write architecture and weights to one file: plain data without pickled code.

        The file appears whole or not at all.

        Raises
        ------
        TypeError
            If a part is not one that :meth:`load` could build again.
        """
        parts = {"encoder": self.encoder, "decoder": self.decoder, "likelihood": self.likelihood}
        for role, part in parts.items():
            if type(part).__name__ not in PARTS:
                raise TypeError(
                    f"the {role} is a {type(part).__name__}; only {', '.join(PARTS)} can be saved as a whole: "
                    "save its state_dict() instead"
                )
        contents = {
            "format": FORMAT,
            "parts": {role: [type(part).__name__, part.config] for role, part in parts.items()},
            "weights": self.state_dict(),
        }
        path = Path(path)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            torch.save(contents, unfinished)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike, *, device: str | torch.device = "cpu") -> VAE:
        """Read a model written by :meth:`save`.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged, is no checkpoint of this package, or contains NaN or infinite weights.
        """
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(f"path must name a saved model, but there is no file {path}")
        try:
            contents = torch.load(path, map_location=device, weights_only=True)
        except Exception as error:
            raise ValueError(f"path must name an undamaged model file, but {path} cannot be read: {error}") from error
        if not isinstance(contents, dict) or contents.get("format") != FORMAT:
            raise ValueError(f"path must name a model of the format {FORMAT}, but {path} is not one")
        try:
            built = {role: PARTS[name](**config) for role, (name, config) in contents["parts"].items()}
            model = cls(**built).to(device)
            model.to(next(iter(contents["weights"].values())).dtype)
            model.load_state_dict(contents["weights"])
        except (KeyError, TypeError, RuntimeError, StopIteration) as error:
            raise ValueError(
                f"path must name a complete model, but parts and weights of {path} disagree: {error}"
            ) from error
        _validate.finite(**{name.replace(".", "_"): value for name, value in contents["weights"].items()})
        return model
