"""KL annealing: stages of a sweep whose weights rise to those that are meant."""

import pytest
import torch

from vae_utils.annealing import fit_annealed, ladder
from vae_utils.model import VAE
from vae_utils.sweep import fit_sweep


def data():
    return torch.rand(24, 6, generator=torch.Generator().manual_seed(1))


def pair():
    return [VAE.of_size(6, 2, (8,), seed=seed) for seed in (0, 1)]


def noise(count=2):
    return [torch.Generator().manual_seed(seed) for seed in range(count)]


def same(first, second):
    pairs = zip(first, second, strict=True)
    return all(
        torch.equal(a, b) for one, other in pairs for a, b in zip(one.parameters(), other.parameters(), strict=True)
    )


def test_one_stage_is_the_sweep():
    annealed, swept = pair(), pair()
    books = fit_annealed(annealed, data(), betas=[0.5, 2.0], generators=noise(), stages=1, epochs=3, batch_size=8)
    expected = fit_sweep(swept, data(), generators=noise(), arguments={"beta": [0.5, 2.0]}, epochs=3, batch_size=8)
    assert same(annealed, swept) and books == expected


def test_the_weight_rises_in_equal_steps_to_the_one_that_is_meant():
    annealed, by_hand = pair(), pair()
    books = fit_annealed(annealed, data(), betas=[3.0, 6.0], generators=noise(), stages=3, epochs=2, batch_size=8)
    generators = noise()
    for share in (1 / 3, 2 / 3, 1.0):
        betas = torch.tensor([3.0, 6.0], dtype=torch.float64) * share
        fit_sweep(by_hand, data(), generators=generators, arguments={"beta": betas}, epochs=2, batch_size=8)
    assert same(annealed, by_hand)
    weights = [
        [(loss + rec) / kl for loss, rec, kl in zip(b["loss"], b["reconstruction"], b["kl"], strict=True)]
        for b in books
    ]
    # the loss is −reconstruction + β KL, so each epoch's books say which β it had
    assert weights[0] == pytest.approx([1, 1, 2, 2, 3, 3], rel=1e-3)
    assert weights[1] == pytest.approx([2, 2, 4, 4, 6, 6], rel=1e-3)


def test_a_ladder_is_equal_models_that_follow_the_seed_and_leave_torchs_generator_alone():
    before = torch.random.get_rng_state()
    one, other = ladder(3, seed=4), ladder(1, seed=5)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert same(one[:1], one[1:2]) and not same(one[:1], other)
    assert one[0].latent == 2 and one[0].decode(torch.zeros(5, 2)).shape == (5, 64)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"betas": [1.0]}, r"betas must be 2 numbers, one for each model, got shape \(1,\)"),
        ({"betas": [1.0, 2.0], "stages": 0}, "stages must be at least 1"),
        ({"betas": [1.0, 2.0], "epochs": 0}, "epochs must be at least 1"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        fit_annealed(pair(), data(), generators=noise(), **options)
    with pytest.raises(ValueError, match="count must be at least 1"):
        ladder(0)
