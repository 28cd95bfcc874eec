# SPDX-License-Identifier: Apache-2.0
"""The pickles of CIFAR's python archives, as Python 2 or 3 wrote them: nothing in them is run."""

from __future__ import annotations

import io
import pickle
import pickletools
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ENCODING = "latin1"
"""Of the bytes of Python 2, of which each is a letter."""


class Batch:
    """The dictionary of one file of an archive. Raises ValueError, with the file's name, for what is no such.

    Its keys may be texts, or the bytes that they are to Python 3.
    """

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        try:
            _require_modest(content)
            found = _Unpickler(io.BytesIO(content), encoding=_ENCODING).load()
        except MemoryError as error:
            raise ValueError(f"{name} asks for more memory than there is") from error
        except Exception as error:  # a damaged pickle raises nearly anything
            raise ValueError(f"{name} is damaged: {error or type(error).__name__}") from error
        if not isinstance(found, dict):
            raise ValueError(f"{name} is no dictionary")
        self._found = {_text(key): value for key, value in found.items() if isinstance(key, str | bytes)}

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, such as label_names."""
        found = self._list(key)
        if not all(isinstance(each, str | bytes) for each in found):
            raise ValueError(f"{key} of {self.name} is no list of names")
        return tuple(_text(each) for each in found)

    def labels(self, key: str) -> NDArray[np.int64]:
        """Return a list of whole numbers, (n,)."""
        found = self._list(key)
        wrong = next((place for place, each in enumerate(found) if type(each) is not int), None)
        if wrong is not None:
            raise ValueError(f"{key} of {self.name} has no whole number as its number {wrong + 1}")
        return np.array(found, np.int64)

    def rows(self, key: str, width: int) -> NDArray[np.uint8]:
        """Return an array of bytes, (n, width)."""
        try:
            return _array(self._value(key)).reshape(-1, width)
        except (ValueError, TypeError, UnicodeError) as error:
            raise ValueError(f"{key} of {self.name} is no array of rows of {width} bytes: {error}") from error

    def _value(self, key: str) -> Any:
        if key not in self._found:
            raise ValueError(f"{self.name} has no {key}")
        return self._found[key]

    def _list(self, key: str) -> list[Any]:
        found = self._value(key)
        if not isinstance(found, list | tuple):
            raise ValueError(f"{key} of {self.name} is no list")
        return list(found)


def _text(value: str | bytes) -> str:
    return value.decode(_ENCODING) if isinstance(value, bytes) else value


def _require_modest(content: bytes) -> None:
    """Raise ValueError for a pickle that asks for more memory than it has bytes, which Python would ask for.

    pickletools reads no more than there is of what an operation says it has, and runs nothing.
    """
    for count, (operation, argument, _) in enumerate(pickletools.genops(content)):
        if "PUT" in operation.name and isinstance(argument, int) and argument > count:
            raise ValueError(f"it numbers {argument:,} things, and has {count:,}")


class _Array:
    """What stands for a NumPy array in a batch: how it was made, and its state. It does nothing."""

    state: tuple[Any, ...] = ()

    def __init__(self, *how: Any) -> None:
        self.how = how

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state


def _buffered(content: Any, kind: Any, shape: Any, order: Any = "C") -> _Array:
    """Return what stands for an array that NumPy pickled by protocol 5."""
    array = _Array()
    array.state = (1, shape, kind, order != "C", content)
    return array


def _bytes(*how: Any) -> bytes:
    """Return the bytes that Python 3 writes as a text into a pickle that Python 2 can read."""
    if how == ():
        return b""
    text, encoding = how
    if not isinstance(text, str) or encoding != _ENCODING:
        raise pickle.UnpicklingError("its bytes are no text in latin1")
    return text.encode(_ENCODING)


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Array,
    ("numpy.core.numeric", "_frombuffer"): _buffered,
    ("numpy._core.numeric", "_frombuffer"): _buffered,
    ("_codecs", "encode"): _bytes,
    ("__builtin__", "bytes"): _bytes,
}


class _Unpickler(pickle.Unpickler):
    """Knows the names that a batch needs, and gives a thing that does nothing for each."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a stand-in. Raises UnpicklingError for every other name."""
        if (module, name) in _STAND_INS:
            return _STAND_INS[module, name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no CIFAR archive needs")


def _array(value: Any) -> NDArray[np.uint8]:
    """Return the array of a stand-in: state is (version, shape, dtype, is Fortran, bytes)."""
    if not isinstance(value, _Array) or len(value.state) != 5:
        raise ValueError("it is none of NumPy")
    _, shape, kind, fortran, content = value.state
    raw = content.encode(_ENCODING) if isinstance(content, str) else content
    if not isinstance(kind, _Array) or kind.how[:1] != ("u1",) or fortran or len(shape) != 2:
        raise ValueError("it has other numbers or axes")
    array: NDArray[np.uint8] = np.frombuffer(raw, np.uint8).reshape(shape)
    return array
