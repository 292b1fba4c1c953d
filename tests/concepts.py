"""Where each concept of the storyline is taught: (concept, chapter, id of the cell)."""

CONCEPTS = []
