# SPDX-License-Identifier: Apache-2.0
"""Large tables as strings: the same bytes to the compiler, in a fraction of its memory."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.objects import host_compiler

from toolkit.codegen import literals
from toolkit.verify.large_tables import with_strings

NUMBERS = np.random.default_rng(1).integers(-128, 128, 40000, dtype=np.int8)


def source(numbers: np.ndarray, c_type: str) -> str:
    table = literals.initializer(numbers)
    return (
        "#include <stdint.h>\n#define NET_WEIGHTS\n#include <stdio.h>\n\n/* {1, 2}; */\n"
        f"static const {c_type} small[3] = {{\n    1, -2, 3}};\n"
        f"static const {c_type} net_tensor1[{len(numbers)}] NET_WEIGHTS = {{\n{table}}};\n"
        "int main(void) {\n    fwrite(net_tensor1, 1, sizeof net_tensor1, stdout);\n    return small[1];\n}\n"
    )


@pytest.mark.parametrize("c_type", ["int8_t", "uint8_t"])
def test_the_compiler_sees_the_same_bytes(c_type: str, tmp_path: Path) -> None:
    numbers = NUMBERS.view(c_type.removesuffix("_t"))
    numbers = np.concatenate([np.arange(256, dtype=np.uint8).view(numbers.dtype), numbers])
    text = "".join(with_strings(source(numbers, c_type)))
    (tmp_path / "t.c").write_text(text)

    words = [host_compiler(), "-std=c99", "-Wall", "-Wextra", "-Wno-overflow", tmp_path / "t.c"]
    subprocess.run([*words, "-o", tmp_path / "t"], check=True)
    done = subprocess.run([tmp_path / "t"], capture_output=True, check=False)

    assert '"' in text.split("net_tensor1")[1]
    assert "static const " + c_type + " small[3] = {\n    1, -2, 3};" in text
    assert done.stdout == numbers.tobytes()


def test_small_tables_and_those_of_other_types_stay_as_they_are() -> None:
    wide = source(NUMBERS.astype(np.int16), "int16_t")
    short = source(NUMBERS[:100], "int8_t")

    assert "".join(with_strings(wide)) == wide
    assert "".join(with_strings(short)) == short
