# Every target makes .venv and installs what is missing first, and again when pyproject.toml or constraints.txt changed.
# The first of these that is new enough: where python3 is older, a newer one often lies beside it.
PYTHON ?= $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done),python3)
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help setup demo tour test check lint types clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(STAMP) ## Make .venv and install Timbre and its development tools

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Timbre needs Python 3.11 or newer: make PYTHON=python3.11 setup"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

demo: $(STAMP) ## Run the whole loop offline and open it in a browser
	$(BIN)/timbre demo

tour: $(STAMP) ## Walk the whole loop headless and report every step
	$(BIN)/timbre tour

test: $(STAMP) ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(STAMP) ## Run everything CI runs
	.ci/run

lint: $(STAMP) ## Check style and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP) ## Check types (mypy strict)
	$(BIN)/mypy

clean: ## Remove .venv and caches; data folders stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build *.egg-info
