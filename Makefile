# The verbs of this repository. Each installs what it needs first; what is there already costs nothing.
#   make e2e HEADED=1 ARGS="-k sign_in"        make serve ARGS="--port 9443"        make test ARGS=tests/dbsc

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
ARGS ?=
HEADED ?=
BIN := .venv/bin
UV := .tools/bin/uv
EVIDENCE := --tracing retain-on-failure --screenshot only-on-failure --output test-results
HAS_PACKAGES := $(wildcard package-lock.json)
NODE := $(if $(HAS_PACKAGES),.make/npm)

.PHONY: help run serve test check lint fix e2e extension fuzz soak bench docs lock clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

run: .make/run ## install, make a certificate and serve on https://localhost:8443 until Ctrl-C
	@exec $(BIN)/boundgate serve $(ARGS)

serve: .make/run ## the same; ARGS="--port 9443 --data-dir elsewhere" goes to `boundgate serve`

test: .make/dev .make/browser .make/servers $(NODE) ## every test: JavaScript, Python, real browsers
	@scripts/node-tests
	@$(BIN)/pytest --numprocesses 3 --dist loadgroup $(EVIDENCE) $(ARGS)

e2e: .make/dev .make/browser .make/servers $(NODE) ## only the tests with real browsers; HEADED=1 shows them, failures leave test-results/
	@$(BIN)/pytest e2e $(EVIDENCE) $(if $(HEADED),--headed) $(ARGS)

check: lint ## lint, types of Python and of JavaScript
	@$(BIN)/mypy
	@if [ -f tsconfig.json ]; then npx --no-install tsc --noEmit; fi

lint: .make/dev $(NODE) ## style and formatting, changing nothing
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

fix: .make/dev ## repair what can be repaired
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

extension: ## pack the companion extension for both browsers into dist/, and print the SHA-256 of each
	@"$$(scripts/find-python)" -m extension.pack $(ARGS)

docs: .make/dev ## check that the documentation covers what there is
	@$(BIN)/pytest -q tests/test_docs.py

fuzz: .make/dev ## a million inputs against every parser; ARGS="--inputs 50000 --seed other", findings in test-results/fuzz
	@$(BIN)/python -m tests.fuzz $(ARGS)

soak: .make/dev ## an owner and a thief in turns against a real server for an hour; ARGS="--minutes 5"
	@$(BIN)/python -m tests.hostile.soak $(ARGS)

bench: .make/dev ## measure; `python -m benchmarks.refresh` measures a refresh over HTTP
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(UV) ## resolve the dependencies anew into requirements*.txt
	@scripts/lock

clean: ## forget what was installed (data in .boundgate stays)
	@rm -rf .make .venv .tools dist node_modules test-results

$(UV):
	@scripts/install-uv

.venv/pyvenv.cfg: | $(UV)
	@scripts/say "making .venv"
	@$(UV) venv --quiet --allow-existing --python "$$(scripts/find-python)" .venv

.make/run: requirements.txt pyproject.toml .venv/pyvenv.cfg
	@scripts/install-python requirements.txt $@

.make/dev: requirements-dev.txt pyproject.toml .venv/pyvenv.cfg .make/tpm
	@scripts/install-python requirements-dev.txt $@

# What tpm2-pytss is built from; the TPM and the PKCS#11 token, both in software, that the tests speak to.
.make/tpm: scripts/install-system
	@[ "$$(uname)" != Linux ] || scripts/install-system cc pkg-config tss2 swtpm softhsm2
	@mkdir -p .make && touch $@

.make/npm: package-lock.json
	@scripts/install-system node npm
	@scripts/say "installing the JavaScript tools"
	@npm ci --no-audit --no-fund --silent
	@mkdir -p .make && touch $@

.make/browser: scripts/install-system
	@scripts/install-system chromium firefox
	@mkdir -p .make && touch $@

.make/servers: scripts/install-system
	@scripts/install-system valkey postgresql
	@mkdir -p .make && touch $@
