# SPDX-License-Identifier: Apache-2.0
"""The flatbuffer itself as C: what an interpreter on the device reads."""

from __future__ import annotations

from hashlib import sha256

from toolkit.codegen.literals import wrap
from toolkit.codegen.names import c_identifier, made_by_lines
from toolkit.codegen.templates import render
from toolkit.project.provenance import Provenance


def model_data_sources(data: bytes, symbol: str, made_by: Provenance | None = None) -> dict[str, str]:
    """Return model_data.c and model_data.h: data as const bytes, aligned to 16, and their number.

    symbol names the array, <symbol>_len its length; what is not an identifier is made one.
    Both files are C and C++, and say made_by in their comments.
    """
    name = c_identifier(symbol)
    context = {
        "symbol": name,
        "guard": f"{name.upper()}_MODEL_DATA_H",
        "sha256": sha256(data).hexdigest(),
        "made_by": made_by_lines(made_by or Provenance()),
        "length": len(data),
        "bytes": wrap(f"0x{byte:02x}" for byte in data) if data else "    0",
    }
    return {file: render(f"{file}.j2", context) for file in ("model_data.c", "model_data.h")}
