# SPDX-License-Identifier: GPL-3.0-or-later
# `make` lists the targets. PYTHON=... and VENV=... choose the interpreter and the environment.
SHELL := bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
export VENV
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: setup
setup: ## install what is missing: Debian packages, uv, the virtual environment
	@scripts/setup

.PHONY: demo
demo: setup ## push an image and watch 3 hosts run it; ONCE=1 cleans up and exits
	@python -m demo $(if $(ONCE),--once)

.PHONY: test
test: setup ## lint, tests, molecule, and the newest Python of this machine; ALL=1 leaves nothing out
	@scripts/test

.PHONY: nightly
nightly: export ALL := 1
nightly: test ## make test ALL=1: also the tests of the hosts, every molecule scenario, 50 random faults

.PHONY: coverage
coverage: setup ## branch coverage of what decides: below 100 % it fails
	@scripts/coverage

.PHONY: fuzz
fuzz: setup ## every parser of what strangers send, with random input for a minute; SECONDS=600
	@python -m tests.fuzz $(or $(SECONDS),60)

.PHONY: lint
lint: setup ## ruff, mypy, import-linter, ansible-lint, changelog fragments, shell scripts
	@scripts/lint

.PHONY: sanity
sanity: setup ## ansible-test sanity on the collection
	@scripts/sanity

.PHONY: molecule
molecule: setup ## the role on real Docker hosts
	@scripts/molecule

.PHONY: bench
bench: setup ## the figures of the README and docs: speed, processor time, availability, pages
	@python -m bench.ack
	@python -m bench.dashboards
	@python -m bench.availability
	@python -m bench.push_to_serving
	@python -m bench.push_to_serving --hosts 20 --unchecked --only "tuned playbook" --only "longshore, canary first"
	@python -m bench.processor_time
	@python -m bench.many_hosts

.PHONY: chaos
chaos: setup ## random faults on real hosts: ROUNDS=50 SEED=n, FIRST=n to begin with that round
	@python -m fleet.chaos $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED)) $(if $(FIRST),--first $(FIRST))

.PHONY: trust
trust: setup ## the figures of the README: bad images, moved tags, a silent host, a second deploy
	@python -m bench.trust

.PHONY: lock
lock: setup ## resolve requirements.lock again; UPGRADE=1 moves to the newest releases
	@scripts/lock $(if $(UPGRADE),--upgrade)

.PHONY: dist
dist: setup ## build the wheel, the source archive and the collection into dist/
	@rm -rf dist
	@python -m build --no-isolation --outdir dist .
	@ansible-galaxy collection build --output-path dist .

.PHONY: clean
clean: ## remove what was built; keeps the environments (make clean ALL=1 removes them too)
	@rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .ansible *.egg-info
	@find . -path './.venv*' -prune -o -name __pycache__ -type d -exec rm -rf {} +
	@$(if $(ALL),rm -rf .venv .venv-newest .tools)
