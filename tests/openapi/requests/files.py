"""Requests about files that are uploaded and looked at."""

from __future__ import annotations

import json
from typing import Any

from tests.openapi.conversation import Session
from tests.openapi.requests.samples import FOLDER, picture, too_large
from tests.openapi.sending import Upload


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
        large = Upload("large.bin", too_large(talk))
        talk.ask("uploadImage", form={"image": large}, status=413)
        talk.ask("uploadMask", form={"image": large, "original_ref": original}, status=413)
