from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import types
from ..types import UNSET, File, FileTypes, Unset

T = TypeVar("T", bound="UploadAssetRequest")


@_attrs_define
class UploadAssetRequest:
    """
    Attributes:
        file (File | Unset): The file; may be left out if the server has the content of `hash`.
        tags (list[str] | Unset): Labels, among them one of `input`, `output` and `models` for where the file goes. With
            `models` also one `model_type:` and a folder name.
        name (str | Unset):
        user_metadata (str | Unset): A JSON object.
        hash_ (str | Unset): `blake3:` and 64 hexadecimal digits, to be checked against the file.
        mime_type (str | Unset):
        preview_id (str | Unset): Asset that serves as preview.
    """

    file: File | Unset = UNSET
    tags: list[str] | Unset = UNSET
    name: str | Unset = UNSET
    user_metadata: str | Unset = UNSET
    hash_: str | Unset = UNSET
    mime_type: str | Unset = UNSET
    preview_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        file: FileTypes | Unset = UNSET
        if not isinstance(self.file, Unset):
            file = self.file.to_tuple()

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        name = self.name

        user_metadata = self.user_metadata

        hash_ = self.hash_

        mime_type = self.mime_type

        preview_id = self.preview_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if file is not UNSET:
            field_dict["file"] = file
        if tags is not UNSET:
            field_dict["tags"] = tags
        if name is not UNSET:
            field_dict["name"] = name
        if user_metadata is not UNSET:
            field_dict["user_metadata"] = user_metadata
        if hash_ is not UNSET:
            field_dict["hash"] = hash_
        if mime_type is not UNSET:
            field_dict["mime_type"] = mime_type
        if preview_id is not UNSET:
            field_dict["preview_id"] = preview_id

        return field_dict

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        if not isinstance(self.file, Unset):
            files.append(("file", self.file.to_tuple()))

        if not isinstance(self.tags, Unset):
            for tags_item_element in self.tags:
                files.append(
                    ("tags", (None, str(tags_item_element).encode(), "text/plain"))
                )

        if not isinstance(self.name, Unset):
            files.append(("name", (None, str(self.name).encode(), "text/plain")))

        if not isinstance(self.user_metadata, Unset):
            files.append(
                (
                    "user_metadata",
                    (None, str(self.user_metadata).encode(), "text/plain"),
                )
            )

        if not isinstance(self.hash_, Unset):
            files.append(("hash", (None, str(self.hash_).encode(), "text/plain")))

        if not isinstance(self.mime_type, Unset):
            files.append(
                ("mime_type", (None, str(self.mime_type).encode(), "text/plain"))
            )

        if not isinstance(self.preview_id, Unset):
            files.append(
                ("preview_id", (None, str(self.preview_id).encode(), "text/plain"))
            )

        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _file = d.pop("file", UNSET)
        file: File | Unset
        if isinstance(_file, Unset):
            file = UNSET
        else:
            file = File(payload=BytesIO(_file))

        tags = cast(list[str], d.pop("tags", UNSET))

        name = d.pop("name", UNSET)

        user_metadata = d.pop("user_metadata", UNSET)

        hash_ = d.pop("hash", UNSET)

        mime_type = d.pop("mime_type", UNSET)

        preview_id = d.pop("preview_id", UNSET)

        upload_asset_request = cls(
            file=file,
            tags=tags,
            name=name,
            user_metadata=user_metadata,
            hash_=hash_,
            mime_type=mime_type,
            preview_id=preview_id,
        )

        upload_asset_request.additional_properties = d
        return upload_asset_request

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
