from typing import Literal

UploadMaskRequestOverwrite = Literal["1", "false", "true"]

UPLOAD_MASK_REQUEST_OVERWRITE_VALUES: set[UploadMaskRequestOverwrite] = {
    "1",
    "false",
    "true",
}


def check_upload_mask_request_overwrite(value: str) -> UploadMaskRequestOverwrite:
    if value in UPLOAD_MASK_REQUEST_OVERWRITE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {UPLOAD_MASK_REQUEST_OVERWRITE_VALUES!r}"
    )
