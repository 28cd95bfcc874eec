# SPDX-License-Identifier: Apache-2.0
"""What stands at which address: memory, peripherals, and what an access elsewhere means."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unicorn import unicorn_const as uc
from unicorn.arm_const import UC_ARM_REG_PC

from toolkit.emulator.error import UnknownRegisterError, WrongUseError
from toolkit.emulator.peripherals.peripheral import Models, Peripheral
from toolkit.emulator.unicorn_engine import Engine, EngineError
from toolkit.errors import InputError
from toolkit.targets.board import Region

_PAGE = 0x1000
_IT_STATE = 0x0600FC00
_WRITES = (uc.UC_MEM_WRITE_UNMAPPED, uc.UC_MEM_WRITE_PROT, uc.UC_MEM_WRITE)
_FETCHES = (uc.UC_MEM_FETCH_UNMAPPED, uc.UC_MEM_FETCH_PROT)


@dataclass(frozen=True)
class Access:
    """An access that nothing answered: kind is "read", "write" or "fetch"."""

    kind: str
    address: int
    pc: int


class Bus:
    """Maps a machine's memory and peripherals into unicorn.

    Peripherals are mapped without any permission: unicorn then asks a hook before each access, and
    works out the exact program counter for it, which a plain callback does not get.
    """

    def __init__(self, cpu: Engine, models: Models) -> None:
        self._uc = cpu
        self._models = models
        self._memory: list[tuple[int, int]] = []
        self.before_access: Callable[[], None] = lambda: None
        self.problem: str | None = None
        self.problem_at = self.problem_pc = 0
        self.failed: Access | None = None
        self.late: Access | None = None
        self.is_buffered: Callable[[int], bool] = lambda _address: False
        self.on_late: Callable[[], None] = lambda: None
        self._scratch: set[int] = set()
        self._keep: list[object] = []
        self._pages: set[int] = set()
        self._mapped: set[int] = set()
        self._found: dict[int, tuple[Peripheral | None, int]] = {}

    def map_flash(self, region: Region) -> Any:
        """Map flash, filled with 0xFF, and return its bytes."""
        origin, size = self._pages_of(region)
        pages = (ctypes.c_char * size)()
        ctypes.memset(pages, 0xFF, size)
        self._uc.mem_map_ptr(origin, size, uc.UC_PROT_READ | uc.UC_PROT_EXEC, ctypes.addressof(pages))
        self._keep.append(pages)
        start = region.origin - origin
        return (ctypes.c_char * (size - start)).from_buffer(pages, start)

    def map_ram(self, region: Region) -> None:
        """Map RAM, filled with a pattern: what is not initialised is not zero on a board."""
        origin, size = self._pages_of(region)
        self._uc.mem_map(origin, size)
        self._uc.mem_write(origin, b"\xa5" * size)
        self._memory.append((region.origin, origin + size))

    def _pages_of(self, region: Region) -> tuple[int, int]:
        """Return origin and bytes of the whole pages with region: unicorn maps nothing smaller.

        Raises InputError for a region that is not within 32 bits, or that has a page of another one.
        """
        end = region.origin + region.bytes
        if region.bytes <= 0 or region.origin < 0 or end > 1 << 32:
            raise InputError(f"memory of {region.bytes:,} bytes at {region.origin:#x} is not within 32 bits.")
        first, last = region.origin // _PAGE, (end - 1) // _PAGE
        taken = self._mapped & set(range(first, last + 1))
        if taken:
            raise InputError(
                f"memory at {region.origin:#010x} meets other memory near {min(taken) * _PAGE:#010x}; the "
                f"emulator keeps memories {_PAGE:,} bytes apart."
            )
        self._mapped |= set(range(first, last + 1))
        return first * _PAGE, (last + 1 - first) * _PAGE

    def is_ram(self, address: int, size: int) -> bool:
        """Return whether all of a range is RAM."""
        return any(start <= address and address + size <= end for start, end in self._memory)

    def map_peripherals(self, allow_access: Callable[[int, int], None]) -> None:
        """Map the pages of all peripherals; allow_access installs the hook that lets accesses through."""
        for model in self._models:
            first, last = model.base // _PAGE, (model.base + model.bytes - 1) // _PAGE
            self._pages.update(range(first, last + 1))
        if self._pages & self._mapped:
            page = min(self._pages & self._mapped)
            raise InputError(f"memory and a peripheral are both at {page * _PAGE:#010x}.")
        for page in sorted(self._pages):
            base = page * _PAGE
            self._uc.mmio_map(base, _PAGE, self._read, base, self._write, base)
            self._uc.mem_protect(base, _PAGE, uc.UC_PROT_NONE)
            allow_access(base, base + _PAGE - 1)
        protections = uc.UC_HOOK_MEM_READ_PROT | uc.UC_HOOK_MEM_WRITE_PROT | uc.UC_HOOK_MEM_FETCH_PROT
        self._uc.hook_add(protections, self._on_unmapped)
        self._uc.hook_add(uc.UC_HOOK_MEM_UNMAPPED, self._on_unmapped)

    def _on_unmapped(
        self, cpu: Engine, access: int, address: int, size: int, _value: int, _data: object
    ) -> bool:
        kind = "write" if access in _WRITES else "fetch" if access in _FETCHES else "read"
        found = Access(kind, address, cpu.reg_read(UC_ARM_REG_PC))
        if kind == "write" and access == uc.UC_MEM_WRITE_UNMAPPED and self.is_buffered(address):
            self._take_late(found, size)
            return True
        self.failed = found
        return False

    def _take_late(self, access: Access, size: int) -> None:
        """Let a write to nowhere be done, as a write buffer does: what is wrong with it comes out later."""
        pages = {access.address // _PAGE, (access.address + size - 1) // _PAGE} - self._mapped - self._scratch
        for page in pages:
            self._uc.mem_map(page * _PAGE, _PAGE)
        self._scratch |= pages
        if self.late is None:
            self.late = access
            self.on_late()

    def take_late(self) -> Access | None:
        """Return the first write to nowhere since the last call, if there was one."""
        for page in self._scratch:
            self._uc.mem_unmap(page * _PAGE, _PAGE)
        self._scratch.clear()
        found, self.late = self.late, None
        return found

    def _find(self, address: int) -> tuple[Peripheral | None, int]:
        if address not in self._found:
            model = self._models.at(address)
            self._found[address] = (model, address - (model.base if model else 0))
        return self._found[address]

    def _read(self, _cpu: object, offset: int, size: int, base: int) -> int:
        address = base + offset
        model, register = self._find(address)
        try:
            self.before_access()
            if model is None:
                raise UnknownRegisterError("no peripheral of the board is there.")
            return model.read(register, size)
        except (UnknownRegisterError, WrongUseError, EngineError) as problem:
            self._stop(f"the firmware reads {address:#010x}: {problem}", address)
            return 0

    def _write(self, _cpu: object, offset: int, size: int, value: int, base: int) -> None:
        address = base + offset
        model, register = self._find(address)
        try:
            self.before_access()
            if model is None:
                raise UnknownRegisterError("no peripheral of the board is there.")
            model.write(register, size, value)
        except (UnknownRegisterError, WrongUseError, EngineError) as problem:
            self._stop(f"the firmware writes {value:#x} to {address:#010x}: {problem}", address)

    def _stop(self, problem: str, address: int) -> None:
        if self.problem is None:
            self.problem, self.problem_at = problem, address
            self.problem_pc = self._uc.reg_read(UC_ARM_REG_PC)
        self._uc.emu_stop()
