# SPDX-License-Identifier: Apache-2.0
"""How long to wait for an answer before it is asked for again: as long as the line's own pace says."""

from __future__ import annotations

from collections import deque

_FIRST_S = 0.6
_LEAST_S = 0.1
_MOST_S = 8.0
_REMEMBERED = 8


class Waits:
    """What answers took so far, by the kind of question."""

    def __init__(self) -> None:
        self._heard: dict[str, deque[float]] = {}
        self._every: deque[float] = deque(maxlen=_REMEMBERED)

    def first_s(self, kind: str) -> float:
        """Return how long to wait for the first answer to a question of this kind."""
        known = self._heard.get(kind)
        if not known:
            return max(_FIRST_S, self._slack(self._every) if self._every else 0.0)
        return min(max(_LEAST_S, self._slack(known)), _MOST_S)

    def next_s(self, wait_s: float) -> float:
        """Return how long to wait after nothing came for wait_s."""
        return min(2 * wait_s, _MOST_S)

    def hear(self, kind: str, took_s: float) -> None:
        """Remember what an answer took."""
        self._heard.setdefault(kind, deque(maxlen=_REMEMBERED)).append(took_s)
        self._every.append(took_s)

    @staticmethod
    def _slack(known: deque[float]) -> float:
        return 1.5 * max(known) + 0.05
