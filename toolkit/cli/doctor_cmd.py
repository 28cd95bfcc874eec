# SPDX-License-Identifier: Apache-2.0
"""tinyml doctor"""

from __future__ import annotations

import dataclasses

import click

from toolkit import ui
from toolkit.cli.options import json_option
from toolkit.errors import ToolMissingError


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Say what is installed, what is missing, what it matters for, and how to get it.

    \b
    Example:
      tinyml doctor
    """
    from toolkit.doctor import examine, missing_requirements

    findings = examine()
    if as_json:
        ui.result_json({finding.name: dataclasses.asdict(finding) for finding in findings})
    else:
        ui.table(("", "found", "for"), [(f.name, f.found or "missing", f.needed_for) for f in findings])
        for finding in findings:
            if not finding.found:
                ui.result(f"\n{finding.name} is missing, for: {finding.needed_for}\n  {finding.fix}")
    missing = missing_requirements(findings)
    if missing:
        raise ToolMissingError(
            f"{', '.join(f.name for f in missing)} must be installed.", hint=missing[0].fix
        )
