-- One unit of work on a batch of 100 messages, all of it in one round trip: what Postgres alone can do.
-- Ids ascend as those of UUIDv7 do. `base` picks 100 rows that lie apart, never the same twice in a batch.
-- pgbench is given: offsets (0 to 99), hashes (100 digests), bodies (100 bodies), n (0).
\set n :n + 100
\set base random(0, 999)
\startpipeline
begin;
insert into inbox (message_id, body_hash)
  select lpad(to_hex(:client_id * 1000000000000 + :n + entry.number), 32, '0')::uuid, decode(entry.hash, 'hex')
  from unnest(:offsets::bigint[], :hashes::text[]) as entry (number, hash)
  on conflict do nothing returning message_id;
select id, total, handled from accounts
  where id = any (array(select :base + number * 1000 from unnest(:offsets::bigint[]) as number)) order by id for update;
update accounts set total = accounts.total + 5, handled = accounts.handled + changed.one
  from (select :base + number * 1000 as id, 1 as one from unnest(:offsets::bigint[]) as number) as changed
  where accounts.id = changed.id;
with new as (
  select lpad(to_hex(:client_id * 1000000000000 + :n + entry.number), 32, '0')::uuid as message_id, entry.*
  from unnest(:offsets::bigint[], :hashes::text[], :bodies::text[]) as entry (number, hash, body)),
kept as (
  insert into outbox
    (message_id, topic, stream_key, type, version, key, created_at, correlation, causation, traceparent, reply_to,
    content_type, body)
  select message_id, 'bench', 'bus:{bench.0}', 'bench.item', 1, number::text, now(), left(hash, 36), left(hash, 36),
    left(hash, 55), '', 'application/json', body::bytea from new)
insert into outbox_queue select message_id, now()::date, now(), now() + interval '2 s' from new;
commit;
\endpipeline
