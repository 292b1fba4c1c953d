"""Chapter 5, the KL to the standard normal: what its exercises ask, and the mistakes people make."""

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch.distributions import Normal

from vae_utils.gaussian import kl_normal_normal, kl_to_standard_normal

from .exercise import Case, Choice, Exercise, Misconception, Option
from .probes import gradient_cases

LOG_4 = math.log(4.0)
STD = "standard deviation"

# ---- three prices ----

PREDICT = Exercise(
    id="05-predict",
    kind="value",
    name="three_kls",
    reference=(0.0, 0.5, (3 - LOG_4) / 2),
    parts=("mu = 0, logvar = 0", "mu = -1, logvar = 0", "mu = 0, logvar = log 4"),
    misconceptions=(
        Misconception(
            "missing-half",
            (0.0, 1.0, 3 - LOG_4),
            "Every price is twice the right one. Both log-densities have a ½ in front of their squares and logarithms, "
            "and so has the KL.",
        ),
        Misconception(
            "sigma-for-variance",
            (0.0, 0.5, (1 - math.log(2.0)) / 2),
            "In the third price you took 2 for the variance. log σ² = log 4, so σ² = 4; the 2 is the standard "
            "deviation.",
        ),
        Misconception(
            "naive-for-kl",
            (0.0, 1.0, LOG_4**2),
            "These are chapter 4's naive penalties, μ² + (log σ²)². The KL has another shape, and a ½.",
        ),
        Misconception(
            "swapped-arguments",
            (0.0, 0.5, (LOG_4 + 0.25 - 1) / 2),
            "The third one is KL(p‖q), the average under the prior. It is also the price of σ = ½. The VAE averages "
            "under q, the first argument.",
        ),
    ),
    nudge="Put the numbers into ½ (μ² + σ² − log σ² − 1). For the third one: log σ² = log 4, so what is σ²?",
    see="05-kl#the-derivation-line-by-line",
)


# ---- the line that every VAE contains ----


def prices(mu, logvar):
    """The KL of each coordinate by itself: (B, L), (B, L) → (B, L)."""
    return kl_to_standard_normal(mu[..., None], logvar[..., None])


def observe_kl(kl, draw):
    """The prior, a shift, a stretch; then more coordinates, more examples, and what training needs: gradients."""
    one, zero = torch.tensor([[1.0]]), torch.zeros(1, 1)
    yield Case("mu = [[0]], logvar = [[0]]", kl(zero, zero))
    yield Case("mu = [[-1]], logvar = [[0]]", kl(-one, zero))
    yield Case("mu = [[0]], logvar = [[log 4]]", kl(zero, LOG_4 * one))
    yield Case("mu = [[0]], logvar = [[-log 4]]", kl(zero, -LOG_4 * one))
    mu = torch.tensor([[-1.0, 0.0, 0.0]])
    yield Case("mu = [[-1, 0, 0]], logvar = [[0, 0, 0]]", kl(mu, torch.zeros(1, 3)))
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
    misconceptions=(
        Misconception(
            "missing-half",
            lambda mu, logvar: 2 * kl_to_standard_normal(mu, logvar),
            "Every value is twice the right one. The ½ belongs to the KL: without it you train with a hidden β = 2.",
        ),
        Misconception(
            "wrong-sign",
            lambda mu, logvar: -kl_to_standard_normal(mu, logvar),
            "Every value is the negative of the right one. A KL is never below 0; the ELBO subtracts it, and the minus "
            "belongs there.",
        ),
        Misconception(
            "logvar-as-logsigma",
            lambda mu, logvar: kl_to_standard_normal(mu, 2 * logvar),
            "logvar was read as log σ, so that σ² became exp of twice logvar. It is log σ²: with logvar = log 4 the "
            "variance is 4, not 16.",
        ),
        Misconception(
            "forgot-exp",
            lambda mu, logvar: 0.5 * (mu**2 + logvar - logvar - 1).sum(-1),
            "logvar stands where the variance belongs, and there it cancels against −log σ². At the prior your KL is "
            "below 0, and σ has no effect.",
            also=(lambda mu, logvar: 0.5 * (mu**2 - 1).sum(-1),),  # simplified: no gradient for logvar at all
        ),
        Misconception(
            "mean-over-latent",
            lambda mu, logvar: prices(mu, logvar).mean(-1),
            "The latents were averaged. Each one is one more thing to pay for: independent coordinates have prices "
            "that add up.",
        ),
        Misconception(
            "summed-over-batch",
            lambda mu, logvar: prices(mu, logvar).sum(),
            "This is one number for the whole batch, and it grows with the batch. Return one value per example; the "
            "mean over the batch comes in the loss, for both terms alike.",
        ),
        Misconception(
            "averaged-over-batch",
            lambda mu, logvar: kl_to_standard_normal(mu, logvar).mean(),
            "This is one number for the whole batch, an average. Here each example keeps its own KL; the mean over the "
            "batch comes in the loss.",
            also=(lambda mu, logvar: prices(mu, logvar).mean(),),
        ),
        Misconception(
            "no-reduction",
            prices,
            "There is still one value per latent. What one example pays is the sum over its latents.",
        ),
        Misconception(
            "swapped-arguments",
            lambda mu, logvar: kl_normal_normal(0 * mu, 0 * logvar, mu, logvar),
            "This is KL(p‖q), the average under the prior: 0.318 for σ = 2, where KL(q‖p) is 0.807. The VAE averages "
            "under q, the first argument.",
        ),
        Misconception(
            "naive-for-kl",
            lambda mu, logvar: (mu**2 + logvar**2).sum(-1),
            "These are chapter 4's naive penalties. They charge σ = 2 and σ = ½ alike; the KL does not.",
        ),
        Misconception(
            "mu-not-squared",
            lambda mu, logvar: kl_to_standard_normal(0 * mu, logvar) + 0.5 * mu.sum(-1),
            "μ enters without its square, so a negative mean is rewarded. One step to the left costs as much as one "
            "to the right.",
        ),
        Misconception(
            "missing-one",
            lambda mu, logvar: (prices(mu, logvar) + 0.5).sum(-1),
            "The −1 is missing, once for each latent. Without it the prior itself, at μ = 0 and log σ² = 0, would cost "
            "something.",
        ),
        Misconception(
            "in-bits",
            lambda mu, logvar: kl_to_standard_normal(mu, logvar) / math.log(2.0),
            "These are bits: every value is divided by log 2. Use natural logarithms throughout, then the unit is the "
            "nat.",
        ),
    ),
    nudge="Start from ½ (μ² + σ² − log σ² − 1) for one coordinate. What is σ² in terms of logvar? Which axis holds the "
    "coordinates of one example, and what happens to their prices?",
    see="05-kl#more-dimensions-a-sum",
)


# ---- another prior ----


def observe_kl_general(kl, draw):
    """p standard, then p wide, then q wide: so that each of the two variances is seen alone."""
    one, zero = torch.tensor([[1.0]]), torch.zeros(1, 1)
    yield Case("mu_q = [[1]], logvar_q = [[0]], mu_p = [[0]], logvar_p = [[0]]", kl(one, zero, zero, zero))
    yield Case("mu_q = [[1]], logvar_q = [[0]], mu_p = [[0]], logvar_p = [[log 4]]", kl(one, zero, zero, LOG_4 * one))
    yield Case("mu_q = [[0]], logvar_q = [[log 4]], mu_p = [[0]], logvar_p = [[0]]", kl(zero, LOG_4 * one, zero, zero))
    four = draw.normal(4, 3), draw.normal(4, 3), draw.normal(4, 3), draw.normal(4, 3)
    yield Case("4 examples, 3 latents", kl(*four))
    yield from gradient_cases(draw, kl, mu_q=four[0], logvar_q=four[1], mu_p=four[2], logvar_p=four[3])


GENERAL = Exercise(
    id="05-general",
    name="kl_normal_normal",
    reference=kl_normal_normal,
    observe=observe_kl_general,
    returns="one value per example: (B,)",
    misconceptions=(
        Misconception(
            "swapped-arguments",
            lambda mu_q, logvar_q, mu_p, logvar_p: kl_normal_normal(mu_p, logvar_p, mu_q, logvar_q),
            "This is KL(p‖q), the average under p. The samples come from q: its variance stands above that of p, not "
            "below.",
        ),
        Misconception(
            "log-ratio-sign",
            lambda mu_q, logvar_q, mu_p, logvar_p: (
                kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p) + (logvar_q - logvar_p).sum(-1)
            ),
            "The log-ratio of the variances has the wrong sign. A narrower q is the denser one at its own samples: "
            "−log σ_q² belongs in the KL, as in the formula that you know.",
        ),
        Misconception(
            "means-not-scaled",
            lambda mu_q, logvar_q, mu_p, logvar_p: (
                kl_normal_normal(mu_p, logvar_q, mu_p, logvar_p) + 0.5 * ((mu_q - mu_p) ** 2).sum(-1)
            ),
            "The distance of the means does not know how wide p is. Two means that are 1 apart are far for a narrow p "
            "and near for a wide one.",
        ),
        Misconception(
            "missing-half",
            lambda mu_q, logvar_q, mu_p, logvar_p: 2 * kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p),
            "Every value is twice the right one: the ½ of the log-densities is missing.",
        ),
        Misconception(
            "missing-one",
            lambda mu_q, logvar_q, mu_p, logvar_p: (
                kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p) + 0.5 * mu_q.shape[-1]
            ),
            "The −1 is missing, once for each latent. Take q equal to p: the KL must be 0.",
        ),
        Misconception(
            "prior-variance-ignored",
            lambda mu_q, logvar_q, mu_p, logvar_p: kl_to_standard_normal(mu_q - mu_p, logvar_q),
            "You subtracted the mean of p, but its variance has no effect: this is the KL to a prior of variance 1.",
        ),
    ),
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


def one_sample(cases):
    """Right for n = 1, and just as scattered for n = 25."""
    mean = cases["mu = 1, logvar = 0, n = 1: mean of 4,000 estimates"]
    spreads = [cases[f"mu = 1, logvar = 0, n = {n}: {STD} of 4,000 estimates"] for n in (1, 25)]
    return bool(abs(mean - 0.5) < 0.15) and all(abs(spread - 1) < 0.15 for spread in spreads)


def estimate(noise_std=0.5, density_std=0.5, change=lambda log_ratios: log_ratios):
    """An estimator with another power of the variance as σ, or with log-ratios (n, B, L) that are changed."""

    def kl(mu, logvar, n, generator):
        z = mu + torch.exp(noise_std * logvar) * torch.randn(n, *mu.shape, generator=generator)
        log_q = Normal(mu, torch.exp(density_std * logvar)).log_prob(z)
        return change(log_q - Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)

    return kl


def each_example(change):
    """A change of an example's log-ratio, after the sum over its coordinates."""
    return lambda log_ratios: change(log_ratios.sum(-1, keepdim=True))


def from_the_prior(mu, logvar, n, generator):
    """The mean of log q(z) − log p(z) over z ~ p, which is −KL(p‖q)."""
    z = torch.randn(n, *mu.shape, generator=generator)
    return (Normal(mu, torch.exp(0.5 * logvar)).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)


def observe_kl_monte_carlo(kl, draw):
    """Statistics of many estimates. Two answers are compared that both draw, so 7 standard errors are allowed: 5 √2.

    One log-ratio is Σ_l ½ (z_l² − ε_l² − log σ_l²), with variance Σ_l μ_l² σ_l² + ½ (σ_l² − 1)².
    """
    yield Case("mu = [[0]], logvar = [[0]], n = 3", kl(torch.zeros(1, 1), torch.zeros(1, 1), 3, draw.generator()))

    # at μ = 1, σ = 1 one log-ratio is N(½, 1)
    B = 4000
    ones, zeros = torch.ones(B, 1), torch.zeros(B, 1)
    single = kl(ones, zeros, 1, draw.generator())
    yield Case("4,000 examples of mu = 1, logvar = 0, n = 1", torch.zeros_like(single))  # judges the shape alone
    if single.shape != (B,):
        return
    scatter = 7 / math.sqrt(2 * B)
    yield Case(f"mu = 1, logvar = 0, n = 1: {STD} of 4,000 estimates", single.std(), rtol=scatter)
    yield Case("mu = 1, logvar = 0, n = 1: mean of 4,000 estimates", single.mean(), rtol=0, atol=7 / math.sqrt(B))
    share = 7 * math.sqrt(0.31 * 0.69 / B)
    yield Case("mu = 1, logvar = 0, n = 1: share below 0", (single < 0).double().mean(), rtol=0, atol=share)
    pairs = kl(ones, zeros, 2, draw.generator())
    yield Case("mu = 1, logvar = 0, n = 2: mean of 4,000 estimates", pairs.mean(), rtol=0, atol=7 / math.sqrt(2 * B))
    few = kl(ones, zeros, 25, draw.generator())
    yield Case(f"mu = 1, logvar = 0, n = 25: {STD} of 4,000 estimates", few.std(), rtol=scatter)

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
    yield Case("two generators of one seed: are the estimates equal?", torch.equal(once, again))
    yield Case(
        "two generators of different seeds: do the estimates differ?",
        not torch.equal(once, over_many(mu, logvar, seed + 1)),
    )


MONTE_CARLO = Exercise(
    id="05-montecarlo",
    name="kl_monte_carlo",
    reference=kl_monte_carlo,
    observe=observe_kl_monte_carlo,
    random=True,
    returns="one value per example: (B,)",
    misconceptions=(
        Misconception(
            "samples-from-prior",
            from_the_prior,
            "The samples do not come from q: the noise was used as it is, without μ and σ. Under the prior the "
            "average is another number, and it is negative.",
        ),
        Misconception(
            "wrong-sign",
            estimate(change=torch.neg),
            "You average log p − log q, and get −KL. The density that the samples come from stands first.",
        ),
        Misconception(
            "one-sample",
            None,
            "Your estimates scatter as if n were 1, whatever n is. Draw n samples for each example, and average over "
            "all of them.",
            seen=one_sample,
        ),
        Misconception(
            "absolute-value",
            estimate(change=each_example(torch.abs)),
            "The absolute value was taken. Single log-ratios may be negative, and without the negative ones the "
            "average is larger than the KL.",
            also=(lambda *given: kl_monte_carlo(*given).abs(),),
        ),
        Misconception(
            "clamped-at-zero",
            estimate(change=each_example(torch.relu)),
            "Negative values were cut off at 0. The estimate was right on average, and now it is too large: only the "
            "expectation is never negative.",
            also=(lambda *given: torch.relu(kl_monte_carlo(*given)),),
        ),
        Misconception(
            "mean-over-latent",
            lambda mu, *given: kl_monte_carlo(mu, *given) / mu.shape[-1],
            "The latents were averaged. The log-density of independent coordinates is a sum; the mean goes over the n "
            "samples alone.",
        ),
        Misconception(
            "variance-as-std",
            estimate(noise_std=1.0, density_std=1.0),
            "exp of logvar was used as the standard deviation. It is the variance: with logvar = log 4 the samples "
            "spread by 2, not by 4.",
            also=(estimate(noise_std=1.0), estimate(density_std=1.0)),
        ),
    ),
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
    yield Case("mu = [[1]], logvar = [[0]]", taylor_kl(one, zero))
    yield Case("mu = [[0]], logvar = [[0.2]]", taylor_kl(zero, 0.2 * one))
    yield Case("mu = [[0]], logvar = [[-2]]", taylor_kl(zero, -2 * one))
    mu, logvar = draw.normal(4, 3), draw.normal(4, 3)
    yield Case("4 examples, 3 latents", taylor_kl(mu, logvar))
    yield from gradient_cases(draw, taylor_kl, mu=mu, logvar=logvar)


TAYLOR = Exercise(
    id="05-taylor",
    name="taylor_kl",
    reference=taylor_kl,
    observe=observe_taylor_kl,
    returns="one value per example: (B,)",
    misconceptions=(
        Misconception(
            "equal-weights",
            lambda mu, logvar: 0.5 * (mu**2 + logvar**2).sum(-1),
            "Both weights are ½. The second derivative of ½ (e^v − v − 1) at v = 0 is ½, and a parabola has half of "
            "its second derivative in front.",
        ),
        Misconception(
            "unit-weights",
            lambda mu, logvar: (mu**2 + logvar**2).sum(-1),
            "Both weights are 1, the naive penalty itself. Near the prior it charges more than the KL: which two "
            "weights make them touch?",
        ),
        Misconception(
            "kl-instead",
            kl_to_standard_normal,
            "This is the KL itself. Its second-order approximation is asked for: two squares with two weights, which "
            "part from the KL far from the prior.",
        ),
        Misconception(
            "weights-swapped",
            lambda mu, logvar: (0.25 * mu**2 + 0.5 * logvar**2).sum(-1),
            "The two weights are exchanged. The mean enters the KL as ½ μ² exactly, with nothing to expand.",
        ),
        Misconception(
            "mean-over-latent",
            lambda mu, logvar: (0.5 * mu**2 + 0.25 * logvar**2).mean(-1),
            "The weights are right, but the latents were averaged. The prices of independent coordinates add up.",
        ),
    ),
    nudge="KL = ½ μ² + ½ (e^v − v − 1). Put e^v = 1 + v + ½ v² into the bracket. What is left of it, and what does "
    "the ½ in front make of that?",
    see="05-kl#the-missing-ratio-2-1",
)


# ---- a loss to mend ----


def cross_entropy(x, logits):
    """−log p(x|z) per image, in nats: (B, D), (B, D) → (B,)."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


def negative_elbo(x, logits, mu, logvar):
    """Mean over the batch of cross-entropy + KL, in nats: (B, D), (B, D), (B, L), (B, L) → ()."""
    return (cross_entropy(x, logits) + kl_to_standard_normal(mu, logvar)).mean()


def weighted(pixels=lambda x, mu: 1.0, kl=lambda x, mu: 1.0):
    """The same with a weight on each of the two terms, which may depend on the sizes B, D and L."""

    def loss(x, logits, mu, logvar):
        kls = kl_to_standard_normal(mu, logvar)
        return (pixels(x, mu) * cross_entropy(x, logits) + kl(x, mu) * kls).mean()

    return loss


def observe_negative_elbo(negative_elbo, draw):
    """One pixel and one latent; each of the two terms alone; the same image twice; then three different sizes."""
    one, zero = torch.tensor([[1.0]]), torch.zeros(1, 1)
    yield Case("x = [[1]], logits = [[0]], mu = [[0]], logvar = [[0]]", negative_elbo(one, zero, zero, zero))
    yield Case("x = [[1]], logits = [[0]], mu = [[-1]], logvar = [[0]]", negative_elbo(one, zero, -one, zero))
    twice = [torch.cat([part, part]) for part in (one, zero, -one, zero)]
    yield Case("x = [[1], [1]], logits = [[0], [0]], mu = [[-1], [-1]], logvar = [[0], [0]]", negative_elbo(*twice))
    pair = torch.tensor([[1.0, 0.0]])
    yield Case(
        "x = [[1, 0]], logits = [[0, 0]], mu = [[-1]], logvar = [[0]]", negative_elbo(pair, 0 * pair, -one, zero)
    )
    pixels = torch.tensor([[1.0, 0.0, 0.5, 1.0]])
    yield Case(
        "x = [[1, 0, 0.5, 1]], logits all 0, mu = [[0]], logvar = [[0]]", negative_elbo(pixels, 0 * pixels, zero, zero)
    )
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
    misconceptions=(
        Misconception(
            "kl-summed-over-batch",
            weighted(kl=lambda x, mu: len(mu)),
            "The cross-entropy is averaged over the batch, the KL is summed over it. So the KL weighs more with each "
            "image in the batch, until every posterior is the prior.",
        ),
        Misconception(
            "kl-mean-over-latent",
            weighted(kl=lambda x, mu: 1 / mu.shape[-1]),
            "The KL is averaged over the latents, the cross-entropy is summed over the pixels. So the KL is too weak, "
            "by the number of latents.",
        ),
        Misconception(
            "recon-mean-over-pixels",
            weighted(pixels=lambda x, mu: 1 / x.shape[-1]),
            "The cross-entropy is averaged over the pixels, the KL is summed over the latents. So the KL is too "
            "strong, by the number of pixels: a hidden β.",
        ),
        Misconception(
            "kl-subtracted",
            weighted(kl=lambda x, mu: -1.0),
            "The KL is subtracted. In the ELBO it stands with a minus; in the loss, the negative ELBO, with a plus. "
            "As it is, codes far from the prior are rewarded.",
        ),
        Misconception(
            "summed-over-batch",
            weighted(pixels=lambda x, mu: len(x), kl=lambda x, mu: len(x)),
            "Both terms are summed over the batch. Their ratio is right, but the loss and its gradient grow with the "
            "batch: take the mean.",
        ),
    ),
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
            "One value cannot tell that. Average over many samples: with the right sign the average is above 0, with "
            "the wrong one below.",
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
