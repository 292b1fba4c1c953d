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
#     assignment: 08-variants
#     version: 1
# ---

# %% [markdown]
# # Exercises 8: what can go wrong, and variants
#
# One number decides whether a VAE uses its code: the weight of the KL. Often nobody wrote it down. These exercises are
# about seeing it.
#
# Write your answer where the `...` stands, then run the check below it. It says `PASS`, or which mistake it sees.
# Stuck? `hint("08-kldim")` says more, up to three times. `vae-course check 08-variants.ipynb` runs all checks in a
# terminal. Values are in nats, one for each image, unless said otherwise.
#
# About 70 minutes. You need [chapter 8](../08-variants.ipynb), pen and paper.

# %% [markdown]
# ## 1. Predict: the best grey
#
# A pixel is 0 in one half of the images and 1 in the other, and the code does not tell which. The decoder has to answer
# with *one* normal for all of them. Which *mean* (均值) and which *variance* (方差) are the most likely? Commit yourself to
# two numbers before you compute anything.
#
# **By hand.** A pixel that is 1 in every image wants the mean 1, and a variance as small as it gets: 0.
#
# In the chapter: [where blur comes from](../08-variants.ipynb#where-blur-comes-from).

# %% nbgrader={"grade": false, "grade_id": "08-predict-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# blur = ...  # (mean, variance)
### END GIVEN
### BEGIN SOLUTION
# The mean is ½, a grey that no image has. The best variance is the mean squared error that is
# left: every pixel misses by ½, and ½² = ¼.
blur = (0.5, 0.25)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "08-predict", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("08-predict")

# %% [markdown]
# ## 2. Complete: the Gaussian decoder (recalls chapter 7)
#
# In chapter 7 the decoder was a Bernoulli, and its loss a cross-entropy. Now pixels are real numbers. What is $\log
# p(x|z)$ then, *all* of it?
#
# Complete `gaussian_log_likelihood(x, mean, variance)`: every pixel is normal around the decoder's mean, all with one
# variance. `x` and `mean` have shape `(B, D)`; `variance` is a float, the s² of the text and not s. Return shape
# `(B,)`, in nats. The first line is there. It is the part that everybody remembers.
#
# **By hand.** One pixel, hit exactly, with variance 1: −½ log 2π = −0.919. Two such pixels: −1.838.
#
# In the chapter: [where blur comes from](../08-variants.ipynb#where-blur-comes-from), and [what the decoder's numbers
# mean](../07-vae.ipynb#what-the-decoder-s-numbers-mean) in chapter 7.

# %% nbgrader={"grade": false, "grade_id": "08-gaussian-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def gaussian_log_likelihood(x, mean, variance):
    """log p(x|z) of a Gaussian decoder, in nats: (B, D), (B, D), float → (B,)."""
    squared_error = (x - mean) ** 2  # (B, D)
    ### BEGIN SOLUTION
    log_each = -0.5 * (squared_error / variance + math.log(2 * math.pi * variance))
    return log_each.sum(dim=-1)  # so each of the D pixels brings its own normaliser
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "08-gaussian", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("08-gaussian")

# %% [markdown]
# ## 3. From blank: which axes speak?
#
# Sixteen latent axes, and a mean KL of four nats. Is every axis used a little, or do four of them do all the work? One
# number cannot tell.
#
# Write `kl_per_dimension(mu, logvar)`. Both have shape `(N, L)`, one row for each of N images. Return shape `(L,)`: for
# every axis the KL to $\mathcal N(0, 1)$, averaged over the images. An axis with less than 0.01 nats says nothing; that
# is how *posterior collapse* (后验坍塌) is seen.
#
# **By hand.** Two images, two axes, `mu = [[1, 0], [-1, 0]]`, all `logvar` 0. Either image pays ½ on the first axis and
# nothing on the second: `[0.5, 0]`.
#
# In the chapter: [posterior collapse, seen](../08-variants.ipynb#posterior-collapse-seen).

# %% nbgrader={"grade": false, "grade_id": "08-kldim-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def kl_per_dimension(mu, logvar):
    """Mean KL to N(0, 1) of every latent axis, in nats: (N, L), (N, L) → (L,)."""
    ### BEGIN SOLUTION
    kl = 0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar)  # (N, L)
    return kl.mean(dim=0)  # over the images; the axes stay apart
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "08-kldim", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("08-kldim")

# %% [markdown]
# ## 4. From blank: a prior for every class
#
# A *conditional VAE* (条件变分自编码器) may give each class a prior of its own, $p(z|y) = \mathcal N(m_y, I)$. What does the KL
# become?
#
# Write `conditional_kl(mu, logvar, labels, prior_mu)`. `mu` and `logvar` have shape `(B, L)`. `labels`, shape `(B,)`,
# holds the class of each image, whole numbers from 0 to C − 1; `prior_mu`, shape `(C, L)`, holds the mean of each
# class. Return shape `(B,)`: the KL of $\mathcal N(\mu, \sigma^2)$ to the prior of the image's own class.
#
# **By hand.** One axis, μ = 2, log σ² = 0, class 1, and prior means `[[0], [2]]`. Posterior and prior are the same
# normal: the KL is 0. Under class 0 it would be 2² / 2 = 2.
#
# In the chapter: [choose the class, keep the style](../08-variants.ipynb#choose-the-class-keep-the-style).

# %% nbgrader={"grade": false, "grade_id": "08-conditional-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def conditional_kl(mu, logvar, labels, prior_mu):
    """KL to N(prior_mu[label], I), in nats: (B, L), (B, L), (B,), (C, L) → (B,)."""
    ### BEGIN SOLUTION
    away = mu - prior_mu[labels]  # (B, L): only the distance from the own class counts
    return 0.5 * (away**2 + torch.exp(logvar) - 1 - logvar).sum(dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "08-conditional", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("08-conditional")

# %% [markdown]
# ## 5. From blank: the β that nobody wrote
#
# A program adds a reconstruction loss and a KL. Each of the two is a sum over its parts, or a mean over them, and the
# KL has a weight. To the optimiser this is
#
# $$\text{a factor} \times \big(\text{reconstruction, summed} + \beta\;\mathrm{KL, summed}\big).$$
#
# Which β is it? Write `effective_beta(pixels, latents, recon_mean, kl_mean, kl_weight)`. `pixels` and `latents` are
# whole numbers. `recon_mean` says whether the reconstruction is a mean over the pixels (else it is a sum), `kl_mean`
# whether the KL is a mean over the latent axes. `kl_weight` stands before the KL. Return a float.
#
# (Both losses are complete log-likelihoods here, such as a cross-entropy. A squared error without its ½ brings one more
# factor ½.)
#
# **By hand.** A sum plus a sum with the weight 1 is the honest loss, β = 1. A mean over 784 pixels plus a summed KL
# with the weight 1: multiply by 784, and the KL stands there 784 times. β = 784.
#
# In the chapter: [the hidden β](../08-variants.ipynb#the-hidden).


# %% nbgrader={"grade": false, "grade_id": "08-hiddenbeta-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def effective_beta(pixels, latents, recon_mean, kl_mean, kl_weight):
    """The weight of the summed KL where the summed reconstruction has the weight 1."""
    ### BEGIN SOLUTION
    weight_of_recon = 1 / pixels if recon_mean else 1.0
    weight_of_kl = kl_weight / latents if kl_mean else kl_weight
    return weight_of_kl / weight_of_recon
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "08-hiddenbeta", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("08-hiddenbeta")

# %% [markdown]
# ## 6. Find the bug: an ELBO that flatters
#
# A model is trained with β = 0.1 and reports an ELBO that lies above log p(x). What has gone wrong?
#
# `report(recon, kl, beta)` gets $\log p(x|z)$ and the KL of each image, both of shape `(B,)`. It should return two
# tensors of shape `(B,)`: the objective that training *maximises*, which has the weight β, and the ELBO. Mend it.
#
# **By hand.** `recon = [-10]`, `kl = [4]`, β = ½. The objective is −12. The ELBO is −14, whatever β is.
#
# In the chapter: [a bound that is none](../08-variants.ipynb#a-bound-that-is-none).


# %% nbgrader={"grade": false, "grade_id": "08-beta-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def report(recon, kl, beta):
    """What training maximises, and the ELBO: (B,), (B,), float → (B,), (B,)."""
    ### BEGIN GIVEN
    # ...  # take this line away when you have mended the function
    # objective = recon - beta * kl
    # elbo = objective
    # return objective, elbo
    ### END GIVEN
    ### BEGIN SOLUTION
    objective = recon - beta * kl
    elbo = recon - kl  # always with β = 1: only that is a bound
    return objective, elbo
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "08-beta", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("08-beta")

# %% [markdown]
# ## 7. Choose: all posteriors alike
#
# "The codes together should be N(0, I). So every single posterior q(z|x) should become N(0, I): then p(Z) = Σ N(0, I)
# p(x) = N(0, I)." What do you answer?
#
# - **a** Right. That is what the KL term is for, and the smaller it gets, the better.
# - **b** The sum is right, but the goal is wrong: such a code tells nothing about its image.
# - **c** The sum is wrong: a mixture of normals is never normal.
# - **d** It does not matter: the prior is not used in training, only for drawing samples.
#
# In the chapter: [the paradox of p(Z)](../08-variants.ipynb#the-paradox-of-p-z).

# %% nbgrader={"grade": false, "grade_id": "08-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_08_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_08_q1 = "b"  # mean KL = I(x; z) + KL(aggregated ‖ prior), and both would be 0
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "08-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("08-q1")

# %% [markdown]
# ## 8. Choose: soft pictures
#
# The pictures of a VAE with two latent axes are blurred. Somebody takes sixteen axes and leaves everything else as it
# is, a high price β included. The pictures are hardly sharper. Why?
#
# - **a** Sixteen are still too few. Blur comes from a small code, and from nothing else.
# - **b** The decoder adds its pixel noise to the picture. Without the noise it would be sharp.
# - **c** At that price most axes stay silent, and a pixel Gaussian answers with the mean of all images that share a
#   code.
# - **d** The KL should be divided by the number of axes, now that there are more of them.
#
# In the chapter: [where blur comes from](../08-variants.ipynb#where-blur-comes-from).

# %% nbgrader={"grade": false, "grade_id": "08-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_08_q2 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_08_q2 = "c"  # E[x|z] is an average
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "08-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("08-q2")

# %% [markdown]
# ## 9. Choose: four ten-millionths
#
# After the first epoch a colleague's KL is 4·10⁻⁷, and there it stays. The loss has fallen nicely. What do you tell
# him?
#
# - **a** The code is dead. Compute the weight β s² with all hidden factors, and compare it with the largest variance of
#   the data, before you try annealing.
# - **b** Congratulations: the posterior has reached the prior, which is what was wanted.
# - **c** The code is dead. KL annealing will wake it, whatever the weight is at the end.
# - **d** It is the nature of a KL to fall during a successful training.
#
# In the chapter: [collapse: a bad start, or the optimum?](../08-variants.ipynb#collapse-a-bad-start-or-the-optimum)

# %% nbgrader={"grade": false, "grade_id": "08-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_08_q3 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_08_q3 = "a"  # annealing cures a slow start, not a price that is too high
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "08-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("08-q3")

# %% [markdown]
# ## 10. Explain: what is a label worth?
#
# A conditional VAE is told the class of each digit. Its ELBO is eight nats higher than that of a plain VAE with as many
# axes. "A label is worth eight nats", says its author. Answer in eight sentences or so:
#
# 1. How much can one label out of ten be worth at most, in one and the same model, and why?
# 2. Where can the other nats have come from?
# 3. Which number of the conditional model would you put beside the plain model's log p(x)?
#
# In the chapter: [choose the class, keep the style](../08-variants.ipynb#choose-the-class-keep-the-style).

# %% [markdown] nbgrader={"grade": true, "grade_id": "08-open", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# With ten equally likely classes p(x) is the mean of the ten p(x|y'). Each of the ten is positive, so p(x) is at least
# p(x|y)/10, and log p(x|y) is at most log 10 = 2.3 nats above log p(x). So no label out of ten can be worth more than
# 2.3 nats.
#
# The other nats are not the label's. Summed over the labels, the conditional model is a mixture of ten models, and its
# axes are free for the style, since the class no longer needs them: it is a better model of x. And an ELBO also rises
# when the gap gets smaller, that is when the encoder fits its posterior better.
#
# The fair number is the untold one: log p(x) = log of the mean of p(x|y') over all ten labels. (Or an ELBO for it.) To
# put log p(x|y) beside log p(x) compares two different questions.
#
# *Points*: one for log 10 with the reason; one for the mixture (the gap is a bonus); one for the untold log p(x).
### END SOLUTION
