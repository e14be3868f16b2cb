from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.upload_mask_request import UploadMaskRequest
from ...models.uploaded_file import UploadedFile
from ...types import Response


def _get_kwargs(
    *,
    body: UploadMaskRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/upload/mask",
    }

    _kwargs["files"] = body.to_multipart()

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | UploadedFile | str | None:
    if response.status_code == 200:
        response_200 = UploadedFile.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = cast(Any, None)
        return response_400

    if response.status_code == 413:
        response_413 = response.text
        return response_413

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | UploadedFile | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: UploadMaskRequest,
) -> Response[Any | UploadedFile | str]:
    """Upload a mask and apply it to a picture

     Takes the transparency of the uploaded picture, puts it on a copy of `original_ref` and stores the
    copy under the uploaded name. If the original does not exist or lies outside the directories, the
    answer still names a file, which was not written. A missing `original_ref` and an unknown `type` are
    a 500.

    Args:
        body (UploadMaskRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | UploadedFile | str]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: UploadMaskRequest,
) -> Any | UploadedFile | str | None:
    """Upload a mask and apply it to a picture

     Takes the transparency of the uploaded picture, puts it on a copy of `original_ref` and stores the
    copy under the uploaded name. If the original does not exist or lies outside the directories, the
    answer still names a file, which was not written. A missing `original_ref` and an unknown `type` are
    a 500.

    Args:
        body (UploadMaskRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | UploadedFile | str
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: UploadMaskRequest,
) -> Response[Any | UploadedFile | str]:
    """Upload a mask and apply it to a picture

     Takes the transparency of the uploaded picture, puts it on a copy of `original_ref` and stores the
    copy under the uploaded name. If the original does not exist or lies outside the directories, the
    answer still names a file, which was not written. A missing `original_ref` and an unknown `type` are
    a 500.

    Args:
        body (UploadMaskRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | UploadedFile | str]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: UploadMaskRequest,
) -> Any | UploadedFile | str | None:
    """Upload a mask and apply it to a picture

     Takes the transparency of the uploaded picture, puts it on a copy of `original_ref` and stores the
    copy under the uploaded name. If the original does not exist or lies outside the directories, the
    answer still names a file, which was not written. A missing `original_ref` and an unknown `type` are
    a 500.

    Args:
        body (UploadMaskRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | UploadedFile | str
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
