"""The synchronous client: every method of the asynchronous one, lifted, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import httpx

from comfy_facade._platform import new_portal
from comfy_facade._portal import lift, lift_as
from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.outputs import FileReference
from comfy_facade.settings import DEFAULT_HOST, Verify
from comfy_facade.sync_values import SyncEventStream, SyncJob, sync_result
from comfy_ws import BacklogLimits, Connector

if TYPE_CHECKING:
    from comfy_facade._rest import Client


class ComfyUIApiClient:
    """A client of one ComfyUI server for synchronous code.

    It takes what `AsyncComfyUIApiClient` takes and has its methods without `await`. It may be used from several
    threads, and within a running event loop too. Callbacks run in a thread that waits in one of its methods or in the
    client's own, and cannot call its methods. A client that is not closed ends once nobody holds it any more, nor its
    jobs, its event streams or files of its results.
    `http_client` is an `httpx.AsyncClient` that nobody else uses, and its own `timeout` counts.

    Example:
        ```python
        with ComfyUIApiClient("127.0.0.1:8188") as client:
            result = client.run_prompt(prompt)
        ```
    """

    def __init__(
        self,
        api_host: str = DEFAULT_HOST,
        *,
        api_base: str = "",
        client_id: str = "",
        session_name: str = "",
        user: str = "",
        ssl: bool = False,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | tuple[str, str] | str | None = None,
        verify: Verify = True,
        timeout: float = 60.0,
        http_client: httpx.AsyncClient | None = None,
        websocket: bool = True,
        websocket_factory: Connector | None = None,
        outage_timeout: float = 120.0,
    ) -> None:
        self.portal: Final = new_portal()
        self.lifted: Final = AsyncComfyUIApiClient(
            api_host,
            api_base=api_base,
            client_id=client_id,
            session_name=session_name,
            user=user,
            ssl=ssl,
            url=url,
            headers=headers,
            auth=auth,
            verify=verify,
            timeout=timeout,
            http_client=http_client,
            websocket=websocket,
            websocket_factory=websocket_factory,
            outage_timeout=outage_timeout,
        )
        self.portal.end_with(self.lifted.close)

    run_prompt = lift_as(AsyncComfyUIApiClient.run_prompt, sync_result)
    submit = lift_as(AsyncComfyUIApiClient.submit, SyncJob)
    queue_prompt = lift(AsyncComfyUIApiClient.queue_prompt)
    wait_for_prompt = lift(AsyncComfyUIApiClient.wait_for_prompt)
    get_prompt_status = lift(AsyncComfyUIApiClient.get_prompt_status)
    get_prompt_result = lift_as(AsyncComfyUIApiClient.get_prompt_result, sync_result)
    get_queue = lift(AsyncComfyUIApiClient.get_queue)
    get_history = lift(AsyncComfyUIApiClient.get_history)
    get_items = lift(AsyncComfyUIApiClient.get_items)
    interrupt = lift(AsyncComfyUIApiClient.interrupt)
    cancel_prompt = lift(AsyncComfyUIApiClient.cancel_prompt)
    download = lift(AsyncComfyUIApiClient.download)
    delete_item = lift(AsyncComfyUIApiClient.delete_item)
    clear_items = lift(AsyncComfyUIApiClient.clear_items)
    get_extensions = lift(AsyncComfyUIApiClient.get_extensions)
    get_embeddings = lift(AsyncComfyUIApiClient.get_embeddings)
    get_node_defs = lift(AsyncComfyUIApiClient.get_node_defs)
    get_system_stats = lift(AsyncComfyUIApiClient.get_system_stats)
    get_features = lift(AsyncComfyUIApiClient.get_features)
    get_user_config = lift(AsyncComfyUIApiClient.get_user_config)
    create_user = lift(AsyncComfyUIApiClient.create_user)
    get_settings = lift(AsyncComfyUIApiClient.get_settings)
    get_setting = lift(AsyncComfyUIApiClient.get_setting)
    store_settings = lift(AsyncComfyUIApiClient.store_settings)
    store_setting = lift(AsyncComfyUIApiClient.store_setting)
    get_user_data = lift(AsyncComfyUIApiClient.get_user_data)
    store_user_data = lift(AsyncComfyUIApiClient.store_user_data)
    list_user_data = lift(AsyncComfyUIApiClient.list_user_data)
    delete_user_data = lift(AsyncComfyUIApiClient.delete_user_data)
    move_user_data = lift(AsyncComfyUIApiClient.move_user_data)
    free = lift(AsyncComfyUIApiClient.free)
    upload_image = lift(AsyncComfyUIApiClient.upload_image)
    upload_mask = lift(AsyncComfyUIApiClient.upload_mask)
    get_model_folders = lift(AsyncComfyUIApiClient.get_model_folders)
    get_models = lift(AsyncComfyUIApiClient.get_models)
    view_metadata = lift(AsyncComfyUIApiClient.view_metadata)
    get_logs = lift(AsyncComfyUIApiClient.get_logs)
    get_samplers = lift(AsyncComfyUIApiClient.get_samplers)
    get_schedulers = lift(AsyncComfyUIApiClient.get_schedulers)
    get_sd_models = lift(AsyncComfyUIApiClient.get_sd_models)
    get_loras = lift(AsyncComfyUIApiClient.get_loras)
    get_vaes = lift(AsyncComfyUIApiClient.get_vaes)
    get_cnet_models = lift(AsyncComfyUIApiClient.get_cnet_models)
    get_upscale_models = lift(AsyncComfyUIApiClient.get_upscale_models)
    get_hypernetworks = lift(AsyncComfyUIApiClient.get_hypernetworks)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.lifted.base_url}>"

    @property
    def client_id(self) -> str:
        """The id under which the server sends this client its events."""
        return self.lifted.client_id

    @property
    def base_url(self) -> str:
        """The server's address with its base path, without credentials."""
        return self.lifted.base_url

    @property
    def rest(self) -> Client:
        """The client of the generated bindings `comfy_rest`, for operations without a method here."""
        return self.lifted.rest

    def randomize_prompt(self, prompt: dict[str, Any]) -> dict[tuple[str, str], int]:
        """Set fresh seeds in a prompt, in place; see `AsyncComfyUIApiClient.randomize_prompt`."""
        return self.lifted.randomize_prompt(prompt)

    def view_url(self, file: FileReference | Mapping[str, Any]) -> str:
        """Give the address of a file on the server; see `AsyncComfyUIApiClient.view_url`."""
        return self.lifted.view_url(file)

    def events(self, *, limits: BacklogLimits | None = None) -> SyncEventStream:
        """Listen to everything the server tells this client; see `AsyncComfyUIApiClient.events`."""
        return SyncEventStream(self.portal, self.portal.run_plain(self.lifted.events, limits=limits))

    def init(self) -> Self:
        """Open the websocket now rather than with the first run; see `AsyncComfyUIApiClient.init`."""
        self.portal.call(self.lifted.init)
        return self

    def close(self) -> None:
        """Close the websocket, all connections, and the client's event loop."""
        try:
            if self.portal.is_open:
                self.portal.call(self.lifted.close)
        finally:
            self.portal.close()

    def __enter__(self) -> Self:
        try:
            return self.init()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
