"""Chapter 8: blur, the Gaussian decoder, the KL of each axis, a prior for each class, hidden weights, a report."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from .exercise import Case, Choice, Exercise, Misconception, Option

BLUR = "08-variants#where-blur-comes-from"


# ---- 08-gaussian: the Gaussian decoder ----


def gaussian_log_likelihood(x: Tensor, mean: Tensor, variance: float) -> Tensor:
    """log p(x|z) of a Gaussian decoder: (B, D), (B, D), float → (B,)."""
    return -0.5 * ((x - mean) ** 2 / variance + math.log(2 * math.pi * variance)).sum(-1)


def observe_gaussian(log_likelihood, draw):
    """Perfect pixels of unit variance, one miss, then small and large variances, and the gradient."""
    zero = tensor([[0.0]])
    yield Case("x = [[0]], mean = [[0]], variance = 1", log_likelihood(zero, zero, 1.0))
    yield Case("x = [[0, 0]], mean = [[0, 0]], variance = 1", log_likelihood(zero.repeat(1, 2), zero.repeat(1, 2), 1.0))
    yield Case("x = [[1]], mean = [[0]], variance = 4", log_likelihood(zero + 1, zero, 4.0))
    x, mean = draw.uniform(4, 6), draw.uniform(4, 6)
    yield Case("4 images of 6 pixels, variance = 0.05", log_likelihood(x, mean, 0.05))
    yield Case("4 images of 6 pixels, variance = 2.5", log_likelihood(x, mean, 2.5))
    gradient = draw.gradient(lambda mean: log_likelihood(x, mean, 0.3), mean)
    yield Case("its gradient for the mean, variance = 0.3", gradient[0])


# ---- 08-kldim: which axes speak ----


def kl_each(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL of N(mu, exp(logvar)) to N(0, 1), number by number."""
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


def kl_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """Mean KL of every axis: (N, L), (N, L) → (L,)."""
    return kl_each(mu, logvar).mean(0)


def observe_kldim(kl, draw):
    """Two images with one axis in use, then seven images and three axes, and the gradients."""
    yield Case("mu = [[1, 0], [-1, 0]], logvar = 0", kl(tensor([[1.0, 0.0], [-1.0, 0.0]]), torch.zeros(2, 2)))
    yield Case("mu = [[1, 0]], logvar = [[0, 0]]: one image", kl(tensor([[1.0, 0.0]]), torch.zeros(1, 2)))
    yield Case("mu = [[0]], logvar = [[log 4]]", kl(torch.zeros(1, 1), tensor([[math.log(4)]])))
    mu, logvar = draw.normal(7, 3), draw.normal(7, 3)
    yield Case("7 images, 3 axes", kl(mu, logvar))
    yield Case("its gradients for mu and logvar", draw.gradient(kl, mu, logvar))


# ---- 08-conditional: a prior for every class ----


def conditional_kl(mu: Tensor, logvar: Tensor, labels: Tensor, prior_mu: Tensor) -> Tensor:
    """KL to N(prior_mu[label], I): (B, L), (B, L), (B,), (C, L) → (B,)."""
    return kl_each(mu - prior_mu[labels], logvar).sum(-1)


def observe_conditional(kl, draw):
    """One axis under either class, then six images of three classes on two axes, and the gradients."""
    mu, logvar, priors = tensor([[2.0]]), tensor([[0.0]]), tensor([[0.0], [2.0]])
    yield Case("mu = [[2]], logvar = [[0]], prior_mu = [[0], [2]], class 1", kl(mu, logvar, tensor([1]), priors))
    yield Case("mu = [[2]], logvar = [[0]], prior_mu = [[0], [2]], class 0", kl(mu, logvar, tensor([0]), priors))
    wide = tensor([[math.log(4)]])
    off = kl(mu + 1, wide, tensor([1]), priors)
    yield Case("mu = [[3]], logvar = [[log 4]], prior_mu = [[0], [2]], class 1", off)
    both = kl(tensor([[2.0], [2.0]]), torch.zeros(2, 1), tensor([1, 0]), priors)
    yield Case("mu = [[2], [2]], logvar = [[0], [0]], prior_mu = [[0], [2]], classes 1 and 0", both)
    mu, logvar, priors = draw.normal(6, 2), draw.normal(6, 2), draw.normal(3, 2, std=2.0)
    labels = tensor([2, 0, 1, 1, 2, 0])
    yield Case("6 images, 3 classes, 2 axes", kl(mu, logvar, labels, priors))
    slopes = draw.gradient(kl, mu, logvar, labels, priors)
    yield Case("its gradients for mu, logvar and prior_mu", (slopes[0], slopes[1], slopes[3]))


# ---- 08-hiddenbeta: the weight that nobody wrote ----


def effective_beta(pixels: int, latents: int, recon_mean: bool, kl_mean: bool, kl_weight: float) -> float:
    """The weight of the summed KL where the summed reconstruction has the weight 1."""
    return kl_weight * (pixels if recon_mean else 1) / (latents if kl_mean else 1)


def observe_hiddenbeta(beta, draw):
    """Sums and means in all four ways, with the weight 1 and with another."""
    yield Case("784 pixels, 2 latents, sum and sum, weight 1", beta(784, 2, False, False, 1.0))
    yield Case("784 pixels, 2 latents, mean and sum, weight 1", beta(784, 2, True, False, 1.0))
    yield Case("784 pixels, 2 latents, sum and mean, weight 1", beta(784, 2, False, True, 1.0))
    yield Case("64 pixels, 16 latents, mean and mean, weight 1", beta(64, 16, True, True, 1.0))
    yield Case("12288 pixels, 128 latents, mean and sum, weight 0.00025", beta(12288, 128, True, False, 0.00025))
    pixels, latents, weight = (
        int(draw.integers(50, 900)),
        int(draw.integers(3, 30)),
        float(draw.uniform(1, low=2, high=9)),
    )
    for recon_mean, kl_mean in ((False, False), (True, False), (False, True), (True, True)):
        text = f"any sizes and weight, {'mean' if recon_mean else 'sum'} and {'mean' if kl_mean else 'sum'}"
        yield Case(text, beta(pixels, latents, recon_mean, kl_mean, weight))


# ---- 08-beta: an honest report ----


def report(recon: Tensor, kl: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """What training maximises, and the ELBO: (B,), (B,), float → (B,), (B,)."""
    return recon - beta * kl, recon - kl


def observe_beta(report, draw):
    """One image at half the price, then a batch at several."""
    yield Case("recon = [-10], kl = [4], beta = 0.5", report(tensor([-10.0]), tensor([4.0]), 0.5))
    recon, kl = draw.normal(5, mean=-30.0, std=5.0), draw.uniform(5, low=0.5, high=8.0)
    for beta in (0.1, 1.0, 4.0):
        yield Case(f"5 images, beta = {beta:g}", report(recon, kl, beta))
    slopes = draw.gradient(lambda recon, kl: report(recon, kl, 3.0)[0], recon, kl)
    yield Case("the objective's gradients for recon and kl, beta = 3", slopes)


EXERCISES = (
    Exercise(
        id="08-predict",
        kind="value",
        name="blur",
        reference=(0.5, 0.25),
        parts=("the mean", "the variance"),
        misconceptions=(
            Misconception(
                "picks-a-mode",
                None,
                "That mean is one of the two greys. It is right for half of the images and misses the others by 1; a "
                "mean between them misses all by less, and squares count.",
                seen=lambda cases: float(cases["the mean"]) in (0.0, 1.0),
            ),
            Misconception(
                "std-for-variance",
                (0.5, 0.5),
                "The second number is the standard deviation: every pixel misses by ½. The variance is the mean of "
                "the squared misses.",
            ),
            Misconception(
                "no-variance",
                (0.5, 0.0),
                "With the variance 0 the normal would say that every pixel is exactly ½, and none is. The best "
                "variance is the mean squared error that is left.",
            ),
        ),
        nudge="Say the decoder answers m. By how much does it miss the zeros, by how much the ones, and which m "
        "makes the mean of the two squares smallest? What is that smallest mean?",
        see=BLUR,
    ),
    Exercise(
        id="08-gaussian",
        name="gaussian_log_likelihood",
        reference=gaussian_log_likelihood,
        observe=observe_gaussian,
        returns="one number per image",
        misconceptions=(
            Misconception(
                "squared-error-only",
                lambda x, mean, variance: -((x - mean) ** 2).sum(-1),
                "That is a squared error. The variance says what such an error costs in nats, and it is missing, as "
                "is the normaliser.",
                also=(lambda x, mean, variance: -0.5 * ((x - mean) ** 2).sum(-1),),
            ),
            Misconception(
                "std-as-variance",
                lambda x, mean, variance: gaussian_log_likelihood(x, mean, variance**2),
                "The variance was used where a standard deviation belongs. The argument is s², not s.",
            ),
            Misconception(
                "missing-normaliser",
                lambda x, mean, variance: -((x - mean) ** 2).sum(-1) / (2 * variance),
                "The normaliser is missing. Without it a density does not integrate to 1, and a large variance would "
                "always win.",
            ),
            Misconception(
                "normaliser-once",
                lambda x, mean, variance: (
                    -((x - mean) ** 2).sum(-1) / (2 * variance) - 0.5 * math.log(2 * math.pi * variance)
                ),
                "The normaliser stands here once for the whole image. Every pixel has a density of its own, so it "
                "belongs inside the sum over pixels.",
            ),
            Misconception(
                "normaliser-times-d",
                lambda x, mean, variance: (
                    -((x - mean) ** 2).sum(-1) / (2 * variance)
                    - 0.5 * x.shape[-1] ** 2 * math.log(2 * math.pi * variance)
                ),
                "The normaliser was multiplied by the number of pixels and then summed over them once more: that is "
                "D² of it.",
            ),
            Misconception(
                "mean-over-pixels",
                lambda x, mean, variance: gaussian_log_likelihood(x, mean, variance) / x.shape[-1],
                "The pixels were averaged. They are independent given z, so their log-densities add up.",
            ),
            Misconception(
                "wrong-sign",
                lambda x, mean, variance: -gaussian_log_likelihood(x, mean, variance),
                "Every value is the negative of the right one: this is the loss, −log p. The log-density itself was "
                "asked for, and it may have either sign.",
            ),
        ),
        nudge="Write log N(x; m, s²) of one pixel on paper, with its constant. An image of D pixels is a sum of D of "
        "them. How often does the constant stand in it?",
        see="07-vae#what-the-decoder-s-numbers-mean",
    ),
    Exercise(
        id="08-kldim",
        name="kl_per_dimension",
        reference=kl_per_dimension,
        observe=observe_kldim,
        returns="one number per axis",
        misconceptions=(
            Misconception(
                "mean-over-latent",
                lambda mu, logvar: kl_each(mu, logvar).mean(1),
                "The average was taken over the axes, so there is a number for each image. One for each axis was "
                "asked for: average over the images.",
            ),
            Misconception(
                "summed-over-data",
                lambda mu, logvar: kl_each(mu, logvar).sum(0),
                "The images were added up, so these numbers grow with the data. The threshold of 0.01 nats is one "
                "for the average image.",
            ),
            Misconception(
                "one-number",
                lambda mu, logvar: kl_each(mu, logvar).sum(1).mean(),
                "Only one number is left. It cannot tell four axes that work from sixteen that work a little: keep "
                "the axes apart.",
                also=(lambda mu, logvar: kl_each(mu, logvar).mean(), lambda mu, logvar: kl_each(mu, logvar).sum()),
            ),
            Misconception(
                "missing-half",
                lambda mu, logvar: 2 * kl_each(mu, logvar).mean(0),
                "Every value is twice too large: the ½ belongs to the KL.",
            ),
            Misconception(
                "squared-mean",
                lambda mu, logvar: kl_each(mu.mean(0), logvar.mean(0)),
                "The means and log-variances were averaged first. Codes at +1 and −1 then look like no code at all: "
                "take each image's KL, and average last.",
            ),
        ),
        nudge="First make a table of KLs, a row for each image and a column for each axis. Which of its two "
        "directions is to disappear, and by a sum or by a mean?",
        see="08-variants#posterior-collapse-seen",
    ),
    Exercise(
        id="08-conditional",
        name="conditional_kl",
        reference=conditional_kl,
        observe=observe_conditional,
        returns="one number per image",
        misconceptions=(
            Misconception(
                "prior-mean-ignored",
                lambda mu, logvar, labels, prior_mu: kl_each(mu, logvar).sum(-1),
                "This is the KL to N(0, I). Each class has a prior of its own: how far is μ from *its* mean?",
            ),
            Misconception(
                "mean-added",
                lambda mu, logvar, labels, prior_mu: kl_each(mu + prior_mu[labels], logvar).sum(-1),
                "The mean of the class was added to μ. What counts is the distance of the two, and that is a "
                "difference.",
            ),
            Misconception(
                "all-classes",
                lambda mu, logvar, labels, prior_mu: kl_each(mu[:, None] - prior_mu, logvar[:, None]).sum(-1).mean(1),
                "The KL was averaged over all classes. The label is known: only the prior of the image's own class "
                "counts.",
            ),
            Misconception(
                "missing-half",
                lambda mu, logvar, labels, prior_mu: 2 * conditional_kl(mu, logvar, labels, prior_mu),
                "Every value is twice too large: the ½ belongs to the KL, whatever the prior's mean is.",
            ),
            Misconception(
                "labels-ignored",
                lambda mu, logvar, labels, prior_mu: kl_each(mu - prior_mu[0], logvar).sum(-1),
                "Every image was held against the prior of class 0. The label of each image says which row of the "
                "table is its own.",
            ),
        ),
        nudge="Move posterior and prior together until the prior's mean is 0. The KL does not change by that. What "
        "has become of μ?",
        see="08-variants#choose-the-class-keep-the-style",
    ),
    Exercise(
        id="08-hiddenbeta",
        name="effective_beta",
        reference=effective_beta,
        observe=observe_hiddenbeta,
        returns="one number",
        misconceptions=(
            Misconception(
                "inverted",
                lambda pixels, latents, recon_mean, kl_mean, kl_weight: (
                    1 / effective_beta(pixels, latents, recon_mean, kl_mean, kl_weight)
                ),
                "Pixels and latents stand the wrong way round. A mean over the pixels makes the reconstruction "
                "smaller, and so the KL beside it weighs more, not less.",
                also=(
                    lambda pixels, latents, recon_mean, kl_mean, kl_weight: (
                        kl_weight * (latents if kl_mean else 1) / (pixels if recon_mean else 1)
                    ),
                ),
            ),
            Misconception(
                "pixels-forgotten",
                lambda pixels, latents, recon_mean, kl_mean, kl_weight: kl_weight / (latents if kl_mean else 1),
                "The mean over the pixels changes nothing here. It divides the reconstruction by their number: what "
                "does that do to the KL's share?",
            ),
            Misconception(
                "latents-multiplied",
                lambda pixels, latents, recon_mean, kl_mean, kl_weight: (
                    kl_weight * (pixels if recon_mean else 1) * (latents if kl_mean else 1)
                ),
                "A mean over the latents multiplies the weight here. It makes the KL smaller, so it lowers β.",
            ),
            Misconception(
                "latents-forgotten",
                lambda pixels, latents, recon_mean, kl_mean, kl_weight: kl_weight * (pixels if recon_mean else 1),
                "The mean over the latents changes nothing here. It divides the KL by their number.",
            ),
            Misconception(
                "weight-ignored",
                lambda pixels, latents, recon_mean, kl_mean, kl_weight: effective_beta(
                    pixels, latents, recon_mean, kl_mean, 1.0
                ),
                "The weight that stands in the program is missing. It multiplies whatever sums and means have hidden.",
            ),
        ),
        nudge="By what must the whole loss be multiplied so that the reconstruction stands there as a plain sum? "
        "What stands before the summed KL then?",
        see="08-variants#the-hidden",
    ),
    Exercise(
        id="08-beta",
        name="report",
        reference=report,
        observe=observe_beta,
        returns="the objective and the ELBO, each with one number per image",
        misconceptions=(
            Misconception(
                "beta-in-elbo",
                lambda recon, kl, beta: (recon - beta * kl,) * 2,
                "The second number has the weight β too. With β below 1 a part of the price is left out, and it can "
                "lie above log p(x). Only with the weight 1 is it a bound.",
            ),
            Misconception(
                "beta-on-reconstruction",
                lambda recon, kl, beta: (beta * recon - kl, recon - kl),
                "The objective has the weight before the reconstruction. It is the price of the KL: a large β should "
                "make codes dearer.",
            ),
            Misconception(
                "kl-added",
                lambda recon, kl, beta: (recon + beta * kl, recon + kl),
                "The KL was added. What is maximised here is reconstruction minus a price, so a large KL makes both "
                "numbers smaller.",
            ),
            Misconception(
                "order-swapped",
                lambda recon, kl, beta: (recon - kl, recon - beta * kl),
                "Both numbers are right, in the wrong order: first the objective, then the ELBO.",
            ),
            Misconception(
                "elbo-divided-by-beta",
                lambda recon, kl, beta: (recon - beta * kl, (recon - beta * kl) / beta),
                "Dividing the objective by β gives the KL the weight 1, but takes it from the reconstruction. The "
                "ELBO has neither weight.",
            ),
        ),
        nudge="Which of the two numbers is a promise about log p(x), and does that promise know the weight that "
        "somebody trained with?",
        see="08-variants#a-bound-that-is-none",
    ),
    Choice(
        id="08-q1",
        name="answer_08_q1",
        question="'The codes together should be N(0, I). So every single posterior q(z|x) should become N(0, I): "
        "then p(Z) = Σ N(0, I) p(x) = N(0, I).' What do you answer?",
        options={
            "a": Option(
                "Right. That is what the KL term is for, and the smaller it gets, the better.",
                "A KL of 0 means that every image has the same code distribution. What can a decoder then know of "
                "its image?",
                mistake="every-posterior-the-prior",
            ),
            "b": Option(
                "The sum is right, but the goal is wrong: such a code tells nothing about its image.",
                "Yes. Mean KL = what a code tells + what is wasted. Only the second part should be small.",
                right=True,
            ),
            "c": Option(
                "The sum is wrong: a mixture of normals is never normal.",
                "A mixture of equal normals is that normal, so the sum holds. Look at what it says about one code.",
                mistake="mixture-never-normal",
            ),
            "d": Option(
                "It does not matter: the prior is not used in training, only for drawing samples.",
                "The KL holds every posterior against the prior, at every step of training. Move the prior and the "
                "loss moves.",
                mistake="prior-never-used",
            ),
        },
        nudge="Two images, both with the code distribution N(0, I). You are given a code. Which of the two images "
        "was it?",
        see="08-variants#the-paradox-of-p-z",
    ),
    Choice(
        id="08-q2",
        name="answer_08_q2",
        question="The pictures of a VAE with two latent axes are blurred. Somebody takes sixteen axes and leaves "
        "everything else as it is, a high price β included. The pictures are hardly sharper. Why?",
        options={
            "a": Option(
                "Sixteen are still too few. Blur comes from a small code, and from nothing else.",
                "An axis only helps if its KL is worth its price. At a high β most of the sixteen stay silent, and "
                "so would a hundred.",
                mistake="blur-from-small-code",
            ),
            "b": Option(
                "The decoder adds its pixel noise to the picture. Without the noise it would be sharp.",
                "Pictures are usually the decoder's means, without noise. It is the mean that is soft: of what is it "
                "the mean?",
                mistake="blur-from-noise",
            ),
            "c": Option(
                "At that price most axes stay silent, and a pixel Gaussian answers with the mean of all images that "
                "share a code.",
                "Yes: with the mean of 0 and 1 it answers ½. What a picture lacks in contrast is its squared error.",
                right=True,
            ),
            "d": Option(
                "The KL should be divided by the number of axes, now that there are more of them.",
                "That would be another β, sixteen times smaller, chosen by accident. A silent axis costs nothing: "
                "its KL is 0.",
                mistake="kl-divided-by-latents",
            ),
        },
        nudge="How many of the sixteen axes have a KL above 0.01 nats? And what does a decoder answer to a pixel "
        "that is 0 or 1?",
        see=BLUR,
    ),
    Choice(
        id="08-q3",
        name="answer_08_q3",
        question="After the first epoch a colleague's KL is 4·10⁻⁷, and there it stays. The loss has fallen nicely. "
        "What do you tell him?",
        options={
            "a": Option(
                "The code is dead. Compute the weight β s² with all hidden factors, and compare it with the largest "
                "variance of the data, before you try annealing.",
                "Yes. First find out which of two diseases it is: a slow start, or a price that is too high.",
                right=True,
            ),
            "b": Option(
                "Congratulations: the posterior has reached the prior, which is what was wanted.",
                "Then all images share one code, and the decoder draws the same grey for each. Shuffle his codes: "
                "the loss will not notice.",
                mistake="collapse-unnoticed",
            ),
            "c": Option(
                "The code is dead. KL annealing will wake it, whatever the weight is at the end.",
                "Annealing helps a slow start. If the final price is too high, the axes wake and die again.",
                mistake="annealing-cures-all",
            ),
            "d": Option(
                "It is the nature of a KL to fall during a successful training.",
                "In a healthy training it rises from about 0, because the codes begin to tell images apart, and that "
                "is paid in KL.",
                mistake="kl-should-fall",
            ),
        },
        nudge="With a KL of 0, what does the decoder get to know about the image? And at which price would that be "
        "the best a model can do?",
        see="08-variants#collapse-a-bad-start-or-the-optimum",
    ),
)
