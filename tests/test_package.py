"""What is installed, and what importing it costs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"comfy_facade", "comfy_ws", "comfy_rest", "comfy_emulator", "comfy_fleet"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (found,) = directory.glob("*.whl")
    return found


def test_the_wheel_holds_the_packages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES
    assert {name for name in names if name.endswith("/py.typed")} == {f"{package}/py.typed" for package in PACKAGES}
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_the_wheel_works_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    # -S -I would hide the dependencies too; -P keeps this tree out of the path.
    script = "import comfy_facade, comfy_ws, comfy_rest, comfy_emulator, comfy_fleet; print(comfy_rest.__file__)"
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {script}"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.startswith(str(tmp_path))


def test_four_dependencies_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {dependency.split(">")[0] for dependency in project["dependencies"]}
    assert names == {"httpx", "attrs", "websockets", "anyio"}
    installed = [line for line in requires("comfy-facade") or () if "extra ==" not in line]
    assert len(installed) == 4


def test_importing_the_facade_costs_no_more_than_its_libraries() -> None:
    # Processor time of this process's children, so that a busy machine does not decide; the best of each counts.
    def cost(statement: str) -> float:
        script = f"import time; began = time.process_time(); {statement}; print(time.process_time() - began)"
        runs = [
            float(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)
            for _ in range(5)
        ]
        return statistics.median(sorted(runs)[:3])

    libraries = cost("import httpx, attrs, websockets.asyncio.client")
    assert cost("import comfy_facade") <= 1.25 * libraries


def test_the_bindings_load_when_they_are_first_used() -> None:
    script = (
        "import sys; from comfy_facade import ComfyUIApiClient;"
        "loaded = [name for name in sys.modules if name.startswith(('comfy_rest', 'comfy_emulator'))]; print(loaded)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
