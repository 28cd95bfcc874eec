# SPDX-License-Identifier: Apache-2.0
"""[training.prune]: what a target may say, and how the command writes the section for the user."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pytest

from toolkit.cli.main import run
from toolkit.errors import InputError
from toolkit.files import one_at_a_time
from toolkit.live.settings import check_settings
from toolkit.project.config import load_project
from toolkit.project.edit import replaced, write_section
from toolkit.project.pruning import Amount, PruneConfig, parse_amount

HEAD = '[project]\nname = "p"\n\n[data]\nsource = "sine"\n\n[model]\nfamily = "mlp"\n'


@pytest.mark.parametrize(
    ("goal", "text", "amount"),
    [
        ("macs", "50%", Amount(0.5, True)),
        ("macs", "1.5M", Amount(1.5e6, False)),
        ("latency", "20ms", Amount(20.0, False)),
        ("latency", "0.5 s", Amount(500.0, False)),
        ("latency", "500us", Amount(0.5, False)),
        ("ram", "24k", Amount(24 * 1024, False)),
        ("flash", "64KiB", Amount(64 * 1024, False)),
    ],
)
def test_a_target_is_a_share_or_an_amount_with_its_unit(goal: str, text: str, amount: Amount) -> None:
    found = parse_amount(goal, text)
    assert found.is_share == amount.is_share and found.value == pytest.approx(amount.value)


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        ("macs", "20ms"),
        ("latency", "24k"),
        ("ram", "-1"),
        ("ram", "half"),
        ("macs", "\u0665\u0660%"),
        ("ram", "9" * 400),
    ],
)
def test_another_unit_or_no_number_is_refused_by_the_name_of_the_target(goal: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{goal} .* is no target: a share such as 50%, or an amount"):
        PruneConfig(**{goal: text})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("goal", "text", "said"),
    [
        (
            "flash",
            "0",
            "above 0, a share at most 100%: a share such as 50%, or an amount such as 64k.",
        ),
        ("macs", "101%", "a share at most 100%: a share such as 50%, or an amount such as 200k."),
        ("macs", "0.5", "is less than 1. Did you mean 50%?"),
        ("ram", "0.25", "is less than 1. Did you mean 25%?"),
        ("latency", "20", "has no unit: a share such as 50%, or an amount such as 20ms."),
        ("latency", "0.5", "has no unit"),
    ],
)
def test_a_target_that_looks_like_another_one_is_refused_and_says_what_to_write(
    goal: str, text: str, said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        PruneConfig(**{goal: text})  # type: ignore[arg-type]


def test_what_is_counted_is_asked_for_in_whole_numbers() -> None:
    assert parse_amount("macs", "1%").of(3904) == 39 and parse_amount("macs", "29%").of(100) == 29
    assert parse_amount("latency", "50%").of(0.5) == 0.25


def test_nothing_is_pruned_unless_asked_for_and_new_targets_replace_old_ones() -> None:
    assert not PruneConfig().is_on and PruneConfig(constant=True).is_on
    config = PruneConfig(macs="50%", criterion="l1")
    assert config.with_given(ram="24k", macs=None) == PruneConfig(ram="24k", criterion="l1")
    assert config.with_given(steps=2).macs == "50%"
    assert config.changed() == {"macs": "50%", "criterion": "l1"}
    assert config.with_given(ram="24k").replaced_in(config) == {"macs": "50%"}
    assert config.with_given(steps=2, criterion="bn").replaced_in(config) == {"criterion": "l1"}


@pytest.mark.parametrize(
    ("section", "left"),
    [
        ("", ""),
        (
            '[training.prune]\nram = "1k" # mine\n\n# of the board\n[firmware]\nboard = "host"\n',
            "# of the board",
        ),
        ("[training]\nepochs = 3 # few", "# few"),
    ],
)
def test_the_section_is_written_and_the_rest_of_the_file_stays(
    tmp_path: Path, section: str, left: str
) -> None:
    (tmp_path / "tinyml.toml").write_text(HEAD + section, encoding="utf-8")
    wanted = PruneConfig(macs="50%", criterion="l1", constant=True, rate=0.25)
    project = load_project(tmp_path)
    write_section(project, "training.prune", wanted.changed())
    assert load_project(tmp_path).training.prune == wanted
    text = (tmp_path / "tinyml.toml").read_text(encoding="utf-8")
    assert text.startswith(HEAD.rstrip()) and left in text and '"1k"' not in text
    assert replaced(text, "training.prune", "[training.prune]\n") != text


@pytest.mark.parametrize("form", ['[training]\nprune = {ram = "1k"}\n', '[training]\nprune.ram = "1k"\n'])
def test_a_section_in_another_form_is_left_alone_and_said(tmp_path: Path, form: str) -> None:
    (tmp_path / "tinyml.toml").write_text(HEAD + form, encoding="utf-8")
    project, wanted = load_project(tmp_path), PruneConfig(macs="50%")
    with pytest.raises(InputError) as error:
        write_section(project, "training.prune", wanted.changed())
    assert 'macs = "50%"' in str(error.value.hint)
    assert (tmp_path / "tinyml.toml").read_text(encoding="utf-8") == HEAD + form


def test_what_was_written_into_the_file_meanwhile_and_its_ends_of_lines_stay(tmp_path: Path) -> None:
    file = tmp_path / "tinyml.toml"
    file.write_bytes(HEAD.replace("\n", "\r\n").encode())
    project, wanted = load_project(tmp_path), PruneConfig(macs="50%")
    file.write_bytes(file.read_bytes() + b"[training]\r\nepochs = 7\r\n")
    write_section(project, "training.prune", wanted.changed())
    found = load_project(tmp_path).training
    assert (found.epochs, found.prune) == (7, wanted)
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")


def test_a_board_that_the_targets_cannot_be_for_is_refused_with_its_line_before_any_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tinyml.toml"
    where = "tinyml.toml:12: training.prune.board:"
    for section, said in (
        ('[training.prune]\nmacs = "50%"\nboard = "nope"\n', f"{where} there is no board 'nope'"),
        ('[training.prune]\nmacs = "50%"\nboard = "host"\n', f"{where} host has no memory"),
        ('[training.prune]\nmacs = "50%"\n[firmware]\nboard = "host"\n', "Error: host has no memory"),
    ):
        file.write_text(HEAD + "\n" + section, encoding="utf-8")
        assert run(["train", "--project", str(tmp_path)]) == 3
        assert said in capsys.readouterr().err
        with pytest.raises(InputError, match=r"no board|no memory"):
            check_settings(tmp_path, file.read_bytes())
    other = HEAD.replace("sine", "nosuch") + '[training.prune]\nmacs = "50%"\nboard = "nope"\n'
    file.write_text(other, encoding="utf-8")
    assert run(["prune", "--board", "sparkfun_edge", "--project", str(tmp_path)]) == 3
    assert "nosuch" in (said := capsys.readouterr().err) and "there is no board" not in said
    file.write_text(HEAD, encoding="utf-8")
    for board in ("nope", "host"):
        assert run(["prune", "--target-macs", "50%", "--board", board, "--project", str(tmp_path)]) == 3
        assert board in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == HEAD and not (tmp_path / "build" / "data").exists()


def test_a_prune_that_waits_for_another_reads_the_file_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, codes, said = tmp_path / "tinyml.toml", list[int](), ""
    file.write_text(HEAD, encoding="utf-8")
    words = ["prune", "--target-ram", "50%", "--project", str(tmp_path)]
    waiting = threading.Thread(target=lambda: codes.append(run(words)), daemon=True)
    with one_at_a_time(tmp_path / "build" / ".prune.lock"):
        waiting.start()
        end = time.monotonic() + 30
        while "prune: waiting for another tinyml prune" not in said and time.monotonic() < end:
            time.sleep(0.01)
            said += capsys.readouterr().err
        file.write_text(HEAD + '[training.prune]\nmacs = "50%"\nboard = "nope"\n', encoding="utf-8")
    waiting.join(timeout=30)
    said += capsys.readouterr().err
    assert "waiting" in said and "there is no board 'nope'" in said and codes == [3]


def test_a_second_training_on_the_validation_samples_and_pruning_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(
        HEAD + '[training]\nrefit = true\n[training.prune]\nmacs = "50%"\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match="refit"):
        load_project(tmp_path)
