"""One asset and how the asset routes describe it; which assets a request chooses.

Data only. Where assets are kept and how they come to be is `comfy_emulator.assets`.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from comfy_emulator.json_types import JsonObject, is_array

SCANNED: Final = ("input", "output")
"""The folders in which assets are looked for."""


@dataclass(slots=True)
class Asset:
    """One reference to stored bytes.

    Attributes:
        name: What it is called.
        content: Hash of the bytes; None for files that were found, not uploaded.
        size: How many bytes there are.
        mime_type: What kind of file it is.
        tags: Its tags, sorted.
        user_metadata: What users keep with it.
        metadata: What is known of the file itself.
        path: Where the bytes are.
        kind: The folder they are served from; None for references without a file of their own.
    """

    name: str
    content: str | None
    size: int
    mime_type: str
    tags: list[str]
    user_metadata: JsonObject
    metadata: JsonObject
    path: Path
    kind: str | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    accessed: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))

    def touch(self) -> None:
        """Note that it was changed now."""
        self.updated = datetime.now(UTC).replace(tzinfo=None)

    def as_json(self) -> JsonObject:
        """Describe it as the asset routes do."""
        described: JsonObject = {"id": self.id, "name": self.name}
        if self.content is not None:
            described["hash"] = self.content
        if self.kind is not None:
            described |= {"loader_path": self.path.name, "display_name": self.path.name}
        if self.content is not None:
            described["asset_hash"] = self.content
        described |= {"size": self.size, "mime_type": self.mime_type, "tags": self.tags}
        if self.kind in SCANNED:
            described["preview_url"] = f"/api/view?type={self.kind}&filename={quote(self.path.name, safe='')}"
        return described | {
            "user_metadata": self.user_metadata,
            "is_immutable": False,
            "metadata": self.metadata,
            "created_at": self.created.isoformat(),
            "updated_at": self.updated.isoformat(),
            "last_access_time": self.accessed.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """Which assets to choose.

    Attributes:
        all_of: Tags an asset has to have.
        any_of: Tags of which it has to have one, unless there are none.
        none_of: Tags it may not have.
        name_contains: Text that its name has to contain, in any case.
        metadata: What its user metadata has to hold; of a list, one.
    """

    all_of: Sequence[str] = ()
    any_of: Sequence[str] = ()
    none_of: Sequence[str] = ()
    name_contains: str = ""
    metadata: JsonObject = field(default_factory=dict[str, Any])

    def matches(self, asset: Asset) -> bool:
        """Tell whether an asset is chosen."""
        tags = set(asset.tags)
        return (
            tags.issuperset(self.all_of)
            and (not self.any_of or not tags.isdisjoint(self.any_of))
            and tags.isdisjoint(self.none_of)
            and self.name_contains.lower() in asset.name.lower()
            and all(_holds(asset.user_metadata.get(name), wanted) for name, wanted in self.metadata.items())
        )


def _holds(value: object, wanted: Any) -> bool:
    return value in wanted if is_array(wanted) else value == wanted
