# Each target makes its own environment in .venv and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPARK := .venv-spark

.PHONY: demo test test-spark bench soak clean

demo: $(VENV)/installed
	$(BIN)/deal demo

test: $(VENV)/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -q
	@echo "Spark was left out: make test-spark tests it."

# Spark's wheel is large: it has an environment of its own.
test-spark: $(SPARK)/installed
	@java -version 2>&1 || { echo "Spark needs Java 17 or newer, and there is no java here: Spark was NOT tested."; exit 1; }
	$(SPARK)/bin/python -m pytest -q -m spark tests/spark

bench: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.terms
	$(BIN)/python -m tests.benchmarks.lines
	$(BIN)/python -m tests.benchmarks.settlement

# What takes too long for a test: see docs/soak.md. `make soak SOAK="--part 0.01"` does a hundredth of it.
soak: $(VENV)/installed
	$(BIN)/python -m tests.fuzz_notation 1000000
	$(BIN)/python -m tests.soak $(SOAK)

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "deal-ledger needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

$(SPARK)/installed: pyproject.toml
	$(PYTHON) -m venv $(SPARK)
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,spark]'
	touch $@

clean:
	rm -rf $(VENV) $(SPARK)
