"""Holds the contracts to their version: a changed document must not go by the version of another one.

    python scripts/contract_version.py                  fail if a document changed since its version was recorded
    python scripts/contract_version.py --record         record a new version
    python scripts/contract_version.py --unpublished    record the newest version anew, which nobody has got yet

Duty: compare fingerprints with `openapi/versions.json`. Refusals: it chooses no version, for what a change means is
for people to decide (`openapi/CHANGELOG.md` says how), and it never touches the record of an older one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

OPENAPI = Path(__file__).resolve().parents[1] / "openapi"
_DOCUMENTS = ("comfyui.yaml", "comfyui-ws.yaml")


class VersionError(Exception):
    """The documents and their version do not belong together; the message says what to do."""


def fingerprint(documents: Sequence[Any]) -> str:
    """Give a digest of what documents say, whatever their layout and comments."""
    canonical = json.dumps(documents, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def recorded(
    versions: dict[str, str], version: str, digest: str, *, records: bool, unpublished: bool
) -> dict[str, str]:
    """Give the record after this run.

    Args:
        versions: The record so far: fingerprints by version, the oldest first.
        version: The documents' version.
        digest: Their fingerprint.
        records: Whether a new version may be recorded.
        unpublished: Whether the newest version may be recorded anew.

    Returns:
        The record; the same one where nothing changed.

    Raises:
        VersionError: The documents go by the version of others, or their version is not recorded.
    """
    known = versions.get(version)
    if known == digest:
        return versions
    newest = next(reversed(versions), None)
    if known is None:
        if not (records or unpublished):
            raise VersionError(f"{version} is not recorded: run scripts/contract_version.py --record")
        return {**versions, version: digest}
    if unpublished and version == newest:
        return {**versions, version: digest}
    raise VersionError(
        f"the contracts changed but are still {version}: give both the next version and a line in "
        "openapi/CHANGELOG.md, then run scripts/contract_version.py --record "
        "(--unpublished, if nobody has got this version yet)"
    )


def main(arguments: Sequence[str] | None = None, *, directory: Path = OPENAPI) -> int:
    """Compare or record; 0 is well, 1 a document that changed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--record", action="store_true", help="record a new version")
    parser.add_argument("--unpublished", action="store_true", help="record the newest version anew")
    options = parser.parse_args(arguments)
    documents = [yaml.load((directory / name).read_text("utf-8"), Loader=yaml.CSafeLoader) for name in _DOCUMENTS]
    path = directory / "versions.json"
    versions: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    try:
        (version,) = {document["info"]["version"] for document in documents}
        now = recorded(
            versions, version, fingerprint(documents), records=options.record, unpublished=options.unpublished
        )
    except ValueError:
        print("contract_version: the two documents go by different versions", file=sys.stderr)
        return 1
    except VersionError as error:
        print(f"contract_version: {error}", file=sys.stderr)
        return 1
    if now != versions:
        path.write_text(json.dumps(now, indent=2) + "\n", "utf-8")
        print(f"recorded {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
