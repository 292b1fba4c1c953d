"""What every widget of the course has: one self-contained module, a title, a task, and a poster."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from matplotlib import style
from matplotlib.figure import Figure
from torch import Tensor

from vae_utils import plots

STATIC = Path(__file__).parent / "static"


def module(*names: str) -> str:
    """Return the JavaScript of a widget, what it shares in front, ``kit.js`` first: no import, nothing to fetch."""
    return "\n".join((STATIC / file).read_text(encoding="utf-8") for file in ("kit.js", *names))


def stylesheet() -> str:
    """Return the style sheet that all widgets share."""
    return (STATIC / "kit.css").read_text(encoding="utf-8")


def float_bytes(values: Tensor | np.ndarray) -> bytes:
    """Return the values in row-major order as little-endian float32, as ``float32`` of ``kit.js`` reads them."""
    return _numpy(values).astype("<f4").tobytes()


def integer_bytes(values: Tensor | np.ndarray) -> bytes:
    """Return integers from 0 to 255 as bytes, as ``uint8`` of ``kit.js`` reads them; ValueError for any other value."""
    array = _numpy(values)
    if array.size and (array.min() < 0 or array.max() > 255 or (array != np.round(array)).any()):
        raise ValueError(f"values must be integers from 0 to 255, got {array.min():.4g} to {array.max():.4g}")
    return array.astype("u1").tobytes()


def _numpy(values: Tensor | np.ndarray) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)


class Widget(anywidget.AnyWidget):
    """An interactive figure whose computation runs in the page.

    A subclass names its module in ``_esm`` (``module(…)``), its state in traits, and draws its poster.

    Attributes
    ----------
    title : str
        What the figure is called; its accessible name.
    task : str
        What the reader should try, one sentence; empty for none.
    """

    _css = stylesheet()
    title = traitlets.Unicode("").tag(sync=True)
    task = traitlets.Unicode("").tag(sync=True)

    def draw_poster(self, figure: Figure) -> None:
        """Draw into ``figure`` what stands for the widget where nothing can move: without JavaScript, on paper."""
        raise NotImplementedError(f"{type(self).__name__} must draw its poster")

    def poster(self) -> bytes:
        """Return the poster as the bytes of a PNG file, in the style of the course's figures."""
        with style.context(plots.STYLE):
            figure = Figure(figsize=(7.0, 3.2))
            self.draw_poster(figure)
            file = io.BytesIO()
            figure.savefig(file, format="png")
        return file.getvalue()

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """Show the live widget where there is one, else the poster, else one line."""
        shown = super()._repr_mimebundle_(**kwargs)
        data, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
        data["text/plain"] = f"{self.title} (an interactive figure)"
        data["image/png"] = base64.b64encode(self.poster()).decode()
        return data, metadata
