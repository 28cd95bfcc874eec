# SPDX-License-Identifier: Apache-2.0
"""The verbs on a real project: trained, quantized, built by PlatformIO, run in emulation."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.help_lines import lines_of_help
from support.permission import as_nobody
from support.starts import starts_of

from toolkit.cli.main import run
from toolkit.errors import DeviceError
from toolkit.files import sha256_of
from toolkit.targets.board import load_board

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


LONG = {
    "tinyml models": "quantizes every family",
    "tinyml models --board sparkfun_edge --input 49x10x1 --classes 12": "and again",
    "tinyml train --keep-weights": "tests/cli/test_runs.py keeps some",
    "tinyml look build/model.tflite samples.npy --json": "as tinyml look samples.npy",
    "tinyml bisect": "tests/verify/test_bisect.py runs shorter ones",
    "tinyml bisect model.tflite --inputs x.npy": "and again; both build with zig, too",
    "tinyml build --board all": "tests/firmware has three boards, tests/ports all",
    "tinyml check --board all --samples 20": "tests/cli/test_examples.py has the three boards of digits",
    "tinyml compile wake_word.tflite --stream 2 --board nano33ble": "as the one before it",
    "tinyml compile model.tflite second.tflite --output c_code --shared-arena": "as the next one",
    "tinyml emulate --board nano33ble --led --seconds 1": "a test below reads what it shows",
    "tinyml emulate --pty --seconds 1": "a test below talks to it",
    "tinyml export model.tflite --to c --output my_model": "as the one before it, of the project",
    "tinyml export model.tflite second.tflite --to c --name both": "tests/export/test_every_kind.py has two",
    "tinyml fleet boards.toml --no-flash --samples 20": "the one before it flashes, too",
    "tinyml inspect wake_word.tflite --stream": "as tinyml profile wake_word.tflite --stream, for each board",
    "tinyml mlperf kws.tflite --benchmark kws --board host --window 0.01": "as the one before it",
    "tinyml record --port /dev/ttyACM0 --label circle --sensor accel --sensor gyro --output my_data": (
        "as the one before it; tests/record has two sensors"
    ),
    "tinyml run model.tflite --inputs x.npy": "a test below runs it, with outputs",
    "tinyml inspect model.tflite --board nano33ble --frontier": "tests/verify/test_tuning.py has small ones",
    "tinyml listen kitchen.wav --on board --board nano33ble": "tests/cli/test_listen.py has a shorter one",
    "tinyml tune": "as tinyml tune model.tflite",
    "tinyml search --max-ram 64k --max-latency 100ms --trials 40": "as the next one, of all families",
    "tinyml search --family mlp --keep recipe --trials 2": "tests/search/test_search.py runs it",
    "tinyml search --method one-shot --max-latency 50ms --time 1h": "an hour; tests/search/test_one_shot.py",
    "tinyml quantize --explain": "tests/quantization/test_qat.py runs it",
    "tinyml quantize --compare": "tests/quantization/test_qat.py runs it",
    "tinyml bench-recipes study.toml": "tests/study/test_bench_recipes.py runs a shorter one",
    "tinyml ablate": "tests/training/test_ablate.py runs it, too",
    "tinyml prune --target-macs 50%": "tests/pruning/test_prune.py runs a shorter one",
    "tinyml prune --target-latency 80% --criterion l1 --steps 1": "as the one above",
}


def examples() -> list[Any]:
    """Every command line that a help text shows."""
    lines = lines_of_help()
    assert set(LONG) <= set(lines)
    return [pytest.param(line, marks=pytest.mark.wide) if line in LONG else line for line in lines]


def elf_of(project: Path) -> Path:
    return project / "build" / "nano33ble" / "firmware.elf"


@pytest.mark.no_cover
@pytest.mark.parametrize("example", examples())
def test_every_example_in_the_help_works(example: str, run_documented: Callable[[list[str]], int]) -> None:
    assert run_documented(shlex.split(example)[1:]) == 0


def test_a_second_build_reuses_everything_and_is_quick(project: Path) -> None:
    """In processor time: under 1.5 s where Python starts in 25 ms."""
    command = [sys.executable, "-m", "toolkit", "build"]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert re.findall(r"^(data|train|quantize|compile|build)\b[^:\n]*: (\w+)", done.stderr, re.M) == [
        ("data", "up"),
        ("train", "up"),
        ("quantize", "up"),
        ("compile", "up"),
        ("build", "up"),
    ]
    assert starts_of(["-m", "toolkit", "build"]) < 60


def test_train_says_what_the_curves_show_also_when_there_is_nothing_to_train(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["train"]) == 0
    first, advice, *others, model = capsys.readouterr().out.splitlines()
    assert re.match(r"training: [a-z ]+: .*\d", first)
    assert advice.startswith("  ")
    assert "  The loss is of targets in deviations, mae in the targets' own units." in others
    assert any(line.startswith("  kept: the weights of epoch ") for line in others)
    assert model.endswith("model.keras")
    assert run(["train", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["diagnoses"]
    assert first == f"training: {found[0]['verdict']}: {found[0]['evidence']}"


def test_check_reports_the_hosts_number_from_the_board(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)["nano33ble"]
    assert verdict["passed"]
    assert verdict["samples"] == verdict["equal"] == 40
    assert verdict["score"]["device"] == verdict["score"]["host"]
    assert verdict["instructions"] > 0
    assert sum(layer["instructions"] for layer in verdict["layers"]) <= verdict["instructions"] * 1.2
    assert verdict["cycles"] > verdict["instructions"] and verdict["layers"][0]["cycles"] > 0
    assert verdict["latency_is_modelled"] and 0 < verdict["latency_ms"] < 100
    assert "m-tm-raw-[0," in (project / "build" / "nano33ble" / "transcript.txt").read_text()
    assert (project / "build" / "report.html").is_file()


def test_build_says_how_long_an_inference_takes_and_how_sure_that_is(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["build", "--json"]) == 0
    time = json.loads(capsys.readouterr().out)["nano33ble"]["time"]
    assert time["cycles"] > time["instructions"] > 0
    assert (time["latency_error"], time["reason"]) == (0.09, "")
    assert run(["build"]) == 0
    assert f"{time['latency_ms']:.3g} +- 9 %" in capsys.readouterr().out


def test_build_says_in_a_line_why_there_are_no_milliseconds(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DeviceError("the firmware stopped")

    monkeypatch.setattr("toolkit.verify.estimate.times_in_emulation", refuse)
    monkeypatch.setenv("TINYML_CACHE_DIR", str(project / "cache"))
    assert run(["build"]) == 0
    assert "ms on nano33ble: not known: the firmware stopped" in capsys.readouterr().out


def test_compile_says_what_its_model_takes_of_the_board(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compile", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["board"]
    assert found["cycles"] > found["instructions"] > 0
    assert 15_000 < found["flash_bytes"] < 30_000
    assert run(["compile"]) == 0
    assert f"nano33ble: {found['cycles']:,} cycles, " in capsys.readouterr().out


def test_a_check_that_trained_nothing_does_not_repeat_what_the_curves_say(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--samples", "2"]) == 0
    assert "training:" not in capsys.readouterr().out


def test_a_board_in_the_project_s_folder_is_built_for_and_checked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "boards").mkdir()
    text = 'like = "nano33ble"\nname = "mine"\ntitle = "Mine"\n[memory]\nstack_bytes = 16384\n'
    (project / "boards" / "mine.toml").write_text(text, encoding="utf-8")
    assert run(["check", "--board", "mine", "--samples", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mine"]["passed"]


def test_help_of_what_is_not_there_names_what_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "chek"]) == 2
    assert "Did you mean check?" in capsys.readouterr().err
    assert run(["help", "engine", "fetc"]) == 2
    assert run(["help", "check", "more"]) == 2


def test_check_says_what_the_integers_lost(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.quantization.loss._SHARE", -10.0)
    assert run(["check", "--samples", "2"]) == 0
    assert "int8 has " in capsys.readouterr().out


def test_every_artifact_says_what_made_it_and_nothing_of_this_computer(project: Path) -> None:
    assert run(["check"]) == 0
    assert run(["compile", "build/model.tflite", "--output", "alone"]) == 0
    build, board = project / "build", project / "build" / "nano33ble"
    made_by = json.loads((build / "quantization.json").read_text())["made_by"]
    assert made_by["data_sha256"] == sha256_of(build / "data" / "dataset.json")
    assert made_by["model_sha256"] == sha256_of(build / "model.tflite")
    assert {"tinyml-toolkit", "keras", "numpy"} <= set(made_by["versions"])
    alone = project / "alone" / "plan.json"
    facts = board / "firmware.json"
    for path in (
        build / "compiled" / "cortex-m4f" / "plan.json",
        board / "verdict.json",
        build / "report.json",
        alone,
        facts,
    ):
        assert json.loads(path.read_text())["made_by"] == made_by, path
    data, config = (made_by[f"{name}_sha256"][:16] for name in ("data", "config"))
    for path in (
        build / "model_data.c",
        build / "model_data.h",
        build / "model_input.h",
        build / "compiled" / "cortex-m4f" / "model.c",
        build / "compiled" / "cortex-m4f" / "my_gr_ter_project.h",
        board / "firmware/src/model/model.c",
    ):
        assert f" * Made by: data {data}, config {config}, seed 1, keras " in path.read_text(), path
    for path in (build / "compiled" / "cortex-m4f" / "graph.txt", project / "alone" / "graph.txt"):
        model, about, *_ = path.read_text().splitlines()
        assert model == f"# SHA-256 of the .tflite file: {made_by['model_sha256']}"
        assert about.startswith(f"# Made by: data {data}, config {config}, seed 1, keras ")
    assert f",data={data},config={config},seed=1,arena=" in (board / "transcript.txt").read_text()
    history = json.loads((build / "history.json").read_text())["models"][0]["made_by"]
    assert history["data_sha256"] == made_by["data_sha256"]
    texts = json.dumps([made_by, history])
    assert str(project) not in texts and str(Path.home()) not in texts


def test_check_twice_gives_the_same_transcript(project: Path) -> None:
    transcript = project / "build" / "nano33ble" / "transcript.txt"
    assert run(["check", "--samples", "5"]) == 0
    first = transcript.read_bytes()
    assert run(["check", "--samples", "5"]) == 0
    assert transcript.read_bytes() == first


def test_run_writes_outputs_and_all_figures(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    words = ["run", "model.tflite", "--inputs", "x.npy", "--outputs", "y.npy", "--json"]
    assert run(words) == 0
    figures = json.loads(capsys.readouterr().out)
    keys = "instructions arena_bytes stack_bytes weights_bytes flash_bytes flash_beyond_weights_bytes"
    assert all(figures[key] > 0 for key in (*keys.split(), "ram_bytes"))
    assert figures["cycles"] > figures["instructions"] and figures["latency_is_modelled"]
    assert figures["verdict"] == "equal"
    assert np.load("y.npy").shape == (8, 1)
    assert run([*words[:-1], "--runner", "host", "--json"]) == 0
    on_host = json.loads(capsys.readouterr().out)
    assert on_host["instructions"] is None and on_host["cycles"] > 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "model.tflite", "--inputs", "none.npy"], 3, "cannot read none.npy"),
        (["run", "none.tflite", "--inputs", "x.npy"], 3, "cannot read none.tflite"),
        (["run", "model.tflite", "--inputs", "tinyml.toml"], 3, "is no .npy or .npz file"),
        (["run", "model.tflite", "--inputs", "float.npy"], 3, "has numbers that are not finite"),
        (["run", "model.tflite", "--inputs", "wide.npy"], 3, r"takes rows of shape \[1\]"),
        (["run", "short.tflite", "--inputs", "x.npy"], 3, "short.tflite|short"),
        (["run", "model.tflite", "--inputs", "x.npy", "--board", "nano"], 3, "no board 'nano'"),
        (
            ["run", "model.tflite", "--inputs", "x.npy", "--board", "host", "--runner", "emulator"],
            2,
            "does not run",
        ),
        (["compile", "build/model_float.tflite"], 3, "is a float model"),
        (["emulate", "--board", "all"], 2, "this command takes one board"),
        (["check", "--port", "/dev/none", "--runner", "host"], 2, "Try: one of the two"),
        (["check", "--timeout", "-1"], 2, "0.1"),
        ([], 2, "Usage: tinyml"),
        (["check", "--port", "/dev/none"], 5, "there is no port /dev/none"),
        (["check", "--runner", "renode"], 4, "renode is not on the PATH"),
        (["build", "--board", "nano33bel"], 3, "Did you mean nano33ble or"),
        (["flash", "--method", "bosac"], 2, "Did you mean bossac?"),
        (["report", "--project", "empty"], 3, "no tinyml.toml"),
        (["monitor", "--port", "/dev/none"], 5, "there is no port /dev/none"),
    ],
)
def test_wrong_input_is_said_with_the_right_exit_code(
    words: list[str], code: int, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("float.npy", np.full((2, 1), np.nan))
    np.save("wide.npy", np.zeros((2, 3), np.int8))
    Path("short.tflite").write_bytes(Path("model.tflite").read_bytes()[:1000])
    Path("empty").mkdir(exist_ok=True)
    assert run(words) == code
    err = capsys.readouterr().err
    assert re.search(said, err)
    assert "Traceback" not in err


def test_a_wrong_byte_from_the_board_is_exit_code_1_with_the_place(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real board's answers are compared with an oracle that is off by one at one place."""
    from toolkit.reference import oracle
    from toolkit.verify import on_device

    def off_by_one(model: bytes, graph: object, samples: oracle.Rows, *, is_stream: bool) -> oracle.Expected:
        right = oracle.expected_outputs(model, graph, samples, is_stream=is_stream)  # type: ignore[arg-type]
        wrong = right.outputs.copy()
        wrong[3, 0] ^= 1
        return oracle.Expected(wrong, right.oracle)

    monkeypatch.setattr(on_device, "expected_outputs", off_by_one)
    assert run(["check", "--samples", "5", "--json"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert value["exit_code"] == 1
    assert "sample 3, output 0" in value["error"]
    assert value["nano33ble"]["equal"] == 4


def test_a_board_that_says_nothing_is_exit_code_5(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    master, slave = os.openpty()
    try:
        assert run(["check", "--timeout", "2", "--port", os.ttyname(slave)]) == 5
    finally:
        os.close(master)
        os.close(slave)
    assert "the board is silent" in capsys.readouterr().err


def test_a_port_in_use_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import serial

    master, slave = os.openpty()
    try:
        with serial.Serial(os.ttyname(slave), exclusive=True):
            assert run(["check", "--port", os.ttyname(slave)]) == 5
    finally:
        os.close(master)
        os.close(slave)
    assert "in use by another program" in capsys.readouterr().err


def test_a_board_with_another_model_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    from toolkit.compiler.compile import compile_model
    from toolkit.errors import DeviceError
    from toolkit.firmware import load_firmware
    from toolkit.verify.on_device import Place, Samples, check_firmware

    data = Path("model.tflite").read_bytes()
    other = replace(compile_model(data, "other"), sha256="0" * 64)
    firmware = load_firmware(load_board("nano33ble"), elf_of(project).parent)
    samples = Samples(np.zeros((1, 1), np.int8))
    with pytest.raises(DeviceError, match="the board runs another model"):
        check_firmware(firmware, other, data, samples, Place())


def test_emulate_shows_the_application_and_its_led(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", "--seconds", "0.3", "--led"]) == 0
    said = capsys.readouterr()
    assert "emulate nano33ble: " in said.err and "for 0.3 s" in said.err
    lines = said.out.splitlines()
    assert len(lines) >= 5
    assert [line for line in lines if not re.fullmatch(r"\d\.\d{4}, -?\d\.\d{4} +\[#* *\] +\d+%", line)] == []


def test_emulate_on_a_pty_answers_any_serial_program(project: Path) -> None:
    import serial

    command = [sys.executable, "-m", "toolkit", "emulate", "--pty", "--seconds", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        timer = threading.Timer(60, process.kill)
        timer.start()
        port = process.stdout.readline().strip()
        with serial.Serial(port, timeout=10) as line:
            line.write(b"name%")
            deadline = time.monotonic() + 20
            heard = b""
            while b"m-name-dut-[nano33ble]" not in heard and time.monotonic() < deadline:
                heard += line.readline()
        process.terminate()
        timer.cancel()
    assert b"m-name-dut-[nano33ble]" in heard


def test_export_writes_the_project_s_model_with_samples_of_its_data(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", "--to", "c", "--json"]) == 0
    folder = Path(json.loads(capsys.readouterr().out)["path"])
    assert folder == project / "build" / "export" / "my_gr_ter_project-c"
    done = subprocess.run(
        ["make", "test"], cwd=folder, capture_output=True, text=True, timeout=120, check=True
    )
    assert "my_gr_ter_project: 4 of 4 samples equal" in done.stdout
    header = (folder / "include" / "my_gr_ter_project.h").read_text()
    assert "int my_gr_ter_project_predict(const float *numbers," in header


def test_doctor_names_what_is_there_and_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert run(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert findings["unicorn"]["found"]
    assert findings["renode"]["found"] == ""
    assert "apt-get install" in findings["arm-none-eabi-gcc"]["fix"]


def test_doctor_fails_where_a_base_package_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from toolkit import doctor

    monkeypatch.setattr(doctor, "_version", lambda name: "" if name == "numpy" else "1")
    assert run(["doctor"]) == 4
    assert "numpy must be installed" in capsys.readouterr().err


def test_a_changed_setting_runs_just_what_depends_on_it(project: Path) -> None:
    file = project / "tinyml.toml"
    before = file.read_text(encoding="utf-8")
    command = [sys.executable, "-m", "toolkit", "build"]
    try:
        file.write_text(before.replace('application = "sine"', 'application = "none"'), encoding="utf-8")
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    finally:
        file.write_text(before, encoding="utf-8")
    assert "train: up to date" in done.stderr
    assert "quantize: up to date" in done.stderr
    assert "build nano33ble: made" in done.stderr


def test_a_new_project_keeps_what_is_made_out_of_its_repository(tmp_path: Path) -> None:
    assert run(["new", str(tmp_path / "p"), "--example", "hello_sine"]) == 0
    assert "build/" in (tmp_path / "p" / ".gitignore").read_text().splitlines()
    table = "a,b,y\n" + "".join(f"{n % 7},{n % 5},{n % 2}\n" for n in range(40))
    (tmp_path / "t.csv").write_text(table)
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / ".gitignore").write_text("mine\n")
    assert run(["new", str(tmp_path / "q"), "--data", str(tmp_path / "t.csv")]) == 0
    assert (tmp_path / "q" / ".gitignore").read_text() == "mine\n"


def test_new_without_permission_names_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o500)
    with as_nobody():
        assert run(["new", str(tmp_path / "project")]) == 3
    assert "no permission" in capsys.readouterr().err


def test_a_disk_that_is_full_leaves_nothing_under_a_final_name(project: Path, tmp_path: Path) -> None:
    """The kernel refuses files of over 4 kB, as a full disk would, in the middle of writing."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from toolkit.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    words = ["compile", "model.tflite", "--output", str(tmp_path / "c")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "cannot write" in done.stderr
    assert not (tmp_path / "c" / "model.c").exists()


def test_an_application_for_one_number_is_refused_for_a_picture(project: Path) -> None:
    from dataclasses import replace

    from support.firmware import digits_like

    from toolkit import ui
    from toolkit.errors import InputError
    from toolkit.pipeline.build import application_of
    from toolkit.pipeline.pipeline import Pipeline
    from toolkit.project.config import load_project

    pipeline = Pipeline(load_project(project), on_step=ui.note, progress=ui.progress)
    with pytest.raises(InputError, match="one number in and one out"):
        application_of(pipeline.context, digits_like()[1])
    none = replace(pipeline.project, firmware=replace(pipeline.project.firmware, application="none"))
    quiet = Pipeline(none, on_step=ui.note, progress=ui.progress).context
    assert application_of(quiet, digits_like()[1]).kind == "none"
