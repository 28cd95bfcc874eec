# SPDX-License-Identifier: Apache-2.0
"""An operator's options, taken from the generated table by its own accessors.

There is no list of operators here: a field is what the table's class has a method for. Only what
the schema calls an enum has to be named, because the generated accessors return it as a number.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

import tflite  # type: ignore[import-untyped]

from toolkit.ir.graph import OptionValue
from toolkit.tflite.flatfile import FlatFile

_TENSOR_TYPE_FIELDS = (
    "CacheTensorType",
    "IdxOutType",
    "InDataType",
    "OutDataType",
    "OutType",
    "OutputType",
    "QuantizedBiasType",
)
_ENUMS = {
    "FusedActivationFunction": "ActivationFunctionType",
    "Mode": "MirrorPadMode",
    "Padding": "Padding",
    "WeightsFormat": "FullyConnectedOptionsWeightsFormat",
    **dict.fromkeys(_TENSOR_TYPE_FIELDS, "TensorType"),
}
_SUFFIXES = ("AsNumpy", "IsNone", "Length")


def read_options(file: FlatFile, operator: Any, part: str) -> dict[str, OptionValue]:
    """Return the builtin options of an Operator table by snake_case name; {} where it has none.

    Enums become their names, vectors tuples. Nested tables are left out, and vectors of real numbers, which
    only BUCKETIZE has.
    Raises InputError for an enum's value that the schema does not have.
    """
    kind = enum_name("BuiltinOptions", operator.BuiltinOptionsType())
    if kind is None:
        raise file.damaged(f"{part} has options of the unknown type {operator.BuiltinOptionsType()}")
    union = file.follow(operator.BuiltinOptions, f"the options of {part}")
    if kind == "NONE" or union is None:
        return {}
    file.check_table(union.Pos, f"the options of {part}")
    table = getattr(tflite, kind)()
    table.Init(file.data, union.Pos)
    found: dict[str, OptionValue] = {}
    for field, is_vector in _fields(kind):
        value = _value(file, table, field, is_vector, f"{field} of {part}")
        if value is not None:
            found[_snake_case(field)] = value
    return found


def enum_name(enum: str, value: int) -> str | None:
    """Return the schema's name for a value of one of its enums, None if it has none."""
    return _names(enum).get(value)


@cache
def _names(enum: str) -> dict[int, str]:
    members = vars(getattr(tflite, enum)).items()
    return {value: name for name, value in members if isinstance(value, int)}


@cache
def _fields(kind: str) -> tuple[tuple[str, bool], ...]:
    """Return (field, whether it is a vector) for each field of an options class."""
    methods = {
        name: function
        for name, function in inspect.getmembers(getattr(tflite, kind), inspect.isfunction)
        if name != "Init" and not name.startswith("_")
    }
    found = []
    for name, function in methods.items():
        if any(name.endswith(suffix) and name.removesuffix(suffix) in methods for suffix in _SUFFIXES):
            continue
        is_vector = len(inspect.signature(function).parameters) > 1
        if not is_vector or f"{name}AsNumpy" in methods:
            found.append((name, is_vector))
    return tuple(found)


def _value(file: FlatFile, table: Any, field: str, is_vector: bool, part: str) -> OptionValue | None:
    if is_vector:
        values = file.numbers(table, field, part)
        return None if values.dtype.kind == "f" else tuple(map(int, values))
    value = getattr(table, field)()
    if field in _ENUMS:
        name = enum_name(_ENUMS[field], value)
        if name is None:
            raise file.damaged(f"{part} has the unknown value {value}")
        return name
    if isinstance(value, bytes):
        return file.text(table, field, part)
    return value if isinstance(value, bool | int | float) else None


def _snake_case(field: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", field).lower()
