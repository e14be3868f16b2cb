from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="HistoryStatus")


@_attrs_define
class HistoryStatus:
    """
    Attributes:
        status_str (str): `success` or `error`; an interrupted prompt is an `error` too.
        completed (bool):
        messages (list[list[Any]]): Pairs of an event's name and its data, in order.
    """

    status_str: str
    completed: bool
    messages: list[list[Any]]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        status_str = self.status_str

        completed = self.completed

        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data

            messages.append(messages_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status_str": status_str,
                "completed": completed,
                "messages": messages,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        status_str = d.pop("status_str")

        completed = d.pop("completed")

        messages = []
        _messages = d.pop("messages")
        for messages_item_data in _messages:
            messages_item = cast(list[Any], messages_item_data)

            messages.append(messages_item)

        history_status = cls(
            status_str=status_str,
            completed=completed,
            messages=messages,
        )

        history_status.additional_properties = d
        return history_status

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
