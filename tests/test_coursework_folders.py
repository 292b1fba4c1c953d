"""``vae-course start``, ``progress`` and ``report``: fresh notebooks, one student's folder, a class."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.coursework_files import answer, cell, code, fresh, save, solved, written
from vae_utils.__main__ import main
from vae_utils.coursework import folders, handout, outside
from vae_utils.coursework.judging import Judged, Result
from vae_utils.coursework.notebooks import assignments, integrity, read_student, release, release_for

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(folders.platformdirs, "user_cache_path", lambda *a, **k: tmp_path / "cache")
    return tmp_path / "cache"


# ---- start ----


def test_a_chapter_is_named_by_its_number_or_its_name_or_with_all_others():
    assert handout.chosen(["5"]) == handout.chosen(["05"]) == handout.chosen(["05-kl.ipynb"]) == ["05-kl"]
    assert handout.chosen(["07", "05-kl", "7"]) == ["07-vae", "05-kl"]
    assert handout.chosen(["all"]) == assignments() and len(assignments()) == 10
    for word in ("99", "kl", "", "²"):
        with pytest.raises(ValueError, match="there are no exercises"):
            handout.chosen([word])


def test_start_copies_and_never_overwrites(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["start", "05"]) == 0
    assert capsys.readouterr().out == "05-kl.ipynb is new. When you have answered: vae-course check 05-kl.ipynb\n"
    path = tmp_path / "05-kl.ipynb"
    path.write_text("my work")
    assert main(["start", "05-kl"]) == 1
    said = capsys.readouterr().out
    assert "is there already and stays as it is" in said and "rename it" in said and "--into fresh" in said
    assert main(["start", "all"]) == 0
    assert path.read_text() == "my work"
    assert sorted(file.stem for file in tmp_path.glob("*.ipynb")) == assignments()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere.ipynb")
    os.replace(tmp_path / "link", path)  # a link that leads nowhere is not followed
    assert main(["start", "05"]) == 1 and not (tmp_path / "nowhere.ipynb").exists()
    assert main(["start", "05", "--into", "new/folder"]) == 0 and (tmp_path / "new/folder/05-kl.ipynb").is_file()


def test_start_says_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["start", "99"]) == 2
    assert "there are no exercises '99'; there are 01-map, " in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["start", "05", "--into", "file"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("vae-course start: file") and "Traceback" not in error


@pytest.mark.parametrize("name", assignments())
def test_a_fresh_notebook_is_the_released_one(name, tmp_path):
    handout.start(name, tmp_path)
    notebook = read_student(tmp_path / f"{name}.ipynb")
    found = integrity(notebook, release_for(notebook))
    assert not found.problems and not found.missing
    assert [cell.grade_id for cell in notebook.cells] == [
        cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in release(name).notebook["cells"]
    ]


@pytest.mark.parametrize("name", assignments())
def test_links_that_lead_nowhere_become_words(name, tmp_path):
    """Beside the course's chapters they stay."""
    away = json.loads(handout.fresh(name, tmp_path))
    text = "".join("".join(cell["source"]) for cell in away["cells"])
    assert "](../" not in text and f"(chapter {int(name[:2])})" in text
    here = json.loads(handout.fresh(name, ROOT / "chapters" / "exercises"))
    stored = json.loads((ROOT / "chapters" / "exercises" / f"{name}.ipynb").read_text("utf-8"))
    assert ["".join(c["source"]) for c in here["cells"]] == ["".join(c["source"]) for c in stored["cells"]]


def test_the_package_holds_what_start_needs(tmp_path):
    """From a copy that has nothing but the package's own files, as a wheel has, away from the course."""
    with zipfile.ZipFile(tmp_path / "wheel.zip", "w") as wheel:
        for path in (ROOT / "vae_utils").rglob("*"):
            if path.suffix in (".py", ".json") and "__pycache__" not in path.parts:
                wheel.write(path, path.relative_to(ROOT))
    site, work = tmp_path / "site", tmp_path / "work"
    zipfile.ZipFile(tmp_path / "wheel.zip").extractall(site)
    work.mkdir()
    script = (
        f"import sys; sys.path.insert(0, {str(site)!r})\nimport vae_utils; print(vae_utils.__file__)\n"
        "from vae_utils.__main__ import main\nprint(main(['start', 'all']))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=work, capture_output=True, text=True, timeout=60)
    said = done.stdout.splitlines()
    assert said[0].startswith(str(site)) and said[-1] == "0", done
    assert len(list(work.glob("*.ipynb"))) == 10


# ---- progress ----


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """A folder with work in all states."""
    folder = tmp_path_factory.mktemp("student")
    raw = answer(fresh("05-kl"), kl=written("05-kl", "wrong", "no half"), predict=written("05-predict"))
    save(raw, folder / "05-kl.ipynb")
    save(fresh("05-kl"), folder / "05-kl old.ipynb")
    os.utime(folder / "05-kl old.ipynb", (1, 1))
    save(solved("03-posterior"), folder / "my answers.ipynb")
    save(b"{", folder / "02-distance.ipynb")
    save({"nbformat": 4, "metadata": {}, "cells": [code("1")]}, folder / "other.ipynb")
    return folder


def test_progress_is_a_table(student, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["progress", str(student)]) == 0
    lines = capsys.readouterr().out.splitlines()
    by_chapter = {line.split()[0]: line for line in lines if line[:1].isdigit() and line.split()[0] in assignments()}
    assert sorted(by_chapter) == assignments()
    assert re.search(r"1 of 9 +✓ predict  ✗ kl \(missing-half\)  · general", by_chapter["05-kl"])
    assert "9 of 9" in by_chapter["03-posterior"]
    assert by_chapter["01-map"].endswith("–         not begun: vae-course start 01")
    assert "CANNOT CHECK  02-distance.ipynb: it ends too early" in by_chapter["02-distance"]
    assert any("05-kl old.ipynb is an older copy and was not counted" in line for line in lines)
    assert lines[-2] == "10 of 18 exercises in 3 notebooks are right"
    assert max(map(len, lines)) <= 100 and not any(line.endswith(" ") for line in lines)


def test_progress_where_the_terminal_knows_no_marks(student, capsys, monkeypatch):
    class Old(io.StringIO):
        encoding = "ascii"

    old = Old()
    monkeypatch.setattr(sys, "stdout", old)
    assert main(["progress", str(student)]) == 0
    assert "+ predict  x kl (missing-half)  . general" in old.getvalue()


def test_progress_says_what_is_wrong(tmp_path, capsys):
    assert main(["progress", str(tmp_path / "none")]) == 2
    assert "there is no such folder" in capsys.readouterr().err
    (tmp_path / "a.ipynb").write_text("")
    assert main(["progress", str(tmp_path / "a.ipynb")]) == 2
    assert "this is a file; name its folder" in capsys.readouterr().err
    (tmp_path / "a.ipynb").unlink()
    assert main(["progress", str(tmp_path)]) == 0
    assert "0 of 0 exercises in 0 notebooks are right" in capsys.readouterr().out


def test_a_verdict_is_kept_as_long_as_nothing_changes(tmp_path, monkeypatch):
    path, asked = save(fresh("05-kl"), tmp_path / "05-kl.ipynb"), []

    def judge(path, mistake="wrong-sign"):
        asked.append(path.name)
        return Result(path, "05-kl", (Judged("05-kl", "kl", mistake, "hint", 2),), ("CHANGED …",), ("NOTE …",))

    def seen(**named):
        before = len(asked)
        (result, *_) = folders.progress(tmp_path, judge=judge, **named)["05-kl"]
        assert result == judge(path) or result.judged
        asked.pop()
        return len(asked) > before

    assert seen() and not seen()
    (first, *_) = folders.progress(tmp_path, judge=None)["05-kl"]
    assert first == judge(path), "what is kept is what was found"
    asked.clear()
    assert seen(again=True) and not seen()
    raw = fresh("05-kl")
    cell(raw, "05-kl")["outputs"] = []
    save(raw, path)
    assert not seen(), "stored outputs count for nothing"
    save(answer(raw, kl="x = 1"), path)
    assert seen() and not seen()
    (tmp_path / "helper.py").write_text("x = 1")
    assert seen() and not seen()
    monkeypatch.setattr(folders, "_package", lambda: [tmp_path / "helper.py"])
    assert seen() and not seen()


@pytest.mark.parametrize("mistake", ["too-slow", "python-ended"])
def test_a_verdict_that_may_be_chance_is_not_kept(tmp_path, mistake):
    path, asked = save(fresh("05-kl"), tmp_path / "05-kl.ipynb"), []

    def judge(path):
        asked.append(path)
        return Result(path, "05-kl", (Judged("05-kl", "kl", mistake, "hint"),))

    for _ in range(2):
        folders.progress(tmp_path, judge=judge)
    assert asked == [path, path]


def test_a_broken_cache_does_no_harm(tmp_path, cache):
    path = save(fresh("05-kl"), tmp_path / "05-kl.ipynb")

    def judge(path):
        return Result(path, "05-kl", (Judged("05-kl", "kl"),))

    folders.progress(tmp_path, judge=judge)
    (kept,) = cache.rglob("*.json")
    for text in ("", "{", "[]", '{"judged": 3}', '{"judged": [{"no": 1}]}', '{"judged": [], "other": 1}'):
        kept.write_text(text)
        assert folders.progress(tmp_path, judge=judge)["05-kl"][0] == judge(path)
    cache.rename(tmp_path / "away")
    cache.write_text("a file where the folder should be")
    assert folders.progress(tmp_path, judge=judge)["05-kl"][0] == judge(path)


# ---- a class ----


@pytest.fixture(scope="module")
def class_of(tmp_path_factory):
    """Folders of students, nbgrader's folders, files by name, and whatever else is handed in."""
    folder = tmp_path_factory.mktemp("submitted")
    no_half = answer(fresh("05-kl"), kl=written("05-kl", "wrong", "no half"), q1="answer_05_q1 = 'a'")
    save(no_half, folder / "ada" / "05-kl" / "05-kl.ipynb")
    save(no_half, folder / "=cmd|' C calc'!A1" / "05-kl.ipynb")
    save(solved("05-kl"), folder / "cleo" / "05-kl.ipynb")
    save(fresh("05-kl"), folder / "cleo" / "05-kl copy.ipynb")
    os.utime(folder / "cleo" / "05-kl copy.ipynb", (1, 1))
    save(fresh("05-kl"), folder / "cleo" / ".ipynb_checkpoints" / "05-kl-checkpoint.ipynb")
    save(b"{", folder / "dora" / "05-kl.ipynb")
    (folder / "emil").mkdir()
    raw = answer(fresh("05-kl"), kl=written("05-kl", "wrong", "no half"))
    cell(raw, "05-kl")["source"] = "print('PASS')"
    save(raw, folder / "Fay Ö_05-kl.ipynb")
    (folder / "notes.txt").write_text("")
    (folder / "gil").mkdir()
    (folder / "gil" / "05-kl.ipynb").symlink_to(folder / "cleo" / "05-kl.ipynb")
    return folder


@pytest.fixture(scope="module")
def table(class_of, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "week5.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outside, "keep_memory_private", lambda: None)  # tests go on in this process
        assert main(["report", str(class_of), "--out", str(out)]) == 0
    return out


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_a_class_is_a_table_of_student_exercise_and_mistake(table):
    found = rows(table)
    assert list(found[0]) == ["student", "file", "assignment", "exercise", "verdict", "mistake", "points", "remark"]
    kl = {row["student"]: row for row in found if row["exercise"] == "05-kl"}
    assert sorted(kl) == ["'=cmd|' C calc'!A1", "Fay Ö", "ada", "cleo"]
    assert (kl["ada"]["verdict"], kl["ada"]["mistake"], kl["ada"]["points"]) == ("not yet", "missing-half", "0")
    assert (kl["cleo"]["verdict"], kl["cleo"]["mistake"], kl["cleo"]["points"]) == ("pass", "", "2")
    assert kl["Fay Ö"]["mistake"] == "missing-half" and kl["Fay Ö"]["remark"].startswith("its check was edited")
    assert sum(row["verdict"] == "not attempted" for row in found if row["student"] == "ada") == 7
    assert sum(float(row["points"]) for row in found if row["student"] == "cleo") == sum(
        check.points for check in release("05-kl").checks
    )


def test_what_cannot_be_judged_has_a_line_that_says_why(table):
    refused = {row["student"]: row for row in rows(table) if row["verdict"] == "cannot check"}
    assert sorted(refused) == ["dora", "emil", "gil"]
    assert "it ends too early" in refused["dora"]["remark"]
    assert "no notebook" in refused["emil"]["remark"] and "a link" in refused["gil"]["remark"]
    (older,) = [row for row in rows(table) if row["verdict"] == "not counted"]
    assert older["file"] == "cleo/05-kl copy.ipynb"


def test_mistakes_are_ranked(table):
    ranked = rows(table.with_name("week5-mistakes.csv"))
    assert [(row["exercise"], row["mistake"], row["students"], row["tried"]) for row in ranked] == [
        ("05-kl", "missing-half", "3", "4"),
        ("05-q1", ranked[1]["mistake"], "2", "3"),
    ]
    assert "The ½ belongs to the KL" in ranked[0]["hint"]


def test_no_cell_of_a_table_is_a_formula(table):
    raw = []
    for path in (table, table.with_name("week5-mistakes.csv")):
        raw += csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    assert not [cell for line in raw for cell in line if cell.lstrip(" ")[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")]
    assert (
        folders._harmless("a=b") == "a=b" and folders._harmless(" =1") == "' =1" and folders._harmless("\t1") == "'\t1"
    )


def test_a_report_is_not_overwritten_and_bad_folders_are_refused(table, class_of, tmp_path, capsys):
    before = table.read_bytes()
    for folder, out, sentence in (
        (class_of, table, "exists and is not overwritten"),
        (tmp_path / "none", tmp_path / "a.csv", "there is no such folder"),
        (class_of, tmp_path / "none" / "a.csv", "there is no such folder"),
        (tmp_path, tmp_path / "a.csv", "there are no notebooks in it"),
    ):
        assert main(["report", str(folder), "--out", str(out)]) == 2
        error = capsys.readouterr().err
        assert sentence in error and "Traceback" not in error
    assert table.read_bytes() == before


def test_whatever_the_judge_does_costs_one_submission(class_of):
    def judge(path):
        if "ada" in str(path):
            raise RuntimeError("a mistake of ours")
        return Result(path, "05-kl", (Judged("05-kl", "kl"),))

    found = {row.student: row for row, _ in folders.judge_class(class_of, judge, lambda file: None)}
    assert found["ada"].remark == "the judge failed with RuntimeError: a mistake of ours"
    assert found["cleo"].verdict in ("pass", "not counted") and found["Fay Ö"].verdict == "pass"


NAMED = {"ada_05-kl": "ada", "05-kl-ada": "ada", "05-kl": "05-kl", "ada": "ada", "a b (05-kl)": "a b"}


@pytest.mark.parametrize(("stem", "student"), NAMED.items())
def test_the_name_in_a_file_name(stem, student):
    assert folders._named_in(stem) == student
