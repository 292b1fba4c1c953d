"""The words that settings may be: apart from them, so that ``--help`` needs no torch."""

DATA = ("mnist", "fashion-mnist", "digits")
BINARIZATIONS = ("dynamic", "fixed", "grey")
WATCHED = ("test", "validation")
SCHEDULES = ("constant", "one-cycle")
