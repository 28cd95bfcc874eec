# SPDX-License-Identifier: Apache-2.0
"""What goes on, told to every open page: threads say it, each page's socket takes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_MOST_WAITING = 1000

Event = dict[str, Any]


class Events:
    """One server's events. A page that does not read loses the oldest."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queues: set[asyncio.Queue[Event]] = set()

    def say(self, event: Event) -> None:
        """Tell every page; any thread may call it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, event)

    def word(self, text: str) -> None:
        """Tell every page a line on what takes time."""
        self.say({"event": "word", "text": text})

    def start(self) -> None:
        """Serve the running loop."""
        self._loop = asyncio.get_running_loop()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[asyncio.Queue[Event]]:
        """Yield a queue that gets every event from now on."""
        queue: asyncio.Queue[Event] = asyncio.Queue(_MOST_WAITING)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def _put(self, event: Event) -> None:
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)
