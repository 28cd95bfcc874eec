# SPDX-License-Identifier: Apache-2.0
"""What people call train, validation and test: in the names of folders, and in a column of a table."""

from __future__ import annotations

import re

ANY = -1
_NAMES = {
    **dict.fromkeys(("train", "training"), 0),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development"), 1),
    **dict.fromkeys(("test", "testing", "eval", "evaluation", "holdout"), 2),
}
_BEHIND = re.compile(r"(?<=[a-z])[\W_]*(set|split|data)$")


def split_of(name: str) -> int:
    """Return 0, 1 or 2 for a usual name of train, validation or test, such as Training_set; -1 for others."""
    plain = name.strip().lower()
    known = _NAMES.get(plain.replace("hold-out", "holdout").replace("hold_out", "holdout"))
    return _NAMES.get(_BEHIND.sub("", plain), ANY) if known is None else known
