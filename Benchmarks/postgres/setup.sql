-- The tables of one service as BusKit has them, with 100,000 rows to change.
create table inbox (
  message_id uuid primary key,
  body_hash bytea not null,
  handled_at timestamptz not null default now()
);
create index inbox_handled_at on inbox using brin (handled_at);

create table outbox (
  message_id uuid primary key,
  topic text not null,
  stream_key text not null,
  type text not null,
  version int not null,
  key text not null,
  created_at timestamptz not null,
  correlation text not null,
  causation text not null,
  traceparent text not null,
  reply_to text not null,
  content_type text not null,
  body bytea not null,
  sent_at timestamptz
);
create index outbox_sent on outbox ((coalesce(sent_at, created_at)));
create index outbox_key on outbox (key, created_at);

create table outbox_queue (
  message_id uuid primary key,
  day date not null,
  due_at timestamptz not null,
  available_at timestamptz not null
);
create index outbox_queue_due on outbox_queue (available_at, message_id);

create table accounts (
  id bigint primary key,
  total bigint not null,
  handled bigint not null
);
insert into accounts select n, 0, 0 from generate_series(0, 99999) as n;
vacuum analyze accounts;
checkpoint;
