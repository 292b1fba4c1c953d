"""What keeps a critic 1-Lipschitz: its input gradient, the penalty on that gradient, and clipped weights.

A critic is any module that maps B examples to B scores, each score depending on its own example alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae_utils import _validate

# d√s/ds is infinite at s = 0, and there infinity times zero would give NaN. Added to a squared norm of 1 this is less
# than float32 can tell from 1, and at a gradient of 0 the norm has slope 0.
SAFE_AT_ZERO = 1e-12


def scores(critic: nn.Module, x: Tensor) -> Tensor:
    """The critic's scores as one number per example: x (B, ...) → (B,).

    Raises
    ------
    ValueError
        If the critic does not return shape (B,) or (B, 1). A forgotten dimension would broadcast to (B, B) in a loss.
    """
    values = critic(x)
    if values.shape not in ((len(x),), (len(x), 1)):
        raise ValueError(
            f"critic must return one score per example, shape ({len(x)},) or ({len(x)}, 1), got {tuple(values.shape)}"
        )
    return values.reshape(-1)


# ---- the gradient of the score with respect to the example ---------------------------------------------------


def input_gradient(critic: nn.Module, x: Tensor) -> Tensor:
    """∂ critic(x_b) / ∂ x_b for every example, by automatic differentiation.

    With gradients enabled the result can itself be differentiated with respect to the critic's weights, as a penalty
    needs; under ``torch.no_grad()`` it is a plain number and no second graph is kept.

    Parameters
    ----------
    critic : nn.Module
    x : Tensor, shape (B, ...)

    Returns
    -------
    Tensor, shape (B, ...).
    """
    _validate.floating(x=x)
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        # one backward pass for all: the sum's gradient in row b is that of score b, since no score sees another row
        (gradient,) = torch.autograd.grad(scores(critic, x).sum(), x, create_graph=create_graph)
    return gradient


def is_relu_mlp(critic: nn.Module) -> bool:
    """Whether the critic is a plain ``nn.Sequential`` of linear layers with a ReLU between each two and one output."""
    if type(critic) is not nn.Sequential or len(critic) % 2 == 0:
        return False
    layers = list(critic)
    return (
        all(isinstance(layer, nn.Linear) for layer in layers[::2])
        and all(isinstance(layer, nn.ReLU) for layer in layers[1::2])
        and layers[-1].out_features == 1
    )


def relu_input_gradient(critic: nn.Sequential, x: Tensor) -> Tensor:
    """:func:`input_gradient` of a ReLU perceptron written out, so that no second backward pass is needed.

    With h₁ = W₁ x + b₁, a₁ = max(h₁, 0), h₂ = W₂ a₁ + b₂, and so on up to the score w · aₙ + b, its gradient is

    wᵀ diag(hₙ > 0) Wₙ ⋯ diag(h₁ > 0) W₁.

    The masks h > 0 are constant wherever they have a derivative, so they need no gradient: this product has the value
    of automatic differentiation and the same gradient with respect to every weight.

    Parameters
    ----------
    critic : nn.Sequential
        As :func:`is_relu_mlp` has it, for example ``mlp([2, 128, 128, 1], "relu")``.
    x : Tensor, shape (B, D)

    Returns
    -------
    Tensor, shape (B, D).

    Raises
    ------
    TypeError
        If the critic is another kind of network.
    """
    if not is_relu_mlp(critic):
        raise TypeError(
            f"critic must be an nn.Sequential of nn.Linear with nn.ReLU between them and one output, got {critic}"
        )
    _validate.matrix(x=x)
    linear = list(critic)[::2]
    masks = []
    with torch.no_grad():
        a = x
        for layer in linear[:-1]:
            h = layer(a)
            masks.append((h > 0).to(x.dtype))
            a = h.relu_()
    gradient = linear[-1].weight.expand(len(x), -1)  # (B, H_L)
    for layer, mask in zip(reversed(linear[:-1]), reversed(masks), strict=True):
        gradient = (gradient * mask) @ layer.weight  # (B, H_l) @ (H_l, H_(l−1))
    return gradient


# ---- the two constraints -------------------------------------------------------------------------------------


def interpolate(real: Tensor, fake: Tensor, eps: Tensor) -> Tensor:
    """ε x + (1 − ε) x′: one point on the straight line between each real and each fake example.

    Parameters
    ----------
    real, fake : Tensor, shape (B, ...)
    eps : Tensor, shape (B,)
        One ε per example. One per pixel would leave the line.

    Returns
    -------
    Tensor, shape (B, ...).
    """
    _validate.same_shape(real=real, fake=fake)
    if eps.shape != real.shape[:1]:
        raise ValueError(f"eps must hold one number per example, shape ({len(real)},), got {tuple(eps.shape)}")
    eps = eps.reshape(-1, *[1] * (real.ndim - 1))  # (B, 1, ..., 1)
    return torch.lerp(fake, real, eps)


def gradient_penalty(
    critic: nn.Module,
    real: Tensor,
    fake: Tensor,
    *,
    eps: Tensor | None = None,
    one_sided: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:
    """(‖∇ critic(x̂)‖ − 1)² at one random point x̂ between each real and fake example; its weight λ is the trainer's.

    The norm is that of the whole example, whatever its shape. Source: Gulrajani et al. (2017), equation 3; one-sided,
    max(‖∇‖ − 1, 0)², is discussed in their section 4.

    Parameters
    ----------
    critic : nn.Module
        Without batch normalisation: that makes a score depend on the other examples. Use nn.LayerNorm.
    real, fake : Tensor, shape (B, ...)
    eps : Tensor, shape (B,), optional
        Positions from 0, at ``fake``, to 1, at ``real``. Uniform draws if None.
    one_sided : bool
        Leave gradients below 1 alone.
    generator : torch.Generator, optional
        Source of randomness when ``eps`` is None.

    Returns
    -------
    Tensor, shape (B,).
    """
    refuse_batch_norm(critic)
    if eps is None:
        _validate.generator(generator)
        source = None if generator is None else generator.device
        eps = torch.rand(len(real), generator=generator, dtype=real.dtype, device=source).to(real.device)
    else:
        _validate.unit_interval(eps=eps)
    x = interpolate(real.detach(), fake.detach(), eps)
    written_out = x.ndim == 2 and is_relu_mlp(critic)
    gradient = (relu_input_gradient if written_out else input_gradient)(critic, x)
    excess = (gradient.flatten(1).square().sum(1) + SAFE_AT_ZERO).sqrt() - 1
    return (excess.relu() if one_sided else excess).square()


def refuse_batch_norm(critic: nn.Module) -> None:
    """ValueError if the critic holds batch normalisation, with which an example has no gradient norm of its own."""
    for module in critic.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise ValueError(
                f"critic must judge each example alone for a gradient penalty, got {type(module).__name__}: "
                "its scores depend on the whole batch; nn.LayerNorm or nn.InstanceNorm2d do not"
            )


@torch.no_grad()
def clip_weights(critic: nn.Module, limit: float) -> None:
    """Put every weight and bias back into [−limit, limit], in place; to be done after each step of the critic.

    It makes the critic K-Lipschitz with a K that nobody knows. Source: Arjovsky et al. (2017), algorithm 1.
    """
    _validate.positive(limit=limit)
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)
