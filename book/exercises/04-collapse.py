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
#     assignment: 04-collapse
#     version: 1
# ---

# %% [markdown]
# # Exercises 4: variance collapse and the naive losses
#
# Write each answer into its cell, run the cell, then run the check below it. `hint("04-snr")` tells more, up to three
# times; in a terminal, `vae-course check 04-collapse.ipynb` checks all at once.
#
# The exercises rise: first a prediction, then code of which a part is given, then blank cells, a bug, three questions
# and a paragraph of your own. Values are in nats unless said. Time: 50 minutes.

# %% [markdown]
# ## 1. Predict: what does the noise cost?
#
# **Before you run anything.** A linear decoder (解码器) draws $\hat x=3z$. With a code free of noise its mean squared
# error is 0.5. Now noise comes into the code, $z=\mu+\sigma\varepsilon$ with $\varepsilon\sim\mathcal N(0,1)$,
# independent of all else. We may choose $\sigma\ge0$, and nothing but this error counts.
#
# Write down two numbers: the error at $\sigma=0.1$, and the $\sigma$ that makes the error smallest.
#
# A check of your formula: at $\sigma=1$ the error is 9.5.
#
# In the chapter: [What does noise cost?](../04-collapse.ipynb#what-does-noise-cost)

# %% nbgrader={"grade": false, "grade_id": "04-predict-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# loss_and_best_sigma = ..., ...  # (error at sigma = 0.1, best sigma)
### END GIVEN
### BEGIN SOLUTION
loss_and_best_sigma = 0.5 + 3**2 * 0.1**2, 0.0  # the noise arrives 3 times as large, its variance 9 times
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "04-predict", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("04-predict")

# %% [markdown]
# ## 2. Complete: the naive pull
#
# What is the simplest way to hold $q(z\mid x)=\mathcal N(\mu,\operatorname{diag}\sigma^2)$ near the standard normal
# (标准正态分布)? Punish the mean (均值) for leaving 0, and the log-variance (对数方差) for leaving 0:
#
# $$\lambda_\mu\lVert\mu\rVert^2+\lambda_\sigma\lVert\log\sigma^2\rVert^2 .$$
#
# Complete the function. `mu` and `logvar` $=\log\sigma^2$ have shape `(B, L)`, the two weights are numbers. Return
# one value for each example, shape `(B,)`.
#
# **By hand.** `mu = [[1, 2]]`, `logvar = [[3, 0]]` and weights 1 and 10 give $1\cdot(1+4)+10\cdot9=$ `[95]`.
#
# In the chapter: [The naive pull](../04-collapse.ipynb#the-naive-pull)


# %% nbgrader={"grade": false, "grade_id": "04-naive-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    """Weighted naive penalties: (B, L), (B, L), two numbers -> (B,)."""
    square_mu = (mu**2).sum(-1)
    ### BEGIN SOLUTION
    square_logvar = (logvar**2).sum(-1)
    return lam_mu * square_mu + lam_logvar * square_logvar
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "04-naive", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("04-naive")

# %% [markdown]
# ## 3. Write: the one number that the decoder sees
#
# Multiply $\mu$ and $\sigma$ by ten, divide the decoder by ten: nothing changes. So neither of the two numbers alone
# says how noisy a code is. Their ratio does.
#
# Write the signal-to-noise ratio of each latent dimension: the **variance** (方差) of $\mu$ over the images, divided by
# the **mean over the images** of the noise variance $\sigma^2$. Take the variance with the divisor $N$, not $N-1$.
#
# `mu` and `logvar` have shape `(N, L)`: here the rows are the data. Return shape `(L,)`.
#
# **By hand.** Two images, one latent dimension, `mu = [[1], [3]]`, `logvar = [[0], [0]]`. The mean of $\mu$ is 2, its
# variance is 1, the noise variance is 1, and the ratio is `[1]`.
#
# In the chapter: [Only the ratio counts](../04-collapse.ipynb#only-the-ratio-counts)

# %% nbgrader={"grade": false, "grade_id": "04-snr-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def signal_to_noise(mu, logvar):
    """Variance of mu over the data / mean variance of the noise: (N, L), (N, L) -> (L,)."""
    ### BEGIN SOLUTION
    signal = mu.var(0, correction=0)
    noise = torch.exp(logvar).mean(0)
    return signal / noise
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "04-snr", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("04-snr")

# %% [markdown]
# ## 4. Write: the whole account of a line
#
# Take the smallest VAE there is. The data are numbers, $x\sim\mathcal N(0,v)$. Encoder (编码器) and decoder are straight
# lines:
#
# $$q(z\mid x)=\mathcal N(ax,\ \sigma^2),\qquad p(x\mid z)=\mathcal N(wz,\ s^2),\qquad p(z)=\mathcal N(0,1).$$
#
# How good is it, on average? Write the mean over $x$ of its ELBO (证据下界), reconstruction − KL, in nats. No sampling:
# every expectation has a closed form. In three steps:
#
# 1. What is the mean of $(x-wz)^2$ over $x$ and the noise?
# 2. Put it into $\log p(x\mid z)=-\tfrac12\log2\pi s^2-(x-wz)^2/2s^2$.
# 3. Take off the mean over $x$ of $\mathrm{KL}=\tfrac12(\mu^2+\sigma^2-\log\sigma^2-1)$, with $\mu=ax$.
#
# The five arguments are 0-dimensional tensors: `a`, `sigma` $=\sigma$, `w`, `noise_var` $=s^2$ and `x_var` $=v$.
# Return a 0-dimensional tensor.
#
# **By hand.** $a=0$, $\sigma=1$, $w=0$, $s^2=1$, $v=1$. The code is pure noise and the decoder ignores it. The KL is 0,
# and what is left is $-\tfrac12\log2\pi-\tfrac12=-1.4189$.
#
# In the chapter: [Where the KL comes to rest](../04-collapse.ipynb#where-the-kl-comes-to-rest)

# %% nbgrader={"grade": false, "grade_id": "04-linear-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def linear_elbo(a, sigma, w, noise_var, x_var):
    """Mean ELBO of the linear VAE in nats: five 0-dimensional tensors -> one."""
    ### BEGIN SOLUTION
    squared_error = (1 - a * w) ** 2 * x_var + w**2 * sigma**2  # x - wz = (1 - aw) x - w sigma eps
    reconstruction = -0.5 * torch.log(2 * math.pi * noise_var) - squared_error / (2 * noise_var)
    kl = 0.5 * (a**2 * x_var + sigma**2 - torch.log(sigma**2) - 1)
    return reconstruction - kl
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "04-linear", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("04-linear")

# %% [markdown]
# ## 5. Find the bug: a pull that is too weak
#
# A training step needs one number. This one should be the mean over the batch of
#
# $$\lVert x-\hat x\rVert^2+\lambda\left(\lVert\mu\rVert^2+\lVert\log\sigma^2\rVert^2\right),$$
#
# with every squared norm a **sum**, over the pixels or over the latent dimensions. The code runs and the loss falls.
# But with 64 latent dimensions the pull is 64 times weaker than the formula says. Why? Mend it.
#
# `x` and `x_hat` have shape `(B, D)`, `mu` and `logvar` shape `(B, L)`, `lam` is a number. Return a 0-dimensional
# tensor.
#
# **By hand.** One image of two pixels, `x = [[1, 1]]`, `x_hat = [[0, 0]]`, two latent dimensions, `mu = [[1, 2]]`,
# `logvar = [[0, 0]]`, `lam = 10`. The formula gives $2+10\cdot5=52$.
#
# In the chapter: [The naive pull](../04-collapse.ipynb#the-naive-pull)


# %% nbgrader={"grade": false, "grade_id": "04-loss-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# def naive_total(x, x_hat, mu, logvar, lam):
#     """Mean over the batch of squared error + lam * naive penalties, one number."""
#     reconstruction = ((x - x_hat) ** 2).sum(-1)
#     penalty = (mu**2 + logvar**2).mean(-1)
#     return (reconstruction + lam * penalty).mean()
### END GIVEN
### BEGIN SOLUTION
def naive_total(x, x_hat, mu, logvar, lam):
    """Mean over the batch of squared error + lam * naive penalties, one number."""
    reconstruction = ((x - x_hat) ** 2).sum(-1)
    penalty = (mu**2 + logvar**2).sum(-1)  # a sum, as over the pixels
    return (reconstruction + lam * penalty).mean()


### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "04-loss", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("04-loss")

# %% [markdown]
# ## 6. Write: what each latent dimension costs *(recalls chapter 3)*
#
# Chapter 3 put noise of a private width into each coordinate of the code. How much of it arrives in the picture?
#
# A linear decoder has the matrix $W$. Noise $\sigma_l\varepsilon_l$ in the code, with independent
# $\varepsilon_l\sim\mathcal N(0,1)$, moves the picture by $W(\sigma\odot\varepsilon)$. Write the expected squared
# length of that shift,
#
# $$\mathbb E\,\lVert W(\sigma\odot\varepsilon)\rVert^2 ,$$
#
# as a closed form, one value for each example. `logvar` has shape `(B, L)`, `W` shape `(D, L)`; return shape `(B,)`.
#
# **By hand.** `W = [[3], [4]]` has one column, of squared length 25. `logvar = [[0]]` gives `[25]`; four times the
# variance, `logvar = [[log 4]]`, gives `[100]`. For two columns: write out the square. Which products have mean 0?
#
# In the chapter: [What does noise cost?](../04-collapse.ipynb#what-does-noise-cost)

# %% nbgrader={"grade": false, "grade_id": "04-noise-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def noise_cost(logvar, W):
    """E ||W (sigma * eps)||^2 for each example: (B, L), (D, L) -> (B,)."""
    ### BEGIN SOLUTION
    squared_columns = (W**2).sum(0)  # (L,): how far one unit of each latent moves the picture
    return torch.exp(logvar) @ squared_columns  # mixed products have mean 0: variances add
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "04-noise", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("04-noise")

# %% [markdown]
# ## 7. Choose: which “tension”?
#
# In a VAE the reconstruction wants less noise and the KL wants more. What does that mean for the training?
#
# - **a.** Encoder and decoder play against each other, as in a GAN: we look for a saddle, not for a minimum.
# - **b.** Two terms of one sum pull in different directions. Encoder and decoder minimise that sum together.
# - **c.** Nothing. The prior (先验) is used for sampling only; training does not see it.
# - **d.** The KL is one more loss, to be added to $\lVert\mu\rVert^2$ and $\lVert\log\sigma^2\rVert^2$.
#
# In the chapter: [Where the KL comes to rest](../04-collapse.ipynb#where-the-kl-comes-to-rest)

# %% nbgrader={"grade": false, "grade_id": "04-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_04_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_04_q1 = "b"  # a regression with a penalty has the same tension, and nobody calls it a game
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "04-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("04-q1")

# %% [markdown]
# ## 8. Choose: what do we want of the posteriors?
#
# You have a well-trained VAE. What is true of its private posteriors (后验) $q(z\mid x)$?
#
# - **a.** Each of them is $\mathcal N(0,I)$, so that their average is the prior.
# - **b.** Each of them has a variance near 0, so that no information is lost in the code.
# - **c.** They differ from one another, and their average is near the prior.
#
# In the chapter: [Must every posterior become the prior?](../04-collapse.ipynb#must-every-posterior-become-the-prior)

# %% nbgrader={"grade": false, "grade_id": "04-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_04_q2 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_04_q2 = "c"  # mean KL = information of the code + KL of the average to the prior
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "04-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("04-q2")

# %% [markdown]
# ## 9. Choose: is the naive penalty good enough?
#
# A friend pulls with $\lVert\mu\rVert^2+\lVert\log\sigma^2\rVert^2$ in place of the KL. Both are 0 at the prior and
# positive elsewhere. What do you say?
#
# - **a.** It is the same thing. Whatever is 0 at the prior and grows away from it pulls in the same way.
# - **b.** It has another shape. It charges $\sigma=2$ and $\sigma=\tfrac12$ alike, the KL does not. With any two
#   weights some nats are lost.
# - **c.** The penalty on $\log\sigma^2$ can be left out. Holding $\mu$ near 0 is enough to keep the noise in.
#
# In the chapter: [Which two weights?](../04-collapse.ipynb#which-two-weights)

# %% nbgrader={"grade": false, "grade_id": "04-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_04_q3 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_04_q3 = "b"  # (log 4)^2 = (log 1/4)^2, so the penalty cannot tell too wide from too narrow
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "04-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("04-q3")

# %% [markdown]
# ## 10. Explain: a letter to a colleague
#
# She trains an autoencoder (自编码器) with noise in its code, on the squared error plus $\lVert\mu\rVert^2$. "The codes
# stay near the origin, so the noise must matter," she writes. "The reconstructions are sharp. But the ELBO is
# terrible. How can that be?"
#
# Answer her in about ten sentences. Say
#
# 1. which way out the noise takes, and why the penalty on $\mu$ does not block it (use the scale symmetry);
# 2. why her reconstructions cannot show it, and which **two** measurements would;
# 3. what you would change in her loss, and what keeps $\sigma$ from running to 0 (or to 1) then.
#
# In the chapter: [The naive pull](../04-collapse.ipynb#the-naive-pull) and
# [The same on real digits](../04-collapse.ipynb#the-same-on-real-digits)

# %% [markdown] nbgrader={"grade": true, "grade_id": "04-open", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# 1. The decoder sees $\mu$ and $\sigma$ only through their ratio. Multiply both by $1/k$ and the decoder by $k$, and
#    each reconstruction stays as it was. So a small $\mu$ costs the reconstruction nothing, and the penalty rewards
#    it. Nothing holds $\sigma$, so it may shrink faster than $\mu$, say by $1/k^2$: the signal-to-noise ratio then
#    rises without end. On that route the loss falls to its floor and has no minimum.
# 2. Sharp reconstructions are just what a code without noise gives; they look the better the more the variance has
#    collapsed. Measure the mean $\log\sigma^2$, which falls epoch after epoch and does not settle. And measure the
#    distance from samples of the prior to the nearest code, in that code's own $\sigma$: many $\sigma$ away means
#    that the decoder was never trained there.
# 3. Replace the penalty by the KL to $\mathcal N(0,I)$. It pulls $\log\sigma^2$ up with $\tfrac12(1-\sigma^2)$, while
#    the reconstruction pushes down with a force proportional to $\sigma^2$. As $\sigma\to0$ the push fades and the
#    pull does not, so they balance at a $\sigma$ above 0. At $\sigma=1$ the pull is 0, so a dimension that the
#    decoder uses stays below 1. For the line it is $\sigma^2=s^2$.
# ### END SOLUTION
