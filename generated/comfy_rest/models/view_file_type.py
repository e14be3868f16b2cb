from typing import Literal

ViewFileType = Literal["input", "output", "temp"]

VIEW_FILE_TYPE_VALUES: set[ViewFileType] = {
    "input",
    "output",
    "temp",
}


def check_view_file_type(value: str) -> ViewFileType:
    if value in VIEW_FILE_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VIEW_FILE_TYPE_VALUES!r}"
    )
