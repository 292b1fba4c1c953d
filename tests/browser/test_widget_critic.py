"""The critic meter: its training in the page against torch and the package, its numbers, its handles, its sweep."""

import math

import pytest
import torch

from tests.browser.gestures import drag, picture, reading, swipe
from vae_utils.critics import gradient_penalty
from vae_utils.divergences import penalised_shift_value, shifted_uniforms
from vae_utils.evaluation import wasserstein_1d
from vae_utils.widgets.critic import CONSTRAINTS, STEPS, CriticMeter

ONE_SIDED, TWO_SIDED, CLIPPED = CONSTRAINTS
W1, JS, VALUE, BIAS, OPTIMUM, STEEPEST, DIVIDED, JS_SLOPE, FELT = (
    "W1, by sorting",
    "JS (nats)",
    "critic Ŵ",
    "Ŵ − W1",
    "the penalty's optimum, θ (1 + θ/2λ)",
    "steepest slope of the critic",
    "Ŵ / steepest slope",
    "slope of JS in θ",
    "slope of the critic at the fakes",
)


def setting(meter):
    return {name: getattr(meter, name) for name in ("theta", "constraint", "penalty", "clip", "seed")}


def parameters(critic):
    """w, b and v as lists."""
    return [values.detach().flatten().tolist() for values in (critic[0].weight, critic[0].bias, critic[2].weight)]


@pytest.mark.parametrize("theta", [0.0, 0.3, 1.0, 2.75, 4.0])
def test_exact_distances(js_module, theta):
    js, exact = js_module(CriticMeter), shifted_uniforms(theta)
    real, fake = js.call("piles", theta)
    expected = CriticMeter(theta=theta).piles()
    for found, pile in zip((real, fake), expected, strict=True):
        assert found == pytest.approx(pile.flatten().tolist(), abs=1e-14)
    assert js.call("wasserstein", fake[::-1], real) == pytest.approx(exact.w1.item(), abs=1e-12)
    assert js.call("jsOfShift", theta) == pytest.approx(exact.js.item(), abs=1e-14)
    for penalty in (2.0, 10.0, 50.0):
        expected = penalised_shift_value(theta, penalty).item()
        assert js.call("penaltyOptimum", theta, penalty) == pytest.approx(expected, abs=1e-14)


def test_wasserstein_sorts_numbers_as_numbers(js_module):
    a, b = [10.0, 9.0, -3.5, 1e-7, 100.0], [2.0, -11.0, 30.0, 4.0, 0.25]
    expected = wasserstein_1d(torch.tensor(a, dtype=torch.float64), torch.tensor(b, dtype=torch.float64)).item()
    assert js_module(CriticMeter).call("wasserstein", a, b) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1])
def test_start_and_score_and_slope(js_module, seed):
    js, critic = js_module(CriticMeter), CriticMeter(seed=seed).start()
    weights = js.call("startOf", seed)
    for found, expected in zip(weights, parameters(critic), strict=True):
        assert found == pytest.approx(expected, abs=1e-15)
    x = torch.linspace(-2, 5, 29, dtype=torch.float64)[:, None].requires_grad_()
    values = critic(x)
    (slopes,) = torch.autograd.grad(values.sum(), x)
    for place, value, slope in zip(
        x.flatten().tolist(), values.flatten().tolist(), slopes.flatten().tolist(), strict=True
    ):
        assert js.call("score", weights, place) == pytest.approx(value, abs=1e-13)
        assert js.call("slope", weights, place) == pytest.approx(slope, abs=1e-13)


@pytest.mark.parametrize("one_sided", [True, False])
@pytest.mark.parametrize("penalty", [None, 2.0, 10.0])
def test_gradient_is_that_of_autograd(js_module, penalty, one_sided):
    generator = torch.Generator().manual_seed(4)
    for seed in range(4):
        meter = CriticMeter(theta=1.3, seed=seed)
        critic, (real, fake) = meter.start(), meter.piles()
        with torch.no_grad():
            critic[2].weight.mul_(6)  # so that some slopes are above 1 and some below
        eps = torch.rand(len(real), generator=generator, dtype=torch.float64)
        loss = critic(fake).mean() - critic(real).mean()
        if penalty:
            loss = loss + penalty * gradient_penalty(critic, real, fake, eps=eps, one_sided=one_sided).mean()
        weights = critic[0].weight, critic[0].bias, critic[2].weight
        expected = torch.autograd.grad(loss, weights)
        between = torch.lerp(fake, real, eps[:, None]).flatten().tolist() if penalty else []
        found = js_module(CriticMeter).call(
            "lossGradient",
            parameters(critic),
            real.flatten().tolist(),
            fake.flatten().tolist(),
            between,
            {"penalty": penalty or 1.0, "oneSided": one_sided},
        )
        for ours, theirs in zip(found, expected, strict=True):
            assert ours == pytest.approx(theirs.flatten().tolist(), abs=1e-12)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize(("theta", "seed"), [(0.5, 0), (2.0, 1), (4.0, 2)])
def test_training_in_the_page_is_torchs(js_module, constraint, theta, seed):
    js, meter = js_module(CriticMeter), CriticMeter(constraint=constraint, theta=theta, seed=seed)
    critic = meter.train()
    found = js.call("train", setting(meter))
    piles = [pile.flatten().tolist() for pile in meter.piles()]
    expected = meter.measure(critic)
    # two hundred steps, each of which may cross a kink by rounding and so part from the other for a while
    assert js.call("measure", found, *piles) == pytest.approx(expected._asdict(), rel=1e-5, abs=1e-9)
    assert js.call("measure", parameters(critic), *piles) == pytest.approx(expected._asdict(), rel=1e-12, abs=1e-14)


def test_fewer_steps_are_the_beginning_of_the_same_training(js_module):
    js, meter = js_module(CriticMeter), CriticMeter(theta=1.5, seed=3)
    untrained, few, all_of_them = (js.call("train", setting(meter), steps) for steps in (0, 5, STEPS))
    assert untrained == js.call("startOf", 3) and few != untrained
    assert all_of_them == js.call("train", setting(meter))


# --- the figure


def near(value):
    """Three decimals, four for tiny values."""
    return pytest.approx(value, abs=0.00051)


def check(widget, meter):
    """The whole table against Python's numbers."""
    measured = meter.measure()
    assert reading(widget, W1) == near(meter.w1())
    assert reading(widget, JS) == near(shifted_uniforms(meter.theta).js.item())
    assert reading(widget, VALUE) == near(measured.estimate)
    assert reading(widget, BIAS) == near(measured.estimate - meter.theta)
    assert reading(widget, STEEPEST) == near(measured.steepest)
    assert reading(widget, DIVIDED) == near(measured.estimate / measured.steepest)
    assert reading(widget, JS_SLOPE) == near(math.log(2) if meter.theta < 1 else 0)
    assert reading(widget, FELT) == near(measured.felt)
    if meter.constraint != CLIPPED:
        assert reading(widget, OPTIMUM) == near(penalised_shift_value(meter.theta, meter.penalty).item())


def shown(widget):
    """θ as its slider shows it."""
    return float(widget.get_by_label("θ", exact=True).input_value())


@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("theta", [0.6, 3.0])
def test_numbers_are_those_of_python(stage, constraint, theta):
    meter = CriticMeter(theta=theta, constraint=constraint, seed=1)
    visit = stage(meter)
    widget = visit.page.locator(".vae-widget")
    picture(widget.locator("canvas").first)
    check(widget, meter)
    assert widget.get_by_label("λ", exact=True).is_visible() == (constraint != CLIPPED)
    assert widget.get_by_label("clip", exact=True).is_visible() == (constraint == CLIPPED)
    said = {CLIPPED: "Compare the shape", TWO_SIDED: "A trap", ONE_SIDED: f"{100 * theta / 20:.1f} % more than W1"}
    assert said[constraint] in widget.locator("p[role=status]").inner_text()
    assert not visit.problems and not visit.foreign


def test_the_task_can_be_solved_with_keys(stage):
    visit = stage(CriticMeter())
    widget = visit.page.locator(".vae-widget")
    scores, meter = widget.locator("canvas").all()
    before = picture(scores), picture(meter)
    widget.get_by_label("θ", exact=True).focus()
    visit.page.keyboard.press("End")
    assert picture(scores) != before[0] and picture(meter) != before[1]
    assert reading(widget, W1) == 4 and reading(widget, BIAS) == near(0.8)
    widget.get_by_label("λ", exact=True).focus()
    for _ in range(20):  # half a unit each
        visit.page.keyboard.press("ArrowRight")
    picture(meter)
    assert float(widget.get_by_label("λ", exact=True).input_value()) == 20
    assert reading(widget, VALUE) == near(4.4)
    check(widget, CriticMeter(theta=4.0, penalty=20.0))
    assert "10.0 % more than W1" in widget.locator("p[role=status]").inner_text()
    assert "the critic says 4.400" in meter.get_attribute("aria-label")
    assert "4.400 above" in scores.get_attribute("aria-label")


def test_constraint_and_new_start(stage):
    visit = stage(CriticMeter())
    widget = visit.page.locator(".vae-widget")
    for constraint in (TWO_SIDED, CLIPPED, ONE_SIDED):
        widget.get_by_label("constraint").select_option(label=constraint)
        picture(widget.locator("canvas").first)
        check(widget, CriticMeter(constraint=constraint))
    widget.get_by_label("constraint").select_option(label=CLIPPED)
    widget.get_by_role("button", name="New start").click()
    picture(widget.locator("canvas").first)
    check(widget, CriticMeter(constraint=CLIPPED, seed=1))
    widget.get_by_label("clip", exact=True).focus()
    visit.page.keyboard.press("End")
    picture(widget.locator("canvas").first)
    check(widget, CriticMeter(constraint=CLIPPED, seed=1, clip=0.3))
    assert not visit.problems


def across(canvas, x, low, high, ylabel=46):
    """Where a value of the horizontal axis stands, as a fraction of the canvas's width."""
    width = canvas.bounding_box()["width"]
    return (ylabel + (x - low) / (high - low) * (width - ylabel - 8)) / width


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_pile_of_fakes_drags(stage, touch):
    visit = stage(CriticMeter(), touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    scores, meter = widget.locator("canvas").all()
    before = picture(meter)
    places = [(across(scores, x, -0.8, 4.8), 0.5) for x in (2.3, 3.55)]  # taken at its right side, moved by 1.25
    (swipe if touch else drag)(scores, *places)
    assert picture(meter) != before
    assert shown(widget) == pytest.approx(3.25, abs=0.051)
    check(widget, CriticMeter(theta=shown(widget)))
    assert not visit.problems and not visit.foreign


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_theta_drags_along_the_curves(stage, touch):
    visit = stage(CriticMeter(), touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    meter = widget.locator("canvas").last
    (swipe if touch else drag)(meter, *[(across(meter, theta, 0, 4), 0.7) for theta in (2.0, 0.5)])
    picture(meter)
    assert shown(widget) == pytest.approx(0.5, abs=0.051)
    check(widget, CriticMeter(theta=shown(widget)))


def test_a_drag_beside_the_handles_moves_nothing(stage):
    visit = stage(CriticMeter())
    widget = visit.page.locator(".vae-widget")
    scores, meter = widget.locator("canvas").all()
    drag(scores, (across(scores, 0.0, -0.8, 4.8), 0.5), (across(scores, 2.0, -0.8, 4.8), 0.5))
    drag(meter, (across(meter, 3.5, 0, 4), 0.5), (across(meter, 1.0, 0, 4), 0.5))
    picture(meter)
    assert shown(widget) == 2


def test_a_swipe_beside_the_handles_scrolls_the_page(stage):
    visit = stage(CriticMeter(), touch=True, width=390, height=700)
    meter = visit.page.locator(".vae-widget canvas").last
    meter.scroll_into_view_if_needed()
    before = visit.page.evaluate("scrollY")
    swipe(meter, (0.95, 0.8), (0.95, 0.1))
    visit.page.wait_for_function("before => scrollY !== before", arg=before)
    assert shown(visit.page.locator(".vae-widget")) == 2


def test_the_sweep_runs_to_the_end_and_leaves_its_curve(stage):
    visit = stage(CriticMeter())
    widget = visit.page.locator(".vae-widget")
    meter = widget.locator("canvas").last
    before = picture(meter)
    widget.get_by_role("button", name="Sweep").click()
    visit.page.wait_for_function("() => document.querySelector('input[type=range]').value === '4'", timeout=20_000)
    widget.get_by_role("button", name="Sweep").wait_for()  # it has stopped by itself
    widget.get_by_label("θ", exact=True).evaluate("(e) => { e.value = 2; e.dispatchEvent(new Event('input')); }")
    assert picture(meter) != before, "the curve is still there"
    check(widget, CriticMeter())
    assert not visit.problems


def test_the_sweep_can_be_stopped(stage):
    widget = stage(CriticMeter()).page.locator(".vae-widget")
    widget.get_by_role("button", name="Sweep").click()
    widget.page.wait_for_function(
        "() => { const v = +document.querySelector('input[type=range]').value; return v > 0.2 && v < 2; }"
    )
    widget.get_by_role("button", name="Stop").click()
    picture(widget.locator("canvas").first)
    held = shown(widget)
    for _ in range(5):
        picture(widget.locator("canvas").first)
    assert shown(widget) == held < 4


def test_the_sweep_steps_with_less_motion(stage):
    widget = stage(CriticMeter(), reduced_motion=True).page.locator(".vae-widget")
    for expected in (0.5, 1.0):
        widget.get_by_role("button", name="Sweep").click()
        picture(widget.locator("canvas").first)
        assert shown(widget) == expected
        check(widget, CriticMeter(theta=expected))


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_accessible_and_no_wider_than_the_page(stage, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    visit = stage(CriticMeter(constraint=TWO_SIDED, seed=1), theme=theme, width=width)
    widget = visit.page.locator(".vae-widget")
    picture(widget.locator("canvas").first)
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not visit.problems
