# SPDX-License-Identifier: Apache-2.0
"""A link to a firmware that records by the protocol and says what no sensor of ours says.

Our own firmware cannot be made to, so this answers in its place.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from dataclasses import dataclass

from toolkit import __version__

_COMMAND = re.compile(r"tm exact ([0-9A-F]{8}) (\S+) (.*)")
_ROWS_A_LINE = 8


@dataclass
class LyingRecorder:
    """Rows of one accelerometer, (number, number, 32767), at what it says of itself."""

    sensors: tuple[str, ...] = ("accel,3,g",)
    rate_mhz: int = 119_000
    range: int = 2
    scale_hex: str = "387FCBAB"
    room: int = 21845
    gap: tuple[int, int] | None = None
    step_us: int = 8403
    row_bytes: int = 6

    is_lossless = True
    _unread: bytes = b""
    _said: bytes = b""

    def write(self, data: bytes) -> None:
        """Answer each command that is whole."""
        self._unread += data
        while b"%" in self._unread:
            command, self._unread = self._unread.split(b"%", 1)
            found = _COMMAND.fullmatch(command.decode("ascii").strip())
            if found:
                for number, line in enumerate([*self._answer(found[3].split(" ")), "end"]):
                    text = f"{found[2]},{number},{line}"
                    self._said += f"m-tm-line-[{text},{zlib.crc32(text.encode()):08X}]\r\n".encode()
            self._said += b"m-ready\r\n"

    def read(self, timeout_s: float) -> bytes:
        """Return what was answered."""
        data, self._said = self._said, b""
        return data

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, words: list[str]) -> list[str]:
        if words[:2] == ["tm", "info"]:
            return [
                f"m-tm-info-[version={__version__},board=nano33ble,engine=none,model=none,sha256={'0' * 64},"
                "arena=0,weights=0,state=0,layers=0,inputs=0,outputs=0,kept=0,clock=64000000,command=256,run=0]"
            ]
        if words[:2] == ["tm", "sensors"]:
            return [f"m-tm-sensor-[{sensor}]" for sensor in self.sensors]
        if words[:3] == ["tm", "record", "start"]:
            return [f"m-tm-record-[{words[3]},{self.rate_mhz},{self.range},{self.scale_hex},{self.room}]"]
        if words[:3] == ["tm", "record", "get"]:
            return self._rows(int(words[4]), int(words[5]))
        return ["m-tm-record-done"]

    def _rows(self, first: int, end: int) -> list[str]:
        end = min(end, first + 50)
        said = []
        for start in range(first, end, _ROWS_A_LINE):
            places = range(start, min(start + _ROWS_A_LINE, end))
            rows = b"".join(struct.pack("<3h", place, place, 32767) for place in places)
            text = base64.b64encode(rows[: len(places) * self.row_bytes]).decode()
            said.append(f"m-tm-rows-[{start},{text}]")
        if self.gap:
            said.append(f"m-tm-gap-[{self.gap[0]},{self.gap[1]}]")
        return [*said, f"m-tm-recorded-[{first},{end},{10**9 + end * self.step_us}]"]
