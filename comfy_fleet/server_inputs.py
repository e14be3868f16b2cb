"""The files that prompts read, on one server: each uploaded once, however many prompts want it at a time.

It finds no inputs in a prompt and puts none into the store. It raises what the client and the store raise; whether the
server is lost is for the runner to say.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

import httpx

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_fleet.prompt_task import StoredInput
from comfy_fleet.store import Store

# Where inputs lie on a server, below its directory `input`.
_SUBFOLDER: Final = "fleet"


class ServerInputs:
    """The input files on one server.

    Args:
        client: The server's client.
        store: Where the files are taken from.
    """

    def __init__(self, client: AsyncComfyUIApiClient, store: Store) -> None:
        self._client: Final = client
        self._store: Final = store
        self._uploads: dict[str, asyncio.Future[str]] = {}

    def forget(self) -> None:
        """Trust in no upload of before: the server may be another one now."""
        self._uploads = {}

    async def name_of(self, file: StoredInput) -> str:
        """See that a file is on the server (`HEAD /view`, `POST /upload/image`).

        Args:
            file: The file in the store.

        Returns:
            Its name as a prompt's input.

        Raises:
            ComfyUIError: It could not be uploaded.
            StoreFailedError: It cannot be read.
        """
        upload = self._uploads.get(file.name)
        if upload is None:
            upload = self._uploads[file.name] = asyncio.ensure_future(self._upload(file))
            upload.add_done_callback(partial(self._forget_failed, file.name))
        # Several prompts may wait for one upload; that one of them is cancelled must not end it for the others.
        return await asyncio.shield(upload)

    async def _upload(self, file: StoredInput) -> str:
        if await self._has_input(file):
            return f"{_SUBFOLDER}/{file.name}"
        data = await asyncio.to_thread(self._store.read, file.path)
        uploaded = await self._client.upload_image(data, file.name, subfolder=_SUBFOLDER, overwrite=True)
        return uploaded.name_for_input

    async def _has_input(self, file: StoredInput) -> bool:
        # The name is the content's hash; a file of that name and size was uploaded by this worker's forerunner.
        where = {"filename": file.name, "subfolder": _SUBFOLDER, "type": "input"}
        try:
            answer = await self._client.rest.get_async_httpx_client().head("/view", params=where)
        except httpx.HTTPError:
            # Then the upload tells what is wrong.
            return False
        return answer.status_code == 200 and answer.headers.get("content-length") == str(file.size)

    def _forget_failed(self, name: str, upload: asyncio.Future[str]) -> None:
        if upload.cancelled() or upload.exception() is not None:
            self._uploads.pop(name, None)
