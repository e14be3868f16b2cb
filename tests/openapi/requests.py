"""What is asked of a server to see all its operations at work: good requests and bad ones, subject by subject.

Duty: the one table of requests that suites share, whether the server is emulated or real, and whether they go as plain
HTTP or through the bindings. Each names the status it expects. What a conversation makes, it takes away again as far
as servers let it; of a server with other uses it asks nothing lasting, costly or common to all.

Refusals: no judgement of answers; that is ``Session.ask``.
"""

from __future__ import annotations

import io
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests import prompts
from tests.openapi.conversation import Form, Session, Upload, Value

FOLDER = "contract-suite"
SETTING = "ContractSuite"
NOBODY = "nobody_00000000-0000-0000-0000-000000000000"
NO_ID = "00000000-0000-0000-0000-000000000000"
NO_HASH = f"blake3:{'0' * 64}"
NOT_JSON = b"{"


def picture(colour: str = "navy") -> bytes:
    """A small picture with an alpha channel; the same each time."""
    buffer = io.BytesIO()
    Image.new("RGBA", (8, 8), colour).save(buffer, format="PNG")
    return buffer.getvalue()


def _tiny_prompt() -> dict[str, Any]:
    inputs = {"width": 8, "height": 8, "batch_size": 1, "color": random.randrange(1 << 24)}
    return {
        "1": {"class_type": "EmptyImage", "inputs": inputs},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def _slow_prompt() -> dict[str, Any]:
    return prompts.one_image(count=400, delay_ms=25, seed=random.randrange(1 << 31))


def _queued(talk: Session, prompt: dict[str, Any], **more: object) -> str:
    answer = talk.ask("queuePrompt", json={"prompt": prompt, "client_id": FOLDER, **more})
    return str(answer.json()["prompt_id"])


def _finished(talk: Session, prompt_id: str) -> dict[str, Any]:
    def entry() -> dict[str, Any] | None:
        found: dict[str, Any] = talk.ask("getHistoryEntry", {"prompt_id": prompt_id}).json()
        return found.get(prompt_id)

    return talk.until(entry, f"prompt {prompt_id} in the history")


def _too_large(talk: Session) -> bytes:
    size: int = talk.ask("getFeatures").json()["max_upload_size"]
    return bytes(size + 1)


# --- prompts, queue, history and jobs -----------------------------------------------------------------------------


def finished_prompt(talk: Session) -> None:
    """A prompt that runs, and everything that can be asked about it afterwards."""
    workflow = {"extra_pnginfo": {"workflow": {"id": FOLDER}}}
    posted = {"prompt": _tiny_prompt(), "client_id": FOLDER, "extra_data": workflow}
    prompt_id = talk.ask("queuePrompt", {"Comfy-Usage-Source": FOLDER}, json=posted).json()["prompt_id"]
    try:
        entry = _finished(talk, prompt_id)
        image = entry["outputs"]["2"]["images"][0]
        talk.ask("viewFile", {name: image[name] for name in ("filename", "subfolder", "type")})
        talk.ask("getHistory", {"max_items": 1})
        talk.ask("getHistory", {"max_items": 1, "offset": 0})
        talk.ask("getHistory", {"max_items": "x"}, status=500)
        talk.ask("getPromptInfo")
        talk.ask("getJob", {"job_id": prompt_id})
        talk.ask("listJobs", {"workflow_id": FOLDER, "status": "completed,failed", "sort_by": "execution_duration"})
        talk.ask("listJobs", {"limit": 1, "offset": 0, "sort_order": "asc"})
        for name, value in (("limit", 0), ("limit", "x"), ("status", "bogus"), ("sort_by", "x"), ("sort_order", "x")):
            talk.ask("listJobs", {name: value}, status=400)
        # A prompt that has ended is passed over.
        talk.ask("cancelJob", {"job_id": prompt_id})
        talk.ask("cancelJobs", json={"job_ids": [prompt_id]})
        talk.ask("interrupt", json={"prompt_id": prompt_id})
        talk.ask("updateQueue", json={"delete": [prompt_id]})
    finally:
        talk.ask("updateHistory", json={"delete": [prompt_id]})
    talk.ask("getHistoryEntry", {"prompt_id": prompt_id})
    talk.ask("getJob", {"job_id": prompt_id}, status=404)


def refused_prompts(talk: Session) -> None:
    """Prompts that are not taken, and other requests about the queue that make no sense."""
    unknown_class = {"1": {"class_type": "NoSuchNode", "inputs": {}}}
    no_output = {"1": _tiny_prompt()["1"]}
    bad_input = _tiny_prompt()
    bad_input["1"]["inputs"]["width"] = "wide"
    bodies: list[dict[str, Any]] = [
        {},
        {"prompt": {}},
        {"prompt": unknown_class},
        {"prompt": no_output},
        {"prompt": bad_input},
        {"prompt": unknown_class, "prompt_id": "not-a-uuid"},
    ]
    for body in bodies:
        talk.ask("queuePrompt", json=body, status=400)
    talk.ask("queuePrompt", content=NOT_JSON, status=500)
    talk.ask("queuePrompt", json={"prompt": unknown_class, "number": "first"}, status=500)
    for operation_id in ("updateQueue", "updateHistory"):
        talk.ask(operation_id, json={"delete": ["nope"]})
        talk.ask(operation_id, json={})
        talk.ask(operation_id, content=NOT_JSON, status=500)
    talk.ask("interrupt", json={"prompt_id": "nope"})
    talk.ask("getHistoryEntry", {"prompt_id": "nope"})
    talk.ask("getJob", {"job_id": "nope"}, status=404)
    talk.ask("cancelJob", {"job_id": "nope"})
    talk.ask("cancelJobs", json={"job_ids": []})
    talk.ask("cancelJobs", json={"job_ids": ["x"]}, status=400)
    talk.ask("cancelJobs", json=["x"], status=400)
    talk.ask("cancelJobs", content=NOT_JSON, status=400)
    if not talk.shared:
        talk.ask("queuePrompt", content=_too_large(talk), status=413)


def partly_refused_prompt(talk: Session) -> None:
    """A prompt of which one branch is dropped."""
    prompt = _tiny_prompt() | {"3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
    prompt_id = _queued(talk, prompt)
    _finished(talk, prompt_id)
    talk.ask("updateHistory", json={"delete": [prompt_id]})


def waiting_prompts(talk: Session) -> None:
    """Prompts that run and wait, and every way to get rid of them."""
    if not talk.ask("getNodeDefinition", {"node_class": "ProbeSteps"}).json():
        # Built-in nodes are too quick to be seen at work.
        return
    ids = [_queued(talk, _slow_prompt()) for _ in range(4)]
    try:
        running, first, second, third = ids

        def runs() -> bool | None:
            queue = talk.ask("getQueue").json()
            return any(item[1] == running for item in queue["queue_running"]) or None

        talk.until(runs, f"prompt {running} to run")
        talk.ask("getPromptInfo")
        talk.ask("listJobs", {"status": "pending,in_progress"})
        for prompt_id in (running, first):
            talk.ask("getJob", {"job_id": prompt_id})
            talk.ask("getHistoryEntry", {"prompt_id": prompt_id})
        talk.ask("updateQueue", json={"delete": [first]})
        talk.ask("cancelJob", {"job_id": second})
        talk.ask("cancelJobs", json={"job_ids": [third]})
        talk.ask("interrupt", json={"prompt_id": running})
        _finished(talk, running)
        talk.ask("getJob", {"job_id": running})
    finally:
        talk.ask("updateQueue", json={"delete": ids})
        for prompt_id in ids:
            talk.ask("interrupt", json={"prompt_id": prompt_id})
        talk.ask("updateHistory", json={"delete": ids})
    if not talk.shared:
        _without_regard_for_others(talk)


def _without_regard_for_others(talk: Session) -> None:
    # What is not JSON counts as no body.
    for content in (None, NOT_JSON):
        running = _queued(talk, _slow_prompt(), front=True)
        _queued(talk, _slow_prompt(), number=1000)
        talk.until(lambda: talk.ask("getQueue").json()["queue_running"] or None, "a prompt to run")
        talk.ask("updateQueue", json={"clear": True})
        if not talk.ask("interrupt", content=content, is_wrong=content is not None).status:
            talk.ask("interrupt")
        _finished(talk, running)
    talk.ask("updateHistory", json={"clear": True})
    talk.ask("freeMemory", json={"unload_models": True, "free_memory": True})


# --- files --------------------------------------------------------------------------------------------------------


def files(talk: Session) -> None:
    """Uploads, and looking at what was uploaded. Nothing takes a file away again, so they are always the same."""
    image, notes = Upload("picture é.png", picture()), Upload("notes.txt", b"0123456789")
    for upload in (image, notes):
        talk.ask("uploadImage", form={"image": upload, "subfolder": FOLDER, "overwrite": "true"})
    talk.ask("uploadImage", form={"image": image, "subfolder": FOLDER, "type": "input", "overwrite": "false"})
    talk.ask("uploadImage", form={"type": "input"}, status=400)
    talk.ask("uploadImage", form={"image": image, "subfolder": "../../x"}, status=400)
    talk.ask("uploadImage", form={"image": image, "type": "bogus"}, status=500)

    original = json.dumps({"filename": image.name, "subfolder": FOLDER, "type": "input"})
    mask: dict[str, Any] = {"image": Upload("mask.png", picture("#00000080")), "subfolder": FOLDER, "overwrite": "1"}
    talk.ask("uploadMask", form={**mask, "original_ref": original})
    for absent in ({"filename": "nope.png"}, {"filename": "../x.png"}, {"filename": "x.png", "type": "bogus"}):
        talk.ask("uploadMask", form={**mask, "original_ref": json.dumps(absent)})
    talk.ask("uploadMask", form={**mask, "original_ref": original, "subfolder": "../../x"}, status=400)
    talk.ask("uploadMask", form={"original_ref": original}, status=400)
    talk.ask("uploadMask", form=mask, status=500)

    seen = {"filename": image.name, "subfolder": FOLDER, "type": "input"}
    talk.ask("viewFile", seen)
    talk.ask("viewFile", {"filename": f"{image.name} [input]", "subfolder": FOLDER}, status=(200, 404))
    for more in ({"preview": "webp;50"}, {"preview": "jpeg"}, {"channel": "rgb"}, {"channel": "a"}, {"channel": "x"}):
        talk.ask("viewFile", seen | more)
    read = seen | {"filename": notes.name}
    talk.ask("viewFile", read | {"Range": "bytes=2-4"}, status=206)
    talk.ask("viewFile", read | {"Range": "bytes=10-"}, status=416)
    talk.ask("viewFile", read | {"Range": "pages=1"}, status=416)
    talk.ask("viewFile", read | {"preview": "webp"}, status=500)
    talk.ask("viewFile", status=404)
    talk.ask("viewFile", seen | {"filename": "nope.png"}, status=404)
    talk.ask("viewFile", {"filename": ""}, status=400)
    talk.ask("viewFile", {"filename": "../x.png"}, status=400)
    talk.ask("viewFile", {"filename": "x.png", "type": "bogus"}, status=400)
    talk.ask("viewFile", {"filename": "x.png", "subfolder": "../../x"}, status=403)

    if not talk.shared:
        large = Upload("large.bin", _too_large(talk))
        talk.ask("uploadImage", form={"image": large}, status=413)
        talk.ask("uploadMask", form={"image": large, "original_ref": original}, status=413)


# --- what the server has and is -----------------------------------------------------------------------------------


def nodes(talk: Session) -> None:
    """Nodes, and what node packs bring along."""
    talk.ask("getNodeDefinitions")
    talk.ask("getNodeDefinition", {"node_class": "EmptyImage"})
    talk.ask("getNodeDefinition", {"node_class": "No such/node"})
    talk.ask("getNodeReplacements")
    subgraphs = talk.ask("listSubgraphs").json() or {}
    for subgraph_id in list(subgraphs)[:2]:
        talk.ask("getSubgraph", {"id": subgraph_id})
    talk.ask("getSubgraph", {"id": "nope"})
    talk.ask("getWorkflowTemplates")
    talk.ask("getTranslations")


def models(talk: Session) -> None:
    """Model folders and the files in them."""
    talk.ask("getEmbeddings")
    talk.ask("listModelFolderDetails")
    for folder in talk.ask("getModelFolders").json():
        talk.ask("getModels", {"folder": folder})
        for file in talk.ask("listModelDetails", {"folder": folder}).json()[:1]:
            _model(talk, folder, file)
    talk.ask("getModels", {"folder": "nope"}, status=404)
    talk.ask("listModelDetails", {"folder": "nope"}, status=404)

    talk.ask("viewMetadata", {"folder_name": "checkpoints"}, status=404)
    for folder in ("checkpoints", "nope"):
        talk.ask("viewMetadata", {"folder_name": folder, "filename": "nope.safetensors"}, status=404)

    bad = 500 if talk.is_old else 400
    talk.ask("getModelPreview", {"folder": "checkpoints", "path_index": "x", "filename": "a"}, status=bad)
    refused: dict[str, Value] = {"folder": "checkpoints", "path_index": 0, "filename": "../../x"}
    talk.ask("getModelPreview", refused, status=404 if talk.is_old else 403)
    absent: dict[str, Value] = {"folder": "checkpoints", "path_index": 99, "filename": "a"}
    talk.ask("getModelPreview", absent, status=500 if talk.is_old else 404)
    talk.ask("getModelPreview", absent | {"path_index": 0, "filename": "nope/a.ckpt"}, status=404)
    talk.ask("getModelPreview", absent | {"path_index": 0, "folder": "nope"}, status=404)


def _model(talk: Session, folder: str, file: dict[str, Any]) -> None:
    # Not every model says something about itself, or has a picture.
    status = (200, 404) if talk.shared else 200
    if file["name"].endswith(".safetensors"):
        talk.ask("viewMetadata", {"folder_name": folder, "filename": file["name"]}, status=status)
    wanted = {"folder": folder, "path_index": file["pathIndex"], "filename": file["name"]}
    talk.ask("getModelPreview", wanted, status=status)


def system(talk: Session) -> None:
    """The server itself and its log."""
    talk.ask("getSystemStats")
    talk.ask("getFeatures")
    talk.ask("getExtensions")
    talk.ask("freeMemory", json={})
    talk.ask("freeMemory", status=500)
    talk.ask("freeMemory", content=NOT_JSON, status=500)
    talk.ask("getLogs")
    talk.ask("getRawLogs")
    for enabled in (True, False):
        talk.ask("subscribeLogs", json={"clientId": FOLDER, "enabled": enabled})
    talk.ask("subscribeLogs", content=NOT_JSON, status=500)
    talk.ask("getFolderPaths")
    for directory in ("input", "output", "temp"):
        talk.ask("listDirectoryFiles", {"directory_type": directory})
    talk.ask("listDirectoryFiles", {"directory_type": "bogus"}, status=400)


# --- users and what they keep -------------------------------------------------------------------------------------


def users(talk: Session) -> None:
    """Users. They can't be removed, so none is made where others would see it."""
    known = talk.ask("getUsers").json()
    for name in list(known.get("users", {"default": "default"}).values())[:1]:
        talk.ask("createUser", json={"username": name}, status=400)
    # 0.3.64 fails over a name that it does not like.
    talk.ask("createUser", json={"username": " "}, status=500 if talk.is_old else 400)
    talk.ask("createUser", json={}, status=500)
    talk.ask("createUser", content=NOT_JSON, status=500)
    if not talk.is_old:
        talk.ask("createUser", json={"username": "__system"}, status=400)
    if not talk.shared:
        talk.ask("createUser", json={"username": f"somebody {uuid.uuid4()}"})


def settings(talk: Session) -> None:
    """Settings. They can't be removed, so they have names of their own and end as null."""
    one, other = f"{SETTING}.One", f"{SETTING}.Other"
    talk.ask("storeSettings", json={one: 1, other: {"x": [1, None]}})
    talk.ask("getSettings")
    for value in ("three", 0, False, [1, {"a": None}], None):
        talk.ask("storeSetting", {"id": one}, json=value)
        talk.ask("getSetting", {"id": one})
    talk.ask("getSetting", {"id": f"{SETTING}.Never"})
    talk.ask("getSetting", {"id": f"{SETTING}/with slash"})
    talk.ask("storeSettings", json={one: None, other: None})
    talk.ask("storeSettings", content=NOT_JSON, status=500)
    talk.ask("storeSetting", {"id": one}, content=NOT_JSON, status=500)
    if talk.multi_user:
        for user in (None, NOBODY):
            talk.ask("getSettings", {"Comfy-User": user}, status=401)
            talk.ask("storeSettings", {"Comfy-User": user}, json={}, status=401)
            talk.ask("getSetting", {"id": one, "Comfy-User": user}, status=401)
            talk.ask("storeSetting", {"id": one, "Comfy-User": user}, json=1, status=401)
    if not talk.shared:
        talk.ask("storeSettings", content=_too_large(talk), status=413)
        talk.ask("storeSetting", {"id": one}, content=_too_large(talk), status=413)


def user_data(talk: Session) -> None:
    """Files of a user, which come and go."""
    number = uuid.uuid4()
    name, moved, percent = (f"{FOLDER}/{number} {each}" for each in ("é.json", "moved?.json", "%41.txt"))
    here = {"file": name}
    talk.ask("listUserData", {"dir": f"{FOLDER}/{number}"}, status=404)
    talk.ask("listUserDataV2", {"path": f"{FOLDER}/{number}"}, status=404)
    try:
        talk.ask("storeUserData", here | {"full_info": True}, content=b'{"a": 1}')
        talk.ask("storeUserData", here, content=b"0123456789")
        talk.ask("storeUserData", here | {"overwrite": False}, content=b"x", status=409)
        talk.ask("getUserData", here)
        talk.ask("getUserData", here | {"Range": "bytes=2-4"}, status=206)
        talk.ask("getUserData", here | {"Range": "bytes=10-"}, status=416)
        for names in ((), ("recurse",), ("full_info",), ("split",), ("split", "full_info")):
            talk.ask("listUserData", {"dir": FOLDER, **dict.fromkeys(names, True)})
        talk.ask("listUserDataV2")
        talk.ask("listUserDataV2", {"path": FOLDER})
        talk.ask("moveUserData", here | {"dest": moved})
        talk.ask("storeUserData", here, content=b"")
        talk.ask("moveUserData", here | {"dest": moved, "overwrite": False}, status=409)
        talk.ask("moveUserData", {"file": moved, "dest": name, "full_info": True})
        _percent_signs(talk, percent)
        _bad_names(talk, name)
    finally:
        talk.ask("deleteUserData", here, status=204)
    talk.ask("deleteUserData", here, status=404)
    talk.ask("getUserData", here, status=404)
    talk.ask("moveUserData", {"file": moved, "dest": name}, status=404)
    if talk.multi_user:
        _user_data_of_nobody(talk)
    if not talk.shared:
        talk.ask("storeUserData", here, content=_too_large(talk), status=413)


def _percent_signs(talk: Session, name: str) -> None:
    """A name is decoded once more than paths are, so a percent sign in it has to be encoded once more, too."""
    encoded = name.replace("%", "%25")
    stored = talk.ask("storeUserData", {"file": encoded}, content=b"percent").json()
    if stored != name:
        talk.problems.append(f"storeUserData stored {stored} instead of {name}")
    moved = talk.ask("moveUserData", {"file": encoded, "dest": f"{encoded}.moved"}).json()
    if moved != f"{name}.moved":
        talk.problems.append(f"moveUserData moved to {moved} instead of {name}.moved")
    talk.ask("getUserData", {"file": f"{encoded}.moved"})
    listed = talk.ask("listUserData", {"dir": FOLDER.replace("c", "%63")}).json()
    if f"{name}.moved".removeprefix(f"{FOLDER}/") not in listed:
        talk.problems.append(f"listUserData did not decode its folder: {listed}")
    talk.ask("deleteUserData", {"file": f"{encoded}.moved"}, status=204)


def _bad_names(talk: Session, name: str) -> None:
    outside = {"file": "../../x.json"}
    talk.ask("getUserData", outside, status=403)
    talk.ask("storeUserData", outside, content=b"x", status=403)
    talk.ask("deleteUserData", outside, status=403)
    talk.ask("moveUserData", outside | {"dest": "x.json"}, status=403)
    talk.ask("moveUserData", {"file": name, "dest": "../../x.json"}, status=500 if talk.is_old else 403)
    talk.ask("getUserData", {"file": FOLDER}, status=403)
    talk.ask("storeUserData", {"file": "x" * 300}, content=b"x", status=400)
    talk.ask("storeUserData", {"file": "a\0b"}, content=b"x", status=500)
    talk.ask("listUserData", status=400)
    talk.ask("listUserData", {"dir": ""}, status=400)
    talk.ask("listUserData", {"dir": "../.."}, status=403)
    talk.ask("listUserDataV2", {"path": "../.."}, status=400)
    talk.ask("listUserDataV2", {"path": name}, status=400)


def _user_data_of_nobody(talk: Session) -> None:
    for user in (None, NOBODY):
        who = {"Comfy-User": user}
        talk.ask("listUserData", who | {"dir": FOLDER}, status=500)
        talk.ask("listUserDataV2", who, status=403)
        talk.ask("getUserData", who | {"file": "a"}, status=500)
        talk.ask("storeUserData", who | {"file": "a"}, content=b"x", status=500)
        talk.ask("deleteUserData", who | {"file": "a"}, status=500)
        talk.ask("moveUserData", who | {"file": "a", "dest": "b"}, status=500)


# --- assets -------------------------------------------------------------------------------------------------------


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


CONVERSATIONS: tuple[Callable[[Session], None], ...] = (
    finished_prompt,
    refused_prompts,
    partly_refused_prompt,
    waiting_prompts,
    files,
    nodes,
    models,
    system,
    users,
    settings,
    user_data,
    assets,
)
"""All of them; together they ask for every operation."""
