# SPDX-License-Identifier: Apache-2.0
"""size: whether the model can fit the project's board, before it is trained."""

from __future__ import annotations

from toolkit.models import Shape
from toolkit.pipeline.step import Context, Step
from toolkit.sizing.before_training import require_fit
from toolkit.targets.board import load_board


def _make(context: Context) -> None:
    project = context.project
    shape, board = Shape.of(context.dataset()), load_board(project.firmware.board)
    require_fit(project, shape, board, context.say, context.progress)


STEP = Step("size", _make, needs=("data",))
