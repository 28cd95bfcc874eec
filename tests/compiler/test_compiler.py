# SPDX-License-Identifier: Apache-2.0
"""From bytes to C: what comes out, and what is said when nothing can."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.effort import times
from support.host_model import INCLUDES, KERNELS, HostModel
from support.kernel_runner import random_samples
from support.random_networks import random_network
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import run_graph

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import DoesNotFitError, InputError, UnsupportedError
from toolkit.ir.graph import Graph, Tensor

ARM_FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-O2", "-mthumb"]


def compiled(graph: Graph, name: str = "small") -> CompiledModel:
    return compile_model(write_tflite(graph), name)


def unsupported(graph: Graph) -> str:
    with pytest.raises(UnsupportedError) as caught:
        compiled(graph, "m.tflite")
    assert caught.value.hint is not None
    return caught.value.message


def chain(*steps: tuple[str, str], first: str = "int8") -> Graph:
    """Return a graph with one operation after the other: (kind, dtype of its output)."""
    scales = {"float32": None}
    builder = GraphBuilder()
    tensors = [builder.tensor((1, 8), first, scale=scales.get(first, 0.5))]
    for kind, dtype in steps:
        tensors.append(builder.tensor((1, 8), dtype, scale=scales.get(dtype, 0.5)))
        builder.operation(kind, [tensors[-2]], [tensors[-1]])
    return builder.graph(tensors[:1], tensors[-1:])


def test_the_small_model_computes_what_tflm_computes(tmp_path: Path) -> None:
    graph = small_graph()
    samples = random_samples(graph, np.random.default_rng(1), 50)

    found = HostModel(compiled(graph), tmp_path).run(samples)

    for truth, result in zip(run_graph(graph, samples), found, strict=True):
        np.testing.assert_array_equal(truth[0], result[0])


def test_a_model_tells_its_layers_by_tflite_s_names(tmp_path: Path) -> None:
    model = compiled(small_graph())

    assert HostModel(model, tmp_path).layers() == ["CONV_2D", "RELU+ADD", "FULLY_CONNECTED", "SOFTMAX"]
    assert len(model.calls) == len(model.graph.operations) == 4


def test_a_compiled_model_says_what_it_is() -> None:
    data = write_tflite(small_graph())
    model = compile_model(data, "small")

    assert model.sha256 == hashlib.sha256(data).hexdigest()
    assert model.sha256 in model.sources["model.c"]
    assert model.arena_bytes == model.plan.arena_bytes >= model.plan.lower_bound_bytes
    assert model.weights_bytes == 24 + 3 * 4 + 60 + 5 * 4
    assert list(model.kernels) == sorted({call.kernel for layer in model.calls for call in layer})
    assert set(model.sources) == {"model.c", "small.h", "tm_aot.c", "tm_aot.h"}
    assert "#define SMALL_INPUT_BYTES 32u" in model.sources["small.h"]
    assert re.search(r"\{small_arena \+ \d+, 32u, TM_INT8, 0\.5f, 3\},", model.sources["tm_aot.h"])


def test_generated_c_has_no_line_over_100_columns_and_no_heap() -> None:
    for text in compiled(small_graph()).sources.values():
        assert max(map(len, text.splitlines())) <= 100
        assert not re.search(r"malloc|calloc|free\(", text)


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "small.tflite"
    path.write_bytes(write_tflite(small_graph()))
    program = (
        "import sys, hashlib; from toolkit.compiler.compile import compile_model; "
        "m = compile_model(open(sys.argv[1], 'rb').read(), 'small'); "
        "print(hashlib.sha256(repr(m.sources).encode()).hexdigest())"
    )

    hashes = {
        subprocess.run(
            [sys.executable, "-c", program, path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
            cwd=Path(__file__).parents[2],
        ).stdout
        for seed in ("1", "2")
    }

    assert len(hashes) == 1


def arm_compiled(model: CompiledModel, folder: Path, *flags: str) -> list[Path]:
    """Compile a model and its kernels for a Cortex-M; return the objects."""
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("no compiler for Cortex-M: apt install gcc-arm-none-eabi libnewlib-arm-none-eabi")
    for name, text in model.sources.items():
        (folder / name).write_text(text)
    sources = [name for name in model.sources if name.endswith(".c")]
    kernels = [KERNELS / f"{kernel}.c" for kernel in model.kernels]
    command = ["arm-none-eabi-gcc", *ARM_FLAGS, *flags, *INCLUDES, "-c", *sources, *kernels]
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return sorted(folder.glob("*.o"))


def test_the_weights_section_has_the_weights(tmp_path: Path) -> None:
    model = compiled(small_graph())
    arm_compiled(model, tmp_path, "-mcpu=cortex-m4")

    sizes = subprocess.run(
        ["arm-none-eabi-size", "-A", "model.o"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout

    found = re.search(r"\.rodata\.tm_weights\s+(\d+)", sizes)
    assert found is not None
    assert model.weights_bytes <= int(found[1]) <= model.weights_bytes + 16


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7"])
def test_on_a_microcontroller_it_needs_nothing_but_memcpy_and_memset(tmp_path: Path, core: str) -> None:
    objects = arm_compiled(compiled(random_network(3, operations=20)), tmp_path, f"-mcpu={core}")

    listing = subprocess.run(
        ["arm-none-eabi-nm", *objects], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout

    words = [line.split() for line in listing.splitlines() if line]
    missing = {w[1] for w in words if w[0] == "U"} - {w[2] for w in words if len(w) == 3}
    assert {name for name in missing if not name.startswith("__aeabi_")} <= {"memcpy", "memset"}


def test_equal_tables_stand_in_the_source_once() -> None:
    builder = GraphBuilder("twice")
    ids = [builder.tensor((1, 4), scale=0.5) for _ in range(2)]
    ids.append(builder.tensor((1, 4), scale=0.5))
    for source, result in itertools.pairwise(ids):
        matrix = builder.tensor((4, 4), scale=0.1, data=np.arange(16))
        bias = builder.tensor((4,), "int32", scale=0.05, data=[1, 2, 3, 4])
        operands = [source, matrix, bias]
        builder.operation("FULLY_CONNECTED", operands, [result], fused_activation_function="NONE")

    model = compiled(builder.graph(ids[:1], ids[-1:]))

    assert len(model.calls) == 2
    assert model.weights_bytes == 16 + 4 * 4
    assert model.sources["model.c"].count("static const int8_t small_tensor") == 1


@pytest.mark.parametrize("name", ["*/ #error", "\\", "??/", 'a"b\n#error', "ä" * 300])
def test_no_name_of_a_tensor_breaks_the_c(tmp_path: Path, name: str) -> None:
    graph = small_graph()
    for i in (0, 1, 3, 11):
        graph = graph.with_tensor(replace(graph.tensors[i], name=name))

    HostModel(compiled(graph, name), tmp_path).run([])


def test_two_inputs_and_outputs_with_float_ends_run(tmp_path: Path) -> None:
    builder = GraphBuilder("ends")
    x = builder.tensor((1, 6), "float32")
    y = builder.tensor((1, 6), scale=0.25, zero_point=7)
    q, s = (builder.tensor((1, 6), scale=0.1, zero_point=-5) for _ in range(2))
    out = builder.tensor((1, 6), "float32")
    builder.operation("QUANTIZE", [x], [q])
    builder.operation("QUANTIZE", [y], [s])
    builder.operation("DEQUANTIZE", [q], [out])
    graph = builder.graph([x, y], [out, s])
    samples = random_samples(graph, np.random.default_rng(2), 20)

    found = HostModel(compiled(graph), tmp_path).run(samples)

    for truth, result in zip(run_graph(graph, samples), found, strict=True):
        assert [t.tobytes() for t in truth] == [r.tobytes() for r in result]


def test_a_model_of_nothing_but_reshapes_runs(tmp_path: Path) -> None:
    builder = GraphBuilder()
    x, y = (builder.tensor(shape, scale=0.5) for shape in ((2, 3), (6,)))
    builder.operation("RESHAPE", [x], [y], new_shape=(6,))
    model = compiled(builder.graph([x], [x, y]))
    sample = np.arange(6, dtype=np.int8)

    (outputs,) = HostModel(model, tmp_path).run([[sample]])

    assert model.arena_bytes == 16
    assert [output.ravel().tolist() for output in outputs] == [sample.tolist()] * 2


def test_a_reshape_whose_shape_is_computed_from_the_batch_runs(tmp_path: Path) -> None:
    """What Keras' Flatten becomes when the batch size is free."""
    builder = GraphBuilder("flatten")
    x, r = (builder.tensor((1, 2, 6), scale=0.5) for _ in range(2))
    shape = builder.tensor((3,), "int32")
    zero, one = (builder.tensor((1,), "int32", data=[value]) for value in (0, 1))
    batch, rest = builder.tensor((), "int32"), builder.tensor((), "int32", data=[12])
    target, flat = builder.tensor((2,), "int32"), builder.tensor((1, 12), scale=0.5)
    builder.operation("RELU", [x], [r])
    builder.operation("SHAPE", [r], [shape])
    builder.operation("STRIDED_SLICE", [shape, zero, one, one], [batch], shrink_axis_mask=1)
    builder.operation("PACK", [batch, rest], [target], values_count=2)
    builder.operation("RESHAPE", [r, target], [flat])
    graph = builder.graph([x], [flat])
    samples = random_samples(graph, np.random.default_rng(3), 8)

    found = HostModel(compiled(graph), tmp_path).run(samples)

    for sample, (result,) in zip(samples, found, strict=True):
        np.testing.assert_array_equal(result, np.maximum(sample[0], 0).reshape(1, 12))


def test_one_error_lists_every_operation_that_is_not_supported() -> None:
    message = unsupported(chain(("FLOOR", "int8"), ("RELU", "int8"), ("COS", "int8"), ("RELU", "int16")))

    assert message.startswith("m.tflite has 3 things that cannot be compiled:\n")
    assert "operation 0 (FLOOR): the operator is not supported, TensorFlow Lite Micro" in message
    assert "computes it in float32 only\n      reads 'tensor_0' int8[1, 8]" in message
    assert "operation 2 (COS): the operator is not supported" in message
    assert "operation 3 (RELU): its output is int16" in message
    assert "operation 1" not in message


def test_an_operation_that_nothing_needs_may_be_unsupported() -> None:
    graph = chain(("RELU", "int8"), ("FLOOR", "int8"))

    assert compiled(replace(graph, outputs=(1,))).graph.operations[0].kind == "RELU"


def test_a_hundred_operations_that_are_alike_are_told_once() -> None:
    kinds = ["FLOOR", "COS", "SIN", "CEIL", "ROUND", "SQUARE", "RANK", "SIGN"]
    message = unsupported(chain(*((kind, "int8") for kind in kinds * 15)))

    assert message.startswith("m.tflite has 120 things that cannot be compiled:\n")
    others = "8, 16, 24, 32, 40, 48, 56, 64, 6 others"
    assert f"operation 0 (FLOOR) and 14 more alike (operations {others}): the operator" in message
    assert message.endswith("\n  and 30 more: RANK, SIGN")
    assert len(message.splitlines()) < 25


def test_numbers_do_not_make_reasons_different() -> None:
    builder = GraphBuilder("m.tflite")
    tensors = [builder.tensor((1, 8), scale=10.0 ** -(12 * number)) for number in range(3)]
    for source, result in pairwise(tensors):
        builder.operation("RELU", [source], [result])

    message = unsupported(builder.graph(tensors[:1], tensors[-1:]))

    assert "operation 0 (RELU) and 1 more alike (operations 1): the scale of its input is" in message


def test_the_hint_names_what_is_missing_and_no_list_of_all_operators() -> None:
    with pytest.raises(UnsupportedError) as caught:
        compiled(chain(("FLOOR", "int8"), ("COS", "int8")))

    hint = caught.value.hint
    assert hint == "Try: other layers for COS, FLOOR; docs/operators.md has those that are supported"


def custom(name: str) -> Graph:
    builder = GraphBuilder("m.tflite")
    x, y = (builder.tensor((1, 8), scale=0.1) for _ in range(2))
    builder.operation("CUSTOM", [x], [y], custom_code=name)
    return builder.graph([x], [y])


def test_a_custom_operator_is_called_by_its_name() -> None:
    with pytest.raises(UnsupportedError) as caught:
        compiled(custom("TFLite_Detection_PostProcess"))

    assert (
        "operation 0 (custom operator TFLite_Detection_PostProcess): it is a custom" in caught.value.message
    )
    assert caught.value.hint is not None
    assert "without custom operator TFLite_Detection_PostProcess, computed outside" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "chip", "tool"),
    [
        ("ethos-u", "Arm's Ethos-U NPUs", "Vela"),
        ("edgetpu-custom-op", "Google's Edge TPU", "the Edge TPU compiler"),
    ],
)
def test_a_file_for_another_chip_is_not_called_damaged(name: str, chip: str, tool: str) -> None:
    """Vela's operator reads memory that nothing writes, and tensors without elements."""
    graph = custom(name)
    scratch = Tensor(2, "scratch", (0, 3), "uint8")
    operation = replace(graph.operations[0], inputs=(2, 0))
    graph = replace(graph.with_tensor(scratch), operations=(operation,))

    with pytest.raises(UnsupportedError) as caught:
        compiled(graph)

    assert f"is compiled for {chip}: its operator {name} is code that {tool} made" in caught.value.message
    assert caught.value.hint == f"Try: the int8 .tflite file that was given to {tool}"


def test_problems_at_the_ends_are_listed_too() -> None:
    graph = chain(("RELU", "int8"))
    constant = np.zeros((1, 8), np.int8)
    odd = graph.with_tensor(replace(graph.tensors[0], data=constant))

    assert "input 'tensor_0' int64[1, 8] of the graph has a type" in unsupported(
        chain(("ZEROS_LIKE", "int64"), first="int64")
    )
    assert "the graph has no inputs" in unsupported(replace(odd, inputs=()))
    assert "output 'tensor_0' int8[1, 8] of the graph is a constant" in unsupported(
        replace(odd, inputs=(), outputs=(0, 1))
    )


def test_a_float_model_is_one_clear_error() -> None:
    message = unsupported(chain(("RELU", "float32"), ("TANH", "float32"), first="float32"))

    assert message == (
        "m.tflite is a float model: all its 2 layers compute in float32. Only full int8 models are compiled."
    )


def test_a_float_end_of_an_int8_model_is_said_to_be_float() -> None:
    builder = GraphBuilder("m.tflite")
    x, q = (builder.tensor((1, 8), scale=0.1) for _ in range(2))
    real, y = (builder.tensor((1, 8), "float32") for _ in range(2))
    builder.operation("RELU", [x], [q])
    builder.operation("DEQUANTIZE", [q], [real])
    builder.operation("LOG_SOFTMAX", [real], [y])

    with pytest.raises(UnsupportedError) as caught:
        compiled(builder.graph([x], [y]))

    assert "operation 2 (LOG_SOFTMAX): it computes in float32; only int8 and int16" in caught.value.message
    hint = str(caught.value.hint)
    assert "tinyml cut MODEL.tflite, which ends the model at 'tensor_1' int8[1, 8], up to where it" in hint
    assert "and compute LOG_SOFTMAX in your own program" in hint


def test_float_layers_in_the_middle_are_no_end_to_leave_out() -> None:
    builder = GraphBuilder("m.tflite")
    x, q, last = (builder.tensor((1, 8), scale=0.1) for _ in range(3))
    real, y = (builder.tensor((1, 8), "float32") for _ in range(2))
    builder.operation("DEQUANTIZE", [x], [real])
    builder.operation("LOG_SOFTMAX", [real], [y])
    builder.operation("QUANTIZE", [y], [q])
    builder.operation("RELU", [q], [last])

    with pytest.raises(UnsupportedError) as caught:
        compiled(builder.graph([x], [last]))

    assert "cut it before them" in str(caught.value.hint)


def test_a_dynamic_range_model_is_said_to_be_one() -> None:
    builder = GraphBuilder()
    x, y = builder.tensor((1, 4), "float32"), builder.tensor((1, 2), "float32")
    weights = builder.tensor((2, 4), scale=0.1, data=np.ones((2, 4)))
    builder.operation("FULLY_CONNECTED", [x, weights, -1], [y])

    assert "with int8 weights (dynamic range quantization)" in unsupported(builder.graph([x], [y]))


def test_an_arena_that_no_board_could_hold_does_not_fit() -> None:
    builder = GraphBuilder()
    x, y = (builder.tensor((1, 1 << 26), scale=0.5) for _ in range(2))
    builder.operation("RELU", [x], [y])

    with pytest.raises(DoesNotFitError, match="134,217,728 bytes of RAM"):
        compiled(builder.graph([x], [y]))


@pytest.mark.fuzz
@pytest.mark.timeout(times(120))
def test_damaged_models_are_compiled_or_refused() -> None:
    data = write_tflite(small_graph())
    rng = random.Random(11)
    done = 0

    rounds = times(700, here=150)
    for _ in range(rounds):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 1, 2))):
            damaged[rng.randrange(len(data))] = rng.choice((rng.randrange(256), 0, 1, 127, 128, 255))
        with contextlib.suppress(InputError):
            done += bool(compile_model(bytes(damaged), "damaged").sources)

    assert done > rounds / 20
