# SPDX-License-Identifier: Apache-2.0
"""Files that are fed to an emulated board's sensors: tables by their columns' names, and sounds."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Broken
from toolkit.data.decode import BrokenFileError, file_content
from toolkit.data.sound import ENDINGS, decode_sound
from toolkit.data.table import Table, read_columns, read_plain_table, without_options
from toolkit.data.timeline import is_timely, unit_of
from toolkit.emulator.feed import Feed
from toolkit.emulator.pins import BUTTON, fed_names, presses
from toolkit.emulator.sensors.microphone import NAME as MICROPHONE
from toolkit.errors import InputError
from toolkit.runners.feed_times import FeedTimes, times_of
from toolkit.suggest import did_you_mean
from toolkit.targets.board import Board

_SOUND_HZ = 16_000
_FULL_SCALE = 32768
_MOST_SECONDS = 24 * 3600
_STANDARD_GRAVITY = 9.80665
_NO_GRAVITY = "linear_acceleration"
"""What phones call an acceleration less gravity."""
_MOST_BROKEN = 0.1
"""The share of rows that are left out where they cannot be read; with more it is another kind of table."""
_OTHER_RATE = 0.02
_LOOKS_LIKE = {"m/s2": _STANDARD_GRAVITY, "mg": 1000.0}
"""What an acceleration at rest is in units other than g."""
_NEAR = 0.2
OnWord = Callable[[str], None]
Column = NDArray[np.float64]


@dataclass(frozen=True)
class _Kind:
    """A kind of sensor: its unit, what else a column may be in, and what its columns may begin with."""

    unit: str
    others: Mapping[str, float]
    prefixes: tuple[str, ...]
    axes: tuple[str, ...] = ("x", "y", "z")


_KINDS = {
    "accel": _Kind(
        "g",
        {"mg": 1e-3, "m/s2": 1 / _STANDARD_GRAVITY, "m/s^2": 1 / _STANDARD_GRAVITY},
        ("accelerometer", "acceleration", "accel", "acc", "a", _NO_GRAVITY),
    ),
    "gyro": _Kind(
        "dps",
        {"deg/s": 1.0, "mdps": 1e-3, "rad/s": 180 / math.pi},
        ("gyroscope", "gyro", "gyr", "g", "w"),
    ),
    "analog": _Kind("mv", {"v": 1000.0}, ("analog", "voltage", "a0"), ("",)),
    BUTTON: _Kind("", {}, ("button", "pressed"), ("",)),
    "mag": _Kind(
        "gauss",
        {"g": 1.0, "mgauss": 1e-3, "ut": 0.01, "\u00b5t": 0.01, "\u03bct": 0.01, "t": 1e4},
        ("magnetometer", "magnetic_field", "mag", "m"),
    ),
}


def read_presses(board: Board, text: str | None, given: Mapping[str, Feed]) -> dict[str, Feed]:
    """Return what is given, and with a text as that of --press the presses of the button.

    Raises InputError for a board without a button, for a text that is none, and where both say it.
    """
    if text is None:
        return dict(given)
    if board.button is None:
        raise InputError(f"--press: boards/{board.name}.toml has no [button].")
    if BUTTON in given:
        raise InputError("--press and --feed button=... both say when the button is pressed.")
    return {**given, BUTTON: presses(text)}


def read_feeds(
    board: Board,
    given: Iterable[str],
    rates: Iterable[str] = (),
    noise_seed: int | None = None,
    on_word: OnWord | None = None,
) -> dict[str, Feed]:
    """Return the feeds of a board's sensors by their names, of texts NAME=FILE; rates are texts NAME=HZ.

    The columns are found by name (accel_x, ax or x; with a unit as in "ax [m/s2]"), the rate by a column of
    the time, else by rates; without either a sensor takes a row with each sample.
    With noise_seed a sensor adds the noise that its data sheet tells. on_word hears of a table that is not
    what a sensor would have sensed: gaps in its time, uneven times, none, no gravity, another unit, rows
    that cannot be read and are left out.
    Raises InputError for a sensor that the board does not have, and for a file that is no such table.
    """
    files, hertz = _pairs(board, given, "feed"), _pairs(board, rates, "feed-rate")
    unused = [name for name in hertz if name not in files]
    if unused:
        raise InputError(f"--feed-rate {unused[0]}={hertz[unused[0]]}: nothing is fed to {unused[0]}.")
    words: list[str] = []
    feeds = {
        name: _read(name, Path(file), hertz.get(name, ""), noise_seed, words) for name, file in files.items()
    }
    _tell(words, on_word)
    return feeds


@dataclass(frozen=True)
class Feedable:
    """A sensor that a table can feed: its unit, and its columns as they are found by name."""

    name: str
    unit: str
    columns: tuple[str, ...]


def feedable_on(board: Board) -> tuple[Feedable, ...]:
    """Return the sensors of a board that take a table's columns."""
    return tuple(
        Feedable(sensor.name, kind.unit, tuple(f"{sensor.name}_{axis}".rstrip("_") for axis in kind.axes))
        for sensor in board.sensors
        if (kind := _KINDS.get(sensor.name)) is not None
    )


def feeds_in(board: Board, path: Path, on_word: OnWord | None = None) -> dict[str, Feed]:
    """Return what a file feeds to a board's sensors, by their names: sound, or what has columns in a table.

    on_word hears the same of it as that of read_feeds. Raises InputError for a file that is neither.
    """
    words: list[str] = []
    names = [sensor.name for sensor in board.sensors]
    if path.suffix.lower() in ENDINGS:
        return {MICROPHONE: _read_sound(path, None)} if MICROPHONE in names else {}
    table, found, taken = read_plain_table(path), dict[str, Feed](), set[str]()
    for name in names:
        kind = _KINDS.get(name)
        if kind is not None and all(_column_of(axis, kind, table) for axis in kind.axes):
            columns = set(_columns(name, table)[0])
            if not columns & taken:  # x, y and z are those of one sensor only
                found[name] = _read_rows(name, path, "", None, words)
                taken |= columns
    _tell(words, on_word)
    return found


def _tell(words: Iterable[str], on_word: OnWord | None) -> None:
    for word in dict.fromkeys(words):  # two sensors may share a table
        if on_word is not None:
            on_word(word)


def _pairs(board: Board, texts: Iterable[str], option: str) -> dict[str, str]:
    names = fed_names(board)
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise InputError(f"--{option} {text}: this is not NAME={'HZ' if 'rate' in option else 'FILE'}.")
        if name not in names:
            has = did_you_mean(name, names) if names else "Its board file has no [[sensors]]."
            raise InputError(f"{board.name} has no sensor {name!r}. {has}")
        if name in found:
            raise InputError(f"--{option} names {name} twice.")
        found[name] = value
    return found


def _read(name: str, path: Path, hertz: str, seed: int | None, words: list[str]) -> Feed:
    return _read_sound(path, seed) if name == MICROPHONE else _read_rows(name, path, hertz, seed, words)


def _read_sound(path: Path, seed: int | None) -> Feed:
    """Return a sound at the microphones' own rate, resampled where the file has another."""
    try:
        samples = decode_sound(file_content(path, ENDINGS), _SOUND_HZ, _MOST_SECONDS)
    except BrokenFileError as error:
        raise InputError(f"{path.name} {error}.", hint=error.hint or None) from error
    return Feed(samples[:, None], Fraction(_SOUND_HZ), noise_seed=seed, unit=1 / _FULL_SCALE)


def _read_rows(name: str, path: Path, hertz: str, seed: int | None, words: list[str]) -> Feed:
    """Return the rows of a table; words grows by what a person should know of it."""
    try:
        table = read_plain_table(path)
        columns, factors = _columns(name, table)
        times = [column for column in table.columns if is_timely(column)][:1]
        read = read_columns(table, [*columns, *times], (), times=times)
    except InputError as error:
        raise _plain(name, error) from error
    if len(read.broken) > _MOST_BROKEN * (len(read.broken) + len(read.numbers)):
        raise InputError(
            f"{read.broken[0].name}: {read.broken[0].reason}.",
            hint="Try: a number there, or delete this line: the number behind the file's name counts lines",
        )
    if not len(read.numbers):
        raise InputError(
            f"{table.name} has no rows.", hint="Try: a row of numbers for each moment, below the names"
        )
    values = read.numbers[:, : len(columns)] * np.array(factors)
    found = _times(name, table, times, read.numbers[:, -1], hertz)
    words += found.words
    words += _broken_words(read.broken)
    words += _value_words(name, table, columns, values)
    feed = Feed(values, found.rate_hz, noise_seed=seed)
    if found.rate_hz is None and not found.words and feed.still_rows < len(feed):
        words.append(
            f"{table.name} says no times: the sensor takes a row with each sample, at its own rate; "
            f"--feed-rate {name}=HZ says another"
        )
    return feed


def _plain(name: str, error: InputError) -> InputError:
    """Return the error about a table of a sensor, with the names that its columns have."""
    kind = _KINDS.get(name)
    if kind is None or "has no header" not in error.message:
        return without_options(error)
    return InputError(error.message, hint=_hint(name, kind))


def _times(name: str, table: Table, times: list[str], own: Column, hertz: str) -> FeedTimes:
    """Return what is given as the rate, else what the table's own column of the time says."""
    if not hertz:
        return times_of(table.name, times[0], own) if times else FeedTimes(None)
    rate = _given_rate(hertz)
    known = times_of(table.name, times[0], own).rate_hz if times and unit_of(times[0], own[0]) else None
    if known is None or abs(known / rate - 1) <= _OTHER_RATE:
        return FeedTimes(rate)
    word = (
        f"{table.name}: --feed-rate {name}={hertz} goes before its own time, {float(known):.4g} rows a second"
    )
    return FeedTimes(rate, (word,))


def _broken_words(broken: Sequence[Broken]) -> Iterator[str]:
    if broken:
        more = f", and {len(broken) - 1} more such rows" if len(broken) > 1 else ""
        yield (f"{broken[0].name}: {broken[0].reason}{more}: left out, the next row is fed at once")


def _value_words(name: str, table: Table, columns: list[str], values: Column) -> Iterator[str]:
    """Yield what numbers of an acceleration without a unit look like, if not like g; gravity is in them."""
    if _parts(columns[0])[0].startswith(_NO_GRAVITY):
        yield f"{table.name}: {columns[0]!r} is without gravity, which the board's sensor senses too"
    if name != "accel" or any(_parts(column)[1] for column in columns):
        return
    usual = float(np.median(np.linalg.norm(values, axis=1)))
    for unit, one in _LOOKS_LIKE.items():
        if abs(usual / one - 1) < _NEAR:
            yield (
                f"{table.name} is read as g, and looks like {unit}: its usual length is {usual:.3g}. "
                f'Name the unit in its first line: "{columns[0]} [{unit}]"'
            )


def _given_rate(text: str) -> Fraction:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 1_000_000:
        raise InputError(f"--feed-rate: {text!r} is no rate in Hz.", hint="Try: --feed-rate accel=119")
    return rate


def _columns(name: str, table: Table) -> tuple[list[str], list[float]]:
    """Return the columns of a sensor in the order of its channels, and what makes its unit of each."""
    kind = _KINDS.get(name)
    if kind is None:
        raise InputError(f"{name} is not fed from a table.")
    found = [_column_of(axis, kind, table) for axis in kind.axes]
    if None in found:
        there = [each[0] for each in found if each]
        missing = ", ".join(axis for axis, each in zip(kind.axes, found, strict=True) if not each)
        what = (
            f"only {', '.join(map(repr, there))} of {name}, and no {missing}"
            if there
            else f"no columns of {name}"
        )
        raise InputError(
            f"{table.name} has {what}: {', '.join(map(repr, table.columns))}.",
            hint=_hint(name, kind),
        )
    return [c for c, _ in filter(None, found)], [f for _, f in filter(None, found)]


def _hint(name: str, kind: _Kind) -> str:
    columns = ", ".join(f"{name}_{axis}".rstrip("_") for axis in kind.axes)
    if not kind.others:
        return f"Try: {columns} in its first line"
    unit = f'with a unit: "{columns.partition(",")[0]} [{next(iter(kind.others))}]"'
    return f"Try: {columns} in its first line, in {kind.unit}, or {unit}"


def _column_of(axis: str, kind: _Kind, table: Table) -> tuple[str, float] | None:
    for prefix in (*kind.prefixes, ""):
        for column in table.columns:
            plain, unit = _parts(column)
            if plain in (f"{prefix}_{axis}".strip("_"), f"{prefix}{axis}"):
                return column, _factor(column, unit, kind)
    return None


def _parts(column: str) -> tuple[str, str]:
    found = re.fullmatch(r"\s*([^\[(]*?)\s*(?:[\[(]\s*([^\])]*?)\s*[\])])?\s*", column)
    plain, unit = (found[1], found[2] or "") if found else (column, "")
    return re.sub(r"[\s.-]+", "_", plain.lower()), unit.lower()


def _factor(column: str, unit: str, kind: _Kind) -> float:
    factors = {"": 1.0, kind.unit: 1.0, **kind.others}
    if unit not in factors:
        raise InputError(
            f"column {column!r}: the unit {unit!r} is not known. "
            f"{did_you_mean(unit, [each for each in factors if each])}"
        )
    return factors[unit]
