"""Chapter 6, the reparameterization trick: what its exercises ask, and the mistakes people make."""

import math

import torch

from vae_utils.gaussian import kl_to_standard_normal

from .exercise import Case, Choice, Exercise, Misconception, Option
from .probes import gradient_cases
from .watch import Stop

LOG_4, LOG_9 = math.log(4.0), math.log(9.0)
N = 20_000
"""Codes in a sample. Relative to σ, their mean has the standard error 1/√N and their standard deviation 1/√(2N); a
correlation has 1/√N. Two answers are compared that both draw, so 7 standard errors are allowed: 5 √2."""

# ---- one roll ----

PREDICT = Exercise(
    id="06-predict",
    kind="value",
    name="z_and_std",
    reference=(7.0, 3.0),
    parts=("the code z", "the standard deviation"),
    misconceptions=(
        Misconception(
            "variance-as-std",
            (19.0, 9.0),
            "9 is the variance. A code is one standard deviation, its root, away from the mean for each unit of ε.",
        ),
        Misconception(
            "logvar-as-std",
            (1 + 2 * LOG_9, LOG_9),
            "You took log 9 = 2.197 for the standard deviation. It is the logarithm of the variance: undo the "
            "logarithm, then take the root.",
        ),
        Misconception(
            "noise-ignored",
            (1.0, 3.0),
            "The standard deviation is right, but the dice said ε = 2, and your code is still at the mean.",
        ),
    ),
    nudge="First the variance: what is exp(log 9)? Then the standard deviation. Then go ε = 2 of these steps from μ = "
    "1.",
    see="06-reparameterization#the-outcome-has-one",
)


# ---- the trick ----


def reparameterize(mu, logvar, generator):
    """z = μ + σ ε with ε ~ N(0, I) drawn from the generator: (B, L), (B, L) → (B, L)."""
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)


def parameters_of_many():
    """N examples of two latents, N(1, 3²) and N(-2, e⁻¹): mu and logvar."""
    return torch.tensor([1.0, -2.0]).repeat(N, 1), torch.tensor([LOG_9, -1.0]).repeat(N, 1)


def statistics(z):
    """What tells samples of these two normals from others: Cases of codes z (N, 2)."""
    mean, std = z.mean(0), z.std(0)
    yield Case("mu = 1, logvar = log 9: mean of 20,000 codes", mean[0], rtol=0, atol=7 * 3 / math.sqrt(N))
    yield Case("mu = 1, logvar = log 9: standard deviation of the codes", std[0], rtol=7 / math.sqrt(2 * N))
    yield Case("mu = -2, logvar = -1: mean of 20,000 codes", mean[1], rtol=0, atol=7 * 0.61 / math.sqrt(N))
    yield Case("mu = -2, logvar = -1: standard deviation of the codes", std[1], rtol=7 / math.sqrt(2 * N))
    together = ((z - mean) / std.clamp(min=1e-9)).prod(-1).mean()
    yield Case("20,000 codes: correlation of the two latents", together, rtol=0, atol=7 / math.sqrt(N))
    far = ((z[:, 0] - 1).abs() > 6).float().mean()  # beyond 2 σ lie 4.6 %
    yield Case("mu = 1, logvar = log 9: share of codes beyond mu ± 2 sigma", far, rtol=0, atol=7 * math.sqrt(0.046 / N))


SAME_SEED = "two generators of one seed: are the codes equal?"
OTHER_SEED = "two generators of different seeds: do the codes differ?"


def observe_reparameterize(reparameterize, draw):
    """No noise, much noise, whose noise, and the way back: the gradient of the outcome."""
    mu, logvar = draw.normal(3, 2), torch.full((3, 2), -40.0)
    yield Case("3 examples, 2 latents, logvar = -40: next to no noise", reparameterize(mu, logvar, draw.generator()))
    z = reparameterize(*parameters_of_many(), draw.generator())
    if z.shape != (N, 2):
        return
    yield from statistics(z)
    mu, logvar, seed = draw.normal(4, 3), draw.normal(4, 3), draw.seed()
    first, again = (reparameterize(mu, logvar, draw.generator(seed)) for _ in range(2))
    yield Case(SAME_SEED, torch.equal(first, again))
    other = reparameterize(mu, logvar, draw.generator(seed + 1))
    yield Case(OTHER_SEED, not torch.equal(first, other))
    for_mu, for_logvar, z = outcome_gradient(reparameterize, torch.zeros(4, 3), logvar, draw)
    yield Case("the gradient of the codes' sum for mu", for_mu)
    # at mu = 0 the right one is z / 2, whatever the noise was
    yield Case("its gradient for logvar, over z - mu", for_logvar / z)


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


def spreads(cases):
    """The two standard deviations among the Cases of a sample."""
    return [case.value.item() for case in cases if "standard deviation" in case.text]


def no_spread(cases):
    """Whether all codes of the sample are equal, in each of the two latents."""
    return max(spreads(cases)) < 1e-4


def noise_ignored(cases):
    """No spread, and the same codes with every seed."""
    return no_spread(cases) and not cases[OTHER_SEED]


def one_noise_for_batch(cases):
    """No spread within a batch, but other codes with another seed."""
    return no_spread(cases) and bool(cases[OTHER_SEED])


def gradient_cut(cases):
    """Samples of the right width around mu, but no gradient for mu, or none for logvar."""
    one, other = spreads(cases)
    mean = cases["mu = 1, logvar = log 9: mean of 20,000 codes"]
    samples = abs(one / 3 - 1) < 0.1 and abs(other / math.exp(-0.5) - 1) < 0.1 and abs(mean - 1) < 0.3
    for_mu, for_logvar = cases["the gradient of the codes' sum for mu"], cases["its gradient for logvar, over z - mu"]
    return samples and not (for_mu.any() and for_logvar.any())


def generator_ignored(cases):
    """Samples with a gradient, but the same seed gives other codes, or every seed the same."""
    same, other = cases[SAME_SEED], cases[OTHER_SEED]
    return not no_spread(cases) and not gradient_cut(cases) and not (same and other)


def from_noise(std=lambda logvar: torch.exp(0.5 * logvar), noise=torch.randn, shape=lambda B, L: (B, L), keep=1.0):
    """A sampler with another idea of the standard deviation, the noise, its shape, or the place of mu."""

    def sample(mu, logvar, generator):
        return keep * mu + std(logvar) * noise(shape(*mu.shape), generator=generator)

    return sample


SAMPLE = Exercise(
    id="06-sample",
    name="reparameterize",
    reference=reparameterize,
    observe=observe_reparameterize,
    random=True,
    returns="a code of the shape of mu: (B, L)",
    misconceptions=(
        Misconception(
            "variance-as-std",
            from_noise(std=torch.exp),
            "The noise is stretched by exp(logvar), which is the variance σ². The standard deviation is its root. With "
            "logvar = log 9 your codes spread by 9, not by 3.",
        ),
        Misconception(
            "logvar-as-std",
            from_noise(std=lambda logvar: logvar),
            "The noise is stretched by logvar itself. It is a logarithm, and may be negative: turn log σ² into σ "
            "first.",
        ),
        Misconception(
            "one-noise-per-example",
            from_noise(shape=lambda B, L: (B, 1)),
            "All latents of an example share one ε: their correlation is 1, as if there were a single dimension. Every "
            "number of the code needs its own noise.",
        ),
        Misconception(
            "uniform-noise",
            from_noise(noise=torch.rand),
            "The noise is uniform on [0, 1). So it shifts the mean by σ/2 and is too narrow: ε must come from the "
            "standard normal.",
        ),
        Misconception(
            "mu-missing",
            from_noise(keep=0.0),
            "The codes scatter around 0: the encoder's mean is not in them. Then all images share one place.",
        ),
        Misconception(
            "noise-ignored",
            None,
            "The code is the same for every roll: no noise reaches it. Then nothing keeps the space between the codes "
            "filled, and samples of the prior land where the decoder was never trained.",
            seen=noise_ignored,
        ),
        Misconception(
            "one-noise-for-batch",
            None,
            "All examples of the batch share one row of noise: within a batch there is no spread at all. Each example "
            "needs its own.",
            seen=one_noise_for_batch,
        ),
        Misconception(
            "gradient-cut",
            None,
            "The codes are samples, but mu or logvar gets no gradient through them: a draw itself has no derivative, "
            "and detach or no_grad cut it off. Roll the noise first, then compute the code from it.",
            seen=gradient_cut,
        ),
        Misconception(
            "generator-ignored",
            None,
            "The noise does not come from the generator that was handed in: equal seeds do not give equal codes, or "
            "unequal seeds do. A run could not be repeated, or would repeat itself.",
            seen=generator_ignored,
        ),
    ),
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

    def at(mu, logvar, eps):  # fresh tensors each time: an answer may collect its gradient in mu itself
        return pathwise_gradient(*(torch.tensor(part) for part in (mu, logvar, eps)))

    yield Case("mu = [1], logvar = [0], eps = [[1]]", at([1.0], [0.0], [[1.0]]))
    yield Case("mu = [1], logvar = [0], eps = [[1], [-1], [3]]", at([1.0], [0.0], [[1.0], [-1.0], [3.0]]))
    yield Case("mu = [1], logvar = [log 4], eps = [[1], [0]]", at([1.0], [LOG_4], [[1.0], [0.0]]))
    mu, logvar, eps = draw.normal(3), draw.normal(3), draw.normal(5, 3)
    yield Case("3 latents, 5 rolls", pathwise_gradient(mu, logvar, eps))


PATHWISE = Exercise(
    id="06-pathwise",
    name="pathwise_gradient",
    reference=pathwise_gradient,
    observe=observe_pathwise,
    returns="one value per latent dimension: (L,)",
    misconceptions=(
        Misconception(
            "gradient-at-mean",
            lambda mu, logvar, eps: 2 * mu,
            "This is the slope at z = μ, or the exact expectation. The estimate takes the slope at each outcome μ + "
            "σε and averages these; the rolls do not appear in yours.",
        ),
        Misconception(
            "sum-not-mean",
            lambda mu, logvar, eps: 2 * (mu + torch.exp(0.5 * logvar) * eps).sum(0),
            "The slopes of the K rolls were added up. An expectation is estimated by their mean: twice as many rolls "
            "must not give twice the gradient.",
        ),
        Misconception(
            "missing-two",
            lambda mu, logvar, eps: (mu + torch.exp(0.5 * logvar) * eps).mean(0),
            "This is the mean of the codes, half of the right value. What is the derivative of z²?",
        ),
        Misconception(
            "variance-as-std",
            lambda mu, logvar, eps: 2 * (mu + torch.exp(logvar) * eps).mean(0),
            "The outcomes use exp(logvar), the variance, where the standard deviation belongs. With logvar = log 4 a "
            "roll of 1 moves the code by 2, not by 4.",
        ),
        Misconception(
            "logvar-gradient",
            lambda mu, logvar, eps: ((mu + torch.exp(0.5 * logvar) * eps) * torch.exp(0.5 * logvar) * eps).mean(0),
            "This is the derivative with respect to logvar. The one with respect to mu was asked for: z moves as fast "
            "as μ does.",
        ),
    ),
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

    def at(mu, logvar, z, f):  # fresh tensors each time, as above
        return score_gradient(*(torch.tensor(part) for part in (mu, logvar, z, f)))

    yield Case("mu = [0], logvar = [0], z = [[1]], f = [3]", at([0.0], [0.0], [[1.0]], [3.0]))
    yield Case("mu = [0], logvar = [log 4], z = [[1]], f = [3]", at([0.0], [LOG_4], [[1.0]], [3.0]))
    two = at([0.0], [LOG_4], [[2.0], [-2.0]], [3.0, 1.0])
    yield Case("mu = [0], logvar = [log 4], z = [[2], [-2]], f = [3, 1]", two)
    mu, logvar, z, f = draw.normal(3), draw.normal(3), draw.normal(5, 3), draw.normal(5, mean=1.0)
    yield Case("3 latents, 5 samples", score_gradient(mu, logvar, z, f))


SCORE = Exercise(
    id="06-score",
    name="score_gradient",
    reference=score_gradient,
    observe=observe_score,
    returns="one value per latent dimension: (L,)",
    misconceptions=(
        Misconception(
            "sigma-not-variance",
            lambda mu, logvar, z, f: (f[:, None] * (z - mu) / torch.exp(0.5 * logvar)).mean(0),
            "The distance z − μ was divided by σ. In log q it stands squared over 2σ², so its derivative is divided "
            "by the variance.",
        ),
        Misconception(
            "f-missing",
            lambda mu, logvar, z, f: ((z - mu) / torch.exp(logvar)).mean(0),
            "The values f do not appear. The mean of the scores alone is 0 on average: it is f that says in which "
            "direction to go.",
        ),
        Misconception(
            "sum-not-mean",
            lambda mu, logvar, z, f: (f[:, None] * (z - mu) / torch.exp(logvar)).sum(0),
            "The K samples were added up. An expectation is estimated by their mean: twice as many samples must not "
            "give twice the gradient.",
        ),
        Misconception(
            "wrong-sign",
            lambda mu, logvar, z, f: (f[:, None] * (mu - z) / torch.exp(logvar)).mean(0),
            "Every value has the wrong sign. A sample to the right of μ becomes more probable when μ moves to the "
            "right, so its score is positive.",
        ),
        Misconception(
            "not-divided",
            lambda mu, logvar, z, f: (f[:, None] * (z - mu)).mean(0),
            "The distance z − μ is not divided by anything. A step of μ changes log q the more, the narrower q is: the "
            "variance belongs below it.",
        ),
    ),
    nudge="Write down log q(z) for one coordinate: −½ log 2πσ² − (z − μ)²/2σ². Only the last part knows μ. What is its "
    "derivative?",
    see="06-reparameterization#there-is-another-way-and-it-is-noisier",
)


# ---- a sampler to mend ----


def codes(mu, logvar, training, generator):
    """A sample while training, else μ: (B, L), (B, L), a bool → (B, L)."""
    return reparameterize(mu, logvar, generator) if training else mu


IN_TRAINING = "training = True, two generators of different seeds: do the codes differ?"
TWICE = "two calls with training = False: are the codes equal?"


def varies_in_use(cases):
    """Whether the code is another one at each call, though training is False."""
    return not cases[TWICE]


def observe_codes(codes, draw):
    """In use: the mean, whatever σ is. In training: samples, told apart as in 06-sample."""
    one = torch.tensor([[1.0]])
    yield Case("mu = [[1]], logvar = [[log 9]], training = False", codes(one, LOG_9 * one, False, draw.generator()))
    mu, logvar = draw.normal(3, 2), draw.normal(3, 2)
    yield Case("3 examples of 2 latents, training = False", codes(mu, logvar, False, draw.generator()))
    once, again = (codes(mu, logvar, False, draw.generator()) for _ in range(2))
    yield Case(TWICE, torch.equal(once, again))
    z = codes(*parameters_of_many(), True, draw.generator())
    yield Case("20,000 examples of 2 latents, training = True", torch.zeros_like(z))  # judges the shape alone
    if z.shape != (N, 2):
        return
    for case in statistics(z):
        yield Case(f"training = True, {case.text}", case.value, case.rtol, case.atol)
    seed = draw.seed()
    first, again, other = (codes(mu, logvar, True, draw.generator(s)) for s in (seed, seed, seed + 1))
    yield Case("training = True, two generators of one seed: are the codes equal?", torch.equal(first, again))
    yield Case(IN_TRAINING, not torch.equal(first, other))
    through = draw.gradient(lambda mu: codes(mu, logvar, True, draw.generator()), mu)
    yield Case("training = True, the gradient of the codes' sum for mu", through[0])


CODES = Exercise(
    id="06-codes",
    name="codes",
    reference=codes,
    observe=observe_codes,
    random=True,
    returns="a code of the shape of mu: (B, L)",
    misconceptions=(
        Misconception(
            "mu-plus-sigma",
            lambda mu, logvar, training, generator: (
                reparameterize(mu, logvar, generator) if training else mu + torch.exp(0.5 * logvar)
            ),
            "When the model is used, your code is μ + σ: one standard deviation off in every dimension, for every "
            "image. The code that stands for an image is the middle of its q.",
        ),
        Misconception(
            "variance-as-std",
            lambda mu, logvar, training, generator: (
                mu + torch.exp(logvar) * torch.randn(mu.shape, generator=generator) if training else mu
            ),
            "In training the noise is stretched by exp(logvar), the variance. With logvar = log 9 the codes spread by "
            "9, not by 3.",
        ),
        Misconception(
            "modes-swapped",
            None,
            "The two modes are exchanged: your codes are fixed in training and random in use.",
            seen=lambda cases: no_spread(cases) and varies_in_use(cases),
        ),
        Misconception(
            "never-samples",
            None,
            "In training, too, every code is the same at each roll. Without noise there is no VAE left: training needs "
            "samples of q.",
            seen=lambda cases: no_spread(cases) and not varies_in_use(cases) and not cases[IN_TRAINING],
        ),
        Misconception(
            "samples-in-evaluation",
            None,
            "With training=False the code is still random. Whoever looks at one image twice would see two pictures: "
            "take the one code that stands for it.",
            seen=lambda cases: not no_spread(cases) and varies_in_use(cases),
        ),
    ),
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
    yield Case("mu = [[1]], logvar = [[0]], eps = [[0]]", single_sample_kl(one, zero, zero))
    yield Case("mu = [[1]], logvar = [[0]], eps = [[-1]]", single_sample_kl(one, zero, -one))
    yield Case("mu = [[0]], logvar = [[log 4]], eps = [[1]]", single_sample_kl(zero, LOG_4 * one, one))
    mu, logvar, eps = draw.normal(6, 3), draw.normal(6, 3), draw.normal(6, 3)
    yield Case("6 examples, 3 latents", single_sample_kl(mu, logvar, eps))

    def of_encoder(mu, logvar):
        return single_sample_kl(mu, logvar, eps)

    yield from gradient_cases(draw, of_encoder, mu=mu, logvar=logvar)


SINGLE = Exercise(
    id="06-single",
    name="single_sample_kl",
    reference=single_sample_kl,
    observe=observe_single,
    returns="one value per example: (B,)",
    misconceptions=(
        Misconception(
            "absolute-value",
            lambda mu, logvar, eps: single_sample_kl(mu, logvar, eps).abs(),
            "The absolute value was taken. One log-ratio may be negative, and without the negative ones the average is "
            "larger than the KL.",
        ),
        Misconception(
            "clamped-at-zero",
            lambda mu, logvar, eps: single_sample_kl(mu, logvar, eps).clamp(min=0),
            "Negative values were cut off at 0. One log-ratio may be negative, and without the negative ones the "
            "average is larger than the KL.",
        ),
        Misconception(
            "closed-form-instead",
            lambda mu, logvar, eps: kl_to_standard_normal(mu, logvar),
            "This is the closed form of the KL, the average over all rolls. Here the log-ratio at one given roll is "
            "asked for; eps does not appear in yours.",
        ),
        Misconception(
            "wrong-sign",
            lambda mu, logvar, eps: -single_sample_kl(mu, logvar, eps),
            "This is log p(z) − log q(z), whose average is −KL. The density that the sample comes from stands first.",
        ),
        Misconception(
            "mean-over-latent",
            lambda mu, logvar, eps: single_sample_kl(mu, logvar, eps) / mu.shape[-1],
            "The latents were averaged. They are independent: densities multiply, so log-densities add up.",
        ),
        Misconception(
            "logq-at-mean",
            lambda mu, logvar, eps: single_sample_kl(mu, logvar, eps) + 0.5 * (eps**2).sum(-1),
            "log q was taken at its peak μ, whatever the roll was. Both densities are asked at one point, the sample.",
            also=(lambda mu, logvar, eps: single_sample_kl(mu, logvar, 0 * eps),),  # log p at μ as well
        ),
    ),
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
