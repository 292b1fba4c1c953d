"""The loop of full-size runs: equal to the plain trainer, to the objective, and to itself in parts; it never waits."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from vae_utils.data import load_digits
from vae_utils.networks import ACTIVATIONS
from vae_utils.objectives import elbo
from vae_utils.runs import choices
from vae_utils.runs.loop import Objective, draw_epoch, evaluate, steps
from vae_utils.runs.processes import Processes, device_named, multiplies_bfloat16
from vae_utils.runs.settings import Settings
from vae_utils.training import fit

GREY = Settings(data="digits", binarization="grey", latent=2, hidden=(16,), epochs=3, lr=3e-3)


@pytest.fixture(scope="module")
def x():
    return load_digits("train").x[:300]


def weights(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


def adam(model, lr=3e-3):
    return torch.optim.Adam(model.parameters(), lr=lr, fused=True)


def train(model, x, generator, *, epochs=3, **how):
    optimizer, totals = adam(model), torch.zeros(2)
    for _ in range(epochs):
        totals.zero_()
        for _ in steps(Objective(model), optimizer, draw_epoch(x, 2, generator), totals, batch_size=128, **how):
            pass
    return totals


def test_the_loop_is_fit_by_another_path(x):
    ours, plain = GREY.model(x), GREY.model(x)
    totals = train(ours, x, torch.Generator().manual_seed(5))
    history = fit(plain, x, epochs=3, lr=3e-3, generator=torch.Generator().manual_seed(5))
    # the same numbers added up in another order: 9 Adam steps of 0.003 may carry some float32 rounding errors along
    torch.testing.assert_close(weights(ours), weights(plain), rtol=1e-4, atol=1e-5)
    expected = [history.train[name][-1] for name in ("reconstruction", "kl")]
    assert (totals / 300).tolist() == pytest.approx(expected, rel=1e-5)


def test_the_objective_is_the_elbo(x):
    model, eps = GREY.model(x), torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
    reconstruction, kl = Objective(model)(x, eps)
    exact = elbo(model, x, eps=eps)
    assert torch.equal(reconstruction, exact.reconstruction) and torch.equal(kl, exact.kl)
    totals = evaluate(Objective(model), x, eps, batch_size=77)
    assert totals.tolist() == pytest.approx([exact.reconstruction.sum().item(), exact.kl.sum().item()], rel=1e-5)


def test_mixed_precision_is_off_by_the_rounding_of_bfloat16(x):
    model, eps = GREY.model(x), torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
    train(model, x, torch.Generator().manual_seed(0))
    exact, mixed = Objective(model)(x, eps), Objective(model, amp=True)(x, eps)
    for one, other in zip(exact, mixed, strict=True):
        assert other.dtype == torch.float32
        assert not torch.equal(one, other)
    # 8 bits of mantissa: each rounding changes a number by 2⁻⁹ of its size at most, up or down, and there are a few
    assert (exact[0] - mixed[0]).abs().max() < 0.02 * exact[0].abs().max()
    assert (exact[0] - mixed[0]).mean().abs() < 0.002 * exact[0].mean().abs()


def test_mixed_precision_changes_the_elbo_by_less_than_another_seed_does():
    x, unseen = load_digits("train").x, load_digits("test").x
    noise = torch.randn(len(unseen), 2, generator=torch.Generator().manual_seed(0))

    def trained(seed, *, amp):
        model = replace(GREY, hidden=(64,), seed=seed).model(x)
        generator, optimizer = torch.Generator().manual_seed(seed), adam(model)
        for _ in range(30):
            for _ in steps(
                Objective(model, amp=amp), optimizer, draw_epoch(x, 2, generator), torch.zeros(2), batch_size=128
            ):
                pass
        reconstruction, kl = evaluate(Objective(model), unseen, noise).tolist()
        return (reconstruction - kl) / len(unseen)

    single = torch.tensor([trained(seed, amp=False) for seed in range(5)])
    mixed = torch.tensor([trained(seed, amp=True) for seed in range(5)])
    assert not torch.equal(single, mixed)
    # half a standard deviation of the seeds, for the pairs' mean difference and for its spread
    assert (mixed - single).std() < 0.5 * single.std()
    assert (mixed - single).mean().abs() < 0.5 * single.std()


def test_an_epoch_can_be_left_and_drawn_again(x):
    whole, parts = GREY.model(x), GREY.model(x)
    train(whole, x, torch.Generator().manual_seed(1), epochs=1)
    generator = torch.Generator().manual_seed(1)
    state, totals, optimizer = generator.get_state(), torch.zeros(2), adam(parts)
    for done in steps(Objective(parts), optimizer, draw_epoch(x, 2, generator), totals, batch_size=128):
        if done == 2:
            break
    generator.set_state(state)
    epoch = draw_epoch(x, 2, generator)
    assert list(steps(Objective(parts), optimizer, epoch, totals, batch_size=128, first=2)) == [3]
    assert torch.equal(weights(whole), weights(parts))


def test_dynamic_pixels_are_drawn_anew_with_their_grey_values_as_probabilities(x):
    generator = torch.Generator().manual_seed(0)
    few = x[:20]
    total = torch.zeros_like(few)
    for _ in range(400):
        state = generator.get_state()
        order = torch.randperm(20, generator=torch.Generator().set_state(state))
        drawn = draw_epoch(few, 2, generator, dynamic=True).x
        assert ((drawn == 0) | (drawn == 1)).all()
        total[order] += drawn
    # the standard error of a mean of 400 coins; 20 × 64 pixels: the largest of them is about 3.5 of those away
    error = ((few * (1 - few)) / 400).sqrt()
    assert ((total / 400 - few).abs() <= 5 * error).all()
    again = draw_epoch(few, 2, torch.Generator().set_state(state), dynamic=True).x
    assert torch.equal(again, drawn), "the state of the generator says what an epoch is"


@pytest.mark.parametrize("dynamic", [False, True])
def test_an_epoch_may_take_the_memory_of_the_one_before(dynamic):
    x = load_digits("train").x  # more images than are drawn at a time
    fresh, reusing = torch.Generator().manual_seed(4), torch.Generator().manual_seed(4)
    over = None
    for _ in range(3):
        epoch = draw_epoch(x, 2, fresh, dynamic=dynamic)
        again = draw_epoch(x, 2, reusing, dynamic=dynamic, over=over)
        assert torch.equal(epoch.x, again.x) and torch.equal(epoch.eps, again.eps)
        assert over is None or again.x.data_ptr() == over.x.data_ptr()
        over = again
    assert torch.equal(x, load_digits("train").x), "the images themselves are as they were"


class NoWaiting(TorchDispatchMode):
    """Forbids what makes the host wait for the device: to read a value of a tensor."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        assert "_local_scalar_dense" not in str(function), "the loop looks at a value within an epoch"
        return function(*args, **(kwargs or {}))


def test_no_step_waits_for_the_device(x):
    model = GREY.model(x)
    epoch = draw_epoch(x, 2, torch.Generator().manual_seed(0))
    with NoWaiting():
        for _ in steps(Objective(model), adam(model), epoch, torch.zeros(2), batch_size=128):
            pass
        with pytest.raises(AssertionError, match="looks at a value"):
            torch.zeros(1).item()


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_are_a_partition(count):
    for start, stop in ((0, 128), (128, 224), (5, 6), (0, 0)):
        shares = [range(1000)[Processes(rank, count).share(start, stop)] for rank in range(count)]
        assert [row for share in shares for row in share] == list(range(start, stop))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_the_gradients_of_shares_average_to_that_of_the_batch(x):
    """What DistributedDataParallel does, by hand: each scales its sum so that the mean over processes is right."""

    def gradient(processes):
        model = GREY.model(x)
        epoch = draw_epoch(x[:100], 2, torch.Generator().manual_seed(0))
        stays = torch.optim.SGD(model.parameters(), lr=0.0)
        list(steps(Objective(model), stays, epoch, torch.zeros(2), batch_size=100, processes=processes))
        return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])

    shared = sum(gradient(Processes(rank, 3)) for rank in range(3)) / 3  # 33, 33 and 34 images
    torch.testing.assert_close(shared, gradient(Processes()), rtol=1e-5, atol=1e-6)


def test_one_cycle_rises_and_falls_once():
    settings = Settings(schedule="one-cycle", lr=0.01, epochs=4, batch=100)
    rate = settings.learning_rate(1000)
    rates = [rate(step) for step in range(40)]
    assert max(rates) == pytest.approx(0.01, rel=0.01) and 8 <= rates.index(max(rates)) <= 10
    signs = [math.copysign(1, b - a) for a, b in pairwise(rates)]
    assert signs == sorted(signs, reverse=True), "first up, then down"
    assert rates[0] == pytest.approx(0.001) and rates[-1] == pytest.approx(1e-5, rel=1e-3)
    assert GREY.learning_rate(1000) is None


def test_the_learning_rate_reaches_the_optimizer(x):
    model = GREY.model(x)
    optimizer, seen = adam(model), []
    epoch = draw_epoch(x, 2, torch.Generator().manual_seed(0))
    for done in steps(
        Objective(model), optimizer, epoch, torch.zeros(2), batch_size=128, learning_rate=lambda step: 0.1 / (step + 1)
    ):
        seen.append((done, optimizer.param_groups[0]["lr"]))
    assert seen == [(1, 0.1), (2, 0.05), (3, 0.1 / 3)]


def test_an_untrained_decoder_starts_at_the_mean_image(x):
    model = GREY.model(x)
    with torch.no_grad():
        model.decoder.layers[-1].weight.zero_()
    expected = x.mean(0).clamp(0.01, 0.99)
    torch.testing.assert_close(model.decode(torch.zeros(1, 2))[0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"data": "cifar"}, "data must be one of mnist, fashion-mnist, digits, got 'cifar'"),
        ({"binarization": "sample"}, "binarization must be one of dynamic, fixed, grey"),
        ({"watch": "train"}, "watch must be one of test, validation"),
        ({"activation": "gelu"}, "activation must be one of"),
        ({"schedule": "step"}, "schedule must be one of constant, one-cycle"),
        ({"latent": 0}, "latent must be at least 1, got 0"),
        ({"epochs": -1}, "epochs must be at least 1"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"lr": 0.0}, "lr must be a finite number above 0"),
        ({"lr": math.nan}, "lr must be a finite number above 0"),
        ({"hidden": ()}, "hidden must name at least one layer"),
        ({"hidden": (3, -1)}, "hidden must be at least 1"),
        ({"seed": -1}, "seed must be an integer of at least 0"),
        ({"seed": 2**32}, "seed must be an integer of at least 0"),
        ({"amp": 1}, "amp must be true or false"),
        ({"compile": "yes"}, "compile must be true or false"),
    ],
)
def test_bad_settings_get_a_sentence(change, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        Settings(**change)


def test_settings_survive_json():
    import json

    settings = Settings(hidden=(200, 100), amp=True)
    assert Settings.from_dict(json.loads(json.dumps(settings.as_dict()))) == settings
    with pytest.raises(ValueError, match="exactly the names"):
        Settings.from_dict({"data": "mnist"})
    with pytest.raises(ValueError, match="exactly the names"):
        Settings.from_dict({**settings.as_dict(), "beta": 4})


def test_fixed_digits_are_the_same_for_every_seed_and_black_and_white():
    one, other = (Settings(data="digits", binarization="fixed", seed=seed).images("train").x for seed in (0, 1))
    assert torch.equal(one, other) and set(one.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(Settings(data="digits").images("test").x, load_digits("test").x)


def test_unknown_devices_get_a_sentence():
    for name in ("tpu", "xpu", "meta", "cpu:-2"):
        with pytest.raises(ValueError, match="device must be auto, cpu, cuda, cuda:N or mps"):
            device_named(name)
    with pytest.raises(ValueError, match="GPU number 97"):
        device_named("cuda:97")
    assert device_named("cpu") == torch.device("cpu")


def test_help_offers_what_settings_take():
    assert set(choices.DATA) == {"mnist", "fashion-mnist", "digits"}
    from vae_utils.commands import train as command

    text = open(command.__file__, encoding="utf-8").read()
    assert all(name in text for name in ACTIVATIONS)


@pytest.mark.parametrize(
    ("known", "answer"),
    [({"avx2": True, "avx512_bf16": False}, False), ({"avx512_bf16": True}, True), ({"bf16": True}, True), ({}, False)],
)
def test_the_processor_says_whether_it_multiplies_bfloat16(known, answer, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known)
    assert multiplies_bfloat16(torch.device("cpu")) is answer
    assert multiplies_bfloat16(torch.device("cuda"))
