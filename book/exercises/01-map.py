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
#     assignment: 01-map
#     version: 1
# ---

# %% [markdown]
# # Exercises 1: two distributions and a map
#
# Write your answer where the `...` stands, then run the check below it. It says `PASS`, or which mistake it sees.
# Stuck? `hint("01-mixture")` says more, up to three times. `vae-course check 01-map.ipynb` runs all checks in a
# terminal.
#
# About 60 minutes. You need [chapter 1](../01-map.ipynb), pen and paper.

# %% [markdown]
# ## 1. Predict: how wide is a mixture?
#
# A coin that is not fair chooses c = 0 with probability ¼ and c = 1 with probability ¾. Then x is drawn from a normal
# with *mean* (均值) −2 or 2; its *standard deviation* (标准差) is 1 in both cases.
#
# What are the mean and the *variance* (方差) of x? Commit yourself to two numbers before you look anything up.
#
# **By hand.** Let both standard deviations be 0, the weights ½ and ½, the means −1 and 1. Then x is −1 or 1: its mean
# is 0, its variance 1. All of it comes from the choice. With the standard deviation 1 there is a second part. Where
# does that one come from?
#
# In the chapter: [one hidden choice](../01-map.ipynb#the-smallest-case-one-hidden-choice).

# %% nbgrader={"grade": false, "grade_id": "01-moments-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# x_moments = ...  # (mean, variance)
### END GIVEN
### BEGIN SOLUTION
# The means have the average ¼·(−2) + ¾·2 = 1. The variance within each component is 1. To it comes the variance
# of the means, ¼·(−2 − 1)² + ¾·(2 − 1)² = 3.
x_moments = (1.0, 4.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-moments", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("01-moments")

# %% [markdown]
# ## 2. Complete: the density of a mixture, far out too
#
# How surprised is a mixture by a number x? Compute log p(x) in nats, for N numbers at once:
#
# $$\log p(x) = \log \sum_{k=1}^{K} w_k\, \mathcal N(x;\ m_k,\ s_k^2).$$
#
# `x` has shape `(N,)`; `weights`, `means` and `stds` have shape `(K,)`, and `stds` are standard deviations. Return
# shape `(N,)`. The first line is there. It must also work at x = −60, where every density rounds
# to 0. And stay in torch: a gradient has to find its way back to `x`.
#
# **By hand.** Two equal weights, means −1 and 1, standard deviations 1, and x = 0. Both bumps are equally high at 0, so
# log p(0) is that of one of them: −½ − ½ log 2π = −1.4189.
#
# In the chapter: [one hidden choice](../01-map.ipynb#the-smallest-case-one-hidden-choice), where `logsumexp` is built.

# %% nbgrader={"grade": false, "grade_id": "01-mixture-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def mixture_log_density(x, weights, means, stds):
    """log p(x) of a mixture of normals, in nats: (N,), (K,), (K,), (K,) → (N,)."""
    scaled = (x[:, None] - means) / stds  # (N, K)
    ### BEGIN SOLUTION
    log_normal = -0.5 * scaled**2 - torch.log(stds) - 0.5 * math.log(2 * math.pi)
    return torch.logsumexp(torch.log(weights) + log_normal, dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-mixture", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("01-mixture")

# %% [markdown]
# ## 3. From blank: draw from the mixture
#
# *Sampling* (采样) from a model with a *latent variable* (隐变量) has two steps. First the choice, then x. Write them.
#
# Draw `n` numbers from the mixture. `weights`, `means`, `stds` as before; return shape `(n,)`. All randomness comes
# from `generator`, a `torch.Generator`: hand it to every function that draws.
#
# **By hand.** Weights (0, 1), means (−5, 5), standard deviations (1, 0): only one choice is possible, and it has no
# noise. Whatever the dice show, every number is 5.
#
# In the chapter: [one hidden choice](../01-map.ipynb#the-smallest-case-one-hidden-choice).

# %% nbgrader={"grade": false, "grade_id": "01-sample-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def sample_mixture(n, weights, means, stds, generator):
    """n draws from a mixture of normals: (K,), (K,), (K,) → (n,)."""
    ### BEGIN SOLUTION
    choice = torch.multinomial(weights, n, replacement=True, generator=generator)
    eps = torch.randn(n, generator=generator)
    return means[choice] + stds[choice] * eps
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-sample", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("01-sample")

# %% [markdown]
# ## 4. From blank: the evidence by dice
#
# With many dials no sum and no grid will do, so we ask the dice. Somebody has drawn K codes $z_k$ from the *prior*
# (先验) and computed the *likelihood* (似然) of B pictures under each of them. You get the logarithms:
# `log_likelihoods` has shape `(K, B)` and holds log p(x_b|z_k).
#
# Return the *Monte Carlo estimate* (蒙特卡洛估计) of the log *evidence* (证据), one value for each picture, shape `(B,)`:
#
# $$\log \frac1K \sum_{k=1}^{K} p(x_b \mid z_k).$$
#
# For real pictures a log-likelihood of −2000 is nothing unusual. The exponential of that is 0.
#
# **By hand.** K = 2 codes, one picture, likelihoods ¼ and ¾. Their average is ½, so the answer is log ½ = −0.6931.
# (The average of the two logarithms is −0.8370. That is another number. Which of the two is larger, always?)
#
# In the chapter: [ask the dice](../01-map.ipynb#ask-the-dice-prior-monte-carlo).

# %% nbgrader={"grade": false, "grade_id": "01-evidence-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def log_evidence(log_likelihoods):
    """log of the average likelihood over K codes from the prior: (K, B) → (B,)."""
    ### BEGIN SOLUTION
    K = log_likelihoods.shape[0]
    return torch.logsumexp(log_likelihoods, dim=0) - math.log(K)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-evidence", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("01-evidence")

# %% [markdown]
# ## 5. Find the bug: probabilistic PCA
#
# The linear model x = W z + s ε has the density $\mathcal N(x;\ 0,\ W W^\top + s^2 I)$. The function below computes
# its logarithm. The plan is good. Factor the covariance into $A A^\top$. Then $y = A^{-1} x$ consists of D independent
# standard normals, and log |det A| pays for the change of variables. But somebody made a mistake that is found in
# well-known code, too. With one pixel nobody would notice. Find it, and mend it.
#
# `x` has shape `(B, D)`, `W` has shape `(D, L)`, `noise` is the standard deviation s of the pixel noise, a float.
# Return log p(x) in nats, shape `(B,)`.
#
# **By hand.** D = 2 pixels, W = 0, noise 1, x = (0, 0): two independent standard normals at their peaks,
# −½ log 2π each, −1.8379 together. What does the function say?
#
# In the chapter: [the same on real digits](../01-map.ipynb#the-same-on-real-digits).

# %% nbgrader={"grade": false, "grade_id": "01-ppca-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def ppca_log_density(x, W, noise):
    """log N(x; 0, W Wᵀ + noise² I) in nats: (B, D), (D, L), float → (B,)."""
    ### BEGIN GIVEN
    # ...  # take this line away when you have mended the function
    # D = x.shape[1]
    # covariance = W @ W.T + noise**2 * torch.eye(D, dtype=x.dtype)
    # A = torch.linalg.cholesky(covariance)  # covariance = A Aᵀ
    # y = torch.linalg.solve_triangular(A, x.T, upper=False).T  # (B, D)
    # log_each = -0.5 * (y**2 + D * math.log(2 * math.pi))  # (B, D)
    # return log_each.sum(1) - torch.log(A.diagonal()).sum()
    ### END GIVEN
    ### BEGIN SOLUTION
    D = x.shape[1]
    covariance = W @ W.T + noise**2 * torch.eye(D, dtype=x.dtype)
    A = torch.linalg.cholesky(covariance)  # covariance = A Aᵀ
    y = torch.linalg.solve_triangular(A, x.T, upper=False).T  # (B, D)
    log_each = -0.5 * (y**2 + math.log(2 * math.pi))  # one log 2π for each pixel
    return log_each.sum(1) - torch.log(A.diagonal()).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "01-ppca", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("01-ppca")

# %% [markdown]
# ## 6. Choose: when does the sum hold?
#
# For which parameters of a model does $p_\theta(x) = \sum_z p_\theta(x \mid z)\, p(z)$ hold?
#
# - **a** For those that training finds. It is what training has to bring about.
# - **b** For those whose density equals that of the data.
# - **c** For all parameters, good and bad.
# - **d** For none exactly: the sum is only known from samples.
#
# In the chapter: [what the equation says](../01-map.ipynb#what-the-equation-says-and-what-it-does-not).

# %% nbgrader={"grade": false, "grade_id": "01-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_01_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_01_q1 = "c"  # the right side defines the left side
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("01-q1")

# %% [markdown]
# ## 7. Choose: a positive logarithm
#
# The ledger's digit has log p(x) = +5.68 nats under a model of grey pixels. A friend is alarmed. What do you say?
#
# - **a** Nothing is wrong. A density may exceed 1.
# - **b** There is a bug: no probability exceeds 1, so no logarithm of one is positive.
# - **c** It is a loss, printed without its minus sign: log p(x) must be −5.68.
#
# In the chapter: [the ledger](../01-map.ipynb#the-ledger).

# %% nbgrader={"grade": false, "grade_id": "01-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_01_q2 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_01_q2 = "a"  # a density is probability per volume, and a volume can be small
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("01-q2")

# %% [markdown]
# ## 8. Choose: five runs agree
#
# Prior Monte Carlo with 16 dials and K = 10,000 is run with five seeds. The five estimates of the average log p(x) lie
# within two nats of each other. What follows?
#
# - **a** They are right to about two nats: five independent runs would not err alike.
# - **b** Nothing about p(x). The estimate is unbiased, but its mean is carried by rolls that none of the runs has seen.
# - **c** The estimate of p(x) is biased downwards, so its average over very many runs would be too low as well.
#
# In the chapter: [the same on real digits](../01-map.ipynb#the-same-on-real-digits).

# %% nbgrader={"grade": false, "grade_id": "01-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_01_q3 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_01_q3 = "b"  # nearly every run is too low, one in very many makes up for all
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "01-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("01-q3")

# %% [markdown]
# ## 9. Explain: ghosts with a perfect mark
#
# Probabilistic PCA gives real digits exactly the average log p(x) that it gives its own draws. Yet any child tells its
# draws from handwriting. Write five or six sentences for a friend who has read chapter 1:
#
# 1. What does the average log p(x) of a model measure, and what is it compared with here?
# 2. How can it agree for the two, although the pictures differ?
# 3. Which picture of chapter 1 shows that the two distributions are not the same, and how?
#
# In the chapter: [new, but of the same kind?](../01-map.ipynb#new-but-of-the-same-kind)

# %% [markdown] nbgrader={"grade": true, "grade_id": "01-open", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The average log p(x) says how well a model expected the pictures that came. Here it is compared with the average over
# the model's own draws, and the two agree exactly.
#
# They agree because of how W and s were chosen. The log-density of a normal is a quadratic function of x, so its
# average depends on the mean and the covariance of the pictures, and on nothing else. The best fit takes over just
# what of these two enters the average. Everything beyond means and covariances, such as strokes that are either there
# or not, does not count.
#
# One number can agree while the distributions differ. The histograms of log p(x) show it: both have the same mean, but
# the real digits are spread about twice as widely, with a long tail of digits that surprise the model more than
# anything it draws itself. A high average log p(x) is no promise of good samples; that needs a ruler of its own, the
# subject of chapter 2.
# ### END SOLUTION
