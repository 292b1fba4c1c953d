"""A function of tensors as one program.

Python asks for one operation after another, and each reads its numbers from memory and writes them there.
``torch.compile`` looks at a whole function first and makes one C++ program of it, in which neighbouring operations
share a loop. The results are the same to rounding. It takes some seconds, so it is for long runs; a C++ compiler is
needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class CannotCompile(RuntimeError):
    """PyTorch could not make a program of a function, or not on this machine."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, compiled at its first call.

    For tensors of other sizes it is compiled anew. Numbers that are no tensors become part of the program. Where
    gradients are wanted, ask for them inside, by ``torch.func.grad``.

    Returns
    -------
    callable
        It raises CannotCompile if there is no compiler (for C++; on a GPU Triton, too), if the function does what
        cannot be translated, such as deciding something by a tensor's value, or at the 257th program of one piece of
        code.
    """
    # All of it in one program, or an error: pieces with Python between them would hardly be faster. PyTorch counts the
    # programs of one piece of code together, whatever it encloses. More than eight it takes for a mistake, unless told.
    program = torch.compile(function, fullgraph=True, dynamic=False, recompile_limit=256)

    def call(*arguments: Any) -> Any:
        try:
            return program(*arguments)
        except (torch._dynamo.exc.TorchDynamoException, torch._dynamo.exc.FailOnRecompileLimitHit) as error:
            raise CannotCompile(f"a function could not be compiled: {_reason(error)}") from error

    return call


def require_compiler() -> None:
    """Compile something small.

    Raises
    ------
    CannotCompile
        If that cannot be done on this machine.
    """
    try:
        compiled(torch.neg)(torch.zeros(8))
    except CannotCompile as error:
        raise CannotCompile(
            "compiling needs a C++ compiler, such as g++ or clang++; one that is not found by itself can be named in "
            f"the environment variable CXX ({_reason(error.__cause__)})"
        ) from error


def _reason(error: BaseException) -> str:
    """One line of a long message: what a compiler says is wrong, or else the first."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line.strip() for line in lines if "error: " in line), lines[0])
