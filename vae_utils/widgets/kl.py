"""KL to the standard normal, with both of its arguments in the reader's hand (chapter 5)."""

from __future__ import annotations

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from vae_utils import gaussian, plots
from vae_utils.widgets._base import Widget, module


class KL(Widget):
    """Drag q = N(mu, exp(logvar)) against the prior p = N(0, 1).

    Shown are both densities, the integrand q log q/p whose area is the KL, and the KL beside the naive penalties
    ½ mu² + λ logvar² for λ = ¼ (the 2 : 1 tangent at the prior) and λ = ½, all in nats.
    The equation is that of Kingma and Welling (2014), appendix B, in one dimension.

    Parameters
    ----------
    mu : float, from -2.5 to 2.5
        Mean of q.
    logvar : float, from -5 to 2.4
        log σ² of q.

    Raises
    ------
    traitlets.TraitError
        If a value is no number or lies outside its range.
    """

    _esm = module("kl.js")
    mu = traitlets.Float(1.0, min=-2.5, max=2.5).tag(sync=True)
    logvar = traitlets.Float(-1.0, min=-5.0, max=2.4).tag(sync=True)
    title = traitlets.Unicode("A price in nats").tag(sync=True)
    task = traitlets.Unicode(
        "Drag the top of q. Set μ = 0 and find the two values of log σ² at which the KL is half a nat."
    ).tag(sync=True)

    def draw_poster(self, figure: Figure) -> None:
        """Draw the densities, the integrand, and the cost against log σ²."""
        z = np.linspace(-4, 4, 401)
        mu, logvar = torch.tensor([self.mu], dtype=torch.float64), torch.tensor([self.logvar], dtype=torch.float64)
        points = torch.from_numpy(z)[:, None]
        log_q, log_p = gaussian.log_normal_diag(points, mu, logvar), gaussian.log_standard_normal(points)
        left, middle, right = figure.subplots(1, 3)
        left.plot(z, log_q.exp(), label="q")
        left.plot(z, log_p.exp(), "--", label="p, the prior")
        left.set(xlabel="z", ylabel="density", ylim=(0, 1))
        left.legend(loc="upper left")
        middle.plot(z, log_q.exp() * (log_q - log_p), color=plots.COLORS[2])
        middle.set(xlabel="z", ylabel="q log q/p (nats per unit of z)")
        v = torch.linspace(-5, 2.4, 201, dtype=torch.float64)[:, None]
        costs = {
            "KL": (gaussian.kl_to_standard_normal(mu.expand_as(v), v), "-"),
            "naive, 2 : 1": (mu**2 / 2 + v**2 / 4, "--"),
            "naive, 1 : 1": (mu**2 / 2 + v**2 / 2, ":"),
        }
        for i, (name, (cost, line)) in enumerate(costs.items()):
            right.plot(v, cost, line, color=plots.COLORS[i])
            right.text(-0.6, 4.6 - 0.45 * i, name, color=plots.COLORS[i], ha="center")  # where no curve passes
        right.plot(self.logvar, gaussian.kl_to_standard_normal(mu, logvar), "o", color=plots.COLORS[0])
        right.set(xlabel="log σ², at this μ", ylabel="nats", ylim=(0, 5))
