"""The gradient race: its mathematics against torch and quadrature, its numbers, its handle, its play."""

import math

import numpy as np
import pytest
import torch

from tests.browser.gestures import drag, number, picture, swipe
from vae_utils.widgets.gradients import GRADIENT, MOST_LATENTS, TOLERANCE, GradientRace

SETTINGS = [(1, 1.0, True), (3, 0.25, True), (64, 1.3, True), (2, 2.0, False), (64, 0.7, False)]
TABLE = {
    "mean": "mean",
    "error": "its standard error, exact",
    "measured": "variance, measured",
    "exact": "variance, exact",
    "settled": "mean within 10 % since draw",
    "needed": "standard error is 10 % at draw",
}


def options(latent, sigma, baseline, **more):
    return {"latent": latent, "sigma": sigma, "baseline": baseline, **more}


def rows(eps):
    """Noise as the page holds it: each draw in a row of 64 numbers, here with zeros behind the first L."""
    wide = np.zeros((len(eps), MOST_LATENTS))
    wide[:, : eps.shape[1]] = eps
    return wide.ravel().tolist()


def f(z):
    return ((z - 1) ** 2).sum(-1)


@pytest.mark.parametrize(("latent", "sigma", "baseline"), SETTINGS)
def test_estimates_are_those_of_autograd(js_module, latent, sigma, baseline):
    eps = torch.randn(30, latent, generator=torch.Generator().manual_seed(latent), dtype=torch.float64)
    found = js_module(GradientRace).call("estimates", rows(eps.numpy()), options(latent, sigma, baseline, count=30))
    mu = torch.zeros_like(eps).requires_grad_()
    z = mu + sigma * eps
    pathwise = torch.autograd.grad(f(z).sum(), mu)[0][:, 0]
    log_q = torch.distributions.Normal(mu, sigma).log_prob(z.detach()).sum()
    score = (f(z.detach()) - baseline * latent * (1 + sigma**2)) * torch.autograd.grad(log_q, mu)[0][:, 0]
    assert found["pathwise"] == pytest.approx(pathwise.tolist(), rel=1e-12, abs=1e-13)
    # f − E f loses digits of f, which is below 1000 here
    assert found["score"] == pytest.approx(score.tolist(), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("latent", [1, 2, 3])
@pytest.mark.parametrize("sigma", [0.25, 1.0, 2.0])
@pytest.mark.parametrize("baseline", [True, False])
def test_unbiased_and_of_the_exact_variance_by_quadrature(js_module, latent, sigma, baseline):
    # 6 nodes in each dimension are exact up to degree 11; a squared estimate has degree 6
    nodes, weights = np.polynomial.hermite_e.hermegauss(6)
    eps = np.stack([axis.ravel() for axis in np.meshgrid(*[nodes] * latent)], 1)
    mass = np.prod(np.stack([axis.ravel() for axis in np.meshgrid(*[weights / weights.sum()] * latent)], 1), 1)
    js, setting = js_module(GradientRace), options(latent, sigma, baseline)
    found = js.call("estimates", rows(eps), {**setting, "count": len(eps)})
    exact = js.call("exactVariances", setting)
    for key in ("pathwise", "score"):
        values = np.array(found[key])
        assert mass @ values == pytest.approx(GRADIENT, rel=1e-10)
        assert mass @ (values - GRADIENT) ** 2 == pytest.approx(exact[key], rel=1e-10)


@pytest.mark.parametrize(("latent", "sigma", "baseline"), SETTINGS)
def test_page_and_python_agree(js_module, latent, sigma, baseline):
    js, race = js_module(GradientRace), GradientRace(latent=latent, sigma=sigma, baseline=baseline, count=501, seed=9)
    assert tuple(js.call("exactVariances", options(latent, sigma, baseline)).values()) == pytest.approx(
        race.variances(), rel=1e-12
    )
    eps = js.call("noise", 9, 501)
    assert np.reshape(eps, (501, MOST_LATENTS))[:, :latent] == pytest.approx(race.eps(), rel=1e-9, abs=1e-12)
    found = js.call("estimates", eps, options(latent, sigma, baseline, count=501))
    for key, expected in zip(("pathwise", "score"), race.estimates(), strict=True):
        assert found[key] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def settled(values):
    """By the definition: the first n such that the means of the first n, n + 1, … are all within the tolerance."""
    near = np.abs(np.cumsum(values) / np.arange(1, len(values) + 1) - GRADIENT) <= TOLERANCE
    return next((n + 1 for n in range(len(near)) if near[n:].all()), math.nan)


def test_summaries_of_a_run(js_module):
    js = js_module(GradientRace)
    for values in GradientRace(latent=4, count=700, seed=2).estimates():
        means = js.call("runningMeans", values.tolist())
        assert means == pytest.approx(np.cumsum(values) / np.arange(1, 701), rel=1e-12)
        assert js.call("sampleVariance", values.tolist()) == pytest.approx(values.var(ddof=1), rel=1e-12)
        assert js.call("settledAt", means) == pytest.approx(settled(values), nan_ok=True)
    assert js.call("settledAt", [-2.0, -5.0, -2.1, -1.9]) == 3
    assert js.call("settledAt", [-2.0, -2.0]) == 1
    assert math.isnan(js.call("settledAt", [-2.0, -2.3]))
    for few in ([], [1.0]):
        assert math.isnan(js.call("sampleVariance", few))
    assert js.call("drawsNeeded", 18.0) == pytest.approx(18 / TOLERANCE**2)


def test_histogram(js_module):
    edges = np.linspace(-22, 18, 81)
    values = [-30.0, -22.0, -21.7, -2.0, -2.01, 17.99, 18.0, 0.3]
    found = js_module(GradientRace).call("histogram", values, edges.tolist())
    assert found["counts"] == np.histogram([value for value in values if value < 18], edges)[0].tolist()
    assert found["outside"] == 2


@pytest.mark.parametrize("variance", [0.25, 18.0, 156.25, 396.0, 74_525.0])
def test_reach_is_four_standard_deviations_and_little_more(js_module, variance):
    reach = js_module(GradientRace).call("reach", {"pathwise": 0.2, "score": variance})
    assert 4 * math.sqrt(variance) <= reach <= 1.5 * 4 * math.sqrt(variance) * (1 + 1e-12)


# --- the figure


def cells(widget, row):
    """What a row of the table shows: pathwise, score function, ratio."""
    name = TABLE[row]
    line = widget.locator(".vae-readings tr").filter(has=widget.page.get_by_role("rowheader", name=name, exact=True))
    return [text.replace(",", "") for text in line.locator("td").all_inner_texts()]


def numbers(widget, row):
    return [number(text) for text in cells(widget, row) if text]


def near(value):
    """Three digits of which the last is rounded."""
    return pytest.approx(value, rel=0.005, abs=0.0051)


def check(widget, race):
    """The whole table against Python's numbers for the same seed."""
    both, exact = race.estimates(), race.variances()
    for found, values in zip(numbers(widget, "mean"), both, strict=True):
        assert found == near(values.mean())
    assert numbers(widget, "error") == [near(math.sqrt(variance / race.count)) for variance in exact]
    measured = [values.var(ddof=1) for values in both]
    assert numbers(widget, "measured") == [near(value) for value in (*measured, measured[1] / measured[0])]
    assert numbers(widget, "exact") == [near(value) for value in (*exact, exact[1] / exact[0])]
    needed = [math.ceil(variance / TOLERANCE**2 - 1e-9) for variance in exact]
    assert numbers(widget, "needed") == [*needed, near(exact[1] / exact[0])]
    expected = [settled(values) for values in both]
    assert cells(widget, "settled")[:2] == ["not now" if math.isnan(n) else str(n) for n in expected]


def story(widget):
    """What is said about the last draw."""
    return widget.locator("p[role=status]").inner_text()


def shown(widget):
    """(L, σ) as the sliders show them."""
    latent, sigma = (float(field.input_value()) for field in widget.locator("input[type=range]").all())
    return int(latent), sigma


def press(visit, key, times):
    for _ in range(times):
        visit.page.keyboard.press(key)


@pytest.mark.parametrize("baseline", [True, False])
def test_numbers_are_those_of_python(stage, baseline):
    race = GradientRace(latent=7, sigma=0.6, baseline=baseline, count=1234, seed=11)
    visit = stage(race)
    widget = visit.page.locator(".vae-widget")
    picture(widget.locator("canvas").first)
    check(widget, race)
    pathwise, score = (values[-1] for values in race.estimates())
    last = f"Draw 1,234: ε₁ = {race.eps()[-1, 0]:.2f}, pathwise {pathwise:.2f}, score function {score:.2f}."
    assert story(widget).replace("−", "-") == last
    assert not visit.problems and not visit.foreign


def test_the_task_can_be_solved_with_keys(stage):
    visit = stage(GradientRace())
    widget = visit.page.locator(".vae-widget")
    upper, lower, means, ratios = widget.locator("canvas").all()
    picture(upper)
    assert numbers(widget, "exact") == [4, 18, 4.5]
    before = numbers(widget, "measured"), [picture(canvas) for canvas in (lower, means, ratios)]
    widget.get_by_label("L", exact=True).focus()
    visit.page.keyboard.press("End")
    after = [picture(canvas) for canvas in (lower, means, ratios)]
    assert shown(widget) == (64, 1.0)
    assert numbers(widget, "exact") == [4, 396, 99]
    assert numbers(widget, "needed") == [100, 9900, 99]
    assert all(old != new for old, new in zip(before[1], after, strict=True))
    assert numbers(widget, "measured")[0] == before[0][0], "ε₁ is the same for every L"
    check(widget, GradientRace(latent=64))
    assert "at L = 64 exactly 99.0" in ratios.get_attribute("aria-label")
    assert "300 score function estimates around the exact gradient -2" in lower.get_attribute("aria-label")


def test_sigma_and_baseline(stage):
    visit = stage(GradientRace(latent=2))
    widget = visit.page.locator(".vae-widget")
    widget.get_by_label("σ", exact=True).focus()
    press(visit, "ArrowLeft", 10)
    picture(widget.locator("canvas").first)
    assert shown(widget) == (2, 0.5)
    check(widget, GradientRace(latent=2, sigma=0.5))
    before = picture(widget.locator("canvas").nth(1))
    widget.get_by_label("baseline").focus()
    visit.page.keyboard.press("Space")
    assert picture(widget.locator("canvas").nth(1)) != before
    check(widget, GradientRace(latent=2, sigma=0.5, baseline=False))


def place(canvas, latent, ratio):
    """Where (L, ratio) stands in the last plane at σ = 1, as fractions of its box; its axes are logarithmic."""
    box = canvas.bounding_box()
    left, right, top, bottom = 52, 8, 8, 36
    across = left + (math.log10(latent) + 0.06) / 1.96 * (box["width"] - left - right)
    down = box["height"] - bottom - math.log10(ratio) / 3 * (box["height"] - top - bottom)
    return across / box["width"], down / box["height"]


def ratio(latent):
    return (lambda pathwise, score: score / pathwise)(*GradientRace(latent=latent).variances())


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_handle_drags_l(stage, touch):
    visit = stage(GradientRace(latent=4), touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    ratios = widget.locator("canvas").last
    before = picture(ratios)
    (swipe if touch else drag)(ratios, place(ratios, 4, ratio(4)), place(ratios, 32, ratio(32)))
    assert picture(ratios) != before
    latent, sigma = shown(widget)
    # a pixel of 240 is 2 % of L; half of one for the rounding to whole latents
    assert latent == pytest.approx(32, abs=2) and sigma == 1
    check(widget, GradientRace(latent=latent))
    assert not visit.problems and not visit.foreign


def test_a_drag_beside_the_handle_moves_nothing(stage):
    visit = stage(GradientRace(latent=4))
    widget = visit.page.locator(".vae-widget")
    ratios = widget.locator("canvas").last
    drag(ratios, place(ratios, 4, 400), place(ratios, 32, 400))
    drag(ratios, place(ratios, 32, ratio(32)), place(ratios, 8, ratio(8)))
    picture(ratios)
    assert shown(widget) == (4, 1.0)


def test_a_swipe_beside_the_handle_scrolls_the_page(stage):
    visit = stage(GradientRace(latent=4), touch=True, width=390, height=700)
    ratios = visit.page.locator(".vae-widget canvas").last
    ratios.scroll_into_view_if_needed()
    before = visit.page.evaluate("scrollY")
    swipe(ratios, (0.8, 0.8), (0.8, 0.1))
    visit.page.wait_for_function("before => scrollY !== before", arg=before)
    assert shown(visit.page.locator(".vae-widget")) == (4, 1.0)


def test_draws_one_by_one(stage):
    visit = stage(GradientRace(count=0, seed=3))
    widget = visit.page.locator(".vae-widget")
    canvases = widget.locator("canvas").all()
    clear = widget.get_by_role("button", name="Clear")
    picture(canvases[0])
    assert clear.is_disabled() and cells(widget, "mean")[:2] == ["–", "–"] == cells(widget, "measured")[:2]
    count = 0
    for name, more in (("Draw one", 1), ("Draw one", 1), ("Draw 100", 100)):
        before = [picture(canvas) for canvas in canvases[:3]]
        widget.get_by_role("button", name=name).click()
        count += more
        assert all(picture(canvas) != old for canvas, old in zip(canvases, before, strict=False))
        assert f"Draw {count}:" in story(widget)
        if count == 1:
            assert cells(widget, "measured") == ["–"] * 3
        else:
            check(widget, GradientRace(count=count, seed=3))
    widget.get_by_role("button", name="New noise").click()
    picture(canvases[0])
    check(widget, GradientRace(count=102, seed=4))
    clear.click()
    picture(canvases[0])
    assert story(widget) == "No draws yet."
    assert not visit.problems


def drawn(widget):
    picture(widget.locator("canvas").first)
    return int(story(widget).split(":")[0].removeprefix("Draw ").replace(",", ""))


def test_play_runs_until_paused(stage):
    widget = stage(GradientRace()).page.locator(".vae-widget")
    widget.get_by_role("button", name="Play").click()
    far = "() => Number(/[0-9]+/.exec(document.querySelector('p[role=status]').textContent.replace(',', ''))[0]) > 400"
    widget.page.wait_for_function(far)
    widget.get_by_role("button", name="Pause").click()
    held = drawn(widget)
    assert drawn(widget) == held > 400
    check(widget, GradientRace(count=held))
    widget.get_by_role("button", name="Play").click()
    widget.get_by_role("button", name="Clear").click()  # ends the play, too
    for _ in range(3):
        picture(widget.locator("canvas").first)
        assert story(widget) == "No draws yet."
    assert widget.get_by_role("button", name="Play").is_visible()


def test_play_steps_with_less_motion(stage):
    widget = stage(GradientRace(), reduced_motion=True).page.locator(".vae-widget")
    for expected in (450, 675):  # one second's worth is half of what there is
        widget.get_by_role("button", name="Play").click()
        assert drawn(widget) == expected == drawn(widget)


def test_play_ends_with_the_last_draw(stage):
    visit = stage(GradientRace(latent=64, count=19_500))
    widget = visit.page.locator(".vae-widget")
    play = widget.get_by_role("button", name="Play")
    play.click()
    widget.get_by_text("Draw 20,000:").wait_for()
    assert play.is_disabled() and widget.get_by_role("button", name="Draw one").is_disabled()
    check(widget, GradientRace(latent=64, count=20_000))
    assert not visit.problems


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_accessible_and_no_wider_than_the_page(stage, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    race = GradientRace(latent=64, sigma=0.25, baseline=False, count=20_000)  # the longest numbers
    visit = stage(race, theme=theme, width=width)
    widget = visit.page.locator(".vae-widget")
    picture(widget.locator("canvas").first)
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    frame, table = widget.bounding_box(), widget.locator(".vae-readings").bounding_box()
    assert table["x"] + table["width"] <= frame["x"] + frame["width"] - 8
    assert not visit.problems
