"""Chapter 9: balance, the best discriminator, the losses of GAN and WGAN, the gradient penalty, clipped weights."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn, tensor

from .exercise import Case, Choice, Exercise, Misconception, Option

BEST = "09-gan#the-best-discriminator"


# ---- 09-optimal: the best discriminator ----


def optimal_discriminator(log_p: Tensor, log_q: Tensor) -> Tensor:
    """p / (p + q) from two log-densities of one shape."""
    return torch.sigmoid(log_p - log_q)


def observe_optimal(discriminator, draw):
    """Three in four and one in two, a batch, a sheet, densities that float32 cannot hold, the gradients."""
    p, q = tensor([0.3, 0.1]), tensor([0.1, 0.1])
    yield Case("p = [0.3, 0.1], q = [0.1, 0.1], as logarithms", discriminator(p.log(), q.log()))
    log_p, log_q = draw.normal(6, std=2.0), draw.normal(6, std=2.0)
    value = discriminator(log_p, log_q)
    yield Case("6 points", value)
    yield Case("whether they are right", alike(value, optimal_discriminator(log_p, log_q)), atol=math.inf)
    yield Case("a sheet of 2 × 3 points", discriminator(log_p.reshape(2, 3), log_q.reshape(2, 3)))
    yield Case("log_p = [-800], log_q = [-801]", discriminator(tensor([-800.0]), tensor([-801.0])))
    yield Case("its gradients", draw.gradient(discriminator, log_p, log_q))


def alike(value: Tensor, right: Tensor) -> bool:
    """Whether ordinary values are right; for the diagnosis of those that are not."""
    return value.shape == right.shape and torch.allclose(value.double(), right.double(), rtol=1e-3)


def density_underflows(cases) -> bool:
    """Right everywhere but at -800."""
    far = cases["log_p = [-800], log_q = [-801]"]
    return bool(cases["whether they are right"]) and not bool((far - 0.7311).abs().max() < 0.01)


# ---- 09-generator: the non-saturating loss ----


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Mean of -log D over the fakes: (B,) → ()."""
    return -F.logsigmoid(fake_logits).mean()


def observe_generator(loss, draw):
    """An undecided discriminator, a sure one, a batch, a very sure one, the gradient."""
    yield Case("fake_logits = [0]", loss(tensor([0.0], requires_grad=True)))
    yield Case("fake_logits = [-10]", loss(tensor([-10.0])))
    logits = draw.normal(5, std=2.0)
    value = loss(logits)
    yield Case("5 fakes", value)
    yield Case("whether they are right", alike(value, generator_loss(logits)), atol=math.inf)
    yield Case("fake_logits = [-200]", loss(tensor([-200.0])))
    yield Case("its gradient", draw.gradient(loss, logits)[0])


def sigmoid_underflows(cases) -> bool:
    """Right everywhere but at -200."""
    far = cases["fake_logits = [-200]"]
    return bool(cases["whether they are right"]) and not bool((far - 200).abs().max() < 1)


# ---- 09-critic: the critic's loss ----


def critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Minus the estimate of W1: (B,), (B,) → ()."""
    return fake_scores.mean() - real_scores.mean()


def observe_critic(loss, draw):
    """Good scores, wrong-way-round ones, a batch, the same moved by 7, the gradients."""
    real, fake = (tensor(scores, requires_grad=True) for scores in ([3.0, 5.0], [1.0, 1.0]))
    yield Case("real = [3, 5], fake = [1, 1]", loss(real, fake))
    yield Case("real = [1, 1], fake = [3, 5]", loss(fake, real))
    real, fake = draw.normal(6, std=2.0), draw.normal(6, std=2.0)
    yield Case("6 scores each", loss(real, fake))
    yield Case("6 scores each, 7 added to all of them", loss(real + 7, fake + 7))
    yield Case("its gradients", draw.gradient(loss, real, fake))


# ---- 09-penalty: the gradient penalty ----


def gradient_penalty(critic, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """Mean of (slope - 1)² between real and fake: two batches (B, …) → ()."""
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    norm = (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
    return (norm - 1).square().mean()


def linear(weights):
    """A critic with the gradient ``weights`` everywhere."""
    return lambda x: (x * weights).flatten(1).sum(1)


def bowl(steepness):
    """A critic of 4 × 4 images that is ``steepness`` · g steep at an image of the grey g."""
    return lambda x: steepness / 8 * (x**2).flatten(1).sum(1)


def unevenness(x):
    """A critic of images that is flat where all pixels of an image are alike, and steep elsewhere."""
    return 2 * ((x - x.mean((-1, -2), keepdim=True)) ** 2).flatten(1).sum(1)


def observe_penalty(penalty, draw):
    """Linear critics of norm 3; critics whose slopes tell where they were asked; what reaches the weights."""
    flat = tensor([2.0, -2.0, 1.0], requires_grad=True)
    image = draw.normal(1, 4, 4)
    image = (3 * image / image.norm()).requires_grad_()
    vectors = draw.normal(5, 3), draw.normal(5, 3)
    pictures = draw.normal(6, 1, 4, 4), draw.normal(6, 1, 4, 4)
    yield Case("a linear critic of norm 3, 5 vectors", penalty(linear(flat), *vectors, draw.generator()))
    yield Case("a linear critic of norm 3, 6 images", penalty(linear(image), *pictures, draw.generator()))

    def between(critic, n, seed=None):
        return penalty(critic, torch.full((n, 1, 4, 4), 2.0), torch.ones(n, 1, 4, 4), draw.generator(seed))

    greys = tensor([1.0, 3.0]).reshape(2, 1, 1, 1).repeat(1, 1, 4, 4)  # no ε makes a difference
    same = penalty(bowl(1), greys, greys.clone(), draw.generator())
    yield Case("real = fake, two images with the slopes 1 and 3", same)

    # The slopes there are 1 + ε and 2 + 2ε; less 1 and squared they have the means 1/3 and 13/3 and the standard
    # deviations 0.30 and 2.33. The tolerance is five standard errors of the difference of two means of 1,000.
    gentle, steep = between(bowl(1), 1000), between(bowl(2), 1000)
    yield Case("1,000 images between 2 and 1, a critic with the slope 1 + ε", gentle, rtol=0, atol=0.07)
    yield Case("1,000 images between 2 and 1, a critic with the slope 2 + 2ε", steep, rtol=0, atol=0.53)
    even = between(unevenness, 200)
    yield Case(
        "200 images between 2 and 1, a critic with the slope 0 where all pixels are alike", even, rtol=0, atol=0.07
    )
    pairs = []
    for i in range(3):
        seed = draw.seed()
        pairs.append(torch.stack([between(bowl(steepness), 20, seed).detach() for steepness in (1, 2)]))
        yield Case(f"20 images, both critics, draw {i}", pairs[-1], atol=math.inf)
    yield Case("two different draws: do the penalties differ?", bool((pairs[0] - pairs[1]).abs().max() > 1e-4))
    seed = draw.seed()
    once, again = (penalty(bowl(1), *pictures, draw.generator(seed)) for _ in range(2))
    yield Case("the same generator twice, the difference", once - again)

    def through(weights, batch):
        return draw.gradient(lambda w: penalty(linear(w), *batch, draw.generator()), weights)[0]

    yield Case("its gradient for the critic's weights", through(image, pictures))
    yield Case("its gradient where the critic is 0 everywhere", through(torch.zeros(3), vectors))


def shared_one_epsilon(cases) -> bool:
    """Right where ε makes no difference; else as if all images had one slope, 1 + ε or 2 + 2ε, new at every draw."""
    exact = all(
        case.value.shape == () and bool((case.value - right).abs() < 1e-3)
        for case, right in zip(cases, (4, 4, 2), strict=False)
    )
    gentle, steep = torch.stack([cases[f"20 images, both critics, draw {i}"] for i in range(3)]).T
    alike = bool((steep.sqrt() - 2 * gentle.sqrt() - 1).abs().max() < 1e-3)
    return exact and alike and bool(gentle.max() - gentle.min() > 1e-3)


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
        ("a critic's second step, c = 5", 5.0),
        ("a critic's third step, c = 0.1", 0.1),
    ):
        step(critic, optimizer, critic(fake).mean() - critic(real).mean(), c)
        yield Case(text, weights())


def mistaken_penalty(eps=None, mix=None, norm=None, graph=True, price=None):
    """The gradient penalty with one line written otherwise."""

    def penalty(critic, real, fake, generator):
        one_each = (len(real),) + (1,) * (real.dim() - 1)
        share = eps(real, generator) if eps else torch.rand(one_each, generator=generator)
        between = (mix or torch.lerp)(fake, real, share).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=graph)
        length = norm(gradient) if norm else (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
        return (price(length) if price else (length - 1) ** 2).mean()

    return penalty


def mistaken_step(prepare=None, sign=1, zero=True, step=True, clip=True):
    """The clipped step with one line left out, or written otherwise."""

    def clipped_step(critic, optimizer, loss, c):
        if zero:
            optimizer.zero_grad()
        (sign * loss).backward()
        if prepare:
            prepare(list(critic.parameters()), c)
        if step:
            optimizer.step()
        if clip:
            clamp(critic.parameters(), c)

    return clipped_step


@torch.no_grad()
def clamp(weights, c):
    """Weights back into the box."""
    for weight in weights:
        weight.clamp_(-c, c)


EXERCISES = (
    Exercise(
        id="09-predict",
        kind="value",
        name="balance",
        reference=(0.5, 2 * math.log(2), 0.5),
        parts=("D at balance", "the discriminator's loss at balance", "the Gaussian decoder's grey"),
        misconceptions=(
            Misconception(
                "zero-loss",
                None,
                "A loss of 0 means that D tells every fake from every real example. Perfect fakes leave it no choice "
                "but ½, and each of its two logarithms then costs log 2.",
                seen=lambda cases: bool(cases["the discriminator's loss at balance"].abs() < 0.006),
            ),
            Misconception(
                "one-log-two",
                None,
                "log 2 is the cost of one of the two terms. The loss has a logarithm for the real examples and "
                "another one for the fakes.",
                seen=lambda cases: bool((cases["the discriminator's loss at balance"] - math.log(2)).abs() < 0.01),
            ),
            Misconception(
                "in-bits",
                None,
                "Two bits is right, but nats were asked for: take natural logarithms.",
                seen=lambda cases: bool((cases["the discriminator's loss at balance"] - 2).abs() < 0.01),
            ),
            Misconception(
                "picks-a-mode",
                (0.5, 2 * math.log(2), 0.0),
                "A GAN may draw 0 or 1. A Gaussian decoder is asked for one mean for both, and the squared misses "
                "are smallest in the middle.",
                also=((0.5, 2 * math.log(2), 1.0),),
            ),
        ),
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
        misconceptions=(
            Misconception(
                "swapped",
                lambda log_p, log_q: torch.sigmoid(log_q - log_p),
                "This is the share of the fakes. D is the probability that a sample is real, and p is the density of "
                "the real data.",
            ),
            Misconception(
                "ratio-not-share",
                lambda log_p, log_q: torch.exp(log_p - log_q),
                "This is the ratio p/q, which can be larger than 1. A share compares p with all that turns up here, "
                "p + q.",
                also=(lambda log_p, log_q: log_p.exp() / log_q.exp(),),
            ),
            Misconception(
                "underflow",
                None,
                "Right for ordinary densities, but at a log-density of −800 both p and q are rounded to 0. Subtract "
                "the logarithms first; the exponential comes last.",
                seen=density_underflows,
            ),
            Misconception(
                "logit-returned",
                lambda log_p, log_q: log_p - log_q,
                "This is the logit, the logarithm of p/q. A probability was asked for: one more function leads there.",
            ),
        ),
        nudge="log_both is log(p + q). What is the logarithm of p/(p + q), and when is the right moment for exp?",
        see=BEST,
    ),
    Exercise(
        id="09-generator",
        name="generator_loss",
        reference=generator_loss,
        observe=observe_generator,
        returns="one number",
        misconceptions=(
            Misconception(
                "saturating",
                lambda logits: F.logsigmoid(-logits).mean(),
                "This is log(1 − D), the loss of the min-max game. For a fake that nobody believes its slope is next "
                "to 0: just where the generator needs it most.",
            ),
            Misconception(
                "discriminators-loss",
                lambda logits: -F.logsigmoid(-logits).mean(),
                "This is the discriminator's part: it is small where the fakes are found out. The generator wants "
                "the opposite, that they are believed.",
            ),
            Misconception(
                "double-sigmoid",
                lambda logits: -F.logsigmoid(torch.sigmoid(logits)).mean(),
                "A sigmoid was applied twice. What arrives are logits, and D is their sigmoid, taken once.",
            ),
            Misconception(
                "underflow",
                None,
                "Right for ordinary logits, wrong at −200: there D is rounded to 0 or an exponential overflows. Take "
                "the logarithm of the sigmoid straight from the logit.",
                seen=sigmoid_underflows,
            ),
            Misconception(
                "sum-not-mean",
                lambda logits: -F.logsigmoid(logits).sum(),
                "The fakes were added up. With a mean the step does not grow with the batch.",
            ),
            Misconception(
                "gradient-cut",
                lambda logits: generator_loss(logits.detach()),
                "The value is right, but no gradient reaches the fakes, so the generator would stay as it is. Fakes "
                "are detached in the discriminator's step only.",
            ),
            Misconception(
                "wrong-sign",
                lambda logits: F.logsigmoid(logits).mean(),
                "This is the mean of log D. It is minimised, so a minus belongs in front: as it stands the generator "
                "learns to be found out.",
            ),
        ),
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
        misconceptions=(
            Misconception(
                "sign-flipped",
                lambda real, fake: real.mean() - fake.mean(),
                "This is the estimate itself. An optimiser would make it small, and the critic would learn to score "
                "the fakes above the real examples.",
            ),
            Misconception(
                "log-kept",
                lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(),
                "The cross-entropy of a GAN was kept. Scores are no logits: add 7 to all of them, and this loss "
                "moves, while the estimate of W₁ must not.",
                also=(lambda real, fake: 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean()),),
            ),
            Misconception(
                "sigmoid-kept",
                lambda real, fake: torch.sigmoid(fake).mean() - torch.sigmoid(real).mean(),
                "The scores went through a sigmoid. Between 0 and 1 they can differ by at most 1, so a distance of 4 "
                "could never be measured.",
            ),
            Misconception(
                "absolute-value",
                lambda real, fake: (fake.mean() - real.mean()).abs(),
                "The absolute value was taken. Then a critic that scores fakes above real examples is praised, or "
                "blamed, like one that does the opposite.",
                also=(lambda real, fake: -(fake.mean() - real.mean()).abs(),),
            ),
            Misconception(
                "fake-ignored",
                lambda real, fake: -real.mean(),
                "The fakes have no part in this. Adding 7 to all scores would lower the loss, and nothing would have "
                "been learned.",
            ),
            Misconception(
                "sum-not-mean",
                lambda real, fake: fake.sum() - real.sum(),
                "The scores were added up, so the value grows with the batch. The estimate of W₁ is a difference of "
                "means.",
            ),
        ),
        nudge="The critic wants real scores high and fake ones low. Which difference of two means gets smaller when "
        "it succeeds?",
        see="09-gan#a-critic-instead-of-a-classifier",
    ),
    Exercise(
        id="09-penalty",
        name="gradient_penalty",
        reference=gradient_penalty,
        observe=observe_penalty,
        inside=True,  # it differentiates a critic
        random=True,
        returns="one number",
        misconceptions=(
            Misconception(
                "epsilon-per-pixel",
                mistaken_penalty(eps=lambda real, g: torch.rand(real.shape, generator=g)),
                "Each pixel got an ε of its own, so the point is not on the line between its real and its fake "
                "image. Draw one ε for each example.",
            ),
            Misconception(
                "epsilon-normal",
                mistaken_penalty(eps=lambda real, g: torch.randn((len(real),) + (1,) * (real.dim() - 1), generator=g)),
                "ε is normal, so many points lie beyond the real or the fake example. Between the two it runs from 0 "
                "to 1, uniformly.",
            ),
            Misconception(
                "one-epsilon-for-all",
                None,
                "One ε was drawn for the whole batch, so all points stand at the same place of their lines, and the "
                "penalty jumps from batch to batch. Draw one for each example.",
                seen=shared_one_epsilon,
            ),
            Misconception(
                "not-flattened",
                mistaken_penalty(norm=lambda gradient: (gradient.square().sum(1) + 1e-12).sqrt()),
                "The norm was taken over dimension 1. For images that is the channel, so each pixel was penalised by "
                "itself. Take it over all numbers of an example.",
            ),
            Misconception(
                "no-create-graph",
                mistaken_penalty(graph=False),
                "The value is right, but it has no gradient for the critic's weights: the penalty teaches nothing. "
                "The inner gradient must itself stay differentiable.",
            ),
            Misconception(
                "nan-at-zero",
                mistaken_penalty(norm=lambda gradient: gradient.flatten(1).square().sum(1).sqrt()),
                "Where the critic's gradient is 0 the root has no derivative, and every weight becomes NaN. Add "
                "something tiny under the root.",
            ),
            Misconception(
                "one-not-subtracted",
                mistaken_penalty(price=lambda norm: norm**2),
                "Nothing was subtracted from the norm, so this asks for the slope 0. The slope should be 1.",
            ),
            Misconception(
                "not-rooted",
                mistaken_penalty(price=lambda norm: (norm**2 - 1) ** 2),
                "The root is missing: the squared norm was compared with 1. For a slope of 3 that says 64 where 4 is "
                "right.",
            ),
            Misconception(
                "at-real-only",
                mistaken_penalty(mix=lambda fake, real, eps: real),
                "The critic was asked at the real examples only. The slope matters on the way from the fakes to "
                "them, where the generator has to walk.",
            ),
        ),
        nudge="Write down three shapes: of ε, of the gradient, and of the norms. For images (B, 1, 4, 4) they should "
        "be (B, 1, 1, 1), (B, 1, 4, 4) and (B,).",
        see="09-gan#penalty",
    ),
    Exercise(
        id="09-clip",
        name="clipped_step",
        reference=clipped_step,
        observe=observe_clip,
        inside=True,  # it steps an optimizer
        misconceptions=(
            Misconception(
                "clips-gradients",
                mistaken_step(prepare=lambda weights, c: nn.utils.clip_grad_value_(weights, c), clip=False),
                "The gradients were clipped, and the weights may still grow as they like. It is the size of the "
                "weights that bounds the slope of the critic.",
                also=(mistaken_step(prepare=lambda weights, c: nn.utils.clip_grad_norm_(weights, c), clip=False),),
            ),
            Misconception(
                "clips-before-step",
                mistaken_step(prepare=clamp, clip=False),
                "The weights were clipped before the step, and the step carried them out of the box again. Whoever "
                "uses the critic now sees weights beyond c.",
            ),
            Misconception(
                "never-clips",
                mistaken_step(clip=False),
                "After the step the weights are as the optimiser left them. Is a clipped copy made and thrown away?",
            ),
            Misconception(
                "no-step",
                mistaken_step(step=False),
                "The weights have only been clipped. The gradients never moved them: the optimiser took no step, or "
                "it took one without gradients.",
            ),
            Misconception(
                "gradients-kept",
                mistaken_step(zero=False),
                "The first step is right, the second is not: the gradients of the first were still there, and the "
                "new ones were added to them.",
            ),
            Misconception(
                "ascends",
                mistaken_step(sign=-1),
                "The step goes up. The loss that is handed over is to be made smaller, and its sign is the caller's "
                "affair.",
            ),
        ),
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
                "W₁ is at least 4, since the penalty keeps every slope at or below 1.",
                "A penalty is no constraint: the best slope is 1 + θ/2λ, so the estimate is somewhat too large.",
                mistake="penalty-as-constraint",
            ),
            "c": Option(
                "There is a bug: a distance, and so the loss, cannot be negative.",
                "The loss is not the distance but minus its estimate, plus the penalty. A good critic has a negative "
                "one.",
                mistake="negative-loss-is-a-bug",
            ),
            "d": Option(
                "The critic's estimate of the distance is +4 or somewhat more. A better critic makes the loss more "
                "negative.",
                "Yes: the loss is minus the estimate plus the penalty, and the penalty is never negative.",
                right=True,
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
                "Batch normalisation: the score of one example then depends on the others, and so does its gradient.",
                "Yes. The penalty needs the gradient of each score in its own example, and no other way.",
                right=True,
            ),
            "b": Option(
                "Layer normalisation: it changes the slope.",
                "Every layer changes the slope, and the penalty watches the result. Layer norm looks at one example "
                "only; it is the usual replacement.",
                mistake="layernorm-in-critic",
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
                "Wrong: encoder and decoder lower one and the same loss. In a GAN one player raises what the other "
                "lowers.",
                "Yes. Two terms of one loss may pull in different directions, as terms do. Nobody wants it larger.",
                right=True,
            ),
            "c": Option(
                "Right in a sense: the KL is the discriminator of a VAE.",
                "A discriminator is a network that learns, and wants the loss larger. The KL is a formula and wants "
                "nothing.",
                mistake="kl-is-a-discriminator",
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
