"""The losses against their formulas, the trainer against a loop by hand, and what trained players reach."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli
from torch.utils._python_dispatch import TorchDispatchMode

from vae_utils.critics import gradient_penalty, relu_input_gradient
from vae_utils.divergences import js_on_grid, penalised_shift_value
from vae_utils.evaluation import wasserstein_1d
from vae_utils.gan import GAMES, critic_loss, discriminator_loss, generator_loss, wasserstein_generator_loss
from vae_utils.gan_training import draw, fit_critic, fit_gan, generate
from vae_utils.gaussian import log_normal_diag
from vae_utils.networks import MLPDecoder, mlp
from vae_utils.quadrature import latent_grid
from vae_utils.toys import ring_of_gaussians


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def network(build, seed=0):
    """A network whose weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def players(seed=0, dtype=torch.float32):
    """A generator and a critic of the plane."""
    return (
        network(lambda: MLPDecoder(2, 2, (16,), "relu"), seed).to(dtype),
        network(lambda: mlp([2, 16, 16, 1], "relu"), seed + 1).to(dtype),
    )


def weights(module):
    return torch.cat([value.flatten() for value in module.state_dict().values()])


class Opaque(nn.Module):
    """The same critic, but not recognisable as a ReLU perceptron."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


@pytest.fixture(scope="module")
def ring():
    return ring_of_gaussians().sample(1000, generator=generator(9))[0]


# ---- the losses


def test_discriminator_and_generator_losses_are_log_likelihoods():
    """By torch.distributions: a real example is a 1, a fake one a 0, and the generator wants its own to be a 1."""
    real, fake = torch.randn(2, 30, generator=generator(), dtype=torch.float64) * 5
    log_d = lambda logits, value: Bernoulli(logits=logits).log_prob(torch.full_like(logits, value))  # noqa: E731
    torch.testing.assert_close(discriminator_loss(real, fake), -log_d(real, 1.0) - log_d(fake, 0.0))
    torch.testing.assert_close(generator_loss(fake), -log_d(fake, 1.0))
    torch.testing.assert_close(generator_loss(fake, saturating=True), log_d(fake, 0.0))
    torch.testing.assert_close(critic_loss(real, fake), fake - real)
    torch.testing.assert_close(wasserstein_generator_loss(fake), -fake)


def test_losses_are_finite_far_out():
    far = torch.tensor([-1e4, 1e4])
    for values in (discriminator_loss(far, far), generator_loss(far), generator_loss(far, saturating=True)):
        assert torch.isfinite(values).all()


def test_the_best_discriminators_loss_is_two_log_two_minus_two_js():
    """By quadrature over two normals: Goodfellow's theorem 1, and any other discriminator has a larger loss."""
    grid = latent_grid(1, points=2001, extent=12)
    one = torch.ones(1, dtype=torch.float64)
    log_p, log_q = (log_normal_diag(grid.z, mean * one, 0 * one) for mean in (0.0, 1.5))
    p, q = (torch.exp(log + grid.log_volume) for log in (log_p, log_q))

    def mean_loss(logits):
        return float((p * discriminator_loss(logits, -1e9 * one.expand_as(logits))).sum()) + float(
            (q * discriminator_loss(1e9 * one.expand_as(logits), logits)).sum()
        )

    best = mean_loss(log_p - log_q)
    assert best == pytest.approx(2 * math.log(2) - 2 * float(js_on_grid(log_p, log_q, grid.log_volume)), abs=1e-12)
    for other in (1.1 * (log_p - log_q), log_p - log_q + 0.2, torch.zeros_like(log_p)):
        assert mean_loss(other) > best + 1e-4


@pytest.mark.parametrize(
    "call",
    [
        lambda a, b: discriminator_loss(a, b),
        lambda a, b: critic_loss(a, b),
        lambda a, b: generator_loss(b),
        lambda a, b: wasserstein_generator_loss(b),
    ],
)
def test_a_column_of_scores_is_refused(call):
    """(B, 1) against (B,) would broadcast to (B, B) and average to a number that looks right."""
    with pytest.raises(ValueError, match=r"(must have the same shape|must have shape \(B,\), one score per example)"):
        call(torch.zeros(4), torch.zeros(4, 1))
    with pytest.raises(TypeError, match="must be a float32 or float64 tensor"):
        call(torch.zeros(4), [0.0] * 4)


# ---- the trainer


@pytest.mark.parametrize("loss", GAMES)
def test_fit_gan_is_the_loop_one_would_write_by_hand(loss, ring):
    """In float64, so that the fused optimizer and the gradient written out differ by rounding alone."""
    data, steps, n, size = ring.double(), 4, 3, 32
    g, critic = players(dtype=torch.float64)
    history = fit_gan(
        g, critic, data, latent=2, loss=loss, steps=steps, n_critic=n, batch_size=size, lr=0.01, betas=(0.3, 0.8),
        penalty=2.0, clip=0.2, generator=generator(),
    )  # fmt: skip

    hand_g, hand_critic = players(dtype=torch.float64)
    source = generator()
    optimizers = [torch.optim.Adam(p.parameters(), lr=0.01, betas=(0.3, 0.8)) for p in (hand_g, hand_critic)]
    losses, penalties, generator_losses = [], [], []
    d = lambda x: torch.sigmoid(hand_critic(x)[:, 0])  # noqa: E731
    score = lambda x: hand_critic(x)[:, 0]  # noqa: E731
    noise = lambda: torch.randn(size, 2, generator=source, dtype=torch.float64)  # noqa: E731
    for _ in range(steps):
        for _ in range(n):
            fake = hand_g(noise()).detach()
            real = data[torch.randint(1000, (size,), generator=source)]
            penalty = torch.zeros(())
            if loss.startswith("gan"):
                value = -(d(real).log() + (1 - d(fake)).log()).mean()
            else:
                value = score(fake).mean() - score(real).mean()
            if loss == "wgan-gp":
                eps = torch.rand(size, generator=source, dtype=torch.float64)[:, None]
                x = (eps * real + (1 - eps) * fake).requires_grad_()
                (gradient,) = torch.autograd.grad(score(x).sum(), x, create_graph=True)
                penalty = ((gradient.norm(dim=1) - 1) ** 2).mean()
                value = value + 2.0 * penalty
            optimizers[1].zero_grad()
            value.backward()
            optimizers[1].step()
            if loss == "wgan-clip":
                for parameter in hand_critic.parameters():
                    parameter.data.clamp_(-0.2, 0.2)
        fake = hand_g(noise())
        own = {
            "gan": lambda fake: -d(fake).log().mean(),
            "gan-saturating": lambda fake: (1 - d(fake)).log().mean(),
        }.get(loss, lambda fake: -score(fake).mean())(fake)
        optimizers[0].zero_grad()
        own.backward()
        optimizers[0].step()
        for book, kept in zip((losses, penalties, generator_losses), (value, penalty, own), strict=True):
            book.append(kept.item())

    close = dict(rtol=1e-6, atol=1e-8)  # Adam divides by the root of squared gradients and magnifies rounding
    torch.testing.assert_close(weights(critic), weights(hand_critic), **close)
    torch.testing.assert_close(weights(g), weights(hand_g), **close)
    assert history.critic_loss.tolist() == pytest.approx(losses, rel=1e-6, abs=1e-8)
    assert history.penalty.tolist() == pytest.approx(penalties, rel=1e-6, abs=1e-8)
    assert history.generator_loss.tolist() == pytest.approx(generator_losses, rel=1e-6, abs=1e-8)


def test_same_generator_same_players_and_watching_changes_nothing(ring):
    runs = []
    state = torch.random.get_rng_state()
    for seed, on_step in ((0, None), (0, lambda *_: None), (1, None)):
        g, critic = players()
        history = fit_gan(
            g, critic, ring, latent=2, steps=3, batch_size=16, generator=generator(seed), on_step=on_step
        )  # fmt: skip
        runs.append([weights(g), weights(critic), *history])
    assert all(torch.equal(a, b) for a, b in zip(runs[0], runs[1], strict=True))
    assert not torch.equal(runs[0][0], runs[2][0]) and not torch.equal(runs[0][1], runs[2][1])
    assert torch.equal(torch.random.get_rng_state(), state), "the global generator is left alone"


def test_on_step_sees_every_step_without_gradients(ring):
    g, critic = players()
    seen = []

    def on_step(step, *both):
        seen.append((step, both == (g, critic), torch.is_grad_enabled()))

    history = fit_gan(g, critic, ring, latent=2, steps=3, batch_size=8, generator=generator(), on_step=on_step)
    assert seen == [(1, True, False), (2, True, False), (3, True, False)]
    assert [len(book) for book in history] == [3, 3, 3, 3]


def test_modes_of_the_players_are_restored(ring):
    g, critic = players()
    g.eval()
    fit_gan(g, critic, ring, latent=2, steps=1, batch_size=8, generator=generator())
    assert not g.training and critic.training
    critic.eval()
    fit_critic(critic, ring, ring, steps=1, batch_size=8, generator=generator())
    generate(g.train(), 3, latent=2, generator=generator())
    assert g.training and not critic.training


def test_images_and_any_optimizer():
    """A convolutional critic on 4×4 images, with RMSprop as in the first WGAN, and one score of shape (B,)."""
    x = torch.rand(50, 1, 4, 4, generator=generator())
    g = network(lambda: nn.Sequential(nn.Linear(3, 16), nn.Sigmoid(), nn.Unflatten(1, (1, 4, 4))))
    critic = network(
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.InstanceNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 1), nn.Flatten(0)
        )
    )
    used = []

    def rmsprop(parameters, lr, betas):
        used.append((lr, betas))
        return torch.optim.RMSprop(parameters, lr)

    for loss in GAMES:
        history = fit_gan(
            g, critic, x, latent=3, loss=loss, steps=2, batch_size=8, lr=1e-3, optimizer=rmsprop, generator=generator()
        )
        assert torch.isfinite(history.critic_loss).all()
    assert used == [(1e-3, (0.0, 0.9))] * 8
    assert generate(g, 5, latent=3, generator=generator()).shape == (5, 1, 4, 4)


def test_fit_critic_moves_the_critic_alone_between_sets_of_different_sizes(ring):
    critic = players()[1]
    before, real, fake = weights(critic).clone(), ring[:100], ring[:70] + 1
    history = fit_critic(critic, real, fake, steps=5, batch_size=16, generator=generator())
    assert not torch.equal(weights(critic), before)
    assert [len(book) for book in history] == [5, 5, 5, 0]


def test_generated_examples_depend_on_the_generator_alone():
    g = players()[0]
    first, again = (generate(g, 6, latent=2, generator=generator(4)) for _ in range(2))
    assert torch.equal(first, again) and not first.requires_grad
    assert torch.equal(first, g(torch.randn(6, 2, generator=generator(4))).detach())


def test_examples_are_drawn_with_replacement_and_equally_often():
    """Each of 10 examples 1000 times of 10,000, with standard error √(10⁴ · 0.1 · 0.9) = 30; allowed is five."""
    rows = draw(torch.arange(10.0)[:, None], 10_000, generator=generator())
    assert (torch.bincount(rows[:, 0].int(), minlength=10) - 1000).abs().max() < 150


# ---- what it costs


def test_the_host_does_not_wait_for_the_device_in_a_step(ring):
    """Values read by the host, counted: as many in 60 steps as in 20."""

    class Reads(TorchDispatchMode):
        count = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            self.count += function is torch.ops.aten._local_scalar_dense.default
            return function(*args, **(kwargs or {}))

    counts = []
    for steps in (20, 60):
        g, critic = players()
        plain = lambda parameters, lr, betas: torch.optim.SGD(parameters, lr)  # noqa: E731
        with Reads() as reads:
            fit_gan(
                g, critic, ring, latent=2, steps=steps, n_critic=1, batch_size=4, optimizer=plain,
                generator=generator(),
            )  # fmt: skip
        counts.append(reads.count)
    assert counts[0] == counts[1] > 0


def test_the_penalty_written_out_saves_arithmetic():
    """Multiplications counted: autograd sends zeros back through the masks a second time, a third of its work."""

    class Products(TorchDispatchMode):
        count = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            if function in (torch.ops.aten.mm.default, torch.ops.aten.addmm.default):
                a, b = args[-2:]
                self.count += a.shape[0] * a.shape[1] * b.shape[1]
            return function(*args, **(kwargs or {}))

    critic, (real, fake) = mlp([2, 64, 64, 64, 1], "relu"), torch.randn(2, 32, 2, generator=generator())
    counts = []
    for judge in (critic, Opaque(critic)):
        with Products() as products:
            gradient_penalty(judge, real, fake, generator=generator()).mean().backward()
        counts.append(products.count)
    assert 0 < counts[0] < 0.75 * counts[1]


# ---- bad input


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"loss": "lsgan"}, ValueError, "loss must be one of gan, gan-saturating, wgan-clip, wgan-gp, got 'lsgan'"),
        ({"steps": 0}, ValueError, "steps must be at least 1, got 0"),
        ({"n_critic": 0}, ValueError, "n_critic must be at least 1, got 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be an integer"),
        ({"latent": 0}, ValueError, "latent must be at least 1"),
        ({"latent": 3}, ValueError, r"z must have shape \(\.\.\., 2\)"),
        ({"lr": -1.0}, ValueError, "lr must be a finite number above 0"),
        ({"penalty": 0.0}, ValueError, "penalty must be a finite number above 0"),
        ({"clip": math.inf}, ValueError, "clip must be a finite number above 0"),
        ({"betas": 0.9}, ValueError, r"betas must be two numbers from 0 to below 1, got 0\.9"),
        ({"betas": (0.9, 1.0)}, ValueError, "betas must be two numbers from 0 to below 1"),
        ({"generator": 0}, TypeError, "generator must be a torch.Generator or None"),
        ({"data": torch.zeros(0, 2)}, ValueError, "data must hold at least one example"),
        ({"data": torch.zeros(5)}, ValueError, "data must have shape"),
        ({"data": [torch.zeros(5, 2)]}, TypeError, "data must be a float32 or float64 tensor"),
        ({"data": torch.full((5, 2), math.nan)}, ValueError, "data must be finite"),
        ({"data": torch.zeros(5, 3)}, ValueError, r"critic must take a torch\.float32 tensor of shape \(2, 3\)"),
        ({"data": torch.zeros(5, 2).double()}, ValueError, r"critic must take a torch\.float64 tensor"),
        ({"g": mlp([2, 3])}, ValueError, r"g must return examples of shape \(2,\), got \(3,\)"),
        ({"g": mlp([5, 2])}, ValueError, r"g must take a torch\.float32 tensor of shape \(2, 2\)"),
        ({"critic": mlp([2, 2])}, ValueError, "critic must return one score per example"),
    ],
)
def test_bad_arguments_of_fit_gan_are_named(ring, change, error, message):
    g, critic = players()
    arguments = {"g": g, "critic": critic, "data": ring, "latent": 2, "generator": generator()} | change
    before = weights(critic).clone()
    with pytest.raises(error, match=message):
        fit_gan(**arguments)
    assert torch.equal(weights(critic), before)


def test_bad_sets_of_fit_critic_are_named(ring):
    critic = players()[1]
    with pytest.raises(ValueError, match="real and fake must have the same shape"):
        fit_critic(critic, ring, torch.zeros(10, 3))
    with pytest.raises(ValueError, match="fake must be finite"):
        fit_critic(critic, ring, torch.full((5, 2), math.inf))


@pytest.mark.parametrize("steps", [20, 200])
def test_a_diverging_run_says_so(ring, steps):
    g, critic = players()
    explode = lambda parameters, lr, betas: torch.optim.SGD(parameters, lr=1e30)  # noqa: E731
    with pytest.raises(FloatingPointError, match=f"a loss was NaN or infinite by step {min(steps, 100)}"):
        fit_gan(g, critic, ring, latent=2, steps=steps, batch_size=8, optimizer=explode, generator=generator())


# ---- what trained players reach, over several seeds


def normals(theta, seed, n=4000, std=0.3):
    """Two samples on the line, the second shifted by θ."""
    source = generator(seed)
    return (torch.randn(n, 1, generator=source) * std + shift for shift in (0, theta))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("theta", [2.0, 4.0])
def test_a_penalised_critic_measures_its_own_optimum_not_w1(theta, seed):
    """One-sided, since in one dimension the other one can be trapped at a slope of the wrong sign.

    Eight seeds came within 1 % of the theory; W1 itself is 17 % and 9 % below it.
    """
    real, fake = normals(theta, seed)
    critic = network(lambda: mlp([1, 64, 64, 1], "relu"), seed)
    history = fit_critic(
        critic, real, fake, steps=600, lr=2e-3, penalty=10.0, one_sided=True, generator=generator(seed)
    )
    exact = wasserstein_1d(real[:, 0], fake[:, 0])
    theory = float(penalised_shift_value(exact, 10.0))
    assert float(history.estimate[-100:].mean()) == pytest.approx(theory, rel=0.03)
    assert float(history.estimate[-100:].mean()) > 1.05 * float(exact)


def test_a_critic_that_starts_with_the_wrong_slope_is_trapped_by_the_two_sided_penalty():
    """θ = 2, λ = 10: it ends at −θ (1 − θ/2λ) = −1.8, the one-sided one at 2.2."""
    real, fake = normals(2.0, seed=0)
    ends = []
    for one_sided in (False, True):
        line = nn.Sequential(nn.Linear(1, 1))
        nn.init.constant_(line[0].weight, 1.0)  # it should fall, as the fake lie at larger x
        history = fit_critic(
            line, real, fake, steps=800, lr=5e-3, betas=(0.5, 0.9), one_sided=one_sided, generator=generator()
        )
        ends.append(float(history.estimate[-100:].mean()))
    assert ends == pytest.approx([-1.8, 2.2], rel=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_a_clipped_critic_measures_a_multiple_of_w1_that_the_clip_decides(seed):
    """Never more than its own largest slope times W1 (Kantorovich), and with a wider box far more for the same data."""
    real, fake = normals(2.0, seed)
    exact = float(wasserstein_1d(real[:, 0], fake[:, 0]))
    x = torch.linspace(-2, 5, 2001)[:, None]
    ratios = []
    for clip in (0.05, 0.1):
        critic = network(lambda: mlp([1, 64, 64, 1], "relu"), seed)
        fit_critic(
            critic, real, fake, loss="wgan-clip", steps=300, lr=1e-3, clip=clip, generator=generator(seed)
        )  # fmt: skip
        with torch.no_grad():
            measured = float((critic(real) - critic(fake)).mean())
            largest_slope = float(relu_input_gradient(critic, x).abs().max())
        assert 0 < measured <= 1.001 * largest_slope * exact
        ratios.append(measured / exact)
    assert ratios[0] < 0.5 and ratios[1] > 3 * ratios[0]


@pytest.mark.parametrize("seed", range(3))
def test_a_trained_discriminator_is_the_best_one_and_its_loss_gives_js(seed):
    """N(0, 1) against N(1, 1): the best logit is ½ − x, so a line can be perfect.

    From 2 × 4000 points each of its two weights has a standard error of about 0.03, and the mean loss of 0.005.
    """
    real, fake = normals(1.0, seed, std=1.0)
    line = network(lambda: nn.Sequential(nn.Linear(1, 1)), seed)
    history = fit_critic(line, real, fake, loss="gan", steps=400, lr=0.02, generator=generator(seed))
    assert line[0].weight.item() == pytest.approx(-1, abs=0.15)
    assert line[0].bias.item() == pytest.approx(0.5, abs=0.15)
    grid = latent_grid(1, points=2001, extent=12)
    one = torch.ones(1, dtype=torch.float64)
    js = js_on_grid(*(log_normal_diag(grid.z, mean * one, 0 * one) for mean in (0.0, 1.0)), grid.log_volume)
    assert float(history.estimate[-200:].mean()) == pytest.approx(float(js), abs=0.02)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("loss", GAMES)
def test_every_game_moves_the_generator_to_the_data(loss, seed):
    """N(2, 0.5²) on the line, from noise around 0."""
    data = 2 + 0.5 * torch.randn(2000, 1, generator=generator(seed))
    g = network(lambda: mlp([1, 16, 1], "relu"), seed)
    critic = network(lambda: mlp([1, 32, 32, 1], "relu"), seed + 1)
    distance = lambda: float(wasserstein_1d(generate(g, 2000, latent=1, generator=generator(5))[:, 0], data[:, 0]))  # noqa: E731
    before = distance()
    fit_gan(g, critic, data, latent=1, loss=loss, steps=300, batch_size=64, lr=3e-3, clip=0.1, n_critic=2,
            one_sided=True, generator=generator(seed))  # fmt: skip
    assert distance() < 0.5 * before
