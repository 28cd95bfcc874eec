# SPDX-License-Identifier: Apache-2.0
"""What an exported library makes of numbers as they come from outside is what the toolkit makes of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from support.exported import STRICT, compiled, dense_model, export, needs, write_model

from toolkit.data import Takes
from toolkit.data.audio_folder import AudioFolderOptions
from toolkit.data.features import features
from toolkit.data.standard import Standard
from toolkit.decision.rule import Decider, rule_of
from toolkit.ir.real_numbers import dequantize_outputs, quantize_samples, sample_rows
from toolkit.metrics import reconstruction_errors
from toolkit.project.decision import DecisionConfig
from toolkit.reference.oracle import expected_outputs
from toolkit.tflite.reader import read_graph

Real = NDArray[np.float32]


def outputs_for(data: bytes, real: Real) -> tuple[Real, Real]:
    """Return what the model sees of real, and its outputs, as numbers."""
    graph = read_graph(data, "model")
    tensor = graph.tensors[graph.inputs[0]]
    rows = sample_rows(quantize_samples(real, tensor))
    expected = expected_outputs(data, graph, rows)
    return dequantize_outputs(rows, tensor), dequantize_outputs(
        expected.outputs, graph.tensors[graph.outputs[0]]
    )


def answers(
    folder: Path, tmp_path: Path, c_type: str, count: int, raw: bytes, call: str, more: str = ""
) -> list[list[str]]:
    """Return what a program prints that reads count numbers of a type at a time, and calls the library."""
    main = tmp_path / "main.c"
    main.write_text(
        f'#include <stdio.h>\n#include "model.h"\n{more}int main(void) {{ static {c_type} raw[{count}];\n'
        f"model_init();\nwhile (fread(raw, sizeof raw, 1, stdin) == 1) {{ {call} }} return 0; }}\n"
    )
    program = compiled(["gcc", "-std=c99"], [folder], tmp_path / "program", main)
    done = subprocess.run([program], input=raw, capture_output=True, timeout=60, check=True)
    return [line.split() for line in done.stdout.decode().splitlines()]


CLASSIFY = (
    'float p; const uint32_t c = model_classify(raw, &p); printf("%s %.9g\\n", model_labels[c], (double)p);'
)


def test_a_picture(tmp_path: Path) -> None:
    needs("gcc", "gcc")
    data = dense_model((6, 5, 3), 3, scale=0.004)
    takes = Takes("image_folder", "classification", ('a"b', "tm_c", "d"), {"folder": "", "fit": "crop"})
    folder = export(write_model(tmp_path / "m", "model", data, takes), tmp_path / "out", "--no-verify")
    pixels = np.random.default_rng(1).integers(0, 256, (5, 6, 5, 3)).astype(np.uint8)
    _, outputs = outputs_for(data, pixels.astype(np.float32) / np.float32(255))

    found = answers(folder, tmp_path, "uint8_t", 90, pixels.tobytes(), CLASSIFY)

    assert [label for label, _ in found] == [takes.classes[i] for i in outputs.argmax(axis=1)]
    assert [float(p) for _, p in found] == outputs.max(axis=1).tolist()


def test_sound_becomes_features_and_a_word(tmp_path: Path) -> None:
    needs("gcc", "gcc")
    options = {"folder": "", "rate": 8000, "seconds": 0.5, "features": "mfcc", "high_hz": 3800}
    found = AudioFolderOptions(**options)
    rules = found.rules
    shape = (rules.frames(found.length), rules.coefficients or rules.bands, 1)
    data = dense_model(shape, 2, scale=0.05)
    takes = Takes("audio_folder", "classification", ("yes", "no"), options)
    folder = export(write_model(tmp_path / "m", "model", data, takes), tmp_path / "out", "--no-verify")
    sound = np.random.default_rng(2).integers(-9000, 9000, (3, found.length)).astype(np.int16)
    real = np.stack([features(one, rules) for one in sound]).astype(np.float32) / np.float32(found.divisor)
    _, outputs = outputs_for(data, real)

    got = answers(folder, tmp_path, "int16_t", found.length, sound.tobytes(), CLASSIFY)

    assert [label for label, _ in got] == [takes.classes[i] for i in outputs.argmax(axis=1)]
    assert [float(p) for _, p in got] == outputs.max(axis=1).tolist()
    header = (folder / "include" / "model.h").read_text()
    assert "#define MODEL_RATE 8000u" in header and "#define MODEL_SAMPLES 4000u" in header
    assert {"model_feed.h", "model_decision.h"} <= headers_in_cpp(folder, tmp_path)


def headers_in_cpp(folder: Path, tmp_path: Path) -> set[str]:
    """Compile all headers of an export as C++11, and return their names."""
    needs("g++", "g++")
    names = {path.name for path in (folder / "include").iterdir()}
    main = tmp_path / "headers.cpp"
    main.write_text("".join(f'#include "{name}"\n' for name in sorted(names)))
    words = [
        "g++",
        "-std=c++11",
        *STRICT,
        "-Wold-style-cast",
        "-I",
        folder / "include",
        "-fsyntax-only",
        main,
    ]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return names


def test_rows_of_a_sensor_are_standardized_and_predicted(tmp_path: Path) -> None:
    needs("gcc", "gcc")
    data = dense_model((4, 2), 3, softmax=False)
    standard = Standard((10.0, -300.0), (2.5, 77.0))
    options = {"file": "a.csv", "window": 4}
    takes = Takes("windows", "regression", options=options, standard=standard)
    folder = export(write_model(tmp_path / "m", "model", data, takes), tmp_path / "out", "--no-verify")
    raw = (np.random.default_rng(3).standard_normal((6, 4, 2)) * (2.5, 77) + (10, -300)).astype(np.float32)
    _, outputs = outputs_for(data, standard.apply(raw))

    call = (
        "float v[3]; model_predict(raw, v);"
        ' for (int i = 0; i < 3; i++) { printf("%.9g%c", (double)v[i], i < 2 ? 32 : 10); }'
    )
    got = answers(folder, tmp_path, "float", 8, raw.tobytes(), call)

    assert np.array_equal(np.array(got, np.float32), outputs)
    header = (folder / "include" / "model.h").read_text()
    assert "#define MODEL_ROWS 4u" in header and "#define MODEL_COLUMNS 2u" in header


def test_an_anomaly_has_a_score_above_the_threshold(tmp_path: Path) -> None:
    needs("gcc", "gcc")
    data = dense_model((12,), 12, softmax=False, scale=0.08)
    raw = (np.random.default_rng(3).standard_normal((8, 12)) * 3).astype(np.float32)
    seen, outputs = outputs_for(data, raw)
    errors = reconstruction_errors(seen, outputs)
    threshold = float(np.median(errors))
    takes = Takes("numpy", "anomaly", ("normal", "odd"))
    model = write_model(tmp_path / "m", "model", data, takes, threshold=threshold)
    folder = export(model, tmp_path / "out", "--no-verify")

    got = answers(folder, tmp_path, "float", 12, raw.tobytes(), CLASSIFY)

    assert [label for label, _ in got] == [takes.classes[int(error > threshold)] for error in errors]
    np.testing.assert_allclose([float(score) for _, score in got], errors, rtol=1e-5)


def test_a_stream_of_sound_becomes_detections(tmp_path: Path) -> None:
    """By the exported C alone: windows of a quarter of their length, and the rule of [firmware.decision]."""
    needs("gcc", "gcc")
    options = {"folder": "", "rate": 8000, "seconds": 0.5, "high_hz": 3800, "bands": 20}
    found = AudioFolderOptions(**options)
    rules = found.rules
    frames = rules.frames(found.length)
    data = dense_model((frames, rules.bands, 1), 2, scale=0.05)
    takes = Takes("audio_folder", "classification", ("yes", "no"), options)
    folder = export(write_model(tmp_path / "m", "model", data, takes), tmp_path / "out", "--no-verify")
    sound = np.random.default_rng(4).integers(-9000, 9000, 16000).astype(np.int16)
    sound[5000:9000] //= 64
    rows = features(sound, rules).astype(np.float32) / np.float32(found.divisor)
    starts = range(0, len(rows) - frames + 1, frames // 4)
    _, outputs = outputs_for(
        data, np.stack([rows[start : start + frames, :, np.newaxis] for start in starts])
    )
    graph = read_graph(data, "model")
    output = graph.tensors[graph.outputs[0]]
    decider = Decider(rule_of(DecisionConfig(), takes.classes, output, -(-frames // (frames // 4))))
    wanted = [decider.step(row.tolist()) for row in quantize_samples(outputs, output)]
    call = (
        "for (uint32_t n = 0; n < 1000u;) { n += model_feed(&raw[n], 1000u - n);\n"
        "if (model_feed_window(model_input())) { model_invoke();\n"
        'printf("%d\\n", (int)model_decide(model_output())); } }'
    )
    main = '#include "model_decision.h"\n#include "model_feed.h"\n'
    got = answers(folder, tmp_path, "int16_t", 1000, sound.tobytes(), call, main)
    assert [int(number) for (number,) in got] == [-1 if each is None else each for each in wanted]
    assert len(wanted) > 5 and len(set(wanted)) > 1
