"""Student answers to the exercises of chapter 10, as a student would type them; written before, and apart from, what judges them."""

# ruff: noqa: E501  (what a student types in one line stays in one line)

from functools import partial

HEAD = "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import distributions as D\nfrom torch import nn\n"


def body(signature, text):
    """The source of one function with the course's usual imports above it."""
    return HEAD + f"def {signature}:\n" + "".join(f"    {line}\n" for line in text.strip("\n").splitlines())


diffuse = partial(body, "diffuse(x0, t, betas, eps)")
posterior = partial(body, "reverse_posterior(x0, xt, t, betas)")
elbo = partial(body, "diffusion_elbo(log_likelihood, kls, kl_prior)")
told = partial(body, "told_apart(x, mean, logvar)")

# One student's posterior and one student's sampler, with the lines in which others of the class differ left open.
POSTERIOR = """
alphas = 1 - betas
bar = torch.cumprod(alphas, 0)
beta_t, alpha_t = betas[{i}], alphas[{i}]
bar_t, bar_s = bar[{i}], bar[{i} - 1]
weight_x0 = torch.sqrt(bar_s) * beta_t / (1 - bar_t)
weight_xt = torch.sqrt(alpha_t) * (1 - bar_s) / (1 - bar_t)
mean = {mean}
variance = {variance}
return mean, variance
"""

SAMPLER = """
x = x_T
T = len(variances)
for t in {steps}:
    x = {mean}
    if {noisy}:
        x = x + {std} * {noise}
return x
"""


def bayes(**lines):
    """The student's posterior with some of its lines written otherwise."""
    written = {
        "i": "t - 1",
        "mean": "weight_x0 * x0 + weight_xt * xt",
        "variance": "beta_t * (1 - bar_s) / (1 - bar_t)",
    }
    return posterior(POSTERIOR.format(**(written | lines)))


def sampler(**lines):
    """The student's sampler with some of its lines written otherwise."""
    written = {
        "steps": "range(T, 0, -1)",
        "mean": "mean(x, t)",
        "noisy": "t > 1",
        "std": "torch.sqrt(variances[t - 1])",
        "noise": "torch.randn(x.shape, generator=generator)",
    }
    return sample(SAMPLER.format(**(written | lines)))


sample = partial(body, "reverse_sample(mean, variances, x_T, generator)")

ANSWERS = {
    "10-predict": {
        "right": {
            "numbers": "mean_and_variance = (0.8, 0.84)\n",
            "computed": "import math\nbar = (1 - 0.36) * (1 - 0.75)\nmean_and_variance = (2 * math.sqrt(bar), 1 - bar)\n",
            "step by step": "m, v = 2.0, 0.0\nfor b in (0.36, 0.75):\n    m = (1 - b) ** 0.5 * m\n    v = (1 - b) * v + b\nmean_and_variance = (m, v)\n",
            "torch": HEAD
            + "bar = torch.cumprod(1 - torch.tensor([0.36, 0.75]), 0)[-1]\nmean_and_variance = (2 * bar.sqrt(), 1 - bar)\n",
        },
        "wrong": {
            "variances added": ("mean_and_variance = (0.8, 1.11)\n", "betas-added"),
            "variances added, mean untouched": ("mean_and_variance = (2, 0.36 + 0.75)\n", "betas-added"),
            "no root": ("mean_and_variance = (0.32, 0.84)\n", "mean-not-rooted"),
            "no root, computed": ("bar = 0.64 * 0.25\nmean_and_variance = (2 * bar, 1 - bar)\n", "mean-not-rooted"),
            "std": ("mean_and_variance = (0.8, 0.9165)\n", "std-for-variance"),
            "std, computed": (
                "import math\nbar = 0.64 * 0.25\nmean_and_variance = (2 * math.sqrt(bar), math.sqrt(1 - bar))\n",
                "std-for-variance",
            ),
            "last beta": ("mean_and_variance = (1, 0.75)\n", "last-step-only"),
            "last beta, computed": ("mean_and_variance = (2 * (1 - 0.75) ** 0.5, 0.75)\n", "last-step-only"),
            "ellipsis": ("mean_and_variance = ...\n", "not-attempted"),
            "other name": ("mean_and_var = (0.8, 0.84)\n", "no-such-name"),
            "only the mean": ("mean_and_variance = 0.8\n", "wrong-shape"),
            "words": ("mean_and_variance = '0.8 and 0.84'\n", "wrong-type"),
            "nan": ("mean_and_variance = (float('nan'), 0.84)\n", "not-finite"),
        },
        "unlisted": {
            "alpha bar": "mean_and_variance = (0.8, 0.16)\n",
            "betas multiplied": "mean_and_variance = (0.8, 0.27)\n",
            "x0 forgotten": "mean_and_variance = (0.4, 0.84)\n",
            "first step only": "mean_and_variance = (1.6, 0.36)\n",
        },
    },
    "10-diffuse": {
        "right": {
            "cumprod": diffuse(
                "bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
            ),
            "sum of logs": diffuse(
                "log_bar = torch.log1p(-betas).cumsum(0).gather(0, t - 1)\nreturn torch.exp(0.5 * log_bar) * x0 + torch.sqrt(-torch.expm1(log_bar)) * eps"
            ),
            "loops": diffuse(
                """
out = []
for b in range(len(x0)):
    bar = 1.0
    for s in range(int(t[b])):
        bar = bar * (1 - betas[s])
    out.append(bar ** 0.5 * x0[b] + (1 - bar) ** 0.5 * eps[b])
return torch.stack(out)
"""
            ),
            "a one in front": diffuse(
                "bars = torch.cat([torch.ones(1), (1 - betas).cumprod(0)])\nbar = bars[t]\nmean, std = bar.sqrt() * x0, (1 - bar).sqrt()\nreturn mean + std * eps"
            ),
            "variances step by step": diffuse(
                """
scale, var = torch.ones(()), torch.zeros(())
scales, stds = [], []
for beta in betas:
    scale = scale * torch.sqrt(1 - beta)
    var = (1 - beta) * var + beta
    scales.append(scale)
    stds.append(var.sqrt())
return torch.stack(scales)[t - 1] * x0 + torch.stack(stds)[t - 1] * eps
"""
            ),
            "einsum": diffuse(
                "T = len(betas)\nbar = torch.cumprod(1 - betas, 0)\npick = F.one_hot(t - 1, T).float()\nreturn torch.einsum('bt,t->b', pick, bar.sqrt()) * x0 + torch.einsum('bt,t->b', pick, (1 - bar).sqrt()) * eps"
            ),
        },
        "wrong": {
            "1 - beta_t": (
                diffuse("alpha = 1 - betas[t - 1]\nreturn torch.sqrt(alpha) * x0 + torch.sqrt(1 - alpha) * eps"),
                "alpha-not-cumulative",
            ),
            "root of beta_t": (
                diffuse("b = betas[t - 1]\nreturn (1 - b).sqrt() * x0 + b.sqrt() * eps"),
                "alpha-not-cumulative",
            ),
            "bar[t]": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "off-by-one",
            ),
            "bar[t - 2]": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t - 2]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "off-by-one",
            ),
            "one in front, and t - 1": (
                diffuse(
                    "bars = torch.cat([torch.ones(1), torch.cumprod(1 - betas, 0)])\nbar = bars[t - 1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "off-by-one",
            ),
            "bar[t], clamped": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t.clamp(max=len(betas) - 1)]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "off-by-one",
            ),
            "variance for std": (
                diffuse("bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn torch.sqrt(bar) * x0 + (1 - bar) * eps"),
                "variance-not-rooted",
            ),
            "var * eps": (
                diffuse("bar = (1 - betas).cumprod(0)[t - 1]\nvar = 1 - bar\nreturn bar.sqrt() * x0 + var * eps"),
                "variance-not-rooted",
            ),
            "bar * x0": (
                diffuse("bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn bar * x0 + torch.sqrt(1 - bar) * eps"),
                "mean-not-rooted",
            ),
            "1 - product of betas": (
                diffuse(
                    "bar = 1 - torch.cumprod(betas, 0)[t - 1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "betas-multiplied",
            ),
            "product of betas": (
                diffuse(
                    "bar = torch.cumprod(betas, 0)[t - 1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "betas-multiplied",
            ),
            "stub": (diffuse("raise NotImplementedError()"), "not-attempted"),
            "other name": (body("q_sample(x0, t, betas, eps)", "return x0 + eps"), "no-such-name"),
            "a list": (HEAD + "diffuse = [0.8, 0.4]\n", "not-a-function"),
            "cumprod without dim": (
                diffuse(
                    "bar = torch.cumprod(1 - betas)[t - 1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "raised",
            ),
            "range of a tensor": (
                diffuse(
                    "bar = 1\nfor s in range(t):\n    bar = bar * (1 - betas[s])\nreturn bar ** 0.5 * x0 + (1 - bar) ** 0.5 * eps"
                ),
                "raised",
            ),
            "a column": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t - 1].unsqueeze(1)\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "wrong-shape",
            ),
            "keepdim": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn (torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps)[:, None]"
                ),
                "wrong-shape",
            ),
            "numpy": (
                diffuse(
                    "import numpy as np\nbar = np.cumprod(1 - betas.numpy())[t.numpy() - 1]\nreturn np.sqrt(bar) * x0.detach().numpy() + np.sqrt(1 - bar) * eps.numpy()"
                ),
                "not-a-tensor",
            ),
            "t -= 1": (
                diffuse(
                    "t -= 1\nbar = torch.cumprod(1 - betas, 0)[t]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
                ),
                "mutates-input",
            ),
            "own noise": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * torch.randn_like(x0)"
                ),
                "random",
            ),
            "detach": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn (torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps).detach()"
                ),
                "no-gradient",
            ),
            "print": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t - 1]\nprint(torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps)"
                ),
                "returned-none",
            ),
            "negative root": (
                diffuse(
                    "bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(bar - 1) * eps"
                ),
                "not-finite",
            ),
        },
        "unlisted": {
            "weights exchanged": diffuse(
                "bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn torch.sqrt(1 - bar) * x0 + torch.sqrt(bar) * eps"
            ),
            "betas summed": diffuse(
                "bar = (1 - betas.cumsum(0)[t - 1]).clamp(min=0)\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
            ),
            "always the last step": diffuse(
                "bar = torch.cumprod(1 - betas, 0)[-1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
            ),
            "first t for all": diffuse(
                "bar = torch.cumprod(1 - betas, 0)[t[0] - 1]\nreturn torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps"
            ),
            "noise not scaled": diffuse("bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn torch.sqrt(bar) * x0 + eps"),
            "neither rooted": diffuse("bar = torch.cumprod(1 - betas, 0)[t - 1]\nreturn bar * x0 + (1 - bar) * eps"),
        },
    },
    "10-posterior": {
        "right": {
            "formula": bayes(),
            "precisions": posterior(
                """
bar = torch.cumprod(1 - betas, 0)
alpha, beta, before = 1 - betas[t - 1], betas[t - 1], bar[t - 2]
precision = alpha / beta + 1 / (1 - before)
variance = 1 / precision
mean = variance * (torch.sqrt(alpha) * xt / beta + torch.sqrt(before) * x0 / (1 - before))
return mean, variance
"""
            ),
            "conditioning": posterior(
                """
bar_s = torch.prod(1 - betas[:t - 1])
a = torch.sqrt(1 - betas[t - 1])
prior_mean, prior_var = torch.sqrt(bar_s) * x0, 1 - bar_s
gain = a * prior_var / (a ** 2 * prior_var + betas[t - 1])
return prior_mean + gain * (xt - a * prior_mean), (1 - gain * a) * prior_var
"""
            ),
            "loops": posterior(
                """
bars = [torch.tensor(1.0)]
for b in betas:
    bars.append(bars[-1] * (1 - b))
beta = betas[t - 1]
means = []
for a, c in zip(x0, xt):
    means.append((bars[t - 1].sqrt() * beta * a + (1 - beta).sqrt() * (1 - bars[t - 1]) * c) / (1 - bars[t]))
return torch.stack(means), beta * (1 - bars[t - 1]) / (1 - bars[t])
"""
            ),
            "from the noise": posterior(
                """
bar = torch.cumprod(1 - betas, 0)
i = t - 1
eps = (xt - bar[i].sqrt() * x0) / (1 - bar[i]).sqrt()
mean = (xt - betas[i] / (1 - bar[i]).sqrt() * eps) / (1 - betas[i]).sqrt()
var = (1 - bar[i - 1]) / (1 - bar[i]) * betas[i]
return mean, var
"""
            ),
        },
        "wrong": {
            "beta_t": (bayes(variance="beta_t"), "forward-variance"),
            "betas[t - 1]": (bayes(variance="betas[t - 1]"), "forward-variance"),
            "exchanged": (bayes(mean="weight_xt * x0 + weight_x0 * xt"), "weights-swapped"),
            "exchanged in a hurry": (bayes(mean="weight_x0 * xt + weight_xt * x0"), "weights-swapped"),
            "betas[t]": (bayes(i="t"), "off-by-one"),
            "one too early": (bayes(i="t - 2"), "off-by-one"),
            "no roots": (
                bayes(mean="(bar_s * beta_t * x0 + alpha_t * (1 - bar_s) * xt) / (1 - bar_t)"),
                "alpha-not-rooted",
            ),
            "only x_t": (bayes(mean="weight_xt * xt"), "x0-ignored"),
            "x_t undone": (bayes(mean="xt / torch.sqrt(alpha_t)"), "x0-ignored"),
            "stub": (posterior("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("q_posterior(x0, xt, t, betas)", "return x0, betas[t - 1]"),
                "no-such-name",
            ),
            "sqrt of a float": (
                posterior(
                    "bar = 1.0\nfor s in range(t):\n    bar = bar * (1 - betas[s].item())\nreturn torch.sqrt(bar) * x0, 1 - bar"
                ),
                "raised",
            ),
            "print": (bayes().replace("return mean, variance", "print(mean, variance)"), "returned-none"),
            "means as columns": (bayes(mean="(weight_x0 * x0 + weight_xt * xt).unsqueeze(1)"), "wrong-shape"),
            "one variance each": (
                bayes(variance="(beta_t * (1 - bar_s) / (1 - bar_t)).expand(len(x0))"),
                "wrong-shape",
            ),
            "numpy": (
                bayes().replace("return mean, variance", "return mean.detach().numpy(), variance.numpy()"),
                "not-a-tensor",
            ),
            "in place": (bayes(mean="xt.mul_(weight_xt).add_(weight_x0 * x0)"), "mutates-input"),
            "detach": (bayes(mean="(weight_x0 * x0 + weight_xt * xt).detach()"), "no-gradient"),
            "a sample": (
                bayes(
                    mean="weight_x0 * x0 + weight_xt * xt + torch.sqrt(beta_t * (1 - bar_s) / (1 - bar_t)) * torch.randn_like(xt)"
                ),
                "random",
            ),
            "exit": (
                posterior("import sys\nif t < 3:\n    sys.exit('t is too small')\nreturn xt, betas[t - 1]"),
                "exits",
            ),
        },
        "unlisted": {
            "std": bayes(variance="torch.sqrt(beta_t * (1 - bar_s) / (1 - bar_t))"),
            "half way": bayes(mean="0.5 * (x0 + xt)"),
            "not normalised": bayes(mean="(1 - bar_t) * (weight_x0 * x0 + weight_xt * xt)"),
            "variance of the wrong step": bayes(variance="beta_t * (1 - bar_t) / (1 - bar_s)"),
            "mean of q(x_s | x0)": bayes(mean="torch.sqrt(bar_s) * x0", variance="1 - bar_s"),
            "alpha bar for alpha": bayes(mean="weight_x0 * x0 + torch.sqrt(bar_t) * (1 - bar_s) / (1 - bar_t) * xt"),
        },
    },
    "10-elbo": {
        "right": {
            "sum(0)": elbo("return log_likelihood - kls.sum(0) - kl_prior"),
            "loops": elbo("total = log_likelihood - kl_prior\nfor kl in kls:\n    total = total - kl\nreturn total"),
            "einsum": elbo("return log_likelihood - torch.einsum('tb->b', kls) - kl_prior"),
            "stacked": elbo(
                "costs = torch.cat([kls, kl_prior[None]], dim=0)\nreturn log_likelihood - costs.sum(dim=0)"
            ),
            "by example": elbo(
                "return torch.stack([log_likelihood[b] - kls[:, b].sum() - kl_prior[b] for b in range(len(kl_prior))])"
            ),
            "minus the loss": elbo("loss = -log_likelihood + torch.sum(kls, dim=0) + kl_prior\nreturn -loss"),
        },
        "wrong": {
            "mean(0)": (elbo("return log_likelihood - kls.mean(0) - kl_prior"), "kls-averaged"),
            "divided by T - 1": (elbo("return log_likelihood - kls.sum(0) / len(kls) - kl_prior"), "kls-averaged"),
            "+ kls": (elbo("return log_likelihood + kls.sum(0) - kl_prior"), "kls-added"),
            "all added": (elbo("return log_likelihood + kls.sum(0) + kl_prior"), "kls-added"),
            "no prior": (elbo("return log_likelihood - kls.sum(0)"), "prior-forgotten"),
            "no prior, loop": (
                elbo("total = log_likelihood\nfor kl in kls:\n    total = total - kl\nreturn total"),
                "prior-forgotten",
            ),
            "sum()": (elbo("return (log_likelihood - kls.sum(0) - kl_prior).sum()"), "summed-over-batch"),
            "three sums": (elbo("return log_likelihood.sum() - kls.sum() - kl_prior.sum()"), "summed-over-batch"),
            "kls.sum()": (elbo("return log_likelihood - kls.sum() - kl_prior"), "summed-over-batch"),
            "the loss": (elbo("return -log_likelihood + kls.sum(0) + kl_prior"), "negative"),
            "minus": (elbo("return -(log_likelihood - kls.sum(0) - kl_prior)"), "negative"),
            "stub": (elbo("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("elbo_diffusion(log_likelihood, kls, kl_prior)", "return log_likelihood"),
                "no-such-name",
            ),
            "typo": (elbo("return log_likelihod - kls.sum(0) - kl_prior"), "raised"),
            "sum over the wrong dimension": (elbo("return log_likelihood - kls.sum(1) - kl_prior"), "raised"),
            "not summed": (elbo("return log_likelihood - kls - kl_prior"), "wrong-shape"),
            "keepdim": (elbo("return log_likelihood - kls.sum(0, keepdim=True) - kl_prior"), "wrong-shape"),
            "item": (elbo("return (log_likelihood - kls.sum(0) - kl_prior).mean().item()"), "not-a-tensor"),
            "in place": (
                elbo("for kl in kls:\n    log_likelihood -= kl\nlog_likelihood -= kl_prior\nreturn log_likelihood"),
                "mutates-input",
            ),
            "print": (elbo("print(log_likelihood - kls.sum(0) - kl_prior)"), "returned-none"),
            "detach": (elbo("return log_likelihood.detach() - kls.detach().sum(0) - kl_prior.detach()"), "no-gradient"),
            "asks": (
                elbo("T = int(input('T? '))\nreturn log_likelihood - kls[:T].sum(0) - kl_prior"),
                "asks-for-input",
            ),
            "zeros": (elbo("return torch.zeros_like(log_likelihood)"), "ignores-inputs"),
        },
        "unlisted": {
            "prior added": elbo("return log_likelihood - kls.sum(0) + kl_prior"),
            "one step too few": elbo("return log_likelihood - kls[1:].sum(0) - kl_prior"),
            "last kl only": elbo("return log_likelihood - kls[-1] - kl_prior"),
            "only the costs": elbo("return -kls.sum(0) - kl_prior"),
            "T log-likelihoods": elbo("return (len(kls) + 1) * log_likelihood - kls.sum(0) - kl_prior"),
        },
    },
    "10-sample": {
        "right": {
            "the loop": sampler(),
            "reversed": sample(
                """
x = x_T.clone()
for t in reversed(range(1, len(variances) + 1)):
    eps = torch.randn(x.shape, generator=generator) if t > 1 else torch.zeros_like(x)
    x = mean(x, t) + variances[t - 1] ** 0.5 * eps
return x
"""
            ),
            "while": sample(
                """
t = variances.shape[0]
x = x_T
while t >= 2:
    x = torch.addcmul(mean(x, t), variances[t - 1].sqrt(), torch.empty_like(x).normal_(generator=generator))
    t -= 1
return mean(x, 1)
"""
            ),
            "recursion": sample(
                """
def back(x, t):
    m = mean(x, t)
    if t == 1:
        return m
    return back(m + torch.sqrt(variances[t - 1]) * torch.randn(len(x), generator=generator), t - 1)
return back(x_T, len(variances))
"""
            ),
            "torch.normal": sample(
                """
x = x_T
for i in range(len(variances) - 1, 0, -1):
    x = torch.normal(mean(x, i + 1), variances[i].sqrt().expand(len(x)), generator=generator)
return mean(x, 1)
"""
            ),
            "noise drawn at once": sample(
                """
T = len(variances)
noise = torch.randn(T, len(x_T), generator=generator)
noise[0] = 0
x = x_T
for t in range(T, 0, -1):
    x = mean(x, t) + torch.sqrt(variances[t - 1]) * noise[t - 1]
return x
"""
            ),
        },
        "wrong": {
            "as given": (sampler(std="variances[t - 1]"), "variance-as-std"),
            "torch.normal(mean, variance)": (
                sample(
                    "x = x_T\nfor t in range(len(variances), 1, -1):\n    x = torch.normal(mean(x, t), variances[t - 1].expand(len(x)), generator=generator)\nreturn mean(x, 1)"
                ),
                "variance-as-std",
            ),
            "no noise": (
                sample("x = x_T\nfor t in range(len(variances), 0, -1):\n    x = mean(x, t)\nreturn x"),
                "noise-missing",
            ),
            "noise times zero": (sampler(noise="torch.zeros_like(x)"), "noise-missing"),
            "noise in every step": (
                sample(
                    "x = x_T\nfor t in range(len(variances), 0, -1):\n    x = mean(x, t) + torch.sqrt(variances[t - 1]) * torch.randn(x.shape, generator=generator)\nreturn x"
                ),
                "noise-at-last-step",
            ),
            "t > 0": (sampler(noisy="t > 0"), "noise-at-last-step"),
            "forwards": (sampler(steps="range(1, T + 1)"), "wrong-order"),
            "forwards, enumerate": (
                sample(
                    "x = x_T\nfor t, v in enumerate(variances, start=1):\n    x = mean(x, t)\n    if t > 1:\n        x = x + v.sqrt() * torch.randn(x.shape, generator=generator)\nreturn x"
                ),
                "wrong-order",
            ),
            "randn_like": (sampler(noise="torch.randn_like(x)"), "generator-ignored"),
            "own generator": (
                sampler(noise="torch.randn(x.shape, generator=torch.Generator().manual_seed(t))"),
                "generator-ignored",
            ),
            "randn(1)": (sampler(noise="torch.randn(1, generator=generator)"), "one-noise-for-all"),
            "randn(())": (sampler(noise="torch.randn((), generator=generator).item()"), "one-noise-for-all"),
            "stub": (sample("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("sample_reverse(mean, variances, x_T, generator)", "return mean(x_T, 1)"),
                "no-such-name",
            ),
            "starts at t = T + 1": (sampler(steps="range(T + 1, 0, -1)"), "raised"),
            "mean as an array": (sampler(mean="mean[t - 1] * x"), "raised"),
            "print": (sampler().replace("return x\n", "print(x)\n"), "returned-none"),
            "the whole path": (
                sample(
                    "xs = [x_T]\nfor t in range(len(variances), 0, -1):\n    x = mean(xs[-1], t)\n    if t > 1:\n        x = x + variances[t - 1].sqrt() * torch.randn(x.shape, generator=generator)\n    xs.append(x)\nreturn torch.stack(xs)"
                ),
                "wrong-shape",
            ),
            "list": (sampler().replace("return x\n", "return x.tolist()\n"), "not-a-tensor"),
            "in place": (
                sample(
                    "for t in range(len(variances), 0, -1):\n    x_T.copy_(mean(x_T, t))\n    if t > 1:\n        x_T += variances[t - 1].sqrt() * torch.randn(x_T.shape, generator=generator)\nreturn x_T"
                ),
                "mutates-input",
            ),
        },
        "unlisted": {
            "never reaches 1": sampler(steps="range(T, 1, -1)"),
            "variance of the next step": sampler(std="torch.sqrt(variances[t - 2])"),
            "same noise in every step": sample(
                "eps = torch.randn(x_T.shape, generator=generator)\nx = x_T\nfor t in range(len(variances), 0, -1):\n    x = mean(x, t)\n    if t > 1:\n        x = x + variances[t - 1].sqrt() * eps\nreturn x"
            ),
            "always from x_T": sampler(mean="mean(x_T, t)"),
            "t from zero": sampler(mean="mean(x, t - 1)"),
            "uniform noise": sampler(noise="torch.rand(x.shape, generator=generator)"),
        },
    },
    "10-told": {
        "right": {
            "sigmoid of the log-ratio": told(
                """
std = math.exp(0.5 * logvar)
log_p = D.Normal(mean, std).log_prob(x)
log_q = D.Normal(0.0, 1.0).log_prob(x)
return torch.sigmoid(log_p - log_q)
"""
            ),
            "by hand": told(
                "logit = -0.5 * logvar - 0.5 * (x - mean) ** 2 / math.exp(logvar) + 0.5 * x ** 2\nreturn torch.sigmoid(logit)"
            ),
            "softmax": told(
                """
c = 0.5 * math.log(2 * math.pi)
log_p = -c - logvar / 2 - (x - mean).square() * math.exp(-logvar) / 2
log_q = -c - x.square() / 2
return torch.softmax(torch.stack([log_p, log_q], dim=1), dim=1)[:, 0]
"""
            ),
            "loops": told(
                """
out = []
for a in x:
    d = -0.5 * a ** 2 + 0.5 * logvar + 0.5 * (a - mean) ** 2 / math.exp(logvar)
    out.append(torch.exp(-torch.logaddexp(torch.zeros(()), d)))
return torch.stack(out)
"""
            ),
            "logaddexp": told(
                "s = torch.exp(torch.tensor(logvar / 2))\na = D.Normal(torch.tensor(mean), s).log_prob(x)\nb = D.Normal(torch.tensor(0.0), torch.tensor(1.0)).log_prob(x)\nreturn (a - torch.logaddexp(a, b)).exp()"
            ),
        },
        "wrong": {
            "q - p": (
                told(
                    "log_p = D.Normal(mean, math.exp(0.5 * logvar)).log_prob(x)\nlog_q = D.Normal(0.0, 1.0).log_prob(x)\nreturn torch.sigmoid(log_q - log_p)"
                ),
                "swapped",
            ),
            "1 - D": (
                told(
                    "logit = -0.5 * logvar - 0.5 * (x - mean) ** 2 / math.exp(logvar) + 0.5 * x ** 2\nreturn 1 - torch.sigmoid(logit)"
                ),
                "swapped",
            ),
            "std = logvar": (
                told(
                    "log_p = D.Normal(mean, logvar, validate_args=False).log_prob(x)\nlog_q = D.Normal(0.0, 1.0).log_prob(x)\nreturn torch.sigmoid(log_p - log_q)"
                ),
                "logvar-as-std",
            ),
            "std = exp(logvar)": (
                told(
                    "log_p = D.Normal(mean, math.exp(logvar)).log_prob(x)\nlog_q = D.Normal(0.0, 1.0).log_prob(x)\nreturn torch.sigmoid(log_p - log_q)"
                ),
                "variance-as-std",
            ),
            "logvar as log sigma": (
                told(
                    "logit = -logvar - 0.5 * ((x - mean) / math.exp(logvar)) ** 2 + 0.5 * x ** 2\nreturn torch.sigmoid(logit)"
                ),
                "variance-as-std",
            ),
            "p / q": (
                told(
                    "log_p = D.Normal(mean, math.exp(0.5 * logvar)).log_prob(x)\nlog_q = D.Normal(0.0, 1.0).log_prob(x)\nreturn torch.exp(log_p - log_q)"
                ),
                "ratio-not-share",
            ),
            "exp p / exp q": (
                told(
                    "p = D.Normal(mean, math.exp(logvar / 2)).log_prob(x).exp()\nq = D.Normal(0.0, 1.0).log_prob(x).exp()\nreturn p / q"
                ),
                "ratio-not-share",
            ),
            "difference": (
                told("return D.Normal(mean, math.exp(0.5 * logvar)).log_prob(x) - D.Normal(0.0, 1.0).log_prob(x)"),
                "logit-returned",
            ),
            "exponents only": (
                told("return torch.sigmoid(0.5 * x ** 2 - 0.5 * (x - mean) ** 2 / math.exp(logvar))"),
                "normaliser-forgotten",
            ),
            "two exps": (
                told(
                    "a = -0.5 * (x - mean) ** 2 / math.exp(logvar)\nb = -0.5 * x ** 2\nreturn torch.softmax(torch.stack([a, b]), dim=0)[0]"
                ),
                "normaliser-forgotten",
            ),
            "stub": (told("raise NotImplementedError()"), "not-attempted"),
            "other name": (body("told_appart(x, mean, logvar)", "return torch.sigmoid(x)"), "no-such-name"),
            "a tensor": (HEAD + "told_apart = torch.sigmoid(torch.zeros(3))\n", "not-a-function"),
            "exp of a float": (
                told("std = torch.exp(0.5 * logvar)\nreturn torch.sigmoid(D.Normal(mean, std).log_prob(x))"),
                "raised",
            ),
            "print": (
                told("print(torch.sigmoid(-0.5 * logvar - 0.5 * (x - mean) ** 2 / math.exp(logvar) + 0.5 * x ** 2))"),
                "returned-none",
            ),
            "a column": (
                told(
                    "x = x[:, None]\nreturn torch.sigmoid(-0.5 * logvar - 0.5 * (x - mean) ** 2 / math.exp(logvar) + 0.5 * x ** 2)"
                ),
                "wrong-shape",
            ),
            "accuracy": (
                told(
                    "return torch.sigmoid(-0.5 * logvar - 0.5 * (x - mean) ** 2 / math.exp(logvar) + 0.5 * x ** 2).mean()"
                ),
                "wrong-shape",
            ),
            "numpy": (
                told(
                    "import numpy as np\nu = x.detach().numpy()\nreturn 1 / (1 + np.exp(0.5 * logvar + 0.5 * (u - mean) ** 2 / np.exp(logvar) - 0.5 * u ** 2))"
                ),
                "not-a-tensor",
            ),
            "x -= mean": (
                told(
                    "q = 0.5 * x ** 2\nx -= mean\nreturn torch.sigmoid(-0.5 * logvar - 0.5 * x ** 2 / math.exp(logvar) + q)"
                ),
                "mutates-input",
            ),
            "drawn labels": (
                told(
                    "d = torch.sigmoid(-0.5 * logvar - 0.5 * (x - mean) ** 2 / math.exp(logvar) + 0.5 * x ** 2)\nreturn torch.bernoulli(d)"
                ),
                "random",
            ),
            "one half": (told("return torch.full_like(x, 0.5)"), "ignores-inputs"),
        },
        "unlisted": {
            "distance not squared": told(
                "logit = -0.5 * logvar - 0.5 * (x - mean).abs() / math.exp(logvar) + 0.5 * x.abs()\nreturn torch.sigmoid(logit)"
            ),
            "no halves": told(
                "logit = -logvar - (x - mean) ** 2 / math.exp(logvar) + x ** 2\nreturn torch.sigmoid(logit)"
            ),
            "whole logvar in the normaliser": told(
                "logit = -logvar - 0.5 * (x - mean) ** 2 / math.exp(logvar) + 0.5 * x ** 2\nreturn torch.sigmoid(logit)"
            ),
            "mean forgotten": told(
                "logit = -0.5 * logvar - 0.5 * x ** 2 / math.exp(logvar) + 0.5 * x ** 2\nreturn torch.sigmoid(logit)"
            ),
            "sigmoid of log p": told("return torch.sigmoid(D.Normal(mean, math.exp(0.5 * logvar)).log_prob(x))"),
            "hard decision": told(
                "log_p = D.Normal(mean, math.exp(0.5 * logvar)).log_prob(x)\nreturn (log_p > D.Normal(0.0, 1.0).log_prob(x)).float()"
            ),
        },
    },
}
