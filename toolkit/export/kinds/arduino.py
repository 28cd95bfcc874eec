# SPDX-License-Identifier: Apache-2.0
"""An Arduino library as a .zip, with sketches that fit what the model takes."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.codegen.model_feed import Feed
from toolkit.codegen.model_stream import stream_feed
from toolkit.export.kind import Files, Kind
from toolkit.export.library import Library
from toolkit.export.texts import common_files, fill

_USE = """In the Arduino IDE: Sketch, Include Library, Add .ZIP Library; then File, Examples, {name}:

- `stored_samples` compares stored samples with the outputs that are expected of them.
{sketches}

The sketches were compiled against a stand-in for Arduino's API, not yet with Arduino's own tools.
Before you publish the library, write your own name and address into library.properties: its format demands an
address, so https://example.com stands there."""

_ABOUT = {
    "imu": "- `imu` reads the sensor of an Arduino Nano 33 BLE Sense (LSM9DS1; BMI270 of the Rev2).",
    "microphone": "- `microphone` listens to the board's PDM microphone.",
}
_PROOF = "The C was compared with the model byte for byte: see README.md."
_AXES = (3, 6)
"""The columns that an IMU can fill: of acceleration, and of turning."""


def _arrange(library: Library) -> Files:
    sketches = dict(_sketches(library))
    use = _USE.format(name=library.name, sketches="\n".join(map(_ABOUT.__getitem__, sketches)))
    files = {}
    for place, content in common_files(library, use).items():
        folder, _, name = place.rpartition("/")
        files[f"src/{name}" if folder in ("include", "src") else place] = content
    del files["example/main.c"]
    files["examples/stored_samples/samples.h"] = files.pop("example/samples.h")
    files["examples/stored_samples/stored_samples.ino"] = fill("stored_samples.ino.j2", library)
    files |= {f"examples/{name}/{name}.ino": text for name, text in sketches.items()}
    files["library.properties"] = _properties(library)
    return {f"{library.name}/{place}": content for place, content in files.items()}


def _sketches(library: Library) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the sketches for the sensors that can feed the library's first model."""
    member = library.members[0]
    feed = stream_feed(member.model.graph, member.model.about, member.decision)
    name = _sensor(feed) if feed else ""
    if name:
        yield name, fill(f"{name}.ino.j2", library, feed=feed, decides=library.decides(member))


def _sensor(feed: Feed) -> str:
    if feed.is_sound:
        return "microphone"
    return "imu" if feed.width in _AXES else ""


def _properties(library: Library) -> str:
    """Return library.properties. Source: Arduino's library specification."""
    is_taken = library.name.lower().startswith("arduino")
    values = {
        "name": f"tinyml_{library.name}" if is_taken else library.name,
        "version": library.version,
        "author": "the owner of the model",
        "maintainer": "the owner of the model",
        "sentence": f"{library.about}."[0].upper() + f"{library.about}."[1:],
        "paragraph": f"{_PROOF} {library.core_note}".strip(),
        "category": "Data Processing",
        "url": f"https://example.com/{library.name}",
        "architectures": "*",
        "includes": ",".join(sorted(library.headers)),
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


KIND = Kind("arduino", "an Arduino library, .zip", _arrange, archive=".zip")
