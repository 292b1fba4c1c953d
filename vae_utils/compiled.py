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


class NoCompiler(RuntimeError):
    """PyTorch cannot compile on this machine."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, compiled at its first call.

    It is for tensors of the sizes that it gets first: for others it is compiled anew. Numbers that are no tensors
    become part of the program. Where gradients are wanted, ask for them inside, by ``torch.func.grad``.

    Returns
    -------
    callable
        It raises RuntimeError if there is no C++ compiler, or if the function does what cannot be translated, such as
        deciding something by a tensor's value.
    """
    # All of it in one program, or an error: pieces with Python between them would hardly be faster. PyTorch counts the
    # programs of one piece of code together, whatever it encloses, and takes more than eight for a mistake.
    program = torch.compile(function, fullgraph=True, dynamic=False, recompile_limit=1000)

    def call(*arguments: Any) -> Any:
        try:
            return program(*arguments)
        except torch._dynamo.exc.TorchDynamoException as error:
            reason = str(error).strip().splitlines()[0]
            raise RuntimeError(f"compiling needs a C++ compiler and what can be translated: {reason}") from error

    return call


def require_compiler() -> None:
    """Compile something small.

    Raises
    ------
    NoCompiler
        If that cannot be done on this machine.
    """
    try:
        compiled(torch.neg)(torch.zeros(8))
    except RuntimeError as error:
        reason = str(error.__cause__).strip().splitlines()[0]
        raise NoCompiler(
            "compiling needs a C++ compiler, such as g++ or clang++; one that is not found by itself can be named in "
            f"the environment variable CXX ({reason})"
        ) from error
