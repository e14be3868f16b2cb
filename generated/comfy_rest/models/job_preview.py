from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="JobPreview")


@_attrs_define
class JobPreview:
    """The output to show for the job, a file or a text, with the node it came from.

    Attributes:
        filename (str | Unset):
        subfolder (str | Unset):
        type_ (str | Unset):
        node_id (str | Unset):
        media_type (str | Unset): Such as `images`, `video` or `text`.
        content (str | Unset): The start of a text.
        truncated (bool | Unset):
    """

    filename: str | Unset = UNSET
    subfolder: str | Unset = UNSET
    type_: str | Unset = UNSET
    node_id: str | Unset = UNSET
    media_type: str | Unset = UNSET
    content: str | Unset = UNSET
    truncated: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        filename = self.filename

        subfolder = self.subfolder

        type_ = self.type_

        node_id = self.node_id

        media_type = self.media_type

        content = self.content

        truncated = self.truncated

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if filename is not UNSET:
            field_dict["filename"] = filename
        if subfolder is not UNSET:
            field_dict["subfolder"] = subfolder
        if type_ is not UNSET:
            field_dict["type"] = type_
        if node_id is not UNSET:
            field_dict["nodeId"] = node_id
        if media_type is not UNSET:
            field_dict["mediaType"] = media_type
        if content is not UNSET:
            field_dict["content"] = content
        if truncated is not UNSET:
            field_dict["truncated"] = truncated

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        filename = d.pop("filename", UNSET)

        subfolder = d.pop("subfolder", UNSET)

        type_ = d.pop("type", UNSET)

        node_id = d.pop("nodeId", UNSET)

        media_type = d.pop("mediaType", UNSET)

        content = d.pop("content", UNSET)

        truncated = d.pop("truncated", UNSET)

        job_preview = cls(
            filename=filename,
            subfolder=subfolder,
            type_=type_,
            node_id=node_id,
            media_type=media_type,
            content=content,
            truncated=truncated,
        )

        job_preview.additional_properties = d
        return job_preview

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
