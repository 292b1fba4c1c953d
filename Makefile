# Each target is a command of course.py, which does the work on every system.
ifeq ($(OS),Windows_NT)
PYTHON ?= python
else
PYTHON ?= python3
endif

.DEFAULT_GOAL := help
.PHONY: book test chapters exercises lab browser bench bench-pages serve dist lint lock clean help

book test chapters exercises lab browser bench bench-pages serve dist lint lock clean help:
	@$(PYTHON) course.py $@ $(ARGS)
