"""No service can reach another's tables, whatever its code wants: Postgres itself refuses."""

from .check import Check
from .findings import findings
from .topics import SCHEMAS

#: Each service's role has the name of its schema.
_REACHABLE = """
    select role, n.nspname || '.' || c.relname as name, right_to
    from unnest(%(schemas)s::text[]) as role
      cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as right_to
      join pg_namespace n on n.nspname = any(%(schemas)s) and n.nspname <> role
      join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
    where has_table_privilege(role, c.oid, right_to)
    order by 1, 2, 3
"""
_FOREIGN = """
    select n.nspname as schema, n.nspowner::regrole::text as owner from pg_namespace n
    where n.nspname = any(%(schemas)s) and n.nspowner::regrole::text <> n.nspname order by 1
"""


class SchemasAreClosed(Check):
    """A role may do nothing with a table of another service's schema, and each schema belongs to its own."""

    name = "schemas_are_closed"
    promises = ("I1",)

    def run(self, evidence):
        schemas = {"schemas": list(SCHEMAS.values())}
        return findings("I1", "other", "a service that can reach another's table", (
            f"{row['role']} may {row['right_to']} {row['name']}" for row in evidence.sql(_REACHABLE, schemas))
        ) + findings("I1", "other", "a schema of somebody else", (
            f"{row['schema']} belongs to {row['owner']}" for row in evidence.sql(_FOREIGN, schemas)))
