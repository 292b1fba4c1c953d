"""Chapter 6, the reparameterization trick: what its exercises ask, and the mistakes people make."""

import math

import torch

from .exercise import Case, Choice, Exercise, Option
from .watch import Stop

LOG_4, LOG_9 = math.log(4.0), math.log(9.0)
N = 20_000
"""Codes in a sample. The mean of N(μ, σ²) has the standard error σ/√N, the standard deviation σ/√(2N), a correlation
1/√N. Two answers are compared that both draw, so 7 standard errors are allowed: 5 √2."""

# ---- one roll ----

PREDICT = Exercise(
    id="06-predict",
    kind="value",
    name="z_and_std",
    reference=(7.0, 3.0),
    parts=("the code z", "the standard deviation"),
    misconceptions=(),
    nudge="First the variance: what is exp(log 9)? Then the standard deviation. Then go ε = 2 of these steps from μ = "
    "1.",
    see="06-reparameterization#the-outcome-has-one",
)


# ---- the trick ----


def reparameterize(mu, logvar, generator):
    """z = μ + σ ε with ε ~ N(0, I) drawn from the generator: (B, L), (B, L) → (B, L)."""
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)


def statistics(z):
    """What distinguishes samples of N(1, 3²) in two dimensions from others: Cases of codes z (N, 2)."""
    yield Case("mu = 1, logvar = log 9: mean of 20,000 codes", z.mean(0), rtol=0, atol=7 * 3 / math.sqrt(N))
    yield Case("their standard deviation", z.std(0), rtol=0, atol=7 * 3 / math.sqrt(2 * N))
    centred = z - z.mean(0)
    scale = (centred**2).sum(0).prod().sqrt().clamp(min=1e-9)
    yield Case("the correlation of the two latents", centred.prod(-1).sum() / scale, rtol=0, atol=7 / math.sqrt(N))
    far = ((z - 1).abs() > 6).float().mean()  # beyond 2 σ lie 4.6 %
    yield Case("the share of codes beyond mu ± 2 sigma", far, rtol=0, atol=7 * math.sqrt(0.0455 / (2 * N)))


def observe_reparameterize(reparameterize, draw):
    """No noise, much noise, whose noise, and the way back: the gradient of the outcome."""
    mu, logvar = draw.normal(3, 2), torch.full((3, 2), -40.0)
    yield Case("logvar = -40, so next to no noise: the code less mu", reparameterize(mu, logvar, draw.generator()) - mu)
    yield from statistics(reparameterize(torch.ones(N, 2), torch.full((N, 2), LOG_9), draw.generator()))
    mu, logvar, seed = draw.normal(4, 3), draw.normal(4, 3), draw.seed()
    first, again = (reparameterize(mu, logvar, draw.generator(seed)) for _ in range(2))
    yield Case("a generator of the same seed gives the same codes", torch.equal(first, again))
    other = reparameterize(mu, logvar, draw.generator(seed + 1))
    yield Case("another seed gives other codes", bool((first != other).any()))
    for_mu, for_logvar, z = outcome_gradient(reparameterize, mu, logvar, draw)
    yield Case("the gradient of the codes' sum for mu", for_mu)
    yield Case("the same for logvar, less its exact value (z - mu) / 2", for_logvar - (z - mu) / 2)


def outcome_gradient(reparameterize, mu, logvar, draw):
    """The gradient of the sum of the codes for mu and logvar, zeros where it is cut; and the codes."""
    seen = []

    def codes(mu, logvar):
        seen.append(reparameterize(mu, logvar, draw.generator()))
        return seen[0]

    try:
        for_mu, for_logvar = draw.gradient(codes, mu, logvar)
    except Stop:
        if not seen:
            raise
        for_mu, for_logvar = torch.zeros_like(mu), torch.zeros_like(logvar)
    return for_mu, for_logvar, seen[0].detach()


SAMPLE = Exercise(
    id="06-sample",
    name="reparameterize",
    reference=reparameterize,
    observe=observe_reparameterize,
    random=True,
    returns="a code of the shape of mu: (B, L)",
    misconceptions=(),
    nudge="Roll first: standard normal noise, as many numbers as mu has. Then plain arithmetic: stretch by σ, shift "
    "by μ. How do you get σ from log σ²?",
    see="06-reparameterization#six-ways-to-get-it-wrong",
)


# ---- follow the slope ----


def pathwise_gradient(mu, logvar, eps):
    """mean_k 2 (μ + σ ε_k): (L,), (L,), (K, L) → (L,)."""
    return 2 * (mu + torch.exp(0.5 * logvar) * eps).mean(0)


def observe_pathwise(pathwise_gradient, draw):
    """One roll, three rolls, another σ; then many rolls of several latents, whose mean is not 0."""
    mu, logvar = torch.tensor([1.0]), torch.tensor([0.0])
    yield Case("mu = [1], logvar = [0], eps = [[1]]", pathwise_gradient(mu, logvar, torch.tensor([[1.0]])))
    rolls = torch.tensor([[1.0], [-1.0], [3.0]])
    yield Case("mu = [1], logvar = [0], eps = [[1], [-1], [3]]", pathwise_gradient(mu, logvar, rolls))
    rolls = torch.tensor([[1.0], [0.0]])
    yield Case("mu = [1], logvar = [log 4], eps = [[1], [0]]", pathwise_gradient(mu, logvar + LOG_4, rolls))
    mu, logvar, eps = draw.normal(3), draw.normal(3), draw.normal(5, 3)
    yield Case("3 latents, 5 rolls", pathwise_gradient(mu, logvar, eps))


PATHWISE = Exercise(
    id="06-pathwise",
    name="pathwise_gradient",
    reference=pathwise_gradient,
    observe=observe_pathwise,
    returns="one value per latent dimension: (L,)",
    misconceptions=(),
    nudge="What is the derivative of z² by z, and of z = μ + σε by μ? Work out mu = [1], logvar = [0] for the single "
    "roll eps = [[1]].",
    see="06-reparameterization#the-outcome-has-one",
)


# ---- follow the reward ----


def score_gradient(mu, logvar, z, f):
    """mean_k f_k (z_k − μ)/σ²: (L,), (L,), (K, L), (K,) → (L,)."""
    return (f[:, None] * (z - mu) / torch.exp(logvar)).mean(0)


def observe_score(score_gradient, draw):
    """One sample at σ = 1, then σ = 2, then several samples, then several latents."""
    mu, logvar = torch.tensor([0.0]), torch.tensor([0.0])
    one = torch.tensor([[1.0]]), torch.tensor([3.0])
    yield Case("mu = [0], logvar = [0], z = [[1]], f = [3]", score_gradient(mu, logvar, *one))
    yield Case("mu = [0], logvar = [log 4], z = [[1]], f = [3]", score_gradient(mu, logvar + LOG_4, *one))
    two = torch.tensor([[2.0], [-2.0]]), torch.tensor([3.0, 1.0])
    yield Case("mu = [0], logvar = [log 4], z = [[2], [-2]], f = [3, 1]", score_gradient(mu, logvar + LOG_4, *two))
    mu, logvar, z, f = draw.normal(3), draw.normal(3), draw.normal(5, 3), draw.normal(5, mean=1.0)
    yield Case("3 latents, 5 samples", score_gradient(mu, logvar, z, f))


SCORE = Exercise(
    id="06-score",
    name="score_gradient",
    reference=score_gradient,
    observe=observe_score,
    returns="one value per latent dimension: (L,)",
    misconceptions=(),
    nudge="Write down log q(z) for one coordinate: −½ log 2πσ² − (z − μ)²/2σ². Only the last part knows μ. What is its "
    "derivative?",
    see="06-reparameterization#there-is-another-way-and-it-is-noisier",
)


# ---- a sampler to mend ----


def codes(mu, logvar, training, generator):
    """A sample while training, else μ: (B, L), (B, L), a bool → (B, L)."""
    return reparameterize(mu, logvar, generator) if training else mu


def observe_codes(codes, draw):
    """In use: the mean, whatever σ is. In training: samples, told apart as in 06-sample."""
    one = torch.tensor([[1.0]])
    yield Case("mu = [[1]], logvar = [[log 9]], training = False", codes(one, LOG_9 * one, False, draw.generator()))
    mu, logvar = draw.normal(3, 2), draw.normal(3, 2)
    yield Case("3 examples of 2 latents, training = False", codes(mu, logvar, False, draw.generator()))
    z = codes(torch.ones(N, 2), torch.full((N, 2), LOG_9), True, draw.generator())
    for case in statistics(z):
        yield Case(f"training = True, {case.text}", case.value, case.rtol, case.atol)


CODES = Exercise(
    id="06-codes",
    name="codes",
    reference=codes,
    observe=observe_codes,
    random=True,
    returns="a code of the shape of mu: (B, L)",
    misconceptions=(),
    nudge="What is eps when training is False? Which value of eps gives the code in the middle of q?",
    see="06-reparameterization#six-ways-to-get-it-wrong",
)


# ---- one sample of the KL ----


def single_sample_kl(mu, logvar, eps):
    """log q(z) − log p(z) at z = μ + σ ε: three (B, L) → (B,)."""
    z = mu + torch.exp(0.5 * logvar) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)


def observe_single(single_sample_kl, draw):
    """At the peak of q, at the peak of p, at σ = 2; then batches, of which some are negative, and gradients."""
    one, zero = torch.tensor([[1.0]]), torch.zeros(1, 1)
    yield Case("mu = [1], logvar = [0], eps = [0]", single_sample_kl(one, zero, zero))
    yield Case("mu = [1], logvar = [0], eps = [-1]", single_sample_kl(one, zero, -one))
    yield Case("mu = [0], logvar = [log 4], eps = [1]", single_sample_kl(zero, LOG_4 * one, one))
    mu, logvar, eps = draw.normal(6, 3), draw.normal(6, 3), draw.normal(6, 3)
    yield Case("6 examples, 3 latents", single_sample_kl(mu, logvar, eps))
    gradients = draw.gradient(single_sample_kl, mu, logvar, eps)
    yield Case("the gradient for mu", gradients[0])
    yield Case("the gradient for logvar", gradients[1])


SINGLE = Exercise(
    id="06-single",
    name="single_sample_kl",
    reference=single_sample_kl,
    observe=observe_single,
    returns="one value per example: (B,)",
    misconceptions=(),
    nudge="First z = μ + σε, then both log-densities at this z. In log q the distance (z − μ)/σ is an old "
    "acquaintance: which one?",
    see="05-kl#one-sample-of-it",
)


# ---- questions ----

ONE_SAMPLE = Choice(
    id="06-q1",
    name="answer_06_q1",
    question="A VAE draws one ε for each image and step. Why is that enough?",
    options={
        "a": Option(
            "The estimate of the gradient is unbiased, whatever σ is, and many steps average.",
            "Yes. A larger σ makes the single step noisier, never wrong on average.",
            right=True,
        ),
        "b": Option(
            "σ is small, so all samples of an image are nearly the same.",
            "It works for σ = 10, too, and at the start of training σ is near 1. What counts is that the estimate is "
            "right on average, whatever σ is.",
            mistake="small-sigma",
        ),
        "c": Option(
            "All images of a batch share the same ε, so the noise cancels in the batch.",
            "Each image and each dimension has its own ε. One ε for all would leave no spread within the batch, and "
            "nothing would cancel.",
            mistake="one-noise-for-batch",
        ),
        "d": Option(
            "The decoder gets μ anyway; noise is needed for generating only.",
            "Then the noise is unused in training, the code is deterministic, and nothing keeps the posteriors open "
            "for the samples of the prior.",
            mistake="noise-ignored",
        ),
    },
    nudge="Training adds up thousands of small steps. What must be true of each step so that their sum goes the right "
    "way?",
    see="06-reparameterization#why-one-sample-per-step-is-enough",
)

TORCH_NORMAL = Choice(
    id="06-q2",
    name="answer_06_q2",
    question="Somebody samples with z = torch.normal(mu, sigma). The encoder gave mu and sigma, and both require a "
    "gradient. What happens in training?",
    options={
        "a": Option(
            "The same as with the trick: z has the same distribution.",
            "The distribution is the same, the way back is not. The gradient of this draw with respect to mu is "
            "exactly 0.",
            mistake="distribution-is-enough",
        ),
        "b": Option(
            "An error as soon as backward() is called, so that the mistake is found at once.",
            "That is sample(). torch.normal is the trap: its result says that it requires a gradient, backward() "
            "runs, and the gradient is 0.",
            mistake="error-expected",
        ),
        "c": Option(
            "The gradient is right on average, but much noisier.",
            "That describes the score function. The gradient here is not noisy: it is 0, every time.",
            mistake="taken-for-score-function",
        ),
        "d": Option(
            "It runs without a word. The encoder gets the gradient 0 from the reconstruction and hears the KL alone.",
            "Yes. So every posterior becomes the prior, the KL falls to 0, and the decoder draws the mean image.",
            right=True,
        ),
    },
    nudge="Change mu a little and roll again. Does the new outcome have anything to do with the old one?",
    see="06-reparameterization#a-roll-of-the-dice-has-no-derivative",
)

WHICH_CODE = Choice(
    id="06-q3",
    name="answer_06_q3",
    question="Training is over. You need codes twice: to show reconstructions of test images, and to report the ELBO "
    "on them. Which codes do you decode?",
    options={
        "a": Option(
            "μ in both cases: without noise the reported number is better and does not jump.",
            "The ELBO is an average over z ~ q. At μ alone the reconstruction looks better than it is on average, and "
            "the number is no bound on log p(x).",
            mistake="mean-in-the-elbo",
        ),
        "b": Option(
            "μ + σ in both cases: one code without randomness, but with the right spread.",
            "One fixed code has no spread at all; this one is only shifted, by one standard deviation in every "
            "dimension.",
            mistake="mu-plus-sigma",
        ),
        "c": Option(
            "μ for the pictures, samples of q for the ELBO.",
            "Yes: the picture shows the code of an image, the ELBO is an expectation over q.",
            right=True,
        ),
    },
    nudge="Write down the definition of the ELBO. Over what does it average?",
    see="06-reparameterization#six-ways-to-get-it-wrong",
)

EXERCISES = (PREDICT, SAMPLE, PATHWISE, SCORE, CODES, SINGLE, ONE_SAMPLE, TORCH_NORMAL, WHICH_CODE)
