"""Student answers to the exercises of chapter 4, as a student would type them.

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
        "04-predict": {
            "right": {
                "tuple": "loss_and_best_sigma = (0.59, 0.0)\n",
                "integers too": "loss_and_best_sigma = .5 + 9 * .01, 0\n",
                "computed": """
w, sigma = 3.0, 0.1
loss_and_best_sigma = torch.tensor([0.5 + w**2 * sigma**2, 0.0])
""",
                "grid": """
sigma = torch.linspace(0, 1, 101)
loss = 0.5 + 9 * sigma**2
loss_and_best_sigma = (loss[10].item(), sigma[loss.argmin()].item())
""",
            },
            "wrong": {
                "sigma": ("loss_and_best_sigma = (0.8, 0)\n", "sigma-not-squared"),
                "sigma, half": ("loss_and_best_sigma = (0.5 + 3 * 0.1, 0.0)\n", "sigma-not-squared"),
                "w": ("loss_and_best_sigma = (0.53, 0)\n", "w-not-squared"),
                "w, computed": ("loss_and_best_sigma = (0.5 + 3 * 0.1**2, 0)\n", "w-not-squared"),
                "one": ("loss_and_best_sigma = (0.59, 1.0)\n", "sigma-one"),
                "one, integer": ("loss_and_best_sigma = 0.59, 1\n", "sigma-one"),
                "dots": ("loss_and_best_sigma = ...\n", "not-attempted"),
                "two names": ("loss = 0.59\nbest_sigma = 0\n", "no-such-name"),
                "loss only": ("loss_and_best_sigma = 0.59\n", "wrong-shape"),
                "text": ("loss_and_best_sigma = 'sigma -> 0'\n", "wrong-type"),
            },
            "unlisted": {
                "without the rest": "loss_and_best_sigma = (0.09, 0)\n",
                "the given sigma": "loss_and_best_sigma = (0.59, 0.1)\n",
                "one third": "loss_and_best_sigma = (0.59, 1 / 3)\n",
                "noise costs nothing": "loss_and_best_sigma = (0.5, 0)\n",
            },
        },
        "04-naive": {
            "right": {
                "formula": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).sum(1) + lam_logvar * (logvar**2).sum(1)
""",
                "einsum": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * torch.einsum('bl,bl->b', mu, mu) + lam_logvar * torch.einsum('bl,bl->b', logvar, logvar)
""",
                "loops": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    out = []
    for m, l in zip(mu, logvar):
        s = 0.0
        for a, b in zip(m, l):
            s = s + lam_mu * a * a + lam_logvar * b * b
        out.append(s)
    return torch.stack(out)
""",
                "one sum": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return torch.sum(lam_mu * mu.pow(2) + lam_logvar * logvar.pow(2), dim=-1)
""",
                "norms": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    zero = torch.zeros_like(mu)
    a = F.mse_loss(mu, zero, reduction="none").sum(1)
    b = F.mse_loss(logvar, zero, reduction="none").sum(1)
    return a * lam_mu + b * lam_logvar
""",
            },
            "wrong": {
                "means": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).mean(1) + lam_logvar * (logvar**2).mean(1)
""",
                    "mean-over-latent",
                ),
                "one mean": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return torch.mean(lam_mu * mu.pow(2) + lam_logvar * logvar.pow(2), dim=-1)
""",
                    "mean-over-latent",
                ),
                "swapped": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_logvar * mu.square().sum(1) + lam_mu * logvar.square().sum(1)
""",
                    "weights-swapped",
                ),
                "kl": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
""",
                    "kl-instead",
                ),
                "weighted kl": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * 0.5 * (mu**2).sum(1) + lam_logvar * 0.5 * (logvar.exp() - 1 - logvar).sum(1)
""",
                    "kl-instead",
                ),
                "logvar": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).sum(1) + lam_logvar * logvar.sum(1)
""",
                    "logvar-not-squared",
                ),
                "squared sums": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * mu.sum(1) ** 2 + lam_logvar * logvar.sum(1) ** 2
""",
                    "squared-sum",
                ),
                "no weights": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return (mu**2 + logvar**2).sum(1)
""",
                    "weights-ignored",
                ),
                "stub": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    ...
""",
                    "not-attempted",
                ),
                "renamed": (
                    """
def naive_penalties(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).sum(1) + lam_logvar * (logvar**2).sum(1)
""",
                    "no-such-name",
                ),
                "detached": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu.detach()**2).sum(1) + lam_logvar * (logvar.detach()**2).sum(1)
""",
                    "no-gradient",
                ),
                "no_grad": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    with torch.no_grad():
        return lam_mu * (mu**2).sum(1) + lam_logvar * (logvar**2).sum(1)
""",
                    "no-gradient",
                ),
                "pow_": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * mu.pow_(2).sum(1) + lam_logvar * logvar.pow_(2).sum(1)
""",
                    "mutates-input",
                ),
                "keepdim": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return (lam_mu * mu**2 + lam_logvar * logvar**2).sum(1, keepdim=True)
""",
                    "wrong-shape",
                ),
                "one number": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return (lam_mu * mu**2 + lam_logvar * logvar**2).sum()
""",
                    "wrong-shape",
                ),
                "typo": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).sum(1) + lam_logvar * (log_var**2).sum(1)
""",
                    "raised",
                ),
                "numpy": (
                    """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    m, l = mu.detach().numpy(), logvar.detach().numpy()
    return lam_mu * (m**2).sum(axis=1) + lam_logvar * (l**2).sum(axis=1)
""",
                    "not-a-tensor",
                ),
            },
            "unlisted": {
                "half": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return 0.5 * (lam_mu * mu**2 + lam_logvar * logvar**2).sum(1)
""",
                "absolute values": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * mu.abs().sum(1) + lam_logvar * logvar.abs().sum(1)
""",
                "variance": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).sum(1) + lam_logvar * (logvar.exp() ** 2).sum(1)
""",
                "norms": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * mu.norm(dim=1) + lam_logvar * logvar.norm(dim=1)
""",
                "mu only": """
def naive_penalty(mu, logvar, lam_mu, lam_logvar):
    return lam_mu * (mu**2).sum(1)
""",
            },
        },
        "04-snr": {
            "right": {
                "var": """
def signal_to_noise(mu, logvar):
    return mu.var(0, unbiased=False) / logvar.exp().mean(0)
""",
                "by hand": """
def signal_to_noise(mu, logvar):
    signal = ((mu - mu.mean(0)) ** 2).mean(0)
    noise = torch.exp(logvar).sum(0) / logvar.shape[0]
    return signal / noise
""",
                "loops": """
def signal_to_noise(mu, logvar):
    N, L = mu.shape
    out = []
    for l in range(L):
        m = sum(mu[n, l] for n in range(N)) / N
        signal = sum((mu[n, l] - m) ** 2 for n in range(N)) / N
        noise = sum(torch.exp(logvar[n, l]) for n in range(N)) / N
        out.append(signal / noise)
    return torch.stack(out)
""",
                "second moments": """
def signal_to_noise(mu, logvar):
    n = len(mu)
    signal = torch.einsum('nl,nl->l', mu, mu) / n - mu.mean(0).square()
    return signal * n / torch.einsum('nl->l', logvar.exp())
""",
                "correction": """
def signal_to_noise(mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    return torch.var(mu, dim=0, correction=0) / torch.mean(sigma**2, dim=0)
""",
            },
            "wrong": {
                "stds": (
                    """
def signal_to_noise(mu, logvar):
    return mu.std(0, unbiased=False) / torch.exp(0.5 * logvar).mean(0)
""",
                    "ratio-of-stds",
                ),
                "root of the ratio": (
                    """
def signal_to_noise(mu, logvar):
    return (mu.var(0, unbiased=False) / logvar.exp().mean(0)).sqrt()
""",
                    "ratio-of-stds",
                ),
                "noise over signal": (
                    """
def signal_to_noise(mu, logvar):
    return logvar.exp().mean(0) / mu.var(0, unbiased=False)
""",
                    "inverted",
                ),
                "exp after the mean": (
                    """
def signal_to_noise(mu, logvar):
    return mu.var(0, unbiased=False) / torch.exp(logvar.mean(0))
""",
                    "exp-of-mean",
                ),
                "dim 1": (
                    """
def signal_to_noise(mu, logvar):
    return mu.var(1, unbiased=False) / logvar.exp().mean(1)
""",
                    "over-latent",
                ),
                "dim -1": (
                    """
def signal_to_noise(mu, logvar):
    d = mu - mu.mean(-1, keepdim=True)
    return (d * d).mean(-1) / logvar.exp().mean(-1)
""",
                    "over-latent",
                ),
                "squares of mu": (
                    """
def signal_to_noise(mu, logvar):
    return (mu**2).mean(0) / logvar.exp().mean(0)
""",
                    "mean-not-subtracted",
                ),
                "logvar": (
                    """
def signal_to_noise(mu, logvar):
    return mu.var(0, unbiased=False) / logvar.mean(0)
""",
                    "logvar-as-variance",
                ),
                "pass": (
                    """
def signal_to_noise(mu, logvar):
    pass
""",
                    "not-attempted",
                ),
                "print": (
                    """
def signal_to_noise(mu, logvar):
    snr = mu.var(0, unbiased=False) / logvar.exp().mean(0)
    print("signal to noise:", snr)
""",
                    "returned-none",
                ),
                "keepdim": (
                    """
def signal_to_noise(mu, logvar):
    return mu.var(0, unbiased=False, keepdim=True) / logvar.exp().mean(0, keepdim=True)
""",
                    "wrong-shape",
                ),
                "centred in place": (
                    """
def signal_to_noise(mu, logvar):
    mu -= mu.mean(0)
    return (mu**2).mean(0) / logvar.exp().mean(0)
""",
                    "mutates-input",
                ),
                "sampled noise": (
                    """
def signal_to_noise(mu, logvar):
    noise = torch.exp(0.5 * logvar) * torch.randn(200, *mu.shape)
    return mu.var(0, unbiased=False) / (noise**2).mean((0, 1))
""",
                    "random",
                ),
                "list": (
                    """
def signal_to_noise(mu, logvar):
    return [(m.var(unbiased=False) / l.exp().mean()).item() for m, l in zip(mu.T, logvar.T)]
""",
                    "not-a-tensor",
                ),
                "a number": ("signal_to_noise = 10.0\n", "not-a-function"),
            },
            "unlisted": {
                "N minus one": """
def signal_to_noise(mu, logvar):
    return mu.var(0) / logvar.exp().mean(0)
""",
                "decibel": """
def signal_to_noise(mu, logvar):
    return 10 * torch.log10(mu.var(0, unbiased=False) / logvar.exp().mean(0))
""",
                "mean of the ratios": """
def signal_to_noise(mu, logvar):
    return ((mu - mu.mean(0)) ** 2 / logvar.exp()).mean(0)
""",
                "variance over sigma": """
def signal_to_noise(mu, logvar):
    return mu.var(0, unbiased=False) / torch.exp(0.5 * logvar).mean(0)
""",
                "noise counted as signal": """
def signal_to_noise(mu, logvar):
    noise = logvar.exp().mean(0)
    return (mu.var(0, unbiased=False) + noise) / noise
""",
            },
        },
        "04-linear": {
            "right": {
                "formula": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
    kl = 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2))
    return recon - kl
""",
                "quadrature": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    # the integrand is a quadratic of x and eps, so the four corners +-std are exact
    a, sigma, w, noise_var, x_var = map(torch.as_tensor, (a, sigma, w, noise_var, x_var))
    total = 0.0
    for i in (-1.0, 1.0):
        for j in (-1.0, 1.0):
            x = i * x_var.sqrt()
            q = D.Normal(a * x, sigma)
            z = a * x + j * sigma
            log_joint = D.Normal(w * z, noise_var.sqrt()).log_prob(x) + D.Normal(0.0, 1.0).log_prob(z)
            total = total + log_joint - q.log_prob(z)
    return total / 4
""",
                "kl_divergence": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    t = torch.tensor
    a, sigma, w, noise_var, x_var = [v if torch.is_tensor(v) else t(float(v)) for v in (a, sigma, w, noise_var, x_var)]
    kl = D.kl_divergence(D.Normal(a * torch.sqrt(x_var), sigma), D.Normal(t(0.0), t(1.0)))
    error = x_var * (1 - a * w) ** 2 + (w * sigma) ** 2
    return -0.5 * (math.log(2 * math.pi) + noise_var.log() + error / noise_var) - kl
""",
                "step by step": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    one = torch.ones(())
    a, sigma, w, v, s = one * a, one * sigma, one * w, one * noise_var, one * x_var
    e_x2 = s
    e_xz = a * s
    e_z2 = a * a * s + sigma * sigma
    squared = e_x2 - 2 * w * e_xz + w * w * e_z2
    log_lik = -squared / (2 * v) - 0.5 * torch.log(2 * math.pi * v)
    log_prior = -0.5 * e_z2 - 0.5 * math.log(2 * math.pi)
    entropy = 0.5 + 0.5 * math.log(2 * math.pi) + torch.log(sigma)
    return log_lik + log_prior + entropy
""",
            },
            "wrong": {
                "no noise": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - (1 - a * w) ** 2 * x_var / (2 * noise_var)
    kl = 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2))
    return recon - kl
""",
                    "noise-forgotten",
                ),
                "recon only": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    return -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
""",
                    "kl-missing",
                ),
                "plus kl": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
    kl = 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2))
    return recon + kl
""",
                    "kl-added",
                ),
                "a squared": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
    kl = 0.5 * (a**2 + sigma**2 - 1 - torch.log(sigma**2))
    return recon - kl
""",
                    "mu-not-averaged",
                ),
                "a squared, distributions": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = [torch.as_tensor(v) for v in (a, sigma, w, noise_var, x_var)]
    kl = D.kl_divergence(D.Normal(a, sigma), D.Normal(0.0, 1.0))
    error = (1 - a * w) ** 2 * x_var + (w * sigma) ** 2
    return -0.5 * (torch.log(2 * math.pi * noise_var) + error / noise_var) - kl
""",
                    "mu-not-averaged",
                ),
                "no normaliser": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
    kl = 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2))
    return recon - kl
""",
                    "missing-normaliser",
                ),
                "stub": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    # YOUR CODE HERE
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "math": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = map(float, (a, sigma, w, noise_var, x_var))
    recon = -0.5 * math.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
    return recon - 0.5 * (a**2 * x_var + sigma**2 - 1 - math.log(sigma**2))
""",
                    "not-a-tensor",
                ),
                "one element": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor([v]) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
    return recon - 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2))
""",
                    "wrong-shape",
                ),
                "log of a minus": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
    return recon - 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(-(sigma**2)))
""",
                    "not-finite",
                ),
                "typo": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * xvar + w**2 * sigma**2) / (2 * noise_var)
    return recon - 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2))
""",
                    "raised",
                ),
                "simulated": (
                    """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    x = x_var.sqrt() * torch.randn(10000)
    z = a * x + sigma * torch.randn(10000)
    log_joint = D.Normal(w * z, noise_var.sqrt()).log_prob(x) + D.Normal(0.0, 1.0).log_prob(z)
    return (log_joint - D.Normal(a * x, sigma).log_prob(z)).mean()
""",
                    "random",
                ),
            },
            "unlisted": {
                "negative": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / (2 * noise_var)
    return 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2)) - recon
""",
                "the data's variance forgotten": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 + w**2 * sigma**2) / (2 * noise_var)
    return recon - 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2))
""",
                "two forgotten": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma**2) / noise_var
    return recon - 0.5 * (a**2 * x_var + sigma**2 - 1 - torch.log(sigma**2))
""",
                "sigma taken for its square": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    recon = -0.5 * torch.log(2 * math.pi * noise_var) - ((1 - a * w) ** 2 * x_var + w**2 * sigma) / (2 * noise_var)
    return recon - 0.5 * (a**2 * x_var + sigma - 1 - torch.log(sigma))
""",
                "log-likelihood of x": """
def linear_elbo(a, sigma, w, noise_var, x_var):
    a, sigma, w, noise_var, x_var = (torch.as_tensor(v, dtype=torch.float32) for v in (a, sigma, w, noise_var, x_var))
    total = w**2 + noise_var
    return -0.5 * torch.log(2 * math.pi * total) - x_var / (2 * total)
""",
            },
        },
        "04-loss": {
            "right": {
                "formula": """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat) ** 2).sum(1)
    penalty = (mu**2 + logvar**2).sum(1)
    return (recon + lam * penalty).mean()
""",
                "sums over B": """
def naive_total(x, x_hat, mu, logvar, lam):
    B = x.shape[0]
    return (F.mse_loss(x_hat, x, reduction="sum") + lam * (mu.pow(2).sum() + logvar.pow(2).sum())) / B
""",
                "loop": """
def naive_total(x, x_hat, mu, logvar, lam):
    total = 0.0
    for b in range(len(x)):
        total = total + torch.dist(x[b], x_hat[b]) ** 2
        total = total + lam * (mu[b] @ mu[b] + logvar[b] @ logvar[b])
    return total / len(x)
""",
                "means times sizes": """
def naive_total(x, x_hat, mu, logvar, lam):
    D_, L = x.size(1), mu.size(1)
    return D_ * F.mse_loss(x_hat, x) + lam * L * (mu.square().mean() + logvar.square().mean())
""",
                "cat": """
def naive_total(x, x_hat, mu, logvar, lam):
    root = math.sqrt(lam)
    return torch.cat([x - x_hat, root * mu, root * logvar], dim=1).square().sum(1).mean(0)
""",
            },
            "wrong": {
                "as given": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat) ** 2).sum(1)
    penalty = (mu**2 + logvar**2).mean(1)
    return (recon + lam * penalty).mean()
""",
                    "penalty-mean-over-latent",
                ),
                "mean of everything in the penalty": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat) ** 2).sum(1).mean()
    return recon + lam * ((mu**2).mean() + (logvar**2).mean())
""",
                    "penalty-mean-over-latent",
                ),
                "no penalty": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    return ((x - x_hat) ** 2).sum(1).mean()
""",
                    "penalty-missing",
                ),
                "mse_loss": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    return F.mse_loss(x_hat, x) + lam * (mu**2 + logvar**2).sum(1).mean()
""",
                    "recon-mean-over-pixels",
                ),
                "mean over pixels": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat) ** 2).mean(1)
    penalty = (mu**2 + logvar**2).sum(1)
    return (recon + lam * penalty).mean()
""",
                    "recon-mean-over-pixels",
                ),
                "sum": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    return ((x - x_hat) ** 2).sum() + lam * (mu**2 + logvar**2).sum()
""",
                    "summed-over-batch",
                ),
                "sum of the examples": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat) ** 2).sum(1)
    penalty = (mu**2 + logvar**2).sum(1)
    return (recon + lam * penalty).sum()
""",
                    "summed-over-batch",
                ),
                "penalty summed": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat) ** 2).sum(1).mean()
    penalty = (mu**2 + logvar**2).sum()
    return recon + lam * penalty
""",
                    "penalty-summed-over-batch",
                ),
                "stub": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "item": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat) ** 2).sum(1)
    penalty = (mu**2 + logvar**2).sum(1)
    return (recon + lam * penalty).mean().item()
""",
                    "not-a-tensor",
                ),
                "per example": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    return ((x - x_hat) ** 2).sum(1) + lam * (mu**2 + logvar**2).sum(1)
""",
                    "wrong-shape",
                ),
                "x_hat detached": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat.detach()) ** 2).sum(1)
    penalty = (mu**2 + logvar**2).sum(1)
    return (recon + lam * penalty).mean()
""",
                    "no-gradient",
                ),
                "through data": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    recon = ((x - x_hat.data) ** 2).sum(1)
    penalty = (mu.data**2 + logvar.data**2).sum(1)
    return (recon + lam * penalty).mean()
""",
                    "no-gradient",
                ),
                "in place": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    x -= x_hat
    return ((x**2).sum(1) + lam * (mu**2 + logvar**2).sum(1)).mean()
""",
                    "mutates-input",
                ),
                "exit": (
                    """
import sys
def naive_total(x, x_hat, mu, logvar, lam):
    total = (((x - x_hat) ** 2).sum(1) + lam * (mu**2 + logvar**2).sum(1)).mean()
    print(total)
    sys.exit(0)
""",
                    "exits",
                ),
                "input": (
                    """
def naive_total(x, x_hat, mu, logvar, lam):
    lam = float(input("lambda: "))
    return (((x - x_hat) ** 2).sum(1) + lam * (mu**2 + logvar**2).sum(1)).mean()
""",
                    "asks-for-input",
                ),
            },
            "unlisted": {
                "lam on the reconstruction": """
def naive_total(x, x_hat, mu, logvar, lam):
    return (lam * ((x - x_hat) ** 2).sum(1) + (mu**2 + logvar**2).sum(1)).mean()
""",
                "lam forgotten": """
def naive_total(x, x_hat, mu, logvar, lam):
    return (((x - x_hat) ** 2).sum(1) + (mu**2 + logvar**2).sum(1)).mean()
""",
                "absolute error": """
def naive_total(x, x_hat, mu, logvar, lam):
    return ((x - x_hat).abs().sum(1) + lam * (mu**2 + logvar**2).sum(1)).mean()
""",
                "means everywhere": """
def naive_total(x, x_hat, mu, logvar, lam):
    return F.mse_loss(x_hat, x) + lam * (mu**2 + logvar**2).mean()
""",
                "penalty subtracted": """
def naive_total(x, x_hat, mu, logvar, lam):
    return (((x - x_hat) ** 2).sum(1) - lam * (mu**2 + logvar**2).sum(1)).mean()
""",
                "logvar forgotten": """
def naive_total(x, x_hat, mu, logvar, lam):
    return (((x - x_hat) ** 2).sum(1) + lam * (mu**2).sum(1)).mean()
""",
            },
        },
        "04-noise": {
            "right": {
                "columns": """
def noise_cost(logvar, W):
    return (logvar.exp() * (W**2).sum(0)).sum(1)
""",
                "matmul": """
def noise_cost(logvar, W):
    return torch.exp(logvar) @ torch.linalg.norm(W, dim=0) ** 2
""",
                "trace": """
def noise_cost(logvar, W):
    cov = W @ torch.diag_embed(logvar.exp()) @ W.T
    return cov.diagonal(dim1=-2, dim2=-1).sum(-1)
""",
                "einsum": """
def noise_cost(logvar, W):
    return torch.einsum('bl,dl,dl->b', logvar.exp(), W, W)
""",
                "loops": """
def noise_cost(logvar, W):
    out = []
    for row in logvar:
        cost = 0.0
        for l in range(W.shape[1]):
            sigma = torch.exp(row[l] / 2)
            cost = cost + (sigma * W[:, l]).pow(2).sum()
        out.append(cost)
    return torch.stack(out)
""",
                "unit noises": """
def noise_cost(logvar, W):
    sigma = (0.5 * logvar).exp()
    total = torch.zeros(len(logvar))
    for e in torch.eye(W.size(1)):
        total = total + ((sigma * e) @ W.T).square().sum(1)
    return total
""",
            },
            "wrong": {
                "sigma": (
                    """
def noise_cost(logvar, W):
    return torch.exp(0.5 * logvar) @ (W**2).sum(0)
""",
                    "sigma-not-variance",
                ),
                "sigma, einsum": (
                    """
def noise_cost(logvar, W):
    sigma = (logvar / 2).exp()
    return torch.einsum('bl,dl->b', sigma, W.square())
""",
                    "sigma-not-variance",
                ),
                "logvar": (
                    """
def noise_cost(logvar, W):
    return (logvar * (W**2).sum(0)).sum(1)
""",
                    "logvar-as-variance",
                ),
                "all columns": (
                    """
def noise_cost(logvar, W):
    return logvar.exp().mean(1) * (W**2).sum()
""",
                    "all-columns-alike",
                ),
                "Frobenius norm": (
                    """
def noise_cost(logvar, W):
    return torch.mean(torch.exp(logvar), dim=-1) * torch.linalg.norm(W) ** 2
""",
                    "all-columns-alike",
                ),
                "norm": (
                    """
def noise_cost(logvar, W):
    return logvar.exp() @ W.norm(dim=0)
""",
                    "norm-not-squared",
                ),
                "noise first": (
                    """
def noise_cost(logvar, W):
    sigma = torch.exp(0.5 * logvar)
    return (sigma @ W.T).pow(2).sum(1)
""",
                    "noise-summed-first",
                ),
                "noise first, F.linear": (
                    """
def noise_cost(logvar, W):
    return torch.linalg.norm(F.linear(torch.exp(logvar / 2), W), dim=1) ** 2
""",
                    "noise-summed-first",
                ),
                "dots": (
                    """
def noise_cost(logvar, W):
    ...
""",
                    "not-attempted",
                ),
                "renamed": (
                    """
def noisecost(logvar, W):
    return logvar.exp() @ (W**2).sum(0)
""",
                    "no-such-name",
                ),
                "a dimension too many": (
                    """
def noise_cost(logvar, W):
    return (torch.exp(logvar) * (W**2).sum(dim=2)).sum(1)
""",
                    "raised",
                ),
                "drawn": (
                    """
def noise_cost(logvar, W):
    eps = torch.randn(1000, *logvar.shape)
    return ((torch.exp(0.5 * logvar) * eps) @ W.T).pow(2).sum(-1).mean(0)
""",
                    "random",
                ),
                "drawn once": (
                    """
def noise_cost(logvar, W):
    eps = torch.randn_like(logvar)
    return ((torch.exp(0.5 * logvar) * eps) @ W.T).pow(2).sum(-1)
""",
                    "random",
                ),
                "square_": (
                    """
def noise_cost(logvar, W):
    return logvar.exp() @ W.square_().sum(0)
""",
                    "mutates-input",
                ),
                "per latent": (
                    """
def noise_cost(logvar, W):
    return logvar.exp() * (W**2).sum(0)
""",
                    "wrong-shape",
                ),
                "tolist": (
                    """
def noise_cost(logvar, W):
    return (logvar.exp() @ (W**2).sum(0)).tolist()
""",
                    "not-a-tensor",
                ),
            },
            "unlisted": {
                "mean over the pixels": """
def noise_cost(logvar, W):
    return logvar.exp() @ (W**2).mean(0)
""",
                "half": """
def noise_cost(logvar, W):
    return 0.5 * (logvar.exp() @ (W**2).sum(0))
""",
                "exp of twice logvar": """
def noise_cost(logvar, W):
    return torch.exp(2 * logvar) @ (W**2).sum(0)
""",
                "sum of the weights": """
def noise_cost(logvar, W):
    return logvar.exp() @ W.sum(0) ** 2
""",
                "mean over the latents": """
def noise_cost(logvar, W):
    return (logvar.exp() * (W**2).sum(0)).mean(1)
""",
            },
        },
    },
)
