# Each verb makes the environment it needs; a machine with Python 3.11 or later, git and make is enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
# Hundreds of programs that the tests start import the packages: compiled once, they start in half the time.
unexport PYTHONDONTWRITEBYTECODE
# It makes the environment; the tools are that environment's own, for scripts too, which would go by this one.
unexport PYTHON
HAND_WRITTEN := comfy_ws comfy_facade comfy_emulator comfy_fleet benchmarks tests examples scripts

.PHONY: demo docs docs-serve screenshots test coverage mutants lint format types tests regen check-generated contract-lint other-languages browser-demo browser-wheel test-browser test-live release-check soak test-fleet soak-fleet throughput-fleet bench instructions clean help

help:
	@echo "make demo             run a workflow on the emulator and write its pictures"
	@echo "make test             everything below that needs no server: lint types check-generated tests"
	@echo "make lint             ruff: rules and format (make format applies them); who may import whom; dead code"
	@echo "make types            mypy --strict and pyright"
	@echo "make tests            the test suite (SHUFFLED=yes: in a random order, whose seed it tells)"
	@echo "make regen            make generated/comfy_rest anew from openapi/comfyui.yaml"
	@echo "make check-generated  fail if generated/comfy_rest is not what regen makes"
	@echo "make docs             build the documentation into build/site, warnings are errors"
	@echo "make docs-serve       show it at http://127.0.0.1:8000 and build it anew with every change"
	@echo "make screenshots      take the documentation's pictures of the terminal anew, on port 8188"
	@echo "make instructions     what a run costs in instructions, where valgrind is installed"
	@echo "make bench            what the SDK costs beside a script by hand; COMFYUI_URL names a real server"
	@echo "make soak             2,000 prompts through random faults, from a seed it prints"
	@echo "make test-fleet       every fault of a fleet over RabbitMQ too, of which make tests runs a part"
	@echo "make soak-fleet       500 prompts on four workers while workers and servers are killed (needs redis-server)"
	@echo "make throughput-fleet one and four servers behind a broker, and what a prompt costs more (needs redis-server)"
	@echo "make contract-lint    hold both contracts to Spectral's rule sets and the AsyncAPI parser (needs node and npm)"
	@echo "make other-languages  make and compile clients in other languages (needs node, npm and Java 17)"
	@echo "make release-check    build what a release uploads, and try it on each Python of this machine"
	@echo "                      (SUITE=yes: with the tests, EVERY_PYTHON=yes: none may be missing)"
	@echo "make browser-demo     serve a page that runs workflows beside the emulator (needs npm)"
	@echo "make browser-wheel    build the wheel that pages load, without what no browser can run"
	@echo "make test-browser     the client and that page in headless Chromium (needs node, npm and Chromium)"
	@echo "make coverage         the tests once more, and which branches of the packages they take"
	@echo "make mutants          which small changes of the decoder, the run state, retries and seeds no test notices"
	@echo "make test-live        the suites for real servers, at COMFYUI_URL"

# The demo needs little; what development needs is installed when it is first needed.
$(VENV)/.demo-ready: pyproject.toml
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@echo "installing the demo's packages into $(VENV) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[emulator]"
	@touch $@

$(VENV)/.development-ready: pyproject.toml
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@echo "installing the development packages into $(VENV) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[dev]"
	@# pyright brings its own program; fetched here, so that the checks themselves need no network
	@$(BIN)/pyright --version
	@touch $@ $(VENV)/.demo-ready

demo: $(VENV)/.demo-ready
	@$(BIN)/python examples/demo.py

test: lint types check-generated tests

lint: $(VENV)/.development-ready
	$(BIN)/ruff check $(HAND_WRITTEN)
	$(BIN)/ruff format --check $(HAND_WRITTEN)
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/vulture

format: $(VENV)/.development-ready
	$(BIN)/ruff check --fix $(HAND_WRITTEN)
	$(BIN)/ruff format $(HAND_WRITTEN)

types: $(VENV)/.development-ready
	$(BIN)/mypy
	MYPYPATH=generated $(BIN)/mypy -p comfy_rest
	$(BIN)/pyright

# Many tests wait more than they work, so there are twice as many at once as the machine has cores.
WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
# With RERUN=yes, what failed is run once more, alone: some tests hold limits in seconds, and the machine may be shared.
# With SHUFFLED=yes modules, classes and tests run in a random order, SHUFFLED=123 in that of the seed 123.
SHUFFLE := $(if $(SHUFFLED),-p randomly $(if $(filter-out yes,$(SHUFFLED)),--randomly-seed=$(SHUFFLED)))
tests: $(VENV)/.development-ready
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder $(SHUFFLE) $(if $(RERUN),|| $(BIN)/pytest --last-failed --last-failed-no-failures none)

# Branches of the hand-written packages, those that run in other processes included. It takes twice as long, which the
# tests of speed would take for slow code.
SPEED_TESTS := tests/emulator/test_speed.py::test_five_hundred_prompts_a_second \
	tests/workflow/test_pairs.py::test_a_hundred_nodes_convert_within_milliseconds
coverage: $(VENV)/.development-ready
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder --timeout 180 $(addprefix --deselect=,$(SPEED_TESTS))
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Changes the modules that [tool.mutmut] names in a copy, one place after the other, and lists the changes that no test
# notices: of all of them, or of those whose names begin with MODULE.
mutants: $(VENV)/.development-ready
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[mutation]"
	@rm -rf mutants
	$(BIN)/mutmut run $(if $(MODULE),"$(MODULE).*")
	@echo "noticed by no test:"
	@$(BIN)/mutmut results | awk "!/not checked/"

# The theme announces its successor with every build, which is no warning about these pages. With --quiet mkdocs would
# not count warnings, and so let them pass.
docs: $(VENV)/.development-ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "the site is in build/site: open build/site/index.html"

docs-serve: $(VENV)/.development-ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --watch comfy_facade --watch comfy_ws --watch comfy_emulator --watch comfy_fleet --watch openapi

screenshots: $(VENV)/.development-ready
	$(BIN)/python scripts/screenshots.py

regen: $(VENV)/.development-ready
	VENV=$(VENV) scripts/regen.sh

check-generated: $(VENV)/.development-ready
	VENV=$(VENV) scripts/check_generated.sh

# npm's progress and audits are no concern of a check; the lock file names no registry, so that any will do.
openapi/tools/node_modules/.ready: openapi/tools/package.json openapi/tools/package-lock.json
	@echo "installing the contract tools into openapi/tools ..."
	@npm ci --prefix openapi/tools --no-audit --no-fund --ignore-scripts --loglevel error
	@touch $@

contract-lint: openapi/tools/node_modules/.ready
	openapi/tools/node_modules/.bin/spectral lint --ruleset openapi/tools/spectral.yaml --fail-severity hint \
		openapi/comfyui.yaml openapi/comfyui-ws.yaml
	node openapi/tools/parse.mjs openapi/comfyui-ws.yaml

other-languages: $(VENV)/.development-ready
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[languages]"
	VENV=$(VENV) scripts/other_languages.sh build/other-languages
	$(BIN)/pytest tests/other_languages

tests/browser/tools/node_modules/.ready: tests/browser/tools/package.json tests/browser/tools/package-lock.json
	@echo "installing Pyodide and the driver of Chromium into tests/browser/tools ..."
	@npm ci --prefix tests/browser/tools --no-audit --no-fund --ignore-scripts --loglevel error
	@touch $@

browser-demo: $(VENV)/.development-ready tests/browser/tools/node_modules/.ready
	@$(BIN)/python scripts/browser_site.py build/browser/site --serve

browser-wheel: $(VENV)/.development-ready
	@$(BIN)/python scripts/browser_wheel.py dist/browser

test-browser: $(VENV)/.development-ready tests/browser/tools/node_modules/.ready
	$(BIN)/python scripts/browser_site.py build/browser/site
	BROWSER_TESTS=1 $(BIN)/pytest tests/browser $(if $(RERUN),|| BROWSER_TESTS=1 $(BIN)/pytest tests/browser --last-failed --last-failed-no-failures none)

test-live: $(VENV)/.development-ready
	@test -n "$$COMFYUI_URL" || { echo "set COMFYUI_URL to the address of a ComfyUI server"; exit 2; }
	$(BIN)/pytest tests/live tests/openapi/test_live_contract.py
	$(BIN)/pytest tests/contract -m live

release-check: $(VENV)/.development-ready
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[release]"
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python scripts/release_check.py $(if $(SUITE),--suite) $(if $(EVERY_PYTHON),--every-python)

# Counts, not seconds: what the guard in continuous integration looks at where there is valgrind.
instructions: $(VENV)/.development-ready
	$(BIN)/python -m benchmarks.instructions "latency sync"

# Rewrites the tables and the picture in docs/performance.md.
bench: $(VENV)/.development-ready
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[bench]"
	$(BIN)/python -m benchmarks
	@test -n "$$COMFYUI_URL" || $(BIN)/python -m benchmarks.curves

soak: $(VENV)/.development-ready
	$(BIN)/python -m tests.chaos.soak --prompts 2000

test-fleet: $(VENV)/.development-ready
	FLEET_TESTS=all $(BIN)/pytest tests/fleet --numprocesses auto --dist loadfile

soak-fleet: $(VENV)/.development-ready
	$(BIN)/python -m tests.fleet.soak --prompts 500

throughput-fleet: $(VENV)/.development-ready
	$(BIN)/python -m tests.fleet.soak --throughput

clean:
	rm -rf $(VENV) demo-output build mutants dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
