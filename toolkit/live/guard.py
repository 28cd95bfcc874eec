# SPDX-License-Identifier: Apache-2.0
"""Who may ask the live page: only a browser that was given the link, on this computer, from the page itself.

The token stands in the path, so that every address of the page has it. Host is checked against DNS
rebinding, Origin against posts and sockets of other sites. What comes in is counted while it comes.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from toolkit.errors import UsageError

MOST_BYTES = 32 << 20
"""Of one upload."""
_HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_SAFE = ("GET", "HEAD")
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' {socket}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class TooLargeError(UsageError):
    """More was sent than is taken."""


def headers_for(host: str) -> dict[str, str]:
    """Return the headers of every answer; host is the request's, to which alone the page may open sockets."""
    socket = f"ws://{host}" if _HERE.fullmatch(host) else ""
    return {**_HEADERS, "Content-Security-Policy": _POLICY.format(socket=socket)}


def refusal(token: str, path: str, method: str, headers: Mapping[str, str]) -> str:
    """Return why a request is refused, "" if it is not. method is WEBSOCKET for a socket.

    The port is not compared: a tunnel, such as ssh -L, gives the page another one.
    """
    host = headers.get("host", "")
    if not _HERE.fullmatch(host):
        return "the page is asked for by another name than this computer's own"
    origin = headers.get("origin")
    if origin is None and method not in _SAFE:
        return "a request that changes something must say from which page it comes"
    if origin is not None and origin != f"http://{host}":
        return "another page asks"
    is_followed = method in _SAFE and headers.get("sec-fetch-dest") == "document"  # a click on the link
    if headers.get("sec-fetch-site") == "cross-site" and not is_followed:
        return "another site asks"
    given = path.removeprefix("/").partition("/")[0]
    if not hmac.compare_digest(given.encode(), token.encode()):
        return "the link has no or another token; tinyml live prints the right one"
    return ""


def require_size(so_far: int, most: int = MOST_BYTES) -> None:
    """Raise TooLargeError if more bytes came than are taken."""
    if so_far > most:
        raise TooLargeError(f"an upload has at most {most:,} bytes.", hint="Try: a smaller file")
