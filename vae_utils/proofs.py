"""Executed claims: a chapter states a sentence and proves it in the same cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


class ProofFailed(AssertionError):
    """A claim that did not hold; the message shows what was seen."""


def prove(claim: str, ok: bool, /, **seen: Any) -> None:
    """Print ``✓ claim`` if it holds, else raise with what was seen.

    The printed text never depends on a computed value, so that every computer prints the same line.

    Parameters
    ----------
    claim : str
        The sentence that is proved, one line.
    ok : bool
        Whether it holds: a Python, numpy or torch boolean, one single value.
    **seen
        The numbers behind the claim, shown only if it fails.

    Raises
    ------
    ProofFailed
        If ``ok`` is false.
    TypeError, ValueError
        If ``claim`` is not one line of text, or ``ok`` is not one single boolean.

    Examples
    --------
    >>> prove("two and two make four", 2 + 2 == 4, total=2 + 2)
    ✓ two and two make four
    """
    if not isinstance(claim, str) or not claim.strip() or "\n" in claim:
        raise ValueError(f"claim must be one line of text, got {claim!r}")
    if isinstance(ok, torch.Tensor | np.ndarray) and ok.ndim == 0:
        ok = ok.item()
    if not isinstance(ok, bool | np.bool_):
        raise TypeError(f"ok must be one single boolean (use .all()), got {ok!r}")
    if not ok:
        details = "; ".join(f"{name} = {_short(value)}" for name, value in seen.items())
        raise ProofFailed(f"not proved: {claim}" + (f" — saw {details}" if details else ""))
    print(f"✓ {claim}")


def _short(value: Any) -> str:
    """A value on one line, long arrays abbreviated."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | list | tuple) and np.size(value) > 1:
        return np.array2string(np.asarray(value), threshold=8, edgeitems=3, precision=5).replace("\n", "")
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)
