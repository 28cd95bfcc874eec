# SPDX-License-Identifier: Apache-2.0
"""`tinyml engine`: from git repositories to trees in the cache, each whole and checked by hash, or not there.

TFLM's repository and its generator are stand-ins (tests/support/tflm_repository.py); git is real.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from support.tflm_repository import Repositories, git, make_repositories, redirected

from toolkit import paths
from toolkit.cli.main import run
from toolkit.doctor import examine
from toolkit.engines import fetch, kept
from toolkit.engines.fetch import fetch_tflm
from toolkit.engines.kept import Kept, engines_dir, kept_engines, used_engine
from toolkit.errors import InputError, ToolMissingError
from toolkit.firmware import find_tree

pytestmark = [
    pytest.mark.skipif(shutil.which("git") is None, reason="needs git: apt-get install git"),
    pytest.mark.skipif(shutil.which("make") is None, reason="needs make: apt-get install make"),
]
NOWHERE = "http://127.0.0.1:9/"
"""Nobody listens on the port for discarding."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Repositories:
    return make_repositories(tmp_path_factory.mktemp("repositories"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("TINYML_TFLM", raising=False)
    return paths.cache_dir()


def fetched(sources: Repositories, **changed: object) -> Kept:
    words = {"source": str(sources.tflm), "commit": sources.commit, "third_party": sources.parts, **changed}
    return fetch_tflm(**words)  # type: ignore[arg-type]


def known_as(found: Kept, monkeypatch: pytest.MonkeyPatch, part: str = "", sha256: str = "") -> None:
    """Have the toolkit know found's commit, with its hashes but for one part's."""
    hashes = {kernels: dict(parts) for kernels, parts in found.hashes.items()}
    if part:
        hashes["cmsis_nn"][part] = sha256
    for module in (fetch, kept):
        monkeypatch.setattr(module, "COMMIT", found.commit)
        monkeypatch.setattr(module, "HASHES", hashes)


def test_both_trees_are_made_of_the_pinned_revisions_with_tflm_s_patches(sources: Repositories) -> None:
    found = fetched(sources)
    reference, optimized = found.tree("reference"), found.tree("cmsis_nn")
    assert (reference / "third_party/flatbuffers/lib.h").read_text() == "int patched_flatbuffers;\n"
    assert (reference / "third_party/ruy/lib.h").read_text() == "int of_ruy;\n"
    assert not (reference / "third_party/cmsis_nn").exists()
    assert (optimized / "third_party/cmsis_nn/lib.h").read_text() == "int of_cmsis_nn;\n"
    assert (optimized / "tensorflow/lite/micro/kernels/cmsis_nn/conv.cc").is_file()
    assert not list(found.folder.rglob(".git"))


def test_the_engine_takes_what_was_fetched_last_without_further_words(
    sources: Repositories, tmp_path: Path
) -> None:
    with pytest.raises(ToolMissingError, match="needs the sources") as caught:
        find_tree("", tmp_path, {})
    assert "tinyml engine fetch tflm" in str(caught.value.hint)
    found = fetched(sources)
    assert find_tree("", tmp_path, {}) == found.tree("reference")
    assert find_tree("", tmp_path, {}, "cmsis_nn") == found.tree("cmsis_nn")


def test_without_options_all_comes_from_the_forge(
    sources: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sources.as_forge().items():
        monkeypatch.setenv(name, value)
    known_as(fetched(sources), monkeypatch)
    shutil.rmtree(engines_dir())
    found = fetch_tflm()
    assert found.is_checked and found.commit == sources.commit
    assert found.source == "https://github.com/tensorflow/tflite-micro.git"


@pytest.mark.parametrize("part", ["tflm", "ruy", "cmsis_nn"])
def test_a_part_that_is_not_as_known_is_named_and_nothing_is_kept(
    part: str, sources: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_as(fetched(sources), monkeypatch, part, "0" * 64)
    shutil.rmtree(engines_dir())
    with pytest.raises(
        InputError, match=rf"^{part} is not what .* its SHA-256 is [0-9a-f]{{64}}, .* 0{{64}}"
    ):
        fetched(sources)
    assert not kept_engines() and used_engine() is None
    assert not list(engines_dir().glob(".new-*"))


def test_a_commit_whose_hashes_are_not_known_is_kept_and_said_to_be_that(
    sources: Repositories, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--from", str(sources.tflm), "--commit", sources.commit, "--third-party", str(sources.parts)]
    assert run(["engine", "fetch", "tflm", *words]) == 0
    assert "of a commit without known hashes" in capsys.readouterr().out
    assert run(["engine", "list", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)[sources.commit]
    assert (about["state"], about["used"]) == ("not known", True)
    assert run(["engine", "list"]) == 0
    assert sources.commit[:12] in capsys.readouterr().out


def test_without_any_the_list_says_how_to_fetch(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["engine", "list"]) == 0
    assert "tinyml engine fetch tflm" in capsys.readouterr().out


def test_without_a_network_the_error_says_what_another_computer_has_to_give(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in redirected(NOWHERE).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ToolMissingError, match=r"git cannot fetch \w{40} from https://github.com/") as caught:
        fetch_tflm()
    assert "--from FOLDER --third-party FOLDER" in str(caught.value.hint)
    assert {path.name for path in engines_dir().glob("*")} <= {".lock"}


def test_without_a_network_all_that_is_not_given_is_named(
    sources: Repositories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in redirected(NOWHERE).items():
        monkeypatch.setenv(name, value)
    some = tmp_path / "some"
    shutil.copytree(sources.parts / "flatbuffers", some / "flatbuffers")
    with pytest.raises(
        ToolMissingError, match="Needed are gemmlowp v1, kissfft v1, ruy v1, cmsis "
    ) as caught:
        fetched(sources, third_party=some)
    assert "--third-party FOLDER" in str(caught.value.hint)


def test_parts_come_from_folders_archives_and_bare_repositories_too(
    sources: Repositories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that TFLM's own make has patched already is taken as it is."""
    wanted = fetched(sources).hashes
    shutil.rmtree(engines_dir())
    given = tmp_path / "given"
    shutil.copytree(sources.parts, given)
    git(given, "clone", "--quiet", "--bare", str(sources.parts / "ruy"), str(given / "bare.git"))
    shutil.rmtree(given / "ruy")
    (given / "bare.git").rename(given / "ruy.git")
    for name in ("flatbuffers", "kissfft"):
        shutil.rmtree(given / name / ".git")
    (given / "kissfft" / "lib.h").write_text("int of_kissfft;\n")
    (given / "flatbuffers" / "lib.h").write_text("int patched_flatbuffers;\n")
    shutil.rmtree(given / "gemmlowp")
    with zipfile.ZipFile(given / "gemmlowp.zip", "w") as archive:
        archive.writestr("gemmlowp-1/lib.h", "int of_gemmlowp;\n")
        archive.writestr("gemmlowp-1/LICENSE", "of its own\n")
    assert fetched(sources, third_party=given).hashes == wanted


def test_a_part_of_another_version_is_refused_where_tflm_s_patch_does_not_fit(
    sources: Repositories, tmp_path: Path
) -> None:
    given = tmp_path / "given"
    shutil.copytree(sources.parts, given)
    shutil.rmtree(given / "kissfft" / ".git")
    with pytest.raises(InputError, match="kissfft is not the version that TensorFlow Lite Micro needs"):
        fetched(sources, third_party=given)


def test_a_repository_without_the_revision_is_named(sources: Repositories, tmp_path: Path) -> None:
    given = tmp_path / "given"
    shutil.copytree(sources.parts, given)
    git(given / "ruy", "tag", "--delete", "v1")
    with pytest.raises(InputError, match="ruy does not have v1") as caught:
        fetched(sources, third_party=given)
    assert "fetch --tags" in str(caught.value.hint)


def test_an_archive_whose_files_lie_outside_of_it_is_refused(sources: Repositories, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    with zipfile.ZipFile(given / "flatbuffers.zip", "w") as archive:
        archive.writestr("a/../../../escaped.h", "int x;")
    with pytest.raises(InputError, match="is no archive of a repository"):
        fetched(sources, third_party=given)
    assert not list(tmp_path.rglob("escaped.h"))


def test_what_another_computer_fetched_is_taken_over_if_it_is_whole(
    sources: Repositories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetched(sources)
    copied = tmp_path / "stick"
    shutil.copytree(first.folder, copied)
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "other"))
    found = fetched(sources, source=str(copied), third_party=None)
    assert found.hashes == first.hashes and found.folder != first.folder
    shutil.rmtree(engines_dir())
    (copied / "reference/third_party/ruy/lib.h").write_text("int changed;\n")
    with pytest.raises(InputError, match="is damaged: reference: ruy"):
        fetched(sources, source=str(copied), third_party=None)


def test_a_tree_that_somebody_changed_is_listed_as_damaged_and_fetched_again(
    sources: Repositories, capsys: pytest.CaptureFixture[str]
) -> None:
    found = fetched(sources)
    file = found.tree("cmsis_nn") / "third_party/ruy/lib.h"
    file.write_text("int changed;\n")
    assert run(["engine", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[found.commit]["state"] == "damaged"
    assert not fetched(sources).damaged()
    assert file.read_text() == "int of_ruy;\n"


MANIFESTS: list[dict[str, object]] = [
    {"commit": 1},
    {"commit": ["x"]},
    {"commit": "0" * 40},
    {"hashes": ["reference", "cmsis_nn"]},
    {"hashes": {"reference": ["tflm"], "cmsis_nn": ["tflm"]}},
    {"hashes": {"reference": {"tflm": 1}, "cmsis_nn": {"tflm": 1}}},
    {"hashes": {"reference": {}, "cmsis_nn": {}}},
    {"source": 1},
]


def test_a_damaged_manifest_is_listed_as_damaged_with_how_to_fetch_again(
    sources: Repositories, capsys: pytest.CaptureFixture[str]
) -> None:
    found = fetched(sources)
    manifest = found.folder / "engine.json"
    about = json.loads(manifest.read_text())
    changed = [json.dumps({**about, **change}).encode() for change in MANIFESTS]
    for content in (*changed, b"", b"[]", b"\xff\xfe", b"{", b"null"):
        manifest.write_bytes(content)
        assert used_engine() is None
        assert run(["engine", "list", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[found.commit]["state"] == "damaged", content
    assert run(["engine", "list"]) == 0
    assert f"tinyml engine fetch tflm --commit {found.commit}" in capsys.readouterr().err
    assert not fetched(sources).damaged() and used_engine() is not None


def test_known_is_what_has_the_known_hashes_and_not_what_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = engines_dir() / kept.COMMIT
    for kernels in ("reference", "cmsis_nn"):
        (folder / kernels).mkdir(parents=True)
    about = {"commit": kept.COMMIT, "source": "x", "hashes": kept.HASHES, "is_checked": True}
    for hashes in (kept.HASHES, {"reference": {"tflm": "0"}, "cmsis_nn": {"tflm": "0"}}):
        (folder / "engine.json").write_text(json.dumps({**about, "hashes": hashes}))
        assert run(["engine", "list", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[kept.COMMIT]["state"] == "damaged"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes as files")
@pytest.mark.timeout(60)
def test_a_damaged_note_of_what_is_used_is_as_if_nothing_were(
    sources: Repositories, capsys: pytest.CaptureFixture[str]
) -> None:
    found = fetched(sources)
    used = engines_dir() / "used"
    for content in (b"\xff\xfe", b"", b"a\0b", f"../tflm/{found.commit}".encode(), None):
        used.unlink()
        if content is None:
            os.mkfifo(used)
        else:
            used.write_bytes(content)
        assert used_engine() is None
        assert run(["engine", "list", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[found.commit]["used"] is False


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"commit": "v1"}, "'v1' is no commit: it must have 40 hex digits"),
        ({"commit": "0" * 40}, r"does not have 0{40}"),
        ({"source": "/nothing/here"}, "is no folder, .zip or git repository"),
        ({"third_party": Path("/nothing/here")}, "is no folder"),
    ],
)
def test_wrong_words_are_answered(changed: dict[str, object], said: str, sources: Repositories) -> None:
    with pytest.raises(InputError, match=said):
        fetched(sources, **changed)


def test_a_repository_of_something_else_is_refused(sources: Repositories) -> None:
    commit = git(sources.parts / "ruy", "rev-parse", "HEAD")
    with pytest.raises(InputError, match="is not TensorFlow Lite Micro's repository"):
        fetched(sources, source=str(sources.parts / "ruy"), commit=commit)


def test_a_generator_that_fails_is_quoted(sources: Repositories, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(sources.tflm, broken)
    (broken / fetch.GENERATOR).write_text("raise SystemExit('make: *** no rule')\n")
    shutil.rmtree(broken / ".git")
    with pytest.raises(InputError, match=r"own generator failed: make: \*\*\* no rule"):
        fetched(sources, source=str(broken))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_fetch_that_is_killed_leaves_no_tree_and_the_next_one_cleans_up(
    sources: Repositories, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    words = ["--from", str(sources.tflm), "--commit", sources.commit, "--third-party", str(sources.parts)]
    command = [sys.executable, "-m", "toolkit", "engine", "fetch", "tflm", *words]
    process = subprocess.Popen(
        command, env={**os.environ, "STANDIN_WAITS": str(begun)}, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert begun.exists() and list(engines_dir().glob(".new-*"))
    assert not kept_engines() and used_engine() is None
    with pytest.raises(ToolMissingError, match="needs the sources"):
        find_tree("", tmp_path, {})
    found = fetched(sources)
    assert not found.damaged() and not list(engines_dir().glob(".new-*"))


def test_doctor_knows_whether_it_is_there(sources: Repositories) -> None:
    assert next(each for each in examine() if each.name == "TFLM's sources").found == ""
    fetched(sources)
    assert sources.commit[:7] in next(each for each in examine() if each.name == "TFLM's sources").found
