# All there is to remember: run · test · lint · bench · soak · stubs · screenshots
# ARGS goes to the command behind: make run ARGS="--namespace k8s.io", make test ARGS="-k pull"

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test lint bench soak stubs screenshots clean
.DEFAULT_GOAL := run

# Made again when the dependencies change; a half-made one has no stamp and is made anew.
$(VENV)/stamp: pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo >&2 \
	  "$(PYTHON) cannot make a virtual environment: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable . --group dev
	touch $@

run: $(VENV)/stamp
	@$(BIN)/ctdeck --embedded-if-none $(ARGS)

# Three at a time, also on two cores: many tests wait for others, not for the processor.
test: $(VENV)/stamp
	tests/setup
	$(BIN)/pytest --numprocesses 3 --dist worksteal $(ARGS)

lint: $(VENV)/stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Without root: what the simulator can show; the rest of the table says so.
bench: $(VENV)/stamp
	[ "$$(id -u)" -ne 0 ] || tests/setup
	$(BIN)/python -m tests.bench $(ARGS)

# Needs root: real containerds, for minutes.
soak: $(VENV)/stamp
	tests/setup
	$(BIN)/python -m tests.soak $(ARGS)

stubs: $(VENV)/stamp
	$(BIN)/python backend/aiocontainerd/pb/generate.py

screenshots: $(VENV)/stamp
	tests/setup screenshots
	$(BIN)/python -m tests.screenshots $(ARGS)

clean:
	rm -rf $(VENV) .venv-stubs .cache build dist
