"""Builds what a release uploads, and proves that it can be installed and works.

    python scripts/release_check.py            build twice into dist/, compare, check, install, run the demo
    python scripts/release_check.py --suite    the same, and in each environment the tests that need no source tree
    python scripts/release_check.py --every-python    fail if a Python is not on the machine, where others skip it

An environment is made for every Python of 3.11 to 3.13 that is on the machine, with the newest and with the lowest
dependencies that `pyproject.toml` allows, from the wheel alone. Needs what `make release-check` installs, and builds
with the build backend in it: another version of that would give other bytes.

Refusals: it uploads nothing, sets no version and writes nothing outside `dist/` and a temporary directory.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")

# A program for each extra that users install. It works with that extra alone, and with none it fails.
EXTRAS = {
    "cli": """
        from comfy_facade.cli import main

        assert main(["--help"]) == 0
    """,
    "contract": """
        from comfy_facade import contract

        assert contract.openapi()["paths"] and contract.asyncapi()["channels"]
    """,
    "emulator": """
        import comfy_emulator
        from comfy_facade import ComfyUIApiClient

        prompt = {
            "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
            "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "extra"}},
        }
        with comfy_emulator.running() as server, ComfyUIApiClient(url=server.url) as client:
            assert client.run_prompt(prompt).images[0].read()
    """,
    "fleet": """
        from comfy_fleet import BrokerUnreachableError, Fleet

        # Nobody listens at port 1; to learn that takes Celery, its client for Redis, and a store.
        fleet = Fleet("redis://127.0.0.1:1/0", store="memory://extra")
        try:
            fleet.submit({}).result()
        except BrokerUnreachableError:
            pass
        else:
            raise SystemExit("somebody listens at port 1")
        finally:
            fleet.close()
    """,
}
LARGEST_DOWNLOAD = 6_000_000
"""Bytes that `pip install comfy-facade` may fetch, dependencies included."""

# Tests of behaviour; the others look at the source tree, or need the tools of development.
SUITE = (
    "tests/asyncapi",
    "tests/chaos",
    "tests/cli",
    "tests/codegen",
    "tests/contract",
    "tests/drift",
    "tests/emulator",
    "tests/facade",
    "tests/fleet",
    "tests/workflow",
    "tests/ws",
    "--ignore=tests/codegen/test_type_checking.py",
    "--ignore=tests/facade/test_layers.py",
    "--deselect=tests/facade/test_contract.py::test_a_wheel_carries_both",
)
SUITE_TOOLS = (
    "pytest",
    "pytest-asyncio",
    "pytest-randomly",
    "pytest-timeout",
    "pytest-xdist",
    "hypothesis",
    "jsonschema",
    "numpy",
    "opentelemetry-sdk",
)


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a program, and end with its output if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"release_check: {' '.join(map(str, command))} failed\n{done.stdout}{done.stderr}")
    return done.stdout


def built(directory: Path) -> dict[str, str]:
    """Build source distribution and wheel, and give their digests by name."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", directory, ROOT)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(directory.iterdir())}


def build(dist: Path, scratch: Path) -> Path:
    """Fill `dist`, and give the wheel."""
    shutil.rmtree(dist, ignore_errors=True)
    first, second = built(dist), built(scratch / "again")
    if first != second:
        sys.exit(f"release_check: two builds differ: {first} and {second}")
    run(sys.executable, "-m", "twine", "check", "--strict", *dist.iterdir())
    for name, digest in first.items():
        print(f"{name}  {(dist / name).stat().st_size / 1000:.0f} kB  sha256 {digest}")
    (wheel,) = dist.glob("*.whl")
    return wheel


def check_download(wheel: Path, scratch: Path) -> None:
    """Hold what an installation fetches to its limit."""
    folder = scratch / "download"
    run(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", folder, wheel)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"an installation fetches {size / 1e6:.1f} MB in {len(list(folder.iterdir()))} wheels")
    if size > LARGEST_DOWNLOAD:
        sys.exit(f"release_check: more than {LARGEST_DOWNLOAD / 1e6:.0f} MB")


def interpreters(*, every: bool) -> dict[str, str]:
    """Find the Pythons that there are; with `every` each has to be there."""
    found: dict[str, str] = {}
    for version in PYTHONS:
        path = shutil.which(f"python{version}")
        # What is on the path may be a stand-in for a Python that is not installed.
        if path and not subprocess.run([path, "-c", ""], check=False, capture_output=True).returncode:
            found[version] = path
        elif every:
            sys.exit(f"release_check: Python {version} is not on this machine, and every Python was asked for")
        else:
            print(f"Python {version}: not on this machine, skipped")
    return found


def environments(
    wheel: Path, scratch: Path, extras: Sequence[str], pythons: dict[str, str]
) -> Iterator[tuple[str, Path]]:
    """Install the wheel for every Python, with the newest and the lowest dependencies, and give what to call it."""
    for version, interpreter in pythons.items():
        for resolution in ("highest", "lowest-direct"):
            name = f"Python {version}, {resolution}"
            folder = scratch / name.replace(" ", "-").replace(",", "")
            run(interpreter, "-m", "venv", "--without-pip", folder)
            python = folder / "bin" / "python"
            wanted = f"{wheel}[{','.join(extras)}]" if extras else str(wheel)
            run("uv", "pip", "install", "--quiet", "--python", python, "--resolution", resolution, wanted)
            yield name, python


def check_extras(wheel: Path, scratch: Path) -> None:
    """Install each extra alone, and nothing at all; import the package, and run what needs the extra."""
    for extra in ("", *EXTRAS):
        folder = scratch / f"extra-{extra}"
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        python = folder / "bin" / "python"
        run("uv", "pip", "install", "--quiet", "--python", python, f"{wheel}[{extra}]" if extra else wheel)
        names = "import comfy_facade; [getattr(comfy_facade, name) for name in comfy_facade.__all__]"
        run(python, "-W", "error", "-c", names, cwd=scratch)
        if extra:
            run(python, "-c", textwrap.dedent(EXTRAS[extra]), cwd=scratch)
        else:
            refuse_without_extras(python, scratch)
        print(f"extra {extra or '(none)'}: installs alone{', and its program works' if extra else ''}")


def refuse_without_extras(python: Path, scratch: Path) -> None:
    """Hold each extra's program to needing it."""
    for extra, program in EXTRAS.items():
        command = [str(python), "-c", textwrap.dedent(program)]
        if subprocess.run(command, cwd=scratch, check=False, capture_output=True).returncode == 0:
            sys.exit(f"release_check: the program of the extra {extra} works without it")


def pinned(names: Sequence[str]) -> list[str]:
    """Give the versions of tools that development uses."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = {pin.partition("==")[0]: pin for pin in project["optional-dependencies"]["dev"]}
    return [pins[name] for name in names]


def bare_tree(scratch: Path) -> Path:
    """Copy what tests need without the packages, so that they can only find the installed ones."""
    tree = scratch / "tree"
    for name in ("tests", "examples", "openapi", "scripts", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def passes_suite(python: Path, tree: Path) -> bool:
    """Run the tests in a random order, whose seed is told, and show what fails."""
    run("uv", "pip", "install", "--quiet", "--python", python, *pinned(SUITE_TOOLS))
    workers = str(2 * (os.cpu_count() or 1))
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"random seed {seed}", flush=True)
    order = ("--no-loadscope-reorder", "-p", "randomly", f"--randomly-seed={seed}")
    parallel = ("--numprocesses", workers, "--dist", "loadscope")
    command = [str(python), "-m", "pytest", "-q", "-r", "fE", *parallel, *order, *SUITE]
    done = subprocess.run(command, cwd=tree, check=False, capture_output=True, text=True)
    print(done.stdout.splitlines()[-1] if done.returncode == 0 else done.stdout + done.stderr, flush=True)
    return done.returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Check everything; the first thing that is wrong ends it, but for a suite, after which the others run too."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--suite", action="store_true", help="run the tests in each environment too")
    parser.add_argument("--every-python", action="store_true", help="fail if a Python is not on the machine")
    options = parser.parse_args(arguments)
    pythons = interpreters(every=options.every_python)
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        wheel = build(ROOT / "dist", scratch)
        check_download(wheel, scratch)
        check_extras(wheel, scratch)
        tree = bare_tree(scratch)
        for name, python in environments(wheel, scratch, list(EXTRAS), pythons):
            run(python, "-W", "error", tree / "examples" / "demo.py", cwd=scratch)
            print(f"{name}: the demo works", flush=True)
            if options.suite and not passes_suite(python, tree):
                failed.append(name)
    if failed:
        sys.exit(f"release_check: the tests failed with {'; '.join(failed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
