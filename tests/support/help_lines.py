# SPDX-License-Identifier: Apache-2.0
"""What the help texts show."""

from __future__ import annotations

import re

import click

from toolkit.cli.main import cli


def lines_of_help() -> list[str]:
    """Return every command line that a help text shows, such as "tinyml data"."""
    context, found = click.Context(cli), list[str]()
    for verb in cli.list_commands(context):
        command = cli.get_command(context, verb)
        assert command is not None
        found += re.findall(r"^ +(tinyml .*)$", command.help or "", re.M)
    return found
