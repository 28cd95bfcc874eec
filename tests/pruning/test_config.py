# SPDX-License-Identifier: Apache-2.0
"""[training.prune]: what a target may say, and how the command writes the section for the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.errors import InputError
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
    [("macs", "20ms"), ("latency", "24k"), ("ram", "-1"), ("flash", "0"), ("macs", "101%"), ("ram", "half")],
)
def test_another_unit_or_no_number_is_refused_by_the_name_of_the_target(goal: str, text: str) -> None:
    with pytest.raises(ValueError, match=goal):
        PruneConfig(**{goal: text})  # type: ignore[arg-type]


def test_nothing_is_pruned_unless_asked_for_and_new_targets_replace_old_ones() -> None:
    assert not PruneConfig().is_on and PruneConfig(constant=True).is_on
    config = PruneConfig(macs="50%", criterion="l1")
    assert config.with_given(ram="24k", macs=None) == PruneConfig(ram="24k", criterion="l1")
    assert config.with_given(steps=2).macs == "50%"
    assert config.changed() == {"macs": "50%", "criterion": "l1"}


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
    found = write_section(project, "training.prune", wanted.changed(), wanted)
    assert found.training.prune == wanted == load_project(tmp_path).training.prune
    text = (tmp_path / "tinyml.toml").read_text(encoding="utf-8")
    assert text.startswith(HEAD.rstrip()) and left in text and '"1k"' not in text
    assert replaced(text, "training.prune", "[training.prune]\n") != text


@pytest.mark.parametrize("form", ['[training]\nprune = {ram = "1k"}\n', '[training]\nprune.ram = "1k"\n'])
def test_a_section_in_another_form_is_left_alone_and_said(tmp_path: Path, form: str) -> None:
    (tmp_path / "tinyml.toml").write_text(HEAD + form, encoding="utf-8")
    project, wanted = load_project(tmp_path), PruneConfig(macs="50%")
    with pytest.raises(InputError) as error:
        write_section(project, "training.prune", wanted.changed(), wanted)
    assert 'macs = "50%"' in str(error.value.hint)
    assert (tmp_path / "tinyml.toml").read_text(encoding="utf-8") == HEAD + form


def test_a_second_training_on_the_validation_samples_and_pruning_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(
        HEAD + '[training]\nrefit = true\n[training.prune]\nmacs = "50%"\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match="refit"):
        load_project(tmp_path)
