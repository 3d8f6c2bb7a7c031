# The commands a person types. `make` alone lists them.
PYTHON ?= python3
BIN = .venv/bin
# known: the versions in constraints.txt; oldest, newest: the ends of the ranges in pyproject.toml. .venv remembers which it has.
VERSIONS ?= $(shell cat .venv/versions 2>/dev/null || echo known)
PIP = $(BIN)/pip install --quiet --disable-pip-version-check -c .venv/constraints.txt
SYSTEM = PYTHON=$(PYTHON) sh tools/system.sh
PROXY = deploy/jupyterhub/node_modules/.package-lock.json
ENGINE = tests/qti/node_modules/@citolab/qti-components/cdn/index.js

.DEFAULT_GOAL := help
.PHONY: help ready setup system hub-setup surroundings data demo lab test coverage docs colab bench readme release clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 12

ready:
	@$(SYSTEM) venv

.venv/.setup-$(VERSIONS): pyproject.toml constraints.txt | ready
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Python 3.11 or newer is needed, and $(PYTHON) is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(PYTHON) tools/versions.py $(VERSIONS) > .venv/constraints.txt
	$(PIP) -e '.[dev]'
	@rm -f .venv/.setup-* .venv/.hub-*; echo $(VERSIONS) > .venv/versions; touch $@

setup: .venv/.setup-$(VERSIONS)  ## install everything into .venv (VERSIONS=known, oldest or newest)

system:  ## Debian's packages: bubblewrap (grading), Chromium (browser tests), Node (the hub's proxy), PostgreSQL (its tests), python3-venv; asks for a password
	@$(SYSTEM) ask venv bubblewrap chromium npm postgresql

$(PROXY): deploy/jupyterhub/package-lock.json
	npm ci --prefix deploy/jupyterhub --no-audit --no-fund

$(ENGINE): tests/qti/package-lock.json
	npm ci --prefix tests/qti --no-audit --no-fund --ignore-scripts
	@touch $@

.venv/.hub-$(VERSIONS): .venv/.setup-$(VERSIONS)
	$(PIP) -e '.[hub]'
	@touch $@

hub-setup: .venv/.hub-$(VERSIONS) $(PROXY)  ## JupyterHub and its proxy: see deploy/jupyterhub/README.md

# What the tests need besides .venv, as far as it can be had; what cannot is left out, and a line says so. macOS has no sandbox to test.
surroundings: setup
	@if [ "$$(uname)" = Linux ]; then $(SYSTEM) bubblewrap chromium npm postgresql; \
	if ! command -v npm >/dev/null && [ ! -e $(PROXY) ]; then :; \
	elif ! $(MAKE) --no-print-directory hub-setup; then echo "Left out: the tests with a JupyterHub; make hub-setup says what is in the way."; fi; fi
	@if command -v npm >/dev/null && ! $(MAKE) --no-print-directory $(ENGINE); then echo "Left out: the test with an engine for QTI."; fi

data: setup  ## unpack fastai's archives from a folder, for a machine without a network (make data FROM=FOLDER)
	@$(BIN)/course data --from $(FROM)

demo: setup  ## digits by hand, pets told apart, a class graded; pictures in out/
	@$(BIN)/course demo

lab: setup  ## open JupyterLab on the start page (make lab OPTIONS="FOLDER --port 9000")
	@$(BIN)/course lab $(OPTIONS)

test: setup surroundings  ## notebooks and modules agree, style, notebooks run, tests
	@$(BIN)/python tools/run_all.py

coverage: setup surroundings  ## which lines of the library the notebooks and the tests run, together; a page in out/coverage
	@$(BIN)/python tools/covered.py

docs: setup  ## the notebooks as a site of plain files, in _site/ (FULL=1: chapter 12 with all photographs, on a GPU)
	@$(BIN)/python docs/build.py

colab: setup  ## put the site's chapters on the branch that Colab opens them from (docs/conf.py knows the repository's address)
	@$(BIN)/python docs/colab.py

bench: setup  ## the figures: how fast, against what
	@$(BIN)/python tools/bench/bench.py

readme: setup  ## write README.md from nbs/index.ipynb
	@$(BIN)/python tools/readme.py

release: setup surroundings  ## check, test, build, try the wheel in an empty environment, tag; nothing leaves this machine
	@$(BIN)/python tools/release.py

clean:  ## remove what the other commands made (the data stays)
	rm -rf .venv deploy/jupyterhub/node_modules _site out build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
