"""Dramatiq with its default middleware (it acknowledges after the actor returned); two processes, as many as cores."""

import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from counting import REDIS, counter, produce

broker = RedisBroker(url=f"unix://{REDIS}")
dramatiq.set_broker(broker)


@dramatiq.actor
def item(account, seq, amount, note):
    counter.add()


def send_all(messages):
    for message in messages:
        item.send(**message)


if __name__ == "__main__":
    sys.exit(produce(send_all))
