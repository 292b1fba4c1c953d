"""``pytest chapters --nbval``: kernels that may start side by side, and MNIST's chapter where MNIST is.

Elsewhere that chapter is skipped with a reason.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbval.kernel
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import real_mnist
from vae_utils.coursework.kernels import OwnKernelManager

nbval.kernel.KernelManager = OwnKernelManager  # nbval has no option for it
linked = tempfile.TemporaryDirectory()
found = real_mnist.environment(Path(linked.name))
os.environ.update(found or {})  # kernels inherit it


def pytest_collection_modifyitems(items):
    if found is None:
        for item in items:
            if real_mnist.needs(item.path):
                item.add_marker(pytest.mark.skip(reason=real_mnist.MISSING))


def pytest_unconfigure():
    linked.cleanup()
