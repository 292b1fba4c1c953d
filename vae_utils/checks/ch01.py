"""Chapter 1: the density of a mixture and draws from it, the evidence by dice, probabilistic PCA."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from .exercise import Case, Choice, Exercise, Misconception, Option

LOG_2PI = math.log(2 * math.pi)
SIX = 6 * math.sqrt(2)
"""Of two samples of n numbers a mean differs by less than SIX / √n standard deviations, but for once in 10⁸ times."""


# ---- 01-mixture: the density of a mixture ----


def log_normals(x: Tensor, means: Tensor, stds: Tensor) -> Tensor:
    """log N(x_n; m_k, s_k²) in nats: (N,), (K,), (K,) → (N, K)."""
    return -0.5 * ((x[:, None] - means) / stds) ** 2 - torch.log(stds) - 0.5 * LOG_2PI


def mixture_log_density(x: Tensor, weights: Tensor, means: Tensor, stds: Tensor) -> Tensor:
    """log p(x) of a mixture of normals, in nats: (N,), (K,), (K,), (K,) → (N,)."""
    return torch.logsumexp(torch.log(weights) + log_normals(x, means, stds), 1)


def _wrong_mixture(term, log_weights=torch.log):
    """A mixture whose logarithms of the weights or of the normals are wrong."""
    return lambda x, weights, means, stds: torch.logsumexp(log_weights(weights) + term(x, means, stds), 1)


def _one_maximum_for_all(x, weights, means, stds):
    terms = torch.log(weights) + log_normals(x, means, stds)
    return torch.log((terms - terms.max()).exp().sum(1)) + terms.max()


def observe_mixture(density, draw):
    """Two equal bumps, a wide one, unequal weights, anything; far out; the gradient."""
    one = tensor([1.0])
    half, ends, ones = tensor([0.5, 0.5]), tensor([-1.0, 1.0]), tensor([1.0, 1.0])
    yield Case("x = [0], weights = [½, ½], means = [-1, 1], stds = [1, 1]", density(0 * one, half, ends, ones))
    yield Case("x = [1], one component: mean 0, std 2", density(one, one, 0 * one, 2 * one))
    quarters = tensor([0.25, 0.75])
    yield Case(
        "x = [0, 1], weights = [¼, ¾], means = [-2, 2], stds = [1, 1]", density(ends.relu(), quarters, 2 * ends, ones)
    )
    x, means, stds = draw.normal(6), draw.normal(3, std=2.0), draw.uniform(3, low=0.5, high=2.0)
    weights = torch.softmax(draw.normal(3), 0)
    yield Case("6 points under 3 components", density(x, weights, means, stds))
    yield Case("x = [0, -60], the second far out", density(tensor([0.0, -60.0]), half, ends, ones))
    yield Case("its gradient for 6 points", draw.gradient(density, x, weights, means, stds)[0])


# ---- 01-sample: first the choice, then x ----

N = 4000
WEIGHTS, MEANS, STDS = tensor([0.2, 0.3, 0.5]), tensor([-1000.0, 0.0, 1000.0]), tensor([0.25, 2.0, 3.0])
BETWEEN = f"{N} draws: share that lies far from every component"
SHARES = f"{N} draws: share of each component"
CENTRES = f"{N} draws: mean of each component, off by … stds"
SPREADS = f"{N} draws: standard deviation of each component / std"
WITHIN = f"{N} draws: share within one std of the component's mean"
PILES = 200
UNMIXED = f"{PILES} piles of 20 draws: share of piles from one component only"
LEFT = f"{PILES} piles of 20 draws: share of the left component"


def far_apart() -> tuple[Tensor, Tensor, Tensor]:
    """WEIGHTS, MEANS, STDS for an answer that may change its arguments."""
    return WEIGHTS.clone(), MEANS.clone(), STDS.clone()


def sample_mixture(n: int, weights: Tensor, means: Tensor, stds: Tensor, generator: torch.Generator) -> Tensor:
    """n draws from a mixture of normals: (K,), (K,), (K,) → (n,)."""
    choice = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[choice] + stds[choice] * torch.randn(n, generator=generator)


def observe_sample(sample, draw):
    """Without chance; repeated; many draws from components that lie far apart; many small piles."""
    sure = sample(3, tensor([0.0, 1.0]), tensor([-5.0, 5.0]), tensor([1.0, 0.0]), draw.generator())
    yield Case("n = 3, weights = [0, 1], means = [-5, 5], stds = [1, 0]", sure)
    seed = draw.seed()
    first, second = (sample(50, *far_apart(), draw.generator(seed)) for _ in range(2))
    yield Case("two equal generators: are the draws equal?", bool(torch.equal(first, second)))

    x = sample(N, *far_apart(), draw.generator()).reshape(-1)
    away, component = (x[:, None] - MEANS).abs().min(1)
    members = [x[component == k] for k in range(3)]
    share_error = SIX * 0.5 / math.sqrt(N)  # a share has at most the variance ¼ / N
    yield Case(BETWEEN, (away > 200).double().mean())  # 66 standard deviations: for a right answer never
    yield Case(SHARES, tensor([len(part) / len(x) for part in members]), rtol=0, atol=share_error)
    early = component[: N // 4]
    early_shares = torch.stack([(early == k).double().mean() for k in range(3)])
    yield Case(f"the first {N // 4} of {N} draws: share of each component", early_shares, rtol=0, atol=2 * share_error)

    twins = [(tensor([0.5, 0.5]), tensor([-5.0, 5.0]), tensor([1.0, 1.0])) for _ in range(PILES)]
    left = torch.stack([(sample(20, *pair, draw.generator()) < 0).double().mean() for pair in twins])
    unmixed = ((left == 0) | (left == 1)).double().mean()
    yield Case(UNMIXED, unmixed, rtol=0, atol=0.02)  # 4 piles; of a right answer one is unmixed with probability 2⁻¹⁹
    spread = 0.5 / math.sqrt(20)  # of the share from pile to pile
    yield Case(LEFT, left.mean(), rtol=0, atol=SIX * spread / math.sqrt(PILES))
    yield Case(
        f"{PILES} piles of 20 draws: spread of that share", left.std(), rtol=0, atol=SIX * spread / math.sqrt(2 * PILES)
    )

    if min(len(part) for part in members) < 2:
        return  # nothing to average
    rarest = 0.2 * N - 6 * math.sqrt(0.2 * 0.8 * N)  # so many draws has every component, but for once in 10⁹ times
    centres = torch.stack([part.double().mean() for part in members])
    yield Case(CENTRES, (centres - MEANS) / STDS, rtol=0, atol=SIX / math.sqrt(rarest))
    spreads = torch.stack([part.double().std() for part in members])
    yield Case(SPREADS, spreads / STDS, rtol=0, atol=SIX / math.sqrt(2 * rarest))
    yield Case(WITHIN, (away < STDS[component]).double().mean(), rtol=0, atol=share_error)


def _near(a: Tensor, b: Tensor, tolerance: float) -> bool:
    return a.shape == b.shape and bool((a - b).abs().max() < tolerance)


def _averages_components(cases):
    return bool(cases[BETWEEN] > 0.99) and bool(cases[UNMIXED] < 0.5)


def _one_component(cases):
    """All of a pile from one component, but not always from the same."""
    return bool(cases[BETWEEN] == 0) and bool(cases[UNMIXED] == 1) and 0.1 < float(cases[LEFT]) < 0.9


def _weights_ignored(cases):
    return _drawn_with(cases, torch.full((3,), 1 / 3), torch.ones(3), within=5 * math.sqrt(2 / 9 / N))


def _noise_missing(cases):
    return _drawn_with(cases, WEIGHTS, torch.zeros(3)) and bool((cases[CENTRES] == 0).all())


def _variance_as_std(cases):
    return _drawn_with(cases, WEIGHTS, STDS)


def _drawn_with(cases, shares, spreads, within=0.07):
    """Whether the many draws have these shares, the right means, and these standard deviations / stds."""
    close = torch.allclose(cases[SPREADS], spreads.double(), rtol=0.2, atol=1e-3)
    centred = bool((cases[CENTRES].abs() < 0.25 * spreads.clamp(min=1)).all())
    return close and centred and _near(cases[SHARES], shares.double(), within)


# ---- 01-evidence: the average of likelihoods, in logarithms ----


def log_evidence(log_likelihoods: Tensor) -> Tensor:
    """log of the average likelihood over K codes: (K, B) → (B,)."""
    return torch.logsumexp(log_likelihoods, 0) - math.log(len(log_likelihoods))


def _log_mean_below_one_maximum(log_likelihoods):
    largest = log_likelihoods.max()
    return torch.log((log_likelihoods - largest).exp().mean(0)) + largest


def observe_evidence(evidence, draw):
    """By hand, anything, far below the smallest float."""
    yield Case("K = 2, B = 1, likelihoods ¼ and ¾", evidence(torch.log(tensor([[0.25], [0.75]]))))
    likelihoods = tensor([[0.5, 0.2, 0.1], [0.5, 0.4, 0.3]])
    yield Case("K = 2, B = 3, likelihoods [½, .2, .1] and [½, .4, .3]", evidence(torch.log(likelihoods)))
    anything = draw.normal(5, 3, std=2.0)
    yield Case("5 codes, 3 pictures", evidence(anything))
    yield Case("5 codes, 3 pictures, every value lower by 2000", evidence(anything - 2000), rtol=1e-6)
    yield Case(
        "5 codes, 3 pictures, one picture lower by 2000", evidence(anything - tensor([0.0, 2000.0, 0.0])), rtol=1e-6
    )


# ---- 01-ppca: log N(x; 0, W Wᵀ + noise² I) ----


def covariance(W: Tensor, variance: float) -> Tensor:
    """W Wᵀ + variance · I: (D, L) → (D, D)."""
    return W @ W.T + variance * torch.eye(len(W))


def log_normal_zero(x: Tensor, C: Tensor) -> Tensor:
    """log N(x; 0, C) in nats: (B, D), (D, D) → (B,)."""
    squared = (x * torch.linalg.solve(C, x.T).T).sum(1)
    return -0.5 * (len(C) * LOG_2PI + torch.logdet(C) + squared)


def ppca_log_density(x: Tensor, W: Tensor, noise: float) -> Tensor:
    """log N(x; 0, W Wᵀ + noise² I) in nats: (B, D), (D, L), float → (B,)."""
    return log_normal_zero(x, covariance(W, noise**2))


def _normaliser_times_d(x, W, noise):
    D = x.shape[1]
    return ppca_log_density(x, W, noise) - 0.5 * D * (D - 1) * LOG_2PI


def _latent_covariance(x, W, noise):
    return log_normal_zero(x @ W, covariance(W.T, noise**2))


def _latent_covariance_of_pixels(x, W, noise):
    D, L = W.shape
    return _latent_covariance(x, W, noise) - 0.5 * (D - L) * LOG_2PI


def observe_ppca(density, draw):
    """By hand; D = L; D ≠ L. The noise is never 1, and W Wᵀ alone is never singular: then each mistake has a value."""
    yield Case("x = [[0]], W = [[0.6]], noise = 0.8", density(tensor([[0.0]]), tensor([[0.6]]), 0.8))
    both = 0.6 * torch.eye(2)
    yield Case("x = [[0, 0]], W = [[0.6, 0], [0, 0.6]], noise = 0.8", density(torch.zeros(1, 2), both, 0.8))
    yield Case("x = [[1, 2]], W = [[0.6, 0], [0, 0.6]], noise = 0.8", density(tensor([[1.0, 2.0]]), both, 0.8))
    lower = density(tensor([[1.0, 0.0]]), tensor([[1.0, 0.0], [1.0, 1.0]]), 0.5)  # its determinant is not 1
    yield Case("x = [[1, 0]], W = [[1, 0], [1, 1]], noise = 0.5", lower)
    x, W = draw.normal(4, 3), draw.normal(3, 5) + 2 * torch.eye(3, 5)
    yield Case("4 pictures of 3 pixels, 5 dials, noise 0.5", density(x, W, 0.5), rtol=1e-3, atol=1e-3)


# ---- what is asked ----

EXERCISES = (
    Exercise(
        id="01-moments",
        kind="value",
        name="x_moments",
        reference=(1.0, 4.0),
        parts=("the mean of x", "the variance of x"),
        misconceptions=(
            Misconception(
                "variance-within-only",
                (1.0, 1.0),
                "1 is the variance inside each component. The two means differ as well, and x does not know which one "
                "it got: their scatter comes on top.",
            ),
            Misconception(
                "weights-ignored",
                (0.0, 5.0),
                "These would be right for a fair coin. Here one choice is three times as probable as the other.",
            ),
            Misconception(
                "std-for-variance",
                (1.0, 2.0),
                "The second number is the standard deviation of x. Its variance was asked for.",
            ),
        ),
        nudge="Let both standard deviations be 0. What is left then? How far is each mean from the mean of x?",
        see="01-map#the-smallest-case-one-hidden-choice",
    ),
    Exercise(
        id="01-mixture",
        name="mixture_log_density",
        reference=mixture_log_density,
        observe=observe_mixture,
        returns="one log-density per point, shape (N,)",
        misconceptions=(
            Misconception(
                "mean-of-logs",
                lambda x, weights, means, stds: (weights * log_normals(x, means, stds)).sum(1),
                "You averaged the logarithms of the components. The densities add up: sum first, and take the "
                "logarithm of the sum.",
            ),
            Misconception(
                "weights-ignored",
                _wrong_mixture(log_normals, lambda weights: torch.full_like(weights, -math.log(len(weights)))),
                "The weights have no effect on your result. A component that is chosen more often contributes more.",
                also=(_wrong_mixture(log_normals, torch.zeros_like),),
            ),
            Misconception(
                "std-as-variance",
                _wrong_mixture(lambda x, means, stds: log_normals(x, means, stds.sqrt())),
                "Somewhere `stds` stands in the place of the variance. It is a standard deviation: the variance is its "
                "square.",
                also=(
                    _wrong_mixture(
                        lambda x, means, stds: -0.5 * (x[:, None] - means) ** 2 / stds - torch.log(stds) - 0.5 * LOG_2PI
                    ),
                    _wrong_mixture(lambda x, means, stds: log_normals(x, means, stds) + 0.5 * torch.log(stds)),
                ),
            ),
            Misconception(
                "density-not-log",
                lambda *given: mixture_log_density(*given).exp(),
                "This is the density p(x). Its logarithm was asked for: far out the density itself rounds to 0.",
            ),
            Misconception(
                "missing-normaliser",
                _wrong_mixture(lambda x, means, stds: -0.5 * ((x[:, None] - means) / stds) ** 2),
                "The normal density has a factor 1/(σ√2π) before the exponential. Its logarithm is missing, or a part "
                "of it, so your density does not integrate to 1.",
                also=(
                    _wrong_mixture(lambda x, means, stds: log_normals(x, means, stds) + 0.5 * LOG_2PI),
                    _wrong_mixture(lambda x, means, stds: log_normals(x, means, stds) + torch.log(stds)),
                ),
            ),
            Misconception(
                "underflow",
                lambda x, weights, means, stds: torch.log(log_normals(x, means, stds).exp() @ weights),
                "Right near the bumps, but −∞ at x = −60: there every density rounds to 0 before you take the "
                "logarithm. Stay in logarithms all the way.",
                also=(_one_maximum_for_all,),
            ),
        ),
        nudge="Write the logarithm of one term, w_k N(x; m_k, s_k²), for all N and K at once: shape (N, K). "
        "Which function adds such terms without leaving the logarithms?",
        see="01-map#the-smallest-case-one-hidden-choice",
    ),
    Exercise(
        id="01-sample",
        name="sample_mixture",
        reference=sample_mixture,
        observe=observe_sample,
        random=True,
        returns="n numbers, shape (n,)",
        misconceptions=(
            Misconception(
                "averages-components",
                None,
                "Your draws lie between the components, where hardly any should be. Each draw comes from one "
                "component, chosen by the weights; it is not a weighted sum of all of them.",
                seen=_averages_components,
            ),
            Misconception(
                "one-component-for-all",
                None,
                "All n draws of a call come from the same component. Each draw makes a choice of its own.",
                seen=_one_component,
            ),
            Misconception(
                "weights-ignored",
                None,
                "Every component is chosen equally often, whatever the weights say.",
                seen=_weights_ignored,
            ),
            Misconception(
                "noise-missing",
                None,
                "Your draws sit exactly on the means. After the choice comes a second step: x is drawn from a normal "
                "around the mean.",
                seen=_noise_missing,
            ),
            Misconception(
                "variance-as-std",
                None,
                "The spread of each component is its standard deviation squared. Noise of standard deviation 1 is "
                "stretched by the standard deviation, not by the variance.",
                seen=_variance_as_std,
            ),
        ),
        nudge="Draw n choices first, an index for each draw. What is `means[choice]` then, and which shape has it?",
        see="01-map#the-smallest-case-one-hidden-choice",
    ),
    Exercise(
        id="01-evidence",
        name="log_evidence",
        reference=log_evidence,
        observe=observe_evidence,
        returns="one value per picture, shape (B,)",
        misconceptions=(
            Misconception(
                "mean-of-logs",
                lambda log_likelihoods: log_likelihoods.mean(0),
                "You averaged the log-likelihoods. The evidence is the average of the likelihoods; by Jensen the "
                "average of the logarithms is lower.",
            ),
            Misconception(
                "forgot-log-k",
                lambda log_likelihoods: torch.logsumexp(log_likelihoods, 0),
                "This is the logarithm of the sum over the codes. An average also divides by K.",
            ),
            Misconception(
                "wrong-dimension",
                lambda log_likelihoods: log_evidence(log_likelihoods.T),
                "You averaged over the pictures: one value for each code came out. Average over the codes, the first "
                "dimension, and keep one value for each picture.",
            ),
            Misconception(
                "underflow",
                lambda log_likelihoods: torch.log(log_likelihoods.exp().mean(0)),
                "Right for likelihoods near 1, but −∞ where those of a picture are around e⁻²⁰⁰⁰: they round to 0 "
                "before you take the logarithm. Stay in logarithms, for each picture by itself.",
                also=(_log_mean_below_one_maximum,),
            ),
        ),
        nudge="How is the log of an average written as the log of a sum, minus something? And which function takes the "
        "log of a sum of exponentials safely?",
        see="01-map#ask-the-dice-prior-monte-carlo",
    ),
    Exercise(
        id="01-ppca",
        name="ppca_log_density",
        reference=ppca_log_density,
        observe=observe_ppca,
        returns="one log-density per picture, shape (B,)",
        misconceptions=(
            Misconception(
                "normaliser-times-d",
                _normaliser_times_d,
                "The constant log 2π counts too often. Each of the D pixels has it once; then the sum over the pixels "
                "makes it D times.",
            ),
            Misconception(
                "std-as-variance",
                lambda x, W, noise: log_normal_zero(x, covariance(W, noise)),
                "`noise` is a standard deviation. The diagonal of a covariance holds variances.",
            ),
            Misconception(
                "missing-half",
                lambda x, W, noise: 2 * ppca_log_density(x, W, noise),
                "Every value is twice the right one: the ½ of the normal's exponent and normaliser is missing.",
            ),
            Misconception(
                "latent-covariance",
                _latent_covariance,
                "Your covariance belongs to the L dials, Wᵀ W + noise² I. The pictures have D pixels: their covariance "
                "is D × D.",
                also=(_latent_covariance_of_pixels,),
            ),
            Misconception(
                "noise-missing",
                lambda x, W, noise: log_normal_zero(x, covariance(W, 0.0)),
                "The pixel noise has no effect on your result. Without it all pictures lie in the plane that W spans, "
                "and there is no density.",
            ),
        ),
        nudge="Let W be 0 and the noise 1, and take x = 0. Which value should one pixel give, and which two pixels? "
        "Follow log 2π through the function.",
        see="01-map#the-same-on-real-digits",
    ),
    Choice(
        id="01-q1",
        name="answer_01_q1",
        question="For which parameters of a model does p_θ(x) = Σ_z p_θ(x|z) p(z) hold?",
        options={
            "a": Option(
                "For those that training finds. It is what training has to bring about.",
                "The sum holds before any training: it is what p_θ(x) means. Training has to bring about another "
                "equation, p_θ(x) = p_data(x).",
                mistake="identity-as-goal",
            ),
            "b": Option(
                "For those whose density equals that of the data.",
                "You name the equation that learning must meet. The sum is another one; no data occur in it. Three "
                "models of the chapter obeyed it, and two of them fitted badly.",
                mistake="model-equals-data",
            ),
            "c": Option(
                "For all parameters, good and bad.",
                "Yes: the right side defines the left side. Nothing can go wrong with it.",
                right=True,
            ),
            "d": Option(
                "For none exactly: the sum is only known from samples.",
                "An estimate from samples has errors, the sum itself has none. The chapter computed it exactly: by two "
                "terms, by quadrature, by a formula.",
                mistake="monte-carlo-as-truth",
            ),
        },
        nudge="Which side of the equation is known first, when somebody hands you a model?",
        see="01-map#what-the-equation-says-and-what-it-does-not",
    ),
    Choice(
        id="01-q2",
        name="answer_01_q2",
        question="The ledger's digit has log p(x) = +5.68 nats under a model of grey pixels. A friend is alarmed. What "
        "do you say?",
        options={
            "a": Option(
                "Nothing is wrong. A density may exceed 1.",
                "Yes: a density is probability per volume. In a small volume there can be more of it than 1.",
                right=True,
            ),
            "b": Option(
                "There is a bug: no probability exceeds 1, so no logarithm of one is positive.",
                "True of probabilities. But p(x) of grey pixels is a density, probability per volume: a normal of "
                "standard deviation 0.1 has a peak of 4.",
                mistake="density-as-probability",
            ),
            "c": Option(
                "It is a loss, printed without its minus sign: log p(x) must be −5.68.",
                "A wrong sign does occur in real code, but this number needs none: it is the logarithm of a density "
                "above 1, and torch.distributions finds the same.",
                mistake="positive-log-as-sign-error",
            ),
        },
        nudge="How high is the peak of a normal whose standard deviation is 0.1?",
        see="01-map#the-ledger",
    ),
    Choice(
        id="01-q3",
        name="answer_01_q3",
        question="Prior Monte Carlo with 16 dials and K = 10,000 is run with five seeds. The five estimates of the "
        "average log p(x) lie within two nats of each other. What follows?",
        options={
            "a": Option(
                "They are right to about two nats: five independent runs would not err alike.",
                "They do err alike: all five miss the same rare rolls. In the chapter all five were more than 20 nats "
                "too low. A Monte Carlo value is not a true value.",
                mistake="monte-carlo-as-truth",
            ),
            "b": Option(
                "Nothing about p(x). The estimate is unbiased, but its mean is carried by rolls that none of the runs "
                "has seen.",
                "Yes: agreement among runs says nothing about rolls that no run has met.",
                right=True,
            ),
            "c": Option(
                "The estimate of p(x) is biased downwards, so its average over very many runs would be too low as "
                "well.",
                "The estimate of p(x) is unbiased for every K: very rare, gigantic values make up for all the others. "
                "Its logarithm is what is too low on average.",
                mistake="unbiased-taken-for-biased",
            ),
        },
        nudge="How many of 10,000 rolls carried 99 % of the sum, in the chapter's picture of 16 dials?",
        see="01-map#the-same-on-real-digits",
    ),
)
