# SPDX-License-Identifier: Apache-2.0
"""docs/first-steps.md as a notebook: its text and pictures as they are, its commands as cells that run.

python tests/support/notebook.py writes docs/first-steps.ipynb.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
PAGE, NOTEBOOK = DOCS / "first-steps.md", DOCS / "first-steps.ipynb"


def notebook_of(page: str) -> str:
    """Return the notebook of a page: indented lines are commands, everything else is text."""
    cells = []
    for part in re.split(r"(?m)((?:^    .*\n)+)", page):
        if part.startswith("    "):
            lines = [line[4:] for line in part.splitlines()]
            cells.append(_cell("code", "\n".join(_as_cell(line) for line in lines), len(cells)))
        elif part.strip():
            cells.append(_cell("markdown", part.strip(), len(cells)))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _as_cell(command: str) -> str:
    return f"%{command}" if command.startswith("cd ") else f"!{command}"


def _cell(kind: str, text: str, number: int) -> dict[str, Any]:
    source = text.splitlines(keepends=True)
    name = hashlib.sha256(f"{number} {text}".encode()).hexdigest()[:8]
    ran = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source, **ran}


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook_of(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
