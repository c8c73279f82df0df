#!/usr/bin/env bash
# One role and one schema per service; none sees another's. Runs once, on an empty data folder.
set -euo pipefail
# Passwords are in these statements: none is logged, whether it fails or takes its time.
{
  echo "revoke all on schema public from public; revoke connect on database $POSTGRES_DB from public;"
  for service in gateway session-svc wallet-svc order-svc tx-svc monitor-svc; do
    role=${service//-/_}
    cat <<SQL
create role $role login connection limit 60 password '$(cat "/run/secrets/postgres-$service")';
create schema $role authorization $role;
alter role $role set search_path = $role;
grant connect on database $POSTGRES_DB to $role;
SQL
  done
} | PGOPTIONS="-c log_min_error_statement=panic -c log_min_duration_statement=-1" \
  psql -qX -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB"
