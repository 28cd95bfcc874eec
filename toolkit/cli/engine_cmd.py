# SPDX-License-Identifier: Apache-2.0
"""tinyml engine"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Name, json_option

if TYPE_CHECKING:
    from toolkit.engines.kept import Kept

_DAMAGED = "damaged"


@click.group("engine")
def command() -> None:
    """Fetch TensorFlow Lite Micro, for --engine tflm, and list what was fetched.

    \b
    Examples:
      tinyml engine fetch tflm
      tinyml engine list
    """


@command.command("fetch")
@click.argument("name", type=click.Choice(["tflm"]))
@click.option(
    "--from",
    "source",
    type=Name(),
    help="TFLM's repository: a folder, or an address that git knows. Default: TFLM's own.",
)
@click.option("--commit", type=Name(), help="Another commit than the one whose hashes the toolkit knows.")
@click.option(
    "--third-party",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with flatbuffers, gemmlowp, kissfft, ruy, cmsis and cmsis_nn: git repositories, .zip files "
    "or folders. What is not there is downloaded.",
)
@json_option
def fetch(name: str, source: str | None, commit: str | None, third_party: Path | None, as_json: bool) -> None:
    """Bring the sources of TensorFlow Lite Micro into the cache, checked by hash.

    \b
    Example:
      tinyml engine fetch tflm
    """
    from toolkit.engines.fetch import fetch_tflm

    with ui.progress(f"fetch {name}") as on_progress:
        kept = fetch_tflm(source or "", commit or "", third_party, lambda word: on_progress(0, 0, word))
    if as_json:
        ui.result_json(_facts(kept, is_used=True))
        return
    checked = "as known to the toolkit" if kept.is_checked else "of a commit without known hashes"
    ui.result(f"TensorFlow Lite Micro {kept.commit[:7]}, {checked}: {kept.folder}")
    ui.result("--engine tflm takes it, with CMSIS-NN's kernels on the boards.")


@command.command("list")
@json_option
def show(as_json: bool) -> None:
    """List the sources in the cache; the last one that was fetched is what --engine tflm takes.

    \b
    Example:
      tinyml engine list
    """
    from toolkit.engines.kept import kept_engines, unreadable_engines, used_engine

    used = used_engine()
    facts = [_facts(kept, used is not None and kept.commit == used.commit) for kept in kept_engines()]
    facts += [_facts_of_unreadable(folder) for folder in unreadable_engines()]
    if as_json:
        ui.result_json({str(each["commit"]): each for each in facts})
    elif facts:
        ui.table(("engine", "commit", "hashes", "used", "folder"), [_row(each) for each in facts])
    else:
        ui.result("There is none in the cache. Try: tinyml engine fetch tflm")
    for each in facts:
        if each["state"] == _DAMAGED:
            ui.note(f"Damaged; to get it again: tinyml engine fetch tflm --commit {each['commit']}")


def _row(facts: Mapping[str, object]) -> tuple[str, ...]:
    used = "yes" if facts["used"] else ""
    return ("tflm", str(facts["commit"])[:12], str(facts["state"]), used, str(facts["folder"]))


def _state(kept: Kept) -> str:
    if kept.damaged():
        return _DAMAGED
    return "known" if kept.is_checked else "not known"


def _facts(kept: Kept, is_used: bool) -> dict[str, object]:
    return {
        "commit": kept.commit,
        "folder": str(kept.folder),
        "source": kept.source,
        "hashes": kept.hashes,
        "state": _state(kept),
        "used": is_used,
    }


def _facts_of_unreadable(folder: Path) -> dict[str, object]:
    return {
        "commit": folder.name,
        "folder": str(folder),
        "source": "",
        "hashes": {},
        "state": _DAMAGED,
        "used": False,
    }
