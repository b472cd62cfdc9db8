# Everything a person does with this checkout; `make` alone lists it. What is here runs in .venv, made when needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := $(VENV)/.installed
TORCH := torch==2.13.0
EXTRAS ?= local,distill,dev
# One plays whole conversations on the 1.5B weights, one wants a GPU, one trains, one wants a student: run them by name
# where there is what they need.
SLOW_BENCHMARKS := benchmarks/prefix_reuse.py benchmarks/distill_gpu.py benchmarks/training_speed.py benchmarks/parity.py
BENCHMARKS := $(filter-out $(SLOW_BENCHMARKS),$(sort $(wildcard benchmarks/*.py)))

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench lock clean
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Make .venv with the locked versions, unless it is up to date

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; say which: make PYTHON=python3.11") if sys.version_info < (3, 11) else 0'
	@echo "installing into $(VENV); some minutes the first time"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --upgrade pip
	@$(PIP) install --quiet -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@
	@echo "ready: source $(BIN)/activate, then csc-dspy --help"

demo: $(INSTALLED) ## Walk the whole pipeline, small, on local weights, in your terminal's language; no API key
	@$(BIN)/csc-dspy demo

test: $(INSTALLED) ## Run the tests; they fetch the smallest weights (98 MB) themselves
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(INSTALLED) ## Lint, formatting, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(INSTALLED) ## Run the benchmarks; every figure is a JSON line
	@for script in $(wildcard $(SLOW_BENCHMARKS)); do echo "left out, to be run by name: $(BIN)/python $$script" >&2; done
	@missed=; for script in $(BENCHMARKS); do echo "== $$script" >&2; $(BIN)/python "$$script" || missed="$$missed $$script"; done; \
	test -z "$$missed" || { echo "failed, or missed a target:$$missed" >&2; exit 1; }

lock: ## Make constraints.txt anew: the newest versions that fit pyproject.toml, all extras together
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PYTHON) -m venv "$$folder/venv" && pip="$$folder/venv/bin/python -m pip --disable-pip-version-check" && \
	echo "resolving in a fresh environment; torch alone is some 200 MB" && \
	$$pip install --quiet --upgrade pip && \
	$$pip install --quiet "$(TORCH)" && \
	$$pip install --quiet "$(TORCH)" -e ".[local,distill,dev]" && \
	{ echo "# The locked version of everything the extras local, distill and dev install. Made by \`make lock\`: a fresh"; \
	  echo "# environment, $(TORCH) (a CPU build), then all extras, then pip freeze without build labels."; \
	  $$pip freeze --exclude-editable | sed 's/+[A-Za-z0-9.]*$$//'; } > "$$folder/constraints.txt" && \
	! grep -n '@\|://' "$$folder/constraints.txt" && \
	cp "$$folder/constraints.txt" constraints.txt && echo "constraints.txt: $$(grep -c == constraints.txt) versions"

clean: ## Remove .venv, caches and builds; never mlruns/, demo/ or weights
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
