"""What a reader would use instead: the same network, batch and Adam, in the loops of four projects.

Each function takes the images, x (N, D) with values in [0, 1], and returns an epoch of training as a function. Where a
project leaves the choice of the loader to its user, the data lie in memory already (``TensorDataset``); only the loop
of pytorch/examples transforms every picture by itself, as it does there. Sizes default to those of that example.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings

import numpy as np
import torch
from PIL import Image
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


class Pictures(torch.utils.data.Dataset):
    """What torchvision's MNIST is to a loader: one PIL image at a time, made a tensor in the steps of ``ToTensor``.

    (torchvision itself must fit the build of torch to the bit, which not every machine's does.)
    """

    def __init__(self, x: Tensor):
        side = round(x.shape[1] ** 0.5)
        self.data = (x * 255).round().to(torch.uint8).reshape(-1, side, side)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.data[index].numpy())
        pixels = torch.from_numpy(np.array(picture, copy=True)).view(picture.height, picture.width, 1)
        return pixels.permute(2, 0, 1).contiguous().to(torch.float32).div(255), 0


def pytorch_examples(x: Tensor, *, hidden: int = HIDDEN, latent: int = LATENT) -> Loop:
    """The loop of pytorch/examples ``vae/main.py``: a loader that transforms each picture, ``item()`` at each step."""
    model = PlainVAE(x.shape[1], hidden, latent)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    loader = DataLoader(Pictures(x), batch_size=BATCH, shuffle=True)

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


def lightning(x: Tensor) -> Loop:
    """A ``LightningModule`` in a ``Trainer`` that is told to leave out logs, bars and checkpoints."""
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
            trainer = Trainer(max_epochs=1, accelerator="cpu", devices=1, **dict.fromkeys(off, False))
            trainer.fit(module, loader)

    return Loop(epoch, module.model.encoder, module.model.decoder[:-1])


@contextlib.contextmanager
def quietly():
    """Progress bars, tips and warnings of others do not belong into our table."""
    for name in ("pythae", "lightning.pytorch", "lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


PEERS = {
    "pytorch/examples": pytorch_examples,
    "pythae BaseTrainer": pythae,
    "Pyro SVI": pyro,
    "Lightning": lightning,
}
