# SPDX-License-Identifier: Apache-2.0
"""A model that holds many: the largest MobileNetV2 of a space, trained so that its parts work by themselves.

A part has the first channels of each layer, the middle of each depthwise kernel, and the first blocks of each
stage: all others are multiplied by zero while it trains, so one graph serves for all parts. Each step
trains the largest, the smallest and two random parts. Sources: Yu et al., BigNAS, arXiv 2003.11142 (sandwich
rule); Cai et al., Once-for-All, arXiv 1908.09791 (kernels from the middle of larger ones).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import DivergedError
from toolkit.extras import load_extra
from toolkit.models import Shape
from toolkit.models.build import build_family
from toolkit.models.mobilenet_v2 import FAMILY, FIRST, LAST, MobilenetV2Options, blocks_of, of_stage
from toolkit.models.multipliers import channels
from toolkit.training.batches import training_batches
from toolkit.training.checkpoint import Checkpoint, State, read_variables, write_variables
from toolkit.training.fit import Fitting
from toolkit.training.losses import make_loss
from toolkit.training.optimizers import make_optimizer
from toolkit.training.schedules import make_rate
from toolkit.training.statistics import Statistics
from toolkit.training.targets import fold_targets

WIDTHS = (1.0, 0.875, 0.75, 0.625, 0.5)
KERNELS = (3, 5)
EXPANSIONS = (3, 4, 6)
_RANDOM_PARTS = 2

Masks = NDArray[np.float32]


@dataclass(frozen=True)
class Parts:
    """The parts of the largest model: widths are those of a whole model, the rest is chosen by stage."""

    largest: MobilenetV2Options
    widths: tuple[float, ...]

    @classmethod
    def around(cls, options: MobilenetV2Options) -> Parts:
        """Return the space whose largest model has the width and stages of options.

        Widths at which a block would add its input that does not in the largest, because rounding makes two
        stages alike, are none of it.
        """
        kernels, expansions = (max(KERNELS),), (1, max(EXPANSIONS))
        largest = replace(
            options, depth=1.0, kernels=kernels, expansions=expansions, repeats=_repeats(options)
        )
        others = (replace(largest, width=float(f"{largest.width * share:.3g}")) for share in WIDTHS[1:])
        alike = (each.width for each in others if _residual(each) == _residual(largest))
        return cls(largest, (largest.width, *alike))

    def options(self, pick: Callable[[str, Sequence[Any]], Any]) -> dict[str, Any]:
        """Return the options of one part; pick chooses one of several values under a name.

        The first stage's blocks do not widen, as the paper's do not.
        """
        largest = self.largest
        stages = range(1, largest.stages + 1)
        return {
            "width": pick("width", self.widths),
            "depth": 1.0,
            "stages": largest.stages,
            "resolution": largest.resolution,
            "dropout": largest.dropout,
            "kernels": tuple(pick(f"kernel {stage}", KERNELS) for stage in stages),
            "expansions": (1, *(pick(f"expansion {stage}", EXPANSIONS) for stage in stages[1:])),
            "repeats": tuple(
                pick(f"repeats {stage}", range(1, of_stage(largest.repeats, stage) + 1)) for stage in stages
            ),
        }

    def smallest(self) -> MobilenetV2Options:
        """Return the part that has the least of everything."""
        return MobilenetV2Options(**self.options(lambda _, values: min(values)))

    def random(self, source: random.Random) -> MobilenetV2Options:
        """Return any part, each value as likely as another."""
        return MobilenetV2Options(**self.options(lambda _, values: source.choice(list(values))))


def _residual(options: MobilenetV2Options) -> list[str]:
    """Return the names of the blocks that add their input."""
    source, found = channels(FIRST, options.width), []
    for block in blocks_of(options):
        if block.stride == 1 and block.filters == source:
            found.append(block.name)
        source = block.filters
    return found


def _repeats(options: MobilenetV2Options) -> tuple[int, ...]:
    numbers = [block.stage for block in blocks_of(options)]
    return tuple(numbers.count(stage) for stage in range(1, options.stages + 1))


@dataclass
class Supernet:
    """The largest model with a mask for each of its parts. shape is the data's."""

    parts: Parts
    shape: Shape
    seed: int
    model: Any = field(init=False)

    def __post_init__(self) -> None:
        self.model = build_family(FAMILY, self.parts.largest, self.shape, self.seed)
        self._full = _shares(self.parts.largest, self.parts.largest)
        total = sum(self._of_layer(name).size for name in self._full)
        self._masks = load_extra("tensorflow").Variable(np.ones(total, np.float32), trainable=False)
        start = 0
        for name, shared in self._full.items():
            size = self._of_layer(name).size
            _mask(self.model.get_layer(name), self._masks, start, size, is_kernel=shared.is_kernel)
            start += size

    def _of_layer(self, name: str, count: int | None = None) -> Masks:
        """Return the mask of a layer of which count channels, or a kernel so wide, is on; None is all."""
        shared = self._full[name]
        wide = shared.count
        count = wide if count is None else count
        if not shared.is_kernel:
            return (np.arange(wide) < count).astype(np.float32)
        edge = (wide - count) // 2
        inside = (np.arange(wide) >= edge) & (np.arange(wide) < edge + count)
        return np.outer(inside, inside).astype(np.float32).ravel()

    def masks(self, options: MobilenetV2Options) -> Masks:
        """Return what tells the model which part it is, (all masks' sizes,)."""
        shares = _shares(self.parts.largest, options)
        return np.concatenate([self._of_layer(name, each.count) for name, each in shares.items()])

    def become(self, options: MobilenetV2Options) -> None:
        """Let model compute what this part does."""
        self._masks.assign(self.masks(options))

    def train(
        self,
        fitting: Fitting,
        checkpoint: Checkpoint,
        is_over: Callable[[], bool],
        on_epoch: Callable[[int, float], None],
    ) -> None:
        """Train all parts as fitting's config says, until its epochs are done or is_over() after a batch.

        on_epoch hears how many epochs are done and the mean loss of the last. A training that was interrupted
        goes on after its last epoch that was kept. Raises DivergedError if the loss is no number any more.
        """
        plan = fitting.plan()
        steps = plan.steps(len(fitting.dataset.train))
        optimizer = make_optimizer(fitting.config, make_rate(fitting.config, steps).schedule, self.model)
        optimizer.build(self.model.trainable_variables)
        variables = [*self.model.variables, *optimizer.variables]
        kept = checkpoint.load()
        if kept is not None:
            write_variables(variables, kept.variables)
        step = self._step(make_loss(fitting.config, fitting.dataset), optimizer)
        done = kept.epoch if kept else 0
        is_done = kept is not None and kept.about["ended"]
        while done < fitting.config.epochs and not is_done:
            losses = []
            for number, batch in enumerate(training_batches(fitting.dataset.train, plan, done, done + 1)):
                source = random.Random(f"{self.seed} {done} {number}")
                losses.append(float(step(batch, self._sandwich(source))))
                if is_over():
                    break
            done += 1
            loss = float(np.mean(losses))
            if not np.isfinite(loss):
                raise DivergedError(f"the training of {fitting.label} diverged in epoch {done}.")
            is_done = done == fitting.config.epochs or is_over()
            state = partial(self._state, done, {"ended": is_done}, variables)
            checkpoint.save(state, last=is_done)
            on_epoch(done, loss)

    @staticmethod
    def _state(epoch: int, about: dict[str, Any], variables: Sequence[Any]) -> State:
        return State(epoch, about, read_variables(variables), [])

    def _sandwich(self, source: random.Random) -> Masks:
        some = [self.parts.random(source) for _ in range(_RANDOM_PARTS)]
        return np.stack([self.masks(each) for each in (self.parts.largest, self.parts.smallest(), *some)])

    def _step(self, loss_of: Any, optimizer: Any) -> Callable[[Any, Masks], Any]:
        """Return a function of a batch and the masks of some parts, that trains these by the mean of their
        gradients and gives their mean loss.
        """
        tensorflow = load_extra("tensorflow")
        model, masks = self.model, self._masks

        def gradients(batch: Any, part: Any) -> Any:
            x, y, *weights = batch
            masks.assign(part)
            with tensorflow.GradientTape() as tape:
                loss = loss_of(y, model(x, training=True), *weights)
            return loss, tape.gradient(loss, model.trainable_variables)

        def apply(found: Any) -> None:
            optimizer.apply([tensorflow.add_n(each) / len(each) for each in zip(*found, strict=True)])

        of_part = tensorflow.function(gradients, autograph=False)
        together = tensorflow.function(apply, autograph=False)

        def step(batch: Any, parts: Masks) -> Any:
            losses, found = zip(*(of_part(batch, tensorflow.constant(part)) for part in parts), strict=True)
            together(list(found))
            return np.mean([float(loss) for loss in losses])

        return step

    def inherit(self, options: MobilenetV2Options, fitting: Fitting) -> Any:
        """Return a part as a model of its own, its batch norms' statistics measured over fitting's split."""
        model = build_family(FAMILY, options, self.shape, self.seed)
        for layer in model.layers:
            if layer.weights:
                whole = self.model.get_layer(layer.name).get_weights()
                layer.set_weights(
                    [_part_of(w, own.shape) for w, own in zip(whole, layer.get_weights(), strict=True)]
                )
        Statistics(model, fitting.dataset.train, fitting.seed).measure()
        fold_targets(model, fitting.targets)
        return model


@dataclass(frozen=True)
class _Share:
    """How much of a layer is on: so many channels, or a depthwise kernel so wide."""

    count: int
    is_kernel: bool = False


def _shares(largest: MobilenetV2Options, part: MobilenetV2Options) -> dict[str, _Share]:
    """Return what is on in part, by the largest model's layers: norms by their channels, and kernels."""
    own = {block.name: block for block in blocks_of(part)}
    source = channels(FIRST, part.width)
    found = {"conv_norm": _Share(source)}
    for block in blocks_of(largest):
        chosen = own.get(block.name)
        expansion = (chosen or block).expansion
        if block.expansion > 1:
            found[f"{block.name}_expand_norm"] = _Share(expansion * source)
        found[f"{block.name}_depthwise"] = _Share((chosen or block).kernel, is_kernel=True)
        found[f"{block.name}_depthwise_norm"] = _Share(expansion * source)
        found[f"{block.name}_project_norm"] = _Share(chosen.filters if chosen else 0)
        source = chosen.filters if chosen else source
    return found | {"conv_last_norm": _Share(channels(LAST, part.width))}


def _mask(layer: Any, masks: Any, start: int, size: int, *, is_kernel: bool) -> None:
    """Let a layer compute with its stretch of masks: a norm's channels times it, or its kernel."""
    before, ops = layer.call, load_extra("keras").ops

    def norm(inputs: Any, training: Any = None, mask: Any = None) -> Any:
        return before(inputs, training=training, mask=mask) * masks[start : start + size]

    def depthwise(inputs: Any) -> Any:
        wide = layer.kernel.shape[0]
        kernel = layer.kernel * ops.reshape(masks[start : start + size], (wide, wide, 1, 1))
        return ops.depthwise_conv(inputs, kernel, strides=layer.strides, padding=layer.padding)

    layer.call = depthwise if is_kernel else norm


def _part_of(whole: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the middle of a kernel's rows and columns, and the first of all channels."""
    is_kernel = whole.ndim == 4
    places = []
    for axis, (wide, narrow) in enumerate(zip(whole.shape, shape, strict=True)):
        first = (wide - narrow) // 2 if is_kernel and axis < 2 else 0
        places.append(slice(first, first + narrow))
    return whole[tuple(places)]
