"""What a run gives when the connection, the server or somebody else gets in its way, on any server.

Each test notes the time from the fault to the right outcome, and holds it to its limit where there is one to hold.
"""

from tests.chaos.faults.back_pressure import BackPressureFaults
from tests.chaos.faults.bad_frames import BadFrameFaults
from tests.chaos.faults.cancellation import AsyncCancellationFaults, CancellationFaults, SyncCancellationFaults
from tests.chaos.faults.concurrency import ConcurrencyFaults
from tests.chaos.faults.posts import ExactlyOnceFaults
from tests.chaos.faults.reconnects import ReconnectFaults
from tests.chaos.faults.servers import ServerFaults
from tests.chaos.faults.silence import DeafSocketFaults, SilentNetworkFaults

__all__ = [
    "AsyncCancellationFaults",
    "BackPressureFaults",
    "BadFrameFaults",
    "CancellationFaults",
    "ConcurrencyFaults",
    "DeafSocketFaults",
    "ExactlyOnceFaults",
    "ReconnectFaults",
    "ServerFaults",
    "SilentNetworkFaults",
    "SyncCancellationFaults",
]
