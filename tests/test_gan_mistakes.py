"""Mistakes that people make with GANs, each as a test of our own code.

Where a mistake has a fingerprint, one check is applied twice: to our code, which must pass, and to the mistake, which
must not. Where it could be made through an argument of ours, that raises.
"""

import inspect
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from vae_utils.critics import clip_weights, gradient_penalty, input_gradient
from vae_utils.gan import GAMES, critic_loss, discriminator_loss, generator_loss, wasserstein_generator_loss
from vae_utils.gan_training import fit_critic, fit_gan
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


def weights(module):
    return torch.cat([value.detach().flatten() for value in module.parameters()]).clone()


def players():
    return network(lambda: mlp([2, 8, 2], "relu")), network(lambda: mlp([2, 8, 1], "relu"), seed=1)


def play(g, critic, **arguments):
    """Few steps of the game against points around (1, 1)."""
    defaults = {"latent": 2, "steps": 3, "batch_size": 16, "lr": 0.01, "generator": generator()}
    return fit_gan(g, critic, points(100, 2) + 1, **(defaults | arguments))


class Recorder(nn.Module):
    """A critic that remembers the examples it was shown."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.seen = inner, []

    def forward(self, x):
        self.seen.append(x.detach().clone())
        return self.inner(x)


# ---- who learns in whose step


@pytest.mark.parametrize("loss", GAMES)
def test_the_generator_learns_in_its_own_step(loss):
    """Found: the fakes detached in the generator's step too, so it never moves and has no gradients."""
    g, critic = players()
    before = weights(g)
    play(g, critic, loss=loss, steps=1)
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in g.parameters())
    assert (weights(g) != before).any()

    found, _ = players()
    fake = found(points(16, 2)).detach()
    GAMES[loss].generator_loss(critic(fake)[:, 0]).mean().backward()
    assert all(parameter.grad is None for parameter in found.parameters())


@pytest.mark.parametrize("loss", GAMES)
def test_neither_step_moves_the_other_player(loss):
    """The other half of the same mistake: without detaching, the critic's step also sends gradients to the generator.

    Watched from inside: at each step of an optimizer, only its own parameters change, and the gradients of the other
    player are still those of its own last step.
    """
    g, critic = players()
    log, last = [], {}

    def gradients(module):
        return [None if parameter.grad is None else parameter.grad.clone() for parameter in module.parameters()]

    def unequal(before, after):
        return any(
            (a is None) != (b is None) or (a is not None and (a != b).any()) for a, b in zip(before, after, strict=True)
        )

    class Watched(torch.optim.SGD):
        def step(self, closure=None):
            own = g if self.param_groups[0]["params"][0] is next(g.parameters()) else critic
            other = critic if own is g else g
            before = weights(g), weights(critic)
            super().step(closure)
            moved = [bool((a != b).any()) for a, b in zip(before, (weights(g), weights(critic)), strict=True)]
            log.append((*moved, bool(unequal(last.get(other, [None] * 4), gradients(other)))))
            last[own] = gradients(own)

    play(g, critic, loss=loss, steps=2, n_critic=3, optimizer=lambda p, lr, betas: Watched(p, lr))
    assert log == ([(False, True, False)] * 3 + [(True, False, False)]) * 2


# ---- the original GAN's losses


def test_a_discriminator_loss_of_zero_is_no_success():
    """Found: "my discriminator's loss is 0, it works". Balance is at 2 log 2; 0 says that real and fake lie apart."""
    undecided = torch.zeros(5, dtype=torch.float64)
    assert discriminator_loss(undecided, undecided).tolist() == pytest.approx([2 * math.log(2)] * 5)
    real, fake = points(500, 1), points(500, 1, seed=1)
    ends = []
    for distance in (0.0, 20.0):
        line = network(lambda: nn.Sequential(nn.Linear(1, 1)))
        history = fit_critic(line, real, fake + distance, loss="gan", steps=300, lr=0.05, generator=generator())
        ends.append(float(history.critic_loss[-50:].mean()))
    # the same distribution, from 500 points: a line sees at most sampling noise, 2 JS ~ 1/500 nats a weight
    assert ends[0] == pytest.approx(2 * math.log(2), abs=0.02)
    assert ends[1] < 0.05


def test_the_default_generator_loss_does_not_saturate():
    """Found: log(1 − D) minimised, whose gradient at a logit of −10 is D = 4.5e-5, where −log D has −1."""
    logit = torch.tensor([-10.0], dtype=torch.float64, requires_grad=True)
    slope = lambda loss: torch.autograd.grad(loss.sum(), logit)[0].item()  # noqa: E731
    assert slope(generator_loss(logit)) == pytest.approx(-1, abs=1e-4)
    assert slope(generator_loss(logit, saturating=True)) == pytest.approx(-4.54e-5, rel=1e-3)
    assert slope(GAMES["gan"].generator_loss(logit)) == slope(generator_loss(logit))


# ---- the WGAN's critic


@pytest.mark.parametrize("last", [nn.Sigmoid(), nn.Tanh(), nn.Sequential(nn.Identity(), nn.Sigmoid())])
@pytest.mark.parametrize("loss", GAMES)
def test_a_critic_that_ends_in_a_sigmoid_is_refused(loss, last):
    """Found: a discriminator's sigmoid kept on the critic, so that no two scores can differ by more than 1."""
    g, critic = players()
    squashed = nn.Sequential(critic, last)
    with pytest.raises(ValueError, match=r"critic must end linearly, got (Sigmoid|Tanh) as its last layer"):
        play(g, squashed, loss=loss)
    with pytest.raises(ValueError, match="critic must end linearly"):
        fit_critic(squashed, points(5, 2), points(5, 2), loss=loss)


def test_scores_of_a_trained_critic_are_unbounded():
    """Real and fake 50 apart: a 1-Lipschitz critic has to tell them apart by far more than a sigmoid can."""
    real = points(200, 1)
    line = network(lambda: nn.Sequential(nn.Linear(1, 1)))
    fit_critic(line, real, real + 50, steps=300, lr=0.02, generator=generator())
    with torch.no_grad():
        assert float((line(real) - line(real + 50)).mean()) > 40


def test_a_constant_added_to_all_scores_does_not_move_the_critics_loss():
    """Found: logarithms or cross-entropy kept in a WGAN. Its loss is a difference, so + 7 must cancel."""
    real, fake = points(20), points(20, seed=1)

    def bce(real, fake):
        one, zero = torch.ones_like(real), torch.zeros_like(fake)
        return binary_cross_entropy_with_logits(real, one) + binary_cross_entropy_with_logits(fake, zero)

    def moves(loss):
        return float((loss(real + 7, fake + 7) - loss(real, fake)).abs().mean())

    for name in ("wgan-clip", "wgan-gp"):
        assert moves(GAMES[name].critic_loss) < 1e-12
    assert moves(bce) > 1 and moves(discriminator_loss) > 1


@pytest.mark.parametrize("loss", GAMES)
def test_the_two_players_pull_fake_scores_in_opposite_directions(loss):
    """Found: one sign flipped, so both push the same way and the generator gets worse. The critic lowers fakes."""
    real, fake = points(20), points(20, seed=1).requires_grad_()
    (of_critic,) = torch.autograd.grad(GAMES[loss].critic_loss(real, fake).sum(), fake)
    (of_generator,) = torch.autograd.grad(GAMES[loss].generator_loss(fake).sum(), fake)
    assert (of_critic > 0).all() and (of_generator < 0).all()
    (flipped,) = torch.autograd.grad(fake.sum(), fake)
    assert not (flipped < 0).any()


def test_a_negative_critic_loss_is_minus_a_distance():
    """Found: "negative loss, so the distance is negative". The loss is −Ŵ, and Ŵ itself is reported by its name."""
    real, fake = points(300, 1), points(300, 1, seed=1) + 5
    line = network(lambda: nn.Sequential(nn.Linear(1, 1)))
    history = fit_critic(line, real, fake, steps=300, lr=0.02, penalty=10.0, generator=generator())
    torch.testing.assert_close(history.critic_loss, -history.estimate + 10.0 * history.penalty)
    assert history.critic_loss[-1] < 0 < history.estimate[-1]
    torch.testing.assert_close(wasserstein_generator_loss(fake[:, 0]), -fake[:, 0])


# ---- clipped weights


def test_weights_are_clipped_and_after_the_step():
    """Found: gradients clipped instead, or weights before the step, which then leaves the box again."""
    largest = {}

    def watch(step, g, critic):
        largest[step] = float(weights(critic).abs().max())

    play(*players(), loss="wgan-clip", steps=5, lr=0.05, clip=0.1, on_step=watch)
    assert list(largest) == [1, 2, 3, 4, 5] and max(largest.values()) <= 0.1

    for mistake in ("gradients", "before"):
        _, critic = players()
        optimizer = torch.optim.Adam(critic.parameters(), lr=0.05)
        critic_loss(critic(points(16, 2) + 1)[:, 0], critic(points(16, 2, seed=1))[:, 0]).mean().backward()
        if mistake == "gradients":
            nn.utils.clip_grad_value_(critic.parameters(), 0.1)
        else:
            clip_weights(critic, 0.1)
        optimizer.step()
        assert weights(critic).abs().max() > 0.1


# ---- how often, and with what momentum


@pytest.mark.parametrize("loss, per_step", [("gan", 1), ("gan-saturating", 1), ("wgan-clip", 5), ("wgan-gp", 5)])
def test_the_critic_of_a_wgan_takes_five_steps_without_momentum(loss, per_step):
    """Found: one critic step per generator step, and Adam with its usual β1 = 0.9, which oscillates."""
    used, taken = [], []

    class Counted(torch.optim.Adam):
        def step(self, closure=None):
            taken.append(self)
            return super().step(closure)

    def counted(parameters, lr, betas):
        used.append((Counted(parameters, lr=lr, betas=betas), betas))
        return used[-1][0]

    play(*players(), loss=loss, steps=4, optimizer=counted)
    (critics, critic_betas), (generators, generator_betas) = used
    assert taken.count(critics) == 4 * per_step and taken.count(generators) == 4
    assert critic_betas[0] == generator_betas[0] == 0
    for function in (fit_gan, fit_critic):
        assert inspect.signature(function).parameters["betas"].default[0] == 0


def test_an_undertrained_critic_underestimates():
    """Why it has to be many steps: after few, the same critic reports far less than W1 = 2."""
    real, few, many = points(500, 1), *(network(lambda: mlp([1, 16, 1], "relu"), seed=3) for _ in range(2))
    measured = []
    for critic, steps in ((few, 5), (many, 500)):
        fit_critic(critic, real, real + 2, steps=steps, lr=5e-3, one_sided=True, generator=generator())
        with torch.no_grad():
            measured.append(float((critic(real) - critic(real + 2)).mean()))
    assert measured[0] < 1 and measured[1] > 1.9


# ---- the gradient penalty


@pytest.mark.parametrize("norm", [nn.BatchNorm1d(8), nn.SyncBatchNorm(8)])
def test_batch_normalisation_is_refused_where_there_is_a_penalty(norm):
    """Found: a critic with BatchNorm, whose score of one example depends on the others, so ∂D(x₀)/∂x₁ ≠ 0."""
    g, _ = players()
    critic = network(lambda: nn.Sequential(nn.Linear(2, 8), norm, nn.Tanh(), nn.Linear(8, 1)))
    with pytest.raises(ValueError, match="critic must judge each example alone for a gradient penalty, got"):
        play(g, critic, loss="wgan-gp")
    with pytest.raises(ValueError, match="critic must judge each example alone for a gradient penalty, got"):
        gradient_penalty(critic, points(4, 2), points(4, 2, seed=1))


def test_why_batch_normalisation_is_refused_and_layer_normalisation_is_not():
    def reach(norm):
        """The largest |∂D(x₀)/∂x₁|."""
        critic = network(lambda: nn.Sequential(nn.Linear(2, 8), norm, nn.Tanh(), nn.Linear(8, 1)))
        x = points(4, 2).requires_grad_()
        return float(torch.autograd.grad(critic(x)[0, 0], x)[0][1].abs().max())

    assert reach(nn.BatchNorm1d(8)) > 1e-3
    assert reach(nn.LayerNorm(8)) == reach(nn.Identity()) == 0
    layered = network(lambda: nn.Sequential(nn.Linear(2, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 1)))
    assert torch.isfinite(play(players()[0], layered, loss="wgan-gp").critic_loss).all()


def positions(real, fake, x):
    """Where on the line from fake to real each x lies, and how far beside it, in units of the line's length."""
    line, beside = (real - fake).flatten(1), (x - fake).flatten(1)
    alpha = (beside * line).sum(1) / line.square().sum(1)
    return alpha, (beside - alpha[:, None] * line).norm(dim=1) / line.norm(dim=1)


def test_interpolates_lie_on_the_lines_with_a_position_of_their_own():
    """Found: one ε per pixel, which leaves the line; one per batch; a normal one, which leaves its ends."""
    real, fake = points(200, 1, 4, 4), points(200, 1, 4, 4, seed=1)
    critic = Recorder(network(lambda: nn.Sequential(nn.Flatten(), nn.Linear(16, 1))))
    gradient_penalty(critic, real, fake, generator=generator())
    alpha, residual = positions(real, fake, critic.seen[0])
    assert residual.max() < 1e-12
    assert alpha.min() >= 0 and alpha.max() <= 1
    # uniform: mean ½ and standard deviation √(1/12), with standard errors 0.0204 and about 0.0091; allowed are five
    assert float(alpha.mean()) == pytest.approx(0.5, abs=0.10)
    assert float(alpha.std()) == pytest.approx(math.sqrt(1 / 12), abs=0.05)

    def found(eps):
        return positions(real, fake, eps * real + (1 - eps) * fake)

    assert found(torch.rand(200, 1, 4, 4, generator=generator(), dtype=torch.float64))[1].max() > 0.1
    assert found(torch.rand(1, generator=generator(), dtype=torch.float64))[0].std() < 1e-12
    beyond = found(points(200, 1, 1, 1, seed=2))[0]
    assert beyond.min() < 0 and beyond.max() > 1


@pytest.mark.parametrize(
    "eps, message",
    [
        (torch.rand(5, 2, generator=generator(), dtype=torch.float64), "eps must hold one number per example, shape"),
        (torch.rand(1, generator=generator(), dtype=torch.float64), "eps must hold one number per example, shape"),
        (points(5), r"eps must lie in \[0, 1\], got values from"),
    ],
)
def test_a_wrong_eps_is_refused(eps, message):
    with pytest.raises(ValueError, match=message):
        gradient_penalty(mlp([2, 1]).double(), points(5, 2), points(5, 2, seed=1), eps=eps)


def test_the_norm_is_that_of_the_whole_image():
    """Found: ``norm(dim=1)`` of images, a norm per pixel. A linear critic with ‖w‖ = 3 has penalty (3 − 1)² = 4."""
    critic = network(lambda: nn.Sequential(nn.Flatten(), nn.Linear(16, 1)))
    with torch.no_grad():
        critic[1].weight.mul_(3 / critic[1].weight.norm())
    real, fake = points(8, 1, 4, 4), points(8, 1, 4, 4, seed=1)
    ours = gradient_penalty(critic, real, fake, generator=generator())
    assert ours.tolist() == pytest.approx([4.0] * 8)
    found = ((input_gradient(critic, real).detach().norm(dim=1) - 1) ** 2).mean()
    assert float(found) != pytest.approx(4.0, rel=0.5)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_penalty_teaches_the_critic(activation):
    """Found: the gradient taken without ``create_graph``, so the penalty is a constant. Ours: finite differences."""
    critic = network(lambda: mlp([2, 8, 1], activation))
    real, fake, eps = points(10, 2), points(10, 2, seed=1), torch.linspace(0, 1, 10, dtype=torch.float64)
    value = lambda: gradient_penalty(critic, real, fake, eps=eps).mean()  # noqa: E731
    assert value().requires_grad
    weight = critic[0].weight
    (gradient,) = torch.autograd.grad(value(), weight)
    direction = points(8, 2, seed=3)
    ends = []
    for step in (1e-6, -2e-6):
        with torch.no_grad():
            weight.add_(step * direction)
            ends.append(float(value()))
    assert float((gradient * direction).sum()) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)

    x = real.clone().requires_grad_()
    (inert,) = torch.autograd.grad(critic(x).sum(), x)
    assert not ((inert.norm(dim=1) - 1) ** 2).requires_grad


@pytest.mark.parametrize(
    "build", [lambda: mlp([2, 8, 1], "relu"), lambda: nn.Sequential(nn.Linear(2, 1), nn.Identity())]
)
def test_a_critic_with_gradient_zero_gets_no_nan(build):
    """Found: √Σ g² at g = 0, whose derivative is ∞ · 0 = NaN. Both ways to the gradient are tried."""
    critic = network(build)
    for parameter in critic.parameters():
        nn.init.zeros_(parameter)
    penalty = gradient_penalty(critic, points(4, 2), points(4, 2, seed=1), generator=generator())
    assert penalty.tolist() == pytest.approx([1.0] * 4, abs=1e-5)
    gradients = torch.autograd.grad(penalty.mean(), list(critic.parameters()), allow_unused=True)
    assert all(torch.isfinite(gradient).all() for gradient in gradients if gradient is not None)

    norm = input_gradient(critic, points(4, 2)).square().sum(1).sqrt()
    found = torch.autograd.grad(((norm - 1) ** 2).mean(), list(critic.parameters()), allow_unused=True)
    assert any(gradient.isnan().any() for gradient in found if gradient is not None)
