# SPDX-License-Identifier: Apache-2.0
"""A small git repository of TensorFlow Lite Micro's shape, and those of what it takes from others.

Where TFLM has its generator stands GENERATOR, which copies what is there: TFLM's own runs make. tests that
take the real one are skipped without it (tests/engines/test_real_tflm.py).
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from toolkit.engines.fetch import GENERATOR as PLACE
from toolkit.engines.third_party import MAKE, PARTS

GENERATOR = """
import os, pathlib, shutil, sys, time
tree, make = pathlib.Path(sys.argv[1]), pathlib.Path("tensorflow/lite/micro/tools/make")
kernels = pathlib.Path("tensorflow/lite/micro/kernels")
optimized = any("OPTIMIZED_KERNEL_DIR=cmsis_nn" in word for word in sys.argv)
tree.mkdir(parents=True)
shutil.copytree(kernels.parent, tree / kernels.parent, ignore=shutil.ignore_patterns("tools", "cmsis_nn"))
if os.environ.get("STANDIN_WAITS"):
    pathlib.Path(os.environ["STANDIN_WAITS"]).touch()
    time.sleep(120)
if optimized:
    shutil.copytree(kernels / "cmsis_nn", tree / kernels / "cmsis_nn")
for part in sorted((make / "downloads").iterdir()):
    if part.name != "pigweed" and (optimized or not part.name.startswith("cmsis")):
        shutil.copytree(part, tree / "third_party" / part.name)
"""
PATCH = """--- a/lib.h
+++ b/lib.h
@@ -1 +1 @@
-int of_{name};
+int patched_{name};
"""
LIST = "\n".join(
    f'{part.name.upper()}_URL := "https://github.com/{part.repository}/archive/refs/tags/v1.zip"'
    for part in PARTS
    if part.where.endswith(".inc")
)
SCRIPT = """ZIP_PREFIX="{revision}"
URL="http://github.com/{repository}/archive/${{ZIP_PREFIX}}.zip"
ZIP_PREFIX="another"
"""


@dataclass(frozen=True)
class Repositories:
    """tflm is TFLM's repository, with commit as HEAD; parts holds <name>, a repository for each part.

    hub is laid out as the forge is: hub/<owner>/<name>.git leads to the same.
    """

    tflm: Path
    commit: str
    parts: Path
    hub: Path

    def as_forge(self) -> dict[str, str]:
        """Return the environment in which git finds hub where the forge's address is given."""
        return redirected(f"{self.hub.as_uri()}/")


def redirected(address: str) -> dict[str, str]:
    """Return the environment in which git takes address instead of the forge's."""
    pair = {"GIT_CONFIG_KEY_0": f"url.{address}.insteadOf", "GIT_CONFIG_VALUE_0": "https://github.com/"}
    return {"GIT_CONFIG_COUNT": "1", **pair}


def make_repositories(folder: Path) -> Repositories:
    """Write all of them below folder."""
    parts, hub = folder / "parts", folder / "hub"
    revisions = {}
    for part in PARTS:
        files = {"lib.h": f"int of_{part.name};\n", "LICENSE": "of its own\n"}
        revisions[part.name] = commit(parts / part.name, files, tag="v1")
        _commit_on(parts / part.name, {"lib.h": "int later;\n"})
        link(hub / f"{part.repository}.git", parts / part.name)
    made = commit(folder / "tflm", tflm_files(revisions))
    link(hub / "tensorflow" / "tflite-micro.git", folder / "tflm")
    return Repositories(folder / "tflm", made, parts, hub)


def tflm_files(revisions: dict[str, str]) -> dict[str, str]:
    """Return the files of TFLM's repository, by path."""
    files = {
        PLACE: GENERATOR,
        f"{MAKE}/third_party_downloads.inc": LIST,
        "tensorflow/lite/micro/micro_mutable_op_resolver.h": "/* resolver */\n",
        "tensorflow/lite/micro/kernels/add.cc": "/* reference */\n",
        "tensorflow/lite/micro/kernels/cmsis_nn/conv.cc": "/* optimized */\n",
    }
    for part in PARTS:
        if part.patch:
            files[part.patch] = PATCH.format(name=part.name)
        if not part.where.endswith(".inc"):
            text = SCRIPT.format(revision=revisions[part.name], repository=part.repository)
            files[part.where] = text
    return files


def commit(folder: Path, files: dict[str, str], tag: str = "") -> str:
    """Make a repository with one commit of files, and return the commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    made = _commit_on(folder, files)
    if tag:
        git(folder, "tag", tag)
    return made


def _commit_on(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "a commit")
    return git(folder, "rev-parse", "HEAD")


def link(place: Path, target: Path) -> None:
    """Make place a link to target."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def git(folder: Path, *words: str) -> str:
    """Run git in folder, and return what it says."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(folder), *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()
