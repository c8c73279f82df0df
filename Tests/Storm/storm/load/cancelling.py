"""Cancelling an order over REST, until it is known what came of it."""

import asyncio

from storm.load.rest import Unanswered
from storm.load.retry import Meaning, Patience

ALLOWED = ((202, None), (409, "too_late"))


async def cancel(follower):
    """Sends it again until it is answered or the time is over: repeating it changes nothing."""
    side, rest, path = follower.side, follower.rest, f"/v1/orders/{follower.order}/cancel"
    patience = Patience(side.settings, side.random)

    def write(what, **fields):
        side.history.write(
            follower.kind, what, order=follower.order, customer=follower.client["customer"], **fields)

    while not side.settling.is_over:
        write("cancel_sent")
        side.count("cancellations_sent")
        try:
            answer = await rest.send(rest.gateways.choose(side.random), follower.client, "POST", path)
        except Unanswered as error:
            write("cancel_unknown", error=str(error), gateway=error.gateway)
            await asyncio.sleep(patience.next_wait())
            continue
        if answer.meaning not in (Meaning.LATER, Meaning.OPEN) and not answer.is_one_of(ALLOWED):
            rest.unexpected(side, follower.kind, "POST", path, answer)
        write("cancel_answered", status=answer.status, code=answer.code, body=answer.body, gateway=answer.gateway)
        if answer.meaning is Meaning.FINAL:
            return
        await asyncio.sleep(patience.next_wait(answer.retry_after))
    side.count("cancellations_given_up")
