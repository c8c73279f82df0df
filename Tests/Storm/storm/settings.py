"""What a run is told, and the numbers that it derives from it: all of them in this file."""

import dataclasses
import pathlib

#: What the chain, the books and every amount here count in.
SUN_PER_TRX = 1_000_000


@dataclasses.dataclass(frozen=True)
class Settings:
    """One run. Times are seconds, money is sun."""

    minutes: float
    seed: int
    #: Processes of each service at the start.
    replicas: int
    #: Classes of faults; empty: all of them.
    only: frozenset
    #: The data folder that `./energy` has prepared; thrown away afterwards.
    data: pathlib.Path
    #: Where the programs are.
    programs: pathlib.Path
    #: Orders a second, Telegram and REST together. Open loop: they come whatever becomes of the ones before.
    rate: float = 50.0

    #: A storm of a few minutes has to fit each class of faults in: shorter faults, a shorter lease.
    @property
    def is_short(self):
        return self.minutes < 8

    @property
    def lease_seconds(self):
        return 6.0 if self.is_short else 30.0

    #: The longest time for which a process is frozen: beyond the lease.
    @property
    def freeze_seconds_max(self):
        return 9.0 if self.is_short else 45.0

    #: The calm before the first fault: what is normal is measured here.
    @property
    def calm_seconds(self):
        return 15.0 if self.is_short else 45.0

    #: Before the calm: processes warm up, caches fill.
    @property
    def warm_up_seconds(self):
        return 5.0 if self.is_short else 20.0

    #: At the very end: memory, descriptors and streams are looked at after that much rest.
    @property
    def rest_seconds(self):
        return 5.0 if self.is_short else 20.0

    #: After the load has stopped and the faults are over, everything has to end within this: twice the lease and
    #: the longest rental, and time for reclaims to be solid.
    @property
    def quiet_seconds_max(self):
        return 2 * self.lease_seconds + self.rental_seconds_max + 120.0

    #: How long a fault of this kind ("process", "server", or None) may be felt after its end; None: it is only told.
    def recovery_goal(self, kind):
        return {"process": self.process_recovery_seconds, "server": self.server_recovery_seconds}.get(kind)

    #: Whether this class of faults is the whole run.
    def is_only(self, name):
        return self.only == frozenset({name})

    #: Twice the rate for five minutes, or for the share of a shorter run that is left beside the other faults.
    @property
    def overload_seconds(self):
        return min(300.0, self.minutes * 60 * (0.6 if self.is_only("overload") else 1 / 6))

    #: Blocks of the simulated chain.
    block_milliseconds: int = 1_000
    blocks_until_solid: int = 8
    nodes: int = 3
    suppliers: int = 10
    supplier_stake_trx: int = 40_000_000

    #: The storm's products: rentals that end within the run.
    rental_seconds: tuple = (10, 30, 60)
    energy_range: tuple = (32_000, 200_000)
    #: The price of each of them, whatever its duration: the checks reckon with it, too.
    sun_per_energy: int = 30

    @property
    def rental_seconds_max(self):
        return max(self.rental_seconds)

    #: An accepted order that is not delivered after this long is overdue; recovery is when none is.
    overdue_seconds: float = 6.0
    #: An attempt to order that is answered later than this was not served properly.
    answer_seconds_max: float = 3.5
    #: Recovery goals, after the end of a fault (of a kill: after the kill).
    process_recovery_seconds: float = 10.0
    server_recovery_seconds: float = 15.0
    #: The share of the rate that has to be served, and of the attempts to order that may go without any answer while
    #: there are more than can be served.
    served_share_min: float = 0.9
    unanswered_share_max: float = 0.01
    #: The share of conversations in Telegram that people may give up in the calm; one is chance.
    dialogs_left_share_max: float = 0.03
    #: While a service grows and shrinks, orders come at least so often; and so many a second show it.
    pause_seconds_max: float = 1.0
    pause_rate_min: float = 15.0
    #: In a run without faults: latencies of its last quarter, compared with the first; those below are not compared.
    growth_max: float = 1.5
    growth_seconds_min: float = 0.5
    #: A run of less has no quarters that tell anything.
    growth_minutes_min: float = 8.0
    #: Of arrivals: more that started late say that the harness had no time, not that the services had none.
    late_share_max: float = 0.01

    #: Customers.
    rest_clients: int = 60
    telegram_people: int = 200
    receivers: int = 1_500
    #: Clients that never have any money, and accounts of the chain that pay deposits.
    poor_clients: int = 4
    payers: int = 8
    #: TRX: of a client, of a person, of a payer (and as many USDT), and staked for bandwidth by each supplier, which
    #: has to pay for two transactions of every rental of a long run.
    client_trx: int = 100_000
    person_trx: int = 10_000
    payer_trx: int = 10_000_000
    supplier_bandwidth_trx: int = 80_000_000

    #: The stack: slots of each service, a replica's connections to Postgres, requests a second of one client, and the
    #: most energy of one order.
    replicas_max: int = 4
    postgres_connections: int = 4
    client_requests_per_second: int = 1_000
    #: Mainnet has a block every three seconds, and 15 for this: here they come faster. What takes longer is overdue.
    delivery_goal_seconds: int = 6
    #: Of one gateway. At 50 orders a second the bot says 30 things a second: a shop of that size pays for broadcasts.
    telegram_messages_per_second: int = 100
    product_energy_max: int = 10_000_000
    #: From a death to the next start; until a new replica is ready; until one that is asked to end has ended.
    restart_seconds: float = 0.5
    ready_seconds_max: float = 60.0
    stop_seconds_max: float = 20.0

    #: A good client's manners: how long it waits for an answer, how it tries again with the same key, how often it
    #: takes "not now" (429, 503) for an answer (after two repeats it gives up, as the libraries of payment services do
    #: unless they are told otherwise), and how long it avoids a gateway that did not answer.
    request_seconds_max: float = 8.0
    retry_seconds_min: float = 0.3
    retry_seconds_max: float = 5.0
    unanswered_seconds_max: float = 90.0
    refusals_max: int = 3
    gateway_avoid_seconds: float = 5.0
    #: What the load takes upon itself: arrivals at once, connections, and from when on a start counts as late.
    arrivals_max: int = 20_000
    connections_max: int = 4_000
    late_seconds: float = 0.25

    #: People in Telegram: how long one waits for an answer before pressing again, and how often; for somebody who is
    #: free to talk; between two inputs at most; between two looks at an order under way.
    telegram_patience_seconds: float = 8.0
    telegram_attempts: int = 4
    telegram_queue_seconds: float = 20.0
    telegram_think_seconds: float = 0.4
    telegram_watch_seconds: float = 1.5
    telegram_poll_seconds: float = 4.0
    #: An order's message that says nothing new for this long after it should is asked about, and that often.
    telegram_overdue_seconds: float = 30.0

    #: Faults that begin together in a short storm, and the share of slots with two in a long one.
    faults_at_once_short: int = 4
    pair_share: float = 0.3
    #: Between the end of a slot's faults and the next ones, at most, while waiting for the recovery. At least longer
    #: than any recovery may take; in a short storm so long that whoever came then and is not served is overdue, and
    #: counted.
    gap_seconds_min: float = 16.0
    gap_seconds_min_short: float = 8.0
    gap_seconds_max: float = 90.0

    #: How many of those who came since may wait for longer than they should: one or two customers are not the system,
    #: nor are as many as come in half a second, as a customer knows of the delivery only when he looks again.
    @property
    def stragglers_max(self):
        return max(2.0, self.rate / 2)

    #: How often the promises that hold at every instant are checked while the storm goes on.
    check_seconds: float = 20.0

    #: How often processes, streams and tables are looked at.
    sample_seconds: float = 2.0
    #: After the storm, compared with the calm: memory may be so many times as much, or so much more; descriptors and
    #: threads so many more; streams so long (what is trimmed goes by whole nodes); Redis' memory so much more.
    memory_factor_max: float = 2.0
    memory_slack_bytes: int = 96 << 20
    descriptors_slack: int = 32
    threads_slack: int = 16
    stream_length_at_rest_max: int = 1_000
    redis_memory_slack_bytes: int = 64 << 20


def settings_fields(settings):
    """As JSON can carry them."""
    fields = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    fields["only"] = sorted(fields["only"])
    return {name: str(value) if isinstance(value, pathlib.Path) else value for name, value in fields.items()}


def settings_from(fields):
    """The settings of which these are the fields. Fields of another release are left out."""
    known = {field.name for field in dataclasses.fields(Settings)}
    fields = {name: value for name, value in fields.items() if name in known}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    paths = {name: pathlib.Path(values[name]) for name in ("data", "programs")}
    return Settings(**{**values, **paths, "only": frozenset(values["only"])})
