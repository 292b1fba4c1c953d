"""A pytest plugin: ``pytest --nbval`` says of an exercise notebook what its checks say in Jupyter.

pytest loads it at every start, so it imports nothing until a notebook is collected with ``--nbval``, and it leaves
alone every notebook that is no exercise notebook of this course.
"""

from __future__ import annotations

import itertools

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Put our collector in the place of nbval's, for an exercise notebook."""
    collectors = yield
    option = parent.config.option
    if file_path.suffix != ".ipynb" or not (getattr(option, "nbval", False) or getattr(option, "nbval_lax", False)):
        return collectors
    from vae_utils.coursework.nbval_items import collector_for

    ours = collector_for(file_path, parent)
    return collectors if ours is None else [ours]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep the sentence of each exercise for the summary; a worker process sends it along with the report."""
    report = yield
    if call.when == "call" and hasattr(item, "sentence"):
        report.exercise_notebook = [item.path.name, item.order, item.sentence(report.passed)]
    return report


def pytest_terminal_summary(terminalreporter):
    """List the exercises, one line each, as in ``vae-course check``."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    said = sorted(report.exercise_notebook for report in reports if hasattr(report, "exercise_notebook"))
    for name, items in itertools.groupby(said, key=lambda entry: entry[0]):
        lines = [line for *_, line in items if line]
        terminalreporter.section(name)
        for line in lines:
            terminalreporter.write_line(line)
        exercises = [line for line in lines if line.startswith(("PASS", "NOT YET"))]
        if exercises:
            passed = sum(line.startswith("PASS") for line in exercises)
            terminalreporter.write_line(f"{passed} of {len(exercises)} done")
