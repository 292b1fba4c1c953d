"""What all widgets share: complete modules, bytes as the page reads them, a poster in every output."""

import base64
import importlib
import io
import pkgutil
import re

import numpy as np
import pytest
import torch
from matplotlib import image

import vae_utils.widgets
from vae_utils.widgets._base import STATIC, Widget, float_bytes, integer_bytes, module

NAMES = sorted(found.name for found in pkgutil.iter_modules(vae_utils.widgets.__path__) if found.name[0] != "_")


def classes():
    """Every widget class of the package."""
    modules = [importlib.import_module(f"vae_utils.widgets.{name}") for name in NAMES]
    found = {value for names in modules for value in vars(names).values() if isinstance(value, type)}
    return sorted((c for c in found if issubclass(c, Widget) and c is not Widget), key=lambda c: c.__name__)


@pytest.mark.parametrize("widget", classes(), ids=lambda widget: widget.__name__)
def test_module_is_complete_by_itself(widget):
    source = str(widget._esm)
    code = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", source, flags=re.S | re.M)
    assert "export default" in code
    assert not re.search(
        r"^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest|https?://(?!www\.w3\.org)", code, flags=re.M
    )
    assert not re.search(r"Math\.random", code), "randomness has a seed"


@pytest.mark.parametrize("widget", classes(), ids=lambda widget: widget.__name__)
def test_widget_says_what_it_is_and_what_to_try(widget):
    for trait in ("title", "task"):
        assert widget.class_traits()[trait].default_value, trait
    assert len(widget.__doc__) > 200 and "Widget" not in widget.__doc__.splitlines()[0]


def test_every_static_file_is_used():
    named = {
        name for file in STATIC.parent.glob("*.py") for name in re.findall(r'"(\w+\.(?:js|css))"', file.read_text())
    }
    assert {file.name for file in STATIC.iterdir()} == named


def test_bytes_are_little_endian_float32_in_row_major_order():
    values = torch.tensor([[1.0, -2.5], [3.25, 0.1]], dtype=torch.float64)
    assert np.frombuffer(float_bytes(values), "<f4").tolist() == values.float().flatten().tolist()
    assert float_bytes(values.T.numpy()) == float_bytes(values.T.contiguous())


def test_integers_fit_into_bytes():
    assert integer_bytes(torch.tensor([0, 16, 255])) == b"\x00\x10\xff"
    assert integer_bytes(torch.tensor([])) == b""
    for wrong in ([256.0], [-1.0], [0.5]):
        with pytest.raises(ValueError, match="values must be integers from 0 to 255, got"):
            integer_bytes(torch.tensor(wrong))


def test_a_widget_without_a_poster_says_so():
    with pytest.raises(NotImplementedError, match="Widget must draw its poster"):
        Widget().poster()


def test_output_holds_the_poster_and_one_line(monkeypatch):
    from vae_utils.widgets.kl import KL

    data, _ = KL(mu=0.5)._repr_mimebundle_()
    assert data["text/plain"] == "A price in nats (an interactive figure)"
    assert "application/vnd.jupyter.widget-view+json" in data
    pixels = image.imread(io.BytesIO(base64.b64decode(data["image/png"])))
    assert pixels.shape[1] > 600 and pixels[..., :3].std() > 0.05
    assert KL(mu=0.5).poster() != KL(mu=1.5).poster()


def test_modules_start_with_what_they_share():
    kit, own = (STATIC / "kit.js").read_text(), (STATIC / "kl.js").read_text()
    assert module("kl.js").startswith(kit) and module("kl.js").endswith(own)
