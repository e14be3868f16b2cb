from typing import Literal

ListAssetsSort = Literal["created_at", "last_access_time", "name", "size", "updated_at"]

LIST_ASSETS_SORT_VALUES: set[ListAssetsSort] = {
    "created_at",
    "last_access_time",
    "name",
    "size",
    "updated_at",
}


def check_list_assets_sort(value: str) -> ListAssetsSort:
    if value in LIST_ASSETS_SORT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {LIST_ASSETS_SORT_VALUES!r}"
    )
