"""The Distances widget: its mathematics against the package and SciPy, its handle, its sliders."""

import math

import pytest
import torch

from tests.browser.gestures import drag, picture, reading, swipe
from vae_utils.widgets.distances import Distances

CASES = [
    {"shift": 0.0, "width": 2.0},
    {"shift": 0.0, "width": 0.1},
    {"shift": -1.5, "width": 1.0, "spread": 2.0, "n": 30, "seed": 3},
    {"shift": 6.0, "width": 0.5, "spread": 0.2, "n": 5},
]
ROWS = {"KL": "KL(a‖b), nats", "JS": "JS, nats", "W1": "W₁", "MMD²": "MMD²"}


@pytest.mark.parametrize("case", CASES)
def test_mathematics(js_module, case):
    js, widget = js_module(Distances), Distances(**case)
    a, b = (lot.tolist() for lot in widget.samples())
    found = {
        "KL": js.call("histogramKL", a, b, widget.width),
        "JS": js.call("histogramJS", a, b, widget.width),
        "W1": js.call("wasserstein", a, b),
        "MMD²": js.call("mmd", a, b, widget.bandwidth),
    }
    assert found == pytest.approx(widget.distances(), rel=1e-9, abs=1e-14)


def test_known_values(js_module):
    js = js_module(Distances)
    assert js.call("histogramJS", [0.5, 1.5], [2.5, 3.5], 1) == pytest.approx(math.log(2), rel=1e-12)
    assert js.call("histogramKL", [0.5, 1.5], [1.5, 2.5], 1) == math.inf
    assert js.call("wasserstein", [3, -10, 2], [2.5, 3.5, -9.5]) == pytest.approx(0.5, rel=1e-12)
    # three equal numbers against three far away: each is like its own lot only
    assert js.call("mmd", [0, 0, 0], [99, 99, 99], 1) == 2


@pytest.mark.parametrize("which", [0, 1])
def test_page_and_python_draw_the_same_numbers(js_module, which):
    drawn = torch.tensor(js_module(Distances).call("lot", 5, 101, which), dtype=torch.float64)
    torch.testing.assert_close(drawn, Distances(seed=5, n=101).samples()[which], rtol=1e-12, atol=1e-14)


def shown(widget):
    """Shift, spread, numbers and the number of the cell width, as the sliders show them."""
    return [float(field.input_value()) for field in widget.locator("input[type=range]").all()]


def place(canvas, x, height=0.81):
    """Where x stands in the strip of b, as fractions of the plane's box."""
    box = canvas.bounding_box()
    left, right, top, bottom = 46, 8, 8, 36  # the margins of a plane with both labels
    across = left + (x + 4) / 13 * (box["width"] - left - right)
    down = box["height"] - bottom - height * (box["height"] - top - bottom)
    return across / box["width"], down / box["height"]


def check_readings(widget, expected):
    for name, row in ROWS.items():
        # three decimals are shown
        assert reading(widget, row) == pytest.approx(expected[name], abs=0.0006), name


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_a_lot_can_be_dragged_over_the_other(stage, touch):
    visit = stage(Distances(), touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    upper = widget.locator("canvas").first
    before = picture(upper)
    (swipe if touch else drag)(upper, place(upper, 0.8), place(upper, 4.8))
    assert picture(upper) != before
    shift = shown(widget)[0]
    assert shift == pytest.approx(4.0, abs=0.1)  # a pixel is 13/300 on a phone, a step of the slider 0.05
    # W1 of two lots that do not overlap is the difference of their means
    a, b = Distances().samples()
    assert reading(widget, ROWS["W1"]) == pytest.approx((b.mean() - a.mean() + shift).item(), abs=0.03)
    assert not visit.problems and not visit.foreign


def test_a_drag_beside_the_lot_moves_nothing(stage):
    visit = stage(Distances())
    widget = visit.page.locator(".vae-widget")
    upper = widget.locator("canvas").first
    before = picture(upper)
    drag(upper, place(upper, 0, 0.3), place(upper, 5, 0.3))
    drag(upper, place(upper, 7), place(upper, 3))
    assert picture(upper) == before


def test_the_task_can_be_solved_with_keys(stage):
    visit = stage(Distances())
    widget = visit.page.locator(".vae-widget")
    picture(widget.locator("canvas").first)
    check_readings(widget, Distances().distances())
    assert reading(widget, "cells with a, but no b") == 0
    widget.get_by_label("cell width").focus()
    for width in (1.0, 0.5, 0.2, 0.1):
        visit.page.keyboard.press("ArrowRight")
        picture(widget.locator("canvas").first)
        check_readings(widget, Distances(width=width).distances())
    assert reading(widget, ROWS["KL"]) == math.inf
    assert reading(widget, "cells with a, but no b") > 0


def test_the_other_sliders_and_new_numbers(stage):
    visit = stage(Distances())
    widget = visit.page.locator(".vae-widget")
    for label, expected in (
        ("shift of b", Distances(shift=0.05)),
        ("spread of b", Distances(shift=0.05, spread=1.05)),
        ("numbers each", Distances(shift=0.05, spread=1.05, n=105)),
    ):
        widget.get_by_label(label).focus()
        visit.page.keyboard.press("ArrowRight")
        picture(widget.locator("canvas").first)
        check_readings(widget, expected.distances())
    widget.get_by_role("button", name="New numbers").click()
    picture(widget.locator("canvas").first)
    check_readings(widget, Distances(shift=0.05, spread=1.05, n=105, seed=8).distances())
    assert "105 numbers a" in widget.locator("canvas").first.get_attribute("aria-label")
    assert not visit.problems


def test_nothing_is_wider_than_a_phone(stage):
    visit = stage(Distances(), width=390, theme="dark")
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
