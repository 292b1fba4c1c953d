"""``vae-course check``: a notebook is run and judged, whatever is wrong with it, in one sentence each."""

import re
import time
from pathlib import Path

import pytest

from tests.coursework_files import answer, cell, code, fresh, save, solved, written
from tests.test_coursework_notebooks import BAD
from vae_utils import checks
from vae_utils.__main__ import main
from vae_utils.coursework import judging, process
from vae_utils.coursework.judging import Judged, judged
from vae_utils.coursework.notebooks import assignments

ANSWERS_05 = ("predict", "kl", "general", "montecarlo", "taylor", "loss", "q1", "q2", "q3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("judging")


def by_name(result):
    assert not result.cannot
    return {verdict.id.partition("-")[2]: verdict for verdict in result.judged}


# ---- cells that do not end well ----

CELLS = {
    "predict": ("three_kls = (0, 0.5", "syntax-error", "The cell of three_kls has a syntax error in line 1: "),
    "kl": ("while True: pass\ndef kl_to_standard_normal(mu, logvar): ...", "too-slow", "was stopped after 1 seconds."),
    "general": ("import os\nos._exit(0)\ndef kl_normal_normal(): ...", "python-ended", "Python ended in the cell of"),
    "montecarlo": ("n = input('n? ')\ndef kl_monte_carlo(): ...", "asks-for-input", "asks for input from the keyboard"),
    "taylor": (
        "import sys\nsys.exit()\ndef taylor_kl(): ...",
        "exits",
        "calls exit() or sys.exit(), which ends Python.",
    ),
    "loss": ("import torch\nnegative_elbo = torch.zeros(10**14)", "raised", "asked for more memory than there is"),
    "q1": ("x = 1\nanswer_05_q1 = 1 / 0", "raised", "raised ZeroDivisionError in line 2: division by zero"),
    "q2": ("exit()\nanswer_05_q2 = 'a'", "exits", "calls exit() or sys.exit()"),
    "q3": ("answer_05_q3 = 'c'", "", ""),
}


@pytest.fixture(scope="module")
def accidents(folder):
    raw = answer(fresh("05-kl"), **{name: source for name, (source, _, _) in CELLS.items()})
    raw["cells"].insert(3, code("print('PASS  05-kl  kl_to_standard_normal')\nundefined_name"))
    raw["cells"].append(code("while True:\n    try:\n        pass\n    except BaseException:\n        pass"))
    begun = time.monotonic()
    result = judged(save(raw, folder / "accidents.ipynb"), seconds=1)
    return result, time.monotonic() - begun


def test_a_failed_cell_gets_one_sentence_and_stops_no_other(accidents):
    verdicts = by_name(accidents[0])
    assert {name: v.mistake for name, v in verdicts.items()} == {name: m for name, (_, m, _) in CELLS.items()}
    for name, (_, mistake, sentence) in CELLS.items():
        assert sentence in verdicts[name].hint or not mistake
        assert "Traceback" not in verdicts[name].hint and len(verdicts[name].hint) < 240


def test_a_cell_that_will_not_end_is_ended(accidents):
    """Two endless loops of one second each, one of which catches every exception, and some starts of Python."""
    assert accidents[1] < 60


def test_other_cells_that_failed_are_noted(accidents):
    notes = accidents[0].notes
    assert [note for note in notes if note.startswith("NOTE  The cell no. 4 raised NameError in line 2: ")]
    assert [note for note in notes if "was stopped after 1 seconds" in note]
    assert len(notes) == 2


# ---- answers that do not end well when they are called ----


def head(name, arguments, body):
    return f"import os, sys, torch\ndef {name}({arguments}):\n    {body}\n"


CALLED = {
    "kl": (head("kl_to_standard_normal", "mu, logvar", "os._exit(0)"), "python-ended", "Python ended when kl_to_stan"),
    "general": (head("kl_normal_normal", "*a", "input()"), "asks-for-input", "asks for input from the keyboard"),
    "montecarlo": (head("kl_monte_carlo", "*a", "sys.exit()"), "exits", "calls exit() or sys.exit()"),
    "taylor": (head("taylor_kl", "mu, logvar", "return torch.zeros(10**14)"), "raised", "more memory than there is"),
    "loss": (
        head("negative_elbo", "*a", "\n    ".join(["while True:", "  try: pass", "  except BaseException: pass"])),
        "too-slow",
        "negative_elbo did not end and had to be stopped.",
    ),
    "q1": ("answer_05_q1 = 'z'", "wrong-type", "Assign one of the letters a, b, c, d"),
}


def test_an_answer_that_misbehaves_gets_one_sentence_and_spoils_no_other(folder, monkeypatch):
    monkeypatch.setattr(judging, "JUDGING", 3.0)
    monkeypatch.setattr(process, "GRACE", 0.5)
    raw = answer(fresh("05-kl"), **{name: source for name, (source, _, _) in CALLED.items()})
    answer(raw, predict=written("05-predict"), q3="answer_05_q3 = 'c'")
    verdicts = by_name(judged(save(raw, folder / "called.ipynb")))
    expected = {name: mistake for name, (_, mistake, _) in CALLED.items()}
    assert {n: v.mistake for n, v in verdicts.items()} == expected | {"predict": "", "q2": "not-attempted", "q3": ""}
    for name, (_, _, sentence) in CALLED.items():
        assert sentence in verdicts[name].hint


def test_a_notebook_that_takes_too_long_in_all_is_ended(folder):
    raw = fresh("05-kl")
    raw["cells"].insert(1, code("import time\ntime.sleep(30)"))
    begun = time.monotonic()
    verdicts = by_name(judged(save(raw, folder / "long.ipynb"), in_all=1))
    assert time.monotonic() - begun < 25
    assert {v.mistake for v in verdicts.values()} == {"too-slow"}
    assert "The notebook took longer than 1 seconds in all" in verdicts["kl"].hint


# ---- the same sentences as in the notebook ----


def test_the_sentences_are_those_of_the_check_in_the_notebook(folder, capsys):
    raw = fresh("05-kl")
    sources = {name: written(f"05-{name}", "wrong") for name in ANSWERS_05[:6]}
    sources |= {"q1": "answer_05_q1 = 'a'", "q2": "answer_05_q2 = ' C. '", "kl": "kl_std_normal = print"}
    result = judged(save(answer(raw, **sources), folder / "wrong.ipynb"))
    for verdict in result.judged:
        names = {}
        if verdict.id[3:] in sources:
            exec(sources[verdict.id[3:]], names)
        else:
            names[verdict.name] = ...
        try:
            checks.check(verdict.id, names)
            said = capsys.readouterr().out.strip()
        except checks.CheckFailed as failed:
            said = str(failed)
        assert str(verdict) == said
    assert "did you rename it?" in by_name(result)["kl"].hint


def test_right_answers_pass(folder):
    result = judged(save(solved("05-kl", 1), folder / "right.ipynb"))
    assert result.status == 0 and not result.changed and not result.notes
    assert result.lines()[0] == "PASS  05-predict  three_kls"
    assert result.lines()[-1] == "right.ipynb: 9 of 9 exercises done"


@pytest.mark.parametrize("assignment", assignments())
def test_an_untouched_notebook_is_not_attempted(assignment, folder):
    """Also where the student is given code with a bug in it, or a first line."""
    result = judged(save(fresh(assignment), folder / "untouched.ipynb"))
    assert {verdict.mistake for verdict in result.judged} == {"not-attempted"} and result.status == 1
    assert [verdict.id for verdict in result.judged] == list(checks.exercises(assignment[:2]))
    assert not result.notes and not result.changed


# ---- checks that were changed, and what is lost without harm ----


def test_changed_checks_are_told_and_judged_all_the_same(folder):
    raw = answer(solved("05-kl"), kl=written("05-kl", "wrong", "no half"))
    cell(raw, "05-kl")["source"] = "print('PASS  05-kl  kl_to_standard_normal')"
    raw["cells"].remove(cell(raw, "05-general"))
    cell(raw, "05-taylor")["cell_type"] = "raw"
    answer(raw, taylor=written("05-taylor", "wrong"))
    result = judged(save(raw, folder / "changed.ipynb"))
    assert [
        re.match(r"CHANGED  ([\w-]+): its check was (\w+)|CHANGED  ([\w-]+): its check is (\w+)", c).groups()
        for c in result.changed
    ] == [
        ("05-kl", "edited", None, None),
        (None, None, "05-general", "missing"),
        ("05-taylor", "turned", None, None),
    ]
    verdicts = by_name(result)
    assert verdicts["kl"].mistake == "missing-half" and verdicts["general"].passed and verdicts["taylor"].mistake
    assert result.status == 1
    assert result.lines()[0].startswith("CHANGED  05-kl: ")


def test_what_does_no_harm_is_accepted(folder):
    """Lost metadata, another kernel, cleared outputs, a copy of a check, scratch cells, magics, an early check."""
    raw = solved("05-kl")
    raw["cells"].insert(
        0, code("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\n!true")
    )
    raw["cells"].insert(0, code("check('05-kl')  # too early\nprint('never here')"))
    raw["cells"].append(code("check('05-kl')\nhint('05-kl')\n1 + 1"))
    raw["cells"].append(dict(cell(raw, "05-kl")))
    for each in raw["cells"]:
        each["metadata"] = {}
        each.pop("outputs", 0), each.pop("execution_count", 0), each.pop("id", 0)
    raw["metadata"] = {"kernelspec": {"name": "julia-1.9", "language": "julia"}}
    result = judged(save(raw, folder / "harmless.ipynb"))
    assert result.status == 0 and not result.notes, result.lines()


def test_each_check_runs_where_it_stands(folder):
    """A later cell may give a helper another meaning."""
    raw = answer(
        fresh("05-kl"),
        kl="def half(x):\n    return x / 2\n\ndef kl_to_standard_normal(mu, logvar):\n"
        "    return half(mu**2 + logvar.exp() - 1 - logvar).sum(-1)",
        general="def half(x):\n    raise RuntimeError",
    )
    assert by_name(judged(save(raw, folder / "helper.ipynb")))["kl"].passed


# ---- the command ----


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_its_sentence_at_once(name, folder, capsys):
    content, sentence = BAD[name]
    begun = time.monotonic()
    assert main(["check", str(save(content(), folder / "bad" / "mine.ipynb"))]) == 2
    assert time.monotonic() - begun < 5
    out, error = capsys.readouterr()
    assert out.startswith("CANNOT CHECK  mine.ipynb: ") and sentence in out and out.count("\n") == 1
    assert not error


def test_files_that_are_none(folder, capsys):
    other = save({"nbformat": 4, "metadata": {}, "cells": [code("1 + 1")]}, folder / "other.ipynb")
    future = fresh("05-kl")
    future["metadata"]["vae_course"]["assignment"] = "99-future"
    future = save(future, folder / "future.ipynb")
    assert main(["check", str(folder / "none.ipynb"), str(folder), str(other), str(future)]) == 2
    none, a_folder, not_ours, unknown = capsys.readouterr().out.split("\n\n")
    assert none.startswith("CANNOT CHECK") and "there is no such file" in none
    assert "a folder, not a notebook" in a_folder
    assert "none of the course's exercise notebooks" in not_ours
    assert "99-future" in unknown and "Update vae_utils" in unknown


def test_several_files_and_the_exit_status_of_the_worst(folder, capsys):
    right = save(solved("05-kl"), folder / "05-right.ipynb")
    before = right.read_bytes()
    assert main(["check", str(right)]) == 0
    assert main(["check", str(right), str(save(fresh("03-posterior"), folder / "03.ipynb"))]) == 1
    out = capsys.readouterr().out
    assert "05-right.ipynb: 9 of 9 exercises done" in out and "03.ipynb: 0 of 9 exercises done" in out
    assert right.read_bytes() == before


def test_a_number_means_the_notebook_that_start_made_here(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr(judging, "judged", lambda path, seconds: asked.append(str(path)) or judging.Result(path))
    assert main(["start", "05", "07"]) == 0
    (tmp_path / "05-kl old.ipynb").write_text("")
    assert main(["check", "05", "5", "7", "other/05-kl.ipynb", "05.ipynb"]) == 0
    assert asked == ["05-kl.ipynb", "05-kl.ipynb", "07-vae.ipynb", str(Path("other/05-kl.ipynb")), "05.ipynb"]


def test_a_number_is_judged_as_its_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(solved("05-kl"), tmp_path / "05-kl.ipynb")
    assert main(["check", "05"]) == 0
    assert "PASS  05-kl  kl_to_standard_normal\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("05", "there is no 05-kl.ipynb in the folder {here}; `vae-course start 05` makes it"),
        ("3", "there is no 03-posterior.ipynb in the folder {here}; `vae-course start 03` makes it"),
        ("11", "there are no exercises of a chapter 11; there are 01, 02, 03, 04, 05, 06, 07, 08, 09, 10\n"),
        ("0", "there are no exercises of a chapter 0; there are 01, "),
        ("005", "there is no 05-kl.ipynb in the folder {here}"),
        ("٥", "there are no exercises of a chapter ٥; there are 01, "),
    ],
)
def test_a_number_without_a_notebook_gets_one_sentence(number, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(fresh("04-collapse"), tmp_path / "04-collapse.ipynb")
    (tmp_path / number).mkdir()  # a folder of that name is not meant
    assert main(["check", "04", number]) == 2
    out, error = capsys.readouterr()
    assert error.startswith("vae-course check: " + said.format(here=tmp_path)) and error.count("\n") == 1
    assert not out, "nothing is judged before all is found"


def test_the_options_are_checked(capsys):
    for words in (["check"], ["check", "a.ipynb", "--timeout", "0"], ["check", "a.ipynb", "--timeout", "soon"]):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 2
        assert capsys.readouterr().err.startswith("vae-course check: ")


@pytest.mark.parametrize("name", ["start", "check", "progress", "report", "regrade"])
def test_the_help_teaches(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    text = capsys.readouterr().out
    assert "examples:" in text and "exit status" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_process_that_cannot_start_is_nobodys_mistake(folder, monkeypatch):
    def refuse(self, *args, **named):
        raise process.Gone("python-ended")

    monkeypatch.setattr(process.Process, "ask", refuse)
    path = save(fresh("05-kl"), folder / "start.ipynb")
    assert "no Python process" in judged(path).cannot


def test_a_verdict_as_text():
    assert str(Judged("05-kl", "f")) == "PASS  05-kl  f"
    text = str(Judged("05-kl", "f", "wrong-sign", "word " * 40))
    assert text.startswith("NOT YET  05-kl  (wrong-sign)\n  word") and max(map(len, text.splitlines())) <= 76


def test_nothing_heavy_is_imported_to_say_that_a_file_is_bad():
    import subprocess
    import sys

    script = "import sys; from vae_utils.__main__ import main; main(['check', 'none']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "False", done
