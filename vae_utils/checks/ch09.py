"""Chapter 9: balance, the best discriminator, the losses of GAN and WGAN, the gradient penalty, clipped weights."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn, tensor

from .exercise import Case, Choice, Exercise, Option

BEST = "09-gan#the-best-discriminator"


# ---- 09-optimal: the best discriminator ----


def optimal_discriminator(log_p: Tensor, log_q: Tensor) -> Tensor:
    """p / (p + q) from two log-densities of one shape."""
    return torch.sigmoid(log_p - log_q)


def observe_optimal(discriminator, draw):
    """Three in four, a batch, a sheet, densities that float32 cannot hold, the gradients."""
    yield Case("p = 0.3, q = 0.1, as logarithms", discriminator(tensor([0.3]).log(), tensor([0.1]).log()))
    log_p, log_q = draw.normal(6, std=2.0), draw.normal(6, std=2.0)
    yield Case("6 points", discriminator(log_p, log_q))
    yield Case("a sheet of 2 × 3 points", discriminator(log_p.reshape(2, 3), log_q.reshape(2, 3)))
    yield Case("log_p = [-800], log_q = [-801]", discriminator(tensor([-800.0]), tensor([-801.0])))
    yield Case("its gradients", draw.gradient(discriminator, log_p, log_q))


# ---- 09-generator: the non-saturating loss ----


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Mean of -log D over the fakes: (B,) → ()."""
    return -F.logsigmoid(fake_logits).mean()


def observe_generator(loss, draw):
    """An undecided discriminator, a sure one, a batch, the gradient, and a very sure one."""
    yield Case("fake_logits = [0]", loss(tensor([0.0])))
    yield Case("fake_logits = [-10]", loss(tensor([-10.0])))
    logits = draw.normal(5, std=2.0)
    yield Case("5 fakes", loss(logits))
    yield Case("fake_logits = [-200]", loss(tensor([-200.0])))
    yield Case("its gradient", draw.gradient(loss, logits)[0])


# ---- 09-critic: the critic's loss ----


def critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Minus the estimate of W1: (B,), (B,) → ()."""
    return fake_scores.mean() - real_scores.mean()


def observe_critic(loss, draw):
    """Good scores, wrong-way-round ones, a batch, the same moved by 7, the gradients."""
    real, fake = tensor([3.0, 5.0]), tensor([1.0, 1.0])
    yield Case("real = [3, 5], fake = [1, 1]", loss(real, fake))
    yield Case("real = [1, 1], fake = [3, 5]", loss(fake, real))
    real, fake = draw.normal(6, std=2.0), draw.normal(6, std=2.0)
    yield Case("6 scores each", loss(real, fake))
    yield Case("the same, 7 added to all scores", loss(real + 7, fake + 7))
    yield Case("its gradients", draw.gradient(loss, real, fake))


# ---- 09-penalty: the gradient penalty ----


def gradient_penalty(critic, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """Mean of (slope - 1)² between real and fake: two batches (B, …) → ()."""
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    norm = (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
    return (norm - 1).square().mean()


def observe_penalty(penalty, draw):
    """Linear critics of norm 3 and 0; the points at which a critic was asked; and what reaches its weights."""

    def linear(weights):
        return lambda x: (x * weights).flatten(1).sum(1)

    flat = tensor([2.0, -2.0, 1.0])  # norm 3
    image = draw.normal(1, 4, 4)
    image = 3 * image / image.norm()
    vectors = draw.normal(5, 3), draw.normal(5, 3)
    pictures = draw.normal(6, 1, 4, 4), draw.normal(6, 1, 4, 4)
    yield Case("a linear critic of norm 3, 5 vectors", penalty(linear(flat), *vectors, draw.generator()))
    yield Case("a linear critic of norm 3, 6 images", penalty(linear(image), *pictures, draw.generator()))

    asked = []

    def curious(x):
        asked.append(x.detach().clone())
        return (x * image).flatten(1).sum(1)

    n = 4000
    penalty(curious, torch.ones(n, 1, 4, 4), torch.zeros(n, 1, 4, 4), draw.generator())
    eps = asked[-1].flatten(1).double()  # between 1 and 0 the point itself is ε
    yield Case("real = 1, fake = 0: the spread of the points within an image", eps.std(1).mean())
    # five standard errors of n uniform numbers, times √2 as an independent draw is compared
    error = 5 * math.sqrt(2 / n)
    yield Case("their mean over 4,000 images", eps.mean(), rtol=0, atol=error * math.sqrt(1 / 12))
    yield Case("their standard deviation over the images", eps[:, 0].std(), rtol=0, atol=error * 0.13)
    beyond = ((eps < 0) | (eps > 1)).double().mean()
    yield Case("the share of them beyond real and fake", beyond)

    def through(weights, batch):
        return draw.gradient(lambda w: penalty(linear(w), *batch, draw.generator()), weights)[0]

    yield Case("its gradient for the critic's weights", through(image, pictures))
    yield Case("its gradient where the critic is 0 everywhere", through(torch.zeros(3), vectors))


# ---- 09-clip: clipped weights ----


def clipped_step(critic, optimizer, loss, c):
    """One step of the critic, then its weights back into [-c, c]."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for weight in critic.parameters():
            weight.clamp_(-c, c)


def observe_clip(step, draw):
    """One weight by hand, then a small critic: two steps in a wide box, one step into a narrow one."""

    def one_weight(value):
        critic = nn.Linear(1, 1, bias=False)
        nn.init.constant_(critic.weight, value)
        return critic, torch.optim.SGD(critic.parameters(), lr=0.1)

    critic, optimizer = one_weight(0.05)
    step(critic, optimizer, (2 * critic.weight).sum(), 0.1)
    yield Case("weight 0.05, gradient 2, learning rate 0.1, c = 0.1", critic.weight)
    critic, optimizer = one_weight(0.8)
    step(critic, optimizer, (critic.weight**2).sum(), 10.0)
    yield Case("weight 0.8, gradient 1.6, learning rate 0.1, c = 10", critic.weight)

    critic = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    with torch.no_grad():
        for weight in critic.parameters():
            weight.copy_(draw.normal(*weight.shape, std=0.5))
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.2)
    real, fake = draw.normal(8, 3, mean=1.0), draw.normal(8, 3)

    def weights():
        return torch.cat([weight.detach().flatten() for weight in critic.parameters()])

    for text, c in (
        ("a critic's first step, c = 5", 5.0),
        ("its second step, c = 5", 5.0),
        ("its third step, c = 0.1", 0.1),
    ):
        step(critic, optimizer, critic(fake).mean() - critic(real).mean(), c)
        yield Case(text, weights())


EXERCISES = (
    Exercise(
        id="09-predict",
        kind="value",
        name="balance",
        reference=(0.5, 2 * math.log(2), 0.5),
        parts=("D at balance", "the discriminator's loss there", "the Gaussian decoder's grey"),
        misconceptions=(),
        nudge="At balance p = q, whatever the point. Put D = p/(p + q) into both logarithms of the loss. And for the "
        "grey: which single number misses 0 and 1 least, in squares?",
        see=BEST,
    ),
    Exercise(
        id="09-optimal",
        name="optimal_discriminator",
        reference=optimal_discriminator,
        observe=observe_optimal,
        returns="a probability for each point",
        misconceptions=(),
        nudge="log_both is log(p + q). What is the logarithm of p/(p + q), and when is the right moment for exp?",
        see=BEST,
    ),
    Exercise(
        id="09-generator",
        name="generator_loss",
        reference=generator_loss,
        observe=observe_generator,
        returns="one number",
        misconceptions=(),
        nudge="D is the sigmoid of the logit. There is a function for the logarithm of a sigmoid that never computes "
        "the sigmoid. How large is −log D for a fake that nobody believes?",
        see="09-gan#where-the-gradient-goes",
    ),
    Exercise(
        id="09-critic",
        name="critic_loss",
        reference=critic_loss,
        observe=observe_critic,
        returns="one number",
        misconceptions=(),
        nudge="The critic wants real scores high and fake ones low. Which difference of two means gets smaller when "
        "it succeeds?",
        see="09-gan#a-critic-instead-of-a-classifier",
    ),
    Exercise(
        id="09-penalty",
        name="gradient_penalty",
        reference=gradient_penalty,
        observe=observe_penalty,
        random=True,
        returns="one number",
        misconceptions=(),
        nudge="Write down three shapes: of ε, of the gradient, and of the norms. For images (B, 1, 4, 4) they should "
        "be (B, 1, 1, 1), (B, 1, 4, 4) and (B,).",
        see="09-gan#penalty",
    ),
    Exercise(
        id="09-clip",
        name="clipped_step",
        reference=clipped_step,
        observe=observe_clip,
        misconceptions=(),
        nudge="Print the weight before and after each line of the function, for the example by hand. After which "
        "line may it lie outside of the box?",
        see="09-gan#clipping",
    ),
    Choice(
        id="09-q1",
        name="answer_09_q1",
        question="The discriminator's loss of a GAN, −E log D(real) − E log(1 − D(fake)), has come down to 0.000 and "
        "stays there. What does that say?",
        options={
            "a": Option(
                "Success: the loss of a well-trained network goes to zero.",
                "It is a success of the discriminator alone: it believes no fake. For the generator that is the "
                "worst news.",
                mistake="zero-loss-is-success",
            ),
            "b": Option(
                "Balance: both players have reached their optimum.",
                "At balance D can only answer ½, and then each of the two logarithms costs log 2. That is not 0.",
                mistake="zero-loss-is-balance",
            ),
            "c": Option(
                "Every fake is told from every real example. Balance would be 1.386, and the generator may get no "
                "gradient.",
                "Yes: the loss at the best D is 2 log 2 − 2 JS. At 0 the two distributions do not touch.",
                right=True,
            ),
            "d": Option(
                "Nothing. The losses of a GAN have no meaning.",
                "This one has: at the best D it is 2 log 2 − 2 JS. It says how far apart the two distributions are "
                "for D.",
                mistake="gan-loss-meaningless",
            ),
        },
        nudge="What does D answer if the fakes are perfect, and what does the loss become then?",
        see=BEST,
    ),
    Choice(
        id="09-q2",
        name="answer_09_q2",
        question="The loss of a WGAN-GP's critic is −4.0. What follows?",
        options={
            "a": Option(
                "The distance of the two distributions is −4.",
                "No distance is negative. The critic maximises its estimate, and an optimiser minimises: hence the "
                "minus.",
                mistake="negative-distance",
            ),
            "b": Option(
                "The critic's estimate of the distance is +4 or somewhat more. A better critic makes the loss more "
                "negative.",
                "Yes: the loss is minus the estimate plus the penalty, and the penalty is never negative.",
                right=True,
            ),
            "c": Option(
                "There is a bug: a distance, and so the loss, cannot be negative.",
                "The loss is not the distance but minus its estimate, plus the penalty. A good critic has a negative "
                "one.",
                mistake="negative-loss-is-a-bug",
            ),
            "d": Option(
                "W₁ is at least 4, since the penalty keeps every slope at or below 1.",
                "A penalty is no constraint: the best slope is 1 + θ/2λ, so the estimate is somewhat too large.",
                mistake="penalty-as-constraint",
            ),
        },
        nudge="Write the loss as −estimate + λ · penalty. What is the estimate if the penalty is 0, and if it is not?",
        see="09-gan#penalty",
    ),
    Choice(
        id="09-q3",
        name="answer_09_q3",
        question="In a critic with gradient penalty one layer spoils the penalty, without any error. Which?",
        options={
            "a": Option(
                "Layer normalisation: it changes the slope.",
                "Every layer changes the slope, and the penalty watches the result. Layer norm looks at one example "
                "only; it is the usual replacement.",
                mistake="layernorm-in-critic",
            ),
            "b": Option(
                "Batch normalisation: the score of one example then depends on the others, and so does its gradient.",
                "Yes. The penalty needs the gradient of each score in its own example, and no other way.",
                right=True,
            ),
            "c": Option(
                "A linear last layer: scores may then be larger than 1.",
                "They should be free: scores between 0 and 1 could never measure a distance of 4. It is a sigmoid "
                "that would be wrong.",
                mistake="sigmoid-critic",
            ),
            "d": Option(
                "None. The penalty looks at the gradient only, so any layers will do.",
                "It takes the gradient of the sum of all scores. That is each example's own one only if no score "
                "sees another example.",
                mistake="batchnorm-in-critic",
            ),
        },
        nudge="The code differentiates the sum of all scores. When is that the gradient of each single score?",
        see="09-gan#a-clinic",
    ),
    Choice(
        id="09-q4",
        name="answer_09_q4",
        question="'A VAE is adversarial inside, like a GAN: reconstruction fights the KL.' What do you say?",
        options={
            "a": Option(
                "Right: encoder and decoder pull in opposite directions.",
                "They minimise one and the same loss; each one's own step lowers it. In a GAN one player's gain is "
                "the other's loss.",
                mistake="vae-is-adversarial",
            ),
            "b": Option(
                "Right in a sense: the KL is the discriminator of a VAE.",
                "A discriminator is a network that learns, and wants the loss larger. The KL is a formula and wants "
                "nothing.",
                mistake="kl-is-a-discriminator",
            ),
            "c": Option(
                "Wrong: encoder and decoder lower one and the same loss. In a GAN one player raises what the other "
                "lowers.",
                "Yes. Two terms of one loss may pull in different directions, as terms do. Nobody wants it larger.",
                right=True,
            ),
            "d": Option(
                "Wrong: a VAE has no second distribution to pull at, because its prior is never used in training.",
                "Wrong it is, but for another reason: the prior is in the KL at every step of training.",
                mistake="prior-never-used",
            ),
        },
        nudge="Let the encoder alone take a step down its own gradient. Does the decoder regret it?",
        see="09-gan#two-players-are-not-one",
    ),
)
