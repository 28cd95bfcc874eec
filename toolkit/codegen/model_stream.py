# SPDX-License-Identifier: Apache-2.0
"""All the C that stands beside a model for a stream: what makes windows of it, and what decides on them."""

from __future__ import annotations

from dataclasses import replace

from toolkit.codegen.about import About, Purpose
from toolkit.codegen.model_decision import decision_kernels, decision_sources
from toolkit.codegen.model_feed import Feed, feature_kernels, feed_of, feed_sources
from toolkit.codegen.purpose import is_quantized, meaning_of
from toolkit.decision.rule import DecisionRule, rule_of
from toolkit.ir.graph import Graph
from toolkit.project.decision import DecisionConfig

_USUAL = DecisionConfig()


def stream_feed(graph: Graph, about: About, config: DecisionConfig = _USUAL) -> Feed | None:
    """Return how a stream feeds a model; None where its data are none, or nothing is known of them.

    A model that takes a window hop by hop has its own hop. Raises InputError as feed_of does.
    """
    if about.purpose is None or meaning_of(graph, about, "model") is None:
        return None
    if graph.stream is None:
        return feed_of(graph.window, about.purpose.raw, config.hop)
    feed = feed_of(graph.window, about.purpose.raw, graph.stream.hop) if graph.stream.axis == 1 else None
    return replace(feed, by_hops=True) if feed else None


def hop_of(graph: Graph, purpose: Purpose | None, hop: int) -> int:
    """Return the new rows of a run of graph; hop 0 takes that of the data. Raises as feed_of does."""
    feed = feed_of(graph.window, purpose.raw, hop) if purpose and len(graph.inputs) == 1 else None
    return feed.hop if feed else hop


def stream_rule(graph: Graph, about: About, config: DecisionConfig = _USUAL) -> DecisionRule | None:
    """Return when a stream shows a class; None for a model that does not classify a stream.

    Raises InputError as rule_of does.
    """
    purpose, feed, output = about.purpose, stream_feed(graph, about, config), graph.tensors[graph.outputs[0]]
    if purpose is None or feed is None or purpose.task != "classification" or not is_quantized(output):
        return None
    if output.elements != len(purpose.labels):
        return None
    return rule_of(config, purpose.labels, output, -(-feed.rows // feed.hop))


def stream_note(graph: Graph, about: About, config: DecisionConfig = _USUAL) -> str:
    """Return what a person should know of the decisions in a stream: what is never detected; or ""."""
    rule = stream_rule(graph, about, config)
    return f"firmware.decision: {rule.unreachable}" if rule and rule.unreachable else ""


def stream_sources(graph: Graph, about: About, name: str, config: DecisionConfig = _USUAL) -> dict[str, str]:
    """Return <name>_feed.c/.h, <name>_decision.c/.h and the C that they call, by file name.

    They need <name>_input.h beside them. Nothing for data that are no stream, no decision without classes.
    """
    feed, rule = stream_feed(graph, about, config), stream_rule(graph, about, config)
    if feed is None:
        return {}
    tensor, output = graph.window, graph.tensors[graph.outputs[0]]
    sources = {**feed_sources(feed, tensor, name, about.made_by, name), **feature_kernels(feed)}
    if rule is None or about.purpose is None:
        return sources
    decision = decision_sources(rule, about.purpose.labels, output, name, about.made_by, name)
    return {**sources, **decision, **decision_kernels()}
