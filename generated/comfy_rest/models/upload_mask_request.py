from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import types
from ..models.upload_mask_request_overwrite import (
    UploadMaskRequestOverwrite,
    check_upload_mask_request_overwrite,
)
from ..models.upload_mask_request_type import (
    UploadMaskRequestType,
    check_upload_mask_request_type,
)
from ..types import UNSET, File, Unset

T = TypeVar("T", bound="UploadMaskRequest")


@_attrs_define
class UploadMaskRequest:
    """
    Attributes:
        image (File): A picture whose transparency is the mask.
        original_ref (str): JSON object with `filename` and optionally `subfolder` and `type` (`output` if left out).
        type_ (UploadMaskRequestType | Unset): The directory, `input` if left out.
        subfolder (str | Unset): Folder inside the directory; made if missing.
        overwrite (UploadMaskRequestOverwrite | Unset): Replace an existing file instead of choosing another name.
    """

    image: File
    original_ref: str
    type_: UploadMaskRequestType | Unset = UNSET
    subfolder: str | Unset = UNSET
    overwrite: UploadMaskRequestOverwrite | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        image = self.image.to_tuple()

        original_ref = self.original_ref

        type_: str | Unset = UNSET
        if not isinstance(self.type_, Unset):
            type_ = self.type_

        subfolder = self.subfolder

        overwrite: str | Unset = UNSET
        if not isinstance(self.overwrite, Unset):
            overwrite = self.overwrite

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "image": image,
                "original_ref": original_ref,
            }
        )
        if type_ is not UNSET:
            field_dict["type"] = type_
        if subfolder is not UNSET:
            field_dict["subfolder"] = subfolder
        if overwrite is not UNSET:
            field_dict["overwrite"] = overwrite

        return field_dict

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        files.append(("image", self.image.to_tuple()))

        files.append(
            ("original_ref", (None, str(self.original_ref).encode(), "text/plain"))
        )

        if not isinstance(self.type_, Unset):
            files.append(("type", (None, str(self.type_).encode(), "text/plain")))

        if not isinstance(self.subfolder, Unset):
            files.append(
                ("subfolder", (None, str(self.subfolder).encode(), "text/plain"))
            )

        if not isinstance(self.overwrite, Unset):
            files.append(
                ("overwrite", (None, str(self.overwrite).encode(), "text/plain"))
            )

        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        image = File(payload=BytesIO(d.pop("image")))

        original_ref = d.pop("original_ref")

        _type_ = d.pop("type", UNSET)
        type_: UploadMaskRequestType | Unset
        if isinstance(_type_, Unset):
            type_ = UNSET
        else:
            type_ = check_upload_mask_request_type(_type_)

        subfolder = d.pop("subfolder", UNSET)

        _overwrite = d.pop("overwrite", UNSET)
        overwrite: UploadMaskRequestOverwrite | Unset
        if isinstance(_overwrite, Unset):
            overwrite = UNSET
        else:
            overwrite = check_upload_mask_request_overwrite(_overwrite)

        upload_mask_request = cls(
            image=image,
            original_ref=original_ref,
            type_=type_,
            subfolder=subfolder,
            overwrite=overwrite,
        )

        upload_mask_request.additional_properties = d
        return upload_mask_request

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
