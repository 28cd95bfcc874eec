# SPDX-License-Identifier: Apache-2.0
"""A file that is none of the data becomes the same samples as it would among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import decode_file, load_dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import Project, load_project


def project(folder: Path, source: str, options: str) -> Project:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "{source}"\n[data.options]\n{options}\n'
        '[model]\nfamily = "mlp"\n'
    )
    return load_project(folder)


def require_same_as_read(project: Project, folder: Path) -> None:
    """Each file of the data, decoded alone, must give the samples that the dataset has of it."""
    for part in load_dataset(project).splits().values():
        for name in set(part.names):
            rows = [row.tobytes() for row, of in zip(part.x, part.names, strict=True) if of == name]
            assert sorted(x.tobytes() for x in decode_file(project, folder / name)) == sorted(rows)


def write_recordings(folder: Path) -> None:
    for label, kind in enumerate("ab"):
        (folder / kind).mkdir(parents=True)
        for i in range(4):
            lines = "".join(f"{label + 0.1 * row},{i * row}\n" for row in range(20 + i))
            (folder / kind / f"{i}.csv").write_text("x,y\n" + lines)


def test_a_picture(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    for label, kind in enumerate("ab"):
        (tmp_path / "d" / kind).mkdir(parents=True)
        for i in range(4):
            image.new("RGB", (9, 12), (20 * i, 90 * label, 7)).save(tmp_path / "d" / kind / f"{i}.png")
    pictures = project(tmp_path, "image_folder", 'folder = "d"\nsize = [4, 6]\ncolor = "grey"')
    require_same_as_read(pictures, tmp_path / "d")
    (tmp_path / "broken.png").write_bytes((tmp_path / "d" / "a" / "1.png").read_bytes()[:-30])
    with pytest.raises(InputError, match=r"broken\.png: is damaged"):
        decode_file(pictures, tmp_path / "broken.png")
    with pytest.raises(InputError, match=r"tinyml\.toml: is not one of \.jpg"):
        decode_file(pictures, tmp_path / "tinyml.toml")
    with pytest.raises(InputError, match=r"none\.png: cannot be read: No such file"):
        decode_file(pictures, tmp_path / "none.png")


@pytest.mark.parametrize("options", ["", "hop_seconds = 0.1", 'features = "raw"'])
def test_a_sound(tmp_path: Path, options: str) -> None:
    pytest.importorskip("scipy", reason="needs SciPy: pip install 'tinyml-toolkit[train]'")
    pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")
    random = np.random.default_rng(1)
    for kind in "ab":
        (tmp_path / "d" / kind).mkdir(parents=True)
        for i in range(4):
            sound = random.uniform(-0.5, 0.5, 4000)
            load_extra("soundfile").write(tmp_path / "d" / kind / f"{i}.wav", sound, 8000)
    settings = (
        f'folder = "d"\nrate = 8000\nseconds = 0.25\nhigh_hz = 3800\nbands = 8\ncoefficients = 4\n{options}'
    )
    require_same_as_read(project(tmp_path, "audio_folder", settings), tmp_path / "d")


def test_a_recording(tmp_path: Path) -> None:
    write_recordings(tmp_path / "d")
    windows = project(tmp_path, "windows", 'folder = "d"\nwindow = 8\nstandardize = false')
    require_same_as_read(windows, tmp_path / "d")
    (tmp_path / "short.csv").write_text("x,y\n1,2\n")
    with pytest.raises(InputError, match=r"short\.csv: has 1 entry; a sample needs 8"):
        decode_file(windows, tmp_path / "short.csv")


def test_a_recording_where_all_data_are_in_one_table(tmp_path: Path) -> None:
    rows = "".join(f"r{i // 10},{i % 7},{i % 50},{'ab'[i // 10 % 2]}\n" for i in range(120))
    (tmp_path / "all.csv").write_text("recording,x,y,target\n" + rows)
    windows = project(
        tmp_path, "windows", 'columns = ["x", "y"]\nfile = "all.csv"\nwindow = 5\noverlap = 0.0'
    )
    (tmp_path / "new.csv").write_text("y,x\n" + "".join(f"{i},{i % 7}\n" for i in range(10)))
    x = decode_file(windows, tmp_path / "new.csv")
    assert x.shape == (2, 5, 2)
    assert x[:, :, 1].reshape(-1).tolist() == list(range(10))


def test_rows_of_a_table_need_no_target_and_any_order_of_columns(tmp_path: Path) -> None:
    rows = "".join(f"{i % 9},{i * i % 7},{'ab'[i % 2]},p{i}\n" for i in range(20))
    (tmp_path / "t.csv").write_text("x,y,kind,person\n" + rows)
    table = project(tmp_path, "csv", 'file = "t.csv"\ntarget = ["kind"]\ngroup = "person"')
    (tmp_path / "new.csv").write_text("y,remark,x\n4,good,2\n9,,3\n")
    assert decode_file(table, tmp_path / "new.csv").tolist() == [[2, 4], [3, 9]]
    (tmp_path / "new.csv").write_text("y,x\n4,2\n9,many\n")
    with pytest.raises(InputError, match=r"new\.csv: is broken in line 3: 'many' in the column 'x'"):
        decode_file(table, tmp_path / "new.csv")
    (tmp_path / "new.csv").write_text("y\n4\n")
    with pytest.raises(InputError, match=r"new\.csv has no column 'x'"):
        decode_file(table, tmp_path / "new.csv")
    (tmp_path / "new.csv").write_text("x,y\n")
    with pytest.raises(InputError, match=r"new\.csv has no samples"):
        decode_file(table, tmp_path / "new.csv")


def test_an_array_is_divided_as_the_data_are(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.arange(40).reshape(20, 2), y=np.arange(20) % 2)
    arrays = project(tmp_path, "numpy", 'file = "d.npz"\ndivisor = 2.0')
    np.save(tmp_path / "new.npy", np.array([[2, 4]], np.uint8))
    assert decode_file(arrays, tmp_path / "new.npy").tolist() == [[1, 2]]
    np.save(tmp_path / "new.npy", np.array([[2, np.nan]]))
    with pytest.raises(InputError, match=r"new\.npy has numbers that are NaN or infinite, first in sample"):
        decode_file(arrays, tmp_path / "new.npy")
    np.save(tmp_path / "new.npy", np.array(["text"]))
    with pytest.raises(InputError, match=r"new\.npy: cannot be used: it is <U4"):
        decode_file(arrays, tmp_path / "new.npy")
    (tmp_path / "new.npy").write_bytes(b"no array")
    with pytest.raises(InputError, match=r"new\.npy: is no \.npy file, or damaged"):
        decode_file(arrays, tmp_path / "new.npy")


def test_a_source_without_files_takes_arrays_and_says_so(tmp_path: Path) -> None:
    sine = project(tmp_path, "sine", "samples = 100")
    np.save(tmp_path / "x.npy", np.array([0.5, 1.5]))
    assert decode_file(sine, tmp_path / "x.npy").tolist() == [[0.5], [1.5]]
    with pytest.raises(InputError, match=r"is not \.npy; the data source sine has no files of samples"):
        decode_file(sine, tmp_path / "tinyml.toml")
