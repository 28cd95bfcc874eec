# SPDX-License-Identifier: Apache-2.0
"""What a step of the pipeline is: a value that says what it is made from, what it makes, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from toolkit.data.saved import load_saved_dataset
from toolkit.errors import InputError
from toolkit.project.provenance import Provenance
from toolkit.reading import MOST_MODEL_BYTES, parse_json, read_file

if TYPE_CHECKING:
    from toolkit.data import Dataset
    from toolkit.pipeline.pricing import Pricing
    from toolkit.project.config import Project
    from toolkit.targets.board import Board
    from toolkit.ui import Progress


T = TypeVar("T")
Curves = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Context:
    """What the steps of one project work on.

    say hears what is going on, progress shows how far it is. board is what compile and build are for.
    skip_broken leaves out data that cannot be read; verify runs the generated C on this computer; logs
    is where a training writes for TensorBoard, on_curves hears a model's label and its curves after each
    of its epochs. tells_notes says notes on what was made; where
    it is false, the command shows them. pricing times a .tflite on the project's own board. kept holds values
    that are computed once a run.
    """

    project: Project
    board: Board
    say: Callable[[str], None]
    progress: Progress
    skip_broken: bool = False
    verify: bool = True
    logs: Path | None = None
    on_curves: Callable[[str, Curves], None] | None = None
    tells_notes: bool = True
    pricing: Pricing | None = None
    kept: dict[object, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where everything that is made goes."""
        return self.project.build_dir

    def files(self, *names: str) -> list[Path]:
        """Return the files of these names in the folder."""
        return [self.folder / name for name in names]

    def keep(self, key: object, make: Callable[[], T]) -> T:
        """Return what make gives, computed at the first call for key."""
        if key not in self.kept:
            self.kept[key] = make()
        return cast("T", self.kept[key])

    def dataset(self) -> Dataset:
        """Return the data as they were split; mapped from their files if they are large."""
        return load_saved_dataset(self.folder / "data")

    def model(self) -> bytes:
        """Return the bytes of model.tflite."""
        return read_file(self.folder / "model.tflite", MOST_MODEL_BYTES)

    @property
    def float_file(self) -> Path:
        """Where the trained model is, the pruned one, if the project asks for one; not trained as int8."""
        return self.folder / ("pruned.keras" if self.project.training.prune.is_on else "model.keras")

    @property
    def keras_file(self) -> Path:
        """Where the trained model that goes on is."""
        return self.folder / "qat.keras" if self.project.training.qat.is_on else self.float_file

    def made_by(self) -> Provenance:
        """Return what the int8 model is from."""
        return Provenance.from_json(self.read_json("quantization.json")["made_by"])

    def threshold(self, variant: str = "int8") -> float | None:
        """Return the error above which a sample is anomalous for the integer model, or "float32"; or None."""
        detection = self.read_json("quantization.json")[variant]["detection"]
        return float(detection["threshold"]) if detection else None

    def read_json(self, name: str) -> dict[str, Any]:
        """Return one of the folder's JSON files. Raises InputError if it cannot be read."""
        try:
            value: dict[str, Any] = parse_json((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"cannot read {self.folder / name}: {error}.", hint="Try: tinyml check"
            ) from error
        return value


@dataclass(frozen=True)
class Step:
    """A step; every module in toolkit/pipeline/ that defines one as STEP takes part.

    needs names the steps that run before it, as it reads what they make; guards those that run first
    only where this one has to be made, as they can forbid it. inputs are hashes or short texts by name of
    all that it is made from, beside the toolkit's own code: that is found by itself
    (toolkit/project/code_graph.py). outputs are the files that it makes, the first one for people; a
    file that is listed and not made must not be there. A step without outputs runs whenever it is asked
    for. place tells the variants of a step apart: a board, a target.
    """

    name: str
    make: Callable[[Context], None]
    inputs: Callable[[Context], Mapping[str, str]] = lambda _: {}
    outputs: Callable[[Context], Sequence[Path]] = lambda _: ()
    needs: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    place: Callable[[Context], str] = lambda _: ""

    def title(self, context: Context) -> str:
        """Return the step's name with the variant's: "build nano33ble"."""
        return f"{self.name} {self.place(context)}".strip()
