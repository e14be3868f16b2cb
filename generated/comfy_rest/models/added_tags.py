from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AddedTags")


@_attrs_define
class AddedTags:
    """
    Attributes:
        added (list[str]):
        already_present (list[str]):
        total_tags (list[str]):
    """

    added: list[str]
    already_present: list[str]
    total_tags: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        added = self.added

        already_present = self.already_present

        total_tags = self.total_tags

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "added": added,
                "already_present": already_present,
                "total_tags": total_tags,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        added = cast(list[str], d.pop("added"))

        already_present = cast(list[str], d.pop("already_present"))

        total_tags = cast(list[str], d.pop("total_tags"))

        added_tags = cls(
            added=added,
            already_present=already_present,
            total_tags=total_tags,
        )

        added_tags.additional_properties = d
        return added_tags

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
