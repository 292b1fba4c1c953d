"""Injected bugs, one file per chapter: real mistakes, each noticed by one of the chapter's proofs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """One textual change of the package.

    ``module`` is a path inside ``vae_utils``; ``old`` occurs exactly once in it and becomes ``new``; ``why``
    says in one line which mistake that is.
    """

    module: str
    old: str
    new: str
    why: str
