# SPDX-License-Identifier: Apache-2.0
"""The live page's server: addresses, and what each calls. Starlette and uvicorn, of the extra `live`."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from toolkit.errors import UsageError
from toolkit.extras import load_extra
from toolkit.live import guard
from toolkit.live.answers import answer_body, answer_json, number_at, number_in, run_at_once
from toolkit.live.events import Events
from toolkit.live.project_routes import routes_of_project
from toolkit.live.site import Site
from toolkit.predict.answer import Where

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send
    from starlette.websockets import WebSocket

PAGE = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_ADDRESS = "127.0.0.1"
_LAST_S = 10.0
_LOOK_S = 0.05


class Guarded:
    """An application behind the guard: each request and socket is looked at before anything else."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        method = scope["method"] if scope["type"] == "http" else "WEBSOCKET"
        why = guard.refusal(self._token, scope["path"], method, headers)
        if not why:
            await self._app(scope, receive, _with_headers(send, headers.get("host", "")))
        elif method == "WEBSOCKET":
            await send({"type": "websocket.close", "code": 1008, "reason": why})
        else:
            body = load_extra("starlette.responses", "live").PlainTextResponse(f"{why}\n", 403)
            await body(scope, receive, _with_headers(send, ""))


def _with_headers(send: Send, host: str) -> Send:
    extra = [(key.lower().encode(), value.encode()) for key, value in guard.headers_for(host).items()]

    async def send_with(message: Any) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message["headers"]}
            missing = [each for each in extra if each[0] not in own]
            message = {**message, "headers": [*message["headers"], *missing]}
        await send(message)

    return send_with


def _file(name: str) -> Response:
    from starlette.responses import PlainTextResponse, Response

    files = {path.name: path for path in PAGE.iterdir() if path.is_file()}
    if name not in files:
        return PlainTextResponse("there is no such page\n", 404)
    return Response(files[name].read_bytes(), media_type=_TYPES.get(files[name].suffix))


def application(site: Site, token: str, on_closed: Callable[[], None] = lambda: None) -> ASGIApp:
    """Return the server's application for the addresses under /token/; on_closed hears when all was ended."""
    load_extra("starlette", "live")
    from starlette.applications import Starlette
    from starlette.responses import RedirectResponse
    from starlette.routing import Mount, Route, WebSocketRoute

    async def page(request: Request) -> Response:
        return _file(request.path_params.get("name", "index.html"))

    async def to_page(request: Request) -> Response:
        return RedirectResponse(f"/{token}/")

    async def events(socket: WebSocket) -> None:
        await _tell(socket, site.events)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        site.events.start()
        yield
        await run_at_once(site.close)
        on_closed()

    desk = site.desk

    routes = [
        Route("/", page),
        Route("/page/{name}", page),
        Route("/api/state", answer_json(lambda _: site.state(), at_once=True)),
        Route(
            "/api/samples",
            answer_body(lambda r, content: desk.bring(r.query_params.get("name", ""), content)),
            methods=["POST"],
        ),
        Route("/api/samples/{number}", answer_json(lambda r: desk.look(number_at(r)))),
        Route(
            "/api/samples/{number}/layers/{on}",
            answer_json(lambda r: desk.layers(number_at(r), _place(r.path_params["on"]))),
        ),
        Route(
            "/api/samples/{number}/{on}",
            answer_json(lambda r: desk.ask(number_at(r), _place(r.path_params["on"]))),
        ),
        Route(
            "/api/tests",
            answer_json(
                lambda r: site.tests(
                    r.query_params.get("label", ""),
                    r.query_params.get("wrong") == "1",
                    number_in(r.query_params.get("page", "0")),
                )
            ),
        ),
        Route(
            "/api/tests/{number}",
            answer_json(lambda r: site.take_test(number_at(r))),
            methods=["POST"],
        ),
        *routes_of_project(site),
        WebSocketRoute("/events", events),
    ]
    app = Starlette(routes=[Route(f"/{token}", to_page), Mount(f"/{token}", routes=routes)], lifespan=life)
    return Guarded(app, token)


def _place(name: str) -> Where:
    if name not in ("float", "int8", "board"):
        raise UsageError(f"there is no column {name!r}.")
    return cast("Where", name)


async def _tell(connection: WebSocket, events: Events) -> None:
    """Send every event to a page until it goes; what the page sends is not looked at."""
    await connection.accept()
    async with events.listen() as queue:
        await connection.send_json({"event": "hello"})
        gone = asyncio.ensure_future(_until_gone(connection))
        try:
            while not gone.done():
                waiting = asyncio.ensure_future(queue.get())
                await asyncio.wait({gone, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    return
                await connection.send_json(waiting.result())
        except Exception as problem:  # the page went while something was sent to it
            if type(problem).__name__ not in ("WebSocketDisconnect", "RuntimeError"):
                raise
        finally:
            gone.cancel()


async def _until_gone(connection: WebSocket) -> None:
    while (await connection.receive())["type"] != "websocket.disconnect":
        pass


def serve(site: Site, port: int, seconds: float | None, on_open: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C, or for seconds; on_open hears the link. port 0 is any free one.

    Raises ToolMissingError without the extra `live`, UsageError for a port that is taken.
    """
    uvicorn = load_extra("uvicorn", "live")
    load_extra("wsproto", "live")
    token = secrets.token_urlsafe(24)
    last = threading.Timer(_LAST_S, os._exit, (0,))  # a thread that still computes cannot be ended
    last.daemon = True
    app = application(site, token, last.start if seconds is None else lambda: None)
    listening = _listen(port)
    config = uvicorn.Config(
        app,
        ws="wsproto",
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    server = uvicorn.Server(config)
    on_open(f"http://{_ADDRESS}:{listening.getsockname()[1]}/{token}/")
    if seconds is not None:
        timer = threading.Timer(seconds, _end, (server,))
        timer.daemon = True
        timer.start()
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    finally:
        last.cancel()
        listening.close()


def _end(server: Any) -> None:
    """Have the server end. One that is told so before it has started closes nothing."""
    while not server.started:
        time.sleep(_LOOK_S)
    server.should_exit = True


def _listen(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two programs listen at once
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((_ADDRESS, port))
    except OSError as error:
        found.close()
        hint = f"Try: another one, such as --at {8001 if port == 8000 else 8000}, or end what has it"
        raise UsageError(f"port {port} cannot be used: {error.strerror}.", hint=hint) from error
    found.listen(64)
    found.set_inheritable(True)
    return found
