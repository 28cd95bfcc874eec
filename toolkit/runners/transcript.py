# SPDX-License-Identifier: Apache-2.0
"""What was said between the computer and the firmware, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

_LIT = {0.0: "off", 1.0: "on"}


@dataclass(frozen=True)
class Line:
    """One line: to the firmware or from it."""

    to_device: bool
    text: str


@dataclass(frozen=True)
class DeviceInfo:
    """What the firmware says of itself, with the stack's high water mark after the first inference."""

    name: str
    engine: str
    model: str
    model_sha256: str
    firmware_version: str
    arena_bytes: int
    weights_bytes: int
    layers: int
    input_bytes: int
    kept_bytes: int
    output_bytes: int
    clock_hz: int
    command_bytes: int = 64
    state_bytes: int = 0
    stack_used: int = 0
    stack_size: int = 0


@dataclass(frozen=True)
class Inference:
    """One answer: the bytes of all outputs one after the other, and the cycles that it took.

    In the emulator cycles are instructions. layer_names are the operators in the order of layer_cycles.
    """

    outputs: bytes
    cycles: int
    layer_cycles: tuple[int, ...] = ()
    layer_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """A whole conversation: who the device is, an inference a sample, every line, and the LED.

    led holds (time in cycles, share of the LEDs that is lit) of each change where the runner can see it, else
    nothing.
    """

    info: DeviceInfo
    inferences: tuple[Inference, ...]
    lines: tuple[Line, ...]
    led: tuple[tuple[int, float], ...] = field(default=())

    def text(self) -> str:
        """Return the lines as a file: "> " to the device, "< " from it, "# " about the LED."""
        spoken = [f"{'>' if line.to_device else '<'} {line.text}" for line in self.lines]
        seen = [f"# LED {_LIT.get(lit, f'{lit:.0%}')} at cycle {at}" for at, lit in self.led]
        return "".join(f"{line}\n" for line in (*spoken, *seen))
