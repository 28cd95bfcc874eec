# SPDX-License-Identifier: Apache-2.0
"""A package of every kind and of every sort of model gives TFLM's bytes to who has nothing but the package.

make test has each kind and each sort once; make bench has them all, of real projects.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from support.example import examples
from support.exported import dense_model, write_model
from support.firmware import digits_like
from support.foreign_builds import BUILDS
from support.listening import make_tones
from support.real_models import MODELS, needs_models
from support.small_model import small_graph
from support.tflite_writer import write_tflite
from support.tflm import run_tflm
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.data import Takes
from toolkit.data.audio_folder import AudioFolderOptions
from toolkit.data.features import features
from toolkit.export.kind import kinds
from toolkit.ir.graph import Tensor
from toolkit.ir.real_numbers import quantize_samples
from toolkit.tflite.reader import read_graph

_SAMPLES = 4


Turn = tuple[bytes, bytes]
"""A model's input, and the output that TFLM gives for it."""


@dataclass(frozen=True)
class Subject:
    """What is exported, by the words of the command; what main.c reads, and what it must then write."""

    words: tuple[str, ...]
    main: str
    given: bytes
    wanted: bytes


def running(words: list[str], turns: dict[str, list[Turn]]) -> Subject:
    """Models by name, whose inputs are read and outputs written in turn."""
    steps = "".join(
        f"if (fread({name}_input(), 1, {name.upper()}_INPUT_BYTES, stdin) != {name.upper()}_INPUT_BYTES) {{"
        f" return 0; }}\nif ({name}_invoke() != 0) {{ return 1; }}\n"
        f"fwrite({name}_output(), 1, {name.upper()}_OUTPUT_BYTES, stdout);\n"
        for name in turns
    )
    includes = "".join(f'#include "{name}.h"\n' for name in turns)
    starts = "".join(f"{name}_init();\n" for name in turns)
    main = f"#include <stdio.h>\n{includes}int main(void) {{ {starts}for (;;) {{ {steps} }} }}\n"
    every = [turn for together in zip(*turns.values(), strict=True) for turn in together]
    given, wanted = (b"".join(parts) for parts in zip(*every, strict=True))
    return Subject(tuple(words), main, given, wanted)


def real_models(*names: str) -> Subject:
    """Models of MLPerf Tiny, with TFLM's vectors."""
    if not any(MODELS.glob("*.tflite")):
        pytest.skip(str(needs_models.kwargs["reason"]))
    turns = {}
    for name in names:
        vectors = np.load(MODELS / f"{name}_vectors.npz")
        pairs = zip(vectors["inputs"][:_SAMPLES], vectors["outputs"][:_SAMPLES], strict=True)
        turns[name] = [(x.astype(np.int8).tobytes(), y.astype(np.int8).tobytes()) for x, y in pairs]
    return running([str(MODELS / f"{name}.tflite") for name in names], turns)


def random_turns(model: bytes) -> list[Turn]:
    """Random inputs, and what TFLM makes of them."""
    tensor = input_of(model)
    inputs = np.random.default_rng(3).integers(-128, 128, (_SAMPLES, *tensor.shape)).astype(np.int8)
    outputs = run_tflm(model, [[each] for each in inputs])
    return [(x.tobytes(), y.tobytes()) for x, (y,) in zip(inputs, outputs, strict=True)]


def input_of(model: bytes) -> Tensor:
    graph = read_graph(model, "model")
    return graph.tensors[graph.inputs[0]]


def written_digits(folder: Path) -> Subject:
    data = digits_like()[0]
    return running([str(write_model(folder, "digits", data))], {"digits": random_turns(data)})


def written_pair(folder: Path) -> Subject:
    """Two models that share kernels."""
    pair = {"first": digits_like()[0], "second": write_tflite(small_graph())}
    words = [str(write_model(folder, name, data)) for name, data in pair.items()]
    return running([*words, "--name", "both"], {name: random_turns(data) for name, data in pair.items()})


def hearing(words: list[str], name: str, model: bytes, options: dict[str, object]) -> Subject:
    """A model of sound, fed with a stream of PCM in pieces; wanted are the outputs of all its windows."""
    upper, found = name.upper(), AudioFolderOptions(**options)
    main = (
        f'#include <stdio.h>\n#include "{name}.h"\n#include "{name}_feed.h"\n'
        f"int main(void) {{ int16_t sound[160]; {name}_init(); {name}_feed_start({upper}_FEED_ROWS);\n"
        "for (uint32_t count; (count = (uint32_t)fread(sound, 2, 160, stdin)) > 0u;) {\n"
        f"for (uint32_t n = 0; n < count;) {{ n += {name}_feed(&sound[n], count - n);\n"
        f"if ({name}_feed_window({name}_input())) {{ if ({name}_invoke() != 0) {{ return 1; }}\n"
        f"fwrite({name}_output(), 1, {upper}_OUTPUT_BYTES, stdout); }} }} }} return 0; }}\n"
    )
    sound = np.random.default_rng(4).integers(-9000, 9000, 3 * found.length).astype(np.int16)
    rows = features(sound, found.rules).astype(np.float32) / np.float32(found.divisor)
    tensor = input_of(model)
    frames = tensor.shape[1]
    windows = [rows[i : i + frames] for i in range(0, len(rows) - frames + 1, frames)]
    inputs = quantize_samples(np.stack(windows).reshape(len(windows), *tensor.shape[1:]), tensor)
    outputs = run_tflm(model, [[each[np.newaxis]] for each in inputs])
    assert len(outputs) >= 2
    wanted = b"".join(output.tobytes() for (output,) in outputs)
    return Subject(tuple(words), main, sound.astype("<i2").tobytes(), wanted)


def written_hearing(folder: Path) -> Subject:
    """A model of features that was written down, with the quantization.json that says so."""
    options: dict[str, object] = {"folder": "", "rate": 8000, "seconds": 0.5, "high_hz": 3800, "bands": 20}
    found = AudioFolderOptions(**options)
    data = dense_model((found.rules.frames(found.length), 20, 1), 2, scale=0.05)
    takes = Takes("audio_folder", "classification", ("yes", "no"), options)
    return hearing([str(write_model(folder, "words", data, takes))], "words", data, options)


def project(folder: Path) -> Subject:
    """The digits example, trained for a moment."""
    (example,) = (each for each in examples() if each.title == "digits")
    example.prepare(folder, short=True)
    assert run(["quantize", "--project", str(folder)]) == 0
    data = (folder / "build" / "model.tflite").read_bytes()
    return running(["--project", str(folder)], {"digits": random_turns(data)})


def project_that_hears(folder: Path) -> Subject:
    """A project of sound, trained."""
    make_tones(folder)
    assert run(["quantize", "--project", str(folder)]) == 0
    options: dict[str, object] = {"folder": "", "rate": 8000, "seconds": 0.5, "high_hz": 3800, "bands": 20}
    data = (folder / "build" / "model.tflite").read_bytes()
    return hearing(["--project", str(folder)], "tones", data, options)


def check(kind: str, subject: Subject, tmp_path: Path) -> None:
    """Export, build as a stranger does, run, compare."""
    package = tmp_path / ("package.zip" if kind == "arduino" else "package")
    assert run(["export", *subject.words, "--to", kind, "--output", str(package), "--no-verify"]) == 0
    program = BUILDS[kind](package, subject.main, tmp_path / "user")
    done = subprocess.run([program], input=subject.given, capture_output=True, timeout=120, check=True)
    assert done.stdout == subject.wanted and done.stdout


ONCE: dict[str, Callable[[Path], Subject]] = {
    "c": written_digits,
    "cmake": lambda _: real_models("ic"),
    "platformio": written_pair,
    "arduino": written_hearing,
    "zephyr": written_digits,
    "cmsis-pack": lambda _: real_models("kws"),
}
ALL: dict[str, Callable[[Path], Subject]] = {
    "kws": lambda _: real_models("kws"),
    "ic": lambda _: real_models("ic"),
    "digits": project,
    "keywords": project_that_hears,
    "two": lambda _: real_models("kws", "ic"),
}


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_package_gives_the_bytes_of_tflm(kind: str, tmp_path: Path) -> None:
    check(kind, ONCE[kind](tmp_path / "model"), tmp_path)


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Subject]:
    made: dict[str, Subject] = {}

    def subject(name: str) -> Subject:
        if name not in made:
            made[name] = ALL[name](tmp_path_factory.mktemp(name) / name)
        return made[name]

    return subject


@pytest.mark.bench
@needs_models
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_package_of_every_model_gives_the_bytes_of_tflm(
    kind: str, name: str, subjects: Callable[[str], Subject], tmp_path: Path
) -> None:
    check(kind, subjects(name), tmp_path)
