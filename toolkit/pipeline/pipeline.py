# SPDX-License-Identifier: Apache-2.0
"""The way of the data, step by step: each runs what comes before it and is out of date."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from toolkit import paths
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.files import form_texts, write_compiled
from toolkit.data import Dataset, data_state, divide_data, load_saved_dataset, save_dataset, takes_of
from toolkit.data.cache import Cache, cache_folder
from toolkit.data.contact_sheet import contact_sheet
from toolkit.data.saved import FILES as DATA_FILES
from toolkit.errors import InputError, UsageError
from toolkit.files import sha256_of, write_atomic
from toolkit.firmware import Application, Firmware, build_to_fit, load_firmware, toolchain
from toolkit.firmware.engine import EngineChoice
from toolkit.ir.real_numbers import quantize_in_chunks, sample_rows
from toolkit.models import Shape, digest_of_files
from toolkit.project.config import Project
from toolkit.project.provenance import Provenance, training_sections
from toolkit.project.runs import keep_run
from toolkit.project.stamps import Stamps, digest_of, digest_of_code, digest_of_tree
from toolkit.reference.oracle import Rows
from toolkit.report import write_report
from toolkit.runners.renode_files import renode_files
from toolkit.sizing.before_training import require_fit
from toolkit.targets.board import Board, board_names, load_board
from toolkit.training.tensorboard import live_logs, settle_logs
from toolkit.ui import OnProgress, Progress
from toolkit.verify.generated_c import verification_text, verify_model
from toolkit.verify.on_device import Place, Samples, check_firmware, write_check
from toolkit.verify.verdict import Verdict

DATA_ROOMS = ("data", "usercode")
TRAINING_ROOMS = ("models", "training", "metrics", "usercode", "recipe", "made_by")
QUANTIZATION_ROOMS = ("quantization", "samples", "metrics", "codegen", "made_by")
COMPILER_ROOMS = (
    *("tflite", "ir", "ops", "passes", "memory", "patching"),
    *("codegen", "compiler", "compilation", "made_by"),
)
CHECKPOINTS = ".training"
VERIFIER_ROOMS = ("comparison", "native", "verification")
FIRMWARE_ROOMS = (*COMPILER_ROOMS, "firmware", "platformio", "toolchain", "elf", "stack")


class Pipeline:
    """The steps of one project; on_step hears what is made and what is reused.

    skip_broken leaves data out that cannot be read, whenever the step data runs.
    """

    def __init__(
        self,
        project: Project,
        *,
        on_step: Callable[[str], None],
        progress: Progress,
        skip_broken: bool = False,
    ) -> None:
        self.project = project
        self.folder = project.build_dir
        self.progress = progress
        self._on_step = on_step
        self._stamps = Stamps(self.folder / ".stamps")
        self._done: set[str] = set()
        self._skip_broken = skip_broken

    def boards(self, names: Sequence[str]) -> list[Board]:
        """Return the boards of these names; "all" is every one, none the project's own."""
        chosen = names or [self.project.firmware.board]
        if "all" in chosen:
            chosen = board_names()
        return [load_board(name) for name in chosen]

    def one_board(self, name: str | None) -> Board:
        """Return the board of this name, or the project's own. Raises UsageError for "all"."""
        if name == "all":
            raise UsageError("this command takes one board.", hint="See: tinyml boards")
        return self.boards([name] if name else [])[0]

    def data(self) -> Path:
        """Make data/, the split dataset as .npy files, if a file of the data has changed; return its json."""
        files = self._files(*(f"data/{name}" for name in DATA_FILES))
        if "data" not in self._done:  # all files of the data are hashed only once
            inputs = {
                "project": digest_of((self.project.project.seed, self.project.data)),
                "files": data_state(self.project),
                "code": digest_of_code(*DATA_ROOMS),
            }
            self._step("data", inputs, files, self._make_data)
        return files[0]

    def draw_data(self, *, augmented: bool = False) -> Path:
        """Draw data.png, some samples of each class, or augmented.png, as training sees them."""
        path, dataset = self.folder / ("augmented.png" if augmented else "data.png"), self.dataset()
        if augmented:
            from toolkit.training.augmentation import augmented_dataset

            dataset = augmented_dataset(dataset, self.project.training.augment, self.project.project.seed)
        write_atomic(path, contact_sheet(dataset))
        return path

    def train(self, *, tensorboard: bool = False) -> Path:
        """Make model.keras and history.json, and TensorBoard's files if asked; return the first."""
        live = live_logs(self.folder) if tensorboard else None
        inputs = self._training_inputs()
        files = self._files("model.keras", "history.json")
        self._step("train", inputs, files, lambda: self._train(digest_of(sorted(inputs.items())), live))
        shutil.rmtree(self.folder / CHECKPOINTS, ignore_errors=True)
        if tensorboard:
            self._on_step(f"look at it: tensorboard --logdir {settle_logs(self.folder, live).parent}")
        return files[0]

    def _training_inputs(self) -> dict[str, str]:
        project = self.project
        return {
            "project": digest_of(training_sections(project)),
            "files": digest_of_files(self.project),
            "data": sha256_of(self.data()),
            "code": digest_of_code(*TRAINING_ROOMS),
        }

    def ablate(self) -> tuple[str, list[Any]]:
        """Return the metric's name, and the training's result with all parts on, then without each.

        An interrupted run goes on where it was. See toolkit/training/ablate.py.
        """
        from toolkit.metrics import metric_name
        from toolkit.training import Checkpoint
        from toolkit.training.ablate import ablate

        dataset, folder = self.dataset(), self.folder / ".ablation"
        key = digest_of((self._training_inputs(), "ablate"))
        with self._training_progress(f"ablate: {self.project.name}") as on_progress:
            checkpoint = Checkpoint(folder / "model.npz", key)
            results = list(ablate(self.project, dataset, checkpoint=checkpoint, on_progress=on_progress))
        shutil.rmtree(folder, ignore_errors=True)
        return metric_name(dataset.task), results

    def quantize(self) -> Path:
        """Make model.tflite and model_float.tflite, what they are worth, and C; return the first.

        The C is model_data.c/.h, the file as bytes, and model_input.h, how numbers become its input.
        """
        keras_file = self.train()
        inputs = {
            "model": sha256_of(keras_file),
            "data": sha256_of(self.data()),
            "config": digest_of((self.project.quantization, self.project.project)),
            "code": digest_of_code(*QUANTIZATION_ROOMS),
        }
        names = ("model_float.tflite", "model_data.c", "model_data.h", "model_input.h", "quantization.json")
        files = self._files("model.tflite", *names)
        self._step("quantize", inputs, files, lambda: self._quantize(keras_file))
        return files[0]

    def compile(self, *, verify: bool = True) -> CompiledModel:
        """Make compiled/ with model.c, model.h, graph.txt and plan.json, and verify that they are right."""
        model = self.quantize()
        ram_bytes = self.project.firmware.ram_bytes or None
        about = self._made_by()
        compiled = compile_model(model.read_bytes(), self.project.name, ram_bytes=ram_bytes, made_by=about)

        def make() -> None:
            self._tell_patches(compiled)
            if verify:
                self._on_step(verification_text(verify_model(compiled, model.read_bytes())))
            write_compiled(compiled, folder)

        inputs = {
            "model": compiled.sha256,
            "name": compiled.name,
            "verify": str(verify),
            "ram_bytes": str(ram_bytes),
            "made_by": digest_of(about),
            "code": digest_of_code(*COMPILER_ROOMS, *VERIFIER_ROOMS),
        }
        folder = self.folder / "compiled"
        files = [folder / name for name in (*compiled.sources, "graph.txt", "plan.json")]
        self._step("compile", inputs, files, make)
        return compiled

    def build(self, board: Board) -> Firmware:
        """Make <board>/firmware/, the PlatformIO project, firmware.elf, .bin and .hex, and Renode's files."""
        model = self.quantize()
        templates = paths.data_dir("firmware_templates")
        inputs = {
            "model": sha256_of(model),
            "data": sha256_of(self.data()),
            "board": digest_of(board),
            "config": digest_of((self.project.name, self.project.firmware)),
            "input": sha256_of(self.folder / "model_input.h"),
            "threshold": str(self.threshold()),
            "made_by": digest_of(self._made_by()),
            "toolchain": os.environ.get(toolchain.VARIABLE, "auto"),
            "code": digest_of_code(*FIRMWARE_ROOMS, *VERIFIER_ROOMS) + digest_of_tree(templates),
        }
        folder = self._board_folder(board)
        endings = ("elf", "json") if board.is_host else ("elf", "json", "bin", "hex")
        files = [folder / f"firmware.{ending}" for ending in endings]
        files.append(folder / "firmware" / "platformio.ini")
        self._step(f"build {folder.name}", inputs, files, lambda: self._build(board, folder))
        return load_firmware(board, folder)

    def compiled_for(self, board: Board) -> CompiledModel:
        """Return the model as it was built for a board: in patches, if it would not have fitted."""
        compiled, file = self.compile(), self._board_folder(board) / "plan.json"
        if not file.is_file():
            return compiled
        ram_bytes = self.read_json(f"{file.parent.name}/plan.json")["patches"]["ram_bytes"]
        model, about = self.quantize().read_bytes(), compiled.made_by
        return compile_model(model, self.project.name, ram_bytes=ram_bytes, made_by=about)

    def check(self, board: Board, place: Place, samples: int | None = None) -> Verdict:
        """Check the firmware on the first samples of the test split, or all; write the verdict and report.

        Raises DeviceError if the firmware cannot be asked; a wrong byte is in the verdict.
        """
        place.require_possible(board)
        firmware = self.build(board)
        compiled, model = self.compiled_for(board), self.quantize().read_bytes()
        dataset = self.dataset()
        inputs = quantize_test_samples(compiled, dataset)[:samples]
        labelled = Samples(inputs, dataset.task, dataset.test.y[:samples], self.threshold())
        title = f"check {board.name}: {len(inputs)} samples on the {place.name(board)}"
        with self.progress(title) as on_progress:
            checked = check_firmware(firmware, compiled, model, labelled, place, on_progress)
        write_check(checked, self._board_folder(board))
        return checked.verdict

    def report(self) -> Path:
        """Write report.html from what is there; return its path."""
        if not self.folder.is_dir():
            raise InputError(f"there is nothing to report in {self.folder}.", hint="Try: tinyml check")
        return write_report(self.folder)

    def dataset(self) -> Dataset:
        """Return the data as they were split; mapped from their files if they are large."""
        return load_saved_dataset(self.data().parent)

    def threshold(self, variant: str = "int8") -> float | None:
        """Return the error above which a sample is anomalous for the integer model, or "float32"; or None."""
        self.quantize()
        detection = self.read_json("quantization.json")[variant]["detection"]
        return float(detection["threshold"]) if detection else None

    def read_json(self, name: str) -> dict[str, Any]:
        """Return one of the build folder's JSON files. Raises InputError if it is not there."""
        try:
            value: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"cannot read {self.folder / name}: {error}.", hint="Try: tinyml check"
            ) from error
        return value

    def _made_by(self) -> Provenance:
        """Return what the int8 model is from."""
        return Provenance.from_json(self.read_json("quantization.json")["made_by"])

    def _files(self, *names: str) -> list[Path]:
        return [self.folder / name for name in names]

    def _step(
        self, name: str, inputs: Mapping[str, str], outputs: Sequence[Path], make: Callable[[], None]
    ) -> None:
        """Run make unless the step is current; the stamp is written last, so that a stop in between shows."""
        if name in self._done:
            return
        self._done.add(name)
        shown = outputs[0].relative_to(self.project.root)
        with self._stamps.only_here(name, lambda: self._on_step(f"{name}: waiting for another tinyml")):
            if self._stamps.is_current(name, inputs):
                self._on_step(f"{name}: up to date, reusing {shown}")
                return
            make()
            self._stamps.record(name, inputs, outputs)
        if name in ("train", "quantize"):
            keep_run(self.folder, self.project.file, quantized=name == "quantize")
        self._on_step(f"{name}: made {shown}")

    def _make_data(self) -> None:
        with self.progress(f"data: {self.project.data.source}") as on_progress:
            divided = divide_data(self.project, skip_broken=self._skip_broken, on_progress=on_progress)
            save_dataset(divided, self.folder / "data")
        Cache(cache_folder(self.project.root)).prune()
        if divided.skipped:
            self._on_step(f"data: {len(divided.skipped)} broken left out; build/data/dataset.json names them")

    def _train(self, key: str, logs: Path | None) -> None:
        from toolkit.training import Checkpoint, history_json, made_by, save_model, say_unscaled, train_all

        checkpoint = Checkpoint(self.folder / CHECKPOINTS / "model.npz", key)
        dataset = self.dataset()
        board = load_board(self.project.firmware.board)
        require_fit(self.project, Shape.of(dataset), board, self._on_step, self.progress)
        say_unscaled(self.project, dataset, self._on_step)
        title = f"train: {self.project.name}, {len(dataset.train)} samples"
        with self._training_progress(title) as on_progress:
            trained = train_all(
                self.project, dataset, checkpoint=checkpoint, on_progress=on_progress, logs=logs
            )
        about = made_by(self.project, dataset, trained[0])
        takes = takes_of(self.project, dataset).to_json()
        save_model(trained[0].model, self.folder / "model.keras", about, takes)
        write_atomic(self.folder / "history.json", history_json(self.project, dataset, trained))

    def _training_progress(self, title: str) -> AbstractContextManager[OnProgress]:
        """The time left counts all epochs, of which early stopping may leave some out."""
        return self.progress(title, at_most=bool(self.project.training.stop_patience))

    def _quantize(self, keras_file: Path) -> None:
        from toolkit.models.keras_file import load_model
        from toolkit.quantization.artifacts import write_quantized

        dataset = self.dataset()
        with self.progress("quantize: convert, calibrate and compare") as on_progress:
            write_quantized(self.project, dataset, load_model(keras_file), self.folder, on_progress)

    def _build(self, board: Board, folder: Path) -> None:
        compiled = self.compile()
        application = self.application(compiled)
        model = self.quantize().read_bytes()
        config = self.project.firmware
        choice = EngineChoice(config.engine, config.tflm, config.tflm_arena_bytes, self.project.root)
        tflm = choice.for_model(compiled, model)
        with self.progress(f"build {board.name}: PlatformIO") as on_progress:
            built, _ = build_to_fit(
                compiled,
                model,
                board,
                application,
                folder / "firmware",
                on_line=lambda line: on_progress(0, 0, line),
                on_patches=lambda patched: self._tell_and_verify(patched, model),
                tflm=tflm,
            )
        for name, text in form_texts(built).items():
            if built is compiled:
                (folder / name).unlink(missing_ok=True)
            else:
                write_atomic(folder / name, text)
        for name, text in renode_files(board).items():
            write_atomic(folder / name, text)

    def _tell_patches(self, compiled: CompiledModel) -> None:
        if compiled.patching:
            self._on_step(f"patches: {compiled.patching}")

    def _tell_and_verify(self, patched: CompiledModel, model: bytes) -> None:
        """What compile() verified is not what is built where a board makes patches of it."""
        self._tell_patches(patched)
        self._on_step(verification_text(verify_model(patched, model)))

    def _board_folder(self, board: Board) -> Path:
        """The engines' firmwares stand beside each other, as both are made of one model."""
        is_aot = self.project.firmware.engine == "aot"
        return self.folder / (board.name if is_aot else f"{board.name}_tflm")

    def application(self, compiled: CompiledModel) -> Application:
        """Return what the firmware does when no command comes, with the samples it carries."""
        config = self.project.firmware
        ends = [compiled.graph.tensors[i].elements for i in (*compiled.graph.inputs, *compiled.graph.outputs)]
        if config.application == "sine" and ends != [1, 1]:
            raise InputError(
                'the application "sine" is for a model with one number in and one out.',
                hint='Try: application = "samples" in the section [firmware]',
            )
        self.quantize()
        header = (self.folder / "model_input.h").read_text(encoding="utf-8")
        if config.application != "samples":
            return Application(kind=config.application, input_header=header)
        dataset = self.dataset()
        labels = dataset.test.y[: config.samples]
        has_classes = dataset.task in ("classification", "anomaly")
        return Application(
            kind="anomalies" if dataset.task == "anomaly" else "samples",
            labels=dataset.classes,
            samples=quantize_test_samples(compiled, dataset)[: config.samples],
            expected=tuple(int(y) for y in labels) if has_classes else (),
            threshold=self.threshold() or 0.0,
            input_header=header,
        )


def quantize_test_samples(compiled: CompiledModel, dataset: Dataset) -> Rows:
    """Return the test split as the model takes it: int8 (n, input bytes)."""
    tensor = compiled.graph.tensors[compiled.graph.inputs[0]]
    return sample_rows(quantize_in_chunks(dataset.test.x, tensor))
