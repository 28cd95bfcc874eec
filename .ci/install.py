# SPDX-License-Identifier: Apache-2.0
"""Install by uv, which needs a sixth of pip's processor time, or by pip where uv would not do the same.

python .ci/install.py -e '.[test]' installs into the environment of this python. What pip is configured
with holds for uv too: an index, links, constraints, certificates. Any other setting is for pip alone.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys

NAMES_OF_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "constraint": "UV_CONSTRAINT",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
WITHOUT_EFFECT = {"disable-pip-version-check", "no-input", "progress-bar", "quiet", "root-user-action"}
"""Settings of pip that change nothing about what is installed."""

PIP = [sys.executable, "-m", "pip"]


def settings_of_pip(listed: str) -> dict[str, str]:
    """Return the settings that hold for `pip install`, by name, from what `pip config list` printed."""
    found = {}
    for section in ("global.", "install.", ":env:."):  # A later one wins, as in pip.
        for line in listed.splitlines():
            if line.startswith(section):
                name, _, value = line.removeprefix(section).partition("=")
                found[name] = str(ast.literal_eval(value))
    return found


def environment_of_uv(settings: dict[str, str]) -> dict[str, str] | None:
    """Return variables that mean to uv what settings mean to pip, or None if there is none for one."""
    named = {name: value for name, value in settings.items() if name not in WITHOUT_EFFECT}
    if not named.keys() <= NAMES_OF_UV.keys():
        return None
    # pip takes the best version of all indexes, uv by itself of the first that has the package.
    environment = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, value in named.items():
        between = "," if name == "find-links" else " "
        environment[NAMES_OF_UV[name]] = between.join(value.split())
    return environment


def install(words: list[str]) -> int:
    """Install words, as `pip install` takes them; return the exit code."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False)
    environment = None
    if listed.returncode == 0:
        environment = environment_of_uv(settings_of_pip(listed.stdout))
    quietly = [*PIP, "install", "--quiet"]
    if environment is not None and subprocess.call([*quietly, "--upgrade", "pip", "uv"]) == 0:
        by_uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable, *words]
        # What the user has set for uv itself comes first.
        if subprocess.call(by_uv, env={**environment, **os.environ}) == 0:
            return 0
        print("uv could not install this; now by pip", file=sys.stderr)
    subprocess.call([*quietly, "--upgrade", "pip"])
    return subprocess.call([*quietly, *words])


if __name__ == "__main__":
    sys.exit(install(sys.argv[1:]))
