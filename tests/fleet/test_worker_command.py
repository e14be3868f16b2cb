"""`fleet worker` before it works: stopped while its server is not there, and told what is no name, tag or store."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.timeout(120)]

WORKER = [sys.executable, "-m", "comfy_facade.cli", "fleet", "worker", "--url", "http://127.0.0.1:9"]
BROKER = ["--broker", "memory://", "--results", "cache+memory://"]


@pytest.mark.skipif(sys.platform == "win32", reason="Celery has no workers with signals there")
@pytest.mark.parametrize(("told", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_it_ends_at_once_while_its_server_is_not_there(tmp_path: Path, told: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [*WORKER, *BROKER, "--store", str(tmp_path)], stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as worker:
        try:
            assert worker.stderr is not None
            assert any("is not there yet" in line for line in worker.stderr)
            worker.send_signal(told)
            assert worker.wait(20) == code
        finally:
            worker.kill()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([*BROKER], "a worker needs a store"),
        ([*BROKER, "--store", "made", "--name", "a b"], "the worker's name"),
        ([*BROKER, "--store", "made", "--tag", "a b"], "tag"),
    ],
)
def test_what_it_cannot_work_with_is_a_usage_error(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [*WORKER, *arguments], capture_output=True, text=True, encoding="utf-8", cwd=tmp_path, timeout=60, check=False
    )
    assert (done.returncode, said in done.stderr, "should not happen" in done.stderr) == (2, True, False), done.stderr
