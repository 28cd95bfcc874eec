# SPDX-License-Identifier: Apache-2.0
"""Every command that works on a project may be the one that reads the data: it takes --skip-broken."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from toolkit.cli.main import cli
from toolkit.cli.options import open_pipeline, project_option


def test_every_command_of_a_project_takes_it() -> None:
    context = click.Context(cli)
    commands = [cli.get_command(context, name) for name in cli.list_commands(context)]
    with_project = [c for c in commands if c and "--project" in {o for p in c.params for o in p.opts}]
    assert len(with_project) > 8
    for command in with_project:
        assert "--skip-broken" in {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("wanted", [True, False])
def test_the_pipeline_hears_of_it(tmp_path: Path, wanted: bool) -> None:
    (tmp_path / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n'
    )
    heard = []

    @click.command()
    @project_option
    def command(folder: Path) -> None:
        heard.append(open_pipeline(folder).context.skip_broken)

    arguments = ["--project", str(tmp_path), *(["--skip-broken"] if wanted else [])]
    command.main(arguments, standalone_mode=False)
    assert heard == [wanted]
