"""Where the words go, and in which form: terminals and pipes."""

from __future__ import annotations

import httpx
import pytest

import comfy_emulator
from tests import prompts
from tests.cli.conftest import start, written

NOWHERE = "http://127.0.0.1:9"
COLOURFUL = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def said(arguments: list[str], environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    process = start(arguments, environment=environment)
    out, err = process.communicate(timeout=40)
    return process.returncode, out, err


def test_colour_that_is_forced_changes_no_line_of_a_pipe(emulator: comfy_emulator.RunningServer) -> None:
    code, out, err = said(["run", written(prompts.plain_image()), "--url", emulator.url], COLOURFUL)
    assert (code, "view?filename=" in out) == (0, True), err
    assert "\x1b" not in out
    # Colour is what was asked for; a display that moves is not.
    assert "\x1b[?25l" not in err
    assert "done in" in err
    (prompt_id,) = httpx.get(f"{emulator.url}/history?max_items=1").json()
    code, out, _ = said(["history", "list", "--max", "1", "--url", emulator.url], COLOURFUL)
    assert out.split("\t")[:2] == [prompt_id, "done"]
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize("environment", [{}, COLOURFUL])
def test_errors_have_colour_only_where_it_is_forced(environment: dict[str, str]) -> None:
    code, _, err = said(["info", "--url", NOWHERE], environment)
    assert code == 5
    assert ("\x1b" in err) is bool(environment)
    assert len(err.splitlines()) == 2
