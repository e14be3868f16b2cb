"""The websocket's address comes of the server's, is refused where no socket could use it, and tells no secret."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_ws import websocket_url
from comfy_ws.url import without_credentials


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://127.0.0.1:8188", "ws://127.0.0.1:8188/ws?clientId=me"),
        ("http://127.0.0.1:8188/", "ws://127.0.0.1:8188/ws?clientId=me"),
        ("https://host", "wss://host/ws?clientId=me"),
        ("HTTPS://host", "wss://host/ws?clientId=me"),
        ("ws://host:1", "ws://host:1/ws?clientId=me"),
        ("wss://host/a/b//", "wss://host/a/b/ws?clientId=me"),
        ("https://host/comfy%20ui/", "wss://host/comfy%20ui/ws?clientId=me"),
        ("http://[::1]:8188/base", "ws://[::1]:8188/base/ws?clientId=me"),
        ("http://[fe80::1%25eth0]", "ws://[fe80::1%25eth0]/ws?clientId=me"),
        ("https://host/base?token=1#part", "wss://host/base/ws?clientId=me"),
    ],
)
def test_the_address_keeps_host_port_and_base_path(base: str, expected: str) -> None:
    assert websocket_url(base, "me") == expected


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_client_id_arrives_as_it_was(client_id: str) -> None:
    url = websocket_url("http://host/base", client_id)
    assert url.isascii()
    assert parse_qs(urlsplit(url).query, strict_parsing=True) == {"clientId": [client_id]}
    assert not urlsplit(url).fragment


@pytest.mark.parametrize(
    "base", ["", "host:8188", "127.0.0.1:8188", "ftp://host", "http://", "http:///path", "http://:8188"]
)
def test_an_address_without_a_scheme_or_host_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match=r"no http\(s\) address"):
        websocket_url(base, "me")


@pytest.mark.parametrize(
    "base", ["http://host:port", "http://host:65536", "http://host:-1", "http://[::1", "http://[x]"]
)
def test_an_address_that_no_socket_could_use_is_refused_at_once(base: str) -> None:
    with pytest.raises(ValueError):
        websocket_url(base, "me")


@pytest.mark.parametrize(
    "base",
    [
        "ftp://user:secret@host/",
        "user:secret@host:8188",
        "//user:secret@host",
        "http:/user:secret@host",
        "http://user:secret/more@host",
        "http://user:secret#more@host",
        "http://user:secret@host:port",
        "http://user:secret@[::1",
    ],
)
def test_a_refusal_shows_no_credentials(base: str) -> None:
    with pytest.raises(ValueError) as refused:
        websocket_url(base, "me")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("wss://user:secret@host:1/a/ws?clientId=secret#secret", "wss://host:1/a/ws"),
        ("wss://host/a@b", "wss://host/a@b"),
        ("ws://[::1]:8188/ws?clientId=1", "ws://[::1]:8188/ws"),
        ("/login?token=secret", "/login"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


@given(st.text())
def test_any_text_can_be_shown_as_an_address(url: str) -> None:
    assert isinstance(without_credentials(url), str)
    # A redirect's target is whatever the server wrote.
    assert isinstance(without_credentials(f"http://[{url}"), str)
