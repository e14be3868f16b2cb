from io import BytesIO
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.view_file_type import ViewFileType
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    *,
    filename: str | Unset = UNSET,
    type_: ViewFileType | Unset = "output",
    subfolder: str | Unset = UNSET,
    preview: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(range_, Unset):
        headers["Range"] = range_

    if not isinstance(comfy_user, Unset):
        headers["Comfy-User"] = comfy_user

    params: dict[str, Any] = {}

    params["filename"] = filename

    json_type_: str | Unset = UNSET
    if not isinstance(type_, Unset):
        json_type_ = type_

    params["type"] = json_type_

    params["subfolder"] = subfolder

    params["preview"] = preview

    params["channel"] = channel

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/view",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | File | str | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 206:
        response_206 = File(payload=BytesIO(response.content))

        return response_206

    if response.status_code == 400:
        response_400 = cast(Any, None)
        return response_400

    if response.status_code == 403:
        response_403 = cast(Any, None)
        return response_403

    if response.status_code == 404:
        response_404 = cast(Any, None)
        return response_404

    if response.status_code == 416:
        response_416 = cast(Any, None)
        return response_416

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | File | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    filename: str | Unset = UNSET,
    type_: ViewFileType | Unset = "output",
    subfolder: str | Unset = UNSET,
    preview: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Response[Any | File | str]:
    """Download an input, output or temporary file

     Sends the file itself with `ETag` and `Accept-Ranges`, or, with `preview` or `channel`, a picture
    made from it, which knows neither. Asking for a picture of what is none is a 500. HTML, scripts and
    the like are sent as `application/octet-stream`. A range that can't be satisfied is 416. Conditional
    requests are honoured with 304 and 412.

    Args:
        filename (str | Unset):
        type_ (ViewFileType | Unset):  Default: 'output'.
        subfolder (str | Unset):
        preview (str | Unset):
        channel (str | Unset):
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | File | str]
    """

    kwargs = _get_kwargs(
        filename=filename,
        type_=type_,
        subfolder=subfolder,
        preview=preview,
        channel=channel,
        range_=range_,
        comfy_user=comfy_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    filename: str | Unset = UNSET,
    type_: ViewFileType | Unset = "output",
    subfolder: str | Unset = UNSET,
    preview: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Any | File | str | None:
    """Download an input, output or temporary file

     Sends the file itself with `ETag` and `Accept-Ranges`, or, with `preview` or `channel`, a picture
    made from it, which knows neither. Asking for a picture of what is none is a 500. HTML, scripts and
    the like are sent as `application/octet-stream`. A range that can't be satisfied is 416. Conditional
    requests are honoured with 304 and 412.

    Args:
        filename (str | Unset):
        type_ (ViewFileType | Unset):  Default: 'output'.
        subfolder (str | Unset):
        preview (str | Unset):
        channel (str | Unset):
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | File | str
    """

    return sync_detailed(
        client=client,
        filename=filename,
        type_=type_,
        subfolder=subfolder,
        preview=preview,
        channel=channel,
        range_=range_,
        comfy_user=comfy_user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    filename: str | Unset = UNSET,
    type_: ViewFileType | Unset = "output",
    subfolder: str | Unset = UNSET,
    preview: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Response[Any | File | str]:
    """Download an input, output or temporary file

     Sends the file itself with `ETag` and `Accept-Ranges`, or, with `preview` or `channel`, a picture
    made from it, which knows neither. Asking for a picture of what is none is a 500. HTML, scripts and
    the like are sent as `application/octet-stream`. A range that can't be satisfied is 416. Conditional
    requests are honoured with 304 and 412.

    Args:
        filename (str | Unset):
        type_ (ViewFileType | Unset):  Default: 'output'.
        subfolder (str | Unset):
        preview (str | Unset):
        channel (str | Unset):
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | File | str]
    """

    kwargs = _get_kwargs(
        filename=filename,
        type_=type_,
        subfolder=subfolder,
        preview=preview,
        channel=channel,
        range_=range_,
        comfy_user=comfy_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    filename: str | Unset = UNSET,
    type_: ViewFileType | Unset = "output",
    subfolder: str | Unset = UNSET,
    preview: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    comfy_user: str | Unset = UNSET,
) -> Any | File | str | None:
    """Download an input, output or temporary file

     Sends the file itself with `ETag` and `Accept-Ranges`, or, with `preview` or `channel`, a picture
    made from it, which knows neither. Asking for a picture of what is none is a 500. HTML, scripts and
    the like are sent as `application/octet-stream`. A range that can't be satisfied is 416. Conditional
    requests are honoured with 304 and 412.

    Args:
        filename (str | Unset):
        type_ (ViewFileType | Unset):  Default: 'output'.
        subfolder (str | Unset):
        preview (str | Unset):
        channel (str | Unset):
        range_ (str | Unset):
        comfy_user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | File | str
    """

    return (
        await asyncio_detailed(
            client=client,
            filename=filename,
            type_=type_,
            subfolder=subfolder,
            preview=preview,
            channel=channel,
            range_=range_,
            comfy_user=comfy_user,
        )
    ).parsed
