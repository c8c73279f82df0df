"""Who speaks to whom, and by which way: through the network's links, or directly where there is no network."""

import dataclasses

SERVICES = ("gateway", "session-svc", "wallet-svc", "order-svc", "tx-svc", "monitor-svc")


@dataclasses.dataclass
class Ways:
    """Where each service finds what it needs."""

    #: By service: a socket's path; a socket's folder.
    redis: dict
    postgres: dict
    tron_nodes: list
    trongrid: str
    tronscan: str
    telegram: str
    #: By slot: where customers find the gateway.
    gateways: dict


async def make_ways(network, layout, tron_sim, telegram_sim, gateway_ports, ports):
    linked = Linked(network, ports) if network else Direct()
    ways = Ways({}, {}, [], "", "", "", {})
    for service in SERVICES:
        folder = layout.run_folder / "links" / service
        folder.mkdir(parents=True, exist_ok=True)
        ways.redis[service] = await linked.socket(f"{service}>redis", folder / "redis.sock", layout.redis_socket)
        postgres = await linked.socket(f"{service}>postgres", folder / ".s.PGSQL.5432", layout.postgres_socket)
        ways.postgres[service] = postgres.parent
    for number, url in enumerate(tron_sim.urls, 1):
        ways.tron_nodes.append(await linked.url(f"tx-svc>tron-{number}", url))
    # Every node answers both providers' APIs; two of them, so that one can lag behind the other.
    ways.trongrid = await linked.url("wallet-svc>trongrid", tron_sim.urls[0])
    ways.tronscan = await linked.url("wallet-svc>tronscan", tron_sim.urls[-1])
    ways.telegram = await linked.url("gateway>telegram", telegram_sim.control)
    for slot, port in gateway_ports.items():
        ways.gateways[slot] = await linked.url(f"clients>gateway-{slot}", f"http://127.0.0.1:{port}")
    return ways


class Direct:
    async def socket(self, _name, _listen, connect):
        return connect

    async def url(self, _name, url):
        return url


class Linked:
    def __init__(self, network, ports):
        self.network = network
        self.ports = ports

    async def socket(self, name, listen, connect):
        await self.network.add_link(name, f"unix:{listen}", f"unix:{connect}")
        return listen

    async def url(self, name, url):
        address = url.removeprefix("http://")
        return "http://" + await self.network.add_link(name, self.ports.address(), address)
