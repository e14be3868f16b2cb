"""What differs between the ComfyUI versions the emulator can speak as, as plain data.

Every place that behaves differently asks a field of `Version`; no other module compares version numbers.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from comfy_emulator.json_types import JsonObject

_OLDER_MODEL_FOLDERS: Final = (
    "checkpoints",
    "configs",
    "loras",
    "vae",
    "text_encoders",
    "diffusion_models",
    "clip_vision",
    "style_models",
    "embeddings",
    "diffusers",
    "vae_approx",
    "controlnet",
    "gligen",
    "upscale_models",
    "custom_nodes",
    "hypernetworks",
    "photomaker",
    "classifiers",
    "model_patches",
    "audio_encoders",
)

_NEWER_MODEL_FOLDERS: Final = (
    *_OLDER_MODEL_FOLDERS[:14],
    "latent_upscale_models",
    "custom_nodes",
    "datasets",
    *_OLDER_MODEL_FOLDERS[15:],
    "background_removal",
    "frame_interpolation",
    "geometry_estimation",
    "optical_flow",
    "detection",
)


@dataclass(frozen=True, slots=True)
class Version:
    """How one ComfyUI version behaves where versions differ.

    Attributes:
        name: The version number as `/system_stats` reports it.
        features: Server feature flags apart from the upload limit and the asset switch.
        lists_assets_feature: Whether the feature flags say if assets are enabled.
        model_folders: Names of the model folders, in the order the server lists them.
        wants_canonical_prompt_ids: Whether a client's prompt id has to be a lower-case canonical UUID.
        records_create_time: Whether the queue item carries the time of the post, in milliseconds.
        hides_sensitive_extra_data: Whether API keys are kept out of the queue and the history.
        names_missing_nodes: Whether an unknown class answers `missing_node_type` rather than `invalid_prompt`.
        walks_all_inputs: Whether the inputs of every node are gone through before anything is judged.
        detects_cycles: Whether a loop in the graph answers `dependency_cycle`.
        checks_combo_objects: Whether the options of `COMBO` inputs are checked.
        quotes_refused_values: Whether a value outside its list is named by its Python literal.
        forgotten_results_kept: How many node results outlive the prompt that no longer uses them.
        history_shows_cached_outputs: Whether the history also shows cached outputs that were not asked for.
        progress_interval: Least time between progress events without a preview, in seconds.
        lists_model_extensions: Whether `/experiment/models` names the file extensions.
        annotates_internal_files: Whether `/internal/files` adds the folder kind to each name.
        user_file_times_in_milliseconds: Whether user file times are whole milliseconds, not seconds.
        user_files_are_attachments: Whether user files are served as downloads.
        dangerous_types_are_attachments: Whether `/view` forces files that can carry scripts to download.
        operating_system: What `/system_stats` calls the operating system.
        system_versions: The version fields of `/system_stats`.
        refuses_cross_site_requests: Whether `Sec-Fetch-Site: cross-site` is answered with 403.
        cross_origin_methods: The methods that pages of other origins may use, once they are let in.
        checks_move_targets: Whether moving a user's file outside is refused; without, it is a failure.
        checks_usernames: Whether bad names of new users are refused; without, blank ones are a failure.
        checks_model_preview_paths: Whether bad model preview paths get answers of their own, not 404 or 500.
        reports_deployment: Whether `/system_stats` says how the server was installed.
        node_listing: Which set of node descriptions `/object_info` serves.
        absent_samplers: Sampler names this version does not offer.
        absent_routes: Beginnings of the paths this version does not know.
    """

    name: str
    features: MappingProxyType[str, Any]
    lists_assets_feature: bool
    model_folders: tuple[str, ...]
    wants_canonical_prompt_ids: bool
    records_create_time: bool
    hides_sensitive_extra_data: bool
    names_missing_nodes: bool
    walks_all_inputs: bool
    detects_cycles: bool
    checks_combo_objects: bool
    quotes_refused_values: bool
    forgotten_results_kept: int
    history_shows_cached_outputs: bool
    progress_interval: float
    lists_model_extensions: bool
    annotates_internal_files: bool
    user_file_times_in_milliseconds: bool
    user_files_are_attachments: bool
    dangerous_types_are_attachments: bool
    operating_system: str
    system_versions: MappingProxyType[str, Any]
    refuses_cross_site_requests: bool
    cross_origin_methods: str
    checks_move_targets: bool
    checks_usernames: bool
    checks_model_preview_paths: bool
    reports_deployment: bool
    node_listing: str
    absent_samplers: tuple[str, ...]
    absent_routes: tuple[str, ...]

    def server_features(self, *, max_upload_size: int, enable_assets: bool) -> JsonObject:
        """Build the feature flags, as `/features` and the websocket send them.

        Args:
            max_upload_size: Largest accepted request body, in bytes.
            enable_assets: Whether the asset routes work.
        """
        flags: JsonObject = {
            "supports_preview_metadata": True,
            **({"supports_model_type_tags": True} if "supports_model_type_tags" in self.features else {}),
            "max_upload_size": max_upload_size,
        }
        flags.update((name, value) for name, value in self.features.items() if name not in flags)
        if self.lists_assets_feature:
            flags["assets"] = enable_assets
        return flags


def _packages(**versions: str) -> list[JsonObject]:
    return [
        {"name": name.replace("_", "-"), "installed": version, "required": version}
        for name, version in versions.items()
    ]


VERSIONS: Final = MappingProxyType(
    {
        "0.33.0": Version(
            name="0.33.0",
            features=MappingProxyType(
                {
                    "supports_preview_metadata": True,
                    "supports_model_type_tags": True,
                    "extension": {"manager": {"supports_v4": True}},
                    "node_replacements": True,
                }
            ),
            lists_assets_feature=True,
            model_folders=_NEWER_MODEL_FOLDERS,
            wants_canonical_prompt_ids=True,
            records_create_time=True,
            hides_sensitive_extra_data=True,
            names_missing_nodes=True,
            walks_all_inputs=True,
            detects_cycles=True,
            checks_combo_objects=True,
            quotes_refused_values=True,
            forgotten_results_kept=256,
            history_shows_cached_outputs=False,
            progress_interval=0.1,
            lists_model_extensions=True,
            annotates_internal_files=True,
            user_file_times_in_milliseconds=True,
            user_files_are_attachments=True,
            dangerous_types_are_attachments=True,
            operating_system="linux",
            system_versions=MappingProxyType(
                {
                    "required_frontend_version": "1.49.6",
                    "installed_templates_version": "0.11.44",
                    "required_templates_version": "0.11.44",
                    "comfy_package_versions": _packages(
                        comfyui_frontend_package="1.49.6",
                        comfyui_workflow_templates="0.11.44",
                        comfyui_embedded_docs="0.5.10",
                    ),
                }
            ),
            refuses_cross_site_requests=True,
            cross_origin_methods="POST, GET, DELETE, PUT, OPTIONS, PATCH",
            checks_move_targets=True,
            checks_usernames=True,
            checks_model_preview_paths=True,
            reports_deployment=True,
            node_listing="newer",
            absent_samplers=(),
            absent_routes=(),
        ),
        "0.3.64": Version(
            name="0.3.64",
            features=MappingProxyType({"supports_preview_metadata": True}),
            lists_assets_feature=False,
            model_folders=_OLDER_MODEL_FOLDERS,
            wants_canonical_prompt_ids=False,
            records_create_time=False,
            hides_sensitive_extra_data=False,
            names_missing_nodes=False,
            walks_all_inputs=False,
            detects_cycles=False,
            checks_combo_objects=False,
            quotes_refused_values=False,
            forgotten_results_kept=0,
            history_shows_cached_outputs=True,
            progress_interval=0.0,
            lists_model_extensions=False,
            annotates_internal_files=False,
            user_file_times_in_milliseconds=False,
            user_files_are_attachments=False,
            dangerous_types_are_attachments=False,
            operating_system="posix",
            system_versions=MappingProxyType(
                {
                    "required_frontend_version": "1.27.10",
                    "installed_templates_version": "0.1.95",
                    "required_templates_version": "0.1.95",
                }
            ),
            refuses_cross_site_requests=False,
            cross_origin_methods="POST, GET, DELETE, PUT, OPTIONS",
            checks_move_targets=False,
            checks_usernames=False,
            checks_model_preview_paths=False,
            reports_deployment=False,
            node_listing="older",
            absent_samplers=("exp_heun_2_x0", "exp_heun_2_x0_sde"),
            absent_routes=(
                "/api/assets",
                "/api/jobs",
                "/api/tags",
                "/global_subgraphs",
                "/node_replacements",
            ),
        ),
    }
)
"""Every version the emulator can speak as, by its number."""

NEWEST: Final = "0.33.0"
"""The version spoken unless another is asked for."""


def version_named(name: str) -> Version:
    """Look up a version.

    Args:
        name: A version number such as `"0.33.0"`.

    Raises:
        ValueError: The emulator does not know this version; the message names those it does.
    """
    if name not in VERSIONS:
        raise ValueError(f"unknown ComfyUI version {name!r}: choose one of {', '.join(VERSIONS)}")
    return VERSIONS[name]
