# SPDX-License-Identifier: Apache-2.0
"""Every port builds without a warning, by gcc and in make fuzz by zig, and its image is laid out right."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from support.boards import own_boards
from support.firmware_image import build_image, find_compiler
from support.variants_that_wait import single

from toolkit import process
from toolkit.targets.board import Board, load_board, loader_problem

BOARDS = own_boards()
BUILDS = [(name, kind) for name in BOARDS for kind in ("gcc", "zig")]
WAIT = [(name, kind) for name, kind in BUILDS if kind == "zig"]


@pytest.fixture(scope="module", params=single(BUILDS, WAIT), ids=str)
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Board, Path]:
    name, kind = request.param
    board = load_board(name)
    return board, build_image(board, kind, tmp_path_factory.mktemp(f"{name}-{kind}"))


def symbols(elf: Path) -> dict[str, int]:
    with elf.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        return {symbol.name: symbol["st_value"] for symbol in table.iter_symbols()}


def loaded(elf: Path) -> dict[int, bytes]:
    """Return what is flashed: load address -> bytes."""
    with elf.open("rb") as stream:
        segments = [s for s in ELFFile(stream).iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
        return {segment["p_paddr"]: segment.data() for segment in segments}


def test_vectors_stand_at_the_start_of_the_applications_flash(image: tuple[Board, Path]) -> None:
    board, elf = image
    assert board.memory is not None
    names, parts = symbols(elf), loaded(elf)
    first = parts[min(parts)]
    assert min(parts) == board.memory.flash.origin
    at = board.memory.vectors - board.memory.flash.origin
    assert int.from_bytes(first[at : at + 4], "little") == names["tm_stack_top"]
    assert int.from_bytes(first[at + 4 : at + 8], "little") == names["Reset_Handler"] | 1


def test_the_rom_runs_the_loader_that_stands_before_them(image: tuple[Board, Path]) -> None:
    board, elf = image
    assert board.memory is not None
    names, parts = symbols(elf), loaded(elf)
    if board.memory.loader is None:
        assert "tm_loader" not in names
        return
    assert loader_problem(board.memory.loader, parts[min(parts)]) == ""


def test_a_stack_that_overflows_leaves_the_ram(image: tuple[Board, Path]) -> None:
    board, elf = image
    assert board.memory is not None
    names = symbols(elf)
    assert names["tm_stack_bottom"] == board.memory.ram.origin
    assert names["tm_stack_top"] - names["tm_stack_bottom"] == board.memory.stack_bytes


def test_the_models_range_holds_its_code_and_nothing_of_the_runtime(image: tuple[Board, Path]) -> None:
    names = symbols(image[1])
    inside = {
        name for name, at in names.items() if names["tm_model_start"] <= at & ~1 < names["tm_model_end"]
    }
    assert {"tm_model", "tm_model_invoke", "tm_model_layer_name"} <= inside
    assert not {"main", "tm_protocol_receive", "memcpy", "tm_port_write"} & inside


def test_all_of_ram_is_within_the_board(image: tuple[Board, Path]) -> None:
    board, elf = image
    assert board.memory is not None
    end = board.memory.ram.origin + board.memory.ram.bytes
    assert board.memory.ram.origin < symbols(elf)["tm_bss_end"] <= end


def test_no_unwind_tables_are_flashed(image: tuple[Board, Path]) -> None:
    with image[1].open("rb") as stream:
        names = {section.name for section in ELFFile(stream).iter_sections()}
    assert not {".ARM.exidx", ".ARM.extab", ".eh_frame"} & names


@pytest.mark.parametrize(
    ("stack_bytes", "reason"), [(512, "smaller than 1024"), (4100, "multiple of 8"), (70000, "first 64 kB")]
)
def test_a_wrong_stack_size_does_not_link(tmp_path: Path, stack_bytes: int, reason: str) -> None:
    board = load_board("nano33ble")
    assert board.memory is not None
    memory = dataclasses.replace(board.memory, stack_bytes=stack_bytes)
    with pytest.raises(AssertionError, match=reason):
        build_image(dataclasses.replace(board, memory=memory), "gcc", tmp_path)


def test_objects_of_other_names_do_not_link_without_a_model(tmp_path: Path) -> None:
    board = load_board("nano33ble")
    build_image(board, "gcc", tmp_path)
    compiler = find_compiler(board.core, "gcc")
    (tmp_path / "src" / "model").rename(tmp_path / "src" / "elsewhere")
    objects = [str(path) for path in sorted(tmp_path.rglob("*.o"))]
    words = [*compiler.command, *objects, *compiler.link_flags, "-T", "memory.ld", "-lgcc", "-o", "other.elf"]
    done = process.run(words, cwd=tmp_path, timeout_s=60)
    assert done.exit_code != 0
    assert r"no code of the model was found: its objects must be src/model/*.o" in done.output
