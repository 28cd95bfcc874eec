# SPDX-License-Identifier: Apache-2.0
"""Augmentations against their definitions: what they move, what they keep, and that a seed repeats them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.data import Dataset, Split
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.recipe import AugmentConfig
from toolkit.training.augmentation import make_augment
from toolkit.training.augmentation.augmix import COLOURS, OPERATIONS
from toolkit.training.augmentation.filters import filtered
from toolkit.training.augmentation.geometry import transform
from toolkit.training.augmentation.mixing import cut_mask, fourier_mask
from toolkit.training.augmentation.random import Draw

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]

PICTURES = np.random.default_rng(1).uniform(0, 1, (6, 8, 10, 3)).astype(np.float32)
SERIES = np.random.default_rng(2).normal(0, 1, (5, 20, 3)).astype(np.float32)
SOUND = np.random.default_rng(3).uniform(-1, 1, (5, 12, 8, 1)).astype(np.float32)


def dataset(x: Any, classes: int = 3) -> Dataset:
    split = Split(x, np.arange(len(x)) % classes)
    return Dataset("d", "classification", split, split, split, tuple("abc"[:classes]))


def augmented(config: AugmentConfig, x: Any, seed: int = 1, y: Any = None) -> tuple[Any, Any]:
    tensorflow = load_extra("tensorflow")
    augment = make_augment(config, dataset(x))
    assert augment is not None
    labels = np.eye(3, dtype=np.float32)[np.arange(len(x)) % 3] if y is None else y
    made = tensorflow.function(augment, autograph=False)(
        tensorflow.constant(x), tensorflow.constant(labels), (seed, 7)
    )
    return np.asarray(made[0]), np.asarray(made[1])


def draw(seed: int = 1) -> Draw:
    return Draw(load_extra("tensorflow").constant([seed, 2]), 0)


ALL = [
    (AugmentConfig(flip="both"), PICTURES),
    (AugmentConfig(shift=0.2, rotation=20.0, zoom=0.2, crop=0.2), PICTURES),
    (AugmentConfig(colour=0.3), PICTURES),
    (AugmentConfig(augmix=1.0), PICTURES),
    (AugmentConfig(filters=("median", "bilateral", "sobel"), filtered=0.5), PICTURES),
    (AugmentConfig(mixup=0.4), PICTURES),
    (AugmentConfig(cutmix=1.0, fmix=1.0, mixup=1.0), PICTURES),
    (AugmentConfig(jitter=0.1, scale=0.2, time_warp=0.3), SERIES),
    (AugmentConfig(time_shift=0.3, noise=0.05, spec_augment=0.4), SOUND),
]


@pytest.mark.parametrize(("config", "x"), ALL, ids=lambda value: "+".join(getattr(value, "used", ())))
def test_a_seed_gives_the_same_batch_and_another_seed_another(config: AugmentConfig, x: Any) -> None:
    first, labels = augmented(config, x)
    assert first.shape == x.shape
    assert np.isfinite(first).all()
    assert not np.array_equal(first, x)
    assert np.array_equal(first, augmented(config, x)[0])
    assert not np.array_equal(first, augmented(config, x, seed=2)[0])
    assert labels.sum(axis=1) == pytest.approx(np.ones(len(x)))


def test_nothing_switched_on_is_no_augmentation() -> None:
    assert make_augment(AugmentConfig(), dataset(PICTURES)) is None


@pytest.mark.parametrize(("flip", "axes"), [("horizontal", [2]), ("vertical", [1])])
def test_a_flip_mirrors_whole_pictures(flip: Any, axes: list[int]) -> None:
    out, _ = augmented(AugmentConfig(flip=flip), PICTURES)
    pairs = list(zip(out, PICTURES, strict=True))
    mirrored = [np.allclose(a, np.flip(b, axes[0] - 1), atol=1e-5) for a, b in pairs]
    same = [np.allclose(a, b, atol=1e-5) for a, b in pairs]
    assert all(m or s for m, s in zip(mirrored, same, strict=True))
    assert any(mirrored)


def test_an_affine_map_moves_rotates_and_repeats_the_edge() -> None:
    ones = np.ones(6, np.float32)
    moved = transform(PICTURES, (ones, 0 * ones, 2 * ones, 0 * ones, ones, 0 * ones))
    assert np.allclose(moved[:, :, :-2], PICTURES[:, :, 2:], atol=1e-5)
    assert np.allclose(moved[:, :, -1], PICTURES[:, :, -1], atol=1e-5)
    square = PICTURES[:, :, :8]
    turned = transform(square, (0 * ones, -ones, 0 * ones, ones, 0 * ones, 0 * ones))
    assert np.allclose(turned, np.rot90(square, -1, axes=(1, 2)), atol=1e-4) or np.allclose(
        turned, np.rot90(square, 1, axes=(1, 2)), atol=1e-4
    )


def test_colours_stay_in_range_and_edges_where_they_are() -> None:
    out, _ = augmented(AugmentConfig(colour=0.5), PICTURES)
    assert PICTURES.min() <= out.min()
    assert out.max() <= PICTURES.max()


def test_mixup_mixes_pictures_and_labels_by_the_same_share() -> None:
    out, labels = augmented(AugmentConfig(mixup=1.0), PICTURES)
    share = labels[0, 0]
    assert 0 < share < 1
    assert out == pytest.approx(share * PICTURES + (1 - share) * np.roll(PICTURES, 1, axis=0), abs=1e-5)


@pytest.mark.parametrize("way", ["cutmix", "fmix"])
def test_labels_of_pasted_pictures_are_the_share_of_pixels(way: str) -> None:
    out, labels = augmented(AugmentConfig(**{way: 1.0}), PICTURES)  # type: ignore[arg-type]
    own = (out == PICTURES).all(axis=-1)
    assert ((out == np.roll(PICTURES, 1, axis=0)).all(axis=-1) | own).all()
    assert labels[0, 0] == pytest.approx(own[0].mean())


def test_masks_cover_the_share_that_was_drawn() -> None:
    cut = np.asarray(cut_mask(load_extra("tensorflow").constant(0.75), 400, 400, draw(3)))
    assert 0.75 - 0.01 <= cut.mean() <= 1
    smooth = np.asarray(fourier_mask(load_extra("tensorflow").constant(0.3), 20, 21, draw()))[0, :, :, 0]
    assert smooth.mean() == pytest.approx(0.3, abs=0.003)
    changes = np.abs(np.diff(smooth, axis=0)).mean() + np.abs(np.diff(smooth, axis=1)).mean()
    assert changes < 0.35  # of pixels thrown at random it would be 0.84


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operations_of_augmix_keep_shape_and_range(name: str) -> None:
    strength = np.full(6, 0.3, np.float32)
    out = np.asarray(OPERATIONS[name](load_extra("tensorflow").constant(PICTURES), strength, strength))
    assert out.shape == PICTURES.shape
    assert out.min() >= -1e-5
    assert out.max() <= 1 + 1e-5
    assert not np.allclose(out, PICTURES)


@pytest.mark.parametrize("name", sorted(COLOURS))
def test_colours_of_augmix_stay_in_range_and_grey_pictures_have_no_saturation(name: str) -> None:
    strength, tensorflow = np.full(6, 0.5, np.float32), load_extra("tensorflow")
    for x in (PICTURES, PICTURES[..., :1]):
        out = np.asarray(COLOURS[name](tensorflow.constant(x), strength, strength))
        assert out.shape == x.shape
        assert out.min() >= 0
        assert out.max() <= 1
        assert np.allclose(out, x) == (name == "colour" and x.shape[3] == 1)
        flat = tensorflow.ones((6, 4, 4, 3)) * 0.5
        if name != "brightness":
            assert np.asarray(COLOURS[name](flat, strength, strength)) == pytest.approx(0.5, abs=1e-5)


def test_equalize_spreads_values_evenly_and_keeps_their_order() -> None:
    tensorflow = load_extra("tensorflow")
    ramp = (np.linspace(0, 1, 64, dtype=np.float32) ** 3).reshape(1, 8, 8, 1)
    out = np.asarray(OPERATIONS["equalize"](tensorflow.constant(ramp), None, None)).reshape(-1)
    assert out == pytest.approx(np.linspace(0, 1, 64), abs=1e-5)
    flat = tensorflow.ones((1, 4, 4, 1)) * 0.5
    assert np.asarray(OPERATIONS["equalize"](flat, None, None)) == pytest.approx(0.5)


def test_augmix_changes_only_its_share_of_the_pictures() -> None:
    many = np.tile(PICTURES, (20, 1, 1, 1))
    out, _ = augmented(AugmentConfig(augmix=0.4), many)
    kept = [np.allclose(a, b, atol=1e-6) for a, b in zip(out, many, strict=True)]
    assert 0.45 < np.mean(kept) < 0.75


def test_time_warp_keeps_begin_end_and_order() -> None:
    ramp = np.tile(np.linspace(0, 1, 20, dtype=np.float32)[None, :, None], (4, 1, 1))
    out, _ = augmented(AugmentConfig(time_warp=0.8), ramp)
    assert out[:, 0] == pytest.approx(0)
    assert out[:, -1] == pytest.approx(1)
    assert (np.diff(out, axis=1) >= 0).all()
    assert not np.allclose(out, ramp, atol=1e-3)


def test_spec_augment_hides_runs_of_frames_and_bands() -> None:
    out, _ = augmented(AugmentConfig(spec_augment=0.5), SOUND)
    hidden = (out == SOUND.min())[..., 0]
    frames, bands = hidden.all(axis=2), hidden.all(axis=1)
    assert frames.any()
    assert bands.any()
    assert not (hidden & ~frames[:, :, None] & ~bands[:, None, :] & (SOUND.min() != SOUND)[..., 0]).any()


def test_a_shift_in_time_repeats_the_edge() -> None:
    out, _ = augmented(AugmentConfig(time_shift=0.3), SERIES)
    for before, after in zip(SERIES, out, strict=True):
        moves = [m for m in range(-6, 7) if np.array_equal(after, before[np.clip(np.arange(20) + m, 0, 19)])]
        assert moves


@pytest.mark.parametrize(
    ("config", "x", "said"),
    [
        (AugmentConfig(rotation=5.0), SERIES, "augment.rotation is for pictures; .*shape \\(20, 3\\)"),
        (AugmentConfig(time_warp=0.1), PICTURES, "augment.time_warp is for time series"),
        (AugmentConfig(time_shift=0.1), np.zeros((3, 4), np.float32), "augment.time_shift is for samples in"),
    ],
)
def test_an_augmentation_for_other_samples_is_refused(config: AugmentConfig, x: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_augment(config, dataset(x))


def test_the_data_command_shows_augmented_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = '[project]\nname = "p"\n[data]\nsource = "digits"\n[model]\nfamily = "cnn"\n'
    (tmp_path / "tinyml.toml").write_text(head)
    words = ["data", "--augmented", "--project", str(tmp_path)]
    assert run(words) == 3
    assert "no augmentation is switched on" in capsys.readouterr().err
    (tmp_path / "tinyml.toml").write_text(head + "[training.augment]\nrotation = 30.0\n")
    assert run(words) == 0
    assert run(["data", "--project", str(tmp_path)]) == 0
    pictures = [(tmp_path / "build" / f"{name}.png").read_bytes() for name in ("augmented", "data")]
    assert pictures[0] != pictures[1]


def test_filters_are_those_of_scipy() -> None:
    ndimage = pytest.importorskip("scipy.ndimage", reason="needs SciPy: pip install 'tinyml-toolkit[train]'")
    picture = PICTURES[0, :, :, 0].astype(np.float64)
    across, down = (ndimage.sobel(picture, axis, mode="nearest") for axis in (1, 0))
    smooth = ndimage.correlate1d(
        ndimage.correlate1d(picture, [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16], 0, mode="nearest"),
        [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16],
        1,
        mode="nearest",
    )
    truth = {
        "gaussian": smooth,
        "median": ndimage.median_filter(picture, 3, mode="nearest"),
        "sobel": np.hypot(across, down) / 4,
        "laplacian": np.abs(ndimage.laplace(picture, mode="nearest")),
        "sharpen": 2 * picture - smooth,
    }
    for name, wanted in truth.items():
        found = np.asarray(filtered(PICTURES, name, 0.0, 1.0))[0, :, :, 0]
        np.testing.assert_allclose(found, np.clip(wanted, 0, 1), atol=1e-5, err_msg=name)


def test_a_bilateral_filter_smooths_noise_and_keeps_an_edge() -> None:
    noise = np.random.default_rng(5).normal(0, 0.02, (1, 8, 10, 1))
    step = np.where(np.arange(10) < 5, 0.2, 0.8)[None, None, :, None] + noise
    found = np.asarray(filtered(step.astype(np.float32), "bilateral", 0.0, 1.0))
    assert found[0, :, :5].std() < 0.6 * step[0, :, :5].std()
    assert abs(found[0, :, 4].mean() - 0.2) < 0.02 and abs(found[0, :, 5].mean() - 0.8) < 0.02


def test_a_share_of_the_pictures_is_filtered() -> None:
    many = np.tile(PICTURES, (50, 1, 1, 1))
    out, _ = augmented(AugmentConfig(filters=("gaussian", "sharpen"), filtered=0.3), many)
    changed = ~np.isclose(out, many).all(axis=(1, 2, 3))
    assert 0.2 < changed.mean() < 0.4


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"filters": ("gauss",), "filtered": 0.1}, "gaussian"),
        ({"filters": ("median",)}, "need each other"),
        ({"filtered": 0.5}, "need each other"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(keys: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        AugmentConfig(**keys)
