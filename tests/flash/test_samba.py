# SPDX-License-Identifier: Apache-2.0
"""Our SAM-BA against the model of the bootloader: success, what is mended, and what is told."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from contextlib import suppress
from pathlib import Path

import pytest
from support.flashing import usb_port
from support.samba_bootloader import Chip, Faults, SambaBootloader

from toolkit.errors import DeviceError, UsageError
from toolkit.firmware import Firmware
from toolkit.flash import Patience, flash_firmware
from toolkit.flash import samba as line
from toolkit.flash.image import load_flash_image
from toolkit.runners import ports

pytestmark = pytest.mark.xdist_group("flash")
SOON = Patience(touch_s=0.3, reset_s=5)


@pytest.fixture(autouse=True)
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is plugged in on USB: a list to change; waits are short."""
    found: list[object] = []
    monkeypatch.setattr(ports.list_ports, "comports", lambda: list(found))
    monkeypatch.setattr(line, "_ANSWER_S", 0.5)
    monkeypatch.setattr(line, "_QUIET_S", 0.05)
    return found


@pytest.fixture
def image(nano: Firmware) -> bytes:
    """What the flash must hold in the end."""
    return load_flash_image(nano.elf).data


def flashed(nano: Firmware, model: SambaBootloader, plugged: list[object]) -> list[str]:
    """Flash the model's board; return what was said."""
    plugged[:] = [usb_port(model.port, "2341:005a", "0000000095F6FA0A")]
    said: list[str] = []
    flash_firmware(nano, method="samba", patience=SOON, on_line=said.append)
    return said


def require_flashed(model: SambaBootloader, image: bytes) -> None:
    model.wait_for_reset()
    assert bytes(model.flash[: len(image)]) == image
    assert set(model.flash[len(image) :]) == {0xFF}


def test_the_image_is_erased_written_verified_and_started(
    nano: Firmware, image: bytes, plugged: list[object]
) -> None:
    with SambaBootloader() as model:
        said = flashed(nano, model, plugged)
        require_flashed(model, image)
    assert said == [f"{model.port}: Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]"]
    pages = -(-len(image) // 4096)
    assert model.seen[:4] == ["N", "V", "I", "X00000000"]
    assert model.seen[4:7] == ["S00000034,00001000", "Y00000034,0", "Y00000000,00001000"]
    assert [words for words in model.seen if words.startswith("Z")] == [
        f"Z{page * 4096:08X},00001000" for page in range(pages)
    ]
    assert model.seen[-1] == "K"


def test_how_far_it_is_is_told(nano: Firmware, plugged: list[object]) -> None:
    heard: list[tuple[float, int, str]] = []
    with SambaBootloader() as model:
        plugged[:] = [usb_port(model.port, "2341:005a")]
        flash_firmware(
            nano, method="samba", on_progress=lambda done, total, text="": heard.append((done, total, text))
        )
    assert [text for _, _, text in heard].count("writing") == heard[0][1]
    assert heard[-1][0] == heard[-1][1] and heard[-1][2] == "verified"


@pytest.mark.parametrize("lost", [1, 12, 13, 4000])
def test_bytes_that_are_lost_are_sent_again(
    nano: Firmware, image: bytes, plugged: list[object], lost: int
) -> None:
    with SambaBootloader(faults=Faults(lose_data=lost)) as model:
        flashed(nano, model, plugged)
        require_flashed(model, image)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_answers_that_are_lost_are_asked_for_again(
    nano: Firmware, image: bytes, plugged: list[object], lost: int
) -> None:
    with SambaBootloader(faults=Faults(lose_answers=lost)) as model:
        if lost > 2:
            with pytest.raises(DeviceError, match=r"answered Y00000034,0# nothing within"):
                flashed(nano, model, plugged)
            return
        flashed(nano, model, plugged)
        require_flashed(model, image)


def test_a_page_that_was_written_wrongly_is_written_again(
    nano: Firmware, image: bytes, plugged: list[object]
) -> None:
    with SambaBootloader(faults=Faults(flip_pages=1)) as model:
        flashed(nano, model, plugged)
        require_flashed(model, image)


def test_flash_that_stays_wrong_is_told_and_not_started(nano: Firmware, plugged: list[object]) -> None:
    fact = r"its flash is not what was sent: .* the first at 0x00010000"
    with SambaBootloader(faults=Faults(flip_pages=1000)) as model, pytest.raises(DeviceError, match=fact):
        flashed(nano, model, plugged)
    assert not model.was_reset


@pytest.mark.parametrize("pages", [0, 1])
def test_a_cable_that_is_pulled_says_that_the_board_has_no_whole_firmware(
    nano: Firmware, plugged: list[object], pages: int
) -> None:
    fact = "the board has no whole one"
    with (
        SambaBootloader(faults=Faults(unplug_after_pages=pages)) as model,
        pytest.raises(DeviceError, match=fact) as caught,
    ):
        flashed(nano, model, plugged)
    assert "reset button twice" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("chip", "fact"),
    [
        (Chip(version="v1.1 Sep 4 2014"), r"no bootloader that can be flashed: it says 'v1.1 Sep 4 2014'"),
        (Chip(version=""), r"no bootloader that can be flashed: it says ''"),
        (
            Chip(name="ATSAMD21G18A"),
            r"the microcontroller on \S+ is 'ATSAMD21G18A'; the firmware is for nRF52840",
        ),
    ],
)
def test_another_bootloader_is_not_written(
    nano: Firmware, plugged: list[object], chip: Chip, fact: str
) -> None:
    with SambaBootloader(chip) as model, pytest.raises(DeviceError, match=fact):
        flashed(nano, model, plugged)
    assert not any(words.startswith(("X", "S", "Y")) for words in model.seen)


def test_a_port_that_is_silent_is_told(nano: Firmware, plugged: list[object]) -> None:
    fact = "answers as a bootloader"
    with SambaBootloader(faults=Faults(silent=True)) as model, pytest.raises(DeviceError, match=fact):
        flashed(nano, model, plugged)


@pytest.mark.parametrize(("said", "every_s"), [(b".", 0.02), (b"\n\r" * 500, 0.001)])
def test_a_port_on_which_something_else_talks_is_told(
    nano: Firmware, monkeypatch: pytest.MonkeyPatch, said: bytes, every_s: float
) -> None:
    monkeypatch.setattr(line, "_CLEAR_S", 0.3)
    near, far = pty.openpty()
    tty.setraw(far)
    os.set_blocking(near, False)
    ended = threading.Event()

    def talk() -> None:
        deadline = time.monotonic() + 10  # ends the test, if flashing does not end
        while not ended.wait(every_s) and time.monotonic() < deadline:
            with suppress(BlockingIOError):
                os.write(near, said)

    talker = threading.Thread(target=talk)
    talker.start()
    fact = f"something else than the bootloader talks on {os.ttyname(far)}"
    try:
        with pytest.raises(DeviceError, match=fact):
            flash_firmware(nano, method="samba", port=os.ttyname(far), patience=Patience(0.1, 0.1))
    finally:
        ended.set()
        talker.join(10)
        os.close(near)
        os.close(far)


def test_a_named_port_that_is_not_there_is_said_before_the_wait(nano: Firmware) -> None:
    said: list[str] = []
    with pytest.raises(DeviceError, match=r"no bootloader of nano33ble came on /dev/ttyNONE within 0 s"):
        flash_firmware(
            nano, method="samba", port="/dev/ttyNONE", patience=Patience(0.1, 0.2), on_line=said.append
        )
    assert said[0] == "there is no port /dev/ttyNONE now"


def test_a_named_port_is_waited_for_and_no_other_is_taken(nano: Firmware, plugged: list[object]) -> None:
    with SambaBootloader() as model:
        plugged[:] = [usb_port(model.port, "2341:005a")]
        with pytest.raises(DeviceError, match=f"There is one on {model.port}"):
            flash_firmware(nano, method="samba", port="/dev/ttyNONE", patience=Patience(0.1, 0.2))
    assert model.seen == []


def test_a_person_who_presses_reset_is_waited_for(
    nano: Firmware, image: bytes, plugged: list[object]
) -> None:
    said: list[str] = []
    with SambaBootloader() as model:

        def press() -> None:
            while not said:
                time.sleep(0.01)
            plugged.append(usb_port(model.port, "2341:005a", "0095F6"))

        presser = threading.Thread(target=press)
        presser.start()
        flash_firmware(nano, method="samba", serial_number="95F6", patience=SOON, on_line=said.append)
        presser.join(10)
        require_flashed(model, image)
    assert said[0].startswith(
        "no port of nano33ble's bootloader is there: press the board's reset button twice"
    )


def test_nobody_waits_for_ever(nano: Firmware) -> None:
    with pytest.raises(DeviceError, match=r"no bootloader of nano33ble came within 0 s\."):
        flash_firmware(nano, method="samba", patience=Patience(0.1, 0.2))


def test_a_sketch_is_touched_and_its_bootloader_waited_for(
    nano: Firmware, image: bytes, plugged: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from toolkit.flash import bootloader

    with SambaBootloader() as model:

        def touch(name: str) -> None:
            assert name == "/dev/ttyNANO"
            plugged[:] = [other, usb_port(model.port, "2341:005a", "000000000095F6")]

        monkeypatch.setattr(bootloader, "_touch", touch)
        other = usb_port("/dev/ttyOTHER", "2341:005a", "77")
        plugged[:] = [other, usb_port("/dev/ttyNANO", "2341:805a", "95F6")]
        flash_firmware(nano, method="samba", serial_number="95F6", patience=SOON)
        require_flashed(model, image)


def test_two_bootloaders_are_told_apart_by_serial_number(
    nano: Firmware, image: bytes, plugged: list[object]
) -> None:
    with SambaBootloader() as one, SambaBootloader() as two:
        plugged[:] = [usb_port(one.port, "2341:005a", "0011"), usb_port(two.port, "2341:005a", "0022")]
        with pytest.raises(UsageError, match="which nano33ble's port"):
            flash_firmware(nano, method="samba")
        flash_firmware(nano, method="samba", serial_number="22")
        require_flashed(two, image)
    assert one.seen == []


def test_a_named_port_without_ids_is_flashed_too(nano: Firmware, image: bytes, tmp_path: Path) -> None:
    with SambaBootloader() as model:
        flash_firmware(nano, method="samba", port=model.port, patience=SOON)
        require_flashed(model, image)
