"""Freed memory stays with the process, so that a loop need not ask the system for it page by page."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, torch
from vae_utils._memory import keep_freed

def loop():
    for _ in range(20):
        held = [torch.ones(4_500_000) for _ in range(3)]  # 18 MB, or 4,395 pages, each
        del held

keep_freed()
loop()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
loop()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="about glibc's allocator")
def test_a_loop_over_large_tensors_asks_for_no_new_pages():
    """Without ``keep_freed`` it is 175,160 of them, unless the imports happen to have freed a large block before."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 100
