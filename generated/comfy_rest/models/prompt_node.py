from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.prompt_node_inputs import PromptNodeInputs
    from ..models.prompt_node_meta import PromptNodeMeta


T = TypeVar("T", bound="PromptNode")


@_attrs_define
class PromptNode:
    """One node of a graph in API format.

    Attributes:
        class_type (str):
        inputs (PromptNodeInputs): Values by input name. A list of a node id and a number is a link to that output of
            that node; a list meant as a value is wrapped in an object under `__value__`.
        field_meta (PromptNodeMeta | Unset): Notes for people, such as a title; the server uses it in messages at most.
    """

    class_type: str
    inputs: PromptNodeInputs
    field_meta: PromptNodeMeta | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        class_type = self.class_type

        inputs = self.inputs.to_dict()

        field_meta: dict[str, Any] | Unset = UNSET
        if not isinstance(self.field_meta, Unset):
            field_meta = self.field_meta.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "class_type": class_type,
                "inputs": inputs,
            }
        )
        if field_meta is not UNSET:
            field_dict["_meta"] = field_meta

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.prompt_node_inputs import PromptNodeInputs  # noqa: PLC0415
        from ..models.prompt_node_meta import PromptNodeMeta  # noqa: PLC0415

        d = dict(src_dict)
        class_type = d.pop("class_type")

        inputs = PromptNodeInputs.from_dict(d.pop("inputs"))

        _field_meta = d.pop("_meta", UNSET)
        field_meta: PromptNodeMeta | Unset
        if isinstance(_field_meta, Unset):
            field_meta = UNSET
        else:
            field_meta = PromptNodeMeta.from_dict(_field_meta)

        prompt_node = cls(
            class_type=class_type,
            inputs=inputs,
            field_meta=field_meta,
        )

        prompt_node.additional_properties = d
        return prompt_node

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
