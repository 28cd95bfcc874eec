# SPDX-License-Identifier: Apache-2.0
"""Writes report.html, and its plots as PNG files beside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import jinja2

from toolkit import plots
from toolkit.data import load_saved_dataset
from toolkit.errors import InputError, ToolMissingError
from toolkit.files import sha256_of, write_atomic
from toolkit.report.inputs import Inputs, Json, read_inputs
from toolkit.report.page import make_page, page_json

_TEMPLATES = Path(__file__).parent


@dataclass(frozen=True)
class Plot:
    """A PNG for a part of the page: "training", "quantization" or "worst"."""

    part: str
    name: str
    caption: str
    png: bytes

    @property
    def uri(self) -> str:
        """The picture as a data URI, so that the page needs no other file."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


def write_report(build: Path, title: str = "", description: str = "") -> Path:
    """Write report.html for what is in the build folder and return its path.

    It takes history.json, quantization.json and <board>/verdict.json, any of which may be missing.
    Its findings also go to report.json, the plots to plots/ as PNG files; without matplotlib the page
    has its tables and says what to install. title and description are the project's, by default those at
    its training. Raises InputError if one of the files is damaged.
    """
    missing = ""
    try:
        inputs = read_inputs(build)
        page = make_page(inputs)
        page = replace(page, title=title or page.title, description=description or page.description)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            f"a JSON file in {build} is damaged: {error!r}.",
            hint="Try: delete history.json, quantization.json and the verdict.json files, then: tinyml check",
        ) from error
    try:
        drawn = [*_draw(inputs), *_worst_plots(build, inputs.quantization)]
    except ToolMissingError as error:
        drawn, missing = [], f"No plots: {error.message} {error.hint}"
    _write_plots(drawn, build / "plots")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    template = environment.get_template("report.html.j2")
    text = template.render(page=page, plots=drawn, missing=missing, style=style)
    write_atomic(build / "report.json", page_json(page))
    path = build / "report.html"
    write_atomic(path, text + "\n")
    return path


def _write_plots(drawn: Sequence[Plot], folder: Path) -> None:
    """Write the plots and remove those of an earlier report: they would be of another model."""
    for plot in drawn:
        write_atomic(folder / f"{plot.name}.png", plot.png)
    names = {plot.name for plot in drawn}
    for path in folder.glob("*.png"):
        if path.stem not in names:
            path.unlink(missing_ok=True)


def _draw(inputs: Inputs) -> list[Plot]:
    drawn = []
    if inputs.history:
        drawn += _training_plots(inputs.history)
    if inputs.quantization:
        drawn += _quantization_plots(inputs.quantization)
    return drawn


def _training_plots(history: Json) -> list[Plot]:
    metric = history["metric"]
    drawn = []
    for number, model in enumerate(history["models"]):
        skip = plots.skippable(model["curves"], history["skip_epochs"])
        shown = metric if metric in model["curves"] else "mae"
        png = plots.curves_png(model["curves"], shown, skip, in_deviations="targets" in model)
        caption = model["label"] + (f", without the first {skip} epochs" if skip else "")
        drawn.append(Plot("training", f"curves_{number}", caption, png))
    curved = [model for model in history["models"] if "predictions" in model]
    if curved:
        points = curved[0]["predictions"]
        lines = [(model["label"], model["predictions"]["predicted"]) for model in curved]
        png = plots.predictions_png(lines, points["x"], points["truth"])
        drawn.append(Plot("training", "predictions", "Predictions on the test split", png))
    return drawn


def _worst_plots(build: Path, quantization: Json | None) -> list[Plot]:
    """Draw the samples that the model is most wrong about, if they are pictures and still the same data."""
    worst = quantization.get("worst") if quantization else None
    file = build / "data" / "dataset.json"
    if not quantization or not worst or not file.is_file() or sha256_of(file) != quantization["data_sha256"]:
        return []
    dataset = load_saved_dataset(file.parent)
    if not plots.are_pictures(dataset.input_shape):
        return []
    pictures = plots.as_pictures(dataset.test.x[[m["sample"] for m in worst]], dataset.name)
    captions = [f"{m['truth']},\nsaid {m['said']}" for m in worst]
    png = plots.captioned_png(pictures, captions, "What they are, and what the model said")
    return [Plot("worst", "worst", "The samples of the table above, in its order", png)]


def _quantization_plots(quantization: Json) -> list[Plot]:
    integer, real = quantization["int8"], quantization["float32"]
    if integer["confusion"]:
        drawn = []
        for name, variant in (("float32", real), ("int8", integer)):
            png = plots.confusion_png(variant["confusion"], quantization["classes"], name)
            drawn.append(Plot("quantization", f"confusion_{name}", f"Confusion matrix, {name}", png))
        return drawn
    if integer["predicted"]:
        x, truth = quantization["x"], quantization["truth"]
        png = plots.comparison_png(x, truth, real["predicted"], integer["predicted"])
        return [Plot("quantization", "float_and_int8", "Both models on the test split", png)]
    return []
