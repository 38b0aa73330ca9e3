# Two commands matter: `make ask Q="…"` and `make test`. Each does all set-up itself.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# In a checkout the corpus is its own folder; what is derived from it goes to .data.
export ASSISTANT_CORPUS_DIR ?= $(CURDIR)/corpus
export ASSISTANT_DATA_DIR ?= $(CURDIR)/.data
export Q

.PHONY: help setup ask chat ingest doctor models lint test test-fast eval gate clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: $(INSTALLED) ## Make .venv and install the pinned dependencies

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Try make PYTHON=python3.12 …" >&2; exit 2; }
	@echo "Setting up: a virtual environment in .venv, then the pinned packages (some minutes, once)."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --progress-bar on -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@echo "Compiling bytecode, so that every later start is fast."
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q -j 0 $(VENV)/lib assistant evals >/dev/null 2>&1 || true
	@touch $@

ask: setup ## Answer a question: make ask Q="What height did the Hwasong-15 reach?"
	@test -n "$$Q" || { echo 'Give a question: make ask Q="What height did the Hwasong-15 reach?"' >&2; exit 2; }
	@$(BIN)/assistant ask "$$Q"

chat: setup ## Open the web chat in the browser; PORT=7860
	@$(BIN)/assistant serve --open --port $(or $(PORT),7860)

ingest: setup ## Bring the index in step with the corpus; SRC="FILE FOLDER URL" adds sources
	@$(BIN)/assistant ingest $(SRC)

doctor: setup ## Check models, index, corpus, settings and disk
	@$(BIN)/assistant doctor

models: setup ## Pull and verify the models in use
	@$(BIN)/assistant models pull

lint: setup ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

test-fast: setup ## Run the tests that need neither network nor models
	@$(BIN)/python -m pytest -q --numprocesses auto -m "not integration"

test: lint models test-fast ## Run everything: style, types, fast, integration and browser tests
	@$(BIN)/python -m pytest -q -m integration --ignore=tests/browser --durations=20
	@$(BIN)/python -m pytest -q tests/browser --durations=20

eval: setup models ## Measure the answers: make eval S="summit squad2"; see evals/README.md
	@$(BIN)/python -m evals run $(or $(S),summit)

gate: setup models ## Fail if the answers to a small fixed set got worse
	@$(BIN)/python -m evals gate

clean: ## Remove the virtual environment and everything derived
	rm -rf $(VENV) .data build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
