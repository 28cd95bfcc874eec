# SPDX-License-Identifier: Apache-2.0
"""The firmware's protocol, in C on this computer, under the address and undefined sanitizers."""

from __future__ import annotations

import re
import subprocess
import zlib
from pathlib import Path

import pytest
from support.firmware_image import FAKES, ROOT, RUNTIME, compile_for_host

PARTS = (
    "protocol",
    "reply",
    "exact",
    "text",
    "crc32",
    "tensor",
    "input",
    "load",
    "layers",
    "command_db",
    "command_feed",
    "command_infer",
    "command_run",
    "command_tm",
)
NO_INFERENCE = "e-[No inference yet]"


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = [
        FAKES / "fake_model.c",
        FAKES / "protocol_harness.c",
        *(RUNTIME / f"tm_{part}.c" for part in PARTS),
    ]
    return compile_for_host(sources, tmp_path_factory.mktemp("harness") / "harness")


def run(harness: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([harness, *arguments], input=stdin, capture_output=True, timeout=60, check=False)


def talk(harness: Path, commands: str | bytes, mode: str = "talk") -> list[str]:
    """Return the lines after the start's m-init-done and m-ready, without the last m-ready."""
    stdin = commands.encode() if isinstance(commands, str) else commands
    done = run(harness, mode, stdin=stdin)
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.decode("ascii").split("\r\n")
    assert lines.pop() == ""
    start = lines.index("m-init-done") + 2
    assert lines[start - 1] == "m-ready"
    if lines[start:]:
        assert lines[-1] == "m-ready"
    return lines[start:-1]


def test_boot_says_init_done_then_ready(harness: Path) -> None:
    assert run(harness, "talk").stdout == b"m-init-done\r\nm-ready\r\n"


def test_every_line_ends_with_cr_lf(harness: Path) -> None:
    output = run(harness, "talk", stdin=b"help%infer 1 0%tm info%").stdout
    assert output.count(b"\n") == output.count(b"\r\n") == output.count(b"\r")


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("name%", ["m-name-dut-[harness]"]),
        ("profile%", ["m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[fake]"]),
        ("timestamp%", ["m-lap-us-100"]),
        ("%", []),
        (" \r\n name \r\n%", ["m-name-dut-[harness]"]),
        ("db%", ["e-[Command 'db' requires a subcommand]"]),
        ("db load%", ["e-[Command 'db load' requires the # of bytes]"]),
        ("db load 0%", ["e-[Command 'db load' must be >0 bytes]"]),
        ("db load -1%", ["e-[Command 'db load' must be >0 bytes]"]),
        ("db load 4294967297%", ["e-[Command 'db load' must be >0 bytes]"]),
        ("db load 8%", ["e-[Command 'db load' exceeds the maximum of 7]"]),
        ("db load 7%", ["m-[Expecting 7 bytes]"]),
        ("db 01%", ["e-[Command 'db' has no more bytes to load]"]),
        ("infer 0%", ["e-[Inference iterations must be >0 and at most 100000]"]),
        ("infer x%", ["e-[Inference iterations must be >0 and at most 100000]"]),
        ("infer 1 -1%", ["e-[Inference warmup must be >=0 and at most 100000]"]),
        ("results%", [NO_INFERENCE]),
        ("tm raw%", [NO_INFERENCE]),
        ("tm cycles%", [NO_INFERENCE]),
        ("tm%", ["e-[Command 'tm' requires a subcommand]"]),
        ("tm dance%", ["e-[Unknown subcommand of 'tm']"]),
        ("tm memory%", ["m-tm-memory-[arena=128,stack_used=480,stack_size=4096]"]),
        ("nam%", ["e-[Unknown command: nam]"]),
        ("namename%", ["e-[Unknown command: namename]"]),
        ("NAME%", ["e-[Unknown command: NAME]"]),
        ("x" * 256 + "%", [f"e-[Unknown command: {'x' * 32}]"]),
        ("x" * 257 + "%", ["e-[Command is longer than 256 bytes]"]),
        ("x" * 100_000 + "%", ["e-[Command is longer than 256 bytes]"]),
        ("na\0me%", ["e-[Command has bytes that are not text, or were lost]"]),
    ],
)
def test_a_command_is_answered_with_its_lines(harness: Path, command: str, lines: list[str]) -> None:
    assert talk(harness, command) == lines


def test_info_names_firmware_and_model(harness: Path) -> None:
    (line,) = talk(harness, "tm info%")
    assert line == (
        "m-tm-info-[version=0.0.0,board=harness,engine=aot,model=fake,"
        "sha256=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff,data=0123,"
        "arena=128,weights=12,state=0,layers=2,inputs=7,kept=7,outputs=78,clock=64000000,command=256,run=0]"
    )


def test_help_names_every_command(harness: Path) -> None:
    text = "\n".join(talk(harness, "help%"))
    for word in (
        "name",
        "profile",
        "timestamp",
        "db load",
        "db print",
        "infer",
        "results",
        "tm info",
        "tm app",
    ):
        assert word in text


def test_the_page_on_the_protocol_has_every_command_of_help(harness: Path) -> None:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8").partition("## Recording")[0]
    listed = re.findall(r"^\| `([a-z]+(?: (?:load|print|HH|[a-z]+))?)", page, re.MULTILINE)
    commands = [line.partition(":")[0].split() for line in talk(harness, "help%")]
    helped = {" ".join(words[:2]) if words[0] in ("db", "tm") else words[0] for words in commands}
    assert {name.replace("HH[HH]*", "HH") for name in helped} == set(listed)


def test_cycles_in_all_come_without_a_run_for_the_layers(harness: Path) -> None:
    assert talk(harness, LOAD + "infer 1 0%tm cycles total%")[-1] == "m-tm-cycles-[100]"


def test_input_is_loaded_in_chunks_and_printed(harness: Path) -> None:
    lines = talk(harness, "db load 7%db 0102fE%db 04050607AABB%db print%db print 2 5%")
    assert lines == [
        "m-[Expecting 7 bytes]",
        *("m-ready",) * 2,
        "m-load-done",
        "m-ready",
        "m-buffer-01-02-FE-04-05-06-07",
        "m-ready",
        "m-buffer-06-07",
    ]


@pytest.mark.parametrize("arguments", ["8", "1 7", "4 4", "-1", "1 -1", "4294967295 4294967295"])
def test_print_beyond_the_buffer_is_an_error(harness: Path, arguments: str) -> None:
    assert talk(harness, f"db print {arguments}%") == ["e-[Command 'db print' goes beyond byte 7]"]


def test_wrong_hex_changes_nothing(harness: Path) -> None:
    lines = talk(harness, "db load 2%db 01g2%db 012%db 0102%db print%")
    assert [line for line in lines if line != "m-ready"] == [
        "m-[Expecting 2 bytes]",
        "e-[Invalid hex digit 'g']",
        "e-[Insufficent number of hex digits]",
        "m-load-done",
        "m-buffer-01-02",
    ]


def test_incomplete_input_is_not_run(harness: Path) -> None:
    assert talk(harness, "db load 7%db 010203%infer 1 0%")[-1] == "e-[Input has 3 of 7 bytes]"


def expected_outputs() -> bytes:
    small = (0x01, 0x02, 0x80)
    values = bytes(small[i % 3] ^ i for i in range(70))
    return values + b"\0\0\x80\x41" + b"\0\0\x80\xbd"  # 16.0 and -0.0625


LOAD = "db load 7%db 0102804000FFFF%"


def test_inference_tells_times_and_results(harness: Path) -> None:
    lines = talk(harness, LOAD + "infer 2 3%")[4:]
    real = [(value - 256 * (value > 127) + 128) / 256 for value in expected_outputs()[:70]]
    results = ",".join([*(f"{value:.3f}" for value in real), "16.000", "-0.063"])
    assert lines[:3] == ["m-warmup-start-3", "m-warmup-done", "m-infer-start-2"]
    assert [line.startswith("m-lap-us-") for line in lines[3:5]] == [True, True]
    assert lines[5] == "m-infer-done"
    got = lines[6].removeprefix("m-results-[").removesuffix("]").split(",")
    differences = [abs(float(a) - float(b)) for a, b in zip(got, results.split(","), strict=True)]
    assert max(differences) < 0.00101  # C rounds halves away from zero, Python to even
    assert lines[6] == talk(harness, LOAD + "infer 2 3%results%")[-1]


def test_default_is_one_inference_after_ten(harness: Path) -> None:
    lines = talk(harness, "infer%")
    assert lines[0] == "m-warmup-start-10"
    assert lines[2] == "m-infer-start-1"


def test_raw_output_is_whole_and_has_its_crc(harness: Path) -> None:
    lines = talk(harness, LOAD + "infer 1 0%tm raw%")[-3:]
    expected = expected_outputs()
    assert lines == [
        f"m-tm-raw-[0,{expected[:64].hex().upper()}]",
        f"m-tm-raw-[64,{expected[64:].hex().upper()}]",
        f"m-tm-crc-[{zlib.crc32(expected):08X}]",
    ]


def test_inputs_overwritten_by_a_run_are_set_again(harness: Path) -> None:
    once, often = (talk(harness, f"{LOAD}infer {count}%tm raw%")[-1] for count in ("1 0", "5 5"))
    assert once == often


def test_cycles_come_in_all_and_by_layer(harness: Path) -> None:
    lines = talk(harness, LOAD + "infer 1 0%tm cycles%tm raw%")
    at = lines.index("m-tm-cycles-[100]")
    assert lines[at + 1 : at + 4] == ["m-tm-layer-[0,CONV_2D,100]", "m-tm-layer-[1,SOFTMAX,100]", "m-ready"]
    assert lines[-1] == f"m-tm-crc-[{zlib.crc32(expected_outputs()):08X}]"


@pytest.mark.parametrize("command", ["db load 7%", "tm app%"])
def test_outputs_are_forgotten_when_they_may_not_belong_to_the_input(harness: Path, command: str) -> None:
    assert talk(harness, f"infer 1 0%{command}results%")[-1] == NO_INFERENCE


def test_what_the_line_lost_is_told_once_before_the_next_answer(harness: Path) -> None:
    assert talk(harness, "name%name%", "lossy") == [
        "e-[Lost 17 or more bytes: 12 buffer full, 3 overrun, 1 framing, 1 break]",
        "m-name-dut-[harness]",
        "m-ready",
        "m-name-dut-[harness]",
    ]


def test_a_command_with_a_hole_is_refused_by_name(harness: Path) -> None:
    assert talk(harness, b"db load 2%db 01\x00%db print%")[1:3] == [
        "m-ready",
        "e-[Command has bytes that are not text, or were lost]",
    ]


def test_app_command_asks_for_the_application(harness: Path) -> None:
    assert b"APPLICATION" in run(harness, "talk", stdin=b"tm app%").stdout


def test_a_model_that_cannot_run_is_said_each_time(harness: Path) -> None:
    assert run(harness, "broken").stdout.startswith(b"e-[The model cannot run]\r\nm-init-done")
    assert talk(harness, "infer 1 0%results%", "broken") == [
        "m-warmup-start-0",
        "m-warmup-done",
        "m-infer-start-1",
        "e-[The model did not run]",
        "m-ready",
        NO_INFERENCE,
    ]


@pytest.mark.parametrize("seed", range(1, 5))
def test_hostile_input_is_answered_and_never_crashes(harness: Path, seed: int) -> None:
    done = run(harness, "fuzz", str(seed), "50000")
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    assert int(done.stdout.split()[0]) > 100_000


def exact(words: str, tag: str = "7") -> str:
    """Return the command that makes words prove themselves."""
    text = f"{tag} {words}"
    return f"tm exact {zlib.crc32(text.encode()):08X} {text}%"


def proved(lines: list[str], tag: str = "7") -> list[str]:
    """Return what stands in the lines, each of which has tag, number and CRC-32, and the end its word."""
    texts = []
    for number, line in enumerate(lines):
        match = re.fullmatch(rf"m-tm-line-\[({tag},{number},(.*)),([0-9A-F]{{8}})\]", line)
        assert match, line
        assert zlib.crc32(match[1].encode()) == int(match[3], 16)
        texts.append(match[2])
    assert texts.pop() == "end"
    return texts


@pytest.mark.parametrize(
    "words",
    ["name", "help", "tm info", "tm raw", "tm cycles", "infer 2 1", "tm dance", "nonsense", "db print"],
)
def test_an_exact_answer_is_the_plain_answer_with_its_proof(harness: Path, words: str) -> None:
    first = "db load 7%db 01020304050607%infer 1 0%"
    start = len(talk(harness, first)) + 1
    plain, said = talk(harness, f"{first}{words}%"), talk(harness, first + exact(words))
    assert proved(said[start:]) == plain[start:]


@pytest.mark.parametrize(
    "command",
    [
        exact("tm info").replace("info", "inf0"),
        exact("tm info").replace(" 7 ", " 8 "),
        exact("tm run 1 70E46888").replace("run 1", "run 2"),
        exact("tm reset").replace("exact ", "exact 0"),
    ],
)
def test_a_command_that_came_changed_is_not_run(harness: Path, command: str) -> None:
    (line,) = talk(harness, command)
    assert line.startswith("e-[Command came with another CRC-32: ")


@pytest.mark.parametrize(
    "command", ["tm exact %", "tm exact 12345678%", f"tm exact {'7' * 8} {'1' * 9} name%"]
)
def test_an_exact_command_without_its_parts_is_an_error(harness: Path, command: str) -> None:
    assert talk(harness, command) == ["e-[Command 'tm exact' requires a CRC-32, a tag and a command]"]


def run_command(data: bytes, words: str, number: int = 5) -> str:
    return f"tm put 0 {data.hex()}%tm run {number} {zlib.crc32(data):08X}{words}%"


def test_an_input_is_put_anywhere_and_proved_before_it_is_run(harness: Path) -> None:
    data = bytes([1, 2, 3, 4, 5, 6, 7])
    crc = f"{zlib.crc32(data):08X}"
    assert talk(harness, f"tm put 4 050607%tm put 0 01020304%tm put 4 050607%tm run 5 {crc}%") == [
        *("m-tm-put-[4,3]", "m-ready", "m-tm-put-[0,4]", "m-ready", "m-tm-put-[4,3]", "m-ready"),
        "m-tm-run-[5,100]",
    ]
    wrong = f"{zlib.crc32(data[:-1] + b'x'):08X}"
    said = talk(harness, run_command(data, "")[: -len(crc) - 1] + f"{wrong}%tm raw%")
    assert said[2:] == [f"e-[Input has another CRC-32: {crc}]", "m-ready", NO_INFERENCE]


def test_a_run_that_is_asked_for_twice_is_run_once(harness: Path) -> None:
    data = bytes(7)
    once = run_command(data, " reset")
    again = f"tm run 5 {zlib.crc32(data):08X} reset%"
    said = talk(harness, f"{once}{again}{again}tm raw%")
    assert said[2:7] == ["m-tm-run-[5,100]", "m-ready", "m-tm-run-[5,100]", "m-ready", "m-tm-run-[5,100]"]
    assert "run=5]" in talk(harness, f"{once}tm info%")[-1]


def test_outputs_of_a_run_are_those_of_no_other(harness: Path) -> None:
    first = run_command(bytes(7), "")
    assert talk(harness, f"{first}tm raw 5%")[4:] == talk(harness, f"{first}tm raw%")[4:]
    assert talk(harness, f"{first}tm raw 4%")[-1] == "e-[The last run was 5]"
    assert talk(harness, f"{first}infer 1 0%tm raw 5%")[-1] == "e-[The last run was 0]"
    assert talk(harness, f"{first}tm raw x%")[-1] == "e-[Command 'tm raw' takes the number of a run]"


@pytest.mark.parametrize("between", ["infer 1 0%", "tm reset%", "tm app%", "tm cycles%", "tm put 0 00%"])
def test_a_run_after_another_needs_the_state_that_this_one_left(harness: Path, between: str) -> None:
    data = bytes(7)
    after = f"tm run 6 {zlib.crc32(data):08X} after 5%"
    assert talk(harness, run_command(data, "") + after)[-1] == "m-tm-run-[6,100]"
    refused = between not in ("tm put 0 00%", "tm cycles%")  # this model has no state that cycles could move
    last = talk(harness, run_command(data, "") + between + after)[-1]
    assert last == ("e-[The last run was 0]" if refused else "m-tm-run-[6,100]")


def test_a_run_times_its_layers_each_time_that_it_is_asked_for(harness: Path) -> None:
    layers = run_command(bytes(7), " reset layers")
    lines = ["m-tm-layer-[0,CONV_2D,100]", "m-tm-layer-[1,SOFTMAX,100]", "m-tm-run-[5,200]"]
    again = layers[layers.index("tm run") :]
    assert [line for line in talk(harness, layers + again)[2:] if line != "m-ready"] == lines * 2


FRESH = "e-[No input: it is not kept after an inference, 'db load' it again]"
ONCE = "e-[No RAM to keep the input: only 'infer 1 0' after each 'db load']"


def test_an_input_that_is_not_kept_is_written_into_the_model_for_one_inference(harness: Path) -> None:
    said = talk(harness, f"{LOAD}db print%infer 1 0%tm raw%infer 1 0%db print%", "unkept")
    assert "m-buffer-01-02-80-40-00-FF-FF" in said
    assert f"m-tm-crc-[{zlib.crc32(expected_outputs()):08X}]" in said
    assert [line for line in said if line.startswith("e-")] == [FRESH, FRESH]
    assert talk(harness, f"{LOAD}infer 1 0%{LOAD}infer 1 0%tm raw%", "unkept")[-1] == said[-5]


@pytest.mark.parametrize("words", ["infer", "infer 2 0", "infer 1 1"])
def test_an_input_that_is_not_kept_is_not_good_for_two_inferences(harness: Path, words: str) -> None:
    assert talk(harness, f"{LOAD}{words}%", "unkept")[-1] == ONCE


@pytest.mark.parametrize("before", ["", "tm app%", f"{LOAD}tm app%"])
def test_what_the_application_left_is_no_input(harness: Path, before: str) -> None:
    said = talk(harness, f"{before}infer 1 0%", "unkept")
    assert said[-1] == FRESH


def test_a_short_load_is_filled_with_zeros_where_no_copy_is_kept(harness: Path) -> None:
    said = talk(harness, f"{LOAD}infer 1 0%db load 2%db 0102%db print 7 0%", "unkept")
    assert said[-1] == "m-buffer-01-02-00-00-00-00-00"


def test_a_run_proves_the_input_where_no_copy_is_kept(harness: Path) -> None:
    data = bytes([1, 2, 128, 64, 0, 255, 255])
    layers = f"tm run 5 {zlib.crc32(data):08X} layers%"
    said = talk(harness, run_command(data, "") + f"{layers}tm put 0 {data.hex()}%{layers}tm raw%", "unkept")
    assert "m-tm-run-[5,100]" in said and "m-tm-run-[5,200]" in said
    (refused,) = [line for line in said if line.startswith("e-")]
    assert refused.startswith("e-[Input has another CRC-32: ")
    assert said[-1] == f"m-tm-crc-[{zlib.crc32(expected_outputs()):08X}]"
    assert "kept=0," in talk(harness, "tm info%", "unkept")[-1]
    assert talk(harness, f"{LOAD}infer 1 0%tm cycles%", "unkept")[-2:] == [
        "m-tm-cycles-[100]",
        "e-[The input is not kept: ask for the layers by 'tm run']",
    ]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("tm put%", "requires an offset and bytes"),
        ("tm put 0%", "requires an offset and bytes"),
        ("tm put 8 00%", "requires an offset and bytes"),
        ("tm put 7 00%", "goes beyond the input"),
        ("tm put 0 0%", "Insufficent number of hex digits"),
        ("tm put 0 0x%", "Invalid hex digit 'x'"),
        ("tm run%", "requires a number and a CRC-32"),
        ("tm run 0 00000000%", "requires a number and a CRC-32"),
        ("tm run 1 00000000 backwards%", "requires a number and a CRC-32"),
        ("tm run 1 00000000 after%", "requires a number and a CRC-32"),
    ],
)
def test_a_wrong_put_or_run_changes_nothing(harness: Path, command: str, words: str) -> None:
    (line,) = talk(harness, command)
    assert words in line
    (print_line,) = talk(harness, f"{command}db print 7 0%")[2:]
    assert print_line == "m-buffer-" + "-".join(["00"] * 7)
