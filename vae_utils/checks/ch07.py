"""Chapter 7: the floor of the cross-entropy, the Bernoulli decoder, the ELBO, a whole VAE, new digits, a latent map."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn, tensor

from ..data import load_digits
from .exercise import Case, Choice, Exercise, Misconception, Option

NUMBERS = "07-vae#what-the-decoder-s-numbers-mean"


# ---- 07-loglik: the Bernoulli decoder ----


def bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """log p(x|z) of a Bernoulli decoder: (B, D), (B, D) → (B,)."""
    return (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(-1)


def observe_loglik(log_likelihood, draw):
    """Fair coins, two sure pixels, grey pixels, logits beyond float32's probabilities, the gradient."""
    yield Case("x = [[1, 0]], logits = [[0, 0]]", log_likelihood(tensor([[1.0, 0.0]]), tensor([[0.0, 0.0]])))
    yield Case("x = [[1, 0]], logits = [[2, -1]]", log_likelihood(tensor([[1.0, 0.0]]), tensor([[2.0, -1.0]])))
    x, logits = draw.uniform(4, 6), draw.normal(4, 6, std=2.0)
    value, right = log_likelihood(x, logits), bernoulli_log_likelihood(x, logits)
    yield Case("4 images of 6 grey pixels", value)
    fine = value.shape == right.shape and torch.allclose(value.double(), right.double(), rtol=1e-3)
    yield Case("whether they are right", fine, atol=math.inf)  # for the diagnosis only
    far = log_likelihood(tensor([[0.0, 1.0]]), tensor([[200.0, -200.0]]))
    yield Case("x = [[0, 1]], logits = [[200, -200]]", far)
    yield Case("its gradient for the logits", draw.gradient(log_likelihood, x, logits)[1])


def took_logits_for_probabilities(cases) -> bool:
    """Cut to (0, 1) a logit of 0 is a probability of about 0, one of 2 is 1, one of -1 is 0."""
    at_zero, beyond = cases["x = [[1, 0]], logits = [[0, 0]]"], cases["x = [[1, 0]], logits = [[2, -1]]"]
    return bool(at_zero < -4) and bool(beyond > -0.1)


def underflows(cases) -> bool:
    """Right everywhere but at ±200."""
    far = cases["x = [[0, 1]], logits = [[200, -200]]"]
    return bool(cases["whether they are right"]) and far.shape == (1,) and not bool((far + 400).abs() < 1)


# ---- 07-elbo: the bound ----


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL of N(mu, exp(logvar)) to the standard normal: (B, L) → (B,)."""
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


def elbo(x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Reconstruction minus KL: x, logits (B, D), mu, logvar (B, L) → (B,)."""
    return bernoulli_log_likelihood(x, logits) - kl(mu, logvar)


def observe_elbo(bound, draw):
    """One pixel and one latent, then five images of six pixels and three latents, and the gradients."""
    one, zero = tensor([[1.0]]), tensor([[0.0]])
    yield Case("x = [[1]], logits = [[0]], mu = [[1]], logvar = [[0]]", bound(one, zero, one, zero))
    yield Case("x = [[1]], logits = [[2]], mu = [[0]], logvar = [[1]]", bound(one, 2 * one, zero, one))
    inputs = draw.uniform(5, 6), draw.normal(5, 6, std=2.0), draw.normal(5, 3), draw.normal(5, 3)
    yield Case("5 images of 6 pixels, 3 latent dimensions", bound(*inputs))
    _, logits, mu, logvar = draw.gradient(bound, *inputs)
    yield Case("its gradients for logits, mu and logvar", (logits, mu, logvar))


# ---- 07-train: the whole machine ----

EPOCHS = 40
OURS = -25.4
"""The ELBO of the test digits with the code below, in nats; a seed moves it by a tenth or two, rarely by four."""


def train(images: Tensor, epochs: int, seed: int):
    """A VAE with two latent dimensions: images (N, 64) → encode, decode."""
    torch.manual_seed(seed)
    noise = torch.Generator().manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=3e-3)

    def encode(x):
        return encoder(x).chunk(2, -1)

    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=noise).split(64):
            mu, logvar = encode(images[rows])
            z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=noise)
            loss = -elbo(images[rows], decoder(z), mu, logvar).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return encode, decoder


@lru_cache(maxsize=1)
def digits() -> tuple[Tensor, Tensor]:
    """Training and test digits, each (N, 64)."""
    return load_digits("train").x, load_digits("test").x


STEADY = "encode called twice with the same digits: are mu and logvar equal?"
SEEDED = "two trainings with one seed: the largest difference of their codes"
TRAINED = "40 epochs of training, the ELBO of unseen digits (one nat below ours would do)"


def observe_train(train, draw):
    """Shapes, the ELBO of unseen digits, and, for the diagnosis, what such a training leaves behind."""
    images, unseen = (part.clone() for part in digits())  # an answer may change what it gets
    seed = int(draw.integers(0, 1000))
    first_encode, first_decode = train(images[:64].clone(), 1, seed)  # a step or two from the first weights
    encode, decode = train(images.clone(), EPOCHS, seed)
    eps = draw.normal(20, len(unseen), 2)
    with torch.no_grad():
        code, logits = encode(unseen), decode(eps[0])
    yield Case("encode of 180 unseen digits", tuple(code), atol=math.inf)
    yield Case("decode of 180 codes", logits, atol=math.inf)
    if [part.shape for part in (*code, logits)] != [eps[0].shape, eps[0].shape, unseen.shape]:
        return
    mu, logvar = code
    z = mu + torch.exp(logvar / 2) * eps
    with torch.no_grad():
        logits = decode(z.flatten(0, 1)).reshape(20, *unseen.shape)
        encoder_moved = torch.stack([(a - b).abs().max() for a, b in zip(first_encode(unseen), code, strict=True)])
        decoder_moved = (first_decode(z[0]) - logits[0]).abs().max()
    seen = unseen.expand_as(logits)
    reconstruction = bernoulli_log_likelihood(seen, logits).mean()
    rate = kl(mu, logvar).mean()
    bound = reconstruction - rate
    yield Case(TRAINED, OURS if bound > OURS - 1 else bound, rtol=0, atol=1e-3)
    told = {  # nothing here can be wrong; it says what was done where the ELBO is
        "ELBO": bound,
        "reconstruction": reconstruction,
        "reconstruction after one more sigmoid": bernoulli_log_likelihood(seen, torch.sigmoid(logits)).mean(),
        "KL": rate,
        "mean of logvar": logvar.mean(),
        "largest |logvar|": logvar.abs().max(),
        "variance of mu": mu.var(0).sum(),
        "lowest logit": logits.min(),
        "highest logit": logits.max(),
        "encoder moved": encoder_moved.max(),
        "decoder moved": decoder_moved,
    }
    for text, value in told.items():
        yield Case(text, value, atol=math.inf)
    with torch.no_grad():
        steady = all(torch.equal(a, b) for a, b in zip(first_encode(unseen), first_encode(unseen), strict=True))
    yield Case(STEADY, steady)
    again, _ = train(images[:64].clone(), 1, seed)
    with torch.no_grad():
        pairs = zip(first_encode(unseen), again(unseen), strict=True)
        apart = torch.stack([(a - b).abs().max() for a, b in pairs]).max()
    yield Case(SEEDED, apart)


def forgot_the_seed(cases) -> bool:
    """A good VAE, but another one each time."""
    return bool((cases[TRAINED] - OURS).abs() < 1e-3 and cases[STEADY] and cases[SEEDED] > 1e-4)


def never_moved(cases) -> bool:
    """A network is as it was after one step, or the answers are those of fresh weights."""
    lowest, highest = cases["lowest logit"], cases["highest logit"]
    fresh = -2 < lowest < 0 < highest < 2 and -48 < cases["reconstruction"] < -41
    return bool(min(cases["encoder moved"], cases["decoder moved"]) == 0 or fresh)


def let_sigma_die(cases) -> bool:
    """Good pictures from codes that lie far out and have no width."""
    return bool(cases["mean of logvar"] < -6.5 and cases["KL"] > 11 and cases["reconstruction"] > -26)


def never_drew(cases) -> bool:
    """Where the noise does not need logvar the KL makes it 0; mu is in use all the same."""
    return bool(cases["largest |logvar|"] < 0.15 and cases["variance of mu"] > 0.05)


def fell_silent(cases) -> bool:
    """No KL, and the mean digit for every code."""
    return bool(cases["KL"] < 0.01 and -29 < cases["reconstruction"] < -26)


def put_two_sigmoids(cases) -> bool:
    """Logits that are probabilities, or that need one more sigmoid to fit the data."""
    within = 0 <= cases["lowest logit"] and cases["highest logit"] <= 1
    twice = cases["reconstruction after one more sigmoid"]  # greys from 0.5 to 0.73 can reach about -43
    return bool(within or (twice > cases["reconstruction"] + 5 and twice > -44.5 and cases["KL"] < 5))


def went_uphill(cases) -> bool:
    """Far worse than fresh weights, in both terms."""
    return bool(cases["reconstruction"] < -500 and cases["KL"] > 500)


# ---- 07-generate: new digits ----


def generate(n: int, encode, decode, images: Tensor, latent: int, generator: torch.Generator) -> Tensor:
    """Pixel means of n new digits, (n, 64)."""
    return torch.sigmoid(decode(torch.randn(n, latent, generator=generator)))


def observe_generate(generate, draw):
    """A blind decoder, then one that shows the code itself, so that its distribution can be measured."""
    images = draw.uniform(50, 64)

    def encode(x):
        return torch.full((len(x), 2), 3.0), torch.full((len(x), 2), -2.0)  # hardly a code of the prior's

    def blind(z):
        return torch.zeros(len(z), 64)

    def show(z):
        return F.pad(z + 1, (0, 64 - z.shape[-1]))  # the first logits are the code, plus 1

    yield Case("decode gives 0 for every z, n = 3", generate(3, encode, blind, images, 2, draw.generator()))
    n, seed = 4000, draw.seed()
    pixels = generate(n, encode, show, images, 2, draw.generator(seed))
    again = generate(n, encode, show, images, 2, draw.generator(seed))
    z = torch.logit(pixels[:, :2].double()) - 1
    deviations = (z - z.mean(0)) / z.std(0)
    # five standard errors of each statistic of n normal numbers, times √2 as an independent draw is compared
    error = 5 * math.sqrt(2 / n)
    yield Case("the mean of 4,000 codes", z.mean(0), rtol=0, atol=error)
    yield Case("the standard deviation of 4,000 codes", z.std(0), rtol=0, atol=error / math.sqrt(2))
    yield Case(
        "the fourth moment of 4,000 codes / their variance²",
        (deviations**4).mean(0),
        rtol=0,
        atol=error * math.sqrt(24),
    )
    # 0.0455 of a normal lie there
    beyond = (z.abs() > 2).double().mean()
    yield Case("the share of 4,000 codes beyond ±2", beyond, rtol=0, atol=error * math.sqrt(0.0455 / 2))
    yield Case("the correlation of the two coordinates of 4,000 codes", deviations.prod(1).mean(), rtol=0, atol=error)
    yield Case("the lowest and the highest pixel", torch.stack([pixels.min(), pixels.max()]), atol=math.inf)
    yield Case("the same generator twice, the largest difference", (pixels - again).abs().max())


def of_codes(cases):
    """Mean, standard deviation and fourth moment of the codes, (2,) each; all NaN where the first picture is wrong."""
    mean, std, fourth = (cases[i] for i in (1, 2, 3))
    half = cases["decode gives 0 for every z, n = 3"]
    right = half.shape == (3, 64) and bool((half - 0.5).abs().max() < 1e-4)
    return [part.value if right else torch.full((2,), math.nan) for part in (mean, std, fourth)]


def encoded_images(cases) -> bool:
    """The codes lie where the encoder puts images."""
    return bool(((of_codes(cases)[0] - 3).abs() < 0.3).all())


def drew_uniform_codes(cases) -> bool:
    """A fourth moment of 1.8 is that of a uniform number, on whatever interval."""
    mean, std, fourth = of_codes(cases)
    return bool((mean.abs() < 2).all() and (std > 0.05).all() and ((fourth - 1.8).abs() < 0.15).all())


def drew_one_code(cases) -> bool:
    """All codes are the same, and it is not that of the images."""
    return bool((of_codes(cases)[1] < 1e-3).all()) and not encoded_images(cases)


def scaled_the_prior(cases) -> bool:
    """Normal codes around 0 of another size."""
    mean, std, fourth = of_codes(cases)
    round_zero = (mean.abs() < 0.2 * std).all() and ((fourth - 3).abs() < 0.7).all()
    return bool(round_zero and (std > 1e-3).all() and ((std - 1).abs() > 0.1).all())


def returned_logits(cases) -> bool:
    """0 where ½ belongs, and pixels below 0."""
    first, (lowest, highest) = cases["decode gives 0 for every z, n = 3"], cases["the lowest and the highest pixel"]
    return bool((first == 0).all() and lowest < 0 and highest > 1)


def squashed_twice(cases) -> bool:
    """sigmoid(½) where ½ belongs, and no pixel below ½."""
    first, (lowest, highest) = cases["decode gives 0 for every z, n = 3"], cases["the lowest and the highest pixel"]
    return bool(((first - 0.6225).abs() < 1e-3).all() and lowest >= 0.5 and highest < 0.7311)


# ---- 07-grid: a map of the latent plane ----


def latent_grid(k: int) -> Tensor:
    """All pairs of k quantiles of the standard normal, (k * k, 2)."""
    places = torch.special.ndtri((torch.arange(k) + 0.5) / k)
    return torch.cartesian_prod(places, places)


def observe_grid(latent_grid, draw):
    """From one point to a sheet."""
    for k in (1, 2, 3, 5, int(draw.integers(6, 12))):
        yield Case(f"k = {k}" if k < 6 else "a larger k", latent_grid(k))


def places(cases):
    """The numbers of one axis of the sheet for k = 5, or none if it is no sheet."""
    sheet = cases["k = 5"]
    return sheet[:, 0].double().unique() if sheet.shape == (25, 2) else sheet.new_zeros(0)


def evenly_spaced(cases) -> bool:
    """Five places at equal distances."""
    gaps = places(cases).diff()
    return len(gaps) == 4 and bool((gaps - gaps.mean()).abs().max() < 1e-3 * gaps.mean())


EXERCISES = (
    Exercise(
        id="07-predict",
        kind="value",
        name="bce_floors",
        reference=(math.log(2), 0.0),
        parts=("the lowest cross-entropy for x = 0.5", "the lowest cross-entropy for x = 1"),
        misconceptions=(
            Misconception(
                "zero-floor",
                (0.0, 0.0),
                "0 for the grey pixel too? A decoder that says 'ink with probability ½' pays −log ½ whichever way "
                "the coin falls, and no other answer is better. The floor is the pixel's entropy.",
            ),
            Misconception(
                "in-bits", (1.0, 0.0), "One bit is right, but nats were asked for: take the natural logarithm."
            ),
            Misconception(
                "entropy-everywhere",
                (math.log(2), math.log(2)),
                "log 2 belongs to the grey pixel only. For a black pixel the decoder can answer 'ink, surely', and "
                "then it pays nothing.",
            ),
        ),
        nudge="Say the decoder answers x = 0.5 with the probability p of ink. Which p is best, and is −log p then 0?",
        see=NUMBERS,
    ),
    Exercise(
        id="07-loglik",
        name="bernoulli_log_likelihood",
        reference=bernoulli_log_likelihood,
        observe=observe_loglik,
        returns="one number per image",
        misconceptions=(
            Misconception(
                "double-sigmoid",
                lambda x, logits: bernoulli_log_likelihood(x, torch.sigmoid(logits)),
                "A sigmoid was applied twice: probabilities were taken for logits. Then no pixel can be darker than "
                "0.73 or lighter than 0.5.",
            ),
            Misconception(
                "wrong-sign",
                lambda x, logits: -bernoulli_log_likelihood(x, logits),
                "These values are positive: it is the loss. A log-likelihood of pixels is minus the cross-entropy, "
                "and never above 0.",
            ),
            Misconception(
                "mean-over-pixels",
                lambda x, logits: bernoulli_log_likelihood(x, logits) / x.shape[-1],
                "The pixels were averaged. They are independent given z, so their probabilities multiply, and the "
                "logarithms add up.",
            ),
            Misconception(
                "logits-as-probabilities",
                lambda x, logits: x * logits.log() + (1 - x) * (1 - logits).log(),
                "The logits were taken for probabilities. A logit is any real number; the probability of ink is its "
                "sigmoid.",
                seen=took_logits_for_probabilities,
            ),
            Misconception(
                "squared-error",
                lambda x, logits: -((x - torch.sigmoid(logits)) ** 2).sum(-1),
                "That is a squared error, the log-likelihood of a Gaussian decoder up to scale. A Bernoulli decoder "
                "pays the logarithm of its probability.",
                also=(lambda x, logits: -0.5 * ((x - torch.sigmoid(logits)) ** 2).sum(-1),),
            ),
            Misconception(
                "underflow",
                None,
                "Right for ordinary logits, wrong at ±200: there a probability is rounded to 0 or an exponential "
                "overflows. Take the logarithm of the sigmoid straight from the logit.",
                seen=underflows,
            ),
            Misconception(
                "averaged-over-batch",
                lambda x, logits: bernoulli_log_likelihood(x, logits).mean(),
                "The batch was averaged to one number. Each image has its own log-likelihood; the mean comes last, "
                "in the training step.",
            ),
        ),
        nudge="The probability of paper is 1 − sigmoid(l). Of which other logit is that the sigmoid? Then: which of "
        "the two logarithms counts for a black pixel, which for a white one, and how much for a grey one?",
        see=NUMBERS,
    ),
    Exercise(
        id="07-elbo",
        name="elbo",
        reference=elbo,
        observe=observe_elbo,
        returns="one number per image",
        misconceptions=(
            Misconception(
                "kl-added",
                lambda x, logits, mu, logvar: bernoulli_log_likelihood(x, logits) + kl(mu, logvar),
                "The KL was added. It is what the bound pays for a code that differs from the prior, so it makes the "
                "bound smaller.",
            ),
            Misconception(
                "recon-mean-over-pixels",
                lambda x, logits, mu, logvar: bernoulli_log_likelihood(x, logits) / x.shape[-1] - kl(mu, logvar),
                "The reconstruction was averaged over the pixels, the KL was not. That is a hidden weight on the KL, "
                "as large as the number of pixels.",
            ),
            Misconception(
                "kl-mean-over-latent",
                lambda x, logits, mu, logvar: bernoulli_log_likelihood(x, logits) - kl(mu, logvar) / mu.shape[-1],
                "The KL was averaged over the latent dimensions. They are independent, so their divergences add up.",
            ),
            Misconception(
                "negative",
                lambda x, logits, mu, logvar: kl(mu, logvar) - bernoulli_log_likelihood(x, logits),
                "This is the loss, minus the ELBO. The bound itself was asked for: for these images it lies below 0.",
            ),
            Misconception(
                "averaged-over-batch",
                lambda x, logits, mu, logvar: elbo(x, logits, mu, logvar).mean(),
                "The batch was averaged to one number. Give one ELBO for each image; the mean is taken once, by "
                "whoever trains or reports.",
            ),
            Misconception(
                "kl-missing",
                lambda x, logits, mu, logvar: bernoulli_log_likelihood(x, logits),
                "Only the reconstruction is here. Without the KL it is no bound, and training would let the noise "
                "shrink to nothing.",
            ),
            Misconception(
                "kl-divided-by-pixels",
                lambda x, logits, mu, logvar: bernoulli_log_likelihood(x, logits) - kl(mu, logvar) / x.shape[-1],
                "The KL was divided by the number of pixels, while the reconstruction is a sum over them. Such a "
                "weight belongs to no bound: the KL has the weight 1.",
            ),
            Misconception(
                "double-sigmoid",
                lambda x, logits, mu, logvar: elbo(x, torch.sigmoid(logits), mu, logvar),
                "A sigmoid was applied twice: what the loss takes for logits are probabilities already.",
            ),
            Misconception(
                "squared-error",
                lambda x, logits, mu, logvar: -((x - torch.sigmoid(logits)) ** 2).sum(-1) - kl(mu, logvar),
                "The reconstruction is a squared error. This decoder is a Bernoulli: its log-likelihood is minus the "
                "cross-entropy.",
                also=(
                    lambda x, logits, mu, logvar: -0.5 * ((x - torch.sigmoid(logits)) ** 2).sum(-1) - kl(mu, logvar),
                ),
            ),
        ),
        nudge="Compute the two terms apart and print them for the example by hand: −0.693 and 0.5. Which of them "
        "makes the bound larger? Over what is each of them summed?",
        see="07-vae#the-elbo-as-code",
    ),
    Exercise(
        id="07-train",
        name="train",
        reference=train,
        observe=observe_train,
        random=True,
        seconds=20.0,
        returns="two functions, encode and decode",
        misconceptions=(
            Misconception(
                "untrained",
                None,
                "After 40 epochs the networks, or one of them, are as they began. Does a step follow once the "
                "gradients are there, does the optimiser hold the parameters of both, and is its learning rate "
                "large enough?",
                seen=never_moved,
            ),
            Misconception(
                "kl-missing",
                None,
                "The variances have shrunk to nothing and the codes lie far apart: the KL has no part in this loss. "
                "Its noise costs reconstruction, and nothing speaks for it.",
                seen=let_sigma_die,
            ),
            Misconception(
                "noise-missing",
                None,
                "Every log-variance has ended at 0, so the decoder was trained on μ, next to no noise. At test time "
                "it meets draws, and is lost. Is z a draw in every step, scaled by σ, the exponential of half the "
                "log-variance?",
                seen=never_drew,
            ),
            Misconception(
                "collapsed",
                None,
                "The code says nothing: the KL is 0, and every picture is the mean digit. Does the KL weigh too much "
                "(are both terms sums over their dimensions?), or does no gradient reach the encoder through z?",
                seen=fell_silent,
            ),
            Misconception(
                "double-sigmoid",
                None,
                "There is one sigmoid too many between decoder and loss. The decoder should give logits, any real "
                "numbers, and the loss should be the one for logits.",
                seen=put_two_sigmoids,
            ),
            Misconception(
                "sign-of-loss",
                None,
                "Training went uphill: both terms are hundreds of nats worse than at the start. An optimiser "
                "minimises: is it given minus the ELBO? (A learning rate that is far too large can do this as well.)",
                seen=went_uphill,
            ),
            Misconception(
                "seed-ignored",
                None,
                "Two trainings with one seed gave different weights. Everything random hangs on the seed: the first "
                "weights, the order of the images, the noise. Set it before the networks are made.",
                seen=forgot_the_seed,
            ),
        ),
        nudge="Print reconstruction and KL once per epoch. In a healthy run the first rises from −44 to about −23, "
        "and the KL rises too, from 0 to about 2. Which of the two does something else?",
        see="07-vae#the-training-loop-spelled-out-once",
    ),
    Exercise(
        id="07-generate",
        name="generate",
        reference=generate,
        observe=observe_generate,
        random=True,
        returns="pixel means of shape (n, 64)",
        misconceptions=(
            Misconception(
                "encodes-real-images",
                None,
                "These codes come from real images, so the pictures are near-copies. A new digit begins with a draw "
                "from the prior; no image takes part.",
                seen=encoded_images,
            ),
            Misconception(
                "uniform-prior",
                None,
                "The codes are uniform, so they fill one small box. The prior is the standard normal: the function "
                "for it differs by one letter.",
                seen=drew_uniform_codes,
            ),
            Misconception(
                "logits-returned",
                None,
                "The decoder's logits were returned. Pixel means are probabilities of ink: one more step leads from "
                "one to the other.",
                seen=returned_logits,
            ),
            Misconception(
                "double-sigmoid",
                None,
                "The sigmoid was applied twice, so every picture is grey: no pixel is below ½ or above 0.73.",
                seen=squashed_twice,
            ),
            Misconception(
                "one-code-for-all",
                None,
                "One code was drawn and used n times, so all n digits are the same. Each digit needs a draw of its "
                "own.",
                seen=drew_one_code,
            ),
            Misconception(
                "scaled-prior",
                None,
                "The codes are normal around 0, but their standard deviation is not 1. The decoder was trained for "
                "the prior: too narrow shows only its middle, too wide shows junk.",
                seen=scaled_the_prior,
            ),
        ),
        nudge="Which line would have to change if somebody had deleted all images? A new digit needs nothing but the "
        "prior and the decoder.",
        see="07-vae#the-same-distribution-but-new-measured",
    ),
    Exercise(
        id="07-grid",
        name="latent_grid",
        reference=latent_grid,
        observe=observe_grid,
        returns="k * k points of the plane, one per row",
        misconceptions=(
            Misconception(
                "linear-grid",
                None,
                "These places stand at equal distances. Then the corners, where the prior has next to no mass, get "
                "as much room as the middle. Take equal steps in probability.",
                seen=lambda cases: evenly_spaced(cases) and bool(places(cases).min() < 0),
            ),
            Misconception(
                "probabilities-not-quantiles",
                None,
                "These are the probabilities themselves, all between 0 and 1. The place that has this share of the "
                "normal below it is still to be found.",
                seen=lambda cases: evenly_spaced(cases) and bool(places(cases).min() >= 0),
            ),
            Misconception(
                "infinite-ends",
                None,
                "The outermost places are infinite: the shares run from 0 to 1. Take the middles of k equal pieces; "
                "then the first share is half a piece, not 0.",
                seen=lambda cases: bool(places(cases).isinf().any()),
            ),
            Misconception(
                "diagonal-only",
                lambda k: torch.special.ndtri((torch.arange(k) + 0.5) / k)[:, None].repeat(1, 2),
                "Only the diagonal is here, k points. A sheet needs every place of the first axis with every place "
                "of the second.",
            ),
        ),
        nudge="Cut the normal into k pieces of equal probability. Which share of the mass lies below the middle of "
        "the first piece? First write the k numbers of one axis, then all pairs.",
        see="07-vae#what-it-has-learned",
    ),
    Choice(
        id="07-q1",
        name="answer_07_q1",
        question="A VAE with a Gaussian decoder and a learned variance reports a mean test loss, −ELBO, of −12.3 "
        "nats. What do you say?",
        options={
            "a": Option(
                "That can be right: the loss is minus the log of a density, and a density may exceed 1.",
                "Yes. A perfect Gaussian pixel costs less than 0 as soon as its standard deviation is below 0.399.",
                right=True,
            ),
            "b": Option(
                "There is a bug: minus the log of a probability is never negative.",
                "That holds for probabilities. A Gaussian decoder gives a density, and a narrow one is higher than 1.",
                mistake="negative-loss-is-a-bug",
            ),
            "c": Option(
                "The KL must have become negative. That is where to look.",
                "A KL in closed form is never negative, and it need not be: the other term can be. Which sign does "
                "−log p(x|z) have where the density is above 1?",
                mistake="negative-kl",
            ),
            "d": Option(
                "The ELBO has risen above log p(x), so it is no bound any more.",
                "log p(x) is the log of a density too, and may be +13. The bound says ELBO ≤ log p(x), not ELBO ≤ 0.",
                mistake="bound-below-zero",
            ),
        },
        nudge="How high is the density of a normal with the standard deviation 0.1 at its mean? And its logarithm?",
        see=NUMBERS,
    ),
    Choice(
        id="07-q2",
        name="answer_07_q2",
        question="On images of 28 × 28 pixels somebody adds mse_loss(x_hat, x), the mean over all pixels, and the "
        "KL, summed over the latent dimensions. All reconstructions look alike. What is going on?",
        options={
            "a": Option(
                "The KL should be divided by the number of latent dimensions; then both terms are means.",
                "Two means are divided by two different numbers, 784 and L: that is a hidden weight again. Divide "
                "both by the same number, or neither.",
                mistake="kl-divided-by-latents",
            ),
            "b": Option(
                "A correction for the minibatch is missing: multiply the KL by batch size / number of images.",
                "Both terms are means over the batch, so nothing about it has to be corrected. Such a factor only "
                "undoes the mean over the pixels, by chance more or less well.",
                mistake="kl-minibatch-weight",
            ),
            "c": Option(
                "Nothing follows from the loss: the weight of a squared error is arbitrary anyway. Train longer.",
                "It is not arbitrary: a squared error is the log-density of a Gaussian, and its weight is 1/2s². "
                "Training longer only ends in the same optimum.",
                mistake="mse-weight-arbitrary",
            ),
            "d": Option(
                "The mean makes the error 784 times lighter. At unit variance the KL has the hidden weight β = 392.",
                "Yes, D/2: the honest loss has half the squared error, summed. Codes are then too dear to be used.",
                right=True,
            ),
        },
        nudge="Multiply the whole loss by D/2. Then the first term is half the summed squared error. What stands "
        "before the KL?",
        see="07-vae#the-decoder-s-variance-is-an-exchange-rate",
    ),
    Choice(
        id="07-q3",
        name="answer_07_q3",
        question="In her test loop a colleague puts z = μ in place of a draw, 'to get rid of the noise'. What does "
        "she report?",
        options={
            "a": Option(
                "The ELBO, only less noisy, since the mean of z is μ.",
                "The ELBO is the mean of log p(x|z), and the decoder is curved: a mean of values is not the value at "
                "the mean.",
                mistake="mu-instead-of-a-sample",
            ),
            "b": Option(
                "A number that is neither the ELBO nor a bound. It can lie above log p(x).",
                "Yes. In the chapter it does so for some images. For pictures μ is fine; a test loss needs draws.",
                right=True,
            ),
            "c": Option(
                "Nearly the ELBO: one draw was good enough only because σ is small, and then μ is as good.",
                "One draw is good enough because it is unbiased, however large σ is. The value at μ is off by an "
                "error that no averaging removes.",
                mistake="one-sample-since-sigma-small",
            ),
            "d": Option(
                "Something below the ELBO. She is on the safe side.",
                "It is usually above: at the centre of its code an image is decoded best. She reports too much.",
                mistake="mu-below-elbo",
            ),
        },
        nudge="The decoder learned to bring all z near μ back to x, and does it best in the middle. Is the value "
        "there below or above the average?",
        see="07-vae#the-gap-is-the-kl-on-real-digits",
    ),
    Choice(
        id="07-q4",
        name="answer_07_q4",
        question="A VAE is trained with binary cross-entropy on grey digits. Its author reports an ELBO of −25 nats. "
        "What is this number?",
        options={
            "a": Option(
                "A lower bound on the log-density of the grey digits.",
                "exp(−BCE) does not integrate to 1 over grey values, so it is no density of them. Ask which images "
                "the decoder's Bernoulli could draw.",
                mistake="bce-is-a-density",
            ),
            "b": Option(
                "Nothing at all: cross-entropy has a meaning for black and white pixels only.",
                "It has one for grey pixels as well: it is an average over the black-and-white images that they "
                "stand for.",
                mistake="grey-bce-is-nothing",
            ),
            "c": Option(
                "A lower bound on the expected log-probability of the dynamically binarized digits.",
                "Yes. So the binarization belongs beside every such number.",
                right=True,
            ),
            "d": Option(
                "Nats are nats. Somebody's Gaussian decoder has +12 nats on the same digits, so that one is the "
                "better model.",
                "One is a log-probability of black-and-white images, the other a log-density of grey ones. They are "
                "values of different things and cannot be compared.",
                mistake="compared-across-binarizations",
            ),
        },
        nudge="Cross-entropy is linear in the pixel. If a pixel is inked with probability x, what is its expected "
        "loss?",
        see=NUMBERS,
    ),
)
