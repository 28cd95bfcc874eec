# SPDX-License-Identifier: Apache-2.0
"""What lies on the page's desk: samples that were brought, by number, and the model as it is now."""

from __future__ import annotations

import itertools
import re
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.live.helpers import Helper
from toolkit.live.layers import layers_of
from toolkit.live.trial import Setting, Trial
from toolkit.live.views import view_of
from toolkit.predict.answer import Real, Where

_TRAINED = ("qat.keras", "pruned.keras", "model.keras")
"""What the steps before tinyml quantize leave beside its model.tflite, the last first."""
_MOST_HELD = 2000
_MOST_OF_A_FILE = 500


@dataclass(frozen=True, eq=False)
class Held:
    """One sample, real (1, *shape), as the model takes it."""

    name: str
    real: Real


class Desk:
    """Samples and the model of one server; threads may share it. on_word hears what takes time."""

    def __init__(self, setting: Setting, on_word: Callable[[str], None]) -> None:
        self.setting, self._on_word = setting, on_word
        self._floats, self._tflm = Helper(), Helper()
        self._held: OrderedDict[int, Held] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock, self._looking = threading.RLock(), threading.Lock()
        self._looked: dict[tuple[int, Where], tuple[Trial, dict[str, Any]]] = {}
        self._trial: Trial | None = None
        self._version: tuple[int, int] | None = None

    def trial(self) -> Trial:
        """Return the model, opened anew if its file has changed. Raises InputError without one."""
        with self._lock:
            version = self.version()
            if version is None:
                name = self.setting.model.name
                raise InputError(f"there is no {name} yet.", hint=f"Try: {self._next_step()}")
            if self._trial is None or version != self._version:
                if self._trial is not None:
                    self._trial.close()
                    self._held.clear()
                self._trial = Trial(self.setting, self._floats, self._tflm, self._on_word)
                self._version = version
            return self._trial

    def use(self, setting: Setting) -> None:
        """Open the model anew for another board; the samples stay."""
        with self._lock:
            trial, self._trial, self.setting = self._trial, None, setting
        if trial is not None:
            trial.close()

    def missing(self) -> str:
        """Return what to say while there is no model's file: which step is still to be done."""
        trained, next_step = self._trained(), self._next_step()
        if not trained:
            return f"There is no model yet. Train one, on the page or with: {next_step}"
        name = self.setting.model.name
        return f"{trained} is there, but no {name} of it. Make it, on the page or with: {next_step}"

    def _trained(self) -> str:
        """Return the file of the model that was trained last and goes on, "" if there is none."""
        return next((name for name in _TRAINED if self.setting.model.with_name(name).is_file()), "")

    def _next_step(self) -> str:
        return "tinyml quantize" if self._trained() else "tinyml train"

    def version(self) -> tuple[int, int] | None:
        """Return what changes with the model's file, None while there is none."""
        try:
            found = self.setting.model.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size)

    def bring(self, name: str, content: bytes) -> dict[str, Any]:
        """Decode a file's content as the model's own data are; return its samples, as JSON.

        Only the ending of name decides how it is read. Raises InputError for a file that cannot be taken.
        """
        trial, ending = self.trial(), ending_of(name)
        with tempfile.TemporaryDirectory(prefix="tinyml-live-") as folder:
            path = Path(folder) / f"upload{ending}"
            path.write_bytes(content)
            try:
                decoded = trial.decode(path)
            except TinymlError as error:
                error.message = error.message.replace(str(path), name)
                error.hint = error.hint and error.hint.replace(path.name, name)
                raise
        count = len(decoded.real)
        kept = [
            self.hold(f"{name}:{i + 1}" if count > 1 else name, decoded.real[i : i + 1])
            for i in range(min(count, _MOST_OF_A_FILE))
        ]
        return {"samples": kept, "of": count}

    def hold(self, name: str, real: Real) -> dict[str, Any]:
        """Keep a sample, real (1, *shape); return its number and name, as JSON."""
        with self._lock:
            number = next(self._numbers)
            self._held[number] = Held(name, real)
            while len(self._held) > _MOST_HELD:
                self._held.popitem(last=False)
        return {"id": number, "name": name}

    def sample(self, number: int) -> Held:
        """Return a sample. Raises UsageError if it is no longer there."""
        with self._lock:
            found = self._held.get(number)
        if found is None:
            raise UsageError("this sample is no longer kept.", hint="Try: choose the file once more")
        return found

    def look(self, number: int) -> dict[str, Any]:
        """Return what the model gets of a sample, as JSON."""
        held, trial = self.sample(number), self.trial()
        takes = trial.file.takes
        names = takes.options.get("columns", ()) if takes else ()
        source = takes.source if takes else ""
        return {"name": held.name, "view": view_of(trial.seen(held.real)[0], source, list(names))}

    def ask(self, number: int, on: Where) -> dict[str, Any]:
        """Return what one column says of a sample, as JSON. Raises TinymlError with what to do."""
        return self.trial().ask(self.sample(number).real, on)

    def layers(self, number: int, on: Where) -> dict[str, Any]:
        """Return what each layer of a column makes of a sample, as JSON.

        The board's firmware is built for it, one at a time; who asks for the same gets the same.
        """
        held, trial = self.sample(number), self.trial()
        if on != "board":
            return layers_of(trial, held.name, held.real, on)
        with self._looking:
            of, found = self._looked.get((number, on), (None, {}))
            if of is not trial:
                found = layers_of(trial, held.name, held.real, on)
                self._looked = {(number, on): (trial, found)}
            return found

    def close(self) -> None:
        """End what runs, for good."""
        self._floats.close()
        self._tflm.close()
        with self._lock:
            if self._trial is not None:
                self._trial.close()
            self._trial = None


def ending_of(name: str) -> str:
    """Return the ending of a file's name, in small letters. Raises UsageError without a plain one."""
    found = re.search(r"\.[A-Za-z0-9]{1,8}\Z", name)
    if found is None:
        raise UsageError(f"{name!r} has no ending that says what it is.", hint="Try: a name such as a.png")
    return found[0].lower()
