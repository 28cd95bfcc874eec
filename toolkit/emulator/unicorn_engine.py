# SPDX-License-Identifier: Apache-2.0
"""unicorn, in one place: its Python binding has no types, and the C hook needs its library."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from unicorn.unicorn_py3 import unicorn as binding

from toolkit.signals import signals_to_end

Engine = Any
"""A unicorn instance (unicorn.Uc)."""

EngineError: type[Exception] = binding.UcError
library: Any = binding.uclib


class RegisterAccess:
    """Registers of up to 64 bits, ten times as fast as by the binding, which looks up each one's type."""

    def __init__(self, engine: Engine) -> None:
        self._handle = engine._uch
        self._value = ctypes.c_uint64()
        self._at = ctypes.byref(self._value)

    def read(self, register: int) -> int:
        """Return a register's value."""
        self._value.value = 0
        self._check(library.uc_reg_read(self._handle, register, self._at))
        return self._value.value

    def write(self, register: int, value: int) -> None:
        """Set a register."""
        self._value.value = value
        self._check(library.uc_reg_write(self._handle, register, self._at))

    def _check(self, status: int) -> None:
        if status:
            raise EngineError(status)


def new_engine(architecture: int, mode: int, cpu_model: int) -> Engine:
    """Return a unicorn instance for a CPU model."""
    make: Any = binding.Uc
    engine = make(architecture, mode)
    engine.ctl_set_cpu_model(cpu_model)
    return engine


@contextmanager
def stopping_on_interrupt(engine: Engine) -> Iterator[list[int]]:
    """Let Ctrl-C and SIGTERM end emu_start, and raise after it: within a callback it would be lost.

    Yields the signals that have come: whoever calls emu_start again looks first.
    """
    is_main = threading.current_thread() is threading.main_thread()
    found = {number: signal.getsignal(number) for number in signals_to_end()} if is_main else {}
    handlers = {number: handler for number, handler in found.items() if callable(handler)}
    pressed: list[int] = []

    def stop(number: int, _frame: object) -> None:
        pressed.append(number)
        engine.emu_stop()

    for number in handlers:
        signal.signal(number, stop)
    try:
        yield pressed
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in pressed[:1]:
        handlers[number](number, None)


def error_number(error: Exception) -> int:
    """Return unicorn's number of one of its errors."""
    return int(getattr(error, "errno", 0))
