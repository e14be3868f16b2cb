"""No public name changes unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from public_api import RECORD, main

import comfy_emulator
import comfy_facade
import comfy_fleet
import comfy_ws


def test_the_public_api_is_as_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "package", [comfy_facade, comfy_fleet, comfy_ws, comfy_emulator], ids=lambda package: package.__name__
)
def test_every_exported_name_is_recorded(package: object) -> None:
    named = {line.split("(")[0].split(" ")[-1].rstrip(":") for line in RECORD.read_text("utf-8").splitlines()}
    named |= {line.split(":")[0].split(" =")[0] for line in RECORD.read_text("utf-8").splitlines()}
    exported = {f"{package.__name__}.{name}" for name in package.__all__}  # type: ignore[attr-defined]
    assert exported - named == set()


def test_a_change_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "public_api.txt"
    other.write_text(
        RECORD.read_text("utf-8").replace("keyword wait_ms: int | None", "keyword wait_ms: float", 1), "utf-8"
    )
    monkeypatch.setattr("public_api.RECORD", other)
    assert main([]) == 1
    told = capsys.readouterr()
    assert "wait_ms: int | None" in told.out
    assert "CHANGELOG" in told.err
