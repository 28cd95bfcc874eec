# SPDX-License-Identifier: Apache-2.0
"""Answers of the live page's server: JSON that a thread computes, errors in the words of the commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.files import use_error
from toolkit.live import guard

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Said = Any
"""What an address answers with: what becomes JSON, or a Response that is sent as it is."""
Answer = Callable[["Request"], Said]

_AT_ONCE = ThreadPoolExecutor(4, "tinyml-live-at-once")
_IN_TIME = ThreadPoolExecutor(32, "tinyml-live-in-time")
"""Threads of their own: what takes seconds keeps nobody from seeing what runs, and from ending it."""


async def run_at_once(compute: Callable[[], object]) -> None:
    """Run what is short, or must not wait, in a thread."""
    await asyncio.get_running_loop().run_in_executor(_AT_ONCE, compute)


def answer_json(answer: Answer, *, at_once: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers with JSON, computed in a thread; an error is JSON in the words of the command.

    at_once is for what is short: it does not wait for what takes long.
    """

    async def respond(request: Request) -> Response:
        return await _respond(lambda: answer(request), _AT_ONCE if at_once else _IN_TIME)

    return respond


async def _respond(compute: Callable[[], Said], threads: ThreadPoolExecutor = _IN_TIME) -> Response:
    from starlette.responses import JSONResponse, Response

    try:
        said = await asyncio.get_running_loop().run_in_executor(threads, compute)
        return said if isinstance(said, Response) else _json(said)
    except OSError as error:
        problem: TinymlError = _of_the_system(error)
    except TinymlError as error:
        problem = error
    status = 413 if isinstance(problem, guard.TooLargeError) else 400
    return JSONResponse(
        {"error": problem.message, "hint": problem.hint, "exit_code": problem.exit_code}, status
    )


def _json(said: Any) -> Response:
    from starlette.responses import JSONResponse

    try:
        return JSONResponse(said)
    except ValueError as error:
        if "JSON compliant" not in str(error):
            raise
        raise InputError("what is to be shown has numbers that are NaN or infinite.") from error


def _of_the_system(error: OSError) -> TinymlError:
    """Return the error in words; one of a temporary file names no file."""
    if error.filename is None:
        return InputError(f"the computer refuses: {error.strerror or error}.", hint="Try: free some space")
    return use_error(error)


async def body_of(request: Request, most: int = guard.MOST_BYTES) -> bytes:
    """Return what was sent. Raises TooLargeError as soon as it is more than is taken."""
    guard.require_size(int(request.headers.get("content-length") or 0), most)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        guard.require_size(len(content), most)
    return bytes(content)


def answer_body(
    answer: Callable[[Request, bytes], Said],
) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers with JSON to what was sent."""

    async def respond(request: Request) -> Response:
        try:
            content = await body_of(request)
        except TinymlError as error:
            problem = error  # it goes out of scope with this block

            def fail() -> Said:
                raise problem

            return await _respond(fail)
        return await _respond(lambda: answer(request, content))

    return respond


def number_at(request: Request) -> int:
    """Return the number of an address. Raises UsageError for what is no number of a thing."""
    text = str(request.path_params["number"])
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise UsageError("the address has no number of anything that there is.")
    return int(text)


def number_in(text: str) -> int:
    """Return a whole number that stands in an address, 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
