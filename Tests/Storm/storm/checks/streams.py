"""What Redis holds of the bus, read once: streams with their groups and consumers, dead letters, signs of life."""

import dataclasses

from .topics import TOPICS, dead_key, stream_key

#: So many dead letters and undelivered entries are named, the rest is counted.
EXAMPLES_MAX = 5


@dataclasses.dataclass
class Consumer:
    name: str
    pending: int
    idle_seconds: float


@dataclasses.dataclass
class Group:
    name: str
    pending: int
    #: Entries behind the one that it was given last: nothing is left to hand out when there are none.
    unread: int
    consumers: list


@dataclasses.dataclass
class Stream:
    topic: str
    length: int
    groups: list
    dead: int
    #: (group, reason, type, detail) of the first dead letters.
    letters: list


@dataclasses.dataclass
class BusState:
    #: By topic.
    streams: dict
    #: Processes that give signs of life.
    alive: set


def bus_state(client):
    """Asked for as `evidence.bus`: the same for all checks."""
    streams = {topic: _stream(client, topic) for topic in TOPICS}
    alive = {key.decode().rpartition(":")[2] for key in client.scan_iter(match="alive:*", count=1000)}
    return BusState(streams, alive)


def _stream(client, topic):
    key = stream_key(topic)
    exists = client.exists(key)
    groups = [_group(client, key, row) for row in client.xinfo_groups(key)] if exists else []
    letters = [_letter(fields) for _, fields in client.xrange(dead_key(topic), count=EXAMPLES_MAX)]
    return Stream(topic, client.xlen(key), groups, client.xlen(dead_key(topic)), letters)


def _group(client, key, row):
    # Redis cannot always tell its own lag: what lies behind the last delivery is counted instead.
    behind = client.xrange(key, min=b"(" + row["last-delivered-id"], count=EXAMPLES_MAX)
    consumers = [
        Consumer(consumer["name"].decode(), consumer["pending"], consumer["idle"] / 1000)
        for consumer in client.xinfo_consumers(key, row["name"])]
    return Group(row["name"].decode(), row["pending"], len(behind), consumers)


def _letter(fields):
    return tuple(fields.get(name, b"?").decode(errors="replace") for name in (b"group", b"reason", b"type", b"detail"))
