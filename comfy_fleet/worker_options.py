"""How a worker behaves: its name, its tags, and how long it bears what.

Values alone. They are neither read from the environment nor checked here; the command line and the fleet do that.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class WorkerOptions:
    """How a worker behaves.

    Attributes:
        name: Its name.
        tags: The tags that it serves.
        ahead: How many prompts may be pending on the server beside the one that runs.
        grace: Seconds of silence after which a worker counts as dead, and others take over what it had.
        most_kills: How many losses make a prompt be set aside.
        beat: Seconds between two looks at the server, and two cards.
        lost_after: Seconds without the server after which its prompts run elsewhere.
    """

    name: str
    tags: frozenset[str] = frozenset()
    ahead: int = 1
    grace: float = 15.0
    most_kills: int = 3
    beat: float = 2.0
    lost_after: float = 60.0

    @property
    def slots(self) -> int:
        """How many prompts the worker has in hand at most."""
        return 1 + self.ahead
