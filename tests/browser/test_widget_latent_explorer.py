"""The latent explorer: its networks and prices against torch, its pad and its plane under mouse, finger and keys."""

import math

import numpy as np
import pytest
import torch

from tests.browser.gestures import drag, number, picture, swipe
from vae_utils.data import load_digits
from vae_utils.handwriting import SCRIBBLE, THREE, as_scanned, block_counts, fitted, inked
from vae_utils.likelihoods import Bernoulli, Gaussian
from vae_utils.model import VAE
from vae_utils.training import fit
from vae_utils.widgets.latent_explorer import LatentExplorer, gauss_hermite, quadrature_elbo


@pytest.fixture(scope="module")
def model():
    """A two-dimensional VAE that has learned enough to tell digits from scribble."""
    model = VAE.of_size(64, 2, (64, 64), likelihood=Gaussian(0.05, learn_variance=True), seed=0)
    fit(model, load_digits("train").x, epochs=40, lr=3e-3, generator=torch.Generator().manual_seed(0))
    return model


@pytest.fixture(scope="module")
def digits():
    return load_digits("test")


@pytest.fixture
def figure(model, digits):
    return LatentExplorer.from_model(model, digits.x, digits.y)


def as_json(model):
    """The model as the module's functions take it, in the same float32 weights."""

    def network(part):
        linear = [layer for layer in part.layers if isinstance(layer, torch.nn.Linear)]
        sizes = [linear[0].in_features, *(layer.out_features for layer in linear)]
        weights = torch.nn.utils.parameters_to_vector(part.parameters()).tolist()
        return {"weights": weights, "sizes": sizes, "activation": part.config["activation"]}

    nodes, weights = gauss_hermite(12)
    gaussian = isinstance(model.likelihood, Gaussian)
    return {
        "encoder": network(model.encoder),
        "decoder": network(model.decoder),
        "likelihood": "gaussian" if gaussian else "bernoulli",
        "pixelLogvar": math.log(model.likelihood.variance) if gaussian else 0,
        "nodes": nodes.tolist(),
        "weights": weights.tolist(),
    }


# --- Mathematics


def test_digits_cost_what_torch_says(js_module, model, digits):
    module, vae = js_module(LatentExplorer), as_json(model)
    exact = VAE.of_size(64, 2, (64, 64), likelihood=Gaussian(model.likelihood.variance)).double()
    exact.encoder.load_state_dict(model.encoder.state_dict())
    exact.decoder.load_state_dict(model.decoder.state_dict())
    x = digits.x.double()
    with torch.no_grad():
        expected = torch.stack(quadrature_elbo(exact, x), 1).numpy()
        codes = torch.cat(exact.posterior(x), 1).numpy()
        pictures = exact.decode(torch.as_tensor(codes[:, :2])).numpy()
    for row in range(0, len(x), 9):  # one digit of each class, and more; all of them take a minute
        found = module.call("elbo", vae, x[row].tolist())
        # pure float64 on both sides, from the same weights
        assert [found["reconstruction"], found["kl"], found["elbo"]] == pytest.approx(expected[row], rel=1e-9)
        assert found["mu"] + found["logvar"] == pytest.approx(codes[row], rel=1e-9, abs=1e-12)
        assert module.call("decode", vae, found["mu"]) == pytest.approx(pictures[row], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu", "silu", "softplus"])
def test_every_activation_and_the_bernoulli(js_module, digits, activation):
    model = VAE.of_size(64, 2, (9, 5), likelihood=Bernoulli(), activation=activation, seed=1).double()
    x = digits.x[:3].double()
    expected = quadrature_elbo(model, x).elbo
    module, vae = js_module(LatentExplorer), as_json(model)
    assert [module.call("elbo", vae, image)["elbo"] for image in x.tolist()] == pytest.approx(expected, rel=1e-9)
    z = [0.3, -1.2]
    wanted = model.decode(torch.tensor(z, dtype=torch.float64)).tolist()
    assert module.call("decode", vae, z) == pytest.approx(wanted, rel=1e-9)


DRAWINGS = {
    "three": THREE,
    "scribble": SCRIBBLE,
    "dot": [[[16, 16]]],
    "dash": [[[4, 16], [28, 16]]],
    "two strokes": [[[3, 3], [28, 11], [9, 30]], [[20, 2], [20, 9]]],
    "small, in a corner": [[[2, 3], [5, 2], [7, 4], [4, 6], [7, 8], [5, 11], [2, 10]]],
}


@pytest.mark.parametrize("strokes", DRAWINGS.values(), ids=DRAWINGS)
def test_the_pad_inks_fits_and_counts_as_the_package_does(js_module, strokes):
    module = js_module(LatentExplorer)
    for stroke, expected in zip(module.call("fitted", strokes, 2.3), fitted(strokes, 2.3), strict=True):
        assert np.array(stroke) == pytest.approx(np.array(expected), abs=1e-12)
    for cells, expected in (
        (module.call("inked", strokes, 2.3), inked(strokes, 2.3)),
        (module.call("asScanned", strokes, 312), as_scanned(strokes, ink=312)),
    ):
        assert cells == expected.flatten().int().tolist()
        assert module.call("blockCounts", cells) == block_counts(expected).tolist()


def test_quantiles_are_numpys(js_module):
    values = [3.0, -1.5, 7.25, 0.0, 2.0]
    for share in (0, 0.25, 0.5, 0.9, 1):
        assert js_module(LatentExplorer).call("quantile", values, share) == pytest.approx(np.quantile(values, share))


# --- In the reader's hands


def prices(widget):
    """Reconstruction, KL and ELBO of the chosen image, as shown."""
    picture(widget.locator("canvas").first)
    rows = widget.get_by_role("table").filter(has_text="reconstruction").locator("tbody tr")
    return [number(rows.nth(i).locator("td").first.inner_text()) for i in range(3)]


def code(widget):
    return [float(widget.get_by_label(name, exact=True).input_value()) for name in ("z₁", "z₂")]


def pad_of(widget):
    return widget.get_by_role("application")


def place_of(widget, z):
    """Where a code stands in the plane, as fractions of its box."""
    box = widget.locator("canvas").first.bounding_box()
    left, right, top, bottom = 46, 8, 8, 36  # the margins of a plane with both labels
    x = left + (z[0] + 4) / 8 * (box["width"] - left - right)
    y = box["height"] - bottom - (z[1] + 4) / 8 * (box["height"] - top - bottom)
    return x / box["width"], y / box["height"]


def test_a_chosen_digit_is_priced(stage, figure, model, digits):
    visit = stage(figure)
    widget = visit.page.locator(".vae-widget")
    for index in (0, 17):
        widget.get_by_label("Image", exact=True).select_option(index=index + 1)
        expected = [term.item() for term in quadrature_elbo(model, digits.x[index : index + 1])]
        assert prices(widget) == pytest.approx(expected, abs=0.006)
        assert code(widget) == pytest.approx(model.encode(digits.x[index : index + 1])[0].tolist(), abs=0.006)
    assert not visit.problems and not visit.foreign


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_handle_walks_and_the_picture_follows(stage, figure, touch):
    visit = stage(figure, touch=touch)
    widget = visit.page.locator(".vae-widget")
    plane, decoded = widget.locator("canvas").first, widget.locator("canvas[aria-label^='What z₁']")
    before, start = picture(decoded), place_of(widget, code(widget))
    (swipe if touch else drag)(plane, start, place_of(widget, (1.5, -2.0)))
    assert code(widget) == pytest.approx([1.5, -2.0], abs=0.08)  # a pixel is 0.03, a touch is rounded to one
    assert picture(decoded) != before
    assert "z₁ 1.5" in decoded.get_attribute("aria-label") or "z₁ 1.4" in decoded.get_attribute("aria-label")
    assert not visit.problems


def test_keys_walk_too(stage, figure):
    visit = stage(figure)
    widget = visit.page.locator(".vae-widget")
    before = code(widget)
    widget.get_by_label("z₂", exact=True).focus()
    for _ in range(5):
        visit.page.keyboard.press("ArrowUp")
    picture(widget.locator("canvas").first)
    assert code(widget) == pytest.approx([before[0], before[1] + 0.05], abs=1e-9)


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_a_drawing_is_counted_encoded_and_priced(stage, figure, model, js_module, touch):
    visit = stage(figure, touch=touch)
    widget = visit.page.locator(".vae-widget")
    widget.get_by_label("size and pen as in the data set").uncheck()
    seen = widget.locator("canvas[aria-label$='in 8 by 8 pixels']")
    (swipe if touch else drag)(pad_of(widget), (0.5, 0.15), (0.5, 0.85), steps=30)
    assert widget.get_by_label("Image", exact=True).input_value() == "your drawing"
    elbo_before = prices(widget)[2]
    pixels = seen.evaluate("c => [...c.getContext('2d').getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0)")
    counts = np.round((255 - np.array(pixels)) / 255 * 16).reshape(8, 8)
    # a vertical stroke of width 4.6 in the middle: two columns of blocks, about 2.3 of 4 cells across in each
    assert counts[:, [0, 1, 2, 5, 6, 7]].sum() == 0
    assert (counts[2:6, 3:5] >= 8).all() and (counts[2:6, 3:5] <= 12).all()
    x = torch.as_tensor(counts.ravel() / 16, dtype=torch.float32)[None]
    assert prices(widget) == pytest.approx([term.item() for term in quadrature_elbo(model, x)], abs=0.006)
    widget.get_by_label("size and pen as in the data set").check()
    assert prices(widget)[2] != elbo_before
    widget.get_by_role("button", name="Undo").click()
    widget.get_by_text("Nothing is drawn yet.").wait_for(timeout=5000)
    assert not visit.problems and not visit.foreign


def test_on_a_phone_a_finger_draws_and_a_finger_scrolls(stage, figure):
    visit = stage(figure, touch=True, width=390, height=844)
    widget, page = visit.page.locator(".vae-widget"), visit.page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    pad, seen = pad_of(widget), widget.locator("canvas[aria-label$='in 8 by 8 pixels']")
    pad.scroll_into_view_if_needed()
    before, top = picture(seen), page.evaluate("scrollY")
    swipe(pad, (0.5, 0.8), (0.5, 0.2))
    assert picture(seen) != before and page.evaluate("scrollY") == top
    # what a hand changes and what comes of it are on the screen together
    boxes = [pad.bounding_box(), seen.bounding_box()]
    assert all(0 <= box["y"] and box["y"] + box["height"] <= 844 for box in boxes)
    plane = widget.locator("canvas").first
    plane.scroll_into_view_if_needed()
    here, top = code(widget), page.evaluate("scrollY")
    swipe(plane, (0.9, 0.8), (0.9, 0.4))  # far from the handle
    page.wait_for_function("top => scrollY > top", arg=top)
    assert code(widget) == here
    assert not visit.problems


def test_keys_draw(stage, figure):
    visit = stage(figure)
    widget = visit.page.locator(".vae-widget")
    pad = pad_of(widget)
    pad.focus()
    keyboard = visit.page.keyboard
    keyboard.press("Shift+ArrowUp")
    keyboard.press("Space")
    for _ in range(3):
        keyboard.press("Shift+ArrowDown")
    keyboard.press("Space")
    assert "1 stroke." in pad_label(widget)
    assert math.isfinite(prices(widget)[2])
    keyboard.press("Backspace")
    widget.get_by_text("Nothing is drawn yet.").wait_for(timeout=5000)
    assert "0 strokes." in pad_label(widget)


def pad_label(widget):
    picture(pad_of(widget))
    return pad_of(widget).get_attribute("aria-label")


def test_the_examples_are_drawn_and_priced(stage, figure, model, digits):
    visit = stage(figure)
    widget = visit.page.locator(".vae-widget")
    elbos = quadrature_elbo(model, digits.x).elbo
    for name, strokes in (("Draw a 3", THREE), ("Scribble", SCRIBBLE)):
        for toggle, cells in (("check", as_scanned(strokes, ink=figure.ink)), ("uncheck", inked(strokes, 2.3))):
            getattr(widget.get_by_label("size and pen as in the data set"), toggle)()
            widget.get_by_role("button", name=name).click()
            expected = quadrature_elbo(model, block_counts(cells)[None] / 16)
            assert prices(widget) == pytest.approx([term.item() for term in expected], abs=0.006)
            above = round(100 * (elbos < expected.elbo).double().mean().item())
            side = "above" if expected.elbo > elbos.median() else "below"
            text = widget.inner_text()
            assert f"{side} the median test digit: it stands above {above} % of them" in text
    assert not visit.problems


def test_the_tour_plays_and_pauses(stage, figure):
    visit = stage(figure)
    widget = visit.page.locator(".vae-widget")
    before = code(widget)
    widget.get_by_role("button", name="Tour of the classes").click()
    visit.page.wait_for_function("z => Number(document.querySelector('input[type=range]').value) !== z", arg=before[0])
    widget.get_by_role("button", name="Pause the tour").click()
    picture(widget.locator("canvas").first)  # what was asked for before the press is drawn in the next frame
    here = code(widget)
    for _ in range(5):
        picture(widget.locator("canvas").first)
    assert code(widget) == here
    assert widget.get_by_role("button", name="Tour of the classes").is_visible()
    assert not visit.problems


def test_the_tour_bears_a_frame_that_began_before_the_press(stage, figure):
    early = "const now = performance.now.bind(performance); performance.now = () => now() + 500;"
    visit = stage(figure, script=early)
    widget = visit.page.locator(".vae-widget")
    before = code(widget)
    widget.get_by_role("button", name="Tour of the classes").click()
    visit.page.wait_for_function("z => Number(document.querySelector('input[type=range]').value) !== z", arg=before[0])
    assert not visit.problems


def test_with_less_motion_the_tour_goes_class_by_class(stage, figure, model, digits):
    visit = stage(figure, reduced_motion=True)
    widget = visit.page.locator(".vae-widget")
    codes = model.encode(digits.x).detach()
    for label in (1, 2):
        widget.get_by_role("button", name="Tour of the classes").click()
        picture(widget.locator("canvas").first)
        # numpy's median, the mean of the two middle values of an even number
        middle = np.median(codes[digits.y == label].numpy(), 0)
        assert code(widget) == pytest.approx(middle.tolist(), abs=0.006)


def test_a_step_is_fast_enough_for_sixty_frames(js_module, model, digits, record_property):
    module, vae = js_module(LatentExplorer), as_json(model)
    page, number_of_module = module._page, module._number
    spent = page.evaluate(
        """([number, vae, z, x]) => {
      const { decode, elbo } = modules[number];
      const median = (work) => {
        const times = [];
        for (let i = 0; i < 60; i += 1) {
          const start = performance.now();
          work();
          times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b)[30];
      };
      return [median(() => decode(vae, z)), median(() => elbo(vae, x))];
    }""",
        [number_of_module, vae, [0.1, 0.2], digits.x[0].tolist()],
    )
    record_property("decode_ms", spent[0])
    record_property("elbo_ms", spent[1])
    assert spent[0] < 16, f"decoding takes {spent[0]:.2f} ms of a frame's 16"


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_accessible_and_no_wider_than_the_page(stage, figure, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    visit = stage(figure, theme=theme, width=width)
    widget = visit.page.locator(".vae-widget")
    widget.get_by_label("size and pen as in the data set").uncheck()
    widget.get_by_role("button", name="Scribble").click()  # the lowest price, with the longest number
    assert prices(widget)[2] < -50
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    frame = widget.bounding_box()
    for part in [*widget.locator("table").all(), *widget.locator("button").all()]:
        box = part.bounding_box()
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] - 8
    assert not visit.problems and not visit.foreign
