"""What a reader would use instead: the same network, batch and Adam, in the loops of five projects, and by hand.

Each function takes the images, x (N, D) with values in [0, 1], and returns an epoch of training as a function. Where a
project leaves the choice of the loader to its user, the data lie in memory already (``TensorDataset``); only the loops
that transform or fetch every picture by itself do so here too. Sizes default to those of pytorch/examples.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import sys
import tempfile
import warnings
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from vae_utils.runs.bench import BATCH, HIDDEN, LATENT, RATE, Loop


class TwoHeads(nn.Module):
    """784-400-(20, 20): the encoder that all of them have."""

    def __init__(self, pixels: int, hidden: int = HIDDEN, latent: int = LATENT):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.mu, self.logvar = nn.Linear(hidden, latent), nn.Linear(hidden, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = torch.relu(self.hidden(x))
        return self.mu(hidden), self.logvar(hidden)


def decoder(pixels: int, hidden: int = HIDDEN, latent: int = LATENT) -> nn.Sequential:
    """20-400-784 with probabilities at the end, as all of them have it."""
    return nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, pixels), nn.Sigmoid())


class PlainVAE(nn.Module):
    """The network of pytorch/examples ``vae/main.py`` and its loss, a sum over the batch."""

    def __init__(self, pixels: int, hidden: int = HIDDEN, latent: int = LATENT):
        super().__init__()
        self.encoder, self.decoder = TwoHeads(pixels, hidden, latent), decoder(pixels, hidden, latent)

    def forward(self, x: Tensor) -> Tensor:
        mu, logvar = self.encoder(x)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        cross_entropy = F.binary_cross_entropy(self.decoder(z), x, reduction="sum")
        return cross_entropy - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


def pictures(x: Tensor) -> torch.utils.data.Dataset:
    """torchvision's MNIST with its ``ToTensor``, holding these images: one PIL image at a time, made a tensor."""
    without_compiled_operators()
    from torchvision.datasets import MNIST
    from torchvision.transforms import ToTensor

    class Pictures(MNIST):
        def __init__(self):  # everything but reading the files
            side = round(x.shape[1] ** 0.5)
            self.data = (x * 255).round().to(torch.uint8).reshape(-1, side, side)
            self.targets = torch.zeros(len(x), dtype=torch.long)
            self.transform, self.target_transform = ToTensor(), None

    return Pictures()


def without_compiled_operators() -> None:
    """Let ``import torchvision`` find its modules alone.

    Its compiled operators must fit the build of torch to the bit, which not every machine's do, and then nothing of it
    can be imported. Neither its datasets nor its transforms need them.
    """
    if "torchvision" not in sys.modules:
        module = ModuleType("torchvision")
        module.__path__ = list(importlib.util.find_spec("torchvision").submodule_search_locations)
        sys.modules["torchvision"] = module


def pytorch_examples(x: Tensor, *, hidden: int = HIDDEN, latent: int = LATENT) -> Loop:
    """The loop of pytorch/examples ``vae/main.py``: a loader that transforms each picture, ``item()`` at each step."""
    model = PlainVAE(x.shape[1], hidden, latent)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    loader = DataLoader(pictures(x), batch_size=BATCH, shuffle=True)

    def epoch() -> float:
        model.train()
        total = 0.0
        for images, _ in loader:
            optimizer.zero_grad()
            loss = model(images.view(len(images), -1))
            loss.backward()
            total += loss.item()
            optimizer.step()
        return total

    return Loop(epoch, model.encoder, model.decoder[:-1])


def intro_dgm(x: Tensor, *, hidden: int = HIDDEN, latent: int = LATENT) -> Loop:
    """The loop of intro_dgm's ``vae_example``: rows of a NumPy array collated, clamped probabilities, Adamax.

    Its KL is estimated from the sample of z, as the difference of two log densities (in which, as there, the constants
    and log σ² of each coordinate count L times: it is here for its time alone).
    """
    encoder = nn.Sequential(nn.Linear(x.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
    decode = decoder(x.shape[1], hidden, latent)
    optimizer = torch.optim.Adamax([*encoder.parameters(), *decode.parameters()], lr=RATE)
    loader = DataLoader(list(x.numpy()), batch_size=BATCH, shuffle=True)
    log_2pi = torch.log(2.0 * torch.tensor(torch.pi, dtype=torch.float64))

    def log_normal(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        return -0.5 * latent * log_2pi - 0.5 * latent * logvar - 0.5 * torch.exp(-logvar) * (z - mu) ** 2.0

    def loss(images: Tensor) -> Tensor:
        mu, logvar = torch.chunk(encoder(images), 2, dim=1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        p = torch.clamp(decode(z), 1e-5, 1 - 1e-5)
        reconstruction = (images * torch.log(p) + (1.0 - images) * torch.log(1.0 - p)).sum(-1)
        log_prior = -0.5 * latent * log_2pi - 0.5 * z**2.0
        return -(reconstruction + (log_prior - log_normal(z, mu, logvar)).sum(-1)).mean()

    def epoch() -> None:
        for images in loader:
            negative = loss(images)
            optimizer.zero_grad()
            negative.backward(retain_graph=True)
            optimizer.step()

    return Loop(epoch, lambda images: encoder(images).chunk(2, dim=1), decode[:-1])


def plain(x: Tensor, *, hidden: int = HIDDEN, latent: int = LATENT) -> Loop:
    """What makes the trainer fast, by hand and with nothing else: a tensor in memory, logits, one head, fused Adam."""
    encoder = nn.Sequential(nn.Linear(x.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
    decode = decoder(x.shape[1], hidden, latent)[:-1]
    optimizer = torch.optim.Adam([*encoder.parameters(), *decode.parameters()], lr=RATE, fused=True)

    def epoch() -> float:
        total = 0.0
        for rows in torch.randperm(len(x)).split(BATCH):
            images = x[rows]
            mu, logvar = encoder(images).chunk(2, dim=1)
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            cross_entropy = F.binary_cross_entropy_with_logits(decode(z), images, reduction="sum")
            loss = cross_entropy - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        return total

    return Loop(epoch, lambda images: encoder(images).chunk(2, dim=1), decode)


def pythae(x: Tensor) -> Loop:
    """pythae's ``BaseTrainer.train_step``, which is one epoch."""
    model = pythae_model(x)
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    folder = tempfile.mkdtemp()
    config = BaseTrainerConfig(
        output_dir=folder, num_epochs=1000, per_device_train_batch_size=BATCH, learning_rate=RATE, no_cuda=True
    )
    with quietly():
        trainer = BaseTrainer(model, BaseDataset(x, torch.zeros(len(x))), training_config=config)
        trainer.prepare_training()
    count = iter(range(1, 1000))

    def epoch() -> float:
        with quietly():
            return trainer.train_step(next(count))

    return Loop(epoch, model.encoder.layers, model.decoder.layers[:-1])


def pythae_model(x: Tensor) -> nn.Module:
    """pythae's VAE of the same size, with its own cross-entropy."""
    with quietly():
        from pythae.models import VAE, VAEConfig
        from pythae.models.base.base_utils import ModelOutput
        from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.layers = TwoHeads(x.shape[1])

        def forward(self, images):
            mu, logvar = self.layers(images)
            return ModelOutput(embedding=mu, log_covariance=logvar)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = decoder(x.shape[1])

        def forward(self, z):
            return ModelOutput(reconstruction=self.layers(z))

    config = VAEConfig(input_dim=(x.shape[1],), latent_dim=LATENT, reconstruction_loss="bce")
    return VAE(config, encoder=Encoder(), decoder=Decoder())


def pyro(x: Tensor) -> Loop:
    """Stochastic variational inference as in Pyro's VAE example: model, guide, ``Trace_ELBO``, Pyro's Adam."""
    import pyro as language
    import pyro.distributions as dist
    from pyro.infer import SVI, Trace_ELBO
    from pyro.optim import Adam

    language.clear_param_store()
    encoder, decode = TwoHeads(x.shape[1]), decoder(x.shape[1])

    def model(images):
        language.module("decoder", decode)
        with language.plate("data", len(images)):
            prior = dist.Normal(images.new_zeros(len(images), LATENT), images.new_ones(len(images), LATENT))
            z = language.sample("latent", prior.to_event(1))
            # grey pixels are no coins: the example too switches this check off
            pixels = dist.Bernoulli(decode(z), validate_args=False).to_event(1)
            language.sample("obs", pixels, obs=images)

    def guide(images):
        language.module("encoder", encoder)
        with language.plate("data", len(images)):
            mu, logvar = encoder(images)
            language.sample("latent", dist.Normal(mu, torch.exp(0.5 * logvar)).to_event(1))

    inference = SVI(model, guide, Adam({"lr": RATE}), loss=Trace_ELBO())
    loader = DataLoader(TensorDataset(x), batch_size=BATCH, shuffle=True)

    def epoch() -> float:
        return sum(inference.step(images) for (images,) in loader)

    return Loop(epoch, encoder, decode[:-1])


def lightning(x: Tensor, *, precision: str = "32-true") -> Loop:
    """A ``LightningModule`` in a ``Trainer`` that is told to leave out logs, bars and checkpoints."""
    without_compiled_operators()
    with quietly():
        from lightning import LightningModule, Trainer

    class Module(LightningModule):
        def __init__(self):
            super().__init__()
            self.model = PlainVAE(x.shape[1])

        def training_step(self, batch, index):
            return self.model(batch[0])

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=RATE)

    module = Module()
    loader = DataLoader(TensorDataset(x), batch_size=BATCH, shuffle=True)
    off = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")

    def epoch() -> None:
        with quietly():
            trainer = Trainer(
                max_epochs=1, accelerator="cpu", devices=1, precision=precision, **dict.fromkeys(off, False)
            )
            trainer.fit(module, loader)

    return Loop(epoch, module.model.encoder, module.model.decoder[:-1])


@contextlib.contextmanager
def quietly():
    """Progress bars, tips and warnings of others do not belong into our table."""
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


PEERS = {
    "pytorch/examples": pytorch_examples,
    "pythae BaseTrainer": pythae,
    "Pyro SVI": pyro,
    "Lightning": lightning,
}
