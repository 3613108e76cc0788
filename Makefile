# helpline: `make` shows what there is. Everything runs in .venv, made from requirements.lock by whichever target
# comes first; no root needed, nothing is installed outside this folder.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
MAKEFLAGS += --no-print-directory

# 3.11 where there is one, else what python3 is (3.11 or later is needed).
PYTHON ?= $(shell command -v python3.11 || command -v python3)
SEED ?=
VENV := .venv
STAMP := $(VENV)/.stamp-of-requirements
BIN := $(VENV)/bin

ifneq ($(strip $(SEED)),)
export HELPLINE_SEED := $(SEED)
endif

.PHONY: help demo demo-call test check check-long chaos soak bench lock clean

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@tests/make_venv.sh "$(PYTHON)" "$(VENV)"
	touch "$@"

demo: $(STAMP) ## run the whole service with an offline carrier, until Ctrl-C
	@exec $(BIN)/helpline demo

demo-call: $(STAMP) ## play one whole call through the real processes and show what is stored of it
	@exec $(BIN)/helpline demo --once

test: $(STAMP) ## all test rings, each with its time (what .ci/run calls)
	@exec $(BIN)/python -m tests.run_rings all

check: $(STAMP) ## lint, types, domain and services (5 minutes at most)
	@exec $(BIN)/python -m tests.run_rings check

check-long: $(STAMP) ## everything, with many more examples; SEED=n repeats a run
	@HELPLINE_LONG=1 exec $(BIN)/python -m tests.run_rings all

chaos: $(STAMP) ## a thousand calls while everything dies in turn; SEED=n repeats a plan
	@exec $(BIN)/python -m tests.chaos

soak: ## days of calls
	@echo "make soak: comes with issue 09 (soak)." >&2
	exit 1

bench: $(STAMP) ## every benchmark, with its figure, floor and goal
	@shopt -s nullglob
	status=0 ran=0
	for file in benchmarks/[a-z]*.py; do
		name=$${file##*/}; name=$${name%.py}; ran=$$((ran + 1))
		echo "== $$name"
		$(BIN)/python -m "benchmarks.$$name" || status=1
	done
	if [ $$ran -eq 0 ]; then echo "make bench: no benchmark in benchmarks/ yet." >&2; status=1; fi
	exit $$status

lock: $(STAMP) ## write requirements.lock anew from pyproject.toml, for every platform
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
		--extra embedded --extra postgres --extra dev --generate-hashes --no-annotate \
		--custom-compile-command "make lock" --upgrade -o requirements.lock

clean: ## remove the environment and caches (var/ is kept)
	@rm -rf $(VENV) build dist ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
