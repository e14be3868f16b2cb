from typing import Literal

GetAssetContentDisposition = Literal["attachment", "inline"]

GET_ASSET_CONTENT_DISPOSITION_VALUES: set[GetAssetContentDisposition] = {
    "attachment",
    "inline",
}


def check_get_asset_content_disposition(value: str) -> GetAssetContentDisposition:
    if value in GET_ASSET_CONTENT_DISPOSITION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GET_ASSET_CONTENT_DISPOSITION_VALUES!r}"
    )
