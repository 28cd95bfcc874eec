# SPDX-License-Identifier: Apache-2.0
"""What holds for every test, before any of them imports anything heavy."""

import gc
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.effort import breadth
from support.objects import VARIABLE as OBJECTS
from support.waits import waits

from toolkit.extras import settle_tensorflow

INSIDE = ("TINYML_BUILD_CACHE", "ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR")
"""Where builds of firmware, and zig, keep what they compiled: folders inside the session's."""

# A process of tests for each core: threads of its libraries only wait for each other, and on a machine that
# shows more cores than it gives they cost a third more. Set before anything imports NumPy or TensorFlow.
for name in ("TF_NUM_INTRAOP_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# Some machines forbid compiled Python: hundreds of processes would compile the toolkit again, 0.4 s each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile(
    "toolkit",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=breadth(100, here=30),
)
settings.load_profile("toolkit")

# TensorFlow imported by one test without this computes otherwise than in a process of its own.
settle_tensorflow()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: encoders write dates into files, and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """End what pytest-cov 7.1 starts in a worker of xdist beside the worker's own counting.

    With both, every line is counted twice, and no_cover stops only one of them.
    """
    plugin = session.config.pluginmanager.getplugin("_cov")
    if plugin is not None and hasattr(session.config, "workerinput") and plugin.cov_controller:
        plugin.cov_controller.cov.stop()


def pytest_configure(config: pytest.Config) -> None:
    """Make the session's folder of compiled C; xdist's workers get its names with the environment.

    A shell's background job ignores Ctrl-C, and one of nohup a lost terminal, which some tests send.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.name != "nt" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if not hasattr(config, "workerinput"):
        os.environ[OBJECTS] = tempfile.mkdtemp(prefix="tinyml-objects-")
        for name in INSIDE:
            os.environ[name] = str(Path(os.environ[OBJECTS], name.lower()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it."""
    if not hasattr(config, "workerinput"):
        for name in INSIDE:
            del os.environ[name]
        shutil.rmtree(os.environ.pop(OBJECTS), ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that wait; count no lines in fuzzers: other tests reach them too, and counting is slow."""
    for item in items:
        if waits(item.nodeid):
            item.add_marker("wide")
        if item.get_closest_marker("fuzz"):
            item.add_marker("no_cover")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector no longer walk what was imported: with TensorFlow 370,000 objects, 0.3 s a time."""
    gc.freeze()
