# Each target makes its own environment in .venv and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test bench soak clean

demo: $(VENV)/installed
	$(BIN)/deal demo

test: $(VENV)/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -q

bench: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.terms

# What takes too long for a test: see docs/soak.md. `make soak SOAK="--part 0.01"` does a hundredth of it.
soak: $(VENV)/installed
	$(BIN)/python -m tests.fuzz_notation 1000000
	$(BIN)/python -m tests.soak $(SOAK)

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "deal-ledger needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV)
