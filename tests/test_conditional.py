"""The conditional VAE against torch.distributions, quadrature, the plain VAE, and a classifier that never saw it."""

import math

import numpy as np
import pytest
import torch
from sklearn.svm import SVC
from torch.distributions import Independent, Normal, kl_divergence

from vae_utils.conditional import ConditionalVAE, conditional_elbo, conditional_negative_elbo, faster_means
from vae_utils.data import load_digits
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.objectives import elbo, log_importance_weights, negative_elbo
from vae_utils.quadrature import kl_to_posterior, log_marginal
from vae_utils.sweep import fit_sweep
from vae_utils.training import fit

CLASSES, SEEDS = 3, (0, 1, 2)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def small(labels, latent=2, **arguments):
    """An untrained float64 model of 6 pixels whose class means, if it has any, lie about 2 from each other."""
    if labels == "prior":
        arguments.setdefault("means", 1.5 * normal(CLASSES, latent, seed=5))
    return ConditionalVAE.of_size(6, latent, CLASSES, (8,), labels=labels, seed=3, **arguments).double()


@pytest.fixture(scope="module")
def x():
    return torch.rand(9, 6, generator=generator(), dtype=torch.float64)


@pytest.fixture(scope="module")
def y():
    return torch.arange(9) % CLASSES


ways = pytest.mark.parametrize("labels", ["prior", "input"])


# ---- the equations -------------------------------------------------------------------------------------------


@ways
def test_the_kl_is_torchs_between_the_posterior_and_the_prior_of_the_class(labels, x, y):
    model = small(labels)
    mu, logvar = model.posterior(x, y)
    prior_mean = model.means[y] if labels == "prior" else torch.zeros_like(mu)
    expected = kl_divergence(
        Independent(Normal(mu, torch.exp(logvar / 2)), 1), Independent(Normal(prior_mean, torch.ones_like(mu)), 1)
    )
    terms = model.elbo(x, y, generator=generator())
    torch.testing.assert_close(terms.kl, expected)
    written_out = 0.5 * ((mu - prior_mean) ** 2 + logvar.exp() - logvar - 1).sum(1)  # as the article has it
    torch.testing.assert_close(terms.kl, written_out)
    torch.testing.assert_close(terms.elbo, terms.reconstruction - terms.kl)


def test_the_networks_see_what_the_two_ways_say(x, y):
    """ "prior": no network knows the label. "input": both do, as a unit vector beside their input."""
    model, eps = small("prior"), normal(9, 2)
    mu, logvar = model.encoder(x)
    torch.testing.assert_close(model.posterior(x, y)[0], mu)
    expected = model.likelihood.log_prob(x, model.decoder(mu + torch.exp(logvar / 2) * eps))
    torch.testing.assert_close(model.elbo(x, y, eps=eps).reconstruction, expected)

    model, unit = small("input"), torch.eye(CLASSES, dtype=torch.float64)[y]
    mu, logvar = model.encoder(torch.cat([x, unit], 1))
    torch.testing.assert_close(model.posterior(x, y), (mu, logvar))
    z = mu + torch.exp(logvar / 2) * eps
    expected = model.likelihood.log_prob(x, model.decoder(torch.cat([z, unit], 1)))
    torch.testing.assert_close(model.elbo(x, y, eps=eps).reconstruction, expected)


def test_without_class_means_it_is_the_plain_vae_to_the_last_bit(x, y):
    plain = VAE.of_size(6, 2, (8,), seed=3).double()
    model = small("prior", means=None)
    eps = plain.noise(9, generator=generator())
    for ours, theirs in zip(model.elbo(x, y, eps=eps), elbo(plain, x, eps=eps), strict=True):
        assert torch.equal(ours, theirs)
    assert torch.equal(model.sample(y, generator=generator()).x, plain.sample(9, generator=generator()))


def test_without_class_means_it_trains_as_the_plain_vae_to_the_last_bit(x, y):
    plain = VAE.of_size(6, 2, (8,), seed=3).double()
    model = small("prior", means=None, learn_means=False)
    fit(plain, x, epochs=3, batch_size=4, generator=generator())
    fit(model, (x, y), loss=conditional_negative_elbo, epochs=3, batch_size=4, generator=generator())
    for name, value in plain.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name


@ways
@pytest.mark.parametrize("likelihood", [Gaussian(0.2), Bernoulli()], ids=["gaussian", "bernoulli"])
def test_log_p_given_the_class_is_elbo_plus_the_gap(labels, likelihood, x):
    """With one latent the reconstruction is a Gauss-Hermite sum, log p(x|y) and the gap are sums over a grid."""
    model = small(labels, latent=1, likelihood=likelihood)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    eps = torch.as_tensor(nodes)[:, None, None].expand(80, len(x), 1)
    weights = torch.as_tensor(weights / weights.sum())
    for label in range(CLASSES):
        given = model.given(label)
        reconstruction = torch.stack(
            [w * model.elbo(x, label, eps=e).reconstruction for e, w in zip(eps, weights, strict=True)]
        ).sum(0)
        exact_elbo = reconstruction - model.elbo(x, label, eps=eps[0]).kl
        log_p = log_marginal(given, x, extent=9.0)
        torch.testing.assert_close(log_p, exact_elbo + kl_to_posterior(given, x, extent=9.0), rtol=0, atol=1e-6)
        assert (log_p > exact_elbo).all()


@ways
def test_labels_may_differ_within_a_batch(labels, x, y):
    """Each example is judged under its own label, in the ELBO and in every importance weight."""
    model, eps = small(labels), normal(5, 9, 2)
    together = log_importance_weights(model.given(y), x, eps=eps)
    bound = model.elbo(x, y, eps=eps).elbo
    for i, label in enumerate(y.tolist()):
        alone = log_importance_weights(model.given(label), x[i : i + 1], eps=eps[:, i : i + 1])
        torch.testing.assert_close(together[:, i : i + 1], alone)
        torch.testing.assert_close(bound[i : i + 1], model.elbo(x[i : i + 1], label, eps=eps[:, i : i + 1]).elbo)
        other = log_importance_weights(model.given((label + 1) % CLASSES), x[i : i + 1], eps=eps[:, i : i + 1])
        assert (other - alone).abs().min() > 1e-6, "the label must matter"


@ways
def test_one_label_for_all_is_that_label_for_each(labels, x):
    model, eps = small(labels), normal(9, 2)
    one, each = model.elbo(x, 2, eps=eps), model.elbo(x, torch.full((9,), 2), eps=eps)
    for a, b in zip(one, each, strict=True):
        torch.testing.assert_close(a, b)
    torch.testing.assert_close(model.elbo(x, np.int64(2), eps=eps).elbo, one.elbo)


@ways
def test_gradients_reach_every_parameter_and_are_right(labels, x, y):
    """Along a random direction, against the difference of two losses."""
    model, eps = small(labels), normal(9, 2)
    parameters = list(model.parameters())
    assert len(parameters) == (9 if labels == "prior" else 8)

    def loss():
        return conditional_negative_elbo(model, x, y, eps=eps, beta=0.7)["loss"].mean()

    gradients = torch.autograd.grad(loss(), parameters)
    assert all(g.abs().max() > 0 for g in gradients)
    direction = [normal(*p.shape, seed=i) for i, p in enumerate(parameters)]
    slope = sum((g * d).sum() for g, d in zip(gradients, direction, strict=True))
    step, losses = 1e-5, []
    with torch.no_grad():
        for move in (step, -2 * step):
            for p, d in zip(parameters, direction, strict=True):
                p += move * d
            losses.append(loss())
    assert float(slope) == pytest.approx(float(losses[0] - losses[1]) / (2 * step), rel=1e-6)


def test_class_means_are_pulled_to_the_mean_code_of_their_class_and_by_the_kl_alone(x, y):
    model, eps = small("prior"), normal(9, 2)
    terms = conditional_negative_elbo(model, x, y, eps=eps)
    (pull,) = torch.autograd.grad(terms["kl"].sum(), model.means, retain_graph=True)
    mu = model.posterior(x, y)[0]
    expected = torch.stack([(model.means[c] - mu[y == c]).sum(0) for c in range(CLASSES)])
    torch.testing.assert_close(pull, expected.detach())
    (other,) = torch.autograd.grad(terms["reconstruction"].sum(), model.means)
    assert other.abs().max() < 1e-12, "z = μ + σ ε and the decoder know nothing of m_y"


def test_beta_weighs_the_kl_and_the_elbo_ignores_it(x, y):
    model, eps = small("prior"), normal(9, 2)
    one, four = (conditional_negative_elbo(model, x, y, eps=eps, beta=beta) for beta in (1.0, 4.0))
    torch.testing.assert_close(four["loss"] - one["loss"], 3 * one["kl"])
    assert torch.equal(one["elbo"], four["elbo"]) and torch.equal(one["elbo"], -one["loss"])


def test_the_trainer_passes_labels_and_beta_on(x, y):
    model = small("input")
    history = fit(
        model, (x, y), loss=conditional_negative_elbo, arguments={"beta": 3.0}, epochs=1, generator=generator()
    )
    last = {name: values[-1] for name, values in history.train.items()}
    assert last["loss"] == pytest.approx(3 * last["kl"] - last["reconstruction"])


@ways
def test_a_sweep_trains_conditional_models_as_fit_does(labels, x, y):
    swept, alone = ([small(labels) for _ in range(2)] for _ in range(2))
    common = {"loss": conditional_negative_elbo, "epochs": 2, "batch_size": 4}
    fit_sweep(swept, (x, y), generators=[generator(0), generator(1)], arguments={"beta": [0.5, 2.0]}, **common)
    for seed, beta in enumerate((0.5, 2.0)):
        fit(alone[seed], (x, y), generator=generator(seed), arguments={"beta": beta}, **common)
        for a, b in zip(swept[seed].parameters(), alone[seed].parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-10)


# ---- samples and styles --------------------------------------------------------------------------------------


@ways
def test_samples_come_from_the_prior_of_their_class(labels):
    """Against a decoder that returns its input: the sample is z, and the label beside it."""

    class Identity(torch.nn.Module):
        latent = 2 if labels == "prior" else 2 + CLASSES

        def forward(self, z):
            return z

    means = torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, -5.0]]) if labels == "prior" else None
    encoder = torch.nn.Linear(1, 1)  # a sample needs none: this one could not even take a label
    model = ConditionalVAE(encoder, Identity(), Gaussian(), CLASSES, labels=labels, means=means)
    n = 6000
    x, y = model.sample(torch.arange(n) % CLASSES, generator=generator())
    for label in range(CLASSES):
        z = x[y == label, :2]
        error = 5 / math.sqrt(len(z))  # five standard errors of a mean of unit variance
        torch.testing.assert_close(z.mean(0), model.means[label], rtol=0, atol=error)
        torch.testing.assert_close(z.std(0), torch.ones(2), rtol=0, atol=error)
        if labels == "input":
            assert torch.equal(x[y == label, 2:], torch.eye(CLASSES)[label].expand(len(z), -1))


def test_a_number_of_samples_draws_the_classes_evenly_and_the_generator_decides():
    model = small("input")
    images = model.sample(3000, generator=generator())
    counts = torch.bincount(images.y, minlength=CLASSES)
    assert images.x.shape == (3000, 6) and (counts - 1000).abs().max() < 5 * math.sqrt(3000 * 2 / 9)  # binomial
    again = model.sample(3000, generator=generator())
    assert torch.equal(images.x, again.x) and torch.equal(images.y, again.y)
    noisy = model.sample(images.y[:50], generator=generator(), pixel_noise=True).x
    assert not torch.equal(noisy, model.sample(images.y[:50], generator=generator()).x)


@ways
def test_restyling_with_the_own_label_is_reconstruction_and_there_and_back_is_defined_by_the_code(labels, x, y):
    model = small(labels)
    mu, _ = model.posterior(x, y)
    torch.testing.assert_close(model.restyle(x, y, y), model.decode(mu, y))
    other = (y + 1) % CLASSES
    torch.testing.assert_close(
        model.restyle(x, y, other), model.decode(mu - model.means[y] + model.means[other], other)
    )
    torch.testing.assert_close(model.restyle(x[:1], y[:1], 2), model.restyle(x[:1], y[:1], torch.tensor([2])))


# ---- on digits -----------------------------------------------------------------------------------------------


def slant(x):
    """How much ink leans: the slope of the horizontal over the vertical coordinate, (N, 64) → (N,)."""
    ink = x.clamp(min=0).reshape(-1, 8, 8)
    ink = ink / ink.sum((1, 2), keepdim=True)
    at = torch.arange(8.0)
    down = at[None] - (ink.sum(2) * at).sum(1, keepdim=True)
    right = at[None] - (ink.sum(1) * at).sum(1, keepdim=True)
    return torch.einsum("nij,ni,nj->n", ink, down, right) / (ink.sum(2) * down**2).sum(1)


def within_class(values, y):
    """Values minus the mean of their class."""
    return values - torch.stack([values[y == c].mean() for c in range(10)])[y]


@pytest.fixture(scope="module")
def judge():
    """A classifier of real digits, right on at least 97 % of those that it has not seen."""
    train, test = load_digits("train"), load_digits("test")
    judge = SVC().fit(train.x, train.y)
    assert judge.score(test.x, test.y) > 0.97
    return judge


@pytest.fixture(scope="module", params=["prior", "input"])
def trained(request):
    """Three small models of each way, 40 epochs on digits."""
    models = []
    for seed in SEEDS:
        model = ConditionalVAE.of_size(64, 8, 10, (64,), labels=request.param, seed=seed)
        optimizer = {"optimizer": faster_means(model)} if request.param == "prior" else {}
        common = {"loss": conditional_negative_elbo, "epochs": 40, "lr": 3e-3}
        fit(model, tuple(load_digits("train")), generator=generator(seed), **common, **optimizer)
        models.append(model)
    return models


def agreement(judge, x, y):
    """The share of images that the judge takes for what they should be, for each class."""
    right = torch.as_tensor(judge.predict(x)) == y
    return torch.stack([right[y == c].double().mean() for c in range(10)])


def test_samples_are_taken_for_their_class(judge, trained):
    """Measured: mean .85–.86 and worst class .62–.64 ("prior"), .98–.99 and .81–.93 ("input").

    A class's share of 100 samples has a standard error of at most .05; by chance it is .1.
    """
    y = torch.arange(1000) % 10
    for seed, model in enumerate(trained):
        right = agreement(judge, model.sample(y, generator=generator(seed)).x, y)
        assert right.mean() > 0.75 and right.min() > 0.4, f"seed {seed}: {right}"


def test_without_class_means_the_label_says_nothing_about_the_sample(judge):
    """The same training, but m_y fixed at 0: 1,000 samples agree by chance, .1 with a standard error of .0095."""
    model = ConditionalVAE.of_size(64, 8, 10, (64,), learn_means=False, seed=0)
    data = tuple(load_digits("train"))
    fit(model, data, loss=conditional_negative_elbo, epochs=20, lr=3e-3, generator=generator())
    y = torch.arange(1000) % 10
    assert abs(float(agreement(judge, model.sample(y, generator=generator()).x, y).mean()) - 0.1) < 5 * 0.0095


def test_a_chosen_class_is_what_a_restyled_digit_is_taken_for(judge, trained):
    """Measured for the worst of nine other classes: .81–.85 ("prior") and .94–.98 ("input") of 180 test digits."""
    x, y = load_digits("test")
    for model in trained:
        right = [
            float(np.mean(judge.predict(model.restyle(x, y, (y + k) % 10)) == ((y + k) % 10).numpy()))
            for k in range(1, 10)
        ]
        assert min(right) > 0.65, right


def test_the_slant_of_a_digit_goes_over_to_its_other_class(trained):
    """A digit that leans more than its class gives one that leans more than *its* class.

    Correlations over 180 test digits, measured over nine other classes: at least .80. Without a relation their standard
    error is 1/√180 = .075.
    """
    x, y = load_digits("test")
    before = within_class(slant(x), y)
    for model in trained:
        for k in range(1, 10):
            other = (y + k) % 10
            after = within_class(slant(model.restyle(x, y, other)), other)
            assert np.corrcoef(before, after)[0, 1] > 0.5


def test_the_wrong_label_costs_nats_on_unseen_digits(trained):
    """Measured: 14 nats per image on average ("prior"), 31 or more ("input")."""
    x, y = load_digits("test")
    for model in trained:
        right, wrong = (
            model.elbo(x, label, n_samples=10, generator=generator()).elbo.mean() for label in (y, (y + 1) % 10)
        )
        assert right > wrong + 5


# ---- bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda m, x: m.given(3), ValueError, "y must hold labels from 0 to 2, got 3 to 3"),
        (lambda m, x: m.given(-1), ValueError, "y must hold labels from 0 to 2, got -1 to -1"),
        (lambda m, x: m.given(torch.tensor([0, 7])), ValueError, "y must hold labels from 0 to 2, got 0 to 7"),
        (lambda m, x: m.given(torch.tensor([0.0])), TypeError, "y must be an integer or an int64 tensor"),
        (lambda m, x: m.given(True), TypeError, "y must be an integer"),
        (lambda m, x: m.given("3"), TypeError, "y must be an integer"),
        (lambda m, x: m.given(torch.zeros(2, 2, dtype=torch.int64)), ValueError, r"y must have shape \(\) or \(B,\)"),
        (lambda m, x: m.elbo(x, torch.tensor([0, 1])), ValueError, "y must hold one label per row of x, got 2"),
        (lambda m, x: m.elbo(x, torch.tensor([0])), ValueError, "y must hold one label per row of x, got 1"),
        (lambda m, x: m.elbo(x[:1], torch.tensor([0, 1])), ValueError, "y must hold one label per row of x, got 2"),
        (lambda m, x: m.decode(normal(1, 2), torch.tensor([0, 1])), ValueError, "one label per row of z, got 2"),
        (lambda m, x: m.decode(normal(2), torch.tensor([0, 1])), ValueError, "one label per row of z, got 2"),
        (lambda m, x: conditional_elbo(m, x, 0, n_samples=0), ValueError, "n_samples must be at least 1"),
        (lambda m, x: m.sample(0), ValueError, "labels must be at least 1"),
        (lambda m, x: m.sample(2.0), TypeError, "labels must be an integer"),
        (lambda m, x: m.sample(torch.zeros(0, dtype=torch.int64)), ValueError, r"labels must have shape \(n,\)"),
        (lambda m, x: m.sample(torch.tensor(1)), ValueError, r"labels must have shape \(n,\)"),
        (lambda m, x: m.sample(torch.tensor([9])), ValueError, "labels from 0 to 2"),
        (lambda m, x: m.sample(3, generator=1), TypeError, "generator must be a"),
        (lambda m, x: fit(m, (x, torch.full((9,), 5)), loss=conditional_negative_elbo), ValueError, "labels from 0"),
        (lambda m, x: faster_means(m, 0), ValueError, "factor must be a finite number above 0"),
    ],
)
@ways
def test_bad_arguments_are_named(labels, call, error, message, x):
    with pytest.raises(error, match=message):
        call(small(labels), x)


@pytest.mark.parametrize(
    "build, error, message",
    [
        (lambda: ConditionalVAE.of_size(6, 2, 3, labels="both"), ValueError, "labels must be one of prior, input"),
        (lambda: ConditionalVAE.of_size(6, 2, 0), ValueError, "classes must be at least 1"),
        (
            lambda: ConditionalVAE.of_size(6, 2, 3, means=torch.zeros(2, 2)),
            ValueError,
            r"means must have shape \(3, 2\)",
        ),
        (
            lambda: ConditionalVAE.of_size(6, 2, 3, means=torch.full((3, 2), torch.nan)),
            ValueError,
            "means must be finite",
        ),
        (
            lambda: ConditionalVAE.of_size(6, 2, 3, labels="input", means=torch.zeros(3, 2)),
            ValueError,
            'means must be None with labels="input"',
        ),
        (lambda: ConditionalVAE(None, torch.nn.Linear(2, 3), Gaussian(), 3), TypeError, "integer attribute `latent`"),
        (lambda: faster_means(small("input")), ValueError, "model must have means that are learned"),
    ],
)
def test_models_that_do_not_fit_together_are_refused(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_networks_of_different_latent_sizes_are_refused():
    plain = VAE.of_size(6, 2, (8,))
    with pytest.raises(ValueError, match="must share one latent size, got 2 and -1"):
        ConditionalVAE(plain.encoder, plain.decoder, Gaussian(), 3, labels="input")
    model = ConditionalVAE(plain.encoder, plain.decoder, Gaussian(), 3)
    terms = negative_elbo(model.given(0), torch.rand(4, 6, generator=generator()), eps=torch.zeros(4, 2))
    assert terms["loss"].shape == (4,)
