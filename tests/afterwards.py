"""Answers invented when the detectors were finished, by somebody who had not read them.

The others, in ``tests/wrong_answers``, were written first. These are what a class does in the next year: each is told
its own mistake, or the general sentence that is here beside it, and a right one passes, however unusual.
"""

from tests.wrong_answers import after

HEAD = """import functools
import math

import numpy as np
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
                "numpy array": """x_moments = np.array([1.0, 4.0])
""",
                "fractions": """from fractions import Fraction
x_moments = Fraction(1), Fraction(4)
""",
            },
            "wrong": {
                "variance of a weighted sum": (
                    """x_moments = (1.0, 0.25**2 + 0.75**2)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "01-mixture": {
            "right": {
                "an object that is called": """
class Mixture:
    def __call__(self, x, weights, means, stds):
        each = D.Normal(means, stds).log_prob(x[:, None]) + weights.log()
        return each.logsumexp(1, keepdim=True).squeeze(1)
mixture_log_density = Mixture()
""",
                "in float64 and back": """
def mixture_log_density(x, weights, means, stds):
    x, weights, means, stds = (t.double() for t in (x, weights, means, stds))
    scaled = (x[:, None] - means) / stds
    log_normal = -0.5 * scaled.square() - stds.log() - 0.5 * np.log(2 * np.pi)
    return torch.logsumexp(weights.log() + log_normal, -1).float()
""",
            },
            "wrong": {
                "weights times the logs": (
                    """
def mixture_log_density(x, weights, means, stds):
    scaled = (x[:, None] - means) / stds
    log_normal = -0.5 * scaled**2 - stds.log() - 0.5 * math.log(2 * math.pi)
    return torch.logsumexp(weights * log_normal, dim=1)
""",
                    "wrong-value",
                ),
                "log two pi without its half": (
                    """
def mixture_log_density(x, weights, means, stds):
    scaled = (x[:, None] - means) / stds
    log_normal = -0.5 * scaled**2 - stds.log() - math.log(2 * math.pi)
    return torch.logsumexp(weights.log() + log_normal, dim=1)
""",
                    "constant-offset",
                ),
            },
            "unlisted": {},
        },
        "01-sample": {
            "right": {
                "gumbel": """
def sample_mixture(n, weights, means, stds, generator):
    u = torch.rand(n, len(weights), generator=generator)
    k = (weights.log() - torch.log(-torch.log(u))).argmax(1)
    return torch.randn(n, generator=generator).mul(stds[k]).add(means[k])
""",
            },
            "wrong": {
                "two components assumed": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = (torch.rand(n, generator=generator) > weights[0]).long()
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "wrong-value",
                ),
                "one eps for all": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[k] + stds[k] * torch.randn(1, generator=generator)
""",
                    "wrong-value",
                ),
                "softmax of the weights": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights.softmax(0), n, replacement=True, generator=generator)
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "wrong-value",
                ),
                "sorted by components": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator).sort().values
    return means[k] + stds[k] * torch.randn(n, generator=generator)
""",
                    "wrong-value",
                ),
                "generator only for the choice": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[k] + stds[k] * torch.randn(n)
""",
                    "wrong-value",
                ),
                "root of std": (
                    """
def sample_mixture(n, weights, means, stds, generator):
    k = torch.multinomial(weights, n, replacement=True, generator=generator)
    return means[k] + stds[k].sqrt() * torch.randn(n, generator=generator)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "01-evidence": {
            "right": {
                "log-softmax turned round": """
def log_evidence(log_likelihoods):
    return (log_likelihoods - F.log_softmax(log_likelihoods, 0))[0] - math.log(len(log_likelihoods))
""",
                "a partial": """
def lse(t, dim):
    return torch.logsumexp(t, dim) - math.log(t.shape[dim])
log_evidence = functools.partial(lse, dim=0)
""",
            },
            "wrong": {
                "log B for log K": (
                    """
def log_evidence(log_likelihoods):
    return torch.logsumexp(log_likelihoods, dim=0) - math.log(log_likelihoods.shape[1])
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "01-ppca": {
            "right": {
                "Woodbury": """
def ppca_log_density(x, W, noise):
    d, l = W.shape
    M = W.T @ W + noise**2 * torch.eye(l)
    h = x @ W
    maha = ((x * x).sum(1) - (h * torch.linalg.solve(M, h.T).T).sum(1)) / noise**2
    logdet = torch.logdet(M) + (d - l) * math.log(noise**2)
    return -0.5 * (d * math.log(2 * math.pi) + logdet + maha)
""",
            },
            "wrong": {
                "half of the log-determinant of A": (
                    """
def ppca_log_density(x, W, noise):
    d = x.shape[1]
    A = torch.linalg.cholesky(W @ W.T + noise**2 * torch.eye(d))
    y = torch.linalg.solve_triangular(A, x.T, upper=False).T
    return (-0.5 * (y**2 + math.log(2 * math.pi))).sum(1) - 0.5 * A.diagonal().log().sum()
""",
                    "wrong-value",
                ),
                "upper triangle": (
                    """
def ppca_log_density(x, W, noise):
    d = x.shape[1]
    A = torch.linalg.cholesky(W @ W.T + noise**2 * torch.eye(d))
    y = torch.linalg.solve_triangular(A, x.T, upper=True).T
    return (-0.5 * (y**2 + math.log(2 * math.pi))).sum(1) - A.diagonal().log().sum()
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "02-unpaired": {
            "right": {
                "list and numpy": """best_and_loss = [np.mean([0, 0, 6]), np.var([0, 0, 6])]
""",
            },
            "wrong": {
                "a dictionary": (
                    """best_and_loss = {'grey': 2.0, 'mse': 8.0}
""",
                    "wrong-type",
                ),
                "the largest miss": (
                    """best_and_loss = (2.0, 16.0)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "02-w1": {
            "right": {
                "area between the two distribution functions": """
def wasserstein_1d(a, b):
    t = torch.cat([a, b]).sort().values
    F_a = (a[None, :] <= t[:-1, None]).float().mean(1)
    F_b = (b[None, :] <= t[:-1, None]).float().mean(1)
    return ((F_a - F_b).abs() * (t[1:] - t[:-1])).sum()
""",
                "descending, L1 loss": """
wasserstein_1d = lambda a, b: F.l1_loss(a.sort(descending=True).values, b.sort(descending=True)[0])
""",
            },
            "wrong": {
                "the places, not the numbers": (
                    """
def wasserstein_1d(a, b):
    return (a.sort()[1] - b.sort()[1]).abs().float().mean()
""",
                    "wrong-value",
                ),
                "sort() is not a tensor": (
                    """
def wasserstein_1d(a, b):
    return (a.sort() - b.sort()).abs().mean()
""",
                    "raised",
                ),
                "np.sort": (
                    """
def wasserstein_1d(a, b):
    return torch.tensor(np.abs(np.sort(a) - np.sort(b)).mean())
""",
                    "no-gradient",
                ),
            },
            "unlisted": {},
        },
        "02-histogram": {
            "right": {
                "bucketize and loops": """
def histogram_kl(a, b, edges):
    E = len(edges) - 1
    def shares(t):
        k = torch.bucketize(t, edges, right=True).clamp(1, E) - 1
        return torch.bincount(k, minlength=E) / len(t)
    total = torch.tensor(0.0)
    for p, q in zip(shares(a), shares(b)):
        if p > 0:
            total = total + p * (p.log() - q.log())
    return total
""",
            },
            "wrong": {
                "both by the length of a": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(a)
    return torch.where(p > 0, p * torch.log(p / q), 0.0).sum()
""",
                    "wrong-value",
                ),
                "inf and nan to zero": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return torch.nan_to_num(p * torch.log(p / q), nan=0.0, posinf=0.0).sum()
""",
                    "finite-by-smoothing",
                ),
            },
            "unlisted": {},
        },
        "02-js": {
            "right": {
                "xlogy, once more": """
def js_divergence(p, q):
    H = lambda t: -torch.xlogy(t, t).sum()
    return H(0.5 * (p + q)) - 0.5 * (H(p) + H(q))
""",
                "kl_div, once more": """
def js_divergence(p, q):
    r = torch.log((p + q) / 2)
    terms = F.kl_div(r, p, reduction='none') + F.kl_div(r, q, reduction='none')
    return torch.where((p + q) > 0, terms, 0.0).sum() / 2
""",
            },
            "wrong": {
                "kl_div, batchmean": (
                    """
def js_divergence(p, q):
    r = (p + q) / 2
    return (F.kl_div(r.log(), p, reduction='batchmean') + F.kl_div(r.log(), q, reduction='batchmean')) / 2
""",
                    "not-finite",
                ),
                "kl_div, arguments the other way": (
                    """
def js_divergence(p, q):
    r = (p + q) / 2
    return 0.5 * (F.kl_div(p, r, reduction='sum') + F.kl_div(q, r, reduction='sum'))
""",
                    "wrong-value",
                ),
                "eps in the log": (
                    """
def js_divergence(p, q):
    r = (p + q) / 2
    def kl(a, b):
        return (a * torch.log((a + 1e-3) / (b + 1e-3))).sum()
    return (kl(p, r) + kl(q, r)) / 2
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "02-mmd": {
            "right": {
                "cdist, once more": """
def mmd_squared(a, b, bandwidth):
    both = torch.cat([a, b])
    K = torch.exp(-torch.cdist(both, both).pow(2) / (2 * bandwidth**2))
    n = len(a)
    sign = torch.cat([torch.full((n,), 1 / n), torch.full((len(b),), -1 / len(b))])
    return sign @ K @ sign
""",
            },
            "wrong": {
                "pair by pair": (
                    """
def mmd_squared(a, b, bandwidth):
    def likeness(u, v):
        return torch.exp(-((u - v) ** 2).sum(-1) / (2 * bandwidth**2)).mean()
    return likeness(a, a) + likeness(b, b) - 2 * likeness(a, b)
""",
                    "raised",
                ),
                "everything doubled": (
                    """
def mmd_squared(a, b, bandwidth):
    def likeness(u, v):
        return torch.exp(-((u[:, None] - v) ** 2).sum(-1) / (2 * bandwidth**2)).mean()
    return 2 * (likeness(a, a) + likeness(b, b) - 2 * likeness(a, b))
""",
                    "constant-factor",
                ),
            },
            "unlisted": {},
        },
        "02-kde": {
            "right": {
                "double, keepdim and squeeze": """
def kernel_log_density(x, samples, width, *, half=0.5):
    x, samples = x.double(), samples.double()
    t = -half * ((x.unsqueeze(-1) - samples) / width) ** 2
    return (t.logsumexp(-1, keepdim=True).squeeze(-1) - np.log(len(samples) * width * np.sqrt(2 * np.pi))).float()
""",
            },
            "wrong": {
                "width forgotten in the normaliser": (
                    """
def kernel_log_density(x, samples, width):
    scaled = (x[:, None] - samples) / width
    return torch.logsumexp(-0.5 * scaled**2 - 0.5 * math.log(2 * math.pi), 1) - math.log(len(samples))
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "03-predict": {
            "right": {
                "strings of numpy": """posterior_mean_and_variance = np.float32(0.75), np.float64(0.5)
""",
            },
            "wrong": {
                "w forgotten in the mean": (
                    """posterior_mean_and_variance = (0.375, 0.5)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "03-grid": {
            "right": {
                "float64 all the way": """
def grid_posterior(log_joint, dz):
    l = log_joint.to(torch.float64)
    l = l - l.amax(1, keepdim=True)
    p = l.exp()
    return (p / (p.sum(1, keepdim=True) * dz)).to(log_joint.dtype)
""",
                "float64 returned": """
def grid_posterior(log_joint, dz):
    return torch.softmax(log_joint.double(), 1) / dz
""",
            },
            "wrong": {
                "trapezoids": (
                    """
def grid_posterior(log_joint, dz):
    p = torch.exp(log_joint - log_joint.max(1, keepdim=True).values)
    return p / torch.trapezoid(p, dx=dz, dim=1)[:, None]
""",
                    "wrong-value",
                ),
                "no keepdim": (
                    """
def grid_posterior(log_joint, dz):
    log_mass = log_joint + math.log(dz)
    return torch.exp(log_joint - torch.logsumexp(log_mass, dim=1))
""",
                    "raised",
                ),
            },
            "unlisted": {},
        },
        "03-encoder": {
            "right": {
                "deep, gelu, layer norm, split": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent, depth=3):
        super().__init__()
        self.latent = latent
        layers = [nn.Linear(features, hidden), nn.LayerNorm(hidden), nn.GELU()]
        for _ in range(depth - 1):
            layers += [nn.Linear(hidden, hidden), nn.GELU()]
        self.layers = nn.ModuleList([*layers, nn.Linear(hidden, 2 * latent)])
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return torch.split(x, self.latent, dim=-1)
""",
                "weights by hand, list returned": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.W = nn.Parameter(torch.randn(features, hidden) / features**0.5)
        self.V = nn.Parameter(torch.randn(2, hidden, latent) / hidden**0.5)
    def forward(self, x):
        h = torch.sigmoid(x @ self.W)
        return [h @ self.V[0], h @ self.V[1]]
""",
                "sigma from softplus, log": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.l1 = nn.Linear(features, hidden)
        self.m = nn.Linear(hidden, latent)
        self.v = nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.tanh(self.l1(x))
        return self.m(h), 2 * torch.log(F.softplus(self.v(h)))
""",
                "nn.Dropout": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.l1 = nn.Linear(features, hidden)
        self.d = nn.Dropout(0.5)
        self.m = nn.Linear(hidden, latent)
        self.v = nn.Linear(hidden, latent)
    def forward(self, x):
        h = self.d(torch.tanh(self.l1(x)))
        return self.m(h), self.v(h)
""",
                "softmax hidden": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.l1 = nn.Linear(features, hidden)
        self.m = nn.Linear(hidden, latent)
        self.v = nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.softmax(self.l1(x), dim=1)
        return self.m(h), self.v(h)
""",
            },
            "wrong": {
                "chunk without dim": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))
    def forward(self, x):
        return self.net(x).chunk(2)
""",
                    "wrong-shape",
                ),
                "sigma returned, once more": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh())
        self.a, self.b = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
    def forward(self, x):
        h = self.net(x)
        return self.a(h), torch.exp(0.5 * self.b(h))
""",
                    "logvar-forced-positive",
                ),
                "super forgotten, once more": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        self.net = nn.Linear(features, hidden)
        self.a, self.b = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.tanh(self.net(x))
        return self.a(h), self.b(h)
""",
                    "raised",
                ),
                "forward misspelt": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Linear(features, hidden)
        self.a, self.b = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
    def foward(self, x):
        h = torch.tanh(self.net(x))
        return self.a(h), self.b(h)
""",
                    "raised",
                ),
                "hidden layer fixed at 32": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Linear(64, 32)
        self.a, self.b = nn.Linear(32, 2), nn.Linear(32, 2)
    def forward(self, x):
        h = torch.tanh(self.net(x))
        return self.a(h), self.b(h)
""",
                    "raised",
                ),
                "an instance": (
                    """
class Encoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Linear(features, hidden)
        self.a, self.b = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.tanh(self.net(x))
        return self.a(h), self.b(h)
GaussianEncoder = Encoder(64, 32, 2)
""",
                    "wrong-type",
                ),
                "minus softplus": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.l1 = nn.Linear(features, hidden)
        self.m = nn.Linear(hidden, latent)
        self.v = nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.tanh(self.l1(x))
        return self.m(h), -F.softplus(self.v(h))
""",
                    "wrong-value",
                ),
                "clamped logvar": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.l1 = nn.Linear(features, hidden)
        self.m = nn.Linear(hidden, latent)
        self.v = nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.tanh(self.l1(x))
        return self.m(h), self.v(h).clamp(-1, 1)
""",
                    "wrong-value",
                ),
                "a dict": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.l1 = nn.Linear(features, hidden)
        self.m = nn.Linear(hidden, latent)
        self.v = nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.tanh(self.l1(x))
        return {'mu': self.m(h), 'logvar': self.v(h)}
""",
                    "wrong-type",
                ),
                "lists of modules in a python list": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.layers = [nn.Linear(features, hidden), nn.Linear(hidden, latent), nn.Linear(hidden, latent)]
    def forward(self, x):
        h = torch.tanh(self.layers[0](x))
        return self.layers[1](h), self.layers[2](h)
""",
                    "wrong-value",
                ),
                "softmax hidden dim 0": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.l1 = nn.Linear(features, hidden)
        self.m = nn.Linear(hidden, latent)
        self.v = nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.softmax(self.l1(x), dim=0)
        return self.m(h), self.v(h)
""",
                    "wrong-value",
                ),
                "relu on both heads": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.l1 = nn.Linear(features, hidden)
        self.m = nn.Linear(hidden, latent)
        self.v = nn.Linear(hidden, latent)
    def forward(self, x):
        h = torch.tanh(self.l1(x))
        return torch.relu(self.m(h)), torch.relu(self.v(h))
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "03-moments": {
            "right": {
                "second moment less the square, list": """
def aggregated_moments(mu, logvar):
    m = mu.double()
    first = m.mean(0)
    second = (m**2 + logvar.double().exp()).mean(0)
    return [first.float(), (second - first**2).float()]
""",
            },
            "wrong": {
                "mean square for the variance": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(0), logvar.exp().mean(0) + (mu**2).mean(0)
""",
                    "wrong-value",
                ),
                "over the latents, once more": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(1), logvar.exp().mean(1) + mu.var(1, correction=0)
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {},
        },
        "03-logq": {
            "right": {
                "an object with call": """
class LogQ(nn.Module):
    def forward(self, z, mu, logvar):
        return D.Normal(mu, logvar.mul(0.5).exp()).log_prob(z).sum(-1, keepdim=True).squeeze(-1)
log_q = LogQ()
""",
            },
            "wrong": {
                "one normaliser for all dimensions": (
                    """
def log_q(z, mu, logvar):
    squared = (z - mu) ** 2 / logvar.exp()
    return -0.5 * math.log(2 * math.pi) - 0.5 * (logvar + squared).sum(dim=1)
""",
                    "wrong-value",
                ),
                "times the variance": (
                    """
def log_q(z, mu, logvar):
    squared = (z - mu) ** 2 * logvar.exp()
    return -0.5 * (math.log(2 * math.pi) + logvar + squared).sum(dim=1)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "03-w1prior": {
            "right": {
                "icdf of torch.distributions": """
def w1_to_prior(mu, logvar, eps):
    z, _ = torch.sort(torch.addcmul(mu, logvar.div(2).exp(), eps))
    n = z.numel()
    q = D.Normal(0.0, 1.0).icdf(torch.linspace(0.5 / n, 1 - 0.5 / n, n))
    return F.l1_loss(z, q)
""",
            },
            "wrong": {
                "in probabilities": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(logvar / 2) * eps
    u = torch.special.ndtr(z).sort().values
    return (u - (torch.arange(len(z)) + 0.5) / len(z)).abs().mean()
""",
                    "wrong-value",
                ),
                "standardised first": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(logvar / 2) * eps
    z = (z - z.mean()) / z.std(correction=0)
    q = torch.special.ndtri((torch.arange(len(z)) + 0.5) / len(z))
    return (z.sort().values - q).abs().mean()
""",
                    "not-finite",
                ),
            },
            "unlisted": {},
        },
        "04-predict": {
            "right": {
                "a list of tensors": """loss_and_best_sigma = [torch.tensor(0.59), torch.tensor(0.0)]
""",
            },
            "wrong": {
                "nothing squared": (
                    """loss_and_best_sigma = 0.5 + 3 * 0.1, 0.0
""",
                    "sigma-not-squared",
                ),
            },
            "unlisted": {},
        },
        "04-naive": {
            "right": {
                "defaults, einsum": """
def naive_penalty(mu, logvar, lam_mu=1.0, lam_logvar=1.0):
    both = torch.stack([mu, logvar])
    return torch.einsum('kbl,kbl,k->b', both, both, torch.tensor([lam_mu, lam_logvar], dtype=mu.dtype))
""",
            },
            "wrong": {
                "the variance should be one": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).sum(-1) + lam_logvar * ((logvar.exp() - 1) ** 2).sum(-1)
""",
                    "wrong-value",
                ),
                "over the batch": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).sum(0) + lam_logvar * (logvar**2).sum(0)
""",
                    "wrong-shape",
                ),
                "the weights squared too": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return ((lam_mu * mu) ** 2 + (lam_logvar * logvar) ** 2).sum(-1)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "04-snr": {
            "right": {
                "cov": """
def signal_to_noise(mu, logvar):
    signal = torch.atleast_2d(torch.cov(mu.T, correction=0)).diagonal()
    return signal * len(logvar) / logvar.exp().sum(0)
""",
            },
            "wrong": {
                "mean sigma, squared": (
                    """
def signal_to_noise(mu, logvar):
    return mu.var(0, correction=0) / torch.exp(0.5 * logvar).mean(0) ** 2
""",
                    "wrong-value",
                ),
                "no dimension": (
                    """
def signal_to_noise(mu, logvar):
    return mu.var(correction=0) / logvar.exp().mean()
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {},
        },
        "04-linear": {
            "right": {
                "distributions": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    mean_square = (x_var - 2 * a * w * x_var) + w * w * (a * a * x_var + sigma * sigma)
    recon = D.Normal(0.0, noise_var.sqrt()).log_prob(mean_square.sqrt())
    kl = D.kl_divergence(D.Normal(a * x_var.sqrt(), sigma), D.Normal(0.0, 1.0))
    return recon - kl
""",
            },
            "wrong": {
                "log sigma for log sigma squared": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    error = (1 - a * w) ** 2 * x_var + w**2 * sigma**2
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - error / (2 * noise_var)
    kl = 0.5 * (a**2 * x_var + sigma**2 - torch.log(sigma) - 1)
    return recon - kl
""",
                    "wrong-value",
                ),
                "half of the error forgotten": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    error = (1 - a * w) ** 2 * x_var + w**2 * sigma**2
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - error / noise_var
    kl = 0.5 * (a**2 * x_var + sigma**2 - torch.log(sigma**2) - 1)
    return recon - kl
""",
                    "wrong-value",
                ),
                "noise_var as a standard deviation": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    error = (1 - a * w) ** 2 * x_var + w**2 * sigma**2
    recon = -0.5 * torch.log(2 * math.pi * noise_var**2) - error / (2 * noise_var**2)
    kl = 0.5 * (a**2 * x_var + sigma**2 - torch.log(sigma**2) - 1)
    return recon - kl
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "04-loss": {
            "right": {
                "mse_loss and batch": """
def naive_total(x, x_hat, mu, logvar, lam):
    total = F.mse_loss(x_hat, x, reduction='sum')
    for t in (mu, logvar):
        total = total + lam * torch.linalg.norm(t) ** 2
    return total / len(x)
""",
            },
            "wrong": {
                "lam on mu only": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    reconstruction = ((x - x_hat) ** 2).sum(-1)
    return (reconstruction + lam * (mu**2).sum(-1) + (logvar**2).sum(-1)).mean()
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "04-noise": {
            "right": {
                "trace, once more": """
def noise_cost(logvar, W):
    return torch.stack([torch.trace(W @ torch.diag(v.exp()) @ W.T) for v in logvar])
""",
                "a column of it, squeezed": """
def noise_cost(logvar, W):
    return (logvar.double().exp() @ (W.double() ** 2).sum(0, keepdim=True).T).squeeze(1).float()
""",
            },
            "wrong": {
                "pixels added before squaring": (
                    """
def noise_cost(logvar, W):
    return logvar.exp() @ (W.sum(0) ** 2)
""",
                    "wrong-value",
                ),
                "rows for columns": (
                    """
def noise_cost(logvar, W):
    return logvar.exp() @ (W**2).sum(1)
""",
                    "raised",
                ),
            },
            "unlisted": {},
        },
        "05-predict": {
            "right": {
                "numpy floats": """three_kls = list(np.array([0.0, 0.5, (4 - 1 - np.log(4)) / 2]))
""",
            },
            "wrong": {
                "the last two exchanged": (
                    """three_kls = 0, 0.807, 0.5
""",
                    "wrong-value",
                ),
                "log of the standard deviation forgotten": (
                    """three_kls = 0.0, 0.5, 1.5
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "05-kl": {
            "right": {
                "a partial with options": """
def kl(mu, logvar, reduction='sum', beta=2.0):
    each = beta * 0.5 * (mu.square() + logvar.exp() - logvar - 1)
    return getattr(each, reduction)(dim=-1, keepdim=True).squeeze(-1)
kl_to_standard_normal = functools.partial(kl, beta=1.0)
""",
                "vmap": """
def one(mu, logvar):
    return 0.5 * (mu @ mu + torch.sum(torch.expm1(logvar) - logvar))
kl_to_standard_normal = torch.vmap(one)
""",
                "own copy, in place": """
def kl_to_standard_normal(mu, logvar):
    total = mu.clone()
    total.pow_(2)
    total += torch.expm1(logvar)
    total -= logvar
    return total.sum(1).div_(2)
""",
            },
            "wrong": {
                "sum over the batch axis": (
                    """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(0)
""",
                    "wrong-shape",
                ),
                "np.exp": (
                    """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(-1)
""",
                    "no-gradient",
                ),
                "half at the variance only": (
                    """
def kl_to_standard_normal(mu, logvar):
    return (mu**2 + 0.5 * (logvar.exp() - 1 - logvar)).sum(-1)
""",
                    "wrong-value",
                ),
                "math.exp": (
                    """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * (mu**2 + math.exp(logvar) - 1 - logvar).sum(-1)
""",
                    "raised",
                ),
                "a list": (
                    """
def kl_to_standard_normal(mu, logvar):
    return [0.5 * (m**2 + v.exp() - 1 - v).sum() for m, v in zip(mu, logvar)]
""",
                    "not-a-tensor",
                ),
            },
            "unlisted": {},
        },
        "05-general": {
            "right": {
                "float64": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    mq, lq, mp, lp = (t.double() for t in (mu_q, logvar_q, mu_p, logvar_p))
    q = D.MultivariateNormal(mq, scale_tril=torch.diag_embed((lq / 2).exp()))
    p = D.MultivariateNormal(mp, scale_tril=torch.diag_embed((lp / 2).exp()))
    return D.kl_divergence(q, p).to(mu_q.dtype)
""",
            },
            "wrong": {
                "divided by q's variance": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    ratio = logvar_q - logvar_p
    return 0.5 * ((mu_q - mu_p) ** 2 / logvar_q.exp() + ratio.exp() - ratio - 1).sum(-1)
""",
                    "wrong-value",
                ),
                "positional arguments in another order": (
                    """
def kl_normal_normal(mu_q, mu_p, logvar_q, logvar_p):
    ratio = logvar_q - logvar_p
    return 0.5 * ((mu_q - mu_p) ** 2 / logvar_p.exp() + ratio.exp() - ratio - 1).sum(-1)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "05-montecarlo": {
            "right": {
                "one sample after another": """
def kl_monte_carlo(mu, logvar, n, generator):
    total = 0
    for _ in range(n):
        eps = torch.randn(mu.shape, generator=generator)
        z = mu + (logvar / 2).exp() * eps
        total = total + 0.5 * (z * z - eps * eps - logvar).sum(1)
    return total / n
""",
            },
            "wrong": {
                "the same noise for every example": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * torch.randn(n, 1, mu.shape[1], generator=generator)
    return (D.Normal(mu, sigma).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)
""",
                    "wrong-value",
                ),
                "always the same seed": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    generator.manual_seed(0)
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * torch.randn(n, *mu.shape, generator=generator)
    return (D.Normal(mu, sigma).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)
""",
                    "wrong-value",
                ),
                "the closed form": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
""",
                    "wrong-value",
                ),
                "divided by n minus one": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * torch.randn(n, *mu.shape, generator=generator)
    ratio = D.Normal(mu, sigma).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)
    return ratio.sum(-1).sum(0) / (n - 1)
""",
                    "not-finite",
                ),
                "k3": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * torch.randn(n, *mu.shape, generator=generator)
    ratio = D.Normal(mu, sigma).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)
    r = -ratio.sum(-1)
    return (r.exp() - 1 - r).mean(0)
""",
                    "wrong-value",
                ),
                "prior with sigma": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * torch.randn(n, *mu.shape, generator=generator)
    ratio = D.Normal(mu, sigma).log_prob(z) - D.Normal(0.0, sigma).log_prob(z)
    return ratio.sum(-1).mean(0)
""",
                    "wrong-value",
                ),
                "median": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * torch.randn(n, *mu.shape, generator=generator)
    ratio = D.Normal(mu, sigma).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)
    return ratio.sum(-1).median(0).values
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "05-taylor": {
            "right": {
                "hessian by autograd": """
def taylor_kl(mu, logvar):
    return F.mse_loss(mu, torch.zeros_like(mu), reduction='none').sum(1) / 2 + (logvar / 2).square().sum(1)
""",
            },
            "wrong": {
                "in sigma": (
                    """
def taylor_kl(mu, logvar):
    return (0.5 * mu**2 + (torch.exp(0.5 * logvar) - 1) ** 2).sum(-1)
""",
                    "wrong-value",
                ),
                "half of the half": (
                    """
def taylor_kl(mu, logvar):
    square_mu, square_logvar = (mu**2).sum(-1), (logvar**2).sum(-1)
    return 0.5 * square_mu + 0.125 * square_logvar
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "05-loss": {
            "right": {
                "bce of probabilities by hand": """
def negative_elbo(x, logits, mu, logvar):
    losses = []
    for b in range(len(x)):
        bce = torch.logaddexp(torch.zeros_like(logits[b]), logits[b]) - x[b] * logits[b]
        losses.append(bce.sum() + 0.5 * (mu[b] ** 2 + logvar[b].exp() - logvar[b] - 1).sum())
    return torch.stack(losses).mean()
""",
            },
            "wrong": {
                "kl divided by the pixels": (
                    """
def negative_elbo(x, logits, mu, logvar):
    cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
    kl = 0.5 * (mu**2 + torch.exp(logvar) - logvar - 1).sum(-1)
    return (cross_entropy + kl / x.shape[1]).mean()
""",
                    "wrong-value",
                ),
                "the target in front": (
                    """
def negative_elbo(x, logits, mu, logvar):
    cross_entropy = F.binary_cross_entropy_with_logits(x, logits, reduction='none').sum(-1)
    kl = 0.5 * (mu**2 + torch.exp(logvar) - logvar - 1).sum(-1)
    return (cross_entropy + kl).mean()
""",
                    "wrong-value",
                ),
                "kl divided by the batch twice": (
                    """
def negative_elbo(x, logits, mu, logvar):
    cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1).mean()
    kl = 0.5 * (mu**2 + torch.exp(logvar) - logvar - 1).sum(-1).mean() / len(x)
    return cross_entropy + kl
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "06-predict": {
            "right": {
                "list": """z_and_std = [7, 3]
""",
            },
            "wrong": {
                "sigma is log 3": (
                    """z_and_std = 1 + 2 * math.log(3), math.log(3)
""",
                    "wrong-value",
                ),
                "exchanged": (
                    """z_and_std = 3, 7
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "06-sample": {
            "right": {
                "an nn.Module": """
class Sample(nn.Module):
    def forward(self, mu, logvar, generator=None):
        eps = torch.empty(mu.shape).normal_(generator=generator)
        return torch.addcmul(mu, logvar.mul(0.5).exp(), eps)
reparameterize = Sample()
""",
                "drawn one by one": """
def reparameterize(mu, logvar, generator):
    rows = []
    for m, v in zip(mu, logvar):
        rows.append(torch.stack([a + (b / 2).exp() * torch.randn((), generator=generator) for a, b in zip(m, v)]))
    return torch.stack(rows)
""",
                "transposed noise": """
def reparameterize(mu, logvar, generator):
    eps = torch.randn(mu.shape[1], mu.shape[0], generator=generator).T
    return mu + torch.exp(0.5 * logvar) * eps
""",
            },
            "wrong": {
                "always the same seed": (
                    """
def reparameterize(mu, logvar, generator):
    generator.manual_seed(0)
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)
""",
                    "generator-ignored",
                ),
                "noise cut at two": (
                    """
def reparameterize(mu, logvar, generator):
    eps = torch.randn(mu.shape, generator=generator).clamp(-2, 2)
    return mu + torch.exp(0.5 * logvar) * eps
""",
                    "wrong-value",
                ),
                "noise times the log": (
                    """
def reparameterize(mu, logvar, generator):
    eps = torch.randn(mu.shape, generator=generator)
    return mu + torch.exp(0.5 * logvar * eps)
""",
                    "wrong-value",
                ),
                "eps squared": (
                    """
def reparameterize(mu, logvar, generator):
    eps = torch.randn(mu.shape, generator=generator)
    return mu + torch.exp(0.5 * logvar) * eps**2
""",
                    "wrong-value",
                ),
                "two eps averaged": (
                    """
def reparameterize(mu, logvar, generator):
    eps = torch.randn(mu.shape, generator=generator)
    eps = (eps + torch.randn(mu.shape, generator=generator)) / 2
    return mu + torch.exp(0.5 * logvar) * eps
""",
                    "wrong-value",
                ),
                "sigma plus one": (
                    """
def reparameterize(mu, logvar, generator):
    eps = torch.randn(mu.shape, generator=generator)
    return mu + (torch.exp(0.5 * logvar) + 1e-1) * eps
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "06-pathwise": {
            "right": {
                "autograd on a copy": """
def pathwise_gradient(mu, logvar, eps):
    with torch.enable_grad():
        m = mu.detach().clone().requires_grad_()
        z = m + torch.exp(0.5 * logvar.detach()) * eps
        (z**2).sum(1).mean().backward()
    return m.grad
""",
            },
            "wrong": {
                "over the latents": (
                    """
def pathwise_gradient(mu, logvar, eps):
    return (2 * (mu + torch.exp(0.5 * logvar) * eps)).mean(1)
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {},
        },
        "06-score": {
            "right": {
                "autograd of log_prob, once more": """
def score_gradient(mu, logvar, z, f):
    m = mu.detach().clone().requires_grad_(True)
    log_q = D.Normal(m, (logvar / 2).exp()).log_prob(z).sum(1)
    return torch.autograd.grad((f * log_q).mean(), m)[0]
""",
            },
            "wrong": {
                "divided by the rewards": (
                    """
def score_gradient(mu, logvar, z, f):
    score = (z - mu) / torch.exp(logvar)
    return (f[:, None] * score).sum(0) / f.sum()
""",
                    "wrong-value",
                ),
                "f without its axis": (
                    """
def score_gradient(mu, logvar, z, f):
    score = (z - mu) / torch.exp(logvar)
    return (f * score).mean(0)
""",
                    "raised",
                ),
            },
            "unlisted": {},
        },
        "06-codes": {
            "right": {
                "training times noise": """
def codes(mu, logvar, training=True, generator=None):
    noise = torch.exp(logvar / 2) * torch.randn(mu.size(), generator=generator)
    return mu + int(training) * noise
""",
            },
            "wrong": {
                "mean of many draws": (
                    """
def codes(mu, logvar, training, generator):
    sigma = torch.exp(0.5 * logvar)
    if training:
        return mu + sigma * torch.randn(mu.shape, generator=generator)
    return (mu + sigma * torch.randn(1000, *mu.shape, generator=generator)).mean(0)
""",
                    "samples-in-evaluation",
                ),
                "generator forgotten": (
                    """
def codes(mu, logvar, training, generator):
    if not training:
        return mu
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape)
""",
                    "wrong-value",
                ),
                "one noise for batch": (
                    """
def codes(mu, logvar, training, generator):
    if not training:
        return mu
    return mu + torch.exp(0.5 * logvar) * torch.randn(1, mu.shape[1], generator=generator)
""",
                    "wrong-value",
                ),
                "training without gradient": (
                    """
def codes(mu, logvar, training, generator):
    if not training:
        return mu
    mu, logvar = mu.detach(), logvar.detach()
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)
""",
                    "no-gradient",
                ),
                "is True": (
                    """
def codes(mu, logvar, training, generator):
    if training == 'False':
        return mu
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)
""",
                    "samples-in-evaluation",
                ),
            },
            "unlisted": {},
        },
        "06-single": {
            "right": {
                "independent normals": """
def single_sample_kl(mu, logvar, eps):
    q = D.Independent(D.Normal(mu, logvar.div(2).exp()), 1)
    p = D.Independent(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    z = q.base_dist.loc + q.base_dist.scale * eps
    return q.log_prob(z) - p.log_prob(z)
""",
            },
            "wrong": {
                "in bits": (
                    """
def single_sample_kl(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1) / math.log(2)
""",
                    "constant-factor",
                ),
                "sum over everything": (
                    """
def single_sample_kl(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum()
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {},
        },
        "07-predict": {
            "right": {
                "computed": """p = torch.tensor([0.5, 1.0])
bce_floors = F.binary_cross_entropy(p, p, reduction='none')
""",
            },
            "wrong": {
                "the pixel as its logit": (
                    """bce_floors = (0.7241, 0.3133)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "07-loglik": {
            "right": {
                "Bernoulli of torch": """
def bernoulli_log_likelihood(x, logits):
    return D.Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1, keepdim=True)[:, 0]
""",
                "logaddexp in double": """
def bernoulli_log_likelihood(x, logits):
    l = logits.double()
    return (x * l - torch.logaddexp(l, torch.zeros_like(l))).sum(1).to(x.dtype)
""",
            },
            "wrong": {
                "the target in front": (
                    """
def bernoulli_log_likelihood(x, logits):
    return -F.binary_cross_entropy_with_logits(x, logits, reduction='none').sum(-1)
""",
                    "wrong-value",
                ),
                "paper is minus the log of ink": (
                    """
def bernoulli_log_likelihood(x, logits):
    log_ink = F.logsigmoid(logits)
    return (x * log_ink + (1 - x) * -log_ink).sum(-1)
""",
                    "wrong-value",
                ),
                "one minus the log": (
                    """
def bernoulli_log_likelihood(x, logits):
    log_ink = F.logsigmoid(logits)
    return (x * log_ink + (1 - x) * (1 - log_ink)).sum(-1)
""",
                    "wrong-value",
                ),
                "clamped log": (
                    """
def bernoulli_log_likelihood(x, logits):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)
""",
                    "underflow",
                ),
            },
            "unlisted": {},
        },
        "07-elbo": {
            "right": {
                "defaults and a loop": """
def elbo(x, logits, mu, logvar, beta=1.0):
    out = torch.zeros(len(x))
    rows = []
    for i in range(len(out)):
        rows.append((x[i] * F.logsigmoid(logits[i]) + (1 - x[i]) * F.logsigmoid(-logits[i])).sum()
            + beta * 0.5 * (1 + logvar[i] - mu[i].pow(2) - logvar[i].exp()).sum())
    return torch.stack(rows)
""",
            },
            "wrong": {
                "cross-entropy not negated": (
                    """
def elbo(x, logits, mu, logvar):
    cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return cross_entropy - kl
""",
                    "wrong-value",
                ),
                "the target in front": (
                    """
def elbo(x, logits, mu, logvar):
    cross_entropy = F.binary_cross_entropy_with_logits(x, logits, reduction='none').sum(-1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -cross_entropy - kl
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "07-train": {
            "right": {
                "methods of an object": """
class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.Tanh())
        self.m, self.v = nn.Linear(64, 2), nn.Linear(64, 2)
        self.out = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    def encode(self, x):
        h = self.body(x)
        return self.m(h), self.v(h)
    def decode(self, z):
        return self.out(z)
def train(images, epochs, seed):
    torch.manual_seed(seed)
    vae = VAE()
    opt = torch.optim.Adam(vae.parameters(), lr=3e-3)
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images), batch_size=64, shuffle=True)
    vae.train()
    for _ in range(epochs):
        for (x,) in data:
            opt.zero_grad(set_to_none=True)
            mu, logvar = vae.encode(x)
            z = mu + (logvar / 2).exp() * torch.randn_like(mu)
            loss = F.binary_cross_entropy_with_logits(vae.decode(z), x, reduction='sum')
            loss = loss - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()
            (loss / len(x)).backward()
            opt.step()
    vae.eval()
    return vae.encode, vae.decode
""",
            },
            "wrong": {
                "only the decoder learns": (
                    """
def train(images, epochs, seed):
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.003)
    def encode(x):
        return encoder(x).chunk(2, dim=-1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=g).split(64):
            x = images[rows]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            logits = decoder(z)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
            loss = (recon + kl).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encode, decoder
""",
                    "untrained",
                ),
                "logvar and mu exchanged at the end": (
                    """
def train(images, epochs, seed):
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.003)
    def encode(x):
        return encoder(x).chunk(2, dim=-1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=g).split(64):
            x = images[rows]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            logits = decoder(z)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
            loss = (recon + kl).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return lambda x: encode(x)[::-1], decoder
""",
                    "wrong-value",
                ),
                "mean over everything": (
                    """
def train(images, epochs, seed):
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.003)
    def encode(x):
        return encoder(x).chunk(2, dim=-1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=g).split(64):
            x = images[rows]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            logits = decoder(z)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
            loss = F.binary_cross_entropy_with_logits(logits, x) + kl.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encode, decoder
""",
                    "collapsed",
                ),
                "two lists": (
                    """
def train(images, epochs, seed):
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.003)
    def encode(x):
        return encoder(x).chunk(2, dim=-1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=g).split(64):
            x = images[rows]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            logits = decoder(z)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
            loss = (recon + kl).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return [encode(images), decoder(encode(images)[0])]
""",
                    "wrong-type",
                ),
                "the seed not used": (
                    """
def train(images, epochs, seed):
    g = torch.Generator()
    g.seed()
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.003)
    def encode(x):
        return encoder(x).chunk(2, dim=-1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=g).split(64):
            x = images[rows]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            logits = decoder(z)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
            loss = (recon + kl).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encode, decoder
""",
                    "seed-ignored",
                ),
                "encode samples": (
                    """
def train(images, epochs, seed):
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.003)
    def encode(x):
        return encoder(x).chunk(2, dim=-1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=g).split(64):
            x = images[rows]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            logits = decoder(z)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
            loss = (recon + kl).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return lambda x: (encode(x)[0] + (encode(x)[1]/2).exp() * torch.randn(len(x), 2), encode(x)[1]), decoder
""",
                    "wrong-value",
                ),
                "one function returned": (
                    """
def train(images, epochs, seed):
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.003)
    def encode(x):
        return encoder(x).chunk(2, dim=-1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=g).split(64):
            x = images[rows]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            logits = decoder(z)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
            loss = (recon + kl).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return lambda x: decoder(encode(x)[0])
""",
                    "wrong-type",
                ),
                "rows reused": (
                    """
def train(images, epochs, seed):
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.003)
    def encode(x):
        return encoder(x).chunk(2, dim=-1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=g).split(64):
            x = images[:64]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            logits = decoder(z)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
            loss = (recon + kl).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encode, decoder
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "07-generate": {
            "right": {
                "one by one, once more": """
def generate(n, encode, decode, images, latent, generator):
    with torch.no_grad():
        out = [decode(torch.randn(1, latent, generator=generator)).sigmoid() for _ in range(n)]
    return torch.cat(out, 0)
""",
                "Bernoulli mean, once more": """
def generate(n, encode, decode, images, latent, generator):
    z = torch.empty(n, latent).normal_(0.0, 1.0, generator=generator)
    return D.Bernoulli(logits=decode(z)).mean
""",
            },
            "wrong": {
                "the mean code": (
                    """
def generate(n, encode, decode, images, latent, generator):
    return torch.sigmoid(decode(torch.zeros(n, latent)))
""",
                    "one-code-for-all",
                ),
                "reconstructions": (
                    """
def generate(n, encode, decode, images, latent, generator):
    mu, logvar = encode(images[:n])
    return torch.sigmoid(decode(mu))
""",
                    "encodes-real-images",
                ),
                "moments of the codes": (
                    """
def generate(n, encode, decode, images, latent, generator):
    mu, logvar = encode(images)
    z = mu.mean(0) + mu.std(0) * torch.randn(n, latent, generator=generator)
    return torch.sigmoid(decode(z))
""",
                    "encodes-real-images",
                ),
                "one noise for both coordinates": (
                    """
def generate(n, encode, decode, images, latent, generator):
    return torch.sigmoid(decode(torch.randn(n, 1, generator=generator).expand(n, latent)))
""",
                    "wrong-value",
                ),
                "interpolated images": (
                    """
def generate(n, encode, decode, images, latent, generator):
    a = torch.randint(len(images), (n,), generator=generator)
    b = torch.randint(len(images), (n,), generator=generator)
    return (images[a] + images[b]) / 2
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "07-grid": {
            "right": {
                "loops, scipy": """
from scipy.stats import norm
def latent_grid(k):
    q = [float(norm.ppf((i + 0.5) / k)) for i in range(k)]
    return torch.tensor([[a, b] for a in q for b in q])
""",
                "float64, meshgrid": """
def latent_grid(k):
    q = torch.special.ndtri((torch.arange(k, dtype=torch.float64) + 0.5) / k)
    return torch.stack(torch.meshgrid(q, q, indexing='ij'), -1).reshape(-1, 2)
""",
            },
            "wrong": {
                "combinations": (
                    """
def latent_grid(k):
    places = torch.special.ndtri((torch.arange(k) + 0.5) / k)
    return torch.combinations(places, 2, with_replacement=True)
""",
                    "wrong-shape",
                ),
                "a grid of k by k": (
                    """
def latent_grid(k):
    places = torch.special.ndtri((torch.arange(k) + 0.5) / k)
    return torch.stack(torch.meshgrid(places, places, indexing='ij'), -1)
""",
                    "wrong-shape",
                ),
                "ndtr": (
                    """
def latent_grid(k):
    places = torch.special.ndtr((torch.arange(k) + 0.5) / k)
    return torch.cartesian_prod(places, places)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "08-predict": {
            "right": {
                "numpy": """x = np.array([0.0, 1.0])
blur = x.mean(), x.var()
""",
            },
            "wrong": {
                "half of the mean square": (
                    """blur = (0.5, 0.125)
""",
                    "wrong-value",
                ),
                "one number": (
                    """blur = 0.5
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {},
        },
        "08-gaussian": {
            "right": {
                "distributions, double": """
def gaussian_log_likelihood(x, mean, variance=1.0):
    p = D.Normal(mean.double(), math.sqrt(variance))
    return p.log_prob(x.double()).sum(1, keepdim=True).squeeze(1).float()
""",
                "mse and gaussian nll": """
def gaussian_log_likelihood(x, mean, variance):
    v = torch.full_like(x, float(variance))
    return -F.gaussian_nll_loss(mean, x, v, full=True, reduction='none', eps=1e-12).sum(-1)
""",
            },
            "wrong": {
                "times the variance": (
                    """
def gaussian_log_likelihood(x, mean, variance):
    squared_error = (x - mean) ** 2
    return -0.5 * (squared_error * variance + math.log(2 * math.pi * variance)).sum(-1)
""",
                    "wrong-value",
                ),
                "torch.log of a float": (
                    """
def gaussian_log_likelihood(x, mean, variance):
    return -0.5 * ((x - mean) ** 2 / variance + torch.log(2 * math.pi * variance)).sum(-1)
""",
                    "raised",
                ),
                "summed over the batch": (
                    """
def gaussian_log_likelihood(x, mean, variance):
    return -0.5 * ((x - mean) ** 2 / variance + math.log(2 * math.pi * variance)).sum(0)
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {},
        },
        "08-kldim": {
            "right": {
                "running mean": """
def kl_per_dimension(mu, logvar):
    total = torch.zeros(mu.shape[1])
    for m, v in zip(mu, logvar):
        total = total + D.kl_divergence(D.Normal(m, (v / 2).exp()), D.Normal(0.0, 1.0))
    return total / len(mu)
""",
            },
            "wrong": {
                "divided by the number of axes": (
                    """
def kl_per_dimension(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(0) / mu.shape[1]
""",
                    "wrong-value",
                ),
                "one minus sign": (
                    """
def kl_per_dimension(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 + logvar).mean(0)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "08-conditional": {
            "right": {
                "one-hot and double": """
def conditional_kl(mu, logvar, labels, prior_mu):
    own = F.one_hot(labels.long(), prior_mu.shape[0]).to(prior_mu.dtype) @ prior_mu
    q, p = D.Normal(mu, (logvar / 2).exp()), D.Normal(own, torch.ones_like(own))
    return D.kl_divergence(q, p).sum(1)
""",
                "index_select, loop": """
def conditional_kl(mu, logvar, labels, prior_mu):
    rows = zip(mu, logvar, labels)
    return torch.stack([0.5 * ((m - prior_mu[int(c)]).square() + v.exp() - v - 1).sum() for m, v, c in rows])
""",
            },
            "wrong": {
                "the first label for all": (
                    """
def conditional_kl(mu, logvar, labels, prior_mu):
    away = mu - prior_mu[labels[0]]
    return 0.5 * (away**2 + logvar.exp() - 1 - logvar).sum(-1)
""",
                    "wrong-value",
                ),
                "the rows in order": (
                    """
def conditional_kl(mu, logvar, labels, prior_mu):
    away = mu - prior_mu
    return 0.5 * (away**2 + logvar.exp() - 1 - logvar).sum(-1)
""",
                    "raised",
                ),
                "kl minus half the prior's square": (
                    """
def conditional_kl(mu, logvar, labels, prior_mu):
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return kl - 0.5 * (prior_mu[labels]**2).sum(-1)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "08-hiddenbeta": {
            "right": {
                "powers, once more": """
effective_beta = lambda p, l, recon_mean, kl_mean, weight: weight * p ** int(recon_mean) * l ** -int(kl_mean)
""",
                "a tensor": """
def effective_beta(pixels, latents, recon_mean, kl_mean, kl_weight):
    return torch.tensor(kl_weight * (pixels if recon_mean else 1.0) / (latents if kl_mean else 1.0))
""",
                "numpy float": """
def effective_beta(pixels, latents, recon_mean, kl_mean, kl_weight):
    return np.float64(kl_weight) * np.where(recon_mean, pixels, 1) / np.where(kl_mean, latents, 1)
""",
            },
            "wrong": {
                "two means cancel": (
                    """
def effective_beta(pixels, latents, recon_mean, kl_mean, kl_weight):
    if recon_mean and kl_mean:
        return kl_weight
    if recon_mean:
        return kl_weight * pixels
    if kl_mean:
        return kl_weight / latents
    return kl_weight
""",
                    "wrong-value",
                ),
                "is it a string": (
                    """
def effective_beta(pixels, latents, recon_mean, kl_mean, kl_weight):
    beta = kl_weight * (pixels if recon_mean else 1) / (latents if kl_mean else 1)
    return f"{beta:.3f}"
""",
                    "wrong-type",
                ),
            },
            "unlisted": {},
        },
        "08-beta": {
            "right": {
                "list and torch.sub": """
def report(recon, kl, beta):
    return [torch.sub(recon, kl, alpha=beta), torch.sub(recon, kl)]
""",
            },
            "wrong": {
                "one stack": (
                    """
def report(recon, kl, beta):
    return torch.stack([recon - beta * kl, recon - kl])
""",
                    "wrong-type",
                ),
                "means, once more": (
                    """
def report(recon, kl, beta):
    return (recon - beta * kl).mean(), (recon - kl).mean()
""",
                    "wrong-shape",
                ),
                "beta minus one": (
                    """
def report(recon, kl, beta):
    objective = recon - beta * kl
    return objective, objective + (1 - beta) * kl
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "09-predict": {
            "right": {
                "computed, once more": """balance = [1 / 2, -2 * np.log(0.5), np.mean([0, 1])]
""",
            },
            "wrong": {
                "log to the base ten": (
                    """balance = (0.5, 0.602, 0.5)
""",
                    "wrong-value",
                ),
                "squared": (
                    """balance = (0.5, 0.25, 0.5)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "09-optimal": {
            "right": {
                "softmax of a stack": """
def optimal_discriminator(log_p, log_q):
    return torch.stack([log_p, log_q]).softmax(dim=0)[0]
""",
                "in double": """
optimal_discriminator = lambda log_p, log_q: torch.special.expit(log_p.double() - log_q.double()).to(log_p.dtype)
""",
            },
            "wrong": {
                "sigmoid of a ratio of logs": (
                    """
def optimal_discriminator(log_p, log_q):
    return torch.sigmoid(log_p / log_q)
""",
                    "wrong-value",
                ),
                "exp of the difference": (
                    """
def optimal_discriminator(log_p, log_q):
    return 1 - torch.exp(log_q - log_p)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "09-generator": {
            "right": {
                "an nn loss object": """
class Loss(nn.Module):
    def __init__(self):
        super().__init__()
        self.bce = nn.BCEWithLogitsLoss()
    def forward(self, fake_logits):
        return self.bce(fake_logits, torch.ones_like(fake_logits))
generator_loss = Loss()
""",
            },
            "wrong": {
                "a little something in the log": (
                    """
def generator_loss(fake_logits):
    return -torch.log(torch.sigmoid(fake_logits) + 1e-8).mean()
""",
                    "underflow",
                ),
                "one per fake": (
                    """
def generator_loss(fake_logits):
    return -F.logsigmoid(fake_logits)
""",
                    "wrong-shape",
                ),
                "with softplus of the wrong sign": (
                    """
def generator_loss(fake_logits):
    return F.softplus(fake_logits).mean()
""",
                    "discriminators-loss",
                ),
            },
            "unlisted": {},
        },
        "09-critic": {
            "right": {
                "loop": """
def critic_loss(real_scores, fake_scores):
    total = 0.0
    for r, f in zip(real_scores, fake_scores):
        total = total - r + f
    return total / len(real_scores)
""",
            },
            "wrong": {
                "least squares": (
                    """
def critic_loss(real_scores, fake_scores):
    return ((real_scores - 1) ** 2).mean() + (fake_scores**2).mean()
""",
                    "wrong-value",
                ),
                "mean of all scores": (
                    """
def critic_loss(real_scores, fake_scores):
    return torch.cat([fake_scores, -real_scores]).mean()
""",
                    "constant-factor",
                ),
            },
            "unlisted": {},
        },
        "09-penalty": {
            "right": {
                "plain": """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                "per example, with vmap-free loop": """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), generator=generator)
    total = 0.0
    for e, x, y in zip(eps, real, fake):
        t = torch.lerp(y, x, e).detach()[None].requires_grad_()
        g, = torch.autograd.grad(critic(t).squeeze(), t, create_graph=True)
        total = total + (torch.sqrt(g.square().sum() + 1e-12) - 1) ** 2
    return total / len(real)
""",
            },
            "wrong": {
                "eps from -1 to 1": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    eps = 2 * eps - 1
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                    "wrong-value",
                ),
                "gradient of the mean": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores.mean(), between, create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                    "wrong-value",
                ),
                "sum": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).sum()
""",
                    "wrong-value",
                ),
                "sum of absolute values": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    norm = grad.flatten(1).abs().sum(1)
    return ((norm - 1) ** 2).mean()
""",
                    "wrong-value",
                ),
                "rand_like": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1))
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                    "wrong-value",
                ),
                "retain_graph, once more": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), retain_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                    "no-create-graph",
                ),
                "scores not summed": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                    "raised",
                ),
                "eps squared": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    eps = eps**2
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                    "wrong-value",
                ),
                "mean inside the norm": (
                    """
def gradient_penalty(critic, real, fake, generator):
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).mean(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                    "wrong-value",
                ),
                "eps fixed seed": (
                    """
def gradient_penalty(critic, real, fake, generator):
    generator.manual_seed(3)
    eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)
    between = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    scores = critic(between)
    grad = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    norm = (grad.flatten(1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norm - 1) ** 2).mean()
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "09-clip": {
            "right": {
                "in place on data": """
def clipped_step(critic, optimizer, loss, c=0.01):
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    for p in critic.parameters():
        p.data = torch.minimum(torch.maximum(p.data, torch.tensor(-c)), torch.tensor(c))
""",
                "hardtanh and copy_": """
@torch.no_grad()
def clip(critic, c):
    for p in critic.parameters():
        p.copy_(F.hardtanh(p, -c, c))
def clipped_step(critic, optimizer, loss, c):
    optimizer.zero_grad(); loss.backward(); optimizer.step(); clip(critic, c)
    return None
""",
            },
            "wrong": {
                "norm of the gradient": (
                    """
def clipped_step(critic, optimizer, loss, c):
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(critic.parameters(), c)
    optimizer.step()
""",
                    "clips-gradients",
                ),
                "clamped copies": (
                    """
def clipped_step(critic, optimizer, loss, c):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for weight in critic.parameters():
        weight = weight.clamp(-c, c)
""",
                    "never-clips",
                ),
                "no no_grad": (
                    """
def clipped_step(critic, optimizer, loss, c):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for weight in critic.parameters():
        weight.clamp_(-c, c)
""",
                    "raised",
                ),
                "weights only": (
                    """
def clipped_step(critic, optimizer, loss, c):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for m in critic.modules():
        if isinstance(m, nn.Linear):
            m.weight.data.clamp_(-c, c)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "10-predict": {
            "right": {
                "list of numpy": """mean_and_variance = [np.sqrt(0.16) * 2, 1 - 0.16]
""",
            },
            "wrong": {
                "one minus the root": (
                    """mean_and_variance = (0.8, 0.6)
""",
                    "wrong-value",
                ),
                "the last beta": (
                    """mean_and_variance = (0.8, 0.36 * 0.75)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "10-diffuse": {
            "right": {
                "step by step products": """
def diffuse(x0, t, betas, eps):
    out = []
    for x, k, e in zip(x0, t.tolist(), eps):
        a = torch.prod(1 - betas[:k])
        out.append(a.sqrt() * x + (1 - a).sqrt() * e)
    return torch.stack(out)
""",
                "logs and gather": """
def diffuse(x0, t, betas, eps):
    log_bar = torch.log1p(-betas.double()).cumsum(0).gather(0, t.long() - 1)
    return ((log_bar / 2).exp() * x0 + (-torch.expm1(log_bar)).sqrt() * eps).to(x0.dtype)
""",
            },
            "wrong": {
                "rooted twice": (
                    """
def diffuse(x0, t, betas, eps):
    a = torch.cumprod(torch.sqrt(1 - betas), 0)[t - 1]
    return torch.sqrt(a) * x0 + torch.sqrt(1 - a) * eps
""",
                    "wrong-value",
                ),
                "no dim": (
                    """
def diffuse(x0, t, betas, eps):
    a = torch.cumprod(1 - betas)[t - 1]
    return torch.sqrt(a) * x0 + torch.sqrt(1 - a) * eps
""",
                    "raised",
                ),
                "plus the mean of the noise": (
                    """
def diffuse(x0, t, betas, eps):
    a = torch.cumprod(1 - betas, 0)[t - 1]
    return torch.sqrt(a) * x0 + (1 - torch.sqrt(a)) * eps
""",
                    "wrong-value",
                ),
                "own noise, once more": (
                    """
def diffuse(x0, t, betas, eps):
    a = torch.cumprod(1 - betas, 0)[t - 1]
    return torch.sqrt(a) * x0 + torch.sqrt(1 - a) * torch.randn_like(x0)
""",
                    "random",
                ),
            },
            "unlisted": {},
        },
        "10-posterior": {
            "right": {
                "Bayes by precisions": """
def reverse_posterior(x0, xt, t, betas):
    alpha, beta = 1 - betas[t - 1], betas[t - 1]
    below = torch.prod(1 - betas[: t - 1])
    precision = alpha / beta + 1 / (1 - below)
    mean = (alpha.sqrt() / beta * xt + below.sqrt() / (1 - below) * x0) / precision
    return [mean, 1 / precision]
""",
            },
            "wrong": {
                "logarithm of the variance": (
                    """
def reverse_posterior(x0, xt, t, betas):
    bars = torch.cumprod(1 - betas, 0)
    now, below, beta, alpha = bars[t - 1], bars[t - 2], betas[t - 1], 1 - betas[t - 1]
    mean = (below.sqrt() * beta * x0 + alpha.sqrt() * (1 - below) * xt) / (1 - now)
    return mean, torch.log((1 - below) / (1 - now) * beta)
""",
                    "wrong-value",
                ),
                "variance for each example": (
                    """
def reverse_posterior(x0, xt, t, betas):
    bars = torch.cumprod(1 - betas, 0)
    now, below, beta, alpha = bars[t - 1], bars[t - 2], betas[t - 1], 1 - betas[t - 1]
    mean = (below.sqrt() * beta * x0 + alpha.sqrt() * (1 - below) * xt) / (1 - now)
    return mean, ((1 - below) / (1 - now) * beta).expand(len(x0))
""",
                    "wrong-shape",
                ),
                "bars not cumulative for the weight of x0": (
                    """
def reverse_posterior(x0, xt, t, betas):
    bars = torch.cumprod(1 - betas, 0)
    now, below, beta, alpha = bars[t - 1], bars[t - 2], betas[t - 1], 1 - betas[t - 1]
    mean = (now.sqrt() * beta * x0 + alpha.sqrt() * (1 - below) * xt) / (1 - now)
    return mean, (1 - below) / (1 - now) * beta
""",
                    "wrong-value",
                ),
                "mean and variance exchanged": (
                    """
def reverse_posterior(x0, xt, t, betas):
    bars = torch.cumprod(1 - betas, 0)
    now, below, beta, alpha = bars[t - 1], bars[t - 2], betas[t - 1], 1 - betas[t - 1]
    mean = (below.sqrt() * beta * x0 + alpha.sqrt() * (1 - below) * xt) / (1 - now)
    return (1 - below) / (1 - now) * beta, mean
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {},
        },
        "10-elbo": {
            "right": {
                "a loop that starts at the top": """
def diffusion_elbo(log_likelihood, kls, kl_prior):
    total = log_likelihood.clone()
    total -= kl_prior
    for row in kls:
        total = total - row
    return total
""",
                "cat": """
diffusion_elbo = lambda log_p, kls, top: torch.cat([log_p[None], -kls, -top[None]]).sum(0, keepdim=True)[0]
""",
            },
            "wrong": {
                "over the examples": (
                    """
def diffusion_elbo(log_likelihood, kls, kl_prior):
    return log_likelihood - kls.sum(1) - kl_prior
""",
                    "raised",
                ),
                "the number of levels": (
                    """
def diffusion_elbo(log_likelihood, kls, kl_prior):
    return (log_likelihood - kls.sum(0) - kl_prior) / (len(kls) + 1)
""",
                    "wrong-value",
                ),
                "python's sum over the wrong thing": (
                    """
def diffusion_elbo(log_likelihood, kls, kl_prior):
    return log_likelihood - (kls + kl_prior).sum(0)
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "10-sample": {
            "right": {
                "recursion, once more": """
def reverse_sample(mean, variances, x_T, generator):
    def down(x, t):
        if t == 0:
            return x
        x0 = mean(x, t)
        if t > 1:
            x0 = x0 + variances[t - 1] ** 0.5 * torch.randn(x.shape, generator=generator)
        return down(x0, t - 1)
    return down(x_T, len(variances))
""",
            },
            "wrong": {
                "the mean of the next step": (
                    """
def reverse_sample(mean, variances, x_T, generator):
    x = x_T
    for t in range(len(variances), 0, -1):
        noise = torch.randn(x.shape, generator=generator) if t > 1 else torch.zeros_like(x)
        x = mean(x, t - 1) + torch.sqrt(variances[t - 1]) * noise
    return x
""",
                    "wrong-value",
                ),
                "noise added to x, not to its mean": (
                    """
def reverse_sample(mean, variances, x_T, generator):
    x = x_T
    for t in range(len(variances), 0, -1):
        noise = torch.randn(x.shape, generator=generator) if t > 1 else torch.zeros_like(x)
        x = mean(x + torch.sqrt(variances[t - 1]) * noise, t)
    return x
""",
                    "wrong-value",
                ),
                "all levels returned": (
                    """
def reverse_sample(mean, variances, x_T, generator):
    xs = [x_T]
    for t in range(len(variances), 0, -1):
        noise = torch.randn(x_T.shape, generator=generator) if t > 1 else torch.zeros_like(x_T)
        xs.append(mean(xs[-1], t) + torch.sqrt(variances[t - 1]) * noise)
    return xs
""",
                    "not-a-tensor",
                ),
                "noise half": (
                    """
def reverse_sample(mean, variances, x_T, generator):
    x = x_T
    for t in range(len(variances), 0, -1):
        noise = torch.randn(x.shape, generator=generator)
        if t == 1:
            noise = torch.zeros_like(x)
        x = mean(x, t) + torch.sqrt(variances[t - 1]) * noise / 2
    return x
""",
                    "wrong-value",
                ),
                "range to 1": (
                    """
def reverse_sample(mean, variances, x_T, generator):
    x = x_T
    for t in range(len(variances) - 1, 0, -1):
        noise = torch.randn(x.shape, generator=generator)
        if t == 1:
            noise = torch.zeros_like(x)
        x = mean(x, t) + torch.sqrt(variances[t - 1]) * noise
    return x
""",
                    "wrong-value",
                ),
                "variances reversed": (
                    """
def reverse_sample(mean, variances, x_T, generator):
    x = x_T
    for t in range(len(variances), 0, -1):
        noise = torch.randn(x.shape, generator=generator)
        if t == 1:
            noise = torch.zeros_like(x)
        x = mean(x, t) + torch.sqrt(variances[-t]) * noise
    return x
""",
                    "wrong-value",
                ),
            },
            "unlisted": {},
        },
        "10-told": {
            "right": {
                "softmax of two normals": """
def told_apart(x, mean, logvar):
    both = torch.stack([D.Normal(float(mean), math.exp(logvar / 2)).log_prob(x), D.Normal(0.0, 1.0).log_prob(x)], -1)
    return F.softmax(both, -1)[..., 0]
""",
            },
            "wrong": {
                "both around the mean": (
                    """
def told_apart(x, mean, logvar):
    real = -0.5 * ((x - mean) ** 2 / math.exp(logvar) + logvar)
    fake = -0.5 * (x - mean) ** 2
    return torch.sigmoid(real - fake)
""",
                    "wrong-value",
                ),
                "torch.exp of a float": (
                    """
def told_apart(x, mean, logvar):
    real = -0.5 * ((x - mean) ** 2 / torch.exp(logvar) + logvar)
    return torch.sigmoid(real + 0.5 * x**2)
""",
                    "raised",
                ),
                "normal with a negative scale": (
                    """
def told_apart(x, mean, logvar):
    real = D.Normal(mean, logvar).log_prob(x)
    return torch.sigmoid(real - D.Normal(0.0, 1.0).log_prob(x))
""",
                    "logvar-as-std",
                ),
            },
            "unlisted": {},
        },
    },
)
