from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="RemovedTags")


@_attrs_define
class RemovedTags:
    """
    Attributes:
        removed (list[str]):
        not_present (list[str]):
        total_tags (list[str]):
        protected (list[str] | Unset): Tags that may not be removed; sent by newer servers.
    """

    removed: list[str]
    not_present: list[str]
    total_tags: list[str]
    protected: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        removed = self.removed

        not_present = self.not_present

        total_tags = self.total_tags

        protected: list[str] | Unset = UNSET
        if not isinstance(self.protected, Unset):
            protected = self.protected

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "removed": removed,
                "not_present": not_present,
                "total_tags": total_tags,
            }
        )
        if protected is not UNSET:
            field_dict["protected"] = protected

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        removed = cast(list[str], d.pop("removed"))

        not_present = cast(list[str], d.pop("not_present"))

        total_tags = cast(list[str], d.pop("total_tags"))

        protected = cast(list[str], d.pop("protected", UNSET))

        removed_tags = cls(
            removed=removed,
            not_present=not_present,
            total_tags=total_tags,
            protected=protected,
        )

        removed_tags.additional_properties = d
        return removed_tags

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
