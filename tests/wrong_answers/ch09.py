"""Student answers to the exercises of chapter 9, as a student would type them; written before, and apart from, what judges them."""

# ruff: noqa: E501  (what a student types in one line stays in one line)

from functools import partial

HEAD = "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import distributions as D\nfrom torch import nn\n"


def body(signature, text):
    """The source of one function with the course's usual imports above it."""
    return HEAD + f"def {signature}:\n" + "".join(f"    {line}\n" for line in text.strip("\n").splitlines())


optimal = partial(body, "optimal_discriminator(log_p, log_q)")
gloss = partial(body, "generator_loss(fake_logits)")
critic = partial(body, "critic_loss(real_scores, fake_scores)")
clip = partial(body, "clipped_step(critic, optimizer, loss, c)")

# One student's gradient penalty, with the lines in which others of the class differ left open.
PENALTY = """
{eps}
x = {x}
{leaf}
scores = critic(x)
grad, = torch.autograd.grad({outputs}, x{graph})
{norm}
return {result}
"""


def penalty(**lines):
    """The student's gradient penalty with some of its lines written otherwise."""
    written = {
        "eps": "eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)",
        "x": "eps * real + (1 - eps) * fake",
        "leaf": "x = x.detach().requires_grad_(True)",
        "outputs": "scores.sum()",
        "graph": ", create_graph=True",
        "norm": "norm = grad.flatten(1).norm(2, dim=1)",
        "result": "((norm - 1) ** 2).mean()",
    }
    return body("gradient_penalty(critic, real, fake, generator)", PENALTY.format(**(written | lines)))


gp = partial(body, "gradient_penalty(critic, real, fake, generator)")

ANSWERS = {
    "09-predict": {
        "right": {
            "numbers": "balance = (0.5, 1.3863, 0.5)\n",
            "log 4": "import math\nbalance = 0.5, math.log(4), 0.5\n",
            "computed": "import math\nD = 0.5\nbalance = (D, -math.log(D) - math.log(1 - D), (0 + 1) / 2)\n",
            "bce of logit 0": HEAD
            + "zero = torch.zeros(1)\nloss = F.binary_cross_entropy_with_logits(zero, zero + 1) + F.binary_cross_entropy_with_logits(zero, zero)\nbalance = (torch.sigmoid(zero).item(), loss.item(), 0.5)\n",
        },
        "wrong": {
            "loss zero": ("balance = (0.5, 0, 0.5)\n", "zero-loss"),
            "loss zero, certain": ("balance = (1, 0, 0.5)\n", "zero-loss"),
            "loss zero, floats": ("balance = (1.0, 0.0, 0.5)\n", "zero-loss"),
            "one log 2": ("balance = (0.5, 0.6931, 0.5)\n", "one-log-two"),
            "one log 2, computed": ("import math\nbalance = (0.5, math.log(2), 0.5)\n", "one-log-two"),
            "two bits": ("balance = (0.5, 2, 0.5)\n", "in-bits"),
            "two bits, computed": ("import math\nbalance = (0.5, -math.log2(0.5) - math.log2(0.5), 0.5)\n", "in-bits"),
            "black": ("balance = (0.5, 1.3863, 0)\n", "picks-a-mode"),
            "white": ("import math\nbalance = (0.5, 2 * math.log(2), 1)\n", "picks-a-mode"),
            "ellipsis": ("balance = ...\n", "not-attempted"),
            "other name": ("balanced = (0.5, 1.3863, 0.5)\n", "no-such-name"),
            "two numbers": ("balance = (0.5, 1.3863)\n", "wrong-shape"),
            "words": ("balance = 'half, log 4, grey'\n", "wrong-type"),
            "infinite": ("balance = (0.5, float('inf'), 0.5)\n", "not-finite"),
        },
        "unlisted": {
            "negative loss": "import math\nbalance = (0.5, -math.log(4), 0.5)\n",
            "loss weighted by half": "balance = (0.5, 0.3466, 0.5)\n",
            "certain": "balance = (1, 1.3863, 0.5)\n",
            "dark grey": "balance = (0.5, 1.3863, 0.25)\n",
        },
    },
    "09-optimal": {
        "right": {
            "sigmoid": optimal("return torch.sigmoid(log_p - log_q)"),
            "softmax": optimal("return torch.softmax(torch.stack([log_p, log_q]), dim=0)[0]"),
            "logaddexp": optimal("return torch.exp(log_p - torch.logaddexp(log_p, log_q))"),
            "largest taken out": optimal(
                "m = torch.maximum(log_p, log_q)\np = torch.exp(log_p - m)\nq = torch.exp(log_q - m)\nreturn p / (p + q)"
            ),
            "loops": optimal(
                """
out = []
for a, b in zip(log_p.flatten(), log_q.flatten()):
    d = b - a
    if d > 0:
        out.append(torch.exp(-d) / (1 + torch.exp(-d)))
    else:
        out.append(1 / (1 + torch.exp(d)))
return torch.stack(out).reshape(log_p.shape)
"""
            ),
            "tanh": optimal("return 0.5 * (1 + torch.tanh((log_p - log_q) / 2))"),
            "distributions": optimal("return D.Bernoulli(logits=log_p - log_q).probs"),
        },
        "wrong": {
            "q first": (optimal("return torch.sigmoid(log_q - log_p)"), "swapped"),
            "softmax [1]": (optimal("return torch.softmax(torch.stack([log_p, log_q]), dim=0)[1]"), "swapped"),
            "1 - D": (optimal("return 1 - torch.sigmoid(log_p - log_q)"), "swapped"),
            "p / q": (optimal("return torch.exp(log_p - log_q)"), "ratio-not-share"),
            "exp p / exp q": (optimal("return log_p.exp() / log_q.exp()"), "ratio-not-share"),
            "exps": (
                optimal("p, q = torch.exp(log_p), torch.exp(log_q)\nreturn p / (p + q)"),
                "underflow",
            ),
            "one line of exps": (optimal("return log_p.exp() / (log_p.exp() + log_q.exp())"), "underflow"),
            "one over": (
                optimal("p = log_p.exp()\nq = log_q.exp()\nreturn 1 / (1 + q / p)"),
                "underflow",
            ),
            "difference": (optimal("return log_p - log_q"), "logit-returned"),
            "stub": (optimal("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("optimal_discriminator_(log_p, log_q)", "return torch.sigmoid(log_p - log_q)"),
                "no-such-name",
            ),
            "a module": (HEAD + "optimal_discriminator = [nn.Sigmoid()]\n", "not-a-function"),
            "names of the text": (optimal("return p / (p + q)"), "raised"),
            "math.exp": (optimal("return 1 / (1 + math.exp(log_q - log_p))"), "raised"),
            "print": (optimal("print(torch.sigmoid(log_p - log_q))"), "returned-none"),
            "both shares": (
                optimal("return torch.softmax(torch.stack([log_p, log_q]), dim=0)"),
                "wrong-shape",
            ),
            "mean": (optimal("return torch.sigmoid(log_p - log_q).mean()"), "wrong-shape"),
            "numpy": (
                optimal("import numpy as np\nreturn 1 / (1 + np.exp(log_q.detach().numpy() - log_p.detach().numpy()))"),
                "not-a-tensor",
            ),
            "in place": (optimal("return log_p.sub_(log_q).sigmoid()"), "mutates-input"),
            "detach": (optimal("return torch.sigmoid(log_p - log_q).detach()"), "no-gradient"),
            "one half": (optimal("return torch.full_like(log_p, 0.5)"), "ignores-inputs"),
        },
        "unlisted": {
            "logs divided": optimal("return log_p / (log_p + log_q)"),
            "log D": optimal("return F.logsigmoid(log_p - log_q)"),
            "hard decision": optimal("return (log_p > log_q).float()"),
            "tanh without half": optimal("return torch.tanh(log_p - log_q)"),
            "p minus q": optimal("return torch.sigmoid(log_p.exp() - log_q.exp())"),
        },
    },
    "09-generator": {
        "right": {
            "bce with ones": gloss(
                "return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))"
            ),
            "softplus": gloss("return F.softplus(-fake_logits).mean()"),
            "logsigmoid": gloss("return -F.logsigmoid(fake_logits).mean()"),
            "BCEWithLogitsLoss": gloss(
                "criterion = nn.BCEWithLogitsLoss()\nlabel = torch.full((len(fake_logits),), 1.0)\nreturn criterion(fake_logits, label)"
            ),
            "distributions": gloss(
                "return -D.Bernoulli(logits=fake_logits).log_prob(torch.ones_like(fake_logits)).mean()"
            ),
            "loops": gloss(
                "total = 0.0\nfor l in fake_logits:\n    total = total + torch.logaddexp(torch.zeros(()), -l)\nreturn total / len(fake_logits)"
            ),
            "log_softmax": gloss(
                "two = torch.stack([fake_logits, torch.zeros_like(fake_logits)], 1)\nreturn -torch.log_softmax(two, dim=1)[:, 0].mean()"
            ),
        },
        "wrong": {
            "log(1 - D)": (gloss("return F.logsigmoid(-fake_logits).mean()"), "saturating"),
            "log(1 - D), by hand": (
                gloss("D_ = torch.sigmoid(fake_logits)\nreturn torch.log(1 - D_).mean()"),
                "saturating",
            ),
            "minus bce with zeros": (
                gloss("return -F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))"),
                "saturating",
            ),
            "bce with zeros": (
                gloss("return F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))"),
                "discriminators-loss",
            ),
            "softplus without minus": (gloss("return F.softplus(fake_logits).mean()"), "discriminators-loss"),
            "sigmoid before bce_with_logits": (
                gloss(
                    "p = torch.sigmoid(fake_logits)\nreturn F.binary_cross_entropy_with_logits(p, torch.ones_like(p))"
                ),
                "double-sigmoid",
            ),
            "logsigmoid of sigmoid": (gloss("return -F.logsigmoid(fake_logits.sigmoid()).mean()"), "double-sigmoid"),
            "log of sigmoid": (gloss("return -torch.log(torch.sigmoid(fake_logits)).mean()"), "underflow"),
            "log of 1/(1+exp)": (
                gloss("d = 1 / (1 + torch.exp(-fake_logits))\nreturn -d.log().mean()"),
                "underflow",
            ),
            "bce of sigmoid": (
                gloss("p = torch.sigmoid(fake_logits)\nreturn F.binary_cross_entropy(p, torch.ones_like(p))"),
                "underflow",
            ),
            "log(D + 1e-8)": (gloss("return -torch.log(torch.sigmoid(fake_logits) + 1e-8).mean()"), "underflow"),
            "log(1 + exp)": (gloss("return torch.log(1 + torch.exp(-fake_logits)).mean()"), "underflow"),
            "sum": (gloss("return F.softplus(-fake_logits).sum()"), "sum-not-mean"),
            "reduction sum": (
                gloss(
                    "return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits), reduction='sum')"
                ),
                "sum-not-mean",
            ),
            "detached logits": (
                gloss("fake_logits = fake_logits.detach()\nreturn F.softplus(-fake_logits).mean()"),
                "gradient-cut",
            ),
            "no_grad": (
                gloss("with torch.no_grad():\n    loss = -F.logsigmoid(fake_logits).mean()\nreturn loss"),
                "gradient-cut",
            ),
            "new tensor": (
                gloss("return torch.tensor(F.softplus(-fake_logits).mean().item(), requires_grad=True)"),
                "gradient-cut",
            ),
            "log D": (gloss("return F.logsigmoid(fake_logits).mean()"), "wrong-sign"),
            "minus bce": (
                gloss("return -F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))"),
                "wrong-sign",
            ),
            "stub": (gloss("raise NotImplementedError()"), "not-attempted"),
            "other name": (body("g_loss(fake_logits)", "return F.softplus(-fake_logits).mean()"), "no-such-name"),
            "no target": (gloss("return F.binary_cross_entropy_with_logits(fake_logits)"), "raised"),
            "backward": (gloss("loss = F.softplus(-fake_logits).mean()\nloss.backward()"), "returned-none"),
            "not averaged": (gloss("return F.softplus(-fake_logits)"), "wrong-shape"),
            "item": (gloss("return F.softplus(-fake_logits).mean().item()"), "not-a-tensor"),
            "in place": (
                gloss("return F.softplus(fake_logits.data.neg_()).mean() + 0 * fake_logits.sum()"),
                "mutates-input",
            ),
            "noisy labels": (
                gloss(
                    "labels = torch.empty_like(fake_logits).uniform_(0.7, 1.2)\nreturn F.binary_cross_entropy_with_logits(fake_logits, labels)"
                ),
                "random",
            ),
            "exit": (gloss("loss = F.softplus(-fake_logits).mean()\nraise SystemExit(loss.item())"), "exits"),
            "asks": (
                gloss("label = float(input('label of a fake? '))\nreturn F.softplus(-label * fake_logits).mean()"),
                "asks-for-input",
            ),
        },
        "unlisted": {
            "the critic's": gloss("return -fake_logits.mean()"),
            "least squares": gloss("return ((torch.sigmoid(fake_logits) - 1) ** 2).mean()"),
            "smooth labels": gloss(
                "return F.binary_cross_entropy_with_logits(fake_logits, torch.full_like(fake_logits, 0.9))"
            ),
            "one minus D": gloss("return (1 - torch.sigmoid(fake_logits)).mean()"),
            "log of the mean": gloss("return -torch.log(torch.sigmoid(fake_logits).mean() + 1e-12)"),
        },
    },
    "09-critic": {
        "right": {
            "two means": critic("return fake_scores.mean() - real_scores.mean()"),
            "mean of the difference": critic("return (fake_scores - real_scores).mean()"),
            "minus the distance": critic("w = real_scores.mean() - fake_scores.mean()\nreturn -w"),
            "loops": critic(
                """
total = 0.0
for r in real_scores:
    total = total - r / len(real_scores)
for f in fake_scores:
    total = total + f / len(fake_scores)
return total
"""
            ),
            "signs": critic(
                "scores = torch.cat([fake_scores, real_scores])\nsigns = torch.cat([torch.full_like(fake_scores, 1 / len(fake_scores)), torch.full_like(real_scores, -1 / len(real_scores))])\nreturn torch.einsum('i,i->', scores, signs)"
            ),
        },
        "wrong": {
            "real - fake": (critic("return real_scores.mean() - fake_scores.mean()"), "sign-flipped"),
            "minus (fake - real)": (critic("return -(fake_scores.mean() - real_scores.mean())"), "sign-flipped"),
            "bce": (
                critic(
                    "real = F.binary_cross_entropy_with_logits(real_scores, torch.ones_like(real_scores))\nfake = F.binary_cross_entropy_with_logits(fake_scores, torch.zeros_like(fake_scores))\nreturn real + fake"
                ),
                "log-kept",
            ),
            "softplus": (critic("return F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()"), "log-kept"),
            "sigmoids": (
                critic("return torch.sigmoid(fake_scores).mean() - torch.sigmoid(real_scores).mean()"),
                "sigmoid-kept",
            ),
            "sigmoids first": (
                critic(
                    "real_scores = real_scores.sigmoid()\nfake_scores = fake_scores.sigmoid()\nreturn (fake_scores - real_scores).mean()"
                ),
                "sigmoid-kept",
            ),
            "abs": (critic("return (fake_scores.mean() - real_scores.mean()).abs()"), "absolute-value"),
            "torch.abs": (critic("return torch.abs(real_scores.mean() - fake_scores.mean())"), "absolute-value"),
            "only real": (critic("return -real_scores.mean()"), "fake-ignored"),
            "sums": (critic("return fake_scores.sum() - real_scores.sum()"), "sum-not-mean"),
            "sum of the difference": (critic("return (fake_scores - real_scores).sum()"), "sum-not-mean"),
            "stub": (critic("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("loss_critic(real_scores, fake_scores)", "return fake_scores.mean() - real_scores.mean()"),
                "no-such-name",
            ),
            "typo": (critic("return fake_score.mean() - real_score.mean()"), "raised"),
            "backward": (critic("(fake_scores.mean() - real_scores.mean()).backward()"), "returned-none"),
            "not averaged": (critic("return fake_scores - real_scores"), "wrong-shape"),
            "item": (critic("return fake_scores.mean().item() - real_scores.mean().item()"), "not-a-tensor"),
            "detach": (critic("return fake_scores.mean().detach() - real_scores.mean().detach()"), "no-gradient"),
            "in place": (
                critic("return fake_scores.data.sub_(real_scores).mean() + 0 * fake_scores.sum()"),
                "mutates-input",
            ),
            "zero": (critic("return torch.tensor(0.0)"), "ignores-inputs"),
        },
        "unlisted": {
            "only fake": critic("return fake_scores.mean()"),
            "sum of the means": critic("return fake_scores.mean() + real_scores.mean()"),
            "hinge": critic("return F.relu(1 - real_scores).mean() + F.relu(1 + fake_scores).mean()"),
            "squared": critic("return (fake_scores.mean() - real_scores.mean()) ** 2"),
            "medians": critic("return fake_scores.median() - real_scores.median()"),
            "tanh": critic("return torch.tanh(fake_scores).mean() - torch.tanh(real_scores).mean()"),
        },
    },
    "09-penalty": {
        "right": {
            "textbook": penalty(),
            "grad_outputs": gp(
                """
B = real.size(0)
eps = torch.rand(B, 1, generator=generator)
shape = [B] + [1] * (real.ndim - 1)
eps = eps.view(*shape)
interpolates = (eps * real + (1 - eps) * fake).detach()
interpolates.requires_grad_(True)
out = critic(interpolates)
gradients = torch.autograd.grad(outputs=out, inputs=interpolates, grad_outputs=torch.ones_like(out), create_graph=True, retain_graph=True)[0]
gradients = gradients.view(B, -1)
return ((gradients.norm(2, dim=1) - 1) ** 2).mean()
"""
            ),
            "sqrt with a little": gp(
                """
eps = torch.rand(real.shape[0], generator=generator).reshape(-1, *(1,) * (real.dim() - 1))
x = torch.lerp(fake, real, eps).detach().requires_grad_()
g, = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
norm = torch.sqrt(g.pow(2).flatten(1).sum(1) + 1e-12)
return (norm - 1).pow(2).mean()
"""
            ),
            "loops": gp(
                """
e = torch.rand(len(real), generator=generator)
total = 0.0
for i in range(len(real)):
    x = (e[i] * real[i] + (1 - e[i]) * fake[i]).detach().unsqueeze(0).requires_grad_(True)
    g = torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    total = total + (torch.linalg.vector_norm(g) - 1) ** 2
return total / len(real)
"""
            ),
            "torch.func": gp(
                """
u = torch.rand((len(real),) + (1,) * (real.dim() - 1), generator=generator)
x = fake + u * (real - fake)
slope = torch.func.vmap(torch.func.grad(lambda one: critic(one[None]).sum()))
g = slope(x.detach()).reshape(len(x), -1)
return F.mse_loss(g.norm(dim=1), torch.ones(len(x)))
"""
            ),
            "from the other end": penalty(x="real + eps * (fake - real)"),
        },
        "wrong": {
            "rand of the shape": (
                penalty(eps="eps = torch.rand(real.shape, generator=generator)"),
                "epsilon-per-pixel",
            ),
            "uniform_ like real": (
                penalty(eps="eps = torch.empty_like(real).uniform_(generator=generator)"),
                "epsilon-per-pixel",
            ),
            "randn": (
                penalty(eps="eps = torch.randn(len(real), *[1] * (real.dim() - 1), generator=generator)"),
                "epsilon-normal",
            ),
            "normal_": (
                penalty(
                    eps="eps = torch.empty(len(real)).normal_(0.0, 1.0, generator=generator)\neps = eps.view(-1, *[1] * (real.dim() - 1))"
                ),
                "epsilon-normal",
            ),
            "rand(1)": (penalty(eps="eps = torch.rand(1, generator=generator)"), "one-epsilon-for-all"),
            "rand(()).item()": (
                penalty(eps="eps = torch.rand((), generator=generator).item()"),
                "one-epsilon-for-all",
            ),
            "norm(dim=1)": (penalty(norm="norm = grad.norm(2, dim=1)"), "not-flattened"),
            "sqrt of sum(1)": (penalty(norm="norm = torch.sqrt((grad ** 2).sum(1) + 1e-12)"), "not-flattened"),
            "no graph": (penalty(graph=""), "no-create-graph"),
            "retain_graph": (penalty(graph=", retain_graph=True"), "no-create-graph"),
            "create_graph=False": (penalty(graph=", create_graph=False"), "no-create-graph"),
            "sqrt": (penalty(norm="norm = torch.sqrt((grad.flatten(1) ** 2).sum(1))"), "nan-at-zero"),
            "** 0.5": (penalty(norm="norm = grad.reshape(len(grad), -1).square().sum(1) ** 0.5"), "nan-at-zero"),
            "norm squared": (penalty(result="(norm ** 2).mean()"), "one-not-subtracted"),
            "sum of squares": (
                penalty(norm="norm2 = (grad.flatten(1) ** 2).sum(1)", result="norm2.mean()"),
                "one-not-subtracted",
            ),
            "no root": (
                penalty(norm="norm = (grad.flatten(1) ** 2).sum(1)"),
                "not-rooted",
            ),
            "norm ** 2 - 1": (penalty(result="((norm ** 2 - 1) ** 2).mean()"), "not-rooted"),
            "real": (penalty(eps="# no mixing", x="real"), "at-real-only"),
            "eps of ones": (penalty(eps="eps = torch.ones(len(real), *[1] * (real.dim() - 1))"), "at-real-only"),
            "stub": (gp("raise NotImplementedError()"), "not-attempted"),
            "other name": (
                body("compute_gradient_penalty(critic, real, fake, generator)", "return torch.tensor(0.0)"),
                "no-such-name",
            ),
            "eps of shape (B,)": (
                penalty(eps="eps = torch.rand(len(real), generator=generator)"),
                "raised",
            ),
            "x needs no gradient": (penalty(leaf="x = x.detach()"), "raised"),
            "backward": (
                penalty().replace("return ((norm - 1) ** 2).mean()", "((norm - 1) ** 2).mean().backward()"),
                "returned-none",
            ),
            "not averaged": (penalty(result="(norm - 1) ** 2"), "wrong-shape"),
            "item": (penalty(result="((norm - 1) ** 2).mean().item()"), "not-a-tensor"),
            "in place": (
                penalty(
                    eps="eps = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator)\nfake.mul_(1 - eps).add_(eps * real)",
                    x="fake",
                ),
                "mutates-input",
            ),
        },
        "unlisted": {
            "the mean norm": penalty(result="(norm.mean() - 1) ** 2"),
            "one-sided": penalty(result="(F.relu(norm - 1) ** 2).mean()"),
            "at the fakes": penalty(eps="# no mixing", x="fake"),
            "one norm for the batch": penalty(norm="norm = grad.norm(2)", result="(norm - 1) ** 2"),
            "absolute": penalty(result="(norm - 1).abs().mean()"),
            "mean of the scores": penalty(outputs="scores.mean()"),
            "half way": penalty(eps="eps = 0.5"),
            "times ten": penalty(result="10 * ((norm - 1) ** 2).mean()"),
        },
    },
    "09-clip": {
        "right": {
            "data.clamp_": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"
            ),
            "no_grad": clip(
                """
optimizer.zero_grad(set_to_none=True)
loss.backward()
optimizer.step()
with torch.no_grad():
    for p in critic.parameters():
        p.clamp_(min=-c, max=c)
return None
"""
            ),
            "copy_": clip(
                "for p in critic.parameters():\n    p.grad = None\nloss.backward()\noptimizer.step()\nwith torch.no_grad():\n    for name, w in critic.named_parameters():\n        w.copy_(torch.clip(w, -c, c))"
            ),
            "minimum, maximum": clip(
                """
optimizer.zero_grad()
loss.backward()
optimizer.step()
low = torch.tensor(-float(c))
high = torch.tensor(float(c))
for group in optimizer.param_groups:
    for p in group['params']:
        p.data = torch.minimum(torch.maximum(p.data, low), high)
"""
            ),
            "state_dict": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\ncritic.load_state_dict({k: v.clamp(-c, c) for k, v in critic.state_dict().items()})"
            ),
            "one vector": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfrom torch.nn.utils import parameters_to_vector, vector_to_parameters\nv = parameters_to_vector(critic.parameters()).detach()\nvector_to_parameters(v.clamp(-c, c), critic.parameters())"
            ),
        },
        "wrong": {
            "as given": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\ntorch.nn.utils.clip_grad_value_(critic.parameters(), c)\noptimizer.step()"
                ),
                "clips-gradients",
            ),
            "grad.clamp_": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\nfor p in critic.parameters():\n    p.grad.data.clamp_(-c, c)\noptimizer.step()"
                ),
                "clips-gradients",
            ),
            "clip_grad_norm_": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\ntorch.nn.utils.clip_grad_norm_(critic.parameters(), c)\noptimizer.step()"
                ),
                "clips-gradients",
            ),
            "clamp, then step": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)\noptimizer.step()"
                ),
                "clips-before-step",
            ),
            "clamp, then step, no_grad": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\nwith torch.no_grad():\n    for p in critic.parameters():\n        p.clamp_(-c, c)\noptimizer.step()"
                ),
                "clips-before-step",
            ),
            "no clamp": (clip("optimizer.zero_grad()\nloss.backward()\noptimizer.step()"), "never-clips"),
            "clamp without underscore": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp(-c, c)"
                ),
                "never-clips",
            ),
            "p = clamp": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p = torch.clamp(p, -c, c)"
                ),
                "never-clips",
            ),
            "no step": (
                clip("optimizer.zero_grad()\nloss.backward()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"),
                "no-step",
            ),
            "step without call": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\noptimizer.step\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"
                ),
                "no-step",
            ),
            "zero_grad after backward": (
                clip(
                    "loss.backward()\noptimizer.zero_grad()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"
                ),
                "no-step",
            ),
            "no zero_grad": (
                clip("loss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"),
                "gradients-kept",
            ),
            "zero_grad without call": (
                clip(
                    "optimizer.zero_grad\nloss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"
                ),
                "gradients-kept",
            ),
            "-loss": (
                clip(
                    "optimizer.zero_grad()\n(-loss).backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"
                ),
                "ascends",
            ),
            "gradients turned": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\nfor p in critic.parameters():\n    p.grad.neg_()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"
                ),
                "ascends",
            ),
            "stub": (clip("raise NotImplementedError()"), "not-attempted"),
            "pass": (clip("pass"), "not-attempted"),
            "other name": (body("clip_step(critic, optimizer, loss, c)", "optimizer.step()"), "no-such-name"),
            "in-place with gradient": (
                clip(
                    "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.clamp_(-c, c)"
                ),
                "raised",
            ),
            "clamp of the module": (
                clip("optimizer.zero_grad()\nloss.backward()\noptimizer.step()\ncritic.clamp_(-c, c)"),
                "raised",
            ),
        },
        "unlisted": {
            "biases free": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor name, p in critic.named_parameters():\n    if 'weight' in name:\n        p.data.clamp_(-c, c)"
            ),
            "only from above": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(max=c)"
            ),
            "from zero": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(0, c)"
            ),
            "scaled to c": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.mul_(c / p.data.abs().max())"
            ),
            "two steps": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\noptimizer.step()\nfor p in critic.parameters():\n    p.data.clamp_(-c, c)"
            ),
            "first layer": clip(
                "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nnext(iter(critic.parameters())).data.clamp_(-c, c)"
            ),
        },
    },
}
