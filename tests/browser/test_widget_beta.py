"""The β dial in the page: its decoders and codes against Python's, and the dial under mouse, finger and keys."""

import pytest
import torch

from tests.browser.gestures import drag, picture, position, reading, swipe
from vae_utils.data import load_digits
from vae_utils.plots import gaussian_quantiles
from vae_utils.widgets.beta import BetaDial

BETAS = [0.1, 1.0, 4.0, 20.0]
MARGINS = (46, 8, 8, 36)  # left, right, top, bottom of a plane with both labels


@pytest.fixture(scope="module")
def trained():
    """Four small models after a short training: far enough apart to be told from each other."""
    from vae_utils.annealing import fit_annealed, ladder

    x, models = load_digits("train").x[:300], ladder(4)
    noise = [torch.Generator().manual_seed(0) for _ in BETAS]
    fit_annealed(models, x, betas=BETAS, generators=noise, stages=2, epochs=15, lr=3e-3)
    return models, x


@pytest.fixture
def dial(trained):
    test = load_digits("test")

    def dial(**traits):
        return BetaDial.from_models(BETAS, *trained, test.x[:40], test.y[:40], **traits)

    return dial


def test_the_page_decodes_as_python_does(js_module, dial):
    module, figure = js_module(BetaDial), dial()
    weights = torch.frombuffer(bytearray(figure.decoders), dtype=torch.float32).tolist()
    packed = {"weights": weights, "sizes": figure.decoder_sizes, "activation": figure.decoder_activation}
    z = [[0.3, -1.2], [2.0, 0.1]]
    for figure.index in range(4):
        decoder = module.call("decoderAt", packed, 4, figure.index)
        for code, expected in zip(z, figure.decode(torch.tensor(z)), strict=True):
            # the same float32 weights, both in double precision: tanh may differ in its last digit
            assert module.call("perceptron", decoder, code) == pytest.approx(expected.tolist(), abs=1e-6)


def test_the_codes_are_pythons(js_module, dial):
    module, figure = js_module(BetaDial), dial(seed=7)
    for ours, theirs in zip(module.call("priorSamples", 7), figure.prior_samples().tolist(), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-12)
    expected = gaussian_quantiles(8, dtype=torch.float64).tolist()
    for ours, theirs in zip(module.call("mapCodes", figure.quantiles), expected, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-12)
    assert module.call("activeUnits", [0.02, 0.01]) == 1


def test_the_tangent_has_one_price_everywhere(js_module):
    module, (beta, rate, distortion) = js_module(BetaDial), (2.5, 3.0, -4.0)
    for at in (0.0, 3.0, 7.5):
        line = module.call("tangent", beta, rate, distortion, at)
        assert line + beta * at == pytest.approx(distortion + beta * rate)


def test_the_nearest_point_is_measured_in_the_units_of_the_screen(js_module):
    module = js_module(BetaDial)
    xs, ys = [0.0, 1.0], [0.0, 0.5]
    assert module.call("nearestPoint", xs, ys, [0.6, 0.0], [1.0, 1.0]) == {"index": 0, "distance": 0.6}
    assert module.call("nearestPoint", xs, ys, [0.6, 0.0], [0.1, 10.0])["index"] == 1


def test_a_contact_sheet_keeps_every_picture_and_a_line_between(js_module):
    module = js_module(BetaDial)
    pictures = torch.rand(5, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64).float()
    sheet = torch.tensor(module.call("contactSheet", pictures.tolist(), 3)).reshape(17, 26)
    for k, pixels in enumerate(pictures):
        top, left = 9 * (k // 3), 9 * (k % 3)
        assert torch.equal(sheet[top : top + 8, left : left + 8], pixels.reshape(8, 8))
    assert sheet[8].abs().max() == 0 and sheet[:, 8].abs().max() == 0 and sheet[9:, 18:].abs().max() == 0


def chosen(widget):
    return int(widget.locator("input[type=range]").input_value())


def expect_numbers(widget, figure, m):
    assert reading(widget, "rate, the mean KL") == pytest.approx(figure.rate[m], abs=6e-4)
    assert reading(widget, "I(x; z)") == pytest.approx(figure.information[m], abs=6e-4)
    assert reading(widget, "KL(aggregated‖prior)") == pytest.approx(figure.aggregate_kl[m], abs=6e-4)
    assert reading(widget, "distortion, −E log p(x|z)") == pytest.approx(figure.distortion[m], abs=6e-3)
    assert reading(widget, "ELBO (at β = 1)") == pytest.approx(-figure.distortion[m] - figure.rate[m], abs=6e-3)
    assert reading(widget, "KL of z₁") == pytest.approx(figure.kl[m][0], abs=6e-4)
    assert reading(widget, "Var E[z₂|x]") == pytest.approx(figure.spread[m][1], abs=6e-4)
    assert reading(widget, "active units") == figure.active[m]


def place(widget, figure, m):
    """Where in the first canvas the point of model m stands, as fractions of its box."""
    box = widget.locator("canvas").first.bounding_box()
    left, right, top, bottom = MARGINS
    most, low, high = max(figure.rate), min(figure.distortion), max(figure.distortion)
    u = (figure.rate[m] + 0.05 * most) / (1.11 * most)
    v = (figure.distortion[m] - low + 0.08 * (high - low)) / (1.16 * (high - low))
    x = left + u * (box["width"] - left - right)
    y = box["height"] - bottom - v * (box["height"] - top - bottom)
    return x / box["width"], y / box["height"]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_point_can_be_dragged_along_the_curve(stage, dial, touch):
    figure = dial(index=0)
    visit = stage(figure, touch=touch)
    widget = visit.page.locator(".vae-widget")
    canvases = widget.locator("canvas").all()
    before = [picture(canvas) for canvas in canvases]
    assert len(before) == 6
    expect_numbers(widget, figure, 0)
    (swipe if touch else drag)(canvases[0], place(widget, figure, 0), place(widget, figure, 2))
    assert chosen(widget) == 2
    assert all(picture(canvas) != old for canvas, old in zip(canvases, before, strict=True))
    expect_numbers(widget, figure, 2)
    assert "β = 4 pays a rate" in canvases[0].get_attribute("aria-label")
    assert not visit.problems and not visit.foreign


def test_keys_turn_the_dial_to_its_end(stage, dial):
    figure = dial(index=0)
    visit = stage(figure)
    widget = visit.page.locator(".vae-widget")
    widget.get_by_label("β", exact=True).focus()
    for _ in range(5):
        visit.page.keyboard.press("ArrowRight")
    picture(widget.locator("canvas").first)
    assert chosen(widget) == 3 and widget.locator("output").inner_text() == "20"
    expect_numbers(widget, figure, 3)


def test_a_click_on_a_bar_chooses_its_beta(stage, dial):
    figure = dial(index=0)
    visit = stage(figure)
    widget = visit.page.locator(".vae-widget")
    bars = widget.locator("canvas").nth(1)
    # β = 1 stands at 0 on an axis from log₁₀ 0.1 − 0.15 to log₁₀ 20 + 0.15
    box = bars.bounding_box()
    at = (46 + (1.15 / 2.60103) * (box["width"] - 54)) / box["width"]
    visit.page.mouse.click(*position(bars, (at, 0.5)))
    picture(bars)
    assert chosen(widget) == 1
    expect_numbers(widget, figure, 1)


def test_a_swipe_beside_the_curve_scrolls_the_page_and_moves_nothing(stage, dial):
    visit = stage(dial(index=1), touch=True, width=390, height=700)
    widget = visit.page.locator(".vae-widget")
    canvas = widget.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    before = visit.page.evaluate("scrollY")
    swipe(canvas, (0.9, 0.6), (0.9, 0.1))  # far right and above the curve's low end
    visit.page.wait_for_function("before => scrollY !== before", arg=before)
    assert chosen(widget) == 1
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(stage, dial, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    visit = stage(dial(index=2), theme=theme)
    found = axe.Axe().run(visit.page, context=".vae-widget").response["violations"]
    assert not found, [violation["id"] for violation in found]
