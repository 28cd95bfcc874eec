# SPDX-License-Identifier: Apache-2.0
# `make demo` and `make test` set themselves up: Python 3.10 to 3.13, make and a C compiler are enough.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
C_FILES = $(shell git ls-files 'firmware_templates/*.c' 'firmware_templates/*.h' 'tests/*.c' 'tests/*.h')
PYTHON_FILES := toolkit tests setup.py firmware_templates examples .ci
TINYML_FUZZ ?= 30
FUZZ_SECONDS ?= 3600
DEMO_BOARDS := --board nano33ble --board sparkfun_edge --board stm32f746g_disco

.PHONY: help setup demo test lint unit coverage format fuzz bench clean
help:
	@echo "make demo      two examples, trained, compiled, built for three boards, emulated, checked"
	@echo "make test      every test, linter and type check"
	@echo "make coverage  the tests again, slower, with the share of lines that they reach"
	@echo "make format    rewrite the sources as the linters want them"
	@echo "make fuzz      every test at its full breadth, then the fuzzers for long"
	@echo "make bench     figures of models against the record; writes docs/benchmarks.md"

setup: $(READY)
$(READY): setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python .ci/install.py -e '.[train,search,tflm,zig,emulate,live,test]'
	touch $@

demo: setup
	@set -e; for example in hello_sine digits; do \
	  rm -rf build/demo/$$example; \
	  $(BIN)/tinyml new build/demo/$$example --example $$example; \
	  $(BIN)/tinyml check --project build/demo/$$example $(DEMO_BOARDS); \
	done
	@echo "Look at build/demo/hello_sine/build/report.html and build/demo/digits/build/report.html"

test: lint unit

lint: setup
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	printf '%s\n' linux win32 darwin | xargs -P 3 -I{} $(BIN)/mypy --platform {} --cache-dir .mypy_cache/{}
	$(BIN)/clang-format --dry-run -Werror $(C_FILES)

unit: setup
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=20

# Counting lines makes the tests 30 to 50 % slower, so it is no part of make test.
coverage: setup
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered --cov-fail-under=90

format: setup
	$(BIN)/ruff check --fix $(PYTHON_FILES)
	$(BIN)/ruff format $(PYTHON_FILES)
	$(BIN)/clang-format -i $(C_FILES)

fuzz: setup
	TINYML_FUZZ=1 $(BIN)/python -m pytest -n 2 --dist loadgroup -m "not bench"
	TINYML_FUZZ=$(TINYML_FUZZ) $(BIN)/python -m pytest -n 2 --dist loadgroup -m fuzz
	@if $(BIN)/python -c 'import atheris' 2>/dev/null; then \
	  $(BIN)/python tests/fuzz/fuzz_reader.py build/fuzz -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build/; \
	else echo "Not run: tests/fuzz/fuzz_reader.py needs atheris: $(BIN)/pip install -e '.[fuzz]'"; fi

bench: setup
	$(BIN)/python -m pytest -s -m bench

clean:
	rm -rf build dist .coverage .pytest_cache .mypy_cache .ruff_cache
