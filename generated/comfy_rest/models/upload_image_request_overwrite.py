from typing import Literal

UploadImageRequestOverwrite = Literal["1", "false", "true"]

UPLOAD_IMAGE_REQUEST_OVERWRITE_VALUES: set[UploadImageRequestOverwrite] = {
    "1",
    "false",
    "true",
}


def check_upload_image_request_overwrite(value: str) -> UploadImageRequestOverwrite:
    if value in UPLOAD_IMAGE_REQUEST_OVERWRITE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {UPLOAD_IMAGE_REQUEST_OVERWRITE_VALUES!r}"
    )
