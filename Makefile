# Every command of the project. `make help` prints this list from the comments beside the targets.

SHELL := /bin/sh
PYTHON := .venv/bin/python
export PYTHONDONTWRITEBYTECODE ?=
export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help environment run cluster faults test check vulnerabilities train evaluate compare bench growth sizes screenshots readings facts demo lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

environment:
	@command -v python3 >/dev/null || { echo "error: python3 is missing; install it with: apt-get install python3 python3-venv" >&2; exit 1; }
	@python3 deploy/environment.py

run: environment ## start the assistant; Ctrl-C ends it
	@exec $(PYTHON) -m bot run

cluster: environment ## start two of each on PostgreSQL and Redis, as on several machines; Ctrl-C ends it
	@exec $(PYTHON) -m deploy.cluster

faults: environment ## what it costs when a part is killed, stopped, slowed, filled up or cut off (half an hour); PARTS=rasa,redis chooses
	@$(PYTHON) -m tests.faults

test: environment ## everything that must hold, with its own PostgreSQL
	@$(PYTHON) -m deploy.test

check: environment ## the quick part: style, types, layers, data
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	@$(PYTHON) -m bot check

vulnerabilities: environment ## known vulnerabilities of what requirements.lock names, but for the accepted ones; needs the network
	@$(PYTHON) deploy/vulnerabilities.py

train: environment ## train the model if anything it learns from has changed
	@$(PYTHON) -m bot train

evaluate: environment ## how well questions that nobody trained on are understood
	@$(PYTHON) -m bot.nlu.evaluate --model "$$($(PYTHON) -m bot train | tail -n 1)"

compare: environment ## how other classifiers do beside ours, on the same questions; ROWS=linear,ours chooses (half an hour)
	@$(PYTHON) -m benchmarks.understanding $(if $(ROWS),--rows $(ROWS))

bench: environment ## the figures of the README against their bars; ROWS=turns,idle chooses, WRITE=1 puts them into docs
	@$(PYTHON) -m benchmarks $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)

growth: environment ## plots of what grows against what it costs, and where the time of a turn goes, into docs/performance.md
	@$(PYTHON) -m benchmarks.growth

sizes: environment ## what a page loads for the widget; fails above 15 kB before the click or 60 kB in all
	@$(PYTHON) -m benchmarks.sizes

screenshots: environment ## a picture of every state of widget and console, under var/screenshots or FOLDER=…
	@$(PYTHON) -m tests.screenshots $(FOLDER)

readings: environment ## how the names of places are read, after places were added or renamed
	@$(PYTHON) -m bot.catalogue.readings

facts: environment ## facts that somebody must look at again
	@$(PYTHON) -m bot facts

demo: environment ## fill the database with invented applications
	@$(PYTHON) -m bot demo

LOCKING := .tools/bin/uv --system-certs pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11 --python-platform linux --upgrade

lock: environment ## compile requirements.lock from pyproject.toml, and the lock of pip-audit
	@$(LOCKING) pyproject.toml --all-extras -o requirements.lock
	@echo pip-audit | $(LOCKING) - -o deploy/vulnerabilities.lock

clean: ## remove the environment and what was generated; data under var/ stays
	@rm -rf .venv .tools data/generated .mypy_cache .ruff_cache .pytest_cache
