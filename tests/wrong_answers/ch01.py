"""Student answers to the exercises of chapter 1, as a student would type them.

They were written before, and apart from, what judges them.
"""

from tests.wrong_answers import after

HEAD = """import math
import torch
import torch.nn.functional as F
from torch import distributions as D
from torch import nn
"""

ANSWERS = after(
    HEAD,
    {
        "01-moments": {
            "right": {
                "tuple": "x_moments = (1.0, 4.0)\n",
                "integers": "x_moments = 1, 4\n",
                "tensor": "x_moments = torch.tensor([1.0, 4.0])\n",
                "computed": """
w = torch.tensor([0.25, 0.75])
m = torch.tensor([-2.0, 2.0])
mean = (w * m).sum()
var = (w * (1 + m**2)).sum() - mean**2
x_moments = (mean.item(), var.item())
""",
                "distributions": """
p = D.MixtureSameFamily(D.Categorical(torch.tensor([0.25, 0.75])), D.Normal(torch.tensor([-2.0, 2.0]), torch.ones(2)))
x_moments = (p.mean, p.variance)
""",
            },
            "wrong": {
                "within": ("x_moments = (1.0, 1.0)\n", "variance-within-only"),
                "within, integers": ("x_moments = (1, 1)\n", "variance-within-only"),
                "halves": ("x_moments = (0.0, 5.0)\n", "weights-ignored"),
                "halves, computed": (
                    "m = torch.tensor([-2.0, 2.0])\nx_moments = (m.mean(), 1 + m.var(unbiased=False))\n",
                    "weights-ignored",
                ),
                "std": ("x_moments = (1.0, 2.0)\n", "std-for-variance"),
                "root": ("x_moments = (1, 4**0.5)\n", "std-for-variance"),
                "dots": ("x_moments = ...\n", "not-attempted"),
                "two names": ("mean, variance = 1.0, 4.0\n", "no-such-name"),
                "words": ("x_moments = 'mean 1, variance 4'\n", "wrong-type"),
                "mean only": ("x_moments = 1.0\n", "wrong-shape"),
                "three numbers": ("x_moments = (1.0, 4.0, 2.0)\n", "wrong-shape"),
            },
            "unlisted": {
                "between only": "x_moments = (1.0, 3.0)\n",
                "second moment": "x_moments = (1.0, 5.0)\n",
                "order": "x_moments = (4.0, 1.0)\n",
                "negative mean": "x_moments = (-1.0, 4.0)\n",
            },
        },
        "01-mixture": {
            "right": {
                "logsumexp": """
def mixture_log_density(x, weights, means, stds):
    log_p = D.Normal(means, stds).log_prob(x.unsqueeze(1))
    return torch.logsumexp(weights.log() + log_p, dim=1)
""",
                "distributions": """
def mixture_log_density(x, weights, means, stds):
    return D.MixtureSameFamily(D.Categorical(probs=weights), D.Normal(means, stds)).log_prob(x)
""",
                "formula": """
def mixture_log_density(x, weights, means, stds):
    z = (x[:, None] - means[None, :]) / stds[None, :]
    t = torch.log(weights) - 0.5 * z ** 2 - torch.log(stds) - 0.5 * math.log(2 * math.pi)
    return t.logsumexp(-1)
""",
                "loop": """
def mixture_log_density(x, weights, means, stds):
    total = None
    for w, m, s in zip(weights, means, stds):
        term = torch.log(w) - (x - m) ** 2 / (2 * s**2) - torch.log(s * math.sqrt(2 * math.pi))
        total = term if total is None else torch.logaddexp(total, term)
    return total
""",
                "by hand": """
def mixture_log_density(x, weights, means, stds):
    logs = []
    for k in range(len(weights)):
        logs.append(weights[k].log() + D.Normal(means[k], stds[k]).log_prob(x))
    logs = torch.stack(logs)
    top = logs.max(0).values
    return top + (logs - top).exp().sum(0).log()
""",
                "cells": """
def mixture_log_density(x, weights, means, stds):
    out = []
    for xi in x:
        out.append(torch.logsumexp(weights.log() + D.Normal(means, stds).log_prob(xi), 0))
    return torch.stack(out)
""",
            },
            "wrong": {
                "weighted mean of logs": (
                    """
def mixture_log_density(x, weights, means, stds):
    return (weights * D.Normal(means, stds).log_prob(x[:, None])).sum(1)
""",
                    "mean-of-logs",
                ),
                "log inside the loop": (
                    """
def mixture_log_density(x, weights, means, stds):
    total = torch.zeros_like(x)
    for w, m, s in zip(weights, means, stds):
        total = total + w * (-0.5 * ((x - m) / s) ** 2 - s.log() - 0.5 * math.log(2 * math.pi))
    return total
""",
                    "mean-of-logs",
                ),
                "matmul of logs": (
                    """
def mixture_log_density(x, weights, means, stds):
    return D.Normal(means, stds).log_prob(x.reshape(-1, 1)) @ weights
""",
                    "mean-of-logs",
                ),
                "equal weights": (
                    """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(D.Normal(means, stds).log_prob(x[:, None]), 1) - math.log(len(means))
""",
                    "weights-ignored",
                ),
                "no weights": (
                    """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(D.Normal(means, stds).log_prob(x[:, None]), 1)
""",
                    "weights-ignored",
                ),
                "Normal of the root": (
                    """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(weights.log() + D.Normal(means, stds.sqrt()).log_prob(x[:, None]), 1)
""",
                    "std-as-variance",
                ),
                "std in both places": (
                    """
def mixture_log_density(x, weights, means, stds):
    d = x[:, None] - means
    return torch.logsumexp(weights.log() - d**2 / (2 * stds) - 0.5 * torch.log(2 * math.pi * stds), 1)
""",
                    "std-as-variance",
                ),
                "square of std forgotten": (
                    """
def mixture_log_density(x, weights, means, stds):
    d = x[:, None] - means
    return torch.logsumexp(weights.log() - d**2 / (2 * stds) - stds.log() - 0.5 * math.log(2 * math.pi), 1)
""",
                    "std-as-variance",
                ),
                "density": (
                    """
def mixture_log_density(x, weights, means, stds):
    return (weights * D.Normal(means, stds).log_prob(x[:, None]).exp()).sum(1)
""",
                    "density-not-log",
                ),
                "exp of the right one": (
                    """
def mixture_log_density(x, weights, means, stds):
    mix = D.MixtureSameFamily(D.Categorical(weights), D.Normal(means, stds))
    return torch.exp(mix.log_prob(x))
""",
                    "density-not-log",
                ),
                "no normaliser": (
                    """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(weights.log() - 0.5 * ((x[:, None] - means) / stds) ** 2, dim=1)
""",
                    "missing-normaliser",
                ),
                "log of sum": (
                    """
def mixture_log_density(x, weights, means, stds):
    return (weights * D.Normal(means, stds).log_prob(x[:, None]).exp()).sum(1).log()
""",
                    "underflow",
                ),
                "log of sum, formula": (
                    """
def mixture_log_density(x, weights, means, stds):
    p = 0
    for w, m, s in zip(weights, means, stds):
        p = p + w * torch.exp(-(x - m) ** 2 / (2 * s ** 2)) / (s * (2 * math.pi) ** 0.5)
    return torch.log(p)
""",
                    "underflow",
                ),
                "stub": (
                    """
def mixture_log_density(x, weights, means, stds):
    # YOUR CODE HERE
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "renamed": (
                    """
def mixture_logdensity(x, weights, means, stds):
    return D.MixtureSameFamily(D.Categorical(probs=weights), D.Normal(means, stds)).log_prob(x)
""",
                    "no-such-name",
                ),
                "typo": (
                    """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(weights.log() + D.Normal(mean, stds).log_prob(x[:, None]), 1)
""",
                    "raised",
                ),
                "no new axis": (
                    """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(weights.log() + D.Normal(means[:, 0], stds[:, 0]).log_prob(x), 1)
""",
                    "raised",
                ),
                "keepdim": (
                    """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(weights.log() + D.Normal(means, stds).log_prob(x[:, None]), 1, keepdim=True)
""",
                    "wrong-shape",
                ),
                "detached": (
                    """
def mixture_log_density(x, weights, means, stds):
    with torch.no_grad():
        return D.MixtureSameFamily(D.Categorical(probs=weights), D.Normal(means, stds)).log_prob(x)
""",
                    "no-gradient",
                ),
                "zeros": (
                    """
def mixture_log_density(x, weights, means, stds):
    return torch.zeros(len(x))
""",
                    "ignores-inputs",
                ),
            },
            "unlisted": {
                "best component": """
def mixture_log_density(x, weights, means, stds):
    return (weights.log() + D.Normal(means, stds).log_prob(x[:, None])).max(1).values
""",
                "softmax of the weights": """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(F.log_softmax(weights, 0) + D.Normal(means, stds).log_prob(x[:, None]), 1)
""",
                "half forgotten": """
def mixture_log_density(x, weights, means, stds):
    z = (x[:, None] - means) / stds
    return torch.logsumexp(weights.log() - z**2 - stds.log() - 0.5 * math.log(2 * math.pi), 1)
""",
                "one Gaussian with the mixture's moments": """
def mixture_log_density(x, weights, means, stds):
    m = (weights * means).sum()
    v = (weights * (stds**2 + means**2)).sum() - m**2
    return D.Normal(m, v.sqrt()).log_prob(x)
""",
                "bits": """
def mixture_log_density(x, weights, means, stds):
    return torch.logsumexp(weights.log() + D.Normal(means, stds).log_prob(x[:, None]), 1) / math.log(2)
""",
            },
        },
        "01-sample": {
            "right": {
                "multinomial": """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                "searchsorted": """
def sample_mixture(n, weights, means, stds, generator):
    u = torch.rand(n, generator=generator)
    k = torch.searchsorted(weights.cumsum(0), u).clamp(max=len(weights) - 1)
    return torch.normal(means[k], stds[k], generator=generator)
""",
                "one by one": """
def sample_mixture(n, weights, means, stds, generator):
    out = torch.empty(n)
    for i in range(n):
        u = torch.rand((), generator=generator)
        k, c = 0, weights[0]
        while u > c and k < len(weights) - 1:
            k += 1
            c = c + weights[k]
        out[i] = means[k] + stds[k] * torch.randn((), generator=generator)
    return out
""",
                "all, then gather": """
def sample_mixture(n, weights, means, stds, generator):
    everything = means + stds * torch.randn(n, len(means), generator=generator)
    k = torch.multinomial(weights.expand(n, -1), 1, generator=generator)
    return everything.gather(1, k).squeeze(1)
""",
                "one-hot": """
def sample_mixture(n, weights, means, stds, generator):
    k = weights.multinomial(n, replacement=True, generator=generator)
    pick = F.one_hot(k, len(weights)).float()
    eps = torch.empty(n).normal_(generator=generator)
    return pick @ means + (pick @ stds) * eps
""",
            },
            "wrong": {
                "weighted sum of samples": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    x = means + stds * torch.randn(n, len(means), generator=generator)
    return (weights * x).sum(1)
""",
                    "averages-components",
                ),
                "sum in a loop": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    total = torch.zeros(n)
    for w, m, s in zip(weights, means, stds):
        total += w * (m + s * torch.randn(n, generator=generator))
    return total
""",
                    "averages-components",
                ),
                "one draw": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, 1, generator=generator)
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "one-component-for-all",
                ),
                "one draw, item": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, 1, generator=generator).item()
    return torch.normal(float(means[k]), float(stds[k]), (n,), generator=generator)
""",
                    "one-component-for-all",
                ),
                "randint": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.randint(len(weights), (n,), generator=generator)
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "weights-ignored",
                ),
                "ones_like": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(torch.ones_like(weights), n, replacement=True, generator=generator)
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "weights-ignored",
                ),
                "means": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[k]
""",
                    "noise-missing",
                ),
                "squared": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[k] + stds[k] ** 2 * torch.randn(n, generator=generator)
""",
                    "variance-as-std",
                ),
                "torch.normal of the variance": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, True, generator=generator)
    var = stds.pow(2)
    return torch.normal(means[k], var[k], generator=generator)
""",
                    "variance-as-std",
                ),
                "a column": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights.expand(n, -1), 1, generator=generator)
    return means[k] + stds[k] * torch.randn(n, 1, generator=generator)
""",
                    "wrong-shape",
                ),
                "list": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    xs = []
    for k in torch.multinomial(weights, n, replacement=True, generator=generator):
        xs.append((means[k] + stds[k] * torch.randn(1, generator=generator)).item())
    return xs
""",
                    "not-a-tensor",
                ),
                "cumsum_": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    cdf = weights.cumsum_(0)
    k = torch.searchsorted(cdf, torch.rand(n, generator=generator)).clamp(max=len(cdf) - 1)
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "mutates-input",
                ),
                "without replacement": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, generator=generator)
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "raised",
                ),
                "no return": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    x = means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "returned-none",
                ),
            },
            "unlisted": {
                "generator forgotten": """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True)
    return means[k] + stds[k] * torch.randn(n)
""",
                "uniform noise": """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[k] + stds[k] * torch.rand(n, generator=generator)
""",
                "most probable component": """
def sample_mixture(n, weights, means, stds, generator):
    k = weights.argmax()
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                "std missing": """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[k] + torch.randn(n, generator=generator)
""",
                "one Gaussian with the mixture's moments": """
def sample_mixture(n, weights, means, stds, generator):
    m = (weights * means).sum()
    v = (weights * (stds**2 + means**2)).sum() - m**2
    return m + v.sqrt() * torch.randn(n, generator=generator)
""",
            },
        },
        "01-evidence": {
            "right": {
                "logsumexp": """
def log_evidence(log_likelihoods):
    return torch.logsumexp(log_likelihoods, dim=0) - math.log(log_likelihoods.shape[0])
""",
                "max by hand": """
def log_evidence(log_likelihoods):
    m, _ = log_likelihoods.max(dim=0)
    return m + torch.log(torch.mean(torch.exp(log_likelihoods - m), dim=0))
""",
                "logaddexp": """
def log_evidence(log_likelihoods):
    K = len(log_likelihoods)
    total = log_likelihoods[0]
    for row in log_likelihoods[1:]:
        total = torch.logaddexp(total, row)
    return total - torch.log(torch.tensor(float(K)))
""",
                "weights inside": """
def log_evidence(log_likelihoods):
    log_w = torch.full_like(log_likelihoods, -math.log(log_likelihoods.size(0)))
    return (log_w + log_likelihoods).logsumexp(0)
""",
                "columns": """
def log_evidence(log_likelihoods):
    K, B = log_likelihoods.shape
    return torch.stack([torch.logsumexp(log_likelihoods[:, b], 0) - math.log(K) for b in range(B)])
""",
                "logcumsumexp": """
def log_evidence(log_likelihoods):
    return log_likelihoods.logcumsumexp(0)[-1] - math.log(len(log_likelihoods))
""",
            },
            "wrong": {
                "mean": (
                    """
def log_evidence(log_likelihoods):
    return log_likelihoods.mean(0)
""",
                    "mean-of-logs",
                ),
                "sum over K": (
                    """
def log_evidence(log_likelihoods):
    K = log_likelihoods.shape[0]
    return torch.sum(log_likelihoods, dim=0) / K
""",
                    "mean-of-logs",
                ),
                "logsumexp only": (
                    """
def log_evidence(log_likelihoods):
    return torch.logsumexp(log_likelihoods, 0)
""",
                    "forgot-log-k",
                ),
                "max by hand, sum": (
                    """
def log_evidence(log_likelihoods):
    m = log_likelihoods.max(0)[0]
    return m + (log_likelihoods - m).exp().sum(0).log()
""",
                    "forgot-log-k",
                ),
                "dim 1": (
                    """
def log_evidence(log_likelihoods):
    return torch.logsumexp(log_likelihoods, dim=1) - math.log(log_likelihoods.shape[1])
""",
                    "wrong-dimension",
                ),
                "dim -1": (
                    """
def log_evidence(log_likelihoods):
    m = log_likelihoods.max(-1, keepdim=True).values
    return m.squeeze(-1) + (log_likelihoods - m).exp().mean(-1).log()
""",
                    "wrong-dimension",
                ),
                "log of the mean": (
                    """
def log_evidence(log_likelihoods):
    return torch.log(torch.exp(log_likelihoods).mean(0))
""",
                    "underflow",
                ),
                "log of the sum minus log K": (
                    """
def log_evidence(log_likelihoods):
    p = log_likelihoods.exp()
    return p.sum(dim=0).log() - math.log(p.shape[0])
""",
                    "underflow",
                ),
                "dots": (
                    """
def log_evidence(log_likelihoods):
    ...
""",
                    "not-attempted",
                ),
                "minus in place": (
                    """
def log_evidence(log_likelihoods):
    m = log_likelihoods.max(0).values
    log_likelihoods -= m
    return m + log_likelihoods.exp().mean(0).log()
""",
                    "mutates-input",
                ),
                "a random half of the codes": (
                    """
def log_evidence(log_likelihoods):
    K = len(log_likelihoods)
    k = torch.randint(K, (K,))
    return torch.logsumexp(log_likelihoods[k], 0) - math.log(K)
""",
                    "random",
                ),
                "numpy": (
                    """
import numpy as np
def log_evidence(log_likelihoods):
    a = log_likelihoods.detach().numpy()
    m = a.max(axis=0)
    return m + np.log(np.mean(np.exp(a - m), axis=0))
""",
                    "not-a-tensor",
                ),
                "printed": (
                    """
def log_evidence(log_likelihoods):
    print(torch.logsumexp(log_likelihoods, 0) - math.log(len(log_likelihoods)))
""",
                    "returned-none",
                ),
                "a value": ("log_evidence = torch.tensor([0.0])\n", "not-a-function"),
                "one number": (
                    """
def log_evidence(log_likelihoods):
    return (torch.logsumexp(log_likelihoods, 0) - math.log(len(log_likelihoods))).sum()
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {
                "largest": """
def log_evidence(log_likelihoods):
    return log_likelihoods.max(0).values
""",
                "plus log K": """
def log_evidence(log_likelihoods):
    return torch.logsumexp(log_likelihoods, 0) + math.log(len(log_likelihoods))
""",
                "divided by K outside": """
def log_evidence(log_likelihoods):
    return torch.logsumexp(log_likelihoods, 0) / len(log_likelihoods)
""",
                "evidence, not its log": """
def log_evidence(log_likelihoods):
    return log_likelihoods.exp().mean(0)
""",
                "first code only": """
def log_evidence(log_likelihoods):
    return log_likelihoods[0]
""",
            },
        },
        "01-ppca": {
            "right": {
                "slogdet": """
def ppca_log_density(x, W, noise):
    D_ = x.shape[1]
    C = W @ W.T + noise**2 * torch.eye(D_)
    maha = (x * torch.linalg.solve(C, x.T).T).sum(1)
    return -0.5 * (D_ * math.log(2 * math.pi) + torch.linalg.slogdet(C).logabsdet + maha)
""",
                "multivariate": """
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    return D.MultivariateNormal(torch.zeros(d), W @ W.T + noise**2 * torch.eye(d)).log_prob(x)
""",
                "low rank": """
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    return D.LowRankMultivariateNormal(torch.zeros(d), W, torch.full((d,), noise**2)).log_prob(x)
""",
                "cholesky": """
def ppca_log_density(x, W, noise):
    C = torch.einsum('il,jl->ij', W, W) + torch.diag(torch.full((len(W),), noise * noise))
    L = torch.linalg.cholesky(C)
    u = torch.linalg.solve_triangular(L, x.T, upper=False)
    return -0.5 * u.pow(2).sum(0) - L.diagonal().log().sum() - len(W) / 2 * math.log(2 * math.pi)
""",
                "eigen": """
def ppca_log_density(x, W, noise):
    values, vectors = torch.linalg.eigh(W @ W.mT)
    values = values + noise**2
    y = x @ vectors
    return D.Normal(torch.zeros_like(values), values.sqrt()).log_prob(y).sum(1)
""",
                "loop": """
def ppca_log_density(x, W, noise):
    d = x.size(1)
    cov = W @ W.T
    for i in range(d):
        cov[i, i] = cov[i, i] + noise**2
    inv = torch.inverse(cov)
    out = []
    for row in x:
        out.append(-0.5 * (d * math.log(2 * math.pi) + torch.logdet(cov) + row @ inv @ row))
    return torch.stack(out)
""",
            },
            "wrong": {
                "as given": (
                    """
def ppca_log_density(x, W, noise):
    pixels = x.shape[1]
    C = W @ W.T + noise**2 * torch.eye(pixels)
    squared = (x * torch.linalg.solve(C, x.T).T).sum(1)
    normaliser = 0.5 * pixels * math.log(2 * math.pi)
    return -pixels * normaliser - 0.5 * torch.logdet(C) - 0.5 * squared
""",
                    "normaliser-times-d",
                ),
                "multivariate and more": (
                    """
def ppca_log_density(x, W, noise):
    d = x.shape[1]
    q = D.MultivariateNormal(torch.zeros(d), W @ W.T + noise**2 * torch.eye(d))
    return q.log_prob(x) - 0.5 * d * (d - 1) * math.log(2 * math.pi)
""",
                    "normaliser-times-d",
                ),
                "noise": (
                    """
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    return D.MultivariateNormal(torch.zeros(d), W @ W.T + noise * torch.eye(d)).log_prob(x)
""",
                    "std-as-variance",
                ),
                "noise, low rank": (
                    """
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    return D.LowRankMultivariateNormal(torch.zeros(d), W, noise * torch.ones(d)).log_prob(x)
""",
                    "std-as-variance",
                ),
                "no half": (
                    """
def ppca_log_density(x, W, noise):
    d = x.shape[1]
    C = W @ W.T + noise**2 * torch.eye(d)
    maha = torch.einsum('bi,ij,bj->b', x, torch.inverse(C), x)
    return -(d * math.log(2 * math.pi) + torch.logdet(C) + maha)
""",
                    "missing-half",
                ),
                "latent": (
                    """
def ppca_log_density(x, W, noise):
    d, l = W.shape
    M = W.T @ W + noise**2 * torch.eye(l)
    h = x @ W
    maha = (h * torch.linalg.solve(M, h.T).T).sum(1)
    return -0.5 * (d * math.log(2 * math.pi) + torch.logdet(M) + maha)
""",
                    "latent-covariance",
                ),
                "no noise": (
                    """
def ppca_log_density(x, W, noise):
    d = x.shape[1]
    C = W @ W.T
    maha = (x * torch.linalg.solve(C, x.T).T).sum(1)
    return -0.5 * (d * math.log(2 * math.pi) + torch.linalg.slogdet(C)[1] + maha)
""",
                    "noise-missing",
                ),
                "stub": (
                    """
def ppca_log_density(x, W, noise):
    raise NotImplementedError
""",
                    "not-attempted",
                ),
                "monte carlo": (
                    """
def ppca_log_density(x, W, noise):
    z = torch.randn(1000, W.shape[1])
    log_p = D.Normal(z @ W.T, noise).log_prob(x[:, None]).sum(-1)
    return torch.logsumexp(log_p, 1) - math.log(1000)
""",
                    "random",
                ),
                "exit": (
                    """
import sys
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    result = D.MultivariateNormal(torch.zeros(d), W @ W.T + noise**2 * torch.eye(d)).log_prob(x)
    print(result)
    sys.exit()
""",
                    "exits",
                ),
                "input": (
                    """
def ppca_log_density(x, W, noise):
    d = int(input('how many pixels? '))
    return D.MultivariateNormal(torch.zeros(d), W @ W.T + noise**2 * torch.eye(d)).log_prob(x)
""",
                    "asks-for-input",
                ),
                "item": (
                    """
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    return D.MultivariateNormal(torch.zeros(d), W @ W.T + noise**2 * torch.eye(d)).log_prob(x).sum().item()
""",
                    "not-a-tensor",
                ),
                "diag of W": (
                    """
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    return D.MultivariateNormal(torch.zeros(d + 1), W @ W.T + noise**2 * torch.eye(d + 1)).log_prob(x)
""",
                    "raised",
                ),
            },
            "unlisted": {
                "pixels independent": """
def ppca_log_density(x, W, noise):
    std = torch.sqrt((W**2).sum(1) + noise**2)
    return D.Normal(torch.zeros_like(std), std).log_prob(x).sum(1)
""",
                "data centred": """
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    return D.MultivariateNormal(torch.zeros(d), W @ W.T + noise**2 * torch.eye(d)).log_prob(x - x.mean(0))
""",
                "determinant without log": """
def ppca_log_density(x, W, noise):
    d = x.shape[1]
    C = W @ W.T + noise**2 * torch.eye(d)
    maha = (x * torch.linalg.solve(C, x.T).T).sum(1)
    return -0.5 * (d * math.log(2 * math.pi) + torch.det(C) + maha)
""",
                "per pixel": """
def ppca_log_density(x, W, noise):
    d = W.shape[0]
    return D.MultivariateNormal(torch.zeros(d), W @ W.T + noise**2 * torch.eye(d)).log_prob(x) / d
""",
                "log-determinant added": """
def ppca_log_density(x, W, noise):
    d = x.shape[1]
    C = W @ W.T + noise**2 * torch.eye(d)
    maha = (x * torch.linalg.solve(C, x.T).T).sum(1)
    return -0.5 * (d * math.log(2 * math.pi) - torch.logdet(C) + maha)
""",
            },
        },
    },
)
