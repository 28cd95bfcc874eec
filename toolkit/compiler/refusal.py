# SPDX-License-Identifier: Apache-2.0
"""What cannot be compiled, as a message that a person can read: what is alike is told once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolkit.ir.dump import tensor_text
from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ir.rules import describe, kind_text
from toolkit.tflite.ending import float_end

_LONGEST_NAME = 50
_MOST_GROUPS = 6
_MOST_TENSORS = 7
_MOST_PLACES = 8
_MOST_ENDS = 3
_NUMBER = re.compile(r"-?\d[\d.,]*(e[+-]?\d+)?")


@dataclass(frozen=True, eq=False)
class Refused:
    """An operation that cannot be compiled, and why; has_operator tells if others of its kind can be."""

    operation: Operation
    reasons: Sequence[str]
    has_operator: bool


def refusal_text(graph: Graph, refused: Sequence[Refused], ends: Sequence[str]) -> str:
    """Return one message for all that is wrong with graph; ends are lines about its inputs and outputs."""
    groups: dict[tuple[str, ...], list[Refused]] = {}
    for each in refused:
        alike = (kind_text(each.operation), *(_NUMBER.sub("#", reason) for reason in each.reasons))
        groups.setdefault(alike, []).append(each)
    shown = list(groups.values())[:_MOST_GROUPS]
    lines = [_group_text(graph, group) for group in shown] + list(ends[:_MOST_GROUPS])
    left = len(refused) - sum(map(len, shown)) + max(len(ends) - _MOST_GROUPS, 0)
    if left:
        hidden = [each for group in list(groups.values())[_MOST_GROUPS:] for each in group]
        kinds = sorted({kind_text(each.operation) for each in hidden})
        lines.append(f"  and {left} more{': ' if kinds else ''}{_listed(kinds)}")
    count = len(refused) + len(ends)
    things = f"{count} thing{'s' if count > 1 else ''}"
    return f"{graph.name} has {things} that cannot be compiled:\n" + "\n".join(lines)


def refusal_hint(refused: Sequence[Refused]) -> str:
    """Return what to do about it."""
    missing = sorted({kind_text(each.operation) for each in refused if not each.has_operator})
    if not missing:
        return "Try: change these layers, then convert and quantize the model again"
    if all(each.operation.kind == "CUSTOM" for each in refused if not each.has_operator):
        return f"Try: the model without {_listed(missing)}, computed outside of it on its outputs"
    return f"Try: other layers for {_listed(missing)}; docs/operators.md has those that are supported"


def float_hint(graph: Graph, refused: Sequence[Refused]) -> str:
    """Return what to do about layers in float32: where they are the model's end, it can end before them."""
    layers = [each.operation for each in refused]
    made = {i for layer in layers for i in layer.outputs}
    others = [o for o in graph.operations if o not in layers]
    read = {i: None for layer in layers for i in layer.inputs if i >= 0 and i not in made}
    computed = {i: o for o in others for i in o.outputs}
    ends = [_before_dequantize(graph, computed[i]) for i in read if i in computed]
    is_end = not any(made.intersection(o.inputs) for o in others)
    if not is_end or not 0 < len(ends) <= _MOST_ENDS or any(i in graph.inputs for i in read):
        return (
            "Try: convert the model with these layers in int8, or without them: cut it before them, and "
            "compute them in your own program"
        )
    kinds = _listed(sorted({kind_text(layer) for layer in layers}))
    how = "tinyml cut MODEL.tflite, which ends the" if float_end(graph) else "end the"
    return (
        f"Try: {how} model at {' and '.join(map(short_text, ends))}, up to where it compiles, and compute "
        f"{kinds} in your own program;\nor convert the model with these layers in int8"
    )


def _before_dequantize(graph: Graph, operation: Operation) -> Tensor:
    """Return what an operation makes, or of a DEQUANTIZE what it reads."""
    bridge = operation.kind == "DEQUANTIZE"
    return graph.tensors[operation.inputs[0] if bridge else operation.outputs[0]]


def short_text(tensor: Tensor) -> str:
    """Return a tensor's text without most of a name that the converter joined from many."""
    name = tensor.name if len(tensor.name) <= _LONGEST_NAME else f"...{tensor.name[-_LONGEST_NAME:]}"
    return tensor_text(replace(tensor, name=name))


def _group_text(graph: Graph, group: Sequence[Refused]) -> str:
    first = group[0].operation
    others = dict.fromkeys(each.operation.index for each in group[1:])  # a loop's turns have one index
    others.pop(first.index, None)
    places = f" (operations {_listed([str(i) for i in others])})" if others else ""
    alike = f" and {len(group) - 1} more alike{places}" if len(group) > 1 else ""
    lines = [f"  {describe(first)}{alike}: {'; '.join(group[0].reasons)}"]
    tensors = [("reads", i) for i in first.inputs if i >= 0] + [("writes", i) for i in first.outputs]
    lines += [f"      {what} {short_text(graph.tensors[i])}" for what, i in tensors[:_MOST_TENSORS]]
    if len(tensors) > _MOST_TENSORS:
        lines.append(f"      and {len(tensors) - _MOST_TENSORS} more tensors")
    return "\n".join(lines)


def _listed(words: Sequence[str]) -> str:
    more = [f"{len(words) - _MOST_PLACES} others"] if len(words) > _MOST_PLACES else []
    return ", ".join([*words[:_MOST_PLACES], *more])
