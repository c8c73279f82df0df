"""Who writes and reads what, as the design's table of topics has it: written down here once more, for the checks."""

#: Service, which is also its consumer group's name: its schema in Postgres.
SCHEMAS = {
    "gateway": "gateway",
    "session-svc": "session_svc",
    "wallet-svc": "wallet_svc",
    "order-svc": "order_svc",
    "tx-svc": "tx_svc",
    "monitor-svc": "monitor_svc",
}

#: Each lasting topic and every group that has to apply all of its messages.
TOPICS = {
    "session.commands": ("session-svc",),
    "order.commands": ("order-svc",),
    "wallet.commands": ("wallet-svc",),
    "tx.commands": ("tx-svc",),
    "gateway.commands": ("gateway",),
    "monitor.commands": ("monitor-svc",),
    "order.events": ("gateway", "session-svc", "monitor-svc"),
    "wallet.events": ("order-svc", "session-svc", "monitor-svc"),
    "tx.events": ("order-svc", "wallet-svc", "monitor-svc"),
    **{f"{service}.bus": (service,) for service in SCHEMAS},
}


def stream_key(topic):
    """All topics have one partition."""
    return f"bus:{{{topic}.0}}:stream"


def dead_key(topic):
    return f"bus:{{{topic}.0}}:dead"


def union(query):
    """`query`, which has `{schema}` in it, over the schemas of all services, each row with its `service`."""
    return " union all ".join(
        query.format(schema=schema, service=service) for service, schema in SCHEMAS.items())
