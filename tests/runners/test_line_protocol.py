# SPDX-License-Identifier: Apache-2.0
"""The protocol's parser: every form it knows, and no surprise on any bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import DeviceError
from toolkit.runners import protocol
from toolkit.runners.protocol import LineSplitter, ProtocolError, parse_reply

FORMS = [
    ("m-ready", protocol.Ready()),
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
    (line,) = splitter.feed(b"x" * ((1 << 20) + 1))
    assert len(line) == (1 << 20) + 1
    assert splitter.rest() == ""


def test_a_sample_becomes_commands_of_the_wanted_length() -> None:
    commands = list(protocol.load_commands(bytes(range(5)), chunk_bytes=2))
    assert commands == [b"db load 5%", b"db 0001%", b"db 0203%", b"db 04%"]
