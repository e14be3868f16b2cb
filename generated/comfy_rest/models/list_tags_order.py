from typing import Literal

ListTagsOrder = Literal["count_desc", "name_asc"]

LIST_TAGS_ORDER_VALUES: set[ListTagsOrder] = {
    "count_desc",
    "name_asc",
}


def check_list_tags_order(value: str) -> ListTagsOrder:
    if value in LIST_TAGS_ORDER_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {LIST_TAGS_ORDER_VALUES!r}"
    )
