# SPDX-License-Identifier: Apache-2.0
"""The SparkFun Edge takes an image only as its maker's scripts wrap it: three steps, in order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.flashing import built_firmware, port_without_a_board

from toolkit.errors import DeviceError
from toolkit.firmware import Firmware
from toolkit.flash import flash_firmware

SCRIPTS = {
    "create_cust_image_blob.py": 'b"A" + open(named("--bin"), "rb").read(), named("-o") + ".bin"',
    "create_cust_wireupdate_blob.py": 'b"W" + open(named("--bin"), "rb").read(), named("-o") + ".bin"',
    "uart_wired_update.py": 'open(named("-f"), "rb").read(), "sent"',
}
TEXT = """#!{python}
import sys
def named(flag):
    return sys.argv[sys.argv.index(flag) + 1]
data, name = {what}
open(name, "wb").write(data)
"""


@pytest.fixture
def port() -> Iterator[str]:
    with port_without_a_board() as name:
        yield name


@pytest.fixture
def firmware(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firmware:
    """A firmware for the board, with stand-ins of the scripts on the PATH."""
    built = built_firmware(tmp_path, "sparkfun_edge")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, what in SCRIPTS.items():
        (tools / name).write_text(TEXT.format(python=sys.executable, what=what))
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{Path(sys.executable).parent}")
    return built


def test_the_image_is_wrapped_twice_and_then_sent(firmware: Firmware, port: str) -> None:
    flash_firmware(firmware, port=port, method="ambiq")
    assert (firmware.folder / "sent").read_bytes() == b"WA" + (firmware.folder / "firmware.bin").read_bytes()


def test_nothing_is_sent_when_wrapping_fails(firmware: Firmware, port: str) -> None:
    script = firmware.folder / "tools" / "create_cust_image_blob.py"
    script.write_text("import sys\nsys.exit(1)\n")
    with pytest.raises(DeviceError, match="ambiq could not flash sparkfun_edge"):
        flash_firmware(firmware, port=port, method="ambiq")
    assert not (firmware.folder / "sent").exists()
