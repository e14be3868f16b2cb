"""The client in a page, against an emulated server of another origin."""

from __future__ import annotations

import comfy_emulator
from tests.browser.conftest import InsidePage

PNG = b"\x89PNG\r\n\x1a\n".hex()


def test_a_run_gives_its_picture_previews_and_progress(
    inside: InsidePage, emulator: comfy_emulator.RunningServer
) -> None:
    answer = inside.call("runs_to_a_picture", url=emulator.url)
    assert answer["magic"] == PNG
    assert answer["complete"]
    assert answer["previews"]
    assert answer["progress"] == sorted(answer["progress"])
    assert answer["progress"][-1] == 1.0


def test_the_synchronous_client_waits_where_the_browser_lets_it(
    inside: InsidePage, emulator: comfy_emulator.RunningServer
) -> None:
    answer = inside.call("runs_synchronously", url=emulator.url)
    assert answer["magic"] == PNG
    assert answer["queue"]
    assert "executed" in answer["events"]


def test_the_synchronous_client_names_the_other_where_it_cannot_wait(inside: InsidePage) -> None:
    answer = inside.page.do("evaluate", "() => callPlainly('waits_in_synchronous_code')")
    assert "SyncUnavailableError" in answer
    assert "AsyncComfyUIApiClient" in answer
