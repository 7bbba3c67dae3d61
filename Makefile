# Every target sets up what it needs: Python 3.11 or newer is all that must be there.
STACK ?= local
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/.ready
SEAWALL := $(BIN)/seawall
PYTEST := $(BIN)/pytest

# Bytecode is kept, also where the environment says otherwise: without that of the SDKs every start
# takes three seconds more.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup up preview down stop report check test test-unit test-faults test-mutations test-swarm bench bench-cycles lint format types schema lock pulumi-up clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Set up again when the requirements or the packaging change, not otherwise: the stamp holds their checksum.
setup: ## Make .venv with everything that is needed
	@sum="$$(cat requirements.txt pyproject.toml Makefile | cksum)"; \
	if [ "$$(cat $(READY) 2>/dev/null)" != "$$sum" ]; then \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
			|| { echo "Seawall needs Python 3.11 or newer; set PYTHON=python3.x" >&2; exit 2; }; \
		echo "setting up .venv ..."; \
		[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv || exit 1; \
		$(BIN)/uv --version 2>/dev/null | grep -qF " $(UV_VERSION) " \
			|| $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || exit 1; \
		VIRTUAL_ENV="$$PWD/.venv" $(BIN)/uv pip install --quiet -r requirements.txt || exit 1; \
		echo "$$sum" > $(READY); \
	fi

up: setup ## Bring the platform up in the sandbox (STACK=local)
	@$(SEAWALL) sandbox up --stack $(STACK)

preview: setup ## Show what `make up` would do
	@$(SEAWALL) sandbox preview --stack $(STACK)

down: setup ## Delete everything that `make up` made; the emulator runs on
	@$(SEAWALL) sandbox destroy --stack $(STACK)

stop: setup ## Stop the emulator; what it held is gone with it
	@$(SEAWALL) sandbox emulator stop

report: setup ## Write the report of what exists, which ports are open and why
	@$(SEAWALL) report --stack $(STACK)

check: setup ## Check all settings and Compose files; touches nothing
	@$(SEAWALL) check

pulumi-up: setup ## Bring the stack up on AWS with the stock Pulumi CLI (STACK=dev)
	@command -v pulumi >/dev/null \
		|| { echo "the pulumi CLI is not on PATH; see https://www.pulumi.com/docs/install/" >&2; exit 2; }
	@pulumi up --stack $(STACK)

test: setup ## Run every test that needs pip packages alone
	@$(PYTEST) -n 2 --dist loadfile --ignore tests/faults

test-unit: setup ## Run the tests that need no emulator
	@$(PYTEST) -n 2 --dist loadfile tests/unit

test-faults: setup ## Kill runs at every point, not at a sample of them (an hour and more)
	@$(PYTEST) -n 2 --dist load -s tests/faults --faults-every 1

test-swarm: setup ## Run the node agent on real Docker Swarm engines in namespaces (needs root)
	@[ "$$(id -u)" = 0 ] || { echo "test-swarm needs root: it makes namespaces and mounts" >&2; exit 2; }
	@missing=""; for tool in dockerd:docker.io nft:nftables ip:iproute2 losetup:mount haproxy:haproxy \
		mkfs.ext4:e2fsprogs busybox:busybox-static; do \
		command -v "$${tool%%:*}" >/dev/null || missing="$$missing $${tool\#*:}"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing ..."; apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; fi
	@SEAWALL_SWARM=1 $(PYTEST) -n 0 -p no:randomly -s -v tests/swarm

bench: setup ## Measure the sandbox next to the SDK's mocks and a stock CLI (slow; BENCH=options)
	@$(BIN)/python -m benchmarks $(BENCH)

bench-cycles: setup ## Bring a stack up and down 200 times and see that nothing grows (CYCLES=options)
	@$(BIN)/python -m benchmarks.cycles $(CYCLES)

test-mutations: setup ## Break the engine's rules one at a time: a test must notice each (MUTATIONS=names)
	@$(BIN)/python tests/mutation/run.py $(MUTATIONS)

lint: setup ## Run every check of style, types, structure and workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/pyright
	@$(BIN)/zizmor --offline --quiet .github
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --schemafile stacks/settings.schema.json stacks/Pulumi.*.yaml

format: setup ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

schema: setup ## Make stacks/settings.schema.json from the settings' types
	@$(SEAWALL) schema --output stacks/settings.schema.json

lock: setup ## Pin requirements.txt anew from pyproject.toml
	@{ echo '# Everything that `pulumi up`, the sandbox and the tests need. Made by `make lock`; do not edit.'; \
	   $(BIN)/uv pip compile --quiet --all-extras --universal --no-header --no-annotate --python-version 3.11 pyproject.toml; \
	   echo '-e .'; } > requirements.txt.new && mv requirements.txt.new requirements.txt

clean: ## Remove .venv and caches; the sandbox's state in .seawall stays
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
