# SPDX-License-Identifier: Apache-2.0
"""What the documents point at is there: links, headings, and every file that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
OURS = ("toolkit/", "firmware_templates/", "boards/", "tests/", "examples/", "docs/")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges make them."""
    headings = re.findall(r"(?m)^#+ (.*)$", text_of(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named_paths(page: Path) -> set[str]:
    """Return the paths of ours in a page's code marks; what stands in <> may be anything."""
    words = re.findall(r"`([^`\s]+)`", text_of(page))
    paths = {word.split(":")[0] for word in words if word.startswith(OURS)}
    return {re.sub(r"<[^>]*>|\{[^}]*\}", "*", path) for path in paths}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", text_of(page)):
        other = page.parent / target if target else page
        assert other.exists(), target
        if anchor:
            assert anchor in anchors_of(other), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    missing = [path for path in named_paths(page) if not any(ROOT.glob(path.rstrip("/")))]
    assert not missing
