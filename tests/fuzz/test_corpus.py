# SPDX-License-Identifier: Apache-2.0
"""What the coverage-guided fuzzer starts from: compiled, or refused with an InputError, and soon."""

from __future__ import annotations

import random
import time
import zipfile
from pathlib import Path

import pytest
from support.damage import damaged
from support.effort import times
from support.fuzz_seeds import seeds

from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.ops.shared.evaluate import evaluate_tensors
from toolkit.ops.shared.state import start_states
from toolkit.reference.oracle import split_inputs
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import random_rows, verify_model

MOST_SECONDS = 2.0
DAMAGED = 4000  # two hundred thousand with TINYML_FUZZ=50
MOST_EVALUATED_BYTES = 1 << 20
CORPUS = Path(__file__).parent / "corpus.zip"


@pytest.mark.fuzz
def test_every_seed_is_read_and_compiled_or_refused_in_time() -> None:
    for name, data in seeds().items():
        started = time.process_time()
        assert read_graph(data, name).operations
        try:
            assert compile_model(data, name).sources
        except InputError as error:
            assert name in str(error)
        assert time.process_time() - started < MOST_SECONDS, name


@pytest.mark.fuzz
def test_all_that_the_fuzzer_kept_is_compiled_or_refused_in_time() -> None:
    """What reached new code in its long run, most of it damaged."""
    compiled = refused = 0
    with zipfile.ZipFile(CORPUS) as corpus:
        for name in corpus.namelist():
            started = time.process_time()
            try:
                compile_model(corpus.read(name), "fuzzed")
                compiled += 1
            except InputError as error:
                assert str(error)
                refused += 1
            assert time.process_time() - started < MOST_SECONDS, name
    assert compiled > 20
    assert refused > 100


@pytest.mark.fuzz
@pytest.mark.parametrize("start", ["0c32ff2c", "2690a4e4"])
def test_models_whose_operators_have_two_numbers_are_what_tflm_runs(start: str) -> None:
    with zipfile.ZipFile(CORPUS) as corpus:
        (name,) = (name for name in corpus.namelist() if name.startswith(start))
        data = corpus.read(name)

    assert len(verify_model(compile_model(data, "fuzzed"), data).against) == 2


@pytest.mark.fuzz
@pytest.mark.parametrize("part", range(4))
def test_what_compiles_of_damaged_models_is_evaluated(part: int) -> None:
    """Verification runs the file's own graph, with all that no pass left: dead operations may be anything."""
    rng = random.Random(part)
    with zipfile.ZipFile(CORPUS) as corpus:
        pool = [corpus.read(name) for name in corpus.namelist()] + list(seeds().values())
    models = [*pool[part::4], *(damaged(rng.choice(pool), rng) for _ in range(times(DAMAGED) // 4))]
    evaluated = 0
    for data in models:
        try:
            compile_model(data, "fuzzed")
        except InputError:
            continue
        graph = read_graph(data, "fuzzed")
        if sum(t.bytes for t in graph.tensors) < MOST_EVALUATED_BYTES:
            states = start_states(graph)
            for row in random_rows(graph, 2):
                evaluate_tensors(graph, split_inputs(graph, row), states)
            evaluated += 1
    assert evaluated > 20
