# SPDX-License-Identifier: Apache-2.0
"""A graph as text for people and for diff: graph.txt in the build folder."""

from __future__ import annotations

from hashlib import sha256

from toolkit.ir.graph import Graph, Operation, Quantization, Tensor


def graph_text(graph: Graph) -> str:
    """Return the graph with one line for each operation, and below it one for each tensor in use.

    Subgraphs follow. The same graph gives the same text. Names are quoted as Python strings, so that
    each stays on its line; a constant's value stands as the first digits of its SHA-256.
    """
    return "\n".join(_one_graph_text(each) for each in graph.all_graphs())


def _one_graph_text(graph: Graph) -> str:
    lines = [f"graph {graph.name!r}", f"inputs  {_ids(graph.inputs)}", f"outputs {_ids(graph.outputs)}", ""]
    if graph.given != graph.inputs or graph.asked != graph.outputs:
        ends = f"inputs {_ids(graph.given)}, outputs {_ids(graph.asked)}"
        lines[-1:] = [f"in the file: {ends}", ""]
    if graph.stream is not None:
        lines[-1:] = [
            f"stream: {graph.stream.hop} new of {graph.stream.window} rows, axis {graph.stream.axis}",
            "",
        ]
    lines += ["operations"]
    lines += [_operation_line(place, operation) for place, operation in enumerate(graph.operations)]
    lines += ["", "tensors"]
    lines += [
        _tensor_line(graph.tensors[i]) for i in sorted({*used_tensors(graph), *graph.given, *graph.asked})
    ]
    return "\n".join(lines) + "\n"


def used_tensors(graph: Graph) -> set[int]:
    """Return the ids of the tensors that an operation or the graph's ends refer to, and their storage."""
    ids = {*graph.inputs, *graph.outputs}
    for operation in graph.operations:
        ids.update(i for i in (*operation.inputs, *operation.outputs) if i >= 0)
    return ids | {graph.tensors[i].storage for i in ids}


def tensor_text(tensor: Tensor) -> str:
    """Return a tensor's name, type and shape, as messages show it: 'x' int8[1, 4]."""
    return f"{tensor.name!r} {tensor.dtype}{list(tensor.shape)}"


def _operation_line(place: int, operation: Operation) -> str:
    options = "".join(f" {key}={operation.options[key]!r}" for key in sorted(operation.options))
    head = f"{place:4d}  {_ids(operation.outputs)} = {operation.kind}({_ids(operation.inputs)})"
    parts = "".join(f"\n    of{_operation_line(place, part)}" for part in operation.parts)
    return f"{head} v{operation.version} #{operation.index}{options}{parts}"


def _tensor_line(tensor: Tensor) -> str:
    parts = [f"  %{tensor.id}", tensor_text(tensor)]
    if tensor.quantization is not None:
        parts.append(_quantization_text(tensor.quantization))
    if tensor.data is not None:
        parts.append(f"constant {sha256(tensor.data.tobytes()).hexdigest()[:12]}")
    if tensor.state is not None:
        parts.append(f"state {sha256(tensor.state.tobytes()).hexdigest()[:12]}")
    if tensor.storage != tensor.id:
        place = f" at {tensor.storage_offset}" if tensor.storage_offset else ""
        parts.append(f"stored in %{tensor.storage}{place}")
    if tensor.kept is not None:
        parts.append(f"{len(tensor.kept.channels)} of {tensor.kept.of} channels")
    if tensor.origin is not None:
        parts.append(f"part of %{tensor.origin.tensor} from {list(tensor.origin.starts)}")
    return " ".join(parts)


def _quantization_text(quantization: Quantization) -> str:
    if len(quantization.scales) == 1:
        return f"scale {quantization.scale:.9g} zero {quantization.zero_point}"
    low, high = min(quantization.scales), max(quantization.scales)
    count = len(quantization.scales)
    return f"scales {low:.9g} to {high:.9g} ({count} along axis {quantization.axis})"


def _ids(ids: tuple[int, ...]) -> str:
    return ", ".join(f"%{i}" if i >= 0 else "none" for i in ids)
