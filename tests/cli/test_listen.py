# SPDX-License-Identifier: Apache-2.0
"""listen and stream: what is detected in long recordings, and how that compares with labels."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.cli.main import run
from toolkit.cli.options import open_pipeline
from toolkit.listen.listen import by_own_time, ears_of, listen
from toolkit.listen.on_board import OnBoard, compare_raw, feed_firmware, first_whole
from toolkit.listen.recording import read_recording
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.protocol import Complaint, Text
from toolkit.runners.session import Session
from toolkit.targets.board import load_board
from toolkit.verify.on_device import Place

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


def test_every_tone_of_a_long_recording_is_detected_once_and_in_time(
    hearing: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hearing["listen"]
    assert run(["listen", str(folder / "kitchen.wav"), "--project", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    (file,) = said["files"]
    found = [(each["label"], each["at"]) for each in file["detections"]]
    assert [label for label, _ in found] == ["low", "high", "low"]
    assert all(1.5 + 3 * i < at < 2.6 + 3 * i for i, (_, at) in enumerate(found))
    assert [(t["label"], t["hits"], t["misses"], t["false_accepts"]) for t in said["tallies"]] == [
        ("high", 1, 0, 0),
        ("low", 2, 0, 0),
        ("all", 3, 0, 0),
    ]


def test_what_no_label_says_is_a_false_accept_and_counted_by_the_hour(
    hearing: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, labels = hearing["listen"], tmp_path / "labels.csv"
    labels.write_text("start,end,label\n1.5,2.0,low\n7,7.4,high\n")
    words = ["--project", str(folder), "--labels", str(labels)]
    assert run(["listen", str(folder / "kitchen.wav"), *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("false accept " in line for line in lines) == 2
    assert ["0:07.00", "high", "missed", "kitchen.wav"] in [line.split() for line in lines]
    assert lines[-1].split() == ["all", "1", "of", "2", "1", "2", "720.0"]

    assert run(["listen", str(folder / "kitchen.wav"), *words, "--plot", str(tmp_path / "worth.png")]) == 0
    assert (tmp_path / "worth.png").read_bytes().startswith(b"\x89PNG")
    assert run(["listen", str(folder / "kitchen.wav"), *words, "--plot", str(tmp_path / "worth.gif")]) == 2
    labels.write_text("start,end,label\n")
    assert run(["listen", str(folder / "kitchen.wav"), *words, "--plot", str(tmp_path / "quiet.png")]) == 0
    assert (tmp_path / "quiet.png").stat().st_size < (tmp_path / "worth.png").stat().st_size


def test_the_folder_s_name_is_the_label_and_a_short_file_is_told(
    hearing: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hearing["listen"]
    files = [str(folder / "data" / name / "3.wav") for name in ("low", "high", "none")]
    assert run(["listen", *files, "--project", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["tallies"][-1]["hits"] + said["tallies"][-1]["misses"] == 2
    shutil.copy(folder / "kitchen.wav", tmp_path / "short.wav")
    content = (tmp_path / "short.wav").read_bytes()
    size = (2000).to_bytes(4, "little")
    (tmp_path / "short.wav").write_bytes(content[:40] + size + content[44:2044])
    assert run(["listen", str(tmp_path / "short.wav"), "--project", str(folder)]) == 3
    assert "shorter than a window of the model, which is 0.492 s" in capsys.readouterr().err


def test_rows_of_a_sensor_with_a_column_of_classes(
    hearing: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hearing["stream"]
    assert run(["stream", str(folder / "walk.csv"), "--project", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["unit"] == "rows" and (said["window"], said["hop"]) == (40, 10)
    assert said["tallies"][-1] == {
        "label": "all",
        "hits": 2,
        "misses": 0,
        "false_accepts": 0,
        "span": 750.0,
        "an_hour": None,
    }
    words = ["--project", str(folder), "--rate", "50", "--labels", str(folder / "walk_labels.csv"), "--json"]
    assert run(["stream", str(folder / "walk.csv"), *words]) == 0
    timed = json.loads(capsys.readouterr().out)
    assert timed["unit"] == "s" and timed["tallies"][-1]["hits"] == 2
    rows, seconds = ([each["at"] for each in one["files"][0]["detections"]] for one in (said, timed))
    assert [row / 50 for row in rows] == seconds


def test_the_rate_and_the_gaps_are_those_of_a_recording_s_own_time(
    hearing: dict[str, Path], tmp_path: Path
) -> None:
    ears = ears_of(open_pipeline(hearing["stream"]), rate=25)
    options = {**ears.takes.options, "time": "ms", "broken_rows": "gap"}
    ears = replace(ears, takes=replace(ears.takes, options=options))
    file = tmp_path / "timed.csv"
    times = [20 * i + 1500 * (i >= 60) for i in range(120)]
    rows = [f"{time},{'?' if i == 30 else 0.5},9" for i, time in enumerate(times)]
    file.write_text("\n".join(["ms,ax,ay", *rows]))
    timed, (recording,) = by_own_time(ears, [read_recording(file, ears.takes)])
    assert timed.rate == recording.rate == 50 and recording.items.shape == (119, 2)
    heard = listen(timed, recording)
    assert heard.span == 119 / 50
    rate, gap, broken = heard.notes
    assert rate == "its time has 50 rows a second, not 25"
    assert gap.startswith("1 gap in ms, 1.5 s in all: the stream goes on")
    assert broken.startswith("1 place with rows that cannot be read")
    assert timed.learnt_hz == 0  # these data have no times; and with such as have them:
    _, (other,) = by_own_time(replace(ears, learnt_hz=100), [read_recording(file, ears.takes)])
    assert other.notes[0].startswith(
        "its time has 50 rows a second, the data that the model learnt from 100: a window is of another"
    )


def test_a_project_without_a_stream_says_what_listens(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.wav").write_bytes(b"")
    assert run(["listen", "a.wav"]) == 3
    assert "does not classify a stream: its data are sine, its task is regression" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("verb", "board", "recordings"), [("listen", "stm32f746g_disco", 1), ("stream", "nano33ble", 3)]
)
def test_a_firmware_makes_the_host_s_features_outputs_and_detections_of_raw_recordings(
    hearing: dict[str, Path], verb: str, board: str, recordings: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hearing[verb]
    words = ["--project", str(folder), "--board", board, "--samples", str(recordings), "--json"]
    assert run(["check", "--raw", *words]) == 0
    found = json.loads(capsys.readouterr().out)[board]
    assert found["passed"] and found["equal"] == found["windows"] >= recordings
    assert 20_000 < found["row_cycles"] < 40_000 if verb == "listen" else 20 < found["row_cycles"] < 200
    assert json.loads((folder / "build" / board / "raw.json").read_text()) == found
    page = (folder / "build" / "report.html").read_text(encoding="utf-8")
    assert "From raw recordings" in page and f"{found['row_cycles']:,} instructions" in page

    assert run(["build", "--project", str(folder), "--board", board, "--json"]) == 0
    stream = json.loads(capsys.readouterr().out)[board]["stream"]
    assert stream["ram_bytes"] == found["ram_bytes"]
    assert stream["instructions"] == pytest.approx(found["row_cycles"], rel=0.2)
    assert 500 < stream["flash_bytes"] < 8000
    assert run(["inspect", "--project", str(folder), "--board", board]) == 0
    assert f"{stream['instructions']:,} instructions" in capsys.readouterr().out


def test_a_firmware_that_takes_hops_is_checked_on_every_window_of_the_samples(
    hearing: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", "--project", str(hearing["stream"]), "--board", "nano33ble", "--samples", "3", "--json"]

    assert run(words) == 0

    found = json.loads(capsys.readouterr().out)["nano33ble"]
    assert found["passed"] and found["samples"] == 3 * 4 - 3


def test_whole_windows_are_predicted_where_the_firmware_takes_hops(
    hearing: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, said = hearing["stream"], {}
    for on in ("int8", "board"):
        file = str(folder / "data" / "shake" / "0.csv")
        assert run(["predict", file, "--project", str(folder), "--on", on, "--json"]) == 0
        said[on] = json.loads(capsys.readouterr().out)["samples"]
    assert said["int8"] == said["board"] and len(said["int8"]) > 1


def test_recordings_shorter_than_a_window_are_left_out_of_a_raw_check(hearing: dict[str, Path]) -> None:
    pipeline = open_pipeline(hearing["stream"])
    ears = ears_of(pipeline)
    paths = sorted((hearing["stream"] / "data" / "shake").iterdir())[:3]
    found = [read_recording(path, ears.takes) for path in paths]
    need = ears.feed.first_items
    short = replace(found[0], items=found[0].items[: need - 1])
    long, left_out = first_whole(ears, iter([short, *found[1:]]), 1)
    assert [each.path for each in long] == [paths[1]] and left_out == 1


def test_a_hop_that_the_strides_do_not_divide_is_refused(
    hearing: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(hearing["stream"], tmp_path / "moves")
    file = folder / "tinyml.toml"
    file.write_text(file.read_text().replace("hop = 10", "hop = 5"))

    assert run(["compile", "--project", str(folder)]) != 0

    said = capsys.readouterr().err
    shutil.rmtree(folder / "build")
    assert run(["train", "--project", str(folder)]) != 0
    assert not (folder / "build" / "model.keras").exists()
    assert "a hop of 5 does not lead from one to another" in capsys.readouterr().err
    assert "a hop of 5 does not lead from one to another" in said
    assert "Try: a hop of 2 or a multiple (in tinyml.toml: hop in [firmware.decision])" in said


def test_compile_refuses_a_decision_on_a_class_that_is_not_there_and_a_hop_of_none(
    hearing: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(hearing["stream"], tmp_path / "moves")
    file = folder / "tinyml.toml"
    file.write_text(file.read_text().replace('ignore = ["', 'ignore = ["nosuch", "'))

    assert run(["compile", "--project", str(folder)]) != 0
    assert "firmware.decision: there is no class 'nosuch'. Known: " in capsys.readouterr().err

    assert run(["compile", str(folder / "build/model.tflite"), "--stream", "0"]) != 0
    assert "a hop is 1 row at least" in capsys.readouterr().err


def test_the_firmware_detects_what_the_model_on_this_computer_does(
    hearing: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hearing["stream"]
    found = {}
    for on in ("int8", "board"):
        assert run(["stream", str(folder / "walk.csv"), "--project", str(folder), "--on", on, "--json"]) == 0
        found[on] = json.loads(capsys.readouterr().out)
    assert found["int8"] == found["board"] and found["board"]["files"][0]["detections"]


def test_what_differs_from_the_host_is_named(hearing: dict[str, Path]) -> None:
    pipeline, board = open_pipeline(hearing["stream"]), load_board("nano33ble")
    firmware, ears = pipeline.build(board), ears_of(pipeline, board=board)
    recordings = [read_recording(hearing["stream"] / "data" / "shake" / "0.csv", ears.takes)]
    heard = feed_firmware(ears, firmware, Place(), recordings)
    (windows,) = heard.windows
    wrong = {
        "the features differ": replace(windows[2], crc=windows[2].crc ^ 1),
        "the outputs differ": replace(windows[2], outputs=bytes(len(windows[2].outputs))),
        "the detection differs": replace(windows[2], found=7),
    }
    for reason, window in wrong.items():
        changed = OnBoard(heard.info, ((*windows[:2], window, *windows[3:]),))
        verdict = compare_raw(ears, firmware, Place(), recordings, changed)
        assert (verdict.windows - verdict.equal, verdict.passed) == (1, False)
        assert verdict.first_difference == f"0.csv, window 2: {reason}"
    short = compare_raw(ears, firmware, Place(), recordings, OnBoard(heard.info, (windows[:-1],)))
    assert short.first_difference.endswith("it did not come") and short.equal == len(windows) - 1


def test_a_stream_that_does_not_go_on_where_it_was_is_refused(
    hearing: dict[str, Path], project: Path
) -> None:
    pipeline, board = open_pipeline(hearing["stream"]), load_board("nano33ble")
    link = EmulatorLink(pipeline.build(board).elf, board)
    session = Session(link)
    session.hello()
    row = "0000803F00001C41"
    assert session.ask("tm feed start") and session.ask(f"tm feed 0 {row}{row}")
    assert session.ask(f"tm feed 0 {row}{row}") == [Text("m-tm-fed-[16]")]
    for start in range(16, 40 * 8, 8):
        said = session.ask(f"tm feed {start} {row}")
    assert said[0].text.startswith("m-tm-window-[320,") and len(said) == 2
    assert session.ask(f"tm feed 312 {row}") == said
    for words, complaint in (
        (f"tm feed 8 {row}", "Fed so far: 320"),
        ("tm feed 320 0000803F00", "Command 'tm feed' takes whole items of bytes: 8"),
        ("tm feed", "Command 'tm feed' requires start, or an offset and bytes"),
    ):
        assert session.ask(words) == [Complaint(complaint)]
    link.close()
    other = EmulatorLink(project / "build" / "nano33ble" / "firmware.elf", board)
    session = Session(other)
    session.hello()
    assert session.ask("tm feed start") == [Complaint("This model takes no stream")]
    other.close()
