-- One order's two ledger transactions, each statement a round trip: the rows that wallet-svc writes for HoldFunds and
-- CaptureHold, in its own tables, with the inbox, the outbox and its queue. What a service does that takes one message
-- at a time. pgbench is given: run (a number of its own from 1), n (0), hash (a digest), body (an event's body).
\set n :n + 1
\set customer random(0, 999)
begin;
insert into inbox (message_id, body_hash)
  values (lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 4000000000000 + :n::bigint * 4), 32, '0')::uuid, decode(:hash, 'hex'))
  on conflict do nothing returning message_id;
select * from accounts where id = 'cus_' || lpad(to_hex(:customer::bigint), 32, '0') for update;
select * from holds where id = 'ord_' || lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 1000000000000 + :n::bigint), 32, '0') for update;
update accounts set available = available - 3900000, held = held + 3900000, seq = seq + 1, updated_at = now()
  where id = 'cus_' || lpad(to_hex(:customer::bigint), 32, '0');
insert into holds (id, customer, amount, state, captured, answer_seq, answer_available, settled_seq, created_at, updated_at)
  values ('ord_' || lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 1000000000000 + :n::bigint), 32, '0'), 'cus_' || lpad(to_hex(:customer::bigint), 32, '0'),
    3900000, 'held', 0, :n, 1000000, 0, now(), now());
insert into journal (id, kind, currency, debit, credit, amount, order_id, customer, body_hash, created_at)
  values ('hold' || chr(58) || 'ord_' || lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 1000000000000 + :n::bigint), 32, '0'), 'hold', 'TRX',
    'customer' || chr(58) || 'cus_' || lpad(to_hex(:customer::bigint), 32, '0'), 'held' || chr(58) || 'cus_' || lpad(to_hex(:customer::bigint), 32, '0'), 3900000,
    'ord_' || lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 1000000000000 + :n::bigint), 32, '0'), 'cus_' || lpad(to_hex(:customer::bigint), 32, '0'),
    :hash, now());
insert into outbox
  (message_id, topic, stream_key, type, version, key, created_at, correlation, causation, traceparent, reply_to,
    content_type, body)
  values (lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 4000000000000 + :n::bigint * 4 + 1), 32, '0')::uuid, 'wallet.events',
    'bus:{wallet.events.0}', 'wallet.FundsHeld', 1, :customer, now(), left(:hash, 36), left(:hash, 36), '', '',
    'application/json', :body::bytea);
insert into outbox_queue
  values (lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 4000000000000 + :n::bigint * 4 + 1), 32, '0')::uuid, now()::date, now(),
    now() + interval '2 s');
commit;
begin;
insert into inbox (message_id, body_hash)
  values (lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 4000000000000 + :n::bigint * 4 + 2), 32, '0')::uuid, decode(:hash, 'hex'))
  on conflict do nothing returning message_id;
select * from accounts where id = 'cus_' || lpad(to_hex(:customer::bigint), 32, '0') for update;
select * from holds where id = 'ord_' || lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 1000000000000 + :n::bigint), 32, '0') for update;
update accounts set held = held - 3900000, seq = seq + 1, updated_at = now()
  where id = 'cus_' || lpad(to_hex(:customer::bigint), 32, '0');
update holds set state = 'captured', captured = 3900000, settled_seq = :n, updated_at = now()
  where id = 'ord_' || lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 1000000000000 + :n::bigint), 32, '0');
insert into journal (id, kind, currency, debit, credit, amount, order_id, customer, body_hash, created_at)
  values ('capture' || chr(58) || 'ord_' || lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 1000000000000 + :n::bigint), 32, '0'), 'capture', 'TRX',
    'held' || chr(58) || 'cus_' || lpad(to_hex(:customer::bigint), 32, '0'), 'revenue', 3900000,
    'ord_' || lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 1000000000000 + :n::bigint), 32, '0'), 'cus_' || lpad(to_hex(:customer::bigint), 32, '0'),
    :hash, now());
insert into outbox
  (message_id, topic, stream_key, type, version, key, created_at, correlation, causation, traceparent, reply_to,
    content_type, body)
  values (lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 4000000000000 + :n::bigint * 4 + 3), 32, '0')::uuid, 'wallet.events',
    'bus:{wallet.events.0}', 'wallet.HoldSettled', 1, :customer, now(), left(:hash, 36), left(:hash, 36), '', '',
    'application/json', :body::bytea);
insert into outbox_queue
  values (lpad(to_hex((:run::bigint * 8 + :client_id::bigint) * 4000000000000 + :n::bigint * 4 + 3), 32, '0')::uuid, now()::date, now(),
    now() + interval '2 s');
commit;
