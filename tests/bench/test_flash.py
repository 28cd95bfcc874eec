# SPDX-License-Identifier: Apache-2.0
"""Where the flash of a MobileNet beside its weights goes, and that it is at most so much of TFLM's.

TFLM's is that of kws, which has the same operators but for one: AVERAGE_POOL_2D instead of MEAN.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from support.benchmarks import BASELINE, BOARDS, compiled_for, own_model, read

from toolkit.targets.board import load_board
from toolkit.verify.bare import built_bare
from toolkit.verify.generated_c import random_rows

pytestmark = pytest.mark.bench
MOST = {
    ("mobilenet_v1", "balanced"): 0.235,
    ("mobilenet_v1", "size"): 0.137,
    ("mobilenet_v1_still", "balanced"): 0.2,
    ("mobilenet_v1_still", "size"): 0.1,
}
TABLES = {"_channels": "scales, what the biases' words have no room for", "_params": "layers' parameters"}


def part_of(symbol: str) -> str:
    """Return what a symbol's bytes are counted as."""
    if symbol.endswith(("_run_layers", "_calls")):
        return "calls"
    if "_layer" in symbol and not symbol.startswith("tm_"):
        return next(part for end, part in TABLES.items() if symbol.endswith(end))
    if symbol.startswith(("tm_mean", "tm_softmax", "exp_of", "factors", "tm_high_mul")):
        return "code of MEAN and SOFTMAX"
    if symbol.startswith("tm_depthwise") or symbol.startswith(
        ("tm_small_fours", "tm_unpack_depthwise", "column_at")
    ):
        return "code of depthwise convolutions"
    if symbol.startswith(("tm_aot", "tm_model", "mobilenet")):
        return "tm_model.h"
    return "code of other convolutions"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "mode"), list(MOST))
def test_where_the_flash_goes(name: str, mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = own_model(name)
    for core, board_name in BOARDS.items():
        board = load_board(board_name)
        compiled = compiled_for(data, name, mode, board)
        with built_bare(compiled, board, random_rows(compiled.graph, 3)[-1:]) as elf:
            parts, beside = _parts(elf)
        theirs = read(BASELINE)["models"]["kws"][core]["flash_beyond_model_bytes"]
        with capsys.disabled():
            print(f"\n{name}, {mode}, {core}: {beside:,} B, {beside / theirs:.4f} of TFLM's")
            for part, size in sorted(parts.items()):
                print(f"  {size:6,} {part}")
        assert beside <= MOST[name, mode] * theirs


def _parts(elf: Path) -> tuple[Counter[str], int]:
    """Return the bytes by part of the model's section without the weights, and their sum."""
    with elf.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        found = {symbol.name: symbol for symbol in table.iter_symbols()}
    value = {name: symbol["st_value"] for name, symbol in found.items()}
    parts: Counter[str] = Counter()
    for name, symbol in found.items():
        place = symbol["st_value"] & ~1
        is_weights = value["tm_weights_start"] <= place < value["tm_weights_end"]
        if value["tm_model_start"] <= place < value["tm_model_end"] and symbol["st_size"] and not is_weights:
            parts[part_of(name)] += symbol["st_size"]
    whole = value["tm_model_end"] - value["tm_model_start"]
    beside = whole - value["tm_weights_end"] + value["tm_weights_start"]
    parts["names and padding"] = beside - sum(parts.values())
    return parts, beside
