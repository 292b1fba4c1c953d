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
#     assignment: 09-gan
#     version: 1
# ---

# %% [markdown]
# # Exercises 9: GAN, WGAN, WGAN-GP
#
# Here a network is trained to be the metric. Its losses are short, and most ways to get them wrong raise no error at
# all.
#
# Write your answer where the `...` stands, then run the check below it. It says `PASS`, or which mistake it sees.
# Stuck? `hint("09-penalty")` says more, up to three times. `vae-course check 09-gan.ipynb` runs all checks in a
# terminal.
#
# About 80 minutes. You need [chapter 9](../09-gan.ipynb), pen and paper.

# %% [markdown]
# ## 1. Predict: balance (recalls chapter 8)
#
# A *generator* (生成器) has become perfect: its fakes have exactly the distribution of the real data. What does the best
# *discriminator* (判别器) D answer now? What is its loss, −E log D(real) − E log(1 − D(fake)), in nats?
#
# The third number is one from chapter 8. A pixel is 0 or 1 with probability ½. Which grey does a Gaussian decoder give
# to it, where a perfect GAN would draw 0 or 1?
#
# Commit yourself to three numbers before you compute anything.
#
# **By hand.** A discriminator that is sure of everything, and right, has the loss −log 1 − log(1 − 0) = 0. At
# balance it is as unsure as can be.
#
# In the chapter: [the best discriminator](../09-gan.ipynb#the-best-discriminator).

# %% nbgrader={"grade": false, "grade_id": "09-predict-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# balance = ...  # (D at balance, loss of D there, grey of the decoder)
### END GIVEN
### BEGIN SOLUTION
# Nothing tells a fake from a real one: D = p/(p + p) = ½. Its loss is -log ½ - log ½ = 2 log 2,
# two logarithms. The decoder answers with the mean of 0 and 1.
balance = (0.5, 1.3863, 0.5)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "09-predict", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from vae_utils.checks import check, hint

check("09-predict")

# %% [markdown]
# ## 2. Complete: the best discriminator
#
# At a point x the real data have the density p(x), the fakes q(x). Of all samples that turn up there, which share is
# real?
#
# Complete `optimal_discriminator(log_p, log_q)`. Both arguments are log-densities and have the same shape, which is
# also the shape of the answer: a probability for each point. The first line is there. It shows the way: at a
# log-density of −800 both p and q are 0 in float32, and 0/0 is no answer.
#
# **By hand.** p = 0.3 and q = 0.1, as logarithms: three in four are real, 0.75.
#
# In the chapter: [the best discriminator](../09-gan.ipynb#the-best-discriminator).

# %% nbgrader={"grade": false, "grade_id": "09-optimal-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def optimal_discriminator(log_p, log_q):
    """The share p / (p + q) from two log-densities, all of one shape."""
    log_both = torch.logaddexp(log_p, log_q)  # log(p + q)
    ### BEGIN SOLUTION
    return torch.exp(log_p - log_both)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "09-optimal", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("09-optimal")

# %% [markdown]
# ## 3. From blank: a loss that can be heard
#
# Early in training D believes no fake, and the slope of log(1 − D) in the fake's logit is nearly 0. The
# *non-saturating* loss has the slope −1 there. Which loss is that?
#
# Write `generator_loss(fake_logits)`. `fake_logits`, shape `(B,)`, holds the discriminator's logits of B fakes; D is
# their sigmoid. Return one number to be *minimised*: the mean of −log D. It must be right at a logit of −200 too, and
# its gradient must reach the fakes.
#
# **By hand.** A logit of 0 means D = ½, and the loss is log 2 = 0.693. At a logit of −10 the loss is 10.00.
#
# In the chapter: [where the gradient goes](../09-gan.ipynb#where-the-gradient-goes).

# %% nbgrader={"grade": false, "grade_id": "09-generator-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch
import torch.nn.functional as F


def generator_loss(fake_logits):
    """The non-saturating loss of the generator: (B,) → one number."""
    ### BEGIN SOLUTION
    return -F.logsigmoid(fake_logits).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "09-generator", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("09-generator")

# %% [markdown]
# ## 4. From blank: scores, not probabilities
#
# A *critic* (评论家) gives scores: any real numbers, high for real examples. The difference of the mean scores is its
# estimate of W₁, as long as its slope is at most 1. What should be minimised?
#
# Write `critic_loss(real_scores, fake_scores)`, both of shape `(B,)`. Return one number: minus the estimate. No
# logarithm and no sigmoid is left. If 7 is added to all scores, nothing changes.
#
# **By hand.** Real scores `[3, 5]`, fake scores `[1, 1]`: the estimate is 4 − 1 = 3, the loss −3.
#
# In the chapter: [a critic instead of a classifier](../09-gan.ipynb#a-critic-instead-of-a-classifier).

# %% nbgrader={"grade": false, "grade_id": "09-critic-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def critic_loss(real_scores, fake_scores):
    """What a WGAN's critic minimises: (B,), (B,) → one number."""
    ### BEGIN SOLUTION
    return fake_scores.mean() - real_scores.mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "09-critic", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("09-critic")

# %% [markdown]
# ## 5. From blank: the gradient penalty
#
# How does one ask a network to have the slope 1? By a *gradient penalty* (梯度惩罚). It is eight lines of code. Six famous
# mistakes fit into them.
#
# Write `gradient_penalty(critic, real, fake, generator)`. `real` and `fake` have the same shape, `(B, D)` or that of
# images, `(B, C, H, W)`; `critic(x)` returns one score for each example, shape `(B,)`. Then:
#
# - between each real example and its fake lies $\tilde x = \varepsilon\, x + (1-\varepsilon)\,x'$, with *one* ε for
#   each example, uniform from 0 to 1, drawn with `generator`;
# - the gradient of the score at $\tilde x$, taken over *all* pixels of an example, has a Euclidean norm;
# - return one number, the mean of (norm − 1)². It has to be differentiable once more, for the critic's weights.
#
# If the gradient is exactly 0, the root has no derivative. Give it a little something, like 1e-12, so that no NaN
# arises.
#
# **By hand.** A linear critic $f(x) = w\cdot x$ has the gradient w everywhere, whatever ε is. With ‖w‖ = 3 the penalty
# is (3 − 1)² = 4.
#
# In the chapter: [penalty](../09-gan.ipynb#penalty).

# %% nbgrader={"grade": false, "grade_id": "09-penalty-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def gradient_penalty(critic, real, fake, generator):
    """Mean of (slope - 1)² between real and fake: two batches (B, ...) → one number."""
    ### BEGIN SOLUTION
    one_each = (len(real),) + (1,) * (real.dim() - 1)  # (B, 1, 1, 1) for images
    eps = torch.rand(one_each, generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_()
    scores = critic(between)
    (gradient,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    norm = (gradient.flatten(1).square().sum(dim=1) + 1e-12).sqrt()
    return (norm - 1).square().mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "09-penalty", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("09-penalty")

# %% [markdown]
# ## 6. Find the bug: what is clipped, and when
#
# The first WGAN keeps its critic's slope in bounds by *weight clipping* (权重裁剪). This critic's weights grow and grow.
# What is clipped here?
#
# `clipped_step(critic, optimizer, loss, c)` takes one step down the gradient of `loss`, then leaves no weight of the
# critic outside [−c, c]. It returns nothing: the critic is changed. Mend it.
#
# **By hand.** One weight, 0.05, with the gradient 2. The optimiser is plain SGD with the learning rate 0.1, and c =
# 0.1. The step leads to 0.05 − 0.2 = −0.15, and the clip to −0.1.
#
# In the chapter: [clipping](../09-gan.ipynb#clipping).

# %% nbgrader={"grade": false, "grade_id": "09-clip-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def clipped_step(critic, optimizer, loss, c):
    """One step of the critic, then its weights back into the box [-c, c]."""
    ### BEGIN GIVEN
    # ...  # take this line away when you have mended the function
    # optimizer.zero_grad()
    # loss.backward()
    # torch.nn.utils.clip_grad_value_(critic.parameters(), c)
    # optimizer.step()
    ### END GIVEN
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for weight in critic.parameters():
            weight.clamp_(-c, c)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "09-clip", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("09-clip")

# %% [markdown]
# ## 7. Choose: a loss of zero
#
# The discriminator's loss of a GAN, −E log D(real) − E log(1 − D(fake)), has come down to 0.000 and stays there. What
# does that say?
#
# - **a** Success: the loss of a well-trained network goes to zero.
# - **b** Balance: both players have reached their optimum.
# - **c** Every fake is told from every real example. Balance would be 1.386, and the generator may get no gradient.
# - **d** Nothing. The losses of a GAN have no meaning.
#
# In the chapter: [the best discriminator](../09-gan.ipynb#the-best-discriminator).

# %% nbgrader={"grade": false, "grade_id": "09-q1-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_09_q1 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_09_q1 = "c"  # at the optimum it is 2 log 2 - 2 JS
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "09-q1", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("09-q1")

# %% [markdown]
# ## 8. Choose: minus four
#
# The loss of a WGAN-GP's critic is −4.0. What follows?
#
# - **a** The distance of the two distributions is −4.
# - **b** W₁ is at least 4, since the penalty keeps every slope at or below 1.
# - **c** There is a bug: a distance, and so the loss, cannot be negative.
# - **d** The critic's estimate of the distance is +4 or somewhat more. A better critic makes the loss *more* negative.
#
# In the chapter: [penalty](../09-gan.ipynb#penalty).

# %% nbgrader={"grade": false, "grade_id": "09-q2-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_09_q2 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_09_q2 = "d"  # the loss is minus the estimate, plus λ times the penalty
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "09-q2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("09-q2")

# %% [markdown]
# ## 9. Choose: a layer too many
#
# In a critic with gradient penalty one layer spoils the penalty, without any error. Which?
#
# - **a** Batch normalisation: the score of one example then depends on the others, and so does its gradient.
# - **b** Layer normalisation: it changes the slope.
# - **c** A linear last layer: scores may then be larger than 1.
# - **d** None. The penalty looks at the gradient only, so any layers will do.
#
# In the chapter: [a clinic](../09-gan.ipynb#a-clinic).

# %% nbgrader={"grade": false, "grade_id": "09-q3-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_09_q3 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_09_q3 = "a"  # the gradient of the summed scores is no longer that of the own score
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "09-q3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("09-q3")

# %% [markdown]
# ## 10. Choose: two nets against each other?
#
# "A VAE is adversarial inside, like a GAN: reconstruction fights the KL." What do you say?
#
# - **a** Right: encoder and decoder pull in opposite directions.
# - **b** Wrong: encoder and decoder lower one and the same loss. In a GAN one player raises what the other lowers.
# - **c** Right in a sense: the KL is the discriminator of a VAE.
# - **d** Wrong: a VAE has no second distribution to pull at, because its prior is never used in training.
#
# In the chapter: [two players are not one](../09-gan.ipynb#two-players-are-not-one).

# %% nbgrader={"grade": false, "grade_id": "09-q4-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN GIVEN
# answer_09_q4 = ...  # "a", "b", "c" or "d"
### END GIVEN
### BEGIN SOLUTION
answer_09_q4 = "b"  # two terms of one loss are no two players
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "09-q4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("09-q4")

# %% [markdown]
# ## 11. Explain: which machine for whom?
#
# Two clients ask for a generative model. A toy maker wants thousands of different, crisp pictures. A clinic wants to be
# told when a scan is unlike all scans seen before. Answer in eight sentences or so:
#
# 1. To whom would you offer a GAN, to whom a VAE, and what does the other one lack?
# 2. Which measurement would you show each client, and what would it *not* prove?
#
# In the chapter: [the contrast](../09-gan.ipynb#the-contrast).

# %% [markdown] nbgrader={"grade": true, "grade_id": "09-open", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# The toy maker may take a GAN with a good critic, such as the WGAN-GP: its samples are sharper than the means of a VAE,
# which are averages of all images that share a code. It has no encoder and no density, but he needs neither. He pays
# with computing time, and with the danger that whole kinds are missing.
#
# The clinic needs a number for a *given* image. A GAN has none: its pictures form a surface without volume, and it
# defines no density. A VAE gives a bound on log p(x) for any image, and its encoder a code.
#
# To the toy maker one shows sharpness *together with* coverage, and the distance to the nearest training image:
# sharpness alone proves nothing, since noise is sharp, and coverage alone does not show that each picture is good. To
# the clinic one shows the ELBO of healthy held-out scans against that of known strange ones. It does not prove that
# every strange scan is found: nats count pixels, a smooth cloud can have more of them than a real image, and far from
# the data an ELBO also contains the encoder's own miss.
#
# *Points*: one for each choice with what the other model lacks; one for sharpness with coverage or novelty; one for the
# ELBO with one of its limits.
### END SOLUTION
