from typing import Literal

ListJobsSortOrder = Literal["asc", "desc"]

LIST_JOBS_SORT_ORDER_VALUES: set[ListJobsSortOrder] = {
    "asc",
    "desc",
}


def check_list_jobs_sort_order(value: str) -> ListJobsSortOrder:
    if value in LIST_JOBS_SORT_ORDER_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {LIST_JOBS_SORT_ORDER_VALUES!r}"
    )
