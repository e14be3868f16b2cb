"""The requests of every operation, and the typed models of some answers: the only module that knows the bindings.

Each function gives what `httpx.AsyncClient.request` takes, made by the generated bindings, which follow the contract.
It sends nothing and judges no answer. Each generated endpoint module has a pure half, which makes a request, and only
that half is used: the other would send it past the transport. Endpoints and models are imported when they are first
needed, for they are many.
"""

# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, cast

import httpx

from comfy_facade.outputs import FileReference
from comfy_facade.raw_json import RawObject
from comfy_facade.settings import Settings

if TYPE_CHECKING:
    # Under their own names: methods say in their signatures which of these they give.
    from comfy_rest import Client as Client
    from comfy_rest.models import ServerFeatures as ServerFeatures
    from comfy_rest.models import SystemStats as SystemStats
    from comfy_rest.models import UserConfiguration as UserConfiguration
    from comfy_rest.models import UserFile as UserFile
    from comfy_rest.types import File

Arguments = dict[str, Any]
"""What `httpx.AsyncClient.request` takes, `url` relative to the server's base path."""


def queue_prompt(body: RawObject) -> Arguments:
    from comfy_rest.api.prompt import queue_prompt
    from comfy_rest.models import QueuePromptRequest

    return queue_prompt._get_kwargs(body=QueuePromptRequest.from_dict(body))


def get_queue() -> Arguments:
    from comfy_rest.api.queue import get_queue

    return get_queue._get_kwargs()


def update_queue(body: RawObject) -> Arguments:
    from comfy_rest.api.queue import update_queue
    from comfy_rest.models import QueueUpdate

    return update_queue._get_kwargs(body=QueueUpdate.from_dict(body))


def interrupt(prompt_id: str | None) -> Arguments:
    from comfy_rest.api.queue import interrupt
    from comfy_rest.models import InterruptRequest

    return interrupt._get_kwargs(body=InterruptRequest.from_dict({} if prompt_id is None else {"prompt_id": prompt_id}))


def get_history(max_items: int, offset: int | None) -> Arguments:
    from comfy_rest.api.history import get_history
    from comfy_rest.types import UNSET

    return get_history._get_kwargs(max_items=max_items, offset=UNSET if offset is None else offset)


def get_history_entry(prompt_id: str) -> Arguments:
    from comfy_rest.api.history import get_history_entry

    return get_history_entry._get_kwargs(prompt_id)


def update_history(body: RawObject) -> Arguments:
    from comfy_rest.api.history import update_history
    from comfy_rest.models import HistoryUpdate

    return update_history._get_kwargs(body=HistoryUpdate.from_dict(body))


def cancel_job(prompt_id: str) -> Arguments:
    from comfy_rest.api.jobs import cancel_job

    return cancel_job._get_kwargs(prompt_id)


def view_file(file: FileReference) -> Arguments:
    from comfy_rest.api.files import view_file

    # No address can carry half a surrogate pair, which JSON can: such a file is named, but not to be had.
    filename, subfolder = (name.encode("utf-8", "replace").decode() for name in (file.filename, file.subfolder))
    arguments = view_file._get_kwargs(filename=filename, subfolder=subfolder)
    # Custom nodes may name a directory of their own, which is none of the contract's.
    arguments["params"]["type"] = file.type
    return arguments


def upload_image(file: IO[bytes], filename: str, mime_type: str, fields: RawObject) -> Arguments:
    from comfy_rest.api.files import upload_image
    from comfy_rest.models import UploadImageRequest

    body = UploadImageRequest(image=_file(file, filename, mime_type))
    body.additional_properties = dict(fields)
    return upload_image._get_kwargs(body=body)


def upload_mask(file: IO[bytes], filename: str, mime_type: str, original: str, fields: RawObject) -> Arguments:
    from comfy_rest.api.files import upload_mask
    from comfy_rest.models import UploadMaskRequest

    body = UploadMaskRequest(image=_file(file, filename, mime_type), original_ref=original)
    body.additional_properties = dict(fields)
    return upload_mask._get_kwargs(body=body)


def _file(file: IO[bytes], filename: str, mime_type: str) -> File:
    from comfy_rest.types import File

    return File(cast("Any", file), filename, mime_type)


def get_node_definitions() -> Arguments:
    from comfy_rest.api.nodes import get_node_definitions

    return get_node_definitions._get_kwargs()


def get_node_definition(node_class: str) -> Arguments:
    from comfy_rest.api.nodes import get_node_definition

    return get_node_definition._get_kwargs(node_class)


def get_extensions() -> Arguments:
    from comfy_rest.api.system import get_extensions

    return get_extensions._get_kwargs()


def get_embeddings() -> Arguments:
    from comfy_rest.api.system import get_embeddings

    return get_embeddings._get_kwargs()


def get_system_stats() -> Arguments:
    from comfy_rest.api.system import get_system_stats

    return get_system_stats._get_kwargs()


def get_features() -> Arguments:
    from comfy_rest.api.system import get_features

    return get_features._get_kwargs()


def free_memory(*, unload_models: bool, free_memory: bool) -> Arguments:
    from comfy_rest.api.system import free_memory as endpoint
    from comfy_rest.models import FreeMemoryRequest

    return endpoint._get_kwargs(
        body=FreeMemoryRequest.from_dict({"unload_models": unload_models, "free_memory": free_memory})
    )


def get_logs() -> Arguments:
    from comfy_rest.api.internal import get_logs

    return get_logs._get_kwargs()


def get_model_folders() -> Arguments:
    from comfy_rest.api.models import get_model_folders

    return get_model_folders._get_kwargs()


def get_models(folder: str) -> Arguments:
    from comfy_rest.api.models import get_models

    return get_models._get_kwargs(folder)


def view_metadata(folder: str, filename: str) -> Arguments:
    from comfy_rest.api.files import view_metadata

    return view_metadata._get_kwargs(folder, filename=filename)


def get_users() -> Arguments:
    from comfy_rest.api.users import get_users

    return get_users._get_kwargs()


def create_user(username: str) -> Arguments:
    from comfy_rest.api.users import create_user
    from comfy_rest.models import CreateUserRequest

    return create_user._get_kwargs(body=CreateUserRequest.from_dict({"username": username}))


def get_settings() -> Arguments:
    from comfy_rest.api.settings import get_settings

    return get_settings._get_kwargs()


def store_settings(settings: RawObject) -> Arguments:
    from comfy_rest.api.settings import store_settings
    from comfy_rest.models import Settings as SettingsBody

    return store_settings._get_kwargs(body=SettingsBody.from_dict(settings))


def get_setting(setting_id: str) -> Arguments:
    from comfy_rest.api.settings import get_setting

    return get_setting._get_kwargs(setting_id)


def store_setting(setting_id: str, value: object) -> Arguments:
    from comfy_rest.api.settings import store_setting

    return store_setting._get_kwargs(setting_id, body=value)


def get_user_data(file: str) -> Arguments:
    from comfy_rest.api.userdata import get_user_data

    return get_user_data._get_kwargs(file)


def store_user_data(file: str, *, overwrite: bool) -> Arguments:
    from comfy_rest.api.userdata import store_user_data
    from comfy_rest.types import File

    # The content is set by the caller: the bindings take a file, which an asynchronous request cannot read.
    return store_user_data._get_kwargs(file, body=File(cast("Any", b"")), overwrite=overwrite, full_info=True)


def list_user_data(directory: str, *, recurse: bool, full_info: bool, split: bool) -> Arguments:
    from comfy_rest.api.userdata import list_user_data

    return list_user_data._get_kwargs(dir_=directory, recurse=recurse, full_info=full_info, split=split)


def delete_user_data(file: str) -> Arguments:
    from comfy_rest.api.userdata import delete_user_data

    return delete_user_data._get_kwargs(file)


def move_user_data(file: str, dest: str, *, overwrite: bool) -> Arguments:
    from comfy_rest.api.userdata import move_user_data

    return move_user_data._get_kwargs(file, dest, overwrite=overwrite, full_info=True)


def parse_features(raw: RawObject) -> ServerFeatures:
    from comfy_rest.models import ServerFeatures

    return ServerFeatures.from_dict(raw)


def parse_system_stats(raw: RawObject) -> SystemStats:
    from comfy_rest.models import SystemStats

    return SystemStats.from_dict(raw)


def parse_user_configuration(raw: RawObject) -> UserConfiguration:
    from comfy_rest.models import UserConfiguration

    return UserConfiguration.from_dict(raw)


def parse_user_file(raw: RawObject) -> UserFile:
    from comfy_rest.models import UserFile

    return UserFile.from_dict(raw)


def bindings_client(settings: Settings, client: httpx.Client, async_client: httpx.AsyncClient) -> Client:
    """Make a client of the generated bindings, for operations that the facade has no method for.

    Args:
        settings: Where to.
        client: What its requests go through; it holds the credentials.
        async_client: The same for asynchronous code.

    Returns:
        The client.
    """
    from comfy_rest import Client

    bindings = Client(base_url=settings.base_url, timeout=httpx.Timeout(settings.timeout))
    return bindings.set_httpx_client(client).set_async_httpx_client(async_client)
