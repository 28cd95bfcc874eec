# SPDX-License-Identifier: Apache-2.0
"""Links that misbehave around a real one, as cables, boards and terminal servers do."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.runners.link import Link


class UnrulyLink:
    """A link whose incoming bytes go through change, with stale bytes before the first."""

    def __init__(self, link: Link, change: Callable[[bytes], bytes], stale: bytes = b"") -> None:
        self._link = link
        self._change = change
        self._stale = stale

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._link.write(data)

    def read(self, timeout_s: float) -> bytes:
        """Return what came, changed."""
        if self._stale:
            stale, self._stale = self._stale, b""
            return stale
        return self._change(self._link.read(timeout_s))

    def close(self) -> None:
        """Close the link."""
        self._link.close()


class DrippingLink:
    """A link that hands over seven bytes at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._rest = b""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._link.write(data)

    def read(self, timeout_s: float) -> bytes:
        """Return the next seven bytes."""
        self._rest = self._rest or self._link.read(timeout_s)
        piece, self._rest = self._rest[:7], self._rest[7:]
        return piece

    def close(self) -> None:
        """Close the link."""
        self._link.close()


class SilentLink:
    """A link on which nothing, or always the same, comes."""

    def __init__(self, says: bytes = b"", times: int = 1 << 30) -> None:
        self._says = says
        self._times = times

    def write(self, data: bytes) -> None:
        """Swallow the bytes."""

    def read(self, timeout_s: float) -> bytes:
        """Return what is always said."""
        self._times -= 1
        return self._says if self._times >= 0 else b""

    def close(self) -> None:
        """Nothing is open."""
