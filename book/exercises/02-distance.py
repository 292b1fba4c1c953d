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
#     assignment: 02-distance
#     version: 1
# ---

# %% [markdown]
# # Exercises 2: which distance?
#
# Write your answer where the `...` stands, then run the check below it. It says `PASS`, or which mistake it sees.
# Stuck? `hint("02-w1")` says more, up to three times. `vae-course check 02-distance.ipynb` runs all checks in a
# terminal.
#
# About 60 minutes. You need [chapter 2](../02-distance.ipynb), pen and paper. One exercise recalls chapter 1.

# %% [markdown]
# ## 1. Predict: pictures of one pixel
#
# Three pictures, one pixel each: 0, 0 and 6. A *generator* (生成器) is trained with the squared error, but its z has
# nothing to do with the picture that it is compared with. So the best it can do is always to draw the same grey.
#
# Which grey g is best? And which *MSE* (均方误差, mean squared error) is left? Commit yourself to two numbers.
#
# **By hand.** Two pictures, 1 and 3. The grey 2 is off by 1 each time: the mean squared error is 1. The grey 1 is right
# every other time, and off by 2 in the rest: 2. So g = 2 wins, a grey that no picture has.
#
# In the chapter: [pull each drawing towards a picture](../02-distance.ipynb#pull-each-drawing-towards-a-picture).

# %% nbgrader={"grade": false, "grade_id": "02-unpaired-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# best_and_loss = ...  # (best grey, mean squared error that is left)
### END GIVEN
### BEGIN SOLUTION
# The squared error is smallest at the mean, (0 + 0 + 6)/3 = 2. What is left is the variance of the data,
# (4 + 4 + 16)/3 = 8.
best_and_loss = (2.0, 8.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-unpaired", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("02-unpaired")

# %% [markdown]
# ## 2. Complete: KL of two histograms
#
# Two piles of numbers, no densities. Count both in the same bins, and compute the *KL divergence* (KL散度) of the
# shares, in nats:
#
# $$\mathrm{KL}(\hat a\,\|\,\hat b) = \sum_e \hat a_e \log \frac{\hat a_e}{\hat b_e}.$$
#
# Here $\hat a_e$ is the share of the numbers of `a` that lie in bin e. Two kinds of bins need a thought. A bin that is
# empty in `a` counts 0, whatever `b` has there. A bin that is empty in `b`, but not in `a`, makes the divergence
# infinite: `inf` is the right answer then.
#
# `a` has shape `(N,)`, `b` has shape `(M,)`, and `edges` has shape `(E + 1,)` and increases; all numbers lie between
# the first and the last edge. Return a scalar tensor. The counts are there.
#
# **By hand.** Edges 0, 1, 2. Let a = (0.5, 1.5) and b = (0.1, 0.4, 0.9, 1.2). The shares are (½, ½) and (¾, ¼), so
# the divergence is ½ log ⅔ + ½ log 2 = ½ log ⁴⁄₃ = 0.1438.
#
# In the chapter: [when only samples are known](../02-distance.ipynb#when-only-samples-are-known).

# %% nbgrader={"grade": false, "grade_id": "02-histogram-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def histogram_kl(a, b, edges):
    """KL of a's histogram to b's, in nats: (N,), (M,), (E + 1,) → ()."""
    count_a = torch.histogram(a, edges).hist  # (E,)
    count_b = torch.histogram(b, edges).hist  # (E,)
    ### BEGIN SOLUTION
    p, q = count_a / len(a), count_b / len(b)
    return torch.where(p > 0, p * torch.log(p / q), 0.0).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-histogram", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("02-histogram")

# %% [markdown]
# ## 3. From blank: carry one pile to the other
#
# How far must the mass be carried, on average, to turn the pile `a` into the pile `b`? On the line the *Wasserstein
# distance* (Wasserstein距离) needs no search. Which pairing is the shortest?
#
# `a` and `b` have shape `(N,)`. Return $W_1$, a scalar tensor. A solver of transport problems is not needed: two lines
# will do. Stay in torch: who wants to move one pile towards the other needs the gradient.
#
# **By hand.** a = (0, 2) and b = (3, 1). In the given order the two numbers travel 3 and 1, on average 2. The best
# pairing moves each by 1, so $W_1 = 1$.
#
# In the chapter: [sort, and subtract](../02-distance.ipynb#sort-and-subtract).

# %% nbgrader={"grade": false, "grade_id": "02-w1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def wasserstein_1d(a, b):
    """W1 of two equally large samples on the line: (N,), (N,) → ()."""
    ### BEGIN SOLUTION
    return (a.sort().values - b.sort().values).abs().mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-w1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("02-w1")

# %% [markdown]
# ## 4. From blank: the distance that has a ceiling
#
# The *JS divergence* (JS散度) compares two distributions with their mixture, r = (p + q)/2. Is it the symmetrised KL?
# Write it, and you know.
#
# `p` and `q` are probability vectors of shape `(N,)`, some entries may be 0. Return JS(p, q) in nats, a scalar tensor.
#
# **By hand.** p = (1, 0) and q = (0, 1) do not overlap, so the answer is the ceiling, log 2 = 0.6931. And p = (1, 0),
# q = (½, ½): r = (¾, ¼), and JS = ½ log ⁴⁄₃ + ½ (½ log ⅔ + ½ log 2) = 0.2158.
#
# In the chapter: [when the densities are known](../02-distance.ipynb#when-the-densities-are-known).

# %% nbgrader={"grade": false, "grade_id": "02-js-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def js_divergence(p, q):
    """JS of two probability vectors, in nats: (N,), (N,) → ()."""

    ### BEGIN SOLUTION
    def kl(a, b):
        return torch.where(a > 0, a * torch.log(a / b), 0.0).sum()

    r = (p + q) / 2
    return (kl(p, r) + kl(q, r)) / 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-js", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("02-js")

# %% [markdown]
# ## 5. From blank, and from memory: a bump on every sample
#
# Samples have no density. Give them one: put a normal of the same standard deviation `width` on each of K samples, all
# with the same weight. The result is a mixture, as in [exercises 1](01-map.ipynb), where K may be large.
#
# `x` has shape `(N,)`, `samples` has shape `(K,)`, `width` is a standard deviation, a float. Return the log-density at
# each x, in nats, shape `(N,)`. Far away from all samples it must stay finite.
#
# **By hand.** Samples −1 and 1, width 1, x = 0: again −½ − ½ log 2π = −1.4189. And one sample only, at 0, width 2,
# x = 0: −½ log 2π − log 2 = −1.6121.
#
# In the chapter before: [a dial is a choice among very many](../01-map.ipynb#a-dial-is-a-choice-among-very-many).

# %% nbgrader={"grade": false, "grade_id": "02-kde-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import math

import torch


def kernel_log_density(x, samples, width):
    """log-density of equal normal bumps on the samples, in nats: (N,), (K,), float → (N,)."""
    ### BEGIN SOLUTION
    scaled = (x[:, None] - samples) / width  # (N, K)
    log_bump = -0.5 * scaled**2 - math.log(width) - 0.5 * math.log(2 * math.pi)
    return torch.logsumexp(log_bump, dim=1) - math.log(len(samples))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-kde", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("02-kde")

# %% [markdown]
# ## 6. Find the bug: a pile that differs from itself
#
# *Maximum mean discrepancy*, MMD, compares averages of likeness within and between two piles. The function below is
# given one and the same pile twice, and finds a distance. Find the mistake, and mend it.
#
# `a` has shape `(N, D)`, `b` has shape `(M, D)`, `bandwidth` is the h of $k(a, b) = e^{-\|a-b\|^2/2h^2}$. All pairs
# count, also those of a picture with itself. (So the estimate is never negative, and a little too large on average.)
# Return MMD², a scalar tensor.
#
# **By hand.** a and b hold one and the same picture: all three averages of likeness are 1, and the answer is 0. If the
# two pictures are very far apart, the likeness between them is 0, and the answer is 2.
#
# In the chapter: [which pile is which?](../02-distance.ipynb#which-pile-is-which)

# %% nbgrader={"grade": false, "grade_id": "02-mmd-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def mmd_squared(a, b, bandwidth):
    """MMD² over all pairs, with a Gaussian kernel: (N, D), (M, D), float → ()."""

    ### BEGIN GIVEN
    # ...  # take this line away when you have mended the function
    #
    # def likeness(u, v):
    #     squared = ((u[:, None] - v) ** 2).sum(-1)  # (N, M)
    #     return torch.exp(-squared / (2 * bandwidth**2)).mean()
    #
    # return likeness(a, a) + likeness(b, b) - likeness(a, b)
    ### END GIVEN
    ### BEGIN SOLUTION
    def likeness(u, v):
        squared = ((u[:, None] - v) ** 2).sum(-1)  # (N, M)
        return torch.exp(-squared / (2 * bandwidth**2)).mean()

    return likeness(a, a) + likeness(b, b) - 2 * likeness(a, b)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "02-mmd", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("02-mmd")

# %% [markdown]
# ## 7. Choose: one grey picture
#
# A generator that draws from noise was trained on ‖g(z) − x‖², with a fresh z for every x. All its drawings are the
# same grey picture. What is the cause?
#
# - **a** The network is too small, or was not trained long enough: the loss has not fallen to 0.
# - **b** Each z was compared with a picture that does not belong to it, and for such pairs the mean picture is best.
# - **c** Nothing went wrong with the distance: the loss is nearly that of real pictures, so the distribution is
#   nearly right, too.
# - **d** The squared error is to blame. It blurs, whatever it is given.
#
# In the chapter: [what a pairing would do](../02-distance.ipynb#what-a-pairing-would-do).

# %% nbgrader={"grade": false, "grade_id": "02-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_02_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_02_q1 = "b"  # with sorted pairs the same loss and the same network work
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("02-q1")

# %% [markdown]
# ## 8. Choose: JS
#
# Two distributions do not overlap at all. What is their JS divergence?
#
# - **a** Infinite. JS is the symmetrised KL, and both KLs are infinite.
# - **b** It grows with the distance between the two.
# - **c** log 2, and it stays there while they are pushed apart.
#
# In the chapter: [when the densities are known](../02-distance.ipynb#when-the-densities-are-known).

# %% nbgrader={"grade": false, "grade_id": "02-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_02_q2 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_02_q2 = "c"  # a mean KL to the mixture, and that has a ceiling
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("02-q2")

# %% [markdown]
# ## 9. Choose: who had which idea?
#
# A *GAN* (生成对抗网络) and a WGAN both train a network as a judge. What did WGAN change?
#
# - **a** It took over the learned judge, and changed the distance that the judge estimates: $W_1$ in place of JS.
# - **b** It had the idea that the judge can be learned.
# - **c** It gave every z a picture of its own, so that the distance between pairs makes sense.
#
# In the chapter: [learn the ruler](../02-distance.ipynb#learn-the-ruler).

# %% nbgrader={"grade": false, "grade_id": "02-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_02_q3 = ...  # "a", "b" or "c"
### END GIVEN
### BEGIN SOLUTION
answer_02_q3 = "a"  # the learned judge came with the GAN, in 2014
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "02-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("02-q3")

# %% [markdown]
# ## 10. Explain: an unbeatable generator
#
# A company sells a generator of digits. Its report: "MMD with a permutation test cannot tell our digits from unseen
# ones, p = 0.61, while the p-value of every other product is 0.005." You may ask for one more number, and for 100 of
# their pictures. Write five or six sentences:
#
# 1. Which machine, simpler than any network, would get the same report?
# 2. Which number do you ask for, and with what do you compare it?
# 3. What does a p-value of 0.61 mean, and what does it not mean?
#
# In the chapter: [new](../02-distance.ipynb#new).

# %% [markdown] nbgrader={"grade": true, "grade_id": "02-open", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# A copying machine would get the same report. Training digits with a hair of noise come from the right distribution,
# for they are the data; no test of "same kind" has a reason to object.
#
# I ask for the distance of each picture to its nearest training digit. In itself it is neither large nor small, so I
# compare it with the same distance for unseen digits. If the pictures are much nearer to the training set than unseen
# digits are, they were copied. If they are much farther away, they are new, but perhaps of another kind.
#
# A p-value of 0.61 means that this test, with this kernel width and this many pictures, saw nothing: among relabelled
# piles a distance at least as large is quite usual. It does not mean that the distributions are equal. With a kernel
# that is too wide the speckled ghosts pass, too. And it says nothing about *new*.
# ### END SOLUTION
