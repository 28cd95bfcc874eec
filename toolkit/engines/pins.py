# SPDX-License-Identifier: Apache-2.0
"""Which TensorFlow Lite Micro is fetched, and what its trees must be, to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from toolkit.errors import InputError
from toolkit.files import sha256_of

URL = "https://github.com/tensorflow/tflite-micro.git"
COMMIT = "90b983c2b3f1480642e040bbd2ddb37b998f3424"
"""Of 20 August 2026; docs/benchmarks.md measures the same one."""
KERNELS = ("reference", "cmsis_nn")
"""Each is a tree of its own: in TFLM's, an optimized kernel takes the place of the reference."""

_THIRD_PARTY = {
    "flatbuffers": "59226a82dae8d72c835220d17c667b9d5555659312a2f0a94f74dd89153eaf59",
    "gemmlowp": "49228fa1a7c61ec73bd3bbf4010670f48edf0225c603603b3bbfc48948e30a9a",
    "kissfft": "5929fce163990de7997ec85c27db5ed5d242d75d7b094e1a19f4a4027b8283ef",
    "ruy": "46b2d9ac6b784491c0321da1ae3ffff0c5d2c6081d2a6fd79beb27d0191a0ef0",
}
HASHES: Mapping[str, Mapping[str, str]] = {
    "reference": {
        **_THIRD_PARTY,
        "tflm": "4557b3a1eac19383baa53d03ce7301f378353438dc51fd7ff5ef050b1baab9ff",
    },
    "cmsis_nn": {
        **_THIRD_PARTY,
        "cmsis": "d0bdf040d588657857546f02b9bf1dfbb82f20ed3bfd69c0a0e934817746ea2a",
        "cmsis_nn": "115fee2ca978f6fea6d7d415bd1ea489968884c2e4731a19546f8fedd7a107e4",
        "tflm": "80243e475d9b0416cb66ad99890664347fab97f3f7e515d43bfa1a7c68317428",
    },
}
"""For COMMIT, by kernels and part: hash_of_parts() of what TFLM's own generator leaves."""


def hash_of_parts(tree: Path) -> dict[str, str]:
    """Return the SHA-256 of each part of a generated tree: "tflm" and the folders in third_party/.

    It is of the lines "<SHA-256 of the file>  <its path in the tree>\\n", sorted.
    """
    lines: dict[str, list[str]] = {}
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        name = path.relative_to(tree)
        part = name.parts[1] if name.parts[0] == "third_party" and len(name.parts) > 1 else "tflm"
        lines.setdefault(part, []).append(f"{sha256_of(path)}  {name.as_posix()}\n")
    texts = {part: "".join(sorted(found)) for part, found in lines.items()}
    return {
        part: hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        for part, text in texts.items()
    }


def require_hashes(found: Mapping[str, str], wanted: Mapping[str, str], hint: str) -> None:
    """Raise InputError that names the first part which is missing, or is not what it must be."""
    for part in sorted({*found, *wanted}):
        mine, right = found.get(part, "not there"), wanted.get(part, "not there")
        if mine != right:
            raise InputError(
                f"{part} is not what TensorFlow Lite Micro {COMMIT[:7]} has: its SHA-256 is {mine}, and must "
                f"be {right}.",
                hint=hint,
            )
