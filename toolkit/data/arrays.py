# SPDX-License-Identifier: Apache-2.0
"""Reading .npy content that may be damaged or hostile: never a pickle, and one kind of error."""

from __future__ import annotations

import tokenize
import zlib
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

# What NumPy and zipfile were seen to raise for files with flipped bytes.
DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
    BadZipFile,
    zlib.error,
    tokenize.TokenError,
)


def load_array(file: Path | IO[bytes], *, mapped: bool = False) -> NDArray[Any]:
    """Return the array of an .npy file, mapped if asked. Raises ValueError if it is none or is damaged."""
    try:
        array = np.load(file, mmap_mode="r" if mapped else None, allow_pickle=False)
    except FileNotFoundError:
        raise
    except DAMAGED as error:
        raise ValueError(f"no .npy file, or damaged: {error}") from error
    if not isinstance(array, np.ndarray):
        raise ValueError("no .npy file")
    return array
