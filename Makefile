# Two commands: `make demo` shows the main job, `make test` runs every check. Both make .venv themselves.
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint unit soak bench bench-live test-web test-servers test-browser test-music test-release test-pythons docs clean help

help:           ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/'

demo:           ## set up and run the main job: two people, one score, one merge
	@sh .ci/setup
	@$(BIN)/python examples/demo/run.py

test: lint unit ## set up what tests need and run every check (a quarter of an hour on two cores)

lint:
	@sh .ci/setup test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit:
	@sh .ci/setup test
	$(BIN)/python -m pytest -n 2 --dist worksteal -rs --durations=15

soak:           ## long proofs, each printing its number of cases (under an hour on two cores)
	@sh .ci/setup test
	MUSE_TEST_RANDOM=1 $(BIN)/python -m pytest -m soak -n 2 --dist worksteal -rPs
	MUSE_WRITES=10000 MUSE_SEED=$$$$ $(BIN)/python -m pytest tests/store/test_disk.py
	MUSE_TEST_RANDOM=1 MUSE_LAW_CASES=3000 MUSE_JOIN_CASES=40 \
		$(BIN)/python -m pytest -n 2 tests/properties tests/plugins tests/engine/test_joining.py

test-servers:   ## real Git servers on loopback, from Debian packages
	@sh .ci/setup test
	sh tests/servers/install.sh
	$(BIN)/python -m pytest -m "servers and not soak" -rs

test-release:   ## sdist and wheel built, installed with each Python found and used there; packaging/ (needs PyPI; RELEASE: one file)
	@sh .ci/setup test
	$(BIN)/python -m pytest -m release -rs $(RELEASE)

test-pythons:   ## types and tests on every other Python found, each in an environment of its own
	@sh .ci/setup test
	sh .ci/pythons

test-web:       ## types, unit tests and bundle of the page's script (needs Node 20 and npm)
	@if command -v npm >/dev/null; then cd web && npm ci --no-fund --no-audit --silent && npm run -s check && npm -s test \
	  && npm run -s build && git diff --exit-code --stat ../muse/view/templates; \
	else echo "npm is not on PATH: the page's script was not tested; on Debian: apt install npm"; fi

test-browser:   ## pages and merge tool in headless Chromium, from Debian packages
	@sh .ci/setup test
	sh tests/browser/install.sh
	$(BIN)/python -m pytest -m browser -rs

test-music:     ## merged scores opened and played by MuseScore 3, from Debian packages (SCORES: other files than its demos)
	@sh .ci/setup test
	$(BIN)/python benchmarks/musescore.py $(or $(SCORES),/usr/share/mscore3-3.2/demos/*.msc?)

bench:          ## side-by-side ratios against real peers, measured in one run
	@sh .ci/setup test,bench
	$(BIN)/python benchmarks/run.py

bench-live:     ## joined sessions beside raw nats-py, on a nats-server of its own (LIVE: arguments of benchmarks/live.py)
	@sh .ci/setup test
	$(BIN)/python benchmarks/live.py $(LIVE)

docs:           ## rebuild the generated pages
	@sh .ci/setup test
	$(BIN)/python docs/make_cli.py
	$(BIN)/python docs/make_schemas.py
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/python docs/make_demo.py
	$(BIN)/python docs/make_pictures.py

clean:          ## remove what the targets made
	rm -rf .venv demo-out .mypy_cache .ruff_cache .hypothesis
