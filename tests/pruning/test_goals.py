# SPDX-License-Identifier: Apache-2.0
"""Every target is met by what is really compiled: the planned arena, a firmware's flash, modelled time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.pruning import PruneConfig
from toolkit.pruning.goals import Goals
from toolkit.pruning.importance import sizes
from toolkit.pruning.order import Floors
from toolkit.pruning.rebuild import rebuild
from toolkit.pruning.structure import trace
from toolkit.targets.board import load_board

pytestmark = [
    pytest.mark.train,
    pytest.mark.bench,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("pruning"),
]


def small_model() -> Any:
    keras = load_extra("keras")
    layers = keras.layers
    keras.utils.set_random_seed(1)
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(16, 3, padding="same", activation="relu", name="one")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(24, 3, padding="same", activation="relu", name="two")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax", name="output")(x))


@pytest.mark.parametrize(
    "targets",
    [{"ram": "50%"}, {"flash": "90%"}, {"latency": "60%"}, {"macs": "70%", "ram": "1k"}],
    ids=lambda targets: "-".join(targets),
)
def test_a_target_is_met_by_what_is_compiled(targets: dict[str, str]) -> None:
    board, model = load_board("nano33ble"), small_model()
    goals = Goals.of(model, board, "int8", PruneConfig(**targets))  # type: ignore[arg-type]
    structure = trace(model)
    gone = goals.removals(structure, sizes(structure, "l1"), Floors.of(structure, 0.1))
    kept = structure.all_kept()
    kept[gone] = False
    cost = goals.cost(rebuild(structure, kept))
    goals.require(cost)
    with pytest.raises(InputError, match="takes"):
        goals.require(goals.before)
    fewer = structure.all_kept()
    fewer[gone[:-1]] = False
    if len(targets) == 1:
        with pytest.raises(InputError, match="takes"):  # none went for nothing
            goals.require(goals.cost(rebuild(structure, fewer)))
    assert np.sum(~kept) == len(gone) > 0
