# SPDX-License-Identifier: Apache-2.0
"""Fuzz the .tflite reader and the compiler, led by coverage: needs atheris (extra `fuzz`).

    python tests/fuzz/fuzz_reader.py FOLDER -max_total_time=600

FOLDER collects what reached new code; it starts as tests/fuzz/corpus.zip and the seeds. The other options
are libFuzzer's. It ends with a file crash-... where an input was neither compiled nor refused.
"""

from __future__ import annotations

import random
import resource
import sys
import time
import zipfile
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

with atheris.instrument_imports(include=["toolkit"]):
    from support.damage import damaged
    from support.fuzz_seeds import seeds

    from toolkit.compiler.compile import compile_model
    from toolkit.errors import InputError
    from toolkit.ops.shared.evaluate import evaluate_tensors
    from toolkit.ops.shared.registry import operators
    from toolkit.ops.shared.state import start_states
    from toolkit.reference.oracle import split_inputs
    from toolkit.tflite.reader import read_graph
    from toolkit.verify.generated_c import random_rows

    operators()  # imports them, so that they count too

MOST_SECONDS = 2.0
MOST_BYTES = 1 << 30
MOST_EVALUATED_BYTES = 1 << 14


def evaluated(data: bytes) -> None:
    """Evaluate a model that compiles as the check of the generated C does, if that is soon done."""
    graph = read_graph(data, "fuzzed")
    if sum(t.bytes for t in graph.tensors) < MOST_EVALUATED_BYTES:
        states = start_states(graph)
        for row in random_rows(graph, 1):
            evaluate_tensors(graph, split_inputs(graph, row), states)


def one_input(data: bytes) -> None:
    """Read and compile data; anything but a result or an InputError in time is a finding."""
    started = time.process_time()
    try:
        read_graph(data, "fuzzed")
        compile_model(data, "fuzzed")
        evaluated(data)
    except InputError as error:
        assert str(error)
    taken = time.process_time() - started
    if taken > MOST_SECONDS:
        raise AssertionError(f"{len(data)} bytes took {taken:.1f} s")


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Return data changed as libFuzzer would, or, so that offsets stay right, only whole numbers in it."""
    rng = random.Random(seed)
    if len(data) < 16 or rng.random() < 0.4:
        return bytes(atheris.Mutate(data, most))
    return damaged(data, rng)


def main() -> None:
    """Write the seeds to the corpus folder and hand over to libFuzzer, with memory limited."""
    folders = [Path(a) for a in sys.argv[1:] if not a.startswith("-")]
    if folders and not folders[0].is_file():
        folders[0].mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(HERE / "corpus.zip") as corpus:
            known = {name: corpus.read(name) for name in corpus.namelist()}
        for name, data in (seeds() | known).items():
            (folders[0] / name).write_bytes(data)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    options = ["-timeout=120", "-max_len=65536", f"-rss_limit_mb={2 * MOST_BYTES >> 20}"]
    given = {a.split("=")[0] for a in sys.argv}
    arguments = [*sys.argv, *(o for o in options if o.split("=")[0] not in given)]
    atheris.Setup(arguments, one_input, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
