"""How fast the course's trainer is beside what a reader would use instead: ``make bench``."""
