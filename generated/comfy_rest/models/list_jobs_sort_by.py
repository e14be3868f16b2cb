from typing import Literal

ListJobsSortBy = Literal["created_at", "execution_duration"]

LIST_JOBS_SORT_BY_VALUES: set[ListJobsSortBy] = {
    "created_at",
    "execution_duration",
}


def check_list_jobs_sort_by(value: str) -> ListJobsSortBy:
    if value in LIST_JOBS_SORT_BY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {LIST_JOBS_SORT_BY_VALUES!r}"
    )
