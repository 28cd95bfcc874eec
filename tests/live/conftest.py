# SPDX-License-Identifier: Apache-2.0
"""One project, one server of `tinyml live` and one browser for all tests of the page. No TensorFlow."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from support.firmware import digits_like, skip_without

from toolkit import ui
from toolkit.data import takes_of
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.config import load_project

TOML = """[project]
name = "shapes"

[data]
source = "image_folder"
split = [0.4, 0.2, 0.4]

[data.options]
folder = "pictures"
size = [8, 8]
color = "grey"

[model]
family = "cnn"

[firmware]
board = "nano33ble"
"""
CLASSES = 10
_EACH = 5
_START_S = 120


def make_project(folder: Path) -> Path:
    """Small pictures in ten classes, their data made, and a model of random weights that takes them."""
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    rng = np.random.default_rng(1)
    for kind in range(CLASSES):
        (folder / "pictures" / str(kind)).mkdir(parents=True)
        for number in range(_EACH):
            pixels = rng.integers(0, 256, (8, 8)).astype(np.uint8)
            image.fromarray(pixels).save(folder / "pictures" / str(kind) / f"{number}.png")
    (folder / "tinyml.toml").write_text(TOML)
    project = load_project(folder)
    pipeline = Pipeline(project, on_step=lambda _: None, progress=ui.progress)
    pipeline.data()
    model = folder / "build" / "model.tflite"
    model.write_bytes(digits_like()[0])
    takes = takes_of(project, pipeline.dataset()).to_json()
    known = {"sha256": hashlib.sha256(model.read_bytes()).hexdigest(), "detection": None}
    about = {"int8": known, "float32": {"sha256": "", "detection": None}, "takes": takes}
    (folder / "build" / "quantization.json").write_text(json.dumps(about))
    return folder


@dataclass
class Server:
    """A running `tinyml live`: its project, link and parts of it."""

    project: Path
    url: str
    process: subprocess.Popen[str] = field(repr=False)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def path(self) -> str:
        """The link's path with its token and a slash at the end."""
        return urlsplit(self.url).path

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and content of the answer to a request that says just these headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Return status and JSON of an answer to the page itself; path is as in the page's scripts."""
        own = {"Origin": f"http://127.0.0.1:{self.port}"}
        status, _, content = self.ask(method, self.path + path, body, own)
        return status, json.loads(content)


@contextmanager
def serving(project: Path, *words: str, command: str = "live") -> Iterator[Server]:
    """Run tinyml live on a project, or another command that serves the page, as a process."""
    program = [sys.executable, "-m", "toolkit", command, "--project", str(project), *words]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ}
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), url
            yield Server(project, url, process)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pytest.importorskip("starlette", reason="needs the extra live: pip install 'tinyml-toolkit[live]'")
    pytest.importorskip("unicorn", reason="needs the extra emulate: pip install 'tinyml-toolkit[emulate]'")
    skip_without("nano33ble", "gcc")
    with serving(make_project(tmp_path_factory.mktemp("live") / "shapes")) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium with a camera and a microphone that it plays itself."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs a browser: apt install chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream"]
    flags.append("--use-fake-device-for-media-stream=fps=5")  # each of its pictures is drawn by the processor
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=flags)
        yield found
        found.close()


@pytest.fixture(scope="session")
def tab(browser: Any, server: Server) -> Iterator[Any]:
    with opened(browser, server) as found:
        yield found


@pytest.fixture
def page(tab: Any, server: Server) -> Any:
    """The page, loaded anew; an error of its scripts fails the tests."""
    tab.goto("about:blank")
    tab.goto(server.url)
    tab.wait_for_selector("#connection[data-state=connected]")
    return tab


@contextmanager
def opened(browser: Any, server: Server, **options: Any) -> Iterator[Any]:
    """Open the page in a context of its own."""
    context = browser.new_context(**options)
    context.set_default_timeout(60_000)
    tab = context.new_page()
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto(server.url)
    tab.wait_for_selector("#connection[data-state=connected]")
    try:
        yield tab
        assert problems == []
    finally:
        context.close()


def drop_file(page: Any, name: str, content: bytes) -> None:
    """Drop a file on the page's first part."""
    page.evaluate(
        """([name, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name));
          const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
          document.getElementById('panel-try').dispatchEvent(event);
        }""",
        [name, list(content)],
    )
