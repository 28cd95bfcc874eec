# SPDX-License-Identifier: Apache-2.0
"""`tinyml`: finds the verbs, runs one, turns what it raises into words and an exit code."""

from __future__ import annotations

import errno
import os
import pkgutil
import signal
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

import toolkit.cli
from toolkit import __version__, ui
from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.extras import settle_tensorflow
from toolkit.files import use_error
from toolkit.signals import signals_to_end
from toolkit.suggest import did_you_mean

NOBODY_READS = 141
"""What a shell shows for a program that SIGPIPE ended."""
_SAME_WISH_S = 1.0
_MOST_ENDING_S = 10


class Verbs(click.Group):
    """The commands, found by their file names: toolkit/cli/<verb>_cmd.py defines `command`.

    A _ in a file's name is a - in the verb.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, sorted."""
        names = [module.name for module in pkgutil.iter_modules(toolkit.cli.__path__)]
        verbs = (name.removesuffix("_cmd") for name in names if name.endswith("_cmd"))
        return sorted(verb.replace("_", "-") for verb in verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or say which verbs are near."""
        verbs = self.list_commands(ctx)
        if cmd_name not in verbs:
            raise UsageError(
                f"no command {cmd_name!r}. {did_you_mean(cmd_name, verbs)}", hint="Try: tinyml --help"
            )
        command: click.Command = import_module(f"toolkit.cli.{cmd_name.replace('-', '_')}_cmd").command
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tinyml")
def cli() -> None:
    """From a folder of data to checked firmware on a microcontroller.

    Each command runs whatever earlier step is missing or out of date:
    train -> quantize -> compile -> build -> check.

    \b
    Example:
      tinyml new my_project --example digits
      cd my_project
      tinyml check --board nano33ble
    """
    from toolkit.project.config import FILE_NAME
    from toolkit.targets.board import use_boards_of

    use_boards_of(Path() if Path(FILE_NAME).is_file() else None)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    settle_tensorflow()
    as_json = "--json" in arguments
    try:
        cli.main(args=list(arguments), prog_name="tinyml", standalone_mode=False)
    except TinymlError as problem:
        return _report(problem, as_json)
    except click.exceptions.NoArgsIsHelpError as problem:
        ui.note(problem.format_message())
        return UsageError.exit_code
    except click.ClickException as problem:
        return _report(_usage_error(problem, arguments), as_json)
    except (KeyboardInterrupt, click.Abort) as problem:
        exit_code = _interrupted_code(problem)
        if as_json:
            _show_json({"error": "interrupted", "hint": None, "exit_code": exit_code})
        with suppress(OSError):  # the terminal may be gone
            ui.note("Interrupted.")
        return exit_code
    except SystemExit:  # how click ends when whoever read our output is gone: tinyml ... | head
        return NOBODY_READS
    except OSError as problem:
        return _report_os_error(problem, as_json)
    except Exception as problem:  # the last frame: whatever arrives here is our bug
        return _bug(problem, as_json)
    return 0


def _interrupted_code(problem: BaseException) -> int:
    """Return 128 and the signal's number, as a shell would; click puts an Abort over what was raised."""
    cause = problem.__cause__ or problem
    return 128 + int(cause.args[0] if cause.args else signal.SIGINT)


def _stop(number: int, frame: object) -> None:
    """Raise once. What comes right after it, as timeout(1) sends it twice, is the same wish; later, nobody
    waits any longer."""
    stopped_at = time.monotonic()

    def again(number: int, frame: object) -> None:
        if time.monotonic() - stopped_at > _SAME_WISH_S:
            os._exit(128 + number)

    for each in signals_to_end():
        signal.signal(each, again)
    raise KeyboardInterrupt(number)


def _end_soon() -> None:
    """Let the same signal, come again, not change how an interrupted command ends: Python gives up its own
    handlers while it ends. What keeps it from ending, such as a library's threads, has some seconds."""
    for number in signals_to_end():
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "alarm"):
        signal.alarm(_MOST_ENDING_S)
    # What was raised within an exec() of a text, as by dataclasses, Python remembers, and ends by SIGINT
    # although it was caught (unhandled_keyboard_interrupt in CPython's pythonrun.c), but for another exec().
    exec("")


def _report_os_error(problem: OSError, as_json: bool) -> int:
    if problem.filename is None and problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        ui.give_up(sys.stdout)  # what click printed itself
        hint = "Try: free some space, also where temporary files are (TMPDIR; on Windows TEMP)"
        return _report(InputError(f"cannot write: {problem.strerror}.", hint=hint), as_json)
    if problem.filename is None:
        return _bug(problem, as_json)
    return _report(use_error(problem), as_json)


def _bug(problem: Exception, as_json: bool) -> int:
    traceback.print_exc()
    return _report(TinymlError(f"this is a bug in the toolkit: {problem!r}."), as_json)


def _usage_error(problem: click.ClickException, arguments: Sequence[str]) -> UsageError:
    """Return what click complains of; it does not always say of which command."""
    context = getattr(problem, "ctx", None)
    verb = next((word for word in arguments[:1] if word in Verbs().list_commands(click.Context(cli))), "")
    path = context.command_path if context else f"tinyml {verb}".rstrip()
    return UsageError(problem.format_message(), hint=f"Try: {path} --help")


def _show_json(value: Mapping[str, object]) -> None:
    with suppress(InputError):  # no room: what went wrong before is said on stderr all the same
        ui.result_json(value)


def _report(problem: TinymlError, as_json: bool) -> int:
    if as_json:
        about = {"error": problem.message, "hint": problem.hint, "exit_code": problem.exit_code}
        _show_json({**problem.facts, **about})
    ui.error(problem)
    return problem.exit_code


def main() -> None:
    """Run the command line of this process and leave with its exit code.

    SIGTERM and the end of its terminal end it as Ctrl-C does: programs that it started would outlive it
    otherwise.
    """
    try:
        for number in signals_to_end():
            signal.signal(number, _stop)
        exit_code = run(sys.argv[1:])
    except KeyboardInterrupt as problem:  # before or after what run() does about it
        with suppress(OSError):  # the terminal may be gone
            ui.note("Interrupted.")
        exit_code = _interrupted_code(problem)
    if exit_code in (128 + number for number in signals_to_end()):
        _end_soon()
    sys.exit(exit_code)
