# SPDX-License-Identifier: Apache-2.0
"""Figures of models by mode and core: measured, held against the record, written as docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.compiler.choice import Optimization
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.emulator.image import load_image
from toolkit.firmware.platformio import package_dirs
from toolkit.firmware.toolchain import compiler_name
from toolkit.models import Shape, build_family, settle
from toolkit.models.registry import families
from toolkit.quantization import quantize_model
from toolkit.targets.board import Board, load_board
from toolkit.targets.cores import find_core
from toolkit.targets.target import PORTABLE, target_of
from toolkit.timing.model import latency_error
from toolkit.timing.text import digits
from toolkit.verify.bare import built_bare, layers_in
from toolkit.verify.generated_c import random_rows

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests" / "bench" / "record.json"
BASELINE = ROOT / "tests" / "bench" / "baseline.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
MODES = ("speed", "balanced", "size", "portable")
BOARDS = {"cortex-m4": "nano33ble", "cortex-m7": "stm32f746g_disco"}
COUNTS = ("instructions", "cycles", "flash_wait_cycles", "arena_bytes", "flash_beyond_weights_bytes")
WORSE = 1.01
_STILL = "_still"
OWN = {
    "mobilenet_v1": Shape("classification", (96, 96, 3), 2),
    f"mobilenet_v1{_STILL}": Shape("classification", (96, 96, 3), 2),
    "ds_cnn": Shape("classification", (49, 10, 1), 12),
}
"""Our own models by name: the family, and what they take and give."""

Figures = dict[str, int]


def measure(data: bytes, name: str, mode: str, board: Board) -> Figures:
    """Return the figures of one inference of a .tflite file, by the compiler that builds for board."""
    compiled = compiled_for(data, name, mode, board)
    row = random_rows(compiled.graph, 3)[-1:]
    with built_bare(compiled, board, row) as elf:
        (layers,) = layers_in(elf, compiled, board, 1)
        symbols = load_image(elf).symbols
    code = symbols["tm_model_end"] - symbols["tm_model_start"]
    weights = symbols["tm_weights_end"] - symbols["tm_weights_start"]
    return {
        "instructions": sum(layer.instructions or 0 for layer in layers),
        "cycles": sum(layer.cycles or 0 for layer in layers),
        "flash_wait_cycles": sum(layer.flash_wait_cycles or 0 for layer in layers),
        "arena_bytes": compiled.arena_bytes,
        "flash_beyond_weights_bytes": code - weights,
        "weights_bytes": weights,
        "file_bytes": len(data),
    }


def compiled_for(data: bytes, name: str, mode: str, board: Board) -> CompiledModel:
    """Return a .tflite file compiled in a mode."""
    if mode == "portable":
        return compile_model(data, name, PORTABLE)
    goal: Any = mode
    return compile_model(data, name, target_of(board), optimization=Optimization(goal))


def own_model(name: str) -> bytes:
    """Return one of our own models, untrained, as a .tflite file."""
    family = families()[name.removesuffix(_STILL)]
    model = build_family(family, family.options(), OWN[name], 1)
    samples = np.random.default_rng(0).random((4, *OWN[name].inputs), np.float32)
    settle(model, samples)
    if name.endswith(_STILL):
        _make_still(model)
    return quantize_model(model, samples, "int8")


def _make_still(model: Any) -> None:
    """Make channels of a MobileNet constant, 64 % in wide layers and 35 % in others, as training does it."""
    import keras

    rng = np.random.default_rng(0)
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in layers[::2]:  # each other one is of a depthwise convolution, whose channels follow
        gamma, beta, *others = layer.get_weights()
        count = len(gamma)
        still = rng.choice(count, round(count * (0.64 if count >= 128 else 0.35)), replace=False)
        gamma[still], beta[still] = 0, -1
        layer.set_weights([gamma, beta, *others])


def compiler() -> str:
    """Return the compiler that figures are by: others give others."""
    return compiler_name("cortex-m4f", package_dirs())


def read(path: Path) -> dict[str, Any]:
    """Return a record; an empty one if there is none yet."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def worse(found: Mapping[str, int], recorded: Mapping[str, int] | None) -> list[str]:
    """Return each figure that is more than 1 % worse than the record's."""
    if recorded is None:
        return []
    return [
        f"{count} {recorded[count]:,} -> {found[count]:,}"
        for count in COUNTS
        if found[count] > WORSE * recorded[count]
    ]


def record_text(record: Mapping[str, Any]) -> str:
    """Return the record as it is kept."""
    return json.dumps(record, indent=1, sort_keys=True) + "\n"


def document(record: Mapping[str, Any], baseline: Mapping[str, Any]) -> str:
    """Return docs/benchmarks.md."""
    models = record["models"], baseline["models"]
    return _HEAD + "\n".join((*_tables(*models), _FLASH, *_flash(*models)))


_HEAD = """# Benchmarks

Written by `make bench`, from `tests/bench/record.json`, which it measures: do not edit. A figure that becomes
more than 1 % worse fails the tests, unless the record changes in the same commit
(`TINYML_RECORD=worse make bench`, after you looked why).

One inference, the model's C alone on its core, in emulation, gcc 12. Instructions are counted. Cycles of the
core, and waits for flash on nano33ble (64 MHz) and stm32f746g_disco (216 MHz), are
[modelled](cycle-model.md). Flash is code, tables and parameters beside the weights. speed, balanced and size
are what `--optimize` says; portable is C99 without the kernels of the instruction set.

TFLM is TensorFlow Lite Micro with CMSIS-NN (commit 90b983c, -O2, gcc 12.2): instructions counted in
emulation, the least arena with which it runs, flash of an image with only the model's operators. Its cycles
were not modelled. kws, ic and ad are MLPerf Tiny's; the others are of [our families](models.md), untrained.
In mobilenet_v1_still 1,534 of the 2,738 channels are the same for every input, as 1,650 of MLPerf's vww are.
"""
_FLASH = """## Flash beside TFLM's

What is beside the weights, divided by TFLM's beside its .tflite file, which has scales, zero points and
names too; and all flash of the model, weights or file with it, divided by TFLM's. ds_cnn and the MobileNets
have the operators of kws, but MEAN for AVERAGE_POOL_2D in the latter: their TFLM is that of kws.
"""
_OPERATORS_OF = {"ds_cnn": "kws", "mobilenet_v1": "kws", "mobilenet_v1_still": "kws"}
"""Which model of the baseline has the operators of one that is not in it."""
_COLUMNS = (
    "model",
    "mode",
    "instructions",
    "cycles",
    "waits for flash",
    "ms, modelled",
    "arena, B",
    "flash, B",
)


def _tables(models: Mapping[str, Any], baseline: Mapping[str, Any]) -> Iterator[str]:
    for core, board_name in BOARDS.items():
        board = load_board(board_name)
        yield from ("", f"## {core}", "")
        yield f"| {' | '.join(_COLUMNS)} |"
        yield "|---" * len(_COLUMNS) + "|"
        for name, modes in sorted(models.items()):
            for mode in MODES:
                if core in modes.get(mode, {}):
                    yield f"| {name} | {mode} | {' | '.join(_cells(modes[mode][core], board))} |"
            if core in baseline.get(name, {}):
                theirs = baseline[name][core]
                cells = (f"{theirs['instructions']:,}", "-", "-", "-", f"{theirs['arena_bytes']:,}")
                yield f"| {name} | TFLM | {' | '.join(cells)} | {theirs['flash_beyond_model_bytes']:,} |"
    yield ""


def _flash(models: Mapping[str, Any], baseline: Mapping[str, Any]) -> Iterator[str]:
    heads = [f"{core}, {what}" for core in BOARDS for what in ("beside", "all")]
    yield f"| model | mode | {' | '.join(heads)} |"
    yield "|---" * (2 + len(heads)) + "|"
    for name, modes in sorted(models.items()):
        for mode in (mode for mode in MODES if mode in modes):
            cells = []
            for core in BOARDS:
                ours, theirs = modes[mode][core], baseline[_OPERATORS_OF.get(name, name)][core]
                beside, other = ours["flash_beyond_weights_bytes"], theirs["flash_beyond_model_bytes"]
                whole = (beside + ours["weights_bytes"]) / (other + ours["file_bytes"])
                cells += [f"{beside / other:.3f}", f"{whole:.2f}"]
            yield f"| {name} | {mode} | {' | '.join(cells)} |"
    yield ""


def _cells(figures: Figures, board: Board) -> list[str]:
    taken = figures["cycles"] + figures["flash_wait_cycles"]
    error = latency_error(find_core(board.core).timing, board.flash_timing)
    milliseconds = digits(1000 * taken / board.clock.hz)
    with_error = (
        f"{milliseconds} +- {100 * error:.0f} %" if error is not None else f"{milliseconds}, error not known"
    )
    numbers = [f"{figures[count]:,}" for count in COUNTS]
    return [*numbers[:3], with_error, *numbers[3:]]
