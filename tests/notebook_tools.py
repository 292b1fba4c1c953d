"""The modules of ``book/tools`` for the tests; being scripts, they need their folder on the path."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "tools"))

import exercise_sources  # noqa: E402, F401
import exercises  # noqa: E402, F401
import figures  # noqa: E402, F401
import staleness  # noqa: E402, F401
from normalise import WIDGET_STATE, WIDGET_VIEW, NotNormal, dumps, loads, normalise  # noqa: E402, F401

import chapters  # noqa: E402, F401
