"""Students' notebooks as files: read them, compare them with what was handed out, run and judge them.

What is where: ``notebooks`` reads a student's file and says what happened to its checks; ``handout`` makes fresh ones.
``judging`` runs one in a ``process`` of its own, in which a ``worker`` obeys, and judges it within; ``outside`` judges
from outside, and talks to the worker in what ``wire`` can say. ``folders`` makes tables of a student's folder and of a
class. ``nbval_items`` is for ``pytest --nbval``, and ``kernels`` for many at once. Only ``outside``, ``wire`` and
``worker`` import torch.
"""
