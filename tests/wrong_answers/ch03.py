"""Student answers to the exercises of chapter 3, as a student would type them.

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
        "03-predict": {
            "right": {
                "tuple": "posterior_mean_and_variance = (0.75, 0.5)\n",
                "fractions": "posterior_mean_and_variance = 3 / 4, 1 / 2\n",
                "precisions": """
w, noise_var, x = 2.0, 4.0, 3.0
variance = 1 / (1 + w**2 / noise_var)
posterior_mean_and_variance = (variance * w * x / noise_var, variance)
""",
                "grid": """
z = torch.linspace(-8, 8, 4001)
log_joint = D.Normal(0.0, 1.0).log_prob(z) + D.Normal(2 * z, 2.0).log_prob(torch.tensor(3.0))
p = torch.softmax(log_joint, 0)
m = (p * z).sum()
posterior_mean_and_variance = torch.stack([m, (p * (z - m) ** 2).sum()])
""",
                "joint Gaussian": """
cov = torch.tensor([[1.0, 2.0], [2.0, 8.0]])
mean = cov[0, 1] / cov[1, 1] * 3.0
posterior_mean_and_variance = (mean, cov[0, 0] - cov[0, 1] ** 2 / cov[1, 1])
""",
            },
            "wrong": {
                "no prior": ("posterior_mean_and_variance = (1.5, 1.0)\n", "prior-ignored"),
                "no prior, computed": (
                    "w, v, x = 2, 4, 3\nposterior_mean_and_variance = (x / w, v / w**2)\n",
                    "prior-ignored",
                ),
                "std": ("posterior_mean_and_variance = (0.75, 0.7071)\n", "std-for-variance"),
                "std, computed": ("posterior_mean_and_variance = (0.75, math.sqrt(0.5))\n", "std-for-variance"),
                "precision": ("posterior_mean_and_variance = (0.75, 2)\n", "precision-for-variance"),
                "dots": ("posterior_mean_and_variance = ...\n", "not-attempted"),
                "renamed": ("posterior_mean_variance = (0.75, 0.5)\n", "no-such-name"),
                "word": ("posterior_mean_and_variance = '0.75, 0.5'\n", "wrong-type"),
                "function": (
                    "def posterior_mean_and_variance(x=3.0):\n    return 0.25 * x, 0.5\n",
                    "wrong-type",
                ),
                "mean only": ("posterior_mean_and_variance = 0.75\n", "wrong-shape"),
            },
            "unlisted": {
                "noise variance squared": "posterior_mean_and_variance = (0.3, 0.8)\n",
                "w not squared": "posterior_mean_and_variance = (1.0, 2 / 3)\n",
                "order": "posterior_mean_and_variance = (0.5, 0.75)\n",
                "the prior": "posterior_mean_and_variance = (0, 1)\n",
                "moments of x": "posterior_mean_and_variance = (0.0, 8.0)\n",
            },
        },
        "03-grid": {
            "right": {
                "softmax": """
def grid_posterior(log_joint, dz):
    return torch.softmax(log_joint, dim=1) / dz
""",
                "logsumexp": """
def grid_posterior(log_joint, dz):
    log_evidence = torch.logsumexp(log_joint, -1, keepdim=True) + math.log(dz)
    return torch.exp(log_joint - log_evidence)
""",
                "max by hand": """
def grid_posterior(log_joint, dz):
    top = log_joint.max(dim=1, keepdim=True).values
    p = torch.exp(log_joint - top)
    return p / (p.sum(dim=1, keepdim=True) * dz)
""",
                "rows": """
def grid_posterior(log_joint, dz):
    out = torch.empty_like(log_joint)
    rows = []
    for row in log_joint:
        w = (row - row.max()).exp()
        rows.append(w / (w.sum() * dz))
    return torch.stack(rows)
""",
                "log_softmax": """
def grid_posterior(log_joint, dz):
    return (F.log_softmax(log_joint, dim=-1) - math.log(dz)).exp()
""",
                "Categorical": """
def grid_posterior(log_joint, dz):
    return D.Categorical(logits=log_joint).probs.div(dz)
""",
            },
            "wrong": {
                "softmax only": (
                    """
def grid_posterior(log_joint, dz):
    return torch.softmax(log_joint, dim=1)
""",
                    "not-divided-by-dz",
                ),
                "divided by the sum": (
                    """
def grid_posterior(log_joint, dz):
    p = (log_joint - log_joint.max(1, keepdim=True).values).exp()
    return p / p.sum(1, keepdim=True)
""",
                    "not-divided-by-dz",
                ),
                "exp at once": (
                    """
def grid_posterior(log_joint, dz):
    p = log_joint.exp()
    return p / (p.sum(1, keepdim=True) * dz)
""",
                    "underflow",
                ),
                "exp at once, einsum": (
                    """
def grid_posterior(log_joint, dz):
    joint = torch.exp(log_joint)
    evidence = dz * torch.einsum('bg->b', joint)
    return joint / evidence[:, None]
""",
                    "underflow",
                ),
                "dim 0": (
                    """
def grid_posterior(log_joint, dz):
    return torch.softmax(log_joint, dim=0) / dz
""",
                    "normalised-over-batch",
                ),
                "logsumexp 0": (
                    """
def grid_posterior(log_joint, dz):
    return torch.exp(log_joint - log_joint.logsumexp(0)) / dz
""",
                    "normalised-over-batch",
                ),
                "log": (
                    """
def grid_posterior(log_joint, dz):
    return log_joint - torch.logsumexp(log_joint, 1, keepdim=True) - math.log(dz)
""",
                    "log-returned",
                ),
                "log_softmax": (
                    """
def grid_posterior(log_joint, dz):
    return F.log_softmax(log_joint, dim=1) - math.log(dz)
""",
                    "log-returned",
                ),
                "exp": (
                    """
def grid_posterior(log_joint, dz):
    return log_joint.exp()
""",
                    "not-normalised",
                ),
                "exp after the max": (
                    """
def grid_posterior(log_joint, dz):
    return torch.exp(log_joint - log_joint.max(1, keepdim=True).values)
""",
                    "not-normalised",
                ),
                "stub": (
                    """
def grid_posterior(log_joint, dz):
    # YOUR CODE HERE
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "keepdim forgotten": (
                    """
def grid_posterior(log_joint, dz):
    return (log_joint - torch.logsumexp(log_joint, 1)).exp() / dz
""",
                    "raised",
                ),
                "max subtracted in place": (
                    """
def grid_posterior(log_joint, dz):
    log_joint -= log_joint.max(1, keepdim=True).values
    p = log_joint.exp()
    return p / (p.sum(1, keepdim=True) * dz)
""",
                    "mutates-input",
                ),
                "evidence": (
                    """
def grid_posterior(log_joint, dz):
    p = torch.softmax(log_joint, 1) / dz
    return (p * dz).sum(1)
""",
                    "wrong-shape",
                ),
                "renamed": (
                    """
def posterior_grid(log_joint, dz):
    return torch.softmax(log_joint, 1) / dz
""",
                    "no-such-name",
                ),
                "flat": (
                    """
def grid_posterior(log_joint, dz):
    return torch.full_like(log_joint, 1 / (dz * log_joint.shape[1]))
""",
                    "ignores-inputs",
                ),
            },
            "unlisted": {
                "multiplied by dz": """
def grid_posterior(log_joint, dz):
    return torch.softmax(log_joint, dim=1) * dz
""",
                "normalised over everything": """
def grid_posterior(log_joint, dz):
    return torch.softmax(log_joint.flatten(), 0).reshape(log_joint.shape) / dz
""",
                "divided by the maximum": """
def grid_posterior(log_joint, dz):
    p = torch.softmax(log_joint, dim=1)
    return p / p.max(1, keepdim=True).values / dz
""",
                "log-joint shifted to be positive": """
def grid_posterior(log_joint, dz):
    p = log_joint - log_joint.min(1, keepdim=True).values
    return p / (p.sum(1, keepdim=True) * dz)
""",
            },
        },
        "03-encoder": {
            "right": {
                "two heads": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(features, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = self.body(x)
        return self.mu(h), self.logvar(h)
""",
                "chunk": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        mu, logvar = self.net(x).chunk(2, dim=-1)
        return mu, logvar
""",
                "two networks": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        nn.Module.__init__(self)
        def network():
            return nn.Sequential(
                nn.Linear(features, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, latent)
            )
        self.mean_network = network()
        self.logvar_network = network()

    def forward(self, x):
        return self.mean_network(x), self.logvar_network(x)
""",
                "own weights": """
class GaussianEncoder(torch.nn.Module):
    def __init__(self, n_in, n_hid, n_lat):
        super(GaussianEncoder, self).__init__()
        self.W1 = nn.Parameter(torch.randn(n_in, n_hid) / n_in ** 0.5)
        self.b1 = nn.Parameter(torch.zeros(n_hid))
        self.W2 = nn.Parameter(torch.randn(n_hid, n_lat) / n_hid ** 0.5)
        self.W3 = nn.Parameter(torch.randn(n_hid, n_lat) / n_hid ** 0.5)

    def forward(self, x):
        h = torch.tanh(x @ self.W1 + self.b1)
        return h @ self.W2, h @ self.W3
""",
                "log of a positive std": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc1 = nn.Linear(features, hidden)
        self.fc2 = nn.Linear(hidden, latent)
        self.fc3 = nn.Linear(hidden, latent)

    def forward(self, x):
        h = F.gelu(self.fc1(x))
        std = F.softplus(self.fc3(h)) + 1e-6
        return self.fc2(h), 2 * torch.log(std)
""",
                "slices": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.latent = latent
        self.layers = nn.ModuleList([nn.Linear(features, hidden), nn.Linear(hidden, 2 * latent)])

    def forward(self, x):
        out = self.layers[1](torch.sigmoid(self.layers[0](x)))
        return out[:, : self.latent], out[:, self.latent :]
""",
            },
            "wrong": {
                "relu on logvar": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = F.relu(self.fc(x))
        return self.mu(h), F.relu(self.logvar(h))
""",
                    "logvar-forced-positive",
                ),
                "softplus": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(features, hidden), nn.Tanh())
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Sequential(nn.Linear(hidden, latent), nn.Softplus())

    def forward(self, x):
        h = self.body(x)
        return self.mu(h), self.logvar(h)
""",
                    "logvar-forced-positive",
                ),
                "sigma returned": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        mu, logvar = self.net(x).chunk(2, 1)
        return mu, torch.exp(0.5 * logvar)
""",
                    "logvar-forced-positive",
                ),
                "variance returned": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        mu, logvar = self.net(x).chunk(2, 1)
        return mu, logvar.exp()
""",
                    "logvar-forced-positive",
                ),
                "sigmoid on logvar": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = F.relu(self.fc(x))
        return self.mu(h), torch.sigmoid(self.logvar(h))
""",
                    "logvar-forced-positive",
                ),
                "tanh on mu": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = torch.relu(self.fc(x))
        return torch.tanh(self.mu(h)), self.logvar(h)
""",
                    "mu-boxed",
                ),
                "sigmoid on mu": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(features, hidden), nn.Tanh())
        self.mu = nn.Sequential(nn.Linear(hidden, latent), nn.Sigmoid())
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = self.body(x)
        return self.mu(h), self.logvar(h)
""",
                    "mu-boxed",
                ),
                "one head": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, latent))

    def forward(self, x):
        out = self.net(x)
        return out, out
""",
                    "one-head-for-both",
                ),
                "one head, called twice": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc1 = nn.Linear(features, hidden)
        self.fc2 = nn.Linear(hidden, latent)

    def forward(self, x):
        h = torch.tanh(self.fc1(x))
        mu = self.fc2(h)
        logvar = self.fc2(h)
        return mu, logvar
""",
                    "one-head-for-both",
                ),
                "no hidden function": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = self.fc(x)
        return self.mu(h), self.logvar(h)
""",
                    "no-nonlinearity",
                ),
                "one linear layer": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.mu = nn.Linear(features, latent)
        self.logvar = nn.Linear(features, latent)

    def forward(self, x):
        return self.mu(x), self.logvar(x)
""",
                    "no-nonlinearity",
                ),
                "a parameter for logvar": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, latent))
        self.logvar = nn.Parameter(torch.full((latent,), -0.5))

    def forward(self, x):
        mu = self.net(x)
        return mu, self.logvar.expand_as(mu)
""",
                    "logvar-constant",
                ),
                "logvar parameter of zeros": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, latent))
        self.logvar = nn.Parameter(torch.zeros(latent))

    def forward(self, x):
        mu = self.net(x)
        return mu, self.logvar + torch.zeros_like(mu)
""",
                    "logvar-constant",
                ),
                "stub": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "renamed": (
                    """
class Encoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        return self.net(x).chunk(2, dim=-1)
""",
                    "no-such-name",
                ),
                "super forgotten": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        return self.net(x).chunk(2, dim=-1)
""",
                    "raised",
                ),
                "sizes mixed up": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(hidden, features)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = F.relu(self.fc(x))
        return self.mu(h), self.logvar(h)
""",
                    "raised",
                ),
                "no return": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        mu, logvar = self.net(x).chunk(2, dim=-1)
        print(mu.shape, logvar.shape)
""",
                    "returned-none",
                ),
                "chunk over the batch": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        out = self.net(x)
        return out[: len(x) // 2], out[len(x) // 2 :]
""",
                    "wrong-shape",
                ),
                "hidden instead of latent": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, hidden)
        self.logvar = nn.Linear(hidden, hidden)

    def forward(self, x):
        h = F.relu(self.fc(x))
        return self.mu(h), self.logvar(h)
""",
                    "wrong-shape",
                ),
                "dropout": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = F.dropout(F.relu(self.fc(x)), 0.5)
        return self.mu(h), self.logvar(h)
""",
                    "random",
                ),
                "no_grad": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        with torch.no_grad():
            mu, logvar = self.net(x).chunk(2, dim=-1)
        return mu, logvar
""",
                    "no-gradient",
                ),
                "x centred in place": (
                    """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        x.sub_(0.5)
        return self.net(x).chunk(2, dim=-1)
""",
                    "mutates-input",
                ),
            },
            "unlisted": {
                "mu only": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, latent))

    def forward(self, x):
        return self.net(x)
""",
                "one tensor for both": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))

    def forward(self, x):
        return self.net(x)
""",
                "relu on mu": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = torch.tanh(self.fc(x))
        return F.relu(self.mu(h)), self.logvar(h)
""",
                "logvar forced negative": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = F.relu(self.fc(x))
        return self.mu(h), F.logsigmoid(self.logvar(h))
""",
                "depends on the other examples": """
class GaussianEncoder(nn.Module):
    def __init__(self, features, hidden, latent):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = F.relu(self.fc(x - x.mean(0)))
        return self.mu(h), self.logvar(h)
""",
            },
        },
        "03-moments": {
            "right": {
                "formula": """
def aggregated_moments(mu, logvar):
    mean = mu.mean(0)
    return mean, logvar.exp().mean(0) + mu.var(0, unbiased=False)
""",
                "second moment": """
def aggregated_moments(mu, logvar):
    m = mu.mean(dim=0)
    second = (mu**2 + torch.exp(logvar)).mean(dim=0)
    return m, second - m**2
""",
                "mixture": """
def aggregated_moments(mu, logvar):
    weights = torch.ones(mu.shape[1], mu.shape[0])
    q = D.MixtureSameFamily(D.Categorical(weights), D.Normal(mu.T, torch.exp(0.5 * logvar).T))
    return q.mean, q.variance
""",
                "loops": """
def aggregated_moments(mu, logvar):
    N, L = mu.shape
    means, variances = [], []
    for l in range(L):
        m = sum(mu[:, l]) / N
        v = 0.0
        for n in range(N):
            v = v + (logvar[n, l].exp() + (mu[n, l] - m) ** 2) / N
        means.append(m)
        variances.append(v)
    return torch.stack(means), torch.stack(variances)
""",
                "einsum": """
def aggregated_moments(mu, logvar):
    n = mu.size(0)
    mean = torch.einsum('nl->l', mu) / n
    d = mu - mean
    var = (torch.einsum('nl,nl->l', d, d) + torch.einsum('nl->l', logvar.exp())) / n
    return mean, var
""",
            },
            "wrong": {
                "spread of the means only": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(0), mu.var(0, unbiased=False)
""",
                    "encoder-variance-forgotten",
                ),
                "spread of the means only, by hand": (
                    """
def aggregated_moments(mu, logvar):
    m = mu.mean(0)
    return m, ((mu - m) ** 2).mean(0)
""",
                    "encoder-variance-forgotten",
                ),
                "mean of the variances": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(0), logvar.exp().mean(0)
""",
                    "spread-of-means-forgotten",
                ),
                "mean sigma squared": (
                    """
def aggregated_moments(mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    return mu.mean(0), sigma.mean(0) ** 2 + mu.var(0, unbiased=False)
""",
                    "mean-sigma-squared",
                ),
                "logvar squared": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(0), (logvar**2).mean(0) + mu.var(0, unbiased=False)
""",
                    "logvar-as-std",
                ),
                "logvar squared, second moment": (
                    """
def aggregated_moments(mu, logvar):
    std = logvar
    m = mu.mean(0)
    return m, (std * std + mu * mu).mean(0) - m * m
""",
                    "logvar-as-std",
                ),
                "var": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(0), logvar.exp().mean(0) + mu.var(0)
""",
                    "divided-by-n-minus-one",
                ),
                "std squared": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(0), logvar.exp().mean(0) + torch.std(mu, dim=0) ** 2
""",
                    "divided-by-n-minus-one",
                ),
                "stub": (
                    """
def aggregated_moments(mu, logvar):
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "over the latents": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(1), logvar.exp().mean(1) + mu.var(1, unbiased=False)
""",
                    "wrong-shape",
                ),
                "samples": (
                    """
def aggregated_moments(mu, logvar):
    z = mu + torch.exp(0.5 * logvar) * torch.randn(500, *mu.shape)
    z = z.reshape(-1, mu.shape[1])
    return z.mean(0), z.var(0, unbiased=False)
""",
                    "random",
                ),
                "exp in place": (
                    """
def aggregated_moments(mu, logvar):
    var = logvar.exp_()
    return mu.mean(0), var.mean(0) + mu.var(0, unbiased=False)
""",
                    "mutates-input",
                ),
                "lists": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(0).tolist(), (logvar.exp().mean(0) + mu.var(0, unbiased=False)).tolist()
""",
                    "not-a-tensor",
                ),
                "typo": (
                    """
def aggregated_moments(mu, logvar):
    return mu.mean(0), logvar.exp().mean(0) + mu.variance(0)
""",
                    "raised",
                ),
                "a tuple": ("aggregated_moments = (torch.zeros(2), torch.ones(2))\n", "not-a-function"),
            },
            "unlisted": {
                "variance only": """
def aggregated_moments(mu, logvar):
    return logvar.exp().mean(0) + mu.var(0, unbiased=False)
""",
                "exp of twice logvar": """
def aggregated_moments(mu, logvar):
    return mu.mean(0), torch.exp(2 * logvar).mean(0) + mu.var(0, unbiased=False)
""",
                "std returned": """
def aggregated_moments(mu, logvar):
    return mu.mean(0), (logvar.exp().mean(0) + mu.var(0, unbiased=False)).sqrt()
""",
                "exp of the mean logvar": """
def aggregated_moments(mu, logvar):
    return mu.mean(0), logvar.mean(0).exp() + mu.var(0, unbiased=False)
""",
                "order": """
def aggregated_moments(mu, logvar):
    return logvar.exp().mean(0) + mu.var(0, unbiased=False), mu.mean(0)
""",
                "sums": """
def aggregated_moments(mu, logvar):
    m = mu.mean(0)
    return m, (logvar.exp() + (mu - m) ** 2).sum(0)
""",
            },
        },
        "03-logq": {
            "right": {
                "formula": """
def log_q(z, mu, logvar):
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / logvar.exp()).sum(1)
""",
                "Normal": """
def log_q(z, mu, logvar):
    return D.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)
""",
                "Independent": """
def log_q(z, mu, logvar):
    return D.Independent(D.Normal(mu, logvar.exp().sqrt()), 1).log_prob(z)
""",
                "multivariate": """
def log_q(z, mu, logvar):
    return D.MultivariateNormal(mu, torch.diag_embed(logvar.exp())).log_prob(z)
""",
                "loops": """
def log_q(z, mu, logvar):
    B, L = z.shape
    out = []
    for b in range(B):
        s = 0
        for l in range(L):
            sigma = torch.exp(logvar[b, l] / 2)
            s = s - ((z[b, l] - mu[b, l]) / sigma) ** 2 / 2 - sigma.log() - math.log((2 * math.pi) ** 0.5)
        out.append(s)
    return torch.stack(out)
""",
                "gaussian_nll_loss": """
def log_q(z, mu, logvar):
    return -F.gaussian_nll_loss(mu, z, logvar.exp(), full=True, eps=1e-12, reduction="none").sum(1)
""",
            },
            "wrong": {
                "as given": (
                    """
def log_q(z, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / sigma).sum(1)
""",
                    "sigma-not-variance",
                ),
                "exp of the half": (
                    """
def log_q(z, mu, logvar):
    L = z.shape[1]
    maha = ((z - mu).square() * (-logvar / 2).exp()).sum(1)
    return -L / 2 * math.log(2 * math.pi) - logvar.sum(1) / 2 - maha / 2
""",
                    "sigma-not-variance",
                ),
                "whole logvar": (
                    """
def log_q(z, mu, logvar):
    t = -0.5 * math.log(2 * math.pi) - logvar - 0.5 * (z - mu) ** 2 / logvar.exp()
    return t.sum(1)
""",
                    "missing-half-logvar",
                ),
                "log of the variance": (
                    """
def log_q(z, mu, logvar):
    var = torch.exp(logvar)
    return (-(z - mu) ** 2 / (2 * var) - torch.log(var) - math.log(math.sqrt(2 * math.pi))).sum(dim=-1)
""",
                    "missing-half-logvar",
                ),
                "mean": (
                    """
def log_q(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).mean(-1)
""",
                    "mean-over-latent",
                ),
                "plus": (
                    """
def log_q(z, mu, logvar):
    return 0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / logvar.exp()).sum(1)
""",
                    "wrong-sign",
                ),
                "nll": (
                    """
def log_q(z, mu, logvar):
    return F.gaussian_nll_loss(mu, z, logvar.exp(), full=True, eps=1e-12, reduction="none").sum(1)
""",
                    "wrong-sign",
                ),
                "no 2 pi": (
                    """
def log_q(z, mu, logvar):
    return -0.5 * (logvar + (z - mu) ** 2 * torch.exp(-logvar)).sum(1)
""",
                    "missing-normaliser",
                ),
                "nll without full": (
                    """
def log_q(z, mu, logvar):
    return -F.gaussian_nll_loss(mu, z, logvar.exp(), eps=1e-12, reduction="none").sum(1)
""",
                    "missing-normaliser",
                ),
                "stub": (
                    """
def log_q(z, mu, logvar):
    # YOUR CODE HERE
    raise NotImplementedError()
""",
                    "not-attempted",
                ),
                "detach": (
                    """
def log_q(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1).detach()
""",
                    "no-gradient",
                ),
                "tensor of items": (
                    """
def log_q(z, mu, logvar):
    t = D.Normal(mu, (logvar / 2).exp()).log_prob(z)
    return torch.tensor([row.sum().item() for row in t])
""",
                    "no-gradient",
                ),
                "keepdim": (
                    """
def log_q(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1, keepdim=True)
""",
                    "wrong-shape",
                ),
                "not summed": (
                    """
def log_q(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z)
""",
                    "wrong-shape",
                ),
                "z minus mu in place": (
                    """
def log_q(z, mu, logvar):
    z -= mu
    return -0.5 * (math.log(2 * math.pi) + logvar + z**2 / logvar.exp()).sum(1)
""",
                    "mutates-input",
                ),
                "exit": (
                    """
import sys
def log_q(z, mu, logvar):
    if z.shape[0] > 0:
        sys.exit("done")
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1)
""",
                    "exits",
                ),
                "Normal of logvar": (
                    """
def log_q(z, mu, logvar):
    return D.Normal(mu, -logvar.abs()).log_prob(z).sum(1)
""",
                    "raised",
                ),
            },
            "unlisted": {
                "logvar added": """
def log_q(z, mu, logvar):
    return -0.5 * (math.log(2 * math.pi) - logvar + (z - mu) ** 2 / logvar.exp()).sum(1)
""",
                "no half at the square": """
def log_q(z, mu, logvar):
    return (-0.5 * math.log(2 * math.pi) - 0.5 * logvar - (z - mu) ** 2 / logvar.exp()).sum(1)
""",
                "logvar as the log of std": """
def log_q(z, mu, logvar):
    return D.Normal(mu, logvar.exp()).log_prob(z).sum(1)
""",
                "density": """
def log_q(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1).exp()
""",
                "prior instead": """
def log_q(z, mu, logvar):
    return D.Normal(0.0, 1.0).log_prob(z).sum(1)
""",
            },
        },
        "03-w1prior": {
            "right": {
                "icdf": """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    N = len(z)
    q = D.Normal(0.0, 1.0).icdf((torch.arange(N) + 0.5) / N)
    return (z.sort().values - q).abs().mean()
""",
                "erfinv": """
def w1_to_prior(mu, logvar, eps):
    z = torch.sort(mu + logvar.exp().sqrt() * eps)[0]
    n = z.shape[0]
    u = torch.linspace(0.5 / n, 1 - 0.5 / n, n)
    return torch.mean(torch.abs(z - math.sqrt(2) * torch.erfinv(2 * u - 1)))
""",
                "ndtri": """
def w1_to_prior(mu, logvar, eps):
    z = torch.addcmul(mu, (logvar / 2).exp(), eps)
    u = (torch.arange(1, len(z) + 1) - 0.5) / len(z)
    return F.l1_loss(z.msort(), torch.special.ndtri(u))
""",
                "statistics": """
from statistics import NormalDist
def w1_to_prior(mu, logvar, eps):
    z, _ = torch.sort(mu + torch.exp(logvar / 2) * eps)
    N = len(z)
    total = 0.0
    for i in range(N):
        total = total + (z[i] - NormalDist().inv_cdf((i + 0.5) / N)).abs()
    return total / N
""",
                "argsort the quantiles": """
def w1_to_prior(mu, logvar, eps):
    z = mu + (logvar / 2).exp() * eps
    rank = z.argsort().argsort()
    q = D.Normal(0.0, 1.0).icdf((rank + 0.5) / len(z))
    return (z - q).abs().sum() / len(z)
""",
            },
            "wrong": {
                "not sorted": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    N = len(z)
    q = D.Normal(0.0, 1.0).icdf((torch.arange(N) + 0.5) / N)
    return (z - q).abs().mean()
""",
                    "paired-by-order",
                ),
                "sort without keeping": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    z.sort()
    q = torch.special.ndtri((torch.arange(len(z)) + 0.5) / len(z))
    return torch.abs(z - q).mean()
""",
                    "paired-by-order",
                ),
                "logvar": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + logvar * eps
    q = torch.special.ndtri((torch.arange(len(z)) + 0.5) / len(z))
    return (z.sort().values - q).abs().mean()
""",
                    "logvar-as-std",
                ),
                "uniform": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    q = (torch.arange(len(z)) + 0.5) / len(z)
    return (z.sort().values - q).abs().mean()
""",
                    "uniform-quantiles",
                ),
                "mu": (
                    """
def w1_to_prior(mu, logvar, eps):
    q = D.Normal(0.0, 1.0).icdf((torch.arange(len(mu)) + 0.5) / len(mu))
    return (mu.sort().values - q).abs().mean()
""",
                    "noise-ignored",
                ),
                "exp of logvar": (
                    """
def w1_to_prior(mu, logvar, eps):
    std = torch.exp(logvar)
    z = (mu + std * eps).sort().values
    q = D.Normal(0.0, 1.0).icdf((torch.arange(len(z)) + 0.5) / len(z))
    return (z - q).abs().mean()
""",
                    "variance-as-std",
                ),
                "dots": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = ...
    ...
""",
                    "not-attempted",
                ),
                "quantiles from 0 to 1": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    q = D.Normal(0.0, 1.0).icdf(torch.linspace(0, 1, len(z)))
    return (z.sort().values - q).abs().mean()
""",
                    "not-finite",
                ),
                "draws from the prior": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    return (z.sort().values - torch.randn(len(z)).sort().values).abs().mean()
""",
                    "random",
                ),
                "own noise": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    q = D.Normal(0.0, 1.0).icdf((torch.arange(len(z)) + 0.5) / len(z))
    return (z.sort().values - q).abs().mean()
""",
                    "random",
                ),
                "input": (
                    """
def w1_to_prior(mu, logvar, eps):
    N = int(input("N = "))
    z = mu + torch.exp(0.5 * logvar) * eps
    q = D.Normal(0.0, 1.0).icdf((torch.arange(N) + 0.5) / N)
    return (z.sort().values - q).abs().mean()
""",
                    "asks-for-input",
                ),
                "item": (
                    """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    q = D.Normal(0.0, 1.0).icdf((torch.arange(len(z)) + 0.5) / len(z))
    return (z.sort().values - q).abs().mean().item()
""",
                    "not-a-tensor",
                ),
            },
            "unlisted": {
                "i over N plus one": """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    N = len(z)
    q = D.Normal(0.0, 1.0).icdf(torch.arange(1, N + 1) / (N + 1))
    return (z.sort().values - q).abs().mean()
""",
                "squared": """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    q = D.Normal(0.0, 1.0).icdf((torch.arange(len(z)) + 0.5) / len(z))
    return ((z.sort().values - q) ** 2).mean()
""",
                "even steps": """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    return (z.sort().values - torch.linspace(-3, 3, len(z))).abs().mean()
""",
                "signed": """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    q = D.Normal(0.0, 1.0).icdf((torch.arange(len(z)) + 0.5) / len(z))
    return (z.sort().values - q).mean()
""",
                "sum": """
def w1_to_prior(mu, logvar, eps):
    z = mu + torch.exp(0.5 * logvar) * eps
    q = D.Normal(0.0, 1.0).icdf((torch.arange(len(z)) + 0.5) / len(z))
    return (z.sort().values - q).abs().sum()
""",
            },
        },
    },
)
