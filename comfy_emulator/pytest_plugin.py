"""The pytest fixture `comfyui`: an emulated server for each test that asks for one.

pytest loads this module in every run, so it imports no web server until the fixture is used. Without the packages of
the `emulator` extra only tests that use the fixture fail.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from comfy_emulator.background import RunningServer


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that chooses how the server is started."""
    config.addinivalue_line(
        "markers",
        "comfyui(version=..., latency=..., nodes=..., ...): start the server of the `comfyui` fixture with these "
        "arguments of `comfy_emulator.running`",
    )


@pytest.fixture
def comfyui(request: pytest.FixtureRequest) -> Iterator["RunningServer"]:
    """An emulated ComfyUI server of the test's own.

    `@pytest.mark.comfyui(version="0.3.64", latency=0.01)` chooses how it is started, with the arguments of
    `comfy_emulator.running`. Markers on the module, the class and the test add up; the closest one counts.
    """
    options: dict[str, Any] = {}
    for mark in request.node.iter_markers("comfyui"):
        if mark.args:
            raise pytest.UsageError(f"the marker comfyui takes arguments by name only, not {mark.args!r}")
        options = {**mark.kwargs, **options}
    try:
        from comfy_emulator.background import running
    except ModuleNotFoundError as failure:
        raise pytest.UsageError(
            f"the fixture comfyui needs {failure.name}: pip install 'comfy-facade[emulator]'"
        ) from failure
    with running(**options) as server:
        yield server
