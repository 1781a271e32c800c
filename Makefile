# Names for commands; what they do is in scripts/. `make` alone lists them.
# Works with GNU Make 3.81 and bash 3.2, and in folders with spaces in their names.

SHELL := /bin/bash
PYTHON ?=
LAB ?= 1
VENV_PYTHON := .venv/bin/python
# not the console script: its first line cannot name an interpreter whose path holds a space
WORKSHOP := $(VENV_PYTHON) -m workshop
PYTEST := $(VENV_PYTHON) -m pytest $(if $(FAST),-m "not slow")
# tests wait more than they work, of the emulator and of whole environments: so many fit two cores
EMULATORS := -n 5
ENVIRONMENTS := $(if $(FAST),-n auto --maxprocesses 4,-n 4)

# given on the command line or in the environment, they reach the CLI as variables
export TARGET PARTICIPANT
# as set in many containers, each of our many processes would compile all that it imports
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup lab1 lab2 lab3 reset destroy test bench verify docs clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready ## Fetch everything; afterwards target local needs no network
	@$(WORKSHOP) setup

lab1: setup ## Take lab 1, the rolling update, through its steps [TARGET=local|aws] [PARTICIPANT=name]
	@$(WORKSHOP) lab 1

lab2: setup ## Take lab 2, approval and blue/green, through its steps; lab 1 first where it is missing
	@$(WORKSHOP) lab 2

lab3: setup ## Take lab 3, test port, canary, linear and going back, through its steps; lab 2 first
	@$(WORKSHOP) lab 3

reset: .venv/.ready ## Go back to the start of lab [LAB=1], the foundation kept
	@$(WORKSHOP) reset "$(LAB)"

destroy: .venv/.ready ## Remove everything of the environment, and prove it
	@$(WORKSHOP) destroy

# twice: the emulator's own tests put its backends in the place of moto's, for a whole process
test: setup ## Run every test that needs no account [FAST=1 leaves out the slow ones]
	@$(PYTEST) $(EMULATORS) tests/unit/emulator tests/load
	@$(PYTEST) $(ENVIRONMENTS) --ignore tests/unit/emulator --ignore tests/load

bench: setup ## Measure, print the table, and fail over a limit
	@$(VENV_PYTHON) -m tests.bench

verify: setup ## Check format, lint, types, HCL and docs
	@$(VENV_PYTHON) -m ruff format --check
	@$(VENV_PYTHON) -m ruff check
	@$(VENV_PYTHON) -m mypy
	@$(WORKSHOP) terraform -- fmt -check -recursive ..
	@$(VENV_PYTHON) -m workshop.cli.reference --check
	@$(VENV_PYTHON) -m emulator.reference --check
	@$(VENV_PYTHON) -m tests.hcl.module_tables --check

docs: .venv/.ready ## Write the generated reference pages anew
	@$(VENV_PYTHON) -m workshop.cli.reference
	@$(VENV_PYTHON) -m emulator.reference
	@$(VENV_PYTHON) -m tests.hcl.module_tables

clean: ## Remove the virtual environment and caches; environments and your work stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache

.venv/.ready: pyproject.toml constraints.txt scripts/make-venv
	@bash scripts/make-venv "$(PYTHON)"
