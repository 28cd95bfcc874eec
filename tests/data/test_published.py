# SPDX-License-Identifier: Apache-2.0
"""Public data sets in their own layouts: which files, classes and splits; each read from a small one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import published

from toolkit.codegen.model_input import raw_of
from toolkit.data import Dataset, data_state, load_dataset
from toolkit.data.kinds import PICTURE_SOURCES, SOUND_SOURCES
from toolkit.data.picture import PictureFields
from toolkit.data.registry import find_source, sources
from toolkit.data.sounds import SoundFields
from toolkit.errors import InputError
from toolkit.project.config import load_project

pytestmark = pytest.mark.xdist_group("published")
for module in ("PIL", "scipy", "soundfile"):
    pytest.importorskip(module, reason="needs the extra train: pip install 'tinyml-toolkit[train]'")
TOML = """
[project]
name = "p"
[data]
source = "{source}"
split = [0.6, 0.2, 0.2]
[data.options]
{options}
[model]
family = "mlp"
"""


def dataset_of(root: Path, source: str, **options: Any) -> Dataset:
    lines = {"folder": '"set"', **{key: str(value) for key, value in options.items()}}
    text = "\n".join(f"{key} = {value}" for key, value in lines.items() if value != "-")
    (root / "tinyml.toml").write_text(TOML.format(source=source, options=text))
    project = load_project(root)
    found = load_dataset(project)
    assert data_state(project) == data_state(project)
    return found


def counts(dataset: Dataset) -> tuple[int, ...]:
    return tuple(len(split) for split in dataset.splits().values())


def names(dataset: Dataset, split: str) -> set[str]:
    return set(dataset.splits()[split].names)


def test_caltech101_has_a_class_a_folder_and_backgrounds_if_asked(tmp_path: Path) -> None:
    published.caltech101(tmp_path / "set")
    found = dataset_of(tmp_path, "caltech101", size="[8, 8]")
    assert found.classes == ("accordion", "ant")
    assert counts(found) == (8, 2, 2)
    assert found.input_shape == (8, 8, 3)
    more = dataset_of(tmp_path, "caltech101", size="[8, 8]", background_class="true")
    assert more.classes == ("BACKGROUND_Google", "accordion", "ant")
    inside = dataset_of(tmp_path, "caltech101", folder='"set/101_ObjectCategories"', size="[8, 8]")
    assert counts(inside) == (8, 2, 2)


def test_sun397_is_split_by_a_published_partition_or_by_classes(tmp_path: Path) -> None:
    published.sun397(tmp_path / "set")
    found = dataset_of(tmp_path, "sun397", size="[8, 8]", color='"grey"')
    assert found.classes == ("a/abbey", "c/church/outdoor")
    assert names(found, "test") == {f"{c}/sun_{n}.jpg" for c in found.classes for n in (4, 5)}
    assert counts(found) == (6, 2, 4)
    every = dataset_of(tmp_path, "sun397", partition=0, size="[8, 8]")
    assert every.classes == ("a/abbey", "a/alley", "c/church/outdoor")
    (tmp_path / "set" / "ClassName.txt").unlink()
    assert dataset_of(tmp_path, "sun397", partition=0, size="[8, 8]").classes == every.classes
    with pytest.raises(InputError, match=r"Training_02\.txt"):
        dataset_of(tmp_path, "sun397", partition=2)


def test_dtd_has_its_own_three_splits(tmp_path: Path) -> None:
    published.dtd(tmp_path / "set")
    found = dataset_of(tmp_path, "dtd", partition=2, size="[8, 8]")
    assert found.classes == ("banded", "woven")
    assert counts(found) == (6, 4, 2)
    assert names(found, "test") == {"images/banded/banded_0005.jpg", "images/woven/woven_0005.jpg"}


def test_flowers102_numbers_pictures_in_files_of_matlab(tmp_path: Path) -> None:
    published.flowers102(tmp_path / "set")
    found = dataset_of(tmp_path, "flowers102", size="[8, 8]")
    assert found.classes == ("1", "2", "10")
    assert counts(found) == (6, 3, 3)
    by_name = dict(zip(found.test.names, found.test.y.tolist(), strict=True))
    assert by_name == {"jpg/image_00010.jpg": 0, "jpg/image_00011.jpg": 1, "jpg/image_00012.jpg": 2}


def test_cars_are_named_by_the_devkit(tmp_path: Path) -> None:
    published.cars(tmp_path / "set")
    found = dataset_of(tmp_path, "cars", size="[8, 8]")
    assert found.classes == ("AM General Hummer SUV 2000", "Acura RL Sedan 2012")
    assert counts(found) == (8, 2, 4)
    by_name = dict(zip(found.test.names, found.test.y.tolist(), strict=True))
    assert by_name == {f"cars_test/{n + 1:05}.jpg": n % 2 for n in range(4)}
    labels = tmp_path / "set" / "devkit" / "cars_test_annos_withlabels.mat"
    labels.rename(tmp_path / "set" / labels.name)
    assert counts(dataset_of(tmp_path, "cars", size="[8, 8]")) == (8, 2, 4)


def test_pets_are_breeds_whatever_their_case(tmp_path: Path) -> None:
    published.pets(tmp_path / "set")
    found = dataset_of(tmp_path, "pets", size="[8, 8]")
    assert found.classes == ("Abyssinian", "american_bulldog")
    assert counts(found) == (8, 4, 4)
    assert names(found, "test") == {f"images/{c}_{n}.jpg" for c in found.classes for n in (7, 8)}


def test_food101_goes_by_its_lists(tmp_path: Path) -> None:
    published.food101(tmp_path / "set")
    found = dataset_of(tmp_path, "food101", size="[8, 8]")
    assert found.classes == ("apple_pie", "waffles")
    assert counts(found) == (8, 4, 4)
    (tmp_path / "set/images/waffles/1001.jpg").unlink()
    with pytest.raises(InputError, match=r"images/waffles/1001.jpg: is not there"):
        dataset_of(tmp_path, "food101", size="[8, 8]")


def test_svhn_has_ten_for_the_digit_zero(tmp_path: Path) -> None:
    published.svhn(tmp_path / "set")
    found = dataset_of(tmp_path, "svhn")
    assert found.classes == tuple("0123456789")
    assert counts(found) == (30, 10, 10)
    assert found.input_shape == (32, 32, 3)
    import scipy.io

    raw = scipy.io.loadmat(tmp_path / "set" / "test_32x32.mat")
    of_zero = raw["X"][..., int(np.flatnonzero(raw["y"][:, 0] == 10)[0])].astype(np.float32) / 255
    (row,) = np.flatnonzero(found.test.y == 0)
    assert np.allclose(found.test.x[row], of_zero)
    assert sum(counts(dataset_of(tmp_path, "svhn", extra="true"))) == 70


def test_fashion_mnist_reads_idx_packed_or_not(tmp_path: Path) -> None:
    published.fashion_mnist(tmp_path / "set")
    found = dataset_of(tmp_path, "fashion_mnist")
    assert (found.classes[0], found.classes[9]) == ("T-shirt/top", "Ankle boot")
    assert counts(found) == (30, 10, 10)
    assert found.input_shape == (28, 28, 1)
    digits = dataset_of(tmp_path, "fashion_mnist", classes=[str(n) for n in range(10)])
    assert digits.classes[3] == "3"
    with pytest.raises(InputError, match="labels up to 9; there are 2 classes"):
        dataset_of(tmp_path, "fashion_mnist", classes=["a", "b"])
    labels = tmp_path / "set" / "t10k-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte has 9 bytes for \(10,\) numbers"):
        dataset_of(tmp_path, "fashion_mnist")
    labels.unlink()
    with pytest.raises(InputError, match="has neither t10k-labels-idx1-ubyte nor"):
        dataset_of(tmp_path, "fashion_mnist")


SMALL_SOUND = {"seconds": 0.5, "features": '"raw"', "rate": 4000}


def test_speech_commands_goes_by_its_lists_and_cuts_silence_from_the_noise(tmp_path: Path) -> None:
    published.speech_commands(tmp_path / "set")
    found = dataset_of(tmp_path, "speech_commands", words='["yes", "no"]', **SMALL_SOUND)
    assert found.classes == ("_unknown_", "no", "yes", "_silence_")
    assert {name for name in names(found, "validation") if "nohash" in name} == {
        f"{word}/00000004_nohash_0.wav" for word in ("yes", "no", "bird")
    }
    of_test = found.test
    silence = {n for n, y in zip(of_test.names, of_test.y.tolist(), strict=True) if y == 3}
    assert silence == {"_background_noise_/white_noise.wav"}
    assert np.bincount(found.train.y.astype(int)).tolist() == [4, 4, 4, 10]
    assert np.bincount(of_test.y.astype(int)).tolist() == [1, 1, 1, 5]
    words = dataset_of(tmp_path, "speech_commands", silence="false", **SMALL_SOUND)
    assert words.classes == ("bird", "no", "yes")
    few = dataset_of(
        tmp_path, "speech_commands", words='["yes", "no"]', silence="false", unknown="false", **SMALL_SOUND
    )
    assert few.classes == ("no", "yes")
    log_mel = dataset_of(tmp_path, "speech_commands", seconds=0.5, bands=10)
    assert log_mel.input_shape == (24, 10, 1)


def test_uci_har_keeps_people_apart(tmp_path: Path) -> None:
    published.uci_har(tmp_path / "set")
    found = dataset_of(tmp_path, "uci_har", standardize="false")
    assert found.classes == ("WALKING", "WALKING_UPSTAIRS", "SITTING")
    assert found.input_shape == (128, 9)
    assert counts(found) == (18, 6, 12)
    raw = np.loadtxt(tmp_path / "set/test/Inertial Signals/body_gyro_z_test.txt", np.float32)
    assert {row.tobytes() for row in found.test.x[:, :, 5]} == {row.tobytes() for row in raw}
    one = dataset_of(tmp_path, "uci_har", signals='["total_acc_x"]')
    assert one.input_shape == (128, 1)
    assert one.standard is not None
    (tmp_path / "set/test/y_test.txt").write_text("9\n" * 12)
    with pytest.raises(InputError, match="activity 9 is not in"):
        dataset_of(tmp_path, "uci_har")


def test_toy_admos_as_dcase_and_mlperf_have_it(tmp_path: Path) -> None:
    published.toy_admos(tmp_path / "set")
    found = dataset_of(tmp_path, "toy_admos", **SMALL_SOUND)
    assert found.task == "anomaly"
    assert counts(found) == (7, 1, 6)
    assert not found.train.y.any()
    assert {n for n, y in zip(found.test.names, found.test.y.tolist(), strict=True) if y} == {
        f"test/anomaly_id_01_{n:08}.wav" for n in range(3)
    }


def test_toy_admos_as_published_keeps_an_operations_microphones_together(tmp_path: Path) -> None:
    published.toy_admos_cases(tmp_path / "set")
    found = dataset_of(tmp_path, "toy_admos", **SMALL_SOUND)
    assert sum(counts(found)) == 40
    where: dict[str, set[str]] = {}
    for part in ("train", "validation", "test"):
        for name in names(found, part):
            where.setdefault(name.rpartition("_ch")[0], set()).add(part)
    assert len(where) == 20
    assert all(len(parts) == 1 for parts in where.values())
    assert not found.train.y.any()
    assert sum(counts(dataset_of(tmp_path, "toy_admos", channel=2, **SMALL_SOUND))) == 20


@pytest.mark.parametrize(("labels", "classes"), [("fine", 10), ("coarse", 2)])
def test_cifar100_has_fine_and_coarse_classes_in_both_formats(
    tmp_path: Path, labels: str, classes: int
) -> None:
    archive = tmp_path / "cifar-100-python.tar.gz"
    published.cifar100(archive)
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    options = {"folder": "-", "labels": f'"{labels}"'}
    python = dataset_of(tmp_path, "cifar100", file=f'"{archive.name}"', checksum=f'"{checksum}"', **options)
    assert len(python.classes) == classes
    assert counts(python) == (30, 10, 20)
    published.cifar100_binary(tmp_path / "cifar-100-binary")
    binary = dataset_of(tmp_path, "cifar100", file='"cifar-100-binary"', **options)
    assert binary.classes == python.classes
    assert np.array_equal(binary.test.x, python.test.x)
    assert np.array_equal(binary.test.y, python.test.y)
    with pytest.raises(InputError, match="the md5 of"):
        dataset_of(tmp_path, "cifar100", file=f'"{archive.name}"', **options)


def test_sources_are_of_the_kind_that_their_options_say() -> None:
    found = {name: source.options for name, source in sources().items()}
    assert {name for name, kind in found.items() if issubclass(kind, PictureFields)} == set(PICTURE_SOURCES)
    assert {name for name, kind in found.items() if issubclass(kind, SoundFields)} == set(SOUND_SOURCES)


def test_the_c_of_a_public_set_takes_what_that_of_a_folder_takes() -> None:
    picture = {"folder": "set", "size": [16, 16], "fit": "pad"}
    assert raw_of("pets", picture, ()) == raw_of("image_folder", picture, ())
    assert raw_of("sun397", {**picture, "partition": 2}, ()) == raw_of("image_folder", picture, ())
    sound = {"folder": "set", "bands": 10, "seconds": 0.5, "hop_seconds": 0.25}
    assert raw_of("speech_commands", {**sound, "words": ["yes"]}, ()) == raw_of("audio_folder", sound, ())
    assert raw_of("toy_admos", sound, ()) == raw_of("audio_folder", sound, ())


PICTURE_SETS = ("caltech101", "cars", "dtd", "flowers102", "food101", "pets", "sun397")


@pytest.mark.parametrize("source", [*PICTURE_SETS, "speech_commands", "toy_admos"])
def test_an_empty_folder_says_what_should_be_there(tmp_path: Path, source: str) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(InputError) as caught:
        dataset_of(tmp_path, source)
    assert str(tmp_path / "set") in caught.value.message


@pytest.mark.parametrize("source", PICTURE_SETS)
def test_a_link_that_leads_out_is_refused(tmp_path: Path, source: str) -> None:
    getattr(published, source)(tmp_path / "set")
    options = {"partition": 2} if source == "dtd" else {}
    picture = next(
        path for path in sorted((tmp_path / "set").rglob("*.jpg")) if "BACKGROUND" not in str(path)
    )
    if source == "dtd":
        picture = tmp_path / "set/images/banded/banded_0000.jpg"
    elsewhere = tmp_path / "elsewhere.jpg"
    picture.rename(elsewhere)
    picture.symlink_to(elsewhere)
    with pytest.raises(InputError, match="leads out of the data folder"):
        dataset_of(tmp_path, source, size="[8, 8]", **options)


def test_a_damaged_file_of_matlab_is_named(tmp_path: Path) -> None:
    published.svhn(tmp_path / "set")
    path = tmp_path / "set" / "train_32x32.mat"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"train_32x32\.mat cannot be read as a file of MATLAB"):
        dataset_of(tmp_path, "svhn")
    published.write_mat(path, Z=np.zeros(3))
    with pytest.raises(InputError, match="has no variable 'X'"):
        dataset_of(tmp_path, "svhn")


def test_the_portable_options_of_a_set_decode_a_new_file(tmp_path: Path) -> None:
    published.pets(tmp_path / "deep" / "set")
    source = find_source("pets")
    options = source.options(folder=str(tmp_path / "deep" / "set"), size=(8, 8))
    context: Any = None
    portable = source.portable(options, context)
    assert portable.folder == "set"
    assert source.decode is not None
    x = source.decode(portable, context, tmp_path / "deep/set/images/Abyssinian_1.jpg")
    assert x.shape == (1, 8, 8, 3)
