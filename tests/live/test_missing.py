# SPDX-License-Identifier: Apache-2.0
"""What the page says while there is no model: the step that is missing, whatever was made before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.live.site import open_site

TOML = '[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n'


@pytest.mark.parametrize(
    ("made", "said", "command"),
    [
        ((), "There is no model yet. Train one", "tinyml train"),
        (("model.keras",), "model.keras is there, but no model.tflite of it", "tinyml quantize"),
        (("model.keras", "pruned.keras"), "pruned.keras is there, but no model.tflite", "tinyml quantize"),
    ],
)
def test_the_page_names_the_step_that_is_missing(
    made: tuple[str, ...], said: str, command: str, tmp_path: Path
) -> None:
    (tmp_path / "tinyml.toml").write_text(TOML)
    (tmp_path / "build").mkdir()
    for name in made:
        (tmp_path / "build" / name).write_bytes(b"")
    site = open_site(None, tmp_path, None, None)
    missing = site.state()["missing"]
    assert missing.startswith(said) and missing.endswith(command)
    with pytest.raises(InputError) as caught:
        site.desk.trial()
    assert caught.value.hint == f"Try: {command}"
