"""Student answers to the exercises of chapter 7, as a student would type them; written before, and apart from, what judges them."""

# ruff: noqa: E501  (what a student types in one line stays in one line)

from functools import partial

HEAD = "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import distributions as D\nfrom torch import nn\n"


def body(signature, text):
    """The source of one function with the course's usual imports above it."""
    return HEAD + f"def {signature}:\n" + "".join(f"    {line}\n" for line in text.strip("\n").splitlines())


loglik = partial(body, "bernoulli_log_likelihood(x, logits)")
elbo = partial(body, "elbo(x, logits, mu, logvar)")
generate = partial(body, "generate(n, encode, decode, images, latent, generator)")
grid = partial(body, "latent_grid(k)")

# One student's training loop, with the lines in which others of the class differ left open.
LOOP = """
torch.manual_seed(seed)
encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64){last})
optimizer = torch.optim.Adam({parameters}, lr={lr})
for epoch in range({epochs}):
    for batch in torch.randperm(len(images)).split(64):
        x = images[batch]
        mu, logvar = encoder(x).chunk(2, dim=1)
        z = {z}
        logits = decoder(z)
        recon = {recon}
        kl = {kl}
        loss = {loss}
        optimizer.zero_grad()
        loss.backward()
        {step}
def encode(x):
    return encoder(x).chunk(2, dim=1)
def decode(z):
    return {decoded}
return encode, decode
"""


def train(**lines):
    """The student's loop with some of its lines written otherwise."""
    written = {
        "last": "",
        "parameters": "[*encoder.parameters(), *decoder.parameters()]",
        "lr": "2e-3",
        "epochs": "epochs",
        "z": "mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)",
        "recon": "F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)",
        "kl": "-0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)",
        "loss": "(recon + kl).mean()",
        "step": "optimizer.step()",
        "decoded": "decoder(z)",
    }
    return body("train(images, epochs, seed)", LOOP.format(**(written | lines)))


CLASS = (
    HEAD
    + '''
class VAE(nn.Module):
    """Two heads, as most tutorials write it."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 100)
        self.fc21 = nn.Linear(100, 2)
        self.fc22 = nn.Linear(100, 2)
        self.fc3 = nn.Linear(2, 64)
        self.fc4 = nn.Linear(64, 64)
        self.fc5 = nn.Linear(64, 64)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + std * torch.randn_like(std)

    def decode(self, z):
        return self.fc5(F.relu(self.fc4(F.relu(self.fc3(z)))))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(logits, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


def train(images, epochs, seed):
    torch.manual_seed(seed)
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for epoch in range(epochs):
        for data in torch.utils.data.DataLoader(images, batch_size=64, shuffle=True):
            optimizer.zero_grad()
            logits, mu, logvar = model(data)
            loss = loss_function(logits, data, mu, logvar) / len(data)
            loss.backward()
            optimizer.step()
    model.eval()
    return model.encode, model.decode
'''
)

DISTRIBUTIONS = (
    HEAD
    + """
def net(a, b):
    return nn.Sequential(nn.Linear(a, 80), nn.SiLU(), nn.Linear(80, 80), nn.SiLU(), nn.Linear(80, b))

def train(images, epochs, seed):
    torch.manual_seed(seed)
    f, g = net(64, 4), net(2, 64)
    params = list(f.parameters()) + list(g.parameters())
    opt = torch.optim.AdamW(params, lr=4e-3, weight_decay=1e-4)
    prior = D.Normal(torch.zeros(2), torch.ones(2))
    per_epoch = (len(images) + 95) // 96
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, epochs * per_epoch)
    for _ in range(epochs):
        order = torch.randperm(len(images))
        for i in range(0, len(images), 96):
            x = images[order[i:i + 96]]
            m, l = f(x).split(2, dim=-1)
            q = D.Normal(m, torch.exp(l / 2), validate_args=False)
            logits = g(q.rsample())
            log_px = (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(-1)
            elbo = log_px - D.kl_divergence(q, prior).sum(-1)
            opt.zero_grad()
            (-elbo.mean()).backward()
            opt.step()
            sched.step()
    return (lambda x: tuple(f(x).split(2, dim=-1))), g
"""
)

CONVOLUTIONS = (
    HEAD
    + """
def train(images, epochs, seed):
    torch.manual_seed(seed)
    enc = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.LeakyReLU(),
        nn.Flatten(),
        nn.Linear(256, 64), nn.LeakyReLU(),
    )
    to_mu, to_logvar = nn.Linear(64, 2), nn.Linear(64, 2)
    dec = nn.Sequential(nn.Linear(2, 64), nn.ELU(), nn.Linear(64, 128), nn.ELU(), nn.Linear(128, 64))
    modules = nn.ModuleList([enc, to_mu, to_logvar, dec])
    optimizer = torch.optim.NAdam(modules.parameters(), lr=2e-3)

    def encode(x):
        h = enc(x)
        return to_mu(h), to_logvar(h)

    for epoch in range(epochs):
        for x in images[torch.randperm(len(images))].split(96):
            mu, logvar = encode(x)
            eps = torch.randn(mu.shape)
            logits = dec(mu + eps * logvar.mul(0.5).exp())
            loss = F.softplus(logits).sum() - (x * logits).sum()
            loss = loss + 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum()
            for p in modules.parameters():
                p.grad = None
            (loss / x.shape[0]).backward()
            optimizer.step()
    return encode, dec
"""
)

RMSPROP = (
    HEAD
    + """
def train(images, epochs, seed):
    g = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    e1, e2 = nn.Linear(64, 96), nn.Linear(96, 4)
    d1, d2, d3 = nn.Linear(2, 96), nn.Linear(96, 96), nn.Linear(96, 64)
    with torch.no_grad():
        p = images.mean(0).clamp(0.01, 0.99)
        d3.bias.copy_(torch.log(p / (1 - p)))
    weights = [w for layer in (e1, e2, d1, d2, d3) for w in layer.parameters()]
    optimizer = torch.optim.RMSprop(weights, lr=1e-3)

    def encode(x):
        out = e2(torch.tanh(e1(x)))
        return out[:, :2], out[:, 2:]

    def decode(z):
        return d3(torch.tanh(d2(torch.tanh(d1(z)))))

    n = len(images)
    for epoch in range(epochs):
        if epoch == int(0.7 * epochs):
            for group in optimizer.param_groups:
                group['lr'] *= 0.3
        idx = torch.randperm(n, generator=g)
        for start in range(0, n, 50):
            x = images[idx[start:start + 50]]
            mu, logvar = encode(x)
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)
            bce = F.binary_cross_entropy_with_logits(decode(z), x, reduction='mean') * 64
            kl = (0.5 * (mu ** 2 + logvar.exp() - 1 - logvar)).sum(1).mean()
            optimizer.zero_grad()
            (bce + kl).backward()
            optimizer.step()
    return encode, decode
"""
)

ANSWERS = {
    "07-predict": {
        "right": {
            "rounded": "bce_floors = (0.6931, 0)\n",
            "three digits": "bce_floors = (0.693, 0.0)\n",
            "log 2": "import math\nbce_floors = math.log(2), 0\n",
            "entropy": "import math\np = 0.5\nbce_floors = (-p * math.log(p) - (1 - p) * math.log(1 - p), 0.0)\n",
            "torch": HEAD
            + "t = torch.tensor([0.5, 1.0])\nbce_floors = F.binary_cross_entropy(t, t, reduction='none')\n",
        },
        "wrong": {
            "zeros": ("bce_floors = (0, 0)\n", "zero-floor"),
            "zeros, floats": ("bce_floors = 0.0, 0.0\n", "zero-floor"),
            "bits": ("bce_floors = (1, 0)\n", "in-bits"),
            "bits, computed": ("import math\nbce_floors = (-math.log2(0.5), 0.0)\n", "in-bits"),
            "both log 2": ("bce_floors = (0.6931, 0.6931)\n", "entropy-everywhere"),
            "both log 2, computed": (HEAD + "bce_floors = (math.log(2), math.log(2))\n", "entropy-everywhere"),
            "ellipsis": ("bce_floors = ...\n", "not-attempted"),
            "other name": ("bce_floor = (0.6931, 0)\n", "no-such-name"),
            "one number": ("bce_floors = 0.6931\n", "wrong-shape"),
            "a string": ("bce_floors = 'log 2 and 0'\n", "wrong-type"),
            "infinite": ("bce_floors = (float('-inf'), 0)\n", "not-finite"),
        },
        "unlisted": {
            "exchanged": "bce_floors = (0, 0.6931)\n",
            "one term": "bce_floors = (0.3466, 0)\n",
            "squared error": "bce_floors = (0.25, 0)\n",
            "x itself": "bce_floors = (0.5, 1)\n",
            "negative": "bce_floors = (-0.6931, 0)\n",
        },
    },
    "07-loglik": {
        "right": {
            "bce": loglik("return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)"),
            "logsigmoid": loglik("return (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(dim=-1)"),
            "softplus": loglik("return (x * logits - F.softplus(logits)).sum(1)"),
            "distributions": loglik("return D.Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1)"),
            "independent": loglik(
                "p = D.Independent(D.Bernoulli(logits=logits, validate_args=False), 1, validate_args=False)\nreturn p.log_prob(x)"
            ),
            "loops": loglik(
                """
out = []
for xb, lb in zip(x, logits):
    total = 0.0
    for a, l in zip(xb, lb):
        total = total + a * l - torch.logaddexp(torch.zeros(()), l)
    out.append(total)
return torch.stack(out)
"""
            ),
            "einsum": loglik(
                "return torch.einsum('bd,bd->b', x, logits) - torch.logaddexp(logits, torch.zeros_like(logits)).sum(1)"
            ),
            "log_softmax": loglik(
                "two = torch.stack([torch.zeros_like(logits), logits], -1).log_softmax(-1)\nreturn ((1 - x) * two[..., 0] + x * two[..., 1]).sum(1)"
            ),
        },
        "wrong": {
            "sigmoid before bce_with_logits": (
                loglik(
                    "p = torch.sigmoid(logits)\nreturn -F.binary_cross_entropy_with_logits(p, x, reduction='none').sum(1)"
                ),
                "double-sigmoid",
            ),
            "Bernoulli(logits=sigmoid)": (
                loglik("return D.Bernoulli(logits=logits.sigmoid(), validate_args=False).log_prob(x).sum(1)"),
                "double-sigmoid",
            ),
            "logsigmoid of sigmoid": (
                loglik("p = logits.sigmoid()\nreturn (x * F.logsigmoid(p) + (1 - x) * F.logsigmoid(-p)).sum(1)"),
                "double-sigmoid",
            ),
            "the loss": (
                loglik("return F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)"),
                "wrong-sign",
            ),
            "softplus - x logits": (loglik("return (F.softplus(logits) - x * logits).sum(1)"), "wrong-sign"),
            "mean(1)": (
                loglik("return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').mean(1)"),
                "mean-over-pixels",
            ),
            "mean(-1)": (loglik("return (x * logits - F.softplus(logits)).mean(-1)"), "mean-over-pixels"),
            "clamped logits": (
                loglik(
                    "p = logits.clamp(1e-6, 1 - 1e-6)\nreturn (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(1)"
                ),
                "logits-as-probabilities",
            ),
            "bce of clamped logits": (
                loglik("return -F.binary_cross_entropy(logits.clamp(0, 1), x, reduction='none').sum(1)"),
                "logits-as-probabilities",
            ),
            "squared error": (loglik("return -((x - torch.sigmoid(logits)) ** 2).sum(1)"), "squared-error"),
            "mse_loss": (
                loglik("return -F.mse_loss(torch.sigmoid(logits), x, reduction='none').sum(1)"),
                "squared-error",
            ),
            "log of sigmoid": (
                loglik("p = torch.sigmoid(logits)\nreturn (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(1)"),
                "underflow",
            ),
            "log of 1/(1+exp)": (
                loglik("p = 1 / (1 + torch.exp(-logits))\nreturn (x * p.log() + (1 - x) * (1 - p).log()).sum(dim=1)"),
                "underflow",
            ),
            "bce of sigmoid": (
                loglik("return -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction='none').sum(1)"),
                "underflow",
            ),
            "log(p + 1e-8)": (
                loglik(
                    "p = torch.sigmoid(logits)\nreturn (x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8)).sum(1)"
                ),
                "underflow",
            ),
            "log(1 + exp)": (loglik("return (x * logits - torch.log(1 + torch.exp(logits))).sum(1)"), "underflow"),
            "mean over the batch": (
                loglik("return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1).mean()"),
                "averaged-over-batch",
            ),
            "sum over everything / B": (
                loglik("return -F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / x.shape[0]"),
                "averaged-over-batch",
            ),
            "stub": (loglik("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("bernoulli_loglikelihood(x, logits)", "return (x * logits - F.softplus(logits)).sum(1)"),
                "no-such-name",
            ),
            "bce of logits": (
                loglik("return -F.binary_cross_entropy(logits, x, reduction='none').sum(1)"),
                "raised",
            ),
            "reduction sum": (
                loglik("return -F.binary_cross_entropy_with_logits(logits, x, reduction='sum')"),
                "wrong-shape",
            ),
            "not summed": (
                loglik("return -F.binary_cross_entropy_with_logits(logits, x, reduction='none')"),
                "wrong-shape",
            ),
            "keepdim": (loglik("return (x * logits - F.softplus(logits)).sum(1, keepdim=True)"), "wrong-shape"),
            "numpy": (
                loglik(
                    "import numpy as np\nl = logits.detach().numpy()\nt = x.numpy()\nreturn (t * l - np.logaddexp(0, l)).sum(1)"
                ),
                "not-a-tensor",
            ),
            "detach": (loglik("return (x * logits - F.softplus(logits)).sum(1).detach()"), "no-gradient"),
            "print": (loglik("print((x * logits - F.softplus(logits)).sum(1))"), "returned-none"),
            "sigmoid_": (
                loglik(
                    "x_hat = logits.data.sigmoid_()\nreturn (x * torch.log(x_hat) + (1 - x) * torch.log(1 - x_hat)).sum(1)"
                ),
                "mutates-input",
            ),
            "a sampled pixel": (
                loglik("x = torch.bernoulli(x)\nreturn (x * logits - F.softplus(logits)).sum(1)"),
                "random",
            ),
        },
        "unlisted": {
            "only the ink": loglik("return (x * F.logsigmoid(logits)).sum(1)"),
            "entropy taken off": loglik(
                "return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1) - (torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x)).sum(1)"
            ),
            "paper for ink": loglik("return ((1 - x) * F.logsigmoid(logits) + x * F.logsigmoid(-logits)).sum(1)"),
            "product of probabilities": loglik("p = torch.sigmoid(logits)\nreturn (x * p + (1 - x) * (1 - p)).prod(1)"),
            "log of the mean": loglik(
                "p = torch.sigmoid(logits)\nreturn torch.log((x * p + (1 - x) * (1 - p)).clamp(min=1e-12)).sum(1)"
            ),
            "bits": loglik("return (x * logits - F.softplus(logits)).sum(1) / math.log(2)"),
        },
    },
    "07-elbo": {
        "right": {
            "textbook": elbo(
                """
recon = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)
kl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)
return recon - kl
"""
            ),
            "distributions": elbo(
                """
q = D.Normal(mu, torch.exp(0.5 * logvar))
p = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))
log_px = D.Bernoulli(logits=logits, validate_args=False).log_prob(x)
return log_px.sum(1) - D.kl_divergence(q, p).sum(1)
"""
            ),
            "short": elbo(
                "return (x * logits - F.softplus(logits)).sum(-1) + 0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(-1)"
            ),
            "loops": elbo(
                """
B = x.shape[0]
values = []
for b in range(B):
    t = torch.zeros(())
    for d in range(x.shape[1]):
        t = t + x[b, d] * F.logsigmoid(logits[b, d]) + (1 - x[b, d]) * F.logsigmoid(-logits[b, d])
    for l in range(mu.shape[1]):
        t = t - (mu[b, l] ** 2 + torch.exp(logvar[b, l]) - 1 - logvar[b, l]) / 2
    values.append(t)
return torch.stack(values)
"""
            ),
            "minus the loss": elbo(
                "bce = F.binary_cross_entropy_with_logits(logits, x, reduction='none')\nkld = torch.expm1(logvar) - logvar + mu * mu\nloss = torch.einsum('bd->b', bce) + 0.5 * torch.einsum('bl->b', kld)\nreturn -loss"
            ),
            "helpers": HEAD
            + "def recon(x, logits):\n    return (x * logits - F.softplus(logits)).sum(1)\ndef kl(mu, logvar):\n    sigma = torch.exp(logvar / 2)\n    return (0.5 * (mu ** 2 + sigma ** 2 - 1) - torch.log(sigma)).sum(1)\nelbo = lambda x, logits, mu, logvar: recon(x, logits) - kl(mu, logvar)\n",
        },
        "wrong": {
            "+ kl": (
                elbo(
                    "recon = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)\nreturn recon + kl"
                ),
                "kl-added",
            ),
            "- of the negative": (
                elbo(
                    "minus_kl = 0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)\nreturn (x * logits - F.softplus(logits)).sum(1) - minus_kl"
                ),
                "kl-added",
            ),
            "mean over pixels": (
                elbo(
                    "recon = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').mean(1)\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)\nreturn recon - kl"
                ),
                "recon-mean-over-pixels",
            ),
            "mean(-1)": (
                elbo(
                    "return (x * logits - F.softplus(logits)).mean(-1) - 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(-1)"
                ),
                "recon-mean-over-pixels",
            ),
            "kl mean(1)": (
                elbo(
                    "recon = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).mean(1)\nreturn recon - kl"
                ),
                "kl-mean-over-latent",
            ),
            "the loss": (
                elbo(
                    "bce = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)\nreturn bce + kl"
                ),
                "negative",
            ),
            "kl - recon": (
                elbo(
                    "log_px = (x * logits - F.softplus(logits)).sum(1)\nkl = 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1)\nreturn kl - log_px"
                ),
                "negative",
            ),
            "mean()": (
                elbo(
                    "recon = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)\nreturn (recon - kl).mean()"
                ),
                "averaged-over-batch",
            ),
            "two means": (
                elbo(
                    "recon = (x * logits - F.softplus(logits)).sum(1).mean()\nkl = 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1).mean()\nreturn recon - kl"
                ),
                "averaged-over-batch",
            ),
            "no kl": (
                elbo("return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)"),
                "kl-missing",
            ),
            "no kl, distributions": (
                elbo("return D.Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(1)"),
                "kl-missing",
            ),
            "kld_weight": (
                elbo(
                    "kld_weight = 1 / x.shape[1]\nrecon = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)\nreturn recon - kld_weight * kl"
                ),
                "kl-divided-by-pixels",
            ),
            "kl / D": (
                elbo(
                    "B, D_ = x.shape\nreturn (x * logits - F.softplus(logits)).sum(1) - 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1) / D_"
                ),
                "kl-divided-by-pixels",
            ),
            "sigmoid before bce_with_logits": (
                elbo(
                    "x_hat = torch.sigmoid(logits)\nrecon = -F.binary_cross_entropy_with_logits(x_hat, x, reduction='none').sum(1)\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)\nreturn recon - kl"
                ),
                "double-sigmoid",
            ),
            "squared error": (
                elbo(
                    "recon = -((x - torch.sigmoid(logits)) ** 2).sum(1)\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)\nreturn recon - kl"
                ),
                "squared-error",
            ),
            "mse_loss": (
                elbo(
                    "mse = F.mse_loss(logits.sigmoid(), x, reduction='none').sum(1)\nreturn -mse + 0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)"
                ),
                "squared-error",
            ),
            "stub": (elbo("raise NotImplementedError()"), "not-attempted"),
            "capitals": (
                body("ELBO(x, logits, mu, logvar)", "return (x * logits - F.softplus(logits)).sum(1)"),
                "no-such-name",
            ),
            "kl of chapter 5 not imported": (
                elbo("return (x * logits - F.softplus(logits)).sum(1) - kl_to_standard_normal(mu, logvar)"),
                "raised",
            ),
            "not summed": (
                elbo(
                    "recon = -F.binary_cross_entropy_with_logits(logits, x, reduction='none')\nkl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1, keepdim=True)\nreturn recon - kl"
                ),
                "wrong-shape",
            ),
            "one keepdim": (
                elbo(
                    "recon = (x * logits - F.softplus(logits)).sum(1, keepdim=True)\nkl = 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1)\nreturn recon - kl"
                ),
                "wrong-shape",
            ),
            "item": (
                elbo(
                    "recon = (x * logits - F.softplus(logits)).sum()\nkl = 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum()\nreturn recon.item() - kl.item()"
                ),
                "not-a-tensor",
            ),
            "no_grad": (
                elbo(
                    "with torch.no_grad():\n    recon = (x * logits - F.softplus(logits)).sum(1)\n    kl = 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1)\nreturn recon - kl"
                ),
                "no-gradient",
            ),
            "exit at the end": (
                elbo("print((x * logits - F.softplus(logits)).sum(1))\nexit()"),
                "exits",
            ),
            "print": (
                elbo(
                    "recon = (x * logits - F.softplus(logits)).sum(1)\nkl = 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1)\nprint('elbo', recon - kl)"
                ),
                "returned-none",
            ),
            "in place": (
                elbo(
                    "kl = 0.5 * (mu.data.pow_(2) + logvar.exp() - 1 - logvar).sum(1)\nreturn (x * logits - F.softplus(logits)).sum(1) - kl"
                ),
                "mutates-input",
            ),
        },
        "unlisted": {
            "kl without half": elbo(
                "return (x * logits - F.softplus(logits)).sum(1) - (mu ** 2 + logvar.exp() - 1 - logvar).sum(1)"
            ),
            "logvar for variance": elbo(
                "return (x * logits - F.softplus(logits)).sum(1) - 0.5 * (mu ** 2 + logvar - 1 - logvar).sum(1)"
            ),
            "both means": elbo(
                "return (x * logits - F.softplus(logits)).mean(1) - 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).mean(1)"
            ),
            "kl of the whole batch": elbo(
                "return (x * logits - F.softplus(logits)).sum(1) - 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum()"
            ),
            "both over the pixels": elbo(
                "kl = 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1)\nreturn ((x * logits - F.softplus(logits)).sum(1) - kl) / x.shape[1]"
            ),
            "only minus kl": elbo("return -0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1)"),
        },
    },
    "07-train": {
        "right": {
            "the loop": train(),
            "class with two heads": CLASS,
            "distributions, AdamW, cosine": DISTRIBUTIONS,
            "convolutions, NAdam": CONVOLUTIONS,
            "RMSprop, functional": RMSPROP,
        },
        "wrong": {
            "no step": (train(step="pass"), "untrained"),
            "gradients deleted before the step": (
                train(step="optimizer.zero_grad(); optimizer.step()"),
                "untrained",
            ),
            "copies in the optimizer": (
                train(
                    parameters="[p.detach().clone().requires_grad_() for p in [*encoder.parameters(), *decoder.parameters()]]"
                ),
                "untrained",
            ),
            "decoder forgotten": (train(parameters="encoder.parameters()"), "untrained"),
            "no kl": (train(loss="recon.mean()"), "kl-missing"),
            "kl times zero": (train(loss="(recon + 0.0 * kl).mean()"), "kl-missing"),
            "decodes mu": (train(z="mu"), "noise-missing"),
            "noise times zero": (train(z="mu + 0 * torch.randn_like(mu)"), "noise-missing"),
            "recon mean over pixels": (
                train(recon="F.binary_cross_entropy_with_logits(logits, x, reduction='none').mean(1)"),
                "collapsed",
            ),
            "F.bce, mean of everything": (
                train(recon="F.binary_cross_entropy_with_logits(logits, x)", loss="recon + kl.mean()"),
                "collapsed",
            ),
            "kl summed over the batch": (train(loss="recon.mean() + kl.sum()"), "collapsed"),
            "kl times the batch": (train(loss="recon.mean() + 64 * kl.mean()"), "collapsed"),
            "sigmoid in the decoder": (train(last=", nn.Sigmoid()"), "double-sigmoid"),
            "decode gives probabilities": (train(decoded="torch.sigmoid(decoder(z))"), "double-sigmoid"),
            "maximises the loss": (train(loss="-(recon + kl).mean()"), "sign-of-loss"),
            "minimises the elbo": (
                train(
                    recon="-F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)",
                    loss="(recon - kl).mean()",
                ),
                "sign-of-loss",
            ),
            "stub": (body("train(images, epochs, seed)", "raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("train_vae(images, epochs, seed)", "return nn.Linear(64, 4), nn.Linear(2, 64)"),
                "no-such-name",
            ),
            "no return": (train(epochs="2").replace("return encode, decode", "print('done')"), "returned-none"),
            "loss is no scalar": (train(loss="recon + kl"), "raised"),
            "wrong input size": (
                body(
                    "train(images, epochs, seed)", "net = nn.Linear(784, 4)\nmu, logvar = net(images).chunk(2, dim=1)"
                ),
                "raised",
            ),
            "half the pixels": (train(decoded="decoder(z)[:, :32]"), "wrong-shape"),
            "scales the images": (
                train(step="optimizer.step(); images.mul_(0.99)"),
                "mutates-input",
            ),
            "asks": (
                body("train(images, epochs, seed)", "lr = float(input('learning rate? '))\nraise ValueError(lr)"),
                "asks-for-input",
            ),
        },
        "unlisted": {
            "linear": HEAD
            + "def train(images, epochs, seed):\n    torch.manual_seed(seed)\n    f, g = nn.Linear(64, 4), nn.Linear(2, 64)\n    opt = torch.optim.Adam([*f.parameters(), *g.parameters()], lr=5e-3)\n    for _ in range(epochs):\n        for x in images[torch.randperm(len(images))].split(64):\n            mu, logvar = f(x).chunk(2, 1)\n            logits = g(mu + torch.exp(logvar / 2) * torch.randn_like(mu))\n            loss = F.binary_cross_entropy_with_logits(logits, x, reduction='sum') + 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum()\n            opt.zero_grad()\n            (loss / len(x)).backward()\n            opt.step()\n    return (lambda x: f(x).chunk(2, 1)), g\n",
            "kl divided by the pixels": train(loss="(recon + kl / 64).mean()"),
            "squared error": train(recon="((torch.sigmoid(logits) - x) ** 2).sum(1)"),
            "uniform noise": train(z="mu + torch.exp(0.5 * logvar) * torch.rand_like(mu)"),
            "only the first sixty-four": train(epochs="20 * epochs").replace(
                "    torch.manual_seed(seed)\n", "    torch.manual_seed(seed)\n    images = images[:64]\n"
            ),
            "ink and paper exchanged": train().replace("x = images[batch]", "x = 1 - images[batch]"),
        },
    },
    "07-generate": {
        "right": {
            "plain": generate("z = torch.randn(n, latent, generator=generator)\nreturn torch.sigmoid(decode(z))"),
            "normal": generate(
                "z = torch.normal(0.0, 1.0, size=(n, latent), generator=generator)\nwith torch.no_grad():\n    logits = decode(z)\nreturn 1 / (1 + torch.exp(-logits))"
            ),
            "one by one": generate(
                """
digits = []
for i in range(n):
    z = torch.randn(1, latent, generator=generator)
    digits.append(decode(z).sigmoid()[0])
return torch.stack(digits)
"""
            ),
            "Bernoulli mean": generate(
                "z = torch.empty(n, latent).normal_(generator=generator)\nreturn D.Bernoulli(logits=decode(z)).mean"
            ),
            "quantiles": generate(
                "u = torch.rand(n, latent, generator=generator).clamp(1e-6, 1 - 1e-6)\nreturn decode(D.Normal(0.0, 1.0).icdf(u)).sigmoid()"
            ),
        },
        "wrong": {
            "as given": (
                generate("mu, logvar = encode(images[:n])\nreturn torch.sigmoid(decode(mu))"),
                "encodes-real-images",
            ),
            "reconstructs a sample": (
                generate(
                    "pick = torch.randint(len(images), (n,), generator=generator)\nmu, logvar = encode(images[pick])\nz = mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)\nreturn torch.sigmoid(decode(z))"
                ),
                "encodes-real-images",
            ),
            "random images": (
                generate(
                    "rows = torch.randperm(len(images), generator=generator)[:n]\nmu, _ = encode(images[rows])\nreturn decode(mu).sigmoid()"
                ),
                "encodes-real-images",
            ),
            "rand": (
                generate("z = torch.rand(n, latent, generator=generator)\nreturn torch.sigmoid(decode(z))"),
                "uniform-prior",
            ),
            "uniform_": (
                generate("z = torch.empty(n, latent).uniform_(generator=generator)\nreturn decode(z).sigmoid()"),
                "uniform-prior",
            ),
            "from -1 to 1": (
                generate("z = 2 * torch.rand(n, latent, generator=generator) - 1\nreturn torch.sigmoid(decode(z))"),
                "uniform-prior",
            ),
            "logits": (
                generate("z = torch.randn(n, latent, generator=generator)\nreturn decode(z)"),
                "logits-returned",
            ),
            "logits, no_grad": (
                generate("with torch.no_grad():\n    return decode(torch.randn(n, latent, generator=generator))"),
                "logits-returned",
            ),
            "sigmoid twice": (
                generate(
                    "z = torch.randn(n, latent, generator=generator)\np = torch.sigmoid(decode(z))\nreturn torch.sigmoid(p)"
                ),
                "double-sigmoid",
            ),
            "Bernoulli(logits=sigmoid)": (
                generate(
                    "z = torch.randn(n, latent, generator=generator)\nreturn D.Bernoulli(logits=decode(z).sigmoid()).mean"
                ),
                "double-sigmoid",
            ),
            "one z": (
                generate(
                    "z = torch.randn(1, latent, generator=generator)\nreturn torch.sigmoid(decode(z)).expand(n, -1)"
                ),
                "one-code-for-all",
            ),
            "z.repeat": (
                generate("z = torch.randn(latent, generator=generator).repeat(n, 1)\nreturn torch.sigmoid(decode(z))"),
                "one-code-for-all",
            ),
            "0.1 randn": (
                generate("z = 0.1 * torch.randn(n, latent, generator=generator)\nreturn torch.sigmoid(decode(z))"),
                "scaled-prior",
            ),
            "3 randn": (
                generate("z = torch.randn(n, latent, generator=generator) * 3\nreturn torch.sigmoid(decode(z))"),
                "scaled-prior",
            ),
            "stub": (generate("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body(
                    "generate_digits(n, encode, decode, images, latent, generator)",
                    "return decode(torch.randn(n, latent, generator=generator)).sigmoid()",
                ),
                "no-such-name",
            ),
            "randn of a tensor": (
                generate("z = torch.randn_like(n, latent, generator=generator)\nreturn torch.sigmoid(decode(z))"),
                "raised",
            ),
            "images 8 by 8": (
                generate("z = torch.randn(n, latent, generator=generator)\nreturn decode(z).sigmoid().view(n, 8, 8)"),
                "wrong-shape",
            ),
            "one digit": (
                generate("z = torch.randn(1, latent, generator=generator)\nreturn torch.sigmoid(decode(z))"),
                "wrong-shape",
            ),
            "imshow": (
                generate(
                    "z = torch.randn(n, latent, generator=generator)\np = torch.sigmoid(decode(z))\nprint(p.shape)"
                ),
                "returned-none",
            ),
            "numpy": (
                generate(
                    "z = torch.randn(n, latent, generator=generator)\nreturn decode(z).sigmoid().detach().numpy()"
                ),
                "not-a-tensor",
            ),
        },
        "unlisted": {
            "drawn pixels": generate(
                "z = torch.randn(n, latent, generator=generator)\nreturn torch.bernoulli(torch.sigmoid(decode(z)), generator=generator)"
            ),
            "black and white": generate(
                "z = torch.randn(n, latent, generator=generator)\nreturn (torch.sigmoid(decode(z)) > 0.5).float()"
            ),
            "clamped logits": generate("z = torch.randn(n, latent, generator=generator)\nreturn decode(z).clamp(0, 1)"),
            "softmax": generate(
                "z = torch.randn(n, latent, generator=generator)\nreturn torch.softmax(decode(z), dim=1)"
            ),
            "one coordinate": generate(
                "z = torch.randn(n, 1, generator=generator).expand(n, latent)\nreturn torch.sigmoid(decode(z))"
            ),
            "paper for ink": generate(
                "z = torch.randn(n, latent, generator=generator)\nreturn 1 - torch.sigmoid(decode(z))"
            ),
        },
    },
    "07-grid": {
        "right": {
            "meshgrid": grid(
                """
p = (torch.arange(k) + 0.5) / k
q = D.Normal(0.0, 1.0).icdf(p)
a, b = torch.meshgrid(q, q, indexing='ij')
return torch.stack([a.flatten(), b.flatten()], dim=1)
"""
            ),
            "cartesian product": grid(
                "q = torch.special.ndtri((torch.arange(k, dtype=torch.float32) + 0.5) / k)\nreturn torch.cartesian_prod(q, q)"
            ),
            "loops": grid(
                """
from statistics import NormalDist
points = []
for i in range(k):
    for j in range(k):
        points.append([NormalDist().inv_cdf((i + 0.5) / k), NormalDist().inv_cdf((j + 0.5) / k)])
return torch.tensor(points)
"""
            ),
            "erfinv": grid(
                "p = (2 * torch.arange(k) + 1) / (2 * k)\nq = math.sqrt(2) * torch.erfinv(2 * p - 1)\nreturn torch.stack((q.repeat_interleave(k), q.repeat(k)), dim=-1)"
            ),
            "linspace inside": grid(
                "p = torch.linspace(0.5 / k, 1 - 0.5 / k, k)\nq = D.Normal(0.0, 1.0).icdf(p)\nreturn torch.cat([q.view(k, 1, 1).expand(k, k, 1), q.view(1, k, 1).expand(k, k, 1)], -1).reshape(k * k, 2)"
            ),
        },
        "wrong": {
            "linspace(-2, 2)": (
                grid("q = torch.linspace(-2, 2, k)\nreturn torch.cartesian_prod(q, q)"),
                "linear-grid",
            ),
            "linspace(-3, 3)": (
                grid(
                    "q = torch.linspace(-3.0, 3.0, k)\na, b = torch.meshgrid(q, q, indexing='ij')\nreturn torch.stack([a.flatten(), b.flatten()], 1)"
                ),
                "linear-grid",
            ),
            "numpy, -1 to 1": (
                grid(
                    "import numpy as np\nq = np.linspace(-1, 1, k)\nreturn torch.tensor([[a, b] for a in q for b in q], dtype=torch.float32)"
                ),
                "linear-grid",
            ),
            "linear between the outer quantiles": (
                grid(
                    "end = D.Normal(0.0, 1.0).icdf(torch.tensor(1 - 0.5 / k)).item()\nq = torch.linspace(-end, end, k)\nreturn torch.cartesian_prod(q, q)"
                ),
                "linear-grid",
            ),
            "probabilities": (
                grid("p = (torch.arange(k) + 0.5) / k\nreturn torch.cartesian_prod(p, p)"),
                "probabilities-not-quantiles",
            ),
            "cdf": (
                grid("return torch.tensor([[(i + 0.5) / k, (j + 0.5) / k] for i in range(k) for j in range(k)])"),
                "probabilities-not-quantiles",
            ),
            "linspace(0, 1)": (
                grid("q = D.Normal(0.0, 1.0).icdf(torch.linspace(0, 1, k))\nreturn torch.cartesian_prod(q, q)"),
                "infinite-ends",
            ),
            "i / (k - 1)": (
                grid("q = torch.special.ndtri(torch.arange(k) / (k - 1))\nreturn torch.cartesian_prod(q, q)"),
                "infinite-ends",
            ),
            "stack": (
                grid("q = D.Normal(0.0, 1.0).icdf((torch.arange(k) + 0.5) / k)\nreturn torch.stack([q, q], dim=1)"),
                "diagonal-only",
            ),
            "zip": (
                grid(
                    "q = torch.special.ndtri((torch.arange(k) + 0.5) / k)\nreturn torch.tensor([[a, b] for a, b in zip(q, q)])"
                ),
                "diagonal-only",
            ),
            "stub": (grid("raise NotImplementedError()"), "not-attempted"),
            "other name": (body("latent_gird(k)", "return torch.zeros(k * k, 2)"), "no-such-name"),
            "a table": (HEAD + "latent_grid = torch.zeros(25, 2)\n", "not-a-function"),
            "icdf of a list": (
                grid(
                    "q = D.Normal(0.0, 1.0).icdf([(i + 0.5) / k for i in range(k)])\nreturn torch.cartesian_prod(q, q)"
                ),
                "raised",
            ),
            "not flattened": (
                grid(
                    "q = D.Normal(0.0, 1.0).icdf((torch.arange(k) + 0.5) / k)\na, b = torch.meshgrid(q, q, indexing='ij')\nreturn torch.stack([a, b], dim=-1)"
                ),
                "wrong-shape",
            ),
            "list": (
                grid(
                    "from statistics import NormalDist\nq = [NormalDist().inv_cdf((i + 0.5) / k) for i in range(k)]\nreturn [(a, b) for a in q for b in q]"
                ),
                "not-a-tensor",
            ),
            "random codes": (grid("return torch.randn(k * k, 2)"), "random"),
            "sorted random codes": (
                grid("q = torch.randn(k).sort().values\nreturn torch.cartesian_prod(q, q)"),
                "random",
            ),
            "print": (
                grid("q = torch.special.ndtri((torch.arange(k) + 0.5) / k)\nprint(torch.cartesian_prod(q, q))"),
                "returned-none",
            ),
        },
        "unlisted": {
            "cut at 5 %": grid(
                "q = D.Normal(0.0, 1.0).icdf(torch.linspace(0.05, 0.95, k))\nreturn torch.cartesian_prod(q, q)"
            ),
            "(i + 1)/(k + 1)": grid(
                "q = D.Normal(0.0, 1.0).icdf((torch.arange(k) + 1) / (k + 1))\nreturn torch.cartesian_prod(q, q)"
            ),
            "second coordinate slowest": grid(
                "q = D.Normal(0.0, 1.0).icdf((torch.arange(k) + 0.5) / k)\na, b = torch.meshgrid(q, q, indexing='xy')\nreturn torch.stack([a.flatten(), b.flatten()], dim=1)"
            ),
            "descending": grid(
                "q = D.Normal(0.0, 1.0).icdf((torch.arange(k) + 0.5) / k).flip(0)\nreturn torch.cartesian_prod(q, q)"
            ),
            "erfinv without root two": grid(
                "q = torch.erfinv(2 * (torch.arange(k) + 0.5) / k - 1)\nreturn torch.cartesian_prod(q, q)"
            ),
        },
    },
}
