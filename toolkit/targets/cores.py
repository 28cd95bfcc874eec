# SPDX-License-Identifier: Apache-2.0
"""The one table of cores: what is known of each, for the compilers, the kernels and the emulator.

A new core is an entry here; see docs/adding-a-core.md.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from toolkit.errors import InputError
from toolkit.suggest import did_you_mean


@dataclass(frozen=True)
class Tools:
    """How C is compiled for a core; a rendered project has this in its platformio.ini.

    gcc is the program, "" for the computer's own gcc or clang; gcc_package is PlatformIO's package with
    it. apt and apt_cxx are Debian's packages with gcc, and with g++ and its library.
    """

    gcc: str = ""
    gcc_package: str = ""
    gcc_flags: tuple[str, ...] = ()
    zig_flags: tuple[str, ...] = ()
    apt: str = "gcc"
    apt_cxx: str = "g++"


@dataclass(frozen=True)
class Emulated:
    """How the emulator plays a core: on unicorn's CPU of its own profile, or on one that stands in for it.

    profile is "M" for ARMv7-M and ARMv8-M with the Main Extension, "v6-M" for ARMv6-M, "A" for the CPU that
    stands in. cpuid and ccr are what these registers hold after reset; has_caches says that the core has
    registers for caches. Source: ARM DDI 0403E (ARMv7-M) and DDI 0419E (ARMv6-M), B3.2; the core's Technical
    Reference Manual.
    """

    profile: Literal["M", "v6-M", "A"]
    cpuid: int
    ccr: int
    has_caches: bool = False


@dataclass(frozen=True)
class Core:
    """A core. isa is the folder in kernels/ that goes before the portable kernels, if it is there.

    features are what kernels may use beyond the isa's own instructions, by ARM's names. startup is the
    folder in ports/ with what all ports on such cores share, "" for none. locks_dwt says that software has
    to unlock the cycle counter first. timing names the core's cycle model in toolkit/timing/, "" for none.
    """

    name: str
    isa: str
    features: tuple[str, ...] = ()
    startup: str = ""
    locks_dwt: bool = False
    tools: Tools = Tools()
    emulated: Emulated | None = None
    timing: str = ""


def _arm(gcc: tuple[str, ...], zig: str) -> Tools:
    return Tools(
        gcc="arm-none-eabi-gcc",
        gcc_package="toolchain-gccarmnoneeabi",
        gcc_flags=(*gcc, "-mthumb", "-mfloat-abi=hard"),
        zig_flags=("-target", "thumb-freestanding-eabihf", f"-mcpu={zig}"),
        apt="gcc-arm-none-eabi",
        apt_cxx="gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib",
    )


def _armv6m(cpu: str, zig: str) -> Tools:
    """Without -masm-syntax-unified, gcc takes inline assembly of Thumb-1 in another syntax than clang."""
    return dataclasses.replace(
        _arm((), zig),
        gcc_flags=(f"-mcpu={cpu}", "-mthumb", "-mfloat-abi=soft", "-masm-syntax-unified"),
        zig_flags=("-target", "thumb-freestanding-eabi", f"-mcpu={zig}"),
    )


_CORES = (
    Core("native", "portable"),
    Core(
        name="cortex-m0plus",
        isa="armv6m",
        startup="cortex_m",
        tools=_armv6m("cortex-m0plus", "cortex_m0plus"),
        # ARM DDI 0484C (Cortex-M0+ TRM), table 4-1: CPUID of r0p1; ARM DDI 0419E, B3.2.8: CCR is constant.
        emulated=Emulated("v6-M", cpuid=0x410CC601, ccr=0x208),
        timing="cortex_m0plus",
    ),
    Core(
        name="cortex-m4f",
        isa="armv7em",
        features=("dsp", "fpv4-sp"),
        startup="cortex_m",
        tools=_arm(("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16"), "cortex_m4+vfp4d16sp"),
        emulated=Emulated("M", cpuid=0x410FC241, ccr=0x200),
        timing="cortex_m4",
    ),
    Core(
        name="cortex-m7f",
        isa="armv7em",
        features=("dsp", "fpv5-sp"),
        startup="cortex_m",
        tools=_arm(("-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16"), "cortex_m7+fp_armv8d16sp"),
        # unicorn's own Cortex-M7 lacks the FPU's double precision.
        emulated=Emulated("A", cpuid=0x411FC271, ccr=0x40200, has_caches=True),
        locks_dwt=True,
        timing="cortex_m7",
    ),
    # unicorn has no MVE: QEMU alone runs it. No public model of its cycles is known: two beats overlap.
    Core(
        name="cortex-m55",
        isa="armv81m_mve",
        features=("dsp", "fpv5-dp", "mve"),
        startup="cortex_m",
        # gcc 12's assembler takes the VCVTNE of an IT block for one of MVE: so no IT blocks.
        tools=_arm(("-mcpu=cortex-m55", "-fno-if-conversion", "-fno-if-conversion2"), "cortex_m55+mve"),
    ),
)
CORES = {core.name: core for core in _CORES}
assert len(CORES) == len(_CORES), "two cores of one name"
ISA_MACROS = {
    "armv6m": "__ARM_ARCH_6M__",
    "armv7em": "__ARM_FEATURE_DSP",
    "armv81m_mve": "__ARM_FEATURE_MVE",
}
"""What compilers define where an instruction set is there. Source: ARM C Language Extensions."""


def find_core(name: str) -> Core:
    """Return the core called name. Raises InputError with the nearest names if there is none."""
    if name not in CORES:
        raise InputError(
            f"there is no core {name!r}. {did_you_mean(name, CORES)}", hint="See: docs/adding-a-core.md"
        )
    return CORES[name]
