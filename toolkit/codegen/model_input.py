# SPDX-License-Identifier: Apache-2.0
"""From numbers as the data have them to a model's integer input, as C: what a firmware must feed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from toolkit.codegen import literals
from toolkit.codegen.names import comment_text, naming, plain_identifier
from toolkit.codegen.templates import render
from toolkit.data.features import FeatureRules
from toolkit.data.kinds import PICTURE_SOURCES, SOUND_SOURCES
from toolkit.errors import TinymlError
from toolkit.ir.graph import Tensor
from toolkit.project.provenance import Provenance
from toolkit.tomlfile import from_table

if TYPE_CHECKING:
    from toolkit.data.sounds import SoundFields

T = TypeVar("T")


@dataclass(frozen=True)
class Picture:
    """Bytes of a camera: the input is (height, width, channels); fit says how a picture got this size."""

    fit: str


@dataclass(frozen=True)
class Sound:
    """PCM of 16 bits: samples of it, rate a second, make an input; rules None for the sound as it is.

    hop is the rows of the input, frames or samples, from one window of the data to the next; 0 where each
    file is one.
    """

    samples: int
    rate: int
    rules: FeatureRules | None = None
    hop: int = 0


@dataclass(frozen=True)
class Rows:
    """Rows of a sensor, one after another, rate a second (0: not known).

    hop is how many lie between two windows of the data.
    """

    hop: int
    rate: float = 0.0


@dataclass(frozen=True)
class Raw:
    """What a sensor gives. Numbers are divided by divisor first; columns are the names of the last axis."""

    divisor: float = 1.0
    columns: tuple[str, ...] = ()
    kind: Picture | Sound | Rows | None = None


_NUMBERS = Raw()
_DESCRIPTION = Path("quantization.json")
_COMMENT_WIDTH = 95


def model_input_header(
    tensor: Tensor,
    symbol: str,
    mean: Sequence[float] = (0.0,),
    deviation: Sequence[float] = (1.0,),
    made_by: Provenance | None = None,
    *,
    raw: Raw = _NUMBERS,
) -> str:
    """Return model_input.h for a model of this name, whose input is tensor, int8 or int16.

    mean and deviation are those of the columns, the input's last axis, or one each for all. The C
    computes the same integers as the data source, Standard.apply and quantize_samples do, in float32 and
    in their order. made_by is what the comment says of the model.
    """
    if tensor.quantization is None:
        raise TinymlError(f"the input {tensor.name} is not quantized.")
    limits = np.iinfo(tensor.dtype)
    context = {
        **naming(symbol, made_by),
        "type": literals.C_TYPES[tensor.dtype],
        "about": about_raw(raw),
        "by": "" if raw.divisor == 1 else f" / {literals.real(float(np.float32(raw.divisor)))}",
        "columns": len(mean),
        "named": _constants(raw.columns) if len(raw.columns) == len(mean) else [],
        "mean": literals.wrap(map(literals.real, mean)),
        "deviation": literals.wrap(map(literals.real, deviation)),
        "scale": literals.real(float(np.float32(tensor.quantization.scale))),
        "zero_point": tensor.quantization.zero_point,
        "far": literals.real(float(2 * (limits.max + 1))),
        "lowest": int(limits.min),
        "highest": int(limits.max),
        "picture": isinstance(raw.kind, Picture),
        "pcm": isinstance(raw.kind, Sound) and raw.kind.rules is None,
        "features": isinstance(raw.kind, Sound) and raw.kind.rules is not None,
        **_kind(raw, tensor),
    }
    return render("model_input.h.j2", context)


def raw_of(source: str, options: Mapping[str, Any], columns: tuple[str, ...]) -> Raw:
    """Return what a data source's files hold; source and options as in Takes, columns by name.

    Raises InputError for options that the source does not have.
    """
    if source == "image_folder":
        from toolkit.data.image_folder import ImageFolderOptions

        return Raw(255.0, kind=Picture(_options(ImageFolderOptions, options).fit))
    if source == "audio_folder":
        from toolkit.data.audio_folder import AudioFolderOptions

        return _raw_of_sound(_options(AudioFolderOptions, options))
    if source in PICTURE_SOURCES:
        from toolkit.data.picture import PictureFields

        return Raw(255.0, kind=Picture(_shared(PictureFields, options).fit))
    if source in SOUND_SOURCES:
        from toolkit.data.sounds import SoundFields

        return _raw_of_sound(_shared(SoundFields, options))
    if source == "windows":
        from toolkit.data.window_options import WindowsOptions

        windows = _options(WindowsOptions, options)
        return Raw(1.0, columns, Rows(windows.cut.step, windows.rate))
    return Raw(float(options.get("divisor", 1.0)), columns)


def _raw_of_sound(found: SoundFields) -> Raw:
    rules = None if found.features == "raw" else found.rules
    hop = found.cut.step if found.hop else 0
    return Raw(found.divisor, kind=Sound(found.length, found.rate, rules, hop))


def _shared(schema: type[T], options: Mapping[str, Any]) -> T:
    """Return what a source has of the options that all of its kind have."""
    names = {field.name for field in fields(schema)}  # type: ignore[arg-type]
    return _options(schema, {name: value for name, value in options.items() if name in names})


def _options(schema: type[T], options: Mapping[str, Any]) -> T:
    table = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
    return from_table(_DESCRIPTION, schema, table, ("takes", "options"))


def about_raw(raw: Raw) -> list[str]:
    """Return what is known of raw as lines for a C comment."""
    if isinstance(raw.kind, Picture):
        return [
            "raw is a byte of a picture, 0 to 255, upright; a picture of another size was made to fit by",
            f'fit = "{raw.kind.fit}" (docs/data.md), and your firmware must do the same.',
        ]
    if isinstance(raw.kind, Sound):
        if raw.kind.rules is not None:
            return ["raw is a feature of sound, as int16; the header of the stream, ..._feed.h, takes sound."]
        return ["raw is a 16-bit sample of sound; input_sound() takes the sound of a microphone."]
    named = [f"{place}: {comment_text(name)}" for place, name in enumerate(raw.columns)]
    return textwrap.wrap(f"The columns: {', '.join(named)}", _COMMENT_WIDTH) if named else []


def _constants(columns: Sequence[str]) -> list[str]:
    """Return a name for each column as the end of a macro; two that look alike in C get numbers."""
    words = [plain_identifier(name).upper() for name in columns]
    taken, names = {word for word in words if words.count(word) == 1}, []
    for place, word in enumerate(words):
        name = word if word in taken else f"{word}_{place}"
        while name in taken and word not in taken:
            name += "_"
        taken.add(name)
        names.append(f"COLUMN_{name}")
    return names


def _kind(raw: Raw, tensor: Tensor) -> dict[str, object]:
    if isinstance(raw.kind, Picture):
        height, width, channels = tensor.shape[1:]
        order = "red, green, blue of each pixel" if channels == 3 else "a byte of grey for each pixel"
        return {"height": height, "width": width, "channels": channels, "order": order}
    if not isinstance(raw.kind, Sound):
        return {}
    about: dict[str, object] = {"rate": raw.kind.rate, "samples": raw.kind.samples}
    rules = raw.kind.rules
    if rules is None:
        return about
    return {**about, "frames": tensor.shape[1], "hop": rules.hop, "each": rules.coefficients or rules.bands}
