"""The Map widget: its mathematics against SciPy and PyTorch, its samples, its handles, its play."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from tests.browser.gestures import drag, picture, reading, swipe
from vae_utils.toys import gaussian_mixture
from vae_utils.widgets.map import Map

MIXTURES = [
    ([-1.5, 1.5], [0.3, 0.9], [0.3, 0.7]),
    ([-4.0, 0.0, 0.1, 3.9], [2.0, 0.1, 0.5, 1.0], [0.1, 0.2, 0.3, 0.4]),
]
EDGES = np.linspace(-5, 5, 51)


def exact_cells(means, stds, weights):
    edges = np.concatenate([[-np.inf], EDGES, [np.inf]])
    return np.diff(stats.norm(means, stds).cdf(edges[:, None]) @ weights)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_density_is_that_of_the_package_and_of_torch(js_module, mixture):
    js = js_module(Map)
    means, stds, weights = (torch.tensor(values, dtype=torch.float64) for values in mixture)
    own = gaussian_mixture(means[:, None], stds, weights)
    components = torch.distributions.Normal(means, stds)
    judge = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(weights), components)
    for x in (-4.9, -1.5, 0.02, 3.0):
        found = js.call("density", x, *mixture)
        point = torch.tensor([x], dtype=torch.float64)
        assert found == pytest.approx(own.log_prob(point[None]).exp().item(), rel=1e-9)
        assert found == pytest.approx(judge.log_prob(point).exp().item(), rel=1e-9)


@pytest.mark.parametrize("z", [-9.0, -6.0, -1.3, 0.0, 0.7, 5.5, 9.0])
def test_normal_distribution_function(js_module, z):
    assert js_module(Map).call("normalCdf", z) == pytest.approx(stats.norm.cdf(z), rel=0, abs=1e-14)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_cells(js_module, mixture):
    js = js_module(Map)
    cells = js.call("cellProbabilities", EDGES.tolist(), *mixture)
    assert cells == pytest.approx(exact_cells(*mixture), rel=0, abs=1e-13)
    xs = [-9.0, -5.0, -4.81, 0.01, 0.19, 4.99, 5.01, 7.0]
    expected = [1, *np.histogram(xs, EDGES)[0], 2]
    assert js.call("cellCounts", xs, EDGES.tolist()) == expected


@pytest.mark.parametrize("n", [1, 30, 20_000])
def test_agreement_of_samples_and_cells(js_module, n):
    js = js_module(Map)
    p = exact_cells(*MIXTURES[0])
    counts = np.random.default_rng(0).multinomial(n, p / p.sum())
    found = js.call("totalVariation", counts.tolist(), p.tolist())
    assert found == pytest.approx(np.abs(counts / n - p).sum() / 2, rel=1e-9)
    # the mean absolute deviation of each binomial count, summed over all its values
    k = np.arange(n + 1)
    mean = sum(np.abs(k / n - q) @ stats.binom(n, q).pmf(k) for q in p) / 2
    assert js.call("meanTotalVariation", n, p.tolist()) == pytest.approx(mean, rel=1e-9)
    seen = n * p >= 5
    if seen.any():
        worst = (np.abs(counts - n * p) / np.sqrt(n * p * (1 - p)))[seen].max()
        assert js.call("worstCell", counts.tolist(), p.tolist()) == pytest.approx(worst, rel=1e-9)
    else:
        assert math.isnan(js.call("worstCell", counts.tolist(), p.tolist()))


def test_page_and_python_draw_the_same_samples(js_module):
    widget = Map(count=2001, seed=7)
    found = js_module(Map).call("draws", 7, 2001, widget.means, widget.stds, widget.weights)
    c, x = widget.samples()
    assert found["cs"] == c.tolist()
    assert found["xs"] == pytest.approx(x.tolist(), rel=1e-12)


def test_one_weight_changes_the_others_keep_their_ratio(js_module):
    weights = js_module(Map).call("reweigh", [0.2, 0.3, 0.5], 0, 0.6)
    assert weights == pytest.approx([0.6, 0.15, 0.25], rel=1e-12)


def shown(widget):
    """(weight, mean, standard deviation) of the selected component, as the sliders show them."""
    return [float(field.input_value()) for field in widget.locator("input[type=range]").all()]


def place(canvas, x, weight):
    """Where (x, weight) stands in the upper plane, as fractions of its box."""
    box = canvas.bounding_box()
    left, right, top, bottom = 46, 8, 8, 22  # the margins of a plane with a label on its y axis only
    across = left + (x + 5) / 10 * (box["width"] - left - right)
    down = box["height"] - bottom - weight * (box["height"] - top - bottom)
    return across / box["width"], down / box["height"]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_a_component_can_be_dragged(stage, touch):
    visit = stage(Map(), touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    upper, lower = widget.locator("canvas").all()
    before = picture(lower)
    (swipe if touch else drag)(upper, place(upper, -1.5, 0.3), place(upper, 0.5, 0.6))
    assert picture(lower) != before
    # half a step of the sliders, and a pixel of the pointer: 1 / 110 of the height, 10 / 320 of the width
    weight, mean, std = shown(widget)
    assert weight == pytest.approx(0.6, abs=0.02) and mean == pytest.approx(0.5, abs=0.06) and std == 0.3
    mixture = gaussian_mixture(
        torch.tensor([[mean], [1.5]]), torch.tensor([0.3, 0.9]), torch.tensor([weight, 1 - weight])
    )
    peak = mixture.log_prob(torch.tensor([[mean]])).exp().item()
    # the sliders' rounding moves the peak by weight / (0.3 √(2π)) · 1 %
    assert reading(widget, "p(x) at the mean of c = 0") == pytest.approx(peak, abs=0.02)
    assert not visit.problems and not visit.foreign


def test_a_drag_beside_the_handles_moves_nothing(stage):
    visit = stage(Map())
    widget = visit.page.locator(".vae-widget")
    upper = widget.locator("canvas").first
    before = picture(upper)
    drag(upper, place(upper, -4, 0.8), place(upper, 0, 0.2))
    assert picture(upper) == before and shown(widget) == [0.7, 1.5, 0.9]


def test_the_task_can_be_solved_with_keys(stage):
    visit = stage(Map())
    widget = visit.page.locator(".vae-widget")
    assert reading(widget, "p(x) at the mean of c = 0") > reading(widget, "p(x) at the mean of c = 1") + 0.05
    widget.get_by_label("standard deviation", exact=True).focus()
    for _ in range(20):
        visit.page.keyboard.press("ArrowLeft")
    picture(widget.locator("canvas").last)
    assert shown(widget) == [0.7, 1.5, 0.7]
    assert reading(widget, "p(x) at the mean of c = 0") == reading(widget, "p(x) at the mean of c = 1")
    assert "standard deviation 0.70" in widget.locator("canvas").first.get_attribute("aria-label")


def test_samples_are_counted_and_compared(stage):
    visit = stage(Map(count=0, seed=3), reduced_motion=True)
    widget = visit.page.locator(".vae-widget")
    for name, count in (("Draw one", 1), ("Draw 100", 101), ("Draw 100", 201)):
        widget.get_by_role("button", name=name).click()
        picture(widget.locator("canvas").last)
        assert reading(widget, "samples") == count
    counts = np.histogram(Map(count=201, seed=3).samples()[1], EDGES)[0]
    expected = np.abs(np.array([0, *counts, 0]) / 201 - exact_cells(*MIXTURES[0])).sum() / 2
    assert reading(widget, "total variation") == pytest.approx(expected, abs=0.0006)
    c, x = (values[-1] for values in Map(count=201, seed=3).samples())
    assert f"Sample 201: first c = {c}" in widget.locator("p[role=status]").inner_text()
    assert f"{abs(x):.2f}" in widget.locator("p[role=status]").inner_text()
    widget.get_by_role("button", name="Clear").click()
    picture(widget.locator("canvas").last)
    assert reading(widget, "samples") == 0


def test_one_sample_falls_and_then_counts(stage):
    visit = stage(Map(count=0))
    widget = visit.page.locator(".vae-widget")
    upper, lower = widget.locator("canvas").all()
    before = picture(upper), picture(lower)
    widget.get_by_role("button", name="Draw one").click()
    assert picture(upper) != before[0]
    visit.page.wait_for_function("() => [...document.querySelectorAll('td')].some((cell) => cell.textContent === '1')")
    assert reading(widget, "samples") == 1 and picture(lower) != before[1]


def test_play_runs_until_paused_and_steps_with_less_motion(stage):
    visit = stage(Map())
    widget = visit.page.locator(".vae-widget")
    widget.get_by_role("button", name="Play").click()
    more = "() => [...document.querySelectorAll('td')].some((cell) => Number(cell.textContent) > 400)"
    visit.page.wait_for_function(more)
    widget.get_by_role("button", name="Pause").click()
    picture(widget.locator("canvas").last)
    held = reading(widget, "samples")
    picture(widget.locator("canvas").last)
    assert reading(widget, "samples") == held

    calm = stage(Map(), reduced_motion=True).page.locator(".vae-widget")
    calm.get_by_role("button", name="Play").click()
    picture(calm.locator("canvas").last)
    assert reading(calm, "samples") == 450  # one second's worth: half of 300


def test_components_come_and_go(stage):
    visit = stage(Map())
    widget = visit.page.locator(".vae-widget")
    add, remove = (widget.get_by_role("button", name=name) for name in ("Add a component", "Remove it"))
    assert remove.is_disabled()
    for _ in range(3):
        add.click()
        picture(widget.locator("canvas").first)
    assert add.is_disabled()
    assert widget.get_by_role("button", name="c = 4").get_attribute("aria-pressed") == "true"
    assert shown(widget)[0] == 0.2
    for _ in range(3):
        remove.click()
        picture(widget.locator("canvas").first)
    assert remove.is_disabled() and not widget.get_by_role("button", name="c = 2").is_visible()
    assert shown(widget) == [0.7, 1.5, 0.9]
    assert not visit.problems


def test_nothing_is_wider_than_a_phone(stage):
    visit = stage(Map(), width=390, theme="dark")
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
