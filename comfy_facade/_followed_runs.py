"""The runs that a client follows, found by the prompts they are of; several may follow the same prompt.

It holds them and knows nothing of what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from comfy_facade._live_run import LiveRun


class FollowedRuns:
    """Runs by prompt id. What is iterated over may be changed meanwhile."""

    def __init__(self) -> None:
        self._runs: Final[dict[str, tuple[LiveRun, ...]]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._runs.values()))

    def __bool__(self) -> bool:
        return bool(self._runs)

    def __iter__(self) -> Iterator[LiveRun]:
        return iter([run for runs in self._runs.values() for run in runs])

    def of(self, prompt_id: str | None) -> tuple[LiveRun, ...]:
        """Give the runs of a prompt.

        Args:
            prompt_id: Which prompt.

        Returns:
            Those that follow it; empty if there is none.
        """
        return self._runs.get(prompt_id or "", ())

    def add(self, run: LiveRun) -> None:
        """Hold a run, under the prompt id that it has now.

        Args:
            run: One that is not held.
        """
        prompt_id = run.state.prompt_id
        self._runs[prompt_id] = (*self.of(prompt_id), run)

    def discard(self, run: LiveRun) -> None:
        """Hold a run no longer.

        Args:
            run: The run; one that is not held is ignored.
        """
        prompt_id = run.state.prompt_id
        others = tuple(other for other in self.of(prompt_id) if other is not run)
        if others:
            self._runs[prompt_id] = others
        else:
            self._runs.pop(prompt_id, None)

    def prompts_where(self, is_meant: Callable[[LiveRun], bool]) -> list[str]:
        """Find prompts by their runs.

        Args:
            is_meant: Says so of a run.

        Returns:
            The ids of those with a run of which it is true.
        """
        return [prompt_id for prompt_id, runs in self._runs.items() if any(map(is_meant, runs))]
