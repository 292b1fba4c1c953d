"""What students may type, right and wrong: texts only, written before, and kept apart from, what judges them."""


def after(head: str, answers: dict[str, dict]) -> dict[str, dict]:
    """The same answers, each text with the lines of ``head`` (its imports) in front."""
    return {
        exercise: {
            "right": {name: head + text for name, text in kinds["right"].items()},
            "wrong": {name: (head + text, mistake) for name, (text, mistake) in kinds["wrong"].items()},
            "unlisted": {name: head + text for name, text in kinds["unlisted"].items()},
        }
        for exercise, kinds in answers.items()
    }
