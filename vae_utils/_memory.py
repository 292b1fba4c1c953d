"""Memory that a loop frees and asks for again, step by step."""

from __future__ import annotations

import torch

MAPPED = 31 * 2**20  # bytes; glibc looks at blocks below 32 MiB


def keep_freed() -> None:
    """Let the process keep what it frees, up to twice ``MAPPED``, instead of giving it back to the system at once.

    With glibc, memory that went back is had again page by page, and a loop over tensors of a megabyte waits for that in
    every step. How much freed memory glibc keeps follows from the largest block that it ever mapped by itself and freed
    (``M_MMAP_THRESHOLD`` in mallopt(3)): so one such block is had and freed, untouched. Other allocators do not notice.
    """
    torch.empty(MAPPED, dtype=torch.uint8)
