# SPDX-License-Identifier: Apache-2.0
"""tinyml help"""

from __future__ import annotations

import click

from toolkit import ui


@click.command("help")
@click.argument("words", metavar="[COMMAND]...", nargs=-1)
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> None:
    """Show the commands, or what one of them does, as --help does.

    \b
    Examples:
      tinyml help
      tinyml help check
      tinyml help engine fetch
    """
    shown = context.find_root()
    for word in words:
        group = shown.command
        found = group.get_command(shown, word) if isinstance(group, click.Group) else None
        if found is None:
            raise click.NoSuchCommand(word, ctx=shown)
        shown = click.Context(found, info_name=word, parent=shown)
    ui.result(shown.get_help())
