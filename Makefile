# Cabinet. Two commands do everything: `make run` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CABINET_PRACTICE ?= data/practice

.DEFAULT_GOAL := help
.PHONY: help run test check format train bench bench-ocr soak lock clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run ## Install what is missing and run the practice mailbox
	@$(BIN)/cabinet practice --folder $(CABINET_PRACTICE)

test: $(VENV)/.dev check ## Install what is missing, check the code and run all tests
	$(BIN)/python -m pytest -m "not soak" --numprocesses auto --dist worksteal

check: $(VENV)/.dev ## Lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: $(VENV)/.dev ## Train the classifier from the corpus (same bytes on every run)
	$(BIN)/python -m classifiers.train

bench: $(VENV)/.dev ## Run the benchmarks and print their figures
	for file in tests/bench/bench_*.py; do $(BIN)/python -m tests.bench.$$(basename $$file .py) || exit 1; done

bench-ocr: $(VENV)/.dev ## Read the test set of scans: errors, time and doubt, beside bare tesseract and ocrmypdf
	$(BIN)/python -m tests.bench.bench_ocr $(ARGS)

soak: $(VENV)/.dev ## Run the long tests
	$(BIN)/python -m pytest -m soak

lock: $(VENV)/.dev ## Write the hashed lock files anew from pyproject.toml
	$(BIN)/pip-compile $(LOCK_OPTIONS) --extra e5 -o requirements.lock pyproject.toml
	$(BIN)/pip-compile $(LOCK_OPTIONS) --extra dev --extra e5 --extra tesserocr -o requirements-dev.lock pyproject.toml

LOCK_OPTIONS := --quiet --allow-unsafe --strip-extras --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean: ## Remove the virtual environment and caches (never data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

$(VENV)/.run: requirements.lock pyproject.toml deploy/system-packages.sh
	@sh deploy/system-packages.sh run
	@sh deploy/python-packages.sh $(PYTHON) $(VENV) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml deploy/system-packages.sh
	@sh deploy/system-packages.sh test
	@sh deploy/python-packages.sh $(PYTHON) $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.run
