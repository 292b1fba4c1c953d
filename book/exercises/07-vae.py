# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   vae_course:
#     assignment: 07-vae
#     version: 1
# ---

# %% [markdown]
# # Exercises 7: the VAE
#
# Everything that you wrote in chapters 1 to 6 comes together here. At the end you will have built a whole *VAE*
# (变分自编码器) on an empty page: encoder, sampler, bound and training step.
#
# Write your answer where the `...` stands, then run the check below it. It says `PASS`, or which mistake it sees.
# Stuck? `hint("07-elbo")` says more, up to three times. `vae-course check 07-vae.ipynb` runs all checks in a terminal.
# Values are in nats, one for each image, unless said otherwise.
#
# About 90 minutes. You need [chapter 7](../07-vae.ipynb), pen and paper, and your own solutions of chapters 5 and 6.

# %% [markdown]
# ## 1. Predict: how low can a pixel go?
#
# A colleague waits for the *cross-entropy* (交叉熵) of her grey digits to reach zero. How long will she wait?
#
# A decoder may answer a pixel with any probability of ink. What is the lowest binary cross-entropy, in nats, that it
# can reach for a pixel of grey x = 0.5? And for a black pixel, x = 1? Commit yourself to two numbers before you compute
# anything; two or three digits are enough.
#
# **By hand.** The empty pixel, x = 0, is the easy one: the decoder answers "no ink at all", and pays nothing.
#
# In the chapter: [what the decoder's numbers mean](../07-vae.ipynb#what-the-decoder-s-numbers-mean).

# %% nbgrader={"grade": false, "grade_id": "07-predict-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# bce_floors = ...  # (for x = 0.5, for x = 1)
### END GIVEN
### BEGIN SOLUTION
# The best answer is the pixel itself. Then the cross-entropy is the entropy of a coin:
# -0.5 log 0.5 - 0.5 log 0.5 = log 2 for the grey pixel, 0 for the black one.
bce_floors = (0.6931, 0.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "07-predict", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("07-predict")

# %% [markdown]
# ## 2. Complete: the Bernoulli decoder
#
# The decoder answers each pixel with a *logit* l, any real number. The probability of ink is sigmoid(l). How probable
# is the whole image?
#
# Complete `bernoulli_log_likelihood(x, logits)`, the *log-likelihood* (对数似然) $\log p(x|z)$ of each image. `x` holds
# pixels from 0 to 1, `logits` any real numbers, both of shape `(B, D)`. Return shape `(B,)`, in nats.
#
# The first line is there: the log-probability of ink. It is taken from the logit itself, and no probability is ever
# computed. At a logit of −200 the probability is too small for float32; its logarithm is not.
#
# **By hand.** Two pixels `[1, 0]`, both logits 0. Each pixel had the probability ½, so the answer is −2 log 2 = −1.386.
#
# In the chapter: [what the decoder's numbers mean](../07-vae.ipynb#what-the-decoder-s-numbers-mean).

# %% nbgrader={"grade": false, "grade_id": "07-loglik-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch
import torch.nn.functional as F


def bernoulli_log_likelihood(x, logits):
    """log p(x|z) of a Bernoulli decoder, in nats: (B, D), (B, D) → (B,)."""
    log_ink = F.logsigmoid(logits)
    ### BEGIN SOLUTION
    log_paper = F.logsigmoid(-logits)  # because 1 - sigmoid(l) is sigmoid(-l)
    return (x * log_ink + (1 - x) * log_paper).sum(dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-loglik", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("07-loglik")

# %% [markdown]
# ## 3. From blank: the bound
#
# Two networks have spoken. The encoder gave `mu` and `logvar`; one code was drawn, as in chapter 6; the decoder
# answered with `logits`. Which number can you compute from this that is, on average over the draws, never above $\log
# p(x)$?
#
# Write `elbo(x, logits, mu, logvar)`, the *ELBO* (证据下界) with a Bernoulli decoder. `x` and `logits` have shape `(B, D)`,
# `mu` and `logvar` shape `(B, L)`. The KL is the one to the standard normal, from chapter 5. Return shape `(B,)`: the
# bound itself, not the loss.
#
# **By hand.** One black pixel, its logit 0, and one latent dimension with μ = 1, log σ² = 0. The reconstruction is −log
# 2, the KL is ½. Together −1.193.
#
# In the chapter: [the ELBO as code](../07-vae.ipynb#the-elbo-as-code).

# %% nbgrader={"grade": false, "grade_id": "07-elbo-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch
import torch.nn.functional as F


def elbo(x, logits, mu, logvar):
    """Reconstruction minus KL, in nats: x, logits (B, D), mu, logvar (B, L) → (B,)."""
    ### BEGIN SOLUTION
    cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    reconstruction = -cross_entropy.sum(dim=-1)  # a sum over the pixels ...
    kl = 0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar).sum(dim=-1)  # ... and over the latents
    return reconstruction - kl
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-elbo", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("07-elbo")

# %% [markdown]
# ## 4. From blank: the whole machine
#
# This is the summit of the course. Can you build a VAE that learns real digits, with nothing given but a name?
#
# Write `train(images, epochs, seed)`. `images` has shape `(N, 64)`, pixels from 0 to 1; each image is seen once per
# epoch. The same `seed` must give the same weights. Return two functions: `encode(x)` gives `mu` and `logvar`, each of
# shape `(B, 2)`; `decode(z)` gives *logits* of shape `(B, 64)`. The loss is minus your ELBO.
#
# One hidden layer of 64 units with `tanh` is enough for each network. Take Adam with a learning rate of 0.003 and
# batches of 64 images. A step has five parts: encode, draw z, decode, compare, update the weights of *both* networks.
#
# The check trains with your function for 40 epochs, which takes about a second. Then it measures the ELBO of 180 digits
# that your networks have never seen. It must not lie more than one nat below ours.
#
# **By hand.** Fresh weights give logits near 0, so the ELBO starts near −64 log 2 = −44 nats. A decoder that ignores z
# and draws the mean digit gets about −27. Whoever uses the code does better than that.
#
# In the chapter: [the training loop, spelled out once](../07-vae.ipynb#the-training-loop-spelled-out-once).

# %% nbgrader={"grade": false, "grade_id": "07-train-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch
import torch.nn.functional as F
from torch import nn


def train(images, epochs, seed):
    """Train a VAE with two latent dimensions: images (N, 64) → encode, decode."""
    ### BEGIN SOLUTION
    torch.manual_seed(seed)  # the first weights
    noise = torch.Generator().manual_seed(seed)  # the order of the images, and eps
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2 * 2))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    weights = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, lr=3e-3)

    def encode(x):
        return encoder(x).chunk(2, dim=-1)  # mu, logvar

    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=noise).split(64):
            x = images[rows]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=noise)
            loss = -elbo(x, decoder(z), mu, logvar).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encode, decoder
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-train", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("07-train")

# %% [markdown]
# ## 5. Find the bug: new digits
#
# These samples are crisp, and each looks like a real digit. Why should that make you suspicious?
#
# `generate(n, encode, decode, images, latent, generator)` is meant to draw `n` *new* digits: codes from the *prior*
# (先验), through the decoder, to pixel means between 0 and 1, shape `(n, 64)`. `latent` is the number of latent
# dimensions. All randomness comes from `generator`. The code below runs, and yet not one of its pictures is new. Mend
# it.
#
# **By hand.** Say `decode` gives the logit 0 for every pixel, whatever z is. Then every pixel mean is ½, and the images
# do not matter.
#
# In the chapter: [the same distribution, but new: measured](../07-vae.ipynb#the-same-distribution-but-new-measured).

# %% nbgrader={"grade": false, "grade_id": "07-generate-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def generate(n, encode, decode, images, latent, generator):
    """Pixel means of n new digits, shape (n, 64)."""
    ### BEGIN GIVEN
    # ...  # take this line away when you have mended the function
    # rows = torch.randint(len(images), (n,), generator=generator)
    # mu, logvar = encode(images[rows])
    # z = mu + torch.exp(logvar / 2) * torch.randn(n, latent, generator=generator)
    # return torch.sigmoid(decode(z))
    ### END GIVEN
    ### BEGIN SOLUTION
    z = torch.randn(n, latent, generator=generator)  # no real image takes part
    return torch.sigmoid(decode(z))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-generate", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("07-generate")

# %% [markdown]
# ## 6. From blank: a map of the latent plane
#
# You want a sheet of k × k decoded digits that shows what the model draws, each place standing for an equal share of
# it. Where in the plane must the places lie?
#
# Not at equal distances: the corners of such a grid are hardly ever sampled, and decode to junk. Take *quantiles* (分位数)
# of the normal: along each axis the k numbers $\Phi^{-1}\big((i+\tfrac12)/k\big)$ for $i = 0, \dots, k-1$.
# (`torch.special.ndtri` is $\Phi^{-1}$.) Write `latent_grid(k)`, which returns all pairs of them, shape `(k * k, 2)`.
# The first coordinate varies slowest.
#
# **By hand.** `latent_grid(1)` is the one point `[0, 0]`. For k = 2 an axis has the places Φ⁻¹(¼) = −0.674 and Φ⁻¹(¾) =
# 0.674; the second of the four points is `[-0.674, 0.674]`.
#
# In the chapter: [what it has learned](../07-vae.ipynb#what-it-has-learned).

# %% nbgrader={"grade": false, "grade_id": "07-grid-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def latent_grid(k):
    """All pairs of k quantiles of the standard normal, shape (k * k, 2)."""
    ### BEGIN SOLUTION
    shares = (torch.arange(k) + 0.5) / k  # the middles of k equal shares
    places = torch.special.ndtri(shares)
    return torch.cartesian_prod(places, places)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "07-grid", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("07-grid")

# %% [markdown]
# ## 7. Choose: a negative loss
#
# A VAE with a Gaussian decoder and a learned variance reports a mean test loss, −ELBO, of −12.3 nats. What do you say?
#
# - **a** That can be right: the loss is minus the log of a *density*, and a density may exceed 1.
# - **b** There is a bug: minus the log of a probability is never negative.
# - **c** The KL must have become negative. That is where to look.
# - **d** The ELBO has risen above log p(x), so it is no bound any more.
#
# In the chapter: [what the decoder's numbers mean](../07-vae.ipynb#what-the-decoder-s-numbers-mean).

# %% nbgrader={"grade": false, "grade_id": "07-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_07_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_07_q1 = "a"  # a narrow density is high
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "07-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("07-q1")

# %% [markdown]
# ## 8. Choose: a mean and a sum
#
# On images of 28 × 28 pixels somebody adds `mse_loss(x_hat, x)`, the mean over all pixels, and the KL, summed over the
# latent dimensions. All reconstructions look alike. What is going on?
#
# - **a** The KL should be divided by the number of latent dimensions; then both terms are means.
# - **b** A correction for the minibatch is missing: multiply the KL by batch size / number of images.
# - **c** Nothing follows from the loss: the weight of a squared error is arbitrary anyway. Train longer.
# - **d** The mean makes the error 784 times lighter. At unit variance the KL has the hidden weight β = 392.
#
# In the chapter: [the decoder's variance is an exchange
# rate](../07-vae.ipynb#the-decoder-s-variance-is-an-exchange-rate).

# %% nbgrader={"grade": false, "grade_id": "07-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_07_q2 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_07_q2 = "d"  # D/2, since the honest loss has half the summed squared error
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "07-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("07-q2")

# %% [markdown]
# ## 9. Choose: a test without noise
#
# In her test loop a colleague puts z = μ in place of a draw, "to get rid of the noise". What does she report?
#
# - **a** The ELBO, only less noisy, since the mean of z is μ.
# - **b** A number that is neither the ELBO nor a bound. It can lie above log p(x).
# - **c** Nearly the ELBO: one draw was good enough only because σ is small, and then μ is as good.
# - **d** Something below the ELBO. She is on the safe side.
#
# In the chapter: [the gap is the KL, on real digits](../07-vae.ipynb#the-gap-is-the-kl-on-real-digits).

# %% nbgrader={"grade": false, "grade_id": "07-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_07_q3 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_07_q3 = "b"  # the decoder is curved: the mean of a function is not the function of the mean
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "07-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("07-q3")

# %% [markdown]
# ## 10. Choose: grey pixels
#
# A VAE is trained with binary cross-entropy on *grey* digits. Its author reports an ELBO of −25 nats. What is this
# number?
#
# - **a** A lower bound on the log-density of the grey digits.
# - **b** Nothing at all: cross-entropy has a meaning for black and white pixels only.
# - **c** A lower bound on the expected log-probability of the *dynamically binarized* digits.
# - **d** Nats are nats. Somebody's Gaussian decoder has +12 nats on the same digits, so that one is the better model.
#
# In the chapter: [what the decoder's numbers mean](../07-vae.ipynb#what-the-decoder-s-numbers-mean).

# %% nbgrader={"grade": false, "grade_id": "07-q4-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_07_q4 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_07_q4 = "c"  # the cross-entropy is linear in the pixel, so the mean passes through
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "07-q4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("07-q4")

# %% [markdown]
# ## 11. Explain: the cloud that beats real digits
#
# The grey mean of all digits has a higher ELBO than nine in ten real test digits. A classmate concludes: "So the ELBO
# is useless." Answer in eight to ten sentences:
#
# 1. What does a reconstruction in nats count, and why does a smooth cloud do well?
# 2. What is the ELBO good for, then?
# 3. Which three measurements would you take before you call *drawn* digits good?
#
# In the chapter: [your handwriting in nats](../07-vae.ipynb#your-handwriting-in-nats).

# %% [markdown] nbgrader={"grade": true, "grade_id": "07-open", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# With a Gaussian decoder a reconstruction counts squared misses, pixel by pixel. The cloud misses every pixel by a
# little. A crisp digit whose stroke lies one pixel beside the decoder's misses a few pixels by much, and the square
# makes that dear. So many nats mean "near, pixel by pixel, to something that the decoder can draw", and not "well
# written".
#
# The ELBO is good for comparing *models* on the *same* images, with the same binarization and the same kind of
# likelihood. There it bounds log p(x) from below, and noise is found out by it.
#
# Drawn digits are judged by samples. Are they new: how far away is the nearest training image, compared with real
# held-out digits? Do they follow the same distribution: a two-sample test, such as the MMD with shuffled labels? Are
# they recognised: what does a classifier call them, how sure is it, and does every class get its share?
#
# *Points*: one for squared misses, pixel by pixel; one for the cloud against the crisp digit; one for models on the
# same images; one for three sensible measurements.
### END SOLUTION
