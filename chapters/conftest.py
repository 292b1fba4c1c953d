"""``pytest chapters --nbval``: the chapter on MNIST is executed where MNIST is, and skipped with a reason elsewhere."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import real_mnist

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
