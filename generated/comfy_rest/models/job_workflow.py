from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.extra_data import ExtraData
    from ..models.prompt_graph import PromptGraph


T = TypeVar("T", bound="JobWorkflow")


@_attrs_define
class JobWorkflow:
    """
    Attributes:
        prompt (PromptGraph | Unset): A graph in API format, nodes by id.
        extra_data (ExtraData | Unset): Data that travels with a prompt. Known: `extra_pnginfo` (its `workflow` is
            written into pictures), `client_id`, `create_time` (milliseconds, added by 0.33.0), `preview_method`, and
            `auth_token_comfy_org` and `api_key_comfy_org`, which 0.33.0 shows to nobody but 0.3.64 shows in the queue until
            the prompt has run.
    """

    prompt: PromptGraph | Unset = UNSET
    extra_data: ExtraData | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        prompt: dict[str, Any] | Unset = UNSET
        if not isinstance(self.prompt, Unset):
            prompt = self.prompt.to_dict()

        extra_data: dict[str, Any] | Unset = UNSET
        if not isinstance(self.extra_data, Unset):
            extra_data = self.extra_data.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if extra_data is not UNSET:
            field_dict["extra_data"] = extra_data

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.extra_data import ExtraData  # noqa: PLC0415
        from ..models.prompt_graph import PromptGraph  # noqa: PLC0415

        d = dict(src_dict)
        _prompt = d.pop("prompt", UNSET)
        prompt: PromptGraph | Unset
        if isinstance(_prompt, Unset):
            prompt = UNSET
        else:
            prompt = PromptGraph.from_dict(_prompt)

        _extra_data = d.pop("extra_data", UNSET)
        extra_data: ExtraData | Unset
        if isinstance(_extra_data, Unset):
            extra_data = UNSET
        else:
            extra_data = ExtraData.from_dict(_extra_data)

        job_workflow = cls(
            prompt=prompt,
            extra_data=extra_data,
        )

        job_workflow.additional_properties = d
        return job_workflow

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
