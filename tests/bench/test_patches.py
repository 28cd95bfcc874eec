# SPDX-License-Identifier: Apache-2.0
"""A MobileNet over 96 x 96 pixels in patches, on an emulated Cortex-M4: what they save and cost."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.compiler.compile import compile_model, least_arena
from toolkit.quantization import quantize_model
from toolkit.verify.any_model import save_rows, try_model
from toolkit.verify.on_device import Place

pytestmark = [
    pytest.mark.bench,
    pytest.mark.train,
    pytest.mark.skipif(
        not find_spec("tensorflow"), reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'"
    ),
]

# (channels, stride) of depthwise separable blocks: a MobileNet v1, half as wide, without its last ones.
BLOCKS = ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (128, 2))


def mobilenet(channels: int) -> bytes:
    """Return it untrained, as an int8 .tflite for images of 96 x 96 pixels of so many channels."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    source = keras.Input((96, 96, channels))

    def activated(x: Any) -> Any:
        return layers.ReLU(6.0)(layers.BatchNormalization()(x))

    x = activated(layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(source))
    for width, stride in BLOCKS:
        x = activated(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = activated(layers.Conv2D(width, 1, use_bias=False)(x))
    x = layers.Dense(2)(layers.GlobalAveragePooling2D()(x))
    samples = np.random.default_rng(1).normal(size=(20, 96, 96, channels)).astype(np.float32)
    return quantize_model(keras.Model(source, x), samples)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mobilenet_takes_less_ram_and_gives_the_same_bytes(channels: int, tmp_path: Path) -> None:
    model, inputs = tmp_path / "mobilenet.tflite", tmp_path / "inputs.npy"
    model.write_bytes(mobilenet(channels))
    rows = np.random.default_rng(2).integers(-128, 128, (2, 96 * 96 * channels)).astype(np.int8)
    save_rows(rows, inputs)
    whole = compile_model(model.read_bytes(), "mobilenet")
    least = least_arena(whole, 0)
    assert least is not None

    was = try_model(model, inputs, "nano33ble", Place()).to_json()
    for limit in (whole.arena_bytes * 3 // 4, whole.arena_bytes // 2, least.arena_bytes):
        if limit < least.arena_bytes:
            continue
        trial = try_model(model, inputs, "nano33ble", Place(), ram_bytes=limit)
        now = trial.to_json()
        counts = f"{was['instructions']:,} -> {now['instructions']:,} instructions"
        flash = f"{was['flash_bytes']:,} -> {now['flash_bytes']:,} B of flash"
        print(f"\n96 x 96 x {channels}: {trial.compiled.patching}; measured: {counts}, {flash}")
        assert now["verdict"] == was["verdict"] == "equal"
        assert now["arena_bytes"] <= limit
