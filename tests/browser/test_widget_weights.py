"""The figure of the weights: its mathematics against the package, its handle under mouse, finger and keys."""

import math

import numpy as np
import pytest

from tests.browser.gestures import drag, picture, reading, swipe
from vae_utils.widgets.weights import LOG_P, Weights, bit_bound, bit_chi2


def chance(logit):
    return 1 / (1 + math.exp(-logit))


@pytest.mark.parametrize("q", [1e-4, 0.007, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("K", [1, 3, 100, 4321, 100_000])
def test_mathematics(js_module, q, K):
    weights = js_module(Weights)
    # both are sums of up to 10⁵ positive terms with relative rounding of 1e-16 each
    assert weights.call("bound", q, K) == pytest.approx(bit_bound(q, K), abs=1e-11)
    assert weights.call("chi2", q) == pytest.approx(bit_chi2(q), rel=1e-12, abs=1e-12)


def test_a_run_draws_ones_with_the_encoders_chance(js_module):
    weights, q, runs = js_module(Weights), 0.3, 400
    counts = [1, 10, 100]
    ones = np.array([weights.call("onesOf", q, counts, seed) for seed in range(runs)])
    assert (np.diff(ones, axis=1) >= 0).all() and (ones <= counts).all()
    error = np.sqrt(np.array(counts) * q * (1 - q) / runs)
    assert (np.abs(ones.mean(0) - np.array(counts) * q) < 4.5 * error).all()
    values = [weights.call("logMean", q, 100, int(k)) for k in ones[:, 2]]
    error = np.std(values) / math.sqrt(runs)  # a run is an unbiased estimate of the bound
    assert abs(np.mean(values) - bit_bound(q, 100)) < 4.5 * error


def shown(widget):
    """(logit, log K) as the sliders hold them."""
    return [float(field.input_value()) for field in widget.locator("input[type=range]").all()]


def place_of_handle(widget):
    """Where in the first canvas the handle stands, as fractions of its box."""
    box = widget.locator("canvas").first.bounding_box()
    logit, log_k = shown(widget)
    nats = bit_bound(chance(logit), round(10**log_k))
    left, right, top, bottom = 46, 8, 8, 36  # the margins of a plane with both labels
    x = left + log_k / 5 * (box["width"] - left - right)
    y = box["height"] - bottom - (nats + 3.2) / 3.6 * (box["height"] - top - bottom)
    return x / box["width"], y / box["height"]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_handle_can_be_dragged_to_more_weights(stage, touch):
    visit = stage(Weights(logit=-5.0, log_k=1.0), touch=touch)
    widget = visit.page.locator(".vae-widget")
    canvas = widget.locator("canvas").first
    before, start = picture(canvas), place_of_handle(widget)
    (swipe if touch else drag)(canvas, start, (start[0] + 0.4, start[1]))
    assert picture(canvas) != before
    logit, log_k = shown(widget)
    assert logit == -5.0 and log_k > 2.5
    expected = bit_bound(chance(-5.0), round(10**log_k))
    assert reading(widget, "the bound of K weights") == pytest.approx(expected, abs=0.005)  # log K in hundredths
    assert reading(widget, "missing") == pytest.approx(LOG_P - expected, abs=0.005)
    assert not visit.problems and not visit.foreign


def test_keys_solve_the_task(stage):
    visit = stage(Weights(logit=-5.0, log_k=2.0))
    widget = visit.page.locator(".vae-widget")
    widget.get_by_label("q, its chance of 1").focus()
    visit.page.keyboard.press("Home")
    picture(widget.locator("canvas").first)
    assert shown(widget) == [-9.2, 2.0]
    assert reading(widget, "what K more weights add") < 0.1
    assert reading(widget, "missing") > 2
    assert "0.00010" in widget.locator("canvas").nth(1).get_attribute("aria-label")
    widget.get_by_label("weights K").focus()
    visit.page.keyboard.press("End")
    picture(widget.locator("canvas").first)
    assert reading(widget, "missing") == pytest.approx(LOG_P - bit_bound(chance(-9.2), 100_000), abs=0.0006)


def test_another_run_is_another_run(stage):
    visit = stage(Weights(logit=0.0, log_k=3.0, seed=1))
    widget = visit.page.locator(".vae-widget")
    canvas = widget.locator("canvas").first
    before, ones = picture(canvas), reading(widget, "ones among its K draws")
    widget.get_by_role("button", name="Another run").click()
    assert picture(canvas) != before
    assert reading(widget, "ones among its K draws") != ones
    assert reading(widget, "the bound of K weights") == pytest.approx(bit_bound(0.5, 1000), abs=0.0006)


def test_a_swipe_beside_the_handle_scrolls_the_page_and_moves_nothing(stage):
    visit = stage(Weights(logit=-5.0, log_k=1.0), touch=True, width=390, height=600)
    canvas = visit.page.locator(".vae-widget canvas").first
    canvas.scroll_into_view_if_needed()
    before = visit.page.evaluate("scrollY")
    swipe(canvas, (0.8, 0.9), (0.8, 0.1))
    visit.page.wait_for_function("before => scrollY !== before", arg=before)
    assert shown(visit.page.locator(".vae-widget")) == [-5.0, 1.0]
