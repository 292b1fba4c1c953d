"""The same step as one program: recorded on a GPU, compiled on a processor.

A step of a small network is some hundred operations of a few microseconds each. On a GPU, Python takes longer to ask
for them than the GPU to carry them out; on a processor a good part of the time.

- On a GPU a step is *recorded*, as a CUDA graph, and replayed: all its kernels are one request. The numbers are the
  same, to the last bit: the same kernels run on the same values, in the same order. It needs inputs, weights and sums
  that keep their places in memory, and an optimizer that counts its steps and keeps its step size on the GPU.
- On a processor a step can be *compiled*, see :mod:`vae_utils.compiled`. The numbers are the same to rounding: sums
  are taken in another order, and with bfloat16, operations that share a loop round less often.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call

from vae_utils import _memory
from vae_utils.compiled import AdamStep
from vae_utils.runs.loop import take_step
from vae_utils.runs.processes import Processes


def adam(model: nn.Module, lr: float, device: torch.device) -> torch.optim.Optimizer:
    """Adam in one fused kernel; on a GPU such that its step can be recorded."""
    if device.type != "cuda":
        return torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    rate = torch.tensor(lr, device=device)
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True, capturable=True)


def compiles(processes: Processes) -> bool:
    """Whether steps can be compiled here: several processes wait within each step for the gradients of the others."""
    return processes.count == 1 and processes.device.type == "cpu"


def way_of_stepping(processes: Processes, *, batch_size: int, compile: bool = False) -> Callable[..., None]:
    """How a run takes its steps: recorded on a GPU, compiled on a CPU if that is wanted, else by :func:`take_step`."""
    if processes.count == 1 and processes.device.type == "cuda":
        return RecordedStep()
    return CompiledStep(batch_size) if compile and compiles(processes) else take_step


class RecordedStep:
    """:func:`vae_utils.runs.loop.take_step`, of which the first call is recorded and later ones are replayed.

    For one objective, optimizer and tensor of sums. A batch of another size, the last one of an epoch, is taken step by
    step.
    """

    def __init__(self):
        self.graph: torch.cuda.CUDAGraph | None = None

    def __call__(
        self,
        objective: nn.Module,
        optimizer: torch.optim.Optimizer,
        x: Tensor,
        eps: Tensor,
        totals: Tensor,
        scale: float,
    ) -> None:
        """As :func:`~vae_utils.runs.loop.take_step`."""
        if self.graph is None:
            self.x, self.eps = x.clone(), eps.clone()
            self._record(objective, optimizer, totals, scale)
        if x.shape == self.x.shape:
            self.x.copy_(x)
            self.eps.copy_(eps)
            self.graph.replay()
        else:
            take_step(objective, optimizer, x, eps, totals, scale)

    def _record(self, objective: nn.Module, optimizer: torch.optim.Optimizer, totals: Tensor, scale: float) -> None:
        """Record a step and undo what it took: libraries set themselves up in the first steps, so these come before."""
        changed = [totals, *objective.parameters()]
        changed += [value for state in optimizer.state.values() for value in state.values()]
        before = [tensor.detach().clone() for tensor in changed]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                take_step(objective, optimizer, self.x, self.eps, totals, scale)
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            take_step(objective, optimizer, self.x, self.eps, totals, scale)
        known = {id(tensor) for tensor in changed}
        with torch.no_grad():
            for tensor, value in zip(changed, before, strict=True):
                tensor.copy_(value)
            for state in optimizer.state.values():  # what an optimizer without a past has made: all of it begins at 0
                for value in state.values():
                    if id(value) not in known:
                        value.zero_()


class CompiledStep:
    """:func:`vae_utils.runs.loop.take_step` as one program, Adam included.

    For one objective and an optimizer by :func:`adam`, whose weights and moments keep their places, and for batches of
    one size. Those of another size, the last of an epoch, are taken operation by operation: to compile for them, too,
    would take longer than it saves. So is an optimizer's first step, which makes its moments.

    Parameters
    ----------
    batch_size : int
        Of the steps that are compiled.
    """

    def __init__(self, batch_size: int):
        self.batch_size = batch_size
        self.step: AdamStep | None = None

    def __call__(
        self,
        objective: nn.Module,
        optimizer: torch.optim.Optimizer,
        x: Tensor,
        eps: Tensor,
        totals: Tensor,
        scale: float,
    ) -> None:
        """As :func:`~vae_utils.runs.loop.take_step`. The first compiled step takes seconds.

        Raises
        ------
        CannotCompile
            Before anything was changed.
        """
        if len(x) != self.batch_size or not optimizer.state:
            take_step(objective, optimizer, x, eps, totals, scale)
            return
        if self.step is None:

            def loss(weights: dict[str, Tensor], x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
                reconstruction, kl = functional_call(objective, weights, (x, eps))
                return (kl - reconstruction).sum() * scale, torch.stack([reconstruction, kl]).sum(1)

            _memory.keep_freed()
            self.step = AdamStep(loss, dict(objective.named_parameters()), optimizer)
        totals += self.step(x, eps)
