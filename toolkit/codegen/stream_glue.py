# SPDX-License-Identifier: Apache-2.0
"""What ties a model's stream to the firmware's protocol: tm_feed.c, which implements tm_feed.h."""

from __future__ import annotations

from toolkit.codegen.about import About
from toolkit.codegen.model_decision import decision_ram_bytes
from toolkit.codegen.model_feed import feed_ram_bytes
from toolkit.codegen.model_stream import stream_feed, stream_rule
from toolkit.codegen.templates import render
from toolkit.ir.graph import Graph
from toolkit.project.decision import DecisionConfig

GLUE = "tm_feed.c"
MOST_ITEM_BYTES = 96
"""A command of the protocol carries so many bytes at least; tm_feed.h has room for more."""
_SAMPLE_BYTES, _NUMBER_BYTES = 2, 4


def item_bytes(graph: Graph, about: About) -> int:
    """Return the bytes of a raw item of the stream: a sample of sound, or a sensor's row of float32."""
    feed = stream_feed(graph, about)
    if feed is None:
        return 0
    return _SAMPLE_BYTES if feed.is_sound else _NUMBER_BYTES * feed.width


def stream_glue(graph: Graph, about: About, name: str, config: DecisionConfig) -> dict[str, str]:
    """Return tm_feed.c; nothing for data that are no stream, or whose rows are too long for a command."""
    feed, rule = stream_feed(graph, about, config), stream_rule(graph, about, config)
    size = item_bytes(graph, about)
    if feed is None or size > MOST_ITEM_BYTES:
        return {}
    ram_bytes = feed_ram_bytes(feed, graph.window)
    context = {
        "name": name,
        "upper": name.upper(),
        "decides": rule is not None,
        "member": "sound" if feed.is_sound else "numbers",
        "item_bytes": size,
        "ram_bytes": ram_bytes + (decision_ram_bytes(rule) if rule else 0),
    }
    return {GLUE: render(f"{GLUE}.j2", context)}
