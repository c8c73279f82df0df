"""From the rounds' results to the figures, the ratios and the table."""

import os
import platform

import peers

# Measurements of BusKit itself: one that is missing makes the run fail.
OURS = ("bus", "latency", "durable", "rpc_64", "rpc_1", "soak")


def best(results, name, key="per_second"):
    """The best round's figure; the one with the lower value for a time."""
    values = [result[key] for result in results.get(name, []) if key in result]
    if not values:
        return None
    return min(values) if key.endswith("_ms") else max(values)


def ratio(ours, theirs):
    return round(ours / theirs, 3) if ours and theirs else None


def fastest_of(rates, fits):
    """The name and the rate of the fastest peer of a kind."""
    fitting = [(peer.name, rates[peer.name]) for peer in peers.PEERS if peer.name in rates and fits(peer)]
    return max(fitting, key=lambda item: item[1], default=(None, None))


def figures(results, missing, options):
    """Every figure by name; None where it could not be measured."""
    ceiling, bus = best(results, "ceiling"), best(results, "bus")
    alone = {name: best(results, name) for name in results if name.startswith("postgres_")}
    others = {peer.name: best(results, peer.name) for peer in peers.PEERS if peer.name in results}
    fastest = fastest_of(others, lambda peer: True)
    fastest_each = fastest_of(others, lambda peer: peer.is_each)
    fastest_safe = fastest_of(others, lambda peer: peer.is_each and peer.is_acknowledged)
    durable, fastest_postgres = best(results, "durable"), max(alone.values(), default=None)
    soak = (results.get("soak") or [{}])[-1]
    return {
        "bus_vs_ceiling": ratio(bus, ceiling),
        "bus_per_second": bus,
        "ceiling_per_second": ceiling,
        "ceiling_overlapped_per_second": best(results, "ceiling_overlapped"),
        "latency_p50_ms": best(results, "latency", "p50_ms"),
        "latency_p99_ms": best(results, "latency", "p99_ms"),
        "latency_floor_p50_ms": best(results, "latency_floor", "p50_ms"),
        "latency_floor_p99_ms": best(results, "latency_floor", "p99_ms"),
        "durable_vs_postgres": ratio(durable, fastest_postgres),
        "durable_per_second": durable,
        "postgres_per_second": fastest_postgres,
        "postgres_by_connections": {name.removeprefix("postgres_"): value for name, value in alone.items()},
        "rpc_per_second_64": best(results, "rpc_64"),
        "rpc_p50_ms": best(results, "rpc_1", "p50_ms"),
        "vs_fastest_peer": ratio(bus, fastest[1]),
        "fastest_peer": fastest[0],
        "vs_fastest_peer_each": ratio(bus, fastest_each[1]),
        "fastest_peer_each": fastest_each[0],
        "vs_fastest_peer_at_least_once": ratio(bus, fastest_safe[1]),
        "durable_vs_fastest_peer_at_least_once": ratio(durable, fastest_safe[1]),
        "fastest_peer_at_least_once": fastest_safe[0],
        "peers": others,
        "peer_settings": {peer.name: peer.settings for peer in peers.PEERS if peer.name in others},
        "consumer_rss_mb": soak.get("consumer_rss_mb"),
        "consumer_rss_start_mb": soak.get("consumer_rss_start_mb"),
        "stream_length": soak.get("stream_length"),
        "stream_bytes": soak.get("stream_bytes"),
        "missing": missing,
        "rounds": results,
        "settings": {"rounds": options.rounds, "seconds": options.seconds},
        "machine": {"cores": os.cpu_count(), "load_1m": round(os.getloadavg()[0], 2), "system": platform.platform()},
    }


def number(value, unit=""):
    if value is None:
        return "–"
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}") + unit


def verdict(value, holds):
    return "–" if value is None else "yes" if holds(value) else "NO"


def table(f, missing):
    """Lines for people: what, measured, compared with, goal, whether it is met."""
    rows = [("what", "BusKit", "beside", "goal", "met")]

    def row(what, ours, beside, goal, value, holds):
        rows.append((what, ours, beside, goal, verdict(value, holds)))

    row("publish, consume, acknowledge", number(f["bus_per_second"], "/s"),
        f"C {number(f['ceiling_per_second'], '/s')}, ratio {number(f['bus_vs_ceiling'])}", "ratio 0.8",
        f["bus_vs_ceiling"], lambda v: v >= 0.8)
    row("latency, median", number(f["latency_p50_ms"], " ms"), f"C {number(f['latency_floor_p50_ms'], ' ms')}", "1 ms",
        f["latency_p50_ms"], lambda v: v <= 1)
    row("latency, 99 of 100", number(f["latency_p99_ms"], " ms"), f"C {number(f['latency_floor_p99_ms'], ' ms')}",
        "5 ms", f["latency_p99_ms"], lambda v: v <= 5)
    row("durable, exactly one effect", number(f["durable_per_second"], "/s"),
        f"Postgres {number(f['postgres_per_second'], '/s')}, ratio {number(f['durable_vs_postgres'])}", "15,000/s",
        f["durable_per_second"], lambda v: v >= 15_000)
    row("request and reply, 64 in flight", number(f["rpc_per_second_64"], "/s"), "", "5,000/s",
        f["rpc_per_second_64"], lambda v: v >= 5_000)
    row("request and reply, one, median", number(f["rpc_p50_ms"], " ms"), "", "2 ms",
        f["rpc_p50_ms"], lambda v: v <= 2)
    row("consumer after 1,000,000 messages", number(f["consumer_rss_mb"], " MB"),
        f"{number(f['consumer_rss_start_mb'], ' MB')} at the start", "60 MB", f["consumer_rss_mb"], lambda v: v <= 60)
    row("stream after 1,000,000 messages", number(f["stream_length"], " entries"),
        number(f["stream_bytes"], " bytes"), "", None, bool)
    row(f"times the fastest peer ({f['fastest_peer'] or 'none'})", number(f["vs_fastest_peer"]), "", "10",
        f["vs_fastest_peer"], lambda v: v >= 10)
    row(f"the same, handlers of one message ({f['fastest_peer_each'] or 'none'})", number(f["vs_fastest_peer_each"]),
        "", "10", f["vs_fastest_peer_each"], lambda v: v >= 10)
    safe = f["fastest_peer_at_least_once"] or "none"
    row(f"the same, those that lose nothing ({safe})", number(f["vs_fastest_peer_at_least_once"]), "", "10",
        f["vs_fastest_peer_at_least_once"], lambda v: v >= 10)
    rows.append((f"durable beside those ({safe})", number(f["durable_vs_fastest_peer_at_least_once"]),
                 "which have no exactly-once effect", "", ""))
    for name, rate in sorted(f["peers"].items(), key=lambda item: -item[1]):
        rows.append((f"  {name}", "", number(rate, "/s"), "", f["peer_settings"][name]))
    widths = [max(len(cells[column]) for cells in rows) for column in range(4)]
    lines = []
    for cells in rows:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths)]
        lines.append("  ".join([*padded, cells[4]]).rstrip())
    lines += [f"missing: {name}: {reason}" for name, reason in missing.items()]
    return "\n".join(lines)
