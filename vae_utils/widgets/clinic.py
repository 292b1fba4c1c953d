"""The bug clinic: trainings with one hidden mistake each, to be diagnosed from what they show (chapter 7)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from vae_utils import plots
from vae_utils.widgets._base import Widget, float_bytes, integer_bytes, module
from vae_utils.widgets._random import normals, uniforms
from vae_utils.widgets._toy_training import (
    GENERATION,
    HIDDEN,
    LATENT,
    NEW,
    POINTS,
    PROGRAM,
    Run,
    binned,
    examine,
    flat_weights,
    new_model,
    replay,
    toy_points,
)

STEPS = 800  # of a patient's training
LATE = 100  # the last steps, over which the log is averaged


class Sign(NamedTuple):
    """A number that is measured on the patient and on the healthy run.

    Attributes
    ----------
    key, name : str
    rule : {"difference", "ratio"}
        How the two are compared.
    tolerance : float
        "higher" or "lower" is what differs by more than this, or by more than this factor; else "same".
    """

    key: str
    name: str
    rule: str
    tolerance: float

    def compare(self, patient: float, healthy: float) -> str:
        """Return "higher", "same" or "lower"."""
        if self.rule == "difference":
            low, high = healthy - self.tolerance, healthy + self.tolerance
        else:
            low, high = healthy / self.tolerance, healthy * self.tolerance
        return "higher" if patient > high else "lower" if patient < low else "same"


SIGNS = (
    Sign("steps", "steps made", "difference", 0.5),
    Sign("firstReconstruction", "first reconstruction loss", "ratio", 2),
    Sign("firstKl", "first KL", "ratio", 5),
    Sign("loss", "loss at the end", "difference", 1),
    Sign("reconstruction", "reconstruction loss at the end", "difference", 0.6),
    Sign("kl", "KL at the end", "difference", 0.6),
    Sign("lowestKl", "lowest KL on the way", "difference", 0.5),
    Sign("jitter", "jumps of the reconstruction loss", "ratio", 2),
    Sign("gap", "reconstruction loss, re-measured − logged", "difference", 1),
    Sign("sigma", "median σ", "ratio", 1.7),
    Sign("spread", "spread of the means μ", "ratio", 1.7),
    Sign("samples", "variance of new points / of data", "ratio", 3),
)


class Mistake(NamedTuple):
    """A mistake that people make, as one line of the program.

    Attributes
    ----------
    key, name : str
    right, wrong : str
        The line as it should be, and as it is.
    looks : str
        What one would see of it; said to who suspects it wrongly.
    why : str
        Why it shows itself as it does; said to who has found it.
    symptom : dict of str
        Signs, by key, that together no other mistake of the clinic shows: "higher", "same" or "lower".
    """

    key: str
    name: str
    right: str
    wrong: str
    looks: str
    why: str
    symptom: dict[str, str]

    @property
    def program(self) -> str:
        """The lines that compute the loss, with the mistake among them if it is one of these."""
        return PROGRAM.replace(self.right, self.wrong)


_ENCODE, _SIGMA, _DRAW, _DECODE, _RECONSTRUCTION, _KL, _LOSS = PROGRAM.splitlines()

MISTAKES = (
    Mistake(
        "relu",
        "a ReLU keeps logvar from being negative",
        _ENCODE,
        f"{_ENCODE}\nlogvar = torch.relu(logvar)",
        "Then no σ could be below 1, and the means would have to move far apart.",
        "A log-variance may be any number: a negative one only means σ < 1. With the ReLU every posterior is at least "
        "as wide as the prior. To be told apart the codes must stand far out, which the KL charges with ½ μ²; what "
        "still overlaps is reconstructed blurred.",
        {"sigma": "higher", "spread": "higher", "steps": "same"},
    ),
    Mistake(
        "variance-as-sigma",
        "exp(logvar), the variance, is used as σ",
        _SIGMA,
        "sigma = torch.exp(logvar)",
        "Then the training would seem to go better than any honest one: less noise reaches the decoder than the KL "
        "is told. A right program would find the reconstructions far worse than the log says.",
        "The KL is computed for σ = exp(logvar / 2), the codes are drawn with exp(logvar): below 1 that is less. So "
        "the loss falls below the dotted line, below what the points cost under their own density, which no bound on "
        "log p(x) can do. Draw the codes with the σ that the KL is told, and the decoder is not prepared for it.",
        {"gap": "higher", "samples": "same"},
    ),
    Mistake(
        "no-noise",
        "the noise is not used: the code is μ",
        _DRAW,
        "z = mu",
        "Then noise would hurt nobody: the KL would sink almost to zero, and yet all points would come back perfectly.",
        "Without noise the decoder can tell codes apart however close they lie. So σ goes to 1 and all means crowd "
        "together at 0: the KL is content, and the reconstruction does not mind. But the decoder has learned to "
        "magnify tiny differences, and a code from the prior is thrown far out of the data.",
        {"gap": "higher", "samples": "higher"},
    ),
    Mistake(
        "one-noise",
        "one ε serves the whole batch",
        _DRAW,
        "z = mu + sigma * eps[0]",
        "Then it would learn almost the same, but its curves would jump: noise that all examples share does not "
        "average out within a batch.",
        "Each example by itself is drawn rightly, so the gradient is right on average, and the result is hardly worse. "
        "But the 64 examples of a batch are now lucky or unlucky together: the log jumps from step to step.",
        {"jitter": "higher", "loss": "same"},
    ),
    Mistake(
        "detached",
        "z is cut off from the encoder",
        _DRAW,
        "z = (mu + sigma * eps).detach()",
        "Then the encoder would hear of the KL alone: from its first value, which is right, the KL would only fall.",
        "The gradient of the reconstruction ends at z. What is left for the encoder is the KL, and that is least "
        "when every posterior is the prior. The decoder gets pure noise, and answers with the mean of the data. "
        "`torch.normal(mu, sigma)` and `sample()` do the same without the word detach.",
        {"firstKl": "same", "firstReconstruction": "same", "kl": "lower", "samples": "lower"},
    ),
    Mistake(
        "averaged-error",
        "the squared error is averaged over the coordinates, without its variance",
        _RECONSTRUCTION,
        "reconstruction = -((x - x_hat) ** 2).mean(-1)",
        "Then the reconstruction loss would be no longer in nats: from the first batch on it would be far lower than "
        "the healthy one, and could not pay for the KL.",
        "With two coordinates this is SE/2: the loss of a decoder of variance 1 in place of 0.05. So β is secretly "
        "1 / 0.05 = 20, more than the data are worth, and the codes collapse. The first batch tells it: same weights, "
        "another unit.",
        {"firstReconstruction": "lower"},
    ),
    Mistake(
        "no-exp",
        "exp is forgotten in the KL",
        _KL,
        "kl = -0.5 * (1 + logvar - mu**2 - logvar).sum(-1)",
        "Then the KL would be below zero, which no KL can be, and every σ would go to 0.",
        "logvar cancels: what is left is ½ (μ² − 1) for each axis, −1 in all at μ = 0. Nobody holds σ any more, and "
        "the reconstruction wants it at 0. A KL that is negative on average is always a bug.",
        {"lowestKl": "lower", "steps": "same"},
    ),
    Mistake(
        "wrong-sign",
        "the KL has the wrong sign in the loss",
        _LOSS,
        "loss = -reconstruction.mean() - beta * kl.mean()",
        "Then the loss would fall without end: the posteriors would flee from the prior until the numbers overflow.",
        "The program maximises the KL, which has no upper bound, and the reconstruction can lose only so much. The "
        "loss goes to −∞, and the run was stopped.",
        {"steps": "lower"},
    ),
    Mistake(
        "summed-kl",
        "the KL is summed over the batch, the reconstruction averaged",
        _LOSS,
        "loss = -reconstruction.mean() + beta * kl.sum()",
        "Then the KL of the very first batch would be 64 times the healthy one, and the codes would be crushed.",
        "With 64 examples in a batch β is secretly 64. Every posterior becomes the prior, and every point is "
        "reconstructed as the mean. At the end that looks like other collapses; the first batch tells it.",
        {"firstKl": "higher"},
    ),
    Mistake(
        "uniform-prior",
        "new codes are uniform, not normal",
        GENERATION.strip(),
        "new = decoder(torch.rand(n, 2))",
        "Then every curve would be healthy; only the new points would be wrong, all from one corner of the plane.",
        "`rand` for `randn`. The model is sound, and so is every number of its training. The codes of the new points "
        "fill the square from 0 to 1, a corner of the prior.",
        {"samples": "lower", "loss": "same"},
    ),
)
BY_KEY = {mistake.key: mistake for mistake in MISTAKES}
# from the loudest to the quietest
PATIENTS = ("wrong-sign", "no-noise", "summed-kl", "no-exp", "relu", "uniform-prior", "detached", "variance-as-sigma",
            "averaged-error", "one-noise")  # fmt: skip


DATA = "six bumps"


def trained(seed: int, mistake: Mistake | None = None, steps: int = STEPS) -> Run:
    """Train on the six bumps, rightly or with a mistake."""
    program = PROGRAM if mistake is None else mistake.program
    return replay(new_model(seed), toy_points(DATA).x, seed=seed, steps=steps, program=program)


def signs(run: Run, mistake: Mistake | None = None) -> dict[str, float]:
    """The numbers of ``SIGNS`` for a run of :func:`trained`, by key."""
    points = toy_points(DATA).x
    state = examine(run.model, points, PROGRAM if mistake is None else mistake.program)
    reconstruction, kl = run.log[:, 1], run.log[:, 2]
    uniform = mistake is not None and mistake.key == "uniform-prior"
    codes = (uniforms if uniform else normals)(NEW, POINTS * LATENT).reshape(POINTS, LATENT)
    with torch.no_grad():
        new = run.model.decode(torch.from_numpy(codes))
    late = run.log[-LATE:].mean(0)
    return {
        "steps": float(len(run.log)),
        "firstReconstruction": reconstruction[0],
        "firstKl": kl[0],
        "loss": late[0],
        "reconstruction": late[1],
        "kl": late[2],
        "lowestKl": kl.min(),
        "jitter": reconstruction[-LATE:].std(),
        "gap": -state.reconstruction - late[1],
        "sigma": float(np.median(torch.exp(0.5 * state.logvar).numpy())),
        "spread": state.variance.mean().sqrt().item(),
        "samples": (new.var(0, correction=0).sum() / points.var(0, correction=0).sum()).item(),
    }


def signature(patient: dict[str, float], healthy: dict[str, float]) -> dict[str, str]:
    """How each sign of a patient compares with the healthy run: "higher", "same" or "lower", by key."""
    return {sign.key: sign.compare(patient[sign.key], healthy[sign.key]) for sign in SIGNS}


CURVES = ("loss", "reconstruction loss", "KL")


def curve_limits(*curves: np.ndarray) -> tuple[float, float]:
    """Limits of an axis that shows these logs, without the first steps and without what runs away."""
    shown = np.concatenate([binned(curve)[1][3:] for curve in curves]).clip(-12, 24)
    low, high = (shown.min(), shown.max()) if len(shown) else (-1.0, 4.0)
    margin = max(0.5, 0.1 * (high - low))
    return low - margin, high + margin


class BugClinic(Widget):
    """Diagnose ten trainings, each with one hidden mistake: a small VAE on six bumps, as in ``TrainInPage``.

    Shown are loss, reconstruction loss and KL as the patient's program logs them, beside those of the healthy run with
    the same weights, batches and noise; the points, new points and posteriors of both; and a report of ``SIGNS``. A
    wrong diagnosis is answered with what one would see of it and a sign that speaks against it; the right one with the
    line of the program, before and after.

    Parameters
    ----------
    patient : int, from 1 to 10
    step : int, from 0 to 800
        Steps made so far by both runs.
    answers : dict
        The last diagnosis of each patient examined so far: number, as text, to key of a mistake.
    seed : int, not negative
        Of the first weights, the batches and the noise.

    Attributes
    ----------
    points, modes : bytes
        The points, shape (256, 2), float32, and their bumps, shape (256,).
    own_cost : float
        Mean −log p of the points under their own density, in nats.
    first_weights : bytes
        Shape (390,), float32.
    patients : list of str
        The key of each patient's mistake.
    mistakes, signs : list of dict
        ``MISTAKES`` and ``SIGNS``.

    Raises
    ------
    traitlets.TraitError
        If a value has the wrong type or lies outside its range.
    """

    _esm = module("training.js", "clinic.js")
    patient = traitlets.Int(1, min=1, max=len(PATIENTS)).tag(sync=True)
    step = traitlets.Int(0, min=0, max=STEPS).tag(sync=True)
    answers = traitlets.Dict(value_trait=traitlets.Enum(list(BY_KEY)), key_trait=traitlets.Unicode()).tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)
    points = traitlets.Bytes().tag(sync=True)
    modes = traitlets.Bytes().tag(sync=True)
    own_cost = traitlets.Float().tag(sync=True)
    first_weights = traitlets.Bytes().tag(sync=True)
    patients = traitlets.List(list(PATIENTS)).tag(sync=True)
    mistakes = traitlets.List([mistake._asdict() for mistake in MISTAKES]).tag(sync=True)
    signs = traitlets.List([sign._asdict() for sign in SIGNS]).tag(sync=True)
    hidden = traitlets.Int(HIDDEN).tag(sync=True)
    latent = traitlets.Int(LATENT).tag(sync=True)
    steps = traitlets.Int(STEPS).tag(sync=True)
    title = traitlets.Unicode("The bug clinic").tag(sync=True)
    task = traitlets.Unicode(
        "Each patient's program has one wrong line. Train it beside the healthy one, then name the mistake."
    ).tag(sync=True)

    def __init__(self, **traits: object):
        super().__init__(**traits)
        points = toy_points(DATA)
        self.points, self.modes, self.own_cost = float_bytes(points.x), integer_bytes(points.mode), points.own_cost
        self.first_weights = float_bytes(flat_weights(new_model(self.seed)))

    def solved(self) -> list[int]:
        """The patients whose mistake was named."""
        return [number for number, key in enumerate(self.patients, 1) if self.answers.get(str(number)) == key]

    def draw_poster(self, figure: Figure) -> None:
        """Draw the patient's three curves over those of the healthy run."""
        healthy, patient = (
            trained(self.seed, who, self.step).log for who in (None, BY_KEY[PATIENTS[self.patient - 1]])
        )
        for ax, column, name in zip(figure.subplots(1, 3), (0, 1, 2), CURVES, strict=True):
            for log, style, label in ((healthy, "--", "healthy"), (patient, "-", f"patient {self.patient}")):
                ax.plot(*binned(log[:, column]), style, label=label, color=plots.COLORS[0 if style == "--" else 1])
            ax.set(title=name, xlabel="step", ylim=curve_limits(healthy[:, column], patient[:, column]))
        if self.step:
            figure.axes[0].legend(loc="best")
