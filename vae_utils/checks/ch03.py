"""Chapter 3: Bayes' rule on a grid, an encoder, all posteriors together, the density of a code."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn, tensor

from .ch01 import LOG_2PI
from .ch02 import wasserstein_1d
from .exercise import Case, Choice, Exercise, Misconception, Option

# ---- 03-grid: Bayes' rule on a grid ----


def grid_posterior(log_joint: Tensor, dz: float) -> Tensor:
    """p(z|x) on the grid: (B, G), float → (B, G)."""
    return torch.softmax(log_joint, 1) / dz


def _exp_first(log_joint, dz):
    joint = log_joint.exp()
    return joint / (joint.sum(1, keepdim=True) * dz)


def observe_grid(posterior, draw):
    """By hand twice, anything, far below the smallest float. G · dz is ½ throughout: a flat density is always 2."""
    yield Case("log_joint = [[0, 0]], dz = ¼", posterior(torch.zeros(1, 2), 0.25))
    yield Case("log_joint = [[0, log 3]], dz = ¼", posterior(torch.log(tensor([[1.0, 3.0]])), 0.25))
    log_joint = draw.normal(3, 5, std=2.0)
    yield Case("3 observations, 5 grid points, dz = 0.1", posterior(log_joint, 0.1))
    all_lower = posterior(log_joint - 1000, 0.1)  # float32 has steps of 6e-5 at 1000
    yield Case(
        "3 observations, 5 grid points, dz = 0.1, every log-joint lower by 1000", all_lower, rtol=1e-3, atol=1e-3
    )
    one_lower = posterior(log_joint - tensor([[0.0], [1000.0], [0.0]]), 0.1)
    yield Case(
        "3 observations, 5 grid points, dz = 0.1, one observation lower by 1000", one_lower, rtol=1e-3, atol=1e-3
    )
    yield Case("2 observations, 4 grid points, dz = ⅛", posterior(draw.normal(2, 4), 0.125))


# ---- 03-encoder: a network with two heads ----


class GaussianEncoder(nn.Module):
    """x (B, features) → mu and logvar, each of shape (B, latent)."""

    def __init__(self, features: int, hidden: int, latent: int):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(features, hidden), nn.Tanh())
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The mean and the log-variance of q(z|x)."""
        h = self.hidden(x)
        return self.mu(h), self.logvar(h)


SETTINGS = 20
OF_MODULE = "GaussianEncoder(6, 8, 2): is it an nn.Module whose parameters decide what comes out?"
TWICE = "two calls with the same pictures: their difference"
ALONE = "one picture alone, and among others: their difference"
RANGES = f"{SETTINGS} random settings of its weights"
MU_LOW, MU_HIGH = f"{RANGES}: does mu get below -1?", f"{RANGES}: does mu get above 1?"
LOGVAR_LOW, LOGVAR_HIGH = f"{RANGES}: does logvar get below -1?", f"{RANGES}: does logvar get above 1?"
LOGVAR_NEGATIVE = f"{RANGES}: is logvar ever negative?"
MU_BENT, LOGVAR_BENT = (
    f"{RANGES}: is mu more than a linear function of x?",
    f"{RANGES}: is logvar more than a linear function of x?",
)
LOGVAR_MOVES = f"{RANGES}: does logvar depend on x?"
DIFFERENT = f"{RANGES}: do mu and logvar differ?"


@torch.no_grad()
def _set_weights(encoder, draw):
    """New weights, large enough that every unit is used on all of its range."""
    for p in encoder.parameters():
        p.copy_(draw.normal(*p.shape, std=3 / math.sqrt(p.shape[-1]) if p.dim() > 1 else 1.0))


def observe_encoder(encoder_class, draw):
    """Shapes; then, with many random weights, where the outputs get to and how they depend on x; the gradient."""
    with torch.no_grad():
        x = draw.normal(5, 6)
        encoder = encoder_class(6, 8, 2)
        mu, logvar = encoder(x)
        yield Case("GaussianEncoder(6, 8, 2) on 5 pictures: mu", 0 * mu)
        yield Case("GaussianEncoder(6, 8, 2) on 5 pictures: logvar", 0 * logvar)
        if mu.shape != (5, 2) or logvar.shape != (5, 2):
            return
        small = encoder_class(3, 4, 5)(draw.normal(2, 3))
        yield Case("GaussianEncoder(3, 4, 5) on 2 pictures", tuple(0 * part for part in small))

        decide = hasattr(encoder, "parameters")
        if decide:
            encoder.eval()
            before = encoder(x)[0]
            _set_weights(encoder, draw)
            decide = not torch.equal(before, encoder(x)[0])
        yield Case(OF_MODULE, decide)
        if not decide:
            return
        mu, logvar = encoder(x)
        for text, others in ((TWICE, encoder(x)), (ALONE, encoder(x[:1]))):
            n = len(others[0])
            apart = [(a[:n] - b).abs().round(decimals=4) for a, b in zip((mu, logvar), others, strict=True)]
            yield Case(text, tuple(apart), atol=1e-4)
        yield from _ranges(encoder, draw)
    a, b = draw.normal(2, 5, 2)
    arrives = draw.gradient(lambda x: a * encoder(x)[0] + b * encoder(x)[1], x)[0]
    yield Case("does a gradient arrive at x?", bool(arrives.any()))


def _ranges(encoder, draw):
    """What the outputs do on a walk in straight steps: pictures a, (a + b)/2, b."""
    a, b = draw.normal(2, 60, 6, std=2.0)
    walk = torch.cat([a, (a + b) / 2, b])
    mus, logvars = [], []
    for _ in range(SETTINGS):
        _set_weights(encoder, draw)
        mu, logvar = encoder(walk)
        mus.append(mu.reshape(3, 60, -1))
        logvars.append(logvar.reshape(3, 60, -1))
    mu, logvar = torch.stack(mus), torch.stack(logvars)  # (SETTINGS, 3, 60, 2)

    def bent(out):
        return bool((out[:, 0] - 2 * out[:, 1] + out[:, 2]).abs().max() > 1e-2)

    yield Case(MU_LOW, bool(mu.min() < -1))
    yield Case(MU_HIGH, bool(mu.max() > 1))
    yield Case(LOGVAR_NEGATIVE, bool(logvar.min() < 0))
    yield Case(LOGVAR_LOW, bool(logvar.min() < -1))
    yield Case(LOGVAR_HIGH, bool(logvar.max() > 1))
    yield Case(DIFFERENT, not torch.equal(mu, logvar) and not torch.equal(mu, -logvar))
    yield Case(LOGVAR_MOVES, bool((logvar - logvar[:, :1, :1]).abs().max() > 1e-3))
    yield Case(MU_BENT, bent(mu))
    yield Case(LOGVAR_BENT, bent(logvar))


def _only(*wrong, but=()):
    """Sees the answers that fail these Cases, with the rest right except perhaps ``but``."""
    every = (MU_LOW, MU_HIGH, LOGVAR_NEGATIVE, LOGVAR_LOW, LOGVAR_HIGH, DIFFERENT, LOGVAR_MOVES, MU_BENT, LOGVAR_BENT)

    def seen(cases):
        failed = {text for text in every if not cases[text]}
        return failed >= set(wrong) and failed <= {*wrong, *but}

    return seen


# ---- 03-moments: mean and variance of the aggregated posterior ----


def scatter(mu: Tensor) -> Tensor:
    """The variance of the centres, divided by N: (N, L) → (L,)."""
    return mu.var(0, correction=0)


def aggregated_moments(mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of the mixture of N posteriors: (N, L), (N, L) → (L,), (L,)."""
    return mu.mean(0), scatter(mu) + logvar.exp().mean(0)


def _with_variance(variance):
    """The right mean with this variance."""
    return lambda mu, logvar: (mu.mean(0), variance(mu, logvar))


def observe_moments(moments, draw):
    """By hand: two centres, two widths. Anything."""
    yield Case("mu = [[-1], [1]], logvar = [[0], [0]]", moments(tensor([[-1.0], [1.0]]), torch.zeros(2, 1)))
    widths = torch.log(tensor([[1.0], [9.0]]))
    yield Case("mu = [[5], [5]], logvar = [[0], [log 9]]", moments(tensor([[5.0], [5.0]]), widths))
    yield Case("6 pictures, 3 dimensions", moments(draw.normal(6, 3, mean=1.0), draw.normal(6, 3)))


# ---- 03-logq: the density of a code ----


def log_q(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log N(z; μ, diag σ²) in nats: (B, L), (B, L), (B, L) → (B,)."""
    return _log_q(z, mu, logvar).sum(1)


def _log_q(z, mu, logvar, variance_of=torch.exp, half=0.5, normaliser=LOG_2PI):
    """The terms of the sum, each with the parts that are asked for: (B, L)."""
    return -0.5 * normaliser - half * logvar - 0.5 * (z - mu) ** 2 / variance_of(logvar)


def observe_logq(log_q, draw):
    """By hand: at the centre, one standard deviation away. Anything; the gradients."""
    yield Case("z = [[1]], mu = [[1]], logvar = [[0]]", log_q(tensor([[1.0]]), tensor([[1.0]]), tensor([[0.0]])))
    four = torch.log(tensor([[4.0]]))
    yield Case("z = [[2]], mu = [[0]], logvar = [[log 4]]", log_q(tensor([[2.0]]), tensor([[0.0]]), four))
    origin = torch.zeros(1, 2)
    yield Case("z = [[0, 0]], mu = [[0, 0]], logvar = [[0, 0]]", log_q(origin, origin.clone(), origin.clone()))
    z, mu, logvar = draw.normal(3, 4, 3)
    yield Case("4 examples, 3 dimensions", log_q(z, mu, logvar))
    for name, gradient in zip(("z", "mu", "logvar"), draw.gradient(log_q, z, mu, logvar), strict=True):
        yield Case(f"its gradient for {name}", gradient)


# ---- 03-w1prior: are the codes like the prior? ----


def codes(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """z = μ + σ ε, of the common shape."""
    return mu + torch.exp(logvar / 2) * eps


def middles(n: int) -> Tensor:
    """(i + ½)/n for i = 0 … n − 1."""
    return (torch.arange(n) + 0.5) / n


def w1_of_codes(z: Tensor, quantiles_of=torch.special.ndtri) -> Tensor:
    """W1 of N codes from the quantiles of the prior: (N,) → ()."""
    return wasserstein_1d(z, quantiles_of(middles(len(z))))


def w1_to_prior(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """W1 of the codes μ + σ ε from N(0, 1): (N,), (N,), (N,) → ()."""
    return w1_of_codes(codes(mu, logvar, eps))


def _paired_by_order(mu, logvar, eps):
    return (codes(mu, logvar, eps) - torch.special.ndtri(middles(len(mu)))).abs().mean()


def observe_w1prior(distance, draw):
    """By hand: one picture, two in the wrong order. Anything."""
    four = torch.log(tensor([4.0]))
    yield Case("mu = [0.5], logvar = [log 4], eps = [1]", distance(tensor([0.5]), four, tensor([1.0])))
    two = distance(tensor([1.0, -1.0]), torch.zeros(2), tensor([0.5, -0.5]))
    yield Case("mu = [1, -1], logvar = [0, 0], eps = [0.5, -0.5]", two)
    mu, logvar, eps = draw.normal(3, 9)
    yield Case("9 pictures", distance(mu, logvar, eps))


# ---- what is asked ----

EXERCISES = (
    Exercise(
        id="03-predict",
        kind="value",
        name="posterior_mean_and_variance",
        reference=(0.75, 0.5),
        parts=("the posterior mean", "the posterior variance"),
        misconceptions=(
            Misconception(
                "prior-ignored",
                (1.5, 1.0),
                "This is what x says alone: z = 3/2, with the noise's variance seen through the factor 2. The prior "
                "knew something about z before x came.",
            ),
            Misconception(
                "std-for-variance",
                (0.75, math.sqrt(0.5)),
                "The mean is right. Your second number is the standard deviation; the variance was asked for.",
            ),
            Misconception(
                "precision-for-variance",
                (0.75, 2.0),
                "The mean is right. Your second number is the precision, 1/variance. A posterior wider than the prior "
                "would mean that x made us forget.",
            ),
        ),
        nudge="Precisions, 1/variance, add up. The prior's is 1. How precise is the news about z, if x = 2z + noise?",
        see="03-posterior#a-few-good-draws-instead-of-ten-thousand-blind-ones",
    ),
    Exercise(
        id="03-grid",
        name="grid_posterior",
        reference=grid_posterior,
        observe=observe_grid,
        returns="one density for each observation and grid point, shape (B, G)",
        misconceptions=(
            Misconception(
                "not-divided-by-dz",
                lambda log_joint, dz: torch.softmax(log_joint, 1),
                "Your numbers add up to 1: they are masses. A density integrates to 1: its values times the "
                "grid step add up to 1.",
            ),
            Misconception(
                "underflow",
                _exp_first,
                "Right near 0, but nan for a log-joint around −1000: all exponentials round to 0, and 0/0 is nan. "
                "Subtract first, in logarithms, for each observation by itself.",
                also=(lambda log_joint, dz: _exp_first(log_joint - log_joint.max(), dz),),
            ),
            Misconception(
                "normalised-over-batch",
                lambda log_joint, dz: torch.softmax(log_joint, 0) / dz,
                "You normalised over the observations. Each observation has a posterior of its own, which integrates "
                "to 1 along z.",
            ),
            Misconception(
                "log-returned",
                lambda log_joint, dz: torch.log_softmax(log_joint, 1) - math.log(dz),
                "This is the logarithm of the posterior. The density itself was asked for.",
            ),
            Misconception(
                "not-normalised",
                lambda log_joint, dz: log_joint.exp(),
                "This is not normalised: it does not integrate to 1 along z. Bayes' rule divides by p(x), the area "
                "under the joint.",
                also=(lambda log_joint, dz: (log_joint - log_joint.amax(1, keepdim=True)).exp(),),
            ),
        ),
        nudge="What is p(x) on the grid, as a sum? Take its logarithm, and subtract it before the exponential.",
        see="03-posterior#which-z-could-have-made-this-x",
    ),
    Exercise(
        id="03-encoder",
        kind="class",
        name="GaussianEncoder",
        reference=GaussianEncoder,
        observe=observe_encoder,
        inside=True,
        returns="the pair (mu, logvar), each of shape (B, latent)",
        misconceptions=(
            Misconception(
                "logvar-forced-positive",
                None,
                "Your logvar is never negative, so no σ is below 1 and no posterior is narrower than the prior. The "
                "logarithm of a variance may be any number: leave the head linear.",
                seen=_only(LOGVAR_NEGATIVE, LOGVAR_LOW, but=(LOGVAR_HIGH, LOGVAR_BENT)),
            ),
            Misconception(
                "mu-boxed",
                None,
                "Your mu never leaves the box between −1 and 1, but more than half of the prior's mass in two "
                "dimensions lies outside of it. Leave the head linear.",
                seen=_only(MU_LOW, MU_HIGH, but=(LOGVAR_LOW, LOGVAR_HIGH)),
            ),
            Misconception(
                "one-head-for-both",
                None,
                "mu and logvar are the same numbers, but perhaps for a sign: one head serves for both. Where a code "
                "lies and how wide it is are two questions.",
                seen=_only(DIFFERENT),
            ),
            Misconception(
                "no-nonlinearity",
                None,
                "Your outputs are linear functions of x: linear layers without a function between them are one linear "
                "layer.",
                seen=_only(MU_BENT, LOGVAR_BENT),
            ),
            Misconception(
                "logvar-constant",
                None,
                "Your logvar is the same for every picture. Each picture has a posterior of its own, also in its "
                "width.",
                seen=_only(LOGVAR_MOVES, LOGVAR_BENT, but=(LOGVAR_NEGATIVE, LOGVAR_LOW, LOGVAR_HIGH)),
            ),
        ),
        nudge="Hidden layer, a nonlinear function, then two linear heads on the same hidden numbers. Which values can "
        "a linear head return?",
        see="03-posterior#two-networks-instead-of-a-table",
    ),
    Exercise(
        id="03-moments",
        name="aggregated_moments",
        reference=aggregated_moments,
        observe=observe_moments,
        returns="the pair (mean, variance), each of shape (L,)",
        misconceptions=(
            Misconception(
                "encoder-variance-forgotten",
                _with_variance(lambda mu, logvar: scatter(mu)),
                "Your variance is that of the centres alone. Each posterior has a width of its own, and it comes on "
                "top.",
            ),
            Misconception(
                "spread-of-means-forgotten",
                _with_variance(lambda mu, logvar: logvar.exp().mean(0)),
                "Your variance is the mean width of the posteriors. They do not lie in one place: the scatter of their "
                "centres comes on top.",
            ),
            Misconception(
                "mean-sigma-squared",
                _with_variance(lambda mu, logvar: scatter(mu) + torch.exp(logvar / 2).mean(0) ** 2),
                "You averaged the standard deviations and squared the result. Variances are what averages here; the "
                "squared mean of σ is smaller than the mean of σ².",
            ),
            Misconception(
                "logvar-as-std",
                _with_variance(lambda mu, logvar: scatter(mu) + (logvar**2).mean(0)),
                "You squared logvar as if it were a standard deviation. It is the logarithm of the variance.",
            ),
            Misconception(
                "divided-by-n-minus-one",
                _with_variance(lambda mu, logvar: mu.var(0) + logvar.exp().mean(0)),
                "You divided by N − 1. That is for a sample of unknown origin; here all N pictures are there, each "
                "with the weight 1/N.",
            ),
        ),
        nudge="A variance is the mean of the square minus the square of the mean. What is the mean of z² under one "
        "posterior?",
        see="03-posterior#all-posteriors-together",
    ),
    Exercise(
        id="03-logq",
        name="log_q",
        reference=log_q,
        observe=observe_logq,
        returns="one log-density per example, shape (B,)",
        misconceptions=(
            Misconception(
                "sigma-not-variance",
                lambda z, mu, logvar: _log_q(z, mu, logvar, lambda logvar: torch.exp(logvar / 2)).sum(1),
                "The squared deviation is divided by σ. In the exponent of a normal it is divided by the variance σ².",
            ),
            Misconception(
                "missing-half-logvar",
                lambda z, mu, logvar: _log_q(z, mu, logvar, half=1.0).sum(1),
                "You subtract the whole log-variance. The normaliser is 1/σ, and log σ is half of log σ².",
            ),
            Misconception(
                "mean-over-latent",
                lambda z, mu, logvar: _log_q(z, mu, logvar).mean(1),
                "You averaged over the latent dimensions. They are independent, so their log-densities add up.",
            ),
            Misconception(
                "wrong-sign",
                lambda z, mu, logvar: -log_q(z, mu, logvar),
                "Every value has the opposite sign. Far from the centre a density is small, so its logarithm has to "
                "fall with the distance.",
            ),
            Misconception(
                "missing-normaliser",
                lambda z, mu, logvar: _log_q(z, mu, logvar, normaliser=0.0).sum(1),
                "The constant log 2π is missing, once for each dimension. Without it the density does not integrate "
                "to 1.",
            ),
        ),
        nudge="At z = μ + σ, for σ = 2: how large should the squared deviation be, counted in standard deviations?",
        see="03-posterior#which-z-could-have-made-this-x",
    ),
    Exercise(
        id="03-w1prior",
        name="w1_to_prior",
        reference=w1_to_prior,
        observe=observe_w1prior,
        returns="one number, shape ()",
        misconceptions=(
            Misconception(
                "paired-by-order",
                _paired_by_order,
                "You compared the codes with the quantiles in the order in which the pictures came. The quantiles "
                "increase: which order must the codes have?",
            ),
            Misconception(
                "logvar-as-std",
                lambda mu, logvar, eps: w1_of_codes(mu + logvar * eps),
                "You multiplied the noise by logvar. It has to be multiplied by σ, and logvar is the logarithm of σ².",
            ),
            Misconception(
                "uniform-quantiles",
                lambda mu, logvar, eps: w1_of_codes(codes(mu, logvar, eps), lambda middles: middles),
                "You compared with (i + ½)/N, numbers between 0 and 1: probabilities. Φ⁻¹ turns them into quantiles of "
                "the prior.",
            ),
            Misconception(
                "noise-ignored",
                lambda mu, logvar, eps: w1_of_codes(mu),
                "You compared the centres with the prior. A code is drawn from its posterior, so the noise belongs to "
                "it.",
            ),
            Misconception(
                "variance-as-std",
                lambda mu, logvar, eps: w1_of_codes(codes(mu, 2 * logvar, eps)),
                "You multiplied the noise by the variance. The standard deviation is its root.",
            ),
        ),
        nudge="Two steps: make the N codes; then chapter 2's W1 between them and the N quantiles. What did W1 on the "
        "line begin with?",
        see="02-distance#sort-and-subtract",
    ),
    Choice(
        id="03-q1",
        name="answer_03_q1",
        question="Training a VAE pulls every private posterior towards N(0, I). A friend objects: “Then each digit is "
        "drawn from N(0, I), and the code tells nothing.” What is right?",
        options={
            "a": Option(
                "The friend: each posterior should become N(0, I), since only then does their average equal the prior.",
                "If every posterior were the prior, z would tell nothing about x: that is collapse. The average can "
                "equal the prior although no single posterior does.",
                mistake="every-posterior-the-prior",
            ),
            "b": Option(
                "The prior is never used when a VAE is trained, so nothing is pulled anywhere.",
                "The KL of each posterior to the prior stands in the loss: there the prior is used, at every step.",
                mistake="prior-never-used",
            ),
            "c": Option(
                "The mean KL of the posteriors to the prior is what z tells about x, plus the KL of their average to "
                "the prior. Single posteriors may stay narrow and apart.",
                "Yes: only the second part should vanish. The first is the price of knowing which picture it is.",
                right=True,
            ),
        },
        nudge="In the chapter's trained model: was a single posterior as wide as the average of all?",
        see="03-posterior#all-posteriors-together",
    ),
    Choice(
        id="03-q2",
        name="answer_03_q2",
        question="The second head of an encoder returns −3.2. What is to be done?",
        options={
            "a": Option(
                "Put a ReLU behind it: a variance cannot be negative.",
                "The head returns the logarithm of the variance. With a ReLU no σ could be below 1, and every "
                "reconstruction would blur.",
                mistake="logvar-forced-positive",
            ),
            "b": Option(
                "Nothing. It means σ = e^(−1.6) ≈ 0.2.",
                "Yes: any real number is the logarithm of some variance.",
                right=True,
            ),
            "c": Option(
                "Nothing, but only because it is log σ². A head that returns log σ would be wrong.",
                "log σ does as well, if every formula reads it as such. What fails is to write one and read the other.",
                mistake="logvar-mandatory",
            ),
            "d": Option(
                "Put a tanh behind both heads, so that no output runs away.",
                "Then every centre is locked in a box that holds less than half of the prior's mass, and σ cannot get "
                "below e^(−½) ≈ 0.6.",
                mistake="mu-boxed",
            ),
        },
        nudge="What is the logarithm of the variance 0.04?",
        see="03-posterior#why-the-logarithm",
    ),
    Choice(
        id="03-q3",
        name="answer_03_q3",
        question="An encoder has been trained as well as possible. What is the normal that it returns for a picture x?",
        options={
            "a": Option(
                "An approximation q(z|x). What is lost is KL(q‖p(z|x)), and it may stay above 0.",
                "Yes: the family sets one part of this price, the one network for all pictures the other.",
                right=True,
            ),
            "b": Option(
                "The posterior p(z|x). That is what an encoder is for.",
                "The posterior is fixed by prior and likelihood, and is hardly ever normal. The encoder can only "
                "choose from the normals.",
                mistake="encoder-is-the-posterior",
            ),
            "c": Option(
                "An approximation that becomes exact when σ is small: then one draw of z is enough.",
                "A narrow q can be far from the posterior: on one of two peaks it misses half of it. One draw per step "
                "is enough because the estimate is unbiased.",
                mistake="one-sample-because-sigma-small",
            ),
        },
        nudge="The toy's posterior at x = 4 has two peaks. What can a normal do about that?",
        see="03-posterior#where-variational-comes-from",
    ),
)
