# SPDX-License-Identifier: Apache-2.0
"""A worker: takes one candidate after the other from a study, and leaves nothing undone that others began.

What may happen, and what follows. A worker dies: its trial fails, and a waiting one with the same values
takes its place. Two workers see that at once: both make one, and of two with the same place only the first
runs. A worker is cut off from the storage: it tries again until its sign must be late for the others, who
take its trial up; what it has found is then dropped. It is interrupted: it gives its trial back. So each
place in a study, from 0 on, comes to one result.
"""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.stamps import digest_of
from toolkit.renewal import Growth
from toolkit.search.dimensions import Point
from toolkit.search.storage import Storage

T = TypeVar("T")
MOST_DEATHS = 3
"""A candidate whose workers died so often is given up: it may be what kills them."""
OWN = -1
"""What the project's own model, a trial that nobody proposed, stands in for."""
_PROPOSED = -(10**9)
"""The place of the first candidate that was proposed beforehand; the next ones are below."""
_OF_ONE_WORKER = ("worker", "given_back", "reason", "violation", "seconds")
_MOST_FAILURES = 5
_LOOK_AGAIN_S = 2.0


@dataclass(frozen=True)
class Outcome:
    """What came of a candidate: its values, or the reason why it has none.

    violation is by which part of each limit it is beyond that; below 0 is within.
    """

    values: tuple[float, ...] | None
    reason: str = ""
    violation: tuple[float, ...] = (0.0,)


class Asked:
    """A candidate that is to be tried. What is noted of it survives whoever works on it."""

    def __init__(self, trial: Any, study: Any, retry: Callable[[Callable[[], Any]], Any]) -> None:
        self._trial = trial
        self._study = study
        self._retry = retry

    @property
    def number(self) -> int:
        """The trial's number in the study."""
        return int(self._trial.number)

    @property
    def place(self) -> int:
        """The number of the trial that this one stands in for, however often its workers died."""
        return int(self._trial.user_attrs.get("place", self.number))

    @property
    def is_own(self) -> bool:
        """Whether it is the project's own model."""
        return self.place == OWN

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return what the sampler chooses from low to high."""
        return float(self._retry(lambda: self._trial.suggest_float(name, low, high, log=log)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return which of choices the sampler chooses."""
        return self._retry(lambda: self._trial.suggest_categorical(name, list(choices)))

    def note(self, name: str, value: Any) -> None:
        """Keep a value of JSON's types under name."""
        self._retry(lambda: self._trial.set_user_attr(name, value))

    def noted(self, name: str) -> Any:
        """Return what was noted, by whoever worked on it; None if nothing was."""
        return self._trial.user_attrs.get(name)

    def noted_of_others(self, name: str) -> list[Any]:
        """Return what was noted under name of each other candidate of which it was."""
        trials = self._retry(lambda: self._study.get_trials(deepcopy=False))
        found = {place_of(t): t.user_attrs[name] for t in trials if name in t.user_attrs}
        return [value for place, value in found.items() if place != self.place]


Objective = Callable[[Asked], Outcome]


def place_of(trial: Any) -> int:
    """Return the place of one of Optuna's trials."""
    return int(trial.user_attrs.get("place", trial.number))


class Worker:
    """Works on one study until it has as many results as are wanted, or the time is over.

    sampler makes Optuna's sampler from a seed; on_note hears of what a person should know, and prefix is how
    each of its lines begins. places are those that count, if the sampler is not to propose any: run() adds
    them, and what it then wants is a result for each.
    """

    def __init__(
        self,
        storage: Storage,
        study: Any,
        sampler: Callable[[int], Any],
        seed: int,
        on_note: Callable[[str], None],
        *,
        places: Sequence[int] | None = None,
        prefix: str = "search",
    ) -> None:
        self._storage = storage
        self._study = study
        self._sampler = sampler
        self._seed = seed
        self._note = on_note
        self._prefix = prefix
        self._wanted = places
        self._places = None if places is None else frozenset(places)
        self._failures = 0
        optuna = load_extra("optuna")
        self._states = optuna.trial.TrialState
        self._errors = optuna.exceptions
        self._create_trial = optuna.trial.create_trial

    def run(
        self,
        objective: Objective,
        trials: int | None,
        seconds: float | None,
        on_result: Callable[[Any], None] = lambda _: None,
    ) -> None:
        """Try candidates until the study has so many results, or no new one is begun after so many seconds.

        Where others still work on the last ones it waits for them, to take up what they might leave.
        Raises InputError if the storage cannot be reached for long, what objective raises if it fails
        five times in a row, and GrownError where the rest is for a new process.
        """
        growth = Growth()
        end = None if seconds is None else time.monotonic() + seconds
        with self._storage.attend():
            while end is None or time.monotonic() < end:
                self.add(self._wanted or ())
                self._retry(self.take_over)
                left = self._left(trials)
                if left == 0:
                    return
                if left is None:
                    time.sleep(min(_LOOK_AGAIN_S, self._storage.grace_s))
                    continue
                try:
                    asked = self._ask(trials)
                except self._errors.UpdateFinishedTrialError:  # taken for dead before it began
                    continue
                if asked is not None:
                    self._try(asked, objective)
                    on_result(self._study)
                    growth.require_room()

    def _on_note(self, text: str) -> None:
        self._note(f"{self._prefix}: {text}")

    def add_own(self, point: Point | None = None) -> None:
        """Let the project's own model be a candidate; point is where it is in the space, if it is."""
        self.add((OWN,), point=point)

    def propose(self, proposals: Sequence[Any]) -> None:
        """Let candidates wait whose changes are known, unless the study has them: each notes "proposed"."""
        self.add((_PROPOSED - i for i in range(len(proposals))), proposals)

    def add(self, places: Iterable[int], proposals: Sequence[Any] = (), point: Point | None = None) -> None:
        """Let each of these places wait for a worker, unless the study has it: their order is kept.

        Of two workers that add the same, the trial with the lower number is run, as of any two in one place.
        """
        trials = self._retry(lambda: self._study.get_trials(deepcopy=False))
        known = {place_of(trial) for trial in trials if "surplus" not in trial.user_attrs}
        for number, place in enumerate(places):
            if place not in known:
                attributes = {"place": place, "instead_of": place if place < 0 else -2 - place}
                if proposals:
                    attributes["proposed"] = proposals[number]
                params, distributions = point or ({}, {})
                trial = self._create_trial(
                    state=self._states.WAITING,
                    params=params,
                    distributions=distributions,
                    user_attrs=attributes,
                )
                self._retry(lambda trial=trial: self._study.add_trial(trial))  # type: ignore[misc]

    def take_over(self) -> None:
        """Let the trials of dead workers fail, and put each failed one that has no successor back."""
        for number in self._storage.dead(self._study):
            try:
                self._study.tell(number, state=self._states.FAIL)
            except (ValueError, self._errors.UpdateFinishedTrialError):  # another was quicker, or it ended
                continue
            self._on_note(f"the worker of trial {number} is gone; it is taken up again")
        trials = self._study.get_trials(deepcopy=False)
        replaced = {t.user_attrs.get("instead_of") for t in trials}
        for trial in trials:
            has_failed = trial.state == self._states.FAIL and "surplus" not in trial.user_attrs
            if has_failed and self._counts(trial) and trial.number not in replaced:
                self._put_back(trial)

    def _counts(self, trial: Any) -> bool:
        """Return whether a trial's place is one of those that count."""
        return self._places is None or place_of(trial) in self._places

    def _put_back(self, trial: Any) -> None:
        kept = {k: v for k, v in trial.user_attrs.items() if k not in _OF_ONE_WORKER}
        deaths = int(kept.get("deaths", 0)) + (0 if "given_back" in trial.user_attrs else 1)
        kept |= {"deaths": deaths, "place": place_of(trial), "instead_of": trial.number}
        self._study.add_trial(
            self._create_trial(
                state=self._states.WAITING,
                params=trial.params,
                distributions=trial.distributions,
                user_attrs=kept,
            )
        )

    def _left(self, trials: int | None) -> int | None:
        """Return how many candidates can be begun; 0 if all is done, None if others work on the last."""
        found = self._retry(lambda: self._study.get_trials(deepcopy=False))
        counted = [t for t in found if self._counts(t)]
        places = {state: {place_of(t) for t in counted if t.state == state} for state in self._states}
        done, running = (
            places[self._states.COMPLETE] | places[self._states.PRUNED],
            places[self._states.RUNNING],
        )
        if trials is not None and len(done) >= trials:
            return 0
        if trials is None or places[self._states.WAITING]:
            return 1
        if self._places is not None:
            return None
        begun = len(done | running)
        return trials - begun if begun < trials else None

    def _ask(self, trials: int | None) -> Asked | None:
        """Return the next candidate; None if it turns out that another worker has it."""
        study = self._study
        expected = len(self._retry(lambda: study.get_trials(deepcopy=False)))
        running = self._retry(lambda: study.get_trials(deepcopy=False, states=(self._states.RUNNING,)))
        own = self._storage.worker if running else ""
        study.sampler = self._sampler(_seed(self._seed, expected, own))
        with _no_warnings():
            trial = self._retry(study.ask)
        self._retry(lambda: self._storage.sign(trial._trial_id))
        self._retry(lambda: trial.set_user_attr("worker", self._storage.worker))
        if trial.number != expected:
            study.sampler = self._sampler(_seed(self._seed, trial.number, ""))
        if self._is_surplus(trial, trials):
            self._retry(lambda: trial.set_user_attr("surplus", True))
            self._retry(lambda: study.tell(trial, state=self._states.FAIL))
            return None
        return Asked(trial, study, self._retry)

    def _is_surplus(self, trial: Any, trials: int | None) -> bool:
        """Return whether another worker has the same place, or all that are wanted are begun.

        Two workers that ask at once get two numbers: all decide by these alone.
        """
        others = [
            other
            for other in self._retry(lambda: self._study.get_trials(deepcopy=False))
            if other.number != trial.number and "surplus" not in other.user_attrs
        ]
        instead_of = trial.user_attrs.get("instead_of")
        if not self._counts(trial) or self._has_result(trial, others):
            return True
        if instead_of is not None:
            same = (t for t in others if t.user_attrs.get("instead_of") == instead_of)
            return any(other.number < trial.number for other in same)
        if trials is None:
            return False
        places = {place_of(other) for other in others if place_of(other) < trial.number}
        return len(places) >= trials

    def _has_result(self, trial: Any, others: Iterable[Any]) -> bool:
        """Return whether another trial in the same place has a result.

        SQLite may take the result of a worker that was late just when another let its trial fail.
        """
        ended, place = (self._states.COMPLETE, self._states.PRUNED), place_of(trial)
        return any(o.state in ended and place_of(o) == place and o.number != trial.number for o in others)

    def _try(self, asked: Asked, objective: Objective) -> None:
        started = time.monotonic()
        with self._storage.watch(asked._trial._trial_id):
            try:
                deaths = asked.noted("deaths") or 0
                outcome = objective(asked) if deaths < MOST_DEATHS else _given_up(deaths)
                self._failures = 0
            except KeyboardInterrupt:
                self._give_back(asked)
                raise
            except self._errors.UpdateFinishedTrialError:
                self._on_note(f"trial {asked.number} was taken up by another worker; its result counts")
                return
            except Exception as error:
                if isinstance(error, self._errors.StorageInternalError | InputError):
                    raise
                outcome = self._failed(asked, error)
            self._tell(asked, outcome, time.monotonic() - started)

    def _failed(self, asked: Asked, error: Exception) -> Outcome:
        """Return the outcome of a candidate at which something failed that nobody thought of."""
        self._failures += 1
        where = traceback.format_exception_only(error)[-1].strip().splitlines()[0]
        self._on_note(f"trial {asked.number} failed: {where}")
        if self._failures >= _MOST_FAILURES:
            self._give_back(asked)
            raise error
        return Outcome(None, f"failed: {where}", (1.0,))

    def _give_back(self, asked: Asked) -> None:
        with suppress(self._errors.UpdateFinishedTrialError):
            asked.note("given_back", True)
            self._retry(
                lambda: self._study.tell(asked.number, state=self._states.FAIL, skip_if_finished=True)
            )

    def _tell(self, asked: Asked, outcome: Outcome, seconds: float) -> None:
        try:
            if self._has_result(asked._trial, self._retry(lambda: self._study.get_trials(deepcopy=False))):
                asked.note("surplus", True)
                self._retry(lambda: self._study.tell(asked.number, state=self._states.FAIL))
                self._on_note(f"trial {asked.number} has a result already, by another worker")
                return
            asked.note("seconds", round(seconds, 1))
            asked.note("violation", list(outcome.violation))
            if outcome.values is None:
                asked.note("reason", outcome.reason)
            state = self._states.PRUNED if outcome.values is None else self._states.COMPLETE
            with _no_warnings():
                self._retry(
                    lambda: self._study.tell(
                        asked.number, values=outcome.values, state=state, skip_if_finished=True
                    )
                )
        except self._errors.UpdateFinishedTrialError:
            self._on_note(f"trial {asked.number} was taken up by another worker; its result counts")

    def _retry(self, call: Callable[[], T]) -> T:
        """Return what call does with the storage, tried again while it cannot be reached.

        Raises InputError once other workers must have taken this one for dead.
        """
        end = time.monotonic() + 2 * self._storage.grace_s
        while True:
            try:
                return call()
            except self._errors.StorageInternalError as error:
                if time.monotonic() > end:
                    raise InputError(
                        f"the storage {self._storage.name} cannot be reached any more.",
                        hint="Try: the same command again, when it can; other workers go on",
                    ) from error
                time.sleep(min(1.0, self._storage.grace_s / 4))


def _given_up(deaths: int) -> Outcome:
    """Return the outcome of a candidate whose workers died so often.

    It comes from the one worker who takes it up: two may put the same trial back.
    """
    return Outcome(None, f"its workers died {deaths} times", (1.0,))


def _seed(seed: int, number: int, worker: str) -> int:
    """Return the seed of a sampler: of a worker that is alone the same each time."""
    return random.Random(digest_of((seed, number, worker))).randrange(2**31)


@contextmanager
def _no_warnings() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
