# SPDX-License-Identifier: Apache-2.0
"""docs/adding-a-core.md is followed to the letter: its one entry is all that a new core takes."""

from __future__ import annotations

import dataclasses
import re
import shutil
import textwrap
from pathlib import Path

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like, skip_without
from support.firmware_image import ROOT, TEMPLATES
from support.tflm import run_tflm
from support.variants_that_wait import waiting

from toolkit import tomlfile
from toolkit.compiler.compile import compile_model
from toolkit.errors import TinymlError
from toolkit.firmware import Application, build_firmware, render_project, worst_stack
from toolkit.runners.link import open_link
from toolkit.runners.session import run_samples
from toolkit.targets import cores
from toolkit.targets.board import Board, load_board
from toolkit.targets.cores import CORES, Core
from toolkit.targets.target import Target, target_of

APPLICATION = Application("samples", tuple("0123456789"), SAMPLES, tuple(range(len(SAMPLES))))
DATA = digits_like()[0]


def page_block(page: str, language: str) -> str:
    """Return the last block of a language on a page of docs/."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return str(re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)[-1])


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    """The page's entry, added to the table."""
    block = textwrap.dedent(page_block("adding-a-core.md", "python"))
    (core,) = eval(f"({block})", vars(cores))
    monkeypatch.setitem(CORES, core.name, core)
    return core


@pytest.fixture
def board(core: Core, tmp_path: Path) -> Board:
    """The board of ports/TEMPLATE, with the new core."""
    file = tmp_path / "template.toml"
    file.write_text(page_block("adding-a-board.md", "toml"), encoding="utf-8")
    return dataclasses.replace(tomlfile.load(file, Board), core=core.name)


@pytest.mark.parametrize("toolchain", waiting(["gcc", "zig"], ["zig"]))
def test_the_new_core_builds_and_computes_what_tflm_does(
    toolchain: str, board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without(board.name, toolchain)
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TINYML_TOOLCHAIN", toolchain)
    model = compile_model(DATA, "digits_like", target_of(board))
    firmware = build_firmware(render_project(model, board, APPLICATION, tmp_path / "build" / "firmware"))
    link = open_link(firmware.elf, board, runner="emulator")
    transcript = run_samples(link, [sample.tobytes() for sample in SAMPLES])
    expected = run_tflm(DATA, [[sample.reshape(1, 8, 8, 1)] for sample in SAMPLES])
    assert [each.outputs for each in transcript.inferences] == [
        np.asarray(row[0]).tobytes() for row in expected
    ]
    stack = worst_stack(firmware)
    assert stack is not None and not stack.why_unknown
    assert transcript.info.stack_used is not None and transcript.info.stack_used <= stack.bytes


def test_its_target_is_what_code_generation_may_depend_on(core: Core, board: Board) -> None:
    assert target_of(board) == Target(core.name, core.isa, core.features)
    assert core.isa not in {other.isa for other in CORES.values() if other is not core}


def test_a_kernel_in_the_folder_of_its_isa_is_for_it_alone(core: Core, board: Board, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    folder = templates / "kernels" / core.isa
    folder.mkdir()
    portable = (templates / "kernels" / "tm_softmax_s8.c").read_text()
    (folder / "tm_softmax_s8.c").write_text(f"/* For {core.isa}. */\n{portable}")
    for each, is_ours in ((board, True), (load_board("nano33ble"), False)):
        model = compile_model(DATA, "digits_like", target_of(each))
        project = render_project(model, each, APPLICATION, tmp_path / each.name, templates)
        kernel = (project.folder / "src" / "kernels" / "tm_softmax_s8.c").read_text()
        assert (f"/* For {core.isa}. */" in kernel) is is_ours


def test_a_model_for_the_new_core_does_not_go_onto_another(board: Board, tmp_path: Path) -> None:
    model = compile_model(DATA, "digits_like", target_of(board))
    with pytest.raises(TinymlError, match="compiled for cortex-m33f; nano33ble has a cortex-m4f"):
        render_project(model, load_board("nano33ble"), APPLICATION, tmp_path / "firmware")


def test_the_page_names_every_field_of_the_table() -> None:
    page = (ROOT / "docs" / "adding-a-core.md").read_text(encoding="utf-8")
    for kind in (Core, cores.Tools, cores.Emulated):
        for field in dataclasses.fields(kind):
            assert f"| `{field.name}` |" in page
