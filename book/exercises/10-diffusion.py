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
#     assignment: 10-diffusion
#     version: 1
# ---

# %% [markdown]
# # Exercises 10: a VAE with T levels
#
# A *diffusion model* (扩散模型) is a VAE whose encoder learns nothing. So every part of its bound can be written down, and
# checked.
#
# Write your answer where the `...` stands, then run the check below it. It says `PASS`, or which mistake it sees.
# Stuck? `hint("10-posterior")` says more, up to three times. `vae-course check 10-diffusion.ipynb` runs all checks in a
# terminal.
#
# Throughout, `betas` holds the noise of the steps 1 to T, so step t has `betas[t - 1]`; $\alpha_t = 1 - \beta_t$ and
# $\bar\alpha_t = \alpha_1\cdots\alpha_t$.
#
# About 70 minutes. You need [chapter 10](../10-diffusion.ipynb), pen and paper.

# %% [markdown]
# ## 1. Predict: two steps up
#
# The data point is x₀ = 2. The *noise schedule* (噪声调度) has two steps, β₁ = 0.36 and β₂ = 0.75. Each step shrinks and
# adds noise: $x_t = \sqrt{1-\beta_t}\,x_{t-1} + \sqrt{\beta_t}\,\varepsilon_t$. What are the *mean* (均值) and the
# *variance* (方差) of x₂? Commit yourself to two numbers before you simulate anything.
#
# **By hand.** After the first step the mean is √0.64 · 2 = 1.6 and the variance 0.36. Now do it once more, and remember
# that a variance shrinks, too.
#
# In the chapter: [an encoder that learns nothing](../10-diffusion.ipynb#an-encoder-that-learns-nothing).

# %% nbgrader={"grade": false, "grade_id": "10-predict-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# mean_and_variance = ...  # of x_2
### END GIVEN
### BEGIN SOLUTION
# The mean: √0.25 · 1.6 = 0.8. The variance: 0.25 · 0.36 + 0.75 = 0.84.
# In one jump: ᾱ₂ = 0.64 · 0.25 = 0.16, so √0.16 · 2 and 1 - 0.16.
mean_and_variance = (0.8, 0.84)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "10-predict", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("10-predict")

# %% [markdown]
# ## 2. Complete: any level in one jump
#
# Must one walk through t steps to draw $x_t$? A sum of independent normals is normal, so one jump will do.
#
# Complete `diffuse(x0, t, betas, eps)`. `x0` and the standard normal noise `eps` have shape `(B,)`; `t`, shape `(B,)`,
# holds whole numbers from 1 to T, a level for each example; `betas` has shape `(T,)`. Return shape `(B,)`:
#
# $$x_t = \sqrt{\bar\alpha_t}\;x_0 + \sqrt{1-\bar\alpha_t}\;\varepsilon .$$
#
# The first line is there: one α for each *step*. (`torch.cumprod` may be of use.)
#
# **By hand.** The example above, t = 2 and ε = 0: x₂ = 0.8. With ε = 1 it is 0.8 + √0.84 = 1.717.
#
# In the chapter: [an encoder that learns nothing](../10-diffusion.ipynb#an-encoder-that-learns-nothing).

# %% nbgrader={"grade": false, "grade_id": "10-diffuse-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def diffuse(x0, t, betas, eps):
    """x_t drawn in one jump from x_0: (B,), (B,) from 1 to T, (T,), (B,) → (B,)."""
    alphas = 1 - betas  # (T,), of the steps 1 to T
    ### BEGIN SOLUTION
    alpha_bars = torch.cumprod(alphas, dim=0)
    a = alpha_bars[t - 1]  # (B,); level 1 stands at index 0
    return torch.sqrt(a) * x0 + torch.sqrt(1 - a) * eps
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "10-diffuse", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("10-diffuse")

# %% [markdown]
# ## 3. From blank: one step back, knowing the start
#
# Somebody has seen x₀ and $x_t$. What can be said about the rung between, $x_{t-1}$? By Bayes' rule it is a normal
# again, and each inner term of the bound compares the decoder with it.
#
# Write `reverse_posterior(x0, xt, t, betas)`, the mean and the variance of $q(x_{t-1}|x_t, x_0)$. `x0` and `xt` have
# shape `(B,)`; `t` is *one* whole number from 2 to T; `betas` has shape `(T,)`. Return the mean, shape `(B,)`, and the
# variance, one number as a tensor:
#
# $$\tilde\mu = \frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\,x_0 + \frac{\sqrt{\alpha_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\,x_t ,\qquad \tilde\beta_t = \frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}\,\beta_t .$$
#
# **By hand.** β = 0.36 and 0.75, t = 2: ᾱ₁ = 0.64, ᾱ₂ = 0.16. The weight of x₀ is 0.8 · 0.75 / 0.84 = 0.714, that of x₂
# is 0.5 · 0.36 / 0.84 = 0.214, and the variance is 0.36 / 0.84 · 0.75 = 0.321.
#
# In the chapter: [what a network would have to learn](../10-diffusion.ipynb#what-a-network-would-have-to-learn).

# %% nbgrader={"grade": false, "grade_id": "10-posterior-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def reverse_posterior(x0, xt, t, betas):
    """Mean (B,) and variance () of q(x_{t-1} | x_t, x_0): (B,), (B,), 2 <= t <= T, (T,)."""
    ### BEGIN SOLUTION
    beta, alpha = betas[t - 1], 1 - betas[t - 1]
    alpha_bars = torch.cumprod(1 - betas, dim=0)
    now, below = alpha_bars[t - 1], alpha_bars[t - 2]
    mean = (below.sqrt() * beta * x0 + alpha.sqrt() * (1 - below) * xt) / (1 - now)
    variance = (1 - below) / (1 - now) * beta
    return mean, variance
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "10-posterior", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("10-posterior")

# %% [markdown]
# ## 4. From blank: the bound of T levels
#
# At the foot of the ladder a reconstruction, at its top a KL to the prior, and one KL for each rung between. How do
# they make up the *ELBO* (证据下界)?
#
# Write `diffusion_elbo(log_likelihood, kls, kl_prior)`. `log_likelihood`, shape `(B,)`, is $\log p(x_0|x_1)$ of each
# example; `kls`, shape `(T - 1, B)`, has a row for each inner rung; `kl_prior`, shape `(B,)`, is the KL at the top.
# Return shape `(B,)`, in nats: the bound, not the loss. For T = 1 there are no rungs, and `kls` has no rows.
#
# **By hand.** One example, log-likelihood −1, rungs `[[0.5], [0.25]]`, top 0.1: the ELBO is −1.85.
#
# In the chapter: [the ELBO of T levels](../10-diffusion.ipynb#the-elbo-of-t-levels).

# %% nbgrader={"grade": false, "grade_id": "10-elbo-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def diffusion_elbo(log_likelihood, kls, kl_prior):
    """ELBO of T levels, in nats: (B,), (T - 1, B), (B,) → (B,)."""
    ### BEGIN SOLUTION
    return log_likelihood - kls.sum(dim=0) - kl_prior
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "10-elbo", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("10-elbo")

# %% [markdown]
# ## 5. Find the bug: coming down
#
# To draw a sample one starts from pure noise and comes down, step by step. These samples are far too widely spread.
# Why?
#
# `reverse_sample(mean, variances, x_T, generator)` starts from `x_T`, shape `(n,)`. For t = T, …, 1 it draws $x_{t-1}$
# from a normal with the mean `mean(x, t)`, shape `(n,)`, and the variance of step t, `variances[t - 1]`. The last step,
# t = 1, is taken without noise. It returns x₀, shape `(n,)`. All randomness comes from `generator`. Mend it.
#
# **By hand.** T = 1: no noise at all, the answer is `mean(x_T, 1)`. T = 2, all means 0 in the upper step, variance
# 0.25: x₁ is normal with standard deviation ½.
#
# In the chapter: [samples](../10-diffusion.ipynb#samples).

# %% nbgrader={"grade": false, "grade_id": "10-sample-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def reverse_sample(mean, variances, x_T, generator):
    """x_0 from x_T, step by step: mean(x, t) → (n,), (T,), (n,) → (n,)."""
    ### BEGIN GIVEN
    # ...  # take this line away when you have mended the function
    # x = x_T
    # for t in range(len(variances), 0, -1):
    #     noise = torch.randn(x.shape, generator=generator)
    #     if t == 1:
    #         noise = torch.zeros_like(x)
    #     x = mean(x, t) + variances[t - 1] * noise
    # return x
    ### END GIVEN
    ### BEGIN SOLUTION
    x = x_T
    for t in range(len(variances), 0, -1):
        noise = torch.randn(x.shape, generator=generator)
        if t == 1:
            noise = torch.zeros_like(x)
        x = mean(x, t) + torch.sqrt(variances[t - 1]) * noise  # noise is scaled by sigma
    return x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "10-sample", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("10-sample")

# %% [markdown]
# ## 6. From blank: is the top pure noise? (recalls chapter 9)
#
# When we sample, standard normal noise takes the place of the top level $x_T$. How well could somebody tell the two
# apart? Chapter 9 has the instrument: the best *discriminator* (判别器).
#
# For a data point the top level is $\mathcal N(m, v)$. Write `told_apart(x, mean, logvar)`: the best discriminator's
# answer at the points `x`, shape `(N,)`, where "real" means drawn from $\mathcal N(m, v)$ and "fake" means drawn from
# $\mathcal N(0, 1)$. `mean` and `logvar` = log v are floats. Return shape `(N,)`: the probability of "real".
#
# **By hand.** Mean 0 and log-variance 0: the two are the same, so ½ at every x. Mean 1, log-variance 0: at x = 0.5,
# half-way, ½ again, and at x = 1 it is sigmoid(½) = 0.622.
#
# In the chapter: [an encoder that learns nothing](../10-diffusion.ipynb#an-encoder-that-learns-nothing), and [the best
# discriminator](../09-gan.ipynb#the-best-discriminator) in chapter 9.

# %% nbgrader={"grade": false, "grade_id": "10-told-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def told_apart(x, mean, logvar):
    """Best discriminator of N(mean, exp(logvar)) against N(0, 1): (N,) → (N,)."""
    ### BEGIN SOLUTION
    log_real = -0.5 * ((x - mean) ** 2 / math.exp(logvar) + logvar)
    log_fake = -0.5 * x**2  # both without ½ log 2π, which cancels
    return torch.sigmoid(log_real - log_fake)  # p / (p + q)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "10-told", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("10-told")

# %% [markdown]
# ## 7. Choose: the silent top
#
# In a trained diffusion model the level $x_T$ tells next to nothing about x₀. What do you say?
#
# - **a** Posterior collapse. The training has failed, and KL annealing would help.
# - **b** Here that is wanted, and built into the schedule: it is why pure noise may take the place of $x_T$. The levels
#   below still know the data.
# - **c** That is what every VAE should reach for its code z: if all posteriors are N(0, I), so is p(Z).
# - **d** It cannot be: in a diffusion model no level can collapse.
#
# In the chapter: [an encoder that learns nothing](../10-diffusion.ipynb#an-encoder-that-learns-nothing).

# %% nbgrader={"grade": false, "grade_id": "10-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_10_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_10_q1 = "b"  # one level of many is empty, on purpose; a VAE has only one
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "10-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("10-q1")

# %% [markdown]
# ## 8. Choose: one level per step
#
# In training, each image of a batch gets *one* random level t and one draw of the noise, though its bound is a sum over
# all levels. Why is that allowed?
#
# - **a** Because the noise of one step is small, so a single draw is nearly exact.
# - **b** Because all levels have the same loss, so one stands for all.
# - **c** It is not allowed, but in practice nobody notices.
# - **d** Because the estimate of the whole sum is unbiased: the levels that were not drawn are right on average.
#
# In the chapter: [what a network would have to learn](../10-diffusion.ipynb#what-a-network-would-have-to-learn), and
# [chapter 6](../06-reparameterization.ipynb).

# %% nbgrader={"grade": false, "grade_id": "10-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_10_q2 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_10_q2 = "d"  # as with the single draw of z in a VAE: unbiased, however noisy
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "10-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("10-q2")

# %% [markdown]
# ## 9. Choose: the simple loss
#
# Two networks have the same mean squared error of the noise, $L_{\text{simple}}$. One errs only at low levels, the
# other only at high ones. What about their ELBOs?
#
# - **a** They are the same: the squared error of the noise *is* the negative ELBO.
# - **b** They are the same up to a constant, because the KL has settled all ratios of weights.
# - **c** They may differ: each level has its own weight in the ELBO, and $L_{\text{simple}}$ leaves the weights out.
# - **d** There is no ELBO: a diffusion has no encoder.
#
# In the chapter: [what a network would have to learn](../10-diffusion.ipynb#what-a-network-would-have-to-learn).

# %% nbgrader={"grade": false, "grade_id": "10-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_10_q3 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_10_q3 = "c"  # level by level it is the ELBO up to a factor, and the factors differ
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "10-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("10-q3")

# %% [markdown]
# ## 10. Explain: is it a VAE?
#
# A friend has read "diffusion models are VAEs", another one "diffusion models are no VAEs: they have no encoder".
# Settle it in eight to ten sentences:
#
# 1. Which parts of the VAE's bound are there, and where is the encoder?
# 2. What does a diffusion not give that people want from a VAE?
# 3. Chapter 6 needed a gradient through a random draw. Why does nobody need it here?
#
# In the chapter: [so is it a VAE?](../10-diffusion.ipynb#so-is-it-a-vae)

# %% [markdown] nbgrader={"grade": true, "grade_id": "10-open", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# The bound is the same: by Jensen, log p(x₀) is at least a reconstruction, less one KL for each rung, less a KL to the
# prior at the top. With T = 1 these are the two terms of chapter 7. The encoder is there, and its KLs are in the loss:
# it is q(x_t | x_{t-1}), a fixed chain that shrinks and adds noise. So "no encoder" is wrong; it is one that learns
# nothing. Formally a diffusion is a hierarchical VAE with a fixed Gaussian encoder.
#
# What people want from a code it does not give. The top level says next to nothing about the data, the levels between
# are noisy copies, and none of them is smaller than the data: no bottleneck, no map of two dimensions. Nor is the usual
# training loss the ELBO; its weights are left out. And a sample takes T passes.
#
# In chapter 6 the encoder's weights sat *in front of* the random draw, so the gradient had to pass through it. Here the
# encoder has no weights. The draws are simply training data for the decoder.
#
# *Points*: one for the three kinds of terms with the fixed encoder; one for what is missing (code, bottleneck, or the
# loss that is no ELBO); one for the gradient.
### END SOLUTION
