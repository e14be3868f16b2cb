from typing import Literal

ListDirectoryFilesDirectoryType = Literal["input", "output", "temp"]

LIST_DIRECTORY_FILES_DIRECTORY_TYPE_VALUES: set[ListDirectoryFilesDirectoryType] = {
    "input",
    "output",
    "temp",
}


def check_list_directory_files_directory_type(
    value: str,
) -> ListDirectoryFilesDirectoryType:
    if value in LIST_DIRECTORY_FILES_DIRECTORY_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {LIST_DIRECTORY_FILES_DIRECTORY_TYPE_VALUES!r}"
    )
