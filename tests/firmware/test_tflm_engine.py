# SPDX-License-Identifier: Apache-2.0
"""The engine tflm: which of TensorFlow Lite Micro's files a project gets, and that it computes the same."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.codegen.about import About, Purpose
from toolkit.codegen.model_input import Raw, Rows
from toolkit.codegen.model_stream import stream_sources
from toolkit.codegen.stream_glue import stream_glue
from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError, ToolMissingError, UnsupportedError
from toolkit.firmware import Application, Tflm, find_tree, least_arena, render_project, tflm_arena
from toolkit.firmware.engine import EngineChoice
from toolkit.firmware.own import require_for_tflm
from toolkit.project.decision import DecisionConfig
from toolkit.project.owncode import OwnCode
from toolkit.targets.board import Board, load_board
from toolkit.verify.any_model import save_rows, try_model
from toolkit.verify.on_device import Place

MICRO = "tensorflow/lite/micro"
RESOLVER = """
#include "tensorflow/lite/micro/kernels/conv.h"
#include "tensorflow/lite/micro/kernels/other.h"
  TfLiteStatus AddConv2D(
      const TFLMRegistration& registration = Register_CONV_2D()) {
    return AddBuiltin(BuiltinOperator_CONV_2D, registration, ParseConv2D);
  }
  TfLiteStatus AddFullyConnected(const TFLMRegistration& registration = Register_FULLY_CONNECTED()) {
    return AddBuiltin(
        BuiltinOperator_FULLY_CONNECTED, registration, ParseFullyConnected);
  }
"""
TREE = {
    f"{MICRO}/micro_mutable_op_resolver.h": RESOLVER,
    f"{MICRO}/micro_interpreter.h": '#include "flatbuffers/flatbuffers.h"\n#include "xtensa/only_there.h"\n',
    f"{MICRO}/micro_interpreter.cc": '#include "tensorflow/lite/micro/micro_interpreter.h"\n',
    f"{MICRO}/micro_resource_variable.h": "",
    f"{MICRO}/system_setup.h": "",
    f"{MICRO}/kernels/conv.h": "",
    f"{MICRO}/kernels/conv.cc": "TFLMRegistration Register_CONV_2D() { return {}; }",
    f"{MICRO}/kernels/conv_common.cc": "",
    f"{MICRO}/kernels/conv_test.cc": "Register_FULLY_CONNECTED() {",
    f"{MICRO}/kernels/other.h": "",
    f"{MICRO}/kernels/other.cc": "TFLMRegistration Register_OTHER() { return {}; }",
    f"{MICRO}/kernels/fully_connected.cc": (
        '#include "../../kernels/near.h"\nTFLMRegistration Register_FULLY_CONNECTED() { return {}; }'
    ),
    "tensorflow/lite/kernels/near.h": "",
    "third_party/flatbuffers/include/flatbuffers/flatbuffers.h": "",
}


def small_model() -> bytes:
    rng = np.random.default_rng(7)
    b = GraphBuilder("small")
    x, y = b.tensor((1, 12), scale=0.5, zero_point=3), b.tensor((1, 5), scale=8.0, zero_point=-4)
    weights = b.tensor((5, 12), scale=0.25, data=rng.integers(-127, 128, (5, 12)))
    bias = b.tensor((5,), "int32", scale=0.125, data=rng.integers(-999, 999, 5))
    b.operation("FULLY_CONNECTED", [x, weights, bias], [y], fused_activation_function="RELU")
    return write_tflite(b.graph([x], [y]))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tflm"
    for name, text in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def rendered(tree: Path, folder: Path) -> set[str]:
    data = small_model()
    compiled = compile_model(data, "small")
    tflm = Tflm(tree, data, 4096)
    project = render_project(compiled, load_board("nano33ble"), Application(), folder, tflm=tflm)
    files = (path for path in project.folder.rglob("*") if path.is_file())
    return {path.relative_to(project.folder).as_posix() for path in files}


def test_a_project_gets_the_files_that_its_operators_need_and_no_others(tree: Path, tmp_path: Path) -> None:
    files = rendered(tree, tmp_path / "firmware")
    library = {name.removeprefix("lib/tflite_micro/") for name in files if name.startswith("lib/")}
    unneeded = {
        f"{MICRO}/kernels/{name}" for name in ("other.cc", "conv_test.cc", "conv.cc", "conv_common.cc")
    }
    assert library == set(TREE) - unneeded
    assert {"src/model/tm_tflm.cc", "src/model/model_data.c", "src/model/tm_tflm_model.h"} <= files
    assert not any(name.startswith("src/kernels/") or name == "src/model/model.c" for name in files)


OPTIMIZED = {
    f"{MICRO}/kernels/cmsis_nn/fully_connected.cc": (
        '#include "Include/arm_nnfunctions.h"\nTFLMRegistration Register_FULLY_CONNECTED() { arm_all_s8(1); }'
    ),
    "third_party/cmsis_nn/Include/arm_nnfunctions.h": "int arm_all_s8(int x);\nint arm_other_s8(int x);\n",
    "third_party/cmsis_nn/Include/Internal/arm_nn_compiler.h": "",
    "third_party/cmsis_nn/Source/A/arm_all_s8.c": (
        "static int arm_inner(int x) {\n    return x;\n}\n"
        "int arm_all_s8(int x)\n{\n    return arm_helper(arm_table[x]);\n}\n"
    ),
    "third_party/cmsis_nn/Source/A/sizes.c": "int arm_size(void)\n{\n    return 1;\n}\n",
    "third_party/cmsis_nn/Source/B/helpers.c": ("int\narm_helper(int x)\n{\n    return x;\n}\n"),
    "third_party/cmsis_nn/Source/B/tables.c": "const int arm_table[256] = {0};\n",
    "third_party/cmsis_nn/Source/B/arm_other_s8.c": "int arm_other_s8(int x)\n{\n    return x;\n}\n",
}


def test_of_cmsis_nn_a_project_gets_what_its_operators_call_and_all_headers(
    tree: Path, tmp_path: Path
) -> None:
    for name, text in OPTIMIZED.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / f"{MICRO}/kernels/fully_connected.cc").unlink()
    names = {name.removeprefix("lib/tflite_micro/") for name in rendered(tree, tmp_path / "firmware")}
    unneeded = {f"third_party/cmsis_nn/Source/{name}" for name in ("A/sizes.c", "B/arm_other_s8.c")}
    assert names & set(OPTIMIZED) == set(OPTIMIZED) - unneeded


@pytest.mark.parametrize("least", [16, 17, 1000, 4095, 4096])
def test_the_least_arena_on_a_board_is_found_to_16_bytes(
    least: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the emulated firmware says is given here; tests/engines/test_real_tflm.py has the real one."""
    asked: list[int] = []

    def starts(elf: Path, board: Board, arena_bytes: int) -> bool:
        asked.append(arena_bytes)
        return arena_bytes >= least

    monkeypatch.setattr(tflm_arena, "_starts_with", starts)
    found = tflm_arena.least_on_board(tmp_path, load_board("nano33ble"), 4096)
    assert least <= found < least + 16 and max(asked) == 4096
    with pytest.raises(InputError, match="does not start in 8 bytes of arena on nano33ble"):
        tflm_arena.least_on_board(tmp_path, load_board("nano33ble"), 8)


def test_the_other_engine_leaves_nothing_of_this_one_behind(tree: Path, tmp_path: Path) -> None:
    rendered(tree, tmp_path / "firmware")
    compiled = compile_model(small_model(), "small")
    render_project(compiled, load_board("nano33ble"), Application(), tmp_path / "firmware")
    left = [path for path in (tmp_path / "firmware" / "lib").rglob("*") if path.is_file()]
    assert not left
    assert not (tmp_path / "firmware" / "src" / "model" / "tm_tflm.cc").exists()


def test_the_stream_of_a_model_compiles_beside_tflm(tree: Path, tmp_path: Path) -> None:
    """Features, feed and decision are C that the model's own C is not needed for."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    data = small_model()
    purpose = Purpose(raw=Raw(kind=Rows(1)), task="classification", labels=tuple("abcde"))
    model = compile_model(data, "small", about=About(purpose=purpose))
    fed = stream_sources(model.graph, model.about, "small")
    fed |= stream_glue(model.graph, model.about, "small", DecisionConfig())
    application, folder = Application(feed=fed), tmp_path / "firmware"
    render_project(model, load_board("host"), application, folder, tflm=Tflm(tree, data, 4096))

    headers = [f"-I{path}" for path in folder.rglob("*") if path.is_dir() and "lib" not in path.parts]
    sources = [*folder.rglob("*_feed.c"), *folder.rglob("*_decision.c")]
    assert {path.name for path in sources} > {"small_feed.c", "small_decision.c", "tm_feed.c"}
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    subprocess.run([compiler, *flags, *headers, *map(str, sources)], check=True, timeout=60)


def test_an_application_that_includes_the_model_s_own_header_is_told_that_tflm_has_none() -> None:
    stream = ("app/a.c", b'#include "small_feed.h"\n/* #include "small.h" */\n')
    require_for_tflm(OwnCode("a", (stream,)), "small")
    with pytest.raises(InputError, match=r"app/b.cpp includes small.h, which there is not") as caught:
        require_for_tflm(OwnCode("a", (stream, ("app/b.cpp", b"int x;\n # include <small.h>\n"))), "small")
    assert "tm_model.h" in str(caught.value.hint)


def test_an_operator_that_this_tflm_lacks_is_named(tree: Path, tmp_path: Path) -> None:
    resolver = tree / MICRO / "micro_mutable_op_resolver.h"
    resolver.write_text(RESOLVER.replace("FULLY_CONNECTED", "FULLY"))
    with pytest.raises(UnsupportedError, match="does not have the operator FULLY_CONNECTED"):
        rendered(tree, tmp_path / "firmware")


def test_without_the_sources_the_error_says_where_they_come_from(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="needs the sources of TensorFlow Lite Micro") as caught:
        find_tree("", tmp_path, {})
    assert "create_tflm_tree.py" in str(caught.value.hint)
    with pytest.raises(InputError, match="has no tensorflow/lite/micro"):
        find_tree("here", tmp_path, {})


def test_the_sources_are_found_beside_the_project_or_by_the_environment(tree: Path, tmp_path: Path) -> None:
    assert find_tree("tflm", tmp_path, {}) == tree
    assert find_tree("", tmp_path / "elsewhere", {"TINYML_TFLM": str(tree)}) == tree


@pytest.mark.parametrize("least", [1, 256, 257, 5000, 9999])
def test_the_least_arena_is_found_to_256_bytes(least: int) -> None:
    found = least_arena(lambda size: size >= least, 10_000)
    assert least <= found < least + 256


def test_an_arena_that_is_never_enough_is_an_error() -> None:
    with pytest.raises(InputError, match=r"in 10,240 bytes of arena"):
        least_arena(lambda _: False, 10_000)


@pytest.mark.skipif(
    not os.environ.get("TINYML_TFLM"),
    reason="needs TensorFlow Lite Micro's sources: TINYML_TFLM=FOLDER, made by its create_tflm_tree.py",
)
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("board", ["host", "nano33ble", "sparkfun_edge", "stm32f746g_disco"])
def test_a_firmware_with_tflm_computes_what_the_interpreter_does(board: str, tmp_path: Path) -> None:
    (tmp_path / "small.tflite").write_bytes(small_model())
    rows = np.random.default_rng(3).integers(-128, 128, (20, 12), np.int8)
    save_rows(rows, tmp_path / "x.npy")
    choice = EngineChoice("tflm")
    trial = try_model(tmp_path / "small.tflite", tmp_path / "x.npy", board, Place(), engine=choice)
    assert trial.checked.verdict.passed
    assert trial.checked.transcript.info.engine == "tflm"
    assert trial.checked.transcript.inferences[0].layer_names[0] == "FULLY_CONNECTED"
