# SPDX-License-Identifier: Apache-2.0
"""Counting instructions exactly: by blocks, in C where a compiler is there, else in Python."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import logging
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unicorn import arm_const as arm
from unicorn import unicorn_const as uc

from toolkit import files, paths, process
from toolkit.emulator import unicorn_engine as engine
from toolkit.errors import InputError, TinymlError
from toolkit.thumb import instruction_places
from toolkit.timing.cost import BlockCost
from toolkit.timing.flash import Cache, FlashTiming, Reads

LIMIT, FPU_IS_OFF, SPINNING, EXCEPTION = 1, 2, 3, 4
NOTHING_WAITS = 1024
_USES_FPU, _SENDS_EVENT = 0x8000, 0x4000
_NUMBER = 0x3FFF
_SEV, _SEV_WIDE = b"\x40\xbf", b"\xaf\xf3\x04\x80"
_MASKS = (arm.UC_ARM_REG_PRIMASK, arm.UC_ARM_REG_FAULTMASK, arm.UC_ARM_REG_BASEPRI)
_SPIN_LIMIT = 100_000
_IT_STATE = 0x0600FC00
_BRANCH_TO_ITSELF = b"\xfe\xe7"
_SOURCE = Path(__file__).with_name("count_blocks.c")
_FLAGS = ("-O2", "-shared", "-fPIC")
_COST = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_log = logging.getLogger(__name__)

BlockCosts = Callable[[bytes, int], BlockCost]


class _Fields(ctypes.Structure):
    """tm_counter of count_blocks.c."""

    _fields_ = (
        ("instructions", ctypes.c_uint64),
        ("limit", ctypes.c_uint64),
        ("flash_origin", ctypes.c_uint64),
        ("flash_bytes", ctypes.c_uint64),
        ("flash", ctypes.c_void_p),
        ("cache", ctypes.c_void_p),
        ("stop", ctypes.c_void_p),
        ("read", ctypes.c_void_p),
        ("block", ctypes.c_uint32),
        ("block_bytes", ctypes.c_uint32),
        ("fpu_is_off", ctypes.c_uint32),
        ("reason", ctypes.c_uint32),
        ("spins", ctypes.c_uint32),
        ("pc", ctypes.c_uint32),
        ("read_register", ctypes.c_void_p),
        ("write_register", ctypes.c_void_p),
        ("pc_register", ctypes.c_int32),
        ("status_register", ctypes.c_int32),
        ("cycles", ctypes.c_uint64),
        ("costs", ctypes.c_void_p),
        ("cost", ctypes.c_void_p),
        ("refill", ctypes.c_uint32),
        ("waits", ctypes.c_uint64),
        ("data", ctypes.c_void_p),
        ("code", ctypes.c_void_p),
        ("end", ctypes.c_uint64),
        ("waiting", ctypes.c_int32),
        ("group_mask", ctypes.c_uint32),
        ("mask_registers", ctypes.c_int32 * 3),
        ("basepri", ctypes.c_uint32),
        ("fpu_is_used", ctypes.c_uint32),
        ("fpscr_register", ctypes.c_int32),
        ("event", ctypes.c_uint32),
    )


class _Line(ctypes.Structure):
    """tm_line of count_blocks.c."""

    _fields_ = (("used", ctypes.c_uint64), ("parts", ctypes.c_uint64), ("line", ctypes.c_uint32))


class _Reads(ctypes.Structure):
    """tm_reads of count_blocks.c."""

    _fields_ = (
        ("lines", ctypes.c_void_p),
        ("now", ctypes.c_uint64),
        ("wait_states", ctypes.c_uint32),
        ("read_bytes", ctypes.c_uint32),
        ("line_bytes", ctypes.c_uint32),
        ("sets", ctypes.c_uint32),
        ("ways", ctypes.c_uint32),
    )


class Counter:
    """Counts the instructions that unicorn issues, and stops it at a limit.

    A block is counted when it is entered, condition-failed instructions of IT blocks included.
    native says whether to use the C hook: None means where a C compiler is there. With cost, a model of
    what a block takes, cycles are counted too; with flash_timing the cycles that the core waits for flash.
    is_a_profile says that the CPU has no masks and no context of the FPU of M-profile. may_be_taken is
    asked whether an exception that waits is more urgent than the masks.
    """

    def __init__(
        self,
        cpu: engine.Engine,
        flash: Any,
        origin: int,
        native: bool | None,
        cost: BlockCosts | None = None,
        flash_timing: FlashTiming | None = None,
        is_a_profile: bool = False,
    ) -> None:
        self._uc = cpu
        self.may_be_taken: Callable[[], bool] = lambda: False
        self._flash = flash
        self._cache = (ctypes.c_uint32 * (len(flash) // 2))()
        self._memo: dict[tuple[int, int], int] = {}
        self._left: dict[tuple[int, int], int] = {}
        self._known_costs: dict[tuple[int, int], BlockCost] = {}
        self.fields = _Fields(
            limit=2**64 - 1,
            end=2**64 - 1,
            waiting=NOTHING_WAITS,
            mask_registers=(-1, -1, -1) if is_a_profile else _MASKS,
            fpscr_register=arm.UC_ARM_REG_FPSCR if is_a_profile else -1,
            flash_origin=origin,
            flash_bytes=len(flash),
            flash=ctypes.addressof(flash),
            cache=ctypes.addressof(self._cache),
            stop=ctypes.cast(engine.library.uc_emu_stop, ctypes.c_void_p).value,
            read=ctypes.cast(engine.library.uc_mem_read, ctypes.c_void_p).value,
            fpu_is_off=1,
            read_register=ctypes.cast(engine.library.uc_reg_read, ctypes.c_void_p).value,
            write_register=ctypes.cast(engine.library.uc_reg_write, ctypes.c_void_p).value,
            pc_register=arm.UC_ARM_REG_PC,
            status_register=arm.UC_ARM_REG_CPSR,
        )
        library = None if native is False else _compiled_hook()
        if native and library is None:
            raise TinymlError("no C compiler for the emulator's counter.", hint="Try: install cc")
        if cost is not None:
            self._add_cost(cost)
        self.is_native = library is not None
        self._library = library
        if library is None:
            cpu.hook_add(uc.UC_HOOK_BLOCK, self._on_block)
        else:
            self._add_native_hook(uc.UC_HOOK_BLOCK, library.tm_count_block, 1, 0)
        self._code_reads: Reads | None = None
        if flash_timing is not None:
            self._watch_flash(flash_timing)

    def _watch_flash(self, timing: FlashTiming) -> None:
        first, last = self.fields.flash_origin, self.fields.flash_origin + self.fields.flash_bytes - 1
        if self._library is None:
            if timing.instruction_cache:
                self._code_reads = Reads(timing, timing.instruction_cache)
            self._data_reads = Reads(timing, timing.data_cache)
            self._uc.hook_add(uc.UC_HOOK_MEM_READ, self._on_flash_read, None, first, last)
            return
        self._native_reads = [
            _native_reads(timing, cache) for cache in (timing.data_cache, timing.instruction_cache)
        ]
        data, code = (reads for reads, _ in self._native_reads)
        self.fields.data = ctypes.addressof(data)
        self.fields.code = ctypes.addressof(code) if timing.instruction_cache else None
        self._add_native_hook(uc.UC_HOOK_MEM_READ, self._library.tm_read_flash, first, last)

    def _on_flash_read(self, cpu: engine.Engine, _kind: int, address: int, size: int, *_rest: object) -> None:
        _forget_it_state(cpu)
        self.fields.waits += self._data_reads.waits(address, size)

    def _add_cost(self, cost: BlockCosts) -> None:
        self._cost = cost
        self._costs = (ctypes.c_uint32 * (len(self._flash) // 2))()
        self._packed_cost = _COST(self._pack)
        self.fields.costs = ctypes.addressof(self._costs)
        self.fields.cost = ctypes.cast(self._packed_cost, ctypes.c_void_p).value

    def _pack(self, address: int, size: int) -> int:
        found = self._cost(self.code(address, size), address)
        return min(found.cycles, 0xFFFF) | found.refill << 16 | found.entry << 24

    def allow_access(self, first: int, last: int) -> None:
        """Let accesses to a range without permissions go through, and note where they come from."""
        kinds = uc.UC_HOOK_MEM_READ_PROT | uc.UC_HOOK_MEM_WRITE_PROT
        if self._library is None:
            self._uc.hook_add(kinds, self._on_access, None, first, last)
        else:
            self._add_native_hook(kinds, self._library.tm_allow_access, first, last)

    def _add_native_hook(self, kind: int, function: object, first: int, last: int) -> None:
        """Give unicorn the C function itself: a Python callback a block would be 100 times slower."""
        handle = ctypes.c_size_t()
        callback = ctypes.cast(function, ctypes.c_void_p)  # type: ignore[arg-type]
        span = (ctypes.c_uint64(first), ctypes.c_uint64(last))
        fields = ctypes.byref(self.fields)
        status = engine.library.uc_hook_add(
            self._uc._uch, ctypes.byref(handle), kind, callback, fields, *span
        )
        if status:
            raise RuntimeError(f"unicorn refused a hook: error {status}")

    def issued_before_access(self) -> int:
        """Return how many instructions were issued before the one that touches a peripheral now."""
        return self.issued_before(self.fields.pc)

    def issued_before(self, pc: int) -> int:
        """Return how many instructions were issued before the one at pc, in the block that runs now."""
        fields = self.fields
        end = fields.block + fields.block_bytes
        if not fields.block <= pc < end:
            return int(fields.instructions)
        if not self._is_flash(pc):
            return int(fields.instructions) - count_thumb(self.code(pc, end - pc))
        if (pc, end) not in self._left:
            self._left[(pc, end)] = count_thumb(self.code(pc, end - pc))
        return int(fields.instructions) - self._left[(pc, end)]

    def cycles_before_access(self) -> int:
        """Return the cycles before the instruction that touches a peripheral now."""
        fields = self.fields
        end = fields.block + fields.block_bytes
        if not fields.block <= fields.pc < end:
            return int(fields.cycles)
        return int(fields.cycles) - self._cost(self.code(fields.pc, end - fields.pc), fields.pc).cycles

    def _is_flash(self, address: int) -> bool:
        return bool(0 <= address - self.fields.flash_origin < self.fields.flash_bytes)

    def code(self, address: int, size: int) -> bytes:
        """Return size bytes of code at address."""
        offset = address - self.fields.flash_origin
        if 0 <= offset < self.fields.flash_bytes:
            return bytes(self._flash[offset : offset + size])
        return bytes(self._uc.mem_read(address, size))

    def stop_at(self, end: int) -> None:
        """Stop before the block that would start at or after end instructions."""
        self.fields.end = end
        self.fields.limit = 0 if self.fields.waiting < NOTHING_WAITS else end

    def stop_for(self, waiting: int, group_mask: int) -> None:
        """Stop as soon as an exception of this group priority may be taken; NOTHING_WAITS for none."""
        self.fields.waiting, self.fields.group_mask = waiting, group_mask
        self.stop_at(self.fields.end)

    def _must_stop(self) -> bool:
        if self.fields.instructions >= self.fields.end:
            self._halt(LIMIT)
        elif self.fields.waiting < NOTHING_WAITS and self.may_be_taken():
            self._halt(EXCEPTION)
        else:
            return False
        return True

    def _on_block(self, _cpu: object, address: int, size: int, _data: object) -> None:
        fields = self.fields
        if fields.instructions >= fields.limit and self._must_stop():
            return
        number = self._memo.get((address, size))
        code = b"" if number is not None and size != 2 and not fields.fpu_is_off else self.code(address, size)
        if fields.fpu_is_off and first_fpu_instruction(code) is not None:
            fields.block, fields.block_bytes = address, size
            self._halt(FPU_IS_OFF)
            return
        if number is None:
            number = count_thumb(code) | _kinds(code)
            if self._is_flash(address):
                self._memo[(address, size)] = number
        if number & ~_NUMBER:
            self._note_kinds(number)
            number &= _NUMBER
        if size == 2 and address == fields.block and code == _BRANCH_TO_ITSELF:
            fields.spins += 1
            if fields.spins > _SPIN_LIMIT:
                self._halt(SPINNING)
                return
        else:
            fields.spins = 0
        if fields.cost:
            self._add_cycles(address, size)
        if self._code_reads is not None and self._is_flash(address):
            fields.waits += self._code_reads.waits(address, size)
        fields.instructions += number
        fields.block, fields.block_bytes = address, size

    def _note_kinds(self, kinds: int) -> None:
        fields = self.fields
        if kinds & _SENDS_EVENT:
            fields.event = 1
        if kinds & _USES_FPU and not fields.fpu_is_used:
            fields.fpu_is_used = 1
            if fields.fpscr_register >= 0:
                self._uc.reg_write(fields.fpscr_register, 0)

    def _add_cycles(self, address: int, size: int) -> None:
        fields, key = self.fields, (address, size)
        cost = self._known_costs.get(key) if self._is_flash(address) else None
        if cost is None:
            cost = self._known_costs[key] = self._cost(self.code(address, size), address)
        if address != fields.block + fields.block_bytes:
            fields.cycles += fields.refill + cost.entry
        fields.cycles += cost.cycles
        fields.refill = cost.refill

    def _on_access(self, cpu: engine.Engine, *_access: object) -> bool:
        self.fields.pc = cpu.reg_read(arm.UC_ARM_REG_PC)
        _forget_it_state(cpu)
        return True

    def _halt(self, reason: int) -> None:
        self.fields.reason = reason
        self._uc.emu_stop()


def _forget_it_state(cpu: engine.Engine) -> None:
    """Do what forget_it_state of count_blocks.c does."""
    status = cpu.reg_read(arm.UC_ARM_REG_CPSR)
    if status & _IT_STATE:
        cpu.reg_write(arm.UC_ARM_REG_CPSR, status & ~_IT_STATE)


def _native_reads(timing: FlashTiming, cache: Cache | None) -> tuple[_Reads, object]:
    """Return tm_reads, empty, and the lines that it points to."""
    lines = (_Line * (cache.lines if cache else 1))()
    reads = _Reads(
        lines=ctypes.addressof(lines), wait_states=timing.wait_states, read_bytes=timing.read_bytes
    )
    if cache is not None:
        reads.line_bytes, reads.ways, reads.sets = cache.line_bytes, cache.ways, cache.lines // cache.ways
    return reads, lines


def count_thumb(code: bytes) -> int:
    """Return how many Thumb instructions stand in code."""
    return sum(1 for _ in instruction_places(code))


def first_fpu_instruction(code: bytes) -> int | None:
    """Return the offset of the first instruction for coprocessor 10 or 11 (the FPU), if any."""
    for at, _ in instruction_places(code):
        first = int.from_bytes(code[at : at + 2], "little")
        second = int.from_bytes(code[at + 2 : at + 4], "little")
        if first & 0xEC00 == 0xEC00 and (second >> 9) & 7 == 5 and at + 4 <= len(code):
            return at
    return None


def _kinds(code: bytes) -> int:
    sends = any(
        code[at : at + 2] == _SEV or code[at : at + 4] == _SEV_WIDE for at, _ in instruction_places(code)
    )
    return (_USES_FPU if first_fpu_instruction(code) is not None else 0) | (_SENDS_EVENT if sends else 0)


def _compiled_hook() -> ctypes.CDLL | None:
    """Return the C hook as a library, compiled once and kept in the cache; None without a compiler."""
    try:
        source = _SOURCE.read_bytes()
        key = hashlib.sha256(source + repr((_FLAGS, platform.machine(), sys.platform)).encode()).hexdigest()
        target = paths.cache_dir() / "emulator" / f"count_blocks-{key[:16]}.so"
        return ctypes.CDLL(str(target)) if target.is_file() else _compile_and_load(target)
    except (OSError, TinymlError) as problem:
        _log.info("counting instructions in Python: %s", problem)
        return None


def _compile_and_load(target: Path) -> ctypes.CDLL | None:
    """Compile the hook to target; where that cannot be written, for this process only."""
    compiler = _compiler()
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory(prefix="tinyml-") as folder:
        built = Path(folder) / "count_blocks.so"
        done = process.run([*compiler, *_FLAGS, "-o", built, _SOURCE], timeout_s=120)
        if done.exit_code != 0:
            _log.info("counting instructions in Python: %s", done.output)
            return None
        try:
            files.write_atomic(target, built.read_bytes())
        except InputError as problem:
            _log.info("the emulator's counter is compiled each time: %s", problem)
            return ctypes.CDLL(str(built))
    return ctypes.CDLL(str(target))


def _compiler() -> list[str] | None:
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    return None
