"""Students' notebooks as files: read them, compare them with what was handed out, judge them.

What is where: ``notebooks`` reads a student's file and says what became of its checks; ``nbval_items`` runs it under
``pytest --nbval``. Neither imports torch.
"""
