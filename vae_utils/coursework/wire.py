"""Numbers, tensors and little else as JSON: what a judge and the process of a student's answer say to each other.

No pickle: whatever a submission writes, reading it only ever makes plain values.
"""

from __future__ import annotations

import base64
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

LARGEST = 64_000_000
"""Bytes. Of a larger tensor only the shape is sent: no exercise has one."""

DEEPEST = 6


class NotSendable(TypeError):
    """A value that only has a meaning in its own process: a module, an optimizer."""


class Unreadable(ValueError):
    """Something that no encoder of ours wrote."""


def encode(value: Any, of_callable: Callable[[Any], dict] | None = None, of_tensor: Any = None, depth: int = 0) -> Any:
    """A value as JSON.

    Parameters
    ----------
    value : Any
        None, ``...``, numbers, strings, tensors, arrays, generators, and tuples and lists of these. Of anything else
        the name of its type remains.
    of_callable : callable, optional
        What to send for something callable.
    of_tensor : callable, optional
        Called with each tensor; a dict of more to send with it.
    """
    if value is None or (isinstance(value, bool | int | float | str) and type(value).__module__ == "builtins"):
        return {"plain": value}
    if value is Ellipsis:
        return {"dots": True}
    if isinstance(value, tuple | list) and depth < DEEPEST and len(value) < 10_000:
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [encode(part, of_callable, of_tensor, depth + 1) for part in value]}
    if isinstance(value, Tensor) and value.layout == torch.strided and value.device.type != "meta":
        return _encode_tensor(value.detach().cpu()) | (of_tensor(value) if of_tensor else {})
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        return {"array": _encode_tensor(torch.from_numpy(np.array(value))), "scalar": isinstance(value, np.generic)}
    if isinstance(value, torch.Generator):
        return {"generator": _text(value.get_state().numpy().tobytes())}
    if isinstance(value, numbers.Real):
        return {"plain": float(value)}  # a Fraction; a number of somebody's own class is what it is worth
    if callable(value) and of_callable:
        return of_callable(value)
    return {"other": type(value).__name__}


def decode(sent: Any, of_callable: Callable[[dict], Any] | None = None, of_tensor: Any = None) -> Any:
    """The value of what :func:`encode` wrote.

    Raises
    ------
    Unreadable
    """
    try:
        return _decode(sent, of_callable, of_tensor, 0)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from None


def _decode(sent, of_callable, of_tensor, depth):
    if depth > DEEPEST + 1:
        raise Unreadable("too deep")
    if "plain" in sent:
        if not isinstance(sent["plain"], bool | int | float | str | None):
            raise Unreadable("not plain")
        return sent["plain"]
    if "dots" in sent:
        return ...
    for kind, make in (("tuple", tuple), ("list", list)):
        if kind in sent:
            return make(_decode(part, of_callable, of_tensor, depth + 1) for part in sent[kind])
    if "tensor" in sent:
        tensor = _decode_tensor(sent)
        return of_tensor(tensor, sent) if of_tensor else tensor
    if "array" in sent:
        array = _decode_tensor(sent["array"]).numpy()
        return array[()] if sent["scalar"] else array
    if "generator" in sent:
        generator = torch.Generator()
        generator.set_state(torch.frombuffer(bytearray(_bytes(sent["generator"])), dtype=torch.uint8))
        return generator
    if "callable" in sent and of_callable:
        return of_callable(sent)
    return type(str(sent["other"])[:40], (), {})()


def _encode_tensor(tensor: Tensor) -> dict:
    sent = {"tensor": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape)}
    if tensor.numel() * tensor.element_size() > LARGEST:
        return sent | {"huge": True}
    flat = tensor.resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format).reshape(-1)
    return sent | {"data": _text(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")}


def _decode_tensor(sent: dict) -> Tensor:
    dtype, shape = getattr(torch, sent["tensor"]), [int(n) for n in sent["shape"]]
    if not isinstance(dtype, torch.dtype) or any(n < 0 for n in shape):
        raise Unreadable("no tensor")
    if sent.get("huge"):
        return torch.full((), float("nan"), dtype=torch.float32).expand(shape)
    data = bytearray(_bytes(sent["data"]))
    return torch.frombuffer(data, dtype=dtype).reshape(shape) if data else torch.empty(shape, dtype=dtype)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
