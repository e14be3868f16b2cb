"""The fixture `comfyui`, used in pytest runs of their own, as users have them."""

import os
import subprocess
import sys
from pathlib import Path

# Other plugins of this environment are not what is tested, and take seconds to load: ours is loaded by its entry point.
ALONE = ("-q", "-p", "comfy_emulator")

TEST_FILE = """
import httpx
import pytest

def doubled(number: int) -> int:
    return 2 * number

pytestmark = pytest.mark.comfyui(version="0.3.64", latency=0.5)

def version(server) -> str:
    return httpx.get(f"{server.url}/system_stats").json()["system"]["comfyui_version"]

def test_module_marker(comfyui):
    assert version(comfyui) == "0.3.64"

@pytest.mark.comfyui(version="0.33.0", nodes=[doubled])
def test_closest_marker(comfyui):
    assert version(comfyui) == "0.33.0"
    assert "doubled" in httpx.get(f"{comfyui.url}/object_info").json()
    httpx.post(f"{comfyui.url}/settings", json={"left": "behind"})

@pytest.mark.comfyui(version="0.33.0")
def test_nothing_is_left_of_the_test_before(comfyui):
    assert httpx.get(f"{comfyui.url}/settings").json() == {}
    assert "doubled" not in httpx.get(f"{comfyui.url}/object_info").json()
"""


def pytest_run(directory: Path, test_file: str, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    (directory / "test_mine.py").write_text(test_file, encoding="utf-8")
    script = f"import sys; {before}\nimport pytest\nsys.exit(pytest.main({[*ALONE, *arguments]!r}))"
    return subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", script],
        cwd=directory,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_a_test_that_asks_for_comfyui_gets_a_server(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, TEST_FILE, "--strict-markers", "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_marker_that_makes_no_sense_is_an_error(tmp_path: Path) -> None:
    markers = {
        "comfyui('0.3.64')": "by name only",
        "comfyui(version='9.9')": "unknown ComfyUI version",
        "comfyui(colour=1)": "colour",
    }
    tests = [f"@pytest.mark.{marker}\ndef test_{number}(comfyui):\n    pass\n" for number, marker in enumerate(markers)]
    done = pytest_run(tmp_path, "import pytest\n" + "\n".join(tests))
    assert done.returncode == 1
    assert "3 errors" in done.stdout
    assert [complaint for complaint in markers.values() if complaint not in done.stdout] == []


def test_runs_that_need_no_server_load_none(tmp_path: Path) -> None:
    test_file = """
import sys

def test_it(request):
    assert request.config.pluginmanager.has_plugin("comfy_emulator")
    assert not {"aiohttp", "PIL", "comfy_emulator.background", "httpx"} & sys.modules.keys()
"""
    done = pytest_run(tmp_path, test_file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_the_extra_only_tests_that_use_the_fixture_fail(tmp_path: Path) -> None:
    test_file = "def test_with(comfyui):\n    pass\n\ndef test_without():\n    pass\n"
    done = pytest_run(tmp_path, test_file, before="sys.modules['aiohttp'] = None")
    assert done.returncode == 1
    assert "1 passed, 1 error" in done.stdout
    assert "pip install 'comfy-facade[emulator]'" in done.stdout
