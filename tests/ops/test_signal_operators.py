# SPDX-License-Identifier: Apache-2.0
"""TFLM's signal operators, its audio front end, against the interpreter: options, edges, sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.kernel_runner import Case, check_cases
from support.signal_graphs import (
    ADDED,
    BANK,
    DELAY,
    ENERGY,
    FRAMER,
    IRFFT,
    LOG,
    NOISE,
    PCAN,
    RFFT,
    ROOT,
    SCALE,
    SMOOTHING,
    STACKER,
    SUBTRACTION,
    WINDOW,
    Shape,
    filter_bank,
    one,
)
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import Sample, run_graph
from support.variants_that_wait import waiting

from toolkit.compiler.compile import compile_model
from toolkit.ir.graph import Graph, OptionValue
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import verify_model

Samples = list[list[Array]]


def words(rng: np.random.Generator, shape: Shape, dtype: str = "uint32") -> Array:
    """Numbers of all sizes, with the least and the greatest among them."""
    bits = 8 * np.dtype(dtype).itemsize
    numbers = (2.0 ** rng.uniform(-1, bits - 0.01, shape)).astype(dtype)
    if numbers.size > 4:
        numbers.reshape(-1)[:4] = [0, 1, 2**bits - 1, 2 ** (bits // 2)]
    return numbers


def loud_and_quiet(rng: np.random.Generator, shape: Shape, count: int) -> Samples:
    samples: Samples = [[np.full(shape, edge, np.int16)] for edge in (0, 32767, -32768)]
    samples.append([rng.choice(np.array([-32768, 32767], np.int16), shape)])
    for _ in range(count):
        most = int(2 ** rng.uniform(0, 15))
        samples.append([rng.integers(-most, most, shape, endpoint=True).clip(-32768, 32767).astype(np.int16)])
    return samples


def test_window_equals_tflm_over_shapes_and_shifts(tmp_path: Path) -> None:
    rng = np.random.default_rng(401)
    cases = []
    for number, shape in enumerate([(64,), (1, 480), (3, 16), (2, 3, 5)] * 4):
        window = rng.integers(-32768, 32768, shape[-1:]).astype(np.int16)
        graph = one("SIGNAL_WINDOW", [(shape, "int16")], [(shape, "int16")], [window], shift=number)
        cases.append(Case(f"{shape} {number}", graph, loud_and_quiet(rng, shape, 10)))
    check_cases(cases, tmp_path, seed=401)


def test_fft_auto_scale_equals_tflm(tmp_path: Path) -> None:
    rng = np.random.default_rng(402)
    cases = [
        Case(
            f"{size}",
            one("SIGNAL_FFT_AUTO_SCALE", [((size,), "int16")], [((size,), "int16"), ((), "int32")]),
            loud_and_quiet(rng, (size,), 60),
        )
        for size in (1, 8, 480)
    ]
    check_cases(cases, tmp_path, seed=402)


POINTS = [2**power for power in range(2, 12)]


@pytest.mark.parametrize("points", waiting(POINTS, [512, 1024]))
def test_rfft_equals_tflm_for_every_power_of_two(points: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(points)
    cases = []
    for shape in ((points,), (1, points - 1), (3, max(points // 3, 1))):
        result = (*shape[:-1], points + 2)
        graph = one("SIGNAL_RFFT", [(shape, "int16")], [(result, "int16")], T=7, fft_length=points)
        cases.append(Case(f"{shape}", graph, loud_and_quiet(rng, shape, 12)))
    check_cases(cases, tmp_path, seed=points)


@pytest.mark.parametrize("points", waiting(POINTS, [512, 1024]))
def test_irfft_equals_tflm_for_every_power_of_two(points: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(points)
    cases = []
    for frames in ((), (1,), (2, 3)):
        shape = (*frames, points + 2)
        result = (*frames, points)
        graph = one("SIGNAL_IRFFT", [(shape, "int16")], [(result, "int16")], T=7, fft_length=points)
        cases.append(Case(f"{shape}", graph, loud_and_quiet(rng, shape, 12)))
    check_cases(cases, tmp_path, seed=points)


def test_energy_equals_tflm_in_the_chosen_bins(tmp_path: Path) -> None:
    rng = np.random.default_rng(403)
    graph = one("SIGNAL_ENERGY", [((514,), "int16")], [((257,), "uint32")], start_index=0, end_index=257)
    check_cases([Case("all", graph, loud_and_quiet(rng, (514,), 20))], tmp_path, seed=403)


def test_energy_outside_of_the_chosen_bins_is_0() -> None:
    graph = one("SIGNAL_ENERGY", [((8,), "int16")], [((4,), "uint32")], start_index=1, end_index=3)

    numbers = np.arange(8, dtype=np.int16)

    (found,) = operators()["SIGNAL_ENERGY"].reference(graph, graph.operations[0], [numbers])

    assert found.tolist() == [0, 13, 41, 0]


def test_filter_bank_equals_tflm_over_random_channels(tmp_path: Path) -> None:
    rng = np.random.default_rng(404)
    graphs = [
        filter_bank(rng, bins, channels) for bins, channels in [(257, 40), (20, 1), (9, 7), (129, 32)] * 3
    ]
    cases = [
        Case(f"{n}", graph, [[words(rng, graph.tensors[0].shape)] for _ in range(12)])
        for n, graph in enumerate(graphs)
    ]
    check_cases(cases, tmp_path, seed=404)


def test_square_root_equals_tflm_around_every_power_of_two(tmp_path: Path) -> None:
    rng = np.random.default_rng(405)
    roots = (2.0 ** rng.uniform(0, 32, 400)).astype(np.uint64)
    near = np.concatenate([roots * roots + d for d in (0, 1)] + [roots * roots - 1] + [roots * roots + roots])
    powers = np.array([2**p for p in range(64)], np.uint64)
    edges = np.concatenate([powers, powers - 1, powers + 1, [2**64 - 1, 2**64 - 2**32]]).astype(np.uint64)
    numbers = np.concatenate([near, near + 1, edges, words(rng, (500,), "uint64")])
    shape = numbers.shape
    graph = one("SIGNAL_FILTER_BANK_SQUARE_ROOT", [(shape, "uint64"), ((), "int32")], [(shape, "uint32")])
    samples = [[numbers, np.array(bits, np.int32)] for bits in (0, 1, 7, 14, 15)]
    check_cases([Case("roots", graph, samples)], tmp_path, seed=405)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"clamping": True},
        {"smoothing_bits": 0},
        {"smoothing": 20000, "one_minus_smoothing": 65535},
        {"min_signal_remaining": 16384, "spectral_subtraction_bits": 10},
        {"smoothing_bits": 31, "spectral_subtraction_bits": 31, "clamping": True},
    ],
)
def test_spectral_subtraction_equals_tflm_as_a_sequence(
    changes: dict[str, OptionValue], tmp_path: Path
) -> None:
    rng = np.random.default_rng(406)
    cases = []
    for channels in (1, 6, 40):
        shape = (channels,)
        ends = [(shape, "uint32"), (shape, "uint32")]
        options = {**SMOOTHING, **changes, "num_channels": channels}
        graph = one(SUBTRACTION, ends[:1], ends, **options)
        samples = [[words(rng, shape) >> np.uint32(rng.integers(0, 24))] for _ in range(40)]
        cases.append(Case(f"{channels}", graph, samples))
    check_cases(cases, tmp_path, seed=406)


def stream(rng: np.random.Generator, shape: Shape, count: int) -> Samples:
    return [[rng.integers(-32768, 32768, shape).astype(np.int16)] for _ in range(count)]


def only_complete(graph: Graph, samples: Sequence[Sample]) -> list[list[Array]]:
    """TFLM's outputs, with 0 where it has not made any yet and leaves what was in memory."""
    (operation,) = graph.operations
    size, step = (int(str(operation.options.get(f"frame_{name}", 0))) for name in ("size", "step"))
    results = run_graph(graph, samples)
    came = size - step if operation.options.get("prefill") else 0
    for values, complete in results:
        if operation.kind == "SIGNAL_STACKER":
            values[...] = np.where(complete, values, 0)
            continue
        for frame in range(values.shape[-2]):
            came += step
            if came < size:
                values[..., frame, :] = 0
    return results


@pytest.mark.parametrize("delay", [0, 1, 7, 8, 9, 30])
def test_delay_equals_tflm_as_a_sequence(delay: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(409)
    cases = []
    for shape in ((8,), (3, 8), (2, 2, 8)):
        graph = one("SIGNAL_DELAY", [(shape, "int16")], [(shape, "int16")], delay_length=delay)
        cases.append(Case(f"{shape}", graph, stream(rng, shape, 12)))
    check_cases(cases, tmp_path, seed=409)


@pytest.mark.parametrize("prefill", [False, True])
def test_framer_equals_tflm_as_a_sequence(prefill: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(410)
    cases = []
    for streams, frames, size, step in (
        ((), 1, 480, 320),
        ((), 3, 5, 2),
        ((1,), 2, 5, 5),
        ((2,), 1, 9, 2),
        ((2, 3), 4, 7, 3),
    ):
        shape = (*streams, frames * step)
        outputs = [((*streams, frames, size), "int16"), ((), "bool")]
        options = {"frame_size": size, "frame_step": step, "prefill": prefill}
        graph = one("SIGNAL_FRAMER", [(shape, "int16")], outputs, **options)
        cases.append(Case(f"{shape} {size}", graph, stream(rng, shape, 12)))
    check_cases(cases, tmp_path, seed=410, truth=only_complete)


def test_stacker_equals_tflm_as_a_sequence(tmp_path: Path) -> None:
    rng = np.random.default_rng(411)
    cases = []
    for left, right, step in ((0, 0, 1), (2, 0, 1), (1, 1, 1), (1, 1, 2), (0, 2, 2), (2, 1, 4), (1, 3, 3)):
        outputs = [((5 * (left + right + 1),), "int16"), ((), "bool")]
        contexts = {"stacker_left_context": left, "stacker_right_context": right}
        graph = one(
            "SIGNAL_STACKER", [((5,), "int16")], outputs, num_channels=5, stacker_step=step, **contexts
        )
        cases.append(Case(f"{left} {right} {step}", graph, stream(rng, (5,), 20)))
    check_cases(cases, tmp_path, seed=411, truth=only_complete)


def test_overlap_add_equals_tflm_as_a_sequence(tmp_path: Path) -> None:
    rng = np.random.default_rng(412)
    cases = []
    for streams, frames, size, step in (((), 1, 64, 32), ((1,), 3, 7, 2), ((2, 2), 2, 5, 5), ((3,), 1, 5, 4)):
        shape, result = (*streams, frames, size), (*streams, frames * step)
        graph = one("SIGNAL_OVERLAP_ADD", [(shape, "int16")], [(result, "int16")], T=7, frame_step=step)
        cases.append(Case(f"{shape} {step}", graph, stream(rng, shape, 12)))
    check_cases(cases, tmp_path, seed=412)


def test_pcan_equals_tflm_over_gains_and_shifts(tmp_path: Path) -> None:
    rng = np.random.default_rng(407)
    cases = []
    for shift in (0, 6, 12, 20, 40, 63):
        gains = rng.integers(-32768, 32768, 125).astype(np.int16)
        gains[::2] = np.sort(np.abs(gains[::2]))[::-1]
        ends = [((300,), "uint32")]
        graph = one("SIGNAL_PCAN", ends * 2, ends, [gains], snr_shift=shift)
        samples = [[words(rng, (300,)), words(rng, (300,))[::-1].copy()] for _ in range(8)]
        cases.append(Case(f"{shift}", graph, samples))
    check_cases(cases, tmp_path, seed=407)


def test_log_equals_tflm_over_scales_and_corrections(tmp_path: Path) -> None:
    rng = np.random.default_rng(408)
    numbers = np.concatenate([np.arange(3000), words(rng, (3000,))]).astype(np.uint32)
    cases = []
    for scale, bits in ((64, 3), (1, 0), (1000, 5), (65535, 0), (0, 1), (2000, 31)):
        options = {"output_scale": scale, "input_correction_bits": bits}
        ends = ((numbers.shape, "uint32"), (numbers.shape, "int16"))
        graph = one("SIGNAL_FILTER_BANK_LOG", ends[:1], ends[1:], **options)
        cases.append(Case(f"{scale} {bits}", graph, [[numbers]]))
    check_cases(cases, tmp_path, seed=408)


def test_a_file_with_signal_operators_reads_back_with_their_options_and_what_they_remember() -> None:
    ends = [((6,), "uint32"), ((6,), "uint32")]
    graph = one(SUBTRACTION, ends[:1], ends, **SMOOTHING, num_channels=6)

    found = read_graph(write_tflite(graph), "m")

    (operation,) = found.operations
    assert operation.kind == SUBTRACTION
    assert {name: operation.options[name] for name in SMOOTHING} == SMOOTHING
    (state,) = found.states
    assert operation.inputs[1:] == (state,)
    assert found.tensors[state].shape == (6,)


def test_a_sound_that_is_framed_transformed_and_put_together_again_is_verified_with_tflm() -> None:
    builder = GraphBuilder("echo")
    shape = (1, 16)
    x, later, again = (builder.tensor(shape, "int16") for _ in range(3))
    frames, complete = builder.tensor((1, 2, 16), "int16"), builder.tensor((), "bool")
    spectrum, back = builder.tensor((1, 2, 18), "int16"), builder.tensor((1, 2, 16), "int16")
    builder.operation("SIGNAL_DELAY", [x], [later], delay_length=5)
    builder.operation("SIGNAL_FRAMER", [later], [frames, complete], frame_size=16, frame_step=8, prefill=True)
    builder.operation("SIGNAL_RFFT", [frames], [spectrum], T=7, fft_length=16)
    builder.operation("SIGNAL_IRFFT", [spectrum], [back], T=7, fft_length=16)
    builder.operation("SIGNAL_OVERLAP_ADD", [back], [again], T=7, frame_step=8)
    data = write_tflite(builder.graph([x], [again, complete]))

    verified = verify_model(compile_model(data, "echo"), data)

    assert [name.split()[0] for name in verified.against] == ["NumPy", "TFLM"]


def test_a_model_whose_stacks_are_not_complete_at_first_is_verified_without_tflm() -> None:
    data = write_tflite(STACKER)

    (against,) = verify_model(compile_model(data, "stacks"), data).against

    assert against == "NumPy reference (TFLM leaves a part of SIGNAL_STACKER undefined)"


def with_options(graph: Graph, **options: OptionValue) -> Graph:
    (operation,) = graph.operations
    return replace(graph, operations=(replace(operation, options={**operation.options, **options}),))


def with_tensor(graph: Graph, place: int, **changes: object) -> Graph:
    """The graph with an input's tensor changed, or an output's for a negative place."""
    (operation,) = graph.operations
    ids = operation.inputs if place >= 0 else operation.outputs[::-1]
    tensor = graph.tensors[ids[place if place >= 0 else -1 - place]]
    return graph.with_tensor(replace(tensor, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (with_options(ENERGY, end_index=5), "its end_index is 5, not 0 to 4"),
        (with_tensor(ENERGY, 0, shape=(9,)), "no pair for each bin"),
        (with_tensor(ENERGY, 0, dtype="int32"), "its input 0 is int32, not int16"),
        (with_options(WINDOW, shift=16), "its shift is 16, not 0 to 15"),
        (with_tensor(WINDOW, 1, shape=(4,)), "have the shapes [2, 8], [4], [2, 8]"),
        (with_options(RFFT, T=2), "its T is 2, not 7 to 7"),
        (with_options(RFFT, fft_length=12), "its fft_length is 12, not a power of two"),
        (with_tensor(RFFT, 0, shape=(9,)), "its frames have 9 samples, more than its fft_length 8"),
        (with_tensor(RFFT, -1, shape=(9,)), "its output has the shape [9] for [8]"),
        (with_options(IRFFT, fft_length=16), "its output has the shape [8] for [10]"),
        (with_options(DELAY, delay_length=-1), "its delay_length is -1, not 0 to"),
        (with_options(DELAY, delay_length=4), "what it remembers is int16[1, 3] and no variable int16[1, 4]"),
        (with_tensor(DELAY, 1, state=None), "what it remembers is int16[1, 3] and no variable"),
        (with_tensor(DELAY, -1, shape=(2, 4)), "a tensor has the shape [2, 4], not [8]"),
        (with_options(FRAMER, frame_step=9), "its frame_step is 9, more than its frame_size 8"),
        (with_options(FRAMER, frame_step=4), "its output has the shape [2, 8] for [6]"),
        (with_tensor(FRAMER, -1, shape=(2,)), "its second output has 2 elements, not 1"),
        (with_options(STACKER, stacker_step=4), "its stacker_step is 4, more than a stack's 3 rows"),
        (with_options(STACKER, num_channels=3), "its output has the shape [12] for [4]"),
        (with_options(ADDED, frame_step=4), "its output has the shape [6] for [2, 8]"),
        (with_tensor(ADDED, 0, shape=(2, 2)), "its frame_step is 3, more than a frame's 2 samples"),
        (with_options(ADDED, T=0), "its T is 0, not 7 to 7"),
        (with_tensor(SCALE, 0, shape=(2, 4)), "its input has the shape [2, 4]"),
        (with_tensor(PCAN, 2, shape=(99,)), "its table has 99 gains, not 125"),
        (with_tensor(PCAN, 1, shape=(5,)), "a tensor has the shape [5], not [4]"),
        (with_options(PCAN, snr_shift=64), "its snr_shift is 64"),
        (with_tensor(BANK, 1, data=None), "its weights or ranges are not constant"),
        (with_tensor(BANK, 0, shape=(2,)), "a channel reaches beyond the bins"),
        (with_tensor(BANK, 3, shape=(5,), data=np.zeros(5, np.int16)), "numbers for 3 channels"),
        (with_options(BANK, num_channels=4), "its num_channels is 4, not 3 to 3"),
        (with_tensor(ROOT, 1, shape=(1,)), "its number of bits has the shape [1]"),
        (with_options(LOG, input_correction_bits=-1), "its input_correction_bits is -1"),
        (with_tensor(NOISE, 1, state=None), "its estimate is not a variable"),
        (with_options(NOISE, smoothing="x"), "its smoothing is x"),
        (with_options(NOISE, clamping=2), "its clamping is 2, not 0 to 1"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_reason(graph: Graph, reason: str) -> None:
    (operation,) = graph.operations
    problems = operators()[operation.kind].problems(graph, operation)
    assert any(reason in problem for problem in problems), problems
