"""The critic's gradient, the penalty on it, the clipped weights: against autograd, finite differences and algebra."""

import pytest
import torch
from torch import nn

from vae_utils.critics import (
    clip_weights,
    gradient_penalty,
    input_gradient,
    interpolate,
    is_relu_mlp,
    relu_input_gradient,
    scores,
)
from vae_utils.networks import mlp


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def network(build, seed=0):
    """A float64 network whose weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build().double()


def points(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def flat(tensors):
    return torch.cat([tensor.flatten() for tensor in tensors])


class Opaque(nn.Module):
    """The same function, but not recognisable as a ReLU perceptron."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


# ---- scores and gradients


def test_scores_are_one_per_example():
    x = points(5, 3)
    critic = network(lambda: mlp([3, 4, 1]))
    assert torch.equal(scores(critic, x), critic(x)[:, 0])
    assert torch.equal(scores(lambda x: x.sum(1), x), x.sum(1))
    for wrong in (lambda x: x, lambda x: x.sum(), lambda x: x[:1, 0], lambda x: x[None, :, 0]):
        with pytest.raises(ValueError, match=r"critic must return one score per example, shape \(5,\) or \(5, 1\)"):
            scores(wrong, x)


def test_the_input_gradient_is_that_of_finite_differences():
    critic, x = network(lambda: mlp([3, 8, 1])), points(4, 3)
    by_differences = torch.stack(
        [(scores(critic, x + h) - scores(critic, x - h)) / 2e-5 for h in 1e-5 * torch.eye(3, dtype=torch.float64)], 1
    )
    torch.testing.assert_close(input_gradient(critic, x), by_differences, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("sizes", [[2, 1], [2, 16, 1], [3, 8, 12, 1], [2, 32, 32, 32, 1]])
def test_the_relu_gradient_written_out_is_that_of_autograd(sizes):
    """Same value, and same gradient with respect to every weight of a penalty made of it."""
    critic, x = network(lambda: mlp(sizes, "relu")), points(50, sizes[0])
    by_hand, by_autograd = relu_input_gradient(critic, x), input_gradient(critic, x)
    torch.testing.assert_close(by_hand, by_autograd, rtol=1e-12, atol=1e-14)
    weights = [layer.weight for layer in critic if isinstance(layer, nn.Linear)]
    through = [
        torch.autograd.grad(((g.norm(dim=1) - 1) ** 2).mean(), weights) for g in (by_hand, by_autograd)
    ]  # fmt: skip
    torch.testing.assert_close(*through, rtol=1e-10, atol=1e-14)
    assert all(gradient.abs().max() > 0 for gradient in through[0])


def test_no_second_graph_without_gradients():
    critic, x = network(lambda: mlp([2, 8, 1], "relu")), points(4, 2)
    for gradient in (input_gradient, relu_input_gradient):
        assert gradient(critic, x).requires_grad
        with torch.no_grad():
            assert not gradient(critic, x).requires_grad
    assert all(parameter.grad is None for parameter in critic.parameters()), "a gradient is returned, not left behind"


def test_what_is_a_relu_mlp():
    assert is_relu_mlp(mlp([2, 8, 1], "relu")) and is_relu_mlp(nn.Sequential(nn.Linear(2, 1)))
    for other in (
        mlp([2, 8, 1], "tanh"),
        mlp([2, 8, 2], "relu"),
        nn.Linear(2, 1),
        nn.Sequential(nn.Linear(2, 8), nn.ReLU()),
        nn.Sequential(nn.Linear(2, 8), nn.LayerNorm(8), nn.Linear(8, 1)),
        Opaque(mlp([2, 8, 1], "relu")),
    ):
        assert not is_relu_mlp(other)
        with pytest.raises(TypeError, match=r"critic must be an nn\.Sequential of nn\.Linear"):
            relu_input_gradient(other, points(3, 2))


# ---- the penalty


@pytest.mark.parametrize("build", [lambda: mlp([3, 16, 16, 1], "relu"), lambda: mlp([3, 16, 1], "tanh")])
def test_the_penalty_is_its_definition(build):
    critic, real, fake = network(build), points(20, 3), points(20, 3, seed=1)
    eps = torch.rand(20, generator=generator(), dtype=torch.float64)
    x = (eps[:, None] * real + (1 - eps[:, None]) * fake).requires_grad_()
    norms = torch.stack([torch.autograd.grad(critic(x)[b, 0], x)[0][b].norm() for b in range(20)])
    ours = gradient_penalty(critic, real, fake, eps=eps)
    torch.testing.assert_close(ours.detach(), (norms - 1) ** 2, rtol=1e-9, atol=1e-12)
    one_sided = gradient_penalty(critic, real, fake, eps=eps, one_sided=True).detach()
    torch.testing.assert_close(one_sided, (norms - 1).clamp(min=0) ** 2, rtol=1e-9, atol=1e-12)


def test_one_sided_penalties_leave_slopes_below_one_alone():
    line = network(lambda: nn.Sequential(nn.Linear(2, 1)))
    for norm, one_sided in ((0.5, 0.0), (3.0, 4.0)):
        with torch.no_grad():
            line[0].weight.copy_(torch.tensor([[norm * 0.6, norm * 0.8]]))
        real, fake = points(4, 2), points(4, 2, seed=1)
        assert gradient_penalty(line, real, fake, one_sided=True).tolist() == pytest.approx([one_sided] * 4)
        assert gradient_penalty(line, real, fake).tolist() == pytest.approx([(norm - 1) ** 2] * 4)


def test_both_ways_to_the_penalty_agree_with_weights_and_draws():
    """The recognised perceptron and the same one behind a wrapper, from one generator."""
    critic, real, fake = network(lambda: mlp([2, 32, 32, 1], "relu")), points(64, 2), points(64, 2, seed=1)
    results = []
    for judge in (critic, Opaque(critic)):
        penalty = gradient_penalty(judge, real, fake, generator=generator(5))
        # the last bias does not enter a gradient: autograd leaves None or zeros there
        gradients = torch.autograd.grad(penalty.mean(), list(critic.parameters())[:-1], materialize_grads=True)
        results.append([penalty.detach(), *gradients])
    torch.testing.assert_close(*results, rtol=1e-9, atol=1e-13)


def test_draws_come_from_the_generator_alone():
    critic, real, fake = network(lambda: mlp([2, 8, 1], "relu")), points(6, 2), points(6, 2, seed=1)
    state = torch.random.get_rng_state()
    first, again, other = (gradient_penalty(critic, real, fake, generator=generator(s)) for s in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_penalty_takes_images_and_reaches_neither_real_nor_fake():
    critic = network(lambda: nn.Sequential(nn.Conv2d(1, 3, 3), nn.SiLU(), nn.Flatten(), nn.Linear(12, 1)))
    real, fake = points(5, 1, 4, 4).requires_grad_(), points(5, 1, 4, 4, seed=1).requires_grad_()
    penalty = gradient_penalty(critic, real, fake, generator=generator())
    assert penalty.shape == (5,)
    penalty.mean().backward()
    assert real.grad is None and fake.grad is None
    assert critic[0].weight.grad.abs().max() > 0


def test_bad_arguments_of_the_penalty_are_named():
    critic, real = mlp([2, 4, 1]).double(), points(4, 2)
    with pytest.raises(ValueError, match="real and fake must have the same shape"):
        gradient_penalty(critic, real, points(3, 2))
    with pytest.raises(TypeError, match="generator must be a torch"):
        gradient_penalty(critic, real, real, generator=0)


def test_interpolation_hits_both_ends_and_the_middle():
    real, fake = points(3, 2, 2), points(3, 2, 2, seed=1)
    x = interpolate(real, fake, torch.tensor([0.0, 1.0, 0.5], dtype=torch.float64))
    torch.testing.assert_close(x, torch.stack([fake[0], real[1], (real[2] + fake[2]) / 2]))


# ---- clipped weights


def test_clipping_puts_weights_and_biases_into_the_box_and_moves_no_other():
    critic = network(lambda: mlp([2, 16, 1]))
    before = flat(critic.parameters()).detach().clone()
    clip_weights(critic, 0.1)
    after = flat(critic.parameters()).detach()
    torch.testing.assert_close(after, before.clamp(-0.1, 0.1), rtol=0, atol=0)
    assert (after == before).any() and (after != before).any()
    with pytest.raises(ValueError, match="limit must be a finite number above 0"):
        clip_weights(critic, 0.0)
