# SPDX-License-Identifier: Apache-2.0
"""The integer arithmetic of the operators, for all numbers: near the real function, and monotonic."""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernel_runner import KERNELS, WARNINGS
from support.variants_that_wait import all_but

from toolkit.ops.shared.broadcast import broadcast_plan
from toolkit.ops.shared.fixed_point import INT32_MAX, exp_on_negative, logistic, one_over_one_plus, tanh

Q31 = 2.0**31
Q4 = st.integers(-(2**31) + 1, 2**31 - 1)
SIZES = st.lists(st.integers(1, 3), min_size=1, max_size=6)

MAIN_IN_C = """
#include "tm_softmax.h"
#include <stdio.h>
int main(void) {
    long x;
    while (scanf("%ld", &x) == 1) {
        printf("%ld\\n", (long)tm_one_over_one_plus((int32_t)x));
    }
    return 0;
}
"""
EXP_IN_C = """
#include "tm_exp.h"
#include <stdio.h>
#include <stdlib.h>
/* exp of the numbers from -first down, so many, as int32 in this computer's order. */
int main(int count, char **words) {
    static int32_t found[1 << 20];
    const int64_t first = atoll(words[1]), numbers = count == 3 ? atoll(words[2]) : 0;
    for (int64_t i = 0; i < numbers; ++i) {
        found[i] = tm_exp_q5((int32_t)(-first - i));
    }
    return fwrite(found, 4, (size_t)numbers, stdout) == (size_t)numbers ? 0 : 1;
}
"""
# Numbers in Q5 with the same high seven bits: each bit is a factor.
BLOCK = 2**24


@given(st.integers(-(2**31), 0), st.sampled_from([4, 5]))
def test_exp_is_within_a_few_parts_in_ten_million(a: int, integer_bits: int) -> None:
    expected = math.exp(a / 2.0 ** (31 - integer_bits))
    assert abs(int(exp_on_negative(a, integer_bits)) / Q31 - expected) < 5e-7


@given(st.integers(0, INT32_MAX))
def test_one_over_one_plus_is_right_to_a_millionth_and_fits_in_int32(a: int) -> None:
    result = int(one_over_one_plus(a))
    assert result <= INT32_MAX
    assert abs(result / Q31 - 1 / (1 + a / Q31)) < 1e-6


@given(Q4)
def test_logistic_of_a_negative_is_one_less_logistic(a: int) -> None:
    result = int(logistic(a, 4))
    assert abs(result / Q31 - 1 / (1 + math.exp(-a / 2.0**27))) < 1e-6
    assert result + int(logistic(-a, 4)) == (2**31 if a == 0 else INT32_MAX)


@given(Q4)
def test_tanh_is_odd_and_right_to_a_millionth(a: int) -> None:
    result = int(tanh(a, 4))
    assert abs(result / Q31 - math.tanh(a / 2.0**27)) < 1e-6
    assert result == -int(tanh(-a, 4))


@st.composite
def broadcast_shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    sizes = draw(SIZES)
    shapes = []
    for _ in range(2):
        shape = [size if draw(st.booleans()) else 1 for size in sizes]
        shapes.append(tuple(shape[draw(st.integers(0, len(shape))) :]))
    return shapes[0], shapes[1]


def walk(plan: list[int]) -> list[tuple[int, int]]:
    """The pairs of elements that a kernel meets on a plan."""
    outer, length, left_step, right_step = plan[:4]
    places, done, left, right = [], [0] * outer, 0, 0
    while True:
        places += [(left + i * left_step, right + i * right_step) for i in range(length)]
        for dimension in range(outer):
            size, left_jump, right_jump = plan[4 + 3 * dimension : 7 + 3 * dimension]
            left, right = left + left_jump, right + right_jump
            done[dimension] += 1
            if done[dimension] < size:
                break
            done[dimension] = 0
        else:
            return places


@given(broadcast_shapes())
def test_a_plan_meets_the_elements_that_numpy_broadcasts(
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    numbers = [np.arange(math.prod(shape)).reshape(shape) for shape in shapes]
    expected = [part.ravel().tolist() for part in np.broadcast_arrays(*numbers)]

    plan = broadcast_plan(*shapes).tolist()

    assert walk(plan) == list(zip(*expected, strict=True))
    assert plan[0] <= 5


def program_in_c(folder: Path, name: str, text: str, *flags: str) -> Path:
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler for the host: apt install gcc")
    source, program = folder / f"{name}.c", folder / name
    source.write_text(text)
    flags = ("-fsanitize=undefined", "-fno-sanitize-recover", *flags)
    subprocess.run(
        [compiler, *WARNINGS, *flags, "-I", KERNELS, source, "-o", program], check=True, timeout=60
    )
    return program


@pytest.fixture(scope="module")
def reciprocal_in_c(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return program_in_c(tmp_path_factory.mktemp("reciprocal"), "reciprocal", MAIN_IN_C)


@pytest.fixture(scope="module")
def exp_in_c(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return program_in_c(tmp_path_factory.mktemp("exp"), "exp", EXP_IN_C, "-O2")


def check_exp(exp_in_c: Path, first: int, count: int) -> None:
    """Assert that exp of -first, and of so many numbers down from it, are the toolkit's."""
    done = subprocess.run([exp_in_c, str(first), str(count)], capture_output=True, check=True, timeout=60)
    expected = exp_on_negative(-first - np.arange(count, dtype=np.int64), 5)
    assert (np.frombuffer(done.stdout, np.int32) == expected).all()


@pytest.mark.parametrize("block", [0, 1, 2, 4, 8, 16, 32, 64, 127])
def test_the_kernel_s_exp_equals_the_toolkit_s_with_each_factor(exp_in_c: Path, block: int) -> None:
    check_exp(exp_in_c, block * BLOCK, 5000)
    check_exp(exp_in_c, (block + 1) * BLOCK - 4999, 5000)


@pytest.mark.fuzz
@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", all_but([0, 0x2A, 0x55, 0x7F], [0x55]))
def test_the_kernel_s_exp_equals_the_toolkit_s_for_all_low_bits(exp_in_c: Path, block: int) -> None:
    """All 2**24 numbers of a block: what the high bits add are products, of which one is like another."""
    for first in range(block * BLOCK, (block + 1) * BLOCK, 2**20):
        check_exp(exp_in_c, first, 2**20)


def test_the_kernel_s_reciprocal_equals_the_toolkit_s(reciprocal_in_c: Path) -> None:
    rng = np.random.default_rng(31)
    numbers = np.concatenate([[0, 1, 2**30, INT32_MAX], rng.integers(0, 2**31, 20000)])
    done = subprocess.run(
        [reciprocal_in_c], input="\n".join(map(str, numbers)), capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert [int(line) for line in done.stdout.split()] == one_over_one_plus(numbers).tolist()
