# One word for everything that is done daily. Needs Python 3.11+ and make; all else is fetched.
.DEFAULT_GOAL := help
.PHONY: help up setup web audit test test-full check fix generated unit web-test e2e crash bench-slice bench-facts bench-market bench-payments bench-auth bench-ledger bench-ledger-growth peers service migration clean browser
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest -q
export CAPITALINO_PROFILE ?= small

help: ## Show this list
	@awk -F':.*## ' '/^##@/{printf "\n%s\n",substr($$0,5)} /^[a-z0-9-]+:.*## /{printf "  %-19s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

##@ Daily
up: setup web ## Start everything on this machine: http://localhost:8000 (PORT=8001 for another port)
	@exec $(BIN)/capitalino up

test: check unit web-test e2e ## Everything that must hold before a change is merged, below 20 minutes

check: setup web ## Format, lint, types, imports, generated files: what CI runs first
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports && $(BIN)/typos
	$(BIN)/capitalino generated --check && $(BIN)/python tools/web.py check

fix: setup ## Format, and fix what can be fixed
	$(BIN)/ruff format . && $(BIN)/ruff check --fix . ; $(BIN)/python tools/web.py format

##@ Tests
unit: setup web ## Unit, integration, contract and tidy tests (t=path to narrow)
	$(PYTEST) -n auto $(or $(t),tests/unit tests/integration tests/contract tests/tidy --cov=capitalino --cov-report=term:skip-covered --cov-fail-under=90)

web-test: setup web ## Tests of the web app
	$(BIN)/python tools/web.py test

e2e: setup web browser ## The real stack through nginx, in both shapes, with a browser
	$(PYTEST) tests/e2e

crash: setup web ## Kill every part under load; the books must agree
	CAPITALINO_PROFILE=full $(PYTEST) tests/e2e -k crash

test-full: export CAPITALINO_PROFILE := full
test-full: test ## All of it, in the large profile

##@ Measure
audit: setup web ## Dependencies, licences, static analysis, a scan of a running stack: a dated report in docs/security
	$(BIN)/python -m tools.audit

bench-slice: setup web ## How long a conversion takes, to the answer and to the screen, in both shapes
	$(BIN)/python -m benchmarks.slice

bench-auth: setup web ## Sign-ins and token checks a second, and what a flood of sign-ins does to others
	$(BIN)/python -m benchmarks.auth

bench-facts: setup ## Facts a second, from the outbox to the hearer, and their lag
	$(BIN)/python -m benchmarks.facts

bench-market: setup ## Ticks a second from four exchanges to the published price, and how late (ARGS="--rate 10")
	$(BIN)/python -m benchmarks.market $(ARGS)

bench-payments: setup ## Conversions at exchanges that fail, controls off and on: none lost, none twice (SEED=7)
	$(BIN)/python -m benchmarks.payments $(if $(SEED),--seed $(SEED)) $(ARGS)

bench-ledger: peers ## The ledger beside pgbench, django-hordak and pgledger (PGLEDGER=folder, ARGS="--rounds 1")
	$(BIN)/python -m benchmarks.ledger $(ARGS)

bench-ledger-growth: peers ## Cost and bytes of an entry up to ten million lines (ARGS="--lines 1000000")
	$(BIN)/python -m benchmarks.ledger.growth $(ARGS)

peers: setup
	@test -x .venv/peers/bin/python || $(BIN)/python -m venv .venv/peers
	@.venv/peers/bin/pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock

##@ Code
setup: ## The virtual environment, exactly as locked
	@$(PYTHON) tools/setup.py

web: setup ## Build the web app
	@$(BIN)/python tools/web.py build

browser: setup ## Find or install a Chromium for the browser tests
	@$(BIN)/python tools/browser.py

generated: setup ## Write what follows from the code: API document, event schemas, import contracts, web client
	$(BIN)/capitalino generated && $(BIN)/python tools/web.py api

service: setup ## A new service from the template (n=loans)
	$(BIN)/python tools/new_service.py $(n)

migration: setup ## Draft a migration from the tables; the stack must run (s=payments m="add refund")
	$(BIN)/python tools/new_migration.py $(s) "$(m)"

clean: ## Remove all that was made here; var/ (your data) stays
	rm -rf .venv web/node_modules web/dist web/coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
