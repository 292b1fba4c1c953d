"""The figure of the weights: its sum against all outcomes, its state and its poster."""

import math
from itertools import product

import pytest
import traitlets

from vae_utils.widgets.weights import LOG_P, POSTERIOR, Weights, bit_bound, bit_chi2


def listed(q, K):
    """L_K over all 2^K outcomes."""
    weights = [0.5 * (1 - POSTERIOR) / (1 - q), 0.5 * POSTERIOR / q]
    total = 0.0
    for codes in product([0, 1], repeat=K):
        chance = math.prod(q if z else 1 - q for z in codes)
        total += chance * math.log(sum(weights[z] for z in codes) / K)
    return total


@pytest.mark.parametrize("q", [1e-4, 0.3, 0.9, 0.99])
@pytest.mark.parametrize("K", [1, 2, 7, 11])
def test_the_sum_is_that_over_all_outcomes(q, K):
    assert bit_bound(q, K) == pytest.approx(listed(q, K), abs=1e-12)


def test_the_true_posterior_needs_one_weight():
    assert bit_bound(POSTERIOR, 1) == pytest.approx(LOG_P, abs=1e-14)
    assert bit_chi2(POSTERIOR) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("q", [0.01, 0.5, 0.97])
def test_the_gap_ends_as_half_chi2_over_k(q):
    # the next term of the expansion is of order (χ²/K)²: at K = 10⁵ at most 0.1 % of the first
    assert 2e5 * (LOG_P - bit_bound(q, 100_000)) == pytest.approx(bit_chi2(q), rel=0.002)


@pytest.mark.parametrize(("q", "K", "named"), [(0.0, 5, "q must"), (1.0, 5, "q must"), (0.5, 0, "K must")])
def test_bad_input_gets_a_sentence(q, K, named):
    with pytest.raises(ValueError, match=named):
        bit_bound(q, K)


def test_state_travels_to_the_page():
    state = Weights(logit=0.5, log_k=3.0, seed=7).get_state()
    assert (state["logit"], state["log_k"], state["seed"]) == (0.5, 3.0, 7)


@pytest.mark.parametrize(("name", "value"), [("logit", -10.0), ("log_k", 6.0), ("log_k", "many"), ("seed", -1)])
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        Weights(**{name: value})


def test_the_poster_shows_the_state():
    assert Weights(logit=-5.0).poster() != Weights(logit=0.0).poster()
