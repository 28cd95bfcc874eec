# SPDX-License-Identifier: Apache-2.0
"""What makes windows of a stream of sound or of a sensor's rows, for a model that is for such data."""

from __future__ import annotations

from toolkit.codegen.model_feed import Feed, feature_kernels, feed_of, feed_sources
from toolkit.codegen.purpose import meaning_of
from toolkit.compiler.compile import CompiledModel


def feed_for(model: CompiledModel) -> Feed | None:
    """Return how a stream feeds a model, or None: what it takes is no stream."""
    purpose = model.about.purpose
    if purpose is None or meaning_of(model.graph, model.about, model.name) is None:
        return None
    return feed_of(model.graph.tensors[model.graph.inputs[0]], purpose.raw)


def stream_sources(model: CompiledModel) -> dict[str, str]:
    """Return <name>_feed.c, <name>_feed.h and the C that they call; nothing for data that are no stream."""
    feed, tensor = feed_for(model), model.graph.tensors[model.graph.inputs[0]]
    if feed is None:
        return {}
    sources = feed_sources(feed, tensor, model.name, model.about.made_by, model.name)
    return {**sources, **feature_kernels(feed)}
