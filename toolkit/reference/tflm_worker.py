# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite Micro in a process of its own: on a bad model it may end the process it is in.

`python -m toolkit.reference.tflm_worker FOLDER` reads model.tflite, samples.npy and request.json there and
writes outputs.npy. Exit code 3 says that TFLM refused the model, with its reason on stdout.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

REFUSED = 3


class RefusedError(Exception):
    """TFLM does not take the model; the text is its reason."""


@dataclass(frozen=True)
class Request:
    """inputs holds (shape, dtype) of each; outputs is how many there are.

    restarts says that each sample gets an interpreter of its own, which remembers nothing.
    """

    inputs: list[tuple[list[int], str]]
    outputs: int
    arena_bytes: int
    restarts: bool = False

    def to_json(self) -> str:
        """Return the content of request.json."""
        return json.dumps(asdict(self))


def main(folder: Path) -> int:
    """Run every sample; return the exit code."""
    request = Request(**json.loads((folder / "request.json").read_text(encoding="utf-8")))
    samples = np.load(folder / "samples.npy", allow_pickle=False)
    try:
        rows = run_request((folder / "model.tflite").read_bytes(), request, samples)
    except RefusedError as error:
        sys.stdout.write(f"{error}")
        return REFUSED
    np.save(folder / "outputs.npy", rows, allow_pickle=False)
    return 0


def run_request(model: bytes, request: Request, samples: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the outputs (n, output bytes) of samples (n, input bytes). Raises RefusedError."""
    from tflite_micro import runtime

    try:
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=request.arena_bytes)
    except (RuntimeError, ValueError) as error:
        raise RefusedError(str(error)) from error
    rows: list[NDArray[np.int8]] = []
    for row in samples:
        if request.restarts and rows:
            interpreter = runtime.Interpreter.from_bytes(model, arena_size=request.arena_bytes)
        start = 0
        for index, (shape, dtype) in enumerate(request.inputs):
            size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
            value = np.ascontiguousarray(row[start : start + size]).view(dtype).reshape(shape)
            interpreter.set_input(value, index)
            start += size
        interpreter.invoke()
        rows.append(join_outputs([interpreter.get_output(index) for index in range(request.outputs)]))
    return np.stack(rows)


def join_outputs(outputs: Sequence[NDArray[Any]]) -> NDArray[np.int8]:
    """Return the bytes of all outputs of a sample, one after the other."""
    return np.concatenate([np.ascontiguousarray(o).reshape(-1).view(np.int8) for o in outputs])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
