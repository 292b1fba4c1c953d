"""Student notebooks for the tests: fresh ones with answers put in."""

import copy
import importlib
import json

from vae_utils.coursework.notebooks import release


def fresh(assignment):
    """A notebook as it was handed out, as JSON."""
    return copy.deepcopy(release(assignment).notebook)


def cell(raw, grade_id):
    """The cell of this name."""
    return next(c for c in raw["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def code(source):
    """A further cell of code."""
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}


def answer(raw, **answers):
    """Write answers, ``kl="def …"`` into the cell 05-kl-answer; returns the notebook."""
    number = raw["metadata"]["vae_course"]["assignment"][:2]
    for name, source in answers.items():
        cell(raw, f"{number}-{name}-answer")["source"] = source
    return raw


def written(id, kind="right", spelling=0):
    """An answer of tests/wrong_answers, as a student would type it: the spelling's number, or its name."""
    answers = importlib.import_module(f"tests.wrong_answers.ch{id[:2]}").ANSWERS[id][kind]
    found = answers[spelling] if isinstance(spelling, str) else list(answers.values())[spelling]
    return found[0] if isinstance(found, tuple) else found


def solved(assignment, spelling=0):
    """A notebook with right answers everywhere, from tests/wrong_answers and the checks."""
    from vae_utils.checks import exercises

    raw, number = fresh(assignment), assignment[:2]
    for id, exercise in exercises(number).items():
        source = (
            f'{exercise.name} = "{exercise.right}"' if exercise.kind == "choice" else written(id, "right", spelling)
        )
        cell(raw, f"{id}-answer")["source"] = source
    return raw


def save(raw, path):
    """Write a notebook; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw if isinstance(raw, bytes) else json.dumps(raw).encode())
    return path
