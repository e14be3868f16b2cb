"""Downloads and uploads: streamed, resumed, and never half there."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import comfy_emulator
from comfy_facade import (
    AsyncComfyUIApiClient,
    ConnectionFailedError,
    FileReference,
    UnexpectedResponseError,
    UploadTooLargeError,
    _download,
)
from tests.streams import serving

FILE = FileReference("big.bin")
CONTENT = bytes(range(256)) * 40_000


class CuttingServer:
    """Serves one file over plain sockets, and breaks connections as it is told."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.version = '"1"'
        self.serves_ranges = True
        self.cut_after: list[int | None] = []
        self.ranges: list[str | None] = []
        self.shift = 0
        self.content_range: str | None = None
        self.is_partial = False

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            wanted = re.search(r"(?im)^range: bytes=(\d+)-\r$", head)
            validator = re.search(r"(?im)^if-range: (.*)\r$", head)
            self.ranges.append(wanted[1] if wanted else None)
            start = 0
            status = "200 OK"
            extra = ""
            if wanted and self.serves_ranges and validator and validator[1] == self.version:
                start = max(0, int(wanted[1]) + self.shift)
                status = "206 Partial Content"
                said = self.content_range or "bytes {start}-{last}/{size}"
                size = len(self.content)
                extra = f"Content-Range: {said.format(start=start, last=size - 1, size=size)}\r\n"
            elif self.is_partial:
                start = 5
                status = "206 Partial Content"
                extra = f"Content-Range: bytes 5-{len(self.content) - 1}/{len(self.content)}\r\n"
            body = self.content[start:]
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nETag: {self.version}\r\n{extra}"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            )
            limit = self.cut_after.pop(0) if self.cut_after else None
            writer.write(body if limit is None else body[:limit])
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def cutting() -> AsyncIterator[tuple[CuttingServer, AsyncComfyUIApiClient]]:
    behaviour = CuttingServer()
    async with (
        serving(behaviour.answer) as port,
        AsyncComfyUIApiClient(f"127.0.0.1:{port}", websocket=False) as client,
    ):
        yield behaviour, client


Cutting = tuple[CuttingServer, AsyncComfyUIApiClient]


async def test_a_broken_download_is_resumed(cutting: Cutting, tmp_path: Path) -> None:
    server, client = cutting
    server.cut_after = [1_000_000, 2_500_000]
    saved = await client.download(FILE, tmp_path / "out.bin")
    assert saved.read_bytes() == CONTENT
    first, second, third = server.ranges
    assert first is None
    assert 0 < int(second or 0) <= 1_000_000
    assert int(second or 0) < int(third or 0) <= 3_500_000
    assert [path.name for path in tmp_path.iterdir()] == ["out.bin"]


async def test_without_ranges_it_begins_again(cutting: Cutting, tmp_path: Path) -> None:
    server, client = cutting
    server.serves_ranges = False
    server.cut_after = [1_000_000, 2_500_000]
    assert (await client.download(FILE, tmp_path / "out.bin")).read_bytes() == CONTENT


async def test_attempts_that_take_turns_come_to_an_end(
    cutting: Cutting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_download, "_FIRST_PAUSE", 0.001)
    server, client = cutting
    server.serves_ranges = False
    server.cut_after = [1_000_000, 2_500_000] * 10
    with pytest.raises(ConnectionFailedError):
        await client.download(FILE, tmp_path / "out.bin")
    # The second came furthest.
    assert len(server.ranges) == 7
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_changed_meanwhile_is_not_patched_together(cutting: Cutting, tmp_path: Path) -> None:
    server, client = cutting
    server.cut_after = [1_000_000]
    download = asyncio.create_task(client.download(FILE, tmp_path / "out.bin"))
    async with asyncio.timeout(5):
        while not server.ranges:
            await asyncio.sleep(0.001)
    server.content, server.version = CONTENT[::-1], '"2"'
    assert (await download).read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("shift", [-1000, 1000])
async def test_a_part_that_was_not_asked_for_is_not_taken(cutting: Cutting, tmp_path: Path, shift: int) -> None:
    server, client = cutting
    server.shift = shift
    server.cut_after = [1_000_000]
    assert (await client.download(FILE, tmp_path / "out.bin")).read_bytes() == CONTENT
    assert [wanted is None for wanted in server.ranges] == [True, False, True]


@pytest.mark.parametrize(
    "content_range",
    [
        "bytes {start}-{last}/5",
        "bytes {start}-{start}/{size}",
        "bytes {start}-5/{size}",
        "bytes {start}-{size}/{size}",
        "bytes */{size}",
        "items {start}-{last}/{size}",
        "nothing",
    ],
)
async def test_a_part_that_contradicts_itself_is_not_taken(
    cutting: Cutting, tmp_path: Path, content_range: str
) -> None:
    server, client = cutting
    server.content_range = content_range
    server.cut_after = [1_000_000]
    assert (await client.download(FILE, tmp_path / "out.bin")).read_bytes() == CONTENT
    assert [wanted is None for wanted in server.ranges] == [True, False, True]


@pytest.mark.parametrize("content_range", ["bytes {start}-{last}/*", "Bytes {start}-{last}/{size}"])
async def test_a_part_may_leave_the_whole_size_open(cutting: Cutting, tmp_path: Path, content_range: str) -> None:
    server, client = cutting
    server.content_range = content_range
    server.cut_after = [1_000_000]
    assert (await client.download(FILE, tmp_path / "out.bin")).read_bytes() == CONTENT
    assert len(server.ranges) == 2


async def test_a_part_of_a_file_of_another_size_is_not_taken(cutting: Cutting, tmp_path: Path) -> None:
    server, client = cutting
    server.cut_after = [1_000_000]
    download = asyncio.create_task(client.download(FILE, tmp_path / "out.bin"))
    async with asyncio.timeout(5):
        while not server.ranges:
            await asyncio.sleep(0.001)
    server.content = CONTENT[::-1] + b"more"
    assert (await download).read_bytes() == CONTENT[::-1] + b"more"


async def test_a_part_that_nobody_asked_for_is_given_up(cutting: Cutting, tmp_path: Path) -> None:
    server, client = cutting
    server.is_partial = True
    with pytest.raises(UnexpectedResponseError):
        await client.download(FILE, tmp_path / "out.bin")
    assert list(tmp_path.iterdir()) == []
    assert server.ranges == [None]


async def test_a_connection_that_brings_nothing_is_given_up(cutting: Cutting, tmp_path: Path) -> None:
    server, client = cutting
    server.cut_after = [1_000_000, *[0] * 20]
    with pytest.raises(ConnectionFailedError):
        await client.download(FILE, tmp_path / "out.bin")
    assert list(tmp_path.iterdir()) == []
    assert len(server.ranges) == 6


async def test_a_cancelled_download_leaves_nothing(cutting: Cutting, tmp_path: Path) -> None:
    server, client = cutting
    server.content = b"x" * 50_000_000
    download = asyncio.create_task(client.download(FILE, tmp_path / "out.bin"))
    async with asyncio.timeout(5):
        while not list(tmp_path.iterdir()):
            await asyncio.sleep(0.001)
    download.cancel()
    with pytest.raises(asyncio.CancelledError):
        await download
    assert list(tmp_path.iterdir()) == []


async def test_an_existing_file_stays_until_the_new_one_is_whole(cutting: Cutting, tmp_path: Path) -> None:
    server, client = cutting
    (tmp_path / "out.bin").write_text("old", encoding="utf-8")
    server.cut_after = [0] * 20
    with pytest.raises(ConnectionFailedError):
        await client.download(FILE, tmp_path / "out.bin")
    assert (tmp_path / "out.bin").read_text(encoding="utf-8") == "old"


class LargeServer:
    """Takes and gives large files without ever holding one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.received = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("POST"):
            (length,) = re.findall(r"(?im)^content-length: (\d+)\r$", head)
            left = int(length)
            while left:
                left -= len(await reader.read(min(left, 2**16)))
            self.received = int(length)
            body = b'{"name": "big.bin", "subfolder": "", "type": "input"}'
        elif "/features" in head:
            body = b"{}"
        else:
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {self.size}\r\nConnection: close\r\n\r\n".encode())
            chunk = bytes(2**16)
            for _ in range(self.size // len(chunk)):
                writer.write(chunk)
                await writer.drain()
            writer.close()
            return
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        writer.close()


async def test_large_files_go_through_in_little_memory(tmp_path: Path) -> None:
    size = 200 * 2**20
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(size)
    behaviour = LargeServer(size)
    async with (
        serving(behaviour.answer) as port,
        AsyncComfyUIApiClient(f"127.0.0.1:{port}", websocket=False) as client,
    ):
        await client.upload_image(b"warm", "up.png")
        tracemalloc.start()
        try:
            uploaded = await client.upload_image(big)
            saved = await client.download(uploaded, tmp_path / "back.bin")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 16 * 2**20
    assert size < behaviour.received < size + 2**12
    assert saved.stat().st_size == size


async def test_a_server_that_says_no_to_the_size(tmp_path: Path) -> None:
    with comfy_emulator.running(max_upload_size=1_000_000) as emulator:
        async with AsyncComfyUIApiClient(url=emulator.url, websocket=False) as client:
            with pytest.raises(UploadTooLargeError) as caught:
                await client.upload_image(b"x" * 1_000_001, "a.png")
            assert (caught.value.size, caught.value.limit) == (1_000_001, 1_000_000)
            assert [path for _, path, _ in emulator.requests] == ["/api/features"]
            assert (await client.upload_image(b"x" * 999_000, "a.png")).filename == "a.png"


async def test_a_page_is_not_saved_for_a_picture(tmp_path: Path) -> None:
    async def login(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        page = b"<html>log in</html>"
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
            + f"Content-Length: {len(page)}\r\n\r\n".encode()
            + page
        )
        writer.close()

    async with serving(login) as port, AsyncComfyUIApiClient(f"127.0.0.1:{port}", websocket=False) as client:
        with pytest.raises(UnexpectedResponseError, match="log in") as caught:
            await client.download(FileReference("a.png"), tmp_path / "a.png")
        assert (caught.value.status, caught.value.route) == (200, "GET /api/view")
    assert list(tmp_path.iterdir()) == []
