"""How `watch` looks: a snapshot of the server as a few lines.

It draws what it is given and asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from comfy_facade.cli.printable import duration_text, one_line, size_text
from comfy_facade.raw_json import RawObject

_MOST_PENDING: Final = 8
_WIDTH: Final = 28


class ServerView:
    """The view of one server.

    Args:
        url: Its address.
    """

    def __init__(self, url: str) -> None:
        self._url: Final = url

    def render(self, snapshot: RawObject) -> RenderableType:
        """Draw a snapshot.

        Args:
            snapshot: What is known of the server.

        Returns:
            The lines.
        """
        head = Text.assemble((self._url, "bold"), ("   Ctrl-C ends", "dim"))
        parts: list[RenderableType] = [head]
        if snapshot["problem"]:
            parts.append(Text(one_line(snapshot["problem"]), style="red"))
        parts += [Text(), self._running(snapshot), Text()]
        parts += [Text(line) for line in self._pending(snapshot["pending"])]
        parts.append(Text())
        parts.append(self._devices(snapshot["devices"]))
        return Group(*parts)

    def text(self, snapshot: RawObject) -> str:
        """Say a snapshot in one line.

        Args:
            snapshot: What is known of the server.

        Returns:
            The line.
        """
        if snapshot["problem"]:
            return one_line(snapshot["problem"])
        running = snapshot["running"]
        node = f" in {one_line(snapshot['node_title'])}" if snapshot["node_title"] else ""
        steps = f" {snapshot['value']:g}/{snapshot['max']:g}" if snapshot["max"] else ""
        what = "idle" if running is None else f"running {running}{node}{steps}"
        return f"{what}, {len(snapshot['pending'])} pending"

    @staticmethod
    def _running(snapshot: RawObject) -> RenderableType:
        if snapshot["running"] is None:
            return Text("nothing runs", style="dim")
        title = one_line(snapshot["node_title"] or "", 40)
        steps = f" {snapshot['value']:g}/{snapshot['max']:g}" if snapshot["max"] else ""
        grid = Table.grid(padding=(0, 1))
        for _ in range(4):
            grid.add_column(no_wrap=True)
        heard = bool(title)
        grid.add_row(
            Text("running", style="green"),
            Text(one_line(snapshot["running"], 36)),
            Text(duration_text(snapshot["elapsed"]), style="dim"),
            Text(f"{snapshot['nodes']} nodes", style="dim"),
        )
        if not heard:
            return grid
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            ProgressBar(total=1.0, completed=snapshot["fraction"], width=_WIDTH),
            Text(f"{snapshot['fraction']:4.0%}", style="bold"),
            Text(f"{title}{steps}", style="cyan"),
        )
        return Group(grid, bar)

    @staticmethod
    def _pending(pending: list[str]) -> Iterator[str]:
        yield f"pending {len(pending)}"
        for position, prompt_id in enumerate(pending[:_MOST_PENDING], 1):
            yield f"  {position}. {one_line(prompt_id, 60)}"
        if len(pending) > _MOST_PENDING:
            yield f"  and {len(pending) - _MOST_PENDING} more"

    @staticmethod
    def _devices(devices: list[Any]) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        for device in devices:
            total = float(device.get("vram_total") or 0)
            used = max(total - float(device.get("vram_free") or 0), 0.0)
            grid.add_row(
                Text(one_line(str(device.get("name") or ""), 40)),
                ProgressBar(total=total or 1.0, completed=used, width=_WIDTH, complete_style="yellow"),
                Text(f"{size_text(used)} of {size_text(total)} used", style="dim"),
            )
        return grid
