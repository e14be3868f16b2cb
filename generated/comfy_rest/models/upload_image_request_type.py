from typing import Literal

UploadImageRequestType = Literal["input", "output", "temp"]

UPLOAD_IMAGE_REQUEST_TYPE_VALUES: set[UploadImageRequestType] = {
    "input",
    "output",
    "temp",
}


def check_upload_image_request_type(value: str) -> UploadImageRequestType:
    if value in UPLOAD_IMAGE_REQUEST_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {UPLOAD_IMAGE_REQUEST_TYPE_VALUES!r}"
    )
