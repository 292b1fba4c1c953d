"""Chapter 2: distances between two piles of samples, and what a squared error without pairing learns."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from .ch01 import LOG_2PI
from .exercise import Case, Choice, Exercise, Misconception, Option

# ---- 02-histogram: KL of two histograms ----

NEW_IN_A = "edges = [0, 1, 2], a = [0.5, 1.5], b = [0.5, 0.6]"
NEW_IN_B = "edges = [0, 1, 2], a = [0.5, 0.6], b = [0.5, 1.5]"
LARGE_A, LARGE_B = tensor([700, 200, 50, 50]), tensor([75, 150, 225, 300])
LARGE = f"{LARGE_A.tolist()} numbers in the bins of a, {LARGE_B.tolist()} in those of b"


def counts(a: Tensor, edges: Tensor) -> Tensor:
    """How many numbers lie in each bin: (N,), (E + 1,) → (E,)."""
    return torch.histogram(a, edges).hist


def shares(a: Tensor, edges: Tensor) -> Tensor:
    """The share of the numbers in each bin: (N,), (E + 1,) → (E,)."""
    return counts(a, edges) / len(a)


def kl(p: Tensor, q: Tensor) -> Tensor:
    """Σ p log(p/q) in nats, where an entry with p = 0 counts 0: (N,), (N,) → ()."""
    return torch.where(p > 0, p * torch.log(p / q), 0.0).sum()


def histogram_kl(a: Tensor, b: Tensor, edges: Tensor) -> Tensor:
    """KL of a's histogram to b's, in nats: (N,), (M,), (E + 1,) → ()."""
    return kl(shares(a, edges), shares(b, edges))


def _plain_histogram_kl(a, b, edges):
    p, q = shares(a, edges), shares(b, edges)
    return (p * torch.log(p / q)).sum()


def observe_histogram(divergence, draw):
    """By hand; a bin that is empty in one, in the other, in both; unequal widths and sizes."""
    edges = tensor([0.0, 1.0, 2.0])
    by_hand = divergence(tensor([0.5, 1.5]), tensor([0.1, 0.4, 0.9, 1.2]), edges)
    yield Case("edges = [0, 1, 2], a = [0.5, 1.5], b = [0.1, 0.4, 0.9, 1.2]", by_hand)
    yield Case(NEW_IN_B, divergence(tensor([0.5, 0.6]), tensor([0.5, 1.5]), edges))
    yield Case(NEW_IN_A, divergence(tensor([0.5, 1.5]), tensor([0.5, 0.6]), edges))
    with_a_gap = divergence(tensor([0.5, 2.5]), tensor([0.1, 0.4, 0.9, 2.2]), tensor([0.0, 1.0, 2.0, 3.0]))
    yield Case("edges = [0, 1, 2, 3], a = [0.5, 2.5], b = [0.1, 0.4, 0.9, 2.2]", with_a_gap)
    middles = tensor([0.5, 1.5, 2.5, 3.5])
    a, b = (middles.repeat_interleave(n) for n in (LARGE_A, LARGE_B))
    yield Case(LARGE, divergence(a, b, torch.arange(5.0)))
    filled = tensor([0.1, 0.3, 0.8, 2.0])  # one number in each bin, whatever is drawn
    a, b = (torch.cat([filled, draw.uniform(n, low=0.0, high=2.9)]) for n in (30, 17))
    yield Case("34 and 21 numbers, edges = [0, 0.2, 0.5, 1, 3]", divergence(a, b, tensor([0.0, 0.2, 0.5, 1.0, 3.0])))


def _finite_by_smoothing(cases):
    """Finite where the right value is infinite, and in the other direction too; nearly right for large piles."""
    finite = all(bool(torch.isfinite(cases[text])) for text in (NEW_IN_A, NEW_IN_B))
    right = kl(LARGE_A / LARGE_A.sum(), LARGE_B / LARGE_B.sum())  # 1.17; one number more in each bin makes it 1.16
    return finite and bool((cases[LARGE] / right - 1).abs() < 0.03)


# ---- 02-w1: sort, and subtract ----


def wasserstein_1d(a: Tensor, b: Tensor) -> Tensor:
    """W1 of two equally large samples on the line: (N,), (N,) → ()."""
    return sorted_differences(a, b).abs().mean()


def sorted_differences(a: Tensor, b: Tensor) -> Tensor:
    """Smallest minus smallest, and so on: (N,), (N,) → (N,)."""
    return a.sort().values - b.sort().values


def observe_w1(distance, draw):
    """By hand, one or the other in the wrong order; anything; the gradients."""
    yield Case("a = [0, 2], b = [3, 1]", distance(tensor([0.0, 2.0]), tensor([3.0, 1.0])))
    yield Case("a = [5, 0], b = [1, 3]", distance(tensor([5.0, 0.0]), tensor([1.0, 3.0])))
    three = distance(tensor([2.0, 9.0, 1.0]), tensor([0.0, 3.0, 5.0]))
    yield Case("a = [2, 9, 1], b = [0, 3, 5]", three)
    a, b = draw.normal(7), draw.normal(7, mean=0.5, std=2.0)
    yield Case("7 numbers each", distance(a, b))
    yield Case("its gradient for a", draw.gradient(lambda a: distance(a, b), a)[0])
    yield Case("its gradient for b", draw.gradient(lambda b: distance(a, b), b)[0])


# ---- 02-js: KL to the mixture ----


def js_divergence(p: Tensor, q: Tensor) -> Tensor:
    """JS of two probability vectors, in nats: (N,), (N,) → ()."""
    r = (p + q) / 2
    return (kl(p, r) + kl(q, r)) / 2


def _plain_js(p, q):
    r = (p + q) / 2
    return ((p * torch.log(p / r)).sum() + (q * torch.log(q / r)).sum()) / 2


def observe_js(divergence, draw):
    """By hand without zeros and with them; zeros in one place; anything."""
    yield Case("p = [½, ½], q = [¼, ¾]", divergence(tensor([0.5, 0.5]), tensor([0.25, 0.75])))
    yield Case("p = [1, 0], q = [0, 1]", divergence(tensor([1.0, 0.0]), tensor([0.0, 1.0])))
    yield Case("p = [1, 0], q = [½, ½]", divergence(tensor([1.0, 0.0]), tensor([0.5, 0.5])))
    yield Case("p = [½, ½, 0], q = [¼, ¾, 0]", divergence(tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0])))
    p, q = torch.softmax(draw.normal(2, 6), 1)
    yield Case("6 entries", divergence(p, q))


# ---- 02-mmd: likeness within and between ----


def gaussian_kernel(squared_distance: Tensor, bandwidth: float) -> Tensor:
    """exp(−d² / 2h²), of the shape of d²."""
    return torch.exp(-squared_distance / (2 * bandwidth**2))


def _mmd(kernel, cross=-2.0):
    """MMD² over all pairs from a kernel of squared distances; ``cross`` is the factor of the cross term."""

    def mmd_squared(a: Tensor, b: Tensor, bandwidth: float) -> Tensor:
        def likeness(u, v):
            return kernel(((u[:, None] - v) ** 2).sum(-1), bandwidth).mean()

        return likeness(a, a) + likeness(b, b) + cross * likeness(a, b)

    return mmd_squared


mmd_squared = _mmd(gaussian_kernel)


def _root(squared: Tensor) -> Tensor:
    """The distance, with gradient 0 where it is 0."""
    return torch.where(squared > 0, squared, 1.0).sqrt() * (squared > 0)


def observe_mmd(mmd, draw):
    """One picture each: the same, a known likeness, far apart. Anything, with a width that is not 1; its gradients."""
    one, other = tensor([[1.0, 2.0]]), tensor([[1.0, 3.0]])
    yield Case("a = [[1, 2]], b = [[1, 2]], bandwidth 2", mmd(one, one.clone(), 2.0))
    yield Case("a = [[1, 2]], b = [[1, 3]], bandwidth 2", mmd(one, other, 2.0))
    yield Case("a = [[1, 2]], b = [[99, 2]], bandwidth 2", mmd(one, tensor([[99.0, 2.0]]), 2.0))
    a, b = draw.normal(4, 3), draw.normal(5, 3, mean=0.7)
    yield Case("4 and 5 pictures of 3 pixels, bandwidth 0.8", mmd(a, b, 0.8))
    yield Case("its gradient for a", draw.gradient(lambda a: mmd(a, b, 0.8), a)[0])
    yield Case("its gradient for b", draw.gradient(lambda b: mmd(a, b, 0.8), b)[0])


# ---- 02-kde: a bump on every sample ----


def log_bumps(x: Tensor, samples: Tensor, width: float) -> Tensor:
    """log N(x_n; sample_k, width²) in nats: (N,), (K,), float → (N, K)."""
    return -0.5 * ((x[:, None] - samples) / width) ** 2 - math.log(width) - 0.5 * LOG_2PI


def kernel_log_density(x: Tensor, samples: Tensor, width: float) -> Tensor:
    """log of the average bump, in nats: (N,), (K,), float → (N,)."""
    return torch.logsumexp(log_bumps(x, samples, width), 1) - math.log(len(samples))


def _only_the_exponent_wrong(x, samples, width):
    return kernel_log_density(x, samples, math.sqrt(width)) - 0.5 * math.log(width)


def _one_maximum_for_all(x, samples, width):
    bumps = log_bumps(x, samples, width)
    return torch.log((bumps - bumps.max()).exp().mean(1)) + bumps.max()


def observe_kde(density, draw):
    """By hand; a width that is not 1; anything, with N ≠ K; near and far out at once."""
    zero, pair = tensor([0.0]), tensor([-1.0, 1.0])
    yield Case("x = [0], samples = [-1, 1], width = 1", density(zero, pair, 1.0))
    yield Case("x = [0], samples = [0], width = 2", density(zero, zero.clone(), 2.0))
    x, samples = draw.normal(4, std=2.0), draw.normal(6)
    yield Case("4 points, 6 samples, width = 0.5", density(x, samples, 0.5))
    yield Case("x = [0, -60], samples = [-1, 1], width = 1", density(tensor([0.0, -60.0]), pair, 1.0))


# ---- what is asked ----

EXERCISES = (
    Exercise(
        id="02-unpaired",
        kind="value",
        name="best_and_loss",
        reference=(2.0, 8.0),
        parts=("the best grey", "the mean squared error that is left"),
        misconceptions=(
            Misconception(
                "median",
                (0.0, 12.0),
                "0 is the median: the best grey for the absolute difference. The squared difference punishes the far 6 "
                "more, and pulls the grey towards it.",
            ),
            Misconception(
                "sum-not-mean",
                (2.0, 24.0),
                "The grey is right, but 24 is the sum of the three squared errors. Their mean was asked for.",
            ),
            Misconception(
                "no-loss-left",
                (2.0, 0.0),
                "The grey is right, but one grey cannot equal three different pictures. How far is 2 from 0, 0 and 6?",
            ),
            Misconception(
                "std-for-variance",
                (2.0, math.sqrt(8.0)),
                "The grey is right; your second number is the root of the mean squared error. No root is asked for.",
            ),
        ),
        nudge="Write the mean of the three squared errors for an unknown grey g. For which g does its slope vanish?",
        see="02-distance#pull-each-drawing-towards-a-picture",
    ),
    Exercise(
        id="02-histogram",
        name="histogram_kl",
        reference=histogram_kl,
        observe=observe_histogram,
        returns="one number, shape ()",
        misconceptions=(
            Misconception(
                "swapped-arguments",
                lambda a, b, edges: histogram_kl(b, a, edges),
                "This is KL(b‖a). The first argument is the one under which the average is taken, and KL is not "
                "symmetric.",
            ),
            Misconception(
                "counts-not-normalised",
                lambda a, b, edges: kl(counts(a, edges), counts(b, edges)),
                "You put counts where shares belong. The shares of a pile add up to 1, however large the pile is.",
            ),
            Misconception(
                "zero-times-log-zero",
                _plain_histogram_kl,
                "Right where every bin is filled, but nan as soon as a bin is empty in a: 0 · log 0 is nan in floating "
                "point. Such a bin counts 0.",
            ),
            Misconception(
                "in-bits",
                lambda a, b, edges: histogram_kl(a, b, edges) / math.log(2),
                "The values are in bits, logarithms to the base 2. Nats, natural logarithms, were asked for.",
            ),
            Misconception(
                "finite-by-smoothing",
                None,
                "A bin that is filled in a and empty in b makes the divergence infinite. Yours stays finite, as if the "
                "bin were left out or filled up with a small number, and so the worst misfit is hidden.",
                seen=_finite_by_smoothing,
            ),
        ),
        nudge="Go through one bin at a time. What does it contribute if it is empty in a? And if empty in b only?",
        see="02-distance#when-only-samples-are-known",
    ),
    Exercise(
        id="02-w1",
        name="wasserstein_1d",
        reference=wasserstein_1d,
        observe=observe_w1,
        returns="one number, shape ()",
        misconceptions=(
            Misconception(
                "paired-by-order",
                lambda a, b: (a - b).abs().mean(),
                "You paired the numbers in the order in which they came. That is a distance between pairs, and stays "
                "large for equal piles. Which pairing is the shortest?",
            ),
            Misconception(
                "difference-of-means",
                lambda a, b: (a.mean() - b.mean()).abs(),
                "This is the distance of the two means: steps to the left and to the right cancel. Each number's way "
                "counts, in whichever direction it goes.",
            ),
            Misconception(
                "squared",
                lambda a, b: (sorted_differences(a, b) ** 2).mean(),
                "You averaged squared distances. W1 averages the distances themselves.",
            ),
            Misconception(
                "root-of-squares",
                lambda a, b: (sorted_differences(a, b) ** 2).mean().sqrt(),
                "This is W2, the root of the mean squared distance. W1 averages the distances themselves.",
            ),
            Misconception(
                "sum-not-mean",
                lambda a, b: sorted_differences(a, b).abs().sum(),
                "You added up the distances. Each of the N numbers carries the share 1/N of the mass.",
            ),
            Misconception(
                "signed",
                lambda a, b: sorted_differences(a, b).mean(),
                "Your distances have a sign, so they cancel and may even come out negative. How far does each number "
                "travel?",
            ),
        ),
        nudge="Six numbers each can be paired in 720 ways. What did the shortest one in the chapter look like?",
        see="02-distance#sort-and-subtract",
    ),
    Exercise(
        id="02-js",
        name="js_divergence",
        reference=js_divergence,
        observe=observe_js,
        returns="one number, shape ()",
        misconceptions=(
            Misconception(
                "symmetrised-kl",
                lambda p, q: (kl(p, q) + kl(q, p)) / 2,
                "This is the symmetrised KL, which has no bound. JS compares p and q with their mixture, not with each "
                "other.",
                also=(lambda p, q: ((p * torch.log(p / q)).sum() + (q * torch.log(q / p)).sum()) / 2,),
            ),
            Misconception(
                "missing-half",
                lambda p, q: 2 * js_divergence(p, q),
                "You added the two KLs to the mixture. JS is their mean, and so never exceeds log 2.",
            ),
            Misconception(
                "in-bits",
                lambda p, q: js_divergence(p, q) / math.log(2),
                "The values are in bits: for distributions that do not overlap 1 comes out. In nats it is log 2.",
            ),
            Misconception(
                "square-root",
                lambda p, q: js_divergence(p, q).clamp(min=0).sqrt(),
                "This is the root of JS, the Jensen–Shannon distance as SciPy defines it. The divergence itself was "
                "asked for.",
            ),
            Misconception(
                "zero-times-log-zero",
                _plain_js,
                "Right where no entry is 0, but nan elsewhere: 0 · log 0 is nan in floating point. An entry without "
                "mass counts 0.",
            ),
        ),
        nudge="What is the mixture r of p = [1, 0] and q = [½, ½]? Write KL(p‖r) and KL(q‖r) by hand, term by term.",
        see="02-distance#when-the-densities-are-known",
    ),
    Exercise(
        id="02-kde",
        name="kernel_log_density",
        reference=kernel_log_density,
        observe=observe_kde,
        returns="one log-density per point, shape (N,)",
        misconceptions=(
            Misconception(
                "mean-of-logs",
                lambda x, samples, width: log_bumps(x, samples, width).mean(1),
                "You averaged the logarithms of the bumps. The density is the average of the bumps; its logarithm "
                "comes last.",
            ),
            Misconception(
                "forgot-log-k",
                lambda x, samples, width: torch.logsumexp(log_bumps(x, samples, width), 1),
                "You added the bumps up, so the area under your curve is K. Each bump has the weight 1/K.",
            ),
            Misconception(
                "width-as-variance",
                lambda x, samples, width: kernel_log_density(x, samples, math.sqrt(width)),
                "Somewhere `width` stands in the place of the variance. It is a standard deviation: the variance is "
                "its square.",
                also=(_only_the_exponent_wrong,),
            ),
            Misconception(
                "underflow",
                lambda x, samples, width: torch.log(log_bumps(x, samples, width).exp().mean(1)),
                "Right near the samples, but −∞ far away: there every bump rounds to 0 before you take the logarithm. "
                "Chapter 1 had a cure.",
                also=(_one_maximum_for_all,),
            ),
        ),
        nudge="This is chapter 1's mixture with K components. What are its weights, means and standard deviations?",
        see="01-map#a-dial-is-a-choice-among-very-many",
    ),
    Exercise(
        id="02-mmd",
        name="mmd_squared",
        reference=mmd_squared,
        observe=observe_mmd,
        returns="one number, shape ()",
        misconceptions=(
            Misconception(
                "cross-term-once",
                _mmd(gaussian_kernel, cross=-1.0),
                "The likeness between the piles is subtracted only once. For two equal piles 1 + 1 − 1 is left, and a "
                "pile should not differ from itself.",
            ),
            Misconception(
                "distance-not-squared",
                _mmd(lambda squared, h: torch.exp(-_root(squared) / (2 * h**2))),
                "Your kernel falls with the distance. The Gaussian kernel has the squared distance in its exponent.",
                also=(_mmd(lambda squared, h: torch.exp(-_root(squared) / h)),),
            ),
            Misconception(
                "bandwidth-without-two",
                _mmd(lambda squared, h: torch.exp(-squared / h**2)),
                "The exponent is the squared distance over 2h². The 2 is missing, so your kernel is too narrow.",
            ),
            Misconception(
                "square-root",
                lambda a, b, bandwidth: mmd_squared(a, b, bandwidth).clamp(min=0).sqrt(),
                "This is MMD, the root. MMD² was asked for.",
            ),
            Misconception(
                "cross-term-added",
                _mmd(gaussian_kernel, cross=2.0),
                "The likeness between the piles is added. The more alike the piles are, the smaller the distance "
                "has to be.",
            ),
        ),
        nudge="Let a and b hold one and the same picture. What are the three averages, and what should come out?",
        see="02-distance#which-pile-is-which",
    ),
    Choice(
        id="02-q1",
        name="answer_02_q1",
        question="A generator that draws from noise was trained on ‖g(z) − x‖², with a fresh z for every x. All its "
        "drawings are the same grey picture. What is the cause?",
        options={
            "a": Option(
                "The network is too small, or was not trained long enough: the loss has not fallen to 0.",
                "Training ended exactly where it should. Without pairing the loss cannot fall below the total variance "
                "of the data, and only the mean picture reaches that.",
                mistake="unpaired-loss-towards-zero",
            ),
            "b": Option(
                "Each z was compared with a picture that does not belong to it, and for such pairs the mean picture is "
                "best.",
                "Yes: z and x are independent, so the loss is ‖g(z) − mean‖² plus what no generator can change.",
                right=True,
            ),
            "c": Option(
                "Nothing went wrong with the distance: the loss is nearly that of real pictures, so the distribution "
                "is nearly right, too.",
                "A distance between pairs is no distance between distributions. The perfect generator has twice the "
                "loss of this grey picture.",
                mistake="paired-distance-for-distribution",
            ),
            "d": Option(
                "The squared error is to blame. It blurs, whatever it is given.",
                "With sorted pairs the same network and the same squared error drew two bumps. What was changed there?",
                mistake="squared-error-blamed",
            ),
        },
        nudge="Whose picture is g(z)? What would you do if you had to draw a picture without knowing whose it is?",
        see="02-distance#what-a-pairing-would-do",
    ),
    Choice(
        id="02-q2",
        name="answer_02_q2",
        question="Two distributions do not overlap at all. What is their JS divergence?",
        options={
            "a": Option(
                "Infinite. JS is the symmetrised KL, and both KLs are infinite.",
                "JS is the mean KL to the mixture of the two. The mixture has mass wherever p or q has, so nothing "
                "becomes infinite.",
                mistake="js-as-symmetrised-kl",
            ),
            "b": Option(
                "It grows with the distance between the two.",
                "That is W1. JS knows only where both have mass, not how near that is; without overlap it is flat.",
                mistake="js-as-distance-in-space",
            ),
            "c": Option(
                "log 2, and it stays there while they are pushed apart.",
                "Yes: the ceiling. So JS gives no hint in which direction to push.",
                right=True,
            ),
        },
        nudge="Where does r = (p + q)/2 lie, compared with p, at a place where q is 0?",
        see="02-distance#when-the-densities-are-known",
    ),
    Choice(
        id="02-q3",
        name="answer_02_q3",
        question="A GAN and a WGAN both train a network as a judge. What did WGAN change?",
        options={
            "a": Option(
                "It took over the learned judge, and changed the distance that the judge estimates: $W_1$ in place of "
                "JS.",
                "Yes: JS is flat where nothing overlaps, W1 is not.",
                right=True,
            ),
            "b": Option(
                "It had the idea that the judge can be learned.",
                "That idea came with the GAN, in 2014, three years earlier.",
                mistake="learned-judge-from-wgan",
            ),
            "c": Option(
                "It gave every z a picture of its own, so that the distance between pairs makes sense.",
                "Restoring the pairing is the other way out, that of the VAE. A judge compares whole piles and needs "
                "no partners.",
                mistake="pairing-restored-by-wgan",
            ),
        },
        nudge="What does a classifier's cross-entropy estimate, and what does a function of slope at most 1 estimate?",
        see="02-distance#learn-the-ruler",
    ),
)
