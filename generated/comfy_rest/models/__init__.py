"""Contains all the data models used in inputs/outputs, each imported when it is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .added_tags import AddedTags
    from .asset import Asset
    from .asset_error import AssetError
    from .asset_error_detail import AssetErrorDetail
    from .asset_error_detail_details import AssetErrorDetailDetails
    from .asset_list import AssetList
    from .asset_metadata import AssetMetadata
    from .cancel_jobs_request import CancelJobsRequest
    from .cancel_result import CancelResult
    from .create_asset_from_hash_request import CreateAssetFromHashRequest
    from .create_user_request import CreateUserRequest
    from .created_asset import CreatedAsset
    from .device import Device
    from .dynamic_choice import DynamicChoice
    from .error_message import ErrorMessage
    from .execution_info import ExecutionInfo
    from .extra_data import ExtraData
    from .folder_paths import FolderPaths
    from .free_memory_request import FreeMemoryRequest
    from .get_asset_content_disposition import GetAssetContentDisposition
    from .history import History
    from .history_entry import HistoryEntry
    from .history_status import HistoryStatus
    from .history_update import HistoryUpdate
    from .input_groups import InputGroups
    from .input_mapping import InputMapping
    from .input_options import InputOptions
    from .input_options_remote import InputOptionsRemote
    from .input_options_template import InputOptionsTemplate
    from .interrupt_request import InterruptRequest
    from .job import Job
    from .job_error import JobError
    from .job_list import JobList
    from .job_pagination import JobPagination
    from .job_preview import JobPreview
    from .job_workflow import JobWorkflow
    from .list_assets_order import ListAssetsOrder
    from .list_assets_sort import ListAssetsSort
    from .list_directory_files_directory_type import ListDirectoryFilesDirectoryType
    from .list_jobs_sort_by import ListJobsSortBy
    from .list_jobs_sort_order import ListJobsSortOrder
    from .list_tags_order import ListTagsOrder
    from .log_entry import LogEntry
    from .log_subscription import LogSubscription
    from .model_file import ModelFile
    from .model_folder import ModelFolder
    from .model_metadata import ModelMetadata
    from .node_definition import NodeDefinition
    from .node_definition_input_order import NodeDefinitionInputOrder
    from .node_definition_price_badge_type_0 import NodeDefinitionPriceBadgeType0
    from .node_definitions import NodeDefinitions
    from .node_error import NodeError
    from .node_errors import NodeErrors
    from .node_output import NodeOutput
    from .node_output_meta import NodeOutputMeta
    from .node_outputs import NodeOutputs
    from .node_replacement import NodeReplacement
    from .node_replacements import NodeReplacements
    from .output_file import OutputFile
    from .output_mapping import OutputMapping
    from .package_version import PackageVersion
    from .prompt_error import PromptError
    from .prompt_error_extra_info import PromptErrorExtraInfo
    from .prompt_graph import PromptGraph
    from .prompt_info import PromptInfo
    from .prompt_node import PromptNode
    from .prompt_node_inputs import PromptNodeInputs
    from .prompt_node_meta import PromptNodeMeta
    from .prompt_rejection import PromptRejection
    from .prune_result import PruneResult
    from .queue import Queue
    from .queue_prompt_request import QueuePromptRequest
    from .queue_update import QueueUpdate
    from .queued_prompt import QueuedPrompt
    from .raw_logs import RawLogs
    from .removed_tags import RemovedTags
    from .seed_assets_request import SeedAssetsRequest
    from .seed_progress import SeedProgress
    from .seed_result import SeedResult
    from .seed_status import SeedStatus
    from .server_features import ServerFeatures
    from .server_features_extension import ServerFeaturesExtension
    from .settings import Settings
    from .subgraph import Subgraph
    from .subgraph_info import SubgraphInfo
    from .subgraphs import Subgraphs
    from .system_information import SystemInformation
    from .system_stats import SystemStats
    from .tag_counts_by_name import TagCountsByName
    from .tag_histogram import TagHistogram
    from .tag_list import TagList
    from .tag_usage import TagUsage
    from .tags_request import TagsRequest
    from .terminal_size import TerminalSize
    from .translations import Translations
    from .update_asset_request import UpdateAssetRequest
    from .upload_asset_request import UploadAssetRequest
    from .upload_image_request import UploadImageRequest
    from .upload_image_request_overwrite import UploadImageRequestOverwrite
    from .upload_image_request_type import UploadImageRequestType
    from .upload_mask_request import UploadMaskRequest
    from .upload_mask_request_overwrite import UploadMaskRequestOverwrite
    from .upload_mask_request_type import UploadMaskRequestType
    from .uploaded_file import UploadedFile
    from .uploaded_file_asset import UploadedFileAsset
    from .user_configuration import UserConfiguration
    from .user_data_entry import UserDataEntry
    from .user_file import UserFile
    from .user_names import UserNames
    from .view_file_type import ViewFileType
    from .workflow_templates import WorkflowTemplates

__all__ = (
    "AddedTags",
    "Asset",
    "AssetError",
    "AssetErrorDetail",
    "AssetErrorDetailDetails",
    "AssetList",
    "AssetMetadata",
    "CancelJobsRequest",
    "CancelResult",
    "CreateAssetFromHashRequest",
    "CreatedAsset",
    "CreateUserRequest",
    "Device",
    "DynamicChoice",
    "ErrorMessage",
    "ExecutionInfo",
    "ExtraData",
    "FolderPaths",
    "FreeMemoryRequest",
    "GetAssetContentDisposition",
    "History",
    "HistoryEntry",
    "HistoryStatus",
    "HistoryUpdate",
    "InputGroups",
    "InputMapping",
    "InputOptions",
    "InputOptionsRemote",
    "InputOptionsTemplate",
    "InterruptRequest",
    "Job",
    "JobError",
    "JobList",
    "JobPagination",
    "JobPreview",
    "JobWorkflow",
    "ListAssetsOrder",
    "ListAssetsSort",
    "ListDirectoryFilesDirectoryType",
    "ListJobsSortBy",
    "ListJobsSortOrder",
    "ListTagsOrder",
    "LogEntry",
    "LogSubscription",
    "ModelFile",
    "ModelFolder",
    "ModelMetadata",
    "NodeDefinition",
    "NodeDefinitionInputOrder",
    "NodeDefinitionPriceBadgeType0",
    "NodeDefinitions",
    "NodeError",
    "NodeErrors",
    "NodeOutput",
    "NodeOutputMeta",
    "NodeOutputs",
    "NodeReplacement",
    "NodeReplacements",
    "OutputFile",
    "OutputMapping",
    "PackageVersion",
    "PromptError",
    "PromptErrorExtraInfo",
    "PromptGraph",
    "PromptInfo",
    "PromptNode",
    "PromptNodeInputs",
    "PromptNodeMeta",
    "PromptRejection",
    "PruneResult",
    "Queue",
    "QueuedPrompt",
    "QueuePromptRequest",
    "QueueUpdate",
    "RawLogs",
    "RemovedTags",
    "SeedAssetsRequest",
    "SeedProgress",
    "SeedResult",
    "SeedStatus",
    "ServerFeatures",
    "ServerFeaturesExtension",
    "Settings",
    "Subgraph",
    "SubgraphInfo",
    "Subgraphs",
    "SystemInformation",
    "SystemStats",
    "TagCountsByName",
    "TagHistogram",
    "TagList",
    "TagsRequest",
    "TagUsage",
    "TerminalSize",
    "Translations",
    "UpdateAssetRequest",
    "UploadAssetRequest",
    "UploadedFile",
    "UploadedFileAsset",
    "UploadImageRequest",
    "UploadImageRequestOverwrite",
    "UploadImageRequestType",
    "UploadMaskRequest",
    "UploadMaskRequestOverwrite",
    "UploadMaskRequestType",
    "UserConfiguration",
    "UserDataEntry",
    "UserFile",
    "UserNames",
    "ViewFileType",
    "WorkflowTemplates",
)

_MODULES: dict[str, str] = {
    "AddedTags": ".added_tags",
    "Asset": ".asset",
    "AssetError": ".asset_error",
    "AssetErrorDetail": ".asset_error_detail",
    "AssetErrorDetailDetails": ".asset_error_detail_details",
    "AssetList": ".asset_list",
    "AssetMetadata": ".asset_metadata",
    "CancelJobsRequest": ".cancel_jobs_request",
    "CancelResult": ".cancel_result",
    "CreateAssetFromHashRequest": ".create_asset_from_hash_request",
    "CreateUserRequest": ".create_user_request",
    "CreatedAsset": ".created_asset",
    "Device": ".device",
    "DynamicChoice": ".dynamic_choice",
    "ErrorMessage": ".error_message",
    "ExecutionInfo": ".execution_info",
    "ExtraData": ".extra_data",
    "FolderPaths": ".folder_paths",
    "FreeMemoryRequest": ".free_memory_request",
    "GetAssetContentDisposition": ".get_asset_content_disposition",
    "History": ".history",
    "HistoryEntry": ".history_entry",
    "HistoryStatus": ".history_status",
    "HistoryUpdate": ".history_update",
    "InputGroups": ".input_groups",
    "InputMapping": ".input_mapping",
    "InputOptions": ".input_options",
    "InputOptionsRemote": ".input_options_remote",
    "InputOptionsTemplate": ".input_options_template",
    "InterruptRequest": ".interrupt_request",
    "Job": ".job",
    "JobError": ".job_error",
    "JobList": ".job_list",
    "JobPagination": ".job_pagination",
    "JobPreview": ".job_preview",
    "JobWorkflow": ".job_workflow",
    "ListAssetsOrder": ".list_assets_order",
    "ListAssetsSort": ".list_assets_sort",
    "ListDirectoryFilesDirectoryType": ".list_directory_files_directory_type",
    "ListJobsSortBy": ".list_jobs_sort_by",
    "ListJobsSortOrder": ".list_jobs_sort_order",
    "ListTagsOrder": ".list_tags_order",
    "LogEntry": ".log_entry",
    "LogSubscription": ".log_subscription",
    "ModelFile": ".model_file",
    "ModelFolder": ".model_folder",
    "ModelMetadata": ".model_metadata",
    "NodeDefinition": ".node_definition",
    "NodeDefinitionInputOrder": ".node_definition_input_order",
    "NodeDefinitionPriceBadgeType0": ".node_definition_price_badge_type_0",
    "NodeDefinitions": ".node_definitions",
    "NodeError": ".node_error",
    "NodeErrors": ".node_errors",
    "NodeOutput": ".node_output",
    "NodeOutputMeta": ".node_output_meta",
    "NodeOutputs": ".node_outputs",
    "NodeReplacement": ".node_replacement",
    "NodeReplacements": ".node_replacements",
    "OutputFile": ".output_file",
    "OutputMapping": ".output_mapping",
    "PackageVersion": ".package_version",
    "PromptError": ".prompt_error",
    "PromptErrorExtraInfo": ".prompt_error_extra_info",
    "PromptGraph": ".prompt_graph",
    "PromptInfo": ".prompt_info",
    "PromptNode": ".prompt_node",
    "PromptNodeInputs": ".prompt_node_inputs",
    "PromptNodeMeta": ".prompt_node_meta",
    "PromptRejection": ".prompt_rejection",
    "PruneResult": ".prune_result",
    "Queue": ".queue",
    "QueuePromptRequest": ".queue_prompt_request",
    "QueueUpdate": ".queue_update",
    "QueuedPrompt": ".queued_prompt",
    "RawLogs": ".raw_logs",
    "RemovedTags": ".removed_tags",
    "SeedAssetsRequest": ".seed_assets_request",
    "SeedProgress": ".seed_progress",
    "SeedResult": ".seed_result",
    "SeedStatus": ".seed_status",
    "ServerFeatures": ".server_features",
    "ServerFeaturesExtension": ".server_features_extension",
    "Settings": ".settings",
    "Subgraph": ".subgraph",
    "SubgraphInfo": ".subgraph_info",
    "Subgraphs": ".subgraphs",
    "SystemInformation": ".system_information",
    "SystemStats": ".system_stats",
    "TagCountsByName": ".tag_counts_by_name",
    "TagHistogram": ".tag_histogram",
    "TagList": ".tag_list",
    "TagUsage": ".tag_usage",
    "TagsRequest": ".tags_request",
    "TerminalSize": ".terminal_size",
    "Translations": ".translations",
    "UpdateAssetRequest": ".update_asset_request",
    "UploadAssetRequest": ".upload_asset_request",
    "UploadImageRequest": ".upload_image_request",
    "UploadImageRequestOverwrite": ".upload_image_request_overwrite",
    "UploadImageRequestType": ".upload_image_request_type",
    "UploadMaskRequest": ".upload_mask_request",
    "UploadMaskRequestOverwrite": ".upload_mask_request_overwrite",
    "UploadMaskRequestType": ".upload_mask_request_type",
    "UploadedFile": ".uploaded_file",
    "UploadedFileAsset": ".uploaded_file_asset",
    "UserConfiguration": ".user_configuration",
    "UserDataEntry": ".user_data_entry",
    "UserFile": ".user_file",
    "UserNames": ".user_names",
    "ViewFileType": ".view_file_type",
    "WorkflowTemplates": ".workflow_templates",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(module, __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
