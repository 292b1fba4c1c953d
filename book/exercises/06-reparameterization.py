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
#     assignment: 06-reparameterization
#     version: 1
# ---

# %% [markdown]
# # Exercises 6: the reparameterization trick
#
# Write each answer into its cell, run the cell, then run the check below it. `hint("06-sample")` tells more, up to
# three times; in a terminal, `vae-course check 06-reparameterization.ipynb` checks all at once.
#
# The exercises rise: first a prediction, then blank cells and code of which a part is given, a bug, three questions
# and a paragraph of your own. Time: 50 minutes.

# %% [markdown]
# ## 1. Predict: one roll
#
# **Before you run anything.** An encoder (编码器) says $\mu=1$ and $\log\sigma^2=\log9$. The dice say $\varepsilon=2$.
# Write down two numbers: the code $z$, and the standard deviation (标准差) that many such codes would have.
#
# In the chapter: [The outcome has one](../06-reparameterization.ipynb#the-outcome-has-one)

# %% nbgrader={"grade": false, "grade_id": "06-predict-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# z_and_std = ..., ...
### END GIVEN
### BEGIN SOLUTION
z_and_std = 1 + 3 * 2, 3  # sigma = exp(log 9 / 2) = 3
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "06-predict", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("06-predict")

# %% [markdown]
# ## 2. Write: the trick
#
# Draw a code $z\sim\mathcal N(\mu,\operatorname{diag}\sigma^2)$ for each example, so that the gradient passes: the
# reparameterization trick (重参数化技巧). `mu` and the log-variance (对数方差) `logvar` have shape `(B, L)`, and so has the
# result. Every number of it needs its own noise.
#
# Draw with `torch.randn(..., generator=generator)`. Then the same generator gives the same codes again, and a result
# can be repeated. (`torch.randn_like` is shorter, but not every version of PyTorch lets it take a generator.)
#
# **By hand.** With `logvar = [[log 9]]` and `mu = [[1]]`, many draws have mean 1 and standard deviation 3. With a very
# negative `logvar`, say $-40$, there is next to no noise and the code is `mu`. The gradient of the sum of all codes
# with respect to `mu` is 1 everywhere.
#
# In the chapter: [Six ways to get it wrong](../06-reparameterization.ipynb#six-ways-to-get-it-wrong)

# %% nbgrader={"grade": false, "grade_id": "06-sample-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def reparameterize(mu, logvar, generator):
    """A sample of N(mu, diag exp(logvar)) that carries the gradient: (B, L), (B, L) -> (B, L)."""
    ### BEGIN SOLUTION
    eps = torch.randn(mu.shape, generator=generator)
    return mu + torch.exp(0.5 * logvar) * eps
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-sample", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("06-sample")

# %% [markdown]
# ## 3. Write: follow the slope
#
# How does $\mathbb E_q[\sum_l z_l^2]$ change with $\mu$? The trick moves the question inside: differentiate $\sum_l
# z_l^2$ at each outcome $z=\mu+\sigma\varepsilon$, and average over the outcomes. That is the pathwise gradient.
#
# Write it, with a pencil or with `torch.autograd`. `mu` and `logvar` have shape `(L,)`; `eps` holds $K$ rolls, shape
# `(K, L)`. Return the mean over the $K$ rolls of $\partial/\partial\mu\,\sum_l z_l^2$, shape `(L,)`.
#
# **By hand.** `mu = [1]`, `logvar = [0]`, `eps = [[1], [-1], [3]]`. The codes are 2, 0 and 4, the slopes $2z$ are 4, 0
# and 8, and their mean is `[4]`.
#
# In the chapter: [The outcome has one](../06-reparameterization.ipynb#the-outcome-has-one)

# %% nbgrader={"grade": false, "grade_id": "06-pathwise-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def pathwise_gradient(mu, logvar, eps):
    """Pathwise estimate of d/dmu E[sum z^2]: (L,), (L,), (K, L) -> (L,)."""
    ### BEGIN SOLUTION
    z = mu + torch.exp(0.5 * logvar) * eps
    return (2 * z).mean(0)  # dz/dmu = 1
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-pathwise", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("06-pathwise")

# %% [markdown]
# ## 4. Complete: follow the reward
#
# Sometimes there is no slope: a simulator, a game, a discrete choice. All we see is how large $f$ was at each sample.
# Then differentiate the density in place of $f$:
#
# $$\frac{\partial}{\partial\mu}\mathbb E_q[f(z)]=\mathbb E_q\Big[f(z)\,\frac{\partial\log q(z)}{\partial\mu}\Big].$$
#
# Complete the score-function estimate for $q=\mathcal N(\mu,\operatorname{diag}\sigma^2)$: what is $\partial\log
# q/\partial\mu$ at each sample? `mu` and `logvar` have shape `(L,)`, the samples `z` shape `(K, L)`, and `f` holds
# the value $f(z_k)$ of each sample, shape `(K,)`. Return shape `(L,)`.
#
# **By hand.** `mu = [0]`, `logvar = [log 4]`, `z = [[2], [-2]]`, `f = [3, 1]`. The scores are $\tfrac12$ and $-\tfrac12$,
# and the estimate is $\tfrac12(3\cdot\tfrac12-1\cdot\tfrac12)=$ `[0.5]`: larger rewards lie to the right.
#
# In the chapter: [There is another way, and it is
# noisier](../06-reparameterization.ipynb#there-is-another-way-and-it-is-noisier)

# %% nbgrader={"grade": false, "grade_id": "06-score-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def score_gradient(mu, logvar, z, f):
    """Score-function estimate of d/dmu E[f(z)]: (L,), (L,), (K, L), (K,) -> (L,)."""
    ### BEGIN SOLUTION
    score = (z - mu) / torch.exp(logvar)  # d log q / dmu, (K, L)
    ### END SOLUTION
    return (f[:, None] * score).mean(0)


# %% nbgrader={"grade": true, "grade_id": "06-score", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("06-score")

# %% [markdown]
# ## 5. Find the bug: the code of an image
#
# A class of a well-known library once had this method. While training it samples, and the gradient passes,
# as in exercise 2. When the model is *used* (`training=False`), it should return the one code that stands for the
# image. All pictures of its users were shifted. Find out which code it returned, and mend it.
#
# `mu` and `logvar` have shape `(B, L)`, `training` is `True` or `False`; every draw comes from `generator`. Return
# shape `(B, L)`.
#
# **By hand.** `mu = [[1]]`, `logvar = [[log 9]]`, `training=False`. The given code returns `[[4]]`. Is that the most
# probable code? Is it the average one?
#
# In the chapter: [Six ways to get it wrong](../06-reparameterization.ipynb#six-ways-to-get-it-wrong)

# %% nbgrader={"grade": false, "grade_id": "06-codes-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


### BEGIN GIVEN
# def codes(mu, logvar, training, generator):
#     """A sample of q while training, else the code of each image: (B, L), (B, L) -> (B, L)."""
#     sigma = torch.exp(0.5 * logvar)
#     eps = torch.ones(mu.shape)
#     if training:
#         eps = torch.randn(mu.shape, generator=generator)
#     return mu + sigma * eps
### END GIVEN
### BEGIN SOLUTION
def codes(mu, logvar, training, generator):
    """A sample of q while training, else the code of each image: (B, L), (B, L) -> (B, L)."""
    if not training:
        return mu  # the mean, which is also the most probable code
    eps = torch.randn(mu.shape, generator=generator)
    return mu + torch.exp(0.5 * logvar) * eps


### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "06-codes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("06-codes")

# %% [markdown]
# ## 6. Write: one sample of the KL *(recalls chapter 5)*
#
# With the trick in hand, look once more at the log-ratio of chapter 5. For one given roll $\varepsilon$ of each
# example, write
#
# $$\log q(z)-\log p(z)\qquad\text{at } z=\mu+\sigma\varepsilon ,$$
#
# in nats, with $q=\mathcal N(\mu,\operatorname{diag}\sigma^2)$ and the prior (先验) $p=\mathcal N(0,I)$. `mu`, `logvar`
# and `eps` have shape `(B, L)`; return shape `(B,)`.
#
# **By hand.** $\mu=1$, $\sigma=1$. For $\varepsilon=0$ the code is 1, where $q$ has its peak and $p$ is lower by
# $\tfrac12$ nat: `[0.5]`. For $\varepsilon=-1$ the code is 0, where it is the other way round: `[-0.5]`. That is no
# bug.
#
# In chapter 5: [One sample of it](../05-kl.ipynb#one-sample-of-it)

# %% nbgrader={"grade": false, "grade_id": "06-single-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def single_sample_kl(mu, logvar, eps):
    """log q(z) - log p(z) at z = mu + sigma * eps, in nats: three (B, L) -> (B,)."""
    ### BEGIN SOLUTION
    z = mu + torch.exp(0.5 * logvar) * eps
    # (z - mu)^2 / sigma^2 is eps^2, and both densities have the same log 2 pi
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "06-single", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("06-single")

# %% [markdown]
# ## 7. Choose: why is one sample enough?
#
# A VAE draws one $\varepsilon$ for each image and step. Why is that enough?
#
# - **a.** The estimate of the gradient is unbiased (无偏), whatever $\sigma$ is, and many steps average.
# - **b.** $\sigma$ is small, so all samples of an image are nearly the same.
# - **c.** All images of a batch share the same $\varepsilon$, so the noise cancels in the batch.
# - **d.** The decoder gets $\mu$ anyway; noise is needed for generating only.
#
# In the chapter: [Why one sample per step is enough](../06-reparameterization.ipynb#why-one-sample-per-step-is-enough)

# %% nbgrader={"grade": false, "grade_id": "06-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_06_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_06_q1 = "a"  # a larger sigma makes a single step noisier, never wrong on average
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "06-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("06-q1")

# %% [markdown]
# ## 8. Choose: `torch.normal`
#
# Somebody samples with `z = torch.normal(mu, sigma)`. The encoder gave `mu` and `sigma`, and both require a gradient.
# What happens in training?
#
# - **a.** The same as with the trick: $z$ has the same distribution.
# - **b.** An error as soon as `backward()` is called, so that the mistake is found at once.
# - **c.** The gradient is right on average, but much noisier.
# - **d.** It runs without a word. The encoder gets the gradient 0 from the reconstruction and hears the KL alone.
#
# In the chapter: [A roll of the dice has no derivative](../06-reparameterization.ipynb#a-roll-of-the-dice-has-no-derivative)

# %% nbgrader={"grade": false, "grade_id": "06-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_06_q2 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_06_q2 = "d"  # every posterior becomes the prior, and the decoder draws the mean image
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "06-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("06-q2")

# %% [markdown]
# ## 9. Choose: which code, when?
#
# Training is over. You need codes twice: to show reconstructions of test images, and to report the ELBO (证据下界) on
# them. Which codes do you decode?
#
# - **a.** $\mu$ in both cases: without noise the reported number is better and does not jump.
# - **b.** $\mu+\sigma$ in both cases: one code without randomness, but with the right spread.
# - **c.** $\mu$ for the pictures, samples of $q$ for the ELBO.
#
# In the chapter: [Six ways to get it wrong](../06-reparameterization.ipynb#six-ways-to-get-it-wrong)

# %% nbgrader={"grade": false, "grade_id": "06-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_06_q3 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_06_q3 = "c"  # the ELBO is an expectation over q; at the mean alone it is another, too friendly number
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "06-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("06-q3")

# %% [markdown]
# ## 10. Explain: one grey picture
#
# Your VAE draws the same grey picture for every code. Chapters 2, 5 and 6 each knew a cause for that:
#
# - the generator was trained against images that have nothing to do with its $z$;
# - the KL was far too strong;
# - the gradient was cut at $z$.
#
# Write about ten sentences. Say for each cause why it ends in the *mean* image. Then give one measurement or
# experiment that tells the last two apart, and say what you expect to see in either case.
#
# In the chapter: [What if the gradient is cut?](../06-reparameterization.ipynb#what-if-the-gradient-is-cut)

# %% [markdown] nbgrader={"grade": true, "grade_id": "06-open", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# All three end in the same place for the same reason: the code tells the decoder nothing about the image. The best
# single answer to a squared error, or to a cross-entropy, when nothing is known is the mean of the data, and that is
# grey.
#
# - **No pairing.** The code is independent of the image from the beginning. For each $z$ the loss is averaged over
#   all images, and its minimum is the mean.
# - **The KL too strong**, summed over the batch for instance. A code that tells something costs more than the
#   reconstruction gains by it. So every posterior becomes the prior; then $z$ is noise without news.
# - **The gradient cut.** The encoder hears the KL alone, and the KL is smallest when the posterior is the prior. The
#   decoder is trained, but on noise.
#
# To tell the last two apart, look at the gradient of the *reconstruction alone* with respect to `mu`, in a freshly
# initialised model. If the gradient is cut, it is exactly 0 (or `requires_grad` is false, or `backward` raises). If
# the KL is too strong, it is not 0, only outweighed. An experiment does as well: multiply the KL by 0. A model whose
# KL was too strong begins to reconstruct at once; one with a cut gradient still learns nothing in its encoder, for
# now it gets no gradient at all.
# ### END SOLUTION
