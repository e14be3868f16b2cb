from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.prompt_error import PromptError


T = TypeVar("T", bound="NodeError")


@_attrs_define
class NodeError:
    """
    Attributes:
        errors (list[PromptError]):
        dependent_outputs (list[str]): Output nodes that can't run because of this.
        class_type (str):
    """

    errors: list[PromptError]
    dependent_outputs: list[str]
    class_type: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        errors = []
        for errors_item_data in self.errors:
            errors_item = errors_item_data.to_dict()
            errors.append(errors_item)

        dependent_outputs = self.dependent_outputs

        class_type = self.class_type

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "errors": errors,
                "dependent_outputs": dependent_outputs,
                "class_type": class_type,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.prompt_error import PromptError  # noqa: PLC0415

        d = dict(src_dict)
        errors = []
        _errors = d.pop("errors")
        for errors_item_data in _errors:
            errors_item = PromptError.from_dict(errors_item_data)

            errors.append(errors_item)

        dependent_outputs = cast(list[str], d.pop("dependent_outputs"))

        class_type = d.pop("class_type")

        node_error = cls(
            errors=errors,
            dependent_outputs=dependent_outputs,
            class_type=class_type,
        )

        node_error.additional_properties = d
        return node_error

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
