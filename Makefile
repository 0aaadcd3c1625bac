# What a person does, a target each: `make` lists the ten that most need, `make help-all` the rest.
# ENV names an environment in terraform/environments; the other variables are explained beside their targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# A clone that names no bucket for dev's state yet has nothing to plan on AWS: it plans a change of the local stack.
ENV ?= $(if $(shell grep -ls CHANGE-ME terraform/environments/dev.s3.tfbackend),local-next,dev)
# The change of the local stack opens a route, so a check that names nothing holds the stack itself.
CHECKED = $(if $(filter file,$(origin ENV)),$(patsubst local-%,local,$(ENV)),$(ENV))
# How many tests run side by side: one more than a small machine has processors, for many wait for the local AWS.
JOBS ?= 3
RUN := .venv/bin/python -m
READY := .venv/.ready

# Handed to the recipes through the environment, where no quote in them can be mistaken for the shell's.
export ALLOW API CHANGE CLAIMS CONFIG EXPIRES INSPECT ISSUER KEEP LONGEST MANIFEST_BEFORE NAME PARAMETER PLAN RELEASE ROUTE RULE \
    SECRET_NAME SNAPSHOTS SNAPSHOT_FILES SUBJECT TOKEN TOKENS URL VERSION WAIT

# What works on the running local stack does so unless ENV is given, in the command itself or in the environment.
WHERE := $(if $(and $(ENV),$(filter command environment,$(origin ENV))),--environment "$(ENV)")

# A name that no task knows is refused: `make plan env=dev` must not plan something else.
SETTINGS := ALLOW API ARCHITECTURE CHALLENGE CHANGE CLAIMS CONFIG DECISIONS ENV EXAMPLE EXPIRES FORCE INSPECT ISSUER JOBS KEEP LIFE \
    LONGEST MANIFEST_BEFORE MINUTES MORE NAME PAGE PAGE_PORT PAIRS PARAMETER PART PLAN PORT PYTHON REGIONS RELEASE ROUTE RPS RULE RULES RUNS RUNTIME SECONDS SECRET_NAME \
    SEED SEEDS SKEW SNAPSHOTS SNAPSHOT_FILES SUBJECT TERRAFORM TOKEN TOKENS TTL URL VERSION WAIT YES
UNKNOWN := $(filter-out $(SETTINGS) -%,$(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name))))
$(if $(UNKNOWN),$(error No task knows $(UNKNOWN). Settings are in capitals, such as ENV=dev: `make help-all` names them))

# A task's text after ## is in both lists, after #: in the long one alone.
LIST = @if test -t 1 && test -z "$${NO_COLOR:-}"; then bold=$$'\e[1m' plain=$$'\e[0m'; fi; \
    awk -v bold="$${bold:-}" -v plain="$${plain:-}" 'BEGIN { FS = ":.*$(1) " } \
        /^[a-z-]+:.*$(1) / { printf "  %s%-10s%s %s\n", bold, $$1, plain, $$2 }' $(MAKEFILE_LIST)

.PHONY: help
help:
	$(call LIST,\#\#)
	@printf '\n%s\n' '`make help-all` lists all tasks.'

.PHONY: help-all
help-all:
	$(call LIST,\#[\#:])

.PHONY: setup
setup: $(READY) #: Install the tools into .venv; every other task does this by itself.

$(READY): requirements-dev.txt scripts/setup $(if $(PYTHON),ask-setup)
	@scripts/setup

# Where PYTHON is named, setup looks itself whether .venv is that Python's.
.PHONY: ask-setup
ask-setup:

.PHONY: package
package: $(READY) ## Build the Lambda packages, for AWS: RUNTIME=python3.13; SNAPSHOTS="<issuer or JWKS URL> ..." puts their keys in; EXAMPLE=mcp: that example's.
	@set -f; $(RUN) scripts.package --target aws $(if $(EXAMPLE),--example $(EXAMPLE)) $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE)) $(if $(RUNTIME),--runtime $(RUNTIME)) \
	    $(if $(SNAPSHOTS),--snapshot $$SNAPSHOTS) $(if $(SNAPSHOT_FILES),--snapshot-file $$SNAPSHOT_FILES)

.PHONY: demo
demo: $(READY) ## Show it all from nothing: a local AWS, terraform apply, and real requests and a WebSocket, with and without tokens.
	@$(RUN) scripts.local_aws demo

.PHONY: up
up: $(READY) ## Leave the same stack running, and print the URL of its page, its own, a token and a curl line. PORT= and PAGE_PORT= fix the ports.
	@$(RUN) scripts.local_aws up $(if $(PORT),--port $(PORT)) $(if $(PAGE_PORT),--page-port $(PAGE_PORT))

.PHONY: down
down: $(READY) ## Stop the stack that `make up` started, and remove all it made.
	@$(RUN) scripts.local_aws down

.PHONY: example
example: $(READY) #: Apply an example to that stack, and print its URL and a token: NAME=existing-api.
	@$(RUN) scripts.local_aws example --name "$${NAME:?write NAME=existing-api}"

.PHONY: logs
logs: $(READY) #: Follow what the authorizers of that stack log, the examples' too, in colour by outcome; Ctrl-C ends it.
	@$(RUN) scripts.local_aws logs

.PHONY: token
token: $(READY) ## Mint a token: CLAIMS='{"foo":"bar"}' EXPIRES=1h; or explain one: INSPECT=<jwt>.
	@$(RUN) scripts.token $(if $(INSPECT),inspect "$$INSPECT",mint $(if $(CLAIMS),--claims "$$CLAIMS") $(if $(EXPIRES),--expires "$$EXPIRES"))

.PHONY: explain
explain: $(READY) #: Say why a call would be allowed or refused: TOKEN=<jwt> and RULE=<name> or ROUTE="GET /me"; ENV= or CONFIG=<file>.
	@$(RUN) scripts.explain $(WHERE) $(if $(RULE),--rule "$$RULE") $(if $(ROUTE),--route "$$ROUTE") $(if $(CONFIG),--config "$$CONFIG") \
	    $(if $(PARAMETER),--parameter "$$PARAMETER")

.PHONY: smoke
smoke: $(READY) ## Check a deployed API, after every apply: URL=<base URL>, TOKEN=<a good token>, ROUTE=/me; CHALLENGE=no: an HTTP API; or hold it to terraform/callers.json: ENV=dev, TOKENS=<file>, API=.
	@$(RUN) scripts.smoke $(if $(ROUTE),--path "$$ROUTE") $(if $(filter no,$(CHALLENGE)),--no-challenge) \
	    $(if $(findstring command,$(origin ENV)),--environment "$(ENV)") $(if $(TOKENS),--tokens "$$TOKENS") \
	    $(if $(findstring command,$(origin API)),--api "$$API")

.PHONY: plan
plan: $(READY) ## Plan an environment: ENV=dev writes build/dev.tfplan; ENV=local-next needs no AWS.
	@$(RUN) scripts.operate.environment plan $(ENV)

.PHONY: review
review: $(READY) ## Say who may call what by that plan, before and after: ENV=, or PLAN=<JSON>; exit 3 when a route opens that ALLOW=<file> does not name.
	@$(RUN) scripts.review_plan $(if $(PLAN),--plan "$$PLAN",--environment $(ENV)) $(if $(ALLOW),--allow "$$ALLOW") \
	    $(if $(MANIFEST_BEFORE),--manifest-before "$$MANIFEST_BEFORE")

.PHONY: check
check: $(READY) #: Hold that plan to terraform/callers.json, which says what each route answers whom; ENV=local asks a local stack.
	@$(RUN) scripts.review_plan.check --environment $(CHECKED)

.PHONY: audit
audit: $(READY) #: Compare what is live with Terraform's state, and say who may call what: ENV=dev, else the local stack; exit 3 where something differs that ALLOW=<file> does not name.
	@$(RUN) scripts.operate.audit $(WHERE) $(if $(ALLOW),--allow "$$ALLOW")

.PHONY: acceptance
acceptance: $(READY) #: Prove on a real account what nobody could without one, for cents: ENV=dev; says what it makes and asks (YES=1 does not), and destroys it again; ENV=local on a local AWS.
	@$(RUN) scripts.operate.acceptance --environment $(if $(WHERE),"$(ENV)",$(error Name whose account it is: make acceptance ENV=dev)) $(if $(filter 1,$(YES)),--yes)

.PHONY: gate
gate: $(READY) #: Pack what guards and reviews pull requests, each as a file that runs by itself: build/guard.pyz, build/review.pyz.
	@$(RUN) scripts.gate.zipapps

.PHONY: release
release: $(READY) #: Make the tag of a release of the last commit, built twice and compared: VERSION=1.0.0.
	@$(RUN) scripts.release make "$${VERSION:?write VERSION=1.0.0}"

.PHONY: verify
verify: $(READY) #: Build a release again from its tag's source, elsewhere, and compare: RELEASE=v1.0.0.
	@$(RUN) scripts.release verify "$${RELEASE:?write RELEASE=v1.0.0}"

.PHONY: apply
apply: $(READY) ## Apply the plan that `make plan` wrote: ENV=dev.
	@$(RUN) scripts.operate.environment apply $(ENV)

.PHONY: output
output: $(READY) #: Print what an applied environment gives out, as JSON: ENV=dev; or one value as it is: NAME=base_url.
	@$(RUN) scripts.operate.environment output $(ENV) $(if $(findstring command,$(origin NAME)),--only "$$NAME")

.PHONY: destroy
destroy: $(READY) #: Destroy an environment, once you have confirmed what Terraform shows: ENV=dev.
	@$(RUN) scripts.operate.environment destroy $(if $(WHERE),"$(ENV)",$(error Name the environment to destroy: make destroy ENV=dev))

.PHONY: revoke
revoke: $(READY) #: Refuse a token, or a subject's: TOKEN=<jwt>, or SUBJECT=<sub> and ISSUER=<iss>; ENV=dev, else the local stack.
	@$(RUN) scripts.operate.revoke $(WHERE) $(if $(SUBJECT),--subject="$$SUBJECT") $(if $(ISSUER),--issuer="$$ISSUER") \
	    $(if $(KEEP),--keep="$$KEEP")

.PHONY: rotate
rotate: $(READY) #: Give the generated secret a new value, refusing nobody: ENV=dev, else the local stack; WAIT=, FORCE=1.
	@$(RUN) scripts.operate.rotate_secret $(WHERE) $(if $(SECRET_NAME),--secret="$$SECRET_NAME") $(if $(WAIT),--wait="$$WAIT") \
	    $(if $(LONGEST),--longest="$$LONGEST") $(if $(FORCE),--force)

.PHONY: capacity
capacity: $(READY) #: Say what a load needs and costs: RPS=1000 TOKENS=20000 TTL=300; RULES= LIFE=1h SKEW=1 REGIONS= MORE="--denylist".
	@$(RUN) scripts.capacity $(if $(RPS),--rps "$(RPS)") $(if $(TOKENS),--tokens "$(TOKENS)") \
	    $(if $(TTL),--ttl "$(TTL)") $(if $(RULES),--rules "$(RULES)") \
	    $(if $(LIFE),--life "$(LIFE)") $(if $(SKEW),--skew "$(SKEW)") $(if $(REGIONS),--regions "$(REGIONS)") $(MORE)

.PHONY: test
test: $(READY) ## Run every test, JOBS=3 side by side, and say where the time goes and which branches of functions no test takes.
	@$(RUN) pytest --numprocesses $(JOBS) --cov

.PHONY: test-unit
test-unit: $(READY) #: Run the unit tests, in seconds.
	@$(RUN) pytest tests/unit --numprocesses $(JOBS)

.PHONY: test-page
test-page: $(READY) #: Test the page of the local stack, in Chromium too, which has to be there: `apt-get install chromium chromium-driver`.
	@REQUIRE_CHROMIUM=1 $(RUN) pytest tests/unit/test_page.py tests/local/test_page.py tests/local/test_page_in_browser.py

.PHONY: fuzz
fuzz: $(READY) #: Look for tokens and events that break the authorizer: SECONDS=60; SEED= repeats a run.
	@$(RUN) scripts.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

.PHONY: prove
prove: $(READY) #: Prove that no loosening is missed (100,000 pairs of configurations, and a real plan for each attribute that decides), that no cached answer is out of date for longer than stated (every order of eight events), that the authorizer answers what its specification says (10,000,000 decisions), and that no apply of a change loses or opens a call. The latter two go on where they were stopped: MINUTES= DECISIONS= CHANGE= SEEDS=5 PAIRS=60 PART=1/2.
	@$(RUN) tests.review.witness_law
	@$(RUN) tests.review.real_mutations
	@$(RUN) tests.specification.cache_search
	@$(RUN) tests.specification.compare $(if $(DECISIONS),--decisions $(DECISIONS)) $(if $(MINUTES),--minutes $(MINUTES))
	@$(RUN) tests.apply_order $(if $(MINUTES),--minutes $(MINUTES)) $(if $(CHANGE),--change "$$CHANGE") \
	    $(if $(SEEDS),--seeds $(SEEDS)) $(if $(PAIRS),--pairs $(PAIRS)) $(if $(PART),--part $(PART))

.PHONY: mutation
mutation: $(READY) #: Hold the tests of the modules that decide against mutants of these modules, and write docs/mutation.md. Goes on where it was stopped: MINUTES=.
	@nice -n 15 $(RUN) tests.mutation $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: bench
bench: $(READY) #: Measure speed and size beside the alternatives, and hold them to the targets: RUNS=21; PAGE=1: put the last figures into docs/performance.md.
	@$(RUN) tests.benchmarks $(if $(PAGE),--page,$(if $(RUNS),--runs $(RUNS)))

.PHONY: lint
lint: $(READY) #: Check style, types, branches and dead code of the Python, and format and validity of the Terraform.
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@$(RUN) vulture
	@$(RUN) xenon --max-absolute B functions
	@$(RUN) xenon --max-absolute C scripts tests
	@$(RUN) scripts.terraform.provider_6 check
	@$(RUN) scripts.terraform.lint

.PHONY: provider-schema
provider-schema: $(READY) #: Read anew what provider 6 knows of the types that the Terraform uses (60 MB); `make lint` holds ours against it.
	@$(RUN) scripts.terraform.provider_6 read

.PHONY: docs
docs: $(READY) #: Write what is made from something else: the keys of the configuration, the inputs and outputs of the modules, the levels of a schema, the picture of the page.
	@$(RUN) tests.unit.configuration_page
	@$(RUN) scripts.terraform.levels
	@$(RUN) scripts.terraform.reference
	@$(RUN) tests.browser.screenshot

.PHONY: checkov
checkov: $(READY) #: Hold the Terraform against Checkov's rules, in a minute or two; the first time installs it into .local.
	@$(RUN) scripts.terraform.checkov

.PHONY: fmt
fmt: $(READY) #: Format the Python and the Terraform.
	@$(RUN) ruff check --fix-only --quiet
	@$(RUN) ruff format
	@$(RUN) scripts.terraform fmt -recursive terraform

.PHONY: lock
lock: $(READY) #: Resolve the requirements again, to the newest releases their .in files allow.
	@$(RUN) uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url \
	    --python-version 3.11 requirements-dev.in --output-file requirements-dev.txt
	@$(RUN) uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url \
	    --python-version 3.11 requirements-checkov.in --output-file requirements-checkov.txt
	@$(RUN) uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url \
	    --python-version 3.11 requirements-mutation.in --output-file requirements-mutation.txt
	@$(RUN) uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url \
	    --python-version 3.13 functions/authorizer/requirements.in --output-file functions/authorizer/requirements.txt
	@# cffi needs pycparser to read C, which cryptography's bindings never ask of it.
	@$(RUN) uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url \
	    --python-version 3.13 --no-emit-package pycparser functions/authorizer/requirements-asymmetric.in \
	    --output-file functions/authorizer/requirements-asymmetric.txt
	@$(RUN) uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url \
	    --python-version 3.11 terraform/examples/mcp/server/requirements.in \
	    --output-file terraform/examples/mcp/server/requirements.txt
	@for name in runtime tutorial pyjwt_rs256 powertools; do \
	    $(RUN) uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url \
	        --python-version 3.13 "tests/benchmarks/requirements/$$name.in" \
	        --output-file "tests/benchmarks/requirements/$$name.txt"; \
	done

.PHONY: clean
clean: #: Remove what was built; `make down` removes the local stack.
	@rm -rf build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
