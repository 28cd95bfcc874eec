# SPDX-License-Identifier: Apache-2.0
"""tinyml.toml, the user's project file, as frozen dataclasses."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from toolkit import tomlfile
from toolkit.errors import InputError
from toolkit.project.applications import application_names
from toolkit.project.decision import DecisionConfig
from toolkit.project.goals import Goal
from toolkit.project.owncode import FOLDER, own_names
from toolkit.project.quantization import QuantizationConfig
from toolkit.project.recipe import TrainingConfig, TransferConfig
from toolkit.project.usercode import is_place
from toolkit.suggest import did_you_mean

FILE_NAME = "tinyml.toml"
_MOST_RAM_BYTES = 1 << 30


@dataclass(frozen=True)
class ProjectConfig:
    """[project]: name becomes part of C symbols; seed makes every random choice repeatable."""

    name: str
    seed: int = 1
    description: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", self.name):
            raise ValueError(
                f"name {self.name!r} must start with a letter and have at most 32 letters, digits and _."
            )
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed {self.seed} must be between 0 and 2147483647.")


@dataclass(frozen=True)
class SplitLists:
    """[data.lists]: text files, one sample's file a line, that say what goes to which split.

    A split with a list gets what it names and nothing else; the other splits share the rest.
    """

    train: str = ""
    validation: str = ""
    test: str = ""


@dataclass(frozen=True)
class DataConfig:
    """[data]: where samples come from; split is train, validation and test, and adds up to 1; validation
    may be 0.

    weighted makes each class count the same in training, however many samples it has. duplicates is
    what is done with files of equal bytes: an error if they are in two splits, or kept "together" in
    one. outside lets links and lists lead out of the data folder. options belong to the source:
    docs/data.md says which it has.
    """

    source: str
    split: tuple[float, ...] = (0.6, 0.2, 0.2)
    lists: SplitLists = SplitLists()
    weighted: bool = False
    duplicates: Literal["error", "together"] = "error"
    outside: bool = False
    options: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        is_whole = len(self.split) == 3 and self.split[0] > 0 and self.split[1] >= 0 and self.split[2] > 0
        if not (is_whole and abs(sum(self.split) - 1) <= 1e-6):
            only = "only that of validation may be 0"
            raise ValueError(f"split {list(self.split)} must be three numbers that add up to 1; {only}.")


@dataclass(frozen=True)
class ModelChoice:
    """A model of the zoo, by family; one's own, python = "module:name" in the project's folder; or one that
    was trained before as base, a Keras application or a .keras file.

    options belong to the family: toolkit/models/<family>.py; of one's own they are the function's, of a
    base those in toolkit/models/base.py.
    """

    family: str = ""
    python: str = ""
    base: str = ""
    options: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if sum(map(bool, (self.family, self.python, self.base))) != 1:
            raise ValueError('one of family = "...", python = "module:name" and base = "..." must be there.')
        if self.python and not is_place(self.python):
            raise ValueError(f'python {self.python!r} must be "module:name", such as "my_model:build".')


@dataclass(frozen=True)
class ModelConfig(ModelChoice):
    """[model]: the model to deploy; compare lists others to train beside it, for the report only."""

    compare: tuple[ModelChoice, ...] = ()


@dataclass(frozen=True)
class FirmwareConfig:
    """[firmware]: application is what runs on the board when no command comes.

    It names a file in firmware_templates/runtime/apps/, which says what it does; those that show samples
    have the first `samples` of the test split. Or it names the user's own, in the project's folder app/;
    empty is that one, or "samples" where there is none. protocol = false builds a firmware that runs the
    application alone and answers no command. ram_bytes is the most that the model's arena may take,
    0 what the board has: where it takes more, layers run in patches. optimize is what kernels are chosen for:
    speed, size, or balanced between time and RAM.
    engine is aot, the model as C, or tflm: then tflm is the folder of TensorFlow Lite Micro's sources (empty:
    $TINYML_TFLM, else what tinyml engine fetch brought), tflm_kernels which kernels of that (empty:
    CMSIS-NN's on Cortex-M, else the reference), and tflm_arena_bytes its arena (0: what it runs with).
    decision says when a class counts as detected in a stream. stream = true has the model take the new rows
    of a window alone, decision's hop or the data's, and compute what is new. benchmark has the firmware
    answer the runner of that benchmark of MLPerf Tiny (docs/mlperf.md). bmi270_config is the file with
    Bosch's configuration of that chip, without which a BMI270 senses nothing; "none" does without the chip.
    """

    board: str = "nano33ble"
    application: str = ""
    samples: int = 10
    protocol: bool = True
    ram_bytes: int = 0
    optimize: Goal = "balanced"
    engine: Literal["aot", "tflm"] = "aot"
    tflm: str = ""
    tflm_kernels: Literal["", "reference", "cmsis_nn"] = ""
    tflm_arena_bytes: int = 0
    decision: DecisionConfig = field(default=DecisionConfig())
    stream: bool = False
    benchmark: Literal["", "kws", "ic", "vww", "ad", "sww"] = ""
    bmi270_config: str = ""

    def __post_init__(self) -> None:
        if self.application == "none" and not self.protocol:
            raise ValueError('application = "none" and protocol = false is a firmware that does nothing.')
        if self.benchmark and not self.protocol:
            raise ValueError("a benchmark's runner talks to the protocol; protocol = false leaves it out.")
        if self.benchmark and self.stream:
            raise ValueError("a benchmark's runner sends whole windows; stream = true takes new rows alone.")
        if self.stream and self.engine == "tflm":
            raise ValueError('stream = true is for engine = "aot": tflm runs whole windows.')
        if not 1 <= self.samples <= 1000:
            raise ValueError(f"samples {self.samples} must be from 1 to 1000.")
        for name in ("ram_bytes", "tflm_arena_bytes"):
            if not 0 <= getattr(self, name) <= _MOST_RAM_BYTES:
                raise ValueError(f"{name} {getattr(self, name)} must be from 0 to {_MOST_RAM_BYTES}.")


@dataclass(frozen=True)
class Project:
    """A user's project; root is the folder with tinyml.toml."""

    project: ProjectConfig
    data: DataConfig
    model: ModelConfig
    training: TrainingConfig = field(default=TrainingConfig())
    quantization: QuantizationConfig = field(default=QuantizationConfig())
    firmware: FirmwareConfig = FirmwareConfig()
    root: Path = field(default=Path(), init=False)

    def __post_init__(self) -> None:
        has_base = any(choice.base for choice in (self.model, *self.model.compare))
        if self.training.transfer != TransferConfig() and not has_base:
            raise ValueError("training.transfer is for a model with a base; the section [model] names none.")

    @property
    def name(self) -> str:
        """The project's name, a C identifier."""
        return self.project.name

    @property
    def file(self) -> Path:
        """The project file."""
        return self.root / FILE_NAME

    @property
    def build_dir(self) -> Path:
        """Where everything that is made goes."""
        return self.root / "build"

    def with_firmware(self, firmware: FirmwareConfig) -> Project:
        """Return the same project with another section [firmware]."""
        return self._again(replace(self, firmware=firmware))

    def with_quantization(self, quantization: QuantizationConfig) -> Project:
        """Return the same project with another section [quantization]."""
        return self._again(replace(self, quantization=quantization))

    def with_training(self, training: TrainingConfig) -> Project:
        """Return the same project with another section [training]."""
        return self._again(replace(self, training=training))

    def with_seed(self, seed: int) -> Project:
        """Return the same project with another seed."""
        return self._again(replace(self, project=replace(self.project, seed=seed)))

    def with_options(self, **options: object) -> Project:
        """Return the same project with other values of [model.options]."""
        model = replace(self.model, options={**self.model.options, **options})
        return self._again(replace(self, model=model))

    def _again(self, project: Project) -> Project:
        object.__setattr__(project, "root", self.root)
        return project


def load_project(folder: Path) -> Project:
    """Return the project in folder. Raises InputError if there is none or its file is wrong."""
    path = folder / FILE_NAME
    if not os.path.lexists(path):
        near = sorted(p.parent.name for p in folder.glob(f"*/{FILE_NAME}"))
        hint = "Try: tinyml new my_project --example digits, then cd my_project"
        if near:
            hint = f"Try: cd {shlex.quote(near[0])}, which has one\n{hint.replace('Try:', 'Or:')}"
        raise InputError(f"there is no {FILE_NAME} in {folder}.", hint=hint)
    project = tomlfile.load(path, Project)
    object.__setattr__(project, "root", folder)
    _require_application(project)
    return project


def _require_application(project: Project) -> None:
    """Raise InputError for an application that is neither the toolkit's nor the user's own."""
    name = project.firmware.application
    names = [*application_names(), *own_names(project.root)]
    if name and name not in names:
        where = f"neither the toolkit's nor a file in {FOLDER}/"
        reason = f"application {name!r} is not known: {where}. {did_you_mean(name, names)}"
        raise tomlfile.error_at(project.file, ("firmware", "application"), reason)
