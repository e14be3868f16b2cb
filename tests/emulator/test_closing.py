"""The end of a server: nothing is left of connections that come at the last moment."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from pathlib import Path

import pytest

from comfy_emulator.background import serving
from comfy_emulator.server import Options
from tests import streams


def connect_in(turns: int, port: int, opened: list[socket.socket]) -> None:
    """Connect after so many turns of the loop."""
    if turns:
        asyncio.get_running_loop().call_soon(connect_in, turns - 1, port, opened)
        return
    client = socket.socket()
    opened.append(client)
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", port))


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_that_comes_as_it_ends_is_closed(
    turns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: left.append(unraisable.exc_value))
    opened: list[socket.socket] = []
    async with serving(Options(), tmp_path) as (_, port):
        connect_in(turns, port, opened)
    for _ in range(turns + 2):
        await asyncio.sleep(0)
    for client in opened:
        client.close()
    gc.collect()
    assert left == []


@pytest.mark.parametrize("turns", range(4))
async def test_a_test_server_closes_it_too(turns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: left.append(unraisable.exc_value))
    opened: list[socket.socket] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with streams.serving(handle) as port:
        connect_in(0, port, opened)
        for _ in range(turns):
            await asyncio.sleep(0)
    for client in opened:
        client.close()
    gc.collect()
    assert left == []
