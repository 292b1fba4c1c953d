"""How many importance weights a bound needs: a code of one bit, where every expectation is a plain sum (chapter 11)."""

from __future__ import annotations

import math

import numpy as np
import traitlets
from matplotlib.figure import Figure
from scipy.stats import binom

from vae_utils import _validate, plots
from vae_utils.widgets._base import Widget, module

POSTERIOR = 0.9  # p(z = 1 | the inked pixel): the prior is a fair coin, the decoder inks with 0.9 or with 0.1
LOG_P = math.log(0.5)  # of the inked pixel
COUNTS = np.unique(np.logspace(0, 5, 61).astype(int))  # the K of the curves


def bit_bound(q: float, K: int) -> float:
    """L_K = E log (1/K) Σ_k w_k for the inked pixel and an encoder that says z = 1 with probability q, in nats.

    Among K draws the number of ones is binomial, so the expectation is a sum of K + 1 terms.
    Source of L_K: Burda et al. (2016), section 3.

    Parameters
    ----------
    q : float, between 0 and 1
    K : int
        Weights.

    Returns
    -------
    float
        At most log ½, which is log p of the pixel.
    """
    _validate.positive_int(K=K)
    if not 0 < q < 1:
        raise ValueError(f"q must be a probability strictly between 0 and 1, got {q!r}")
    ones = np.arange(K + 1)
    w_1, w_0 = 0.5 * POSTERIOR / q, 0.5 * (1 - POSTERIOR) / (1 - q)
    return float(binom.pmf(ones, K, q) @ np.log((ones * w_1 + (K - ones) * w_0) / K))


def bit_chi2(q: float) -> float:
    """χ² of the posterior from the encoder's answer, the relative variance of a weight: the gap ends as χ²/2K."""
    return POSTERIOR**2 / q + (1 - POSTERIOR) ** 2 / (1 - q) - 1


class Weights(Widget):
    """Set an encoder and a number of weights; see the exact bound L_K, its distance to log p, and single runs.

    The pixel is inked, the code is one bit, and the true posterior says 1 with probability 0.9. Shown are L_K for K up
    to 100,000, log p − χ²/2K, the law on which every curve ends, and one run: the log-mean of its first K weights.

    Attributes
    ----------
    logit : float, from -9.2 to 4.6
        Log-odds of the encoder's answer "1".
    log_k : float, from 0 to 5
        log₁₀ of the number of weights.
    seed : int
        Of the run.

    Raises
    ------
    traitlets.TraitError
        If a value is no number or lies outside its range.
    """

    _esm = module("weights.js")
    logit = traitlets.Float(-5.0, min=-9.2, max=4.6).tag(sync=True)
    log_k = traitlets.Float(2.0, min=0.0, max=5.0).tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)
    title = traitlets.Unicode("How many weights are enough?").tag(sync=True)
    task = traitlets.Unicode(
        "Find an encoder for which 100 weights look nearly enough, since 100 more add less than a tenth of a nat, "
        "although more than two nats are missing. How many weights does it need?"
    ).tag(sync=True)

    def draw_poster(self, figure: Figure) -> None:
        """Draw the bound over K with its law, and encoder and posterior as bars."""
        q = 1 / (1 + math.exp(-self.logit))
        left, right = figure.subplots(1, 2, width_ratios=(3, 1))
        left.axhline(LOG_P, color=plots.COLORS[5], linestyle="--", label="log p")
        left.plot(np.log10(COUNTS), [bit_bound(q, int(K)) for K in COUNTS], label="the bound, exactly")
        law = LOG_P - bit_chi2(q) / (2 * COUNTS)
        left.plot(np.log10(COUNTS), law, ":", color=plots.COLORS[2], label="log p − χ²/2K")
        left.plot(self.log_k, bit_bound(q, round(10**self.log_k)), "o", color=plots.COLORS[0])
        left.set(xlabel="log₁₀ K", ylabel="nats", ylim=(-3.2, 0))
        left.legend(loc="lower right")
        places = np.arange(2)
        right.bar(places - 0.2, [1 - q, q], 0.36, color=plots.COLORS[0], label="encoder")
        right.bar(places + 0.2, [1 - POSTERIOR, POSTERIOR], 0.36, color=plots.COLORS[1], label="posterior")
        right.set(xticks=places, xlabel="code", ylabel="probability", ylim=(0, 1.35))
        right.legend(loc="upper center")
