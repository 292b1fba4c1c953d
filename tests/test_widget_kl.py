"""The KL widget's Python side: its state and its poster."""

import pytest
import traitlets

from vae_utils.widgets.kl import KL


def test_state_travels_to_the_page():
    state = KL(mu=-1.5, logvar=0.5).get_state()
    assert (state["mu"], state["logvar"]) == (-1.5, 0.5)


@pytest.mark.parametrize(("name", "value"), [("mu", 3.0), ("logvar", -6.0), ("mu", "wide")])
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        KL(**{name: value})
