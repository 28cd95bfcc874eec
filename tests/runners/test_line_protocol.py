# SPDX-License-Identifier: Apache-2.0
"""The protocol's parser: every form it knows, and no surprise on any bytes."""

from __future__ import annotations

import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import DeviceError
from toolkit.runners import exact, protocol
from toolkit.runners.protocol import LineSplitter, ProtocolError, parse_reply

FORMS = [
    ("m-ready", protocol.Ready()),
    ("m-tm-put-[107,12]", protocol.Put(107, 12)),
    ("m-tm-run-[5,1234]", protocol.Run(5, 1234)),
    ("m-init-done", protocol.Marker("init-done")),
    ("m-warmup-done", protocol.Marker("warmup-done")),
    ("m-infer-done", protocol.Marker("infer-done")),
    ("m-load-done", protocol.Marker("load-done")),
    ("m-warmup-start-10", protocol.Number("warmup-start", 10)),
    ("m-infer-start-3", protocol.Number("infer-start", 3)),
    ("m-lap-us-123456", protocol.Number("lap-us", 123456)),
    ("m-[Expecting 490 bytes]", protocol.Number("expecting", 490)),
    ("m-name-dut-[nano33ble]", protocol.Named("name-dut", "nano33ble")),
    ("m-profile-[a b]", protocol.Named("profile", "a b")),
    ("m-model-[kws]", protocol.Named("model", "kws")),
    ("m-results-[0.5,-1.250]", protocol.Results((0.5, -1.25))),
    ("m-results-[]", protocol.Results(())),
    ("m-buffer-01-ff-", protocol.Buffer(b"\x01\xff")),
    ("m-tm-info-[board=x,clock=1]", protocol.Info({"board": "x", "clock": "1"})),
    ("m-tm-raw-[64,00FF]", protocol.Raw(64, b"\x00\xff")),
    ("m-tm-crc-[0000ABCD]", protocol.Checksum(0xABCD)),
    ("m-tm-cycles-[77]", protocol.Number("cycles", 77)),
    ("m-tm-layer-[2,CONV_2D,500]", protocol.LayerCycles(2, "CONV_2D", 500)),
    ("m-tm-memory-[arena=1,stack_used=2,stack_size=3]", protocol.MemoryUse(1, 2, 3)),
    ("e-[Unknown command: x]", protocol.Complaint("Unknown command: x")),
    ("1.5708, 0.9962", protocol.Text("1.5708, 0.9962")),
    ("", protocol.Text("")),
    ("m-something else", protocol.Text("m-something else")),
]

BROKEN = [
    "m-lap-us-12x",
    "m-lap-us-",
    "m-infer-start-٣",
    "m-ready-x",
    "m-init-done!",
    "m-name-dut-[nano",
    "m-[Expecting some]",
    "m-results-[0.5,]",
    "m-buffer-0",
    "m-tm-info-[board]",
    "m-tm-info-[=x]",
    "m-tm-raw-[,00]",
    "m-tm-raw-[0,0]",
    "m-tm-raw-[0,zz]",
    "m-tm-crc-[AB]",
    "m-tm-cycles-[-1]",
    "m-tm-layer-[1,2]",
    "m-tm-memory-[arena=1]",
    "e-[cut",
]


@pytest.mark.parametrize(("line", "reply"), FORMS)
def test_a_reply_is_read(line, reply) -> None:
    assert parse_reply(line) == reply


@pytest.mark.parametrize("line", [line for line in BROKEN if line != "m-ready-x"])
def test_a_broken_reply_is_an_error_that_shows_the_line(line) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_reply(line)
    assert caught.value.line == line
    assert line[:40] in caught.value.message
    assert isinstance(caught.value, DeviceError)


def test_a_long_broken_line_is_shown_shortened() -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_reply("m-tm-raw-[0," + "x" * 500)
    assert len(caught.value.message) < 220


@given(st.text(max_size=60))
def test_any_text_is_a_reply_or_a_protocol_error(text) -> None:
    try:
        parse_reply(text)
    except ProtocolError as error:
        assert error.line == text


@given(st.sampled_from([line for line, _ in FORMS]), st.data())
def test_damaged_replies_are_replies_or_protocol_errors(line, data) -> None:
    at = data.draw(st.integers(0, len(line)))
    cut = data.draw(st.integers(0, 4))
    damaged = line[:at] + data.draw(st.text(max_size=3)) + line[at + cut :]
    try:
        parse_reply(damaged)
    except ProtocolError as error:
        assert error.line == damaged


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_lines_are_the_same_whatever_pieces_the_bytes_come_in(data, cuts) -> None:
    whole = LineSplitter()
    expected = (whole.feed(data), whole.rest())
    pieces, lines = LineSplitter(), []
    points = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in itertools.pairwise(points):
        lines += pieces.feed(data[start:end])
    assert (lines, pieces.rest()) == expected
    assert all(line.isascii() and line.isprintable() for line in expected[0])


def test_binary_junk_becomes_readable_text() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"\xff\x00ok\r\n\r\nnext") == ["\\xff\\x00ok"]
    assert splitter.rest() == "next"
    assert splitter.rest() == ""


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    splitter = LineSplitter()
    (line,) = splitter.feed(b"x" * ((1 << 16) + 1))
    assert len(line) == (1 << 16) + 1
    assert splitter.rest() == ""


def test_an_exact_command_has_tag_and_crc() -> None:
    assert exact.exact_words("tm info", 1) == "tm exact A1748B9A 1 tm info"
    assert exact.put_words(bytes(range(5)), 3, 2) == "tm put 3 0304"
    longest = exact.exact_words(exact.put_words(bytes(9_999_999), 9_999_800, exact.put_bytes(256)), (1 << 31))
    assert len(longest) <= 256


def line(tag: int, number: int, text: str) -> str:
    content = f"{tag:X},{number},{text}"
    return f"m-tm-line-[{content},{zlib.crc32(content.encode()):08X}]"


def test_an_answer_is_whole_when_every_line_of_one_tag_has_come() -> None:
    answers = exact.Answers()
    answers.expect(10)
    answers.expect(11)
    assert answers.take(line(10, 1, "b")) is None
    assert answers.take(line(11, 0, "other")) is None
    assert answers.take("noise" + line(10, 0, "a")) is None
    assert answers.take(line(10, 0, "a")) is None
    assert answers.take(line(12, 2, "end")) is None
    assert answers.take(line(10, 2, "end").replace("A,2", "A,1")) is None
    assert answers.take(line(10, 2, "end")) == (10, ["a", "b"])


@given(st.integers(0, 60), st.integers(1, 255))
def test_no_changed_line_is_believed(at: int, change: int) -> None:
    good = line(10, 0, "m-tm-run-[1,100]")
    at %= len(good)
    changed = good[:at] + chr(ord(good[at]) ^ change) + good[at + 1 :]
    answers = exact.Answers()
    answers.expect(10)
    answers.take(changed)
    assert answers.take(line(10, 1, "end")) is None
