# SPDX-License-Identifier: Apache-2.0
"""The SparkFun Edge takes an image only as its maker's scripts wrap it: three steps, in order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit.errors import DeviceError
from toolkit.firmware import Firmware
from toolkit.firmware.sizes import Sizes
from toolkit.runners.flash import flash_firmware
from toolkit.targets.board import load_board

pty = pytest.importorskip("pty", reason="needs pseudo terminals, which this system does not have")

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
    near, far = pty.openpty()
    yield os.ttyname(far)
    os.close(near)
    os.close(far)


@pytest.fixture
def firmware(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firmware:
    """A firmware for the board, with stand-ins of the scripts on the PATH."""
    tools, folder = tmp_path / "tools", tmp_path / "a build"
    tools.mkdir()
    folder.mkdir()
    for name, what in SCRIPTS.items():
        (tools / name).write_text(TEXT.format(python=sys.executable, what=what))
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{Path(sys.executable).parent}")
    (folder / "firmware.bin").write_bytes(b"image")
    board = load_board("sparkfun_edge")
    return Firmware(board, folder / "firmware.elf", Sizes(1, 1, 1, 1), folder, "gcc 12.2.1", "aot", "0.1.0")


def test_the_image_is_wrapped_twice_and_then_sent(firmware: Firmware, port: str) -> None:
    flash_firmware(firmware, port=port, method="ambiq")
    assert (firmware.folder / "sent").read_bytes() == b"WAimage"


def test_nothing_is_sent_when_wrapping_fails(firmware: Firmware, port: str) -> None:
    (firmware.folder / "firmware.bin").unlink()
    with pytest.raises(DeviceError, match="ambiq could not flash sparkfun_edge"):
        flash_firmware(firmware, port=port, method="ambiq")
    assert not (firmware.folder / "sent").exists()
