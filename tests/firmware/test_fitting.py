# SPDX-License-Identifier: Apache-2.0
"""A firmware whose arena does not fit the board's RAM is built in patches, and computes the same."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from support.firmware import skip_without
from support.random_stacks import image_network
from support.tflite_writer import write_tflite

from toolkit import ui
from toolkit.codegen.about import NOTHING
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.patching import Patching
from toolkit.errors import DoesNotFitError
from toolkit.firmware import Application, build_firmware, build_to_fit, render_project
from toolkit.mlperf.talk import Talk
from toolkit.pipeline.pipeline import Pipeline, steps
from toolkit.pipeline.step import Step
from toolkit.project.benchmarks import BENCHMARKS
from toolkit.project.config import DataConfig, FirmwareConfig, ModelConfig, Project, ProjectConfig
from toolkit.project.provenance import Provenance
from toolkit.runners.link import open_link
from toolkit.targets.board import Board, load_board
from toolkit.verify.generated_c import Verification, verify_model
from toolkit.verify.on_device import Place, Samples, check_firmware

INPUT_BYTES = 24 * 24 * 3

pytestmark = pytest.mark.xdist_group("firmware")


def board_with(ram_bytes: int) -> Board:
    board = load_board("nano33ble")
    assert board.memory is not None
    ram = dataclasses.replace(board.memory.ram, bytes=ram_bytes)
    return dataclasses.replace(board, memory=dataclasses.replace(board.memory, ram=ram))


@pytest.fixture(scope="module")
def model() -> tuple[bytes, CompiledModel]:
    """The .tflite, and the model compiled as it is."""
    skip_without("nano33ble", "gcc")
    data = write_tflite(image_network())
    return data, compile_model(data, "wide")


@pytest.fixture(scope="module")
def ram_bytes(model: tuple[bytes, CompiledModel], tmp_path_factory: pytest.TempPathFactory) -> int:
    folder = tmp_path_factory.mktemp("whole") / "firmware"
    project = render_project(model[1], load_board("nano33ble"), Application(), folder)
    return build_firmware(project).sizes.ram_bytes


def test_what_fits_without_a_copy_of_its_input_is_built_whole_and_computes_the_same(
    model, ram_bytes, tmp_path: Path
) -> None:
    data, whole = model
    board = board_with(ram_bytes - INPUT_BYTES)

    compiled, firmware = build_to_fit(whole, data, board, Application(), tmp_path / "firmware")

    assert compiled is whole
    assert firmware.sizes.ram_bytes <= ram_bytes - INPUT_BYTES
    rows = np.random.default_rng(4).integers(-128, 128, (2, INPUT_BYTES)).astype(np.int8)
    checked = check_firmware(firmware, compiled, data, Samples(rows), Place())
    assert checked.verdict.passed
    assert len(checked.verdict.layers) == len(whole.calls)
    assert checked.transcript.info.kept_bytes == 0


def test_what_does_not_fit_is_built_in_patches_and_computes_the_same(
    model, ram_bytes, tmp_path: Path
) -> None:
    data, whole = model
    board, told = board_with(ram_bytes - INPUT_BYTES - 5000), []

    compiled, firmware = build_to_fit(
        whole, data, board, Application(), tmp_path / "firmware", on_patches=told.append
    )

    assert told == [compiled]
    assert compiled.arena_bytes <= whole.arena_bytes - 5000
    assert firmware.sizes.ram_bytes <= ram_bytes - INPUT_BYTES - 5000
    rows = np.random.default_rng(3).integers(-128, 128, (2, INPUT_BYTES)).astype(np.int8)
    verdict = check_firmware(firmware, compiled, data, Samples(rows), Place()).verdict
    assert verdict.passed
    assert len(verdict.layers) == len(whole.calls)


def test_what_fits_is_built_as_it_is(model, ram_bytes, tmp_path: Path) -> None:
    data, whole = model

    compiled, _ = build_to_fit(whole, data, board_with(ram_bytes), Application(), tmp_path / "firmware")

    assert compiled is whole


def test_what_fits_in_no_patches_names_the_least_arena_too(model, ram_bytes, tmp_path: Path) -> None:
    data, whole = model
    board = board_with(ram_bytes - INPUT_BYTES - whole.arena_bytes + 1000)

    with pytest.raises(DoesNotFitError, match=r"may have 1,000 bytes there; with layers in patches it needs"):
        build_to_fit(whole, data, board, Application(), tmp_path / "firmware")


def test_a_project_is_compiled_and_built_in_the_ram_that_there_is(
    model, ram_bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, whole = model
    (tmp_path / "build").mkdir()
    file = tmp_path / "build" / "model.tflite"
    file.write_bytes(data)
    about = json.dumps({"made_by": Provenance().to_json(), "int8": {"detection": None}})
    (tmp_path / "build" / "quantization.json").write_text(about, encoding="utf-8")
    (tmp_path / "build" / "model_input.h").write_text("", encoding="utf-8")
    (tmp_path / "build" / "data").mkdir()
    (tmp_path / "build" / "data" / "dataset.json").write_text("{}", encoding="utf-8")
    made_already = steps() | {"quantize": Step("quantize", lambda _: None)}
    monkeypatch.setattr("toolkit.pipeline.pipeline.steps", lambda: made_already)
    monkeypatch.setattr("toolkit.pipeline.compile.about_of", lambda _context: NOTHING)

    def pipeline(limit: int) -> Pipeline:
        firmware = FirmwareConfig(application="none", ram_bytes=limit)
        project = Project(ProjectConfig("wide"), DataConfig("sine"), ModelConfig("mlp"), firmware=firmware)
        object.__setattr__(project, "root", tmp_path)
        return Pipeline(project, on_step=said.append, progress=ui.progress)

    def verify(compiled: CompiledModel, model: bytes) -> Verification:
        verified.append(compiled.patching)
        return verify_model(compiled, model)

    monkeypatch.setattr("toolkit.pipeline.compile.verify_model", verify)
    said: list[str] = []
    verified: list[Patching | None] = []
    limit = whole.arena_bytes - 5000
    assert pipeline(limit).compile(verify=False).arena_bytes <= limit
    assert [line for line in said if line.startswith("patches: operations ")]

    said.clear()
    board = board_with(ram_bytes - INPUT_BYTES - 5000)
    built = pipeline(0)
    built.build(board)
    (place,) = [i for i, line in enumerate(said) if line.startswith("patches: operations ")]
    assert said[place + 1].startswith("verify: 4 random inputs equal to ")
    assert verified == [None, built.built_model(board).patching]
    plan = json.loads((tmp_path / "build" / "nano33ble" / "plan.json").read_text(encoding="utf-8"))
    assert plan["patches"]["arena_bytes"] == built.built_model(board).arena_bytes <= limit
    assert built.compile(board).patching is None
    pipeline(0).build(board_with(ram_bytes))
    assert not (tmp_path / "build" / "nano33ble" / "plan.json").exists()


def test_firmware_for_a_benchmark_keeps_its_input_and_goes_in_patches_sooner(
    model, ram_bytes, tmp_path: Path
) -> None:
    """Without the copy, only the first of the inferences that its runner asks for would have the input."""
    data, whole = model
    board, told = board_with(ram_bytes - 5000), []

    compiled, firmware = build_to_fit(
        whole,
        data,
        board,
        Application(benchmark=dataclasses.replace(BENCHMARKS["kws"], inputs=INPUT_BYTES, outputs=4)),
        tmp_path / "firmware",
        on_patches=told.append,
    )

    assert told == [compiled]
    link = open_link(firmware.elf, board)
    talk = Talk(link, 20)
    talk.hello()
    talk.load(bytes(INPUT_BYTES))
    once, again = talk.infer(1, 0)[1], talk.infer(2, 1)[1]
    link.close()
    assert once == again
