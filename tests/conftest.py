"""What holds for every test: one thread, no network, no window, and the same examples in every run."""

import os
from pathlib import Path

for library in ("OMP", "MKL", "OPENBLAS"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # before torch and NumPy are imported; inherited by kernels

import matplotlib
import torch
from hypothesis import settings

import tests.offline.sitecustomize  # noqa: F401  this process (course.py sees to the others; so does the next line)

offline = str(Path(__file__).parent / "offline")
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [offline, os.environ.get("PYTHONPATH")]))

torch.set_num_threads(1)
matplotlib.use("Agg")  # not by MPLBACKEND: kernels would inherit that and store no figures

# The machine may be busy: no example has a deadline. A property is tried on the same examples each time, so
# that red means a changed program; the nightly run, which executes everything, tries new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("new", deadline=None, max_examples=500, print_blob=True)
settings.load_profile("new" if os.environ.get("COURSE_ALL_CHAPTERS") else "same")
