# Everything a newcomer needs is `make demo` and `make test`; the rest is for those who work on it.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The suite starts hundreds of processes: Python may keep what it compiled, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test nightly lint mutants soak soak-for-real benchmarks ablation docs pictures lock clean

help:
	@echo 'make demo        flats through 3 filters on the simulated rig, into ./demo-output/'
	@echo 'make test        the whole test suite'
	@echo 'make nightly     what the suite leaves to the night: the many of what it tries a few times'
	@echo 'make lint        formatting, lint, types, import contracts'
	@echo 'make mutants     whether the tests notice a changed search (hours)'
	@echo 'make soak        200 nights of random faults in virtual time (half an hour)'
	@echo 'make soak-for-real  5 of them on real processes and sockets (half an hour, needs indi-bin)'
	@echo 'make docs        write the generated reference pages again'
	@echo 'make pictures    draw the pictures of the documents again (needs chromium)'
	@echo 'make benchmarks  the tables of docs/explanation (minutes)'
	@echo 'make ablation    what each part of the search earns, into docs/explanation/search.md (an hour)'
	@echo 'make lock        choose new versions of what we build on (needs uv)'

demo: $(BIN)/.ready
	@$(BIN)/flatctl demo --output demo-output

test: $(BIN)/.ready-dev
	@$(BIN)/python -m pytest -n 7 --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

nightly: $(BIN)/.ready-dev
	@$(BIN)/python -m pytest -n 2 -m nightly $(PYTEST_ARGS)

lint: $(BIN)/.ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

mutants: $(BIN)/.ready-dev
	@$(BIN)/mutmut run $(MUTANTS)
	@$(BIN)/mutmut results

soak: $(BIN)/.ready-dev
	@PYTHONPATH=tests/engine $(BIN)/python tests/faults/soak.py $(SOAK_ARGS)

soak-for-real: $(BIN)/.ready-dev
	@PYTHONPATH=tests/system $(BIN)/python tests/faults/soak_for_real.py $(SOAK_ARGS)

docs: $(BIN)/.ready-dev
	@$(BIN)/python docs/generate.py

pictures: $(BIN)/.ready-dev
	@$(BIN)/python docs/pictures.py

ablation: $(BIN)/.ready-dev
	@$(BIN)/python benchmarks/ablation.py --write

benchmarks: $(BIN)/.ready-dev
	@$(BIN)/python benchmarks/search.py --write
	@$(BIN)/python benchmarks/sky.py --write
	@for each in pixels transfer startup memory growth efficiency master; do \
	  $(BIN)/python benchmarks/$$each.py --write || exit 1; done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'flatctl needs Python 3.11 or newer: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@echo 'Setting up .venv (once) ...' >&2
	@$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo 'python3 -m venv failed: install the package python3-venv' >&2; exit 1; }

$(BIN)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.ready-dev: requirements-dev.lock $(BIN)/.ready
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --extra sim --group build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --extra sim --extra fast --extra notify --extra master --group build --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv demo-output build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
