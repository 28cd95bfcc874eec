# SPDX-License-Identifier: Apache-2.0
"""Small data sets in the layouts of the public ones, random pictures and sounds in them."""

from __future__ import annotations

import gzip
import struct
import wave
from pathlib import Path

import numpy as np
from support.cifar_file import batch_pickle, integer, short, write_tar

RATE = 16000


def write_picture(path: Path, seed: int, side: int = 12) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side + 2, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)


def write_sound(path: Path, seed: int, seconds: float = 1.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).integers(-3000, 3000, round(RATE * seconds)).astype("<i2")
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes(samples.tobytes())


def write_text(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def write_mat(path: Path, **variables: object) -> None:
    import scipy.io

    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(path, variables)


def caltech101(root: Path) -> None:
    for place in ("accordion", "ant", "BACKGROUND_Google"):
        for number in range(1, 7):
            write_picture(
                root / "101_ObjectCategories" / place / f"image_{number:04}.jpg", hash_of(place, number)
            )


def sun397(root: Path) -> None:
    classes = ("a/abbey", "c/church/outdoor", "a/alley")
    write_text(root / "ClassName.txt", *(f"/{name}" for name in classes))
    for name in classes:
        for number in range(6):
            write_picture(root / name / f"sun_{number}.jpg", hash_of(name, number))
    write_text(root / "Training_01.txt", *(f"/{name}/sun_{n}.jpg" for name in classes[:2] for n in range(4)))
    write_text(root / "Testing_01.txt", *(f"/{name}/sun_{n}.jpg" for name in classes[:2] for n in (4, 5)))


def dtd(root: Path) -> None:
    for name in ("banded", "woven"):
        for number in range(6):
            write_picture(root / "images" / name / f"{name}_{number:04}.jpg", hash_of(name, number))
    parts = {"train": range(3), "val": range(3, 5), "test": range(5, 6)}
    for part, numbers in parts.items():
        lines = [f"{name}/{name}_{n:04}.jpg" for name in ("banded", "woven") for n in numbers]
        write_text(root / "labels" / f"{part}2.txt", *lines)


def flowers102(root: Path) -> None:
    """Twelve pictures of the classes 1, 2 and 10: texts would be sorted 1, 10, 2."""
    for number in range(1, 13):
        write_picture(root / "jpg" / f"image_{number:05}.jpg", number)
    write_mat(root / "imagelabels.mat", labels=np.array([[1, 2, 10] * 4], np.uint8))
    ids = {"trnid": [1, 2, 3, 4, 5, 6], "valid": [7, 8, 9], "tstid": [10, 11, 12]}
    write_mat(root / "setid.mat", **{name: np.array([each], np.uint16) for name, each in ids.items()})


def cars(root: Path) -> None:
    names = ["AM General Hummer SUV 2000", "Acura RL Sedan 2012"]
    write_mat(root / "devkit" / "cars_meta.mat", class_names=np.array([names], object))
    kinds = [
        ("bbox_x1", "u1"),
        ("bbox_y1", "u1"),
        ("bbox_x2", "u1"),
        ("bbox_y2", "u1"),
        ("class", "O"),
        ("fname", "O"),
    ]
    files = {"cars_train": ("cars_train_annos.mat", 10), "cars_test": ("cars_test_annos_withlabels.mat", 4)}
    for place, (file, count) in files.items():
        rows = [(1, 1, 5, 5, np.uint8(1 + n % 2), f"{n + 1:05}.jpg") for n in range(count)]
        write_mat(root / "devkit" / file, annotations=np.array([rows], kinds))
        for number in range(count):
            write_picture(root / place / f"{number + 1:05}.jpg", hash_of(place, number))


def pets(root: Path) -> None:
    breeds = ("Abyssinian", "american_bulldog")
    for name in breeds:
        for number in range(1, 9):
            write_picture(root / "images" / f"{name}_{number}.jpg", hash_of(name, number))
    for part, numbers in {"trainval": range(1, 7), "test": range(7, 9)}.items():
        lines = [f"{name}_{n} {c} 1 1" for c, name in enumerate(breeds, 1) for n in numbers]
        write_text(root / "annotations" / f"{part}.txt", "#Image CLASS-ID SPECIES BREED ID", *lines)


def food101(root: Path) -> None:
    for name in ("apple_pie", "waffles"):
        for number in range(8):
            write_picture(root / "images" / name / f"{1000 + number}.jpg", hash_of(name, number))
    for part, numbers in {"train": range(6), "test": range(6, 8)}.items():
        write_text(
            root / "meta" / f"{part}.txt",
            *(f"{name}/{1000 + n}" for name in ("apple_pie", "waffles") for n in numbers),
        )


def svhn(root: Path) -> None:
    rng = np.random.default_rng(1)
    root.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", 40), ("test", 10), ("extra", 20)):
        pixels = rng.integers(0, 256, (32, 32, 3, count)).astype(np.uint8)
        labels = np.arange(1, count + 1).astype(np.uint8)[:, None] % 10
        write_mat(root / f"{name}_32x32.mat", X=pixels, y=np.where(labels == 0, 10, labels).astype(np.uint8))


def fashion_mnist(root: Path) -> None:
    rng = np.random.default_rng(1)
    root.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", 40), ("t10k", 10)):
        pixels = rng.integers(0, 256, (count, 28, 28)).astype(np.uint8)
        images = struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28) + pixels.tobytes()
        labels = struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(n % 10 for n in range(count))
        (root / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images, mtime=0))
        (root / f"{name}-labels-idx1-ubyte").write_bytes(labels)


def speech_commands(root: Path) -> None:
    """Three words, six speakers each: the fifth is in the validation list, the sixth in that of test."""
    for word in ("yes", "no", "bird"):
        for speaker in range(6):
            write_sound(root / word / f"{speaker:08x}_nohash_0.wav", hash_of(word, speaker), 0.5)
    for name, speaker in (("validation_list.txt", 4), ("testing_list.txt", 5)):
        write_text(root / name, *(f"{word}/{speaker:08x}_nohash_0.wav" for word in ("yes", "no", "bird")))
    for number, name in enumerate(("doing_the_dishes", "pink_noise", "running_tap", "white_noise")):
        write_sound(root / "_background_noise_" / f"{name}.wav", 900 + number, 2.5)
    (root / "_background_noise_" / "README.md").write_text("noise")


def uci_har(root: Path) -> None:
    names = ("WALKING", "WALKING_UPSTAIRS", "SITTING")
    write_text(root / "activity_labels.txt", *(f"{n} {name}" for n, name in enumerate(names, 1)))
    rng = np.random.default_rng(1)
    for part, people, first in (("train", 4, 1), ("test", 2, 20)):
        rows = 6 * people
        write_text(root / part / f"y_{part}.txt", *(str(1 + n % 3) for n in range(rows)))
        write_text(root / part / f"subject_{part}.txt", *(str(first + n // 6) for n in range(rows)))
        for kind in ("body_acc", "body_gyro", "total_acc"):
            for axis in "xyz":
                values = rng.normal(size=(rows, 128))
                lines = ["  ".join(f"{v: .7e}" for v in row) for row in values]
                write_text(root / part / "Inertial Signals" / f"{kind}_{axis}_{part}.txt", *lines)


def toy_admos(root: Path) -> None:
    for number in range(8):
        write_sound(root / "train" / f"normal_id_01_{number:08}.wav", number)
    for number in range(3):
        write_sound(root / "test" / f"normal_id_01_{number:08}.wav", 100 + number)
        write_sound(root / "test" / f"anomaly_id_01_{number:08}.wav", 200 + number)


def toy_admos_cases(root: Path) -> None:
    for case in (1, 2):
        for label, start, count in ((0, "Normal", 6), (1, "Anomalous", 4)):
            place = root / f"case{case}" / f"{start}Sound_IND"
            for number in range(count):
                for channel in (1, 2):
                    name = f"1{number:05}_ToyCar_case{case}_{start.lower()}_IND_{number:04}_ch{channel}.wav"
                    write_sound(place / name, 1000 * case + 100 * label + 10 * number + channel)


def cifar100(path: Path) -> None:
    """Write a python archive of 40 and 20 pictures, ten fine classes in two coarse ones."""
    rng = np.random.default_rng(1)
    files = {}
    for name, count in (("train", 40), ("test", 20)):
        pixels = rng.integers(0, 256, (count, 3072)).astype(np.uint8)
        fine = [n % 10 for n in range(count)]
        content = batch_pickle(pixels, fine).replace(short("labels"), short("fine_labels"))
        coarse = b"](" + b"".join(integer(label // 5) for label in fine) + b"e"
        files[name] = content.removesuffix(b"u.") + short("coarse_labels") + coarse + b"u."
    names = {"fine_label_names": [f"f{n}" for n in range(10)], "coarse_label_names": ["c0", "c1"]}
    meta = b"".join(short(k) + b"](" + b"".join(map(short, v)) + b"e" for k, v in names.items())
    files["meta"] = b"\x80\x02}(" + meta + b"u."
    write_tar(path, {f"cifar-100-python/{name}": content for name, content in files.items()})


def cifar100_binary(folder: Path) -> None:
    """Write the binary version unpacked."""
    rng = np.random.default_rng(1)
    folder.mkdir(parents=True)
    for name, count in (("train", 40), ("test", 20)):
        pixels = rng.integers(0, 256, (count, 3072)).astype(np.uint8)
        records = (bytes([n % 10 // 5, n % 10]) + pixels[n].tobytes() for n in range(count))
        (folder / f"{name}.bin").write_bytes(b"".join(records))
    write_text(folder / "fine_label_names.txt", *(f"f{n}" for n in range(10)))
    write_text(folder / "coarse_label_names.txt", "c0", "c1")


def hash_of(name: str, number: int) -> int:
    """Return a seed for a picture: equal files would be duplicates."""
    return sum(name.encode()) * 100 + number
