from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.cancel_jobs_request import CancelJobsRequest
from ...models.cancel_result import CancelResult
from ...models.error_message import ErrorMessage
from ...types import Response


def _get_kwargs(
    *,
    body: CancelJobsRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/jobs/cancel",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CancelResult | ErrorMessage | str | None:
    if response.status_code == 200:
        response_200 = CancelResult.from_dict(response.json())

        return response_200

    if response.status_code == 400 and "json" in response.headers.get(
        "Content-Type", ""
    ):
        response_400 = ErrorMessage.from_dict(response.json())

        return response_400

    if response.status_code == 500:
        response_500 = response.text
        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CancelResult | ErrorMessage | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CancelJobsRequest,
) -> Response[CancelResult | ErrorMessage | str]:
    """Cancel several prompts

     If one id is malformed, nothing is cancelled. Finished and unknown jobs are passed over. A body that
    is not UTF-8 is a 500.

    Args:
        body (CancelJobsRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CancelResult | ErrorMessage | str]
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
    body: CancelJobsRequest,
) -> CancelResult | ErrorMessage | str | None:
    """Cancel several prompts

     If one id is malformed, nothing is cancelled. Finished and unknown jobs are passed over. A body that
    is not UTF-8 is a 500.

    Args:
        body (CancelJobsRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CancelResult | ErrorMessage | str
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CancelJobsRequest,
) -> Response[CancelResult | ErrorMessage | str]:
    """Cancel several prompts

     If one id is malformed, nothing is cancelled. Finished and unknown jobs are passed over. A body that
    is not UTF-8 is a 500.

    Args:
        body (CancelJobsRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CancelResult | ErrorMessage | str]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CancelJobsRequest,
) -> CancelResult | ErrorMessage | str | None:
    """Cancel several prompts

     If one id is malformed, nothing is cancelled. Finished and unknown jobs are passed over. A body that
    is not UTF-8 is a 500.

    Args:
        body (CancelJobsRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CancelResult | ErrorMessage | str
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
