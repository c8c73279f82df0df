-- The tables of one service as BusKit has them, with 100,000 rows to change.
create table inbox (
  message_id uuid primary key,
  body_hash bytea not null,
  handled_at timestamptz not null default now()
);
create index inbox_handled_at on inbox using brin (handled_at);

create table outbox (
  message_id uuid primary key,
  stream_key text not null,
  type text not null,
  key text not null,
  created_at timestamptz not null,
  correlation text not null,
  causation text not null,
  body bytea not null,
  available_at timestamptz not null,
  sent_at timestamptz
);
create index outbox_unsent on outbox (available_at) where sent_at is null;

create table accounts (
  id bigint primary key,
  total bigint not null,
  handled bigint not null
);
insert into accounts select n, 0, 0 from generate_series(0, 99999) as n;
vacuum analyze accounts;
checkpoint;
