# `make` on its own explains the targets.
# Each target does its own set-up: the Debian packages that are missing, and a virtual environment in .venv.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# The interpreter that the virtual environment is made with
PYTHON ?= /usr/bin/python3
# More arguments for ansible-playbook, for example ARGS='-v'
ARGS ?=
# More arguments for pytest, for example PYTEST='-k load_balancer'
PYTEST ?=
# Debian releases of the lab that `make test-matrix` goes through
RELEASES ?= bookworm trixie sid
# What `make test-stress` does: single edits by eight processes, and runs of ovn_topology
OPERATIONS ?= 6000
KILLS ?= 50
MOLECULE ?=
# The scenarios of `make test`. All the others take minutes: `make test-matrix` plays every one.
QUICK ?= default packages ssh site cluster
SANITY ?=

VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
AS_ROOT := tools/as-root
# -n 2: the databases of the integration tests are each worker's own; the lab's tests share one worker
# One run after the other, of whatever checkout: their labs have the same names, but for OVN_LAB_NAME
MOLECULE_RUN := flock --close /run/lock/virtnet-ovn-molecule molecule test
PYTEST_RUN := $(AS_ROOT) python -m pytest -n 2 --dist loadgroup $(PYTEST)

##@ The two commands
.PHONY: site
site: setup  ## Bring up the lab, deploy OVN on it, play and verify every scenario (root)
	$(AS_ROOT) ansible-playbook site.yml $(ARGS)

.PHONY: test
# Lab hosts wait more than they work: the rest goes on beside them. Each prints what it found when it ends
test: setup-test  ## Everything that is checked: lint, sanity, molecule, unit, integration and lab tests (root)
	$(MAKE) --jobs=2 --output-sync=target molecule lint sanity pytest

##@ The lab
.PHONY: lab
lab: setup  ## Bring the lab's hosts up, and nothing else (root)
	$(AS_ROOT) ansible-playbook playbooks/lab_up.yml $(ARGS)

.PHONY: lab-down
lab-down: setup  ## Take the lab down; only the cached image stays (root)
	$(AS_ROOT) ansible-playbook playbooks/lab_down.yml $(ARGS)

##@ Tests, one kind at a time
.PHONY: lint
lint: setup-test  ## ansible-lint, antsibull-docs, antsibull-changelog, ruff, mypy, shellcheck
	ruff check .
	ruff format --check .
	mypy
	git ls-files -z '*.sh' .ci tools | xargs -0 grep -lZE '^#!.*sh$$' | xargs -0 shellcheck
	antsibull-changelog lint
	antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all .
	ansible-lint --offline

.PHONY: sanity
sanity: setup-test  ## ansible-test sanity, on a copy of the work tree
	tools/sanity $(SANITY)

.PHONY: unit
unit: setup-test  ## The pure parts, in a second
	python -m pytest tests/unit $(PYTEST)

.PHONY: pytest
pytest: setup-test  ## All tests of pytest, those in labs of their own too (root)
	$(PYTEST_RUN) tests/unit tests/integration

.PHONY: integration
integration: setup-test  ## Modules against real ovsdb-server and ovs-vswitchd processes (root)
	$(PYTEST_RUN) tests/integration

.PHONY: test-stress
test-stress: setup-test  ## Concurrent writers and a leader killed again and again, OPERATIONS and KILLS of them (root)
	$(AS_ROOT) env OVN_STRESS_OPERATIONS=$(OPERATIONS) OVN_STRESS_KILLS=$(KILLS) python -m pytest -rP $(PYTEST) \
	  tests/integration/engine/test_concurrency.py tests/integration/topology/test_leader_killed.py

.PHONY: test-fuzz
test-fuzz: setup-test  ## More than 10,000 random cases of right and wrong input, other ones each time (root)
	$(PYTEST_RUN) --hypothesis-profile=fuzz tests/integration/fuzz

.PHONY: molecule
molecule: setup-test  ## Roles on fresh lab hosts, MOLECULE='-s tls' for one scenario, --all for the long ones too (root)
	cd extensions && ../$(AS_ROOT) $(MOLECULE_RUN) $(or $(MOLECULE),$(addprefix --scenario-name=,$(QUICK)))

.PHONY: test-matrix
test-matrix: setup-test  ## Every scenario and the lab's tests on each release of Debian in RELEASES (root)
	for release in $(RELEASES); do \
	  (cd extensions && ../$(AS_ROOT) env "OVN_LAB_RELEASE=$$release" $(MOLECULE_RUN) $(or $(MOLECULE),--all)); \
	  $(AS_ROOT) env "OVN_LAB_RELEASE=$$release" python -m pytest -m lab tests/integration $(PYTEST); \
	done

##@ Building
.PHONY: docs
docs: setup-test  ## The HTML site, in build/docs
	tools/docs

.PHONY: build
build: setup  ## The collection's artifact, in build/
	ansible-galaxy collection build --force --output-path build

.PHONY: format
format: setup-test  ## Let ruff lay out the Python code
	ruff format .
	ruff check --fix .

.PHONY: lock
lock: setup  ## Write the pinned requirements/*.txt anew from requirements/*.in
	tools/lock

.PHONY: clean
clean:  ## Remove what was built, and the virtual environment; the lab and its images stay
	rm -rf build .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible

##@ Set-up, which the others do by themselves
.PHONY: setup
setup: $(VENV)/runtime  ## What `make site` needs: Debian packages (root, once) and .venv

.PHONY: setup-test
setup-test: $(VENV)/test  ## What `make test` needs beside that

.PHONY: packages packages-test
packages:
	@$(AS_ROOT) --if-needed tools/host-packages site
packages-test:
	@$(AS_ROOT) --if-needed tools/host-packages site test

# The packages are looked at each time (it takes 20 ms); pip only runs when a pin has changed
$(VENV)/bin/python: | packages
	@tools/venv $(PYTHON) $(VENV)

$(VENV)/runtime: requirements/runtime.txt $(VENV)/bin/python | packages
	pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(VENV)/test: requirements/test.txt $(VENV)/runtime | packages-test
	pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: help
help:  ## This text
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nVariables: ARGS (for ansible-playbook), PYTEST, MOLECULE, SANITY (for these), RELEASES,\n  OPERATIONS and KILLS (of test-stress), PYTHON\n'
