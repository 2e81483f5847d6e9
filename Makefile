# `make help` lists what there is. Everything below works on a fresh clone.

VENV := .venv
BIN := $(VENV)/bin
# Set to use another interpreter: make test PYTHON=/usr/bin/python3.12
export PYTHON ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check lint format fuzz steady bench screenshots storm clean lock

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.ready-run ## Send the sample brief in practice, from import to report (nothing leaves this computer)
	@bash scripts/demo.sh

PROCESSORS := $$(getconf _NPROCESSORS_ONLN)
PYTEST := $(BIN)/pytest --dist worksteal

# Two more than there are processors: the journeys mostly wait for their processes.
test: lint ## Everything that must hold: formatting, lint, types, layers, and all tests
	$(PYTEST) -n $$(( $(PROCESSORS) + 2 )) --durations=15

check: lint ## The quick half of it, in under a minute: no browser, no server, nothing killed
	$(PYTEST) -n $(PROCESSORS) --hypothesis-profile=quick -m "not browser and not server"

lint: $(VENV)/.ready-dev ## Formatting, lint, types and layers only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev ## Put the code into its one format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.ready-dev ## Measure the promises about time and memory
	$(BIN)/python -m bench.start
	$(BIN)/python -m bench.documents
	$(BIN)/python -m bench.engine
	$(BIN)/python -m bench.smtp
	$(BIN)/python -m bench.preview
	$(BIN)/python -m bench.events
	$(BIN)/python -m bench.scale

screenshots: $(VENV)/.ready-dev ## Take pictures of both Editions and of every page, desktop and phone, into screenshots/
	$(BIN)/python scripts/screenshots.py
	$(BIN)/python -m tests.screenshots

fuzz: $(VENV)/.ready-dev ## Try every property test with new examples for ten minutes
	$(BIN)/python -m scripts.fuzz

steady: $(VENV)/.ready-dev ## Run make test ten times while another process burns one processor; all must be green
	$(BIN)/python -m scripts.steady

storm: $(VENV)/.ready-dev ## Send through every fault, with 200 kills on each database and without; count every message
	$(BIN)/python -m scripts.storm

clean: ## Stop what the demo left running, and remove all that was made here
	@bash scripts/clean.sh

lock: ## Pin the newest dependencies, with hashes, into requirements/*.txt
	bash scripts/lock.sh

$(VENV)/.ready-run: requirements/run.txt requirements/build.txt pyproject.toml scripts/setup.sh
	@bash scripts/setup.sh run

$(VENV)/.ready-dev: requirements/dev.txt pyproject.toml scripts/setup.sh
	@bash scripts/setup.sh dev
