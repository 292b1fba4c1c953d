"""A critic, JS and exact W1 against θ: what a discriminating network can measure, and how long it lasts (chapter 9)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_utils import plots
from vae_utils.critics import clip_weights, gradient_penalty, relu_input_gradient
from vae_utils.divergences import penalised_shift_value, shifted_uniforms
from vae_utils.evaluation import wasserstein_1d
from vae_utils.networks import mlp
from vae_utils.widgets import _random
from vae_utils.widgets._base import Widget, module

POINTS = 32  # of each pile
HIDDEN = 32
STEPS = 200
RATE = 0.05  # of Adam at the first step; it falls linearly to RATE / STEPS at the last
BETAS = (0.0, 0.9)
FARTHEST = 4.0
CONSTRAINTS = ("one-sided penalty", "two-sided penalty", "clipped weights")


class Measurement(NamedTuple):
    """What a trained critic says about a real and a fake pile.

    Attributes
    ----------
    estimate : float
        Mean score of the real points minus that of the fake ones.
    steepest : float
        The largest ``|f′|`` between the leftmost and the rightmost point; |estimate| / steepest is at most W1.
    felt : float
        Mean f′ at the fake points: what a generator that moves them all alike would follow.
    """

    estimate: float
    steepest: float
    felt: float


class CriticMeter(Widget):
    """Move a pile of fake points away from a real one; a critic trained in the page measures how far.

    Real points are spread evenly over [−½, ½], fake ones over the same interval moved by θ: two uniform distributions
    whose JS and W1 are known. The critic has one hidden layer of 32 ReLUs and is trained from the same start for each
    θ, as a WGAN's critic is: Arjovsky et al. (2017) with clipped weights, Gulrajani et al. (2017) with the penalty.

    Attributes
    ----------
    theta : float, from 0 to 4
        θ.
    constraint : {"one-sided penalty", "two-sided penalty", "clipped weights"}
        What keeps the critic from being too steep.
    penalty : float, from 2 to 50
        λ.
    clip : float, from 0.02 to 0.3
        Largest weight of a clipped critic.
    seed : int
        Of the critic's start and of the points x̂.

    Raises
    ------
    traitlets.TraitError
        If a value is of the wrong type or lies outside its range.
    """

    _esm = module("critic.js")
    theta = traitlets.Float(2.0, min=0.0, max=FARTHEST).tag(sync=True)
    constraint = traitlets.Enum(CONSTRAINTS, CONSTRAINTS[0]).tag(sync=True)
    penalty = traitlets.Float(10.0, min=2.0, max=50.0).tag(sync=True)
    clip = traitlets.Float(0.1, min=0.02, max=0.3).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**31 - 1).tag(sync=True)
    title = traitlets.Unicode("The critic meter").tag(sync=True)
    task = traitlets.Unicode(
        "Drag the orange pile. At θ = 4, find the λ with which the critic overestimates W1 by a tenth."
    ).tag(sync=True)

    def piles(self) -> tuple[Tensor, Tensor]:
        """Real and fake points, each of shape (32, 1), float64."""
        real = (torch.arange(POINTS, dtype=torch.float64)[:, None] + 0.5) / POINTS - 0.5
        return real, real + self.theta

    def start(self) -> nn.Sequential:
        """The critic before training, float64: uniform weights of the size that torch would give it."""
        draws = torch.as_tensor(2 * _random.uniforms(self.seed, 3 * HIDDEN) - 1)
        critic = mlp([1, HIDDEN, 1], "relu").double()
        weight, bias, last = draws.split(HIDDEN)
        with torch.no_grad():
            critic[0].weight.copy_(weight[:, None])
            critic[0].bias.copy_(bias)
            critic[2].weight.copy_(last[None] / HIDDEN**0.5)
            critic[2].bias.zero_()
        return critic

    def train(self) -> nn.Sequential:
        """The critic after training, by automatic differentiation; the page writes the same steps out by hand."""
        critic, (real, fake) = self.start(), self.piles()
        optimizer = torch.optim.Adam(critic.parameters(), lr=RATE, betas=BETAS)
        draws = torch.as_tensor(_random.uniforms(self.seed, 3 * HIDDEN + 2 * STEPS * POINTS))
        for step, draw in enumerate(draws[3 * HIDDEN :].reshape(STEPS, 2, POINTS)):
            loss = critic(fake).mean() - critic(real).mean()
            if self.constraint != "clipped weights":
                partner, one_sided = (draw[0] * POINTS).long(), self.constraint == "one-sided penalty"
                excess = gradient_penalty(critic, real, fake[partner], eps=draw[1], one_sided=one_sided)
                loss = loss + self.penalty * excess.mean()
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if self.constraint == "clipped weights":
                clip_weights(critic, self.clip)
        return critic

    def measure(self, critic: nn.Sequential | None = None) -> Measurement:
        """What the trained critic (or the one given) says about the two piles."""
        critic = self.train() if critic is None else critic
        real, fake = self.piles()
        with torch.no_grad():
            estimate = critic(real).mean() - critic(fake).mean()
            ends = torch.cat([real[:1, 0], fake[-1:, 0]])
            kinks = (-critic[0].bias / critic[0].weight[:, 0]).clamp(*ends.tolist())
        places = torch.cat([ends, kinks]).sort().values
        middles = (places[1:] + places[:-1])[places.diff() > 0, None] / 2  # f is straight between two kinks
        slopes, felt = (relu_input_gradient(critic, x).detach() for x in (middles, fake))
        return Measurement(estimate.item(), slopes.abs().max().item(), felt.mean().item())

    def draw_poster(self, figure: Figure) -> None:
        """Draw the critic over the two piles, and the three distances against θ."""
        critic, (real, fake) = self.train(), self.piles()
        measured = self.measure(critic)
        left, right = figure.subplots(1, 2)
        x = torch.linspace(-0.8, FARTHEST + 0.8, 300, dtype=torch.float64)[:, None]
        with torch.no_grad():
            left.plot(x, critic(x), color="gray", label="critic f(x)")
            for pile, color, name in ((real, plots.COLORS[0], "real"), (fake, plots.COLORS[1], "fake")):
                left.plot(pile, critic(pile), ".", color=color, label=name)
        left.set(xlabel="x", ylabel="score")
        left.legend(loc="lower left")
        theta = torch.linspace(0, FARTHEST, 201, dtype=torch.float64)
        exact = shifted_uniforms(theta)
        right.plot(theta, exact.w1, "--", color="black", label="W1")
        right.plot(theta, exact.js, color=plots.COLORS[1], label="JS")
        if self.constraint != "clipped weights":
            label = "optimum with the penalty"
            right.plot(theta, penalised_shift_value(theta, self.penalty), ":", color=plots.COLORS[3], label=label)
        right.plot(self.theta, measured.estimate, "o", color=plots.COLORS[3], label="critic")
        right.plot(
            self.theta, measured.estimate / measured.steepest, "s", color=plots.COLORS[2], label="critic / slope"
        )
        right.set(xlabel="θ", ylabel="distance", ylim=(-5 if self.constraint == "two-sided penalty" else 0, 8))
        right.legend(loc="upper left")

    def w1(self) -> float:
        """Exact W1 of the two piles, by sorting."""
        return wasserstein_1d(*(pile[:, 0] for pile in self.piles())).item()
