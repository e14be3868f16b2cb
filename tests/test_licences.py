"""Every package that an installation names has its licence in the docs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import licences
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def test_what_is_named_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in licences.EXTRAS if extra for text in extras.get(extra, ()))]
    names = {canonicalize_name(Requirement(text).name) for text in texts} - {"comfy-facade"}
    rows = [row.split(" | ") for row in licences.PAGE.read_text("utf-8").splitlines() if row.startswith("| ")]
    assert names - {row[1] for row in rows} == set()
    assert all(row[2].strip(" |") for row in rows)


def test_the_table_can_be_made() -> None:
    assert "| (always) | httpx | BSD" in licences.table()
