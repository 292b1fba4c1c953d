"""A student's file is read whatever became of it, and what was done to its checks is told."""

import copy
import json

import pytest

from vae_utils.coursework import notebooks
from vae_utils.coursework.notebooks import CannotCheck, integrity, read_student, release, release_for

NAME = "05-kl"


@pytest.fixture
def raw():
    """A fresh notebook of chapter 5, as JSON."""
    return copy.deepcopy(release(NAME).notebook)


@pytest.fixture
def saved(tmp_path):
    def save(content, name="mine.ipynb"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return save


def checks_of(raw):
    return [cell for cell in raw["cells"] if cell["metadata"].get("nbgrader", {}).get("locked")]


# ---- bad files ----


def fresh():
    return json.dumps(release(NAME).notebook, indent=1).encode()


def without(key):
    raw = copy.deepcopy(release(NAME).notebook)
    del raw[key]
    return json.dumps(raw).encode()


def with_cell(**cell):
    raw = copy.deepcopy(release(NAME).notebook)
    raw["cells"][2] = cell
    return json.dumps(raw).encode()


def only_text():
    raw = copy.deepcopy(release(NAME).notebook)
    raw["cells"] = [cell for cell in raw["cells"] if cell["cell_type"] != "code"]
    return json.dumps(raw).encode()


CONFLICT = b'<<<<<<< HEAD\n "cells": [],\n=======\n "cells": [1],\n>>>>>>> other\n'
BAD = {
    "empty": (lambda: b"", "the file is empty"),
    "only spaces": (lambda: b" \n\n", "the file is empty"),
    "only zeros": (lambda: b"\0" * 100, "the file is empty"),
    "truncated": (lambda: fresh()[: len(fresh()) // 2], "it ends too early"),
    "truncated at once": (lambda: b"{", "it ends too early"),
    "git conflict": (lambda: fresh().replace(b' "cells"', CONFLICT + b' "cells"', 1), "git conflict markers (<<<<<<<)"),
    "byte-order mark": (lambda: b"\xef\xbb\xbf" + fresh(), "Save it as UTF-8 without BOM"),
    "UTF-16": (lambda: fresh().decode().encode("utf-16"), "UTF-16. Save it as UTF-8"),
    "latin-1": (lambda: b'{"caf\xe9": 1}', "not UTF-8"),
    "Python": (lambda: b"import torch\n", "no JSON from line 1 on"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not UTF-8"),
    "a comma too many": (lambda: fresh().replace(b"[", b"[,", 1), "no JSON from line"),
    "another JSON": (lambda: b'{"a": 1}', "no notebook. Is it the right file?"),
    "a list": (lambda: b"[1, 2]", "no notebook. Is it the right file?"),
    "deep": (lambda: b"[" * 10**5 + b"]" * 10**5, "damaged"),
    "format 3": (lambda: b'{"nbformat": 3, "worksheets": []}', "format 3 is not 4. Open it in Jupyter"),
    "format 5": (lambda: b'{"nbformat": 5, "cells": []}', "format 5 is not 4"),
    "cells lost": (lambda: b'{"nbformat": 4, "cells": {}}', "no list of cells"),
    "no format": (lambda: without("nbformat"), "no notebook"),
    "no type": (lambda: with_cell(source=""), "cell 3 is damaged: copy your answers into a fresh notebook"),
    "no source": (lambda: with_cell(cell_type="code"), "cell 3 is damaged"),
    "source of numbers": (lambda: with_cell(cell_type="code", source=[1]), "cell 3 is damaged"),
    "a cell of text": (lambda: json.dumps({"nbformat": 4, "cells": ["x"]}).encode(), "cell 1 is damaged"),
    "no code": (only_text, "no code cell"),
    "no cells": (lambda: b'{"nbformat": 4, "cells": []}', "no code cell"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_one_sentence_with_cause_and_remedy(name, saved):
    content, sentence = BAD[name]
    with pytest.raises(CannotCheck) as error:
        read_student(saved(content()))
    said = str(error.value)
    assert said.startswith("CANNOT CHECK  mine.ipynb: ") and sentence in said
    assert "\n" not in said and said[-1] in ".?" and len(said) < 160


def test_a_missing_file_a_folder_and_a_locked_one(tmp_path, monkeypatch):
    with pytest.raises(CannotCheck, match="there is no such file"):
        read_student(tmp_path / "none.ipynb")
    with pytest.raises(CannotCheck, match="a folder, not a notebook"):
        read_student(tmp_path)
    path = tmp_path / "locked.ipynb"
    path.write_text("{}")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(CannotCheck, match=r"cannot be opened \(Permission denied\)"):
        read_student(path)


def test_a_huge_file_is_not_read(saved, monkeypatch):
    monkeypatch.setattr(notebooks, "LARGEST", 1_000_000)
    with pytest.raises(CannotCheck, match=r"over 1 MB\. Clear its outputs"):
        read_student(saved(b" " * 1_000_001))


def test_an_assignment_that_nobody_knows(saved, raw):
    raw["metadata"]["vae_course"]["assignment"] = "99-future"
    with pytest.raises(CannotCheck, match=r"it calls itself '99-future'.*Update vae_utils"):
        release_for(read_student(saved(raw)))


# ---- good ones ----


def test_a_fresh_notebook_is_whole(saved, raw):
    notebook = read_student(saved(raw))
    released = release_for(notebook)
    found = integrity(notebook, released)
    assert released.assignment == notebook.assignment == NAME
    assert not found.problems and not found.missing
    assert list(found.places.values()) == list(released.checks)
    assert all(notebook.cells[i].grade_id == check.grade_id for i, check in found.places.items())


@pytest.mark.parametrize("name", notebooks.assignments())
def test_every_release_is_whole(name):
    released = release(name)
    assert released.assignment == name == released.notebook["metadata"]["vae_course"]["assignment"]
    for check in released.checks:
        assert f'check("{check.grade_id}")' in check.source
        (output,) = check.outputs
        assert output["text"].startswith(f"PASS  {check.grade_id}  ")


def test_a_release_that_was_changed_is_refused(monkeypatch, tmp_path):
    path = tmp_path / f"{NAME}.json"
    for text in ('{"cells": [], "sha256": "0"}', "{", "{}"):
        path.write_text(text)
        monkeypatch.setattr(notebooks, "_released", lambda: tmp_path)
        with pytest.raises(CannotCheck, match=r"damaged\. Install vae_utils again"):
            release.__wrapped__(NAME)


def test_there_is_no_release_by_another_name():
    for name in ("99-none", "../released/05-kl", ""):
        with pytest.raises(CannotCheck, match="there is no exercise notebook"):
            release(name)


def test_what_is_lost_without_harm_is_not_missed(saved, raw):
    for cell in raw["cells"]:
        cell.pop("metadata"), cell.pop("outputs", 0), cell.pop("execution_count", 0), cell.pop("id", 0)
        cell["source"] = cell["source"].splitlines(keepends=True) if isinstance(cell["source"], str) else cell["source"]
    raw["metadata"] = {"kernelspec": {"name": "julia"}}
    notebook = read_student(saved(raw))
    released = release_for(notebook)
    found = integrity(notebook, released)
    assert released.assignment == NAME
    assert not found.problems and not found.missing and len(found.places) == len(released.checks)


def test_another_notebook_is_none_of_ours(saved):
    for source in ("1 + 1", "check('this')", "# 05-kl"):
        cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        assert release_for(read_student(saved({"nbformat": 4, "metadata": {}, "cells": [cell]}))) is None


def test_odd_metadata_do_no_harm(saved, raw):
    raw["cells"][2]["metadata"] = {"nbgrader": "yes", "tags": "no"}
    raw["cells"][5]["metadata"] = {"nbgrader": {"grade_id": 3}, "tags": [1, "two"]}
    notebook = read_student(saved(raw))
    assert notebook.cells[2].grade_id is None and notebook.cells[2].tags == ()
    assert notebook.cells[5].grade_id is None and notebook.cells[5].tags == ("two",)
    for odd in (None, 3, {"vae_course": 5}, {"vae_course": {"assignment": ["05-kl"]}}):
        raw["metadata"] = odd
        assert release_for(read_student(saved(raw))).assignment == NAME


# ---- the checks ----


def found_in(saved, raw):
    notebook = read_student(saved(raw))
    return notebook, integrity(notebook, release_for(notebook))


def test_an_edited_check_is_told_and_the_real_one_runs_in_its_place(saved, raw):
    cell = checks_of(raw)[1]
    cell["source"] = "# " + "".join(cell["source"])
    notebook, found = found_in(saved, raw)
    (problem,) = found.problems
    assert problem.startswith("CHANGED  05-kl: its check was edited.")
    place = next(i for i, check in found.places.items() if check.grade_id == "05-kl")
    assert notebook.cells[place].source.startswith("# ") and not found.missing


def test_a_deleted_check_is_told_and_runs_at_the_end(saved, raw):
    raw["cells"].remove(checks_of(raw)[1])
    _, found = found_in(saved, raw)
    assert found.problems == ("CHANGED  05-kl: its check is missing. Copy it back from a fresh notebook.",)
    assert [check.grade_id for check in found.missing] == ["05-kl"]


@pytest.mark.parametrize("kind", ["raw", "markdown"])
def test_a_check_that_became_text_is_told(saved, raw, kind):
    checks_of(raw)[1]["cell_type"] = kind
    _, found = found_in(saved, raw)
    assert found.problems == ("CHANGED  05-kl: its check was turned into text. Make it a code cell again.",)
    assert [check.grade_id for check in found.missing] == ["05-kl"]


def test_a_copy_of_a_check_does_no_harm(saved, raw):
    cell = checks_of(raw)[1]
    at = raw["cells"].index(cell)
    raw["cells"].insert(at, copy.deepcopy(cell))
    raw["cells"].insert(at, {"cell_type": "code", "source": 'check("05-kl")', "metadata": {}})
    _, found = found_in(saved, raw)
    assert not found.problems and not found.missing
    assert found.places[at + 2].grade_id == "05-kl"  # the last copy counts, which sees all of the answer


def test_spaces_do_no_harm_but_anything_else_does(saved, raw):
    cell = checks_of(raw)[0]
    source = "".join(cell["source"])
    cell["source"] = "\n" + source.replace("\n", "  \n") + "\n\n"
    assert not found_in(saved, raw)[1].problems
    for change in (source + "\npass", "print('PASS')", source.replace("check(", "(lambda x: 0)("), ""):
        cell["source"] = change
        assert len(found_in(saved, raw)[1].problems) == 1


def test_two_checks_in_one_cell_are_both_run(saved, raw):
    first, second = checks_of(raw)[:2]
    first["source"] = "".join(first["source"]) + "\n" + "".join(second["source"])
    raw["cells"].remove(second)
    _, found = found_in(saved, raw)
    ran = [check.grade_id for check in [*found.places.values(), *found.missing]]
    assert sorted(ran) == sorted(check.grade_id for check in release(NAME).checks)
    assert len(found.problems) == 2


def test_everything_deleted_but_an_answer_still_knows_where_it_comes_from(saved, raw):
    raw["cells"] = raw["cells"][:3]
    _, found = found_in(saved, raw)
    assert len(found.missing) == len(release(NAME).checks) == len(found.problems)
