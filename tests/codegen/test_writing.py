"""Modules are written whole or not at all, and are like any other module once they are there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from comfy_facade import generate_module, write_module
from tests.codegen.generated import DYNAMIC, definition


def test_the_file_holds_the_text(tmp_path: Path) -> None:
    path = write_module(DYNAMIC, tmp_path / "nodes.py", source="http://host:8188")
    assert path == tmp_path / "nodes.py"
    assert path.read_bytes() == generate_module(DYNAMIC, source="http://host:8188").encode()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["__pycache__", "nodes.py"]


def test_a_file_that_is_the_same_is_left_alone(tmp_path: Path) -> None:
    path = write_module(DYNAMIC, str(tmp_path / "nodes.py"))
    os.utime(path, (1, 1))
    write_module(dict(reversed(DYNAMIC.items())), path)
    assert path.stat().st_mtime == 1
    write_module({"A": definition()}, path)
    assert path.stat().st_mtime > 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such permissions")
def test_permissions_are_kept_and_new_ones_usual(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    path = write_module(DYNAMIC, tmp_path / "nodes.py")
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode
    path.chmod(0o640)
    write_module({}, path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_missing_folder_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_module(DYNAMIC, tmp_path / "missing" / "nodes.py")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "nodes.py").mkdir()
    with pytest.raises(OSError, match="nodes"):
        write_module(DYNAMIC, tmp_path / "nodes.py")
    assert [entry.name for entry in tmp_path.iterdir()] == ["nodes.py"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "nodes.py").symlink_to(tmp_path / "kept" / "real.py")
    write_module(DYNAMIC, tmp_path / "nodes.py")
    assert (tmp_path / "nodes.py").is_symlink()
    assert (tmp_path / "kept" / "real.py").read_text(encoding="utf-8") == generate_module(DYNAMIC)


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no pipes in folders")
    pipe = tmp_path / "nodes.py"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        write_module(DYNAMIC, pipe)
        assert reader.communicate(timeout=20)[0] == generate_module(DYNAMIC)
    assert pipe.is_fifo()


def test_only_what_can_be_imported_is_compiled(tmp_path: Path) -> None:
    write_module(DYNAMIC, tmp_path / "nodes.txt")
    assert [entry.name for entry in tmp_path.iterdir()] == ["nodes.txt"]


def test_another_process_writes_the_same(tmp_path: Path) -> None:
    # Another seed of hashes gives sets and dictionaries another order where one is not kept.
    script = (
        "from tests.codegen.generated import DYNAMIC; from comfy_facade import write_module;"
        f"write_module(DYNAMIC, {str(tmp_path / 'nodes.py')!r})"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert (tmp_path / "nodes.py").read_text(encoding="utf-8") == generate_module(DYNAMIC)


def test_importing_a_module_loads_no_client_and_no_generator(tmp_path: Path) -> None:
    write_module(DYNAMIC, tmp_path / "nodes.py")
    script = (
        "import sys, nodes; heavy = ('attrs', 'httpx', 'anyio', 'comfy_facade.codegen', 'comfy_facade.workflow');"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
