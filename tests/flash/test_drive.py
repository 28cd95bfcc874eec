# SPDX-License-Identifier: Apache-2.0
"""Flashing by a copy to the board's USB drive: a folder that comes and goes, and a real FAT file system."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.flashing import pipe_at

from toolkit.errors import DeviceError, InputError, UsageError
from toolkit.firmware import Firmware
from toolkit.flash import Job, Patience, drives
from toolkit.flash.image import checked_image, require_start
from toolkit.flash.methods.drive import Drive

LABEL = "DIS_F746NG"
QUICK = Drive(verdict_s=1.0, quiet_s=0.3, look_s=0.02)
SAID = "The interface firmware FAILED to reset/halt the target MCU"


class Probe:
    """The drive as a debug probe makes it: it takes the image, goes away, and comes back with its verdict."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / LABEL
        self.taken = b""
        self._away = folder / "away"
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def plug_in(self, fail: str = "") -> None:
        """Appear, with a complaint from before."""
        self.place.mkdir(parents=True)
        (self.place / "MBED.HTM").write_text("<html>")
        if fail:
            (self.place / "FAIL.TXT").write_text(fail)

    def program(self, size: int, fail: str = "", comes_back: bool = True) -> None:
        """Take the next image of this size, in another thread."""
        self._thread = threading.Thread(target=self._take, args=(size, fail, comes_back), daemon=True)
        self._thread.start()

    def _take(self, size: int, fail: str, comes_back: bool) -> None:
        image = self.place / "firmware.bin"
        while not self._over.is_set() and not (image.exists() and image.stat().st_size == size):
            time.sleep(0.01)
        time.sleep(0.05)
        self.place.rename(self._away)
        self.taken = (self._away / "firmware.bin").read_bytes()
        time.sleep(0.1)
        if comes_back:
            self.plug_in(fail)

    def close(self) -> None:
        """End."""
        self._over.set()
        if self._thread:
            self._thread.join(10)


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Probe]:
    """A probe in a folder like /media/USER, with nothing else mounted on this computer."""
    media = tmp_path / "media"
    (media / "user").mkdir(parents=True)
    places = (media / "user" / LABEL, media / "user" / f"{LABEL}1")
    mounts = "".join(f"/dev/sdb {place} vfat rw 0 0\n" for place in places)
    (tmp_path / "mounts").write_text(f"proc /proc proc rw 0 0\n{mounts}")
    (tmp_path / "by-label").mkdir()
    monkeypatch.setattr(drives, "_MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(drives, "_BY_LABEL", tmp_path / "by-label")
    monkeypatch.setattr(drives, "_ROOTS", (media, tmp_path / "run"))
    monkeypatch.setattr(drives, "_MAC_ROOT", tmp_path / "Volumes")
    probe = Probe(media / "user")
    yield probe
    probe.close()


@pytest.fixture
def flash(disco: Firmware) -> Callable[..., list[str]]:
    """Flashes the board; returns what was said."""

    def run(wait_s: float = 0.3) -> list[str]:
        heard: list[str] = []
        image = checked_image(disco)
        (upload,) = (upload for upload in disco.board.upload if upload.tool == "drive")
        say, patience = heard.append, Patience(reset_s=wait_s)
        QUICK.flash(Job(image, disco.board, upload, "", say, lambda done, total, text="": None, patience))
        return heard

    return run


def size_of(disco: Firmware) -> int:
    return (disco.folder / "firmware.bin").stat().st_size


def test_the_image_is_copied_and_the_drive_comes_back_without_a_complaint(probe, flash, disco) -> None:
    probe.plug_in()
    probe.program(size_of(disco))
    heard = flash()
    assert probe.taken == (disco.folder / "firmware.bin").read_bytes()
    assert heard == [f"copying to {probe.place}", "waiting for the probe to write it"]


def test_the_words_of_fail_txt_are_the_error(probe, flash, disco) -> None:
    probe.plug_in()
    probe.program(size_of(disco), fail=f"{SAID}\r\n")
    with pytest.raises(DeviceError, match=f"FAIL.TXT says: {SAID}$") as caught:
        flash()
    assert "unplug the board" in str(caught.value.hint)


def test_a_complaint_from_before_is_not_taken_for_this_one(probe, flash, disco) -> None:
    probe.plug_in(fail="an older one")
    probe.program(size_of(disco))
    flash()
    assert probe.taken


def test_a_complaint_from_before_that_stays_is_one(probe, flash) -> None:
    probe.plug_in(fail=SAID)
    with pytest.raises(DeviceError, match=SAID):
        flash()


def test_a_probe_that_never_goes_away_and_says_nothing_has_written_it(probe, flash, disco) -> None:
    probe.plug_in()
    began = time.monotonic()
    flash()
    assert time.monotonic() - began < 5
    assert (probe.place / "firmware.bin").read_bytes() == (disco.folder / "firmware.bin").read_bytes()


def test_a_drive_that_does_not_come_back_is_said_and_is_no_error(probe, flash, disco) -> None:
    probe.plug_in()
    probe.program(size_of(disco), comes_back=False)
    assert flash()[-1].endswith("did not come back: whether the probe wrote it, tinyml check can say")


def test_a_drive_that_breaks_off_and_does_not_come_back_is_an_error(probe, flash, monkeypatch) -> None:
    probe.plug_in()

    def pulled(_number: int) -> None:
        shutil.rmtree(probe.place)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", pulled)
    with pytest.raises(DeviceError, match="went away during the copy and did not come back"):
        flash()


def test_a_probe_that_resets_its_usb_as_the_last_byte_comes_is_waited_for(
    probe, flash, disco, monkeypatch
) -> None:
    probe.plug_in()
    probe.program(size_of(disco))

    def reset(_number: int) -> None:
        while probe.place.exists():
            time.sleep(0.01)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", reset)
    flash()
    assert probe.taken


def test_a_drive_that_says_it_is_full_is_explained(probe, flash, monkeypatch) -> None:
    probe.plug_in()

    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeviceError, match="says that it is full, as it does if the probe does not reach"):
        flash()
    (probe.place / "FAIL.TXT").write_text(SAID)
    with pytest.raises(DeviceError, match=f"FAIL.TXT says: {SAID}"):
        flash()


def test_no_drive_is_waited_for_and_then_said(probe, flash) -> None:
    with pytest.raises(DeviceError, match=rf"there is no drive {LABEL}: no STM32F746G Discovery") as caught:
        flash()
    assert "that it carries data" in str(caught.value.hint)


def test_a_drive_that_appears_late_is_taken(probe, flash) -> None:
    later = threading.Timer(0.1, probe.plug_in)
    later.start()
    heard = flash(wait_s=5)
    later.join()
    assert heard[0] == f"no drive {LABEL} is there: plug the board in; waiting up to 5 s"


def test_a_folder_of_that_name_is_no_drive(probe, flash) -> None:
    probe.place.mkdir(parents=True)
    with pytest.raises(DeviceError, match="there is no drive"):
        flash()


def test_a_folder_that_is_not_mounted_is_no_drive_whatever_is_in_it(probe, flash, tmp_path) -> None:
    probe.plug_in()
    (tmp_path / "mounts").write_text("proc /proc proc rw 0 0\n")
    with pytest.raises(DeviceError, match="there is no drive"):
        flash()
    assert not (probe.place / "firmware.bin").exists()


def test_a_link_on_the_drive_leads_the_image_to_no_other_file(probe, flash, tmp_path) -> None:
    probe.plug_in()
    other = tmp_path / "diary"
    other.write_text("mine")
    (probe.place / "firmware.bin").symlink_to(other)
    with pytest.raises(DeviceError, match=r"firmware\.bin is no regular file"):
        flash()
    assert other.read_text() == "mine"


@pytest.mark.parametrize("name", ["firmware.bin", "FAIL.TXT"])
def test_a_pipe_on_the_drive_is_not_waited_for(probe, flash, name: str) -> None:
    probe.plug_in()
    began = time.monotonic()
    with pipe_at(probe.place / name):
        if name == "FAIL.TXT":
            flash()
        else:
            with pytest.raises(DeviceError, match="is no regular file"):
                flash()
        assert time.monotonic() - began < 3


def test_of_a_long_complaint_the_start_is_told(probe) -> None:
    probe.plug_in(fail="no " * 100_000)
    assert len(drives.complaint(probe.place) or "") < 5000


def test_two_boards_are_named(probe, flash) -> None:
    probe.plug_in()
    second = probe.place.with_name(f"{LABEL}1")
    shutil.copytree(probe.place, second)
    with pytest.raises(UsageError, match=f"{probe.place}, {second}"):
        flash()


def test_a_drive_that_is_not_mounted_is_said_with_how_to_mount_it(probe, flash, tmp_path) -> None:
    device = tmp_path / "sdb"
    device.touch()
    (tmp_path / "by-label" / LABEL).symlink_to(device)
    with pytest.raises(DeviceError, match=f"plugged in as {device}, but not mounted") as caught:
        flash()
    assert f"udisksctl mount -b {device}" in str(caught.value.hint)


def test_a_drive_mounted_under_another_name_is_found_by_its_device(probe, tmp_path) -> None:
    device, place = tmp_path / "sdb", tmp_path / "my board"
    device.touch()
    place.mkdir()
    (place / "details.txt").touch()
    (tmp_path / "by-label" / LABEL).symlink_to(device)
    (tmp_path / "mounts").write_text(f"{device} {str(place).replace(' ', chr(92) + '040')} vfat rw 0 0\n")
    assert drives.find_drives(LABEL) == [place]
    assert drives.unmounted(LABEL) == ""


def test_an_image_that_is_not_of_this_build_is_refused(probe, flash, disco, tmp_path) -> None:
    probe.plug_in()
    folder = tmp_path / "old"
    shutil.copytree(disco.folder, folder)
    (folder / "firmware.bin").write_bytes(b"old")
    other = dataclasses.replace(disco, folder=folder, elf=folder / "firmware.elf")
    (upload,) = (upload for upload in disco.board.upload if upload.tool == "drive")
    with pytest.raises(InputError, match="is not of the same build"):
        QUICK.flash(Job(checked_image(other), disco.board, upload, "", len, lambda *_: None))
    assert not (probe.place / "firmware.bin").exists()


def blocks_of(file: bytes) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """Return each block's words, and its data, as Microsoft's page on UF2 lays them out."""
    for at in range(0, len(file), 512):
        yield struct.unpack_from("<8I", file, at), file[at + 32 : at + 288]
        assert file[at + 288 : at + 512] == bytes(220) + bytes.fromhex("306fb10a")


class Bootloader:
    """The drive of an RP2040's ROM: it goes away once it has every block of one file."""

    def __init__(self, folder: Path) -> None:
        self.place, self.flash = folder / "RPI-RP2", bytearray()
        self.place.mkdir()
        (self.place / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\nBoard-ID: RPI-RP2\n")
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        file, end = self.place / "firmware.uf2", time.monotonic() + 10
        total = 1 << 32
        while time.monotonic() < end and total * 512 > (file.stat().st_size if file.exists() else 0):
            time.sleep(0.01)
            if file.exists() and file.stat().st_size >= 512:
                total = int.from_bytes(file.read_bytes()[24:28], "little")
        for number, (words, data) in enumerate(blocks_of(file.read_bytes())):
            address = 0x10000000 + 256 * number
            assert words == (0x0A324655, 0x9E5D5157, 0x2000, address, 256, number, total, 0xE48BFF56)
            self.flash += data
        shutil.rmtree(self.place)

    def join(self) -> None:
        """Wait until it has gone away."""
        self._thread.join(10)


@pytest.fixture
def uf2_job(pico: Firmware, probe: Probe, tmp_path: Path) -> Job:
    """What is to be flashed to a Pico, whose drive's place counts as mounted."""
    place = probe.place.with_name("RPI-RP2")
    (tmp_path / "mounts").write_text(f"/dev/sdb {place} vfat rw 0 0\n")
    say, patience = (lambda _line: None), Patience(reset_s=0.3)
    return Job(checked_image(pico), pico.board, pico.board.upload[0], "", say, lambda *_: None, patience)


def test_a_pico_takes_its_image_as_uf2_and_its_drive_goes_away(uf2_job: Job, probe: Probe) -> None:
    bootloader = Bootloader(probe.place.parent)
    QUICK.flash(uf2_job)
    bootloader.join()
    data = uf2_job.image.data
    assert bootloader.flash[: len(data)] == data and not any(bootloader.flash[len(data) :])
    assert len(bootloader.flash) - len(data) < 256


def test_a_pico_that_does_not_take_it_or_is_not_there_is_said(uf2_job: Job, probe: Probe) -> None:
    with pytest.raises(DeviceError, match="no Raspberry Pi Pico is plugged in with its boot") as caught:
        QUICK.flash(uf2_job)
    assert "hold BOOTSEL" in str(caught.value.hint)
    place = probe.place.with_name("RPI-RP2")
    place.mkdir()
    (place / "INFO_UF2.TXT").touch()
    with pytest.raises(DeviceError, match="RPI-RP2 stays: the bootloader of Raspberry Pi Pico has not taken"):
        QUICK.flash(uf2_job)


def test_a_pico_without_its_loader_is_not_flashed(uf2_job: Job) -> None:
    first, *rest = uf2_job.image.pieces
    assert first.address == 0x10000000 and len(first.data) == 256
    for data in (bytes(256), first.data[:8] + b"?" + first.data[9:]):
        image = dataclasses.replace(uf2_job.image, pieces=(dataclasses.replace(first, data=data), *rest))
        with pytest.raises(InputError, match=r"would not start .*: its first 256 bytes end with 0x"):
            require_start(image, uf2_job.board)


@pytest.fixture
def fat(tmp_path: Path) -> Iterator[Path]:
    """An image of a FAT file system, mounted at a folder called as the drive; image and folder are beside."""
    for program in ("mkfs.vfat", "mcopy"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}: apt-get install dosfstools mtools")
    image, place = tmp_path / "fat.img", tmp_path / LABEL
    image.write_bytes(bytes(1_200_000))
    (tmp_path / "MBED.HTM").write_text("<html>")
    place.mkdir()
    subprocess.run(["mkfs.vfat", "-n", LABEL, image], check=True, capture_output=True, timeout=30)
    subprocess.run(["mcopy", "-i", image, tmp_path / "MBED.HTM", "::"], check=True, timeout=30)
    mounts = (["mount", "-o", "loop", image, place], ["fusefat", "-o", "rw+", image, place])
    if not any(shutil.which(words[0]) and _runs(words) for words in mounts):
        pytest.skip("needs root and the kernel's vfat, or fusefat: apt-get install fusefat")
    yield image
    _runs(["umount", str(place)])


def _runs(words: list[str]) -> bool:
    return subprocess.run(words, capture_output=True, timeout=30, check=False).returncode == 0


def test_the_image_is_whole_on_a_real_fat_file_system(fat: Path, flash, disco, tmp_path) -> None:
    place = tmp_path / LABEL
    assert drives.find_drives(LABEL) == [place]
    flash()
    assert _runs(["umount", str(place)])
    words = ["mcopy", "-i", fat, "::firmware.bin", tmp_path / "read.bin"]
    subprocess.run(words, check=True, timeout=30)
    assert (tmp_path / "read.bin").read_bytes() == (disco.folder / "firmware.bin").read_bytes()
