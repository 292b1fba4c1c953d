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
#     assignment: 03-posterior
#     version: 1
# ---

# %% [markdown]
# # Exercises 3: a private posterior
#
# Write your answer where the `...` stands, then run the check below it. It says `PASS`, or which mistake it sees.
# Stuck? `hint("03-grid")` says more, up to three times. `vae-course check 03-posterior.ipynb` runs all checks in a
# terminal.
#
# About 60 minutes. You need [chapter 3](../03-posterior.ipynb), pen and paper. One exercise recalls chapter 2.

# %% [markdown]
# ## 1. Predict: what does one number tell?
#
# A generator draws z from $\mathcal N(0, 1)$ and shows x = 2z + noise. The noise is normal with mean 0 and *variance*
# (方差) 4. You see x = 3. What do you know about z now?
#
# The *posterior* (后验) is normal. Write its mean and its variance. Commit yourself to two numbers.
#
# **By hand.** Were the noise infinitely large, x would tell nothing: mean 0, variance 1, the *prior* (先验). Were there
# no noise, z would be known: mean 3/2, variance 0. The truth lies between. With x = z + noise, Var(noise) = 1, prior
# and observation count the same: mean x/2, variance ½. In general the precisions add up; a precision is 1/variance.
#
# In the chapter: [a few good draws](../03-posterior.ipynb#a-few-good-draws-instead-of-ten-thousand-blind-ones), where
# the variance of the posterior is called S.

# %% nbgrader={"grade": false, "grade_id": "03-predict-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# posterior_mean_and_variance = ...  # (mean, variance)
### END GIVEN
### BEGIN SOLUTION
# Precisions add: the prior has 1, the observation 2²/4 = 1. So the variance is 1/2. The observation alone would say
# z = 3/2, the prior says 0, and both count the same: the mean is 3/4.
posterior_mean_and_variance = (0.75, 0.5)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "03-predict", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("03-predict")

# %% [markdown]
# ## 2. Complete: Bayes' rule on a grid
#
# For each of B observations you know log p(x, z) on a grid of G values of z, the distance `dz` apart. Which density
# p(z|x) follows? Mark the word: a *density*. Times `dz` and added up it is 1.
#
# `log_joint` has shape `(B, G)`, `dz` is a float. Return p(z|x) on the grid, not its logarithm, shape `(B, G)`. A
# log-joint around −1000 is nothing unusual, and must not give `nan`. The first line is there.
#
# **By hand.** Two grid points, dz = ¼, log_joint = (0, 0): both z are equally good. The density is 2 at each, for
# 2 · ¼ + 2 · ¼ = 1.
#
# In the chapter: [which z could have made this x?](../03-posterior.ipynb#which-z-could-have-made-this-x)

# %% nbgrader={"grade": false, "grade_id": "03-grid-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def grid_posterior(log_joint, dz):
    """p(z|x) on the grid, by Bayes' rule: (B, G), float → (B, G)."""
    log_mass = log_joint + math.log(dz)  # log of p(x, z) dz
    ### BEGIN SOLUTION
    log_evidence = torch.logsumexp(log_mass, dim=1, keepdim=True)  # (B, 1)
    return torch.exp(log_joint - log_evidence)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-grid", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("03-grid")

# %% [markdown]
# ## 3. From blank: an encoder
#
# The *encoder* (编码器) turns a picture into a normal of its own: a mean and a *log-variance* (对数方差) for each latent
# dimension. Write it as a small network. Which values must its two outputs be able to take?
#
# Write a class `GaussianEncoder(features, hidden, latent)`, an `nn.Module` with at least one hidden layer of `hidden`
# units. Called on `x` of shape `(B, features)` it returns the pair `(mu, logvar)`, each of shape `(B, latent)`. Both
# depend on x, and not just linearly.
#
# **By hand.** `GaussianEncoder(64, 32, 2)` on five pictures gives two tensors of shape `(5, 2)`. A log-variance of −4
# is a standard deviation of e⁻² ≈ 0.14. So the head for `logvar` must be able to return −4; the head for `mu` needs −3
# as well as 3.
#
# In the chapter: [two networks instead of a table](../03-posterior.ipynb#two-networks-instead-of-a-table).

# %% nbgrader={"grade": false, "grade_id": "03-encoder-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch
from torch import nn


class GaussianEncoder(nn.Module):
    """x (B, features) → mu and logvar, each of shape (B, latent)."""

    def __init__(self, features, hidden, latent):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Sequential(nn.Linear(features, hidden), nn.Tanh())
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        h = self.hidden(x)  # (B, hidden)
        return self.mu(h), self.logvar(h)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-encoder", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("03-encoder")

# %% [markdown]
# ## 4. From blank: all posteriors together
#
# Each of N pictures has its posterior $\mathcal N(\mu_n, \sigma_n^2)$. Draw a picture at random, then z from its
# posterior: where does z lie? That is the *aggregated posterior* (聚合后验), an equal mixture of all N.
#
# `mu` and `logvar` have shape `(N, L)`. Return the mean and the variance of the mixture, a pair of tensors of shape
# `(L,)`. No samples are needed. (All N pictures are there, so averages are divided by N.)
#
# **By hand.** Two pictures, one dimension, centres −1 and 1, both log-variances 0. The mean is 0. The variance is 2:
# 1 from inside each posterior, 1 from the scatter of the centres. You met this sum in exercise 1 of chapter 1.
#
# In the chapter: [all posteriors together](../03-posterior.ipynb#all-posteriors-together).

# %% nbgrader={"grade": false, "grade_id": "03-moments-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def aggregated_moments(mu, logvar):
    """Mean and variance of the mixture of N posteriors: (N, L), (N, L) → (L,), (L,)."""
    ### BEGIN SOLUTION
    inside = logvar.exp().mean(0)
    scatter = mu.var(0, correction=0)
    return mu.mean(0), inside + scatter
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-moments", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("03-moments")

# %% [markdown]
# ## 5. Find the bug: the density of a code
#
# How probable is the code z under its private normal? The function below is right whenever σ = 1, so its author's test
# passed. Find the mistake, and mend it.
#
# `z`, `mu` and `logvar` $= \log\sigma^2$ have shape `(B, L)`. Return log q(z|x) in nats, one value for each example,
# shape `(B,)`.
#
# **By hand.** One dimension, μ = 0, σ² = 4, z = 2, one standard deviation away: −½ log 2π − log 2 − ½ = −2.1121. What
# does the function say?
#
# In the chapter: [which z could have made this x?](../03-posterior.ipynb#which-z-could-have-made-this-x)

# %% nbgrader={"grade": false, "grade_id": "03-logq-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def log_q(z, mu, logvar):
    """log N(z; μ, diag σ²) in nats: (B, L), (B, L), (B, L) → (B,)."""
    ### BEGIN GIVEN
    # ...  # take this line away when you have mended the function
    # sigma = torch.exp(logvar / 2)
    # squared = (z - mu) ** 2 / sigma
    # return -0.5 * (math.log(2 * math.pi) + logvar + squared).sum(dim=1)
    ### END GIVEN
    ### BEGIN SOLUTION
    sigma = torch.exp(logvar / 2)
    squared = ((z - mu) / sigma) ** 2  # counted in standard deviations, then squared
    return -0.5 * (math.log(2 * math.pi) + logvar + squared).sum(dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-logq", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("03-logq")

# %% [markdown]
# ## 6. From blank, and from memory: are the codes like the prior?
#
# One latent dimension. Every picture has drawn one code from its private posterior, z = μ + σ ε. Are all the codes
# together like the prior? Measure it with chapter 2's ruler for the line.
#
# Do not draw from the prior, there is something better: an ideal sample of N numbers, the *quantiles*
# $\Phi^{-1}\big((i + \tfrac12)/N\big)$ with i = 0 … N − 1. Φ is the distribution function of the standard normal; its
# inverse is `torch.special.ndtri`.
#
# `mu`, `logvar` and the noise `eps` have shape `(N,)`. Return $W_1$ between the N codes and the N quantiles, a scalar
# tensor.
#
# **By hand.** One picture: N = 1, and the only quantile is Φ⁻¹(½) = 0. So the answer is |z|. With μ = 0.5, log σ² =
# log 4 = 1.3863 and ε = 1 it is 0.5 + 2 · 1 = 2.5.
#
# In the chapter before: [sort, and subtract](../02-distance.ipynb#sort-and-subtract).

# %% nbgrader={"grade": false, "grade_id": "03-w1prior-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def w1_to_prior(mu, logvar, eps):
    """W1 of the codes μ + σ ε from N(0, 1), on the line: (N,), (N,), (N,) → ()."""
    ### BEGIN SOLUTION
    z = mu + torch.exp(logvar / 2) * eps
    middle = (torch.arange(len(z), dtype=z.dtype) + 0.5) / len(z)
    quantiles = torch.special.ndtri(middle)  # increasing
    return (z.sort().values - quantiles).abs().mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "03-w1prior", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("03-w1prior")

# %% [markdown]
# ## 7. Choose: will all digits be alike?
#
# Training a VAE pulls every private posterior towards $\mathcal N(0, I)$. A friend objects: "Then each digit is drawn
# from $\mathcal N(0, I)$, and the code tells nothing." What is right?
#
# - **a** The friend: each posterior should become $\mathcal N(0, I)$, since only then does their average equal the
#   prior.
# - **b** The prior is never used when a VAE is trained, so nothing is pulled anywhere.
# - **c** The mean KL of the posteriors to the prior is what z tells about x, plus the KL of their average to the prior.
#   Single posteriors may stay narrow and apart.
#
# In the chapter: [all posteriors together](../03-posterior.ipynb#all-posteriors-together).

# %% nbgrader={"grade": false, "grade_id": "03-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_03_q1 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_03_q1 = "c"  # the average should be near the prior, not each posterior
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "03-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("03-q1")

# %% [markdown]
# ## 8. Choose: a negative log-variance
#
# The second head of an encoder returns −3.2. What is to be done?
#
# - **a** Put a ReLU behind it: a variance cannot be negative.
# - **b** Nothing. It means σ = e^(−1.6) ≈ 0.2.
# - **c** Nothing, but only because it is log σ². A head that returns log σ would be wrong.
# - **d** Put a tanh behind both heads, so that no output runs away.
#
# In the chapter: [why the logarithm](../03-posterior.ipynb#why-the-logarithm).

# %% nbgrader={"grade": false, "grade_id": "03-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_03_q2 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_03_q2 = "b"  # any real number is the logarithm of some variance
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "03-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("03-q2")

# %% [markdown]
# ## 9. Choose: what does the encoder give?
#
# An encoder has been trained as well as possible. What is the normal that it returns for a picture x?
#
# - **a** An approximation q(z|x). What is lost is KL(q‖p(z|x)), and it may stay above 0.
# - **b** The posterior p(z|x). That is what an encoder is for.
# - **c** An approximation that becomes exact when σ is small: then one draw of z is enough.
#
# In the chapter: [where "variational" comes from](../03-posterior.ipynb#where-variational-comes-from).

# %% nbgrader={"grade": false, "grade_id": "03-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_03_q3 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_03_q3 = "a"  # the posterior is fixed by prior and likelihood; q is chosen from a family
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "03-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("03-q3")

# %% [markdown]
# ## 10. Explain: one peak of two
#
# The toy x = z² + noise shows x = 4. Its posterior has two narrow peaks, near −2 and 2. An encoder returns a narrow
# normal on the right peak. Every draw from it brings x back nearly perfectly. Write five or six sentences:
#
# 1. Why is the gap KL(q‖p(z|x)) nevertheless about log 2, and not 0?
# 2. Why does the best single normal not stand in the middle, wide enough for both peaks?
# 3. You estimate p(x) with weights p(x|z) p(z)/q(z|x), z drawn from this q. Almost every run gives the same value. How
#    large is it, compared with p(x), and why does nothing warn you?
#
# In the chapter: [a normal in its place](../03-posterior.ipynb#a-normal-in-its-place).

# %% [markdown] nbgrader={"grade": true, "grade_id": "03-open", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Each peak holds one half of the posterior. Where q has its mass it is about twice as high as the posterior, so
# log q/p is about log 2 there, and the KL is the average of that under q. Good reconstructions do not help: the gap
# asks for all z that could have made x, not for one that could.
#
# A wide normal in the middle would put much of its mass where the posterior has nearly none. There log q/p is huge,
# and the average is taken under q. So covering both peaks costs more than ten nats, forgetting one costs 0.69.
#
# The weights are nearly constant, about one half of p(x): the integral over the right half of the z alone. The draws
# never get to the left peak, so nothing in them shows that it exists. The estimate is still unbiased, but its other
# half is carried by draws that one would wait for in vain. Equal values in many runs are no proof.
# ### END SOLUTION
