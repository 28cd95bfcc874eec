# SPDX-License-Identifier: Apache-2.0
"""size: whether the model can become integers, go by hops and fit its board, before it is trained.

And whether the classes that the project names for its firmware are there.
"""

from __future__ import annotations

from toolkit.decision.rule import require_classes
from toolkit.models import Shape
from toolkit.pipeline.step import Context, Step
from toolkit.sizing.before_training import require_convertible, require_fit, require_streamable
from toolkit.targets.board import load_board


def _make(context: Context) -> None:
    project = context.project
    dataset, board = context.dataset(), load_board(project.firmware.board)
    if dataset.classes:
        require_classes(project.firmware.decision, dataset.classes)
    shape = Shape.of(dataset)
    require_convertible(project, dataset, board, context.progress)
    require_streamable(project, dataset)
    require_fit(project, shape, board, context.say, context.progress)


STEP = Step("size", _make, needs=("data",))
