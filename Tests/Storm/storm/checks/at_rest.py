"""What must be over when the storm is: nothing waits, nothing is held, nobody is listed who does not live."""

import datetime

from .check import Check, Finding
from .findings import findings
from .topics import TOPICS, union

#: What was due for longer should have been done.
PATIENCE = datetime.timedelta(seconds=15)
#: A dead consumer that holds nothing is forgotten after a minute.
FORGOTTEN_SECONDS = 90


class DeadLetters(Check):
    """The storm sends no message that cannot be applied: a dead letter is a message that was given up."""

    name = "no_dead_letters"
    promises = ("I5", "bus-14")
    always = True

    def run(self, evidence):
        state = evidence.bus
        return [
            Finding("bus-14", "lost", f"dead letters: {stream.dead} of {stream.topic}: " + "; ".join(
                " ".join(letter) for letter in stream.letters), count=stream.dead)
            for stream in state.streams.values() if stream.dead]


class NothingUnsent(Check):
    name = "nothing_unsent"
    promises = ("bus-11",)

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        due = evidence.snapshot_at - PATIENCE
        unsent = evidence.sql(union(
            """
            select '{service}' as service, count(*) as times, min(due_at)::text as since from {schema}.outbox_queue
            where due_at < %(due)s having count(*) > 0
            """), {"due": due})
        parked = evidence.sql(union(
            """
            select '{service}' as service, type, reason, count(*) as times from {schema}.parked group by type, reason
            """))
        return findings("bus-11", "lost", "messages were not sent", (
            f"{row['times']} of {row['service']}, due since {row['since']}" for row in unsent)
        ) + findings("bus-11", "other", "messages still wait for another try", (
            f"{row['times']} × {row['type']} of {row['service']}: {row['reason']}" for row in parked))


class GroupsAtRest(Check):
    """Everything in the streams has been handed out and acknowledged, and every declared group is there."""

    name = "groups_at_rest"
    promises = ("bus-12",)

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        state = evidence.bus
        held, unread, missing, foreign = [], [], [], []
        for topic, readers in TOPICS.items():
            stream = state.streams[topic]
            for group in stream.groups:
                where = f"{group.name} of {topic}"
                held += [f"{where}: {group.pending}"] if group.pending else []
                unread += [f"{where}: {group.unread} or more of {stream.length}"] if group.unread else []
                foreign += [] if group.name in readers else [where]
            present = {group.name for group in stream.groups}
            missing += [f"{reader} of {topic}" for reader in readers if stream.length and reader not in present]
        return (
            findings("bus-12", "lost", "a group holds messages that it has not acknowledged", held)
            + findings("bus-12", "lost", "a group has not read its stream to the end", unread)
            + findings("bus-12", "lost", "a declared group is not there", missing)
            + findings("bus-12", "other", "an undeclared group is there", foreign))


class ConsumersAlive(Check):
    """Whoever is listed as a reader is a process that lives, and each process that should run gives signs of life."""

    name = "consumers_alive"
    promises = ("bus-15",)

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        state = evidence.bus
        left_over = [
            f"{consumer.name} of {stream.topic}, silent for {consumer.idle_seconds:.0f} s, holds {consumer.pending}"
            for stream in state.streams.values() for group in stream.groups for consumer in group.consumers
            if consumer.name not in state.alive and (consumer.pending or consumer.idle_seconds > FORGOTTEN_SECONDS)]
        return findings("bus-15", "other", "a reader is listed that does not live", left_over) + findings(
            "bus-15", "other", "signs of life and processes differ", _differences(state.alive, evidence.alive))


def _differences(alive, should):
    """`alive`: names on the bus, "order-svc@PID-BOOT"; `should`: processes of the run, "order-svc-2"."""
    services = {service for readers in TOPICS.values() for service in readers}
    for service in sorted(services):
        signs = sum(name.partition("@")[0] == service for name in alive)
        processes = sum(name.rpartition("-")[0] == service for name in should)
        if signs != processes:
            yield f"{service}: {signs} give signs of life, {processes} run"


_STIRRING = union("""
    select '{service}' as service, kind, count(*) as times from {schema}.effects where next_at < %(soon)s group by kind
""")


def stirring(evidence):
    """Effects that will be tried again within the next moments, in words: while there is any, nobody may say that all
    is at rest. No check looks at it, as what waits its time is no fault. Messages of later are timers."""
    soon = evidence.snapshot_at + datetime.timedelta(seconds=evidence.settings.rest_seconds)
    return [
        f"{row['times']} × {row['kind']} of {row['service']} will be tried again"
        for row in evidence.sql(_STIRRING, {"soon": soon})]


class WorkDone(Check):
    """No effect was given up, none is late, none is held, none has failed and waits for another try, which some get for
    ever; schedules go on. An effect that waits by its own wish has forgotten its failures."""

    name = "work_done"
    promises = ("bus-13", "I5")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        due = evidence.snapshot_at - PATIENCE
        effects = evidence.sql(union(
            """
            select '{service}' as service, kind, state, count(*) as times, min(left(last_error, 200)) as error
            from {schema}.effects where state = 'dead' or next_at < %(due)s or lease_until < %(due)s
              or lease_until is null and last_error <> ''
            group by kind, state
            """), {"due": due})
        schedules = evidence.sql(union(
            """
            select '{service}' as service, name, attempts, left(last_error, 200) as error, next_at::text as next_at
            from {schema}.schedules where coalesce(retry_at, next_at) < %(due)s or attempts > 0
            """), {"due": due})
        return findings("bus-13", "other", "effects were given up, are late or fail", (
            f"{row['times']} × {row['kind']} of {row['service']} ({row['state']}): {row['error']}" for row in effects)
        ) + findings("bus-13", "other", "a schedule stands still or fails", (
            f"{row['name']} of {row['service']}, due at {row['next_at']}, {row['attempts']} failures: {row['error']}"
            for row in schedules))
