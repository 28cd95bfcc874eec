# SPDX-License-Identifier: Apache-2.0
"""Which kernels layers get: by the goal, by what was measured, and so that the arena fits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from support.firmware import skip_without
from support.random_slides import random_slide, small_slide
from support.tflite_writer import GraphBuilder, write_tflite
from support.variants import separable

from toolkit import paths, process
from toolkit.compiler.choice import Costs, Optimization, layer_key, variant_name, variants_of
from toolkit.compiler.code_bytes import MEASURED, call_bytes, code_bytes
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import costs_file, keep_costs, kept_costs, optimization_for
from toolkit.compiler.files import form_texts
from toolkit.ops.shared.variants import chosen_variant
from toolkit.project.code_graph import CodeGraph
from toolkit.project.goals import GOALS, Goal
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of_core
from toolkit.verify.generated_c import verify_model

TARGET = target_of_core(find_core("cortex-m4f"))
MODEL = separable()
SIZED_ON = {"armv7em": "cortex-m4f", "armv6m": "cortex-m0plus"}
OPTIONS = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1, "padding": "SAME"}


def convolutions(
    size: int, channels: int, count: int = 2, *, kernel: int = 3, wider: int | None = None
) -> bytes:
    """Return a model of convolutions over an image of size x size; all outputs have wider channels."""
    rng = np.random.default_rng(1)
    builder = GraphBuilder("convolutions")
    first = image = builder.tensor((1, size, size, channels), scale=0.05, zero_point=-128)
    before, after = channels, wider or channels
    for _ in range(count):
        shape = (after, kernel, kernel, before)
        weights = builder.tensor(shape, scale=[0.003] * after, data=rng.integers(-127, 128, shape))
        result = builder.tensor((1, size, size, after), scale=0.3, zero_point=-128)
        before = after
        builder.operation("CONV_2D", [image, weights], [result], fused_activation_function="RELU", **OPTIONS)
        image = result
    return write_tflite(builder.graph([first], [image]))


def kernels_of(data: bytes, ram_bytes: int | None = None) -> list[str]:
    compiled = compile_model(data, "convolutions", TARGET, ram_bytes)
    return [call.kernel for layer in compiled.calls for call in layer]


def test_a_few_small_matrices_take_the_kernel_that_is_best_in_everything() -> None:
    """The kernel for four rows at once is larger and slower for one, and needs scratch."""
    rng = np.random.default_rng(1)
    builder = GraphBuilder("a few neurons")
    first = last = builder.tensor((1, 1), scale=0.02, zero_point=-128)
    for length, count in ((1, 16), (16, 16), (16, 1)):
        shape = (count, length)
        weights = builder.tensor(shape, scale=[0.003] * count, data=rng.integers(-127, 128, shape))
        result = builder.tensor((1, count), scale=0.1, zero_point=-128)
        builder.operation("FULLY_CONNECTED", [last, weights], [result], fused_activation_function="RELU")
        last = result
    data = write_tflite(builder.graph([first], [last]))
    balanced = compile_model(data, "few", TARGET)

    assert not any("pairs" in call.kernel for layer in balanced.calls for call in layer)
    for goal in GOALS:
        other = compile_model(data, "few", TARGET, optimization=Optimization(goal))
        assert balanced.arena_bytes <= other.arena_bytes


def test_less_ram_takes_a_slower_kernel_before_patches() -> None:
    data = convolutions(12, 8)
    whole = compile_model(data, "convolutions", TARGET)

    lean = compile_model(data, "convolutions", TARGET, whole.arena_bytes - 16)

    assert kernels_of(data) == ["tm_conv_2d_3x3_s8"] * 2
    assert "tm_conv_2d_s8" in lean.kernels
    assert lean.patching is None
    assert lean.arena_bytes < whole.arena_bytes
    assert verify_model(lean, data).samples


def test_a_kernel_is_not_chosen_whose_working_memory_would_be_the_most_of_the_arena() -> None:
    assert kernels_of(convolutions(2, 128)) == ["tm_conv_2d_s8"] * 2
    assert kernels_of(convolutions(2, 400, kernel=1)) == ["tm_fully_connected_rows_s8"] * 2


def test_a_kernel_gets_more_room_where_it_saves_much_of_the_time_of_a_small_model() -> None:
    data = convolutions(8, 40)
    lean = compile_model(data, "convolutions", TARGET, 4096)

    found = compile_model(data, "convolutions", TARGET)

    assert kernels_of(data) == ["tm_conv_2d_3x3_s8"] * 2
    assert "tm_conv_2d_3x3_s8" not in lean.kernels
    assert lean.arena_bytes < found.arena_bytes <= lean.arena_bytes + 4096


def compiled_for(goal: Goal, data: bytes = MODEL, costs: Costs | None = None) -> CompiledModel:
    return compile_model(data, "separable", TARGET, optimization=Optimization(goal, costs))


def estimated_cycles(compiled: CompiledModel) -> float:
    found = [(variants_of(compiled.graph, o, TARGET), o) for o in compiled.graph.operations]
    return sum(chosen_variant(compiled.graph, o, variants).cycles for variants, o in found)


def has_large_tables(compiled: CompiledModel) -> bool:
    """Return whether a layer reads a table that could be smaller."""
    names = [variant_name(compiled.graph, o, TARGET) for o in compiled.graph.operations]
    return any(name.endswith(" flat") for name in names)


def flash_bytes(compiled: CompiledModel) -> int:
    calls = [call for layer in compiled.calls for call in layer]
    return code_bytes(TARGET.isa, compiled.kernels) + call_bytes(compiled.graph, calls)


@pytest.mark.parametrize("goal", GOALS)
def test_every_goal_computes_the_same(goal: Goal) -> None:
    assert verify_model(compiled_for(goal), MODEL).samples


@pytest.mark.parametrize("goal", GOALS)
def test_every_goal_takes_hops_of_a_stream(goal: Goal) -> None:
    data = write_tflite(small_slide())

    compiled = compile_model(data, "slide", TARGET, optimization=Optimization(goal), hop=2)

    assert compiled.streaming is not None
    assert verify_model(compiled, data).samples


def test_speed_is_never_slower_and_size_never_larger_than_balanced() -> None:
    for data in (MODEL, separable(channels=6), convolutions(12, 8), convolutions(6, 20, kernel=1)):
        speed, balanced, size = (compiled_for(goal, data) for goal in GOALS)

        assert estimated_cycles(speed) <= estimated_cycles(balanced)
        assert flash_bytes(size) <= flash_bytes(balanced)
        assert has_large_tables(balanced) or size.arena_bytes <= balanced.arena_bytes
        assert estimated_cycles(size) <= 1.8 * estimated_cycles(speed)


@pytest.mark.parametrize("seed", [0, 3, 7, 13, 17, 24])
def test_balanced_is_not_worse_than_speed_in_everything_where_layers_have_few_pixels(seed: int) -> None:
    data = write_tflite(random_slide(seed)) if seed else convolutions(1, 16)
    hop = 0 if seed else None

    speed, balanced = (
        compile_model(data, "few", TARGET, optimization=Optimization(goal), hop=hop) for goal in GOALS[:2]
    )

    least, taken = (
        (estimated_cycles(each), each.arena_bytes, flash_bytes(each)) for each in (speed, balanced)
    )
    assert taken == least or any(mine < theirs for mine, theirs in zip(taken, least, strict=True))


def test_few_pixels_read_their_channels_from_flash_and_many_unpack_them() -> None:
    few, many = separable(size=1), separable(size=16, channels=64)

    for goal, data, is_large in (("speed", few, True), ("speed", many, False), ("balanced", many, False)):
        compiled = compiled_for(goal, data)
        assert has_large_tables(compiled) == is_large
        assert ("tm_unpack_channels" in compiled.kernels) != is_large
        assert verify_model(compiled, data).samples


def test_tables_that_take_less_than_the_code_to_unpack_them_are_not_packed() -> None:
    balanced, size = (compiled_for(goal, separable(size=4, channels=4)) for goal in GOALS[1:])

    assert not any(kernel.startswith("tm_unpack") for kernel in (*balanced.kernels, *size.kernels))
    assert all(verify_model(each, separable(size=4, channels=4)).samples for each in (balanced, size))


@pytest.mark.parametrize("size", [(3, 4, 3, 4), (1, 12, 1, 4), (6, 4, 2, 4), (1, 5, 1, 5)])
def test_a_convolution_whose_windows_are_runs_side_by_side_is_a_matrix(
    size: tuple[int, int, int, int],
) -> None:
    height, width, down, across = size
    rng, builder = np.random.default_rng(1), GraphBuilder("runs")
    source = builder.tensor((1, height, width, 8), scale=0.05, zero_point=-3)
    shape = (16, down, across, 8)
    weights = builder.tensor(shape, scale=[0.003] * 16, data=rng.integers(-127, 128, shape))
    result = builder.tensor((1, height // down, width // across, 16), scale=0.1, zero_point=4)
    options = {"stride_h": down, "stride_w": across, "padding": "VALID"}
    options |= {"dilation_w_factor": 1, "dilation_h_factor": 1}
    builder.operation("CONV_2D", [source, weights], [result], **options)
    data = write_tflite(builder.graph([source], [result]))

    for core in ("cortex-m4f", "cortex-m0plus"):
        compiled = compile_model(data, "runs", target_of_core(find_core(core)))
        assert all(call.kernel.startswith("tm_fully_connected") for layer in compiled.calls for call in layer)
        assert verify_model(compiled, data).samples


def test_less_ram_takes_larger_tables_before_slower_kernels() -> None:
    data = separable(size=16, channels=64)
    whole = compiled_for("balanced", data)

    lean = compile_model(data, "separable", TARGET, whole.arena_bytes - 16)

    assert has_large_tables(lean) and not has_large_tables(whole)
    assert set(lean.kernels) == set(whole.kernels)
    assert verify_model(lean, data).samples


def test_speed_takes_whatever_scratch_there_is_until_ram_is_limited() -> None:
    data = convolutions(2, 400, kernel=1)

    speed = compile_model(data, "convolutions", TARGET, optimization=Optimization("speed"))
    limit = speed.arena_bytes - 16
    limited = compile_model(data, "convolutions", TARGET, limit, optimization=Optimization("speed"))

    assert kernels_of(data) == ["tm_fully_connected_rows_s8"] * 2
    assert speed.kernels == ("tm_fully_connected_pairs_s8",)
    assert limited.arena_bytes <= limit
    assert estimated_cycles(limited) > estimated_cycles(speed)


def test_a_plan_says_the_limit_by_which_the_same_kernels_are_chosen_again() -> None:
    data = convolutions(12, 8)
    limit = compile_model(data, "convolutions", TARGET).arena_bytes - 16

    limited = compile_model(data, "convolutions", TARGET, limit)
    plan = json.loads(form_texts(limited)["plan.json"])

    assert limited.patching is None
    assert compile_model(data, "convolutions", TARGET, plan["ram_bytes"]).sources == limited.sources


def test_what_was_measured_goes_before_estimates() -> None:
    start = compiled_for("balanced")
    layer = next(o for o in start.graph.operations if o.kind == "DEPTHWISE_CONV_2D")
    names = [variant.name for variant in variants_of(start.graph, layer, TARGET)]
    costs = Costs("nano33ble", "gcc", {layer_key(layer): dict.fromkeys(names, 9000) | {"taps": 10}})

    tuned = compiled_for("speed", costs=costs)
    chosen = {layer_key(o): variant_name(tuned.graph, o, TARGET) for o in tuned.graph.operations}

    assert chosen[layer_key(layer)] == "taps"
    assert sum(name.startswith("3x3") for name in chosen.values()) == 1


def test_measured_costs_count_until_model_core_or_kernel_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, measured = tmp_path / "m.tflite", Costs("nano33ble", "gcc 12", {"0:1": {"pairs": 7}})
    m7 = target_of_core(find_core("cortex-m7f"))
    keep_costs(model, MODEL, TARGET, measured)

    assert kept_costs(model, MODEL, TARGET) == measured
    assert kept_costs(model, MODEL + b"0", TARGET) is None
    assert kept_costs(model, MODEL, m7) is None
    keep_costs(model, MODEL, m7, measured)
    assert kept_costs(model, MODEL, TARGET) == measured
    monkeypatch.setattr("toolkit.compiler.costs.code_digest", lambda _: "another kernel")
    assert kept_costs(model, MODEL, TARGET) is None


def test_what_costs_depend_on_changes_with_any_kernel(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(paths.templates(), templates)
    before = CodeGraph(templates=templates).digest(code_bytes.__module__)

    kernel = templates / "kernels" / "armv7em" / "tm_tile_s8.S"
    kernel.write_text(kernel.read_text(encoding="utf-8") + "@ edited\n", encoding="utf-8")

    assert CodeGraph(templates=templates).digest(code_bytes.__module__) != before


def test_a_damaged_file_of_costs_counts_as_none(tmp_path: Path) -> None:
    model = tmp_path / "m.tflite"
    keep_costs(model, MODEL, TARGET, Costs("nano33ble", "gcc", {"0:1": {"pairs": 7}}))
    kept = costs_file(model).read_text(encoding="utf-8")
    assert "chosen by what tinyml tune measured" in optimization_for(model, MODEL, TARGET, "speed").word
    edited = [kept.replace('"pairs": 7', f'"pairs": {value}') for value in ("8", "-7", "1e999", '"7"')]
    whole = '{"cortex-m4f": {"cycles": {"0:1": 4}}}'
    for text in ("", "[]", '{"cortex-m4f": 3}', whole, "[" * 200_000, *edited):
        costs_file(model).write_text(text, encoding="utf-8")
        assert kept_costs(model, MODEL, TARGET) is None
        assert "does not count" in optimization_for(model, MODEL, TARGET, "speed").word


def test_a_wanted_variant_goes_before_every_goal() -> None:
    start = compiled_for("balanced")
    wanted = {layer_key(o): "plain" for o in start.graph.operations if o.kind == "DEPTHWISE_CONV_2D"}

    for goal in GOALS:
        found = compile_model(MODEL, "separable", TARGET, optimization=Optimization(goal, wanted=wanted))
        names = {layer_key(o): variant_name(found.graph, o, TARGET) for o in found.graph.operations}
        assert {key: names[key] for key in wanted} == wanted


def test_a_first_layer_of_one_channel_has_its_own_kernel_where_that_counts() -> None:
    """In a large model its code would cost flash for little time."""
    small, large = (kernels_of(convolutions(15, 1, wider=channels)) for channels in (4, 64))

    assert small[0] == "tm_conv_2d_narrow_s8"
    assert large[0] != "tm_conv_2d_narrow_s8"


@pytest.mark.parametrize("name", [*MEASURED])
def test_the_bytes_of_kernels_are_about_what_gcc_makes(name: str, tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    folder = paths.templates("kernels")
    files = [folder / isa / f"{name}{end}" for isa in (*SIZED_ON, "") for end in (".S", ".c")]
    source = next(path for path in files if path.is_file())
    isa = source.parent.name if source.parent.name in SIZED_ON else TARGET.isa
    flags = [*find_core(SIZED_ON[isa]).tools.gcc_flags, "-Os", "-ffunction-sections"]
    target = tmp_path / "kernel.o"
    done = process.run(
        ["arm-none-eabi-gcc", *flags, f"-I{folder / isa}", f"-I{folder}", "-c", source, "-o", target],
        timeout_s=60,
    )
    assert done.exit_code == 0, done.output
    with target.open("rb") as stream:
        code = sum(s["sh_size"] for s in ELFFile(stream).iter_sections() if s.name.startswith(".text"))

    assert code == pytest.approx(MEASURED[name], rel=0.2, abs=40)
