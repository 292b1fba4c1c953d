"""Several processes that train one model: who they are, which part of a batch each sees, and what they agree on.

The engine is PyTorch's own. ``torchrun`` starts the processes and tells each who it is by environment variables;
``DistributedDataParallel`` averages their gradients; gloo (CPU) or NCCL (NVIDIA GPUs) carries the numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Processes:
    """This process among all.

    Attributes
    ----------
    rank : int
        Its number, from 0. The process with number 0 writes the files and speaks.
    count : int
        How many there are.
    device : torch.device
        Where it computes.
    """

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def share(self, start: int, stop: int) -> slice:
        """Which of the examples start … stop−1 are this process's: all are somebody's, and nobody's twice."""
        n = stop - start
        return slice(start + n * self.rank // self.count, start + n * (self.rank + 1) // self.count)

    def wrap(self, objective: nn.Module) -> nn.Module:
        """The objective with gradients that are averaged over all processes, if there are several."""
        if self.count == 1:
            return objective
        return nn.parallel.DistributedDataParallel(objective, gradient_as_bucket_view=True)

    def total(self, sums: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""
        if self.count > 1:
            sums = sums.clone()
            torch.distributed.all_reduce(sums)
        return sums

    def any(self, flag: bool) -> bool:
        """Whether the flag is true in some process; every process gets the same answer."""
        return bool(self.total(torch.tensor(float(flag), device=self.device))) if self.count > 1 else flag

    def from_first(self, make: Callable[[], Any]) -> Any:
        """What the first process makes, for all; if it fails, all fail in the same way."""
        if self.count == 1:
            return make()
        outcome: list[Any] = [None, None]
        if self.first:
            try:
                outcome[0] = make()
            except Exception as error:
                outcome[1] = error
        torch.distributed.broadcast_object_list(outcome, device=self.device)
        if outcome[1] is not None:
            raise outcome[1]
        return outcome[0]


ALONE = Processes()


def device_named(name: str, local_rank: int = 0) -> torch.device:
    """The device that ``--device`` means: ``auto`` is an NVIDIA GPU if there is one, else the CPU.

    Raises
    ------
    ValueError
        If there is no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"device must be auto, cpu, cuda, cuda:N or mps, got {name!r}") from None
    if device.type == "cuda":
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = local_rank if device.index is None else device.index
        if index >= there:
            raise ValueError(f"device {name} asks for GPU number {index}, but PyTorch sees {there} here")
        return torch.device("cuda", index)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError("device mps asks for Apple's GPU, but PyTorch sees none here")
    if device.type not in ("cpu", "mps"):
        raise ValueError(f"device must be auto, cpu, cuda, cuda:N or mps, got {name!r}")
    return device


def own_device(name: str) -> torch.device:
    """The device of this process, by the number that ``torchrun`` gave it on its machine.

    Raises
    ------
    ValueError
        If the device is not there, or several processes would share one GPU.
    """
    local_rank = int(os.environ.get("LOCAL_RANK", 0))
    device = device_named(name, local_rank)
    several = int(os.environ.get("WORLD_SIZE", 1)) > 1
    if several and (device.type == "mps" or (device.type == "cuda" and device.index != local_rank)):
        raise ValueError(f"device must be auto, cpu or cuda for several processes, which need one each, got {name!r}")
    return device


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether a device has instructions for products in bfloat16: else mixed precision takes longer than single."""
    if device.type != "cpu":
        return True
    known = torch.cpu.get_capabilities()
    return any(known.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))  # Intel and AMD, Intel, ARM


# Groups of processes, kept until Python ends. DistributedDataParallel must not be the last to let go of one: it would
# hold Python's lock and wait for a thread of the group, which may wait for that lock to let go of its last gradients.
_GROUPS: list[Any] = []


@contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """Meet the other processes that ``torchrun`` started; alone without it."""
    count = int(os.environ.get("WORLD_SIZE", 1))
    if count == 1:
        yield Processes(device=device)
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    _GROUPS.append(torch.distributed.group.WORLD)
    try:
        yield Processes(torch.distributed.get_rank(), count, device)
    finally:
        torch.distributed.destroy_process_group()
