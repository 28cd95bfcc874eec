# SPDX-License-Identifier: Apache-2.0
"""A stream, of sound or of a sensor's rows, to the windows that a model takes, as C with static memory.

The algorithms are in firmware_templates/features/; what is written here has tables, memory and calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit import paths
from toolkit.codegen import literals
from toolkit.codegen.model_input import Raw, Rows, Sound
from toolkit.codegen.names import c_identifier, naming
from toolkit.codegen.templates import render
from toolkit.data.exact import circle_q15, dct_q15, hann_q15
from toolkit.data.features import FeatureRules
from toolkit.errors import InputError
from toolkit.ir.graph import Tensor
from toolkit.project.provenance import Provenance

_TAIL_BYTES, _RING_BYTES, _BIN_BYTES = 8, 16, 8
_PARTS_OF_A_WINDOW = 4


@dataclass(frozen=True)
class Feed:
    """How a stream becomes windows: rows of width elements each; a window starts hop rows after the last.

    A row is a frame of features, a sample of raw sound, or a row of a sensor; items are what the stream
    consists of: 16-bit samples of sound, rate a second, or rows of a sensor (rate 0: not known).
    by_hops: the model takes a window hop by hop, so that only the new rows are given to it.
    """

    rows: int
    width: int
    hop: int
    rules: FeatureRules | None = None
    is_sound: bool = False
    rate: float = 0
    by_hops: bool = False

    @property
    def given_rows(self) -> int:
        """The rows that the model takes at once."""
        return self.hop if self.by_hops else self.rows

    @property
    def first_rows(self) -> int:
        """The rows that come before the model runs for the first time.

        Hops end with the window: where they do not come out even, the first one is short.
        """
        return (self.rows - 1) % self.hop + 1 if self.by_hops else self.rows

    @property
    def first_items(self) -> int:
        """The items that the first window needs."""
        return (self.rows - 1) * self.row_items + (self.rules.window if self.rules else 1)

    @property
    def row_items(self) -> int:
        """The items from one row to the next."""
        return self.rules.hop if self.rules else 1

    @property
    def hop_items(self) -> int:
        """The items from one window to the next."""
        return self.hop * self.row_items


def feed_of(tensor: Tensor, raw: Raw, hop: int = 0) -> Feed | None:
    """Return how a stream feeds a model whose input is tensor (1, rows, ...), or None: its data are none.

    hop 0 takes that of the data, and a quarter of a window where a file is one window. Raises InputError
    for a hop longer than a window, which would leave out what lies between two.
    """
    if not isinstance(raw.kind, Sound | Rows) or len(tensor.shape) < 2:
        return None
    rows = tensor.shape[1]
    width = math.prod(tensor.shape[2:])
    if not 0 <= hop <= rows:
        raise InputError(f"firmware.decision.hop {hop} must be from 0 to {rows}, the rows of a window.")
    hop = hop or min(raw.kind.hop, rows) or max(rows // _PARTS_OF_A_WINDOW, 1)
    if isinstance(raw.kind, Sound):
        return Feed(rows, width, hop, raw.kind.rules, True, raw.kind.rate)
    return Feed(rows, width, hop, rate=raw.kind.rate)


def feed_sources(
    feed: Feed, tensor: Tensor, symbol: str, made_by: Provenance | None = None, stem: str = "model"
) -> dict[str, str]:
    """Return <stem>_feed.c and <stem>_feed.h. They need <stem>_input.h and feature_kernels() beside them."""
    name = c_identifier(symbol)
    context = {
        **naming(symbol, made_by, stem),
        "type": literals.C_TYPES[tensor.dtype],
        "rows": feed.rows,
        "given": feed.given_rows,
        "first": feed.first_rows,
        "by_hops": feed.by_hops,
        "width": feed.width,
        "hop": feed.hop,
        "samples": (feed.given_rows - 1) * feed.row_items + (feed.rules.window if feed.rules else 1),
        "rate": feed.rate,
        "ram_bytes": feed_ram_bytes(feed, tensor),
        "features": feed.rules is not None,
        "is_sound": feed.is_sound,
        **_words(feed, name),
        **(_features(feed.rules) if feed.rules else {}),
    }
    return {f"{stem}_feed.{end}": render(f"model_feed.{end}.j2", context) for end in ("c", "h")}


def feature_kernels(feed: Feed) -> dict[str, str]:
    """Return the C that feed_sources calls, by file name."""
    every = sorted(paths.templates("features").glob("tm_feature_*.[ch]"))
    return {path.name: path.read_text(encoding="utf-8") for path in every if _is_needed(path, feed)}


def feature_tables(rules: FeatureRules) -> dict[str, NDArray[np.int64]]:
    """Return the tables of tm_feature_params, in its order; each number fits int16, dct only for MFCC."""
    places = [np.flatnonzero(weights) for weights in rules.mel]
    spans = [(int(at[0]), int(at[-1]) + 1) for at in places]
    tables: dict[str, NDArray[np.int64]] = {
        "hann": hann_q15(rules.window)[: rules.window // 2 + 1],
        "cosines": circle_q15(rules.fft)[0][: rules.fft // 4 + 1],
        "first_bins": np.array([a for a, _ in spans]),
        "bin_counts": np.array([b - a for a, b in spans]),
        "mel": np.concatenate([row[a:b] for row, (a, b) in zip(rules.mel, spans, strict=True)]),
    }
    if rules.coefficients:
        tables["dct"] = dct_q15(rules.coefficients, rules.bands).reshape(-1)
    return tables


def feed_ram_bytes(feed: Feed, tensor: Tensor) -> int:
    """Return the static memory of what feed_sources returns."""
    ring = _RING_BYTES + feed.given_rows * feed.width * np.dtype(tensor.dtype).itemsize
    rules = feed.rules
    if rules is None:
        return ring
    levels = 2 * rules.bands if rules.coefficients else 0
    return ring + _TAIL_BYTES + 2 * rules.window + _BIN_BYTES * (rules.fft // 2 + 1) + levels


def _is_needed(path: Path, feed: Feed) -> bool:
    return feed.rules is not None or path.stem == "tm_feature_ring"


def _words(feed: Feed, name: str) -> dict[str, object]:
    if not feed.is_sound:
        columns = f"{name.upper()}_FEED_COLUMNS"
        often = f", {feed.rate:g} a second" if feed.rate else ""
        return {
            "what": "a sensor's rows",
            "steps": "rows",
            "each_item": f" * {columns}",
            "item": f"items (count, {columns}): rows as the data have them, in their units{often}.",
            "item_type": "float",
            "column": f"i % {name.upper()}_INPUT_COLUMNS",
        }
    return {
        "what": "sound",
        "steps": "frames" if feed.rules else "samples",
        "each_item": "",
        "item": f"items (count): sound of 16 bits, {feed.rate} samples a second.",
        "item_type": "int16_t",
        "column": "0u",
    }


def _features(rules: FeatureRules) -> dict[str, object]:
    return {
        "dct": "dct" if rules.coefficients else "NULL",
        "frame_hop": rules.hop,
        **{key: getattr(rules, key) for key in ("window", "fft", "bands", "coefficients")},
        "tables": [
            {"name": key, "text": literals.wrap(map(literals.integer, values.tolist()))}
            for key, values in feature_tables(rules).items()
        ],
    }
