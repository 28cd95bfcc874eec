# SPDX-License-Identifier: Apache-2.0
"""The deepest chain of calls from reset, and what it takes of the stack."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from toolkit.stack.image import Code, Function, read_code

_ROOT = "Reset_Handler"
# Written in assembly: they set the stack pointer to the top of a stack.
_SET_UP = (_ROOT, "tm_fault_entry")
# Who calls by pointer, and whom: the protocol its commands, a model's invoke the hook, everything
# else the functions of the port and the application. Types would tell them apart, but machine code has
# none; so a name that is not among these must never make the bound smaller: who then seems to call
# nobody may call all, and whom nobody seems to call is unknown. The user's own code may call all, and be
# called by all but the protocol, whatever its functions are called.
_COMMANDS = re.compile(r"command_\w+|tm_command_\w+")
_DISPATCH = re.compile(r"run_words|run_command|end_command|tm_protocol_receive|main|tm_start")
_HOOKS = re.compile(r"say_layer")
_INVOKES = re.compile(r"\w+_run_layers|tm_model_invoke")
# Whose address nobody takes: a number that equals it is a number.
NEVER_POINTED_AT = r"tm_protocol_\w+|run_words|run_command|end_command|tm_say\w*|tm_end_line|flush|make_room"
_DIRECT = re.compile(NEVER_POINTED_AT)
_PROTOCOL = re.compile(rf"{NEVER_POINTED_AT}|(tm_)?command_\w+|say_layer|cycles|memory")
_HANDLERS = re.compile(r"Reset_Handler|tm_fault\w*|tm_interrupt_\w+")
# What the core pushes before a handler: 26 words with the FPU's registers, and one to align them (ARM DDI
# 0403E B1.5.7). Each interrupt may come once on top of the others, whatever priorities an application sets.
_FRAME = ("an interrupt", 4 * 27)


@dataclass(frozen=True)
class StackBound:
    """No run needs more than bytes; chain is how it gets there: functions and what each takes.

    why_unknown is why there is no such bound, "" if there is one.
    """

    bytes: int
    chain: tuple[tuple[str, int], ...]
    why_unknown: str = ""


class _UnknownError(Exception):
    """Something in the code has no bound."""


def prove_stack(elf: Path) -> StackBound:
    """Return the most stack that a firmware can use from reset on, or why that is not known.

    Each function counts with all that its instructions take, whichever way it goes; a call at the
    end of a function as if the function still had its part. Each interrupt that has a handler comes on top of
    that, with what the core pushes. Faults have a stack of their own.
    Raises InputError for what is no ELF.
    """
    code = read_code(elf)
    prover = _Prover(code)
    try:
        chain = prover.deepest(_ROOT, ())
        for handler in sorted(code.handlers):
            chain += (_FRAME, *prover.deepest(handler, ()))
    except _UnknownError as problem:
        return StackBound(0, (), str(problem))
    for name in sorted(code.pointed_at):
        if name not in prover.known and prover.can_be_called(name):
            return StackBound(0, (), f"{name} is called by a pointer, and nobody is known who does")
    return StackBound(sum(size for _, size in chain), chain)


@dataclass(frozen=True)
class Reach:
    """What a function takes with all that it calls: the functions, and the most stack, None if not known."""

    functions: frozenset[str]
    stack_bytes: int | None


def reach_of(elf: Path, names: Iterable[str]) -> dict[str, Reach]:
    """Return what functions of a firmware reach; those that it does not have are left out."""
    code = read_code(elf)
    prover = _Prover(code)
    return {name: _reach(prover, name) for name in names if name in code.functions}


def _reach(prover: _Prover, name: str) -> Reach:
    found, waiting = {name}, [name]
    while waiting:
        function = prover.code.functions.get(waiting.pop())
        more = function.calls - found if function else frozenset()
        found |= more
        waiting += more
    try:
        stack = sum(size for _, size in prover.deepest(name, ()))
    except _UnknownError:
        return Reach(frozenset(found), None)
    return Reach(frozenset(found), stack)


class _Prover:
    def __init__(self, code: Code) -> None:
        self.code = code
        self.known: dict[str, tuple[tuple[str, int], ...]] = {}

    def deepest(self, name: str, above: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
        if name in self.known:
            return self.known[name]
        if name in above:
            raise _UnknownError(self.circle((*above[above.index(name) :], name)))
        function = self.code.functions.get(name)
        if function is None:
            raise _UnknownError(f"{above[-1] if above else 'nobody'} calls {name}, which has no code")
        if function.is_unbounded and name not in _SET_UP:
            raise _UnknownError(f"{name} moves the stack pointer by an amount that is computed")
        chains = [self.deepest(callee, (*above, name)) for callee in sorted(self.callees(function))]
        below = max(chains, key=lambda chain: sum(size for _, size in chain), default=())
        self.known[name] = ((name, function.stack_bytes), *below)
        return self.known[name]

    def circle(self, chain: tuple[str, ...]) -> str:
        """Return why a chain of calls that ends where it began has no bound."""
        words = " -> ".join(chain)
        for caller, callee in pairwise(chain):
            if callee not in self.code.functions[caller].calls:
                return f"{caller} calls by a pointer, perhaps {callee}, and so could call itself: {words}"
        return f"{words} is a recursion"

    def callees(self, function: Function) -> set[str]:
        called = set(function.calls)
        if function.calls_by_pointer:
            pointed_at = {name for name in self.code.pointed_at if self.can_be_called(name)}
            called |= {name for name in pointed_at if self.may_call(function.name, name)} or pointed_at
        return called

    def may_call(self, caller: str, callee: str) -> bool:
        """Return whether a pointer to callee can be what caller calls by."""
        own = self.code.own
        if caller in own or callee in own:
            return caller in own or not _is(_PROTOCOL, caller)
        return _may_call(caller, callee)

    def can_be_called(self, name: str) -> bool:
        """Return whether a function whose address is somewhere can be called by it: neither one that only the
        processor calls, on a stack of its own, nor one whose address is a number by chance.
        """
        if name in self.code.handlers:
            return False
        return name in self.code.own or not (_is(_HANDLERS, name) or _is(_DIRECT, name))


def _may_call(caller: str, callee: str) -> bool:
    """Return the same for two functions of the toolkit's."""
    if _is(_COMMANDS, callee):
        return _is(_DISPATCH, caller)
    if _is(_HOOKS, callee):
        return _is(_INVOKES, caller)
    return not _is(_INVOKES, caller)


def _is(names: re.Pattern[str], function: str) -> bool:
    """Return whether a function has one of the names, also where another static one is called so too."""
    return names.fullmatch(function.partition("@")[0]) is not None
