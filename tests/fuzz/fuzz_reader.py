# SPDX-License-Identifier: Apache-2.0
"""Fuzz the .tflite reader and the compiler, led by coverage: needs atheris (extra `fuzz`).

    python tests/fuzz/fuzz_reader.py FOLDER -max_total_time=600

FOLDER collects what reached new code; it starts as tests/fuzz/corpus.zip and the seeds. The other options
are libFuzzer's. It ends with a file crash-... where an input was neither compiled nor refused.
"""

from __future__ import annotations

import random
import resource
import struct
import sys
import time
import zipfile
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

with atheris.instrument_imports(include=["toolkit"]):
    from support.fuzz_seeds import seeds

    from toolkit.compiler.compile import compile_model
    from toolkit.errors import InputError
    from toolkit.ops.shared.registry import operators
    from toolkit.tflite.reader import read_graph

    operators()  # imports them, so that they count too

MOST_SECONDS = 2.0
MOST_BYTES = 1 << 30
_WORDS = (0, 1, 2, 3, 4, 5, 8, 127, 128, 255, 256, 1 << 15, 1 << 16, 1 << 20, 1 << 28, (1 << 31) - 1, 1 << 31)


def one_input(data: bytes) -> None:
    """Read and compile data; anything but a result or an InputError in time is a finding."""
    started = time.process_time()
    try:
        read_graph(data, "fuzzed")
        compile_model(data, "fuzzed")
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
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        place = rng.randrange(2, len(data) // 4) * 4
        old = struct.unpack_from("<I", data, place)[0]
        way = rng.randrange(5)
        if way == 0:
            changed[place + rng.randrange(4)] = rng.choice((0, 1, 2, 3, 127, 128, 255, rng.randrange(256)))
            continue
        other = struct.unpack_from("<I", data, rng.randrange(2, len(data) // 4) * 4)[0]
        new = (0, rng.choice(_WORDS), -rng.choice(_WORDS), old + rng.randint(-8, 8), other)[way]
        struct.pack_into("<I", changed, place, new & 0xFFFFFFFF)
    return bytes(changed)


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
