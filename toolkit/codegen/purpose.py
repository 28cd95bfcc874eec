# SPDX-License-Identifier: Apache-2.0
"""What a model is for, as its public header has it: numbers from outside, and what the outputs mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from toolkit.codegen import literals
from toolkit.codegen.about import About, Purpose
from toolkit.codegen.model_input import Picture, Raw, Rows, Sound, about_raw, model_input_header
from toolkit.ir.graph import Graph, Tensor

_LABEL_FROM = "0.5f"


@dataclass(frozen=True)
class Size:
    """A constant of the header."""

    name: str
    value: str
    comment: str


@dataclass(frozen=True)
class Form:
    """How raw numbers are handed over in C. writer is the function of model_input.h that writes a whole
    input, "" for one that is written number by number. sizes are the constants whose product is their count.
    """

    name: str
    type: str
    shape: str
    writer: str
    sizes: tuple[str, ...]


_FORMS = (
    (
        Picture,
        Form(
            "pixels",
            "uint8_t",
            "(HEIGHT, WIDTH, CHANNELS): rows from the top, 0 to 255",
            "picture",
            ("HEIGHT", "WIDTH", "CHANNELS"),
        ),
    ),
    (Sound, Form("sound", "int16_t", "(SAMPLES) of 16 bits, RATE a second", "sound", ("SAMPLES",))),
    ((Rows, type(None)), Form("numbers", "float", "(ROWS, COLUMNS)", "", ("ROWS", "COLUMNS"))),
)


@dataclass(frozen=True)
class Meaning:
    """The context of library_real.h.j2 and library_real.c.j2; labels are C text.

    call is the function for most people; header is <name>_input.h, how one number becomes one of the input.
    """

    call: str
    task: Literal["classification", "anomaly", ""]
    about: tuple[str, ...]
    sizes: tuple[Size, ...]
    labels: tuple[str, ...]
    form: Form
    has_frames: bool
    header: str


def meaning_of(graph: Graph, about: About, name: str) -> Meaning | None:
    """Return the purpose of a graph as the templates take it; None without one.

    None also for ends that are no real numbers: several inputs or outputs, or an input that is not quantized.
    """
    if about.purpose is None or len(graph.inputs) != 1 or len(graph.outputs) != 1:
        return None
    tensor, output = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    if not is_quantized(tensor) or not (is_quantized(output) or output.dtype == "float32"):
        return None
    purpose = about.purpose
    raw, task = purpose.raw, _task(purpose, output, by_hops=graph.stream is not None)
    form = next(form for kind, form in _FORMS if isinstance(raw.kind, kind))
    return Meaning(
        call=f"{name}_{'classify' if task else 'predict'}",
        task=task,
        about=_about(purpose, tensor),
        sizes=(*_sizes(purpose, graph), *_judging(purpose)),
        labels=tuple(map(literals.string, purpose.labels)),
        form=form,
        has_frames=isinstance(raw.kind, Sound) and raw.kind.rules is not None,
        header=model_input_header(tensor, name, purpose.mean, purpose.deviation, about.made_by, raw=raw),
    )


def _about(purpose: Purpose, tensor: Tensor) -> tuple[str, ...]:
    """Return what the functions take that take a whole input, as lines for a C comment."""
    raw, kind = purpose.raw, purpose.raw.kind
    if isinstance(kind, Picture):
        return (f'A picture of another size must be made to fit as in training: fit = "{kind.fit}".',)
    if isinstance(kind, Sound) and kind.rules is not None:
        rows, features = tensor.shape[1:3]
        name = "MFCC" if kind.rules.coefficients else "log-mel"
        return (f"Sound becomes {rows} frames of {features} features first ({name}), as in training.",)
    if isinstance(kind, Sound):
        return ("Sound is taken as a microphone gives it.",)
    trained = ("The numbers are those that the model was trained with.",)
    return (*(tuple(about_raw(raw)) or trained), *_shape(raw, tensor), *_range(purpose, tensor))


def _shape(raw: Raw, tensor: Tensor) -> tuple[str, ...]:
    """Return the axes of numbers that are more than rows of columns, such as those of a picture."""
    if raw.kind is not None or len(tensor.shape) < 4:
        return ()
    return (f"They stand in the order {tensor.shape[1:]}, the last axis innermost.",)


def _range(purpose: Purpose, tensor: Tensor) -> tuple[str, ...]:
    """Return the numbers that the integers of the input stand for, where all columns have the same."""
    if len(purpose.mean) > 1 or tensor.quantization is None:
        return ()
    limits, by = np.iinfo(tensor.dtype), tensor.quantization
    real = ((q - by.zero_point) * by.scale for q in (limits.min, limits.max))
    low, high = ((x * purpose.deviation[0] + purpose.mean[0]) * purpose.raw.divisor for x in real)
    return (f"From {low:.6g} to {high:.6g}: what is less or more counts as the nearest of these.",)


def is_quantized(tensor: Tensor) -> bool:
    """Return whether a tensor's integers stand for real numbers by one scale."""
    return tensor.dtype in ("int8", "int16") and tensor.quantization is not None


def _task(purpose: Purpose, output: Tensor, *, by_hops: bool) -> Literal["classification", "anomaly", ""]:
    """The task, if a single answer can be given: of classes one for each output.

    An anomaly is what differs from the whole window, which a model that takes hops does not have.
    """
    if purpose.task == "classification" and len(purpose.labels) == output.elements:
        return "classification"
    if purpose.task == "anomaly" and purpose.threshold is not None and not by_hops:
        return "anomaly"
    return ""


def _judging(purpose: Purpose) -> tuple[Size, ...]:
    if purpose.task == "anomaly" and purpose.threshold is not None:
        value = literals.real(float(np.float32(purpose.threshold)))
        return (Size("THRESHOLD", value, "the score above which a sample is anomalous"),)
    if purpose.task == "multilabel":
        return (Size("THRESHOLD", _LABEL_FROM, "the value from which on a sample has a label"),)
    return ()


def _samples(kind: Sound, graph: Graph) -> int:
    """Return the samples of sound in an input: of a window, or of the new rows of a hop."""
    if graph.stream is None:
        return kind.samples
    rows, rules = graph.stream.hop, kind.rules
    return rows if rules is None else (rows - 1) * rules.hop + rules.window


def _sizes(purpose: Purpose, graph: Graph) -> tuple[Size, ...]:
    kind, tensor = purpose.raw.kind, graph.tensors[graph.inputs[0]]
    if isinstance(kind, Picture):
        names = ("HEIGHT", "WIDTH", "CHANNELS")
        order = "3: red, green, blue; 1: grey"
        comments = ("of the picture, in pixels", "of the picture, in pixels", order)
        return tuple(map(Size, names, (f"{size}u" for size in tensor.shape[1:]), comments))
    if isinstance(kind, Sound):
        return (
            Size("SAMPLES", f"{_samples(kind, graph)}u", "of sound that make one input"),
            Size("RATE", f"{kind.rate}u", "samples a second"),
        )
    rate = kind.rate if isinstance(kind, Rows) else 0.0
    columns = len(purpose.mean) if len(purpose.mean) > 1 else (tensor.shape or (1,))[-1]
    rows = f"{tensor.elements // max(columns, 1)}u"
    return (
        Size("ROWS", rows, "one after the other in time, if there are several"),
        Size("COLUMNS", f"{columns}u", "numbers in a row"),
        *([Size("RATE", literals.real(float(np.float32(rate))), "rows a second")] if rate else []),
    )
