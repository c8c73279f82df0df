"""Waiting for a condition: with a deadline, and an error that says what was waited for."""

import asyncio
import inspect
import time


async def until(condition, seconds, what, every=0.05):
    """Asks `condition` (a function or a coroutine function) until it is true, and returns what it answered."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        await asyncio.sleep(every)
