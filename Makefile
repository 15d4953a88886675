.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
BIN := .venv/bin

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make this checkout ready: .venv, system root, Kafka (root; a second run takes seconds)
	@deploy/setup/bootstrap.sh

.PHONY: demo
demo: ## A day in Jincheng, from the monitor to the alert, in minutes: on Debian with root, else in containers; ON=machine, ON=containers
	@ON="$(ON)" ONCE="$(ONCE)" DOCKER_BUILD="$(DOCKER_BUILD)" deploy/demo.sh

JOBS ?= 2

.PHONY: test-tools
test-tools: setup ## Programs that only tests need, where they are missing: Chromium, R, GDAL (root)
	@$(PYTHON) -m deploy.setup.for_tests

.PHONY: test
test: setup test-tools lint ## All checks: lint, then every test but the slow ones, JOBS=2 files at a time; BENCH=1 or CI=true: and bench-quick
	$(BIN)/pytest -m "not slow and not containers" --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder
	$(if $(or $(BENCH),$(filter true,$(CI))),$(MAKE) bench-quick)

ON_CONTAINERS := $(addprefix tests/integration/test_,$(addsuffix .py,container_servers bridge alert_process alert_topics \
	alert_log archive devices ledger migrate offsets outbox stations stream_readiness view_queries views worker_process))

.PHONY: container-tools
container-tools: setup ## A Docker engine and Compose v2, where they are missing (root), and the images of others or their stand-ins
	@$(PYTHON) -m deploy.setup.for_containers
	@$(PYTHON) -m tests.compose.images

.PHONY: test-compose
test-compose: container-tools ## The whole stack in containers: started, used, killed, upgraded, ended; docs/deploy.md; fifteen minutes
	$(BIN)/pytest -s tests/compose

.PHONY: test-on-containers
test-on-containers: container-tools ## A varied slice of the integration tests on containers of the images in docker-compose.yml, JOBS=2 files at a time
	LANTIAN_TEST_SERVERS=containers $(BIN)/pytest -m "not slow" --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder \
		$(ON_CONTAINERS)

.PHONY: test-beijing
test-beijing: setup ## Four years of Beijing through the pipeline, undisturbed, killed, cut off; tells readings/s
	$(BIN)/pytest -m slow -s tests/faults/test_beijing.py

.PHONY: test-scenarios
test-scenarios: setup ## Scenarios at 60× and at the pace of life, judged; twelve minutes
	$(BIN)/pytest -m slow -s tests/faults/test_scenarios.py

.PHONY: test-scale
test-scale: setup ## Bridges, workers and engines that join, leave, die and freeze under a judged load; ten minutes
	$(BIN)/pytest -m slow -s tests/integration/test_scale_out.py

.PHONY: test-outage
test-outage: setup ## A server away for MINUTES=10 under load: SERVER=postgres, kafka or both; figures in .local/outage
	MINUTES=$(or $(MINUTES),10) SERVER=$(or $(SERVER),both) $(BIN)/pytest -m slow -s tests/faults/test_outage.py

.PHONY: test-swarm
test-swarm: setup ## 10 000 devices, each on its connection, come back at once when broker or bridge die, sane or not
	$(BIN)/pytest -m slow -s tests/faults/test_swarm.py

.PHONY: test-views
test-views: setup ## What pages ask of a province's year, each in less than a second; two minutes
	$(BIN)/pytest -m slow -s tests/integration/test_view_speed.py

ROUNDS ?= 90
SEED ?= 1
FIRST ?= 1
RECORD ?= $(CURDIR)/.local/faults/rounds.jsonl

.PHONY: test-faults
test-faults: setup ## Rounds of drawn faults under load: ROUNDS=90 SEED=1 FIRST=1; under forty minutes
	LANTIAN_FAULT_ROUNDS=$(ROUNDS) LANTIAN_FAULT_SEED=$(SEED) LANTIAN_FAULT_FIRST=$(FIRST) LANTIAN_FAULT_RECORD=$(RECORD) \
		$(BIN)/pytest -m slow tests/faults/test_rounds.py

.PHONY: test-million
test-million: setup ## A million reports and meanwhile every fault once, then the ledger with Kafka's log: SEED=1; an hour
	LANTIAN_FAULT_SEED=$(SEED) $(BIN)/pytest -m slow -s tests/faults/test_million.py

.PHONY: lint
lint: setup ## Style, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: setup ## Measure the pipeline
	$(PYTHON) -m bench

.PHONY: bench-quick
bench-quick: setup ## The pipeline under a small load, its ratio beside that of the last kept; fails only if it is no result
	$(BIN)/lantian bench pipeline --quick

PROFILES ?= core metrics dashboards

.PHONY: image
image: ## Build the image of Lantian's processes, lantian/lantian:LANTIAN_VERSION (0.1.0); DOCKER_BUILD: further options
	@deploy/container/image.sh

.PHONY: secrets
secrets: ## Make the passwords of the containers, one for everyone who has one, in ./secrets; those there stay
	@deploy/container/secrets.sh

.PHONY: compose-up
compose-up: ## The whole stack in containers: PROFILES="core metrics dashboards" (docs/deploy.md)
	@deploy/container/up.sh $(PROFILES)

.PHONY: compose-down
compose-down: ## End the stack in containers; its data stay
	@docker compose --profile '*' down

.PHONY: up
up: setup ## Start the local stack
	@$(BIN)/lantian up

.PHONY: down
down: ## End the local stack; its data stays
	@$(BIN)/lantian down
