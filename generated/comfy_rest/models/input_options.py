from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.input_options_remote import InputOptionsRemote
    from ..models.input_options_template import InputOptionsTemplate


T = TypeVar("T", bound="InputOptions")


@_attrs_define
class InputOptions:
    """Everything a node says about an input besides its type; custom nodes add their own.

    Attributes:
        default (Any | Unset):
        min_ (float | Unset):
        max_ (float | Unset):
        step (float | Unset):
        round_ (bool | float | Unset):
        multiline (bool | Unset):
        tooltip (None | str | Unset):
        force_input (bool | Unset):
        options (list[Any] | Unset): Choices of a `COMBO`, or objects as in `DynamicChoice`.
        control_after_generate (bool | str | Unset):
        image_upload (bool | Unset):
        image_folder (str | Unset):
        remote (InputOptionsRemote | Unset):
        template (InputOptionsTemplate | Unset): Of growing and type-matching inputs.
    """

    default: Any | Unset = UNSET
    min_: float | Unset = UNSET
    max_: float | Unset = UNSET
    step: float | Unset = UNSET
    round_: bool | float | Unset = UNSET
    multiline: bool | Unset = UNSET
    tooltip: None | str | Unset = UNSET
    force_input: bool | Unset = UNSET
    options: list[Any] | Unset = UNSET
    control_after_generate: bool | str | Unset = UNSET
    image_upload: bool | Unset = UNSET
    image_folder: str | Unset = UNSET
    remote: InputOptionsRemote | Unset = UNSET
    template: InputOptionsTemplate | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        default = self.default

        min_ = self.min_

        max_ = self.max_

        step = self.step

        round_: bool | float | Unset
        if isinstance(self.round_, Unset):
            round_ = UNSET
        else:
            round_ = self.round_

        multiline = self.multiline

        tooltip: None | str | Unset
        if isinstance(self.tooltip, Unset):
            tooltip = UNSET
        else:
            tooltip = self.tooltip

        force_input = self.force_input

        options: list[Any] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = self.options

        control_after_generate: bool | str | Unset
        if isinstance(self.control_after_generate, Unset):
            control_after_generate = UNSET
        else:
            control_after_generate = self.control_after_generate

        image_upload = self.image_upload

        image_folder = self.image_folder

        remote: dict[str, Any] | Unset = UNSET
        if not isinstance(self.remote, Unset):
            remote = self.remote.to_dict()

        template: dict[str, Any] | Unset = UNSET
        if not isinstance(self.template, Unset):
            template = self.template.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if default is not UNSET:
            field_dict["default"] = default
        if min_ is not UNSET:
            field_dict["min"] = min_
        if max_ is not UNSET:
            field_dict["max"] = max_
        if step is not UNSET:
            field_dict["step"] = step
        if round_ is not UNSET:
            field_dict["round"] = round_
        if multiline is not UNSET:
            field_dict["multiline"] = multiline
        if tooltip is not UNSET:
            field_dict["tooltip"] = tooltip
        if force_input is not UNSET:
            field_dict["forceInput"] = force_input
        if options is not UNSET:
            field_dict["options"] = options
        if control_after_generate is not UNSET:
            field_dict["control_after_generate"] = control_after_generate
        if image_upload is not UNSET:
            field_dict["image_upload"] = image_upload
        if image_folder is not UNSET:
            field_dict["image_folder"] = image_folder
        if remote is not UNSET:
            field_dict["remote"] = remote
        if template is not UNSET:
            field_dict["template"] = template

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.input_options_remote import InputOptionsRemote  # noqa: PLC0415
        from ..models.input_options_template import InputOptionsTemplate  # noqa: PLC0415

        d = dict(src_dict)
        default = d.pop("default", UNSET)

        min_ = d.pop("min", UNSET)

        max_ = d.pop("max", UNSET)

        step = d.pop("step", UNSET)

        def _parse_round_(data: object) -> bool | float | Unset:
            if isinstance(data, Unset):
                return data
            return cast(bool | float | Unset, data)

        round_ = _parse_round_(d.pop("round", UNSET))

        multiline = d.pop("multiline", UNSET)

        def _parse_tooltip(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tooltip = _parse_tooltip(d.pop("tooltip", UNSET))

        force_input = d.pop("forceInput", UNSET)

        options = cast(list[Any], d.pop("options", UNSET))

        def _parse_control_after_generate(data: object) -> bool | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(bool | str | Unset, data)

        control_after_generate = _parse_control_after_generate(
            d.pop("control_after_generate", UNSET)
        )

        image_upload = d.pop("image_upload", UNSET)

        image_folder = d.pop("image_folder", UNSET)

        _remote = d.pop("remote", UNSET)
        remote: InputOptionsRemote | Unset
        if isinstance(_remote, Unset):
            remote = UNSET
        else:
            remote = InputOptionsRemote.from_dict(_remote)

        _template = d.pop("template", UNSET)
        template: InputOptionsTemplate | Unset
        if isinstance(_template, Unset):
            template = UNSET
        else:
            template = InputOptionsTemplate.from_dict(_template)

        input_options = cls(
            default=default,
            min_=min_,
            max_=max_,
            step=step,
            round_=round_,
            multiline=multiline,
            tooltip=tooltip,
            force_input=force_input,
            options=options,
            control_after_generate=control_after_generate,
            image_upload=image_upload,
            image_folder=image_folder,
            remote=remote,
            template=template,
        )

        input_options.additional_properties = d
        return input_options

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
