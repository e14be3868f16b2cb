from typing import Literal

UploadMaskRequestType = Literal["input", "output", "temp"]

UPLOAD_MASK_REQUEST_TYPE_VALUES: set[UploadMaskRequestType] = {
    "input",
    "output",
    "temp",
}


def check_upload_mask_request_type(value: str) -> UploadMaskRequestType:
    if value in UPLOAD_MASK_REQUEST_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {UPLOAD_MASK_REQUEST_TYPE_VALUES!r}"
    )
