"""The clinic's Python side: every mistake is one line, and shows what it is said to show and no other does."""

from functools import cache

import numpy as np
import pytest
import traitlets

from vae_utils.widgets._toy_training import GENERATION, PROGRAM, toy_points
from vae_utils.widgets.clinic import (
    BY_KEY,
    DATA,
    MISTAKES,
    PATIENTS,
    SIGNS,
    STEPS,
    BugClinic,
    Sign,
    curve_limits,
    signature,
    signs,
    trained,
)

SEEDS = (0, 1, 2)


@cache
def measured(seed, key=None):
    mistake = BY_KEY.get(key)
    return signs(trained(seed, mistake), mistake)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.key)
def test_a_mistake_is_one_line(mistake):
    whole = PROGRAM + GENERATION
    assert whole.splitlines().count(mistake.right) == 1
    assert mistake.wrong.splitlines()[-1] not in whole.splitlines()
    assert (mistake.program == PROGRAM) == (mistake.key == "uniform-prior")
    assert all(len(text) > 40 for text in (mistake.looks, mistake.why))


def test_every_mistake_has_one_patient():
    assert sorted(PATIENTS) == sorted(BY_KEY) and len(BY_KEY) == len(MISTAKES) == 10


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("key", PATIENTS)
def test_a_patient_has_the_symptom_of_its_mistake_and_of_no_other(key, seed):
    found = signature(measured(seed, key), measured(seed))
    fitting = [m.key for m in MISTAKES if all(found[sign] == expected for sign, expected in m.symptom.items())]
    assert fitting == [key], found


@pytest.mark.parametrize("seed", SEEDS)
def test_signatures_differ_and_the_healthy_run_has_none(seed):
    healthy = measured(seed)
    assert set(signature(healthy, healthy).values()) == {"same"}
    found = [tuple(signature(measured(seed, key), healthy).values()) for key in PATIENTS]
    assert len(set(found)) == len(PATIENTS)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_explanations_claim(seed):
    """The sentences said to who has found the mistake."""
    healthy, sick = measured(seed), {key: measured(seed, key) for key in PATIENTS}
    own = toy_points(DATA).own_cost
    assert healthy["loss"] > own > sick["variance-as-sigma"]["loss"]
    assert sick["summed-kl"]["firstKl"] == pytest.approx(64 * healthy["firstKl"], rel=1e-9)
    assert sick["detached"]["firstKl"] == healthy["firstKl"]
    assert sick["relu"]["sigma"] >= 1 and sick["no-exp"]["sigma"] < 0.01
    assert sick["no-exp"]["lowestKl"] < -0.9  # at best −1
    assert sick["no-noise"]["kl"] < 0.1 and sick["no-noise"]["reconstruction"] < healthy["reconstruction"]
    for key in ("detached", "summed-kl"):
        assert sick[key]["samples"] < 0.01
    same = {sign for sign in healthy if sick["uniform-prior"][sign] == healthy[sign]}
    assert same == set(healthy) - {"samples"}


def test_a_wrong_sign_stops_the_run():
    assert len(trained(0, BY_KEY["wrong-sign"]).log) < STEPS / 2


def test_comparison():
    difference, ratio = Sign("a", "a", "difference", 1), Sign("b", "b", "ratio", 2)
    assert [difference.compare(value, 0.0) for value in (-1.1, -0.9, 0.9, 1.1)] == ["lower", "same", "same", "higher"]
    assert [ratio.compare(value, 1.0) for value in (-3, 0.4, 0.6, 1.9, 2.1)] == [
        "lower",
        "lower",
        "same",
        "same",
        "higher",
    ]


def test_limits_leave_the_start_out():
    low, high = curve_limits(np.concatenate([np.full(30, 100.0), np.zeros(70)]), np.full(50, -1e6))
    assert -14 < low < -12 and 0 < high < 2
    assert curve_limits(np.array([])) == (-1.5, 4.5)


def test_state_and_answers():
    clinic = BugClinic(patient=2, answers={"2": "no-noise", "1": "relu"})
    assert clinic.solved() == [2]
    clinic.set_state({"answers": {"1": PATIENTS[0], "2": "no-noise"}})  # what the page sends
    assert clinic.solved() == [1, 2]
    state = clinic.get_state()
    assert {sign["key"] for sign in state["signs"]} == {sign.key for sign in SIGNS}
    assert [mistake["key"] for mistake in state["mistakes"]] == list(BY_KEY)


def test_poster_shows_the_patient():
    assert BugClinic(patient=1, step=40).poster() != BugClinic(patient=3, step=40).poster()
    assert BugClinic(step=0).poster()


@pytest.mark.parametrize(
    ("name", "value"), [("patient", 0), ("patient", 11), ("step", 801), ("answers", {"1": "bad luck"}), ("seed", -1)]
)
def test_wrong_values_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        BugClinic(**{name: value})
