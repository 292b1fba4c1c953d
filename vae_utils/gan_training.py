"""The game itself: a critic that learns to tell real from fake, and a generator that follows its judgement."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vae_utils import _validate
from vae_utils.critics import clip_weights, gradient_penalty, refuse_batch_norm, scores
from vae_utils.gan import GAMES
from vae_utils.gaussian import standard_normal
from vae_utils.training import checked_examples

adam = partial(torch.optim.Adam, fused=True)
SQUASHING = (nn.Sigmoid, nn.LogSigmoid, nn.Tanh, nn.Hardsigmoid, nn.Hardtanh, nn.Softmax, nn.LogSoftmax)


class GanHistory(NamedTuple):
    """What happened in training, one value per step of the generator, each a mean over a batch.

    Attributes
    ----------
    critic_loss : Tensor, shape (steps,)
        What the critic minimised in its last step before the generator's, with the penalty.
    penalty : Tensor, shape (steps,)
        The gradient penalty in it, without its weight; 0 in the games without one.
    estimate : Tensor, shape (steps,)
        The distance that the critic sees. For a WGAN the mean score of the real minus that of the fake; for the
        original GAN log 2 − ½ loss, in nats, in expectation at most the JS divergence.
    generator_loss : Tensor, shape (steps,)
        Empty if only a critic was trained.
    """

    critic_loss: Tensor
    penalty: Tensor
    estimate: Tensor
    generator_loss: Tensor


def fit_gan(
    g: nn.Module,
    critic: nn.Module,
    data: Tensor,
    *,
    latent: int,
    loss: str = "wgan-gp",
    steps: int = 1000,
    n_critic: int | None = None,
    batch_size: int = 256,
    lr: float = 1e-4,
    betas: tuple[float, float] = (0.0, 0.9),
    penalty: float = 10.0,
    one_sided: bool = False,
    clip: float = 0.01,
    optimizer: Callable[..., torch.optim.Optimizer] = adam,
    generator: torch.Generator | None = None,
    on_step: Callable[[int, nn.Module, nn.Module], None] | None = None,
) -> GanHistory:
    """Let a generator g(z), z ~ N(0, I), and a critic play against each other.

    In each of the ``steps`` the critic learns ``n_critic`` times from fresh real and fake examples, then the generator
    once. Neither player's step reaches the other's weights. All randomness comes from ``generator``.

    Parameters
    ----------
    g : nn.Module
        The generator network, (B, latent) → (B, ...); trained in place. It is called g because ``generator`` is the
        source of randomness everywhere in this package.
    critic : nn.Module
        (B, ...) → (B,) or (B, 1), linear at its end; trained in place. :func:`vae_utils.networks.mlp` with "relu" is
        the quickest choice for ``"wgan-gp"``, see :func:`vae_utils.critics.relu_input_gradient`.
    data : Tensor, shape (N, ...)
        Real examples; batches are drawn from them with replacement.
    latent : int
        L, the dimensions of z.
    loss : {"gan", "gan-saturating", "wgan-clip", "wgan-gp"}
        The game.
    steps : int
        Steps of the generator.
    n_critic : int, optional
        Steps of the critic for each. By default 1 in the GANs and 5 in the WGANs, whose critic should be near its
        optimum before the generator follows it.
    batch_size : int
    lr : float
        Learning rate of both players.
    betas : pair of float
        Of Adam. The first one is momentum, and 0 here, since each player's aim moves with every step of the other.
    penalty : float
        λ of ``"wgan-gp"``.
    one_sided : bool
        Penalise only gradients above 1, in ``"wgan-gp"``.
    clip : float
        Largest weight of the critic in ``"wgan-clip"``, kept after each of its steps.
    optimizer : callable
        ``optimizer(parameters, lr=lr, betas=betas)``, called once for each player.
    generator : torch.Generator, optional
        Source of randomness.
    on_step : callable, optional
        ``on_step(step, g, critic)`` after each step, counted from 1, without gradients.

    Returns
    -------
    GanHistory

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit: the shapes that g and the critic return, a critic that ends in a sigmoid or the
        like, batch normalisation in a critic with a gradient penalty.
    FloatingPointError
        If a loss is NaN or infinite.
    """
    trainer = _CriticTrainer(critic, loss, lr, betas, penalty, one_sided, clip, optimizer, generator)
    n_critic = trainer.game.n_critic if n_critic is None else n_critic
    _validate.positive_int(steps=steps, n_critic=n_critic, batch_size=batch_size, latent=latent)
    _validate.floating(data=data)
    (data,) = checked_examples(data, "data", next(critic.parameters()).device)
    _check_players(data, critic, g, latent)
    g_parameters = list(g.parameters())
    g_optimizer = optimizer(g_parameters, lr=lr, betas=betas)
    was_training = g.training, critic.training
    g.train()
    critic.train()
    for step in range(1, steps + 1):
        for _ in range(n_critic):
            z = standard_normal(batch_size, latent, generator=generator, like=data)
            with torch.no_grad():
                fake = g(z)
            values = trainer.step(draw(data, batch_size, generator=generator), fake)
        trainer.record(*values)
        fake = g(standard_normal(batch_size, latent, generator=generator, like=data))
        value = trainer.game.generator_loss(scores(critic, fake)).mean()
        g_optimizer.zero_grad()
        value.backward(inputs=g_parameters)  # through the critic, but no gradient is left in its weights
        g_optimizer.step()
        trainer.generator_losses.append(value.detach())
        if on_step:
            with torch.no_grad():
                on_step(step, g, critic)
    g.train(was_training[0])
    critic.train(was_training[1])
    return trainer.history()


def fit_critic(
    critic: nn.Module,
    real: Tensor,
    fake: Tensor,
    *,
    loss: str = "wgan-gp",
    steps: int = 1000,
    batch_size: int = 256,
    lr: float = 1e-4,
    betas: tuple[float, float] = (0.0, 0.9),
    penalty: float = 10.0,
    one_sided: bool = False,
    clip: float = 0.01,
    optimizer: Callable[..., torch.optim.Optimizer] = adam,
    generator: torch.Generator | None = None,
) -> GanHistory:
    """Train a critic alone, between two sets of examples that stay as they are: half of :func:`fit_gan`.

    So what a critic measures can be held against the exact distance of the two sets.

    Parameters
    ----------
    critic : nn.Module
        Trained in place.
    real : Tensor, shape (N, ...)
    fake : Tensor, shape (M, ...)
    loss, batch_size, lr, betas, penalty, one_sided, clip, optimizer, generator
        As in :func:`fit_gan`.
    steps : int
        Steps of the critic.

    Returns
    -------
    GanHistory
        One value per step of the critic; ``generator_loss`` is empty.
    """
    trainer = _CriticTrainer(critic, loss, lr, betas, penalty, one_sided, clip, optimizer, generator)
    _validate.positive_int(steps=steps, batch_size=batch_size)
    _validate.same_shape(real=real[:1], fake=fake[:1])  # N and M are unrelated
    device = next(critic.parameters()).device
    (real,), (fake,) = checked_examples(real, "real", device), checked_examples(fake, "fake", device)
    _check_players(real, critic)
    was_training = critic.training
    critic.train()
    for _ in range(steps):
        trainer.record(
            *trainer.step(draw(real, batch_size, generator=generator), draw(fake, batch_size, generator=generator))
        )
    critic.train(was_training)
    return trainer.history()


class _CriticTrainer:
    """The critic's half of a game: its loss, its constraint, its optimizer, and the books of both players."""

    def __init__(self, critic, loss, lr, betas, penalty, one_sided, clip, optimizer, generator):
        if loss not in GAMES:
            raise ValueError(f"loss must be one of {', '.join(GAMES)}, got {loss!r}")
        _validate.positive(lr=lr, penalty=penalty, clip=clip)
        _validate.generator(generator)
        if not (isinstance(betas, tuple | list) and len(betas) == 2 and all(0 <= beta < 1 for beta in betas)):
            raise ValueError(f"betas must be two numbers from 0 to below 1, got {betas!r}")
        _refuse_squashing(critic)
        if loss == "wgan-gp":
            refuse_batch_norm(critic)
        self.game, self.critic, self.generator = GAMES[loss], critic, generator
        self.sees_js = loss in ("gan", "gan-saturating")
        self.penalty, self.one_sided = (penalty if loss == "wgan-gp" else 0.0), one_sided
        self.clip = clip if loss == "wgan-clip" else None
        self.optimizer = optimizer(list(critic.parameters()), lr=lr, betas=betas)
        self.critic_losses: list[Tensor] = []
        self.penalties: list[Tensor] = []
        self.generator_losses: list[Tensor] = []

    def step(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """One step on one batch; returns its mean loss without the penalty, and the mean penalty without its weight."""
        # two forward passes, so that a discriminator's batch normalisation never mixes real and fake
        loss = self.game.critic_loss(scores(self.critic, real), scores(self.critic, fake)).mean()
        total, excess = loss, torch.zeros_like(loss)
        if self.penalty:
            excess = gradient_penalty(self.critic, real, fake, one_sided=self.one_sided, generator=self.generator)
            excess = excess.mean()
            total = loss + self.penalty * excess
        self.optimizer.zero_grad()
        total.backward()
        self.optimizer.step()
        if self.clip:
            clip_weights(self.critic, self.clip)
        return loss.detach(), excess.detach()

    def record(self, loss: Tensor, excess: Tensor) -> None:
        """Keep what a step returned. The host looks at a value, and waits for a GPU, once in a hundred."""
        self.critic_losses.append(loss)
        self.penalties.append(excess)
        if len(self.critic_losses) % 100 == 0:
            _check_finite(loss, len(self.critic_losses))

    def history(self) -> GanHistory:
        """All books as tensors on the host."""
        books = self.critic_losses, self.penalties, self.generator_losses
        loss, penalty, generator_loss = (torch.stack(book).cpu() if book else torch.empty(0) for book in books)
        _check_finite(torch.cat([loss, generator_loss]), len(loss))
        estimate = math.log(2) - loss / 2 if self.sees_js else -loss
        return GanHistory(loss + self.penalty * penalty, penalty, estimate, generator_loss)


# ---- small pieces --------------------------------------------------------------------------------------------


def draw(data: Tensor, n: int, *, generator: torch.Generator | None = None) -> Tensor:
    """n examples of the data, with replacement: (N, ...) → (n, ...)."""
    source = None if generator is None else generator.device
    return data[torch.randint(len(data), (n,), generator=generator, device=source).to(data.device)]


@torch.no_grad()
def generate(g: nn.Module, n: int, *, latent: int, generator: torch.Generator | None = None) -> Tensor:
    """n examples g(z) with z ~ N(0, I) of ``latent`` dimensions, in evaluation mode, without gradients: (n, ...)."""
    _validate.positive_int(n=n, latent=latent)
    was_training = g.training
    g.eval()
    x = g(standard_normal(n, latent, generator=generator, like=next(g.parameters())))
    g.train(was_training)
    return x


@torch.no_grad()
def _trial(network: nn.Module, x: Tensor, name: str) -> Tensor:
    """What a network makes of x in evaluation mode, or a sentence on what it cannot take."""
    was_training = network.training
    network.eval()
    try:
        return network(x)
    except RuntimeError as error:
        raise ValueError(f"{name} must take {_validate.describe(x)}, got the error: {error}") from error
    finally:
        network.train(was_training)


def _check_players(data: Tensor, critic: nn.Module, g: nn.Module | None = None, latent: int = 1) -> None:
    """Let the players see a batch of two, and say what does not fit."""
    if data.ndim < 2:
        raise ValueError(f"data must have shape (N, ...) with at least two dimensions, got {tuple(data.shape)}")
    few = data[:1].repeat(2, *[1] * (data.ndim - 1))
    scores(lambda x: _trial(critic, x, "critic"), few)
    if g is not None:
        fake = _trial(g, few.new_zeros(2, latent), "g")
        if fake.shape != few.shape:
            raise ValueError(f"g must return examples of shape {tuple(few.shape[1:])}, got {tuple(fake.shape[1:])}")


def _refuse_squashing(critic: nn.Module) -> None:
    """ValueError if the critic's last layer bounds its scores."""
    last = critic
    while isinstance(last, nn.Sequential) and len(last):
        last = last[-1]
    if isinstance(last, SQUASHING):
        raise ValueError(
            f"critic must end linearly, got {type(last).__name__} as its last layer: "
            "the losses take logits, and the scores of a WGAN have no bounds"
        )


def _check_finite(losses: Tensor, step: int) -> None:
    """FloatingPointError if a loss is NaN or infinite."""
    if not torch.isfinite(losses).all():
        raise FloatingPointError(f"a loss was NaN or infinite by step {step}: try a smaller lr, and look at the data")
