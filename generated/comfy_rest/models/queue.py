from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Queue")


@_attrs_define
class Queue:
    """
    Attributes:
        queue_running (list[list[Any]]):
        queue_pending (list[list[Any]]):
    """

    queue_running: list[list[Any]]
    queue_pending: list[list[Any]]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        queue_running = []
        for queue_running_item_data in self.queue_running:
            queue_running_item = queue_running_item_data

            queue_running.append(queue_running_item)

        queue_pending = []
        for queue_pending_item_data in self.queue_pending:
            queue_pending_item = queue_pending_item_data

            queue_pending.append(queue_pending_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "queue_running": queue_running,
                "queue_pending": queue_pending,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        queue_running = []
        _queue_running = d.pop("queue_running")
        for queue_running_item_data in _queue_running:
            queue_running_item = cast(list[Any], queue_running_item_data)

            queue_running.append(queue_running_item)

        queue_pending = []
        _queue_pending = d.pop("queue_pending")
        for queue_pending_item_data in _queue_pending:
            queue_pending_item = cast(list[Any], queue_pending_item_data)

            queue_pending.append(queue_pending_item)

        queue = cls(
            queue_running=queue_running,
            queue_pending=queue_pending,
        )

        queue.additional_properties = d
        return queue

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
