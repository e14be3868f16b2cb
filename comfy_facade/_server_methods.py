"""The client's methods for the server itself: its state, its node classes, its models, its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_facade import _rest
from comfy_facade._answers import required_object, required_text, required_texts
from comfy_facade._core import ClientCore
from comfy_facade.node_defs import NodeDefs
from comfy_facade.raw_json import RawObject

if TYPE_CHECKING:
    from comfy_facade._rest import ServerFeatures, SystemStats


class ServerMethods:
    """What a client asks of the server itself."""

    _core: ClientCore

    async def get_system_stats(self) -> SystemStats:
        """Read versions, memory and devices (`GET /system_stats`).

        Returns:
            The state; memory is in bytes.
        """
        return await self._core.transport.json(
            _rest.get_system_stats(), lambda value: _rest.parse_system_stats(required_object(value))
        )

    async def get_features(self) -> ServerFeatures:
        """Read what the server says it can do (`GET /features`).

        Returns:
            The features; `max_upload_size` is in bytes.
        """
        return await self._core.transport.json(
            _rest.get_features(), lambda value: _rest.parse_features(required_object(value))
        )

    async def get_extensions(self) -> list[str]:
        """List the interface's extensions (`GET /extensions`).

        Returns:
            The paths of their scripts on the server.
        """
        return await self._texts(_rest.get_extensions())

    async def get_embeddings(self) -> list[str]:
        """List the embeddings (`GET /embeddings`).

        Returns:
            Their names, without suffix.
        """
        return await self._texts(_rest.get_embeddings())

    async def get_node_defs(self) -> NodeDefs:
        """Read the definitions of all node classes (`GET /object_info`).

        The client keeps them, so that `randomize_prompt` and runs find seeds by their definition.

        Returns:
            The definitions by class name, parsed as they are read.
        """
        return await self._core.read_node_defs()

    async def get_samplers(self) -> list[str]:
        """List the samplers that `KSampler` takes (`GET /object_info/{node_class}`).

        Returns:
            Their names.
        """
        return await self._choices("KSampler", "sampler_name")

    async def get_schedulers(self) -> list[str]:
        """List the schedulers that `KSampler` takes (`GET /object_info/{node_class}`).

        Returns:
            Their names.
        """
        return await self._choices("KSampler", "scheduler")

    async def get_sd_models(self) -> list[str]:
        """List the checkpoints that `CheckpointLoaderSimple` takes (`GET /object_info/{node_class}`).

        Returns:
            Their file names.
        """
        return await self._choices("CheckpointLoaderSimple", "ckpt_name")

    async def get_loras(self) -> list[str]:
        """List the LoRAs that `LoraLoader` takes (`GET /object_info/{node_class}`).

        Returns:
            Their file names.
        """
        return await self._choices("LoraLoader", "lora_name")

    async def get_vaes(self) -> list[str]:
        """List the VAEs that `VAELoader` takes (`GET /object_info/{node_class}`).

        Returns:
            Their names.
        """
        return await self._choices("VAELoader", "vae_name")

    async def get_cnet_models(self) -> list[str]:
        """List the control nets that `ControlNetLoader` takes (`GET /object_info/{node_class}`).

        Returns:
            Their file names.
        """
        return await self._choices("ControlNetLoader", "control_net_name")

    async def get_upscale_models(self) -> list[str]:
        """List the models that `UpscaleModelLoader` takes (`GET /object_info/{node_class}`).

        Returns:
            Their file names.
        """
        return await self._choices("UpscaleModelLoader", "model_name")

    async def get_hypernetworks(self) -> list[str]:
        """List the hypernetworks that `HypernetworkLoader` takes (`GET /object_info/{node_class}`).

        Returns:
            Their file names.
        """
        return await self._choices("HypernetworkLoader", "hypernetwork_name")

    async def get_model_folders(self) -> list[str]:
        """List the kinds of models that the server keeps (`GET /models`).

        Returns:
            The folders' names: `"checkpoints"`, `"loras"` ...
        """
        return await self._texts(_rest.get_model_folders())

    async def get_models(self, folder: str) -> list[str]:
        """List the models of one kind (`GET /models/{folder}`).

        Args:
            folder: One of `get_model_folders`.

        Returns:
            File names, with subfolders.

        Raises:
            NotFoundError: There is no such folder.
        """
        return await self._texts(_rest.get_models(folder))

    async def view_metadata(self, folder: str, model: str) -> RawObject:
        """Read the metadata in a safetensors file (`GET /view_metadata/{folder_name}`).

        Args:
            folder: One of `get_model_folders`.
            model: The file's name in it.

        Returns:
            The metadata.

        Raises:
            NotFoundError: There is no such file, or it holds none.
        """
        return await self._core.transport.json(_rest.view_metadata(folder, model), required_object)

    async def get_logs(self) -> str:
        """Read the server's latest log (`GET /internal/logs`).

        Returns:
            Its lines.
        """
        return await self._core.transport.json(_rest.get_logs(), required_text)

    async def free(self, *, unload_models: bool = False, free_memory: bool = False) -> None:
        """Let the server give up memory before its next prompt (`POST /free`).

        Args:
            unload_models: Whether to unload the models.
            free_memory: Whether to drop cached results too.
        """
        arguments = _rest.free_memory(unload_models=unload_models, free_memory=free_memory)
        await self._core.transport.send_for_nothing(arguments)

    async def _texts(self, arguments: dict[str, Any]) -> list[str]:
        return await self._core.transport.json(arguments, required_texts)

    async def _choices(self, node_class: str, input_name: str) -> list[str]:
        # A server without that node class answers an empty object, and offers nothing to choose.
        raw = await self._core.transport.json(_rest.get_node_definition(node_class), required_object)
        definition = NodeDefs(raw).get(node_class)
        found = None if definition is None else definition.inputs.get(input_name)
        return [] if found is None else [str(choice) for choice in found.choices]
