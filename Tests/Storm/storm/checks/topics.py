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

#: Types that a group reads and has no use for: they are acknowledged, and leave no row in its inbox.
IGNORED = {
    "gateway": (),
    "session-svc": (
        "wallet.FundsHeld", "wallet.FundsRefused", "wallet.HoldSettled", "wallet.HoldContradicted",
        "wallet.LedgerDifferenceFound", "wallet.UnexpectedWithdrawal", "wallet.CustodyDiffers"),
    "wallet-svc": (
        "tx.DelegationSubmitted", "tx.DelegationConfirmed", "tx.DelegationReverted", "tx.DelegationFinal",
        "tx.DelegationFailed", "tx.DelegationReclaimed", "tx.PoolChanged", "tx.ReclaimOverdue",
        "tx.SupplierStateChanged", "tx.LedgerDiffers", "tx.ChainParametersChanged", "tx.ChainRecordDiffers",
        "tx.StrayTransactionFound"),
    "order-svc": (
        "wallet.HoldSettled", "wallet.HoldContradicted", "wallet.LedgerDifferenceFound", "wallet.DepositCredited",
        "wallet.UnexpectedWithdrawal", "wallet.CustodyDiffers",
        "tx.PoolChanged", "tx.SupplierStateChanged", "tx.LedgerDiffers", "tx.ChainParametersChanged",
        "tx.DepositFound", "tx.DepositHeld", "tx.AddressesWatched", "tx.ChainRecordDiffers",
        "tx.StrayTransactionFound", "tx.ReclaimOverdue", "tx.OwnTransactionFound"),
    "tx-svc": (),
    "monitor-svc": (
        "wallet.FundsHeld", "wallet.FundsRefused", "wallet.HoldSettled", "wallet.DepositCredited",
        "tx.DelegationSubmitted", "tx.DelegationConfirmed", "tx.DelegationReverted", "tx.DelegationFinal",
        "tx.DelegationFailed", "tx.DelegationReclaimed", "tx.DepositFound", "tx.OwnTransactionFound",
        "tx.AddressesWatched", "tx.SupplierStateChanged", "tx.ChainParametersChanged"),
}

#: Of these types a group has no use for messages whose body has one of these texts in it.
IGNORED_WITH = {
    ("session-svc", "order.OrderChanged"): ('"origin":"rest"',),
    ("gateway", "order.OrderChanged"): ('"origin":"telegram"',),
    ("monitor-svc", "order.OrderChanged"): tuple(
        f'"state":"{state}"' for state in ("placed", "funded", "delegating", "cancelling", "active", "ending")),
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
