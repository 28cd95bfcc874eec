# SPDX-License-Identifier: Apache-2.0
"""Public data sets in their own layouts: which files, classes and splits; each read from a small one."""

from __future__ import annotations

import gzip
import hashlib
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import published

from toolkit.codegen.model_input import raw_of
from toolkit.data import Dataset, data_state, load_dataset
from toolkit.data.fashion_mnist import read_idx
from toolkit.data.kinds import PICTURE_SOURCES, SOUND_SOURCES
from toolkit.data.mat import read_mat
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
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte has 9 bytes for \(10,\) numbers, 10\."):
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


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.arange(41, 51, dtype=np.uint8), "y has 41 as number 1; whole numbers from 1 to 10 are right"),
        (np.array([1, 2, np.nan] + [4] * 7), "y has nan as number 3"),
        (np.array([1, 2.5] + [4] * 8), "y has 2.5 as number 2"),
        (np.array(["1", "two"] * 5, object), "y is object of shape .10,.; a row of whole numbers"),
        (np.array([[1, 2]] * 10), "y is int64 of shape .10, 2."),
    ],
)
def test_labels_of_svhn_are_not_believed(tmp_path: Path, y: Any, said: str) -> None:
    published.svhn(tmp_path / "set")
    pixels = np.zeros((32, 32, 3, 10), np.uint8)
    published.write_mat(tmp_path / "set" / "test_32x32.mat", X=pixels, y=y.reshape(10, -1))
    with pytest.raises(InputError, match=rf"test_32x32\.mat: {said}"):
        dataset_of(tmp_path, "svhn")


@pytest.mark.parametrize("ids", [[10, 11, 5_000_000], [10, 11, -3], [0, 11, 12]])
def test_numbers_of_flowers_are_those_of_pictures(tmp_path: Path, ids: list[int]) -> None:
    published.flowers102(tmp_path / "set")
    given = {"trnid": [1, 2, 3], "valid": [7, 8, 9], "tstid": ids}
    published.write_mat(tmp_path / "set" / "setid.mat", **{k: np.array([each]) for k, each in given.items()})
    wrong = next(number for number in ids if not 1 <= number <= 12)
    with pytest.raises(
        InputError, match=rf"setid\.mat: tstid has {wrong} as number .; whole numbers from 1 to 12"
    ):
        dataset_of(tmp_path, "flowers102", size="[8, 8]")
    published.write_mat(tmp_path / "set" / "imagelabels.mat", labels=np.array([[1, 2, 103] * 4]))
    with pytest.raises(InputError, match=r"imagelabels\.mat: labels has 103 as number 3"):
        dataset_of(tmp_path, "flowers102", size="[8, 8]")


def test_a_picture_of_two_splits_of_flowers_is_an_error(tmp_path: Path) -> None:
    published.flowers102(tmp_path / "set")
    given = {"trnid": [1, 2, 3, 4, 5, 6, 10], "valid": [7, 8, 9], "tstid": [10, 11, 12]}
    published.write_mat(tmp_path / "set" / "setid.mat", **{k: np.array([each]) for k, each in given.items()})
    with pytest.raises(InputError, match=r"the same file in two splits, 1 times:\s+jpg/image_00010"):
        dataset_of(tmp_path, "flowers102", size="[8, 8]")


@pytest.mark.parametrize(("label", "said"), [(0, "has 0 as"), (3, "has 3 as"), ("x", "is <U")])
def test_classes_of_cars_are_those_of_the_devkit(tmp_path: Path, label: Any, said: str) -> None:
    published.cars(tmp_path / "set")
    rows = np.array([[(label, "00001.jpg")]], [("class", "O"), ("fname", "O")])
    published.write_mat(tmp_path / "set" / "devkit" / "cars_train_annos.mat", annotations=rows)
    with pytest.raises(InputError, match=rf"cars_train_annos\.mat: class {said}"):
        dataset_of(tmp_path, "cars", size="[8, 8]")
    published.write_mat(tmp_path / "set" / "devkit" / "cars_train_annos.mat", annotations=np.arange(3))
    with pytest.raises(InputError, match="no structures with fname and class"):
        dataset_of(tmp_path, "cars", size="[8, 8]")


def test_files_of_uci_har_of_another_shape_are_named(tmp_path: Path) -> None:
    published.uci_har(tmp_path / "set")
    signal = tmp_path / "set/train/Inertial Signals/body_acc_y_train.txt"
    lines = signal.read_text().splitlines()
    published.write_text(signal, *(line.rpartition(" ")[0] for line in lines))
    with pytest.raises(InputError, match=r"body_acc_y_train\.txt has 127 numbers a line; 128 are right"):
        dataset_of(tmp_path, "uci_har")
    published.write_text(signal, *lines)
    published.write_text(tmp_path / "set/train/y_train.txt", *(["1.5"] * 24))
    with pytest.raises(InputError, match=r"y_train\.txt has 1.5 as number 1"):
        dataset_of(tmp_path, "uci_har")
    published.write_text(tmp_path / "set/activity_labels.txt", "1 WALKING", "x SITTING")
    with pytest.raises(InputError, match=r"activity_labels\.txt: x SITTING is no number and name"):
        dataset_of(tmp_path, "uci_har")


def test_a_compressed_element_of_matlab_is_inflated_to_the_limit_alone(tmp_path: Path) -> None:
    inflated = struct.pack("<II", 14, 3 << 30)
    packer = zlib.compressobj(1)
    packed = (
        packer.compress(inflated)
        + b"".join(packer.compress(bytes(1 << 20)) for _ in range(9))
        + packer.flush()
    )
    path = tmp_path / "bomb.mat"
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    path.write_bytes(header + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(InputError, match=r"bomb\.mat inflates to more than 4,194,304 bytes"):
        read_mat(path, "", ["X"], 4 << 20)
    with pytest.raises(InputError, match="cannot be read as a file of MATLAB"):
        read_mat(path, "", ["X"], 16 << 20)


def test_idx_is_inflated_as_far_as_its_header_says(tmp_path: Path) -> None:
    published.fashion_mnist(tmp_path / "set")
    images = tmp_path / "set" / "train-images-idx3-ubyte.gz"
    header = struct.pack(">4B3I", 0, 0, 8, 3, 40, 28, 28)
    images.write_bytes(gzip.compress(header + bytes(8 << 20)))
    with pytest.raises(InputError, match=r"has more bytes for \(40, 28, 28\) numbers, 31,360"):
        dataset_of(tmp_path, "fashion_mnist")
    tracemalloc.start()
    with pytest.raises(InputError, match="more bytes"):
        read_idx(images, 3)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    images.write_bytes(gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 2**31, 2**31, 4)))
    with pytest.raises(InputError, match=r"says that it has 18,446,744,073,709,551,616 bytes; at most"):
        dataset_of(tmp_path, "fashion_mnist")
    images.write_bytes(gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 40, 2, 2) + bytes(160)))
    with pytest.raises(InputError, match=r"has pictures of \(28, 28\), the others of \(2, 2\)"):
        dataset_of(tmp_path, "fashion_mnist")


def test_lists_of_speech_commands_are_not_believed(tmp_path: Path) -> None:
    published.speech_commands(tmp_path / "set")
    testing = tmp_path / "set" / "testing_list.txt"
    lines = testing.read_text().splitlines()
    options = {**SMALL_SOUND, "silence": "false"}
    published.write_text(testing, *lines, "yes/00000004_nohash_0.wav")
    with pytest.raises(InputError, match=r"yes/00000004_nohash_0\.wav is in two lists"):
        dataset_of(tmp_path, "speech_commands", **options)
    published.write_text(testing, *lines, "../other.wav")
    with pytest.raises(InputError, match=r"testing_list\.txt names '\.\./other\.wav', which is no file"):
        dataset_of(tmp_path, "speech_commands", **options)
    published.write_text(testing, "./no/00000005_nohash_0.wav", "yes/gone.wav", "no/gone.wav")
    found = dataset_of(tmp_path, "speech_commands", **options)
    assert counts(found) == (14, 3, 1)
    notes = "\n".join(found.notes)
    assert "2 of the 3 names in testing_list.txt are not there, such as yes/gone.wav" in notes
    assert "test has no sample of bird, yes, which it cannot test" in notes
    with pytest.raises(InputError, match=r"has no folder 'yess'\. Did you mean yes"):
        dataset_of(tmp_path, "speech_commands", words='["no", "yess"]', **options)
    (tmp_path / "set" / "cat").mkdir()
    with pytest.raises(InputError, match=r"cat has none of \.wav"):
        dataset_of(tmp_path, "speech_commands", **options)
    (tmp_path / "set" / "cat").rmdir()
    published.write_text(testing)
    with pytest.raises(InputError, match=r"testing_list\.txt names no file that is there"):
        dataset_of(tmp_path, "speech_commands", **options)


def test_a_name_twice_in_a_list_counts_once_and_one_that_leads_out_is_no_class(tmp_path: Path) -> None:
    published.food101(tmp_path / "set")
    train = tmp_path / "set" / "meta" / "train.txt"
    lines = train.read_text().splitlines()
    published.write_text(train, *lines, lines[0], f"waffles/../{lines[1]}")
    found = dataset_of(tmp_path, "food101", size="[8, 8]")
    assert counts(found) == (8, 4, 4)
    assert "2 names are twice in a list, such as images/apple_pie/1000.jpg: they count once" in found.notes
    for name in ("../../other", "a\0b", "a" * 300):
        published.write_text(train, *lines, name)
        with pytest.raises(InputError, match=r"train\.txt names .* no file of the set"):
            dataset_of(tmp_path, "food101", size="[8, 8]")


def test_a_sound_that_is_neither_normal_nor_an_anomaly_is_named(tmp_path: Path) -> None:
    published.toy_admos(tmp_path / "set")
    published.write_sound(tmp_path / "set" / "test" / "Normal_id_01_7.wav", 7)
    with pytest.raises(InputError, match=r"Normal_id_01_7\.wav starts with neither normal_ nor anomaly_"):
        dataset_of(tmp_path, "toy_admos", **SMALL_SOUND)
