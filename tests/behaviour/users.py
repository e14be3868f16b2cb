"""What holds on any server that keeps several users apart."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from comfy_facade import (
    AsyncComfyUIApiClient,
    AuthenticationError,
    ComfyUIApiClient,
    NotFoundError,
    UnexpectedResponseError,
)
from tests import prompts
from tests.servers import ServerUnderTest


class MultiUserBehaviour:
    """Users who are told apart by their header."""

    @pytest.fixture
    async def names(self, server: ServerUnderTest) -> tuple[str, str]:
        """The ids of two new users."""
        async with AsyncComfyUIApiClient(url=server.url, websocket=False) as nobody:
            first, second = [await nobody.create_user(f"suite {uuid.uuid4().hex}") for _ in range(2)]
        return first, second

    @pytest.fixture
    async def both(
        self, server: ServerUnderTest, names: tuple[str, str]
    ) -> AsyncIterator[tuple[AsyncComfyUIApiClient, AsyncComfyUIApiClient]]:
        async with (
            AsyncComfyUIApiClient(url=server.url, user=names[0]) as first,
            AsyncComfyUIApiClient(url=server.url, user=names[1]) as second,
        ):
            yield first, second

    async def test_users_are_listed(self, server: ServerUnderTest) -> None:
        name = f"suite {uuid.uuid4().hex}"
        async with AsyncComfyUIApiClient(url=server.url, websocket=False) as nobody:
            user = await nobody.create_user(name)
            config = await nobody.get_user_config()
            assert config.users
            assert config.users[user] == name
            with pytest.raises(UnexpectedResponseError) as caught:
                await nobody.create_user(name)
            assert (caught.value.status, caught.value.body) == (400, '{"error": "Duplicate username."}')
            with pytest.raises(UnexpectedResponseError) as caught:
                await nobody.create_user(" ")
            assert caught.value.status == (500 if server.is_old else 400)

    async def test_settings_are_kept_apart(self, both: tuple[AsyncComfyUIApiClient, AsyncComfyUIApiClient]) -> None:
        first, second = both
        await first.store_setting("Suite.mine", 1)
        await second.store_settings({"Suite.mine": 2, "Suite.more": [3]})
        assert await first.get_settings() == {"Suite.mine": 1}
        assert await second.get_settings() == {"Suite.mine": 2, "Suite.more": [3]}
        assert await first.get_setting("Suite.more") is None

    async def test_files_are_kept_apart(self, both: tuple[AsyncComfyUIApiClient, AsyncComfyUIApiClient]) -> None:
        first, second = both
        await first.store_user_data("workflows/a.json", b"first")
        with pytest.raises(NotFoundError):
            await second.get_user_data("workflows/a.json")
        await second.store_user_data("workflows/a.json", b"second", overwrite=False)
        assert await first.get_user_data("workflows/a.json") == b"first"
        await first.delete_user_data("workflows/a.json")
        assert await first.list_user_data("workflows") == []
        assert await second.list_user_data("workflows") == ["a.json"]

    async def test_users_share_the_queue(self, both: tuple[AsyncComfyUIApiClient, AsyncComfyUIApiClient]) -> None:
        first, second = both
        result = await first.run_prompt(prompts.one_image(), timeout=20)
        assert (await result.images[0].read()).startswith(b"\x89PNG")
        assert len((await second.get_prompt_result(result.prompt_id)).images) == 1

    def test_synchronous_code(self, server: ServerUnderTest) -> None:
        with ComfyUIApiClient(url=server.url, websocket=False) as nobody:
            user = nobody.create_user(f"suite {uuid.uuid4().hex}")
        with ComfyUIApiClient(url=server.url, websocket=False, user=user) as client:
            client.store_setting("Suite.mine", 1)
            assert client.get_settings() == {"Suite.mine": 1}

    @pytest.mark.parametrize("user", ["", "ghost"])
    async def test_a_user_that_is_none_is_told(self, server: ServerUnderTest, user: str) -> None:
        async with AsyncComfyUIApiClient(url=server.url, user=user) as client:
            for call in (client.get_settings(), client.get_setting("a"), client.store_setting("a", 1)):
                with pytest.raises(AuthenticationError, match="user=") as refused:
                    await call
                assert refused.value.status == 401
            calls: list[Callable[[], Awaitable[Any]]] = [
                lambda: client.get_user_data("a.txt"),
                lambda: client.store_user_data("a.txt", b"x"),
                lambda: client.list_user_data("workflows"),
                lambda: client.delete_user_data("a.txt"),
                lambda: client.move_user_data("a.txt", "b.txt"),
            ]
            for ask in calls:
                # The server knows no better answer than that it failed.
                with pytest.raises(UnexpectedResponseError, match="check user=") as failed:
                    await ask()
                assert failed.value.status == 500
            assert await client.get_system_stats()
