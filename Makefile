# Each target makes its own environment and installs what it needs: the exact versions of locks/, each file by its hash.
# pyproject.toml says which versions will do; locks/ says which ones were tested. Both are read on every platform.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPARK := .venv-spark
TOOLS := .venv-tools
PIP := -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-spark bench soak lock audit clean

demo: $(VENV)/able
	$(BIN)/deal demo

# The tests of terminals have one to themselves.
test: $(VENV)/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/cli/test_terminal.py
	$(BIN)/python -m pytest -q --numprocesses auto --dist loadfile --ignore tests/cli/test_terminal.py
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
	$(BIN)/python -m tests.money_soak 100000
	$(BIN)/python -m tests.soak $(SOAK)

# Lock again: what is locked stays where it still will do. `make lock UPGRADE=--upgrade` takes the newest of everything.
# A lock holds all of the one after it, in the same versions.
COMPILE = $(TOOLS)/bin/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')" \
	| $(TOOLS)/bin/uv pip compile pyproject.toml - --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --custom-compile-command "make lock" $(UPGRADE)

lock: $(TOOLS)/installed
	$(COMPILE) --extra dev --extra spark --output-file locks/spark.lock
	$(COMPILE) --extra dev --constraints locks/spark.lock --output-file locks/test.lock
	$(COMPILE) --constraints locks/test.lock --output-file locks/demo.lock

# Ask the public database of known faults about every locked version. It needs the network; no other target does it.
audit: $(TOOLS)/installed
	$(TOOLS)/bin/python locks/audit.py $(TOOLS)/bin/pip-audit locks/spark.lock

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "deal-ledger needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/able: pyproject.toml locks/demo.lock | $(VENV)/bin/python
	$(BIN)/python $(PIP) --require-hashes --requirement locks/demo.lock
	$(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/installed: $(VENV)/able locks/test.lock
	$(BIN)/python $(PIP) --require-hashes --requirement locks/test.lock
	touch $@

# Spark comes as source: what builds it is locked as well, and is there first.
$(SPARK)/installed: pyproject.toml locks/spark.lock
	$(PYTHON) -m venv $(SPARK)
	$(SPARK)/bin/python $(PIP) --require-hashes --requirement locks/demo.lock
	$(SPARK)/bin/python $(PIP) --require-hashes --no-build-isolation --use-pep517 --requirement locks/spark.lock
	$(SPARK)/bin/python $(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(TOOLS)/installed:
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python $(PIP) uv pip-audit
	touch $@

clean:
	rm -rf $(VENV) $(SPARK) $(TOOLS)
