from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ModelFile")


@_attrs_define
class ModelFile:
    """
    Attributes:
        name (str):
        path_index (int): Which of the folder's places on disk.
        modified (float | Unset): Seconds since 1970.
        created (float | Unset): Seconds since 1970.
        size (int | Unset):
    """

    name: str
    path_index: int
    modified: float | Unset = UNSET
    created: float | Unset = UNSET
    size: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        path_index = self.path_index

        modified = self.modified

        created = self.created

        size = self.size

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "pathIndex": path_index,
            }
        )
        if modified is not UNSET:
            field_dict["modified"] = modified
        if created is not UNSET:
            field_dict["created"] = created
        if size is not UNSET:
            field_dict["size"] = size

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        path_index = d.pop("pathIndex")

        modified = d.pop("modified", UNSET)

        created = d.pop("created", UNSET)

        size = d.pop("size", UNSET)

        model_file = cls(
            name=name,
            path_index=path_index,
            modified=modified,
            created=created,
            size=size,
        )

        model_file.additional_properties = d
        return model_file

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
