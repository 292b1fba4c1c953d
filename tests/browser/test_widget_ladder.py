"""The diffusion ladder: its mathematics against the package, torch and scipy; its numbers, its handles, its play."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch.distributions import Categorical, MixtureSameFamily, Normal

from tests.browser.gestures import drag, picture, reading, swipe
from vae_utils.diffusion import MixtureDiffusion, diffusion_elbo, log_snr_schedule
from vae_utils.widgets import _random
from vae_utils.widgets.ladder import MIXTURES, PATHS, ROW, DiffusionLadder

NAMES = tuple(MIXTURES)
TABLE = {
    "gap": "gap of all levels, nats",
    "share": "share of this step, nats",
    "kl": "KL of this step from this x_t, nats",
    "beta": "β_t, noise of this step",
    "left": "ᾱ_t, what is left of the data",
}


def sent(name):
    """A mixture as the page has it."""
    return DiffusionLadder().mixtures[name]


def oracle(mixture):
    """The same mixture by torch.distributions."""
    values = {key: torch.tensor(mixture[key], dtype=torch.float64) for key in mixture}
    return MixtureSameFamily(Categorical(values["weights"]), Normal(values["means"], values["stds"]))


@pytest.mark.parametrize("levels", [1, 3, 128])
def test_the_schedule_is_the_package_s(js_module, levels):
    js, schedule = js_module(DiffusionLadder), log_snr_schedule(levels)
    chain = js.call("alphaBars", levels)
    # ᾱ_T = 3·10⁻⁴ by two formulas, and β_1 = 10⁻³ as a difference from 1
    assert chain == pytest.approx(schedule.alpha_bar.tolist(), rel=1e-12)
    for t in range(1, levels + 1):
        assert js.call("beta", chain, t) == pytest.approx(float(schedule.beta[t]), rel=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_densities_are_torch_s(js_module, name):
    js, chain = js_module(DiffusionLadder), log_snr_schedule(5).alpha_bar.tolist()
    for t in (0, 2, 5):
        marginal = js.call("marginal", sent(name), chain[t])
        expected = MixtureDiffusion(MIXTURES[name], log_snr_schedule(5)).marginal(t)
        assert marginal["means"] == pytest.approx(expected.means[:, 0].tolist(), rel=1e-12, abs=1e-15)
        assert marginal["stds"] == pytest.approx(expected.stds.tolist(), rel=1e-12)
        for x in (-2.0, 0.1, 7.0):
            log_p = oracle(marginal).log_prob(torch.tensor(x, dtype=torch.float64)).item()
            assert js.call("logProb", marginal, x) == pytest.approx(log_p, rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("x", [-1.7, 0.0, 0.6])
def test_the_reverse_step_is_bayes_rule(js_module, name, x):
    """q(x_{t−1}|x_t) = q(x_t|x_{t−1}) q(x_{t−1}) / q(x_t), with torch's densities, and its moments by quadrature."""
    js, schedule = js_module(DiffusionLadder), log_snr_schedule(4)
    chain, diffusion = schedule.alpha_bar.tolist(), MixtureDiffusion(MIXTURES[name], schedule)
    y = torch.linspace(-9, 9, 7201, dtype=torch.float64)
    for t in range(1, 5):
        exact = js.call("reverse", sent(name), chain, t, x)
        noise = float(schedule.beta[t])
        given = Normal(math.sqrt(1 - noise) * y, torch.tensor(math.sqrt(noise), dtype=torch.float64)).log_prob(
            torch.tensor(x, dtype=torch.float64)
        )
        bayes = given + diffusion.marginal(t - 1).log_prob(y[:, None])
        bayes = (bayes - torch.logsumexp(bayes, 0)).exp() / (y[1] - y[0])
        assert oracle(exact).log_prob(y).exp().numpy() == pytest.approx(bayes.numpy(), rel=1e-8, abs=1e-10)
        found = js.call("moments", exact)
        mean = float((bayes * y).sum() * (y[1] - y[0]))
        assert found["mean"] == pytest.approx(mean, abs=1e-9)
        assert found["variance"] == pytest.approx(float((bayes * (y - mean) ** 2).sum() * (y[1] - y[0])), rel=1e-8)
        for fixed, step in ((False, diffusion.optimal_step), (True, diffusion.fixed_variance_step)):
            mu, logvar = step(torch.tensor([[x]], dtype=torch.float64), t)
            ours = js.call("decoder", sent(name), chain, t, x, fixed)
            assert ours["mean"] == pytest.approx(mu.item(), rel=1e-11, abs=1e-12)
            assert ours["variance"] == pytest.approx(logvar.exp().item(), rel=1e-10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("levels", [1, 4, 16, 64])
def test_gaps_are_the_package_s_level_by_level(js_module, name, fixed, levels):
    diffusion = MixtureDiffusion(MIXTURES[name], log_snr_schedule(levels))
    expected = diffusion_elbo(diffusion, diffusion.fixed_variance_step if fixed else diffusion.optimal_step)
    found = js_module(DiffusionLadder).call("gaps", sent(name), levels, fixed)
    # two grids: the page's reaches 9 standard deviations, and thousands of terms of order 1 are added
    assert found == pytest.approx(expected.gaps.tolist(), abs=1e-10)
    assert sum(found) == pytest.approx(expected.gap, abs=1e-9)


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(("t", "x"), [(1, 0.4), (2, 0.0), (2, 0.3), (4, -2.0)])
def test_the_kl_of_one_step_is_scipy_s_integral(js_module, fixed, t, x):
    js, schedule = js_module(DiffusionLadder), log_snr_schedule(4)
    chain = schedule.alpha_bar.tolist()
    exact = js.call("reverse", sent("two bumps"), chain, t, x)
    normal = js.call("decoder", sent("two bumps"), chain, t, x, fixed)

    def integrand(y):
        q = sum(
            w * stats.norm.pdf(y, m, s) for w, m, s in zip(exact["weights"], exact["means"], exact["stds"], strict=True)
        )
        return q * (math.log(q) - stats.norm.logpdf(y, normal["mean"], math.sqrt(normal["variance"]))) if q else 0.0

    expected = integrate.quad(integrand, -6, 6, points=exact["means"], limit=400, epsabs=1e-11)[0]
    assert js.call("stepKl", sent("two bumps"), chain, t, x, fixed) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_paths_are_those_of_the_poster(js_module, name):
    js = js_module(DiffusionLadder)
    for fixed in (False, True):
        ladder = DiffusionLadder(data=name, levels=6, fixed=fixed, seed=3)
        chain = ladder.diffusion.schedule.alpha_bar.tolist()
        eps = _random.normals(3, (PATHS + 30) * ROW).tolist()
        forward = js.call("forwardPaths", sent(name), chain, eps, PATHS)
        assert np.array(forward) == pytest.approx(ladder.forward_paths(), rel=1e-9, abs=1e-12)
        reverse = js.call("reversePaths", sent(name), chain, eps[PATHS * ROW :], 30, fixed)
        assert np.array(reverse) == pytest.approx(ladder.reverse_paths()[:30], rel=1e-8, abs=1e-9)


def test_histogram_and_rungs(js_module):
    js = js_module(DiffusionLadder)
    values = [-4.0, -3.2, -0.05, 0.0, 0.04, 1.9, 3.2, 8.0]
    inside = [value for value in values if -3.2 <= value < 3.2]
    counts = np.histogram(inside, np.linspace(-3.2, 3.2, 33))[0]
    assert js.call("histogram", values, -3.2, 3.2, 32) == pytest.approx(counts / (len(values) * 0.2))
    assert js.call("rungs", 3) == [0, 1, 2, 3]
    assert js.call("rungs", 128) == list(range(0, 129, 16))
    assert js.call("rungs", 9)[0] == 0 and js.call("rungs", 9)[-1] == 9 and len(js.call("rungs", 9)) == 9


# --- the figure


def widget_of(visit):
    """The figure, and its four planes: up, down, one step, the gaps."""
    widget = visit.page.locator(".vae-widget")
    return widget, widget.locator("canvas").all()


def near(value):
    """Three digits or so; five decimals of the smallest."""
    return pytest.approx(value, rel=0.006, abs=6e-6)


def check(widget, **state):
    """The whole table against the package."""
    ladder = DiffusionLadder(**state)
    picture(widget.locator("canvas").first)
    t, schedule = max(ladder.time, 1), ladder.diffusion.schedule
    terms = diffusion_elbo(ladder.diffusion, ladder.step)
    assert reading(widget, TABLE["gap"]) == near(terms.gap)
    assert reading(widget, TABLE["share"]) == near(float(terms.gaps[t - 1]))
    assert reading(widget, TABLE["beta"]) == near(float(schedule.beta[t]))
    assert reading(widget, TABLE["left"]) == near(float(schedule.alpha_bar[ladder.time]))
    x_t = torch.tensor([[ladder.x]], dtype=torch.float64)
    y = torch.linspace(-9, 9, 40_001, dtype=torch.float64)[:, None, None]
    mu, logvar = ladder.step(x_t, t)
    log_q = ladder.diffusion.reverse(x_t, t).log_prob(y)[:, 0]
    log_p = Normal(mu, torch.exp(0.5 * logvar)).log_prob(y)[:, 0, 0]
    kl = float((log_q.exp() * (log_q - log_p)).nan_to_num().sum() * 18 / 40_000)
    assert reading(widget, TABLE["kl"]) == near(kl)


def shown(widget):
    """(T, t, x_t) as the sliders say them."""
    levels, time, x = (text.replace("−", "-") for text in widget.locator(".vae-slider output").all_inner_texts())
    return int(levels), int(time), float(x)


def press(visit, key, times=1):
    for _ in range(times):
        visit.page.keyboard.press(key)


@pytest.mark.parametrize(
    "state",
    [{}, {"data": "three unequal bumps", "levels": 12, "time": 5, "x": -0.4}, {"fixed": True, "levels": 5, "time": 0}],
    ids=["first", "three", "fixed"],
)
def test_numbers_are_those_of_python(stage, state):
    visit = stage(DiffusionLadder(**state))
    widget, planes = widget_of(visit)
    check(widget, **state)
    assert len({picture(plane) for plane in planes}) == 4
    assert not visit.problems and not visit.foreign


def test_the_task_can_be_solved_with_keys(stage):
    visit = stage(DiffusionLadder())
    widget, planes = widget_of(visit)
    widget.get_by_label("T", exact=True).focus()
    press(visit, "Home")
    check(widget, levels=1, time=1)
    before = [picture(plane) for plane in planes]
    while reading(widget, TABLE["gap"]) >= 0.1:
        press(visit, "ArrowRight")
        picture(planes[0])
    answer = next(levels for levels in range(1, 129) if DiffusionLadder().gap(levels) < 0.1)
    levels, time, x = shown(widget)
    assert levels == answer
    check(widget, levels=levels, time=time, x=x)
    assert all(picture(plane) != old for plane, old in zip(planes, before, strict=True))
    assert f"T = {answer}" in planes[3].get_attribute("aria-label")


def test_level_and_place_by_keys(stage):
    visit = stage(DiffusionLadder(levels=8, time=3))
    widget, planes = widget_of(visit)
    widget.get_by_label("t", exact=True).focus()
    press(visit, "ArrowRight", 2)
    widget.get_by_label("x_t", exact=True).focus()
    press(visit, "ArrowLeft", 40)
    picture(planes[0])
    assert shown(widget) == (8, 5, -0.1)
    check(widget, levels=8, time=5, x=-0.1)
    assert "level 5" in planes[0].get_attribute("aria-label") and "x = −0.10" in planes[1].get_attribute("aria-label")


def test_data_variance_and_noise(stage):
    visit = stage(DiffusionLadder())
    widget, planes = widget_of(visit)
    before = [picture(plane) for plane in planes]
    widget.get_by_label("data", exact=True).select_option("three unequal bumps")
    check(widget, data="three unequal bumps")
    widget.get_by_label("variance held at").check()
    check(widget, data="three unequal bumps", fixed=True)
    after = [picture(plane) for plane in planes]
    assert all(old != new for old, new in zip(before, after, strict=True))
    widget.get_by_role("button", name="New noise").click()
    again = [picture(plane) for plane in planes]
    assert again[0] != after[0] and again[1] != after[1] and again[2:] == after[2:]
    check(widget, data="three unequal bumps", fixed=True)
    widget.get_by_label("data", exact=True).select_option("one normal")
    picture(planes[0])
    assert reading(widget, TABLE["gap"]) == 0
    assert not visit.problems


def place(canvas, u, v, left):
    """Where a share of the axes (across, up) stands, as fractions of the canvas's box."""
    box = canvas.bounding_box()
    right, top, bottom = 10, 10, 36
    across = left + u * (box["width"] - left - right)
    down = box["height"] - bottom - v * (box["height"] - top - bottom)
    return across / box["width"], down / box["height"]


def on_ladder(canvas, x, t, levels):
    return place(canvas, (x + 3.2) / 6.4, (8 * t / levels + 0.1) / 9.3, 40)


def on_curve(canvas, levels):
    gap = math.log10(DiffusionLadder().gap(levels))
    return place(canvas, (math.log10(levels) + 0.04) / (math.log10(128) + 0.08), (gap + 3) / 3.4, 50)


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_handle_on_the_ladder_sets_level_and_place(stage, touch):
    visit = stage(DiffusionLadder(levels=8, time=2), touch=touch, width=390 if touch else 1280)
    widget, planes = widget_of(visit)
    before = [picture(plane) for plane in planes]
    gesture = swipe if touch else drag
    gesture(planes[1], on_ladder(planes[1], 0.3, 2, 8), on_ladder(planes[1], -1.2, 6, 8))
    assert all(picture(plane) != old for plane, old in zip(planes[:3], before, strict=False))
    assert picture(planes[3]) == before[3]
    levels, time, x = shown(widget)
    assert (levels, time) == (8, 6) and x == pytest.approx(-1.2, abs=0.04)  # a pixel is 0.02
    check(widget, levels=8, time=6, x=x)
    assert not visit.problems and not visit.foreign


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_handle_on_the_curve_sets_the_levels(stage, touch):
    visit = stage(DiffusionLadder(), touch=touch, width=390 if touch else 1280)
    widget, planes = widget_of(visit)
    before = picture(planes[3])
    (swipe if touch else drag)(planes[3], on_curve(planes[3], 4), on_curve(planes[3], 64))
    assert picture(planes[3]) != before
    levels, time, x = shown(widget)
    assert levels == 64 and time == 32, "the notch nearest to the finger; the time keeps its share of the ladder"
    check(widget, levels=levels, time=time, x=x)


def test_a_drag_beside_the_handles_moves_nothing(stage):
    visit = stage(DiffusionLadder(levels=8, time=2))
    widget, planes = widget_of(visit)
    drag(planes[1], on_ladder(planes[1], -2, 6, 8), on_ladder(planes[1], 2, 3, 8))
    drag(planes[3], on_curve(planes[3], 64), on_curve(planes[3], 2))
    drag(planes[0], (0.3, 0.3), (0.7, 0.7))
    picture(planes[0])
    assert shown(widget) == (8, 2, 0.3)


def test_a_swipe_beside_the_handle_scrolls_the_page(stage):
    visit = stage(DiffusionLadder(levels=8, time=1), touch=True, width=390, height=700)
    widget, planes = widget_of(visit)
    planes[1].scroll_into_view_if_needed()
    before = visit.page.evaluate("scrollY")
    swipe(planes[1], (0.5, 0.7), (0.5, 0.1))
    visit.page.wait_for_function("before => scrollY !== before", arg=before)
    assert shown(widget) == (8, 1, 0.3)


def level(widget):
    picture(widget.locator("canvas").first)
    return shown(widget)[1]


@pytest.mark.parametrize(("name", "start", "end"), [("Play forward", 0, 6), ("Play reverse", 6, 0)])
def test_play_climbs_to_the_end_and_starts_again_there(stage, name, start, end):
    visit = stage(DiffusionLadder(levels=6, time=start))
    widget, _ = widget_of(visit)
    button = widget.get_by_role("button", name=name)
    button.click()
    widget.get_by_text(f"Level {end} of 6;").wait_for()
    button.wait_for()  # it says Pause while it plays
    assert level(widget) == end
    button.click()
    widget.get_by_text(f"Level {start} of 6;").wait_for()
    widget.get_by_role("button", name="Pause").click()
    held = level(widget)
    assert level(widget) == held
    assert not visit.problems


def test_one_play_ends_the_other(stage):
    widget, _ = widget_of(stage(DiffusionLadder(levels=128, time=64)))
    widget.get_by_role("button", name="Play forward").click()
    widget.get_by_role("button", name="Play reverse").click()
    assert widget.get_by_role("button", name="Pause").count() == 1
    below = "() => Number(/[0-9]+/.exec(document.querySelector('p[role=status]').textContent)[0]) < 60"
    widget.page.wait_for_function(below)
    widget.get_by_role("button", name="Step up").click()  # ends the play, too
    held = level(widget)
    assert level(widget) == held < 64
    assert widget.get_by_role("button", name="Pause").count() == 0


def test_play_steps_with_less_motion(stage):
    widget, _ = widget_of(stage(DiffusionLadder(levels=8, time=3), reduced_motion=True))
    for expected in (4, 5):
        widget.get_by_role("button", name="Play forward").click()
        assert level(widget) == expected == level(widget)
    widget.get_by_role("button", name="Play reverse").click()
    assert level(widget) == 4 == level(widget)


def test_steps_one_by_one(stage):
    widget, _ = widget_of(stage(DiffusionLadder(levels=2, time=0)))
    up, down = (widget.get_by_role("button", name=f"Step {way}") for way in ("up", "down"))
    assert level(widget) == 0 and down.is_disabled()
    up.click()
    check(widget, levels=2, time=1)
    up.click()
    assert level(widget) == 2 and up.is_disabled()
    down.click()
    assert level(widget) == 1


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_accessible_and_no_wider_than_the_page(stage, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    visit = stage(DiffusionLadder(levels=128, time=100), theme=theme, width=width)
    widget, planes = widget_of(visit)
    picture(planes[0])
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    frame, table = widget.bounding_box(), widget.locator(".vae-readings").bounding_box()
    assert table["x"] + table["width"] <= frame["x"] + frame["width"] - 8
    assert not visit.problems
