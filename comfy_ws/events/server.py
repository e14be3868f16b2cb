"""What the server tells of itself: its queue, its abilities, its log and its scans. No prompt is meant by these.

That a queue is empty says nothing about any one prompt, and no such conclusion is drawn here.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from attrs import field, frozen

from comfy_ws._fields import NO_DATA, RawMapping


@frozen
class Status:
    """The queue changed, or the connection was just accepted (then `sid` is set).

    Attributes:
        queue_remaining: Prompts pending or running, or `None` if the server did not say.
        sid: The client id under which the server knows this socket; in the first frame only.
        data: The raw payload.
    """

    type: ClassVar[Literal["status"]] = "status"
    queue_remaining: int | None = None
    sid: str | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)


@frozen
class FeatureFlags:
    """The server's answer to the feature flags that this client sent.

    Attributes:
        data: The server's own flags, as in `GET /features`.
    """

    type: ClassVar[Literal["feature_flags"]] = "feature_flags"
    data: RawMapping


@frozen
class Logs:
    """New lines of the server's log, for those who subscribed to it over REST.

    Attributes:
        entries: The lines, each a mapping with its time `t` and text `m`.
        size: `cols` and `rows` of the server's terminal if they changed, else `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["logs"]] = "logs"
    entries: tuple[RawMapping, ...] = ()
    size: RawMapping | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)


@frozen
class AssetScan:
    """How the server's scan for assets gets on; only servers with assets switched on send it.

    Attributes:
        type: `"assets.seed."` and one of `started`, `progress`, `paused`, `resumed`, `fast_complete`,
            `enrich_complete`, `completed`, `cancelled` and `error`. What each carries differs.
        phase: `"fast"`, `"enrich"` or `"full"`, or `None`.
        roots: The folders scanned.
        scanned: Files looked at, or `None`.
        total: Files found, or `None`.
        created: Assets that are new, or `None`.
        enriched: Assets that got metadata, or `None`.
        skipped: Files that were known, or `None`.
        elapsed: Seconds, or `None`.
        message: What went wrong, or `None`.
        data: The raw payload.
    """

    type: str
    phase: str | None = None
    roots: tuple[str, ...] = ()
    scanned: float | None = None
    total: float | None = None
    created: float | None = None
    enriched: float | None = None
    skipped: float | None = None
    elapsed: float | None = None
    message: str | None = None
    data: RawMapping = field(default=NO_DATA, repr=False)
