"""Putting things back, whatever happens."""

import asyncio


async def to_the_end(coroutine):
    """Awaits `coroutine` until it is over, even when the caller is cancelled meanwhile, and returns its result.

    A fault's `finally` runs while its task is being cancelled, and may be cancelled again: what was broken must still
    be put back. The cancellation is passed on afterwards.
    """
    task = asyncio.ensure_future(coroutine)
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    result = task.result()
    if cancelled is not None:
        raise cancelled
    return result
