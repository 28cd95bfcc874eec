# SPDX-License-Identifier: Apache-2.0
"""Each register, field and interrupt that a port's C names, against a table of the manual's facts.

tests/ports/registers/<port>.toml: a peripheral's base, its registers' offsets (at) and fields as [first bit,
bits], called what the list on top of the C calls it; which macro is which register's address (or offset), and
which are values of its fields. own are macros that are the port's own business; without names files of the
family that another member uses. The tables are held against the vendors' SVD files, if TINYML_SVD is a folder
with them and the package cmsis-svd is installed.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from support.firmware_image import port_folders

from toolkit.targets.board import board_names, load_board

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("registers")
TABLES = sorted(FOLDER.rglob("*.toml"))
NAMES = [table.relative_to(FOLDER).with_suffix("").as_posix() for table in TABLES]
WORD = 0xFFFFFFFF
_DEFINE = re.compile(r"^#define (\w+)(?:\((\w+(?:, \w+)*)\))?[ \t]+(.+)$", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")
_FOREIGN = re.compile(r"TM_(?!INTERRUPT_)\w+|\w+_H|TM_INTERRUPT_(TENS|OF)|TM_INTERRUPT")


class Macros:
    """The #defines of C files, and their values."""

    def __init__(self, text: str) -> None:
        text = _COMMENT.sub("", text.replace("\\\n", " "))
        self.all = {
            name: (args.split(", ") if args else [], body.strip())
            for name, args, body in _DEFINE.findall(text)
        }
        self.all["TM_REG"] = (["address"], "(address)")

    def value(self, expression: str) -> int:
        """Evaluate an expression of macros and numbers as C does, in 32 bits."""
        text = self._expanded(expression)
        text = re.sub(r"\(uint32_t\)", "", text)
        text = re.sub(r"\b(0x[0-9A-Fa-f]+|\d+)u?\b", r"\1", text)
        assert re.fullmatch(r"[0-9A-Fa-fx+*|<&^~()/ -]+", text), text
        return int(eval(text)) & WORD

    def _expanded(self, text: str) -> str:
        for name in _NAME.findall(text):
            if name not in self.all:
                continue
            args, body = self.all[name]
            if not args:
                return self._expanded(re.sub(rf"\b{name}\b", f"({body})", text, count=1))
            found = re.search(rf"\b{name}\(", text)
            assert found is not None, text
            end = _closing(text, found.end())
            given = _split(text[found.end() : end])
            for arg, word in zip(args, given, strict=True):
                body = re.sub(rf"\b{arg}\b", f"({word})", body)
            return self._expanded(f"{text[: found.start()]}({body}){text[end + 1 :]}")
        return text


def _closing(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise AssertionError(text)


def _split(text: str) -> list[str]:
    parts, depth = [""], 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def table_of(name: str) -> dict[str, Any]:
    return tomllib.loads(TABLES[NAMES.index(name)].read_text(encoding="utf-8"))


def text_of(name: str) -> str:
    others = table_of(name).get("without", ())
    paths = [path for folder in port_folders(name) for path in sorted(folder.glob("*.[ch]"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.name not in others)


def mistakes(table: dict[str, Any], text: str) -> list[str]:
    """Return each macro that is not what the table says, or that the table does not have."""
    macros = Macros(text)
    found = [*_wrong_addresses(table, macros), *_wrong_values(table, macros)]
    found += [
        name
        for name, irq in table.get("interrupts", {}).items()
        if macros.value(name) != next(iter(irq.values()))
    ]
    told = {*table["own"], *table.get("interrupts", {})}
    for expression in [*table["addresses"], *table["values"]]:
        told |= set(_NAME.findall(expression))
    return found + [
        f"{name} is not in the table"
        for name in macros.all
        if name not in told and not _FOREIGN.fullmatch(name)
    ]


def _wrong_addresses(table: dict[str, Any], macros: Macros) -> list[str]:
    wrong = []
    for expression, register in table["addresses"].items():
        peripheral, _, name = register.partition(".")
        base, offset = table["peripherals"][peripheral]["base"], table["peripherals"][peripheral][name]["at"]
        value = macros.value(expression)
        if value != (base + offset if value >= 0x1000 or base == 0 else offset):
            wrong.append(f"{expression} is {value:#x}, {register} is at {base:#x} + {offset:#x}")
    return wrong


def _wrong_values(table: dict[str, Any], macros: Macros) -> list[str]:
    wrong = []
    for expression, value in table["values"].items():
        peripheral, _, name = value["of"].partition(".")
        fields = table["peripherals"][peripheral][name]
        expected = 0
        for field, number in value.items():
            if field != "of":
                start, bits = fields[field]
                assert number < 1 << bits
                expected |= number << start
        if macros.value(expression) != expected:
            wrong.append(f"{expression} is {macros.value(expression):#x}, by {value} it is {expected:#x}")
    return wrong


@pytest.mark.parametrize("name", NAMES)
def test_every_register_and_field_is_the_manuals(name: str) -> None:
    assert mistakes(table_of(name), text_of(name)) == []


_LIST = "Registers touched here"
_WRITTEN = re.compile(r"\b([A-Z][\w.]*)(?:\[(\w)\])?(?:-\d)? (0x[0-9A-F]{2,8})\b")


@pytest.mark.parametrize("name", NAMES)
def test_the_list_on_top_of_the_c_has_every_register_where_the_table_has_it(name: str) -> None:
    table, text = table_of(name), text_of(name)
    blocks = [each.partition("*/")[0].partition("* Receiving")[0] for each in text.split(_LIST)[1:]]
    found = _WRITTEN.findall("\n".join(blocks))
    written = {(register.replace(".", "_"), int(at, 16)) for register, _, at in found}
    known: set[tuple[str, int]] = set()
    for peripheral, registers in table["peripherals"].items():
        by_board = (f"TM_{each}_BASE" for each in ("UART", "I2C", "MICROPHONE", "ANALOG", "DISPLAY"))
        known |= {(each, registers["base"]) for each in (peripheral, *by_board)}
        for register, at in registers.items():
            if register != "base":
                names = {at.get("called", register).partition("[")[0], f"{peripheral}_{register}"}
                known |= {(each, registers["base"] + at["at"]) for each in names}
                known |= {(each, at["at"]) for each in names}
    assert {f"{register} at {at:#x}" for register, at in written - known} == set()


def test_every_port_of_a_board_has_a_table() -> None:
    ports = {load_board(name).port for name in board_names() if not load_board(name).is_host}
    assert ports <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in board_names() if not load_board(name).is_host])
def test_the_boards_uart_is_where_the_table_has_it(name: str) -> None:
    board = load_board(name)
    assert board.uart is not None
    assert table_of(board.port)["peripherals"][board.uart.instance]["base"] == board.uart.base


@pytest.mark.parametrize("name", NAMES)
def test_a_bit_changed_in_any_define_is_found(name: str) -> None:
    table, text = table_of(name), text_of(name)
    told = {
        word for words in (table["addresses"], table["values"]) for word in words if word in Macros(text).all
    }
    assert len(told) > 15
    for word in told:
        _, body = Macros(text).all[word]
        changed = re.sub(rf"(#define {word}[ \t]+).+", rf"\g<1>(({body}) ^ 4)", text)
        assert any(mistake.startswith(f"{word} is ") for mistake in mistakes(table, changed)), word


def test_a_register_that_the_table_does_not_have_is_found() -> None:
    text = text_of("apollo3") + "\n#define UART_RSR 0x004u\n"
    assert mistakes(table_of("apollo3"), text) == ["UART_RSR is not in the table"]


@pytest.mark.parametrize("name", [name for name in NAMES if table_of(name)["svd"]])
def test_the_table_is_the_vendors_svd(name: str) -> None:
    table, folder = table_of(name), os.environ.get("TINYML_SVD")
    if not folder:
        pytest.skip(f"needs a folder with {table['svd']}, the vendor's SVD file: set TINYML_SVD to it")
    parser = pytest.importorskip("cmsis_svd", reason="needs cmsis-svd: pip install cmsis-svd").SVDParser
    device = parser.for_xml_file(str(Path(folder) / table["svd"])).get_device()
    peripherals = {peripheral.name: peripheral for peripheral in device.peripherals}
    for peripheral, registers in table["peripherals"].items():
        if peripheral not in table.get("not_in_svd", ()):
            _compare(peripherals[peripheral], registers)
    numbers = {
        irq.name: irq.value for peripheral in device.peripherals for irq in peripheral.interrupts or ()
    }
    for irq in table["interrupts"].values():
        [(instance, number)] = irq.items()
        assert number in [value for key, value in numbers.items() if instance in key.split("_")]


def _compare(peripheral: Any, registers: dict[str, Any]) -> None:
    assert peripheral.base_address == registers["base"], peripheral.name
    known = {register.name: register for register in peripheral.get_registers()}
    for name, fields in registers.items():
        if name == "base":
            continue
        assert known[name].address_offset == fields["at"], f"{peripheral.name}.{name}"
        bits = {field.name: [field.bit_offset, field.bit_width] for field in known[name].fields or ()}
        told = {key: value for key, value in fields.items() if key not in ("at", "called")}
        assert {key: bits.get(key) for key in told} == told, f"{peripheral.name}.{name}"
