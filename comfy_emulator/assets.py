"""Assets: files known by id and content hash, with tags and metadata of the user's own.

Keeps the register in memory and the bytes in the server's folders; files that appear there are found when the
register is read. The content hash is a stand-in of the same form as the real server's, since BLAKE3 is not in the
standard library: equal bytes have equal hashes, but the digits differ from those of a real server.
"""

import hashlib
import mimetypes
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from comfy_emulator.folders import Folders
from comfy_emulator.json_types import JsonObject, is_array

_ROLES: Final = ("models", "input", "output")
_SCANNED: Final = ("input", "output")


class UnknownAssetError(Exception):
    """There is no asset with this id, or no content with this hash."""


class RefusedAssetError(Exception):
    """An upload that cannot be stored.

    Args:
        code: The error code on the wire.
        message: The text on the wire.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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
        if self.kind in _SCANNED:
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


class Assets:
    """The assets of one server.

    Args:
        folders: Where files are kept.
        known_tags: Tags that are listed although no asset has them.
    """

    def __init__(self, folders: Folders, known_tags: Iterable[str]) -> None:
        self._folders = folders
        self._known_tags = {*known_tags, "models", "missing", "uploaded"}
        self._assets: dict[str, Asset] = {}
        self._found: set[Path] = set()

    def scan(self) -> int:
        """Take in the files that appeared in the input and output folders.

        Returns:
            How many there were.
        """
        before = len(self._assets)
        for kind in _SCANNED:
            root = self._folders.base / kind
            for path in sorted(root.rglob("*")):
                if path.is_file() and path not in self._found:
                    self._add_found(path, kind, root)
        return len(self._assets) - before

    def _add_found(self, path: Path, kind: str, root: Path) -> None:
        self._found.add(path)
        size, mime_type = path.stat().st_size, _mime_type(path.name)
        metadata: JsonObject = {
            "filename": path.name,
            "content_length": size,
            "format": path.suffix.lstrip("."),
            "file_path": str(path),
            "content_type": mime_type,
            **_picture_facts(path),
        }
        name = path.relative_to(root).as_posix()
        self._keep(Asset(name, None, size, mime_type, [kind], {"filename": path.name}, metadata, path, kind))

    def _keep(self, asset: Asset) -> Asset:
        self._assets[asset.id] = asset
        self._known_tags.update(asset.tags)
        return asset

    def chosen(self, wanted: AssetFilter) -> list[Asset]:
        """Give the assets that a filter chooses, in the order they came."""
        return [asset for asset in self._assets.values() if wanted.matches(asset)]

    def get(self, asset_id: str) -> Asset:
        """Give an asset.

        Raises:
            UnknownAssetError: There is none with this id.
        """
        if asset_id not in self._assets:
            raise UnknownAssetError(asset_id)
        return self._assets[asset_id]

    def delete(self, asset_id: str) -> None:
        """Remove an asset. Its bytes stay.

        Raises:
            UnknownAssetError: There is none with this id.
        """
        del self._assets[self.get(asset_id).id]

    def with_content(self, content: str) -> Asset | None:
        """Give an asset with this content hash, or None."""
        return next((each for each in self._assets.values() if each.content == content), None)

    def can_be_read(self, asset: Asset) -> bool:
        """Tell whether the bytes of an asset can be had; a reference loses them with the asset that has the file."""
        return asset.kind is not None or any(
            each.kind is not None and each.content == asset.content for each in self._assets.values()
        )

    def refer(self, content: str, name: str, tags: Sequence[str], user_metadata: JsonObject) -> Asset:
        """Make another asset of bytes that are stored already.

        Raises:
            UnknownAssetError: No bytes with this hash are.
        """
        known = self.with_content(content)
        if known is None:
            raise UnknownAssetError(content)
        facts = dict(known.metadata)
        return self._keep(
            Asset(name, content, known.size, known.mime_type, sorted(tags), user_metadata, facts, known.path, None)
        )

    def store(self, data: bytes, filename: str, name: str, tags: Sequence[str], user_metadata: JsonObject) -> Asset:
        """Store bytes.

        Args:
            data: The bytes.
            filename: The file's name, which gives the type.
            name: What the asset is called.
            tags: Its tags, one of which says where it goes.
            user_metadata: What users keep with it.

        Raises:
            RefusedAssetError: No tag says where it goes.
        """
        role = next((tag for tag in tags if tag in _ROLES), None)
        if role is None:
            text = "uploads require exactly one destination role: input, models, or output"
            raise RefusedAssetError("INVALID_BODY", text)
        content = content_hash(data)
        directory = self._folders.base / role
        path = directory / f"{content.partition(':')[2]}{Path(filename).suffix}"
        path.write_bytes(data)
        self._found.add(path)
        return self._keep(
            Asset(
                name,
                content,
                len(data),
                _mime_type(filename),
                sorted({*tags, "uploaded"}),
                user_metadata | {"filename": path.name},
                _picture_facts(path),
                path,
                role,
            )
        )

    def prune(self) -> int:
        """Remove the assets whose files are gone.

        Returns:
            How many there were.
        """
        gone = [asset for asset in self._assets.values() if not asset.path.is_file()]
        for asset in gone:
            del self._assets[asset.id]
            self._found.discard(asset.path)
        return len(gone)

    def know_tags(self, tags: Iterable[str]) -> None:
        """List tags from now on even if no asset has them."""
        self._known_tags.update(tags)

    def tag_counts(self, wanted: AssetFilter) -> dict[str, int]:
        """Count the tags of the chosen assets, the most frequent first."""
        counts: dict[str, int] = {}
        for asset in self.chosen(wanted):
            for tag in asset.tags:
                counts[tag] = counts.get(tag, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def all_tag_counts(self) -> dict[str, int]:
        """Count all tags, those that no asset has at the end."""
        used = self.tag_counts(AssetFilter())
        return used | {tag: 0 for tag in sorted(self._known_tags) if tag not in used}


def content_hash(data: bytes) -> str:
    """Give the hash by which bytes are known."""
    return f"blake3:{hashlib.blake2s(data).hexdigest()}"


def _mime_type(filename: str) -> str:
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def _picture_facts(path: Path) -> dict[str, Any]:
    try:
        with PillowImage.open(path) as picture:
            return {"kind": "image", "width": picture.width, "height": picture.height}
    except UnidentifiedImageError:
        return {}
