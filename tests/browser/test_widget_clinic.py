"""The clinic: every wrong program against torch's gradients of the very lines shown, then a reader's diagnosis."""

import pytest

from tests.browser import training
from tests.browser.gestures import picture
from vae_utils.widgets._toy_training import PROGRAM, flat_weights, new_model, replay, toy_points
from vae_utils.widgets.clinic import BY_KEY, DATA, MISTAKES, PATIENTS, SIGNS, STEPS, BugClinic, signs, trained

X = toy_points(DATA).x


@pytest.fixture
def js(js_module):
    return js_module(str(BugClinic._esm) + training.CLINIC + training.WATCH)


def test_page_and_python_know_the_same_mistakes(js):
    assert js.call("keys") == [mistake.key for mistake in MISTAKES]


@pytest.mark.parametrize("key", PATIENTS)
def test_the_page_trains_the_program_that_is_shown(js, key):
    """Loss and weights after each of 50 steps; a wrong gradient anywhere would move the weights."""
    mistake = BY_KEY[key]
    found = js.call("follow", training.options(X, mistake=key))
    healthy = js.call("follow", training.options(X))
    for steps in (1, 2, 50):
        run = replay(new_model(0), X, seed=0, steps=steps, program=mistake.program)
        assert found["path"][steps - 1] == pytest.approx(flat_weights(run.model).tolist(), rel=0, abs=1e-8)
    for column, name in enumerate(("loss", "reconstruction", "kl")):
        # a run without noise in its gradient's way comes to gradients of the size of rounding: 1e-7 is still ample
        assert found["log"][name] == pytest.approx(run.log[:, column].tolist(), rel=1e-7, abs=1e-9)
    assert (found["path"] == healthy["path"]) == (mistake.program == PROGRAM)


@pytest.mark.parametrize("key", ["", *PATIENTS])
def test_signs_are_those_of_python(js, key):
    found = js.call("look", training.options(X, mistake=key, steps=250))
    mistake = BY_KEY.get(key)
    wanted = signs(trained(0, mistake, 250), mistake)
    assert set(found["signs"]) == {sign.key for sign in SIGNS}
    # 250 steps carry rounding on; what runs away to −10⁶ carries most
    assert found["signs"] == pytest.approx(wanted, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.key)
def test_comparison_is_that_of_python(js, sign):
    for patient, healthy in [(1.0, 1.0), (-1.0, 0.2), (0.1, 1.0), (9.0, 1.0), (0.7, 1.0), (2.2, 1.0)]:
        assert js.call("compare", sign._asdict(), patient, healthy) == sign.compare(patient, healthy)


def report(widget, name):
    """(healthy, patient, mark) of a row of the report."""
    row = widget.locator(".vae-readings tr").filter(has=widget.page.get_by_role("rowheader", name=name, exact=True))
    mark = row.locator("[role=img]")
    healthy, patient = (float(text.replace("−", "-")) for text in row.locator("td").all_inner_texts()[:2])
    return healthy, patient, mark.get_attribute("aria-label") if mark.count() else "same"


def train(widget):
    widget.get_by_role("button", name="To the end").click()
    made = "(steps) => document.querySelector('.vae-readings tbody td').textContent === steps"
    widget.page.wait_for_function(made, arg=str(STEPS), timeout=60_000)
    picture(widget.locator("canvas").first)


def decide(widget, key):
    widget.get_by_label("diagnosis").select_option(BY_KEY[key].name)
    widget.get_by_role("button", name="That is it").click()
    picture(widget.locator("canvas").first)
    return widget.get_by_role("status").inner_text()


def test_a_reader_diagnoses_a_patient(stage):
    visit = stage(BugClinic(patient=PATIENTS.index("no-noise") + 1))
    widget = visit.page.locator(".vae-widget")
    status = widget.get_by_role("status")
    before = [picture(canvas) for canvas in widget.locator("canvas").all()]  # the status comes with the first picture
    assert "Train to the end" in status.inner_text()
    assert widget.get_by_role("button", name="That is it").is_disabled()
    train(widget)
    after = [picture(canvas) for canvas in widget.locator("canvas").all()]
    assert all(old != new for old, new in zip(before, after, strict=True))

    mistake = BY_KEY["no-noise"]
    wanted = signs(trained(0, mistake), mistake), signs(trained(0))
    for sign in SIGNS:
        healthy, patient, mark = report(widget, sign.name)
        assert patient == pytest.approx(wanted[0][sign.key], abs=0.006, rel=0.002)
        assert healthy == pytest.approx(wanted[1][sign.key], abs=0.006)
        assert mark == sign.compare(wanted[0][sign.key], wanted[1][sign.key])

    said = decide(widget, "no-exp")
    assert said.startswith("No.") and BY_KEY["no-exp"].looks in said
    assert f"lowest KL on the way {wanted[0]['lowestKl']:.2f}" in said and "It would be lower" in said
    assert "0 of 10 diagnosed" in widget.inner_text()
    said = decide(widget, "no-noise")
    assert said.startswith(f"Yes: {mistake.name}") and mistake.why in said
    assert "− z = mu" in said and "+ z = mu + sigma * eps" in said
    assert "1 of 10 diagnosed" in widget.inner_text()

    widget.get_by_role("button", name="Next patient").click()
    picture(widget.locator("canvas").first)
    assert "Train to the end" in status.inner_text()
    widget.get_by_label("patient", exact=True).select_option("2")
    train(widget)
    assert status.inner_text().startswith("Yes: ") and "1 of 10" in widget.inner_text()
    assert not visit.problems and not visit.foreign


@pytest.mark.parametrize("number", range(1, 11))
def test_every_patient_can_be_diagnosed(stage, number):
    """From the stored state alone: each answer, right and wrong, and its feedback."""
    key = PATIENTS[number - 1]
    visit = stage(BugClinic(patient=number, step=STEPS, answers={str(number): key}))
    widget = visit.page.locator(".vae-widget")
    visit.page.wait_for_function("() => document.querySelector('[role=status]').textContent !== ''", timeout=60_000)
    said = widget.get_by_role("status").inner_text()
    assert said.startswith(f"Yes: {BY_KEY[key].name}.")
    for line in BY_KEY[key].wrong.splitlines():
        assert f"− {line}" in said
    others = [other for other in PATIENTS if other != key]
    replies = [decide(widget, other) for other in others]
    for other, reply in zip(others, replies, strict=True):
        assert reply.startswith("No.") and BY_KEY[other].looks in reply and "Here: " in reply
    assert len(set(replies)) == len(others)
    assert not visit.problems


def test_a_stopped_program_is_told(stage):
    visit = stage(BugClinic(patient=PATIENTS.index("wrong-sign") + 1, step=STEPS))
    widget = visit.page.locator(".vae-widget")
    visit.page.wait_for_function("() => document.querySelector('tbody td').textContent === '800'", timeout=60_000)
    steps = len(trained(0, BY_KEY["wrong-sign"]).log)
    assert report(widget, "steps made") == (STEPS, steps, "lower")
    assert f"stopped at step {steps}" in widget.locator("canvas").first.get_attribute("aria-label")


def test_by_keys_alone_on_a_phone_with_less_motion(stage):
    visit = stage(BugClinic(), reduced_motion=True, touch=True, width=390)
    widget, keys = visit.page.locator(".vae-widget"), visit.page.keyboard
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    widget.get_by_role("button", name="Train both").tap()
    picture(widget.locator("canvas").first)
    assert report(widget, "steps made")[0] == 1
    widget.get_by_label("patient", exact=True).focus()
    keys.press("ArrowDown")
    widget.get_by_role("button", name="To the end").focus()
    keys.press("Enter")
    made = "() => document.querySelector('.vae-readings tbody td').textContent === '800'"
    visit.page.wait_for_function(made, timeout=60_000)
    widget.get_by_label("diagnosis").focus()
    for _ in range(3):
        keys.press("ArrowDown")
    picture(widget.locator("canvas").first)  # with the next picture the button can be pressed
    widget.get_by_role("button", name="That is it").focus()
    keys.press("Enter")
    picture(widget.locator("canvas").first)
    assert widget.get_by_role("status").inner_text().startswith("Yes: the noise is not used")


def test_it_plays_to_the_end_and_stops(stage):
    visit = stage(BugClinic(patient=5))
    widget = visit.page.locator(".vae-widget")
    widget.get_by_role("button", name="Train both").click()
    visit.page.wait_for_function("() => Number(document.querySelector('tbody td').textContent) > 30", timeout=60_000)
    widget.get_by_role("button", name="Pause").click()
    picture(widget.locator("canvas").first)
    held = report(widget, "steps made")
    assert held[0] == held[1] < STEPS
    widget.get_by_role("button", name="Start again").click()
    picture(widget.locator("canvas").first)
    assert "Train to the end" in widget.get_by_role("status").inner_text()
    assert widget.locator(".vae-readings tbody td").first.inner_text() == ""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_on_a_phone(stage, theme):
    from axe_playwright_python.sync_playwright import Axe

    visit = stage(BugClinic(patient=3, step=STEPS, answers={"3": "summed-kl"}), width=390, theme=theme)
    visit.page.wait_for_function(
        "() => document.querySelector('[role=status]').textContent.startsWith('Yes')", timeout=60_000
    )
    report = Axe().run(visit.page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_picture_has_a_name_before_it_is_drawn(stage):
    """A page may ask for hundreds of steps, and nothing is drawn until they are taken."""
    visit = stage(BugClinic(step=STEPS), script="requestAnimationFrame = () => 1;")
    names = [picture.get_attribute("aria-label") for picture in visit.page.get_by_role("img").all()]
    assert len(names) == 7 and all(names) and len(set(names)) == 7
