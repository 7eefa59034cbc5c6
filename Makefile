# Two commands: `make chat` sets up and opens the chat, `make test` sets up and passes the tests.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --editable
# Test files side by side, in the order that tests/conftest.py gives them; one more than there are cores, since tests of
# pages, servers and processes wait for these.
SIDE_BY_SIDE = --numprocesses $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --maxprocesses 5 --dist loadfile --no-loadscope-reorder

.PHONY: chat test lint attack audit clean

chat: $(VENV)/.installed
	$(BIN)/refdesk chat

# Threads of OpenMP sleep while they wait: spinning, they keep the other workers from the processor.
test: export OMP_WAIT_POLICY = PASSIVE
# Modules are compiled once, also where the environment forbids it (images of containers often do): not in each process.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

attack: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.attack

# Known vulnerabilities of what is installed. PyPI has no CPU builds of PyTorch: it is looked up by its version alone.
audit: $(VENV)/.installed-dev
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > $(VENV)/audit/installed.txt
	$(VENV)/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement $(VENV)/audit/installed.txt

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(BIN)/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Refdesk needs Python 3.11 or newer; name one: make PYTHON=python3.12 " + "chat")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/pip
	$(INSTALL) ".[offline]"
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/pip
	$(INSTALL) ".[offline,multilingual,dev]"
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
