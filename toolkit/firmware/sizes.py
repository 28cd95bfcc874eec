# SPDX-License-Identifier: Apache-2.0
"""What a firmware takes of flash and RAM, read from what its build left."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from toolkit.errors import InputError
from toolkit.reading import parse_json


@dataclass(frozen=True)
class Sizes:
    """Bytes of a firmware.

    flash_bytes is the whole image; ram_bytes is all static memory, the stack and the arena included.
    model_flash_bytes is what the model and its kernels take of flash: code, tables and weights;
    weights_bytes is what comes from the .tflite file. Both are 0 for the host, whose linker script
    is not ours.
    """

    flash_bytes: int
    ram_bytes: int
    model_flash_bytes: int
    weights_bytes: int


@dataclass(frozen=True)
class BuildFacts:
    """What the platform's build wrote into firmware.json; a limit of 0 is none.

    app_sha256 stands for the user's own application, "" for one of the toolkit's. made_by is the model's
    provenance in JSON's types, engine and version what the toolkit built with; a project that is built
    without the toolkit has none.
    """

    flash_bytes: int
    flash_limit_bytes: int
    ram_bytes: int
    ram_limit_bytes: int
    fits: bool
    compiler: str
    made_by: Mapping[str, Any] = field(default_factory=dict)
    engine: str = ""
    version: str = ""
    app_sha256: str = ""

    def to_json(self) -> str:
        """Return the content of firmware.json."""
        return json.dumps(asdict(self), indent=2) + "\n"


def read_facts(file: Path) -> BuildFacts:
    """Return firmware.json. Raises InputError if it is not one."""
    try:
        return BuildFacts(**parse_json(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}.", hint="Try: tinyml build") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{file} is damaged: {error}.", hint="Try: delete it, then tinyml build") from error


def read_sizes(elf: Path, facts: BuildFacts) -> Sizes:
    """Return the sizes of a firmware from its facts and its symbols. Raises InputError."""
    symbols = symbol_values(elf)

    def between(start: str, end: str) -> int:
        return symbols.get(end, 0) - symbols.get(start, 0)

    return Sizes(
        flash_bytes=facts.flash_bytes,
        ram_bytes=facts.ram_bytes,
        model_flash_bytes=between("tm_model_start", "tm_model_end"),
        weights_bytes=between("tm_weights_start", "tm_weights_end"),
    )


def part_bytes(elf: Path, files: re.Pattern[str], names: re.Pattern[str]) -> tuple[int, int]:
    """Return flash and RAM of what the C files define statically, and of all other symbols of these names.

    Initial values of RAM count as both. Raises InputError for what is no ELF file.
    """
    flash, ram, file = 0, 0, ""
    try:
        with elf.open("rb") as stream:
            image = ELFFile(stream)
            table = image.get_section_by_name(".symtab")
            for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
                info, place = symbol["st_info"], symbol["st_shndx"]
                if info["type"] == "STT_FILE":
                    file = symbol.name
                is_wanted = (files if info["bind"] == "STB_LOCAL" else names).fullmatch(
                    file if info["bind"] == "STB_LOCAL" else symbol.name
                )
                if is_wanted and info["type"] in ("STT_FUNC", "STT_OBJECT") and isinstance(place, int):
                    section = image.get_section(place)
                    is_ram = bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE)
                    ram += symbol["st_size"] if is_ram else 0
                    flash += 0 if section["sh_type"] == "SHT_NOBITS" else symbol["st_size"]
    except OSError as error:
        raise InputError(f"cannot read {elf}: {error.strerror}.", hint="Try: tinyml build") from error
    except (ELFError, ValueError, KeyError, UnicodeDecodeError) as error:
        raise InputError(f"{elf} is not an ELF file: {error}.", hint="Try: tinyml build") from error
    return flash, ram


def data_symbols(file: Path) -> list[tuple[str, int]]:
    """Return name and bytes of all that an object file keeps in RAM. Raises InputError for what is none."""
    found = []
    try:
        with file.open("rb") as stream:
            image = ELFFile(stream)
            table = image.get_section_by_name(".symtab")
            for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
                place = symbol["st_shndx"]
                if symbol["st_info"]["type"] == "STT_OBJECT" and (
                    place == "SHN_COMMON"
                    or (isinstance(place, int) and image.get_section(place)["sh_flags"] & SH_FLAGS.SHF_WRITE)
                ):
                    found.append((symbol.name, int(symbol["st_size"])))
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}.", hint="Try: tinyml build") from error
    except (ELFError, ValueError, KeyError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is not an ELF file: {error}.", hint="Try: tinyml build") from error
    return found


def symbol_values(elf: Path) -> dict[str, int]:
    """Return the value of every named symbol of an ELF file. Raises InputError."""
    try:
        with elf.open("rb") as stream:
            table = ELFFile(stream).get_section_by_name(".symtab")
            if not isinstance(table, SymbolTableSection):
                return {}
            return {symbol.name: int(symbol["st_value"]) for symbol in table.iter_symbols() if symbol.name}
    except OSError as error:
        raise InputError(f"cannot read {elf}: {error.strerror}.", hint="Try: tinyml build") from error
    except (ELFError, ValueError, KeyError, UnicodeDecodeError) as error:
        raise InputError(f"{elf} is not an ELF file: {error}.", hint="Try: tinyml build") from error
