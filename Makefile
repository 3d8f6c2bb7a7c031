# The commands a person types. `make` alone lists them.
PYTHON ?= python3
BIN = .venv/bin
# known: the versions in constraints.txt; oldest, newest: the ends of the ranges in pyproject.toml. .venv remembers which it has.
VERSIONS ?= $(shell cat .venv/versions 2>/dev/null || echo known)
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.DEFAULT_GOAL := help
.PHONY: help setup system hub-setup demo lab test docs bench readme clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 12

.venv/.setup-$(VERSIONS): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Python 3.11 or newer is needed, and $(PYTHON) is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(PYTHON) tools/versions.py $(VERSIONS) > .venv/constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c .venv/constraints.txt -e '.[dev]'
	@rm -f .venv/.setup-*; echo $(VERSIONS) > .venv/versions; touch $@

setup: .venv/.setup-$(VERSIONS)  ## install everything into .venv (VERSIONS=known, oldest or newest)

system:  ## Debian's packages: bubblewrap (grading), Chromium (browser tests), Node (the hub's proxy), python3-venv where it is missing
	$(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends bubblewrap chromium
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(SUDO) apt-get install -qy --no-install-recommends python3-venv
	command -v npm >/dev/null || $(SUDO) apt-get install -qy --no-install-recommends nodejs npm

deploy/jupyterhub/node_modules/.package-lock.json: deploy/jupyterhub/package-lock.json
	npm ci --prefix deploy/jupyterhub --no-audit --no-fund

hub-setup: setup deploy/jupyterhub/node_modules/.package-lock.json  ## JupyterHub and its proxy: see deploy/jupyterhub/README.md
	$(BIN)/pip install --quiet --disable-pip-version-check -c .venv/constraints.txt -e '.[hub]'

demo: setup  ## digits by hand, pets told apart, a class graded; pictures in out/
	@$(BIN)/course demo

lab: setup  ## open JupyterLab on the start page (make lab OPTIONS="FOLDER --port 9000")
	@$(BIN)/course lab $(OPTIONS)

test: setup  ## notebooks and modules agree, style, notebooks run, tests
	@$(BIN)/python tools/run_all.py

docs: setup  ## the notebooks as a site of plain files, in _site/ (FULL=1: chapters 12 and 14 at full size, on a GPU)
	@$(BIN)/python docs/build.py

bench: setup  ## the figures: how fast, against what
	@$(BIN)/python tools/bench/bench.py

readme: setup  ## write README.md from nbs/index.ipynb
	@$(BIN)/python tools/readme.py

clean:  ## remove what the other commands made (the data stays)
	rm -rf .venv deploy/jupyterhub/node_modules _site out build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
