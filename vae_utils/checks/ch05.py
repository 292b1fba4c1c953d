"""Chapter 5, the KL to the standard normal: what its exercises ask, and the mistakes people make."""

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch.distributions import Normal

from vae_utils.gaussian import kl_normal_normal, kl_to_standard_normal

from .exercise import Case, Choice, Exercise, Option
from .probes import gradient_cases

LOG_4 = math.log(4.0)

# ---- three prices ----

PREDICT = Exercise(
    id="05-predict",
    kind="value",
    name="three_kls",
    reference=(0.0, 0.5, (3 - LOG_4) / 2),
    parts=("mu = 0, logvar = 0", "mu = -1, logvar = 0", "mu = 0, logvar = log 4"),
    misconceptions=(),
    nudge="Put the numbers into ½ (μ² + σ² − log σ² − 1). For the third one: log σ² = log 4, so what is σ²?",
    see="05-kl#the-derivation-line-by-line",
)


# ---- the line that every VAE contains ----


def observe_kl(kl, draw):
    """The prior, a shift, a stretch; then more coordinates, more examples, and what training needs: gradients."""
    one, zero = torch.tensor([[1.0]]), torch.zeros(1, 1)
    yield Case("mu = [0], logvar = [0]", kl(zero, zero))
    yield Case("mu = [-1], logvar = [0]", kl(-one, zero))
    yield Case("mu = [0], logvar = [log 4]", kl(zero, LOG_4 * one))
    mu = torch.tensor([[-1.0, 0.0, 0.0]])
    yield Case("mu = [-1, 0, 0], logvar = [0, 0, 0]", kl(mu, torch.zeros(1, 3)))
    yield Case("4 examples, 3 latents, all mu = 0, logvar = log 4", kl(torch.zeros(4, 3), torch.full((4, 3), LOG_4)))
    mu, logvar = draw.normal(5, 2), draw.normal(5, 2)
    yield Case("5 examples, 2 latents", kl(mu, logvar))
    yield from gradient_cases(draw, kl, mu=mu, logvar=logvar)


KL = Exercise(
    id="05-kl",
    name="kl_to_standard_normal",
    reference=kl_to_standard_normal,
    observe=observe_kl,
    returns="one value per example: (B,)",
    misconceptions=(),
    nudge="Start from ½ (μ² + σ² − log σ² − 1) for one coordinate. What is σ² in terms of logvar? Which axis holds the "
    "coordinates of one example, and what happens to their prices?",
    see="05-kl#more-dimensions-a-sum",
)


# ---- another prior ----


def observe_kl_general(kl, draw):
    """p standard, then p wide, then q wide: so that each of the two variances is seen alone."""
    one, zero = torch.tensor([[1.0]]), torch.zeros(1, 1)
    yield Case("mu_q = [1], logvar_q = [0], mu_p = [0], logvar_p = [0]", kl(one, zero, zero, zero))
    yield Case("mu_q = [1], logvar_q = [0], mu_p = [0], logvar_p = [log 4]", kl(one, zero, zero, LOG_4 * one))
    yield Case("mu_q = [0], logvar_q = [log 4], mu_p = [0], logvar_p = [0]", kl(zero, LOG_4 * one, zero, zero))
    four = draw.normal(4, 3), draw.normal(4, 3), draw.normal(4, 3), draw.normal(4, 3)
    yield Case("4 examples, 3 latents", kl(*four))
    yield from gradient_cases(draw, kl, mu_q=four[0], logvar_q=four[1], mu_p=four[2], logvar_p=four[3])


GENERAL = Exercise(
    id="05-general",
    name="kl_normal_normal",
    reference=kl_normal_normal,
    observe=observe_kl_general,
    returns="one value per example: (B,)",
    misconceptions=(),
    nudge="Measure in units of p. The distance of the means becomes (μ_q − μ_p)/σ_p, and the variance of q becomes "
    "σ_q²/σ_p². What does the formula for the standard normal make of these two?",
    see="05-kl#kl-qp-or-kl-pq",
)


# ---- the KL without a formula ----


def kl_monte_carlo(mu, logvar, n, generator):
    """Mean of log q(z) − log p(z) over n samples z ~ q: (B, L), (B, L) → (B,)."""
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * torch.randn(n, *mu.shape, generator=generator)
    return (Normal(mu, sigma).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)


def observe_kl_monte_carlo(kl, draw):
    """Statistics of many estimates. Two answers are compared that both draw, so 7 standard errors are allowed: 5 √2.

    One log-ratio is Σ_l ½ (z_l² − ε_l² − log σ_l²), with variance Σ_l μ_l² σ_l² + ½ (σ_l² − 1)².
    """
    yield Case("mu = [0], logvar = [0], n = 3", kl(torch.zeros(1, 1), torch.zeros(1, 1), 3, draw.generator()))

    # at μ = 1, σ = 1 one log-ratio is N(½, 1)
    B = 4000
    ones, zeros = torch.ones(B, 1), torch.zeros(B, 1)
    single = kl(ones, zeros, 1, draw.generator())
    yield Case("4,000 examples of mu = 1, logvar = 0, n = 1", torch.zeros_like(single))  # judges the shape alone
    if single.shape != (B,):
        return
    yield Case("mu = 1, logvar = 0, n = 1: mean of 4,000 estimates", single.mean(), rtol=0, atol=7 / math.sqrt(B))
    yield Case("the same: their standard deviation", single.std(), rtol=7 / math.sqrt(2 * B))
    share = 7 * math.sqrt(0.31 * 0.69 / B)
    yield Case("the same: the share of negative ones", (single < 0).double().mean(), rtol=0, atol=share)
    few = kl(ones[:1000], zeros[:1000], 25, draw.generator())
    yield Case("mu = 1, logvar = 0, n = 25: standard deviation of 1,000 estimates", few.std(), rtol=7 / math.sqrt(2000))

    # 100 equal examples and 100 samples of each are 10,000 samples, but no loop over either is long
    def over_many(mu, logvar, seed):
        rows = [part.repeat_interleave(100, 0) for part in (mu, logvar)]
        return kl(*rows, 100, draw.generator(seed)).reshape(len(mu), -1).mean(-1)

    wide = over_many(zeros[:1], LOG_4 * ones[:1], draw.seed())  # σ = 2: one log-ratio has variance ½ · 9
    yield Case("mu = 0, logvar = log 4: mean of 10,000 samples", wide, rtol=0, atol=7 * math.sqrt(4.5 / 10_000))
    mu, logvar = draw.uniform(3, 2, low=-1, high=1), draw.uniform(3, 2, low=-1, high=1)
    variance = (mu**2 * logvar.exp() + 0.5 * torch.expm1(logvar) ** 2).sum(-1).max()
    seed, error = draw.seed(), math.sqrt(variance / 10_000)
    once, again = over_many(mu, logvar, seed), over_many(mu, logvar, seed)
    yield Case("3 different examples, 2 latents: mean of 10,000 samples", once, rtol=0, atol=7 * error)
    yield Case("a generator of the same seed gives the same estimates", torch.equal(once, again))


MONTE_CARLO = Exercise(
    id="05-montecarlo",
    name="kl_monte_carlo",
    reference=kl_monte_carlo,
    observe=observe_kl_monte_carlo,
    random=True,
    returns="one value per example: (B,)",
    misconceptions=(),
    nudge="Three steps: n samples of q for each example, the log-ratio of each sample summed over its coordinates, the "
    "mean over the n. Which of the axes of your tensor is which?",
    see="05-kl#one-sample-of-it",
)


# ---- the missing ratio ----


def taylor_kl(mu, logvar):
    """½ ‖μ‖² + ¼ ‖log σ²‖²: (B, L), (B, L) → (B,)."""
    return 0.5 * (mu**2).sum(-1) + 0.25 * (logvar**2).sum(-1)


def observe_taylor_kl(taylor_kl, draw):
    """Each of the two squares alone, near and far from the prior; then batches and gradients."""
    one, zero = torch.tensor([[1.0]]), torch.zeros(1, 1)
    yield Case("mu = [1], logvar = [0]", taylor_kl(one, zero))
    yield Case("mu = [0], logvar = [0.2]", taylor_kl(zero, 0.2 * one))
    yield Case("mu = [0], logvar = [-2]", taylor_kl(zero, -2 * one))
    mu, logvar = draw.normal(4, 3), draw.normal(4, 3)
    yield Case("4 examples, 3 latents", taylor_kl(mu, logvar))
    yield from gradient_cases(draw, taylor_kl, mu=mu, logvar=logvar)


TAYLOR = Exercise(
    id="05-taylor",
    name="taylor_kl",
    reference=taylor_kl,
    observe=observe_taylor_kl,
    returns="one value per example: (B,)",
    misconceptions=(),
    nudge="KL = ½ μ² + ½ (e^v − v − 1). Put e^v = 1 + v + ½ v² into the bracket. What is left of it, and what does "
    "the ½ in front make of that?",
    see="05-kl#the-missing-ratio-2-1",
)


# ---- a loss to mend ----


def negative_elbo(x, logits, mu, logvar):
    """Mean over the batch of cross-entropy + KL, in nats: (B, D), (B, D), (B, L), (B, L) → ()."""
    cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
    return (cross_entropy + kl_to_standard_normal(mu, logvar)).mean()


def observe_negative_elbo(negative_elbo, draw):
    """One pixel and one latent; each of the two terms alone; the same image twice; then three different sizes."""
    one, zero = torch.tensor([[1.0]]), torch.zeros(1, 1)
    yield Case("x = [[1]], logits = [[0]], mu = [[0]], logvar = [[0]]", negative_elbo(one, zero, zero, zero))
    yield Case("x = [[1]], logits = [[0]], mu = [[-1]], logvar = [[0]]", negative_elbo(one, zero, -one, zero))
    twice = [torch.cat([part, part]) for part in (one, zero, -one, zero)]
    yield Case("the second example twice in the batch", negative_elbo(*twice))
    pixels = torch.tensor([[1.0, 0.0, 0.5, 1.0]])
    yield Case("x = [[1, 0, 0.5, 1]], logits all 0, mu = 0, logvar = 0", negative_elbo(pixels, 0 * pixels, zero, zero))
    x, logits, mu, logvar = draw.uniform(4, 5), draw.normal(4, 5), draw.normal(4, 3), draw.normal(4, 3)
    yield Case("4 images of 5 pixels, 3 latents", negative_elbo(x, logits, mu, logvar))
    of_outputs = partial(negative_elbo, x)
    yield from gradient_cases(draw, of_outputs, logits=logits, mu=mu, logvar=logvar)


LOSS = Exercise(
    id="05-loss",
    name="negative_elbo",
    reference=negative_elbo,
    observe=observe_negative_elbo,
    returns="one number for the batch: a tensor without dimensions",
    misconceptions=(),
    nudge="Put the same image into the batch twice. Which of the two terms stays as it was, and which one doubles?",
    see="05-kl#a-clinic",
)


# ---- questions ----

BELOW_ZERO = Choice(
    id="05-q1",
    name="answer_05_q1",
    question="A training log shows, for one image and one sample z ~ q, the value log q(z) − log p(z) = −0.3. What is "
    "wrong?",
    options={
        "a": Option(
            "There is a bug: a KL is never negative.",
            "One log-ratio is not the KL. The KL is its average over z ~ q; single values are negative wherever p(z) "
            "is larger than q(z).",
            mistake="one-sample-taken-for-kl",
        ),
        "b": Option(
            "Nothing. One log-ratio may be negative; only its expectation may not.",
            "Yes. In the chapter's example one in seven single values is below 0, and their average is the KL.",
            right=True,
        ),
        "c": Option(
            "The estimate has to be clamped at 0, for a KL is never negative.",
            "The negative values are needed: without them the average comes out too large. What was unbiased would be "
            "biased.",
            mistake="clamped-at-zero",
        ),
        "d": Option(
            "The sign: the logged number is −KL.",
            "One value cannot tell that. Average over many samples: with a flipped sign the average is below 0, here "
            "it is above.",
            mistake="wrong-sign",
        ),
    },
    nudge="For which z is log q(z) − log p(z) negative? Does q put samples there?",
    see="05-kl#one-sample-of-it",
)

MEAN_FOR_SUM = Choice(
    id="05-q2",
    name="answer_05_q2",
    question="Somebody writes .mean(-1) in place of .sum(-1) in the KL, with 20 latent dimensions. The reconstruction "
    "stays a sum over the pixels. What is trained?",
    options={
        "a": Option(
            "The same model. A constant factor in the loss only changes the learning rate.",
            "A factor on the whole loss would do only that. This one stands at one of the two terms, so it changes "
            "what they weigh against each other.",
            mistake="factor-of-the-whole-loss",
        ),
        "b": Option(
            "A model whose KL is 20 times too strong, so that every posterior becomes the prior.",
            "That is the other mistake: a sum over the batch beside an averaged reconstruction. A mean over the "
            "coordinates makes the KL smaller.",
            mistake="summed-over-batch",
        ),
        "c": Option(
            "A model whose KL is 20 times too weak, as if β = 1/20.",
            "Yes. Independent coordinates have prices that add up; the mean is a hidden weight, one over the number of "
            "latents.",
            right=True,
        ),
        "d": Option(
            "What a fair comparison needs: the KL is divided by its size, so that models with more latents are not "
            "punished.",
            "Each coordinate that is used is one more thing to pay for, and one that is not used costs 0 anyway. "
            "Divide both terms by the same number, or neither.",
            mistake="mean-over-latent",
        ),
    },
    nudge="Multiply one term of a sum by 1/20. Does the minimum stay where it was?",
    see="05-kl#more-dimensions-a-sum",
)

SETTLES = Choice(
    id="05-q3",
    name="answer_05_q3",
    question="Chapter 4 had to choose weights. Which of these does the KL make superfluous?",
    options={
        "a": Option(
            "All of them. With the KL no ratio in the loss is open any more.",
            "One is: how much a nat of KL weighs against the squared error. That exchange rate is the decoder's "
            "variance; twice the KL is twice that variance.",
            mistake="all-ratios-settled",
        ),
        "b": Option(
            "None. The KL is a third loss, beside ‖μ‖² and ‖log σ²‖².",
            "The KL replaces the two. Near the prior they are its second-order approximation, with weights ½ and ¼.",
            mistake="kl-beside-naive",
        ),
        "c": Option(
            "The ratio of μ to σ. How much a nat of KL weighs against the squared error is still open: the decoder's "
            "variance decides.",
            "Yes. The KL settles μ : σ; the reconstruction as a log-likelihood settles the rest.",
            right=True,
        ),
        "d": Option(
            "All, and it is fair: σ = 2 and σ = ½ cost the same.",
            "That is the naive penalty, which is even in log σ². The KL charges 0.807 nats for σ = 2 and 0.318 for "
            "σ = ½.",
            mistake="naive-for-kl",
        ),
    },
    nudge="Multiply the KL by 2. Is there another number in the loss that you could change to get the same posteriors?",
    see="05-kl#what-the-kl-leaves-open",
)

EXERCISES = (PREDICT, KL, GENERAL, MONTE_CARLO, TAYLOR, LOSS, BELOW_ZERO, MEAN_FOR_SUM, SETTLES)
