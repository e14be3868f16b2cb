from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.extra_data import ExtraData
    from ..models.prompt_graph import PromptGraph


T = TypeVar("T", bound="QueuePromptRequest")


@_attrs_define
class QueuePromptRequest:
    """
    Attributes:
        prompt (PromptGraph): A graph in API format, nodes by id.
        client_id (str | Unset): The websocket that gets the events. Left out, most events reach nobody.
        prompt_id (str | Unset): Id for the prompt; the server makes one if left out. Since about 0.25 it must be a UUID
            in lower case with hyphens. Leave it out rather than sending null: 0.3.64 would take it for the text `None`.
        number (float | Unset): Place in the queue; the smallest runs first. Answered as a decimal number.
        front (bool | Unset): Run before everything that waits. Ignored with `number`.
        extra_data (ExtraData | Unset): Data that travels with a prompt. Known: `extra_pnginfo` (its `workflow` is
            written into pictures), `client_id`, `create_time` (milliseconds, added by 0.33.0), `preview_method`, and
            `auth_token_comfy_org` and `api_key_comfy_org`, which 0.33.0 shows to nobody but 0.3.64 shows in the queue until
            the prompt has run.
        partial_execution_targets (list[str] | None | Unset): Ids of output nodes to run; all if left out.
    """

    prompt: PromptGraph
    client_id: str | Unset = UNSET
    prompt_id: str | Unset = UNSET
    number: float | Unset = UNSET
    front: bool | Unset = UNSET
    extra_data: ExtraData | Unset = UNSET
    partial_execution_targets: list[str] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        prompt = self.prompt.to_dict()

        client_id = self.client_id

        prompt_id = self.prompt_id

        number = self.number

        front = self.front

        extra_data: dict[str, Any] | Unset = UNSET
        if not isinstance(self.extra_data, Unset):
            extra_data = self.extra_data.to_dict()

        partial_execution_targets: list[str] | None | Unset
        if isinstance(self.partial_execution_targets, Unset):
            partial_execution_targets = UNSET
        elif isinstance(self.partial_execution_targets, list):
            partial_execution_targets = self.partial_execution_targets

        else:
            partial_execution_targets = self.partial_execution_targets

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "prompt": prompt,
            }
        )
        if client_id is not UNSET:
            field_dict["client_id"] = client_id
        if prompt_id is not UNSET:
            field_dict["prompt_id"] = prompt_id
        if number is not UNSET:
            field_dict["number"] = number
        if front is not UNSET:
            field_dict["front"] = front
        if extra_data is not UNSET:
            field_dict["extra_data"] = extra_data
        if partial_execution_targets is not UNSET:
            field_dict["partial_execution_targets"] = partial_execution_targets

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.extra_data import ExtraData  # noqa: PLC0415
        from ..models.prompt_graph import PromptGraph  # noqa: PLC0415

        d = dict(src_dict)
        prompt = PromptGraph.from_dict(d.pop("prompt"))

        client_id = d.pop("client_id", UNSET)

        prompt_id = d.pop("prompt_id", UNSET)

        number = d.pop("number", UNSET)

        front = d.pop("front", UNSET)

        _extra_data = d.pop("extra_data", UNSET)
        extra_data: ExtraData | Unset
        if isinstance(_extra_data, Unset):
            extra_data = UNSET
        else:
            extra_data = ExtraData.from_dict(_extra_data)

        def _parse_partial_execution_targets(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                partial_execution_targets_type_0 = cast(list[str], data)

                return partial_execution_targets_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        partial_execution_targets = _parse_partial_execution_targets(
            d.pop("partial_execution_targets", UNSET)
        )

        queue_prompt_request = cls(
            prompt=prompt,
            client_id=client_id,
            prompt_id=prompt_id,
            number=number,
            front=front,
            extra_data=extra_data,
            partial_execution_targets=partial_execution_targets,
        )

        queue_prompt_request.additional_properties = d
        return queue_prompt_request

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
