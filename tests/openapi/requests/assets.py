"""Requests about assets: uploads, tags, lists and scans."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from tests.openapi.conversation import Session
from tests.openapi.requests.samples import FOLDER, NOBODY, NOT_JSON, picture
from tests.openapi.sending import Form, Upload

NO_ID = "00000000-0000-0000-0000-000000000000"
NO_HASH = f"blake3:{'0' * 64}"


def assets(talk: Session) -> None:
    """Assets. Their content can't be removed, so it is always the same where others would see it."""
    content = picture("teal") if talk.shared else picture() + uuid.uuid4().bytes
    form: Form = {"file": Upload("asset.png", content), "tags": ["input", FOLDER], "user_metadata": '{"suite": true}'}
    uploaded = talk.ask("uploadAsset", form={**form, "name": "asset.png"}, status=(200, 201)).json() or {}
    made = [uploaded["id"]] if uploaded else []
    # Where assets are off, all of this is refused alike.
    known_hash = uploaded.get("hash", NO_HASH)
    asset_id = uploaded.get("id", NO_ID)
    try:
        again = talk.ask("uploadAsset", form={"hash": known_hash, "tags": ["input"], "name": "a"}, status=(200, 201))
        made += [again.json()["id"]] if again.json() else []
        talk.ask("checkAssetHash", {"hash": known_hash})
        posted = {"hash": known_hash, "name": "copy.png", "tags": [FOLDER], "user_metadata": {"a": [1]}}
        copied = talk.ask("createAssetFromHash", json=posted, status=201)
        made += [copied.json()["id"]] if copied.json() else []
        _one_asset(talk, asset_id)
        _asset_lists(talk)
        _refused_assets(talk, form)
        _asset_scans(talk)
    finally:
        for each in dict.fromkeys(made):
            talk.ask("deleteAsset", {"id": each}, status=204)
    talk.ask("deleteAsset", {"id": NO_ID}, status=404)
    if talk.assets and talk.multi_user:
        _assets_of_nobody(talk, form)


def _one_asset(talk: Session, asset_id: str) -> None:
    this, other = {"id": asset_id}, {"id": NO_ID}
    talk.ask("getAsset", this)
    talk.ask("updateAsset", this, json={"name": "renamed.png", "user_metadata": {"b": None}})
    # Where the content was uploaded and deleted before, it stays lost. And 0.33.0 knows no parts here.
    talk.ask("getAssetContent", this | {"disposition": "inline"}, status=(200, 404) if talk.shared else 200)
    talk.ask("getAssetContent", this | {"Range": "bytes=0-1"}, status=(200, 206, 404) if talk.shared else (200, 206))
    talk.ask("addAssetTags", this, json={"tags": [f"{FOLDER}-a", f"{FOLDER}-b"]})
    talk.ask("addAssetTags", this, json={"tags": [f"{FOLDER}-a"]})
    talk.ask("removeAssetTags", this, json={"tags": [f"{FOLDER}-a", f"{FOLDER}-b", f"{FOLDER}-c"]})
    for operation_id in ("updateAsset", "addAssetTags", "removeAssetTags"):
        talk.ask(operation_id, this, json={}, status=400)
        talk.ask(operation_id, this, json=[], status=400)
        talk.ask(operation_id, this, content=NOT_JSON, status=400)
    talk.ask("updateAsset", other, json={"name": "x"}, status=404)
    for operation_id in ("addAssetTags", "removeAssetTags"):
        talk.ask(operation_id, other, json={"tags": ["x"]}, status=404)
    talk.ask("getAsset", other, status=404)
    talk.ask("getAssetContent", other, status=404)


def _asset_lists(talk: Session) -> None:
    talk.ask("listAssets", {"tags_all": [FOLDER], "tags_any": [FOLDER, "x"], "tags_none": ["x"], "name_contains": "a"})
    talk.ask("listAssets", {"include_tags": [FOLDER], "exclude_tags": ["x"], "metadata_filter": '{"suite": true}'})
    for sort in ("name", "created_at", "updated_at", "size", "last_access_time"):
        talk.ask("listAssets", {"sort": sort, "order": "asc", "limit": 1, "offset": 1})
    page = talk.ask("listAssets", {"limit": 1, "sort": "name"}).json() or {}
    if "next_cursor" in page:
        talk.ask("listAssets", {"limit": 1, "sort": "name", "after": page["next_cursor"]})
    for bad in ({"limit": -1}, {"limit": 501}, {"limit": "x"}, {"offset": -1}, {"sort": "x"}, {"order": "x"}):
        talk.ask("listAssets", bad, status=400)
    for bad in ({"after": "x"}, {"after": "x", "sort": "last_access_time"}, {"metadata_filter": "["}):
        talk.ask("listAssets", bad, status=400)
    talk.ask("listTags")
    talk.ask("listTags", {"prefix": FOLDER, "limit": 1, "offset": 1, "order": "name_asc", "include_zero": False})
    for bad in ({"limit": 0}, {"limit": 1001}, {"offset": -1}, {"order": "x"}, {"prefix": ""}):
        talk.ask("listTags", bad, status=400)
    talk.ask("refineAssetTags", {"tags_all": ["input"], "limit": 5})
    for bad in ({"limit": 0}, {"limit": "x"}):
        talk.ask("refineAssetTags", bad, status=400)


def _refused_assets(talk: Session, form: Form) -> None:
    talk.ask("uploadAsset", form={"name": "nothing"}, status=400)
    unheard_of = Upload("new.bin", uuid.uuid4().bytes)
    talk.ask("uploadAsset", form={"file": unheard_of, "tags": ["nowhere"]}, status=400)
    talk.ask("uploadAsset", form={"file": Upload("empty.bin", b""), "tags": ["input"]}, status=400)
    for metadata in ("{", "[]"):
        talk.ask("uploadAsset", form={**form, "user_metadata": metadata}, status=400)
    for wrong_hash in ("x", NO_HASH):
        talk.ask("uploadAsset", form={**form, "hash": wrong_hash}, status=400)
    talk.ask("uploadAsset", form={"hash": NO_HASH, "tags": ["input"], "name": "a"}, status=400)
    talk.ask("uploadAsset", json={"file": "a"}, status=415)
    talk.ask("checkAssetHash", {"hash": "x"}, status=400)
    talk.ask("checkAssetHash", {"hash": NO_HASH}, status=404)
    talk.ask("createAssetFromHash", json={"hash": NO_HASH, "name": "x"}, status=404)
    talk.ask("createAssetFromHash", json={"hash": "x", "name": "x"}, status=400)
    talk.ask("createAssetFromHash", content=NOT_JSON, status=400)


def _asset_scans(talk: Session) -> None:
    talk.ask("getAssetSeedStatus")
    talk.ask("cancelAssetSeed")
    # Somebody else's scan may be under way.
    waited, started = ((200, 409), (202, 409)) if talk.shared else (200, 202)
    talk.ask("seedAssets", {"wait": True}, json={"roots": ["input"]}, status=waited)
    talk.ask("seedAssets", json={"roots": ["input"]}, status=started)
    talk.until(_scan_is_over(talk), "the scan to end")
    talk.ask("seedAssets", {"wait": True}, status=waited)
    talk.ask("seedAssets", {"wait": True}, content=NOT_JSON, status=waited, is_wrong=True)
    talk.ask("seedAssets", json={"roots": ["nowhere"]}, status=400)
    if not (talk.shared and talk.assets):
        talk.ask("pruneAssets")


def _scan_is_over(talk: Session) -> Callable[[], bool | None]:
    def is_over() -> bool | None:
        found = talk.ask("getAssetSeedStatus").json() or {"state": "IDLE"}
        return found["state"] == "IDLE" or None

    return is_over


def _assets_of_nobody(talk: Session, form: Form) -> None:
    who, whose = {"Comfy-User": NOBODY}, {"Comfy-User": NOBODY, "id": NO_ID}
    talk.ask("listAssets", who, status=500)
    talk.ask("uploadAsset", who, form=form, status=500)
    talk.ask("createAssetFromHash", who, json={"hash": NO_HASH, "name": "x"}, status=500)
    talk.ask("refineAssetTags", who, status=500)
    talk.ask("listTags", who, status=500)
    talk.ask("getAsset", whose, status=500)
    talk.ask("updateAsset", whose, json={"name": "x"}, status=500)
    talk.ask("deleteAsset", whose, status=500)
    talk.ask("getAssetContent", whose, status=500)
    talk.ask("addAssetTags", whose, json={"tags": ["x"]}, status=500)
    talk.ask("removeAssetTags", whose, json={"tags": ["x"]}, status=500)
