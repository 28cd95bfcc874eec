# SPDX-License-Identifier: Apache-2.0
"""How a firmware codes what a benchmark's runner sends: the definitions that main.c makes tm_coding of."""

from __future__ import annotations

from toolkit.codegen import literals
from toolkit.errors import InputError
from toolkit.ir.graph import Tensor
from toolkit.project.benchmarks import Benchmark

_ZERO_OF_PIXELS = -128


def coding_defines(
    benchmark: Benchmark, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]
) -> tuple[tuple[str, str], ...]:
    """Return names and C text for board_config.h.

    inputs and outputs are the model's, as the engine has them. Raises InputError for a model that is none of
    the benchmark's.
    """
    _require(len(inputs) == 1 and len(outputs) == 1, benchmark, "one input and one output", inputs, outputs)
    given, made = inputs[0], outputs[0]
    sizes = f"{benchmark.inputs:,} numbers in and {benchmark.outputs:,} out"
    fits = (given.elements, made.elements) == (benchmark.inputs, benchmark.outputs)
    _require(fits, benchmark, sizes, inputs, outputs)
    flip, features, load_bytes = 0, 0, given.bytes
    if benchmark.coding == "features":
        fits = (given.dtype, made.dtype) == ("int8", "int8")
        _require(fits, benchmark, "int8 in and int8 out", inputs, outputs)
        features, load_bytes = given.elements, 4 * given.elements
    elif benchmark.coding == "pixels" and given.dtype != "uint8":
        zero = given.quantization.zero_point if given.quantization else None
        fits = given.dtype == "int8" and zero == _ZERO_OF_PIXELS
        _require(fits, benchmark, "uint8 pixels, or int8 with the zero point -128", inputs, outputs)
        flip = 0x80
    elif benchmark.coding == "int8":
        _require(given.dtype == "int8", benchmark, "int8", inputs, outputs)
    return (
        ("TM_BENCHMARK_MODEL", literals.string(benchmark.model_id)),
        ("TM_LOAD_BYTES", f"{load_bytes}u"),
        ("TM_LOAD_FLIP", f"{flip:#04x}u"),
        ("TM_LOAD_FEATURES", f"{features}u"),
    )


def _require(
    fits: bool, benchmark: Benchmark, wanted: str, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]
) -> None:
    if fits:
        return
    has = f"{', '.join(map(_form, inputs))} in and {', '.join(map(_form, outputs))} out"
    raise InputError(
        f"the benchmark {benchmark.name} ({benchmark.title}) takes {wanted}; this model has {has}.",
        hint="Try: another --benchmark, or none",
    )


def _form(tensor: Tensor) -> str:
    zero = f" (zero point {tensor.quantization.zero_point})" if tensor.quantization else ""
    return f"{tensor.elements:,} {tensor.dtype}{zero}"
