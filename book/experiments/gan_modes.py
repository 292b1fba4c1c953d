"""Which of five ways to train one generator finds the eight Gaussians of a ring, over five seeds?

    python book/experiments/gan_modes.py

About five minutes on one thread. Chapter 9 reads the result and repeats one seed with a part of the effort; the figure
``GanReplay`` shows the recorded training of the first seed.
"""

import base64
import os
import sys
import time

import torch
from tqdm import tqdm

from vae_utils import results
from vae_utils.contest import EXAMPLES, LATENT, METHODS, ring_and_examples, train_generator
from vae_utils.gaussian import standard_normal
from vae_utils.modes import count_modes
from vae_utils.widgets.replay import quantised

SEEDS = list(range(5))
SAMPLE = 4000  # new points, by which a method is judged
SHOWN = 200  # of them, in the replay
MOMENTS = [(k / 24) ** 2 for k in range(25)]  # as parts of the training: close together where it is fast


class Record:
    """New points at every moment, always from the same noise, so that a point can be followed."""

    def __init__(self, noise):
        self.noise, self.shots = noise, []

    def __call__(self, done, g):
        while len(self.shots) < len(MOMENTS) and done >= MOMENTS[len(self.shots)] - 1e-9:
            self.shots.append(g(self.noise))


def main():
    torch.set_num_threads(1)
    ring, examples = ring_and_examples()
    noise = standard_normal(SAMPLE, LATENT, generator=torch.Generator().manual_seed(1000))
    books = {name: {"modes": [], "in_mode": [], "points": [], "cpu_seconds": [], "course": []} for name in METHODS}
    replay = []
    runs = [(seed, name) for seed in SEEDS for name in METHODS]
    for seed, name in tqdm(runs, disable=not sys.stderr.isatty()):
        record, start = Record(noise), time.thread_time()
        train_generator(name, examples, seed=seed, watch=record)
        seconds = time.thread_time() - start
        counts = [count_modes(shot, ring) for shot in record.shots]
        book = books[name]
        book["modes"].append(counts[-1].found)
        book["in_mode"].append(round(counts[-1].in_mode, 4))
        book["points"].append(counts[-1].points.tolist())
        book["cpu_seconds"].append(round(seconds, 1))
        book["course"].append([[count.found, round(count.in_mode, 3)] for count in counts])
        if seed == SEEDS[0]:
            replay.append(torch.stack([shot[:SHOWN] for shot in record.shots]))
        print(seed, name, book["modes"][-1], book["in_mode"][-1], f"{seconds:.1f} s", file=sys.stderr, flush=True)
    real = count_modes(ring.sample(SAMPLE, generator=torch.Generator().manual_seed(1001))[0], ring)
    recorded = {
        "seed": SEEDS[0],
        "fake": base64.b64encode(quantised(torch.stack(replay, 1))).decode(),  # (moments, methods, points, 2)
        "real": base64.b64encode(quantised(examples[:SHOWN])).decode(),
    }
    path = results.store(
        "gan_modes", seeds=SEEDS, examples=EXAMPLES, sample=SAMPLE, threads=1,
        steps={name: method.steps for name, method in METHODS.items()},
        real={"modes": real.found, "in_mode": round(real.in_mode, 4)}, methods=books, moments=MOMENTS, replay=recorded,
    )  # fmt: skip
    print(path)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
