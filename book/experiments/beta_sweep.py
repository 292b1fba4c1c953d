"""What β does to small VAEs of 8×8 digits over five seeds: the rate and its parts, annealing, and the label's worth.

    python book/experiments/beta_sweep.py

A few minutes on one thread. Chapter 8 reads the result and repeats one seed of each part with less training.
"""

import os
import sys

import numpy as np
import torch
from sklearn.svm import SVC
from tqdm import tqdm

from vae_utils import results
from vae_utils.annealing import fit_annealed, ladder
from vae_utils.conditional import ConditionalVAE, conditional_negative_elbo, faster_means
from vae_utils.data import load_digits
from vae_utils.evaluation import active_units
from vae_utils.model import VAE
from vae_utils.objectives import elbo
from vae_utils.rate import exact_rate, kl_per_dimension
from vae_utils.style import slant, within_class
from vae_utils.training import fit
from vae_utils.widgets.latent_explorer import quadrature_elbo

SEEDS = list(range(5))
BETAS = [0.03, 0.1, 0.3, 1, 2, 4, 8, 11, 16, 30]
NEAR = [8, 10, 12, 16, 20]  # about the threshold, for the two schedules
LEARNING_RATE = 3e-3
CONDITIONAL_EPOCHS = 60


def generator(seed):
    return torch.Generator().manual_seed(seed)


def rounded(values, digits=4):
    return [round(float(value), digits) for value in values]


def along_beta(seed, train, test):
    """Ten models, annealed in 10 stages of 20 epochs: rate and its parts, distortion, use of the axes."""
    models = ladder(len(BETAS), seed=seed)
    noise = [generator(seed) for _ in BETAS]
    fit_annealed(models, train.x, betas=BETAS, generators=noise, stages=10, epochs=20, lr=LEARNING_RATE)
    book = {}
    for model in models:
        with torch.no_grad():
            mu, logvar = model.posterior(train.x)
        seen, unseen = (quadrature_elbo(model, x) for x in (train.x, test.x))
        entries = {
            **exact_rate(mu, logvar)._asdict(),
            "distortion": -seen.reconstruction.double().mean(),
            "kl": kl_per_dimension(mu, logvar),
            "spread": mu.var(0),
            "test_kl": unseen.kl.double().mean(),
            "test_elbo": unseen.elbo.double().mean(),
        }
        for name, value in entries.items():
            pair = isinstance(value, torch.Tensor) and value.ndim
            book.setdefault(name, []).append(rounded(value) if pair else rounded([value])[0])
    return book


def two_schedules(seed, train):
    """The same 100 epochs with β at once and with β rising: active units and the loss at the final β."""
    book = {}
    for name, stages in (("constant", 1), ("annealed", 10)):
        models, noise = ladder(len(NEAR), seed=seed), [generator(seed) for _ in NEAR]
        fit_annealed(
            models, train.x, betas=NEAR, generators=noise, stages=stages, epochs=100 // stages, lr=LEARNING_RATE
        )
        terms = [quadrature_elbo(model, train.x) for model in models]
        rates = [term.kl.double().mean() for term in terms]
        distortions = [-term.reconstruction.double().mean() for term in terms]
        losses = [d + beta * r for beta, r, d in zip(NEAR, rates, distortions, strict=True)]
        book[name] = {
            "active": [int(active_units(model.encode(train.x).detach()).sum()) for model in models],
            "loss": rounded(losses),
            "rate": rounded(rates),
        }
    return book


def with_labels(seed, latent, train, test, judge):
    """A plain VAE and the two conditional ones: test ELBO, the classifier's verdict, and whether the slant is kept."""
    plain = VAE.of_size(64, latent, (64, 64), seed=seed)
    fit(plain, train.x, epochs=CONDITIONAL_EPOCHS, lr=LEARNING_RATE, generator=generator(seed))
    book = {"plain": {"elbo": mean_elbo(plain, test.x, seed)}}
    wanted = torch.arange(1000) % 10
    before = within_class(slant(test.x), test.y)
    for way in ("prior", "input"):
        model = ConditionalVAE.of_size(64, latent, 10, (64, 64), labels=way, seed=seed)
        options = {"optimizer": faster_means(model)} if way == "prior" else {}
        fit(
            model, tuple(train), loss=conditional_negative_elbo, epochs=CONDITIONAL_EPOCHS, lr=LEARNING_RATE,
            generator=generator(seed), **options,
        )  # fmt: skip
        samples = model.sample(wanted, generator=generator(seed)).x
        others = [(test.y + k) % 10 for k in range(1, 10)]
        restyled = [model.restyle(test.x, test.y, y) for y in others]
        right = [judge.predict(x) == y.numpy() for x, y in zip(restyled, others, strict=True)]
        after = [within_class(slant(x), y) for x, y in zip(restyled, others, strict=True)]
        book[way] = {
            "elbo": mean_elbo(model.given(test.y), test.x, seed),
            "samples": round(float(np.mean(judge.predict(samples) == wanted.numpy())), 4),
            "restyled": round(float(np.mean(right)), 4),
            "slant": round(float(np.mean([np.corrcoef(before, values)[0, 1] for values in after])), 4),
        }
    return book


@torch.no_grad()
def mean_elbo(model, x, seed):
    """The mean ELBO of the images, 100 draws each: its standard error from them is below 0.05 nats."""
    return rounded([elbo(model, x, n_samples=100, generator=generator(seed)).elbo.double().mean()])[0]


def main():
    torch.set_num_threads(1)
    train, test = load_digits("train"), load_digits("test")
    judge = SVC().fit(train.x, train.y)
    parts = {"along_beta": [], "schedules": [], "labels": []}
    for seed in tqdm(SEEDS, disable=not sys.stderr.isatty()):
        parts["along_beta"].append(along_beta(seed, train, test))
        parts["schedules"].append(two_schedules(seed, train))
        parts["labels"].append({str(latent): with_labels(seed, latent, train, test, judge) for latent in (2, 8)})
        print(f"seed {seed} done", file=sys.stderr, flush=True)
    print(results.store("beta_sweep", seeds=SEEDS, betas=BETAS, near=NEAR, judge=judge.score(test.x, test.y), **parts))


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
