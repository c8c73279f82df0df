"""Who did what as an operator stands in gateway's audit log: once, and for everything that was done."""

from .check import Check
from .findings import findings
from .topics import union

_ACTED = union("""
    select '{service}' as service, message_id::text as id, convert_from(body, 'UTF8')::jsonb as body
    from {schema}.outbox where type = 'gateway.OperatorActed'
""")

#: Where services keep an operator's key with what they did because of it.
_DONE = """
    select 'gateway' as service, action_key as key from gateway.api_clients
    union all select 'tx-svc', id from tx_svc.operator_records where ok
    union all select distinct 'wallet-svc', action->>'key' from wallet_svc.journal where action is not null
"""


class AuditComplete(Check):
    name = "audit_complete"
    promises = ("I2", "I5")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        log = {(row["service"], row["command"], row["action_key"]): row for row in evidence.sql(
            "select service, command, action_key, actor, reason, subject, outcome from gateway.audit_log")}
        missing, different = [], []
        for row in evidence.sql(_ACTED):
            body = row["body"]
            entry = log.get((body["service"], body["command"], body["action"]["key"]))
            words = f"{body['command']} with key {body['action']['key']}"
            if entry is None:
                missing.append(f"{words}, told by {row['service']}")
            elif (entry["actor"], entry["reason"]) != (body["action"]["actor"], body["action"]["reason"]):
                different.append(words)
        keys = {(service, key) for service, _, key in log}
        missing += [
            f"what {row['service']} did for key {row['key']}" for row in evidence.sql(_DONE)
            if (row["service"], row["key"]) not in keys]
        return findings("audit", "lost", "an operator's action is not in the audit log", missing) + findings(
            "audit", "other", "the audit log names somebody else", different)
