"""Networks and the VAE: shapes, sampling from the prior alone, saving and loading."""

import os
import pickle

import pytest
import torch
from torch import nn

from vae_utils.gaussian import standard_normal
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.networks import MLPDecoder, MLPEncoder, mlp


def small(**arguments):
    return VAE.of_size(9, 2, (5,), **arguments)


def test_mlp_has_activations_between_its_layers_and_none_at_the_end():
    network = mlp([3, 4, 5, 2], "relu")
    assert [type(layer) for layer in network] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    assert network(torch.zeros(7, 6, 3)).shape == (7, 6, 2)


def test_shapes_of_encoder_and_decoder():
    encoder, decoder = MLPEncoder(16, 3), MLPDecoder(3, 16)
    for x in (torch.zeros(5, 16), torch.zeros(5, 4, 4), torch.zeros(5, 1, 4, 4)):
        mu, logvar = encoder(x)
        assert mu.shape == logvar.shape == (5, 3)
    assert decoder(torch.zeros(7, 5, 3)).shape == (7, 5, 16)


def test_heads_are_linear_and_reach_any_real_number():
    encoder = MLPEncoder(4, 1, (8,))
    with torch.no_grad():
        encoder.layers[-1].weight.mul_(1000)
    mu, logvar = encoder(torch.randn(100, 4, generator=torch.Generator().manual_seed(0)))
    for head in (mu, logvar):
        assert head.min() < -2 and head.max() > 2


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: mlp([3]), "sizes must name at least an input and an output"),
        (lambda: mlp([3, 0]), "sizes must be at least 1, got 0"),
        (lambda: mlp([3, 2.5]), "sizes must be an integer"),
        (lambda: mlp([3, 2], "sigmoid"), "activation must be one of tanh, relu"),
        (
            lambda: MLPEncoder(16, 3)(torch.zeros(5, 15)),
            r"x must have shape \(B, ...\) with 16 values per example, got \(5, 15\)",
        ),
        (lambda: MLPEncoder(16, 3)(torch.zeros(16)), r"got \(16,\)"),
        (lambda: MLPEncoder(16, 3)(torch.zeros(5, 16, dtype=torch.int64)), "x must be a float32 or float64 tensor"),
        (lambda: MLPDecoder(3, 16)(torch.zeros(5, 2)), r"z must have shape \(..., 3\), got \(5, 2\)"),
        (lambda: MLPDecoder(3, 16).start_at(torch.zeros(3)), r"parameters must have shape \(16,\), got \(3,\)"),
        (lambda: VAE(MLPEncoder(16, 3), MLPDecoder(2, 16), Bernoulli()), "share one latent size, got 3 and 2"),
        (
            lambda: VAE(MLPEncoder(16, 3), nn.Linear(3, 16), Bernoulli()),
            "decoder must have an integer attribute `latent`",
        ),
        (lambda: small().sample(0), "n must be at least 1, got 0"),
        (lambda: small().sample(True), "n must be an integer, got True of type bool"),
    ],
)
def test_bad_arguments_are_named(build, message):
    with pytest.raises((ValueError, TypeError), match=message):
        build()


def test_start_at_gives_the_untrained_decoder_the_data_mean():
    model = small(likelihood=Bernoulli())
    mean = torch.linspace(0.1, 0.9, 9)
    with torch.no_grad():
        model.decoder.layers[-1].weight.zero_()
    model.decoder.start_at(model.likelihood.inverse_mean(mean))
    torch.testing.assert_close(model.decode(torch.randn(3, 2)), mean.expand(3, 9))


def test_of_size_depends_on_its_seed_alone():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, again, other = small(seed=1), small(seed=1), small(seed=2)
    assert torch.equal(torch.random.get_rng_state(), before), "the global generator must be left alone"
    weights = [model.decoder.layers[0].weight for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_sampling_uses_the_prior_and_no_encoder():
    class Forbidden(nn.Module):
        latent = 2

        def forward(self, x):
            raise AssertionError("generation must not encode anything")

    decoder = MLPDecoder(2, 9, (5,))
    model = VAE(Forbidden(), decoder, Gaussian(0.04))
    samples = model.sample(6, generator=torch.Generator().manual_seed(0))
    z = standard_normal(6, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(samples, decoder(z))


def test_prior_noise_is_standard_normal_and_not_uniform():
    eps = small().noise(40_000, generator=torch.Generator().manual_seed(0))
    assert eps.min() < -3 and abs(float(eps.mean())) < 0.02 and float(eps.std()) == pytest.approx(1, abs=0.02)


def test_pixel_noise_is_drawn_from_the_likelihood():
    model = small(likelihood=Gaussian(0.04))
    clean = model.sample(20_000, generator=torch.Generator().manual_seed(0))
    noisy = model.sample(20_000, generator=torch.Generator().manual_seed(0), pixel_noise=True)
    assert float((noisy - clean).std()) == pytest.approx(0.2, rel=0.02)
    binary = small(likelihood=Bernoulli()).sample(10, pixel_noise=True)
    assert set(binary.unique().tolist()) <= {0.0, 1.0}


def test_reconstruct_decodes_the_mean_code():
    model, x = small(likelihood=Bernoulli()), torch.rand(4, 9)
    mu, _ = model.posterior(x)
    assert torch.equal(model.encode(x), mu)
    assert torch.equal(model.reconstruct(x), torch.sigmoid(model.decoder(mu)))
    assert not model.reconstruct(x).requires_grad


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.3), Gaussian(0.3, learn_variance=True)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_save_and_load_give_the_same_model(tmp_path, likelihood, dtype):
    model = VAE.of_size(9, 2, (5, 4), likelihood=likelihood, activation="silu").to(dtype)
    model.save(tmp_path / "model.pt")
    loaded = VAE.load(tmp_path / "model.pt")
    x = torch.rand(4, 9, dtype=dtype)
    assert torch.equal(loaded.reconstruct(x), model.reconstruct(x))
    assert torch.equal(loaded.likelihood.log_prob(x, x), model.likelihood.log_prob(x, x))
    assert os.listdir(tmp_path) == ["model.pt"], "no half-written file may stay"


def test_loading_runs_no_code_from_the_file(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "owned"), "w"))

    (tmp_path / "trap.pt").write_bytes(pickle.dumps(Trap(), protocol=2))
    torch.save({"format": "vae_utils/1", "parts": Trap()}, tmp_path / "trap2.pt")
    for name in ("trap.pt", "trap2.pt"):
        with pytest.raises(ValueError, match="undamaged model file"):
            VAE.load(tmp_path / name)
    assert not (tmp_path / "owned").exists()


def test_damaged_or_foreign_files_are_refused(tmp_path):
    model = small()
    path = tmp_path / "model.pt"
    model.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cannot be read"):
        VAE.load(path)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        VAE.load(tmp_path / "absent.pt")
    torch.save({"weights": {}}, path)
    with pytest.raises(ValueError, match="must name a model of the format vae_utils/1"):
        VAE.load(path)
    torch.save(
        {
            "format": "vae_utils/1",
            "parts": {
                "encoder": ["MLPEncoder", model.encoder.config],
                "decoder": ["MLPDecoder", model.decoder.config],
                "likelihood": ["Gaussian", model.likelihood.config],
            },
            "weights": small(seed=1).decoder.state_dict(),
        },
        path,
    )
    with pytest.raises(ValueError, match="disagree"):
        VAE.load(path)
    with torch.no_grad():
        model.decoder.layers[0].weight[0, 0] = float("nan")
    model.save(path)
    with pytest.raises(ValueError, match="must be finite"):
        VAE.load(path)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.pt"
    small(seed=1).save(path)
    before = path.read_bytes()

    def full_disk(contents, target):
        target.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="no space left"):
        small(seed=2).save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["model.pt"]


def test_parts_of_ones_own_cannot_be_saved_as_a_whole(tmp_path):
    class Own(MLPDecoder):
        pass

    with pytest.raises(TypeError, match=r"the decoder is a Own; only .* save its state_dict\(\) instead"):
        VAE(MLPEncoder(9, 2), Own(2, 9), Bernoulli()).save(tmp_path / "model.pt")
