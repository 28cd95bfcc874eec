# SPDX-License-Identifier: Apache-2.0
"""What a model's kernels can be chosen for."""

from __future__ import annotations

from typing import Literal

Goal = Literal["speed", "balanced", "size"]
GOALS: tuple[Goal, ...] = ("speed", "balanced", "size")
