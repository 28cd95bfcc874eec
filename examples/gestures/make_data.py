# SPDX-License-Identifier: Apache-2.0
"""Synthesize the recordings of an accelerometer at the wrist: no person was recorded, all data are made up.

Writes data/<gesture>/<person>_<number>.csv with the columns x, y, z in g, 50 rows a second. Each person
has a speed, a strength, an unsteady hand and a sensor that sits at an angle of its own.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ, ROWS, PERSONS = 50, 128, 30
TIME_S = np.arange(ROWS) / RATE_HZ
Real = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class Person:
    """How somebody moves: speed and strength are factors, mounting turns the body's axes to the sensor's."""

    speed: float
    strength: float
    tremor: float
    mounting: Real


def draw_person(random: Random) -> Person:
    """Return somebody: 0.7 to 1.4 times as fast and 0.6 to 1.5 times as strong as others, mounted askew."""
    angles = random.normal(0, np.deg2rad(18), 3)
    return Person(
        speed=float(random.uniform(0.7, 1.4)),
        strength=float(random.uniform(0.6, 1.5)),
        tremor=float(random.uniform(0.01, 0.05)),
        mounting=rotation(angles),
    )


def rotation(angles: Real) -> Real:
    """Return the turn by three angles, about x, then y, then z."""
    turned = np.eye(3)
    for axis, angle in enumerate(angles):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        one = np.eye(3)
        one[i, i] = one[j, j] = np.cos(angle)
        one[i, j], one[j, i] = -np.sin(angle), np.sin(angle)
        turned = one @ turned
    return turned


def phase(person: Person, hz: float, random: Random) -> Real:
    """Return the angle of a movement that is about hz times a second, unevenly, from anywhere on."""
    rate = hz * person.speed * (1 + 0.15 * wander(random))
    return 2 * np.pi * (random.uniform() + np.cumsum(rate) / RATE_HZ)


def wander(random: Random) -> Real:
    """Return a slow random curve between about -1 and 1."""
    points = random.normal(0, 0.5, 6)
    return np.interp(TIME_S, np.linspace(0, TIME_S[-1], 6), points)


def pulses(person: Person, hz: float, width_s: float, random: Random) -> Real:
    """Return jerks there and back, each width_s long at a speed of 1, about hz times a second."""
    turns = phase(person, hz, random) / (2 * np.pi)
    since = (turns % 1) / (hz * person.speed)
    width = width_s / person.speed
    strength = random.uniform(0.8, 1.2, int(turns[-1]) + 2)[turns.astype(int)]
    return np.where(since < width, np.sin(2 * np.pi * since / width), 0) * strength


def idle(person: Person, random: Random) -> Real:
    """Return the hand at rest or at something else: it sways, and is put elsewhere now and then."""
    sway = np.stack([wander(random) for _ in range(3)], axis=1) * random.choice([0.03, 0.15, 0.4])
    bump = pulses(person, 0.4, 0.3, random) * random.choice([0.0, 0.5])
    return sway + bump[:, np.newaxis] * random.normal(0, 0.6, 3)


def wave(person: Person, random: Random) -> Real:
    """Return the hand from side to side, with a little up and down at twice the pace."""
    angle = phase(person, 2.2, random)
    strength = person.strength * random.uniform(0.7, 1.2)
    tilt = 0.25 * np.cos(2 * angle + 0.6)
    return strength * np.stack([0.9 * np.sin(angle), 0.2 * np.sin(angle + 0.4), tilt], axis=1)


def circle(person: Person, random: Random) -> Real:
    """Return the hand round and round in front of the body, one way or the other."""
    angle = phase(person, 1.4, random) * random.choice([-1, 1])
    strength = person.strength * random.uniform(0.6, 1.1)
    return strength * np.stack([0.7 * np.cos(angle), 0.1 * np.sin(angle), 0.7 * np.sin(angle)], axis=1)


def punch(person: Person, random: Random) -> Real:
    """Return the fist forward: a hard start, a harder stop, and the way back."""
    jerk = pulses(person, 1.3, 0.34, random)
    strength = person.strength * random.uniform(0.8, 1.2)
    return strength * jerk[:, np.newaxis] * np.array([0.3, 2.0, 0.4])


def flick(person: Person, random: Random) -> Real:
    """Return the wrist turned with a snap: short, and mostly across."""
    jerk = pulses(person, 1.5, 0.16, random)
    strength = person.strength * random.uniform(0.8, 1.2)
    return strength * jerk[:, np.newaxis] * np.array([1.6, 0.4, -0.9])


GESTURES: dict[str, Callable[[Person, Random], Real]] = {
    "circle": circle,
    "flick": flick,
    "idle": idle,
    "punch": punch,
    "wave": wave,
}


def record(gesture: str, person: Person, random: Random) -> Real:
    """Return what the sensor measures, (ROWS, 3) in g: movement, gravity, tremor and its own noise."""
    moved = GESTURES[gesture](person, random)
    held = rotation(random.normal(0, np.deg2rad(12), 3)) @ np.array([0.0, 0.0, 1.0])
    shaking = person.tremor * np.sin(2 * np.pi * 9 * TIME_S + random.uniform(0, 6))
    measured = (moved + held + shaking[:, np.newaxis]) @ person.mounting.T
    return np.clip(measured + random.normal(0, 0.03, measured.shape), -4, 4)


def main() -> None:
    """Write data/ beside this file."""
    parser = argparse.ArgumentParser(description="Make data/ beside this file: see its first lines.")
    parser.add_argument("--each", type=int, default=240, help="recordings of each gesture")
    each = parser.parse_args().each
    folder = Path(__file__).parent / "data"
    shutil.rmtree(folder, ignore_errors=True)
    persons = [draw_person(np.random.default_rng([7, number])) for number in range(PERSONS)]
    for label, gesture in enumerate(GESTURES):
        (folder / gesture).mkdir(parents=True)
        for i in range(each):
            number = i % PERSONS
            rows = record(gesture, persons[number], np.random.default_rng([8, label, i]))
            path = folder / gesture / f"p{number:02d}_{i // PERSONS:03d}.csv"
            np.savetxt(path, rows, fmt="%.4f", delimiter=",", header="x,y,z", comments="")
    print(f"{each} recordings of {len(GESTURES)} gestures by {min(PERSONS, each)} persons, made up: {folder}")


if __name__ == "__main__":
    main()
