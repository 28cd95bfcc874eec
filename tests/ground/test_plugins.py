# SPDX-License-Identifier: Apache-2.0
"""Plugins are found by their files; a file that cannot be used, and two of one name, are said."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from toolkit.errors import InputError
from toolkit.plugins import by_name, load_plugins


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package, called some_plugins."""
    folder = tmp_path / "some_plugins"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    load_plugins.cache_clear()
    for name in [name for name in sys.modules if name.startswith("some_plugins")]:
        del sys.modules[name]


def test_modules_that_define_the_name_are_found_in_the_order_of_their_files(package: Path) -> None:
    (package / "b.py").write_text("PLUGIN = 2")
    (package / "a.py").write_text("PLUGIN = 1")
    (package / "c.py").write_text("OTHER = 3")
    assert load_plugins("some_plugins", "PLUGIN") == (1, 2)


@pytest.mark.parametrize("text", ["def (", "1 / 0", "import nothing_of_this_name", "\0"])
def test_a_module_that_cannot_be_imported_is_named(text: str, package: Path) -> None:
    (package / "broken.py").write_text(text)
    with pytest.raises(InputError, match=r"the module some_plugins\.broken cannot be used: "):
        load_plugins("some_plugins", "PLUGIN")


def test_two_plugins_of_one_name_are_refused() -> None:
    first, second = SimpleNamespace(name="a"), SimpleNamespace(name="a")
    assert list(by_name((SimpleNamespace(name="b"), first))) == ["a", "b"]
    with pytest.raises(InputError, match="two plugins are called 'a'"):
        by_name((first, second))
