# SPDX-License-Identifier: Apache-2.0
"""What a day of listening takes from a battery, by the currents of the data sheets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from toolkit.targets.board import Board

_DAY_S = 86_400
_MA = 1000


@dataclass(frozen=True)
class Energy:
    """An estimate: the mean current in mA at volts, of which sensors is theirs, and what is not in it.

    Nothing of it was measured.
    """

    volts: float
    mean_ma: float
    sensors_ma: float
    left_out: tuple[str, ...]

    @property
    def joules_a_day(self) -> float:
        """The energy of a day."""
        return self.mean_ma / _MA * self.volts * _DAY_S

    @property
    def mah_a_day(self) -> float:
        """What a day takes from a battery, in mAh."""
        return self.mean_ma * _DAY_S / 3600

    def words(self) -> str:
        """Return it as a person reads it."""
        unknown = f"; not known, and not in it: {', '.join(self.left_out)}" if self.left_out else ""
        return (
            f"estimated from data sheets: {self.mean_ma:.2g} mA at {self.volts:g} V in the mean, "
            f"{self.joules_a_day:,.0f} J or {self.mah_a_day:,.0f} mAh a day{unknown}"
        )


def energy_of(board: Board, duty: float, sensors: Collection[str]) -> Energy | None:
    """Return what a board takes whose core is busy for a share duty of the time while sensors sense.

    None where its file has no [power].
    """
    power = board.power
    if power is None:
        return None
    running = [sensor for sensor in board.sensors if sensor.name in sensors]
    sensed = sum(sensor.run_ma for sensor in running)
    core = power.run_ma * duty + power.sleep_ma * (1 - duty)
    unknown = tuple(sensor.name for sensor in running if not sensor.run_ma)
    return Energy(power.volts, core + sensed, sensed, unknown)
