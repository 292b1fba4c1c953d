"""Injected bugs, one file per chapter: each is a real mistake that one of the chapter's proofs must notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """One textual change of the package.

    ``module`` is a path inside ``vae_utils``, ``old`` occurs exactly once in it and becomes ``new``, and ``why``
    says in one line which mistake that is.
    """

    module: str
    old: str
    new: str
    why: str
