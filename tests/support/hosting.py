# SPDX-License-Identifier: Apache-2.0
"""Just enough of GitHub's and GitLab's HTTP interfaces for a workflow's steps to talk to."""

from __future__ import annotations

import io
import json
import socketserver
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit


@dataclass
class Hosting:
    """What the service holds: the main branch's figures, and the comments on one change."""

    figures: bytes | None = None
    branch: str = "main"
    artifact: str = "figures"
    comments: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Return the status and body for a request."""
        url = urlsplit(path)
        query, parts = parse_qs(url.query), url.path.strip("/").split("/")
        if parts[-2:] == ["actions", "artifacts"]:
            assert query["name"] == [self.artifact]
            other = {"id": 6, "expired": False, "workflow_run": {"head_branch": "a-change"}}
            ours = {"id": 7, "expired": False, "workflow_run": {"head_branch": self.branch}}
            return 200, json.dumps({"artifacts": [other, *[ours] * (self.figures is not None)]}).encode()
        if parts[-3:] == ["artifacts", "7", "zip"]:
            return 200, _zip("figures.json", self.figures or b"")
        if parts[-1] == "figures.json":
            return (200, self.figures) if self.figures is not None else (404, b"")
        if parts[-1] == "comments" and method == "GET":
            return 200, json.dumps([{"id": i, "body": text} for i, text in enumerate(self.comments)]).encode()
        if parts[-1] == "comments":
            self.comments.append(json.loads(body)["body"])
        elif parts[-1] == "notes":
            self.comments.append(parse_qs(body.decode())["body"][0])
        elif method == "PATCH" and parts[-2] == "comments":
            self.comments[int(parts[-1])] = json.loads(body)["body"]
        else:
            return 404, b"{}"
        return 201, b"{}"


def _zip(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


class _Handler(BaseHTTPRequestHandler):
    hosting: ClassVar[Hosting]
    timeout = 30

    def __getattr__(self, name: str) -> Any:
        if name in ("do_GET", "do_POST", "do_PATCH"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization") or self.headers.get("JOB-TOKEN")
        self.hosting.tokens.add(token or self.headers.get("PRIVATE-TOKEN") or "")
        status, answer = self.hosting.answer(self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self) -> tuple[Any, Any]:
        return super().get_request()[0], ("local", 0)


@contextmanager
def served(hosting: Hosting, socket: Path | None = None) -> Iterator[str]:
    """Serve it on a Unix socket, or else on a port of this computer; give the URL."""
    handler = type("Handler", (_Handler,), {"hosting": hosting})
    server: socketserver.BaseServer
    if socket is None:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        url = f"http://127.0.0.1:{server.server_address[1]}"
    else:
        server, url = _UnixServer(str(socket), handler), ""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()
