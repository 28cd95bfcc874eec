# SPDX-License-Identifier: Apache-2.0
"""What can run a model and show every layer's outputs: interpreters, references, the generated C."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from toolkit.compiler.compile import CompiledModel
from toolkit.errors import InputError
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.firmware.sizes import symbol_values
from toolkit.firmware.toolchain import Toolchain
from toolkit.ir.graph import Graph
from toolkit.ops.shared.ends import as_graph_takes
from toolkit.ops.shared.evaluate import evaluate_tensors
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.state import start_states
from toolkit.reference.oracle import Rows, split_inputs
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.session import Session
from toolkit.targets.board import Board
from toolkit.verify.native import NativeModel, layer_outputs

_HOOK = "say_layer"
_COPIES = ("CAST", "RESHAPE")


class Engine(Protocol):
    """Something that runs the model; name is how the answer calls it.

    is_truth says that it must be equal to the others. TFLite's kernels round a few operators, such as
    FULLY_CONNECTED, in another way than TFLM's, so that what they say is told, and no more.
    """

    name: str
    is_truth: bool

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        """Return the values, of any type, of the tensors that it can show for the last of rows.

        rows (n, input bytes) are a sequence from the model's start on.
        """


class NumpyEngine:
    """The operators' references over the graph as it stands in the file."""

    name = "NumPy reference"
    is_truth = True

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        """Return every tensor."""
        states = start_states(self._graph)
        for row in rows[:-1]:
            evaluate_tensors(self._graph, split_inputs(self._graph, row), states)
        return evaluate_tensors(self._graph, split_inputs(self._graph, rows[-1]), states)


class TflmEngine:
    """The TensorFlow Lite Micro interpreter, told to keep all tensors."""

    is_truth = True

    def __init__(self, model: bytes, graph: Graph) -> None:
        self.name = f"TFLM {version('tflite-micro')}"
        self._model, self._graph = model, graph

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        """Return every operation's outputs. Raises InputError if TFLM refuses the model."""
        from tflite_micro import runtime

        keep = runtime.InterpreterConfig.kPreserveAllTensors
        arena_bytes = 4 * sum(t.bytes for t in self._graph.tensors) + len(self._model) + (1 << 20)
        try:
            interpreter: Any = runtime.Interpreter.from_bytes(
                self._model, arena_size=arena_bytes, intrepreter_config=keep
            )
        except RuntimeError as error:
            raise InputError(f"TensorFlow Lite Micro refuses {self._graph.name}: {error}.") from error
        for row in rows:
            for index, value in enumerate(split_inputs(self._graph, row)):
                interpreter.set_input(value, index)
            interpreter.invoke()
        unwritten = _unwritten_by_tflm(self._graph)
        outputs = [i for operation in self._graph.operations for i in operation.outputs]
        wanted = [i for i in outputs if i not in unwritten]
        return {i: np.array(interpreter.GetTensor(i, 0)["tensor_data"]) for i in wanted}


def _unwritten_by_tflm(graph: Graph) -> set[int]:
    """Return the tensors of which TFLM leaves a part as it was in memory: energies of bins not asked for."""
    found: set[int] = set()
    for operation in graph.operations:
        if operation.kind == "SIGNAL_ENERGY" or (
            operation.kind in _COPIES and found.intersection(operation.inputs)
        ):
            found.update(operation.outputs)
    return found


class TfliteEngine:
    """TFLite's reference kernels, told to keep all tensors."""

    name = "TFLite reference kernels"
    is_truth = False

    def __init__(self, model: bytes, graph: Graph) -> None:
        self._model, self._graph = model, graph

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        """Return every operation's outputs."""
        from toolkit.reference.tflite import run_tflite_tensors

        wanted = [i for operation in self._graph.operations for i in operation.outputs]
        inputs = [split_inputs(self._graph, row) for row in rows]
        return run_tflite_tensors(self._model, inputs, wanted)


class NativeEngine:
    """The generated C on this computer."""

    is_truth = True

    def __init__(self, compiled: CompiledModel, folder: Path, toolchain: Toolchain, optimize: str) -> None:
        self.name = f"C on this computer, {toolchain.kind} {optimize}"
        self._native = NativeModel(compiled, folder, toolchain, dumps=True, optimize=optimize)

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        """Return the outputs of the compiled layers."""
        return self._native.run_sequence(rows)[-1].tensors


class EmulatedEngine:
    """The firmware in the emulator: its arena is read each time its layer hook is entered."""

    is_truth = True

    def __init__(
        self, compiled: CompiledModel, folder: Path, board: Board, toolchain: str | None = None
    ) -> None:
        self.name = f"C on an emulated {board.name}" + (f", {toolchain}" if toolchain else "")
        project = render_project(compiled, board, Application(), folder / "firmware", keeps_input=False)
        firmware = build_firmware(project, toolchain=toolchain)
        symbols = symbol_values(firmware.elf)
        self._arena, self._hook = symbols[f"{compiled.name}_arena"], symbols[_HOOK] & ~1
        self._elf, self._board, self._model = firmware.elf, board, compiled

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        """Return the outputs of the compiled layers. Each sequence starts at reset.

        The layers are shown in a run of their own, for which the states of before are put back.
        """
        link = EmulatorLink(self._elf, self._board)
        machine = link.machine
        assert machine is not None
        arenas: list[bytes] = []
        size = self._model.arena_bytes
        graph, plan = self._model.graph, self._model.plan
        places = [(self._arena + plan.offset_of(graph.tensors[i]), graph.tensors[i]) for i in graph.states]
        machine.watch(self._hook, lambda: arenas.append(machine.read_memory(self._arena, size)))
        try:
            session = Session(link, is_stream=True)
            session.hello()
            rows = as_graph_takes(graph, rows)
            for row in rows[:-1]:
                session.infer(row.tobytes())
            states = [machine.read_memory(place, tensor.bytes) for place, tensor in places]
            session.infer(rows[-1].tobytes())
            for (place, _), state in zip(places, states, strict=True):
                machine.write_memory(place, state)
            session.show_layers(rows[-1].tobytes())
        finally:
            link.close()
        values: dict[int, Array] = {}
        for layer, tensor_id in layer_outputs(self._model):
            tensor = self._model.graph.tensors[tensor_id]
            start = self._model.plan.offset_of(tensor)
            values[tensor_id] = np.frombuffer(arenas[layer], np.int8, tensor.bytes, start)
        return values


def has_package(module: str) -> bool:
    """Return whether a package is installed."""
    return importlib.util.find_spec(module) is not None
