# SPDX-License-Identifier: Apache-2.0
"""The kernels of a library: those of its core, and beside assembly its twin in C for everything else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from toolkit import paths
from toolkit.codegen.kernels import kernel_files
from toolkit.targets.cores import ISA_MACROS
from toolkit.targets.target import Target

_NO_EXECUTABLE_STACK = """#if defined(__ELF__) && defined(__linux__)
    .section .note.GNU-stack, "", %progbits
#endif
"""


def library_kernels(target: Target, names: Iterable[str], library: str) -> dict[str, str]:
    """Return the kernels' files by name. Of assembly and its twin the preprocessor takes one.

    That is the assembly where the compiler is for the target, and <LIBRARY>_TWINS is not defined.
    """
    folder, wanted = paths.templates("kernels"), list(names)
    own = _by_name(kernel_files(folder, target.isa, wanted))
    twins = _by_name(kernel_files(folder, target.isa, wanted, on_host=True))
    assembly = {name.removesuffix(".S") for name in own if name.endswith(".S")}
    files = {**twins, **own}
    if not assembly:
        return files
    condition = f"defined({ISA_MACROS[target.isa]}) && !defined({library.upper()}_TWINS)"
    for name in assembly:
        files[f"{name}.S"] = _assembly(library, ISA_MACROS[target.isa], files[f"{name}.S"])
        files[f"{name}.c"] = _only_if(
            f"!({condition})", files[f"{name}.c"], f"typedef int {name}_is_assembly;"
        )
    return files


def _by_name(files: dict[str, str]) -> dict[str, str]:
    return {PurePosixPath(path).name: text for path, text in files.items()}


def _assembly(library: str, macro: str, text: str) -> str:
    """Return text for compilers of the target; for another one an error, unless the twins are wanted.

    What stands last tells linkers that the stack need not be executable; those for bare metal would then
    ask it of every file.
    """
    twins = f"{library.upper()}_TWINS"
    return (
        f"#if defined({macro}) && !defined({twins})\n{text}"
        f"#elif !defined({twins})\n"
        f'#error "this is for a core with {macro}: pass the same -mcpu to the assembler, or define {twins}"\n'
        f"#endif\n{_NO_EXECUTABLE_STACK}"
    )


def _only_if(condition: str, text: str, otherwise: str = "") -> str:
    """Return text for one condition; ISO C wants something in every file."""
    end = f"#else\n{otherwise}\n" if otherwise else ""
    return f"#if {condition}\n{text}{end}#endif\n"
