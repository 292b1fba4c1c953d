"""The sentences for what can go wrong with any answer."""

from __future__ import annotations

from .exercise import HINT_LENGTH

GENERAL = {
    "not-attempted": "Nothing is written in {name} yet. Put your answer where the dots are, run the cell, then check.",
    "no-such-name": "There is nothing called {name}. {detail}",
    "not-a-function": "{name} is {detail}, which cannot be called. Was the name assigned to something else?",
    "raised": "Calling {name}{signature} raised {detail}",
    "returned-none": "{name} returned None. Was the result printed instead of returned, or `return` forgotten?",
    "not-a-tensor": "{name} returned {detail} where a torch tensor is expected. NumPy, lists, .item() and float() cut "
    "the gradient off.",
    "wrong-type": "{name} {detail}.",
    "wrong-shape": "{detail}",
    "not-finite": "{name} gives nan or inf where the right value is finite: {detail}. Look for a logarithm, root or "
    "division of something zero or negative, or an exp that overflows.",
    "no-gradient": "{name} passes no gradient on to its inputs, and training needs it.{detail} Look for detach, "
    "no_grad, NumPy, .item(), .data or a sample drawn without reparameterization.",
    "mutates-input": "{name} changes its own arguments, by an in-place operation such as += or mul_. Make a new "
    "tensor instead: the caller still needs the old one.",
    "random": "{name} gives another result at each call, but nothing is random in this exercise.",
    "exits": "{name} calls exit() or sys.exit(), which ends Python. Use return.",
    "asks-for-input": "{name} asks for input from the keyboard. It must work from its arguments alone.",
    "too-slow": "{name} was stopped after {detail} seconds. Is there an endless loop, or a loop where one tensor "
    "operation would do?",
    "ignores-inputs": "{name} returns {detail} whatever its inputs are.",
    "constant-factor": "Every value is {detail} the right one: a constant factor or a sign is wrong.",
    "constant-offset": "Every value differs from the right one by the same {detail}: a constant term is wrong.",
    "wrong-value": "{detail}",
}
"""The general ids, and what is said under each."""

ACCIDENTS = {
    "memory": "{name} asked for more memory than there is: some tensor became huge. Which shapes meet in a broadcast?",
    "recursion": "{name} calls itself without end. Is a helper function called like the answer?",
}


def sentence(id: str, name: str, detail: str = "", signature: str = "") -> str:
    """The sentence for a general id, shorter than any hint may be."""
    text = GENERAL[id]
    if id == "raised" and detail in ACCIDENTS:
        text = ACCIDENTS[detail]
    return shorten(text.format(name=name, detail=detail, signature=signature))


def shorten(text: str, length: int = HINT_LENGTH - 1) -> str:
    """Cut a text that came from elsewhere to a readable length."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def an(word: str) -> str:
    """``an int``, ``a float``."""
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"
