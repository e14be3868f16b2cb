"""A call of every method that asks a server something, so that a test can try what holds for all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from comfy_facade import AsyncComfyUIApiClient
from tests import prompts

ID = "00000000-0000-4000-8000-000000000000"
FILE = {"filename": "a.png"}

Call = Callable[[AsyncComfyUIApiClient, Path], Awaitable[Any]]

CALLS: dict[str, Call] = {
    "run_prompt": lambda client, _: client.run_prompt(prompts.one_image(), wait_ms=10, timeout=5),
    "submit": lambda client, _: _result(client),
    "queue_prompt": lambda client, _: client.queue_prompt(0, prompt=prompts.one_image()),
    "wait_for_prompt": lambda client, _: client.wait_for_prompt(ID, wait_ms=10, timeout=5),
    "get_prompt_status": lambda client, _: client.get_prompt_status(ID),
    "get_prompt_result": lambda client, _: client.get_prompt_result(ID),
    "get_queue": lambda client, _: client.get_queue(),
    "get_history": lambda client, _: client.get_history(),
    "get_items": lambda client, _: client.get_items("history"),
    "delete_item": lambda client, _: client.delete_item("queue", ID),
    "clear_items": lambda client, _: client.clear_items("history"),
    "interrupt": lambda client, _: client.interrupt(),
    "cancel_prompt": lambda client, _: client.cancel_prompt(ID),
    "get_extensions": lambda client, _: client.get_extensions(),
    "get_embeddings": lambda client, _: client.get_embeddings(),
    "get_node_defs": lambda client, _: client.get_node_defs(),
    "get_samplers": lambda client, _: client.get_samplers(),
    "get_schedulers": lambda client, _: client.get_schedulers(),
    "get_sd_models": lambda client, _: client.get_sd_models(),
    "get_loras": lambda client, _: client.get_loras(),
    "get_vaes": lambda client, _: client.get_vaes(),
    "get_cnet_models": lambda client, _: client.get_cnet_models(),
    "get_upscale_models": lambda client, _: client.get_upscale_models(),
    "get_hypernetworks": lambda client, _: client.get_hypernetworks(),
    "get_model_folders": lambda client, _: client.get_model_folders(),
    "get_models": lambda client, _: client.get_models("checkpoints"),
    "view_metadata": lambda client, _: client.view_metadata("checkpoints", "a.safetensors"),
    "get_logs": lambda client, _: client.get_logs(),
    "get_system_stats": lambda client, _: client.get_system_stats(),
    "get_features": lambda client, _: client.get_features(),
    "free": lambda client, _: client.free(unload_models=True),
    "get_user_config": lambda client, _: client.get_user_config(),
    "create_user": lambda client, _: client.create_user("me"),
    "get_settings": lambda client, _: client.get_settings(),
    "get_setting": lambda client, _: client.get_setting("a"),
    "store_settings": lambda client, _: client.store_settings({"a": 1}),
    "store_setting": lambda client, _: client.store_setting("a", 1),
    "get_user_data": lambda client, _: client.get_user_data("a.txt"),
    "store_user_data": lambda client, _: client.store_user_data("a.txt", b"x"),
    "list_user_data": lambda client, _: client.list_user_data("workflows"),
    "list_user_data with everything": lambda client, _: client.list_user_data("workflows", full_info=True),
    "list_user_data with parts": lambda client, _: client.list_user_data("workflows", split=True),
    "delete_user_data": lambda client, _: client.delete_user_data("a.txt"),
    "move_user_data": lambda client, _: client.move_user_data("a.txt", "b.txt"),
    "upload_image": lambda client, _: client.upload_image(b"x", "x.png"),
    "upload_mask": lambda client, _: client.upload_mask(b"x", "x.png", original=FILE),
    "download": lambda client, directory: client.download(FILE, directory),
}
# They open the websocket, end it, or ask nobody.
ASK_NOTHING = {"init", "close", "events", "view_url", "randomize_prompt"}


async def _result(client: AsyncComfyUIApiClient) -> Any:
    return await (await client.submit(prompts.one_image(), wait_ms=10)).result()
