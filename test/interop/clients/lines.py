"""JSON lines, as the Python scripts here speak them; see protocol.ts."""

import asyncio
import json
import sys


def tell(event, **fields):
    # In one piece, as threads may tell at the same time.
    print(json.dumps({'event': event, **fields}) + '\n', end='', flush=True)


async def obey_lines(obey, describe):
    """Has `obey` carry out each command at once, and answers those that have an id.

    `describe` makes the condition of an exception that is a failed request; it gives
    None for what is a fault of the script.
    """
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = set()
    while line := await reader.readline():
        task = loop.create_task(answer(obey, describe, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def answer(obey, describe, command):
    try:
        result = await obey(command)
    except Exception as error:
        condition = describe(error)
        if condition is None:
            raise
        result = {'error': condition}
    if 'id' in command:
        tell('answer', id=command['id'], **result)
