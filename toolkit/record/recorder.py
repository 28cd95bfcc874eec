# SPDX-License-Identifier: Apache-2.0
"""A firmware that records: starting its sensors, and fetching their rows until a take is whole.

Rows are asked for by their number, and kept on the board until the next ones are: what is lost on the line
is asked for again. See docs/recording.md.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from toolkit.errors import DeviceError, InputError
from toolkit.firmware.recorder import ENGINE
from toolkit.record.take import Gap, SensorInfo, Setting, Take, Track
from toolkit.runners.protocol import Complaint, Reply, Text
from toolkit.runners.session import Session
from toolkit.suggest import did_you_mean
from toolkit.ui import OnProgress

_SENSOR = re.compile(r"m-tm-sensor-\[([a-z0-9_]+),(\d+),([^,\]]+)\]")
_STARTED = re.compile(r"m-tm-record-\[([a-z0-9_]+),(\d+),(\d+),([0-9A-F]{8}),(\d+)\]")
_ROWS = re.compile(r"m-tm-rows-\[(\d+),([A-Za-z0-9+/=]*)\]")
_GAP = re.compile(r"m-tm-gap-\[(\d+),(\d+)\]")
_STATE = re.compile(r"m-tm-recorded-\[(\d+),(\d+),(\d+)\]")
_WAITS = 30
"""How often in a row nothing may come; the firmware waits 0.4 s in each, a LIS2DH12 at 1 Hz for 8 s."""
_LEAST_MEASURED_S = 1.0
_MOST_MHZ = 1_000_000_000
_MOST_ROWS = 1 << 32
"""Counts of rows are 32 bits in the firmware."""
_SPARE_S = 60.0
"""Beside twice what its clock says: a firmware that lost more rows than fit in it counts wrongly."""
_NOT_OURS = "Try: tinyml flash --recorder"

OnRows = Callable[[str, np.ndarray], None]


@dataclass
class _Fetched:
    """What has come of one sensor's rows so far."""

    pieces: list[np.ndarray] = field(default_factory=list)
    rows: int = 0
    gaps: dict[int, int] = field(default_factory=dict)
    ends: list[tuple[int, int]] = field(default_factory=list)
    """Of the first and the last answer: how many rows there were, and the firmware's time in us."""

    def is_at(self, rows: int, time_us: int) -> None:
        """Take how many rows there are at a time. Raises DeviceError if it is before the last one."""
        if self.ends and time_us < self.ends[-1][1]:
            raise DeviceError(
                "the firmware's clock went back: was the board reset?", hint="Try: the same command again"
            )
        self.ends[1:] = [(rows, time_us)]  # the first one stays

    def require_possible(self, sensor: SensorInfo, setting: Setting) -> None:
        """Raise DeviceError if more rows are missing than the firmware's time has."""
        lost, seconds = sum(self.gaps.values()), 0.0
        if self.ends:
            seconds = (self.ends[-1][1] - self.ends[0][1]) / 1e6
        if lost >= _MOST_ROWS or lost > (2 * seconds + _SPARE_S) * setting.rate_hz:
            raise DeviceError(
                f"the firmware says that {lost:,} rows of {sensor.name} are missing: that cannot be.",
                hint=_NOT_OURS,
            )


class Recorder:
    """Asks one firmware that records.

    Raises DeviceError for a firmware that does not, or where the line fails.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        info = session.hello()
        if info.engine != ENGINE:
            raise DeviceError(
                f"the firmware on {info.name} runs the model {info.model}: it does not record.",
                hint=_NOT_OURS,
            )
        self.board = info.name
        self.sensors = tuple(
            SensorInfo(found[1], int(found[2]), found[3])
            for found in map(_SENSOR.fullmatch, self._texts("tm sensors"))
            if found
        )
        if not self.sensors:
            raise DeviceError(f"the firmware on {info.name} names no sensor.", hint=_NOT_OURS)

    def sensor(self, name: str) -> SensorInfo:
        """Return the sensor of this name. Raises InputError with those that there are."""
        names = [sensor.name for sensor in self.sensors]
        if name not in names:
            raise InputError(f"{self.board} has no sensor {name!r}. {did_you_mean(name, names)}")
        return self.sensors[names.index(name)]

    def take(
        self,
        names: Sequence[str],
        seconds: float,
        *,
        rate_hz: int,
        ranges: Mapping[str, int] | None = None,
        on_progress: OnProgress | None = None,
        on_rows: OnRows | None = None,
    ) -> Take:
        """Return what the sensors of these names sense for so many seconds from now on, together.

        rate_hz and ranges, by the sensors' names and in their units, are raised to the next that the sensor
        has, or are its highest; without a range it has its lowest. on_rows hears a sensor's name and its
        newest rows (n, channels), in its unit, as they come.
        Raises InputError for sensors that run at different rates, DeviceError for figures that cannot be.
        """
        self._texts("tm record stop")
        sensors = [self.sensor(name) for name in names]
        try:
            for _ in range(min(2, len(sensors))):  # beside others a sensor may have other rates
                settings = [self._start(each, rate_hz, (ranges or {}).get(each.name, 0)) for each in sensors]
            _require_one_rate(sensors, settings)
            rows = max(1, round(seconds * settings[0].rate_hz))
            heard = [_scaled(on_rows, *each) for each in zip(sensors, settings, strict=True)]
            fetched = self._fetch(sensors, settings, rows, on_progress, heard)
        finally:
            self._texts("tm record stop")
        tracks = (_track(*each, rows) for each in zip(sensors, settings, fetched, strict=True))
        return Take(tuple(tracks), _measured(fetched[0]))

    def _start(self, sensor: SensorInfo, rate_hz: int, range_: int) -> Setting:
        for text in self._texts(f"tm record start {sensor.name} {rate_hz} {range_}"):
            found = _STARTED.fullmatch(text)
            if found and found[1] == sensor.name:
                scale = struct.unpack(">f", bytes.fromhex(found[4]))[0]
                return _possible(sensor, Setting(int(found[2]), int(found[3]), scale, int(found[5])))
        raise DeviceError(f"the firmware does not say how {sensor.name} runs.", hint=_NOT_OURS)

    def _fetch(
        self,
        sensors: list[SensorInfo],
        settings: list[Setting],
        rows: int,
        on_progress: OnProgress | None,
        heard: list[Callable[[np.ndarray], None]],
    ) -> list[_Fetched]:
        fetched = [_Fetched() for _ in sensors]
        quiet = 0
        while any(each.rows < rows for each in fetched):
            before = [each.rows for each in fetched]
            for sensor, setting, each, hear in zip(sensors, settings, fetched, heard, strict=True):
                if each.rows < rows:
                    pieces = len(each.pieces)
                    self._get(sensor, setting, each, rows)
                    for piece in each.pieces[pieces:]:
                        hear(piece)
            quiet = quiet + 1 if before == [each.rows for each in fetched] else 0
            if quiet > _WAITS:
                raise DeviceError(
                    "the sensor gives no more rows.", hint="Try: reset the board, and record again"
                )
            if on_progress is not None:
                on_progress(min(each.rows for each in fetched), rows)
        return fetched

    def _get(self, sensor: SensorInfo, setting: Setting, fetched: _Fetched, rows: int) -> None:
        wanted = min(rows, fetched.rows + _line_rows(sensor))
        for text in self._texts(f"tm record get {sensor.name} {fetched.rows} {wanted}"):
            if found := _ROWS.fullmatch(text):
                fetched.pieces.append(_decoded(found[2], sensor.channels, fetched.rows, int(found[1])))
                fetched.rows += len(fetched.pieces[-1])
            elif found := _GAP.fullmatch(text):
                fetched.gaps[int(found[1])] = int(found[2])
            elif found := _STATE.fullmatch(text):
                fetched.is_at(int(found[2]), int(found[3]))
        fetched.require_possible(sensor, setting)

    def _texts(self, words: str) -> list[str]:
        return list(_texts(self._session.ask(words), words))


def _texts(replies: list[Reply], words: str) -> Iterator[str]:
    for reply in replies:
        if isinstance(reply, Complaint):
            sensor = words.split(" ")[3] if words.startswith("tm record start ") else ""
            raise DeviceError(f"{sensor}: {reply.text}." if sensor else f"the firmware says: {reply.text}.")
        if isinstance(reply, Text):
            yield reply.text


def _scaled(on_rows: OnRows | None, sensor: SensorInfo, setting: Setting) -> Callable[[np.ndarray], None]:
    """Return what tells on_rows the counts of a sensor in its unit."""
    if on_rows is None:
        return lambda _: None
    return lambda piece: on_rows(sensor.name, piece * setting.scale)


def _line_rows(sensor: SensorInfo) -> int:
    """Return how many rows are worth an answer: some lines of the firmware's."""
    return max(1, 1344 // (2 * sensor.channels))


def _possible(sensor: SensorInfo, setting: Setting) -> Setting:
    """Return a setting. Raises DeviceError for one that no sensor has."""
    rate, scale = setting.rate_mhz, setting.scale
    if not (0 < rate <= _MOST_MHZ and math.isfinite(scale) and scale > 0 and 0 < setting.room < _MOST_ROWS):
        raise DeviceError(
            f"the firmware says that {sensor.name} gives {rate / 1000:g} rows a second, with {scale:g} "
            f"{sensor.unit} a count and room for {setting.room:,}: that cannot be.",
            hint=_NOT_OURS,
        )
    return setting


def _decoded(text: str, channels: int, expected: int, start: int) -> np.ndarray:
    try:
        numbers = np.frombuffer(base64.b64decode(text, validate=True), "<i2")
    except (binascii.Error, ValueError) as error:
        raise DeviceError("the firmware sent rows that cannot be read.") from error
    if start != expected:
        raise DeviceError(f"the firmware sent rows from {start:,} on instead of {expected:,}.")
    if len(numbers) % channels:
        raise DeviceError(
            f"the firmware sent a part of a row: {len(numbers)} numbers, of {channels} in a row."
        )
    return numbers.reshape(-1, channels).astype(np.int16)


def _require_one_rate(sensors: list[SensorInfo], settings: list[Setting]) -> None:
    rates = {setting.rate_mhz for setting in settings}
    if len(rates) > 1:
        said = ", ".join(
            f"{sensor.name} {float(setting.rate_hz):g} Hz"
            for sensor, setting in zip(sensors, settings, strict=True)
        )
        raise InputError(
            f"the sensors run at different rates: {said}.",
            hint="Try: one --sensor, or another --rate",
        )


def _track(sensor: SensorInfo, setting: Setting, fetched: _Fetched, rows: int) -> Track:
    every = np.concatenate(fetched.pieces)[:rows]
    gaps = tuple(Gap(at, lost) for at, lost in sorted(fetched.gaps.items()) if at < rows)
    return Track(sensor, setting, every, gaps)


def _measured(fetched: _Fetched) -> float | None:
    """Return the rate from the first answer to the last, by the firmware's clock; None within a second."""
    if len(fetched.ends) < 2:
        return None
    (first, begin_us), (last, end_us) = fetched.ends
    seconds = (end_us - begin_us) / 1e6
    lost = sum(rows for at, rows in fetched.gaps.items() if at > first)
    return (last - first + lost) / seconds if seconds >= _LEAST_MEASURED_S else None
