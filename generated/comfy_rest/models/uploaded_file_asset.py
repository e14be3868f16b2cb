from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="UploadedFileAsset")


@_attrs_define
class UploadedFileAsset:
    """The asset made from the upload, if assets are on.

    Attributes:
        id (str | Unset):
        name (str | Unset):
        asset_hash (None | str | Unset):
        size (int | Unset):
        mime_type (None | str | Unset):
        tags (list[str] | Unset):
    """

    id: str | Unset = UNSET
    name: str | Unset = UNSET
    asset_hash: None | str | Unset = UNSET
    size: int | Unset = UNSET
    mime_type: None | str | Unset = UNSET
    tags: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        asset_hash: None | str | Unset
        if isinstance(self.asset_hash, Unset):
            asset_hash = UNSET
        else:
            asset_hash = self.asset_hash

        size = self.size

        mime_type: None | str | Unset
        if isinstance(self.mime_type, Unset):
            mime_type = UNSET
        else:
            mime_type = self.mime_type

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if name is not UNSET:
            field_dict["name"] = name
        if asset_hash is not UNSET:
            field_dict["asset_hash"] = asset_hash
        if size is not UNSET:
            field_dict["size"] = size
        if mime_type is not UNSET:
            field_dict["mime_type"] = mime_type
        if tags is not UNSET:
            field_dict["tags"] = tags

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id", UNSET)

        name = d.pop("name", UNSET)

        def _parse_asset_hash(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        asset_hash = _parse_asset_hash(d.pop("asset_hash", UNSET))

        size = d.pop("size", UNSET)

        def _parse_mime_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        mime_type = _parse_mime_type(d.pop("mime_type", UNSET))

        tags = cast(list[str], d.pop("tags", UNSET))

        uploaded_file_asset = cls(
            id=id,
            name=name,
            asset_hash=asset_hash,
            size=size,
            mime_type=mime_type,
            tags=tags,
        )

        uploaded_file_asset.additional_properties = d
        return uploaded_file_asset

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
