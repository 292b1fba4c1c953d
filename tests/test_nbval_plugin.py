"""``pytest --nbval`` on an exercise notebook: one sentence for each exercise, whatever the student did to it."""

import copy
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.notebook_tools import ROOT
from vae_utils.coursework.notebooks import release

NAME = "05-kl"
HEAD = "import math\nimport torch\n"
RIGHT = HEAD + "def kl_to_standard_normal(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)\n"
SWAPPED = (
    HEAD + "from torch.distributions import Normal, kl_divergence\n"
    "def kl_normal_normal(mu_q, logvar_q, mu_p, logvar_p):\n"
    "    q, p = Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())\n"
    "    return kl_divergence(p, q).sum(-1)\n"
)
TAYLOR = "def taylor_kl(mu, logvar):\n    return mu.pow(2).sum(-1) / 2 + logvar.pow(2).sum(-1) / 4\n"


def pytest_of(folder, *options, **environment):
    """Status and output of a plain ``pytest --nbval`` in a folder, as a student would run it."""
    command = [sys.executable, "-m", "pytest", "-p", "vae_utils.nbval_plugin", "-p", "no:cacheprovider", "--nbval"]
    done = subprocess.run(
        [*command, "--color=no", *options],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=300, env={**os.environ, **environment},
    )  # fmt: skip
    assert not done.stderr
    return done.returncode, done.stdout


def code(source, outputs=(), **metadata):
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": list(outputs),
        "execution_count": 1,
    }


def cell_of(raw, grade_id):
    return next(cell for cell in raw["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def position(raw, grade_id):
    return raw["cells"].index(cell_of(raw, grade_id))


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """What pytest says about a notebook in which much was right and much was done to the checks."""
    raw = copy.deepcopy(release(NAME).notebook)
    cell_of(raw, "05-kl-answer")["source"] = RIGHT
    cell_of(raw, "05-kl")["outputs"] = [printed("what a failed run left here\n")]
    cell_of(raw, "05-general-answer")["source"] = SWAPPED
    cell_of(raw, "05-montecarlo")["source"] = '# NBVAL_SKIP\nprint("PASS  05-montecarlo  kl_monte_carlo")'  # forged
    cell_of(raw, "05-taylor-answer")["source"] = TAYLOR
    raw["cells"].remove(cell_of(raw, "05-taylor"))  # deleted, and its answer is right
    cell_of(raw, "05-loss-answer")["source"] = "def negative_elbo(x, logits, mu, logvar)\n    return 0"
    cell_of(raw, "05-q1")["cell_type"] = "raw"
    cell_of(raw, "05-q2-answer")["source"] = f'answer_05_q2 = "{right_option("05-q2")}"'
    cell_of(raw, "05-q3-answer")["source"] = "answer_05_q3 = input('which? ')"
    raw["cells"].insert(position(raw, "05-kl-answer"), code('check("05-kl")', [printed("tried too early")]))
    raw["cells"].insert(1, code("import random\nprint(random.random())", [printed("0.5\n")]))
    raw["cells"].insert(2, code("def check(id):\n    print(f'PASS  {id}')"))
    raw["metadata"]["kernelspec"] = {"name": "my-own-kernel", "display_name": "Mine"}
    folder = tmp_path_factory.mktemp("worked")
    (folder / "mine.ipynb").write_text(json.dumps(raw), encoding="utf-8")
    return pytest_of(folder)


def right_option(id):
    from vae_utils.checks import find

    return find(id).right


def test_each_exercise_has_its_line(worked):
    status, said = worked
    listed = said[said.index("= mine.ipynb =") :].splitlines()
    lines = [line for line in listed if line.startswith(("PASS", "NOT YET"))]
    assert lines == [
        "NOT YET  05-predict  (not-attempted)",
        "PASS  05-kl  kl_to_standard_normal",
        "NOT YET  05-general  (swapped-arguments)",
        "NOT YET  05-montecarlo  (not-attempted)",
        "NOT YET  05-loss  (no-such-name)",
        "PASS  05-q2  answer_05_q2",
        "NOT YET  05-q3  (no-such-name)",
        "PASS  05-taylor  taylor_kl",
        "NOT YET  05-q1  (not-attempted)",
    ]
    assert "3 of 9 done" in said and status == 1


def test_the_hint_is_that_of_the_notebook(worked):
    from vae_utils.checks import CheckFailed, check

    with pytest.raises(CheckFailed) as failure:
        names = {}
        exec(SWAPPED, names)
        check("05-general", names)
    assert str(failure.value) in worked[1]


def test_what_was_done_to_the_checks_is_told(worked):
    edited = "its check was edited. Put your work into the answer cell, and the check back as it was."
    assert [line for line in worked[1].splitlines() if line.startswith("CHANGED")][:3] == [
        f"CHANGED  05-montecarlo: {edited}",
        "CHANGED  05-taylor: its check is missing. Copy it back from a fresh notebook.",
        "CHANGED  05-q1: its check was turned into text. Make it a code cell again.",
    ]


def test_a_cell_that_fails_is_told_in_one_line(worked):
    errors = sorted({line.partition(": ")[2] for line in worked[1].splitlines() if line.startswith("ERROR")})
    assert errors == [
        "SyntaxError: expected ':' (line 1)",
        "it asks for input from the keyboard, which nobody gives here.",
    ]


def test_no_stack_is_shown(worked):
    assert "Traceback" not in worked[1] and 'File "' not in worked[1] and "site-packages" not in worked[1]


def test_endless_loops_and_a_process_that_ends(tmp_path):
    raw = copy.deepcopy(release(NAME).notebook)
    cell_of(raw, "05-kl-answer")["source"] = RIGHT
    raw["cells"].insert(position(raw, "05-kl-answer"), code("while True:\n    pass"))
    raw["cells"].insert(position(raw, "05-taylor"), code("import os\nos._exit(0)"))
    (tmp_path / "mine.ipynb").write_text(json.dumps(raw), encoding="utf-8")
    with tempfile.TemporaryDirectory() as temporary:  # a short path, as sockets need
        places = {"TMPDIR": temporary, "JUPYTER_RUNTIME_DIR": f"{temporary}/runtime"}
        status, said = pytest_of(tmp_path, "--nbval-cell-timeout=3", **places)
        left = [path for path in Path(temporary).rglob("*") if "kernel-" in path.name]
    assert not left
    assert "it was stopped after 3 seconds. Is there an endless loop?" in said
    assert "PASS  05-kl  kl_to_standard_normal" in said  # what comes after is checked
    assert "the Python process ended here. Does the code call os._exit" in said
    assert "NOT YET  05-loss  (did-not-finish)\n  it did not run: the Python process had ended before." in said
    assert "1 of 9 done" in said and "Traceback" not in said and status == 1


def test_files_that_cannot_be_checked_get_a_sentence_and_other_notebooks_are_left_alone(tmp_path):
    fresh = json.dumps(release(NAME).notebook)
    files = {
        "05-kl.ipynb": b"",
        "cut.ipynb": fresh[: len(fresh) // 2].encode(),
        "bom.ipynb": b"\xef\xbb\xbf" + fresh.encode(),
        "wide.ipynb": fresh.encode("utf-16"),
        "conflict.ipynb": fresh.replace("\n", "\n<<<<<<< HEAD\n", 1).replace("[", "[\n<<<<<<< HEAD\n", 1).encode(),
        "old.ipynb": b'{"nbformat": 3, "worksheets": [], "metadata": {"vae_course": {}}}',
        "future.ipynb": fresh.replace('"assignment": "05-kl"', '"assignment": "99-future"').encode(),
        "other.ipynb": json.dumps(
            {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [code("print(1)", [printed("2\n")])]}
        ).encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    status, said = pytest_of(tmp_path, "--nbval-current-env")
    told = {line for line in said.splitlines() if line.startswith("CANNOT CHECK")}
    assert {line.split("  ")[1].partition(":")[0] for line in told} == set(files) - {"other.ipynb"}
    assert "Cell outputs differ" in said  # nbval's own words
    assert 'File "' not in said and "8 failed" in said and status == 1


def test_the_plugin_costs_nothing_where_nothing_is_to_be_done():
    """pytest loads it at every start, with whatever else is tested on this machine."""
    modules = "{'torch', 'nbval', 'nbformat', 'vae_utils.coursework', 'vae_utils.checks'}"
    script = f"import sys, vae_utils.nbval_plugin; print({modules} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"vae_utils.nbval_plugin": "vae_utils.nbval_plugin"}
