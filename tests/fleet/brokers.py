"""Brokers of the tests' own: from the system's packages, on loopback, at free ports, in directories that vanish."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, Protocol

import pytest

Kind = Literal["redis", "rabbitmq"]

_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_PATIENCE = 60.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Broker(Protocol):
    """A broker that tests can stop and start again."""

    url: str
    port: int

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


class Redis:
    """A private Redis with a password, which keeps what it has on disk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._program = shutil.which("redis-server")
        self.password = secrets.token_hex(8)
        self.port = free_port()
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.results = f"redis://:{self.password}@127.0.0.1:{self.port}/1"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert self._program is not None
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._directory)]
        command += ["--requirepass", self.password, "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_until(lambda: self._answers(), "Redis answers")

    def stop(self) -> None:
        _end(self._process, signal.SIGTERM)
        self._process = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(_PATIENCE)
        self._process = None

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            time.sleep(0.02)
            return b"+PONG" in connection.recv(1000)
        return False


class RabbitMQ:
    """A private RabbitMQ with its own port mapper."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.port = free_port()
        self._mapper_port = free_port()
        self._name = f"test{secrets.token_hex(4)}@localhost"
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            **os.environ,
            "HOME": str(directory),
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_LOGS": str(directory / "log.txt"),
            "RABBITMQ_CONFIG_FILE": str(directory / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(directory / "none.conf"),
            "RABBITMQ_PID_FILE": str(directory / "pid"),
            # Two schedulers that do not spin: the machine has better things to do.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def start(self) -> None:
        (self._directory / "plugins").write_text("[].", encoding="utf-8")
        self._process = subprocess.Popen(
            [str(_RABBITMQ)],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _wait_until(self._answers, "RabbitMQ answers")

    def stop(self) -> None:
        _end(self._process, signal.SIGTERM)
        self._process = None

    def kill(self) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            _wait_until(lambda: not self._answers(), "RabbitMQ is gone")

    def end(self) -> None:
        """End the port mapper as well."""
        self.stop()
        subprocess.run(["epmd", "-kill"], env=self._environment, capture_output=True, check=False)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.settimeout(2)
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return len(connection.recv(8)) == 8
        return False


def _end(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if process is not None:
        process.send_signal(number)
        process.wait(_PATIENCE)


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


def missing(kind: Kind) -> str | None:
    """Why there is no such broker, if so."""
    if kind == "redis":
        return None if shutil.which("redis-server") else "no redis-server here: apt-get install redis-server"
    return None if _RABBITMQ.exists() else "no rabbitmq-server here: apt-get install rabbitmq-server"


@contextlib.contextmanager
def private_redis() -> Iterator[Redis]:
    """A Redis of one's own; skips the test where there is none."""
    if reason := missing("redis"):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="redis-", ignore_cleanup_errors=True) as directory:
        redis = Redis(Path(directory))
        redis.start()
        try:
            yield redis
        finally:
            redis.kill()


@contextlib.contextmanager
def private_rabbitmq() -> Iterator[RabbitMQ]:
    """A RabbitMQ of one's own; skips the test where there is none."""
    if reason := missing("rabbitmq"):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="rabbitmq-", ignore_cleanup_errors=True) as directory:
        rabbitmq = RabbitMQ(Path(directory))
        rabbitmq.start()
        try:
            yield rabbitmq
        finally:
            rabbitmq.end()
