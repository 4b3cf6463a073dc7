.PHONY: up demo test test-postgres lint types check lock env-example

PYTHON = .venv/bin/python

up: ## Start everything on this machine
	./scripts/up.sh

demo: ## Start everything and place a simulated call
	./scripts/up.sh --demo

test: ## All tests but the benchmark
	./scripts/run-tests.sh

test-postgres: ## The same on a PostgreSQL of their own
	./scripts/with-postgres.sh ./scripts/run-tests.sh

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy --strict .

check: lint types ## What CI checks before it runs the tests
	$(PYTHON) manage.py makemigrations --check --dry-run

lock: ## Exact versions from the ranges; needs uv
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
		--custom-compile-command 'make lock' \
		requirements.txt -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
		--custom-compile-command 'make lock' \
		-c requirements.lock requirements-dev.txt -o requirements-dev.lock

env-example: ## Write .env.example from callcenter/env.py
	$(PYTHON) manage.py env_example
