from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.asset_metadata import AssetMetadata


T = TypeVar("T", bound="CreatedAsset")


@_attrs_define
class CreatedAsset:
    """
    Attributes:
        id (str):
        name (str):
        tags (list[str]):
        user_metadata (AssetMetadata):
        created_at (str): ISO 8601 without a time zone; UTC.
        updated_at (str): ISO 8601 without a time zone; UTC.
        created_new (bool): Whether the content was new to the server.
        hash_ (str | Unset): `blake3:` and 64 hexadecimal digits; absent until the server has computed it.
        asset_hash (str | Unset): Old name of `hash`; newer servers no longer fill it.
        loader_path (str | Unset): What a loading node takes to load this.
        display_name (str | Unset):
        size (int | Unset):
        mime_type (str | Unset):
        preview_url (str | Unset): Path on this server.
        preview_id (str | Unset): Asset that serves as preview.
        metadata (AssetMetadata | Unset):
        is_immutable (bool | Unset):
        job_id (str | Unset):
        prompt_id (str | Unset): Old name of `job_id`.
        last_access_time (str | Unset): ISO 8601 without a time zone; UTC.
    """

    id: str
    name: str
    tags: list[str]
    user_metadata: AssetMetadata
    created_at: str
    updated_at: str
    created_new: bool
    hash_: str | Unset = UNSET
    asset_hash: str | Unset = UNSET
    loader_path: str | Unset = UNSET
    display_name: str | Unset = UNSET
    size: int | Unset = UNSET
    mime_type: str | Unset = UNSET
    preview_url: str | Unset = UNSET
    preview_id: str | Unset = UNSET
    metadata: AssetMetadata | Unset = UNSET
    is_immutable: bool | Unset = UNSET
    job_id: str | Unset = UNSET
    prompt_id: str | Unset = UNSET
    last_access_time: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        tags = self.tags

        user_metadata = self.user_metadata.to_dict()

        created_at = self.created_at

        updated_at = self.updated_at

        created_new = self.created_new

        hash_ = self.hash_

        asset_hash = self.asset_hash

        loader_path = self.loader_path

        display_name = self.display_name

        size = self.size

        mime_type = self.mime_type

        preview_url = self.preview_url

        preview_id = self.preview_id

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        is_immutable = self.is_immutable

        job_id = self.job_id

        prompt_id = self.prompt_id

        last_access_time = self.last_access_time

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "tags": tags,
                "user_metadata": user_metadata,
                "created_at": created_at,
                "updated_at": updated_at,
                "created_new": created_new,
            }
        )
        if hash_ is not UNSET:
            field_dict["hash"] = hash_
        if asset_hash is not UNSET:
            field_dict["asset_hash"] = asset_hash
        if loader_path is not UNSET:
            field_dict["loader_path"] = loader_path
        if display_name is not UNSET:
            field_dict["display_name"] = display_name
        if size is not UNSET:
            field_dict["size"] = size
        if mime_type is not UNSET:
            field_dict["mime_type"] = mime_type
        if preview_url is not UNSET:
            field_dict["preview_url"] = preview_url
        if preview_id is not UNSET:
            field_dict["preview_id"] = preview_id
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if is_immutable is not UNSET:
            field_dict["is_immutable"] = is_immutable
        if job_id is not UNSET:
            field_dict["job_id"] = job_id
        if prompt_id is not UNSET:
            field_dict["prompt_id"] = prompt_id
        if last_access_time is not UNSET:
            field_dict["last_access_time"] = last_access_time

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.asset_metadata import AssetMetadata  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        tags = cast(list[str], d.pop("tags"))

        user_metadata = AssetMetadata.from_dict(d.pop("user_metadata"))

        created_at = d.pop("created_at")

        updated_at = d.pop("updated_at")

        created_new = d.pop("created_new")

        hash_ = d.pop("hash", UNSET)

        asset_hash = d.pop("asset_hash", UNSET)

        loader_path = d.pop("loader_path", UNSET)

        display_name = d.pop("display_name", UNSET)

        size = d.pop("size", UNSET)

        mime_type = d.pop("mime_type", UNSET)

        preview_url = d.pop("preview_url", UNSET)

        preview_id = d.pop("preview_id", UNSET)

        _metadata = d.pop("metadata", UNSET)
        metadata: AssetMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = AssetMetadata.from_dict(_metadata)

        is_immutable = d.pop("is_immutable", UNSET)

        job_id = d.pop("job_id", UNSET)

        prompt_id = d.pop("prompt_id", UNSET)

        last_access_time = d.pop("last_access_time", UNSET)

        created_asset = cls(
            id=id,
            name=name,
            tags=tags,
            user_metadata=user_metadata,
            created_at=created_at,
            updated_at=updated_at,
            created_new=created_new,
            hash_=hash_,
            asset_hash=asset_hash,
            loader_path=loader_path,
            display_name=display_name,
            size=size,
            mime_type=mime_type,
            preview_url=preview_url,
            preview_id=preview_id,
            metadata=metadata,
            is_immutable=is_immutable,
            job_id=job_id,
            prompt_id=prompt_id,
            last_access_time=last_access_time,
        )

        created_asset.additional_properties = d
        return created_asset

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
