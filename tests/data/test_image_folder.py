# SPDX-License-Identifier: Apache-2.0
"""Pictures in folders: any format and size, broken and hostile ones, links and lists."""

from __future__ import annotations

import io
import os
import struct
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.data import Dataset, data_state, divide_data, load_dataset, save_dataset
from toolkit.data.cache import Cache
from toolkit.data.decode import BrokenFileError
from toolkit.data.picture import PictureRules, decode_picture
from toolkit.data.survey import survey
from toolkit.errors import InputError, ToolMissingError
from toolkit.extras import load_extra
from toolkit.project.config import load_project

pytest.importorskip("PIL", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")

Image: Any = load_extra("PIL.Image")
RULES = PictureRules(8, 8, 3, "stretch", 0, 10_000)


def picture(color: tuple[int, ...] | int, size: tuple[int, int] = (12, 9), mode: str = "RGB") -> Any:
    return Image.new(mode, size, color)


def encoded(image: Any, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def decoded(content: bytes, **changes: Any) -> np.ndarray:
    return decode_picture(content, PictureRules(**{**RULES.__dict__, **changes}))


def write_pictures(folder: Path, per_class: int = 5, classes: tuple[str, ...] = ("cat", "dog")) -> None:
    """Pictures that all differ, by class and number."""
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for i in range(per_class):
            picture((20 * i, 90 * number, 7)).save(folder / name / f"{i}.png")


def load(
    folder: Path,
    options: str = "size = [4, 6]",
    data: str = "",
    *,
    source: str = "image_folder",
    skip_broken: bool = False,
) -> Dataset:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "{source}"\n{data}\n'
        f'[data.options]\nfolder = "pictures"\n{options}\n[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder), skip_broken=skip_broken)


def everything(dataset: Dataset) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    parts = list(dataset.splits().values())
    names = sum((part.names for part in parts), ())
    return np.concatenate([part.x for part in parts]), np.concatenate([part.y for part in parts]), names


def test_folders_are_classes_and_pixels_run_from_0_to_1(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    dataset = load(tmp_path)
    x, y, names = everything(dataset)
    assert (dataset.classes, dataset.input_shape, x.dtype) == (("cat", "dog"), (4, 6, 3), np.float32)
    assert sorted(names) == [f"{name}/{i}.png" for name in ("cat", "dog") for i in range(5)]
    for pixels, label, name in zip(x, y, names, strict=True):
        wanted = np.array([20 * int(name[4]), 90 * label, 7], np.float32) / np.float32(255)
        assert np.array_equal(pixels, np.broadcast_to(wanted, (4, 6, 3)))
        assert name.split("/")[0] == dataset.classes[label]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "PPM", "TIFF", "WEBP"])
def test_every_format_is_read(kind: str) -> None:
    got = decoded(encoded(picture((200, 100, 50)), kind))
    assert got.shape == (8, 8, 3) and got.dtype == np.uint8
    assert np.abs(got.astype(int) - [200, 100, 50]).max() <= 6


@pytest.mark.parametrize(
    ("mode", "color", "seen"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 90, (90, 90, 90)),
        ("LA", (90, 255), (90, 90, 90)),
        ("RGBA", (200, 100, 50, 255), (200, 100, 50)),
        ("RGBA", (200, 100, 50, 0), (0, 0, 0)),
        ("I;16", 0x8034, (128, 128, 128)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0)),
        ("CMYK", (0, 0, 0, 0), (255, 255, 255)),
    ],
)
def test_every_mode_becomes_colour_or_grey(mode: str, color: Any, seen: tuple[int, ...]) -> None:
    content = encoded(picture(color, mode=mode), "TIFF" if mode == "CMYK" else "PNG")
    assert np.array_equal(decoded(content), np.broadcast_to(seen, (8, 8, 3)))
    grey = decoded(content, channels=1)
    assert grey.shape == (8, 8, 1)
    assert abs(int(grey[0, 0, 0]) - np.dot(seen, [0.299, 0.587, 0.114])) <= 1


def test_what_is_transparent_shows_the_background() -> None:
    content = encoded(picture((9, 9, 9, 0), mode="RGBA"), "PNG")
    assert (decoded(content, background=255) == 255).all()


def test_a_palette_with_transparency_is_read() -> None:
    image = Image.new("P", (6, 6), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    assert np.array_equal(decoded(encoded(image, "PNG", transparency=0))[0, 0], [200, 100, 50])


def test_fit_stretches_crops_or_pads() -> None:
    """Left half black, right half white, twice as wide as high."""
    image = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 16, axis=1).repeat(16, axis=0))
    content = encoded(image, "PNG")
    rows = {fit: decoded(content, fit=fit, channels=1)[..., 0] for fit in ("stretch", "crop", "pad")}
    assert rows["stretch"][4].tolist()[:3] == [0, 0, 0] and rows["stretch"][4].tolist()[-3:] == [255] * 3
    assert rows["crop"][4].tolist()[:3] == [0, 0, 0]
    assert (rows["pad"][0] == 0).all() and (rows["pad"][-1] == 0).all() and rows["pad"][4, -1] == 255
    assert (decoded(content, fit="pad", channels=1, background=77)[0] == 77).all()


def test_a_photo_taken_on_its_side_is_turned() -> None:
    image = Image.fromarray(np.array([[255] * 8, [0] * 8], np.uint8).repeat(4, axis=0))
    exif = Image.Exif()
    exif[0x0112] = 6
    got = decoded(encoded(image, "PNG", exif=exif), channels=1)[..., 0]
    assert got[:, 7].min() == 255 and got[:, 0].max() == 0


def bomb(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that says it is this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("width", "height"), [(101, 100), (12_000, 9_000), (2**31 - 1, 2**31 - 1)])
def test_a_decompression_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    with pytest.raises(BrokenFileError, match="10,000 pixels of max_pixels"):
        decoded(bomb(width, height))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (encoded(picture((1, 2, 3), (64, 64)), "JPEG")[:400], "is damaged"),
        (encoded(Image.effect_noise((64, 64), 50), "PNG")[:2000], "is damaged"),
        (b"<html>not found</html>", "is no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is no picture"),
    ],
)
def test_a_broken_picture_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(BrokenFileError, match=reason):
        decoded(content)


def test_flipped_bytes_give_a_picture_or_a_broken_file() -> None:
    random = np.random.default_rng(3)
    noise = Image.effect_noise((24, 24), 60)
    refused = 0
    for kind in ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"):
        content = encoded(noise, kind)
        for _ in range(60):
            damaged = bytearray(content)
            for place in random.integers(0, len(content), random.integers(1, 9)):
                damaged[place] = random.integers(256)
            try:
                assert decoded(bytes(damaged)).shape == (8, 8, 3)
            except BrokenFileError:
                refused += 1
    assert refused > 100


def test_all_broken_files_are_named_at_once(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    (tmp_path / "pictures" / "cat" / "empty.jpg").write_bytes(b"")
    (tmp_path / "pictures" / "dog" / "cut.jpg").write_bytes(encoded(picture(0), "JPEG")[:200])
    (tmp_path / "pictures" / "dog" / "photo.heic").write_bytes(b"heic")
    (tmp_path / "pictures" / "dog" / ".hidden").write_bytes(b"")
    (tmp_path / "pictures" / "dog" / "Thumbs.db").write_bytes(b"")
    with pytest.raises(InputError, match="3 of 13 files cannot be used") as caught:
        load(tmp_path)
    said = caught.value.message
    assert "cat/empty.jpg: is empty" in said and "dog/cut.jpg: is damaged" in said
    assert "dog/photo.heic: not one of .jpg" in said
    assert "--skip-broken" in str(caught.value.hint)
    dataset = load(tmp_path, skip_broken=True)
    assert len(everything(dataset)[0]) == 10
    assert sorted(broken.name for broken in dataset.skipped) == [
        "cat/empty.jpg",
        "dog/cut.jpg",
        "dog/photo.heic",
    ]


def test_a_bomb_in_the_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    (tmp_path / "pictures" / "cat" / "bomb.png").write_bytes(bomb(60_000, 60_000))
    with pytest.raises(InputError, match=r"cat/bomb\.png: has more than the 50,000,000 pixels"):
        load(tmp_path)


def test_an_empty_class_folder_is_named(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    (tmp_path / "pictures" / "bird").mkdir()
    with pytest.raises(InputError, match="the class folder bird is empty"):
        load(tmp_path)


def test_a_folder_without_classes_says_what_is_needed(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    picture(0).save(tmp_path / "pictures" / "1.png")
    with pytest.raises(InputError, match="has no folders; each class needs one"):
        load(tmp_path)


def test_one_class_only_is_an_error(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", classes=("cat",))
    with pytest.raises(InputError, match=r"one class only \('cat'\)"):
        load(tmp_path)


@pytest.mark.parametrize(("source", "module"), [("image_folder", "PIL"), ("audio_folder", "soundfile")])
def test_a_missing_decoder_is_said_with_its_pip_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, module: str
) -> None:
    write_pictures(tmp_path / "pictures")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ToolMissingError, match=f"{module} is not installed") as caught:
        load(tmp_path, "", source=source)
    assert caught.value.hint == "Try: pip install 'tinyml-toolkit[train]'"


def test_decoding_and_gathering_hold_one_picture_beside_the_result(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", per_class=12)
    (tmp_path / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "image_folder"\n[data.options]\nfolder = "pictures"\n'
        'size = [512, 512]\n[model]\nfamily = "mlp"\n'
    )
    tracemalloc.start()
    save_dataset(divide_data(load_project(tmp_path)), tmp_path / "data")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(path.stat().st_size for path in (tmp_path / "data").iterdir()) > 24 * 512 * 512 * 3 * 4
    assert peak < 24 << 20


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no folder .*pictures") as caught:
        load(tmp_path)
    assert caught.value.hint == "Try: folder in the section [data.options]"


def test_a_missing_folder_that_a_script_makes_is_an_error_with_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "make_data.py").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"there is no folder .*pictures") as caught:
        load(tmp_path)
    assert caught.value.hint == "Try: python make_data.py"


def test_the_same_bytes_in_two_splits_are_an_error_unless_kept_together(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", per_class=12)
    for i in range(12):
        original = tmp_path / "pictures" / "cat" / f"{i}.png"
        (original.parent / f"copy of {i}.png").write_bytes(original.read_bytes())
    with pytest.raises(InputError, match=r"same bytes in two splits(?s:.*)copy of"):
        load(tmp_path)
    dataset = load(tmp_path, data='duplicates = "together"')
    homes = [{name.removeprefix("cat/copy of ").removeprefix("cat/") for name in part.names}
             for part in dataset.splits().values()]  # fmt: skip
    cats = [{name for name in home if not name.startswith("dog")} for home in homes]
    assert sum(map(len, cats)) == 12


def test_a_link_out_of_the_folder_is_refused_unless_allowed(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    picture((1, 1, 1)).save(tmp_path / "secret.png")
    (tmp_path / "pictures" / "cat" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(InputError, match=r"link\.png leads out of the data folder, to .*secret\.png"):
        load(tmp_path)
    assert len(everything(load(tmp_path, data="outside = true"))[0]) == 11


def test_a_linked_folder_is_refused_unless_allowed_and_loops_end(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    (tmp_path / "pictures" / "cat" / "loop").symlink_to(tmp_path / "pictures" / "cat")
    assert len(everything(load(tmp_path))[0]) == 10
    (tmp_path / "elsewhere").mkdir()
    picture((1, 1, 1)).save(tmp_path / "elsewhere" / "1.png")
    (tmp_path / "pictures" / "cat" / "far").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="far leads out of the data folder"):
        load(tmp_path)
    assert len(everything(load(tmp_path, data="outside = true"))[0]) == 11


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are not UTF-8")
def test_names_that_are_not_utf8_are_shown_with_their_bytes(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", classes=("cat", 'a"b\\'))
    strange = tmp_path / "pictures" / os.fsdecode(b"caf\xe9")
    strange.mkdir()
    for i in range(4):
        (strange / os.fsdecode(b"%d\xff.png" % i)).write_bytes(encoded(picture((i, 200, 200)), "PNG"))
    dataset = load(tmp_path)
    assert dataset.classes == ('a"b\\', "caf\\xe9", "cat")
    names = everything(dataset)[2]
    assert "caf\\xe9/0\\xff.png" in names
    "".join(names).encode("utf-8")
    assert len(data_state(load_project(tmp_path))) == 64


def test_a_table_gives_numbers_to_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", classes=("all",))
    rows = "".join(f"all/{i}.png,{i * 2.5}\n" for i in range(5))
    (tmp_path / "pictures" / "counts.csv").write_text("file,target\n" + rows)
    dataset = load(tmp_path, 'labels = "counts.csv"\ntask = "regression"')
    _, y, names = everything(dataset)
    assert (dataset.task, dataset.outputs) == ("regression", 1)
    assert {name: float(value) for name, value in zip(names, y[:, 0], strict=True)} == {
        f"all/{i}.png": i * 2.5 for i in range(5)
    }


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "all/../../secret.png"])
def test_a_table_cannot_name_files_outside(tmp_path: Path, name: str) -> None:
    write_pictures(tmp_path / "pictures", classes=("all",))
    picture(0).save(tmp_path / "secret.png")
    (tmp_path / "pictures" / "l.csv").write_text(f"file,target\n{name},x\nall/1.png,y\n")
    with pytest.raises(InputError, match="leads out of the data folder"):
        load(tmp_path, 'labels = "l.csv"')


def test_a_table_that_names_a_missing_file_is_broken_there(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", classes=("all",))
    (tmp_path / "pictures" / "l.csv").write_text("file,target\nall/1.png,x\nall/nine.png,y\n")
    with pytest.raises(InputError, match=r"all/nine\.png: named in l\.csv, but there is no such file"):
        load(tmp_path, 'labels = "l.csv"')


def test_pictures_of_one_person_stay_in_one_split(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(24):
            file = tmp_path / "pictures" / name / f"person{i // 4}_{i}.png"
            picture((i * 9, 90, 200 * (name == "dog"))).save(file)
    dataset = load(tmp_path, 'group = "/(person[0-9]+)_"')
    homes = [{name.split("/")[1].split("_")[0] for name in part.names} for part in dataset.splits().values()]
    assert sum(map(len, homes)) == 6
    with pytest.raises(InputError, match=r"cat/person0_0\.png: does not match group = 'x\(y\)'"):
        load(tmp_path, 'group = "x(y)"')
    with pytest.raises(InputError, match="is no regular expression"):
        load(tmp_path, 'group = "("')


@pytest.mark.parametrize("line", ["size = [0, 4]", "size = [4]", "background = 256", "max_pixels = 0"])
def test_an_option_out_of_range_is_an_error(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=line.split(" ")[0]):
        load(tmp_path, line)


def test_a_file_is_decoded_once_and_again_when_it_changes(tmp_path: Path, monkeypatch: Any) -> None:
    write_pictures(tmp_path / "pictures")
    made = []
    get = Cache.get
    monkeypatch.setattr(
        Cache, "get", lambda self, key, make: get(self, key, lambda: made.append(1) or make())
    )
    first = load(tmp_path)
    assert len(made) == 10
    state = data_state(load_project(tmp_path))
    again = load(tmp_path)
    assert len(made) == 10 and np.array_equal(first.train.x, again.train.x)
    assert data_state(load_project(tmp_path)) == state
    picture((255, 255, 255)).save(tmp_path / "pictures" / "cat" / "0.png")
    assert data_state(load_project(tmp_path)) != state
    assert everything(load(tmp_path))[0].max() == 1.0
    assert len(made) == 11
    load(tmp_path, "size = [5, 5]")
    assert len(made) == 21


def test_a_damaged_cache_entry_is_made_again(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    first = load(tmp_path)
    for number, entry in enumerate(sorted((tmp_path / "build" / "cache").rglob("*.bin"))):
        content = bytearray(entry.read_bytes())
        content[-9] ^= 255
        entry.write_bytes(content[: None if number % 2 else 20])
    assert np.array_equal(first.train.x, load(tmp_path).train.x)


def test_two_runs_may_share_a_cache(tmp_path: Path) -> None:
    """One key, made by eight threads at once: each gets the array, nothing else is left in the folder."""
    from concurrent.futures import ThreadPoolExecutor

    def get(number: int) -> np.ndarray:
        cache = Cache(tmp_path)
        arrays = [cache.get(cache.key(str(i)), lambda i=i: np.full((50, 50), i)) for i in range(20)]
        return np.stack([array[0, 0] for array in arrays])

    with ThreadPoolExecutor(8) as pool:
        assert all((row == np.arange(20)).all() for row in pool.map(get, range(8)))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 20


def test_the_cache_can_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYML_CACHE", str(tmp_path / "shared"))
    write_pictures(tmp_path / "pictures")
    load(tmp_path)
    assert len(list((tmp_path / "shared").rglob("*.bin"))) == 10 and not (tmp_path / "build").exists()


def write_deep(folder: Path, low: int) -> None:
    for number, kind in enumerate("ab"):
        (folder / kind).mkdir(parents=True)
        for i in range(5):
            pixels = np.random.default_rng(9 * i + number).integers(low + 100 * number, low + 200, (8, 8))
            Image.fromarray(pixels.astype(np.uint16)).save(folder / kind / f"{i}.png")


@pytest.mark.parametrize(("low", "wanted"), [(0, "[0, 255]"), (29_000, "[29000, 29199]")])
def test_deep_pixels_that_use_little_of_their_range_are_told_with_the_option(
    tmp_path: Path, low: int, wanted: str
) -> None:
    write_deep(tmp_path / "pictures", low)
    dark = load(tmp_path, 'size = [8, 8]\ncolor = "grey"')
    (note,) = [note for note in dark.notes if "the 16-bit pixels are between" in note]
    option = "deep_range = " + note.split("deep_range = ")[1].split("]")[0] + "]"
    assert "0.31 % of the range from 0 to 65,535" in note and wanted in option
    assert np.ptp(everything(dark)[0]) < 0.01
    good = load(tmp_path, f'size = [8, 8]\ncolor = "grey"\n{option}')
    assert np.ptp(everything(good)[0]) > 0.7
    assert not any("pixels" in note or "one colour" in note for note in good.notes)
    assert survey(tmp_path / "pictures").options["deep_range"][0] >= low


def test_pictures_of_one_colour_and_dark_ones_are_told(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    assert any("10 of 10 pictures are of one colour" in note for note in load(tmp_path).notes)
    for path in (tmp_path / "pictures").rglob("*.png"):
        Image.fromarray(np.asarray(Image.open(path)) // 16).save(path)
    notes = load(tmp_path, data='duplicates = "together"').notes
    assert any("the pixels of all pictures are between 0 and 5 of 255: 2.3 %" in note for note in notes)


@pytest.mark.parametrize("value", ["[5]", "[7, 7]", "[-1, 9]", "[0, 65536]"])
def test_a_range_of_deep_pixels_that_cannot_be_is_an_error(tmp_path: Path, value: str) -> None:
    write_pictures(tmp_path / "pictures")
    with pytest.raises(InputError, match="deep_range"):
        load(tmp_path, f"deep_range = {value}")
