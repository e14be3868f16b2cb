from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.package_version import PackageVersion


T = TypeVar("T", bound="SystemInformation")


@_attrs_define
class SystemInformation:
    """
    Attributes:
        os (str): `posix` or `nt` on 0.3.64, `linux`, `win32` or `darwin` on 0.33.0.
        ram_total (int):
        ram_free (int):
        comfyui_version (str):
        python_version (str):
        pytorch_version (str):
        required_frontend_version (None | str | Unset):
        installed_templates_version (None | str | Unset):
        required_templates_version (None | str | Unset):
        comfy_package_versions (list[PackageVersion] | Unset):
        embedded_python (bool | Unset):
        deploy_environment (str | Unset):
        argv (list[str] | Unset):
    """

    os: str
    ram_total: int
    ram_free: int
    comfyui_version: str
    python_version: str
    pytorch_version: str
    required_frontend_version: None | str | Unset = UNSET
    installed_templates_version: None | str | Unset = UNSET
    required_templates_version: None | str | Unset = UNSET
    comfy_package_versions: list[PackageVersion] | Unset = UNSET
    embedded_python: bool | Unset = UNSET
    deploy_environment: str | Unset = UNSET
    argv: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        os = self.os

        ram_total = self.ram_total

        ram_free = self.ram_free

        comfyui_version = self.comfyui_version

        python_version = self.python_version

        pytorch_version = self.pytorch_version

        required_frontend_version: None | str | Unset
        if isinstance(self.required_frontend_version, Unset):
            required_frontend_version = UNSET
        else:
            required_frontend_version = self.required_frontend_version

        installed_templates_version: None | str | Unset
        if isinstance(self.installed_templates_version, Unset):
            installed_templates_version = UNSET
        else:
            installed_templates_version = self.installed_templates_version

        required_templates_version: None | str | Unset
        if isinstance(self.required_templates_version, Unset):
            required_templates_version = UNSET
        else:
            required_templates_version = self.required_templates_version

        comfy_package_versions: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.comfy_package_versions, Unset):
            comfy_package_versions = []
            for comfy_package_versions_item_data in self.comfy_package_versions:
                comfy_package_versions_item = comfy_package_versions_item_data.to_dict()
                comfy_package_versions.append(comfy_package_versions_item)

        embedded_python = self.embedded_python

        deploy_environment = self.deploy_environment

        argv: list[str] | Unset = UNSET
        if not isinstance(self.argv, Unset):
            argv = self.argv

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "os": os,
                "ram_total": ram_total,
                "ram_free": ram_free,
                "comfyui_version": comfyui_version,
                "python_version": python_version,
                "pytorch_version": pytorch_version,
            }
        )
        if required_frontend_version is not UNSET:
            field_dict["required_frontend_version"] = required_frontend_version
        if installed_templates_version is not UNSET:
            field_dict["installed_templates_version"] = installed_templates_version
        if required_templates_version is not UNSET:
            field_dict["required_templates_version"] = required_templates_version
        if comfy_package_versions is not UNSET:
            field_dict["comfy_package_versions"] = comfy_package_versions
        if embedded_python is not UNSET:
            field_dict["embedded_python"] = embedded_python
        if deploy_environment is not UNSET:
            field_dict["deploy_environment"] = deploy_environment
        if argv is not UNSET:
            field_dict["argv"] = argv

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.package_version import PackageVersion  # noqa: PLC0415

        d = dict(src_dict)
        os = d.pop("os")

        ram_total = d.pop("ram_total")

        ram_free = d.pop("ram_free")

        comfyui_version = d.pop("comfyui_version")

        python_version = d.pop("python_version")

        pytorch_version = d.pop("pytorch_version")

        def _parse_required_frontend_version(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        required_frontend_version = _parse_required_frontend_version(
            d.pop("required_frontend_version", UNSET)
        )

        def _parse_installed_templates_version(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        installed_templates_version = _parse_installed_templates_version(
            d.pop("installed_templates_version", UNSET)
        )

        def _parse_required_templates_version(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        required_templates_version = _parse_required_templates_version(
            d.pop("required_templates_version", UNSET)
        )

        _comfy_package_versions = d.pop("comfy_package_versions", UNSET)
        comfy_package_versions: list[PackageVersion] | Unset = UNSET
        if _comfy_package_versions is not UNSET:
            comfy_package_versions = []
            for comfy_package_versions_item_data in _comfy_package_versions:
                comfy_package_versions_item = PackageVersion.from_dict(
                    comfy_package_versions_item_data
                )

                comfy_package_versions.append(comfy_package_versions_item)

        embedded_python = d.pop("embedded_python", UNSET)

        deploy_environment = d.pop("deploy_environment", UNSET)

        argv = cast(list[str], d.pop("argv", UNSET))

        system_information = cls(
            os=os,
            ram_total=ram_total,
            ram_free=ram_free,
            comfyui_version=comfyui_version,
            python_version=python_version,
            pytorch_version=pytorch_version,
            required_frontend_version=required_frontend_version,
            installed_templates_version=installed_templates_version,
            required_templates_version=required_templates_version,
            comfy_package_versions=comfy_package_versions,
            embedded_python=embedded_python,
            deploy_environment=deploy_environment,
            argv=argv,
        )

        system_information.additional_properties = d
        return system_information

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
