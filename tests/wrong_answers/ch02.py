"""Student answers to the exercises of chapter 2, as a student would type them.

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
        "02-unpaired": {
            "right": {
                "integers": "best_and_loss = (2, 8)\n",
                "tensor": "best_and_loss = torch.tensor([2.0, 8.0])\n",
                "computed": """
x = torch.tensor([0.0, 0.0, 6.0])
g = x.mean()
best_and_loss = (g, ((x - g) ** 2).mean())
""",
                "variance": """
x = torch.tensor([0.0, 0.0, 6.0])
best_and_loss = x.mean().item(), x.var(unbiased=False).item()
""",
                "grid": """
x = torch.tensor([0.0, 0.0, 6.0])
g = torch.linspace(0, 6, 601)
loss = ((x[:, None] - g) ** 2).mean(0)
best_and_loss = (g[loss.argmin()].item(), loss.min().item())
""",
            },
            "wrong": {
                "median": ("best_and_loss = (0, 12)\n", "median"),
                "median, computed": (
                    """
x = torch.tensor([0.0, 0.0, 6.0])
g = x.median()
best_and_loss = (g.item(), ((x - g) ** 2).mean().item())
""",
                    "median",
                ),
                "sum": ("best_and_loss = (2.0, 24.0)\n", "sum-not-mean"),
                "none left": ("best_and_loss = (2, 0)\n", "no-loss-left"),
                "root": ("best_and_loss = (2, 8 ** 0.5)\n", "std-for-variance"),
                "root, rounded": ("best_and_loss = (2.0, 2.8284)\n", "std-for-variance"),
                "dots": ("best_and_loss = ...\n", "not-attempted"),
                "renamed": ("best_loss = (2, 8)\n", "no-such-name"),
                "loss only": ("best_and_loss = 8\n", "wrong-shape"),
                "dictionary": ("best_and_loss = {'g': 2, 'loss': 8}\n", "wrong-type"),
            },
            "unlisted": {
                "unbiased variance": "best_and_loss = (2, 12)\n",
                "order": "best_and_loss = (8, 2)\n",
                "middle of the range": "best_and_loss = (3, 9)\n",
                "mean deviation": "best_and_loss = (2, 8 / 3)\n",
            },
        },
        "02-w1": {
            "right": {
                "sort": """
def wasserstein_1d(a, b):
    return (torch.sort(a).values - torch.sort(b).values).abs().mean()
""",
                "distribution functions": """
def wasserstein_1d(a, b):
    everything = torch.cat([a, b]).sort().values
    left = everything[:-1]
    F_a = (a[None, :] <= left[:, None]).float().mean(1)
    F_b = (b[None, :] <= left[:, None]).float().mean(1)
    return ((F_a - F_b).abs() * everything.diff()).sum()
""",
                "argsort in a loop": """
def wasserstein_1d(a, b):
    i, j = a.argsort(), b.argsort()
    total = 0.0
    for k in range(len(a)):
        total = total + torch.abs(a[i[k]] - b[j[k]])
    return total / len(a)
""",
                "topk": """
def wasserstein_1d(a, b):
    n = a.numel()
    return F.l1_loss(a.topk(n).values, b.topk(n).values)
""",
                "assignment": """
from scipy.optimize import linear_sum_assignment
def wasserstein_1d(a, b):
    cost = torch.cdist(a[:, None], b[:, None], p=1)
    i, j = linear_sum_assignment(cost.detach().numpy())
    return cost[torch.as_tensor(i), torch.as_tensor(j)].mean()
""",
            },
            "wrong": {
                "not sorted": (
                    """
def wasserstein_1d(a, b):
    return (a - b).abs().mean()
""",
                    "paired-by-order",
                ),
                "l1_loss": (
                    """
def wasserstein_1d(a, b):
    return F.l1_loss(a, b)
""",
                    "paired-by-order",
                ),
                "means": (
                    """
def wasserstein_1d(a, b):
    return torch.abs(a.mean() - b.mean())
""",
                    "difference-of-means",
                ),
                "abs at the end": (
                    """
def wasserstein_1d(a, b):
    return (a.sort()[0] - b.sort()[0]).mean().abs()
""",
                    "difference-of-means",
                ),
                "mse": (
                    """
def wasserstein_1d(a, b):
    return F.mse_loss(a.sort().values, b.sort().values)
""",
                    "squared",
                ),
                "squares": (
                    """
def wasserstein_1d(a, b):
    a, _ = torch.sort(a)
    b, _ = torch.sort(b)
    return torch.mean((a - b) ** 2)
""",
                    "squared",
                ),
                "W2": (
                    """
def wasserstein_1d(a, b):
    return ((a.sort().values - b.sort().values) ** 2).mean().sqrt()
""",
                    "root-of-squares",
                ),
                "norm over root N": (
                    """
def wasserstein_1d(a, b):
    return torch.linalg.norm(a.sort().values - b.sort().values) / math.sqrt(len(a))
""",
                    "root-of-squares",
                ),
                "sum": (
                    """
def wasserstein_1d(a, b):
    return (a.sort().values - b.sort().values).abs().sum()
""",
                    "sum-not-mean",
                ),
                "norm 1": (
                    """
def wasserstein_1d(a, b):
    return torch.norm(a.sort().values - b.sort().values, p=1)
""",
                    "sum-not-mean",
                ),
                "no abs": (
                    """
def wasserstein_1d(a, b):
    return (torch.sort(a).values - torch.sort(b).values).mean()
""",
                    "signed",
                ),
                "stub": (
                    """
def wasserstein_1d(a, b):
    # YOUR CODE HERE
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "sort returns two things": (
                    """
def wasserstein_1d(a, b):
    return (a.sort() - b.sort()).abs().mean()
""",
                    "raised",
                ),
                "sorted into a": (
                    """
def wasserstein_1d(a, b):
    a[:] = a.sort().values
    b[:] = b.sort().values
    return (a - b).abs().mean()
""",
                    "mutates-input",
                ),
                "item": (
                    """
def wasserstein_1d(a, b):
    return (a.sort().values - b.sort().values).abs().mean().item()
""",
                    "not-a-tensor",
                ),
                "scipy": (
                    """
from scipy.stats import wasserstein_distance
def wasserstein_1d(a, b):
    return wasserstein_distance(a.detach().numpy(), b.detach().numpy())
""",
                    "not-a-tensor",
                ),
                "through numpy": (
                    """
import numpy as np
def wasserstein_1d(a, b):
    a, b = np.sort(a.detach().numpy()), np.sort(b.detach().numpy())
    return torch.tensor(np.abs(a - b).mean())
""",
                    "no-gradient",
                ),
                "keepdim": (
                    """
def wasserstein_1d(a, b):
    return (a.sort().values - b.sort().values).abs().mean(0, keepdim=True)
""",
                    "wrong-shape",
                ),
                "no mean": (
                    """
def wasserstein_1d(a, b):
    return (a.sort().values - b.sort().values).abs()
""",
                    "wrong-shape",
                ),
                "renamed": (
                    """
def wasserstein1d(a, b):
    return (a.sort().values - b.sort().values).abs().mean()
""",
                    "no-such-name",
                ),
                "print": (
                    """
def wasserstein_1d(a, b):
    print((a.sort().values - b.sort().values).abs().mean())
""",
                    "returned-none",
                ),
            },
            "unlisted": {
                "one descending": """
def wasserstein_1d(a, b):
    return (a.sort().values - b.sort(descending=True).values).abs().mean()
""",
                "only a sorted": """
def wasserstein_1d(a, b):
    return (a.sort().values - b).abs().mean()
""",
                "largest distance": """
def wasserstein_1d(a, b):
    return (a.sort().values - b.sort().values).abs().max()
""",
                "all pairs": """
def wasserstein_1d(a, b):
    return (a[:, None] - b[None, :]).abs().mean()
""",
                "nearest": """
def wasserstein_1d(a, b):
    return (a[:, None] - b[None, :]).abs().min(1).values.mean()
""",
            },
        },
        "02-histogram": {
            "right": {
                "histogram": """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist
    q = torch.histogram(b, edges).hist
    p, q = p / p.sum(), q / q.sum()
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()
""",
                "loop": """
def histogram_kl(a, b, edges):
    kl = torch.tensor(0.0)
    for lo, hi in zip(edges[:-1], edges[1:]):
        p = ((a >= lo) & (a < hi)).float().mean()
        q = ((b >= lo) & (b < hi)).float().mean()
        if p > 0:
            kl = kl + p * torch.log(p / q)
    return kl
""",
                "bucketize": """
def histogram_kl(a, b, edges):
    bins = len(edges) - 1
    p = torch.bincount(torch.bucketize(a, edges, right=True) - 1, minlength=bins) / len(a)
    q = torch.bincount(torch.bucketize(b, edges, right=True) - 1, minlength=bins) / len(b)
    terms = torch.where(p > 0, p * (p.log() - q.log()), torch.zeros_like(p))
    return terms.sum()
""",
                "distributions": """
def histogram_kl(a, b, edges):
    p = D.Categorical(torch.histogram(a, edges)[0])
    q = D.Categorical(torch.histogram(b, edges)[0])
    return D.kl_divergence(p, q)
""",
                "numpy counts": """
import numpy as np
def histogram_kl(a, b, edges):
    p, _ = np.histogram(a.numpy(), bins=edges.numpy())
    q, _ = np.histogram(b.numpy(), bins=edges.numpy())
    p, q = torch.tensor(p / p.sum()), torch.tensor(q / q.sum())
    seen = p > 0
    return (p[seen] * torch.log(p[seen] / q[seen])).sum().float()
""",
            },
            "wrong": {
                "b first": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return (torch.xlogy(q, q) - torch.xlogy(q, p)).sum()
""",
                    "swapped-arguments",
                ),
                "kl_div turned round": (
                    """
def histogram_kl(a, b, edges):
    p = D.Categorical(torch.histogram(a, edges).hist)
    q = D.Categorical(torch.histogram(b, edges).hist)
    return D.kl_divergence(q, p)
""",
                    "swapped-arguments",
                ),
                "counts": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist
    q = torch.histogram(b, edges).hist
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()
""",
                    "counts-not-normalised",
                ),
                "counts in a loop": (
                    """
def histogram_kl(a, b, edges):
    kl = torch.tensor(0.0)
    for i in range(len(edges) - 1):
        p = ((a >= edges[i]) & (a < edges[i + 1])).float().sum()
        q = ((b >= edges[i]) & (b < edges[i + 1])).float().sum()
        if p > 0:
            kl += p * torch.log(p / q)
    return kl
""",
                    "counts-not-normalised",
                ),
                "plain formula": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return (p * torch.log(p / q)).sum()
""",
                    "zero-times-log-zero",
                ),
                "difference of logs": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return torch.sum(p * (p.log() - q.log()))
""",
                    "zero-times-log-zero",
                ),
                "log2": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return sum(pi * torch.log2(pi / qi) for pi, qi in zip(p, q) if pi > 0)
""",
                    "in-bits",
                ),
                "epsilon": (
                    """
def histogram_kl(a, b, edges):
    eps = 1e-8
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return (p * torch.log((p + eps) / (q + eps))).sum()
""",
                    "finite-by-smoothing",
                ),
                "one more in each bin": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist + 1
    q = torch.histogram(b, edges).hist + 1
    p, q = p / p.sum(), q / q.sum()
    return (p * torch.log(p / q)).sum()
""",
                    "finite-by-smoothing",
                ),
                "bins that both fill": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    both = (p > 0) & (q > 0)
    return (p[both] * torch.log(p[both] / q[both])).sum()
""",
                    "finite-by-smoothing",
                ),
                "nan_to_num": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return torch.nan_to_num(p * torch.log(p / q), nan=0.0, posinf=0.0).sum()
""",
                    "finite-by-smoothing",
                ),
                "stub": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    ...
""",
                    "not-attempted",
                ),
                "terms": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return torch.xlogy(p, p) - torch.xlogy(p, q)
""",
                    "wrong-shape",
                ),
                "float": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return float((torch.xlogy(p, p) - torch.xlogy(p, q)).sum())
""",
                    "not-a-tensor",
                ),
                "unpacked wrongly": (
                    """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges) / len(a)
    q = torch.histogram(b, edges) / len(b)
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()
""",
                    "raised",
                ),
                "exit when infinite": (
                    """
import sys
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    if ((p > 0) & (q == 0)).any():
        print("infinite!")
        sys.exit(1)
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()
""",
                    "exits",
                ),
            },
            "unlisted": {
                "both directions": """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return 0.5 * (torch.xlogy(p, p) - torch.xlogy(p, q) + torch.xlogy(q, q) - torch.xlogy(q, p)).sum()
""",
                "densities, widths forgotten": """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges, density=True).hist
    q = torch.histogram(b, edges, density=True).hist
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()
""",
                "mean over the bins": """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).mean()
""",
                "cross-entropy": """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return -torch.xlogy(p, q).sum()
""",
                "sign": """
def histogram_kl(a, b, edges):
    p = torch.histogram(a, edges).hist / len(a)
    q = torch.histogram(b, edges).hist / len(b)
    return (torch.xlogy(p, q) - torch.xlogy(p, p)).sum()
""",
            },
        },
        "02-js": {
            "right": {
                "xlogy": """
def js_divergence(p, q):
    m = (p + q) / 2
    return 0.5 * (torch.xlogy(p, p) - torch.xlogy(p, m) + torch.xlogy(q, q) - torch.xlogy(q, m)).sum()
""",
                "entropies": """
def js_divergence(p, q):
    H = lambda r: torch.special.entr(r).sum()
    return H((p + q) / 2) - (H(p) + H(q)) / 2
""",
                "distributions": """
def js_divergence(p, q):
    m = D.Categorical(0.5 * (p + q))
    return 0.5 * D.kl_divergence(D.Categorical(p), m) + 0.5 * D.kl_divergence(D.Categorical(q), m)
""",
                "loop": """
def kl(a, b):
    s = 0.0
    for x, y in zip(a, b):
        if x > 0:
            s = s + x * torch.log(x / y)
    return s

def js_divergence(p, q):
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2
""",
                "kl_div": """
def js_divergence(p, q):
    m = torch.stack([p, q]).mean(0).clamp(min=1e-30)
    return 0.5 * (F.kl_div(m.log(), p, reduction="sum") + F.kl_div(m.log(), q, reduction="sum"))
""",
            },
            "wrong": {
                "both KLs": (
                    """
def js_divergence(p, q):
    pq = torch.xlogy(p, p) - torch.xlogy(p, q)
    qp = torch.xlogy(q, q) - torch.xlogy(q, p)
    return 0.5 * (pq + qp).sum()
""",
                    "symmetrised-kl",
                ),
                "both KLs, plain logs": (
                    """
def js_divergence(p, q):
    return 0.5 * (p * (p / q).log()).sum() + 0.5 * (q * (q / p).log()).sum()
""",
                    "symmetrised-kl",
                ),
                "sum": (
                    """
def js_divergence(p, q):
    m = (p + q) / 2
    return (torch.xlogy(p, p) - torch.xlogy(p, m) + torch.xlogy(q, q) - torch.xlogy(q, m)).sum()
""",
                    "missing-half",
                ),
                "sum, distributions": (
                    """
def js_divergence(p, q):
    m = D.Categorical((p + q) / 2)
    return D.kl_divergence(D.Categorical(p), m) + D.kl_divergence(D.Categorical(q), m)
""",
                    "missing-half",
                ),
                "log2": (
                    """
def js_divergence(p, q):
    m = (p + q) / 2
    kl = lambda a: torch.where(a > 0, a * torch.log2(a / m), torch.zeros_like(a)).sum()
    return (kl(p) + kl(q)) / 2
""",
                    "in-bits",
                ),
                "over log 2": (
                    """
def js_divergence(p, q):
    e = torch.special.entr
    return (e((p + q) / 2) - e(p) / 2 - e(q) / 2).sum() / math.log(2)
""",
                    "in-bits",
                ),
                "root": (
                    """
def js_divergence(p, q):
    e = torch.special.entr
    return (e((p + q) / 2) - e(p) / 2 - e(q) / 2).sum().clamp(min=0).sqrt()
""",
                    "square-root",
                ),
                "scipy's distance": (
                    """
from scipy.spatial.distance import jensenshannon
def js_divergence(p, q):
    return torch.tensor(jensenshannon(p.detach().numpy(), q.detach().numpy()), dtype=torch.float32)
""",
                    "square-root",
                ),
                "plain formula": (
                    """
def js_divergence(p, q):
    m = (p + q) / 2
    return 0.5 * (p * torch.log(p / m)).sum() + 0.5 * (q * torch.log(q / m)).sum()
""",
                    "zero-times-log-zero",
                ),
                "plain entropies": (
                    """
def entropy(r):
    return -(r * r.log()).sum()

def js_divergence(p, q):
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
""",
                    "zero-times-log-zero",
                ),
                "pass": (
                    """
def js_divergence(p, q):
    pass
""",
                    "not-attempted",
                ),
                "middle in place": (
                    """
def js_divergence(p, q):
    h = (torch.special.entr(p) + torch.special.entr(q)).sum() / 2
    m = p
    m += q
    m /= 2
    return torch.special.entr(m).sum() - h
""",
                    "mutates-input",
                ),
                "numpy": (
                    """
def js_divergence(p, q):
    m = (p + q) / 2
    return (0.5 * (torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).nansum()).detach().numpy()
""",
                    "not-a-tensor",
                ),
                "a constant": (
                    """
def js_divergence(p, q):
    return torch.tensor(math.log(2))
""",
                    "ignores-inputs",
                ),
                "number": ("js_divergence = 0.6931\n", "not-a-function"),
            },
            "unlisted": {
                "geometric middle": """
def js_divergence(p, q):
    m = (p * q).sqrt()
    m = m / m.sum()
    return 0.5 * (torch.xlogy(p, p) - torch.xlogy(p, m) + torch.xlogy(q, q) - torch.xlogy(q, m)).sum()
""",
                "total variation": """
def js_divergence(p, q):
    return 0.5 * (p - q).abs().sum()
""",
                "only p to the middle": """
def js_divergence(p, q):
    m = (p + q) / 2
    return (torch.xlogy(p, p) - torch.xlogy(p, m)).sum()
""",
                "middle not halved": """
def js_divergence(p, q):
    m = p + q
    return 0.5 * (torch.xlogy(p, p) - torch.xlogy(p, m) + torch.xlogy(q, q) - torch.xlogy(q, m)).sum()
""",
                "from the middle": """
def js_divergence(p, q):
    m = (p + q) / 2
    return 0.5 * (2 * torch.xlogy(m, m) - torch.xlogy(m, p) - torch.xlogy(m, q)).sum()
""",
            },
        },
        "02-mmd": {
            "right": {
                "cdist": """
def mmd_squared(a, b, bandwidth):
    def k(x, y):
        return torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                "broadcast": """
def mmd_squared(a, b, bandwidth):
    kernel = lambda x, y: torch.exp(-((x[:, None, :] - y[None, :, :]) ** 2).sum(-1) / (2 * bandwidth ** 2))
    return kernel(a, a).mean() - 2 * kernel(a, b).mean() + kernel(b, b).mean()
""",
                "loops": """
def k(x, y, h):
    return torch.exp(-0.5 * ((x - y) / h).pow(2).sum())

def mmd_squared(a, b, bandwidth):
    aa = sum(k(x, y, bandwidth) for x in a for y in a) / len(a) ** 2
    bb = sum(k(x, y, bandwidth) for x in b for y in b) / len(b) ** 2
    ab = sum(k(x, y, bandwidth) for x in a for y in b) / (len(a) * len(b))
    return aa + bb - 2 * ab
""",
                "signed weights": """
def mmd_squared(a, b, bandwidth):
    x = torch.cat([a, b])
    w = torch.cat([torch.full((len(a),), 1 / len(a)), torch.full((len(b),), -1 / len(b))])
    d2 = (x.unsqueeze(1) - x.unsqueeze(0)).square().sum(2)
    return torch.einsum('i,ij,j->', w, (-d2 / 2 / bandwidth**2).exp(), w)
""",
                "dot products": """
def gram(x, y, h):
    d2 = (x * x).sum(1)[:, None] + (y * y).sum(1)[None] - 2 * x @ y.T
    return torch.exp(-d2.clamp(min=0) / (2 * h * h))

def mmd_squared(a, b, bandwidth):
    n, m = len(a), len(b)
    aa, bb, ab = gram(a, a, bandwidth), gram(b, b, bandwidth), gram(a, b, bandwidth)
    return aa.sum() / n**2 + bb.sum() / m**2 - 2 * ab.sum() / n / m
""",
            },
            "wrong": {
                "as given": (
                    """
def mmd_squared(a, b, bandwidth):
    def kernel(x, y):
        return torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    return kernel(a, a).mean() + kernel(b, b).mean() - kernel(a, b).mean()
""",
                    "cross-term-once",
                ),
                "distance": (
                    """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-torch.cdist(x, y) / (2 * bandwidth**2))
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                    "distance-not-squared",
                ),
                "norm": (
                    """
def mmd_squared(a, b, bandwidth):
    def k(x, y):
        d = (x[:, None] - y[None]).norm(dim=-1)
        return torch.exp(-d / (2 * bandwidth**2))
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                    "distance-not-squared",
                ),
                "no two": (
                    """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-(torch.cdist(x, y) / bandwidth) ** 2)
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                    "bandwidth-without-two",
                ),
                "root": (
                    """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    return torch.sqrt(k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean())
""",
                    "square-root",
                ),
                "root, clamped": (
                    """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-((x[:, None] - y) ** 2).sum(-1) / (2 * bandwidth**2))
    return (k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()).clamp(min=0) ** 0.5
""",
                    "square-root",
                ),
                "plus": (
                    """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    return k(a, a).mean() + k(b, b).mean() + 2 * k(a, b).mean()
""",
                    "cross-term-added",
                ),
                "stub": (
                    """
def mmd_squared(a, b, bandwidth):
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "no_grad": (
                    """
@torch.no_grad()
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                    "no-gradient",
                ),
                "b detached": (
                    """
def mmd_squared(a, b, bandwidth):
    b = b.detach()
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                    "no-gradient",
                ),
                "scaled in place": (
                    """
def mmd_squared(a, b, bandwidth):
    a /= bandwidth
    b /= bandwidth
    k = lambda x, y: torch.exp(-0.5 * torch.cdist(x, y) ** 2)
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                    "mutates-input",
                ),
                "random pairs": (
                    """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-((x - y) ** 2).sum(1) / (2 * bandwidth**2))
    pick = lambda x: x[torch.randint(len(x), (256,))]
    return k(pick(a), pick(a)).mean() + k(pick(b), pick(b)).mean() - 2 * k(pick(a), pick(b)).mean()
""",
                    "random",
                ),
                "input": (
                    """
def mmd_squared(a, b, bandwidth):
    h = float(input("bandwidth: "))
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * h**2))
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                    "asks-for-input",
                ),
                "a matrix": (
                    """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    return k(a, a).mean(1, keepdim=True) + k(b, b).mean() - 2 * k(a, b).mean(1, keepdim=True)
""",
                    "wrong-shape",
                ),
            },
            "unlisted": {
                "without the diagonal": """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    n, m = len(a), len(b)
    aa = (k(a, a).sum() - n) / (n * (n - 1)) if n > 1 else 0
    bb = (k(b, b).sum() - m) / (m * (m - 1)) if m > 1 else 0
    return aa + bb - 2 * k(a, b).mean()
""",
                "bandwidth not squared": """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth))
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
                "distance of the means": """
def mmd_squared(a, b, bandwidth):
    return ((a.mean(0) - b.mean(0)) ** 2).sum()
""",
                "sums": """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-torch.cdist(x, y) ** 2 / (2 * bandwidth**2))
    return k(a, a).sum() + k(b, b).sum() - 2 * k(a, b).sum()
""",
                "mean over the coordinates": """
def mmd_squared(a, b, bandwidth):
    k = lambda x, y: torch.exp(-((x[:, None] - y[None]) ** 2).mean(-1) / (2 * bandwidth**2))
    return k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean()
""",
            },
        },
        "02-kde": {
            "right": {
                "logsumexp": """
def kernel_log_density(x, samples, width):
    log_p = D.Normal(samples, width).log_prob(x[:, None])
    return torch.logsumexp(log_p, dim=1) - math.log(len(samples))
""",
                "mixture": """
def kernel_log_density(x, samples, width):
    K = samples.shape[0]
    mix = D.MixtureSameFamily(D.Categorical(torch.ones(K)), D.Normal(samples, torch.full((K,), float(width))))
    return mix.log_prob(x)
""",
                "formula": """
def kernel_log_density(x, samples, width):
    d2 = (x.unsqueeze(1) - samples.unsqueeze(0)) ** 2
    t = -d2 / (2 * width**2)
    m = t.max(1, keepdim=True).values
    s = m.squeeze(1) + torch.log(torch.exp(t - m).mean(1))
    return s - math.log(width * math.sqrt(2 * math.pi))
""",
                "loop": """
def kernel_log_density(x, samples, width):
    out = None
    for s in samples:
        t = -0.5 * ((x - s) / width) ** 2 - math.log(width) - 0.5 * math.log(2 * math.pi)
        out = t if out is None else torch.logaddexp(out, t)
    return out - math.log(samples.numel())
""",
                "double loop": """
def kernel_log_density(x, samples, width):
    rows = []
    for xi in x:
        rows.append(torch.stack([D.Normal(s, width).log_prob(xi) for s in samples]).logsumexp(0))
    return torch.stack(rows) - math.log(len(samples))
""",
            },
            "wrong": {
                "mean": (
                    """
def kernel_log_density(x, samples, width):
    return D.Normal(samples, width).log_prob(x[:, None]).mean(1)
""",
                    "mean-of-logs",
                ),
                "no log K": (
                    """
def kernel_log_density(x, samples, width):
    return torch.logsumexp(D.Normal(samples, width).log_prob(x[:, None]), 1)
""",
                    "forgot-log-k",
                ),
                "no log K, formula": (
                    """
def kernel_log_density(x, samples, width):
    t = -0.5 * ((x[:, None] - samples) / width) ** 2 - math.log(width * math.sqrt(2 * math.pi))
    return t.logsumexp(-1)
""",
                    "forgot-log-k",
                ),
                "root of the width": (
                    """
def kernel_log_density(x, samples, width):
    return torch.logsumexp(D.Normal(samples, width**0.5).log_prob(x[:, None]), 1) - math.log(len(samples))
""",
                    "width-as-variance",
                ),
                "width in both places": (
                    """
def kernel_log_density(x, samples, width):
    t = -((x[:, None] - samples) ** 2) / (2 * width) - 0.5 * math.log(2 * math.pi * width)
    return t.logsumexp(1) - math.log(len(samples))
""",
                    "width-as-variance",
                ),
                "log of the mean": (
                    """
def kernel_log_density(x, samples, width):
    return D.Normal(samples, width).log_prob(x[:, None]).exp().mean(1).log()
""",
                    "underflow",
                ),
                "log of the mean, formula": (
                    """
def kernel_log_density(x, samples, width):
    p = torch.zeros_like(x)
    for s in samples:
        p = p + torch.exp(-(x - s) ** 2 / (2 * width ** 2)) / (width * (2 * math.pi) ** 0.5)
    return torch.log(p / len(samples))
""",
                    "underflow",
                ),
                "dots": (
                    """
def kernel_log_density(x, samples, width):
    ...
""",
                    "not-attempted",
                ),
                "renamed": (
                    """
def kde(x, samples, width):
    return torch.logsumexp(D.Normal(samples, width).log_prob(x[:, None]), 1) - math.log(len(samples))
""",
                    "no-such-name",
                ),
                "no new axis": (
                    """
def kernel_log_density(x, samples, width):
    return torch.logsumexp(D.Normal(samples, width).log_prob(x), 1) - math.log(len(samples))
""",
                    "raised",
                ),
                "column": (
                    """
def kernel_log_density(x, samples, width):
    return torch.logsumexp(D.Normal(samples, width).log_prob(x[:, None]), 1, keepdim=True) - math.log(len(samples))
""",
                    "wrong-shape",
                ),
                "list": (
                    """
def kernel_log_density(x, samples, width):
    return [(torch.logsumexp(D.Normal(samples, width).log_prob(xi), 0) - math.log(len(samples))).item() for xi in x]
""",
                    "not-a-tensor",
                ),
            },
            "unlisted": {
                "density": """
def kernel_log_density(x, samples, width):
    return D.Normal(samples, width).log_prob(x[:, None]).exp().mean(1)
""",
                "no normaliser": """
def kernel_log_density(x, samples, width):
    return torch.logsumexp(-0.5 * ((x[:, None] - samples) / width) ** 2, 1) - math.log(len(samples))
""",
                "nearest sample": """
def kernel_log_density(x, samples, width):
    return D.Normal(samples, width).log_prob(x[:, None]).max(1).values - math.log(len(samples))
""",
                "one Gaussian": """
def kernel_log_density(x, samples, width):
    std = (samples.var(unbiased=False) + width**2).sqrt()
    return D.Normal(samples.mean(), std).log_prob(x)
""",
                "log of N, not of K": """
def kernel_log_density(x, samples, width):
    return torch.logsumexp(D.Normal(samples, width).log_prob(x[:, None]), 1) - math.log(len(x))
""",
            },
        },
    },
)
