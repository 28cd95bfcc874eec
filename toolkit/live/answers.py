# SPDX-License-Identifier: Apache-2.0
"""Answers of the live page's server: JSON that a thread computes, errors in the words of the commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from toolkit.errors import TinymlError
from toolkit.live import guard

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Answer = Callable[["Request"], dict[str, Any]]


def answer_json(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers with JSON, computed in a thread; an error is JSON in the words of the command."""

    async def respond(request: Request) -> Response:
        return await _respond(lambda: answer(request))

    return respond


async def _respond(compute: Callable[[], dict[str, Any]]) -> Response:
    from starlette.responses import JSONResponse

    try:
        return JSONResponse(await asyncio.to_thread(compute))
    except TinymlError as error:
        status = 413 if isinstance(error, guard.TooLargeError) else 400
        about = {"error": error.message, "hint": error.hint, "exit_code": error.exit_code}
        return JSONResponse(about, status)


async def body_of(request: Request, most: int = guard.MOST_BYTES) -> bytes:
    """Return what was sent. Raises TooLargeError as soon as it is more than is taken."""
    guard.require_size(int(request.headers.get("content-length") or 0), most)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        guard.require_size(len(content), most)
    return bytes(content)


def answer_body(
    answer: Callable[[Request, bytes], dict[str, Any]],
) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers with JSON to what was sent."""

    async def respond(request: Request) -> Response:
        try:
            content = await body_of(request)
        except TinymlError as error:
            problem = error  # it goes out of scope with this block

            def fail() -> dict[str, Any]:
                raise problem

            return await _respond(fail)
        return await _respond(lambda: answer(request, content))

    return respond


def number_in(text: str) -> int:
    """Return a whole number that stands in an address, 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
