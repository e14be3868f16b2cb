from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.history_status import HistoryStatus
    from ..models.node_output_meta import NodeOutputMeta
    from ..models.node_outputs import NodeOutputs


T = TypeVar("T", bound="HistoryEntry")


@_attrs_define
class HistoryEntry:
    """
    Attributes:
        prompt (list[Any]): Five things in a row: number, prompt id, graph, extra data, ids of the output nodes to run.
        outputs (NodeOutputs): What each output node returned for display, by node id. Newer servers may add `metadata`
            to files.
        status (HistoryStatus | None | Unset):
        meta (NodeOutputMeta | Unset): Which node each output belongs to, by node id; matters for nodes that expand into
            others.
    """

    prompt: list[Any]
    outputs: NodeOutputs
    status: HistoryStatus | None | Unset = UNSET
    meta: NodeOutputMeta | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.history_status import HistoryStatus  # noqa: PLC0415

        prompt = self.prompt

        outputs = self.outputs.to_dict()

        status: dict[str, Any] | None | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, HistoryStatus):
            status = self.status.to_dict()
        else:
            status = self.status

        meta: dict[str, Any] | Unset = UNSET
        if not isinstance(self.meta, Unset):
            meta = self.meta.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "prompt": prompt,
                "outputs": outputs,
            }
        )
        if status is not UNSET:
            field_dict["status"] = status
        if meta is not UNSET:
            field_dict["meta"] = meta

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.history_status import HistoryStatus  # noqa: PLC0415
        from ..models.node_output_meta import NodeOutputMeta  # noqa: PLC0415
        from ..models.node_outputs import NodeOutputs  # noqa: PLC0415

        d = dict(src_dict)
        prompt = cast(list[Any], d.pop("prompt"))

        outputs = NodeOutputs.from_dict(d.pop("outputs"))

        def _parse_status(data: object) -> HistoryStatus | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                status_type_0 = HistoryStatus.from_dict(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HistoryStatus | None | Unset, data)

        status = _parse_status(d.pop("status", UNSET))

        _meta = d.pop("meta", UNSET)
        meta: NodeOutputMeta | Unset
        if isinstance(_meta, Unset):
            meta = UNSET
        else:
            meta = NodeOutputMeta.from_dict(_meta)

        history_entry = cls(
            prompt=prompt,
            outputs=outputs,
            status=status,
            meta=meta,
        )

        history_entry.additional_properties = d
        return history_entry

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
