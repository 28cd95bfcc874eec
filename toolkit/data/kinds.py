# SPDX-License-Identifier: Apache-2.0
"""Which sources read files of pictures, and which sound: firmware, recipes and searches differ."""

from __future__ import annotations

PICTURE_SOURCES = (
    "image_folder",
    "caltech101",
    "cars",
    "dtd",
    "flowers102",
    "food101",
    "pets",
    "sun397",
)
SOUND_SOURCES = ("audio_folder", "speech_commands", "toy_admos")
