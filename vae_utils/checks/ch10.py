"""Chapter 10: a jump to any level, a step back, the bound of T levels, a sample, and how well its start can be told."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from .exercise import Case, Choice, Exercise, Misconception, Option

ENCODER = "10-diffusion#an-encoder-that-learns-nothing"
BEST = "09-gan#the-best-discriminator"
LEARN = "10-diffusion#what-a-network-would-have-to-learn"
BETAS = tensor([0.36, 0.75])
"""The schedule of the examples by hand: √0.64 = 0.8 and √0.25 = 0.5."""


# ---- 10-diffuse: any level in one jump ----


def diffuse(x0: Tensor, t: Tensor, betas: Tensor, eps: Tensor) -> Tensor:
    """x_t from x_0: (B,), (B,) from 1 to T, (T,), (B,) → (B,)."""
    alpha_bar = torch.cumprod(1 - betas, 0)[t - 1]
    return alpha_bar.sqrt() * x0 + (1 - alpha_bar).sqrt() * eps


def observe_diffuse(diffuse, draw):
    """One step, two steps without and with noise, then seven examples on the levels of a longer ladder, gradients."""
    two, zero, one = tensor([2.0]), tensor([0.0]), tensor([1.0])
    yield Case("x0 = [2], t = [1], betas = [0.36, 0.75], eps = [0]", diffuse(two, tensor([1]), BETAS.clone(), zero))
    yield Case("x0 = [2], t = [2], betas = [0.36, 0.75], eps = [0]", diffuse(two, tensor([2]), BETAS.clone(), zero))
    yield Case("x0 = [2], t = [2], betas = [0.36, 0.75], eps = [1]", diffuse(two, tensor([2]), BETAS.clone(), one))
    betas, t = draw.uniform(5, low=0.05, high=0.6), tensor([1, 2, 5, 4, 3, 5, 1])
    x0, eps = draw.normal(7), draw.normal(7)
    yield Case("7 examples, 5 steps", diffuse(x0, t, betas, eps))
    slopes = draw.gradient(lambda x0, eps: diffuse(x0, t, betas, eps), x0, eps)
    yield Case("its gradients for x0 and eps", slopes)


# ---- 10-posterior: one step back, knowing the start ----


def reverse_posterior(x0: Tensor, xt: Tensor, t: int, betas: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B,) and variance () of q(x_{t-1} | x_t, x_0), 2 <= t <= T."""
    alpha_bar = torch.cumprod(1 - betas, 0)
    beta, now, below = betas[t - 1], alpha_bar[t - 1], alpha_bar[t - 2]
    mean = (below.sqrt() * beta * x0 + (1 - beta).sqrt() * (1 - below) * xt) / (1 - now)
    return mean, (1 - below) / (1 - now) * beta


def observe_posterior(posterior, draw):
    """The weights of x0 and of x_t by hand, one at a time; then every level of a longer ladder; the gradients."""
    one, zero, betas = tensor([1.0]), tensor([0.0]), tensor([0.36, 0.75, 0.5])
    yield Case("x0 = [1], xt = [0], t = 2, betas = [0.36, 0.75, 0.5]", posterior(one, zero, 2, betas))
    yield Case("x0 = [0], xt = [1], t = 2, betas = [0.36, 0.75, 0.5]", posterior(zero, one, 2, betas))
    betas, x0, xt = draw.uniform(5, low=0.05, high=0.6), draw.normal(4), draw.normal(4)
    for t in (2, 3, 4, 5):
        yield Case(f"4 examples, 5 steps, t = {t}", posterior(x0, xt, t, betas))
    slopes = draw.gradient(lambda x0, xt: posterior(x0, xt, 3, betas)[0], x0, xt)
    yield Case("the mean's gradients for x0 and xt, t = 3", slopes)


# ---- 10-elbo: the bound of T levels ----


def diffusion_elbo(log_likelihood: Tensor, kls: Tensor, kl_prior: Tensor) -> Tensor:
    """ELBO of T levels: (B,), (T - 1, B), (B,) → (B,)."""
    return log_likelihood - kls.sum(0) - kl_prior


def observe_elbo(bound, draw):
    """One example with two rungs, three examples with five rungs, no rung at all, the gradients."""
    yield Case(
        "log_likelihood = [-1], kls = [[0.5], [0.25]], kl_prior = [0.1]",
        bound(tensor([-1.0]), tensor([[0.5], [0.25]]), tensor([0.1])),
    )
    terms = draw.normal(3, mean=-2.0), draw.uniform(5, 3), draw.uniform(3)
    yield Case("3 examples, 5 rungs", bound(*terms))
    yield Case("its gradients", draw.gradient(bound, *terms))
    yield Case("3 examples, T = 1: no rungs", bound(terms[0], torch.zeros(0, 3), terms[2]))


# ---- 10-sample: coming down ----


def reverse_sample(mean, variances: Tensor, x_T: Tensor, generator: torch.Generator) -> Tensor:
    """x_0 from x_T, step by step: mean(x, t) → (n,), (T,), (n,) → (n,)."""
    x = x_T
    for t in range(len(variances), 0, -1):
        noise = torch.randn(x.shape, generator=generator) if t > 1 else torch.zeros_like(x)
        x = mean(x, t) + variances[t - 1].sqrt() * noise
    return x


def observe_sample(sample, draw):
    """One step, the order of three, and the distribution of many samples after two and after four steps."""
    yield Case(
        "mean(x, t) = x / 2, variances = [0.3], x_T = [2, 4]",
        sample(lambda x, t: x / 2, tensor([0.3]), tensor([2.0, 4.0]), draw.generator()),
    )
    levels = ""

    def note(x, t):
        nonlocal levels
        levels += str(int(t))
        return x

    sample(note, tensor([0.1, 0.2, 0.3]), tensor([0.0, 0.0]), draw.generator())
    yield Case(LEVELS, int(levels or 0))

    n = 20_000
    # five standard errors of n normal numbers, times √2 as an independent draw is compared
    error = 5 * math.sqrt(2 / n)

    def after(text, mean, variances, spread):
        """Mean and standard deviation of n samples from x_T = 2; the spread is about the latter."""
        x = sample(mean, tensor(variances), torch.full((n,), 2.0), draw.generator()).double()
        yield Case(f"{text}: the mean of 20,000 samples", x.mean(), rtol=0, atol=error * spread)
        yield Case(f"{text}: their standard deviation", x.std(), rtol=0, atol=error * spread / math.sqrt(2))

    def halve_once(x, t):
        return x if t == 1 else x / 2

    def shrink(x, t):
        return 0.8 * x + 0.1 * t

    yield from after(HALVED, halve_once, [0.04, 0.25], 0.5)
    yield from after("T = 4, variances = [0.5, 0.04, 0.09, 0.64]", shrink, [0.5, 0.04, 0.09, 0.64], 0.6)
    seed, start, variances = draw.seed(), draw.normal(50), tensor([0.1, 0.2, 0.3])
    once, again, other = (sample(shrink, variances, start, draw.generator(s)) for s in (seed, seed, seed + 1))
    yield Case("the same generator twice, the largest difference", (once - again).abs().max())
    yield Case("two different generators: do the samples differ?", bool((once - other).abs().max() > 1e-3))


LEVELS = "T = 3: the levels t, in the order of the steps"
HALVED = "T = 2, variances = [0.04, 0.25], the last step changes nothing"


def of_halved(cases) -> tuple[float, float]:
    """Mean and standard deviation after two steps, the first from 2 to 1 with the variance 0.25, the second idle."""
    return float(cases[f"{HALVED}: the mean of 20,000 samples"]), float(cases[f"{HALVED}: their standard deviation"])


def shared_one_noise(cases) -> bool:
    """All samples moved together, away from 1, and elsewhere with another generator."""
    mean, std = of_halved(cases)
    together = std < 1e-4 and abs(mean - 1) > 1e-3 and bool(cases["two different generators: do the samples differ?"])
    return together and bool(cases[LEVELS] == 321)


def last_step_was_noisy(cases) -> bool:
    """The variances of both steps are in the samples, 0.25 + 0.04, and one step alone is noisy."""
    mean, std = of_halved(cases)
    first = cases["mean(x, t) = x / 2, variances = [0.3], x_T = [2, 4]"]
    return abs(std - math.sqrt(0.29)) < 0.017 and abs(mean - 1) < 0.04 and not torch.allclose(first, tensor([1.0, 2.0]))


def went_up(cases) -> bool:
    """From level 1 to level T."""
    return bool(cases[LEVELS] == 123)


def ignored_the_generator(cases) -> bool:
    """The right spread, but not from the generator that was given."""
    _, std = of_halved(cases)
    given = cases["the same generator twice, the largest difference"] < 1e-6
    return abs(std - 0.5) < 0.017 and not (given and cases["two different generators: do the samples differ?"])


# ---- 10-told: how well its start can be told ----


def told_apart(x: Tensor, mean: float, logvar: float) -> Tensor:
    """Best discriminator of N(mean, exp(logvar)) against N(0, 1): (N,) → (N,)."""
    log_ratio = -0.5 * ((x - mean) ** 2 / math.exp(logvar) + logvar) + 0.5 * x**2
    return torch.sigmoid(log_ratio)


def observe_told(told_apart, draw):
    """A wider normal, the same normal, one moved by 1, others, the gradient."""
    yield Case("x = [0, 2], mean = 0, logvar = log 4", told_apart(tensor([0.0, 2.0]), 0.0, math.log(4)))
    yield Case("x = [-1, 0, 2], mean = 0, logvar = 0", told_apart(tensor([-1.0, 0.0, 2.0]), 0.0, 0.0))
    yield Case("x = [0.5, 1], mean = 1, logvar = 0", told_apart(tensor([0.5, 1.0]), 1.0, 0.0))
    x = draw.normal(6)
    yield Case("6 points, mean = 0.5, logvar = 0.8", told_apart(x, 0.5, 0.8))
    yield Case("6 points, mean = -1, logvar = -1.2", told_apart(x, -1.0, -1.2))
    yield Case("its gradient, mean = 0.5, logvar = -0.7", draw.gradient(lambda x: told_apart(x, 0.5, -0.7), x)[0])


def jump(alpha_bar):
    """The jump to level t with another idea of ᾱ_t: alpha_bar(t, betas) → (B,)."""

    def diffuse(x0, t, betas, eps):
        a = alpha_bar(t, betas)
        return a.sqrt() * x0 + (1 - a).sqrt() * eps

    return diffuse


def kept(t, betas):
    """ᾱ_t, (B,)."""
    return torch.cumprod(1 - betas, 0)[t - 1]


def late(t, betas):
    """ᾱ_{t+1}, and at the end of the schedule an error."""
    return torch.cumprod(1 - betas, 0)[t]


def late_or_last(t, betas):
    """ᾱ_{t+1}, and at the end of the schedule ᾱ_T."""
    return torch.cumprod(1 - betas, 0)[t.clamp(max=len(betas) - 1)]


def early(t, betas):
    """ᾱ_{t-1}, where ᾱ_0 is 1."""
    return torch.cat([torch.ones(1), torch.cumprod(1 - betas, 0)])[t - 1]


def early_or_last(t, betas):
    """ᾱ_{t-1}, where index -1 is ᾱ_T."""
    return torch.cumprod(1 - betas, 0)[t - 2]


def back(index=-1, mean=None, variance=None):
    """The step back with level t at betas[t + index], or with another mean or variance."""

    def posterior(x0, xt, t, betas):
        alpha_bar, i = torch.cumprod(1 - betas, 0), t + index
        beta, now, below = betas[i], alpha_bar[i], alpha_bar[i - 1]
        on_x0, on_xt = below.sqrt() * beta / (1 - now), (1 - beta).sqrt() * (1 - below) / (1 - now)
        usual = on_x0 * x0 + on_xt * xt if mean is None else mean(x0, xt, on_x0, on_xt, beta, now, below)
        return usual, (1 - below) / (1 - now) * beta if variance is None else variance(beta)

    return posterior


def coming_down(std=torch.sqrt, noisy=True):
    """Coming down with another standard deviation, or without noise."""

    def sample(mean, variances, x_T, generator):
        x = x_T
        for t in range(len(variances), 0, -1):
            x = mean(x, t)
            if noisy and t > 1:
                x = x + std(variances[t - 1]) * torch.randn(x.shape, generator=generator)
        return x

    return sample


def normal_ratio(x: Tensor, mean: float, std: float, **how) -> Tensor:
    """log N(x; mean, std²) - log N(x; 0, 1), whatever is given for the standard deviation."""
    normal = torch.distributions.Normal
    return normal(mean, std, **how).log_prob(x) - normal(0.0, 1.0).log_prob(x)


EXERCISES = (
    Exercise(
        id="10-predict",
        kind="value",
        name="mean_and_variance",
        reference=(0.8, 0.84),
        parts=("the mean of x_2", "the variance of x_2"),
        misconceptions=(
            Misconception(
                "betas-added",
                None,
                "The two variances were added. Each step shrinks what is there before it adds noise, so of the first "
                "0.36 only a quarter is left.",
                seen=lambda cases: bool((cases["the variance of x_2"] - 1.11).abs() < 0.01),
            ),
            Misconception(
                "mean-not-rooted",
                (0.32, 0.84),
                "The mean was multiplied by the products of the α. They are shares of the variance; a mean shrinks "
                "by their roots.",
            ),
            Misconception(
                "std-for-variance",
                (0.8, math.sqrt(0.84)),
                "The second number is the standard deviation. The variance is its square.",
            ),
            Misconception(
                "last-step-only",
                (1.0, 0.75),
                "That is one step, the second, taken from x₀ = 2. It starts from x₁, which is smaller and already "
                "noisy.",
            ),
        ),
        nudge="Step 2 multiplies by √0.25. What does that do to a mean of 1.6, and what to a variance of 0.36? Then "
        "noise with the variance 0.75 is added.",
        see=ENCODER,
    ),
    Exercise(
        id="10-diffuse",
        name="diffuse",
        reference=diffuse,
        observe=observe_diffuse,
        returns="one number per example",
        misconceptions=(
            Misconception(
                "alpha-not-cumulative",
                jump(lambda t, betas: 1 - betas[t - 1]),
                "Only step t itself was taken. On the way from x₀ to x_t every step below shrinks and adds noise "
                "too: their α multiply.",
            ),
            Misconception(
                "off-by-one",
                jump(late),
                "The steps are counted wrong by one. They run from 1 to T and Python counts from 0: at which index "
                "does level 1 stand?",
                also=(jump(early), jump(late_or_last), jump(early_or_last)),
            ),
            Misconception(
                "variance-not-rooted",
                lambda x0, t, betas, eps: kept(t, betas).sqrt() * x0 + (1 - kept(t, betas)) * eps,
                "The noise was multiplied by its variance. A standard normal number is scaled by a standard "
                "deviation, the root of 1 − ᾱ.",
            ),
            Misconception(
                "mean-not-rooted",
                lambda x0, t, betas, eps: kept(t, betas) * x0 + (1 - kept(t, betas)).sqrt() * eps,
                "x₀ was multiplied by ᾱ itself. That is the share of the variance that is left; the signal shrinks "
                "by its root.",
            ),
            Misconception(
                "betas-multiplied",
                jump(lambda t, betas: 1 - torch.cumprod(betas, 0)[t - 1]),
                "The β were multiplied. What passes through a step is α, and what passes through all of them is the "
                "product of the α.",
                also=(jump(lambda t, betas: torch.cumprod(betas, 0)[t - 1]),),
            ),
        ),
        nudge="First write the T numbers ᾱ_1, …, ᾱ_T for betas = [0.36, 0.75]: they are 0.64 and 0.16. At which "
        "index does level t stand?",
        see=ENCODER,
    ),
    Exercise(
        id="10-posterior",
        name="reverse_posterior",
        reference=reverse_posterior,
        observe=observe_posterior,
        returns="the mean, one number per example, and the variance, a single number",
        misconceptions=(
            Misconception(
                "forward-variance",
                back(variance=lambda beta: beta),
                "The mean is right. The variance is that of the step up, β_t; but here x₀ is known as well, and that "
                "makes x_{t−1} more certain.",
            ),
            Misconception(
                "weights-swapped",
                back(mean=lambda x0, xt, on_x0, on_xt, *_: on_xt * x0 + on_x0 * xt),
                "The two weights were exchanged. A small β means that x_{t−1} is close to x_t, so then x_t must have "
                "the large weight.",
            ),
            Misconception(
                "off-by-one",
                back(index=0),
                "The levels are counted wrong by one. They run from 1 to T and Python counts from 0: β_t stands at "
                "index t − 1, and ᾱ_{t−1} one before ᾱ_t.",
                also=(back(index=-2),),
            ),
            Misconception(
                "alpha-not-rooted",
                back(
                    mean=lambda x0, xt, on_x0, on_xt, beta, now, below: (
                        (below * beta * x0 + (1 - beta) * (1 - below) * xt) / (1 - now)
                    )
                ),
                "In the mean the roots of ᾱ_{t−1} and α_t are missing. They turn a share of variance into a scale.",
            ),
            Misconception(
                "x0-ignored",
                back(mean=lambda x0, xt, on_x0, on_xt, *_: on_xt * xt),
                "x₀ has no part in this mean. It is known, and it says on which side of x_t the step below lies.",
                also=(back(mean=lambda x0, xt, on_x0, on_xt, beta, *_: xt / (1 - beta).sqrt()),),
            ),
        ),
        nudge="Give the four numbers names first: β_t, α_t, ᾱ_t and ᾱ_{t−1}. For t = 2 and the betas by hand they "
        "are 0.75, 0.25, 0.16 and 0.64. Print yours.",
        see=LEARN,
    ),
    Exercise(
        id="10-elbo",
        name="diffusion_elbo",
        reference=diffusion_elbo,
        observe=observe_elbo,
        returns="one number per example",
        misconceptions=(
            Misconception(
                "kls-averaged",
                lambda log_likelihood, kls, kl_prior: log_likelihood - kls.mean(0) - kl_prior,
                "The rungs were averaged. Each of them costs its own KL, and the bound pays all of them.",
            ),
            Misconception(
                "kls-added",
                lambda log_likelihood, kls, kl_prior: log_likelihood + kls.sum(0) - kl_prior,
                "The KLs of the rungs were added to the bound. Each is what a step loses, so it makes the bound "
                "smaller.",
                also=(lambda log_likelihood, kls, kl_prior: log_likelihood + kls.sum(0) + kl_prior,),
            ),
            Misconception(
                "prior-forgotten",
                lambda log_likelihood, kls, kl_prior: log_likelihood - kls.sum(0),
                "The KL at the top is missing. It is small in a good schedule, but without it this is no bound.",
            ),
            Misconception(
                "summed-over-batch",
                lambda log_likelihood, kls, kl_prior: (log_likelihood - kls.sum(0) - kl_prior).sum(),
                "The examples were added up. kls has a row for each rung and a column for each example: only the "
                "rungs are to be summed.",
                also=(
                    lambda log_likelihood, kls, kl_prior: log_likelihood - kls.sum() - kl_prior,
                    lambda log_likelihood, kls, kl_prior: (log_likelihood - kls.sum(0) - kl_prior).mean(),
                ),
            ),
            Misconception(
                "negative",
                lambda log_likelihood, kls, kl_prior: kls.sum(0) + kl_prior - log_likelihood,
                "Every value is the negative of the right one: this is the loss. The bound itself was asked for.",
            ),
        ),
        nudge="Each rung costs its own KL, so one more rung cannot make the others cheaper. With which sign does "
        "each of the three terms enter, and over which direction of kls is added?",
        see="10-diffusion#the-elbo-of-t-levels",
    ),
    Exercise(
        id="10-sample",
        name="reverse_sample",
        reference=reverse_sample,
        observe=observe_sample,
        random=True,
        returns="one number per sample",
        misconceptions=(
            Misconception(
                "variance-as-std",
                coming_down(std=lambda variance: variance),
                "The noise was multiplied by its variance. A standard normal number is scaled by the standard "
                "deviation, its root.",
            ),
            Misconception(
                "noise-missing",
                coming_down(noisy=False),
                "No noise was added on the way, so all samples from one start are the same. Each step but the last "
                "draws from a normal.",
            ),
            Misconception(
                "noise-at-last-step",
                None,
                "Noise was added in the last step, too. At t = 1 the mean is the answer; noise would only blur it.",
                seen=last_step_was_noisy,
            ),
            Misconception(
                "wrong-order",
                None,
                "The steps run from 1 to T, which is the way up. A sample starts at the top: first t = T, last t = 1.",
                seen=went_up,
            ),
            Misconception(
                "generator-ignored",
                None,
                "The spread is right, but the noise did not come from the generator that was handed over. Then "
                "nobody can draw the same sample again.",
                seen=ignored_the_generator,
            ),
            Misconception(
                "one-noise-for-all",
                None,
                "One random number was drawn for all samples, so they move together. Each sample needs noise of its "
                "own.",
                seen=shared_one_noise,
            ),
        ),
        nudge="With T = 2, means 0 and the variance 0.25 in the upper step, x₁ should have the standard deviation ½. "
        "Draw 10,000 and look.",
        see="10-diffusion#samples",
    ),
    Exercise(
        id="10-told",
        name="told_apart",
        reference=told_apart,
        observe=observe_told,
        returns="a probability for each point",
        misconceptions=(
            Misconception(
                "swapped",
                lambda x, mean, logvar: 1 - told_apart(x, mean, logvar),
                "This is the probability of the fake. 'Real' are the draws from N(m, v) here, and the answer is "
                "their share.",
            ),
            Misconception(
                "logvar-as-std",
                lambda x, mean, logvar: torch.sigmoid(normal_ratio(x, mean, logvar, validate_args=False)),
                "The log-variance was used as a standard deviation. It may be negative; σ is the exponential of half "
                "of it.",
                also=(lambda x, mean, logvar: torch.sigmoid(normal_ratio(x, mean, logvar)),),
            ),
            Misconception(
                "variance-as-std",
                lambda x, mean, logvar: torch.sigmoid(normal_ratio(x, mean, math.exp(logvar))),
                "The exponential of the log-variance was used as a standard deviation. It is the variance; σ is its "
                "root.",
            ),
            Misconception(
                "ratio-not-share",
                lambda x, mean, logvar: normal_ratio(x, mean, math.exp(logvar / 2)).exp(),
                "This is the ratio of the densities, which can be larger than 1. A probability is the share p/(p + q).",
            ),
            Misconception(
                "logit-returned",
                lambda x, mean, logvar: normal_ratio(x, mean, math.exp(logvar / 2)),
                "This is the logit, the logarithm of p/q. A probability was asked for: its sigmoid.",
            ),
            Misconception(
                "normaliser-forgotten",
                lambda x, mean, logvar: torch.sigmoid(0.5 * x**2 - 0.5 * (x - mean) ** 2 / math.exp(logvar)),
                "Only the exponents were compared. The normalisers of the two normals differ: a wide one is lower, "
                "by log σ. Only ½ log 2π cancels.",
            ),
        ),
        nudge="Write down the two log-densities at x, each with its own log σ. The best discriminator is the sigmoid "
        "of their difference. Which part is the same in both?",
        see=BEST,
    ),
    Choice(
        id="10-q1",
        name="answer_10_q1",
        question="In a trained diffusion model the level x_T tells next to nothing about x₀. What do you say?",
        options={
            "a": Option(
                "Posterior collapse. The training has failed, and KL annealing would help.",
                "No training has a hand in it: the encoder has no parameter. The schedule put the top there, and no "
                "annealing moves it.",
                mistake="collapse-by-training",
            ),
            "b": Option(
                "Here that is wanted, and built into the schedule: it is why pure noise may take the place of x_T. "
                "The levels below still know the data.",
                "Yes. The top is collapsed on purpose. What cannot happen is collapse by training.",
                right=True,
            ),
            "c": Option(
                "That is what every VAE should reach for its code z: if all posteriors are N(0, I), so is p(Z).",
                "A VAE has one level of codes. If that one is empty, nothing is left; here T − 1 others carry the "
                "data down.",
                mistake="every-posterior-the-prior",
            ),
            "d": Option(
                "It cannot be: in a diffusion model no level can collapse.",
                "It is so by design: ᾱ_T is nearly 0, so hardly any signal is left. Look at the schedule's last "
                "ratio of signal to noise.",
                mistake="no-collapse-in-diffusion",
            ),
        },
        nudge="How large is ᾱ_T, and who chose it? Which parameter could change it?",
        see=ENCODER,
    ),
    Choice(
        id="10-q2",
        name="answer_10_q2",
        question="In training, each image of a batch gets one random level t and one draw of the noise, though its "
        "bound is a sum over all levels. Why is that allowed?",
        options={
            "a": Option(
                "Because the noise of one step is small, so a single draw is nearly exact.",
                "A single draw may be far off, and at a high level x_t is nearly all noise. Small errors are not the "
                "reason.",
                mistake="one-sample-since-sigma-small",
            ),
            "b": Option(
                "Because all levels have the same loss, so one stands for all.",
                "They have very different losses. What stands for all is the average over many random levels.",
                mistake="levels-alike",
            ),
            "c": Option(
                "It is not allowed, but in practice nobody notices.",
                "It is allowed, and for a reason: compare the mean of T · L_t over a random t with the sum of all L_t.",
                mistake="one-draw-not-allowed",
            ),
            "d": Option(
                "Because the estimate of the whole sum is unbiased: the levels that were not drawn are right on "
                "average.",
                "Yes, as with the one draw of z in a VAE. It is noisy, and many steps average the noise away.",
                right=True,
            ),
        },
        nudge="Let t be uniform on 1, …, T. What is the expectation of T · L_t?",
        see=LEARN,
    ),
    Choice(
        id="10-q3",
        name="answer_10_q3",
        question="Two networks have the same mean squared error of the noise, L_simple. One errs only at low levels, "
        "the other only at high ones. What about their ELBOs?",
        options={
            "a": Option(
                "They are the same: the squared error of the noise is the negative ELBO.",
                "Level by level it is, up to a factor. The factors differ, and L_simple leaves them out.",
                mistake="simple-loss-is-elbo",
            ),
            "b": Option(
                "They are the same up to a constant, because the KL has settled all ratios of weights.",
                "It has, but by other ratios than 1 : 1. That is why equal weights are another objective.",
                mistake="kl-settles-everything",
            ),
            "c": Option(
                "They may differ: each level has its own weight in the ELBO, and L_simple leaves the weights out.",
                "Yes. In the chapter one and the same error costs about twice as much at the top as at the foot.",
                right=True,
            ),
            "d": Option(
                "There is no ELBO: a diffusion has no encoder.",
                "It has one, a fixed chain that shrinks and adds noise, and its KLs are in the bound. It only learns "
                "nothing.",
                mistake="no-encoder-in-diffusion",
            ),
        },
        nudge="An error δ in the noise at level t costs w_t δ² nats. Is w_t the same for every t?",
        see=LEARN,
    ),
)
