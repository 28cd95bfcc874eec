# SPDX-License-Identifier: Apache-2.0
"""Packages of the optional extras: loaded when they are used, one clear line when they are missing."""

from __future__ import annotations

import importlib
import os
import warnings
from types import ModuleType

from toolkit.errors import ToolMissingError

_QUIET_TENSORFLOW = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}


def settle_tensorflow() -> None:
    """Tell TensorFlow to be quiet and to compute the same on every x86-64; what the user has set wins.

    It looks once, when it is first imported: whatever runs a user's code calls this before.
    """
    for name, value in _QUIET_TENSORFLOW.items():
        os.environ.setdefault(name, value)


def load_extra(module: str, extra: str = "train") -> ModuleType:
    """Return module, imported now. Raises ToolMissingError with the pip line if it is not installed."""
    top = module.partition(".")[0]
    settle_tensorflow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        hint = f"Try: pip install 'tinyml-toolkit[{extra}]'"
        raise ToolMissingError(f"{top} is not installed.", hint=hint) from error
