"""Student answers to the exercises of chapter 6, as a student would type them; written before, and apart from, what judges them."""

# ruff: noqa: E501  (what a student types in one line stays in one line)

from functools import partial

HEAD = "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import distributions as D\nfrom torch import nn\n"


def body(signature, text):
    """The source of one function with the course's usual imports above it."""
    return HEAD + f"def {signature}:\n" + "".join(f"    {line}\n" for line in text.strip("\n").splitlines())


sample = partial(body, "reparameterize(mu, logvar, generator)")
pathwise = partial(body, "pathwise_gradient(mu, logvar, eps)")
score = partial(body, "score_gradient(mu, logvar, z, f)")
codes = partial(body, "codes(mu, logvar, training, generator)")
single = partial(body, "single_sample_kl(mu, logvar, eps)")

ANSWERS = {
    "06-predict": {
        "right": {
            "integers": "z_and_std = (7, 3)\n",
            "floats": "z_and_std = 7.0, 3.0\n",
            "computed": HEAD + "std = math.sqrt(9)\nz_and_std = (1 + std * 2, std)\n",
            "computed with torch": HEAD
            + "std = torch.exp(0.5 * torch.tensor(9.0).log())\nz_and_std = (1 + 2 * std, std)\n",
            "exp of half": HEAD + "s = math.exp(math.log(9) / 2)\nz_and_std = (1 + s * 2, s)\n",
            "one tensor": HEAD + "z_and_std = torch.tensor([7.0, 3.0])\n",
        },
        "wrong": {
            "nine": ("z_and_std = (19, 9)\n", "variance-as-std"),
            "nine, computed": (
                HEAD + "std = math.exp(math.log(9))\nz_and_std = (1 + std * 2, std)\n",
                "variance-as-std",
            ),
            "log of nine": (HEAD + "z_and_std = (1 + 2 * math.log(9), math.log(9))\n", "logvar-as-std"),
            "log of nine, rounded": ("z_and_std = (5.3944, 2.1972)\n", "logvar-as-std"),
            "only mu": ("z_and_std = (1, 3)\n", "noise-ignored"),
            "ellipsis": ("z_and_std = ...\n", "not-attempted"),
            "other name": ("z_and_sigma = (7, 3)\n", "no-such-name"),
            "words": ("z_and_std = 'z is 7 and the std is 3'\n", "wrong-type"),
            "only z": ("z_and_std = 7\n", "wrong-shape"),
            "three numbers": ("z_and_std = (1, 3, 7)\n", "wrong-shape"),
            "nan": ("z_and_std = (7, float('nan'))\n", "not-finite"),
        },
        "unlisted": {
            "mu missing": "z_and_std = (6, 3)\n",
            "sigma not multiplied": "z_and_std = (3, 3)\n",
            "right z, variance": "z_and_std = (7, 9)\n",
            "half of nine": "z_and_std = (10, 4.5)\n",
            "minus": "z_and_std = (-5, 3)\n",
        },
    },
    "06-sample": {
        "right": {
            "textbook": sample(
                "std = torch.exp(0.5 * logvar)\neps = torch.randn(mu.shape, generator=generator)\nreturn mu + std * eps"
            ),
            "normal_": sample(
                "eps = torch.empty_like(mu).normal_(generator=generator)\nreturn torch.addcmul(mu, eps, (logvar / 2).exp())"
            ),
            "torch.normal for the noise": sample(
                "B, L = mu.shape\neps = torch.normal(0.0, 1.0, size=(B, L), generator=generator)\nsigma = torch.sqrt(torch.exp(logvar))\nreturn mu + sigma * eps"
            ),
            "loops": sample(
                """
rows = []
for m, l in zip(mu, logvar):
    row = []
    for a, b in zip(m, l):
        row.append(a + torch.exp(b / 2) * torch.randn((), generator=generator))
    rows.append(torch.stack(row))
return torch.stack(rows)
"""
            ),
            "einsum": sample(
                "e = torch.randn(*mu.size(), generator=generator, dtype=mu.dtype)\nreturn mu + torch.einsum('bl,bl->bl', logvar.mul(0.5).exp(), e)"
            ),
            "matrix": sample(
                "scale_tril = torch.diag_embed(torch.exp(logvar / 2))\neps = torch.randn(mu.shape, generator=generator)\nreturn mu + (scale_tril @ eps.unsqueeze(-1)).squeeze(-1)"
            ),
            "quantiles": sample(
                "u = torch.rand(mu.shape, generator=generator).clamp(1e-6, 1 - 1e-6)\neps = D.Normal(0.0, 1.0).icdf(u)\nreturn mu + torch.exp(0.5 * logvar) * eps"
            ),
            "transposed noise, minus": sample(
                "eps = torch.randn(mu.shape[1], mu.shape[0], generator=generator).T\nreturn mu - torch.exp(0.5 * logvar) * eps"
            ),
        },
        "wrong": {
            "exp(logvar)": (
                sample(
                    "std = torch.exp(logvar)\neps = torch.randn(mu.shape, generator=generator)\nreturn mu + std * eps"
                ),
                "variance-as-std",
            ),
            "var * eps": (
                sample("var = logvar.exp()\nreturn mu + var * torch.randn(mu.shape, generator=generator)"),
                "variance-as-std",
            ),
            "logvar * eps": (
                sample("eps = torch.randn(mu.shape, generator=generator)\nreturn mu + logvar * eps"),
                "logvar-as-std",
            ),
            "std = logvar": (
                sample("std = logvar\nreturn torch.randn(mu.shape, generator=generator) * std + mu"),
                "logvar-as-std",
            ),
            "only mu": (sample("return mu"), "noise-ignored"),
            "mu + std": (sample("return mu + torch.exp(0.5 * logvar)"), "noise-ignored"),
            "eps drawn and forgotten": (
                sample(
                    "std = torch.exp(0.5 * logvar)\neps = torch.randn(mu.shape, generator=generator)\nz = mu + std\nreturn z"
                ),
                "noise-ignored",
            ),
            "one row": (
                sample(
                    "eps = torch.randn(mu.shape[1], generator=generator)\nreturn mu + torch.exp(0.5 * logvar) * eps"
                ),
                "one-noise-for-batch",
            ),
            "one row, expanded": (
                sample(
                    "eps = torch.randn(1, mu.shape[1], generator=generator).expand_as(mu)\nreturn mu + (logvar / 2).exp() * eps"
                ),
                "one-noise-for-batch",
            ),
            "one column": (
                sample("eps = torch.randn(len(mu), 1, generator=generator)\nreturn mu + torch.exp(0.5 * logvar) * eps"),
                "one-noise-per-example",
            ),
            "loop over examples": (
                sample(
                    "z = []\nfor m, l in zip(mu, logvar):\n    z.append(m + torch.exp(l / 2) * torch.randn(1, generator=generator))\nreturn torch.stack(z)"
                ),
                "one-noise-per-example",
            ),
            "rand": (
                sample("eps = torch.rand(mu.shape, generator=generator)\nreturn mu + torch.exp(0.5 * logvar) * eps"),
                "uniform-noise",
            ),
            "uniform_": (
                sample(
                    "eps = torch.empty(mu.shape).uniform_(0, 1, generator=generator)\nstd = torch.exp(0.5 * logvar)\nreturn eps.mul(std).add(mu)"
                ),
                "uniform-noise",
            ),
            "torch.normal(mu, std)": (
                sample("return torch.normal(mu, torch.exp(0.5 * logvar), generator=generator)"),
                "gradient-cut",
            ),
            "no_grad": (
                sample(
                    "with torch.no_grad():\n    eps = torch.randn(mu.shape, generator=generator)\n    return mu + torch.exp(0.5 * logvar) * eps"
                ),
                "gradient-cut",
            ),
            "detach": (
                sample(
                    "eps = torch.randn(mu.shape, generator=generator)\nz = mu + torch.exp(0.5 * logvar) * eps\nreturn z.detach()"
                ),
                "gradient-cut",
            ),
            "sample()": (
                sample("q = D.Normal(mu, torch.exp(0.5 * logvar))\nreturn q.sample()"),
                "gradient-cut",
            ),
            "randn_like": (
                sample("eps = torch.randn_like(mu)\nreturn mu + torch.exp(0.5 * logvar) * eps"),
                "generator-ignored",
            ),
            "rsample": (
                sample("return D.Normal(mu, torch.exp(0.5 * logvar)).rsample()"),
                "generator-ignored",
            ),
            "randn without generator": (
                sample("std = torch.exp(logvar / 2)\nreturn mu + std * torch.randn(mu.shape)"),
                "generator-ignored",
            ),
            "own generator": (
                sample(
                    "g = torch.Generator().manual_seed(0)\nreturn mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=g)"
                ),
                "generator-ignored",
            ),
            "no mu": (
                sample("return torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)"),
                "mu-missing",
            ),
            "stub": (sample("raise NotImplementedError()"), "not-attempted"),
            "ellipsis": (sample("..."), "not-attempted"),
            "the other spelling": (
                body(
                    "reparametrize(mu, logvar, generator)",
                    "eps = torch.randn(mu.shape, generator=generator)\nreturn mu + torch.exp(0.5 * logvar) * eps",
                ),
                "no-such-name",
            ),
            "typo": (
                sample("std = torch.exp(0.5 * log_var)\nreturn mu + std * torch.randn(mu.shape, generator=generator)"),
                "raised",
            ),
            "randn_like with generator": (
                sample(
                    "eps = torch.randn_like(mu.shape, generator=generator)\nreturn mu + torch.exp(0.5 * logvar) * eps"
                ),
                "raised",
            ),
            "print": (
                sample("z = mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)\nprint(z)"),
                "returned-none",
            ),
            "a sample more": (
                sample(
                    "eps = torch.randn(1, *mu.shape, generator=generator)\nreturn mu + torch.exp(0.5 * logvar) * eps"
                ),
                "wrong-shape",
            ),
            "in place": (
                sample(
                    "std = logvar.data.mul_(0.5).exp_()\nreturn mu + std * torch.randn(mu.shape, generator=generator)"
                ),
                "mutates-input",
            ),
            "numpy": (
                sample(
                    "eps = torch.randn(mu.shape, generator=generator)\nz = mu + torch.exp(0.5 * logvar) * eps\nreturn z.detach().numpy()"
                ),
                "not-a-tensor",
            ),
            "exit": (sample("import sys\nsys.exit(0)"), "exits"),
        },
        "unlisted": {
            "sigma ignored": sample("return mu + torch.randn(mu.shape, generator=generator)"),
            "softplus": sample("return mu + F.softplus(logvar) * torch.randn(mu.shape, generator=generator)"),
            "exp(2 logvar)": sample(
                "std = torch.exp(2 * logvar)\nreturn mu + std * torch.randn(mu.shape, generator=generator)"
            ),
            "noise without sign": sample(
                "eps = torch.randn(mu.shape, generator=generator).abs()\nreturn mu + torch.exp(0.5 * logvar) * eps"
            ),
            "mu scaled too": sample(
                "std = torch.exp(0.5 * logvar)\nreturn (mu + torch.randn(mu.shape, generator=generator)) * std"
            ),
            "mean of ten": sample(
                "eps = torch.randn(10, *mu.shape, generator=generator).mean(0)\nreturn mu + torch.exp(0.5 * logvar) * eps"
            ),
        },
    },
    "06-pathwise": {
        "right": {
            "by hand": pathwise("z = mu + torch.exp(0.5 * logvar) * eps\nreturn (2 * z).mean(0)"),
            "autograd": pathwise(
                """
m = mu.detach().clone().requires_grad_(True)
z = m + torch.exp(0.5 * logvar.detach()) * eps
loss = (z ** 2).sum(dim=1).mean()
loss.backward()
return m.grad
"""
            ),
            "autograd.grad": pathwise(
                "m = mu.clone().requires_grad_()\nf = (m + (logvar / 2).exp() * eps).square().sum(-1).mean()\n(g,) = torch.autograd.grad(f, m)\nreturn g"
            ),
            "loops": pathwise(
                """
total = torch.zeros_like(mu)
for e in eps:
    z = mu + torch.exp(logvar / 2) * e
    total = total + 2 * z
return total / len(eps)
"""
            ),
            "torch.func": pathwise(
                "def f(m, e):\n    return ((m + torch.exp(0.5 * logvar) * e) ** 2).sum()\nreturn torch.func.vmap(torch.func.grad(f), (None, 0))(mu, eps).mean(0)"
            ),
            "mean of the noise": pathwise("return 2 * mu + 2 * torch.exp(0.5 * logvar) * eps.mean(dim=0)"),
            "einsum": pathwise(
                "K = eps.shape[0]\nreturn 2 * mu + torch.einsum('kl,l->l', eps, logvar.mul(0.5).exp()) * (2 / K)"
            ),
        },
        "wrong": {
            "2 mu": (pathwise("return 2 * mu"), "gradient-at-mean"),
            "exact expectation": (
                pathwise(
                    "m = mu.detach().clone().requires_grad_(True)\nexpected = (m ** 2 + torch.exp(logvar)).sum()\nreturn torch.autograd.grad(expected, m)[0]"
                ),
                "gradient-at-mean",
            ),
            "sum(0)": (pathwise("z = mu + torch.exp(0.5 * logvar) * eps\nreturn (2 * z).sum(0)"), "sum-not-mean"),
            "backward of the sum": (
                pathwise(
                    "m = mu.detach().clone().requires_grad_(True)\nz = m + torch.exp(0.5 * logvar.detach()) * eps\n(z ** 2).sum().backward()\nreturn m.grad"
                ),
                "sum-not-mean",
            ),
            "z": (pathwise("z = mu + torch.exp(0.5 * logvar) * eps\nreturn z.mean(0)"), "missing-two"),
            "exp(logvar)": (pathwise("z = mu + torch.exp(logvar) * eps\nreturn 2 * z.mean(0)"), "variance-as-std"),
            "var": (
                pathwise(
                    "m = mu.detach().clone().requires_grad_(True)\nvar = logvar.exp()\nf = ((m + var * eps) ** 2).sum(1).mean()\nreturn torch.autograd.grad(f, m)[0]"
                ),
                "variance-as-std",
            ),
            "for logvar, by hand": (
                pathwise("std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nreturn (2 * z * eps * std / 2).mean(0)"),
                "logvar-gradient",
            ),
            "for logvar, autograd": (
                pathwise(
                    "l = logvar.detach().clone().requires_grad_(True)\nz = mu.detach() + torch.exp(0.5 * l) * eps\n(z ** 2).sum(1).mean().backward()\nreturn l.grad"
                ),
                "logvar-gradient",
            ),
            "stub": (pathwise("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("pathwise_grad(mu, logvar, eps)", "return 2 * (mu + torch.exp(0.5 * logvar) * eps).mean(0)"),
                "no-such-name",
            ),
            "a number": (HEAD + "pathwise_gradient = 2.0\n", "not-a-function"),
            "grad of no leaf": (
                pathwise(
                    "m = mu.detach()\nz = m + torch.exp(0.5 * logvar.detach()) * eps\n(z ** 2).sum(1).mean().backward()\nreturn m.grad"
                ),
                "raised",
            ),
            "backward only": (
                pathwise(
                    "m = mu.detach().clone().requires_grad_(True)\nz = m + torch.exp(0.5 * logvar.detach()) * eps\n(z ** 2).sum(1).mean().backward()\nprint(m.grad)"
                ),
                "returned-none",
            ),
            "one number": (pathwise("z = mu + torch.exp(0.5 * logvar) * eps\nreturn (2 * z).mean()"), "wrong-shape"),
            "not averaged": (pathwise("return 2 * (mu + torch.exp(0.5 * logvar) * eps)"), "wrong-shape"),
            "list": (pathwise("return (2 * (mu + torch.exp(0.5 * logvar) * eps)).mean(0).tolist()"), "not-a-tensor"),
            "own noise": (
                pathwise("eps = torch.randn_like(eps)\nreturn 2 * (mu + torch.exp(0.5 * logvar) * eps).mean(0)"),
                "random",
            ),
            "in place": (
                pathwise("eps *= torch.exp(0.5 * logvar)\neps += mu\nreturn 2 * eps.mean(0)"),
                "mutates-input",
            ),
            "zeros": (pathwise("return torch.zeros_like(mu)"), "ignores-inputs"),
        },
        "unlisted": {
            "logvar as std": pathwise("z = mu + logvar * eps\nreturn 2 * z.mean(0)"),
            "score estimate": pathwise(
                "std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nf = (z ** 2).sum(1, keepdim=True)\nreturn (f * eps / std).mean(0)"
            ),
            "for sigma": pathwise("z = mu + torch.exp(0.5 * logvar) * eps\nreturn (2 * z * eps).mean(0)"),
            "the value, not the slope": pathwise("z = mu + torch.exp(0.5 * logvar) * eps\nreturn (z ** 2).mean(0)"),
            "mean over latents too": pathwise(
                "m = mu.detach().clone().requires_grad_(True)\nz = m + torch.exp(0.5 * logvar.detach()) * eps\n(z ** 2).mean().backward()\nreturn m.grad"
            ),
        },
    },
    "06-score": {
        "right": {
            "by hand": score("return (f[:, None] * (z - mu) / logvar.exp()).mean(0)"),
            "autograd of log_prob": score(
                """
m = mu.detach().clone().requires_grad_(True)
log_q = D.Normal(m, torch.exp(0.5 * logvar.detach())).log_prob(z).sum(1)
surrogate = (f * log_q).mean()
return torch.autograd.grad(surrogate, m)[0]
"""
            ),
            "loops": score(
                """
out = torch.zeros_like(mu)
for k in range(len(z)):
    for l in range(len(mu)):
        out[l] = out[l] + f[k] * (z[k, l] - mu[l]) / torch.exp(logvar[l])
return out / len(z)
"""
            ),
            "einsum": score("return torch.einsum('k,kl->l', f, (z - mu) * torch.exp(-logvar)) / f.numel()"),
            "matmul": score("sigma = torch.exp(logvar / 2)\nreturn f @ ((z - mu) / sigma ** 2) / z.shape[0]"),
            "through eps": score(
                "sigma = torch.exp(0.5 * logvar)\neps = (z - mu) / sigma\nreturn (eps * f.unsqueeze(1)).mean(dim=0) / sigma"
            ),
        },
        "wrong": {
            "over sigma": (
                score("sigma = torch.exp(0.5 * logvar)\nreturn (f[:, None] * (z - mu) / sigma).mean(0)"),
                "sigma-not-variance",
            ),
            "eps f": (
                score("eps = (z - mu) / torch.exp(logvar / 2)\nreturn torch.einsum('k,kl->l', f, eps) / len(f)"),
                "sigma-not-variance",
            ),
            "no f": (score("return ((z - mu) / logvar.exp()).mean(0)"), "f-missing"),
            "no f, autograd": (
                score(
                    "m = mu.detach().clone().requires_grad_(True)\nD.Normal(m, torch.exp(0.5 * logvar.detach())).log_prob(z).sum(1).mean().backward()\nreturn m.grad"
                ),
                "f-missing",
            ),
            "sum(0)": (score("return (f[:, None] * (z - mu) / logvar.exp()).sum(0)"), "sum-not-mean"),
            "f @": (score("return f @ ((z - mu) / logvar.exp())"), "sum-not-mean"),
            "mu - z": (score("return (f[:, None] * (mu - z) / logvar.exp()).mean(0)"), "wrong-sign"),
            "minus": (score("return -(f.view(-1, 1) * (z - mu) / torch.exp(logvar)).mean(0)"), "wrong-sign"),
            "no division": (score("return (f[:, None] * (z - mu)).mean(0)"), "not-divided"),
            "stub": (score("raise NotImplementedError"), "not-attempted"),
            "other name": (
                body("score_grad(mu, logvar, z, f)", "return (f[:, None] * (z - mu) / logvar.exp()).mean(0)"),
                "no-such-name",
            ),
            "f not broadcast": (score("return (f * (z - mu) / logvar.exp()).mean(0)"), "raised"),
            "keepdim": (score("return (f[:, None] * (z - mu) / logvar.exp()).mean(0, keepdim=True)"), "wrong-shape"),
            "no reduction": (score("return f[:, None] * (z - mu) / logvar.exp()"), "wrong-shape"),
            "item": (score("return (f[:, None] * (z - mu) / logvar.exp()).mean().item()"), "not-a-tensor"),
            "z -= mu": (score("z -= mu\nreturn (f[:, None] * z / logvar.exp()).mean(0)"), "mutates-input"),
            "print": (score("print((f[:, None] * (z - mu) / logvar.exp()).mean(0))"), "returned-none"),
            "input": (
                score("k = int(input('how many samples? '))\nreturn f @ ((z - mu) / logvar.exp()) / k"),
                "asks-for-input",
            ),
        },
        "unlisted": {
            "over logvar": score("return (f[:, None] * (z - mu) / logvar).mean(0)"),
            "times variance": score("return (f[:, None] * (z - mu) * logvar.exp()).mean(0)"),
            "product of means": score("return f.mean() * ((z - mu) / logvar.exp()).mean(0)"),
            "with its own baseline": score("return ((f - f.mean())[:, None] * (z - mu) / logvar.exp()).mean(0)"),
            "absolute distance": score("return (f[:, None] * (z - mu).abs() / logvar.exp()).mean(0)"),
            "for logvar": score("return (f[:, None] * 0.5 * ((z - mu) ** 2 / logvar.exp() - 1)).mean(0)"),
        },
    },
    "06-codes": {
        "right": {
            "if": codes(
                "if training:\n    eps = torch.randn(mu.shape, generator=generator)\n    return mu + torch.exp(0.5 * logvar) * eps\nreturn mu"
            ),
            "if not": codes(
                "if not training:\n    return mu\nstd = torch.sqrt(logvar.exp())\nreturn mu + std * torch.empty_like(mu).normal_(generator=generator)"
            ),
            "times training": codes(
                "eps = torch.randn(mu.shape, generator=generator)\nreturn mu + float(training) * torch.exp(0.5 * logvar) * eps"
            ),
            "conditional expression": codes(
                "draw = lambda: torch.addcmul(mu, (logvar / 2).exp(), torch.randn(*mu.shape, generator=generator))\nreturn draw() if training else mu.clone()"
            ),
            "loops": codes(
                """
z = torch.zeros(mu.shape)
for b in range(mu.shape[0]):
    for l in range(mu.shape[1]):
        z[b, l] = mu[b, l]
        if training:
            z[b, l] = z[b, l] + torch.exp(logvar[b, l] / 2) * torch.randn(1, generator=generator)[0]
return z
"""
            ),
        },
        "wrong": {
            "as given": (
                codes(
                    "std = torch.exp(0.5 * logvar)\nif training:\n    return mu + std * torch.randn(mu.shape, generator=generator)\nreturn mu + std"
                ),
                "mu-plus-sigma",
            ),
            "eps of ones": (
                codes(
                    "std = torch.exp(0.5 * logvar)\neps = torch.randn(mu.shape, generator=generator) if training else torch.ones_like(mu)\nreturn mu + std * eps"
                ),
                "mu-plus-sigma",
            ),
            "always samples": (
                codes("return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)"),
                "samples-in-evaluation",
            ),
            "both branches sample": (
                codes(
                    "eps = torch.randn(mu.shape, generator=generator)\nif training:\n    z = mu + torch.exp(0.5 * logvar) * eps\nelse:\n    z = mu + torch.exp(logvar / 2) * eps\nreturn z"
                ),
                "samples-in-evaluation",
            ),
            "mu": (codes("return mu"), "never-samples"),
            "sample thrown away": (
                codes(
                    "if training:\n    z = mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)\nz = mu\nreturn z"
                ),
                "never-samples",
            ),
            "not training": (
                codes(
                    "if not training:\n    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)\nreturn mu"
                ),
                "modes-swapped",
            ),
            "if training: mu": (
                codes(
                    "if training:\n    return mu\nelse:\n    std = torch.exp(0.5 * logvar)\n    return mu + std * torch.randn(mu.shape, generator=generator)"
                ),
                "modes-swapped",
            ),
            "exp(logvar)": (
                codes(
                    "if training:\n    return mu + logvar.exp() * torch.randn(mu.shape, generator=generator)\nreturn mu"
                ),
                "variance-as-std",
            ),
            "stub": (codes("raise NotImplementedError()"), "not-attempted"),
            "other name": (body("code(mu, logvar, training, generator)", "return mu"), "no-such-name"),
            "evaluation forgotten": (
                codes(
                    "if training:\n    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)"
                ),
                "returned-none",
            ),
            "self.training": (
                codes(
                    "if self.training:\n    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)\nreturn mu"
                ),
                "raised",
            ),
            "three dimensions": (
                codes(
                    "if training:\n    return (mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator))[None]\nreturn mu[None]"
                ),
                "wrong-shape",
            ),
            "in place": (
                codes(
                    "if training:\n    mu.data.add_(torch.exp(0.5 * logvar.data) * torch.randn(mu.shape, generator=generator))\nreturn mu"
                ),
                "mutates-input",
            ),
        },
        "unlisted": {
            "zero for evaluation": codes(
                "if training:\n    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)\nreturn torch.zeros_like(mu)"
            ),
            "mean of the batch": codes(
                "if training:\n    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)\nreturn mu.mean(0).expand_as(mu)"
            ),
            "logvar as std": codes(
                "if training:\n    return mu + logvar * torch.randn(mu.shape, generator=generator)\nreturn mu"
            ),
            "mu - sigma": codes(
                "std = torch.exp(0.5 * logvar)\nif training:\n    return mu + std * torch.randn(mu.shape, generator=generator)\nreturn mu - std"
            ),
            "mu missing in training": codes(
                "if training:\n    return torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)\nreturn mu"
            ),
        },
    },
    "06-single": {
        "right": {
            "distributions": single(
                """
std = torch.exp(0.5 * logvar)
z = mu + std * eps
log_q = D.Normal(mu, std).log_prob(z).sum(1)
log_p = D.Normal(0.0, 1.0).log_prob(z).sum(1)
return log_q - log_p
"""
            ),
            "short": single(
                "z = mu + torch.exp(0.5 * logvar) * eps\nreturn 0.5 * (z ** 2 - eps ** 2 - logvar).sum(-1)"
            ),
            "by hand": single(
                """
z = mu + torch.exp(logvar / 2) * eps
log_q = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / logvar.exp())
log_p = -0.5 * (math.log(2 * math.pi) + z ** 2)
return (log_q - log_p).sum(dim=1)
"""
            ),
            "independent": single(
                "q = D.Independent(D.Normal(mu, (0.5 * logvar).exp()), 1)\np = D.Independent(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)\nz = q.base_dist.loc + q.base_dist.scale * eps\nreturn q.log_prob(z) - p.log_prob(z)"
            ),
            "loops": single(
                """
out = []
for m, l, e in zip(mu, logvar, eps):
    t = 0.0
    for a, b, c in zip(m, l, e):
        z = a + torch.exp(b / 2) * c
        t = t + z * z / 2 - c * c / 2 - b / 2
    out.append(t)
return torch.stack(out)
"""
            ),
            "multivariate": single(
                "q = D.MultivariateNormal(mu, torch.diag_embed(logvar.exp()))\nz = mu + torch.exp(0.5 * logvar) * eps\nL = mu.shape[1]\nreturn q.log_prob(z) - D.MultivariateNormal(torch.zeros(L), torch.eye(L)).log_prob(z)"
            ),
        },
        "wrong": {
            "abs": (
                single(
                    "z = mu + torch.exp(0.5 * logvar) * eps\nreturn (0.5 * (z ** 2 - eps ** 2 - logvar)).sum(-1).abs()"
                ),
                "absolute-value",
            ),
            "abs, distributions": (
                single(
                    "std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nd = D.Normal(mu, std).log_prob(z).sum(1) - D.Normal(0.0, 1.0).log_prob(z).sum(1)\nreturn torch.abs(d)"
                ),
                "absolute-value",
            ),
            "relu": (
                single(
                    "z = mu + torch.exp(0.5 * logvar) * eps\nreturn F.relu(0.5 * (z ** 2 - eps ** 2 - logvar).sum(-1))"
                ),
                "clamped-at-zero",
            ),
            "clamp": (
                single(
                    "std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nd = D.Normal(mu, std).log_prob(z).sum(1) - D.Normal(0.0, 1.0).log_prob(z).sum(1)\nreturn d.clamp(min=0)"
                ),
                "clamped-at-zero",
            ),
            "closed form": (
                single("return -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)"),
                "closed-form-instead",
            ),
            "kl_divergence": (
                single(
                    "q = D.Normal(mu, torch.exp(0.5 * logvar))\np = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))\nreturn D.kl_divergence(q, p).sum(1)"
                ),
                "closed-form-instead",
            ),
            "log p - log q": (
                single(
                    "std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nreturn (D.Normal(0.0, 1.0).log_prob(z) - D.Normal(mu, std).log_prob(z)).sum(1)"
                ),
                "wrong-sign",
            ),
            "mean(1)": (
                single("z = mu + torch.exp(0.5 * logvar) * eps\nreturn 0.5 * (z ** 2 - eps ** 2 - logvar).mean(1)"),
                "mean-over-latent",
            ),
            "mean(-1), distributions": (
                single(
                    "std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nreturn D.Normal(mu, std).log_prob(z).mean(-1) - D.Normal(0.0, 1.0).log_prob(z).mean(-1)"
                ),
                "mean-over-latent",
            ),
            "log q at mu": (
                single(
                    "std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nreturn (D.Normal(mu, std).log_prob(mu) - D.Normal(0.0, 1.0).log_prob(z)).sum(1)"
                ),
                "logq-at-mean",
            ),
            "both at mu": (
                single(
                    "q = D.Normal(mu, torch.exp(0.5 * logvar))\np = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))\nreturn (q.log_prob(mu) - p.log_prob(mu)).sum(1)"
                ),
                "logq-at-mean",
            ),
            "stub": (single("raise NotImplementedError()"), "not-attempted"),
            "other name": (body("single_kl(mu, logvar, eps)", "return 0.5 * (mu ** 2).sum(1)"), "no-such-name"),
            "tensor as a function": (HEAD + "single_sample_kl = torch.tensor(0.0)\n", "not-a-function"),
            "Normal(mu, logvar)": (
                single(
                    "z = mu + logvar * eps\nreturn (D.Normal(mu, logvar).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(1)"
                ),
                "raised",
            ),
            "no sum": (
                single("z = mu + torch.exp(0.5 * logvar) * eps\nreturn 0.5 * (z ** 2 - eps ** 2 - logvar)"),
                "wrong-shape",
            ),
            "keepdim": (
                single(
                    "z = mu + torch.exp(0.5 * logvar) * eps\nreturn 0.5 * (z ** 2 - eps ** 2 - logvar).sum(1, keepdim=True)"
                ),
                "wrong-shape",
            ),
            "sum of all": (
                single("z = mu + torch.exp(0.5 * logvar) * eps\nreturn 0.5 * (z ** 2 - eps ** 2 - logvar).sum()"),
                "wrong-shape",
            ),
            "detach": (
                single(
                    "z = mu + torch.exp(0.5 * logvar) * eps\nreturn 0.5 * (z ** 2 - eps ** 2 - logvar).sum(1).detach()"
                ),
                "no-gradient",
            ),
            "tensor of items": (
                single(
                    "z = mu + torch.exp(0.5 * logvar) * eps\nd = 0.5 * (z ** 2 - eps ** 2 - logvar)\nreturn torch.tensor([row.sum().item() for row in d])"
                ),
                "no-gradient",
            ),
            "own noise": (
                single(
                    "std = torch.exp(0.5 * logvar)\nz = D.Normal(mu, std).rsample()\nreturn (D.Normal(mu, std).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(1)"
                ),
                "random",
            ),
            "in place": (
                single(
                    "eps.mul_(torch.exp(0.5 * logvar.detach())).add_(mu.detach())\nstd = torch.exp(0.5 * logvar)\nreturn (D.Normal(mu, std).log_prob(eps) - D.Normal(0.0, 1.0).log_prob(eps)).sum(1)"
                ),
                "mutates-input",
            ),
            "print": (
                single("z = mu + torch.exp(0.5 * logvar) * eps\nprint(0.5 * (z ** 2 - eps ** 2 - logvar).sum(1))"),
                "returned-none",
            ),
        },
        "unlisted": {
            "variance as std": single(
                "std = torch.exp(logvar)\nz = mu + std * eps\nreturn (D.Normal(mu, std).log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(1)"
            ),
            "prior at eps": single(
                "std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nreturn (D.Normal(mu, std).log_prob(z) - D.Normal(0.0, 1.0).log_prob(eps)).sum(1)"
            ),
            "logvar forgotten": single(
                "z = mu + torch.exp(0.5 * logvar) * eps\nreturn 0.5 * (z ** 2 - eps ** 2).sum(1)"
            ),
            "no half at logvar": single(
                "z = mu + torch.exp(0.5 * logvar) * eps\nreturn (0.5 * z ** 2 - 0.5 * eps ** 2 - logvar).sum(1)"
            ),
            "only log q": single(
                "std = torch.exp(0.5 * logvar)\nreturn D.Normal(mu, std).log_prob(mu + std * eps).sum(1)"
            ),
            "ratio of densities": single(
                "std = torch.exp(0.5 * logvar)\nz = mu + std * eps\nreturn (D.Normal(mu, std).log_prob(z).exp() / D.Normal(0.0, 1.0).log_prob(z).exp()).sum(1)"
            ),
        },
    },
}
