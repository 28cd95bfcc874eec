# SPDX-License-Identifier: Apache-2.0
"""What only moves and holds a layer's output is done by the layer, to the same bytes."""

from __future__ import annotations

import numpy as np
import pytest
from support.random_chains import ChainSteps
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.ir.graph import Graph
from toolkit.ir.rules import kind_text
from toolkit.ops.shared.evaluate import evaluate
from toolkit.passes import fold_clamps
from toolkit.passes.sequence import improve
from toolkit.verify.generated_c import verify_model

SHAPE = (1, 4, 4, 2)


class Layers(ChainSteps):
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.builder = GraphBuilder()
        self.source = self.builder.tensor(SHAPE, scale=0.1, zero_point=int(self.rng.integers(-128, 128)))
        self.images = [self.source]

    def layer(self, kind: str, activation: str = "NONE") -> int:
        """Add a layer on the source whose sums go beyond both ends of its output."""
        y = self.builder.tensor(SHAPE, scale=0.1, zero_point=int(self.rng.integers(-40, 40)))
        size = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "fused_activation_function": activation}
        if kind == "CONV_2D":
            data = self.rng.integers(-127, 128, (2, 3, 3, 2))
            weights = self.builder.tensor(data.shape, scale=0.01, data=data)
            options = {**size, "dilation_w_factor": 1, "dilation_h_factor": 1}
            return self._apply(kind, [self.source, weights], y, **options)
        if kind == "MAX_POOL_2D":
            pooled = self._like(self.source)
            return self._apply(kind, [self.source], pooled, filter_height=2, filter_width=2, **size)
        return self._apply(kind, [self.source, self.source], y, fused_activation_function=activation)

    def moved(self, x: int) -> int:
        scale, point = self._scale(x), self._zero_point(x) + int(self.rng.integers(1, 9))
        return self._apply("QUANTIZE", [x], self._new(x, scale, min(point, 127)))

    def graph(self, *outputs: int) -> Graph:
        return self.builder.graph([self.source], outputs)


def folded(graph: Graph) -> list[str]:
    """Return the kinds after the pass, which gives what graph gave."""
    found = fold_clamps.run(graph)
    rng = np.random.default_rng(0)
    for _ in range(8):
        sample = rng.integers(-128, 128, SHAPE).astype(np.int8)
        for before, after in zip(evaluate(graph, [sample]), evaluate(found, [sample]), strict=True):
            np.testing.assert_array_equal(before, after)
    return [kind_text(operation) for operation in found.operations]


@pytest.mark.parametrize("kind", ["CONV_2D", "MAX_POOL_2D", "ADD", "MUL"])
@pytest.mark.parametrize("seed", range(4))
def test_a_layer_holds_what_a_clamp_held(kind: str, seed: int) -> None:
    layers = Layers(seed)
    y = layers.layer(kind)
    relu = layers._apply("RELU", [y], layers._like(y))

    assert folded(layers.graph(relu)) == [f"{kind}+RELU"]


@pytest.mark.parametrize("seed", range(4))
def test_clamps_in_a_row_and_another_zero_point_are_held_too(seed: int) -> None:
    layers = Layers(seed)
    graph = layers.graph(layers._extreme_number(layers.moved(layers.layer("CONV_2D"))))

    (name,) = folded(improve(graph))

    assert name in ("CONV_2D+QUANTIZE+MAXIMUM", "CONV_2D+QUANTIZE+MINIMUM")


def test_a_pool_does_not_move_its_output() -> None:
    layers = Layers(1)

    assert folded(layers.graph(layers.moved(layers.layer("MAX_POOL_2D")))) == ["MAX_POOL_2D", "QUANTIZE"]


def test_another_scale_and_another_reader_keep_the_clamp() -> None:
    layers = Layers(2)
    y = layers.layer("CONV_2D")
    relu = layers._apply("RELU", [y], layers._new(y, 0.2, 0))

    assert folded(layers.graph(relu)) == ["CONV_2D", "RELU"]
    assert folded(layers.graph(layers._apply("RELU", [y], layers._like(y)), y))[0] == "CONV_2D"


def test_the_c_holds_it() -> None:
    layers = Layers(3)
    data = write_tflite(layers.graph(layers._extreme_number(layers.layer("CONV_2D"))))

    model = compile_model(data, "held")

    assert len(model.graph.operations) == 1 and "tm_lookup_s8" not in model.kernels
    verify_model(model, data)


def test_a_clamp_that_a_layer_never_reaches_leaves_no_name() -> None:
    layers = Layers(4)
    y = layers.layer("CONV_2D", "RELU")

    assert folded(layers.graph(layers._apply("RELU", [y], layers._like(y)))) == ["CONV_2D"]
