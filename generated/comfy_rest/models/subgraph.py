from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.subgraph_info import SubgraphInfo


T = TypeVar("T", bound="Subgraph")


@_attrs_define
class Subgraph:
    """
    Attributes:
        source (str): `templates` or `custom_node`.
        name (str):
        info (SubgraphInfo | Unset):
        data (str | Unset): The subgraph as JSON text; only when asked for one.
    """

    source: str
    name: str
    info: SubgraphInfo | Unset = UNSET
    data: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        source = self.source

        name = self.name

        info: dict[str, Any] | Unset = UNSET
        if not isinstance(self.info, Unset):
            info = self.info.to_dict()

        data = self.data

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "source": source,
                "name": name,
            }
        )
        if info is not UNSET:
            field_dict["info"] = info
        if data is not UNSET:
            field_dict["data"] = data

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.subgraph_info import SubgraphInfo  # noqa: PLC0415

        d = dict(src_dict)
        source = d.pop("source")

        name = d.pop("name")

        _info = d.pop("info", UNSET)
        info: SubgraphInfo | Unset
        if isinstance(_info, Unset):
            info = UNSET
        else:
            info = SubgraphInfo.from_dict(_info)

        data = d.pop("data", UNSET)

        subgraph = cls(
            source=source,
            name=name,
            info=info,
            data=data,
        )

        subgraph.additional_properties = d
        return subgraph

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
