"""Students' notebooks as files: read them, compare them with what was handed out, judge them.

What is where: ``notebooks`` reads a student's file and says what happened to its checks. Nothing here imports torch.
"""
