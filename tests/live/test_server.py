# SPDX-License-Identifier: Apache-2.0
"""The page's server, asked in this process: what the system refuses, what takes long, its port."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.live import answers, server
from toolkit.live.desk import Desk
from toolkit.live.site import open_site
from toolkit.process import Companion

TOML = '[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n'


async def ask(app: Any, path: str, method: str = "GET") -> tuple[int, bytes]:
    """Return status and content of what an application answers to a request of the page."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
    await app({**scope, "root_path": "", "raw_path": path.encode()}, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body


def run_apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread: a browser of other tests has a loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result(60)


def answered(answer: Any) -> tuple[int, Any]:
    response = run_apart(answers.answer_json(answer)(SimpleNamespace()))  # type: ignore[arg-type]
    return response.status_code, json.loads(response.body)


def needs_starlette() -> None:
    pytest.importorskip("starlette", reason="needs the extra live: pip install 'tinyml-toolkit[live]'")


def test_what_the_system_refuses_is_said_in_words(tmp_path: Path) -> None:
    needs_starlette()
    status, said = answered(lambda _: (tmp_path / "file").joinpath("none").read_bytes())
    assert status == 400 and said["error"] == f"cannot use {tmp_path}/file/none: No such file or directory."
    full = OSError(28, os.strerror(28))
    status, said = answered(lambda _: (_ for _ in ()).throw(full))
    assert status == 400 and said["error"] == "the computer refuses: No space left on device."


def test_an_answer_that_json_cannot_have_is_said_in_words() -> None:
    needs_starlette()
    status, said = answered(lambda _: {"value": float("nan")})
    assert status == 400 and "NaN or infinite" in said["error"]


def test_what_takes_long_keeps_nobody_from_seeing_and_stopping_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_starlette()
    (tmp_path / "tinyml.toml").write_text(TOML)
    free = threading.Event()
    monkeypatch.setattr(Desk, "layers", lambda *_: {"waited": free.wait(30)})
    app = server.application(open_site(None, tmp_path, None, None), "t")

    async def busy() -> tuple[float, list[int]]:
        many = [asyncio.ensure_future(ask(app, "/t/api/samples/1/layers/board")) for _ in range(100)]
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        said = [await ask(app, "/t/api/job"), await ask(app, "/t/api/job/stop", "POST")]
        said.append(await ask(app, "/t/api/state"))
        took = time.monotonic() - begun
        free.set()
        return took, [status for status, _ in [*said, *await asyncio.gather(*many)]]

    took, statuses = run_apart(busy())
    assert set(statuses) == {200} and took < 10, took


def test_the_board_s_layers_are_built_once_for_all_who_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tinyml.toml").write_text(TOML)
    desk, built = open_site(None, tmp_path, None, None).desk, []
    trial = object()
    monkeypatch.setattr(Desk, "trial", lambda _: trial)

    def build(of: object, name: str, real: object, on: str) -> dict[str, Any]:
        time.sleep(0.05)
        built.append(name)
        return {"name": name}

    monkeypatch.setattr("toolkit.live.desk.layers_of", build)
    number = desk.hold("a", None)["id"]  # type: ignore[arg-type]
    threads = [threading.Thread(target=desk.layers, args=(number, "board")) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert built == ["a"]
    trial = object()
    desk.layers(number, "board")
    assert built == ["a", "a"]


def test_without_a_project_there_is_no_report_and_this_is_said(tmp_path: Path) -> None:
    needs_starlette()
    (tmp_path / "tinyml.toml").write_text(TOML)
    site = open_site(None, tmp_path, None, None)
    site.root = None
    status, content = run_apart(ask(server.application(site, "t"), "/t/report"))
    assert status == 400 and json.loads(content)["error"] == "this is for a project."


@pytest.mark.skipif(sys.platform == "win32", reason="a port can be used at once there")
def test_a_port_can_be_used_again_at_once() -> None:
    first = server._listen(0)
    port = first.getsockname()[1]
    page = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection, _ = first.accept()
    connection.close()  # the side that closes first waits in TIME_WAIT
    page.close()
    first.close()
    again = server._listen(port)
    with pytest.raises(UsageError, match=f"port {port} cannot be used") as caught:
        server._listen(port)
    again.close()
    assert caught.value.hint == "Try: another one, such as --at 8000, or end what has it"


def test_a_model_that_is_not_there_is_no_model_that_is_still_to_be_trained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*nosuch.tflite: No such file") as caught:
        open_site(tmp_path / "nosuch.tflite", tmp_path, None, None)
    assert caught.value.hint is None


def test_a_folder_that_is_gone_is_not_a_program_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TinymlError, match=r"there is no folder .*gone\."):
        Companion([sys.executable, "-c", "0"], cwd=tmp_path / "gone", errors=tmp_path / "errors")


def test_broken_files_are_left_out_by_the_steps_of_a_page_that_was_told_so(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(TOML)
    jobs = open_site(None, tmp_path, None, None, skip_broken=True).jobs
    assert {jobs._command(name, 0)[-1] for name in ("data", "build", "check", "search")} == {"--skip-broken"}
