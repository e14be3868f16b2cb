from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.node_errors import NodeErrors
    from ..models.prompt_error import PromptError


T = TypeVar("T", bound="PromptRejection")


@_attrs_define
class PromptRejection:
    """
    Attributes:
        error (PromptError):
        node_errors (NodeErrors): Complaints by node id.
    """

    error: PromptError
    node_errors: NodeErrors
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        error = self.error.to_dict()

        node_errors = self.node_errors.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "error": error,
                "node_errors": node_errors,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.node_errors import NodeErrors  # noqa: PLC0415
        from ..models.prompt_error import PromptError  # noqa: PLC0415

        d = dict(src_dict)
        error = PromptError.from_dict(d.pop("error"))

        node_errors = NodeErrors.from_dict(d.pop("node_errors"))

        prompt_rejection = cls(
            error=error,
            node_errors=node_errors,
        )

        prompt_rejection.additional_properties = d
        return prompt_rejection

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
