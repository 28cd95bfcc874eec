# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite Micro, from its repository to trees that a firmware can be built of."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from toolkit import process
from toolkit.engines.kept import Kept, engines_dir, keep, read_kept, use, workplace
from toolkit.engines.pins import COMMIT, HASHES, KERNELS, URL, hash_of_parts, require_hashes
from toolkit.engines.sources import bring, is_address
from toolkit.engines.third_party import place_parts
from toolkit.engines.unpacking import copy_folder
from toolkit.errors import InputError, ToolMissingError

GENERATOR = "tensorflow/lite/micro/tools/project_generation/create_tflm_tree.py"
_ARRAYS = "tensorflow/lite/micro/tools/generate_cc_arrays.py"
"""Makes C of the examples' models, whenever make runs, and needs Pillow for it; no library needs that C."""
_TIMEOUT_S = 3600.0
_OPTIONS = {"reference": "", "cmsis_nn": "OPTIMIZED_KERNEL_DIR=cmsis_nn"}
_PROGRAMS = ("git", "make", "bash")
_MARK = "tensorflow/lite/micro/micro_mutable_op_resolver.h"

OnWord = Callable[[str], None]


def fetch_tflm(
    source: str = "", commit: str = "", third_party: Path | None = None, on_word: OnWord = lambda _: None
) -> Kept:
    """Bring TFLM into the cache, unless it is there whole, and have --engine tflm take it.

    source is a folder or git's address, "" for TFLM's own; commit are 40 hex digits, "" for the one that the
    toolkit knows. third_party is a folder with what TFLM takes from others; what is not there comes from its
    own repository. on_word hears what goes on. A process that is killed leaves nothing that counts.
    Raises InputError for sources that are not what they should be, ToolMissingError without git, make, bash
    or a network.
    """
    wanted = commit.lower() or COMMIT
    if not re.fullmatch(r"[0-9a-f]{40}", wanted):
        raise InputError(
            f"{commit!r} is no commit: it must have 40 hex digits.", hint="Try: git rev-parse HEAD"
        )
    if third_party is not None and not third_party.is_dir():
        raise InputError(f"{third_party} is no folder.", hint="It holds flatbuffers, gemmlowp, ruy and so on")
    there = read_kept(engines_dir() / wanted)
    if there is not None and not there.damaged():
        on_word("in the cache already")
        use(there)
        return there
    with workplace() as place:
        trees = place / "trees"
        ready = read_kept(Path(source)) if source and Path(source).is_dir() else None
        if ready is not None:
            _copy_ready(ready, wanted, trees)
        else:
            _generate(source or URL, wanted, third_party, place / "tflm", trees, on_word)
        if wanted == COMMIT:
            _require_known(trees)
        return keep(trees, wanted, _name_of(source or URL))


def _name_of(source: str) -> str:
    return source if is_address(source) else "a folder"


def _copy_ready(ready: Kept, commit: str, trees: Path) -> None:
    """Take over what another computer's cache has."""
    if ready.commit != commit:
        raise InputError(
            f"{ready.folder} holds TensorFlow Lite Micro {ready.commit}, not {commit}.",
            hint=f"Try: --commit {ready.commit}",
        )
    if damaged := ready.damaged():
        raise InputError(f"{ready.folder} is damaged: {', '.join(damaged)} changed since it was made.")
    for kernels in KERNELS:
        copy_folder(ready.tree(kernels), trees / kernels)


def _generate(
    source: str, commit: str, third_party: Path | None, sources: Path, trees: Path, on_word: OnWord
) -> None:
    _require_programs()
    on_word(f"TensorFlow Lite Micro {commit[:7]}")
    bring(source, commit, sources)
    if not (sources / GENERATOR).is_file():
        raise InputError(
            f"{source} is not TensorFlow Lite Micro's repository: there is no {GENERATOR}.",
            hint="Try: a clone of TFLM. A tree that its generator made goes with --tflm FOLDER instead",
        )
    on_word("what it takes from others")
    place_parts(sources, third_party)
    if (sources / _ARRAYS).is_file():
        (sources / _ARRAYS).write_text("")
    for kernels in KERNELS:
        on_word(f"its generator: {kernels} kernels")
        _run_generator(sources, trees / kernels, _OPTIONS[kernels])


def _require_programs() -> None:
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        raise ToolMissingError(
            f"TensorFlow Lite Micro's generator needs {', '.join(missing)}.",
            hint=f"Try: apt-get install {' '.join(missing)}",
        )


def _run_generator(sources: Path, tree: Path, options: str) -> None:
    command = [sys.executable, GENERATOR, str(tree.resolve())]
    if options:
        command.append(f"--makefile_options={options}")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    env["LC_ALL"] = "C"
    done = process.run(command, timeout_s=_TIMEOUT_S, cwd=sources, env=env, ends_with_us=True)
    if done.exit_code == 0 and (tree / _MARK).is_file():
        return
    lines = [line.strip() for line in done.output.splitlines() if line.strip()]
    said = " | ".join(lines[-3:]) or "it made no tree"
    raise InputError(
        f"TensorFlow Lite Micro's own generator failed: {said}",
        hint="Try: the commit that the toolkit knows, without --commit",
    )


def _require_known(trees: Path) -> None:
    for kernels in KERNELS:
        require_hashes(
            hash_of_parts(trees / kernels),
            HASHES[kernels],
            hint="Nothing was kept. Try: TFLM's own repository, and git repositories for --third-party",
        )
