# SPDX-License-Identifier: Apache-2.0
"""Channels that stand and fall together: a pruned model computes what the whole one does without them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.pruning import silenced, some_kept
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models import Shape, build_family
from toolkit.models.registry import families
from toolkit.pruning.rebuild import pruned, rebuild
from toolkit.pruning.structure import FIXED, Structure, total, trace
from toolkit.sizing.cost import cost_of
from toolkit.targets.board import load_board

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("pruning"),
]


def model_of_everything() -> Any:
    """Sum, concatenation, depthwise layers of three kinds, squeeze-and-excite, shared and nested layers."""
    keras = load_extra("keras")
    layers = keras.layers
    inputs = keras.Input((6, 6, 2))
    x = stem = layers.Conv2D(8, 3, padding="same", activation="relu", name="stem")(inputs)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="deep")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2D(8, 1, name="back")(x)
    x = layers.Add(name="sum")([x, stem])
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(4, 1, activation="relu", name="squeeze")(gate)
    gate = layers.Conv2D(8, 1, activation="sigmoid", name="excite")(gate)
    x = x * gate
    x = layers.Concatenate()([x, layers.Conv2D(5, 3, padding="same", name="side")(inputs)])
    x = layers.PReLU(shared_axes=[1, 2], name="prelu")(x)
    x = layers.SeparableConv2D(6, 3, depth_multiplier=2, name="separable")(x)
    x = layers.Conv2D(12, 3, groups=6, padding="same", name="grouped")(x)
    x = layers.Conv2DTranspose(5, 2, strides=2, name="transposed")(x)
    nested_in = keras.Input((8, 8, 5))
    nested = keras.Model(
        nested_in, layers.Conv2D(7, 2, padding="same", name="inside")(nested_in), name="nested"
    )
    x = layers.MaxPooling2D(2)(nested(x))
    x = layers.Reshape((16, 7), name="rows")(x)
    shared = layers.Dense(7, activation="tanh", name="shared")
    x = layers.LSTM(6, return_sequences=True, name="lstm")(shared(shared(x)))
    x = layers.GRU(5, return_sequences=True, name="gru")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="output")(x))


@pytest.fixture(scope="module")
def everything() -> tuple[Structure, Any]:
    """The model with weights that are all different, and samples."""
    load_extra("keras").utils.set_random_seed(3)
    structure = trace(model_of_everything())
    rng = np.random.default_rng(4)
    model = structure.model
    model.set_weights([rng.normal(0.1, 0.4, w.shape).astype(np.float32) for w in model.get_weights()])
    norm = model.get_layer(next(name for name in structure.parts if name.endswith("norm")))
    norm.moving_variance.assign(np.abs(norm.moving_variance) + 0.5)
    return structure, rng.random((4, 6, 6, 2), np.float32)


def part_of(structure: Structure, name: str) -> Any:
    """A model that was flattened has longer names."""
    return next(part for key, part in structure.parts.items() if key.removeprefix("base_") == name)


def test_a_pruned_model_computes_what_the_whole_one_does_without_the_channels(
    everything: tuple[Structure, Any],
) -> None:
    structure, x = everything
    assert structure.not_followed == ()
    kept = some_kept(structure, 0.4, seed=5)
    smaller = rebuild(structure, kept)
    found = np.asarray(smaller(x, training=False))
    with silenced(structure, kept):
        wanted = np.asarray(structure.model(x, training=False))
    whole = np.asarray(structure.model(x, training=False))
    assert np.allclose(found, wanted, atol=1e-5) and not np.allclose(whole, wanted, atol=1e-3)
    again = trace(smaller)
    assert total(again.macs, again.all_kept()) == total(structure.macs, kept)
    assert total(again.weights, again.all_kept()) == total(structure.weights, kept)


def test_what_is_added_goes_together(everything: tuple[Structure, Any]) -> None:
    structure, _ = everything
    stem, back, gate = (part_of(structure, name).gives for name in ("stem", "back", "excite"))
    assert stem.tolist() == back.tolist() == gate.tolist()
    assert len(set(stem.tolist())) == len(stem)
    assert not set(stem) & set(part_of(structure, "side").gives)
    names = {name: part_of(structure, name).layer.name for name in ("stem", "back", "excite")}
    smaller = pruned(structure.model, {names["back"]: [1, 3]})
    assert [smaller.get_layer(name).filters for name in names.values()] == [2, 2, 2]
    with pytest.raises(InputError, match="coupled"):
        pruned(structure.model, {names["back"]: [1, 3], names["stem"]: [1, 2]})


def test_channels_that_are_not_there_and_layers_left_empty_are_refused(
    everything: tuple[Structure, Any],
) -> None:
    structure, _ = everything
    side, norm = (part_of(structure, name).layer.name for name in ("side", "norm"))
    for wrong, said in (({side: [5]}, "0 to 4"), ({side: []}, "without channels"), ({norm: [0]}, "stem")):
        with pytest.raises(InputError, match=said):
            structure.kept_of(wrong)


def test_a_layer_that_is_not_followed_keeps_what_it_reads_and_is_named() -> None:
    keras = load_extra("keras")
    layers = keras.layers
    inputs = keras.Input((4, 4, 3))
    x = layers.Conv2D(6, 1, name="first")(inputs)
    x = layers.LayerNormalization(name="across")(x)
    x = layers.Conv2D(6, 1, name="second")(x)
    x = layers.Permute((3, 1, 2), name="turned")(x)
    x = layers.Conv2D(6, 1, activation="softmax", name="third")(x)
    x = layers.Conv2D(6, 1, name="fourth")(x)
    structure = trace(keras.Model(inputs, layers.Dense(2, name="output")(layers.Flatten()(x))))
    assert [(each.layer, each.kind) for each in structure.not_followed] == [
        ("across", "LayerNormalization"),
        ("turned", "Permute"),
    ]
    assert [part.layer.name for part in structure.sources()] == ["fourth"]
    assert np.all(structure.parts["first"].gives == FIXED)


def test_a_model_that_is_no_graph_is_refused() -> None:
    keras = load_extra("keras")

    class Own(keras.Model):  # type: ignore[name-defined,misc]
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(InputError, match="no graph"):
        trace(Own(name="own"))


@pytest.mark.bench
@pytest.mark.parametrize("name", sorted(families()))
def test_every_family_is_followed_through_and_its_products_counted(name: str) -> None:
    family = families()[name]
    task = family.tasks[0]
    shape = Shape(task, family.example, 10 if task != "anomaly" else int(np.prod(family.example)))
    structure = trace(build_family(family, family.options(), shape, 1))
    assert structure.not_followed == ()
    cost = cost_of(structure.model, load_board("stm32f746g_disco"), is_timed=False)
    assert total(structure.macs, structure.all_kept()) == cost.macs
    kept = some_kept(structure, 0.4, seed=6)
    x = np.random.default_rng(7).random((3, *family.example), np.float32)
    found = np.asarray(rebuild(structure, kept)(x, training=False))
    with silenced(structure, kept):
        assert np.allclose(found, np.asarray(structure.model(x, training=False)), atol=1e-4)
