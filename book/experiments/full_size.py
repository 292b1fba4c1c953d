"""VAEs at full size: MNIST over epochs, latent sizes, data sizes and binarizations, and the set-up of Burda et al.

    python book/experiments/full_size.py --device cuda
    python book/experiments/full_size.py --parts sizes --out FOLDER --seconds 500

Needs MNIST (about 10 MB, see ``vae_utils.mnist``). On a GPU each part takes some minutes, since all trainings of a part
run at the same time, each in its own stream; on a CPU it is the work of days, and ``--smoke`` tries everything with
next to no training. Chapter 11 reads the result and the two small models, and repeats two epochs of one training.

The parts:

``times``   seconds per epoch of the course's trainer, on one CPU thread and on the GPU;
``sizes``   784-400-L, batch 128, Adam 1e-3, 100 epochs, over latent sizes, numbers of images and binarizations;
``burda``   784-200-200-50, tanh, batch 20, the schedule of Burda et al. (2016) as far as the time goes.
"""

import argparse
import copy
import json
import math
import os
import platform
import sys
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("CUDA_DEVICE_MAX_CONNECTIONS", "32")  # as many streams really run at the same time

import numpy as np
import torch
from torch import nn

from vae_utils import results
from vae_utils.evaluation import active_units, nearest_distances
from vae_utils.gaussian import log_normal_diag, log_standard_normal, reparameterize, standard_normal
from vae_utils.mnist import binarize, load_mnist
from vae_utils.model import VAE
from vae_utils.objectives import elbo, log_importance_weights
from vae_utils.quadrature import latent_grid
from vae_utils.runs.loop import Objective, draw_epoch, steps
from vae_utils.runs.settings import Settings

SEEDS = [0, 1, 2]
LATENT = [2, 5, 10, 20, 50]
IMAGES = [1_000, 3_000, 10_000, 30_000, 60_000]
BINARIZATIONS = ["grey", "dynamic", "fixed"]
STEPS = 46_800  # 100 epochs of all images in batches of 128, without the last batch, which is not full
K = 5000  # weights per image in what is called −log p
CURVE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]  # the K along which the bound is followed

BURDA = [("vae", 1), ("vae", 5), ("vae", 50), ("iwae", 5), ("iwae", 50)]  # the rows of their table
BURDA_SEEDS = [0, 1]
STAGES = 8  # stage i has 3^i epochs and the learning rate 1e-3 · 10^(−i/7)


@dataclass(frozen=True)
class Plan:
    """One training: what changes from one to the other."""

    seed: int
    latent: int = 20
    hidden: tuple[int, ...] = (400,)
    activation: str = "relu"
    binarization: str = "dynamic"
    images: int = 60_000
    batch: int = 128
    objective: str = "vae"  # the mean of k ELBOs, or "iwae", the bound of k weights
    k: int = 1
    eps: float = 1e-8  # of Adam
    records: int = 25  # points of its curves


# ---- many trainings at the same time -------------------------------------------------------------------------


class Training:
    """A training that yields after each few steps. On a GPU they are one CUDA graph, in a stream of its own.

    It takes the steps of :mod:`vae_utils.runs.loop`, with k draws per image and without the last batch of an epoch,
    since all batches of a graph have one size.
    """

    def __init__(self, plan, model, x, watched, device):
        self.plan, self.device = plan, device
        self.x, self.watched = x[: plan.images], watched
        self.model = model.to(device)
        self.cuda = device.type == "cuda"
        self.stream = torch.cuda.Stream() if self.cuda else None
        self.flights = deque()  # events of the launches that may not be done
        self.per_epoch = len(self.x) // plan.batch
        self.unrolled = max(n for n in range(1, 27) if self.per_epoch % n == 0) if self.cuda else 1
        self.generator = torch.Generator(device).manual_seed(plan.seed)
        rows = self.per_epoch * plan.batch
        self.epoch_x = torch.zeros(rows, x.shape[1], device=device)
        self.epoch_eps = torch.zeros(rows, plan.k, plan.latent, device=device)
        self.at = torch.zeros((), dtype=torch.int64, device=device)
        self.offsets = torch.arange(plan.batch, device=device)
        self.total, self.seen = torch.zeros((), device=device), 0
        lr = torch.tensor(1e-3, device=device) if self.cuda else 1e-3
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr, eps=plan.eps, fused=True, capturable=self.cuda)
        self.curve = {"step": [], "train": [], "test": []}
        self.done = 0
        self.noise = standard_normal(
            len(watched), plan.latent, generator=torch.Generator().manual_seed(1), like=watched
        )
        if self.cuda:
            self.graph = self._captured()

    def on_stream(self):
        return torch.cuda.stream(self.stream) if self.cuda else nullcontext()

    def _captured(self):
        """A graph of some steps. Those that warm it up are undone."""
        weights = copy.deepcopy(self.model.state_dict())
        self.stream.wait_stream(torch.cuda.current_stream())
        with self.on_stream():
            for _ in range(3):
                self._step()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph, stream=self.stream):
            for _ in range(self.unrolled):
                self._step()
        torch.cuda.synchronize()
        self.model.load_state_dict(weights)
        for state in self.optimizer.state.values():
            for value in state.values():
                value.zero_()
        self.total.zero_()
        torch.cuda.synchronize()
        return graph

    def _step(self):
        rows = self.at * self.plan.batch + self.offsets
        x, eps = self.epoch_x[rows], self.epoch_eps[rows].transpose(0, 1)  # (B, D), (k, B, L)
        if self.plan.objective == "iwae":
            log_w = log_importance_weights(self.model, x, eps=eps)
            bound = torch.logsumexp(log_w, 0) - math.log(self.plan.k)
        else:
            bound = elbo(self.model, x, eps=eps).elbo
        self.optimizer.zero_grad(set_to_none=True)
        (-bound.mean()).backward()
        self.optimizer.step()
        self.total += bound.detach().mean()
        self.at += 1

    def _draw(self):
        """The next epoch: order, pixels, noise."""
        order = torch.randperm(len(self.x), generator=self.generator, device=self.device)[: len(self.epoch_x)]
        x = self.x[order]
        if self.plan.binarization == "dynamic":
            x = binarize(x, generator=self.generator)
        self.epoch_x.copy_(x)
        self.epoch_eps.normal_(generator=self.generator)
        self.at.zero_()

    @torch.no_grad()
    def _record(self):
        self.curve["step"].append(self.done)
        self.curve["train"].append(self.total / self.seen)
        self.curve["test"].append(elbo(self.model, self.watched, eps=self.noise).elbo.mean())
        self.total.zero_()  # in its memory, which the graph knows
        self.seen = 0

    def set_learning_rate(self, lr):
        for group in self.optimizer.param_groups:
            if self.cuda:
                with self.on_stream():
                    group["lr"].fill_(lr)
            else:
                group["lr"] = lr

    def ready(self):
        """Whether fewer than two launches wait: the others shall not wait behind them."""
        while self.flights and self.flights[0].query():
            self.flights.popleft()
        return len(self.flights) < 2

    def take(self, steps, every):
        """So many steps, rounded up to whole epochs; a record every so many epochs."""
        epochs = -(-steps // self.per_epoch)
        for epoch in range(1, epochs + 1):
            with self.on_stream():
                self._draw()
            for _ in range(self.per_epoch // self.unrolled):
                with self.on_stream():
                    if self.cuda:
                        self.graph.replay()
                        event = torch.cuda.Event()
                        event.record()
                        self.flights.append(event)
                    else:
                        self._step()
                self.done += self.unrolled
                self.seen += self.unrolled
                yield
            if epoch % every == 0 or epoch == epochs:
                with self.on_stream():
                    self._record()

    def curves(self):
        return {"step": self.curve["step"], **{key: rounded(self.curve[key], 2) for key in ("train", "test")}}


def together(jobs):
    """Let trainings go on in turn: pairs of a training and the generator of its steps."""
    waiting = deque(jobs)
    while waiting:
        training, progress = waiting.popleft()
        if training.ready() and next(progress, "done") == "done":
            continue
        waiting.append((training, progress))


# ---- what a model is worth ----------------------------------------------------------------------------------


def rounded(values, digits=3):
    return [round(float(value), digits) for value in values]


@torch.no_grad()
def bound(model, x, n_samples, *, seed=0, seen=None, images=100, chunk=500):
    """log of the mean of K weights, (N,): as ``iw_bound``; with ``seen``, q is the encoder's answer to those images."""
    generator = torch.Generator(x.device).manual_seed(seed)
    values = []
    for part, code in zip(x.split(images), (x if seen is None else seen).split(images), strict=True):
        mu, logvar = model.posterior(code)
        total = torch.full((len(part),), -math.inf, device=x.device)
        for start in range(0, n_samples, chunk):
            size = min(chunk, n_samples - start)
            eps = torch.randn(size, *mu.shape, device=x.device, generator=generator)
            z = reparameterize(mu, logvar, eps=eps)
            log_w = model.likelihood.log_prob(part, model.decoder(z))
            log_w += log_standard_normal(z) - log_normal_diag(z, mu, logvar)
            total = torch.logaddexp(total, torch.logsumexp(log_w, 0))
        values.append(total - math.log(n_samples))
    return torch.cat(values)


@torch.no_grad()
def mean_elbo(model, x, *, draws=10, seed=0):
    """Means of reconstruction, KL and ELBO over the images, some draws each."""
    generator = torch.Generator(x.device).manual_seed(seed)
    parts = []
    for part in x.split(5000):
        eps = torch.randn(draws, len(part), model.latent, device=x.device, generator=generator)
        parts.append(torch.stack(elbo(model, part, eps=eps)))
    return rounded(torch.cat(parts, 1).double().mean(1))


@torch.no_grad()
def exact_log_p(model, x, *, points, extent=6.0):
    """log p(x) by quadrature over a square grid, for two latent dimensions: (N, D) → (N,)."""
    grid = latent_grid(2, points=points, extent=extent, dtype=torch.float32)
    total = torch.full((len(x),), -math.inf, dtype=torch.float64, device=x.device)
    for z in grid.z.to(x.device).split(20_000):
        logits = model.decoder(z)
        constant = log_standard_normal(z).double() - nn.functional.softplus(logits).double().sum(1)
        for rows in torch.arange(len(x), device=x.device).split(2500):
            log_joint = x[rows].double() @ logits.double().T + constant
            total[rows] = torch.logaddexp(total[rows], torch.logsumexp(log_joint, 1))
    return total + grid.log_volume


def classifier(train, test, *, epochs, device):
    """A judge that is no VAE: a perceptron that names digits; returns it with its accuracy on test images."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = [nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.3), nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.3)]
        judge = nn.Sequential(*layers, nn.Linear(512, 10)).to(device)
    generator = torch.Generator(device).manual_seed(0)
    optimizer = torch.optim.Adam(judge.parameters(), lr=1e-3, fused=True)
    for epoch in range(epochs):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (1 - epoch / epochs)
        for rows in torch.randperm(len(train.x), device=device, generator=generator).split(256):
            loss = nn.functional.cross_entropy(judge(train.x[rows]), train.y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    judge.eval()
    with torch.no_grad():
        return judge, (judge(test.x).argmax(1) == test.y).double().mean().item()


@torch.no_grad()
def looks(judge, x, train):
    """What the classifier says of images, and how far they are from the training images."""
    belief = torch.softmax(judge(x), 1)
    share = torch.bincount(belief.argmax(1), minlength=10) / len(x)
    return {
        "confident": round(float((belief.max(1).values > 0.9).double().mean()), 4),
        "rarest_class": round(float(share.min()), 4),
        "nearest_training": round(float(nearest_distances(x, train).median()), 4),
    }


# ---- the parts -----------------------------------------------------------------------------------------------


def times(data, device, smoke):
    """Seconds of an epoch of the trainer's loop: the second of three, the median of what follows."""
    settings = Settings()
    book = {"images": len(data["train"].x), "batch": settings.batch, "cpu": platform.processor() or platform.machine()}

    def seconds(where, threads=None, amp=False, epochs=3):
        if threads:
            torch.set_num_threads(threads)
        x = data["grey"]["train"].to(where)
        model = settings.model(data["grey"]["train"].cpu()).to(where)
        objective = Objective(model, amp=amp)
        optimizer = torch.optim.Adam(model.parameters(), lr=settings.lr, fused=True)
        generator, totals, took = torch.Generator().manual_seed(0), torch.zeros(2, device=where), []
        for _ in range(epochs):
            began = time.perf_counter()
            epoch = draw_epoch(x, settings.latent, generator, dynamic=True)
            for _ in steps(objective, optimizer, epoch, totals, batch_size=settings.batch):
                pass
            totals.tolist()  # waits for the device
            took.append(time.perf_counter() - began)
        return round(sorted(took[1:])[len(took[1:]) // 2], 3)

    book["one_thread"] = seconds(torch.device("cpu"), threads=1, epochs=2 if smoke else 4)
    if device.type == "cuda":
        book["gpu"] = seconds(device, epochs=4)
        book["gpu_bfloat16"] = seconds(device, amp=True, epochs=4)
        plan = Plan(seed=0)
        x = data["grey"]["train"]
        training = Training(plan, settings.model(x.cpu()), x, data["test"]["dynamic"], device)
        together([(training, training.take(training.per_epoch, 1))])
        torch.cuda.synchronize()
        began = time.perf_counter()
        together([(training, training.take(4 * training.per_epoch, 4))])
        torch.cuda.synchronize()
        book["gpu_graph"] = round((time.perf_counter() - began) / 4, 3)
    return book


def sizes(data, device, out, smoke):
    """The three studies of size, and what the stored models are worth."""
    total = 20 if smoke else STEPS
    plans = [Plan(seed, latent=latent) for latent in LATENT for seed in SEEDS]
    plans += [Plan(seed, images=n) for n in IMAGES[:-1] for seed in SEEDS]
    plans += [Plan(seed, binarization=way) for way in BINARIZATIONS if way != "dynamic" for seed in SEEDS]
    jobs = []
    for plan in plans:
        x = data["fixed" if plan.binarization == "fixed" else "grey"]["train"]
        settings = Settings(latent=plan.latent, seed=plan.seed)
        training = Training(plan, settings.model(x[: plan.images].cpu()), x, data["test"][plan.binarization], device)
        fine = plan == Plan(plan.seed)
        epochs = -(-total // training.per_epoch)
        jobs.append((training, training.take(total, max(1, epochs // (100 if fine else plan.records)))))
    say(f"{len(jobs)} trainings captured")
    together(jobs)
    synchronize(device)
    say("trained")
    models = {plan: training.model.eval() for plan, (training, _) in zip(plans, jobs, strict=True)}
    dynamic = data["test"]["dynamic"]
    some = dynamic[:100] if smoke else dynamic
    k = 100 if smoke else K
    draws = binarize(data["grey"]["train"], generator=torch.Generator(device).manual_seed(9))

    def worth(plan):
        model = models[plan]
        reconstruction, kl, value = mean_elbo(model, dynamic)
        with torch.no_grad():
            used = int(active_units(model.encode(dynamic)).sum())
        train = mean_elbo(model, draws[: plan.images], draws=1)[2]
        nll = -bound(model, some, k).double().mean()
        entry = {
            "elbo": value,
            "reconstruction": reconstruction,
            "kl": kl,
            "train_elbo": train,
            "nll": nll,
            "active": used,
        }
        return {key: round(float(each), 3) for key, each in entry.items()}

    def of(plans):
        rows = [worth(plan) for plan in plans]
        return {key: [row[key] for row in rows] for key in rows[0]}

    curves = {plan: training.curves() for plan, (training, _) in zip(plans, jobs, strict=True)}
    book = {"steps": total, "batch": 128, "k": k, "test_images": len(some)}
    book["epochs"] = [curves[Plan(seed)] for seed in SEEDS]
    book["latent"] = {str(latent): of([Plan(seed, latent=latent) for seed in SEEDS]) for latent in LATENT}
    book["images"] = {}
    for n in IMAGES:
        same = [Plan(seed, images=n) for seed in SEEDS]
        book["images"][str(n)] = of(same) | ({} if n == IMAGES[-1] else {"curves": [curves[plan] for plan in same]})
    say("latent sizes and data sizes judged")

    # each kind of training by each kind of test image, and the bound that Jensen speaks of
    book["binarization"] = {}
    grey = data["test"]["grey"][: len(some)]
    for way in BINARIZATIONS:
        row = {}
        for plan in [Plan(seed, binarization=way) for seed in SEEDS]:
            model = models[plan]
            train = {"grey": data["grey"]["train"], "dynamic": draws, "fixed": data["fixed"]["train"]}[way]
            entry = {f"elbo_{other}": mean_elbo(model, data["test"][other])[2] for other in BINARIZATIONS}
            entry["train_elbo"] = mean_elbo(model, train, draws=1)[2]
            entry["nll_dynamic"] = round(float(-bound(model, some, k).double().mean()), 3)
            # the encoder sees the grey image, the decoder is asked for the drawn one
            entry["nll_dynamic_from_grey"] = round(float(-bound(model, some, k, seen=grey).double().mean()), 3)
            for key, value in entry.items():
                row.setdefault(key, []).append(value)
        book["binarization"][way] = row
    say("binarizations judged")

    # two dimensions: the exact value, and what the bounds say
    book["exact"] = {"k": CURVE, "log_p": [], "coarser": [], "bounds": [], "worst_missing": []}
    for seed in SEEDS:
        model = models[Plan(seed, latent=2)]
        fine, coarse = (exact_log_p(model, some, points=n) for n in ((101, 71) if smoke else (1201, 801)))
        curve = [bound(model, some, n, seed=n) for n in CURVE if n <= k]
        book["exact"]["log_p"].append(round(float(fine.mean()), 4))
        book["exact"]["coarser"].append(round(float(coarse.mean()), 4))
        book["exact"]["bounds"].append(rounded([values.double().mean() for values in curve]))
        missing = fine - curve[-1].double()
        book["exact"]["worst_missing"].append(
            rounded(
                [
                    missing.max(),
                    *missing.quantile(torch.tensor([0.5, 0.99], dtype=torch.float64, device=missing.device)),
                ]
            )
        )
    # twenty dimensions: no exact value, but the same curve
    book["curve20"] = {"k": CURVE, "bounds": []}
    for seed in SEEDS:
        curve = [bound(models[Plan(seed)], some, n, seed=n).double().mean() for n in CURVE if n <= k]
        book["curve20"]["bounds"].append(rounded(curve))
    say("bounds followed")

    judge, accuracy = classifier(data["train"], data["test_grey"], epochs=1 if smoke else 20, device=device)
    book["judge_accuracy"] = round(accuracy, 4)
    held_out = data["test_grey"].x[:1000]
    book["real"] = looks(judge, held_out, data["train"].x)
    book["samples"] = {}
    for latent in LATENT:
        rows = []
        for seed in SEEDS:
            generator = torch.Generator(device).manual_seed(seed)
            rows.append(
                looks(judge, models[Plan(seed, latent=latent)].sample(1000, generator=generator), data["train"].x)
            )
        book["samples"][str(latent)] = {key: [row[key] for row in rows] for key in rows[0]}
    say("samples judged")

    # the two models that the chapter has, as it has them: rounded to 16 bits
    book["stored"] = {}
    for latent in (2, 20):
        model = models[Plan(0, latent=latent)]
        weights = {name: value.half() for name, value in model.state_dict().items()}
        np.savez_compressed(
            out / f"mnist_{latent}d.npz", **{key: value.cpu().numpy() for key, value in weights.items()}
        )
        model.load_state_dict({name: value.float() for name, value in weights.items()})
        images = dynamic[:100]
        entry = {"elbo": mean_elbo(model, dynamic)[2], "nll": rounded(-bound(model, images, k))}
        if latent == 2:
            entry["exact_nll"] = rounded(-exact_log_p(model, images, points=101 if smoke else 1201), 4)
        book["stored"][str(latent)] = entry
    return book


def glorot(model, x, seed):
    """Burda et al.'s first weights: Glorot's uniform ones, no bias but the decoder's, at the mean image."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
    model.decoder.start_at(torch.logit(x.mean(0), eps=1e-3))
    return model


def burda(data, device, seconds, smoke):
    """Their architecture, optimizer and schedule, stage by stage, as long as the next stage fits into the time."""
    x, dynamic = data["grey"]["train"], data["test"]["dynamic"]
    trainings = {}
    for objective, k in BURDA:
        for seed in BURDA_SEEDS:
            plan = Plan(seed, 50, (200, 200), "tanh", batch=20, objective=objective, k=k, eps=1e-4)
            model = VAE.of_size(784, 50, (200, 200), likelihood=Settings().untrained(784).likelihood, seed=seed)
            trainings[plan] = Training(plan, glorot(model, x.cpu(), seed), x, dynamic, device)
    say(f"{len(trainings)} trainings captured")
    began, snapshots, epochs, spent = time.perf_counter(), {plan: [] for plan in trainings}, [], []
    for stage in range(STAGES):
        last = spent[-1] - (spent[-2] if len(spent) > 1 else 0) if spent else 0
        if (smoke and stage == 2) or (spent and spent[-1] + 3.05 * last > seconds):
            break
        for training in trainings.values():
            training.set_learning_rate(1e-3 * 10 ** (-stage / 7))
        together([(t, t.take(3**stage * t.per_epoch, max(1, 3**stage // 3))) for t in trainings.values()])
        synchronize(device)
        epochs.append((epochs[-1] if epochs else 0) + 3**stage)
        spent.append(time.perf_counter() - began)
        for plan, training in trainings.items():
            snapshots[plan].append(copy.deepcopy(training.model.state_dict()))
        say(f"stage {stage}: {epochs[-1]} epochs, {spent[-1]:.0f} s")
    k = 100 if smoke else K
    book = {
        "epochs": epochs,
        "seconds": rounded(spent, 1),
        "batch": 20,
        "k": k,
        "test_images": len(dynamic),
        "rows": [],
    }
    for plan, training in trainings.items():
        row = {"objective": plan.objective, "k": plan.k, "seed": plan.seed, "nll": [], "elbo": [], "nll_error": []}
        for weights in snapshots[plan]:
            training.model.load_state_dict(weights)
            values = bound(training.model, dynamic[: 200 if smoke else None], k).double()
            row["nll"].append(round(float(-values.mean()), 3))
            row["nll_error"].append(round(float(values.std() / math.sqrt(len(values))), 3))
            row["elbo"].append(mean_elbo(training.model, dynamic, draws=5)[2])
        with torch.no_grad():
            row["active"] = int(active_units(training.model.encode(dynamic)).sum())
        row["curve"] = training.curves()
        book["rows"].append(row)
    say("judged")
    return book


# ---- all of it -----------------------------------------------------------------------------------------------

START = time.perf_counter()


def say(text):
    print(f"{time.perf_counter() - START:6.1f} s  {text}", file=sys.stderr, flush=True)


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def everything(device, smoke):
    """All images, on the device: grey ones, those of the fixed binarization, and each kind of test image."""
    train, test = load_mnist("train"), load_mnist("test")
    fixed = {split: load_mnist(split, binarize="fixed").x for split in ("train", "test")}
    if smoke:  # the first 2,560 and 500
        train, test = (type(train)(*(value[:n] for value in images)) for images, n in ((train, 2560), (test, 500)))
        fixed = {"train": fixed["train"][:2560], "test": fixed["test"][:500]}
    drawn = Settings().binarized(test.x)  # as the trainer draws them
    move = lambda images: type(images)(*(value.to(device) for value in images))  # noqa: E731
    fixed = {split: x.to(device) for split, x in fixed.items()}
    train, test = move(train), move(test)
    return {
        "train": train,
        "test_grey": test,
        "grey": {"train": train.x},
        "fixed": {"train": fixed["train"]},
        "test": {"grey": test.x, "dynamic": drawn.to(device), "fixed": fixed["test"]},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, default=None, help="a folder; book/results by default")
    parser.add_argument("--parts", nargs="+", default=["times", "sizes", "burda"])
    parser.add_argument("--seconds", type=float, default=400.0, help="of training in the part burda")
    parser.add_argument("--smoke", action="store_true", help="try everything, train next to nothing")
    options = parser.parse_args()
    device, out = torch.device(options.device), options.out or results.folder()
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    data = everything(device, options.smoke)
    say("images there")
    path = out / "full_size.json"
    book = (
        json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"seeds": SEEDS, "burda_seeds": BURDA_SEEDS}
    )
    makers = {
        "times": lambda: times(data, device, options.smoke),
        "sizes": lambda: sizes(data, device, out, options.smoke),
        "burda": lambda: burda(data, device, options.seconds, options.smoke),
    }
    for part in options.parts:
        made_with = {
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
            "torch": torch.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        }
        book[part] = {"made_with": made_with, **makers[part]()}
        say(f"{part} done")
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        unfinished.write_text(compact(book), encoding="utf-8")
        os.replace(unfinished, path)
    print(path)


def compact(book):
    """JSON with each list of numbers on one line."""
    lists = []

    def marked(value):
        if isinstance(value, dict):
            return {key: marked(each) for key, each in value.items()}
        if isinstance(value, list) and all(isinstance(each, int | float) for each in value):
            lists.append(json.dumps(value, allow_nan=False))
            return f"@{len(lists) - 1}@"
        return [marked(each) for each in value] if isinstance(value, list) else value

    text = json.dumps(marked(book), indent=1, ensure_ascii=False, allow_nan=False)
    for number, line in enumerate(lists):
        text = text.replace(f'"@{number}@"', line, 1)
    return text + "\n"


if __name__ == "__main__":
    main()
