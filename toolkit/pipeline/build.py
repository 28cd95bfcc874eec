# SPDX-License-Identifier: Apache-2.0
"""build: <board>/firmware/, a PlatformIO project, and its firmware.elf, .bin and .hex; Renode's files."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from toolkit.codegen.model_stream import stream_note, stream_sources
from toolkit.codegen.stream_glue import stream_glue
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.files import form_texts
from toolkit.data import Dataset
from toolkit.errors import InputError, TinymlError
from toolkit.files import sha256_of, write_atomic
from toolkit.firmware import Application, build_to_fit
from toolkit.firmware.application import find_application, kind_for, needs_samples, require_model_for
from toolkit.firmware.bmi270 import WITHOUT, chip_config_of
from toolkit.firmware.build import ENDINGS
from toolkit.firmware.engine import EngineChoice
from toolkit.firmware.own import require_for_tflm
from toolkit.firmware.platformio import package_dirs
from toolkit.firmware.sizes import read_facts
from toolkit.firmware.toolchain import compiler_name
from toolkit.firmware.workshop import rendered_files
from toolkit.ir.real_numbers import quantize_in_chunks, sample_rows
from toolkit.pipeline.compile import compiled_model, optimization_of, say_notes, say_verified
from toolkit.pipeline.step import Context, Step
from toolkit.project.applications import application_names
from toolkit.project.benchmarks import BENCHMARKS
from toolkit.project.config import Project
from toolkit.project.owncode import FOLDER, OwnCode, own_application, own_names
from toolkit.project.stamps import digest_of
from toolkit.reference.oracle import Rows
from toolkit.runners.renode_files import renode_files
from toolkit.targets.target import target_of
from toolkit.verify.windows import hops_of_a_window

_FORMS = ("graph.txt", "plan.json")


def board_folder(context: Context) -> Path:
    """Return where the board's firmware goes: the engines' stand beside each other, for one model."""
    is_aot = context.project.firmware.engine == "aot"
    return context.folder / (context.board.name if is_aot else f"{context.board.name}_tflm")


def built_model(context: Context) -> CompiledModel:
    """Return the model as it was built for the board: in less RAM, if it would not have fitted."""
    compiled, file = compiled_model(context), board_folder(context) / "plan.json"
    if not file.is_file():
        return compiled
    ram_bytes = context.read_json(f"{file.parent.name}/plan.json")["ram_bytes"]
    return compile_model(
        context.model(),
        context.project.name,
        compiled.target,
        ram_bytes,
        compiled.about,
        optimization=compiled.optimization,
        hop=compiled.hop,
    )


def application_of(context: Context, compiled: CompiledModel) -> Application:
    """Return what the firmware does when no command comes, with the samples it carries.

    Raises InputError for an application that is not for such a model.
    """
    config, own = context.project.firmware, own_code(context)
    name = config.application or "samples"
    ends = [compiled.graph.tensors[i].elements for i in (*compiled.graph.inputs, *compiled.graph.outputs)]
    header = (context.folder / "model_input.h").read_text(encoding="utf-8")
    if compiled.hop is not None:
        header = compiled.sources.get(f"{compiled.name}_input.h", header)
    fed = feed_files(context, compiled)
    if own is not None and config.engine == "tflm":
        require_for_tflm(own, compiled.name)
    plain = Application(
        "none" if own else name,
        input_header=header,
        feed=fed,
        own=own,
        protocol=config.protocol,
        benchmark=BENCHMARKS[config.benchmark] if config.benchmark else None,
        bmi270=chip_config_of(context.project, context.board),
        without_bmi270=config.bmi270_config == WITHOUT,
    )
    if own is None:
        require_model_for(name, ends)
        _require_windows_for(context, compiled, name)
    code = [data for _, data in own.files] if own else [find_application(name).read_bytes()]
    if not any(map(needs_samples, code)):
        return plain
    dataset = context.dataset()
    labels = dataset.test.y[: config.samples]
    has_classes = dataset.task in ("classification", "anomaly")
    return replace(
        plain,
        kind=plain.kind if own else kind_for(name, dataset.task),
        labels=dataset.classes,
        samples=_as_run(compiled, quantize_test_samples(compiled, dataset)[: config.samples]),
        expected=tuple(int(y) for y in labels) if has_classes else (),
        threshold=context.threshold() or 0.0,
    )


def _require_windows_for(context: Context, compiled: CompiledModel, name: str) -> None:
    if compiled.hop is not None and kind_for(name, context.dataset().task) == "anomalies":
        raise InputError(
            "the application that shows anomalies compares whole windows with what the model gives back; "
            "with stream = true it has the new rows alone.",
            hint='Try: application = "none" in the section [firmware], or one of your own in app/',
        )


def _as_run(compiled: CompiledModel, samples: Rows) -> Rows:
    """Return samples (n, input bytes) as the firmware runs them: by hops, those that fill a window."""
    stream, window = compiled.graph.stream, compiled.graph.window
    if stream is None or not len(samples):
        return samples
    return hops_of_a_window(samples, window, stream).reshape(len(samples), -1)


def own_code(context: Context) -> OwnCode | None:
    """Return the user's own application, or None where one of the toolkit's runs. Raises InputError."""
    name = context.project.firmware.application
    own = None if name in application_names() else own_application(context.project.root, name)
    if own is not None and context.project.name == "app":
        raise InputError(
            "a project with an application of your own cannot be called app: app.h is its header.",
            hint="Try: another name in the section [project]",
        )
    return own


def own_code_left_out(project: Project) -> str:
    """Return a line that says that the user's own code is not built in, "" if it is or there is none."""
    name, names = project.firmware.application, own_names(project.root)
    if name not in application_names() or not names:
        return ""
    mine = next((each for each in names if each != FOLDER), FOLDER)
    chosen = f'application = "{name}" in [firmware] is the toolkit\'s'
    return f'{FOLDER}/ is not built in: {chosen}; yours is "{mine}"'


def feed_files(context: Context, compiled: CompiledModel) -> dict[str, str]:
    """Return the C that makes windows and decisions of a stream, by file name; nothing for other data."""
    if context.project.firmware.engine == "tflm" and compiled.graph.given != compiled.graph.inputs:
        return {}  # TFLM's input is another type than windows are made of
    config = context.project.firmware.decision
    sources = stream_sources(compiled.graph, compiled.about, compiled.name, config)
    return {**sources, **stream_glue(compiled.graph, compiled.about, compiled.name, config)}


def quantize_test_samples(compiled: CompiledModel, dataset: Dataset) -> Rows:
    """Return the test split as the model takes it whole: int8 (n, input bytes)."""
    return sample_rows(quantize_in_chunks(dataset.test.x, compiled.graph.window))


def _inputs(context: Context) -> Mapping[str, str]:
    project, folder = context.project, context.folder
    return {
        "model": sha256_of(folder / "model.tflite"),
        "data": sha256_of(folder / "data" / "dataset.json"),
        "board": digest_of(context.board),
        "config": digest_of((project.name, project.firmware)),
        "input": sha256_of(folder / "model_input.h"),
        "threshold": str(context.threshold()),
        "made_by": digest_of(context.made_by()),
        "compiler": _compiler(context),
        "optimize": digest_of(optimization_of(context, target_of(context.board))),
        "tflm": _tree(context),
        "application": own.sha256 if (own := own_code(context)) else "",
        "bmi270": digest_of(chip_config_of(context.project, context.board)),
    }


def _engine(context: Context) -> EngineChoice:
    config = context.project.firmware
    kernels = config.tflm_kernels
    return EngineChoice(config.engine, config.tflm, config.tflm_arena_bytes, context.project.root, kernels)


def _tree(context: Context) -> str:
    """The folder of TFLM's sources, which names their commit where they were fetched; "" without them."""
    choice = _engine(context)
    if choice.name == "aot":
        return ""
    with suppress(TinymlError):
        return str(choice.tree_for(target_of(context.board)))
    return ""


def _compiler(context: Context) -> str:
    """The compiler that would build; where there is none, the one that did."""
    facts = board_folder(context) / "firmware.json"
    found = compiler_name(context.board.core, package_dirs())
    return found or (read_facts(facts).compiler if facts.is_file() else "")


def _outputs(context: Context) -> list[Path]:
    folder = board_folder(context)
    images = [folder / f"firmware.{ending}" for ending in ENDINGS]
    others = [folder / name for name in (*_FORMS, *renode_files(context.board))]
    return [*images, *others, *rendered_files(folder / "firmware")]


def _make(context: Context) -> None:
    board, folder, compiled = context.board, board_folder(context), compiled_model(context)
    config, model = context.project.firmware, context.model()
    tflm = _engine(context).for_model(compiled, model)
    if note := stream_note(compiled.graph, compiled.about, config.decision):
        context.say(note)
    with context.progress(f"build {board.name}: PlatformIO") as on_progress:
        built, _ = build_to_fit(
            compiled,
            model,
            board,
            application_of(context, compiled),
            folder / "firmware",
            on_line=lambda line: on_progress(0, 0, line),
            on_patches=lambda patched: _say_patched(context, patched),
            on_word=context.say,
            tflm=tflm,
        )
    for name, text in form_texts(built).items():
        if built is compiled:
            (folder / name).unlink(missing_ok=True)
        else:
            write_atomic(folder / name, text)
    for name, text in renode_files(board).items():
        write_atomic(folder / name, text)


def _say_patched(context: Context, patched: CompiledModel) -> None:
    """What the step compile verified is not what is built where a board makes patches of it."""
    say_notes(context, patched)
    say_verified(context, patched)


STEP = Step(
    "build", _make, _inputs, _outputs, needs=("compile",), place=lambda context: board_folder(context).name
)
