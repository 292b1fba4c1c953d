"""Student answers to the exercises of chapter 5, as a student would type them.

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
        "05-predict": {
            "right": {
                "tuple": "three_kls = (0.0, 0.5, 0.8069)\n",
                "logs": "three_kls = 0, 0.5, 0.5 * (4 - 1 - math.log(4))\n",
                "computed": """
mu = torch.tensor([0.0, -1.0, 0.0])
logvar = torch.tensor([0.0, 0.0, math.log(4)])
three_kls = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
""",
                "distributions": """
q = D.Normal(torch.tensor([0.0, -1.0, 0.0]), torch.tensor([1.0, 1.0, 2.0]))
three_kls = tuple(D.kl_divergence(q, D.Normal(0.0, 1.0)).tolist())
""",
            },
            "wrong": {
                "doubled": (
                    "three_kls = (0, 1, 1.6137)\n",
                    "missing-half",
                ),
                "doubled, computed": (
                    "three_kls = (0, 1, 4 - 1 - math.log(4))\n",
                    "missing-half",
                ),
                "two for four": (
                    "three_kls = (0, 0.5, 0.1534)\n",
                    "sigma-for-variance",
                ),
                "two for four, computed": (
                    "three_kls = (0, 0.5, (2 - 1 - math.log(2)) / 2)\n",
                    "sigma-for-variance",
                ),
                "squares": (
                    "three_kls = (0, 1, 1.9218)\n",
                    "naive-for-kl",
                ),
                "squares, computed": (
                    "three_kls = (0.0, 1.0, math.log(4) ** 2)\n",
                    "naive-for-kl",
                ),
                "swapped": (
                    "three_kls = (0, 0.5, 0.3181)\n",
                    "swapped-arguments",
                ),
                "swapped, distributions": (
                    """
q = D.Normal(torch.tensor([0.0, -1.0, 0.0]), torch.tensor([1.0, 1.0, 2.0]))
three_kls = D.kl_divergence(D.Normal(0.0, 1.0), q)
""",
                    "swapped-arguments",
                ),
                "dots": (
                    "three_kls = ...\n",
                    "not-attempted",
                ),
                "renamed": (
                    "kls = (0, 0.5, 0.8069)\n",
                    "no-such-name",
                ),
                "two of three": (
                    "three_kls = (0, 0.5)\n",
                    "wrong-shape",
                ),
                "sum": (
                    "three_kls = 0 + 0.5 + 0.8069\n",
                    "wrong-shape",
                ),
                "text": (
                    "three_kls = '0, 1/2, 0.8'\n",
                    "wrong-type",
                ),
            },
            "unlisted": {
                "negative": "three_kls = (0, -0.5, -0.8069)\n",
                "bits": "three_kls = (0, 0.7213, 1.1641)\n",
                "no one": "three_kls = (0.5, 1.0, 1.3069)\n",
                "logvar for the variance": "three_kls = (0, 0.5, 0.5 * (math.log(4) - 1 - math.log(math.log(4))))\n",
                "mu not squared": "three_kls = (0, -0.5, 0.8069)\n",
            },
        },
        "05-kl": {
            "right": {
                "textbook": """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
""",
                "distributions": """
def kl_to_standard_normal(mu, logvar):
    q = D.Normal(mu, (0.5 * logvar).exp())
    return D.kl_divergence(q, D.Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(-1)
""",
                "independent": """
def kl_to_standard_normal(mu, logvar):
    q = D.Independent(D.Normal(mu, torch.exp(logvar / 2)), 1)
    p = D.Independent(D.Normal(torch.zeros_like(mu), 1.0), 1)
    return D.kl_divergence(q, p)
""",
                "multivariate": """
def kl_to_standard_normal(mu, logvar):
    d = mu.shape[1]
    q = D.MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
    p = D.MultivariateNormal(torch.zeros(d), torch.eye(d))
    return D.kl_divergence(q, p)
""",
                "loops": """
def kl_to_standard_normal(mu, logvar):
    out = []
    for m, l in zip(mu, logvar):
        t = 0.0
        for a, b in zip(m, l):
            t = t + 0.5 * (a * a + torch.exp(b) - 1 - b)
        out.append(t)
    return torch.stack(out)
""",
                "expm1": """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(-1)
""",
                "einsum": """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * (torch.einsum('bi,bi->b', mu, mu) + (logvar.exp() - logvar - 1).sum(1))
""",
                "sigma": """
def kl_to_standard_normal(mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    return (-torch.log(sigma) + (sigma**2 + mu**2) / 2 - 0.5).sum(dim=1)
""",
                "prints too": """
def kl_to_standard_normal(mu, logvar):
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    print('kl', kl)
    return kl
""",
                "lambda": """
kl_to_standard_normal = lambda mu, logvar: 0.5*(mu**2+logvar.exp()-1-logvar).sum(1)
""",
                "helper and other names": """
def term(m, v):
    return m**2 + v - 1 - v.log()

def kl_to_standard_normal(m, lv):
    return 0.5 * term(m, lv.exp()).sum(1)
""",
            },
            "wrong": {
                "no half": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
""",
                    "missing-half",
                ),
                "no half, sum of terms": (
                    """
def kl_to_standard_normal(mu, logvar):
    var = torch.exp(logvar)
    return (mu * mu + var - 1 - logvar).sum(-1)
""",
                    "missing-half",
                ),
                "ascending": (
                    """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
""",
                    "wrong-sign",
                ),
                "minus, distributions": (
                    """
def kl_to_standard_normal(mu, logvar):
    q = D.Normal(mu, torch.exp(logvar / 2))
    return -D.kl_divergence(q, D.Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(1)
""",
                    "wrong-sign",
                ),
                "std=exp(logvar)": (
                    """
def kl_to_standard_normal(mu, logvar):
    q = D.Normal(mu, logvar.exp())
    return D.kl_divergence(q, D.Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(-1)
""",
                    "logvar-as-logsigma",
                ),
                "sigma by hand": (
                    """
def kl_to_standard_normal(mu, logvar):
    sigma = torch.exp(logvar)
    return (0.5 * (mu**2 + sigma**2 - 1) - torch.log(sigma)).sum(1)
""",
                    "logvar-as-logsigma",
                ),
                "no exp": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar).sum(1)
""",
                    "forgot-exp",
                ),
                "no exp, simplified": (
                    """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * (mu**2 - 1).sum(1)
""",
                    "forgot-exp",
                ),
                "mean(1)": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
""",
                    "mean-over-latent",
                ),
                "mean, distributions": (
                    """
def kl_to_standard_normal(mu, logvar):
    return D.kl_divergence(D.Normal(mu, torch.exp(0.5 * logvar)), D.Normal(0.0, 1.0)).mean(-1)
""",
                    "mean-over-latent",
                ),
                "sum()": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
""",
                    "summed-over-batch",
                ),
                "sum of sums": (
                    """
def kl_to_standard_normal(mu, logvar):
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return kl.sum()
""",
                    "summed-over-batch",
                ),
                "sum(1).mean()": (
                    """
def kl_to_standard_normal(mu, logvar):
    return (-0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).mean(0)
""",
                    "averaged-over-batch",
                ),
                "mean()": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp())
""",
                    "averaged-over-batch",
                ),
                "no sum": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())
""",
                    "no-reduction",
                ),
                "no sum, distributions": (
                    """
def kl_to_standard_normal(mu, logvar):
    return D.kl_divergence(D.Normal(mu, (logvar / 2).exp()), D.Normal(0.0, 1.0))
""",
                    "no-reduction",
                ),
                "reversed": (
                    """
def kl_to_standard_normal(mu, logvar):
    q = D.Normal(mu, (logvar/2).exp())
    return D.kl_divergence(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), q).sum(1)
""",
                    "swapped-arguments",
                ),
                "reversed, by hand": (
                    """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * ((1 + mu**2) / logvar.exp() - 1 + logvar).sum(dim=1)
""",
                    "swapped-arguments",
                ),
                "squares": (
                    """
def kl_to_standard_normal(mu, logvar):
    return (mu**2 + logvar**2).sum(1)
""",
                    "naive-for-kl",
                ),
                "mu": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu - logvar.exp()).sum(1)
""",
                    "mu-not-squared",
                ),
                "no one": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (logvar - mu**2 - logvar.exp()).sum(1)
""",
                    "missing-one",
                ),
                "log2": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1) / math.log(2)
""",
                    "in-bits",
                ),
                "stub": (
                    """
def kl_to_standard_normal(mu, logvar):
    # YOUR CODE HERE
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "only a docstring": (
                    """
def kl_to_standard_normal(mu, logvar):
    \"\"\"KL of N(mu, exp(logvar)) from N(0, 1).\"\"\"
    ...
""",
                    "not-attempted",
                ),
                "renamed": (
                    """
def kl_std_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
""",
                    "no-such-name",
                ),
                "a number": (
                    "kl_to_standard_normal = 0.5\n",
                    "not-a-function",
                ),
                "typo": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvr.exp()).sum(1)
""",
                    "raised",
                ),
                "recursion": (
                    """
def kl_to_standard_normal(mu, logvar):
    return kl_to_standard_normal(mu, logvar)
""",
                    "raised",
                ),
                "one argument": (
                    """
def kl_to_standard_normal(params):
    mu, logvar = params
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
""",
                    "raised",
                ),
                "Normal(mu, logvar)": (
                    """
def kl_to_standard_normal(mu, logvar):
    q = D.Normal(mu, logvar)
    return D.kl_divergence(q, D.Normal(0.0, 1.0)).sum(1)
""",
                    "raised",
                ),
                "print, no return": (
                    """
def kl_to_standard_normal(mu, logvar):
    print(-0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1))
""",
                    "returned-none",
                ),
                "item": (
                    """
def kl_to_standard_normal(mu, logvar):
    return (-0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()).item()
""",
                    "not-a-tensor",
                ),
                "numpy": (
                    """
def kl_to_standard_normal(mu, logvar):
    return (-0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).detach().numpy()
""",
                    "not-a-tensor",
                ),
                "keepdim": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1, keepdim=True)
""",
                    "wrong-shape",
                ),
                "sum(0)": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=0)
""",
                    "wrong-shape",
                ),
                "detach": (
                    """
def kl_to_standard_normal(mu, logvar):
    return (-0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).detach()
""",
                    "no-gradient",
                ),
                "no_grad": (
                    """
def kl_to_standard_normal(mu, logvar):
    with torch.no_grad():
        return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
""",
                    "no-gradient",
                ),
                "mu detached": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu.detach()**2 - logvar.exp()).sum(1)
""",
                    "no-gradient",
                ),
                "tensor of items": (
                    """
def kl_to_standard_normal(mu, logvar):
    return torch.tensor([(-0.5 * (1 + l - m**2 - l.exp())).sum().item() for m, l in zip(mu, logvar)])
""",
                    "no-gradient",
                ),
                "in place": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu.pow_(2) - logvar.exp()).sum(1)
""",
                    "mutates-input",
                ),
                "monte carlo": (
                    """
def kl_to_standard_normal(mu, logvar):
    std = (logvar/2).exp()
    z = mu + std * torch.randn(64, *mu.shape)
    return (D.Normal(mu, std).log_prob(z) - D.Normal(0., 1.).log_prob(z)).sum(-1).mean(0)
""",
                    "random",
                ),
                "zeros": (
                    """
def kl_to_standard_normal(mu, logvar):
    return torch.zeros(mu.shape[0])
""",
                    "ignores-inputs",
                ),
                "only the hand case": (
                    """
def kl_to_standard_normal(mu, logvar):
    return torch.full((mu.shape[0],), 0.5)
""",
                    "ignores-inputs",
                ),
                "quarter": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.25 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
""",
                    "constant-factor",
                ),
                "offset": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1) + 0.1
""",
                    "constant-offset",
                ),
                "root of logvar": (
                    """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.sqrt()).sum(1)
""",
                    "not-finite",
                ),
                "quit": (
                    """
def kl_to_standard_normal(mu, logvar):
    import sys
    sys.exit()
""",
                    "exits",
                ),
                "asks": (
                    """
def kl_to_standard_normal(mu, logvar):
    L = int(input('latent size? '))
    return -0.5 * (1 + logvar - mu**2 - logvar.exp())[:, :L].sum(1)
""",
                    "asks-for-input",
                ),
            },
            "unlisted": {
                "softplus": """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - F.softplus(logvar)).sum(1)
""",
                "no mu": """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 + logvar - logvar.exp()).sum(1)
""",
                "no logvar": """
def kl_to_standard_normal(mu, logvar):
    return -0.5 * (1 - mu**2 - logvar.exp()).sum(1)
""",
                "std not squared": """
def kl_to_standard_normal(mu, logvar):
    std = torch.exp(0.5 * logvar)
    return -0.5 * (1 + logvar - mu**2 - std).sum(1)
""",
                "half at the square only": """
def kl_to_standard_normal(mu, logvar):
    return (0.5 * mu**2 + logvar.exp() - 1 - logvar).sum(1)
""",
                "relu of a wrong one": """
def kl_to_standard_normal(mu, logvar):
    return torch.relu(0.5 * (mu**2 - 1 - logvar).sum(1))
""",
                "one once, not per latent": """
def kl_to_standard_normal(mu, logvar):
    return 0.5 * ((mu**2 + logvar.exp() - logvar).sum(1) - 1)
""",
            },
        },
        "05-general": {
            "right": {
                "formula": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(1)
""",
                "distributions": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    q = D.Normal(mu_q, torch.exp(0.5 * logvar_q))
    p = D.Normal(mu_p, torch.exp(0.5 * logvar_p))
    return D.kl_divergence(q, p).sum(-1)
""",
                "standardised": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    # in units of p, p is N(0, 1)
    mu = (mu_q - mu_p) / torch.exp(logvar_p / 2)
    logvar = logvar_q - logvar_p
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
""",
                "multivariate": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    q = D.MultivariateNormal(mu_q, torch.diag_embed(logvar_q.exp()))
    p = D.MultivariateNormal(mu_p, torch.diag_embed(logvar_p.exp()))
    return D.kl_divergence(q, p)
""",
                "loops": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    B, L = mu_q.shape
    out = torch.zeros(B)
    for b in range(B):
        for l in range(L):
            s_q, s_p = torch.exp(logvar_q[b, l] / 2), torch.exp(logvar_p[b, l] / 2)
            d = mu_q[b, l] - mu_p[b, l]
            out[b] = out[b] + torch.log(s_p / s_q) + (s_q**2 + d**2) / (2 * s_p**2) - 0.5
    return out
""",
            },
            "wrong": {
                "p from q": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    q = D.Normal(mu_q, torch.exp(0.5 * logvar_q))
    p = D.Normal(mu_p, torch.exp(0.5 * logvar_p))
    return D.kl_divergence(p, q).sum(-1)
""",
                    "swapped-arguments",
                ),
                "p from q, formula": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_q - logvar_p + (logvar_p.exp() + (mu_q - mu_p) ** 2) / logvar_q.exp() - 1).sum(1)
""",
                    "swapped-arguments",
                ),
                "log ratio": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_q - logvar_p + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(1)
""",
                    "log-ratio-sign",
                ),
                "log ratio of sigmas": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    s_q, s_p = torch.exp(logvar_q / 2), torch.exp(logvar_p / 2)
    return (torch.log(s_q / s_p) + (s_q**2 + (mu_q - mu_p)**2) / (2 * s_p**2) - 0.5).sum(-1)
""",
                    "log-ratio-sign",
                ),
                "squared distance": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + torch.exp(logvar_q - logvar_p) + (mu_q - mu_p) ** 2 - 1).sum(1)
""",
                    "means-not-scaled",
                ),
                "no half": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(1)
""",
                    "missing-half",
                ),
                "no one": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp()).sum(1)
""",
                    "missing-one",
                ),
                "unit prior": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    mu = mu_q - mu_p
    return -0.5 * (1 + logvar_q - mu**2 - logvar_q.exp()).sum(1)
""",
                    "prior-variance-ignored",
                ),
                "unit prior, distributions": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    q = D.Normal(mu_q, (logvar_q / 2).exp())
    return D.kl_divergence(q, D.Normal(mu_p, torch.ones_like(mu_p))).sum(1)
""",
                    "prior-variance-ignored",
                ),
                "stub": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "keepdim": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(1, keepdim=True)
""",
                    "wrong-shape",
                ),
                "typo": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mup) ** 2) / logvar_p.exp() - 1).sum(1)
""",
                    "raised",
                ),
                "in place": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    mu_q -= mu_p
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + mu_q**2) / logvar_p.exp() - 1).sum(1)
""",
                    "mutates-input",
                ),
                "print": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    kl = 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(1)
    print(kl)
""",
                    "returned-none",
                ),
                "prior detached": (
                    """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    mu_p, logvar_p = mu_p.detach(), logvar_p.detach()
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).sum(1)
""",
                    "no-gradient",
                ),
            },
            "unlisted": {
                "variance not divided": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + logvar_q.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1).sum(1)
""",
                "divided by sigma": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / torch.exp(0.5 * logvar_p) - 1).sum(1)
""",
                "prior's mean ignored": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + mu_q ** 2) / logvar_p.exp() - 1).sum(1)
""",
                "mean over the latents": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / logvar_p.exp() - 1).mean(1)
""",
                "means added": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q + mu_p) ** 2) / logvar_p.exp() - 1).sum(1)
""",
                "logvars as logs of std": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    q, p = D.Normal(mu_q, logvar_q.exp()), D.Normal(mu_p, logvar_p.exp())
    return D.kl_divergence(q, p).sum(1)
""",
                "symmetric": """
def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):
    q, p = D.Normal(mu_q, (logvar_q / 2).exp()), D.Normal(mu_p, (logvar_p / 2).exp())
    return 0.5 * (D.kl_divergence(q, p) + D.kl_divergence(p, q)).sum(1)
""",
            },
        },
        "05-montecarlo": {
            "right": {
                "distributions": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                "formula": """
def kl_monte_carlo(mu, logvar, n, generator):
    eps = torch.randn((n,) + mu.shape, generator=generator)
    z = mu + torch.exp(logvar / 2) * eps
    log_ratio = 0.5 * (z**2 - eps**2 - logvar)
    return log_ratio.sum(2).mean(0)
""",
                "loop": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = logvar.exp().sqrt()
    q = D.Independent(D.Normal(mu, std), 1)
    p = D.Independent(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    total = torch.zeros(mu.shape[0])
    for _ in range(n):
        z = mu + std * torch.randn(mu.shape, generator=generator)
        total = total + q.log_prob(z) - p.log_prob(z)
    return total / n
""",
                "torch.normal": """
def kl_monte_carlo(mu, logvar, n, generator):
    m = mu.expand(n, -1, -1)
    s = torch.exp(0.5 * logvar).expand(n, -1, -1)
    z = torch.normal(m, s, generator=generator)
    return torch.einsum('nbl->b', D.Normal(m, s).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)) / n
""",
                "samples last": """
def kl_monte_carlo(mu, logvar, n, generator):
    B, L = mu.shape
    eps = torch.empty(B, L, n).normal_(generator=generator)
    z = mu[..., None] + (logvar[..., None] / 2).exp() * eps
    log_q = -0.5 * (math.log(2 * math.pi) + logvar[..., None] + (z - mu[..., None])**2 / logvar.exp()[..., None])
    log_p = -0.5 * (math.log(2 * math.pi) + z**2)
    return (log_q - log_p).sum(1).mean(-1)
""",
            },
            "wrong": {
                "from the prior": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                    "samples-from-prior",
                ),
                "from the prior, loop": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    q = D.Normal(mu, torch.exp(logvar / 2))
    p = D.Normal(0.0, 1.0)
    total = 0.0
    for i in range(n):
        z = torch.randn(mu.shape, generator=generator)
        total = total + (q.log_prob(z) - p.log_prob(z)).sum(1)
    return total / n
""",
                    "samples-from-prior",
                ),
                "p minus q": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_p - log_q).mean(0)
""",
                    "wrong-sign",
                ),
                "p minus q, formula": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    eps = torch.randn(n, *mu.shape, generator=generator)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (eps**2 + logvar - z**2).sum(-1).mean(0)
""",
                    "wrong-sign",
                ),
                "one": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return log_q - log_p
""",
                    "one-sample",
                ),
                "one of n": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p)[0]
""",
                    "one-sample",
                ),
                "abs": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).abs().mean(0)
""",
                    "absolute-value",
                ),
                "abs of the average": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return torch.abs((log_q - log_p).mean(0))
""",
                    "absolute-value",
                ),
                "clamp": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).clamp(min=0).mean(0)
""",
                    "clamped-at-zero",
                ),
                "relu of the average": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return F.relu((log_q - log_p).mean(0))
""",
                    "clamped-at-zero",
                ),
                "mean over everything but B": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z)
    log_p = D.Normal(0.0, 1.0).log_prob(z)
    return (log_q - log_p).mean((0, 2))
""",
                    "mean-over-latent",
                ),
                "mean(-1)": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    return (D.Normal(mu, std).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).mean(-1).mean(0)
""",
                    "mean-over-latent",
                ),
                "exp of logvar": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                    "variance-as-std",
                ),
                "exp of logvar for the noise": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    z = mu + logvar.exp() * torch.randn(n, *mu.shape, generator=generator)
    std = torch.exp(0.5 * logvar)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                    "variance-as-std",
                ),
                "stub": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    # YOUR CODE HERE
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "renamed": (
                    """
def monte_carlo_kl(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    return (D.Normal(mu, std).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)
""",
                    "no-such-name",
                ),
                "randn_like": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn_like(mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                    "raised",
                ),
                "every sample": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return log_q - log_p
""",
                    "wrong-shape",
                ),
                "mean over the batch too": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean()
""",
                    "wrong-shape",
                ),
                "halved in place": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = logvar.mul_(0.5).exp()
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                    "mutates-input",
                ),
                "list": (
                    """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0).tolist()
""",
                    "not-a-tensor",
                ),
            },
            "unlisted": {
                "generator forgotten": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                "uniform noise": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.rand(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                "std missing": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                "sum over the samples": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).sum(0)
""",
                "at the mean": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu.expand(n, *mu.shape)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return (log_q - log_p).mean(0)
""",
                "only log q": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    return D.Normal(mu, std).log_prob(z).sum(-1).mean(0)
""",
                "log of the average ratio": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    log_q = D.Normal(mu, std).log_prob(z).sum(-1)
    log_p = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    return torch.logsumexp(log_q - log_p, 0) - math.log(n)
""",
                "the mean of z first": """
def kl_monte_carlo(mu, logvar, n, generator):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(n, *mu.shape, generator=generator)
    z = z.mean(0)
    log_q = D.Normal(mu, std).log_prob(z)
    log_p = D.Normal(0.0, 1.0).log_prob(z)
    return (log_q - log_p).sum(1)
""",
            },
        },
        "05-taylor": {
            "right": {
                "formula": """
def taylor_kl(mu, logvar):
    return 0.5 * (mu**2).sum(1) + 0.25 * (logvar**2).sum(1)
""",
                "one sum": """
def taylor_kl(mu, logvar):
    return (mu.square() / 2 + logvar.square() / 4).sum(dim=-1)
""",
                "einsum": """
def taylor_kl(mu, logvar):
    return torch.einsum('bl,bl->b', mu, mu) / 2 + torch.einsum('bl,bl->b', logvar, logvar) / 4
""",
                "loops": """
def taylor_kl(mu, logvar):
    out = []
    for m, l in zip(mu, logvar):
        out.append(sum(0.5 * a * a + 0.25 * b * b for a, b in zip(m, l)))
    return torch.stack(out)
""",
                "norms": """
def taylor_kl(mu, logvar):
    return mu.norm(dim=1).pow(2).div(2) + logvar.norm(dim=1).pow(2).div(4)
""",
                "cat": """
def taylor_kl(mu, logvar):
    return torch.cat([mu / math.sqrt(2), logvar / 2], 1).pow(2).sum(1)
""",
            },
            "wrong": {
                "halves": (
                    """
def taylor_kl(mu, logvar):
    return 0.5 * (mu**2 + logvar**2).sum(1)
""",
                    "equal-weights",
                ),
                "halves, two sums": (
                    """
def taylor_kl(mu, logvar):
    a = mu.pow(2).sum(1)
    b = logvar.pow(2).sum(1)
    return (a + b) / 2
""",
                    "equal-weights",
                ),
                "ones": (
                    """
def taylor_kl(mu, logvar):
    return (mu**2 + logvar**2).sum(1)
""",
                    "unit-weights",
                ),
                "ones, einsum": (
                    """
def taylor_kl(mu, logvar):
    return torch.einsum('bl,bl->b', mu, mu) + torch.einsum('bl,bl->b', logvar, logvar)
""",
                    "unit-weights",
                ),
                "kl": (
                    """
def taylor_kl(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
""",
                    "kl-instead",
                ),
                "kl, distributions": (
                    """
def taylor_kl(mu, logvar):
    q = D.Normal(mu, torch.exp(0.5 * logvar))
    return D.kl_divergence(q, D.Normal(0.0, 1.0)).sum(1)
""",
                    "kl-instead",
                ),
                "swapped": (
                    """
def taylor_kl(mu, logvar):
    return 0.25 * (mu**2).sum(1) + 0.5 * (logvar**2).sum(1)
""",
                    "weights-swapped",
                ),
                "mean": (
                    """
def taylor_kl(mu, logvar):
    return (0.5 * mu**2 + 0.25 * logvar**2).mean(1)
""",
                    "mean-over-latent",
                ),
                "two means": (
                    """
def taylor_kl(mu, logvar):
    return 0.5 * mu.pow(2).mean(-1) + 0.25 * logvar.pow(2).mean(-1)
""",
                    "mean-over-latent",
                ),
                "dots": (
                    """
def taylor_kl(mu, logvar):
    squares = mu**2, logvar**2
    ...
""",
                    "not-attempted",
                ),
                "stub": (
                    """
def taylor_kl(mu, logvar):
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "keepdim": (
                    """
def taylor_kl(mu, logvar):
    return (0.5 * mu**2 + 0.25 * logvar**2).sum(1, keepdim=True)
""",
                    "wrong-shape",
                ),
                "one number": (
                    """
def taylor_kl(mu, logvar):
    return 0.5 * (mu**2).sum() + 0.25 * (logvar**2).sum()
""",
                    "wrong-shape",
                ),
                "typo": (
                    """
def taylor_kl(mu, logvar):
    return 0.5 * (mu**2).sum(1) + 0.25 * (logvar**2).sums(1)
""",
                    "raised",
                ),
                "mul_": (
                    """
def taylor_kl(mu, logvar):
    return 0.5 * mu.mul_(mu).sum(1) + 0.25 * logvar.mul_(logvar).sum(1)
""",
                    "mutates-input",
                ),
                "numpy": (
                    """
def taylor_kl(mu, logvar):
    return (0.5 * mu**2 + 0.25 * logvar**2).sum(1).detach().numpy()
""",
                    "not-a-tensor",
                ),
            },
            "unlisted": {
                "third order": """
def taylor_kl(mu, logvar):
    return (0.5 * mu**2 + 0.25 * logvar**2 + logvar**3 / 12).sum(1)
""",
                "first order": """
def taylor_kl(mu, logvar):
    return (0.5 * mu + 0.25 * logvar).sum(1)
""",
                "half of mu only": """
def taylor_kl(mu, logvar):
    return (0.5 * mu**2 + logvar**2).sum(1)
""",
                "sigma for logvar": """
def taylor_kl(mu, logvar):
    return (0.5 * mu**2 + 0.25 * (logvar / 2).exp() ** 2).sum(1)
""",
                "squared sums": """
def taylor_kl(mu, logvar):
    return 0.5 * mu.sum(1) ** 2 + 0.25 * logvar.sum(1) ** 2
""",
            },
        },
        "05-loss": {
            "right": {
                "formula": """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl).mean()
""",
                "sums over B": """
def negative_elbo(x, logits, mu, logvar):
    B = x.shape[0]
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (recon + kl) / B
""",
                "distributions": """
def negative_elbo(x, logits, mu, logvar):
    log_lik = x * logits - F.softplus(logits)
    kl = D.kl_divergence(D.Normal(mu, (logvar / 2).exp()), D.Normal(0.0, 1.0))
    return -(log_lik.sum(1) - kl.sum(1)).mean()
""",
                "logsigmoid": """
def negative_elbo(x, logits, mu, logvar):
    log_lik = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)
    kl = 0.5 * (mu * mu + logvar.exp() - 1 - logvar)
    return kl.sum(-1).mean() - log_lik.sum(-1).mean()
""",
                "loop": """
def negative_elbo(x, logits, mu, logvar):
    total = 0.0
    for xb, lb, m, v in zip(x, logits, mu, logvar):
        total = total + nn.functional.binary_cross_entropy_with_logits(lb, xb, reduction='sum')
        total = total + 0.5 * torch.sum(m**2 + torch.expm1(v) - v)
    return total / len(x)
""",
                "nn module": """
def negative_elbo(x, logits, mu, logvar):
    bce = nn.BCEWithLogitsLoss(reduction='none')(logits, x)
    kl = D.kl_divergence(D.Normal(mu, torch.exp(0.5 * logvar)), D.Normal(torch.zeros_like(mu), 1.0))
    return bce.sum(1).mean() + kl.sum(1).mean()
""",
            },
            "wrong": {
                "as given": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp())
    return recon.sum(1).mean() + kl.sum()
""",
                    "kl-summed-over-batch",
                ),
                "sums per example, then": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return recon.sum(1).mean() + kl.sum(0)
""",
                    "kl-summed-over-batch",
                ),
                "kl mean": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).mean(1)
    return (recon.sum(1) + kl).mean()
""",
                    "kl-mean-over-latent",
                ),
                "kl mean of everything": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp())
    return recon.sum(1).mean() + kl
""",
                    "kl-mean-over-latent",
                ),
                "bce default": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x)
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
    return recon + kl
""",
                    "recon-mean-over-pixels",
                ),
                "bce mean(1)": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.mean(1) + kl).mean()
""",
                    "recon-mean-over-pixels",
                ),
                "minus kl": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) - kl).mean()
""",
                    "kl-subtracted",
                ),
                "plus the negative": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl).mean()
""",
                    "kl-subtracted",
                ),
                "both sums": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return recon + kl
""",
                    "summed-over-batch",
                ),
                "sum at the end": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl).sum()
""",
                    "summed-over-batch",
                ),
                "stub": (
                    """
def negative_elbo(x, logits, mu, logvar):
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "per example": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return recon.sum(1) + kl
""",
                    "wrong-shape",
                ),
                "item": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    loss = (recon.sum(1) + kl).mean()
    return loss.item()
""",
                    "not-a-tensor",
                ),
                "kl detached": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl.detach()).mean()
""",
                    "no-gradient",
                ),
                "logits detached": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits.detach(), x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl).mean()
""",
                    "no-gradient",
                ),
                "bce of logits": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl).mean()
""",
                    "raised",
                ),
                "multiplied in place": (
                    """
def negative_elbo(x, logits, mu, logvar):
    log_lik = (x.mul_(logits) - F.softplus(logits)).sum(1)
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (kl - log_lik).mean()
""",
                    "mutates-input",
                ),
                "print": (
                    """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    print(f'loss {(recon.sum(1) + kl).mean():.3f}')
""",
                    "returned-none",
                ),
                "sampled kl": (
                    """
def negative_elbo(x, logits, mu, logvar):
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = (D.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(1)
    return (recon.sum(1) + kl).mean()
""",
                    "random",
                ),
            },
            "unlisted": {
                "sigmoid first": """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl).mean()
""",
                "means everywhere": """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x)
    kl = -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp())
    return recon + kl
""",
                "elbo": """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return -(recon.sum(1) + kl).mean()
""",
                "kl missing": """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return recon.sum(1).mean()
""",
                "half missing": """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = -(1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl).mean()
""",
                "squared error": """
def negative_elbo(x, logits, mu, logvar):
    recon = (torch.sigmoid(logits) - x) ** 2
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (recon.sum(1) + kl).mean()
""",
                "squares for the kl": """
def negative_elbo(x, logits, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return (recon.sum(1) + (mu**2 + logvar**2).sum(1)).mean()
""",
            },
        },
    },
)
