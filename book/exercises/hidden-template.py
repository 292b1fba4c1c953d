# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Graded: three tasks
#
# Write your answer where the `...` stands. The cell below it tries one small example; the rest is tried after you have
# handed in. Values are in nats.

# %% [markdown]
# ## 1. The KL of coins
#
# The latent variables of a *discrete* VAE are coins. Write KL(q‖p) for B examples of L independent coins each. Both
# distributions are given by their logits, shape `(B, L)`: a logit $l$ means heads with probability
# $\operatorname{sigmoid}(l)$. Return shape `(B,)`. It has to stay right for logits of ±100.

# %% nbgrader={"grade": false, "grade_id": "hidden-coins-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch
import torch.nn.functional as F


def kl_coins(logits_q, logits_p):
    """KL(q‖p) of independent coins: (B, L), (B, L) → (B,)."""
    ### BEGIN SOLUTION
    heads = torch.sigmoid(logits_q) * (F.logsigmoid(logits_q) - F.logsigmoid(logits_p))
    tails = torch.sigmoid(-logits_q) * (F.logsigmoid(-logits_q) - F.logsigmoid(-logits_p))
    return (heads + tails).sum(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hidden-coins", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
assert torch.equal(kl_coins(torch.zeros(1, 2), torch.zeros(1, 2)), torch.zeros(1)), "equal coins have a KL of 0"
### BEGIN HIDDEN TESTS
import secrets

_chance = torch.Generator().manual_seed(secrets.randbits(63))
_q, _p = 3 * torch.randn(2, 7, 5, generator=_chance)
_theirs = kl_coins(_q.clone(), _p.clone())
_coins = torch.distributions.Bernoulli
_right = torch.distributions.kl_divergence(_coins(logits=_q.double()), _coins(logits=_p.double())).sum(-1)
assert _theirs.shape == (7,), "one value for each example"
assert torch.allclose(_theirs.double(), _right, rtol=1e-4, atol=1e-5), "wrong for random coins"
_sure = torch.tensor([[100.0, -100.0]])
assert torch.allclose(kl_coins(_sure, -_sure), torch.tensor([200.0])), "wrong for coins that are nearly certain"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Noise of another kind
#
# A Laplace distribution with centre `mu` and width `exp(log_width)` has the quantile function
# $m - b\,\operatorname{sign}(u - \tfrac12)\,\log(1 - 2|u - \tfrac12|)$. Write a sampler through which gradients pass.
# All arguments have shape `(B, L)`; `u` holds uniform numbers in (0, 1). Return shape `(B, L)`.

# %% nbgrader={"grade": false, "grade_id": "hidden-laplace-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def laplace_sample(mu, log_width, u):
    """A draw from Laplace(mu, exp(log_width)) for each uniform number: three (B, L) → (B, L)."""
    ### BEGIN SOLUTION
    middle = u - 0.5
    return mu - torch.exp(log_width) * torch.sign(middle) * torch.log1p(-2 * middle.abs())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hidden-laplace", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
assert laplace_sample(torch.ones(1, 1), torch.zeros(1, 1), torch.full((1, 1), 0.5)) == 1, "u = ½ is the median"
### BEGIN HIDDEN TESTS
import secrets

_chance = torch.Generator().manual_seed(secrets.randbits(63))
_mu, _width = torch.randn(2, 6, 4, generator=_chance)
_u = 0.01 + 0.98 * torch.rand(6, 4, generator=_chance)
_right = torch.distributions.Laplace(_mu, _width.exp()).icdf(_u)
assert torch.allclose(laplace_sample(_mu, _width, _u), _right, rtol=1e-4, atol=1e-5), "wrong for random numbers"
_mu.requires_grad_(), _width.requires_grad_()
laplace_sample(_mu, _width, _u).sum().backward()
assert torch.allclose(_mu.grad, torch.ones_like(_mu)), "the gradient does not reach mu"
assert torch.allclose(_width.grad, _right - _mu.detach(), rtol=1e-3, atol=1e-4), "the gradient for log_width is wrong"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Two witnesses
#
# E encoders look at the same example and each returns a normal posterior. Their product, normalised, is a normal again.
# Given `mu` and `logvar` of shape `(E, B, L)`, return its `(mu, logvar)`, each `(B, L)`.

# %% nbgrader={"grade": false, "grade_id": "hidden-product-answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import torch


def product_of_normals(mu, logvar):
    """The normalised product of E normals: (E, B, L), (E, B, L) → two (B, L)."""
    ### BEGIN SOLUTION
    precision = torch.exp(-logvar)
    total = precision.sum(0)
    return (precision * mu).sum(0) / total, -torch.log(total)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hidden-product", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
_mean, _ = product_of_normals(torch.tensor([[[0.0]], [[2.0]]]), torch.zeros(2, 1, 1))
assert _mean.item() == 1, "two equally sure witnesses agree on the middle"
### BEGIN HIDDEN TESTS
import secrets

_chance = torch.Generator().manual_seed(secrets.randbits(63))
_mu, _logvar = torch.randn(2, 3, 2, 2, generator=_chance)
_mean, _logged = product_of_normals(_mu, _logvar)
_grid = torch.linspace(-12, 12, 4801, dtype=torch.float64)  # by quadrature, not by the formula
_each = torch.distributions.Normal(_mu.double()[..., None], _logvar.double()[..., None].mul(0.5).exp())
_density = torch.softmax(_each.log_prob(_grid).sum(0), -1)
_right = (_density * _grid).sum(-1)
_spread = (_density * (_grid - _right[..., None]) ** 2).sum(-1)
assert torch.allclose(_mean.double(), _right, rtol=1e-3, atol=1e-4), "the mean is wrong"
assert torch.allclose(_logged.double(), _spread.log(), rtol=1e-3, atol=1e-3), "the log-variance is wrong"
### END HIDDEN TESTS
