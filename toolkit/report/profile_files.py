# SPDX-License-Identifier: Apache-2.0
"""What a profile is written as: a trace or a chart, by the file's ending."""

from __future__ import annotations

from pathlib import Path

from toolkit.errors import UsageError
from toolkit.report.profile import Profile, trace_text
from toolkit.report.profile_chart import profile_svg

_KINDS = {".json": trace_text, ".svg": profile_svg}


def require_suffix(path: Path) -> None:
    """Raise UsageError if a profile cannot be written as such a file."""
    if path.suffix.lower() not in _KINDS:
        raise UsageError(f"a profile is written as {' or '.join(_KINDS)}, not {path.suffix or path.name!r}.")


def profile_text(profile: Profile, path: Path) -> str:
    """Return the text of the file: a trace for .json, a chart for .svg. Raises as require_suffix()."""
    require_suffix(path)
    return _KINDS[path.suffix.lower()](profile)
