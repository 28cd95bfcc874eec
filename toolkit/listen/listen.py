# SPDX-License-Identifier: Apache-2.0
"""Recordings through a model and the decision of its project, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.codegen.model_feed import Feed
from toolkit.codegen.model_stream import stream_feed, stream_rule
from toolkit.compiler.compile import CompiledModel
from toolkit.data.load import source_of
from toolkit.data.takes import Takes
from toolkit.data.window_options import ENDINGS as TABLES
from toolkit.decision.rule import NEVER, Decider, DecisionRule
from toolkit.errors import InputError
from toolkit.ir.graph import Graph, Tensor
from toolkit.listen.events import Event, events_of_column, labels_beside, oddities, read_events
from toolkit.listen.recording import Recording, read_recording, windows_of
from toolkit.listen.score import Detection, Scored, Tally, score, tallies
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.decision import DecisionConfig
from toolkit.reading import MOST_MODEL_BYTES, read_file
from toolkit.reference.oracle import Rows, expected_outputs
from toolkit.suggest import did_you_mean, is_near
from toolkit.targets.board import Board
from toolkit.tflite.reader import read_graph

_MOST_LOOKED_AT = 10
_MOST_SHOWN = 8
_OTHER_RATE = 0.02
"""From this share on, a clock that is off does not explain it."""


@dataclass(frozen=True, eq=False)
class Ears:
    """A project's model, how a stream feeds it, and when it counts as a detection."""

    model: bytes
    compiled: CompiledModel
    takes: Takes
    feed: Feed
    rule: DecisionRule
    rate: float
    decision: DecisionConfig
    learnt_hz: float = 0.0
    """Rows a second of the data that the model learnt from, 0 where nothing says it."""

    @property
    def input(self) -> Tensor:
        """The tensor of a window."""
        return self.compiled.graph.window

    @property
    def graph(self) -> Graph:
        """The graph that says what a whole window gives."""
        if self.compiled.hop is None:
            return self.compiled.graph
        return read_graph(self.model, self.compiled.name)

    @property
    def given_bytes(self) -> int:
        """The bytes of a window that the model is given at once, which are its last."""
        return self.compiled.graph.tensors[self.compiled.graph.inputs[0]].bytes

    @property
    def output(self) -> Tensor:
        """The tensor of the scores."""
        return self.compiled.graph.tensors[self.compiled.graph.outputs[0]]

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that can be detected."""
        pairs = zip(self.takes.classes, self.rule.thresholds, strict=True)
        return tuple(name for name, threshold in pairs if threshold != NEVER)

    def time_of(self, items: int) -> float:
        """Return when so many items are over: in seconds, or in rows where the rate is not known."""
        return items / (self.rate or 1.0)

    @property
    def reach(self) -> float:
        """How far back a detection looks: over all windows that the rule takes into it."""
        windows_before = self.rule.average + self.rule.of - 2
        return self.time_of(self.feed.first_items + windows_before * self.feed.hop_items)

    def window_end(self, window: int) -> float:
        """Return when a window is over."""
        return self.time_of(self.feed.first_items + window * self.feed.hop_items)


@dataclass(frozen=True, eq=False)
class Track:
    """What a decision is made of: times (n,) and scores (n, classes) of windows.

    begins (n,): whether the decision was started anew before. reach: how far back a detection looks.
    """

    times: NDArray[np.float64]
    scores: NDArray[Any]
    begins: NDArray[np.bool_]
    reach: float


@dataclass(frozen=True)
class Heard:
    """What was detected in one recording of this length; events and scored are None without labels.

    notes say where the recording has gaps, and that its own time has another rate than was said. track is
    what was decided on.
    """

    name: str
    span: float
    windows: int
    detections: tuple[Detection, ...]
    events: tuple[Event, ...] | None
    scored: Scored | None
    notes: tuple[str, ...] = ()
    track: Track | None = None


def ears_of(pipeline: Pipeline, rate: float = 0.0, board: Board | None = None) -> Ears:
    """Return the project's ears, with the model as it is built for board, if one is given.

    rate is rows a second of a sensor, 0 for what the data say. Raises InputError for a project whose data
    are no stream, or, without a board, that does not classify.
    """
    compiled = pipeline.compile() if board is None else pipeline.built_model(board)
    model = read_file(pipeline.quantize(), MOST_MODEL_BYTES)
    context = pipeline.context
    takes = Takes.from_json(context.read_json("quantization.json")["takes"])
    config = context.project.firmware.decision
    feed = stream_feed(compiled.graph, compiled.about, config)
    rule = stream_rule(compiled.graph, compiled.about, config)
    if rule is None and board is not None:
        rule = DecisionRule((NEVER,) * compiled.graph.tensors[compiled.graph.outputs[0]].elements)
    if feed is None or rule is None:
        raise InputError(
            f"the project {context.project.name} does not classify a stream: its data are {takes.source}, "
            f"its task is {takes.task}.",
            hint="tinyml listen and stream are for audio_folder and windows with classes; see tinyml predict",
        )
    known = feed.rate if feed.is_sound else rate or float(takes.options.get("rate", 0.0))
    return Ears(model, compiled, takes, feed, rule, known, config, learnt_hz(pipeline, takes))


def learnt_hz(pipeline: Pipeline, takes: Takes) -> float:
    """Return the rows a second of the data, by the times of a recording of them; 0 without.

    With the option rate all recordings are made to have it.
    """
    if not takes.options.get("time") or takes.options.get("rate"):
        return 0.0
    _, options, context = source_of(pipeline.project)
    if file := getattr(options, "file", ""):
        paths = [context.root / file]
    else:
        folder = context.root / getattr(options, "folder", "")
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in TABLES)
    for path in paths[:_MOST_LOOKED_AT]:
        with suppress(InputError):
            if rate := read_recording(path, takes).rate:
                return rate
    return 0.0


def by_own_time(ears: Ears, recordings: Sequence[Recording]) -> tuple[Ears, list[Recording]]:
    """Return ears with the rate of the first recording that has a time of its own, if one has.

    Recordings of another rate than ears had, or than the first has, come back with a note.
    """
    rate = next((recording.rate for recording in recordings if recording.rate), ears.rate)
    return replace(ears, rate=rate), [_with_note(ears, recording, rate) for recording in recordings]


def _with_note(ears: Ears, recording: Recording, rate: float) -> Recording:
    own, notes = recording.rate, []
    if own and ears.learnt_hz and abs(own - ears.learnt_hz) > _OTHER_RATE * own:
        notes.append(
            f"its time has {own:.4g} rows a second, the data that the model learnt from "
            f"{ears.learnt_hz:.4g}: a window is of another length than it knows. rate = {ears.learnt_hz:.4g} "
            "in [data.options] resamples all recordings, of the data too"
        )
    elif own and abs(own - (ears.rate or rate)) > _OTHER_RATE * own:
        notes.append(f"its time has {own:.4g} rows a second, not {ears.rate or rate:.4g}")
    return replace(recording, notes=(*notes, *recording.notes))


def listen(ears: Ears, recording: Recording, labels: Path | None = None) -> Heard:
    """Return what the int8 model on this computer detects in a recording.

    labels is a label file; without one it is that beside the recording, the column of classes in it, or
    the name of its folder, if that is a class. Raises InputError for labels that cannot be read.
    """
    rows = windows_of(recording, ears.feed, ears.takes, ears.input)
    outputs = expected_outputs(ears.model, ears.graph, rows, is_stream=True).outputs
    return heard_of(ears, recording, scores_of(ears, outputs), labels)


def scores_of(ears: Ears, outputs: Rows) -> NDArray[Any]:
    """Return the integers of the scores (n, classes) in outputs (n, output bytes)."""
    return np.ascontiguousarray(outputs[:, : ears.output.bytes]).view(ears.output.dtype)


def heard_of(ears: Ears, recording: Recording, scores: NDArray[Any], labels: Path | None) -> Heard:
    """Return what the scores (windows, classes) of a recording amount to."""
    decider = Decider(ears.rule)
    return heard_by(ears, recording, scores, [decider.step(row.tolist()) for row in scores], labels)


def heard_by(
    ears: Ears,
    recording: Recording,
    scores: NDArray[Any],
    decisions: Sequence[int | None],
    labels: Path | None,
    times: NDArray[np.float64] | None = None,
    begins: NDArray[np.bool_] | None = None,
) -> Heard:
    """Return what was heard with the class, or none, that was detected with each window.

    times are those of the decisions in the stream; without them each is made at the end of its window, by
    the recording's own rate, if it has one. What is missing in the recording is put between them.
    """
    ears = replace(ears, rate=recording.rate or ears.rate)
    if times is None:
        times = np.array([ears.window_end(window) for window in range(len(scores))])
    times = recording.real_times(times, ears.rate)
    if begins is None:
        begins = np.arange(len(scores)) == 0
    track = Track(times, scores, begins, ears.reach)
    found = detections_of(ears, track, decisions)
    events = events_in(ears, recording, labels)
    span = ears.time_of(len(recording.items))
    scored = None if events is None else score(found, events, ears.reach)
    notes = (*recording.notes, *oddities(events or (), end_of(ears, recording)))
    return Heard(recording.path.name, span, len(scores), found, events, scored, notes, track)


def end_of(ears: Ears, recording: Recording) -> float:
    """Return when a recording is over, by its own time."""
    return float(recording.real_times(np.array([ears.time_of(len(recording.items))]), ears.rate)[0])


def detections_of(ears: Ears, track: Track, decisions: Sequence[int | None]) -> tuple[Detection, ...]:
    """Return the detections, of the class or none that was detected with each window."""
    quantization = ears.output.quantization
    assert quantization is not None
    found = []
    for window, place in enumerate(decisions):
        if place is not None:
            mean = (
                track.scores[max(window + 1 - ears.rule.average, 0) : window + 1, place].astype(float).mean()
            )
            real = float(quantization.scale * (mean - quantization.zero_point))
            found.append(Detection(float(track.times[window]), ears.takes.classes[place], real))
    return tuple(found)


def events_in(ears: Ears, recording: Recording, labels: Path | None) -> tuple[Event, ...] | None:
    """Return the events of the classes that can be detected, or None where nobody says what they are."""
    path = recording.path
    file = labels or labels_beside(path)
    if file is not None:
        events = read_events(file)
        _require_sense(ears, recording, file, events)
    elif recording.labels is not None:
        events = events_of_column(recording.labels, ears.rate or 1.0)
        ends = recording.real_times(np.array([event.end for event in events]), ears.rate)
        starts = [0.0, *recording.real_times(np.array([e.end for e in events[:-1]]), ears.rate).tolist()]
        shifted = zip(starts, ends.tolist(), events, strict=True)
        events = tuple(Event(start, end, event.label) for start, end, event in shifted)
    elif path.absolute().parent.name in ears.takes.classes:
        events = (Event(0.0, end_of(ears, recording), path.absolute().parent.name),)
    else:
        return None
    return tuple(event for event in events if event.label in ears.labels)


def _require_sense(ears: Ears, recording: Recording, file: Path, events: Sequence[Event]) -> None:
    """Raise InputError for labels that cannot be of this model and recording."""
    classes, labels = ears.takes.classes, {event.label for event in events}
    unknown = sorted(labels - set(classes))
    for label in unknown:
        alike = [each for each in classes if each.casefold() == label.casefold()]
        if alike or is_near(label, classes):
            meant = f"Did you mean {alike[0]}?" if alike else did_you_mean(label, classes)
            raise InputError(
                f"{file}: {label!r} is no class of the model. {meant}",
                hint="A label of something else may stand there, if it does not look like a class",
            )
    if events and len(unknown) == len(labels):
        raise InputError(
            f"{file}: none of its labels is a class of the model, which are {', '.join(classes)}; it has "
            f"{', '.join(map(repr, unknown[:_MOST_SHOWN]))}."
        )
    if not ears.feed.is_sound and not ears.rate:
        raise InputError(
            f"{file}: labels are in seconds, and nothing says how many rows make a second.",
            hint="Try: --rate with the rows a second, or time, the column of the time, in [data.options]",
        )
    span = end_of(ears, recording)
    late = next((event for event in events if event.start > span), None)
    if late is not None:
        raise InputError(
            f"{file}: {late.label!r} begins at {late.start:g} s; the recording has {span:.4g} s.",
            hint="Labels are in seconds, not in milliseconds or samples",
        )


def tally(ears: Ears, heard: Sequence[Heard]) -> tuple[Tally, ...]:
    """Return hits, misses and false accepts over all recordings with labels; nothing if none has any."""
    labelled = [
        (each.detections, each.events, each.scored)
        for each in heard
        if each.events is not None and each.scored is not None
    ]
    span = sum(each.span for each in heard if each.events is not None)
    return tallies(ears.labels, labelled, span) if labelled else ()
