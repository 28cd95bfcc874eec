# SPDX-License-Identifier: Apache-2.0
"""Writes report.html, its findings as report.json, and its charts as SVG files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jinja2

from toolkit.errors import InputError
from toolkit.files import write_atomic
from toolkit.report.charts import Chart
from toolkit.report.inputs import read_inputs
from toolkit.report.page import Page, make_page, page_json
from toolkit.report.samples import saved_data

_TEMPLATES = Path(__file__).parent


def write_report(build: Path, title: str = "", description: str = "") -> Path:
    """Write report.html for what is in the build folder and return its path.

    It takes history.json, quantization.json and <board>/verdict.json, any of which may be missing, and shows
    samples of data/ if these are the data that the model was tested on. Its findings also go to report.json,
    the charts to plots/ as SVG files. title and description are the project's, by default those at its
    training. Raises InputError if one of the files is damaged.
    """
    try:
        inputs = read_inputs(build)
        dataset = saved_data(build, str((inputs.quantization or {}).get("data_sha256", "")))
        page = make_page(inputs, dataset)
        page = replace(page, title=title or page.title, description=description or page.description)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            f"a JSON file in {build} is damaged: {error!r}.",
            hint="Try: delete history.json, quantization.json and the verdict.json files, then: tinyml check",
        ) from error
    _write_charts(page.charts, build / "plots")
    write_atomic(build / "report.json", page_json(page))
    path = build / "report.html"
    write_atomic(path, _render(page))
    return path


def _render(page: Page) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    return environment.get_template("report.html.j2").render(page=page, style=style) + "\n"


def _write_charts(charts: Sequence[Chart], folder: Path) -> None:
    """Write the charts and remove those of an earlier report: they would be of another model."""
    for chart in charts:
        write_atomic(folder / f"{chart.name}.svg", chart.file)
    names = {f"{chart.name}.svg" for chart in charts}
    for path in [*folder.glob("*.svg"), *folder.glob("*.png")]:
        if path.name not in names:
            path.unlink(missing_ok=True)
