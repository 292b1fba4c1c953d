"""The stored studies of chapter 9 belong to the code that is here, report every seed, and agree with themselves."""

import base64

import numpy as np
import pytest
import torch

from vae_utils import results
from vae_utils.contest import EXAMPLES, METHODS
from vae_utils.data import load_digits
from vae_utils.evaluation import nearest_distances
from vae_utils.fidelity import coverage, sharpness
from vae_utils.modes import share_in_mode

BYTES = 200_000


@pytest.mark.parametrize("name", ["gan_modes", "gan_digits"])
def test_a_study_is_small_and_has_at_least_five_seeds(name):
    assert (results.folder() / f"{name}.json").stat().st_size <= BYTES
    seeds = results.load(name)["seeds"]
    assert seeds == list(range(len(seeds))) and len(seeds) >= 5, "the first seeds, none left out"


def test_modes_of_every_seed_belong_to_these_methods():
    study = results.load("gan_modes")
    assert list(study["methods"]) == list(METHODS) and study["examples"] == EXAMPLES
    assert study["steps"] == {name: method.steps for name, method in METHODS.items()}
    enough = 0.1 * study["sample"] / 8 * share_in_mode(3, 2)
    for book in study["methods"].values():
        assert {len(values) for values in book.values()} == {len(study["seeds"])}
        for found, share, points, course in zip(
            *(book[key] for key in ("modes", "in_mode", "points", "course")), strict=True
        ):
            assert found == sum(count >= enough for count in points)
            assert share == pytest.approx(sum(points) / study["sample"], abs=5.1e-5)
            assert len(course) == len(study["moments"])
            assert course[-1] == [found, pytest.approx(share, abs=6e-4)]


def test_every_method_had_about_the_same_time():
    """The steps were chosen for that; the slowest and the fastest differ by less than the noise of a busy machine."""
    seconds = [np.mean(book["cpu_seconds"]) for book in results.load("gan_modes")["methods"].values()]
    assert max(seconds) < 1.5 * min(seconds)


def test_stored_digits_are_a_part_of_what_was_measured():
    """The 40 shown are the first of the 1000: their mean sharpness is within four standard errors of that stored."""
    study = results.load("gan_digits")
    held_out = torch.cat([load_digits(split).x for split in ("validation", "test")])
    assert study["held_out"] == len(held_out) == 360
    first = study["seeds"].index(study["shown"]["seed"])
    for name, pixels in study["shown"]["pixels"].items():
        grey = np.frombuffer(base64.b64decode(pixels), "u1").reshape(study["shown"]["images"], 64)
        assert grey.max() <= 16
        values = sharpness(torch.from_numpy(grey / 16)) / sharpness(held_out).mean()
        error = float(values.std()) / len(values) ** 0.5
        # rounding to 17 levels adds at most what uniform noise of ±1/32 does to a Laplacian, and on average far less
        assert float(values.mean()) == pytest.approx(study["models"][name]["sharpness"][first], abs=4 * error + 0.03)


def test_real_digits_are_measured_as_they_are():
    study, train = results.load("gan_digits"), load_digits("train").x
    held_out = torch.cat([load_digits(split).x for split in ("validation", "test")])
    stored = study["real"]["held-out"]
    assert stored["sharpness"] == stored["coverage"] == 1
    assert stored["nearest_training"] == pytest.approx(float(nearest_distances(held_out, train).median()), abs=1e-3)
    some = train[torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[:360]]
    assert study["real"]["training"]["coverage"] == pytest.approx(coverage(held_out, some), abs=1e-2)
    for book in study["models"].values():
        assert {len(values) for values in book.values()} == {len(study["seeds"])}
