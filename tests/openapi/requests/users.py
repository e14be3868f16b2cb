"""Requests about users, their settings and the files that they keep."""

from __future__ import annotations

import uuid

from tests.openapi.conversation import Session
from tests.openapi.requests.samples import FOLDER, NOBODY, NOT_JSON, too_large

SETTING = "ContractSuite"


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
        talk.ask("storeSettings", content=too_large(talk), status=413)
        talk.ask("storeSetting", {"id": one}, content=too_large(talk), status=413)


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
        talk.ask("storeUserData", here, content=too_large(talk), status=413)


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
