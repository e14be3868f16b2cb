from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="JobError")


@_attrs_define
class JobError:
    """Data of the event `execution_error`.

    Attributes:
        prompt_id (str | Unset):
        node_id (str | Unset):
        node_type (str | Unset):
        exception_type (str | Unset):
        exception_message (str | Unset):
        traceback (list[str] | Unset):
    """

    prompt_id: str | Unset = UNSET
    node_id: str | Unset = UNSET
    node_type: str | Unset = UNSET
    exception_type: str | Unset = UNSET
    exception_message: str | Unset = UNSET
    traceback: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        prompt_id = self.prompt_id

        node_id = self.node_id

        node_type = self.node_type

        exception_type = self.exception_type

        exception_message = self.exception_message

        traceback: list[str] | Unset = UNSET
        if not isinstance(self.traceback, Unset):
            traceback = self.traceback

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if prompt_id is not UNSET:
            field_dict["prompt_id"] = prompt_id
        if node_id is not UNSET:
            field_dict["node_id"] = node_id
        if node_type is not UNSET:
            field_dict["node_type"] = node_type
        if exception_type is not UNSET:
            field_dict["exception_type"] = exception_type
        if exception_message is not UNSET:
            field_dict["exception_message"] = exception_message
        if traceback is not UNSET:
            field_dict["traceback"] = traceback

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt_id = d.pop("prompt_id", UNSET)

        node_id = d.pop("node_id", UNSET)

        node_type = d.pop("node_type", UNSET)

        exception_type = d.pop("exception_type", UNSET)

        exception_message = d.pop("exception_message", UNSET)

        traceback = cast(list[str], d.pop("traceback", UNSET))

        job_error = cls(
            prompt_id=prompt_id,
            node_id=node_id,
            node_type=node_type,
            exception_type=exception_type,
            exception_message=exception_message,
            traceback=traceback,
        )

        job_error.additional_properties = d
        return job_error

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
