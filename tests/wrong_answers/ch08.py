"""Student answers to the exercises of chapter 8, as a student would type them; written before, and apart from, what judges them."""

# ruff: noqa: E501  (what a student types in one line stays in one line)

from functools import partial

HEAD = "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import distributions as D\nfrom torch import nn\n"


def body(signature, text):
    """The source of one function with the course's usual imports above it."""
    return HEAD + f"def {signature}:\n" + "".join(f"    {line}\n" for line in text.strip("\n").splitlines())


gaussian = partial(body, "gaussian_log_likelihood(x, mean, variance)")
kldim = partial(body, "kl_per_dimension(mu, logvar)")
conditional = partial(body, "conditional_kl(mu, logvar, labels, prior_mu)")
hidden = partial(body, "effective_beta(pixels, latents, recon_mean, kl_mean, kl_weight)")
report = partial(body, "report(recon, kl, beta)")

ANSWERS = {
    "08-predict": {
        "right": {
            "numbers": "blur = (0.5, 0.25)\n",
            "fractions": "blur = 1 / 2, 1 / 4\n",
            "from the data": HEAD + "x = torch.tensor([0.0, 1.0])\nblur = (x.mean(), x.var(correction=0))\n",
            "tensor": HEAD + "blur = torch.tensor([0.5, 0.25])\n",
        },
        "wrong": {
            "zero": ("blur = (0, 0.25)\n", "picks-a-mode"),
            "one": ("blur = (1, 0.25)\n", "picks-a-mode"),
            "one, sharp": ("blur = (1.0, 0.0)\n", "picks-a-mode"),
            "zero, half": ("blur = (0, 0.5)\n", "picks-a-mode"),
            "std": ("blur = (0.5, 0.5)\n", "std-for-variance"),
            "std, computed": ("import statistics\nblur = (0.5, statistics.pstdev([0, 1]))\n", "std-for-variance"),
            "sharp": ("blur = (0.5, 0)\n", "no-variance"),
            "sharp, float": ("blur = 0.5, 0.0\n", "no-variance"),
            "ellipsis": ("blur = ...\n", "not-attempted"),
            "other name": ("blurr = (0.5, 0.25)\n", "no-such-name"),
            "only the mean": ("blur = 0.5\n", "wrong-shape"),
            "words": ("blur = 'grey'\n", "wrong-type"),
            "nan": ("blur = (0.5, float('nan'))\n", "not-finite"),
        },
        "unlisted": {
            "variance one": "blur = (0.5, 1)\n",
            "entropy": "blur = (0.5, 0.693)\n",
            "exchanged": "blur = (0.25, 0.5)\n",
            "uniform": "blur = (0.5, 1 / 12)\n",
        },
    },
    "08-gaussian": {
        "right": {
            "distributions": gaussian("return D.Normal(mean, math.sqrt(variance)).log_prob(x).sum(1)"),
            "by hand": gaussian(
                "D_ = x.shape[1]\nreturn -0.5 * D_ * math.log(2 * math.pi * variance) - ((x - mean) ** 2).sum(1) / (2 * variance)"
            ),
            "gaussian_nll_loss": gaussian(
                "var = torch.full_like(mean, variance)\nreturn -F.gaussian_nll_loss(mean, x, var, full=True, reduction='none').sum(dim=-1)"
            ),
            "loops": gaussian(
                """
out = []
for a, b in zip(x, mean):
    t = 0.0
    for u, v in zip(a, b):
        t = t - 0.5 * (math.log(2 * math.pi) + math.log(variance) + (u - v) ** 2 / variance)
    out.append(t)
return torch.stack(out)
"""
            ),
            "einsum": gaussian(
                "r = x - mean\nnormaliser = torch.log(torch.tensor(2 * math.pi * variance)) * r.shape[-1]\nreturn -0.5 * (torch.einsum('bd,bd->b', r, r) / variance + normaliser)"
            ),
            "multivariate": gaussian("return D.MultivariateNormal(mean, variance * torch.eye(x.shape[1])).log_prob(x)"),
            "standardised": gaussian(
                "s = variance ** 0.5\nz = (x - mean) / s\nreturn (D.Normal(0.0, 1.0).log_prob(z) - math.log(s)).sum(1)"
            ),
        },
        "wrong": {
            "minus squared error": (gaussian("return -((x - mean) ** 2).sum(1)"), "squared-error-only"),
            "mse_loss": (gaussian("return -F.mse_loss(mean, x, reduction='none').sum(1)"), "squared-error-only"),
            "half squared error": (gaussian("return -0.5 * (x - mean).pow(2).sum(-1)"), "squared-error-only"),
            "Normal(mean, variance)": (
                gaussian("return D.Normal(mean, variance).log_prob(x).sum(1)"),
                "std-as-variance",
            ),
            "variance squared": (
                gaussian(
                    "return (-0.5 * math.log(2 * math.pi) - math.log(variance) - (x - mean) ** 2 / (2 * variance ** 2)).sum(1)"
                ),
                "std-as-variance",
            ),
            "no normaliser": (gaussian("return -((x - mean) ** 2).sum(1) / (2 * variance)"), "missing-normaliser"),
            "no normaliser, factor": (
                gaussian("return -0.5 / variance * torch.sum((x - mean) ** 2, dim=1)"),
                "missing-normaliser",
            ),
            "outside the sum": (
                gaussian("return -0.5 * math.log(2 * math.pi * variance) - ((x - mean) ** 2).sum(1) / (2 * variance)"),
                "normaliser-once",
            ),
            "logs of sigma, outside": (
                gaussian(
                    "sigma = math.sqrt(variance)\nse = ((x - mean) / sigma).square().sum(-1)\nreturn -math.log(sigma) - 0.5 * math.log(2 * math.pi) - 0.5 * se"
                ),
                "normaliser-once",
            ),
            "D inside the sum": (
                gaussian(
                    "D_ = x.shape[1]\nreturn (-0.5 * D_ * math.log(2 * math.pi * variance) - (x - mean) ** 2 / (2 * variance)).sum(1)"
                ),
                "normaliser-times-d",
            ),
            "mean(1)": (
                gaussian("return D.Normal(mean, math.sqrt(variance)).log_prob(x).mean(1)"),
                "mean-over-pixels",
            ),
            "mean(-1), by hand": (
                gaussian(
                    "return (-0.5 * math.log(2 * math.pi * variance) - (x - mean) ** 2 / (2 * variance)).mean(dim=-1)"
                ),
                "mean-over-pixels",
            ),
            "nll": (gaussian("return -D.Normal(mean, math.sqrt(variance)).log_prob(x).sum(1)"), "wrong-sign"),
            "gaussian_nll_loss": (
                gaussian(
                    "return F.gaussian_nll_loss(mean, x, torch.full_like(x, variance), full=True, reduction='none').sum(1)"
                ),
                "wrong-sign",
            ),
            "stub": (gaussian("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body(
                    "gaussian_loglikelihood(x, mean, variance)",
                    "return D.Normal(mean, variance ** 0.5).log_prob(x).sum(1)",
                ),
                "no-such-name",
            ),
            "log of a float": (
                gaussian("return (-0.5 * torch.log(2 * math.pi * variance) - (x - mean) ** 2 / (2 * variance)).sum(1)"),
                "raised",
            ),
            "no sum": (gaussian("return D.Normal(mean, variance ** 0.5).log_prob(x)"), "wrong-shape"),
            "keepdim": (
                gaussian("return D.Normal(mean, variance ** 0.5).log_prob(x).sum(1, keepdim=True)"),
                "wrong-shape",
            ),
            "item": (gaussian("return D.Normal(mean, variance ** 0.5).log_prob(x).sum().item()"), "not-a-tensor"),
            "detach": (gaussian("return D.Normal(mean, variance ** 0.5).log_prob(x).sum(1).detach()"), "no-gradient"),
            "x -= mean": (
                gaussian(
                    "x -= mean\nreturn (-0.5 * math.log(2 * math.pi * variance) - x ** 2 / (2 * variance)).sum(1)"
                ),
                "mutates-input",
            ),
            "print": (gaussian("print(D.Normal(mean, variance ** 0.5).log_prob(x).sum(1))"), "returned-none"),
        },
        "unlisted": {
            "density, not log": gaussian("return D.Normal(mean, variance ** 0.5).log_prob(x).exp().prod(1)"),
            "no two pi": gaussian("return (-0.5 * math.log(variance) - (x - mean) ** 2 / (2 * variance)).sum(1)"),
            "no half at the log": gaussian(
                "return (-math.log(2 * math.pi * variance) - (x - mean) ** 2 / (2 * variance)).sum(1)"
            ),
            "no half in the exponent": gaussian(
                "return (-0.5 * math.log(2 * math.pi * variance) - (x - mean) ** 2 / variance).sum(1)"
            ),
            "absolute error": gaussian(
                "return (-0.5 * math.log(2 * math.pi * variance) - (x - mean).abs() / (2 * variance)).sum(1)"
            ),
            "variance of the residuals": gaussian(
                "v = ((x - mean) ** 2).mean()\nreturn (-0.5 * torch.log(2 * math.pi * v) - (x - mean) ** 2 / (2 * v)).sum(1)"
            ),
        },
    },
    "08-kldim": {
        "right": {
            "textbook": kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).mean(0)"),
            "distributions": kldim(
                "q = D.Normal(mu, torch.exp(0.5 * logvar))\np = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))\nreturn D.kl_divergence(q, p).mean(dim=0)"
            ),
            "loops": kldim(
                """
N, L = mu.shape
out = []
for l in range(L):
    total = 0.0
    for n in range(N):
        total = total + 0.5 * (mu[n, l] ** 2 + torch.exp(logvar[n, l]) - 1 - logvar[n, l])
    out.append(total / N)
return torch.stack(out)
"""
            ),
            "moments": kldim("return 0.5 * (mu.square().mean(0) + logvar.exp().mean(0) - 1 - logvar.mean(0))"),
            "einsum": kldim(
                "kl = 0.5 * (mu * mu + torch.expm1(logvar) - logvar)\nreturn torch.einsum('nl->l', kl) / len(kl)"
            ),
        },
        "wrong": {
            "mean(1)": (kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).mean(1)"), "mean-over-latent"),
            "mean(-1), distributions": (
                kldim(
                    "q = D.Normal(mu, torch.exp(0.5 * logvar))\nreturn D.kl_divergence(q, D.Normal(torch.zeros_like(mu), torch.ones_like(mu))).mean(-1)"
                ),
                "mean-over-latent",
            ),
            "sum(0)": (kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).sum(0)"), "summed-over-data"),
            "sum(dim=0)": (
                kldim("return 0.5 * torch.sum(mu.pow(2) + logvar.exp() - logvar - 1, dim=0)"),
                "summed-over-data",
            ),
            "sum(1).mean()": (
                kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).sum(1).mean()"),
                "one-number",
            ),
            "mean()": (kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).mean()"), "one-number"),
            "no half": (kldim("return -(1 + logvar - mu ** 2 - logvar.exp()).mean(0)"), "missing-half"),
            "averaged first": (
                kldim("m = mu.mean(0)\nl = logvar.mean(0)\nreturn -0.5 * (1 + l - m ** 2 - l.exp())"),
                "squared-mean",
            ),
            "averaged first, distributions": (
                kldim(
                    "q = D.Normal(mu.mean(0), torch.exp(0.5 * logvar.mean(0)))\nreturn D.kl_divergence(q, D.Normal(torch.zeros(mu.shape[1]), 1.0))"
                ),
                "squared-mean",
            ),
            "stub": (kldim("raise NotImplementedError()"), "not-attempted"),
            "other name": (body("kl_per_dim(mu, logvar)", "return (mu ** 2).mean(0)"), "no-such-name"),
            "a result instead": (HEAD + "kl_per_dimension = torch.zeros(2)\n", "not-a-function"),
            "typo": (kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).mean(axes=0)"), "raised"),
            "not averaged": (kldim("return -0.5 * (1 + logvar - mu ** 2 - logvar.exp())"), "wrong-shape"),
            "keepdim": (
                kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).mean(0, keepdim=True)"),
                "wrong-shape",
            ),
            "numpy": (
                kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).mean(0).detach().numpy()"),
                "not-a-tensor",
            ),
            "list of items": (
                kldim("kl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp())\nreturn [k.mean().item() for k in kl.T]"),
                "not-a-tensor",
            ),
            "no_grad": (
                kldim("with torch.no_grad():\n    return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).mean(0)"),
                "no-gradient",
            ),
            "exp_": (
                kldim("l = logvar.clone()\nvar = logvar.data.exp_()\nreturn 0.5 * (mu ** 2 + var - 1 - l).mean(0)"),
                "mutates-input",
            ),
            "print": (
                kldim(
                    "for l, k in enumerate((-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).mean(0)):\n    print(l, k.item())"
                ),
                "returned-none",
            ),
            "sampled": (
                kldim(
                    "std = torch.exp(0.5 * logvar)\nz = mu + std * torch.randn_like(std)\nreturn (D.Normal(mu, std).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).mean(0)"
                ),
                "random",
            ),
        },
        "unlisted": {
            "no exp": kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar)).mean(0)"),
            "logvar as log sigma": kldim("return (0.5 * (mu ** 2 + (2 * logvar).exp() - 1) - logvar).mean(0)"),
            "median": kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp())).median(0).values"),
            "aggregate": kldim(
                "m = mu.mean(0)\nv = mu.var(0, correction=0) + logvar.exp().mean(0)\nreturn 0.5 * (m ** 2 + v - 1 - v.log())"
            ),
            "first example": kldim("return (-0.5 * (1 + logvar - mu ** 2 - logvar.exp()))[0]"),
        },
    },
    "08-conditional": {
        "right": {
            "index": conditional(
                "m = prior_mu[labels]\nreturn -0.5 * (1 + logvar - (mu - m) ** 2 - logvar.exp()).sum(1)"
            ),
            "one-hot": conditional(
                "m = F.one_hot(labels, len(prior_mu)).float() @ prior_mu\nreturn 0.5 * ((mu - m).square() + logvar.exp() - 1 - logvar).sum(-1)"
            ),
            "distributions": conditional(
                "q = D.Normal(mu, torch.exp(0.5 * logvar))\np = D.Normal(prior_mu.index_select(0, labels), 1.0)\nreturn D.kl_divergence(q, p).sum(1)"
            ),
            "loops": conditional(
                """
out = []
for b in range(len(mu)):
    m = prior_mu[int(labels[b])]
    t = 0.0
    for l in range(mu.shape[1]):
        t = t + 0.5 * ((mu[b, l] - m[l]) ** 2 + torch.exp(logvar[b, l]) - 1 - logvar[b, l])
    out.append(t)
return torch.stack(out)
"""
            ),
            "multivariate": conditional(
                "L = mu.shape[1]\nq = D.MultivariateNormal(mu, torch.diag_embed(logvar.exp()))\np = D.MultivariateNormal(F.embedding(labels, prior_mu), torch.eye(L))\nreturn D.kl_divergence(q, p)"
            ),
            "class by class": conditional(
                "kl = torch.zeros(len(mu))\nfor c in range(len(prior_mu)):\n    t = 0.5 * ((mu - prior_mu[c]) ** 2 + torch.expm1(logvar) - logvar).sum(1)\n    kl = torch.where(labels == c, t, kl)\nreturn kl"
            ),
        },
        "wrong": {
            "plain kl": (
                conditional("return -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)"),
                "prior-mean-ignored",
            ),
            "plain kl, distributions": (
                conditional(
                    "q = D.Normal(mu, torch.exp(0.5 * logvar))\np = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))\nreturn D.kl_divergence(q, p).sum(1)"
                ),
                "prior-mean-ignored",
            ),
            "mean looked up, not used": (
                conditional("m = prior_mu[labels]\nreturn 0.5 * (mu ** 2 + logvar.exp() - 1 - logvar).sum(1)"),
                "prior-mean-ignored",
            ),
            "mu + m": (
                conditional("m = prior_mu[labels]\nreturn -0.5 * (1 + logvar - (mu + m) ** 2 - logvar.exp()).sum(1)"),
                "mean-added",
            ),
            "shifted the wrong way": (
                conditional(
                    "shifted = mu + prior_mu[labels]\nreturn 0.5 * (shifted ** 2 + logvar.exp() - 1 - logvar).sum(-1)"
                ),
                "mean-added",
            ),
            "mean over classes": (
                conditional(
                    "d = mu[:, None] - prior_mu[None]\nkl = 0.5 * (d ** 2 + logvar.exp()[:, None] - 1 - logvar[:, None]).sum(-1)\nreturn kl.mean(1)"
                ),
                "all-classes",
            ),
            "loop over classes": (
                conditional(
                    "total = 0\nfor m in prior_mu:\n    total = total - 0.5 * (1 + logvar - (mu - m) ** 2 - logvar.exp()).sum(1)\nreturn total / len(prior_mu)"
                ),
                "all-classes",
            ),
            "no half": (
                conditional("m = prior_mu[labels]\nreturn -(1 + logvar - (mu - m) ** 2 - logvar.exp()).sum(1)"),
                "missing-half",
            ),
            "class 0": (
                conditional("return -0.5 * (1 + logvar - (mu - prior_mu[0]) ** 2 - logvar.exp()).sum(1)"),
                "labels-ignored",
            ),
            "zeros as labels": (
                conditional(
                    "labels = torch.zeros_like(labels)\nreturn 0.5 * ((mu - prior_mu[labels]) ** 2 + logvar.exp() - 1 - logvar).sum(1)"
                ),
                "labels-ignored",
            ),
            "stub": (conditional("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("kl_conditional(mu, logvar, labels, prior_mu)", "return ((mu - prior_mu[labels]) ** 2).sum(1)"),
                "no-such-name",
            ),
            "labels not looked up": (
                conditional("return -0.5 * (1 + logvar - (mu - prior_mu) ** 2 - logvar.exp()).sum(1)"),
                "raised",
            ),
            "call, not index": (
                conditional("m = prior_mu(labels)\nreturn -0.5 * (1 + logvar - (mu - m) ** 2 - logvar.exp()).sum(1)"),
                "raised",
            ),
            "not summed": (
                conditional("return -0.5 * (1 + logvar - (mu - prior_mu[labels]) ** 2 - logvar.exp())"),
                "wrong-shape",
            ),
            "for every class": (
                conditional(
                    "d = mu[:, None] - prior_mu[None]\nreturn 0.5 * (d ** 2 + logvar.exp()[:, None] - 1 - logvar[:, None]).sum(-1)"
                ),
                "wrong-shape",
            ),
            "averaged": (
                conditional("return -0.5 * (1 + logvar - (mu - prior_mu[labels]) ** 2 - logvar.exp()).sum(1).mean()"),
                "wrong-shape",
            ),
            "detach": (
                conditional("return -0.5 * (1 + logvar - (mu - prior_mu[labels]) ** 2 - logvar.exp()).sum(1).detach()"),
                "no-gradient",
            ),
            "mu -= m": (
                conditional(
                    "mu.data -= prior_mu.detach()[labels]\nreturn -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)"
                ),
                "mutates-input",
            ),
            "item": (
                conditional("return -0.5 * (1 + logvar - (mu - prior_mu[labels]) ** 2 - logvar.exp()).sum().item()"),
                "not-a-tensor",
            ),
            "asks": (
                conditional(
                    "c = int(input('class? '))\nreturn -0.5 * (1 + logvar - (mu - prior_mu[c]) ** 2 - logvar.exp()).sum(1)"
                ),
                "asks-for-input",
            ),
        },
        "unlisted": {
            "squares subtracted": conditional(
                "m = prior_mu[labels]\nreturn 0.5 * (mu ** 2 - m ** 2 + logvar.exp() - 1 - logvar).sum(1)"
            ),
            "the mean prior": conditional(
                "m = prior_mu.mean(0)\nreturn 0.5 * ((mu - m) ** 2 + logvar.exp() - 1 - logvar).sum(1)"
            ),
            "labels from one": conditional(
                "return 0.5 * ((mu - prior_mu[labels - 1]) ** 2 + logvar.exp() - 1 - logvar).sum(1)"
            ),
            "mean over latents": conditional(
                "return 0.5 * ((mu - prior_mu[labels]) ** 2 + logvar.exp() - 1 - logvar).mean(1)"
            ),
            "distance not squared": conditional(
                "return 0.5 * ((mu - prior_mu[labels]).abs() + logvar.exp() - 1 - logvar).sum(1)"
            ),
            "swapped": conditional(
                "q = D.Normal(mu, torch.exp(0.5 * logvar))\np = D.Normal(prior_mu[labels], torch.ones_like(mu))\nreturn D.kl_divergence(p, q).sum(1)"
            ),
        },
    },
    "08-hiddenbeta": {
        "right": {
            "conditional expressions": hidden(
                "return kl_weight * (pixels if recon_mean else 1) / (latents if kl_mean else 1)"
            ),
            "steps": hidden(
                """
beta = float(kl_weight)
if recon_mean:
    beta *= pixels
if kl_mean:
    beta /= latents
return beta
"""
            ),
            "powers": hidden("return kl_weight * pixels ** int(recon_mean) * latents ** -int(kl_mean)"),
            "two weights": hidden(
                "weight_of_recon = 1 / pixels if recon_mean else 1.0\nweight_of_kl = kl_weight / latents if kl_mean else kl_weight\nreturn weight_of_kl / weight_of_recon"
            ),
            "by example": hidden(
                """
squares, kls = torch.ones(pixels), torch.ones(latents)
recon = squares.mean() if recon_mean else squares.sum()
kl = kls.mean() if kl_mean else kls.sum()
a = (recon / pixels).item()
b = (kl / latents).item() * kl_weight
return b / a
"""
            ),
        },
        "wrong": {
            "one over": (
                hidden("return (latents if kl_mean else 1) / (kl_weight * (pixels if recon_mean else 1))"),
                "inverted",
            ),
            "pixels below, latents above": (
                hidden("return kl_weight * (latents if kl_mean else 1) / (pixels if recon_mean else 1)"),
                "inverted",
            ),
            "weights the wrong way round": (
                hidden(
                    "a = 1 / pixels if recon_mean else 1.0\nb = kl_weight / latents if kl_mean else kl_weight\nreturn a / b"
                ),
                "inverted",
            ),
            "no pixels": (hidden("return kl_weight / (latents if kl_mean else 1)"), "pixels-forgotten"),
            "no pixels, steps": (
                hidden("beta = kl_weight\nif kl_mean:\n    beta = beta / latents\nreturn beta"),
                "pixels-forgotten",
            ),
            "times latents": (
                hidden("return kl_weight * (pixels if recon_mean else 1) * (latents if kl_mean else 1)"),
                "latents-multiplied",
            ),
            "*= latents": (
                hidden(
                    "beta = kl_weight\nif recon_mean:\n    beta *= pixels\nif kl_mean:\n    beta *= latents\nreturn beta"
                ),
                "latents-multiplied",
            ),
            "no latents": (hidden("return kl_weight * (pixels if recon_mean else 1)"), "latents-forgotten"),
            "no weight": (
                hidden("return (pixels if recon_mean else 1) / (latents if kl_mean else 1)"),
                "weight-ignored",
            ),
            "starts at one": (
                hidden("beta = 1.0\nif recon_mean:\n    beta *= pixels\nif kl_mean:\n    beta /= latents\nreturn beta"),
                "weight-ignored",
            ),
            "stub": (hidden("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body(
                    "hidden_beta(pixels, latents, recon_mean, kl_mean, kl_weight)",
                    "return kl_weight * pixels / latents",
                ),
                "no-such-name",
            ),
            "a number": ("effective_beta = 392.0\n", "not-a-function"),
            "size of an int": (
                hidden(
                    "beta = kl_weight * (pixels.shape[1] if recon_mean else 1)\nreturn beta / (latents if kl_mean else 1)"
                ),
                "raised",
            ),
            "one branch returns": (
                hidden("if recon_mean:\n    return kl_weight * pixels / (latents if kl_mean else 1)"),
                "returned-none",
            ),
            "print": (
                hidden("print(kl_weight * (pixels if recon_mean else 1) / (latents if kl_mean else 1))"),
                "returned-none",
            ),
            "text": (
                hidden("return f'{kl_weight * (pixels if recon_mean else 1) / (latents if kl_mean else 1):.2f}'"),
                "wrong-type",
            ),
            "exit": (hidden("if not recon_mean:\n    quit()\nreturn kl_weight * pixels"), "exits"),
            "asks": (hidden("return float(input('beta? '))"), "asks-for-input"),
            "always 392": (hidden("return 392.0"), "ignores-inputs"),
        },
        "unlisted": {
            "switches not read": hidden("return kl_weight * pixels / latents"),
            "switches exchanged": hidden(
                "return kl_weight * (pixels if kl_mean else 1) / (latents if recon_mean else 1)"
            ),
            "one switch for both": hidden(
                "return kl_weight * pixels / latents if recon_mean and kl_mean else kl_weight"
            ),
            "whole numbers": hidden(
                "return kl_weight * ((pixels if recon_mean else 1) // (latents if kl_mean else 1))"
            ),
            "half the pixels": hidden(
                "return kl_weight * (pixels / 2 if recon_mean else 1) / (latents if kl_mean else 1)"
            ),
            "not recon_mean": hidden("return kl_weight * (1 if recon_mean else pixels) / (latents if kl_mean else 1)"),
        },
    },
    "08-beta": {
        "right": {
            "two lines": report("objective = recon - beta * kl\nelbo = recon - kl\nreturn objective, elbo"),
            "tuple": report("return (recon - beta * kl, recon - kl)"),
            "elbo first": report("elbo = recon - kl\nreturn elbo - (beta - 1) * kl, elbo"),
            "loops": report(
                """
objective, elbo = [], []
for r, k in zip(recon, kl):
    objective.append(r - beta * k)
    elbo.append(r - k)
return torch.stack(objective), torch.stack(elbo)
"""
            ),
            "torch.sub": report("return torch.sub(recon, kl, alpha=beta), torch.sub(recon, kl)"),
            "einsum": report(
                "weights = torch.tensor([[1.0, -float(beta)], [1.0, -1.0]])\na, b = torch.einsum('ij,jb->ib', weights, torch.stack([recon, kl]))\nreturn a, b"
            ),
        },
        "wrong": {
            "as given": (
                report("objective = recon - beta * kl\nelbo = recon - beta * kl\nreturn objective, elbo"),
                "beta-in-elbo",
            ),
            "twice the same": (report("elbo = recon - beta * kl\nreturn elbo, elbo"), "beta-in-elbo"),
            "beta * recon": (report("return beta * recon - kl, recon - kl"), "beta-on-reconstruction"),
            "both added": (report("return recon + beta * kl, recon + kl"), "kl-added"),
            "elbo, objective": (report("return recon - kl, recon - beta * kl"), "order-swapped"),
            "names exchanged": (
                report("objective = recon - kl\nelbo = recon - beta * kl\nreturn objective, elbo"),
                "order-swapped",
            ),
            "divided": (
                report("objective = recon - beta * kl\nreturn objective, objective / beta"),
                "elbo-divided-by-beta",
            ),
            "stub": (report("raise NotImplementedError()"), "not-attempted"),
            "other name": (body("reports(recon, kl, beta)", "return recon - beta * kl, recon - kl"), "no-such-name"),
            "typo": (report("return recon - betta * kl, recon - kl"), "raised"),
            "print": (report("print('objective', recon - beta * kl, 'elbo', recon - kl)"), "returned-none"),
            "means": (report("return (recon - beta * kl).mean(), (recon - kl).mean()"), "wrong-shape"),
            "in place": (
                report("kl *= beta\nobjective = recon - kl\nreturn objective, recon - kl / beta"),
                "mutates-input",
            ),
            "items": (report("return (recon - beta * kl).mean().item(), (recon - kl).mean().item()"), "not-a-tensor"),
            "detach": (report("return (recon - beta * kl).detach(), (recon - kl).detach()"), "no-gradient"),
        },
        "unlisted": {
            "the loss": report("return -recon + beta * kl, recon - kl"),
            "reconstruction as elbo": report("return recon - beta * kl, recon"),
            "beta twice": report("return recon - beta ** 2 * kl, recon - kl"),
            "kl divided by beta": report("return recon - kl / beta, recon - kl"),
            "no beta": report("return recon - kl, recon - kl"),
        },
    },
}
