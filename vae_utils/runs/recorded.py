"""The same step on a GPU, recorded once and replayed: as a CUDA graph.

A step of a small network is some hundred kernels of a few microseconds each, and Python takes longer to ask for them
than the GPU to run them. Recorded, all of them are one request. The numbers are the same, to the last bit: the same
kernels run on the same values, in the same order.

What a graph needs: inputs, weights and sums that keep their places in memory, and an optimizer that counts its steps
and keeps its step size on the GPU.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae_utils.runs.loop import take_step


def adam(model: nn.Module, lr: float, device: torch.device) -> torch.optim.Optimizer:
    """Adam in one fused kernel; on a GPU such that its step can be recorded."""
    if device.type != "cuda":
        return torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    rate = torch.tensor(lr, device=device)
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True, capturable=True)


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
