"""Freed memory stays with the process, so that a loop need not ask the system for it page by page."""

import ctypes
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, resource, torch
from vae_utils._memory import keep_freed

class Info(ctypes.Structure):
    NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in NAMES.split()]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Info

def mapped_by_itself(megabytes):
    before = mallinfo().hblks
    held = torch.empty(megabytes * 2**20, dtype=torch.uint8)
    return mallinfo().hblks - before

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        held = [torch.ones(4_500_000) for _ in range(3)]  # 18 MB each
        del held
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(mapped_by_itself(28))
keep_freed()
print(mapped_by_itself(29))
faults()
print(faults())
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="about glibc's allocator"
)
def test_large_blocks_are_kept_and_asked_for_no_more():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after, faults = map(int, run.stdout.split())
    assert (before, after) == (1, 0), "a block that glibc maps by itself goes back when it is freed"
    assert faults < 100, "the loop asks for new pages"
