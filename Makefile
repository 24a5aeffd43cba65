# `make demo` tries it, `make install` is for those who use it; the rest is for those who work on it.
PYTHON ?= python3
# Root installs for everybody on this computer and for services, anybody else for themselves.
ROOT := $(filter 0,$(shell id -u))
PREFIX ?= $(if $(ROOT),/opt/flatctl,$(HOME)/.local/share/flatctl)
BINDIR ?= $(if $(ROOT),/usr/local/bin,$(HOME)/.local/bin)
BIN := .venv/bin
QUIET_PIP := -m pip --disable-pip-version-check --quiet
PIP := $(BIN)/python $(QUIET_PIP)
CAN_RUN := $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || { echo 'flatctl needs Python 3.11 or newer: make PYTHON=/path/to/python3.11' >&2; exit 1; }
make_venv = $(PYTHON) -m venv --clear '$(1)' \
  || { rm -rf '$(1)'; echo 'python3 -m venv failed: install the package python3-venv' >&2; exit 1; }

# The suite starts hundreds of processes: Python may keep what it compiled, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo install uninstall extras test nightly lint lowest newest mutants soak soak-for-real witness benchmarks ablation docs pictures lock clean

help:
	@echo 'make demo        flats through 3 filters on the simulated rig, into ./demo-output/'
	@echo 'make install     flatctl for every night, for you alone; sudo make install: for all users and services'
	@echo 'make uninstall   take that away again (sudo likewise); flats and configurations stay'
	@echo 'make extras      for .venv here: what messages, XISF and raw files need, and OpenCV'
	@echo 'make test        the whole test suite'
	@echo 'make nightly     what the suite leaves to the night: the many of what it tries a few times'
	@echo 'make lint        formatting, lint, types, import contracts'
	@echo 'make mutants     whether the tests notice a changed search (hours)'
	@echo 'make soak        200 nights of random faults in virtual time (half an hour)'
	@echo 'make soak-for-real  5 of them on real processes and sockets (half an hour, needs indi-bin)'
	@echo 'make witness     our Alpaca devices on a server of others, which it installs (minutes)'
	@echo 'make docs        write the generated reference pages again'
	@echo 'make pictures    draw the pictures of the documents again (needs chromium)'
	@echo 'make benchmarks  the tables of docs/explanation (minutes)'
	@echo 'make ablation    what each part of the search earns, into docs/explanation/search.md (an hour)'
	@echo 'make lowest      a part of the suite with the lowest versions that we say we run with (needs uv)'
	@echo 'make newest      the same with the newest (needs uv)'
	@echo 'make lock        choose new versions of what we build on (needs uv)'

demo: $(BIN)/.ready
	@$(BIN)/flatctl demo --output demo-output

# Of a copy, so that nothing is built in this folder, whose files may be another user's.
install:
	@$(CAN_RUN)
	@umask 022 && set -e; \
	  mkdir -p '$(PREFIX)' '$(BINDIR)'; \
	  '$(PREFIX)/.venv/bin/python' -m pip --version > /dev/null 2>&1 \
	    || { echo 'Setting up $(PREFIX)/.venv ...' >&2; $(call make_venv,$(PREFIX)/.venv); }; \
	  copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT; \
	  cp -r pyproject.toml README.md LICENSE flatctl hardware_sims "$$copy"; \
	  into() { '$(PREFIX)/.venv/bin/python' $(QUIET_PIP) install --no-deps "$$@"; }; \
	  echo 'Installing flatctl and what it needs ...' >&2; \
	  into --require-hashes -r requirements-extras.lock; \
	  into --no-build-isolation --force-reinstall "$$copy"; \
	  ln -sfn '$(PREFIX)/.venv/bin/flatctl' '$(BINDIR)/flatctl'; \
	  '$(BINDIR)/flatctl' --version; \
	  case ":$$PATH:" in *:'$(BINDIR)':*) ;; *) \
	    echo '$(BINDIR) is not in PATH yet: log out and in again, or add it in your ~/.profile' ;; esac

uninstall:
	@rm -rf '$(PREFIX)/.venv'
	@rmdir '$(PREFIX)' 2> /dev/null || true
	@[ "$$(readlink '$(BINDIR)/flatctl')" != '$(PREFIX)/.venv/bin/flatctl' ] || rm '$(BINDIR)/flatctl'

extras: $(BIN)/.ready
	@$(PIP) install --no-deps --require-hashes -r requirements-extras.lock

test: $(BIN)/.ready-dev
	@$(BIN)/python -m pytest -n 6 --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

nightly: $(BIN)/.ready-dev
	@$(BIN)/python -m pytest -n 2 -m nightly $(PYTEST_ARGS)

# Warnings of other versions than the locked ones are no failures. The lowest of what we name, no lower
# than what these need of others.
VERSIONS_TRIED := $(addprefix tests/,core fits settings cli storage outputs system/test_run.py)
lowest: RESOLUTION = lowest-direct
newest: RESOLUTION = highest
lowest newest:
	@command -v uv > /dev/null || { echo 'This needs uv: https://docs.astral.sh/uv/' >&2; exit 1; }
	@uv venv -q --clear --python $(PYTHON) .venv-$@
	@uv pip install -q --python .venv-$@ --resolution $(RESOLUTION) -e '.[indi,notify,raw,sim,xisf]' --group dev
	@.venv-$@/bin/python -m pytest -n 2 -W default $(or $(PYTEST_ARGS),$(VERSIONS_TRIED))

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

witness: $(BIN)/.ready-dev
	@$(BIN)/python tests/witness/alpaca_simulators.py

docs: $(BIN)/.ready-dev
	@$(BIN)/python docs/generate.py

pictures: $(BIN)/.ready-dev
	@$(BIN)/python docs/pictures.py

ablation: $(BIN)/.ready-dev
	@$(BIN)/python benchmarks/ablation.py --write

benchmarks: $(BIN)/.ready-dev
	@$(BIN)/python benchmarks/search.py --write
	@$(BIN)/python benchmarks/sky.py --write
	@for each in pixels transfer startup memory growth efficiency compressed lights master; do \
	  $(BIN)/python benchmarks/$$each.py --write || exit 1; done

$(BIN)/python:
	@$(CAN_RUN)
	@echo 'Setting up .venv (once), which takes a minute or two ...' >&2
	@$(call make_venv,.venv)

$(BIN)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing what flatctl needs into .venv ...' >&2
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.ready-dev: requirements-dev.lock $(BIN)/.ready
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

lock: EXTRAS := --extra indi --extra sim --extra fast --extra notify --extra raw --extra xisf --extra web
lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --extra indi --extra sim --group build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  $(EXTRAS) --group build -c requirements.lock pyproject.toml -o requirements-extras.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  $(EXTRAS) --group build --group dev -c requirements-extras.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv .venv-lowest .venv-newest demo-output build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
