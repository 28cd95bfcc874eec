# SPDX-License-Identifier: Apache-2.0
"""C text that reads back as the same values, and names that C takes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.codegen import literals
from toolkit.codegen.names import c_identifier, checked_identifier, comment_text
from toolkit.errors import TinymlError


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float32_reads_back_as_itself(value: float) -> None:
    text = literals.real(value)

    assert text.endswith("f")
    assert re.search(r"[.e]", text)
    assert np.float32(text[:-1]).tobytes() == np.float32(value).tobytes()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float64_reads_back_as_itself(value: float) -> None:
    text = literals.real(value)

    found = float(np.float32(text[:-1])) if text.endswith("f") else float(text)
    assert found == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_value_that_c_has_no_constant_for_is_a_bug_of_ours(value: float) -> None:
    with pytest.raises(TinymlError):
        literals.real(value)


def test_the_smallest_integers_are_written_so_that_c_does_not_overflow() -> None:
    assert literals.integer(-(2**31)) == "(-2147483647 - 1)"
    assert literals.integer(-(2**63)) == "(-9223372036854775807LL - 1)"
    assert literals.integer(2**31) == "2147483648u"
    assert literals.integer(2**40) == "1099511627776LL"
    assert literals.integer(np.int8(-128)) == "-128"


def test_lines_of_an_array_have_at_most_a_hundred_columns() -> None:
    rng = np.random.default_rng(3)
    data = rng.integers(-(2**31), 2**31, 500).astype(np.int32)

    text = literals.initializer(data)

    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    assert min(map(len, lines[:-1])) > 80
    assert [int(item) for item in text.split(",")] == data.tolist()


@pytest.mark.parametrize("dtype", sorted(literals.C_TYPES))
def test_every_type_of_array_has_an_initializer(dtype: str) -> None:
    data = np.array([[0, 1], [1, 1]], dtype)

    found = [float(item.strip(" uLf\n")) for item in literals.initializer(data).split(",")]

    assert found == [0, 1, 1, 1]


HOSTILE = ['quo"te', "back\\slash", "Käse 猫", "what??/?", "line\nbreak\0end", "%s%n"]


def test_strings_come_out_of_the_compiler_as_they_went_in(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler for the host: apt install gcc")
    rows = ", ".join(literals.string(text) for text in HOSTILE)
    lengths = ", ".join(str(len(text.encode())) for text in HOSTILE)
    source = tmp_path / "strings.c"
    source.write_text(
        "#include <stdio.h>\n"
        f"static const char *const rows[] = {{{rows}}};\nstatic const unsigned lengths[] = {{{lengths}}};\n"
        f"int main(void) {{ for (int i = 0; i < {len(HOSTILE)}; i++) "
        "{ fwrite(rows[i], 1, lengths[i], stdout); } return 0; }\n",
        encoding="ascii",
    )
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-trigraphs"]
    subprocess.run(["gcc", *flags, source, "-o", tmp_path / "strings"], check=True, timeout=60)

    done = subprocess.run([tmp_path / "strings"], capture_output=True, check=True, timeout=60)

    assert done.stdout == "".join(HOSTILE).encode()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kws", "kws"),
        ("my model-2.tflite", "my_model_2_tflite"),
        ("2nd", "m_2nd"),
        ("int", "m_int"),
        ("signal", "m_signal"),
        ("Time", "m_Time"),
        ("times", "times"),
        ("con", "m_con"),
        ("Aux", "m_Aux"),
        ("com1", "m_com1"),
        ("console", "console"),
        ("class", "m_class"),
        ("tm_model", "m_tm_model"),
        ("TM", "m_TM"),
        ("__init__", "init"),
        ("猫", "model"),
        ("", "model"),
        ("../../etc/passwd", "etc_passwd"),
    ],
)
def test_a_model_s_name_becomes_an_identifier(text: str, name: str) -> None:
    assert c_identifier(text) == name


@given(st.text())
def test_any_text_becomes_an_identifier(text: str) -> None:
    name = c_identifier(text)

    assert checked_identifier(name) == name
    assert len(name) <= 40
    assert c_identifier(name) == name


@pytest.mark.parametrize("name", ["", "a-b", "1a", "while"])
def test_what_is_no_identifier_is_a_bug_of_ours(name: str) -> None:
    with pytest.raises(TinymlError, match="is not a C identifier"):
        checked_identifier(name)


@given(st.text(max_size=100))
def test_no_text_ends_a_comment(text: str) -> None:
    comment = comment_text(text)

    assert "*/" not in comment
    assert "/*" not in comment
    assert not set(comment) & set("\\?\n\r")
    assert comment.isascii()
    assert len(comment) <= 40
