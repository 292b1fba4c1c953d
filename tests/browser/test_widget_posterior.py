"""The private posteriors: draws, decoder and distances against torch, the figure under mouse, finger and keys."""

import numpy as np
import pytest
import torch

from tests.browser.gestures import drag, number, picture, position, swipe
from vae_utils.data import load_digits
from vae_utils.gaussian import reparameterize
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.training import fit
from vae_utils.widgets.posterior import MOST_DRAWS, PrivatePosterior

ROWS = {"own": "own", "another": "another's", "prior": "prior"}


@pytest.fixture(scope="module")
def model():
    """A two-dimensional VAE that has learned to tell digits apart."""
    model = VAE.of_size(64, 2, (64, 64), seed=0)
    fit(model, load_digits("train").x, epochs=40, lr=3e-3, generator=torch.Generator().manual_seed(0))
    return model


@pytest.fixture(scope="module")
def digits():
    return load_digits("test")


@pytest.fixture
def make(model, digits):
    def make(**traits):
        return PrivatePosterior.from_model(model, digits.x, digits.y, **traits)

    return make


def as_json(model):
    """The decoder as the module's functions take it."""
    linear = [layer for layer in model.decoder.layers if isinstance(layer, torch.nn.Linear)]
    return {
        "weights": torch.nn.utils.parameters_to_vector(model.decoder.parameters()).tolist(),
        "sizes": [linear[0].in_features, *(layer.out_features for layer in linear)],
        "activation": model.decoder.config["activation"],
        "likelihood": "gaussian" if isinstance(model.likelihood, Gaussian) else "bernoulli",
    }


def posteriors(figure):
    mu, logvar = (values.tolist() for values in figure.posteriors())
    return [{"mu": m, "logvar": v} for m, v in zip(mu, logvar, strict=True)]


# --- Mathematics


@pytest.mark.parametrize("likelihood", [Gaussian(), Bernoulli()], ids=["gaussian", "bernoulli"])
@pytest.mark.parametrize("activation", ["tanh", "relu", "silu", "softplus"])
def test_decoded_pictures_are_torchs(js_module, activation, likelihood):
    model = VAE.of_size(64, 2, (9, 5), likelihood=likelihood, activation=activation, seed=1).double()
    z = torch.tensor([[0.0, 0.0], [0.3, -1.2], [-3.9, 2.5]], dtype=torch.float64)
    js = js_module(PrivatePosterior)
    found = [js.call("decode", as_json(model), row) for row in z.tolist()]
    # float64 on both sides, from the same weights
    assert np.array(found) == pytest.approx(model.decode(z).detach().numpy(), rel=1e-9, abs=1e-12)


def test_draws_with_the_same_noise_are_torchs(js_module, make):
    """For every digit: z = mu + sigma eps by the package, from the page's own noise."""
    js, figure = js_module(PrivatePosterior), make(seed=3)
    dice = js.call("rollDice", 3, 180)
    eps = torch.tensor([roll["eps"] for roll in dice], dtype=torch.float64)
    expected = reparameterize(*figure.posteriors(), eps=eps).numpy()
    found = [js.call("draw", "own", k, posteriors(figure), roll) for k, roll in enumerate(dice)]
    assert np.array([one["z"] for one in found]) == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert [one["of"] for one in found] == list(range(180))


@pytest.mark.parametrize("source", ROWS)
def test_page_and_python_draw_and_price_the_same(js_module, model, make, digits, source):
    js, figure = js_module(PrivatePosterior), make(seed=7, chosen=11, **{source: 60})
    rolls = js.call("rollDice", 7, 60)
    z = [js.call("draw", source, 11, posteriors(figure), roll)["z"] for roll in rolls]
    pictures = [js.call("decode", as_json(model), code) for code in z]
    distances = [js.call("squaredDistance", digits.x[11].tolist(), shown) for shown in pictures]
    expected = figure.draws(source)
    assert np.array(z) == pytest.approx(expected.z.numpy(), rel=1e-12, abs=1e-14)
    assert np.array(pictures) == pytest.approx(expected.pictures.numpy(), rel=1e-9, abs=1e-12)
    assert distances == pytest.approx(expected.distances.tolist(), rel=1e-9)


def test_running_means_are_numpys(js_module):
    values = [3.0, -1.0, 4.5, 0.25]
    expected = np.cumsum(values) / np.arange(1, 5)
    assert js_module(PrivatePosterior).call("runningMeans", values) == pytest.approx(expected.tolist(), rel=1e-14)
    assert js_module(PrivatePosterior).call("runningMeans", []) == []


def test_a_point_belongs_to_the_ellipse_in_which_it_is_most_central(js_module, make):
    js, figure = js_module(PrivatePosterior), make()
    mu, logvar = (values.numpy() for values in figure.posteriors())
    for point in np.random.default_rng(0).uniform(-4, 4, (200, 2)):
        away = np.sqrt(((point - mu) ** 2 / np.exp(logvar)).sum(1))  # Mahalanobis
        expected = int(away.argmin()) if away.min() <= 2 else -1
        assert js.call("digitAt", point.tolist(), posteriors(figure)) == expected
    assert js.call("digitAt", mu[42].tolist(), posteriors(figure)) == 42


def test_nearest_centres_are_sorted_by_distance(js_module, make):
    figure = make()
    mu = figure.posteriors()[0]
    expected = torch.cdist(mu[[5]], mu)[0].argsort()[1:11]
    assert js_module(PrivatePosterior).call("nearest", posteriors(figure), 5, 10) == expected.tolist()


def test_arrows_lead_to_the_nearest_centre_that_way(js_module):
    js = js_module(PrivatePosterior)
    centres = [(0, 0), (1, 0.9), (1, 1.1), (3, 0), (0, -2), (-1, 0), (-1, -1)]
    given = [{"mu": list(mu), "logvar": [0, 0]} for mu in centres]
    ways = {"right": (1, 0), "up": (0, 1), "left": (-1, 0), "down": (0, -1)}
    found = {name: centres[js.call("neighbour", given, 0, way)] for name, way in ways.items()}
    assert found == {"right": (1, 0.9), "up": (1, 1.1), "left": (-1, 0), "down": (-1, -1)}
    assert js.call("neighbour", given, 3, (1, 0)) == 3  # none is further to the right


# --- In the reader's hands


def shown(widget):
    """What the table says: draws and mean distance, by source, and the distance of the mean image."""
    picture(widget.locator("canvas").first)
    rows = widget.locator(".vae-readings tbody tr")
    cells = [rows.nth(i).locator("td").all_inner_texts() for i in range(4)]
    found = {key: (int(n), None if d == "–" else number(d)) for key, (n, d) in zip(ROWS, cells[:3], strict=True)}
    return {**found, "mean": number(cells[3][1])}


def expected(make, **traits):
    """What the table should say, by Python."""
    figure = make(**traits)
    lots = {source: figure.draws(source).distances for source in ROWS}
    found = {key: (len(d), pytest.approx(d.mean().item(), abs=0.0051) if len(d) else None) for key, d in lots.items()}
    mean_image = torch.from_numpy(np.frombuffer(figure.mean_image, "<f4").astype("f8"))
    away = ((figure.digits()[figure.chosen] - mean_image) ** 2).sum().item()
    return {**found, "mean": pytest.approx(away, abs=0.0051)}


def chosen(widget):
    """The number of the chosen digit, from 0, as the list says."""
    field = widget.get_by_label("x, the digit")
    return int(field.evaluate("list => list.selectedOptions[0].textContent").split("no. ")[1]) - 1


def code(widget):
    return [float(widget.get_by_label(name, exact=True).input_value()) for name in ("z₁", "z₂")]


def place_of(widget, z):
    """Where a code stands in the plane, as fractions of its box."""
    box = widget.locator("canvas").first.bounding_box()
    left, right, top, bottom = 46, 8, 8, 36  # the margins of a plane with both labels
    x = left + (z[0] + 4) / 8 * (box["width"] - left - right)
    y = box["height"] - bottom - (z[1] + 4) / 8 * (box["height"] - top - bottom)
    return x / box["width"], y / box["height"]


def centre(figure, k):
    return figure.posteriors()[0][k].tolist()


def loner(figure):
    """A digit whose centre is in no other ellipse, so that a finger on it means no other digit."""
    mu, logvar = figure.posteriors()
    away = ((mu[:, None] - mu) ** 2 / torch.exp(logvar)).sum(-1).fill_diagonal_(torch.inf)
    return int(away.min(1).values.argmax())


def test_draws_from_every_source_are_counted_and_averaged(stage, make):
    visit = stage(make(chosen=3))
    widget = visit.page.locator(".vae-widget")
    assert shown(widget) == expected(make, chosen=3)
    plane, chart = widget.locator("canvas.vae-plane").all()
    for source, label in ROWS.items():
        widget.get_by_role("button", name=label, exact=True).click()
        before = picture(plane), picture(chart)
        widget.get_by_role("button", name="Draw 100").click()
        widget.get_by_role("button", name="Draw z").click()
        assert picture(plane) != before[0] and picture(chart) != before[1]
        shown(widget)
        last = make(chosen=3, **{source: 101}).draws(source)
        assert code(widget) == pytest.approx(last.z[-1].tolist(), abs=0.0051)
        assert f"Draw 101: z = ({last.z[-1, 0]:.2f}".replace("-", "−") in widget.inner_text()
    assert shown(widget) == expected(make, chosen=3, own=101, another=101, prior=101)
    assert not visit.problems and not visit.foreign


def test_the_pictures_are_the_latest_draws(stage, make):
    figure = make(chosen=8, own=13)
    visit = stage(figure)
    widget = visit.page.locator(".vae-widget")
    shown(widget)
    pictures = widget.locator("canvas.vae-picture:visible").all()
    assert len(pictures) == 13  # the digit, g(μ), g(z), ten draws
    read = "c => [...c.getContext('2d').getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0)"
    grey = np.array([canvas.evaluate(read) for canvas in pictures])
    drawn, at_mean = figure.draws(), figure.decode(figure.posteriors()[0][[8]])
    wanted = torch.cat([figure.digits()[[8]], at_mean, at_mean, drawn.pictures[-10:]]).clamp(0, 1)
    assert grey == pytest.approx(255 - 255 * wanted.numpy(), abs=0.51)
    labels = [canvas.get_attribute("aria-label") for canvas in pictures]
    assert labels[3].startswith("Draw 4 from own, at squared distance")
    assert labels[-1] == f"Draw 13 from own, at squared distance {drawn.distances[-1]:.2f}"


def test_the_list_chooses_and_keeps_the_noise(stage, make, digits):
    visit = stage(make(own=7, prior=5))
    widget = visit.page.locator(".vae-widget")
    field = widget.get_by_label("x, the digit")
    names = field.locator("option").all_inner_texts()
    assert [int(name.split(":")[0].split()[1]) for name in names] == sorted(digits.y.tolist())
    digit = f"{'an' if digits.y[30] == 8 else 'a'} {digits.y[30]}"
    field.select_option(label=f"{digit}: test digit no. 31")
    assert shown(widget) == expected(make, chosen=30, own=7, prior=5)
    assert code(widget) == pytest.approx(centre(make(), 30), abs=0.0051)
    assert f"x is test digit no. 31, which is {digit}." in widget.inner_text()


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_a_touch_of_an_ellipse_chooses_its_digit(stage, make, touch):
    figure = make(own=2)
    k = loner(figure)
    visit = stage(figure, touch=touch)
    widget = visit.page.locator(".vae-widget")
    plane = widget.locator("canvas").first
    at = position(plane, place_of(widget, centre(figure, k)))
    (visit.page.touchscreen.tap if touch else visit.page.mouse.click)(*at)
    assert shown(widget) == expected(make, chosen=k, own=2)
    assert chosen(widget) == k and f"x is test digit no. {k + 1}," in plane.get_attribute("aria-label")
    # a touch where no ellipse is moves z and keeps the digit
    at = position(plane, place_of(widget, (3.8, -3.8)))
    (visit.page.touchscreen.tap if touch else visit.page.mouse.click)(*at)
    picture(plane)
    assert chosen(widget) == k
    assert code(widget) == pytest.approx([3.8, -3.8], abs=0.08)
    assert not visit.problems


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_ring_drags_z_and_the_picture_follows(stage, make, touch):
    visit = stage(make(chosen=3), touch=touch)
    widget = visit.page.locator(".vae-widget")
    plane, decoded = widget.locator("canvas").first, widget.locator("canvas.vae-picture").nth(2)
    before, start = picture(decoded), place_of(widget, code(widget))
    (swipe if touch else drag)(plane, start, place_of(widget, (-1.0, -2.5)))
    assert code(widget) == pytest.approx([-1.0, -2.5], abs=0.08)  # a pixel is 0.025, a touch is rounded to one
    assert picture(decoded) != before
    figure = make()
    away = ((figure.digits()[3] - figure.decode(torch.tensor(code(widget)))) ** 2).sum().item()
    # the sliders hold hundredths of z
    assert number(decoded.get_attribute("aria-label").split("distance ")[1].split()[0]) == pytest.approx(away, abs=0.1)
    assert chosen(widget) == 3 and shown(widget)["own"] == (0, None), "a dragged z is no draw"
    assert not visit.problems


def test_a_swipe_beside_the_ring_scrolls_the_page(stage, make):
    visit = stage(make(chosen=3), touch=True, width=390, height=500)
    widget = visit.page.locator(".vae-widget")
    plane, before = widget.locator("canvas").first, code(widget)
    far = [-3.5 if value > 0 else 3.5 for value in before]
    x, _ = place_of(widget, far)
    swipe(plane, (x, 0.8), (x, 0.2))
    visit.page.wait_for_function("() => scrollY > 40")
    assert code(widget) == before and chosen(widget) == 3


def test_keys_choose_draw_and_move(stage, make):
    figure = make(chosen=3)
    visit = stage(figure)
    widget, keyboard = visit.page.locator(".vae-widget"), visit.page.keyboard
    plane = widget.get_by_role("application")
    plane.focus()
    keyboard.press("ArrowDown")
    picture(plane)
    k, mu = chosen(widget), figure.posteriors()[0]
    step = mu[k] - mu[3]
    assert step[1] < 0 and abs(step[0]) <= -step[1], "the next digit stands below"
    keyboard.press("Enter")
    assert shown(widget) == expected(make, chosen=k, own=1)
    widget.get_by_label("z₁", exact=True).focus()
    before = code(widget)
    for _ in range(5):
        keyboard.press("ArrowLeft")
    picture(plane)
    assert code(widget) == pytest.approx([before[0] - 0.05, before[1]], abs=1e-9)
    widget.get_by_role("button", name="prior", exact=True).focus()
    keyboard.press("Space")
    widget.get_by_role("button", name="Draw z").focus()
    keyboard.press("Enter")
    assert shown(widget) == expected(make, chosen=k, own=1, prior=1)
    assert widget.get_by_role("button", name="prior", exact=True).get_attribute("aria-pressed") == "true"


def test_restart_takes_new_dice(stage, make):
    visit = stage(make(own=10, another=4))
    widget = visit.page.locator(".vae-widget")
    widget.get_by_role("button", name="Restart").click()
    assert shown(widget) == expected(make)
    widget.get_by_role("button", name="Draw 100").click()
    assert shown(widget) == expected(make, seed=1, own=100)


def test_draws_end_at_the_most(stage, make):
    visit = stage(make(own=MOST_DRAWS - 50))
    widget = visit.page.locator(".vae-widget")
    widget.get_by_role("button", name="Draw 100").click()
    assert shown(widget) == expected(make, own=MOST_DRAWS)
    assert widget.get_by_role("button", name="Draw 100").is_disabled()
    assert widget.get_by_role("button", name="Draw z").is_disabled()


@pytest.mark.parametrize("form", [{}, {"theme": "dark"}, {"width": 390, "height": 844, "touch": True}])
def test_accessible_and_no_wider_than_the_screen(stage, make, form):
    from axe_playwright_python.sync_playwright import Axe

    visit = stage(make(own=10, prior=3), **form)
    widget = visit.page.locator(".vae-widget")
    shown(widget)
    assert visit.page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    report = Axe().run(visit.page, options={"preload": False})
    assert report.response["violations"] == []
    assert not visit.problems and not visit.foreign


def test_a_walk_with_all_draws_is_fast_enough(js_module, model, make):
    """A drag decodes twice a frame; a new digit decodes all its draws again."""
    js, vae = js_module(PrivatePosterior), as_json(model)
    spent = js._page.evaluate(
        """([number, vae]) => {
      const { decode } = modules[number];
      for (let i = 0; i < 200; i += 1) decode(vae, [0.1, i / 100]);
      const start = performance.now();
      for (let i = 0; i < 500; i += 1) decode(vae, [0.1, i / 250]);
      return (performance.now() - start) / 500;
    }""",
        [js._number, vae],
    )
    assert spent < 2, f"decoding takes {spent:.2f} ms"
