"""A second process for test_bus.py: says as JSON lines what its bus hears, and publishes what stdin asks for."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from pathlib import Path

from django.conf import settings


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


async def main(call_id: uuid.UUID, task_id: uuid.UUID) -> None:
    from telephony import bus

    async def hear() -> None:
        async with bus.subscribe(task_id=task_id) as notes:
            async for note in notes:
                say(heard=note.kind, seq=note.seq, payload=note.payload)

    async def obey() -> None:
        while line := await asyncio.to_thread(sys.stdin.readline):
            bus.publish_events(call_id, task_id, int(line))

    hearing = asyncio.create_task(hear())
    with bus.on_command(call_id, lambda command: say(commanded=command)):
        while not bus.is_connected():  # noqa: ASYNC110  a question that is asked, not an event
            await asyncio.sleep(0.01)
        say(ready=True)
        await obey()
    hearing.cancel()


if __name__ == "__main__":
    layers, data_root, call, task = sys.argv[1:]
    settings.configure(
        CHANNEL_LAYERS=json.loads(layers), DATA_ROOT=Path(data_root), LOG_NOISY_EVENTS_EVERY_N=1
    )
    asyncio.run(main(uuid.UUID(call), uuid.UUID(task)))
