"""The contest of five methods: a fair start for all, and each of them the training that its name says."""

import pytest
import torch

from vae_utils.contest import (
    EXAMPLES,
    METHODS,
    autoencoder_loss,
    first_networks,
    ring_and_examples,
    steps_of,
    train_generator,
)
from vae_utils.gan_training import fit_gan, generate
from vae_utils.modes import count_modes
from vae_utils.training import fit

RING, DATA = ring_and_examples()


def weights(module):
    return torch.cat([value.flatten() for value in module.state_dict().values()])


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_examples_are_a_fixed_draw_from_the_ring():
    assert DATA.shape == (EXAMPLES, 2) and count_modes(DATA, RING).found == 8
    assert torch.equal(DATA, ring_and_examples()[1]) and not torch.equal(DATA, ring_and_examples(1)[1])


def test_every_method_starts_with_the_same_generator_and_ends_with_another():
    first = weights(first_networks(3)[0].decoder)
    ends = []
    for name in METHODS:
        seen = []
        g = train_generator(name, DATA, seed=3, effort=0.001, watch=lambda done, g: seen.append((done, weights(g))))  # noqa: B023
        assert seen[0][0] == 0 and torch.equal(seen[0][1], first)
        assert seen[-1][0] == 1 and torch.equal(seen[-1][1], weights(g))
        parts = [done for done, _ in seen]
        assert parts == sorted(set(parts))
        ends.append(weights(g))
    assert all(not torch.equal(a, b) for i, a in enumerate([first, *ends]) for b in ends[i:])


def test_first_weights_depend_on_the_seed_alone():
    state = torch.random.get_rng_state()
    pairs = [first_networks(seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.random.get_rng_state(), state)
    for part in (0, 1):
        a, b, c = (weights(pair[part]) for pair in pairs)
        assert torch.equal(a, b) and not torch.equal(a, c)


@pytest.mark.parametrize("name", METHODS)
def test_a_training_depends_on_its_seed_alone_and_watching_changes_nothing(name):
    runs = [train_generator(name, DATA, seed=seed, effort=0.001, watch=watch)
            for seed, watch in ((0, None), (0, lambda *_: None), (1, None))]  # fmt: skip
    assert torch.equal(weights(runs[0]), weights(runs[1])) and not torch.equal(weights(runs[0]), weights(runs[2]))


def test_a_gan_is_fit_gan_and_a_vae_is_fit():
    vae, critic = first_networks(0)
    settings = {"batch_size": 256, "lr": 1e-3, "generator": source()}
    fit_gan(vae.decoder, critic, DATA, latent=2, loss="wgan-gp", steps=2, penalty=0.1, betas=(0.5, 0.9), **settings)
    assert torch.equal(weights(vae.decoder), weights(train_generator("WGAN-GP", DATA, effort=2 / 800)))
    vae, _ = first_networks(0)
    fit(vae, DATA, epochs=1, **settings | {"generator": source()})
    assert torch.equal(weights(vae.decoder), weights(train_generator("VAE", DATA, effort=16 / 6400)))


def test_an_autoencoder_ignores_the_noise():
    vae, _ = first_networks(0)
    one, two = (autoencoder_loss(vae, DATA[:9], eps=eps)["loss"] for eps in (None, torch.ones(9, 2)))
    assert torch.equal(one, two)
    expected = torch.distributions.Normal(vae.reconstruct(DATA[:9]), 0.1).log_prob(DATA[:9]).sum(1)
    torch.testing.assert_close(-one, expected, atol=1e-3, rtol=1e-5)


def test_steps_are_whole_passes_where_examples_are_shuffled():
    assert steps_of("AE", 1 / 6400) == 16 and steps_of("VAE", 0.01) == 64
    assert steps_of("WGAN-GP", 0.01) == 8 and steps_of("GAN", 1e-9) == 1
    assert all(steps_of(name) == method.steps for name, method in METHODS.items())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["VAE", "WGAN-GP"])
def test_a_tenth_of_the_effort_already_finds_modes(name, seed):
    """An untrained generator has none, and both then have at least three."""
    untrained = generate(first_networks(seed)[0].decoder, 2000, latent=2, generator=source(9))
    assert count_modes(untrained, RING).found == 0
    g = train_generator(name, DATA, seed=seed, effort=0.1)
    assert count_modes(generate(g, 2000, latent=2, generator=source(9)), RING).found >= 3


@pytest.mark.parametrize(
    "name, data, effort, message",
    [
        ("LSGAN", DATA, 1.0, "name must be one of AE, VAE, GAN, WGAN-clip, WGAN-GP, got 'LSGAN'"),
        ("GAN", DATA[:9], 1.0, r"data must have shape \(4096, 2\), got \(9, 2\)"),
        ("GAN", DATA, 0.0, "effort must be a finite number above 0"),
    ],
)
def test_bad_arguments_are_named(name, data, effort, message):
    with pytest.raises(ValueError, match=message):
        train_generator(name, data, effort=effort)
