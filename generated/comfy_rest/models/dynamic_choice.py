from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.input_groups import InputGroups


T = TypeVar("T", bound="DynamicChoice")


@_attrs_define
class DynamicChoice:
    """A choice that brings its own inputs.

    Attributes:
        key (str):
        inputs (InputGroups): Inputs by group (`required`, `optional`, `hidden`) and name. Hidden inputs are filled in
            by the server; theirs is the name of what they get, bare or in a list.
    """

    key: str
    inputs: InputGroups
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        key = self.key

        inputs = self.inputs.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "key": key,
                "inputs": inputs,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.input_groups import InputGroups  # noqa: PLC0415

        d = dict(src_dict)
        key = d.pop("key")

        inputs = InputGroups.from_dict(d.pop("inputs"))

        dynamic_choice = cls(
            key=key,
            inputs=inputs,
        )

        dynamic_choice.additional_properties = d
        return dynamic_choice

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
