"""Assets: files known by id and content hash, with tags and metadata of the user's own.

Keeps the register in memory and the bytes in the server's folders; files that appear there are found when the
register is read. The content hash is a stand-in of the same form as the real server's, since BLAKE3 is not in the
standard library: equal bytes have equal hashes, but the digits differ from those of a real server.
"""

import hashlib
import mimetypes
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from comfy_emulator.asset_records import SCANNED, Asset, AssetFilter
from comfy_emulator.folders import Folders, OutsideFolderError, inside
from comfy_emulator.json_types import JsonObject, is_array, is_object

_ROLES: Final = ("models", "input", "output")


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
        for kind in SCANNED:
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

    def register(self, path: Path, kind: str, tags: Iterable[str]) -> Asset:
        """Take in a file that the server has just written itself, or take note of its new bytes.

        Args:
            path: The file.
            kind: The folder it is in.
            tags: Its tags, beside the one that says that it did not come from a scan.
        """
        data = path.read_bytes()
        asset = next((each for each in self._assets.values() if each.path == path and each.kind is not None), None)
        if asset is None:
            self._found.add(path)
            metadata = {"filename": path.name}
            asset = self._keep(Asset(path.name, None, 0, _mime_type(path.name), [], metadata, {}, path, kind))
        asset.content, asset.size, asset.metadata = content_hash(data), len(data), _picture_facts(path)
        asset.tags = sorted({*asset.tags, *tags, "uploaded"})
        self.know_tags(asset.tags)
        return asset

    def with_ids(self, content: JsonObject) -> JsonObject:
        """Give what a node shows, with the id of its asset at each file.

        Args:
            content: Lists by kind, some of which name files.
        """
        return {
            kind: [self._with_id(item) for item in items] if is_array(items) else items
            for kind, items in content.items()
        }

    def _with_id(self, item: object) -> object:
        if not is_object(item) or not {"filename", "type"} <= item.keys():
            return item
        root = self._folders.directory(item["type"])
        if root is None:
            return item
        try:
            path = inside(root, f"{item.get('subfolder') or '.'}/{item['filename']}")
        except OutsideFolderError:
            return item
        return {**item, "id": self.register(path, item["type"], [item["type"]]).id} if path.is_file() else item

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
