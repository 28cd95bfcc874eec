# SPDX-License-Identifier: Apache-2.0
"""Synthesize what the accelerometer in a magic wand measures: nobody was recorded, all data are made up.

Writes data/<gesture>/<person>_<number>.csv as `tinyml record` would: time_ms, and accel_x, accel_y, accel_z
in g, 50 rows a second, a rate that the LSM9DS1 and the LIS2DH12 both have. It also writes tune.csv and
session.csv, some minutes of people who are in none of the data, others in each of the two, with Audacity
labels of their gestures. The threshold is chosen with the first, and judged by the second.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ, ROWS, PERSONS, GUESTS = 50, 160, 24, 6
GESTURE_S, PAUSE_S = (1.8, 2.6), (3.0, 8.0)
HEADER = "time_ms,accel_x,accel_y,accel_z"
Real = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class Person:
    """How somebody moves: speed and strength are factors, grip turns the hand's axes to the wand's."""

    speed: float
    strength: float
    tremor: float
    grip: Real


def draw_person(number: int) -> Person:
    """Return the person of this number: 0.75 to 1.3 times as fast, 0.65 to 1.4 times as strong as others."""
    random = np.random.default_rng([7, number])
    return Person(
        speed=float(random.uniform(0.75, 1.3)),
        strength=float(random.uniform(0.65, 1.4)),
        tremor=float(random.uniform(0.01, 0.05)),
        grip=rotation(random.normal(0, np.deg2rad(15), 3)),
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


def wander(random: Random, rows: int) -> Real:
    """Return a slow random curve between about -1 and 1, another value each half second."""
    points = random.normal(0, 0.5, rows // 25 + 2)
    return np.interp(np.arange(rows) / 25, np.arange(len(points)), points)


def phase(person: Person, hz: float, random: Random, rows: int) -> Real:
    """Return the angle of a movement that is about hz times a second, unevenly, from anywhere on."""
    rate = hz * person.speed * (1 + 0.15 * wander(random, rows))
    return 2 * np.pi * (random.uniform() + np.cumsum(rate) / RATE_HZ)


def idle(person: Person, random: Random, rows: int) -> Real:
    """Return the wand in a hand that rests, or walks, or does something else."""
    sway = np.stack([wander(random, rows) for _ in range(3)], axis=1) * random.choice([0.03, 0.15, 0.4])
    steps = phase(person, 1.9, random, rows)
    walk = np.stack([0.15 * np.sin(steps / 2), 0.1 * np.cos(steps), 0.3 * np.sin(steps)], axis=1)
    knock = np.exp(-(((np.arange(rows) - random.uniform(0, rows)) / 3.0) ** 2)) * random.choice([0.0, 1.0])
    return sway + walk * random.choice([0.0, 1.0]) + knock[:, np.newaxis] * random.normal(0, 0.7, 3)


def ring(person: Person, random: Random, rows: int) -> Real:
    """Return a ring in the air, round and round, one way or the other."""
    angle = phase(person, 1.5, random, rows) * random.choice([-1, 1])
    strength = person.strength * random.uniform(0.8, 1.2)
    return strength * np.stack([0.8 * np.cos(angle), 0.1 * np.sin(angle), 0.8 * np.sin(angle)], axis=1)


def wing(person: Person, random: Random, rows: int) -> Real:
    """Return a W from left to right and back: up and down fast, across slowly."""
    angle = phase(person, 3.2, random, rows)
    across = 0.35 * np.sin(angle / 4 + random.uniform(0, 6))
    strength = person.strength * random.uniform(0.8, 1.2)
    return strength * np.stack([across, 0.15 * np.sin(angle + 0.5), 1.1 * np.sin(angle)], axis=1)


def thrust(person: Person, random: Random, rows: int) -> Real:
    """Return thrusts forward: a hard start, a harder stop, and the way back."""
    turns = phase(person, 1.4, random, rows) / (2 * np.pi)
    since, width = (turns % 1) / (1.4 * person.speed), 0.34 / person.speed
    jerk = np.where(since < width, np.sin(2 * np.pi * since / width), 0)
    strength = person.strength * random.uniform(0.8, 1.2)
    return strength * jerk[:, np.newaxis] * np.array([0.3, 1.9, 0.4])


GESTURES: dict[str, Callable[[Person, Random, int], Real]] = {
    "idle": idle,
    "ring": ring,
    "thrust": thrust,
    "wing": wing,
}


def measure(moved: Real, person: Person, random: Random) -> Real:
    """Return what the sensor measures, (rows, 3) in g: movement, gravity, tremor and its own noise."""
    held = rotation(random.normal(0, np.deg2rad(12), 3)) @ np.array([0.0, 0.0, 1.0])
    time_s = np.arange(len(moved)) / RATE_HZ
    shaking = person.tremor * np.sin(2 * np.pi * 9 * time_s + random.uniform(0, 6))
    measured = (moved + held + shaking[:, np.newaxis]) @ person.grip.T
    return np.clip(measured + random.normal(0, 0.02, measured.shape), -4, 4)


def write_rows(path: Path, rows: Real) -> None:
    """Write a recording in the form that `tinyml record` writes."""
    time_ms = np.arange(len(rows)) * (1000 // RATE_HZ)
    lines = [f"{time},{x:.4f},{y:.4f},{z:.4f}" for time, (x, y, z) in zip(time_ms, rows, strict=True)]
    path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")


def session(minutes: float, first_guest: int) -> tuple[Real, list[str]]:
    """Return rows in g of guests one after the other, and a label of each gesture among what is none."""
    parts, labels, at = [], [], 0
    for guest in range(first_guest, first_guest + GUESTS):
        person, random = draw_person(PERSONS + guest), np.random.default_rng([9, guest])
        moved = [idle(person, random, 3 * RATE_HZ)]
        while sum(map(len, moved)) < minutes * 60 * RATE_HZ / GUESTS:
            gesture = str(random.choice([name for name in GESTURES if name != "idle"]))
            moved.append(GESTURES[gesture](person, random, int(random.uniform(*GESTURE_S) * RATE_HZ)))
            end = at + sum(map(len, moved))
            labels.append(f"{(end - len(moved[-1])) / RATE_HZ:.2f}\t{end / RATE_HZ:.2f}\t{gesture}\n")
            moved.append(idle(person, random, int(random.uniform(*PAUSE_S) * RATE_HZ)))
        parts.append(measure(np.concatenate(moved), person, random))
        at += len(parts[-1])
    return np.concatenate(parts), labels


def main() -> None:
    """Write data/, tune.csv and session.csv with their labels beside this file."""
    parser = argparse.ArgumentParser(description="Make data/ beside this file: see its first lines.")
    parser.add_argument("--each", type=int, default=144, help="recordings of each gesture")
    parser.add_argument("--minutes", type=float, default=5, help="length of tune.csv, and of session.csv")
    arguments = parser.parse_args()
    folder = Path(__file__).parent / "data"
    shutil.rmtree(folder, ignore_errors=True)
    persons = [draw_person(number) for number in range(PERSONS)]
    for label, (name, gesture) in enumerate(GESTURES.items()):
        (folder / name).mkdir(parents=True)
        for i in range(arguments.each):
            number, random = i % PERSONS, np.random.default_rng([8, label, i])
            rows = measure(gesture(persons[number], random, ROWS), persons[number], random)
            write_rows(folder / name / f"p{number:02d}_{i // PERSONS:03d}.csv", rows)
    print(f"{arguments.each} recordings of {len(GESTURES)} gestures, made up: {folder}")
    for name, first_guest in (("session", 0), ("tune", GUESTS)):
        rows, labels = session(arguments.minutes, first_guest)
        write_rows(folder.parent / f"{name}.csv", rows)
        (folder.parent / f"{name}.txt").write_text("".join(labels), encoding="utf-8")
        print(f"{len(rows) / RATE_HZ:.0f} s with {len(labels)} gestures: {name}.csv")


if __name__ == "__main__":
    main()
