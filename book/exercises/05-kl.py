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
#     assignment: 05-kl
#     version: 1
# ---

# %% [markdown]
# # Exercises 5: KL to the standard normal
#
# Write each answer into its cell, run the cell, then run the check below it. `hint("05-kl")` tells more, up to three
# times; in a terminal, `vae-course check 05-kl.ipynb` checks all at once.
#
# The exercises rise: first a prediction, then blank cells and code of which a part is given, a bug, three questions
# and a paragraph of your own. Values are in nats unless said. Time: 50 minutes.

# %% [markdown]
# ## 1. Predict: three prices
#
# **Before you run anything.** The KL divergence (KL散度) of a normal to the prior (先验) is a price in nats. What do
# these three cost?
#
# 1. $\mu=0$, $\log\sigma^2=0$: the prior itself.
# 2. $\mu=-1$, $\log\sigma^2=0$: one standard deviation to the left.
# 3. $\mu=0$, $\log\sigma^2=\log4$: twice as wide.
#
# Work them out with a pencil, to three digits. $\log4=1.386$.
#
# In the chapter: [The derivation, line by line](../05-kl.ipynb#the-derivation-line-by-line)

# %% nbgrader={"grade": false, "grade_id": "05-predict-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# three_kls = ..., ..., ...
### END GIVEN
### BEGIN SOLUTION
three_kls = 0.0, 0.5, 0.807  # ½ (0 + 4 - 1.386 - 1) = 0.807 for the third: the variance is 4
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "05-predict", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("05-predict")

# %% [markdown]
# ## 2. Write: the line that every VAE contains
#
# Write $\mathrm{KL}\big(\mathcal N(\mu,\operatorname{diag}\sigma^2)\,\Vert\,\mathcal N(0,I)\big)$, from `mu` and the
# log-variance (对数方差) `logvar` $=\log\sigma^2$, both of shape `(B, L)`. Return one value for each example, shape
# `(B,)`.
#
# You will meet this line in every VAE that you read, and sooner or later its eight wrong versions, too. So test yours
# on more than one example and more than one dimension.
#
# **By hand.** `mu = [[-1]]`, `logvar = [[0]]` gives `[0.5]`. Three more coordinates that sit at the
# prior change nothing.
#
# In the chapter: [More dimensions: a sum](../05-kl.ipynb#more-dimensions-a-sum)

# %% nbgrader={"grade": false, "grade_id": "05-kl-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def kl_to_standard_normal(mu, logvar):
    """KL(N(mu, diag exp(logvar)) || N(0, I)) in nats: (B, L), (B, L) -> (B,)."""
    ### BEGIN SOLUTION
    return 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)  # expm1(v) = exp(v) - 1, exact near 0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-kl", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("05-kl")

# %% [markdown]
# ## 3. Complete: another prior
#
# What if the prior is not $\mathcal N(0,I)$? Chapter 8 will give each class its own, and chapter 10 compares two
# normals at every step. Complete
#
# $$\mathrm{KL}\big(\mathcal N(\mu_q,\operatorname{diag}\sigma_q^2)\,\Vert\,\mathcal N(\mu_p,\operatorname{diag}\sigma_p^2)\big).$$
#
# A way to find it: measure $z$ in units of the prior. With $z=\mu_p+\sigma_pu$ the prior of $u$ is standard, and a KL
# does not mind the units. What are mean and variance of $u$ under $q$? Put them into the formula that you know.
#
# All four arguments have shape `(B, L)`. Return shape `(B,)`.
#
# **By hand.** $q=\mathcal N(1,1)$ and $p=\mathcal N(0,4)$. In units of $p$, $q$ is $\mathcal N(\tfrac12,\tfrac14)$, and
# the KL is $\tfrac12\big(\tfrac14+\tfrac14-\log\tfrac14-1\big)=0.443$.
#
# In the chapter: [KL(q‖p) or KL(p‖q)?](../05-kl.ipynb#kl-qp-or-kl-pq)

# %% nbgrader={"grade": false, "grade_id": "05-general-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    """KL(N(mu_q, diag exp(logvar_q)) || N(mu_p, diag exp(logvar_p))) in nats: four (B, L) -> (B,)."""
    squared_distance = (mu_q - mu_p) ** 2
    ### BEGIN SOLUTION
    log_ratio = logvar_q - logvar_p  # log-variance of q in units of p
    scaled = squared_distance / torch.exp(logvar_p)
    return 0.5 * (scaled + torch.expm1(log_ratio) - log_ratio).sum(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-general", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("05-general")

# %% [markdown]
# ## 4. Write: the KL without a formula
#
# For most pairs of distributions nobody knows a formula. But the KL is an expectation, and an expectation can be
# sampled. This is its Monte Carlo estimate (蒙特卡洛估计):
#
# $$\mathrm{KL}(q\Vert p)\approx\frac1n\sum_{i=1}^n\big[\log q(z_i)-\log p(z_i)\big],\qquad z_i\sim q .$$
#
# Write it for $q=\mathcal N(\mu,\operatorname{diag}\sigma^2)$ and $p=\mathcal N(0,I)$. `mu` and `logvar` have shape
# `(B, L)`; `n` is the number of samples for each example, and each example has its own. Draw *all* noise with
# `torch.randn(..., generator=generator)`. Return shape `(B,)`.
#
# **By hand.** For $\sigma=1$ the log-ratio of a sample $z=\mu+\varepsilon$ is $\mu\varepsilon+\tfrac12\mu^2$. So at
# $\mu=0$ every single sample gives exactly 0. At $\mu=1$ the single values scatter with standard deviation 1 around
# $\tfrac12$, and many are negative. Leave them so.
#
# In the chapter: [One sample of it](../05-kl.ipynb#one-sample-of-it)

# %% nbgrader={"grade": false, "grade_id": "05-montecarlo-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch
from torch.distributions import Normal


def kl_monte_carlo(mu, logvar, n, generator):
    """Mean of log q(z) - log p(z) over n samples z ~ q: (B, L), (B, L) -> (B,)."""
    ### BEGIN SOLUTION
    sigma = torch.exp(0.5 * logvar)
    eps = torch.randn(n, *mu.shape, generator=generator)
    z = mu + sigma * eps  # (n, B, L)
    log_ratio = Normal(mu, sigma).log_prob(z) - Normal(0.0, 1.0).log_prob(z)
    return log_ratio.sum(-1).mean(0)  # over the coordinates a sum, over the samples a mean
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-montecarlo", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("05-montecarlo")

# %% [markdown]
# ## 5. Complete: the missing ratio *(recalls chapter 4)*
#
# Chapter 4 left two weights open: how much $\lVert\mu\rVert^2$, how much $\lVert\log\sigma^2\rVert^2$? Close to the
# prior the KL answers. Expand it there to second order. With $v=\log\sigma^2$, $e^v=1+v+\tfrac12v^2+\dots$
#
# Complete the function: the naive penalty with the two weights that make it the KL's second-order approximation. `mu`
# and `logvar` have shape `(B, L)`; return shape `(B,)`.
#
# **By hand.** At $\mu=0$ the KL of a log-variance $v=0.2$ is $\tfrac12(e^{0.2}-0.2-1)=0.0107$. Your value there is 0.01.
# At $v=2$, far away, they part: 2.19 against your 1.
#
# In the chapter: [The missing ratio: 2 : 1](../05-kl.ipynb#the-missing-ratio-2-1)


# %% nbgrader={"grade": false, "grade_id": "05-taylor-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def taylor_kl(mu, logvar):
    """The KL to N(0, I) to second order at the prior: (B, L), (B, L) -> (B,)."""
    square_mu, square_logvar = (mu**2).sum(-1), (logvar**2).sum(-1)
    ### BEGIN SOLUTION
    return 0.5 * square_mu + 0.25 * square_logvar
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "05-taylor", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("05-taylor")

# %% [markdown]
# ## 6. Find the bug: a loss that knows the batch size
#
# Here is a loss as it is found in public code. It should be the negative ELBO (证据下界), averaged over the batch: for
# each image the binary cross-entropy (交叉熵) **summed** over its pixels, plus its KL. Somebody doubled the batch size,
# and suddenly every posterior (后验) was the prior: posterior collapse (后验坍塌). Which line knows the batch size that
# should not? Mend it.
#
# `x` holds pixels in [0, 1] and `logits` the decoder's output before the sigmoid, both `(B, D)`; `mu` and `logvar`
# are `(B, L)`. Return a 0-dimensional tensor.
#
# **By hand.** One image of one pixel, `x = [[1]]`, `logits = [[0]]`, `mu = [[-1]]`, `logvar = [[0]]` gives
# $\log2+\tfrac12=1.193$. The same image twice in the batch must give the same 1.193.
#
# In the chapter: [A clinic](../05-kl.ipynb#a-clinic)

# %% nbgrader={"grade": false, "grade_id": "05-loss-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch
import torch.nn.functional as F


### BEGIN GIVEN
# def negative_elbo(x, logits, mu, logvar):
#     """Mean over the batch of cross-entropy + KL, in nats per image: one number."""
#     cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1).mean()
#     kl = 0.5 * (mu**2 + torch.exp(logvar) - logvar - 1).sum()
#     return cross_entropy + kl
### END GIVEN
### BEGIN SOLUTION
def negative_elbo(x, logits, mu, logvar):
    """Mean over the batch of cross-entropy + KL, in nats per image: one number."""
    cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
    kl = 0.5 * (mu**2 + torch.exp(logvar) - logvar - 1).sum(-1)
    return (cross_entropy + kl).mean()  # both per image first, then one mean for both


### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "05-loss", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("05-loss")

# %% [markdown]
# ## 7. Choose: a KL below zero
#
# A training log shows, for one image and **one sample** $z\sim q$, the value $\log q(z)-\log p(z)=-0.3$. What is
# wrong?
#
# - **a.** There is a bug: a KL is never negative.
# - **b.** Nothing. One log-ratio may be negative; only its expectation may not.
# - **c.** The estimate has to be clamped at 0, for a KL is never negative.
# - **d.** The sign: the logged number is $-\mathrm{KL}$.
#
# In the chapter: [One sample of it](../05-kl.ipynb#one-sample-of-it)

# %% nbgrader={"grade": false, "grade_id": "05-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_05_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_05_q1 = "b"  # where p(z) > q(z) the log-ratio is negative, and q does put samples there
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "05-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("05-q1")

# %% [markdown]
# ## 8. Choose: a mean for a sum
#
# Somebody writes `.mean(-1)` in place of `.sum(-1)` in the KL, with 20 latent dimensions. The reconstruction stays a
# sum over the pixels. What is trained?
#
# - **a.** The same model. A constant factor in the loss only changes the learning rate.
# - **b.** A model whose KL is 20 times too strong, so that every posterior becomes the prior.
# - **c.** A model whose KL is 20 times too weak, as if $\beta=\tfrac1{20}$.
# - **d.** What a fair comparison needs: the KL is divided by its size, so that models with more latents are not
#   punished.
#
# In the chapter: [More dimensions: a sum](../05-kl.ipynb#more-dimensions-a-sum)

# %% nbgrader={"grade": false, "grade_id": "05-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_05_q2 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_05_q2 = "c"  # only one of the two terms was divided, so their ratio has changed
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "05-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("05-q2")

# %% [markdown]
# ## 9. Choose: what does the KL settle?
#
# Chapter 4 had to choose weights. Which of these does the KL make superfluous?
#
# - **a.** All of them. With the KL no ratio in the loss is open any more.
# - **b.** None. The KL is a third loss, beside $\lVert\mu\rVert^2$ and $\lVert\log\sigma^2\rVert^2$.
# - **c.** The ratio of $\mu$ to $\sigma$. How much a nat of KL weighs against the squared error is still open: the
#   decoder's variance decides.
# - **d.** All, and it is fair: $\sigma=2$ and $\sigma=\tfrac12$ cost the same.
#
# In the chapter: [What the KL leaves open](../05-kl.ipynb#what-the-kl-leaves-open)

# %% nbgrader={"grade": false, "grade_id": "05-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_05_q3 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_05_q3 = "c"  # beta times the KL is beta times the decoder variance in disguise
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "05-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("05-q3")

# %% [markdown]
# ## 10. Explain: does the order matter?
#
# "I swapped the arguments by mistake," a fellow student says. "My code has $\mathrm{KL}(p\Vert q)$. The loss falls,
# the pictures are all right. Why should I care?"
#
# Answer in about ten sentences. Say
#
# 1. which average each of the two orders takes, and what each is afraid of;
# 2. what the swap does to $\sigma$, and to the signal that is left (the linear VAE of the chapter has exact answers);
# 3. what becomes of the identity that ties the ELBO to $\log p(x)$;
# 4. one probe, with numbers, that tells the two formulas apart, and one that does not.
#
# In the chapter: [KL(q‖p) or KL(p‖q)?](../05-kl.ipynb#kl-qp-or-kl-pq) and [A clinic](../05-kl.ipynb#a-clinic)

# %% [markdown] nbgrader={"grade": true, "grade_id": "05-open", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# 1. $\mathrm{KL}(q\Vert p)$ averages $\log q/p$ under $q$. It fears places where $q$ puts samples and $p$ is small,
#    so it keeps $q$ inside $p$. $\mathrm{KL}(p\Vert q)$ averages $\log p/q$ under $p$. It fears places where $p$ has
#    mass and $q$ has none, so it makes $q$ cover all of $p$.
# 2. A single private posterior is asked to cover the whole prior. So $\sigma$ comes out too wide: in the linear VAE
#    it ends at $\sigma=1$ in *every* component, however useful that component is. With so much noise only a part of
#    the signal survives. The signal-to-noise ratio is $\sqrt\rho-1$ in place of $\rho-1$.
# 3. The ELBO is $\log p(x)$ less the gap $\mathrm{KL}(q\Vert p(z\mid x))$, and that identity needs the average of
#    $\log q-\log p$ under $q$. With the other order the terms do not add up to it. The loss is a number without that
#    meaning, and cannot be compared with anybody's ELBO.
# 4. At $\mu=0$, $\sigma=2$ the right formula gives 0.807 and the swapped one 0.318, which is the right price of
#    $\sigma=\tfrac12$. At $\sigma=1$ they agree for every $\mu$: both are $\tfrac12\mu^2$. So a test with
#    $\log\sigma^2=0$ cannot see the swap.
# ### END SOLUTION
