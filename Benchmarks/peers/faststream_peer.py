"""FastStream on Redis Streams with a consumer group and typed messages; 256 a pipeline and 256 a read.

BENCH_MODE says what the handler gets: `each` message, or `batch`, a list of them, acknowledged together.
"""

import os
import sys

import uvloop
from faststream import FastStream
from faststream.redis import RedisBroker, StreamSub
from pydantic import BaseModel

from counting import REDIS, counter, produce

STREAM = "bench:faststream"
BATCH = 256


class Item(BaseModel):
    account: str
    seq: int
    amount: int
    note: str


def source(batch):
    return StreamSub(
        STREAM, group="bench", consumer=f"c{os.getpid()}", batch=batch, max_records=BATCH, polling_interval=100)


broker = RedisBroker(f"unix://{REDIS}", logger=None)
app = FastStream(broker, logger=None)

if os.environ["BENCH_MODE"] == "batch":

    @broker.subscriber(stream=source(True))
    async def items(batch: list[Item]):
        counter.add(len(batch))

else:

    @broker.subscriber(stream=source(False))
    async def item(message: Item):
        counter.add()


async def send(messages):
    async with RedisBroker(f"unix://{REDIS}", logger=None) as publisher:
        client = await publisher.connect()
        for start in range(0, len(messages), BATCH):
            async with client.pipeline(transaction=False) as pipeline:
                for message in messages[start : start + BATCH]:
                    await publisher.publish(Item(**message), stream=STREAM, pipeline=pipeline)
                await pipeline.execute()


def send_all(messages):
    uvloop.run(send(messages))


if __name__ == "__main__":
    sys.exit(produce(send_all))
