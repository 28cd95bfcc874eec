# SPDX-License-Identifier: Apache-2.0
"""Synthesize the sound of rotating machines, well and ill: no machine was recorded, all data are made up.

Writes data/<condition>/<machine>_<number>.wav, a second each at 16 kHz. A machine hums at multiples of its
speed, its blades pass, air rushes, others work in the same hall. Ill, a bearing knocks at a multiple of the
speed that is no whole number, or something rubs once a turn.
"""

from __future__ import annotations

import argparse
import shutil
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

RATE_HZ, SAMPLES = 16000, 16000
TIME_S = np.arange(SAMPLES) / RATE_HZ
MACHINES = 4
Real = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class Machine:
    """What one machine of the kind sounds like: speed in turns a second, loudness of each harmonic."""

    turns_hz: float
    harmonics: Real
    blades: int
    air: float
    bearing: float
    ring_hz: float


def draw_machine(random: Random) -> Machine:
    """Return a machine; bearing is how often a fault of its bearing is rolled over in a turn."""
    return Machine(
        turns_hz=float(random.uniform(24, 48)),
        harmonics=random.uniform(0.2, 1.0, 12) / np.arange(1, 13) ** 0.8,
        blades=int(random.integers(5, 10)),
        air=float(random.uniform(0.2, 0.4)),
        bearing=float(random.uniform(3.1, 4.9)),
        ring_hz=float(random.uniform(2000, 4500)),
    )


def turning(machine: Machine, random: Random) -> Real:
    """Return the shaft's angle in turns: the speed is never quite the same, nor constant."""
    speed = machine.turns_hz * random.uniform(0.95, 1.05)
    sway = 1 + 0.004 * np.sin(2 * np.pi * random.uniform(0.3, 2) * TIME_S + random.uniform(0, 6))
    return random.uniform() + np.cumsum(speed * sway) / RATE_HZ


def coloured(random: Random, pole: float) -> Real:
    """Return noise whose high tones are softer the nearer pole is to 1; its deviation is 1."""
    noise = lfilter([1.0], [1.0, -pole], random.normal(size=SAMPLES))
    return np.asarray(noise / noise.std())


def hum(machine: Machine, turns: Real, random: Random) -> Real:
    """Return harmonics of the shaft, and the blades' tone."""
    loud = machine.harmonics * random.uniform(0.8, 1.2, len(machine.harmonics))
    order = np.arange(1, len(loud) + 1)
    phases = random.uniform(0, 2 * np.pi, len(loud))
    tones = np.sin(2 * np.pi * np.outer(turns, order) + phases) @ loud
    return tones + 0.4 * np.sin(2 * np.pi * machine.blades * turns + random.uniform(0, 6))


def well(machine: Machine, turns: Real, random: Random) -> Real:
    """Return nothing: what is well adds no sound."""
    return np.zeros(SAMPLES)


def knocking(machine: Machine, turns: Real, random: Random) -> Real:
    """Return the knocks of a bearing: each rings and dies away in some milliseconds."""
    rolled = turns * machine.bearing
    hit = np.diff(np.floor(rolled), prepend=np.floor(rolled[0])) > 0
    strength = np.where(hit, random.uniform(0.5, 1.0, SAMPLES), 0)
    angle = 2 * np.pi * machine.ring_hz * random.uniform(0.97, 1.03) / RATE_HZ
    decay = np.exp(-1 / (RATE_HZ * 0.004))
    ring = lfilter([1.0], [1.0, -2 * decay * np.cos(angle), decay**2], strength)
    return np.asarray(ring) * random.uniform(0.25, 0.9)


def rubbing(machine: Machine, turns: Real, random: Random) -> Real:
    """Return a scrape once a turn: noise of high tones that swells and fades."""
    swell = np.maximum(np.cos(2 * np.pi * turns + random.uniform(0, 6)), 0) ** 4
    noise = np.diff(random.normal(size=SAMPLES + 1))
    return noise * swell * random.uniform(0.1, 0.4)


CONDITIONS: dict[str, Callable[[Machine, Real, Random], Real]] = {
    "normal": well,
    "knocking": knocking,
    "rubbing": rubbing,
}


def record(machine: Machine, condition: str, random: Random) -> NDArray[np.int16]:
    """Return a second of the machine in its hall, at a distance that is not always the same."""
    turns = turning(machine, random)
    sound = hum(machine, turns, random) + CONDITIONS[condition](machine, turns, random)
    sound += machine.air * random.uniform(0.8, 1.25) * coloured(random, 0.6)
    hall = random.uniform(0.1, 0.3) * coloured(random, 0.95)
    loudness = 0.05 * 10 ** (random.uniform(-1.5, 1.5) / 20)
    return np.clip(np.round(32768 * loudness * (sound + hall)), -32768, 32767).astype(np.int16)


def write_wav(path: Path, sound: NDArray[np.int16]) -> None:
    """Write mono sound."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound.astype("<i2").tobytes())


def main() -> None:
    """Write data/ beside this file."""
    parser = argparse.ArgumentParser(description="Make data/ beside this file: see its first lines.")
    parser.add_argument("--each", type=int, default=240, help="recordings of each machine that is well")
    each = parser.parse_args().each
    folder = Path(__file__).parent / "data"
    shutil.rmtree(folder, ignore_errors=True)
    machines = [draw_machine(np.random.default_rng([5, number])) for number in range(MACHINES)]
    for kind, condition in enumerate(CONDITIONS):
        (folder / condition).mkdir(parents=True)
        count = each if condition == "normal" else max(each // 4, 1)
        for number, machine in enumerate(machines):
            for i in range(count):
                random = np.random.default_rng([6, kind, number, i])
                write_wav(folder / condition / f"m{number}_{i:04d}.wav", record(machine, condition, random))
    print(
        f"{MACHINES} machines, made up: {each} recordings of each that is well, "
        f"{max(each // 4, 1)} of each that is {' or '.join(list(CONDITIONS)[1:])}: {folder}"
    )


if __name__ == "__main__":
    main()
