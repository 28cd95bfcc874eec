# SPDX-License-Identifier: Apache-2.0
"""Files of MATLAB, versions 4 to 7: inflated up to a limit, and nothing in them is run."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.reading import require_file

MOST_BYTES = 256 << 20
_HEADER, _TAG = 128, 8  # bytes, of version 5
_COMPRESSED = 15  # miCOMPRESSED
_PIECE = 1 << 20


def read_mat(path: Path, hint: str, names: Sequence[str], most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """Return variables of a file of MATLAB (up to version 7), structures as objects with attributes.

    SciPy reads numbers and texts alone: nothing in the file is run. Raises InputError if it is damaged or
    lacks one, or if it, or what it inflates to, has more than most_bytes.
    """
    require_file(path, most_bytes, hint)
    try:
        with path.open("rb") as stream:
            _require_size(path, stream, most_bytes, hint)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = load_extra("scipy.io").loadmat(
                path, squeeze_me=True, struct_as_record=False, variable_names=list(names)
            )
    except InputError:
        raise
    except Exception as error:  # SciPy raises nearly anything for a damaged file
        raise InputError(f"{path} cannot be read as a file of MATLAB: {error}.", hint=hint) from error
    for name in names:
        if name not in found:
            raise InputError(f"{path} has no variable {name!r}.", hint=hint)
    return dict(found)


def _require_size(path: Path, stream: IO[bytes], most_bytes: int, hint: str) -> None:
    """Raise InputError if the file's compressed elements inflate to more than most_bytes.

    In version 5 a header of 128 bytes comes first, then elements: type, bytes, content. Version 4 compresses
    nothing; its first four bytes are a number with a zero in it. What is damaged is left to SciPy.
    """
    header = stream.read(_HEADER)
    if b"\0" in header[:4]:
        return
    order = "<" if header.endswith(b"IM") else ">"
    left = most_bytes
    while len(tag := stream.read(_TAG)) == _TAG:
        kind, size = struct.unpack(f"{order}II", tag)
        end = stream.tell() + size
        if kind == _COMPRESSED:
            left -= _inflated_bytes(stream, size, left)
        if left < 0:
            raise InputError(f"{path} inflates to more than {most_bytes:,} bytes.", hint=hint)
        stream.seek(end)


def _inflated_bytes(stream: IO[bytes], size: int, most: int) -> int:
    """Return how many bytes the next size ones of a stream inflate to, or any number beyond most."""
    inflate = zlib.decompressobj()
    found = 0
    while size > 0 and found <= most and (piece := stream.read(min(size, _PIECE))):
        size -= len(piece)
        while piece and found <= most:
            found += len(inflate.decompress(piece, _PIECE))
            piece = inflate.unconsumed_tail
    return found
