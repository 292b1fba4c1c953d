"""What a generator and a critic play for: the original GAN, the WGAN with clipped weights, the WGAN-GP.

The losses are minimised, per example and in nats. The critic of the original GAN returns logits of "this one is real"
and is called a discriminator; the critic of a WGAN returns scores on a scale of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import softplus

from vae_utils import _validate

# ---- the losses of both players ------------------------------------------------------------------------------


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """−log D(x) − log(1 − D(x′)) with D = sigmoid(logits), in nats.

    Its mean is 2 log 2 − 2 JS for the best discriminator and larger for every other one: 2 log 2 where real and fake
    cannot be told apart, 0 where they never overlap. Source: Goodfellow et al. (2014), equation 1 and theorem 1.

    Parameters
    ----------
    real_logits, fake_logits : Tensor, shape (B,)

    Returns
    -------
    Tensor, shape (B,).
    """
    _one_score_each(real_logits=real_logits, fake_logits=fake_logits)
    return softplus(-real_logits) + softplus(fake_logits)


def generator_loss(fake_logits: Tensor, *, saturating: bool = False) -> Tensor:
    """−log D(x′), or log(1 − D(x′)) if saturating, in nats.

    Both want D(x′) to grow. The saturating loss is that of the min-max game, and its slope in the logit is −D(x′):
    nothing, just where the fake is worst. That of the other one is −(1 − D(x′)); with it the game is no min-max any
    more. Source: Goodfellow et al. (2014), section 3.

    Parameters
    ----------
    fake_logits : Tensor, shape (B,)
    saturating : bool

    Returns
    -------
    Tensor, shape (B,).
    """
    _one_score_each(fake_logits=fake_logits)
    return -softplus(fake_logits) if saturating else softplus(-fake_logits)


def critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """critic(x′) − critic(x): its mean is minus the critic's estimate of W1, if the critic is 1-Lipschitz.

    A constant added to every score changes nothing. Source: Arjovsky et al. (2017), equation 2.

    Parameters
    ----------
    real_scores, fake_scores : Tensor, shape (B,)

    Returns
    -------
    Tensor, shape (B,).
    """
    _one_score_each(real_scores=real_scores, fake_scores=fake_scores)
    return fake_scores - real_scores


def wasserstein_generator_loss(fake_scores: Tensor) -> Tensor:
    """−critic(x′): the generator wants the scores that the critic wants to be low to be high; (B,) → (B,)."""
    _one_score_each(fake_scores=fake_scores)
    return -fake_scores


def _one_score_each(**values: Tensor) -> None:
    """All of one shape (B,). A column against a row would broadcast to (B, B), and the loss would look sane."""
    _validate.same_shape(**values)
    for name, value in values.items():
        if value.ndim != 1:
            raise ValueError(f"{name} must have shape (B,), one score per example, got {tuple(value.shape)}")


# ---- the games -----------------------------------------------------------------------------------------------


class Game(NamedTuple):
    """What the two players minimise.

    Attributes
    ----------
    critic_loss : callable
        ``critic_loss(real_scores, fake_scores)`` → (B,).
    generator_loss : callable
        ``generator_loss(fake_scores)`` → (B,).
    n_critic : int
        Steps that the critic takes, by default, for each one of the generator.
    """

    critic_loss: Callable[[Tensor, Tensor], Tensor]
    generator_loss: Callable[[Tensor], Tensor]
    n_critic: int


GAMES = {
    "gan": Game(discriminator_loss, generator_loss, 1),
    "gan-saturating": Game(discriminator_loss, partial(generator_loss, saturating=True), 1),
    "wgan-clip": Game(critic_loss, wasserstein_generator_loss, 5),
    "wgan-gp": Game(critic_loss, wasserstein_generator_loss, 5),
}
