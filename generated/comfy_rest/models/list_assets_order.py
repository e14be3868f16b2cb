from typing import Literal

ListAssetsOrder = Literal["asc", "desc"]

LIST_ASSETS_ORDER_VALUES: set[ListAssetsOrder] = {
    "asc",
    "desc",
}


def check_list_assets_order(value: str) -> ListAssetsOrder:
    if value in LIST_ASSETS_ORDER_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {LIST_ASSETS_ORDER_VALUES!r}"
    )
