"""What works, and what is said, where the extra is not installed; and that the facade loads none of it."""

from __future__ import annotations

import subprocess
import sys

_WITHOUT = "import sys; sys.modules.update(dict.fromkeys(['celery', 'kombu', 'redis', 'fsspec', 'amqp']));"


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


def test_the_command_line_names_the_extra_in_two_lines() -> None:
    for command in (["fleet", "status", "--broker", "redis://x"], ["fleet", "worker", "--broker", "redis://x"]):
        done = run(f"{_WITHOUT} from comfy_facade.cli import main; sys.exit(main({command!r}))")
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 2
        assert 'pip install "comfy-facade[fleet]"' in done.stderr


def test_a_local_fleet_needs_no_extra() -> None:
    done = run(f"{_WITHOUT} from comfy_fleet import Fleet; Fleet.local(['http://127.0.0.1:9']).close(); print('done')")
    assert done.stdout.strip() == "done", done.stderr


def test_the_facade_loads_no_fleet() -> None:
    done = run(
        "import sys, comfy_facade.client, comfy_facade.cli.application as a; a.make_application();"
        "print([name for name in sys.modules if name.startswith(('comfy_fleet', 'celery', 'kombu', 'fsspec'))])"
    )
    assert done.stdout.strip() == "[]", done.stderr
