"""The KL widget: its mathematics against the package, its handles under mouse, finger and keys."""

import math

import pytest
import torch

from tests.browser.gestures import drag, picture, reading, swipe
from vae_utils import gaussian
from vae_utils.widgets.kl import KL

CASES = [(0.0, 0.0), (-1.0, math.log(4)), (2.3, -4.0), (0.4, 1e-6), (-2.5, 2.4)]


def tensors(*values):
    return [torch.tensor([value], dtype=torch.float64) for value in values]


def oracle(mu, logvar):
    """What torch.distributions says of KL(q‖p) and KL(p‖q)."""
    q = torch.distributions.Normal(mu, math.exp(logvar / 2))
    p = torch.distributions.Normal(torch.tensor(0.0, dtype=torch.float64), 1.0)
    return [torch.distributions.kl_divergence(*pair).item() for pair in ((q, p), (p, q))]


@pytest.mark.parametrize(("mu", "logvar"), CASES)
def test_mathematics(js_module, mu, logvar):
    kl = js_module(KL)
    forward, swapped = oracle(torch.tensor(mu, dtype=torch.float64), logvar)
    package = gaussian.kl_to_standard_normal(*tensors(mu, logvar)).item()
    assert kl.call("klToStandardNormal", mu, logvar) == pytest.approx(package, rel=1e-12)
    assert kl.call("klToStandardNormal", mu, logvar) == pytest.approx(forward, rel=1e-9, abs=1e-12)
    assert kl.call("klSwapped", mu, logvar) == pytest.approx(swapped, rel=1e-9, abs=1e-12)
    # the trapezoidal rule on 2001 points is exact to rounding for a function that vanishes at both ends
    assert kl.call("area", mu, logvar) == pytest.approx(forward, rel=1e-9, abs=1e-10)
    squares = gaussian.naive_penalties(*tensors(mu, logvar))
    expected = (0.5 * squares.mu + 0.25 * squares.logvar).item()
    assert kl.call("naivePenalty", mu, logvar, 0.25) == pytest.approx(expected, rel=1e-12)


def shown(widget):
    """(mu, logvar) as the sliders show them."""
    return [float(field.input_value()) for field in widget.locator("input[type=range]").all()]


def place_of_top(widget):
    """Where in the first canvas the top of q stands, as fractions of its box."""
    canvas = widget.locator("canvas").first
    box = canvas.bounding_box()
    mu, logvar = shown(widget)
    height = math.exp(-0.5 * logvar) / math.sqrt(2 * math.pi)
    left, right, top, bottom = 46, 8, 8, 36  # the margins of a plane with both labels
    x = left + (mu + 4) / 8 * (box["width"] - left - right)
    y = box["height"] - bottom - height / 1.6 * (box["height"] - top - bottom)
    return x / box["width"], y / box["height"]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_top_of_q_can_be_dragged(stage, touch):
    visit = stage(KL(mu=1.0, logvar=-1.0), touch=touch)
    widget = visit.page.locator(".vae-widget")
    canvas = widget.locator("canvas").first
    before, start = picture(canvas), place_of_top(widget)
    (swipe if touch else drag)(canvas, start, (start[0] - 0.25, start[1] - 0.15))
    assert picture(canvas) != before
    mu, logvar = shown(widget)
    assert mu < 0 and logvar < -1.3
    kl = gaussian.kl_to_standard_normal(*tensors(mu, logvar)).item()
    # a slider holds hundredths, so the two may differ by its rounding times the slope, at most 2.5
    assert reading(widget, "KL(q‖p), the formula") == pytest.approx(kl, abs=0.02)
    assert reading(widget, "KL(q‖p), the area") == reading(widget, "KL(q‖p), the formula")
    assert not visit.problems and not visit.foreign


def test_keys_move_both_numbers(stage):
    visit = stage(KL(mu=0.0, logvar=0.0))
    widget = visit.page.locator(".vae-widget")
    assert reading(widget, "KL(q‖p), the formula") == 0
    widget.get_by_label("μ", exact=True).focus()
    for _ in range(10):
        visit.page.keyboard.press("ArrowLeft")
    widget.get_by_label("log σ²", exact=True).focus()
    for _ in range(20):
        visit.page.keyboard.press("ArrowRight")
    picture(widget.locator("canvas").first)
    assert shown(widget) == [-0.1, 0.2]
    expected = gaussian.kl_to_standard_normal(*tensors(-0.1, 0.2)).item()
    assert reading(widget, "KL(q‖p), the formula") == pytest.approx(expected, abs=0.0006)
    assert "mean −0.10" in widget.locator("canvas").first.get_attribute("aria-label")


def test_a_drag_beside_the_handle_moves_nothing(stage):
    visit = stage(KL(mu=1.0, logvar=-1.0))
    widget = visit.page.locator(".vae-widget")
    drag(widget.locator("canvas").first, (0.2, 0.2), (0.8, 0.3))
    assert shown(widget) == [1.0, -1.0]


def test_a_swipe_beside_the_handle_scrolls_the_page_and_moves_nothing(stage):
    visit = stage(KL(mu=1.0, logvar=-1.0), touch=True, width=390, height=700)
    canvas = visit.page.locator(".vae-widget canvas").first
    canvas.scroll_into_view_if_needed()
    before = visit.page.evaluate("scrollY")
    swipe(canvas, (0.2, 0.8), (0.2, 0.1))
    visit.page.wait_for_function("before => scrollY !== before", arg=before)
    assert shown(visit.page.locator(".vae-widget")) == [1.0, -1.0]
