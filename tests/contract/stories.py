"""What clients heard of prompts, put in short words, so that tests can say it."""

from typing import Any

from tests.contract.servers import ContractServer, Prompts
from tests.emulator.wire import Event, Listener

BESIDE = {"status", "feature_flags", "logs"}


def story(listener: Listener) -> list[str]:
    """What a client heard of its prompts, in short; how often the state of progress is told may vary."""
    told = [event for event in listener.events if event[0] not in {*BESIDE, "progress_state", "closed"}]
    return [short(event) for event in told]


def short(event: Event) -> str:
    node = event[1].get("node", event[1].get("node_id", "")) if isinstance(event[1], dict) else ""
    kind = event[0].removeprefix("execution_")
    return f"{kind} {node}" if node or event[0] == "executing" else kind


def stepped(node: str, count: int) -> list[str]:
    return [f"described_preview {node}", f"progress {node}"] * count


async def heard(
    prompts: Prompts, server: ContractServer, client_id: str, prompt: dict[str, Any], **more: Any
) -> Listener:
    """Run a prompt and listen to it from before its post until its last event."""
    await prompts.idle()
    async with Listener(server.host, client_id) as listener:
        prompt_id = await prompts.post(prompt, client_id=client_id, **more)
        await listener.until_end(prompt_id)
    return listener
