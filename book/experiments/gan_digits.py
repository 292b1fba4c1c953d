"""New digits of a VAE beside those of a WGAN-GP whose generator has the same size: how sharp, how many kinds?

    python book/experiments/gan_digits.py

About three minutes on one thread. Chapter 9 reads the result.
"""

import base64
import os
import sys
import time

import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC
from tqdm import tqdm

from vae_utils import results
from vae_utils.data import load_digits
from vae_utils.evaluation import nearest_distances
from vae_utils.fidelity import coverage, sharpness
from vae_utils.gan_training import fit_gan, generate
from vae_utils.likelihoods import Gaussian
from vae_utils.model import VAE
from vae_utils.networks import mlp
from vae_utils.training import fit
from vae_utils.widgets._base import integer_bytes

SEEDS = list(range(5))
LATENT = 16
SAMPLE = 1000  # new images, by which a model is judged
SHOWN = 40  # of them, stored as grey values from 0 to 16
RARE = 0.02  # a class is reached if it has this share of the new images, a fifth of a fair one
VAE_SETTINGS = {"epochs": 60, "batch_size": 128, "lr": 2e-3}  # as in chapter 7
GAN_SETTINGS = {"loss": "wgan-gp", "steps": 1500, "batch_size": 128, "lr": 1e-3, "betas": (0.5, 0.9), "penalty": 10.0}
CRITIC = (64, 256, 256, 1)


def source(seed):
    return torch.Generator().manual_seed(seed)


def fresh(seed):
    """The sixteen-dimensional model of chapter 7, untrained; its decoder is the generator of both."""
    return VAE.of_size(64, LATENT, likelihood=Gaussian(0.05, learn_variance=True), seed=seed)


def vae_samples(seed, x):
    """New images of a VAE: the means of p(x|z), and draws from it with the noise of its pixels."""
    model = fresh(seed)
    fit(model, x, generator=source(seed), **VAE_SETTINGS)
    return {name: model.sample(SAMPLE, generator=source(100 + seed), pixel_noise=noisy)
            for name, noisy in (("VAE", False), ("VAE with pixel noise", True))}  # fmt: skip


def gan_samples(seed, x):
    """New images of a WGAN-GP."""
    g = fresh(seed).decoder
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic = mlp(CRITIC, "relu")
    fit_gan(g, critic, x, latent=LATENT, generator=source(seed), **GAN_SETTINGS)
    return {"WGAN-GP": generate(g, SAMPLE, latent=LATENT, generator=source(100 + seed))}


def main():
    torch.set_num_threads(1)
    train, validation, test = map(load_digits, ("train", "validation", "test"))
    held_out = torch.cat([validation.x, test.x])
    labels = torch.cat([validation.y, test.y])
    judge = CalibratedClassifierCV(SVC(C=10), ensemble=False).fit(train.x, train.y)

    def measured(x):
        """What is said of a set of images, pixels cut to [0, 1]."""
        x = x.clamp(0, 1)
        belief = torch.as_tensor(judge.predict_proba(x))
        share = torch.bincount(belief.argmax(1), minlength=10) / len(x)
        return {
            "sharpness": round(float(sharpness(x).mean() / sharpness(held_out).mean()), 4),
            "coverage": round(coverage(held_out, x[: len(held_out)]), 4),
            "classes": int((share >= RARE).sum()),
            "rarest_class": round(float(share.min()), 4),
            "confidence": round(float(belief.max(1).values.mean()), 4),
            "nearest_training": round(float(nearest_distances(x, train.x).median()), 4),
        }

    books, shown = {}, {}
    for seed in tqdm(SEEDS, disable=not sys.stderr.isatty()):
        for train_and_sample in (vae_samples, gan_samples):
            start = time.thread_time()
            samples = train_and_sample(seed, train.x)
            seconds = round(time.thread_time() - start, 1)
            for name, x in samples.items():
                row = measured(x) | {"cpu_seconds": seconds}
                print(seed, name, row, file=sys.stderr, flush=True)
                for key, value in row.items():
                    books.setdefault(name, {}).setdefault(key, []).append(value)
                if seed == SEEDS[0]:
                    shown[name] = base64.b64encode(integer_bytes((16 * x[:SHOWN].clamp(0, 1)).round())).decode()
    # the same questions to real images: others than those that are to be covered, and as many
    some = train.x[torch.randperm(len(train.x), generator=source(0))[: len(held_out)]]
    real = {"held-out": measured(held_out), "training": measured(some)}
    accuracy = float((torch.as_tensor(judge.predict(held_out)) == labels).double().mean())
    path = results.store(
        "gan_digits", seeds=SEEDS, sample=SAMPLE, held_out=len(held_out), neighbours=5, rare=RARE,
        judge_accuracy=round(accuracy, 4), vae=VAE_SETTINGS, gan=GAN_SETTINGS, critic=CRITIC, real=real, models=books,
        shown={"seed": SEEDS[0], "images": SHOWN, "pixels": shown},
    )  # fmt: skip
    print(path)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
