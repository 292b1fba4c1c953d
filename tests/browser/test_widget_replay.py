"""The GAN replay: its counting against the package, its scrubber under mouse, finger, keys and play."""

import math

import numpy as np
import pytest
import torch

from tests.browser.gestures import drag, number, picture, swipe
from vae_utils import modes
from vae_utils.toys import ring_of_gaussians
from vae_utils.widgets.replay import GanReplay, quantised, restored

RING = ring_of_gaussians(dtype=torch.float64)
LAST = 4
MOMENTS = [0.0, 0.1, 0.3, 0.6, 1.0]
SHARES, TRAILS = 6, "where each point was before"  # the canvas that can be dragged comes after the panels


def recording(methods=("AE", "VAE", "GAN", "WGAN-clip", "WGAN-GP"), n=120, **traits):
    """Methods that bring from one eighth to all of their points to the ring, each along a straight line."""
    source = torch.Generator().manual_seed(1)
    start = 0.2 * torch.randn(n, 2, generator=source)
    ends = []
    for place, _ in enumerate(methods):
        x, component = ring_of_gaussians().sample(n, generator=source)
        ends.append(torch.where((component <= 2 * place)[:, None], x, 0.5 * start))
    fake = torch.stack([torch.stack([torch.lerp(start, end, done) for end in ends]) for done in MOMENTS])
    real = ring_of_gaussians().sample(n, generator=source)[0]
    steps = [100 * (place + 1) for place, _ in enumerate(methods)]
    return GanReplay(fake, real, methods=methods, steps=steps, moments=MOMENTS, **traits)


# ---- the mathematics


def test_coordinates_are_those_that_python_restores(js_module):
    every = np.arange(256, dtype=np.uint8)
    points = js_module(GanReplay).call("coordinates", every.tolist())
    assert points == pytest.approx(restored(every.tobytes(), -1).tolist(), abs=1e-15)


@pytest.mark.parametrize("radius", [0.5, 1.0, 3.0])
def test_the_share_within_a_radius(js_module, radius):
    assert js_module(GanReplay).call("shareInMode", radius) == pytest.approx(modes.share_in_mode(radius, 2), rel=1e-14)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spread", [0.02, 0.1, 1.0])
@pytest.mark.parametrize("options", [{}, {"radius": 1.5}, {"least": 0.9}, {"radius": 10.0, "least": 0.5}])
def test_modes_are_counted_as_the_package_counts_them(js_module, seed, spread, options):
    """Points of the ring, blurred, some modes missing, kept to a byte as in the widget: integers must be equal."""
    source = torch.Generator().manual_seed(seed)
    x, component = RING.sample(300, generator=source)
    x = x[component >= seed] + spread * torch.randn(len(x), 2, generator=source, dtype=torch.float64)[component >= seed]
    x = restored(quantised(x), -1, 2)
    expected = modes.count_modes(x, RING, **options)
    found = js_module(GanReplay).call("countModes", x.flatten().tolist(), RING.means.flatten().tolist(), 0.05, options)
    assert found["counts"] == expected.points.tolist()
    assert found["found"] == expected.found
    assert found["inMode"] == pytest.approx(expected.in_mode, abs=1e-15)


def test_a_mode_needs_a_tenth_of_its_share(js_module):
    """Of 800 points an eighth within 3 σ is 98.9, so a mode with 9 is missing and one with 10 is found."""
    far = [[9.0, 9.0]]
    for near, found in ((9, 0), (10, 1)):
        points = torch.tensor([RING.means[0].tolist()] * near + far * (800 - near), dtype=torch.float64)
        centres = RING.means.flatten().tolist()
        counted = js_module(GanReplay).call("countModes", points.flatten().tolist(), centres, 0.05)
        assert counted["found"] == found == modes.count_modes(points, RING).found


# ---- in the reader's hand


def moment_of(widget):
    return int(widget.locator("input[type=range]").input_value())


def shown(widget):
    """The table, by method: [steps, modes, share in per cent]."""
    picture(widget.locator("canvas").first)
    rows = widget.locator(".vae-readings tbody tr").all()
    return {row.locator("th").inner_text(): [number(cell.rstrip(" %")) for cell in row.locator("td").all_inner_texts()]
            for row in rows}  # fmt: skip


def assert_shows(visit, python, moment):
    """The table and the captions hold what the package counts on the points of this moment."""
    widget = visit.page.locator(".vae-widget")
    table = shown(widget)
    assert moment_of(widget) == moment
    assert list(table) == python.methods
    for (name, count), steps in zip(python.counts(moment).items(), python.steps, strict=True):
        assert table[name][:2] == [round(python.moments[moment] * steps), count.found]
        # shown without decimals from 10 % on
        assert table[name][2] == pytest.approx(100 * count.in_mode, abs=0.5 + 1e-9)
        panel = widget.locator("div:has(> canvas)", has=visit.page.get_by_text(name, exact=True))
        assert f"{count.found} of 8 modes" in panel.inner_text()
        assert f"{count.found} of 8 modes found" in panel.locator("canvas").get_attribute("aria-label")
    assert not visit.problems and not visit.foreign


@pytest.mark.parametrize("moment", [0, 2, LAST])
def test_it_shows_the_moment_it_is_given(stage, moment):
    python = recording(moment=moment)
    assert_shows(stage(python), python, moment)


def test_keys_and_buttons_move_the_moment(stage):
    python = recording()
    visit = stage(python)
    widget, keys = visit.page.locator(".vae-widget"), visit.page.keyboard
    canvas = widget.locator("canvas").nth(3)
    before = picture(canvas)
    widget.get_by_label("training done").focus()
    keys.press("ArrowLeft")
    assert_shows(visit, python, LAST - 1)
    assert picture(canvas) != before
    for name, moment in (("One moment back", 2), ("One moment on", 3), ("To the start", 0), ("One moment back", 0),
                         ("To the end", LAST), ("One moment on", LAST)):  # fmt: skip
        widget.get_by_role("button", name=name).click()
        assert_shows(visit, python, moment)
    assert picture(canvas) == before
    widget.get_by_role("button", name="To the start").focus()
    keys.press("Enter")
    assert_shows(visit, python, 0)


def place(widget, canvas, done, level=0.4):
    """Where the part ``done`` of the training stands in a plane of courses, as fractions of its box."""
    box = canvas.bounding_box()
    left, right = 46, 8  # the margins of a plane with both labels
    return (left + done / 1.02 * (box["width"] - left - right)) / box["width"], level


@pytest.mark.parametrize("which", [SHARES, SHARES + 1], ids=["shares", "modes"])
@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_line_can_be_dragged(stage, touch, which):
    python = recording(moment=3)
    visit = stage(python, touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    canvas = widget.locator("canvas").nth(which)
    before = picture(canvas)
    (swipe if touch else drag)(canvas, place(widget, canvas, 0.6), place(widget, canvas, 0.12))
    assert_shows(visit, python, 1)
    assert picture(canvas) != before


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_a_drag_beside_the_line_moves_nothing(stage, touch):
    visit = stage(recording(moment=LAST), touch=touch, width=390 if touch else 1280)
    widget = visit.page.locator(".vae-widget")
    canvas = widget.locator("canvas").nth(SHARES)
    (swipe if touch else drag)(canvas, place(widget, canvas, 0.3), place(widget, canvas, 0.6))
    assert moment_of(widget) == LAST


def test_a_finger_beside_the_line_scrolls_the_page(stage):
    visit = stage(recording(moment=LAST), touch=True, width=390, height=600)
    canvas = visit.page.locator("canvas").nth(SHARES)
    canvas.scroll_into_view_if_needed()
    before = visit.page.evaluate("scrollY")
    swipe(canvas, (0.5, 0.8), (0.5, 0.1))
    visit.page.wait_for_function(f"() => scrollY > {before} + 20")


def test_it_plays_to_the_end_and_from_the_end_starts_again(stage):
    python = recording(moment=1)
    visit = stage(python)
    widget = visit.page.locator(".vae-widget")
    play = widget.get_by_role("button", name="Play")
    play.click()
    widget.get_by_role("button", name="Pause").wait_for()
    play.wait_for(timeout=15_000)
    assert_shows(visit, python, LAST)
    play.click()
    visit.page.wait_for_function("() => Number(document.querySelector('input[type=range]').value) < 3")
    widget.get_by_role("button", name="Pause").click()
    paused = moment_of(widget)
    visit.page.wait_for_timeout(700)
    assert_shows(visit, python, paused)


def test_the_scrubber_ends_the_play(stage):
    python = recording(moment=1)
    visit = stage(python)
    widget = visit.page.locator(".vae-widget")
    widget.get_by_role("button", name="Play").click()
    widget.get_by_label("training done").focus()
    visit.page.keyboard.press("Home")
    widget.get_by_role("button", name="Play").wait_for()
    visit.page.wait_for_timeout(700)
    assert_shows(visit, python, 0)


def test_with_less_motion_each_press_is_one_moment(stage):
    python = recording(moment=3)
    visit = stage(python, reduced_motion=True)
    play = visit.page.get_by_role("button", name="Play")
    for moment in (LAST, 0, 1):
        play.click()
        assert_shows(visit, python, moment)
        visit.page.wait_for_timeout(400)
        assert moment_of(visit.page.locator(".vae-widget")) == moment


def test_trails_show_where_the_points_were(stage):
    visit = stage(recording(moment=2))
    widget = visit.page.locator(".vae-widget")
    real, fake = widget.locator("canvas").nth(0), widget.locator("canvas").nth(5)
    before = [picture(real), picture(fake)]
    widget.get_by_label(TRAILS).check()
    after = [picture(real), picture(fake)]
    assert after[0] == before[0] and after[1] != before[1]
    widget.get_by_role("button", name="To the start").click()
    start = picture(fake)
    widget.get_by_label(TRAILS).uncheck()
    assert picture(fake) == start, "before the first moment there is none"


def test_points_lie_where_their_coordinates_say(stage):
    """All points of the one method on the right-hand centre: that place is coloured, its mirror image is not."""
    fake = torch.tensor([math.sqrt(2), 0.0]).expand(2, 1, 50, 2)
    visit = stage(GanReplay(fake, fake[0, 0], methods=["one"], steps=[1], moments=[0.0, 1.0]))
    canvas = visit.page.locator("canvas").nth(1)
    picture(canvas)
    pixel = """(canvas, [x, y]) => [...canvas.getContext("2d")
      .getImageData(Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data]"""
    at = [0.5 + math.sqrt(2) / 4.2, 0.5]
    colored, plain = (canvas.evaluate(pixel, place) for place in (at, [1 - at[0], 0.5]))
    assert colored[3] > 200 and max(colored[:3]) - min(colored[:3]) > 60
    assert plain[3] == 0


@pytest.mark.parametrize(("width", "columns"), [(1280, 3), (390, 2)])
def test_panels_wrap(stage, width, columns):
    visit = stage(recording(), width=width, touch=width < 500)
    boxes = [canvas.bounding_box() for canvas in visit.page.locator("canvas").all()[:6]]
    assert len({round(box["y"]) for box in boxes}) == 6 // columns
    assert all(box["width"] == pytest.approx(box["height"], abs=1) and box["width"] > 120 for box in boxes)
    assert visit.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize("form", [{}, {"theme": "dark"}, {"width": 390, "touch": True}], ids=["light", "dark", "phone"])
def test_accessible(stage, form):
    from axe_playwright_python.sync_playwright import Axe

    visit = stage(recording(moment=1, trails=True), **form)
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
    assert not visit.problems and not visit.foreign


def test_the_stored_recording(stage):
    """What chapter 9 shows: five methods, and a page's worth of bytes."""
    python = GanReplay.from_results()
    visit = stage(python)
    assert_shows(visit, python, len(python.moments) - 1)
    state = python.get_state()
    assert sum(len(state[name]) for name in ("fake", "real", "centres")) < 60_000
