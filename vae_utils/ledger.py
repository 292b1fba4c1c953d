"""One digit's ledger: the same test image is followed through the book, its account kept in nats.

An account says what a chapter's model can state about log p(x) of that image: reconstruction − KL is the ELBO, and
ELBO + gap = log p(x). What a chapter cannot know yet stays None.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vae_utils import results
from vae_utils.data import load_digits

TEST_INDEX = 0  # the first image of the test part, not a chosen one


class Account(NamedTuple):
    """What one chapter's model says about the digit, in nats; None where it cannot say.

    Attributes
    ----------
    chapter : int
    model : str
        The model in a few words.
    log_p : float or None
        log p(x), exact.
    reconstruction, kl, gap : float or None
        E_q[log p(x|z)], KL(q ‖ prior) and KL(q ‖ true posterior).
    """

    chapter: int
    model: str
    log_p: float | None = None
    reconstruction: float | None = None
    kl: float | None = None
    gap: float | None = None

    @property
    def elbo(self) -> float | None:
        """reconstruction − KL, None while one of them is unknown."""
        return None if self.reconstruction is None or self.kl is None else self.reconstruction - self.kl

    @property
    def imbalance(self) -> float | None:
        """reconstruction − KL + gap − log p(x): zero when the books balance, None while an entry is missing."""
        if self.elbo is None or self.gap is None or self.log_p is None:
            return None
        return self.elbo + self.gap - self.log_p


def the_digit(dtype: torch.dtype = torch.float32) -> tuple[Tensor, int]:
    """The image of the ledger, shape (1, 64) in [0, 1], and its label."""
    x, y = load_digits("test", dtype=dtype)
    return x[TEST_INDEX : TEST_INDEX + 1], int(y[TEST_INDEX])


def accounts_before(chapter: int) -> list[Account]:
    """The stored accounts of the earlier chapters, in order (``book/results/ledger.json``)."""
    stored = [Account(**entry) for entry in results.load("ledger")["accounts"]]
    return [account for account in stored if account.chapter < chapter]
