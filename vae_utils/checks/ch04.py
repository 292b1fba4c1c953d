"""Chapter 4, the variance that collapses and the naive losses: what its exercises ask, and the mistakes people make."""

import math

import torch

from vae_utils.gaussian import kl_to_standard_normal

from .exercise import Case, Choice, Exercise, Misconception, Option
from .probes import gradient_cases

# ---- what the noise costs ----

PREDICT = Exercise(
    id="04-predict",
    kind="value",
    name="loss_and_best_sigma",
    reference=(0.5 + 9 * 0.01, 0.0),
    parts=("the error at sigma = 0.1", "the best sigma"),
    misconceptions=(
        Misconception(
            "sigma-not-squared",
            (0.5 + 3 * 0.1, 0.0),
            "Your noise costs something proportional to σ. The error is a mean square, so the noise counts with its "
            "variance, σ².",
            also=((0.5 + 9 * 0.1, 0.0),),
        ),
        Misconception(
            "w-not-squared",
            (0.5 + 3 * 0.01, 0.0),
            "Your noise costs 3σ². The decoder multiplies the noise by 3 before it is squared, so its variance grows "
            "by more than 3.",
        ),
        Misconception(
            "sigma-one",
            (0.5 + 9 * 0.01, 1.0),
            "The error is right, but at σ = 1 it is larger, not smaller. Nothing here asks for the prior's width: "
            "only the error counts.",
        ),
    ),
    nudge="The noise arrives in the picture as 3σε. What is the mean of (3σε)²? Is there any σ at which this is a "
    "gain?",
    see="04-collapse#what-does-noise-cost",
)


# ---- the naive pull ----


def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    """λ_μ ‖μ‖² + λ_σ ‖log σ²‖²: (B, L), (B, L), two numbers → (B,)."""
    return lam_mu * (mu**2).sum(-1) + lam_logvar * (logvar**2).sum(-1)


def observe_naive_penalty(naive_penalty, draw):
    """One coordinate at a time first, so that each weight is seen alone; then sums, batches, gradients."""
    one, zero = torch.tensor([[-1.0]]), torch.tensor([[0.0]])
    yield Case("mu = [[-1]], logvar = [[0]], weights 1 and 10", naive_penalty(one, zero, 1.0, 10.0))
    yield Case("mu = [[0]], logvar = [[-3]], weights 1 and 10", naive_penalty(zero, 3 * one, 1.0, 10.0))
    mu, logvar = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 0.0]])
    yield Case("mu = [[1, 2]], logvar = [[3, 0]], weights 1 and 10", naive_penalty(mu, logvar, 1.0, 10.0))
    mu, logvar = draw.normal(4, 3), draw.normal(4, 3)
    yield Case("4 examples of 3 latents, weights 0.5 and 0.25", naive_penalty(mu, logvar, 0.5, 0.25))
    yield from gradient_cases(draw, naive_penalty, mu=mu, logvar=logvar, lam_mu=0.5, lam_logvar=0.25)


NAIVE = Exercise(
    id="04-naive",
    name="naive_penalty",
    reference=naive_penalty,
    observe=observe_naive_penalty,
    returns="one value per example: (B,)",
    misconceptions=(
        Misconception(
            "mean-over-latent",
            lambda mu, logvar, lam_mu, lam_logvar: (lam_mu * mu**2 + lam_logvar * logvar**2).mean(-1),
            "The latents were averaged. A squared norm is a sum: with a mean, the pull on each latent gets weaker the "
            "more of them there are.",
        ),
        Misconception(
            "weights-swapped",
            lambda mu, logvar, lam_mu, lam_logvar: naive_penalty(mu, logvar, lam_logvar, lam_mu),
            "The two weights are exchanged: the weight of the mean multiplies the log-variances.",
        ),
        Misconception(
            "kl-instead",
            lambda mu, logvar, lam_mu, lam_logvar: kl_to_standard_normal(mu, logvar),
            "This is the KL divergence, or its two parts weighted. That is the next chapter's penalty; here the "
            "squares of μ and of log σ² are asked for.",
            also=(
                lambda mu, logvar, lam_mu, lam_logvar: (
                    0.5 * (lam_mu * mu**2 + lam_logvar * (torch.expm1(logvar) - logvar)).sum(-1)
                ),
            ),
        ),
        Misconception(
            "logvar-not-squared",
            lambda mu, logvar, lam_mu, lam_logvar: (lam_mu * mu**2 + lam_logvar * logvar).sum(-1),
            "logvar enters without its square. Then a variance below 1 is rewarded, and the more the smaller it is.",
        ),
        Misconception(
            "squared-sum",
            lambda mu, logvar, lam_mu, lam_logvar: lam_mu * mu.sum(-1) ** 2 + lam_logvar * logvar.sum(-1) ** 2,
            "You squared the sum of the latents. Then 3 and −3 cost nothing together: square each one first, then add.",
        ),
        Misconception(
            "weights-ignored",
            lambda mu, logvar, lam_mu, lam_logvar: naive_penalty(mu, logvar, 1.0, 1.0),
            "Both squares count with weight 1, whatever the two weights are.",
        ),
    ),
    nudge="Which of the two weights goes with which square? With mu = [1, 2], logvar = [3, 0] and weights 1 and 10, "
    "what are the two sums of squares before they are weighted?",
    see="04-collapse#the-naive-pull",
)


# ---- only the ratio counts ----


def signal_to_noise(mu, logvar):
    """Var_x μ / mean_x σ², per latent dimension: (N, L), (N, L) → (L,)."""
    return mu.var(0, correction=0) / torch.exp(logvar).mean(0)


def observe_signal_to_noise(signal_to_noise, draw):
    """Two images by hand, then data whose means lie far from 0 and whose noise differs from image to image."""
    mu, zero = torch.tensor([[1.0], [3.0]]), torch.zeros(2, 1)
    yield Case("mu = [[1], [3]], logvar = [[0], [0]]", signal_to_noise(mu, zero))
    yield Case("mu = [[1], [5]], logvar = [[log 2], [log 2]]", signal_to_noise(2 * mu - 1, zero + math.log(2.0)))
    noises = torch.tensor([[0.0], [math.log(3.0)]])
    yield Case("mu = [[1], [3]], logvar = [[0], [log 3]]", signal_to_noise(mu, noises))
    mu, logvar = draw.normal(6, 3, mean=1.0), draw.normal(6, 3)
    yield Case("6 images, 3 latents", signal_to_noise(mu, logvar))


SNR = Exercise(
    id="04-snr",
    name="signal_to_noise",
    reference=signal_to_noise,
    observe=observe_signal_to_noise,
    returns="one value per latent dimension: (L,)",
    misconceptions=(
        Misconception(
            "ratio-of-stds",
            lambda mu, logvar: signal_to_noise(mu, logvar).sqrt(),
            "This is a ratio of standard deviations. Signal and noise are compared by their variances.",
            also=(lambda mu, logvar: mu.std(0, correction=0) / torch.exp(0.5 * logvar).mean(0),),
        ),
        Misconception(
            "inverted",
            lambda mu, logvar: 1 / signal_to_noise(mu, logvar),
            "This is noise over signal. The variance of μ, the signal, belongs above the line.",
        ),
        Misconception(
            "exp-of-mean",
            lambda mu, logvar: mu.var(0, correction=0) / torch.exp(logvar.mean(0)),
            "You averaged logvar and then took exp: a geometric mean, which is too small. The noise of the average "
            "image is the mean of the variances themselves.",
        ),
        Misconception(
            "over-latent",
            lambda mu, logvar: mu.var(1, correction=0) / torch.exp(logvar).mean(1),
            "You averaged over the latents, so one value per image comes out. Variance and mean go over the images, "
            "the first axis.",
        ),
        Misconception(
            "mean-not-subtracted",
            lambda mu, logvar: (mu**2).mean(0) / torch.exp(logvar).mean(0),
            "This is the mean of μ². A code that says the same for every image has no signal: what counts is how far "
            "μ is from its own mean.",
        ),
        Misconception(
            "logvar-as-variance",
            lambda mu, logvar: mu.var(0, correction=0) / logvar.mean(0),
            "logvar stands where the variance belongs. It is its logarithm: logvar = 0 means a variance of 1, not of "
            "0.",
        ),
    ),
    nudge="Work with two images and one latent. Numerator: how far do the two means lie from their own mean, squared, "
    "on average? Denominator: turn each logvar into σ² first, then average.",
    see="04-collapse#only-the-ratio-counts",
)


# ---- the whole account of a line ----


def linear_elbo(a, sigma, w, noise_var, x_var):
    """E[log p(x|z)] − E[KL] of the linear VAE in nats: five 0-dimensional tensors → one."""
    squared_error = (1 - a * w) ** 2 * x_var + w**2 * sigma**2
    reconstruction = -0.5 * torch.log(2 * math.pi * noise_var) - squared_error / (2 * noise_var)
    return reconstruction - mean_kl(a, sigma, x_var)


def mean_kl(a, sigma, x_var):
    """E_x KL(N(a x, σ²) ‖ N(0, 1)) in nats."""
    return 0.5 * (a**2 * x_var + sigma**2 - torch.log(sigma**2) - 1)


def observe_linear_elbo(linear_elbo, draw):
    """First a code that is ignored, then one part of the account after the other, then all at once."""

    def at(a, sigma, w, noise_var, x_var):
        return linear_elbo(*(torch.tensor(float(number)) for number in (a, sigma, w, noise_var, x_var)))

    yield Case("a = 0, sigma = 1, w = 0, noise_var = 1, x_var = 1", at(0, 1, 0, 1, 1))
    yield Case("a = 1, sigma = 1, w = 1, noise_var = 1, x_var = 1", at(1, 1, 1, 1, 1))
    yield Case("a = 1, sigma = 1, w = 0, noise_var = 1, x_var = 4", at(1, 1, 0, 1, 4))
    yield Case("a = 0, sigma = 0.5, w = 2, noise_var = 0.25, x_var = 1", at(0, 0.5, 2, 0.25, 1))
    for k in range(4):
        a, w = draw.normal(2).tolist()
        sigma, noise_var, x_var = draw.uniform(3, low=0.3, high=2.0).tolist()
        numbers = f"a = {a:.2f}, sigma = {sigma:.2f}, w = {w:.2f}, noise_var = {noise_var:.2f}, x_var = {x_var:.2f}"
        yield Case(f"a line, number {k + 1}: {numbers}", at(a, sigma, w, noise_var, x_var))


LINEAR = Exercise(
    id="04-linear",
    name="linear_elbo",
    reference=linear_elbo,
    observe=observe_linear_elbo,
    returns="one number: a tensor without dimensions",
    misconceptions=(
        Misconception(
            "noise-forgotten",
            lambda a, sigma, w, noise_var, x_var: (
                linear_elbo(a, sigma, w, noise_var, x_var) + (w * sigma) ** 2 / (2 * noise_var)
            ),
            "The noise of the code costs nothing in your reconstruction. It reaches x̂ multiplied by w, and its "
            "variance adds to the squared error.",
        ),
        Misconception(
            "kl-missing",
            lambda a, sigma, w, noise_var, x_var: linear_elbo(a, sigma, w, noise_var, x_var) + mean_kl(a, sigma, x_var),
            "This is the reconstruction alone. The ELBO takes off what the code costs, the mean KL.",
        ),
        Misconception(
            "kl-added",
            lambda a, sigma, w, noise_var, x_var: (
                linear_elbo(a, sigma, w, noise_var, x_var) + 2 * mean_kl(a, sigma, x_var)
            ),
            "The KL was added. It is a price: a code far from the prior makes the ELBO smaller, not larger.",
        ),
        Misconception(
            "mu-not-averaged",
            lambda a, sigma, w, noise_var, x_var: (
                linear_elbo(a, sigma, w, noise_var, x_var) + mean_kl(a, sigma, x_var) - mean_kl(a, sigma, 1.0)
            ),
            "Your KL has a² where the mean of μ² belongs. μ = ax, and x has the variance x_var, not 1.",
        ),
        Misconception(
            "missing-normaliser",
            lambda a, sigma, w, noise_var, x_var: (
                linear_elbo(a, sigma, w, noise_var, x_var) + 0.5 * torch.log(2 * math.pi * noise_var)
            ),
            "The normaliser −½ log 2πs² of the density is missing. Without it a larger s² would always look better.",
        ),
    ),
    nudge="Take the three steps one at a time. x − wz = (1 − aw)x − wσε has two independent parts of mean 0. What is "
    "the variance of each? And what is the mean of μ² = (ax)² over x?",
    see="04-collapse#where-the-kl-comes-to-rest",
)


# ---- a loss to mend ----


def naive_total(x, x_hat, mu, logvar, lam):
    """Mean over the batch of ‖x − x̂‖² + λ (‖μ‖² + ‖log σ²‖²): (B, D), (B, D), (B, L), (B, L), a number → ()."""
    reconstruction = ((x - x_hat) ** 2).sum(-1)
    return (reconstruction + lam * (mu**2 + logvar**2).sum(-1)).mean()


def observe_naive_total(naive_total, draw):
    """One image first; then pixels, latents and images in three different numbers, so that no mean hides a sum."""
    x, x_hat = torch.ones(1, 2), torch.zeros(1, 2)
    mu, logvar = torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)
    yield Case("two pixels off by 1, mu and logvar all 0, lam = 10", naive_total(x, x_hat, 0 * mu, logvar, 10.0))
    yield Case(
        "two pixels off by 1, mu = [[1, 2]], logvar = [[0, 0]], lam = 10", naive_total(x, x_hat, mu, logvar, 10.0)
    )
    wide = torch.tensor([[3.0, 0.0]])
    yield Case("no pixel off, mu = [[1, 2]], logvar = [[3, 0]], lam = 1", naive_total(x, x, mu, wide, 1.0))
    yield Case("no pixel off, mu = [[1, 2]], logvar = [[3, 0]], lam = 10", naive_total(x, x, mu, wide, 10.0))
    twice = [torch.cat([part, part]) for part in (x, x_hat, mu, logvar)]
    text = "two images, each with two pixels off by 1, mu = [[1, 2], [1, 2]], logvar all 0, lam = 10"
    yield Case(text, naive_total(*twice, 10.0))
    x, x_hat, mu, logvar = draw.uniform(4, 5), draw.uniform(4, 5), draw.normal(4, 3), draw.normal(4, 3)
    yield Case("4 images of 5 pixels, 3 latents, lam = 0.5", naive_total(x, x_hat, mu, logvar, 0.5))

    def of_outputs(x_hat, mu, logvar):
        return naive_total(x, x_hat, mu, logvar, 0.5)

    yield from gradient_cases(draw, of_outputs, x_hat=x_hat, mu=mu, logvar=logvar)


LOSS = Exercise(
    id="04-loss",
    name="naive_total",
    reference=naive_total,
    observe=observe_naive_total,
    returns="one number for the batch: a tensor without dimensions",
    misconceptions=(
        Misconception(
            "penalty-mean-over-latent",
            lambda x, x_hat, mu, logvar, lam: naive_total(x, x_hat, mu, logvar, lam / mu.shape[-1]),
            "The penalty is averaged over the latents, the error is summed over the pixels. So the pull gets weaker "
            "with each latent: a squared norm is a sum.",
        ),
        Misconception(
            "penalty-missing",
            lambda x, x_hat, mu, logvar, lam: naive_total(x, x_hat, mu, logvar, 0.0),
            "The penalty does not arrive in the result: this is the squared error alone, and with it the variance "
            "collapses.",
        ),
        Misconception(
            "recon-mean-over-pixels",
            lambda x, x_hat, mu, logvar, lam: ((x - x_hat) ** 2).mean() + lam * (mu**2 + logvar**2).sum(-1).mean(),
            "Now the penalty is a sum, but the squared error is averaged over the pixels. Then the pull is stronger "
            "by the number of pixels.",
        ),
        Misconception(
            "summed-over-batch",
            lambda x, x_hat, mu, logvar, lam: len(x) * naive_total(x, x_hat, mu, logvar, lam),
            "The examples were added up. Then the loss grows with the batch: over the batch a mean is taken.",
        ),
        Misconception(
            "penalty-summed-over-batch",
            lambda x, x_hat, mu, logvar, lam: naive_total(x, x_hat, mu, logvar, len(x) * lam),
            "The error is averaged over the batch, the penalty is summed over it. So the pull grows with the batch "
            "size.",
        ),
    ),
    nudge="Take x = [[1, 1]], x_hat = [[0, 0]], mu = [[1, 2]], logvar = [[0, 0]] and lam = 10. Which line gives a "
    "number that is not in 2 + 10 · 5?",
    see="04-collapse#the-naive-pull",
)


# ---- what each latent costs ----


def noise_cost(logvar, W):
    """E‖W(σ ⊙ ε)‖² = Σ_l σ_l² ‖W_:l‖²: (B, L), (D, L) → (B,)."""
    return torch.exp(logvar) @ (W**2).sum(0)


def observe_noise_cost(noise_cost, draw):
    """One column, then two that are not orthogonal, then a batch with more pixels than latents."""
    column = torch.tensor([[3.0], [4.0]])
    zero = torch.zeros(1, 1)
    yield Case("W = [[3], [4]], logvar = [[0]]", noise_cost(zero, column))
    yield Case("W = [[3], [4]], logvar = [[log 4]]", noise_cost(zero + math.log(4.0), column))
    W, logvar = torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)
    yield Case("W = [[1, 2]], logvar = [[0, 0]]", noise_cost(logvar, W))
    yield Case("W = [[1, 2]], logvar = [[0, log 9]]", noise_cost(logvar + torch.tensor([0.0, math.log(9.0)]), W))
    yield Case("3 examples, 4 pixels, 2 latents", noise_cost(draw.normal(3, 2), draw.normal(4, 2)))


NOISE = Exercise(
    id="04-noise",
    name="noise_cost",
    reference=noise_cost,
    observe=observe_noise_cost,
    returns="one value per example: (B,)",
    misconceptions=(
        Misconception(
            "sigma-not-variance",
            lambda logvar, W: noise_cost(0.5 * logvar, W),
            "The noise enters with σ. A squared length is asked for, and the mean of (σε)² is σ²: four times the "
            "variance must cost four times as much.",
        ),
        Misconception(
            "logvar-as-variance",
            lambda logvar, W: logvar @ (W**2).sum(0),
            "logvar stands where the variance belongs. It is its logarithm and may be negative; a squared length may "
            "not.",
        ),
        Misconception(
            "all-columns-alike",
            lambda logvar, W: torch.exp(logvar).mean(-1) * (W**2).sum(),
            "All latents share one mean variance. But a noisy latent is cheap where the decoder hardly looks at it: "
            "each column of W has its own σ².",
        ),
        Misconception(
            "norm-not-squared",
            lambda logvar, W: torch.exp(logvar) @ W.norm(dim=0),
            "The columns of W enter with their length, not with its square. Twice the column moves the picture twice "
            "as far, and costs four times as much.",
        ),
        Misconception(
            "noise-summed-first",
            lambda logvar, W: ((torch.exp(0.5 * logvar) @ W.T) ** 2).sum(-1),
            "You took ε = 1 in every latent and added the shifts before squaring. The ε are independent with mean 0, "
            "so the mixed products vanish on average.",
        ),
    ),
    nudge="With W = [[1, 2]] the shift is σ₁ε₁ + 2σ₂ε₂. Square it: three products. Which of them has mean 0, and what "
    "are the means of the others?",
    see="04-collapse#what-does-noise-cost",
)


# ---- questions ----

TENSION = Choice(
    id="04-q1",
    name="answer_04_q1",
    question="In a VAE the reconstruction wants less noise and the KL wants more. What does that mean for the "
    "training?",
    options={
        "a": Option(
            "Encoder and decoder play against each other, as in a GAN: we look for a saddle, not for a minimum.",
            "No player maximises anything here. Both networks minimise one and the same sum, and the chapter's optimum "
            "is a true minimum in all its numbers.",
            mistake="adversarial-inside",
        ),
        "b": Option(
            "Two terms of one sum pull in different directions. Encoder and decoder minimise that sum together.",
            "Yes: as in every regression with a penalty. All curvatures at the optimum are positive, so it is no "
            "saddle.",
            right=True,
        ),
        "c": Option(
            "Nothing. The prior is used for sampling only; training does not see it.",
            "The KL uses the prior at every step. Make the prior three times as wide, and the best code gets three "
            "times the mean and the noise.",
            mistake="prior-never-used",
        ),
        "d": Option(
            "The KL is one more loss, to be added to ‖μ‖² and ‖log σ²‖².",
            "The KL replaces these two penalties. It is one function of μ and σ that already holds both of them at the "
            "right ratio.",
            mistake="kl-beside-naive",
        ),
    },
    nudge="How many numbers does the training minimise, and which of the networks sees another one?",
    see="04-collapse#where-the-kl-comes-to-rest",
)

POSTERIORS = Choice(
    id="04-q2",
    name="answer_04_q2",
    question="You have a well-trained VAE. What is true of its private posteriors q(z|x)?",
    options={
        "a": Option(
            "Each of them is N(0, I), so that their average is the prior.",
            "Their average would be the prior, and the code would tell nothing about its image. This is posterior "
            "collapse, not the aim.",
            mistake="every-posterior-the-prior",
        ),
        "b": Option(
            "Each of them has a variance near 0, so that no information is lost in the code.",
            "That is what training makes of them without a KL: fine reconstructions, and a decoder that was never "
            "trained between the codes. Samples of the prior are then bad.",
            mistake="no-noise-no-loss",
        ),
        "c": Option(
            "They differ from one another, and their average is near the prior.",
            "Yes. The mean KL is what the code tells about its image, plus the KL of the average to the prior. The "
            "first part should be large and the second small.",
            right=True,
        ),
    },
    nudge="If all posteriors were equal, what could the decoder learn from a code? If all were points, where would a "
    "sample of the prior fall?",
    see="04-collapse#must-every-posterior-become-the-prior",
)

SHAPE = Choice(
    id="04-q3",
    name="answer_04_q3",
    question="A friend pulls with ‖μ‖² + ‖log σ²‖² in place of the KL. Both are 0 at the prior and positive elsewhere. "
    "What do you say?",
    options={
        "a": Option(
            "It is the same thing. Whatever is 0 at the prior and grows away from it pulls in the same way.",
            "Where a penalty is 0 says nothing about how it grows. This one is even in log σ²: it charges 1.92 for σ "
            "= 2 and for σ = ½. The KL is not even.",
            mistake="naive-for-kl",
        ),
        "b": Option(
            "It has another shape. It charges σ = 2 and σ = ½ alike, the KL does not. With any two weights some nats "
            "are lost.",
            "Yes: a parabola has not the shape of the KL, and the chapter's map has no pair of weights that loses "
            "nothing.",
            right=True,
        ),
        "c": Option(
            "The penalty on log σ² can be left out. Holding μ near 0 is enough to keep the noise in.",
            "Only the ratio of μ to σ reaches the decoder. With μ alone held, both shrink, the noise faster, and the "
            "decoder grows to make up for it.",
            mistake="one-penalty-is-enough",
        ),
    },
    nudge="Draw both penalties against log σ², at μ = 0. Look at log 4 and at −log 4.",
    see="04-collapse#which-two-weights",
)

EXERCISES = (PREDICT, NAIVE, SNR, LINEAR, LOSS, NOISE, TENSION, POSTERIORS, SHAPE)
