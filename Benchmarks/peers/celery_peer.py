"""Celery as its guide to optimizing says: results ignored, a large prefetch for short tasks, one worker a core.

The consumer acknowledges late, as BusKit does: a message is done when its task is.
"""

import sys

from celery import Celery

from counting import REDIS, counter, produce

app = Celery("celery_peer", broker=f"redis+socket://{REDIS}")
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    worker_prefetch_multiplier=128,
    worker_send_task_events=False,
    task_send_sent_event=False,
    broker_connection_retry_on_startup=True,
)


@app.task(name="item")
def item(account, seq, amount, note):
    counter.add()


def send_all(messages):
    with app.producer_or_acquire() as producer:
        for message in messages:
            item.apply_async(kwargs=message, producer=producer)


if __name__ == "__main__":
    sys.exit(produce(send_all))
