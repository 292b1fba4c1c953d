"""The Collapse widget: its training against torch and chapter 4's table, its controls by mouse, finger and keys."""

import re

import numpy as np
import pytest
import torch

from tests.browser.gestures import drag, number, picture, swipe
from tests.chapter_rules import CHAPTERS, load, stdout
from tests.test_widget_collapse import by_torch, total_loss
from vae_utils.data import load_digits
from vae_utils.ppca import fit_ppca
from vae_utils.widgets.collapse import STEPS, Collapse

LOST = "ELBO lost (nats)"


@pytest.fixture(scope="module")
def ppca():
    return fit_ppca(load_digits("train", dtype=torch.float64).x, 8)


@pytest.fixture(scope="module")
def strengths(ppca):
    return (np.array(Collapse(ppca).data_variance) / ppca.variance).tolist()


@pytest.fixture(scope="module")
def trained(strengths):
    """What torch makes of each loss: a dict from its weights to (STEPS, 3, L)."""
    return dict(zip(HELD + FREE, by_torch(strengths, HELD + FREE), strict=True))


def weights(mu, logvar, beta):
    return {"mu": mu, "logvar": logvar, "beta": beta}


def by_page(js, rho, *three):
    """The page's training, shaped like Python's: (STEPS, 3, L)."""
    return np.array(js.call("train", rho, weights(*three))).reshape(STEPS, len(rho), 3).swapaxes(1, 2)


# --- Mathematics

HELD = [(0.5, 0.25, 0), (0.5, 0.09, 0), (0.05, 0.002, 0), (0, 0, 1), (0.3, 0.1, 0.4)]
FREE = [(0, 0, 0), (1, 0, 0), (0, 0.25, 0)]  # losses without a minimum: the numbers run away


@pytest.mark.parametrize("rho", [0.56, 10.0, 230.0])
@pytest.mark.parametrize("three", HELD + FREE)
def test_gradient_is_that_of_autograd(js_module, three, rho):
    js = js_module(Collapse)
    for theta in ((0.5, 0.0, 0.5), (1.3, -4.0, 0.7), (-0.02, -0.3, 2.0)):
        point = torch.tensor(theta, dtype=torch.float64)[:, None].requires_grad_()
        total_loss(point, torch.tensor([rho], dtype=torch.float64), *three).backward()
        found = js.call("axisGradient", *theta, rho, weights(*three))
        assert found == pytest.approx(point.grad[:, 0].tolist(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("three", HELD)
def test_training_is_that_of_torch(js_module, strengths, trained, three):
    # the same sums in another order: a run that comes to rest keeps all but the last digits
    assert by_page(js_module(Collapse), strengths, *three) == pytest.approx(trained[three], rel=1e-9)


@pytest.mark.parametrize("three", FREE)
def test_training_that_runs_away_is_that_of_torch(js_module, strengths, trained, three):
    """Late in such a run the error 1 − wa swings across its valley, and every swing enlarges the rounding."""
    found, expected = by_page(js_module(Collapse), strengths, *three), trained[three]
    assert found[:1000] == pytest.approx(expected[:1000], rel=1e-9)
    assert found == pytest.approx(expected, abs=0.02)  # two of Adam's steps of 0.01


def test_training_is_that_of_python(js_module, ppca, strengths):
    assert by_page(js_module(Collapse), strengths, 0.5, 0.25, 0) == pytest.approx(Collapse(ppca).training(), rel=1e-9)


def test_one_axis_gives_the_table_of_chapter_four(js_module):
    """Its six losses, one axis with s² = 0.1; the table is printed after 3999 steps, with two or three decimals."""
    cells = {cell.id: cell for cell in load(CHAPTERS / "04-collapse.ipynb").cells}
    lines = stdout(cells["six-table"]).splitlines()[1:]
    table = [[float(text) for text in re.findall(r"\d+\.\d+", line)[-3:]] for line in lines]
    losses = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0.5, 0.25, 0), (0, 0, 1)]
    assert len(table) == len(losses)
    for three, row in zip(losses, table, strict=True):
        a, logvar, w = by_page(js_module(Collapse), [10.0], *three)[3998, :, 0]
        rounding = 0.005 if three not in FREE and three != (0, 1, 0) else 0.02
        assert [a, w] == pytest.approx([row[0], row[2]], abs=rounding + 1e-9)
        assert np.exp(logvar / 2) == pytest.approx(row[1], abs=0.0006 if rounding < 0.01 else 0.01)


def test_nats_lost_and_samples_are_those_of_python(js_module, ppca, strengths):
    js, widget = js_module(Collapse), Collapse(ppca, seed=5)
    for theta in widget.training()[[0, 99, 3999]]:
        found = js.call("lost", theta.T.tolist(), strengths)
        assert found == pytest.approx(widget.lost(theta), rel=1e-9)
    codes = js.call("codes", 5, 10, 8)
    basis, mean = (np.frombuffer(data, "<f4").tolist() for data in (widget.basis, widget.mean))
    found = js.call("decode", codes, theta[2].tolist(), basis, mean)
    # Python keeps the mean and the basis in float32
    assert np.array(found) == pytest.approx(widget.samples(theta), abs=1e-6)
    weak = Collapse(ppca, variance=0.3)  # axes weaker than the noise among them
    rho = (np.array(weak.data_variance) / 0.3).tolist()
    assert min(rho) < 1 < max(rho)
    assert js.call("lost", theta.T.tolist(), rho) == pytest.approx(weak.lost(theta), rel=1e-9)


def test_sliders_hold_what_they_show(js_module):
    js = js_module(Collapse)
    for low, high, wanted in ((0.05, 5, (0.05, 0.5, 1, 5)), (0.002, 2, (0.002, 0.089, 0.25, 1, 2))):
        values = js.call("notches", low, high)
        assert set(wanted) <= set(values) and values == sorted(set(values))
        assert values == [float(f"{value:.2g}") for value in values]
    assert js.call("shownSteps")[:5] == [1, 2, 3, 4, 5] and js.call("shownSteps")[-1] == STEPS


# --- The figure


def readings(widget, name):
    """What the table says of your loss and of the KL in the row ``name``."""
    row = widget.locator(".vae-readings tr").filter(has=widget.page.get_by_role("rowheader", name=name, exact=True))
    return [number(text) for text in row.locator("td").all_inner_texts()]


def settle(widget):
    """The pixels of the two planes, once the next frame is drawn."""
    return [picture(canvas) for canvas in widget.locator(".vae-plane").all()]


def press(widget, label, key, times):
    widget.get_by_label(label, exact=True).focus()
    for _ in range(times):
        widget.page.keyboard.press(key)
    settle(widget)


def shown(widget, label):
    """What stands beside a slider."""
    slider = widget.locator(".vae-slider").filter(has=widget.page.get_by_label(label, exact=True))
    return slider.locator("output").inner_text()


def end_of(widget_of_python):
    theta = widget_of_python.training()[widget_of_python.step - 1]
    return widget_of_python.lost(theta), np.exp(theta[1] / 2), theta[0] ** 2 / np.exp(theta[1])


def test_what_is_shown_first_is_what_python_computes(stage, ppca):
    visit = stage(Collapse(ppca))
    widget = visit.page.locator(".vae-widget")
    settle(widget)
    own, best = end_of(Collapse(ppca)), end_of(Collapse(ppca, loss="KL"))
    assert readings(widget, LOST) == pytest.approx([own[0], best[0]], abs=0.0006)
    for axis in (1, 8):
        wanted = [own[1][axis - 1], best[1][axis - 1]]
        assert readings(widget, f"σ, axis {axis}") == pytest.approx(wanted, abs=0.006)
        wanted = [own[2][axis - 1], best[2][axis - 1]]  # two digits
        assert readings(widget, f"signal-to-noise, axis {axis}") == pytest.approx(wanted, rel=0.05)
    assert [shown(widget, label) for label in ("λμ", "λσ", "s²")] == ["0.50", "0.25", "0.027"]
    assert not visit.problems and not visit.foreign


def test_samples_are_the_pictures_that_python_decodes(stage, ppca):
    visit = stage(Collapse(ppca, seed=2))
    widget = visit.page.locator(".vae-widget")
    settle(widget)
    sheets = widget.locator(".vae-picture")
    grays = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    for sheet, state in zip(sheets.all(), ({}, {"loss": "KL"}), strict=True):
        pixels = np.array(sheet.evaluate(grays)).reshape(8, 89, 4)[..., 0]
        found = np.stack([pixels[:, 9 * k : 9 * k + 8].ravel() for k in range(10)])
        python = Collapse(ppca, seed=2, **state)
        samples = python.samples(python.training()[-1])
        assert np.abs(found - 255 * (1 - samples.clip(0, 1))).max() <= 0.51
    before = [picture(sheet) for sheet in sheets.all()]
    widget.get_by_role("button", name="New samples").click()
    after = [picture(sheet) for sheet in sheets.all()]
    assert all(new != old for new, old in zip(after, before, strict=True))


def test_the_task_can_be_solved_with_keys(stage, ppca):
    visit = stage(Collapse(ppca))
    widget = visit.page.locator(".vae-widget")
    before = settle(widget)
    press(widget, "λσ", "ArrowLeft", 9)
    assert shown(widget, "λσ") == "0.089" and settle(widget) != before
    expected = end_of(Collapse(ppca, weight_logvar=0.089))[0]
    assert readings(widget, LOST)[0] == pytest.approx(expected, abs=0.0006) and expected < 0.1
    press(widget, "s²", "ArrowRight", 12)
    variance = ppca.variance * 10**0.6
    expected = end_of(Collapse(ppca, weight_logvar=0.089, variance=variance))[0]
    assert readings(widget, LOST)[0] == pytest.approx(expected, abs=0.0006) and expected > 0.1
    assert readings(widget, LOST)[1] == 0
    press(widget, "s²", "ArrowLeft", 12)
    assert readings(widget, LOST)[0] < 0.1, "the way back leads to the same s²"
    press(widget, "λμ", "Home", 1)
    assert shown(widget, "λμ") == "0"
    expected = end_of(Collapse(ppca, weight_mu=0, weight_logvar=0.089))[0]
    # a loss without a minimum: rounding moves its last steps, ½ a² of eight axes with a near 8 by 8 · 8 · 0.02 at most
    assert readings(widget, LOST)[0] == pytest.approx(expected, abs=1.3) and expected > 100
    assert "axis 8 has σ" in widget.locator(".vae-plane").first.get_attribute("aria-label")


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_a_weight_can_be_dragged(stage, ppca, touch):
    visit = stage(Collapse(ppca), touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    before = settle(widget)
    slider = widget.get_by_label("λσ", exact=True)
    (swipe if touch else drag)(slider, (0.7, 0.5), (0.45, 0.5))
    assert all(new != old for new, old in zip(settle(widget), before, strict=True))
    weight = float(shown(widget, "λσ"))
    assert 0.02 < weight < 0.1
    expected = end_of(Collapse(ppca, weight_logvar=weight))[0]
    assert readings(widget, LOST)[0] == pytest.approx(expected, abs=0.0006)
    assert not visit.problems and not visit.foreign


def handle(canvas, step, nats):
    """Where the handle stands in the plane of the curve, as fractions of its box."""
    box = canvas.bounding_box()
    left, right, top, bottom = 46, 8, 8, 36  # the margins of a plane with both labels
    across = left + np.log10(step) / np.log10(STEPS) * (box["width"] - left - right)
    down = top + (3 - np.log10(nats)) / 6 * (box["height"] - top - bottom)
    return across / box["width"], down / box["height"]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_handle_goes_through_the_steps(stage, ppca, touch):
    visit = stage(Collapse(ppca), touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    _, curve = widget.locator(".vae-plane").all()
    before = settle(widget)
    start = handle(curve, STEPS, readings(widget, LOST)[0])
    (swipe if touch else drag)(curve, start, (handle(curve, 100, 1)[0], start[1]))
    assert all(new != old for new, old in zip(settle(widget), before, strict=True))
    step = int(shown(widget, "step"))
    assert step == pytest.approx(100, rel=0.1)  # a step of the slider is 7 %, a pixel 3 %
    expected = end_of(Collapse(ppca, step=step))[0]
    assert readings(widget, LOST)[0] == pytest.approx(expected, abs=0.0006)
    assert f"at step {step} yours loses" in curve.get_attribute("aria-label")


def test_a_drag_beside_the_handle_moves_nothing(stage, ppca):
    widget = stage(Collapse(ppca)).page.locator(".vae-widget")
    before = settle(widget)
    drag(widget.locator(".vae-plane").last, (0.3, 0.8), (0.7, 0.6))
    assert settle(widget) == before and shown(widget, "step") == "4000"


def test_what_is_trained_can_be_chosen(stage, ppca):
    visit = stage(Collapse(ppca))
    widget = visit.page.locator(".vae-widget")
    choice = widget.get_by_label("train with", exact=True)
    choice.select_option("KL")
    settle(widget)
    assert readings(widget, LOST) == [0, 0] and shown(widget, "λμ") == "not used"
    for name in ("σ, axis 1", "signal-to-noise, axis 8", "variance of samples"):
        yours, reference = readings(widget, name)
        assert yours == reference
    choice.select_option("reconstruction only")
    settle(widget)
    expected, sigma, _ = end_of(Collapse(ppca, loss="reconstruction"))
    # a loss without a minimum: rounding moves its last steps, ½ a² of eight axes with a near 3 by 8 · 3 · 0.02 at most
    assert readings(widget, LOST)[0] == pytest.approx(expected, abs=0.5)
    assert readings(widget, "σ, axis 1")[0] == pytest.approx(sigma[0], abs=0.002)
    press(widget, "λσ", "ArrowRight", 1)
    assert choice.input_value() == "naive penalties" and shown(widget, "λσ") == "0.28"


def test_the_training_plays_to_its_end_and_can_be_stopped(stage, ppca):
    visit = stage(Collapse(ppca))
    widget = visit.page.locator(".vae-widget")
    settle(widget)
    widget.get_by_role("button", name="Play the training").click()
    later = "() => [...document.querySelectorAll('output')].some((output) => /^[1-9]\\d$/.test(output.textContent))"
    visit.page.wait_for_function(later)
    widget.get_by_role("button", name="Pause").click()
    before = settle(widget)
    held = int(shown(widget, "step"))
    assert 1 < held < STEPS and settle(widget) == before
    assert readings(widget, LOST)[0] == pytest.approx(end_of(Collapse(ppca, step=held))[0], abs=0.0006)
    widget.get_by_role("button", name="Play the training").click()
    visit.page.wait_for_function(
        "() => [...document.querySelectorAll('output')].some((output) => output.textContent === '4000')"
    )
    assert widget.get_by_role("button", name="Play the training").is_visible()
    assert not visit.problems


def test_the_training_goes_in_strides_for_readers_who_want_less_motion(stage, ppca):
    widget = stage(Collapse(ppca), reduced_motion=True).page.locator(".vae-widget")
    settle(widget)
    steps = []
    for _ in range(4):
        widget.get_by_role("button", name="Play the training").click()
        before = settle(widget)
        steps.append(int(shown(widget, "step")))
        assert settle(widget) == before
    assert steps == sorted(set(steps)) and steps[-1] == STEPS


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_on_a_phone(stage, ppca, theme):
    from axe_playwright_python.sync_playwright import Axe

    visit = stage(Collapse(ppca), width=390, theme=theme)
    settle(visit.page.locator(".vae-widget"))
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
