# The two commands: `make book` and `make test`. Each first sets up .venv if the lock or pyproject.toml changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
UV_VERSION := 0.13.9
LIBRARY_TESTS := $(wildcard $(addprefix tests/,tensors lazy descent decomposition landscape lemmas beyond experiments)) \
  $(wildcard tests/test_*.py)

# Every numerical kernel on one thread: two processes at a time fill two cores, and sums come out the same everywhere.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help env book browser pdf handout slides test quick test-pages verify lint refresh data bench audit mutants hostile platforms reproduce \
  lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 16

env: $(STAMP)  ## Set up .venv with exactly the locked packages

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "tdbook needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	    "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version): about a minute"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
	@echo "$(VENV) is ready"

book: $(STAMP)  ## Execute the chapters where needed, render every page, say where to open it
	@$(BIN)/python -m tools.build

browser: $(STAMP)  ## Pack a Python with which the pages prove claims; the next `make book` takes it in
	@$(BIN)/python -m tools.browser

pdf: $(STAMP)  ## The whole book as one PDF in _build/pdf; needs LaTeX, and says what when it is not there
	@$(BIN)/python -m tools.pdf

slides: $(STAMP)  ## Run and render the slides of the four lectures, say where to open them
	@$(BIN)/python -m tools.slides

handout: $(STAMP)  ## Write notebooks with blanks, instructor notebooks and sheets for print into _build/handout
	@$(BIN)/python -m tools.handout
	@$(BIN)/python -m tools.classroom

# Every test stands in one of the two: with `-m browser` those that open a page in Chromium.
test: book slides  ## Test the library, the chapters (nbval, strict) and the pages as far as no browser is needed
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not browser" \
	  --nbval --nbval-current-env --nbval-cell-timeout 300 tests book

test-pages: book slides  ## Open every page and every deck in Chromium: light, dark, three widths, keyboard, paper
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m browser tests

quick: $(STAMP)  ## Test the library alone, in a minute: no chapter, no page
	@$(BIN)/python -m pytest -n 2 -q $(LIBRARY_TESTS)

verify: $(STAMP)  ## Check every claim of the ledger
	@$(BIN)/tdbook verify

lint: $(STAMP)  ## Style, types, and notebooks without images
	@echo "ruff: style"
	@$(BIN)/ruff check
	@echo "lint-imports: what may import what"
	@$(BIN)/lint-imports --no-cache --no-logo
	@echo "mypy: types"
	@$(BIN)/mypy
	@echo "docstrings --check: the texts of the claims in docstrings"
	@$(BIN)/python -m tools.docstrings --check
	@echo "refresh --check: the chapters as committed"
	@$(BIN)/python -m tools.refresh --check

refresh: $(STAMP)  ## Execute the chapters in place, keeping text outputs only (CHAPTERS="book/07-….ipynb" for some)
	@$(BIN)/python -m tools.refresh $(CHAPTERS)

data: $(STAMP)  ## Compute the tables of book/data again, in minutes (TABLES="stuck.csv" for some)
	@$(BIN)/python -m tools.data $(TABLES)

bench: $(STAMP)  ## Time a step against its bare matrix products, and a decomposition against the field's method
	@$(BIN)/python -m benchmarks.step
	@$(BIN)/python -m benchmarks.decomposition

# Known vulnerabilities take a network: `pip-audit --require-hashes -r requirements.lock`.
audit: $(STAMP)  ## Is what is installed what is locked, does it fit together, and may it be given away?
	@$(BIN)/python -m pip install --quiet --dry-run --no-deps --no-index --require-hashes -r requirements.lock
	@$(BIN)/python -m pip check
	@$(BIN)/pip-licenses > /dev/null

reproduce: $(STAMP)  ## Build the last commit twice, in two folders, and compare the pages byte by byte
	@$(BIN)/python -m tools.reproduce

# mutmut stands beside the locked packages in an environment of its own. Hours on one core; stop it at will, it goes on.
# The score stands in mutants/mutmut-cicd-stats.json, the survivors in mutants/survivors.txt; `mutmut show NAME` shows one.
mutants: .venv-mutants/.ready  ## Put small faults into the library: do its tests notice? (ONLY="tdbook.lazy.*" for some)
	@nice -n 15 .venv-mutants/bin/mutmut run $(ONLY)
	@.venv-mutants/bin/mutmut results > mutants/survivors.txt
	@.venv-mutants/bin/mutmut export-cicd-stats

platforms: $(STAMP)  ## Install the package under every Python from 3.11 that is here, and use it
	@$(BIN)/python -m tools.platforms

hostile: $(STAMP)  ## Call every public function with every bad value of every argument, and every command line
	@TDBOOK_EVERY_INPUT=1 $(BIN)/python -m pytest -n 2 --dist worksteal -q tests/campaigns

.venv-mutants/.ready: requirements.lock pyproject.toml
	@rm -rf .venv-mutants
	@$(PYTHON) -m venv .venv-mutants
	@.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check $$(.venv-mutants/bin/python -c \
		'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["mutants"])')
	@touch .venv-mutants/.ready

lock:  ## Resolve requirements.lock anew from pyproject.toml
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@.venv-lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra book --extra dev --extra cluster --extra autodiff \
	  --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	  --output-file requirements.lock pyproject.toml
	@! grep -nE '^ *-|://' requirements.lock | grep -v -- '--hash=' || { echo "the lock must hold no addresses"; exit 1; }
	@rm -rf .venv-lock

clean:  ## Remove the rendered book and every cache; .venv stays
	@rm -rf _build .browser mutants .pytest_cache .hypothesis .mypy_cache .ruff_cache
