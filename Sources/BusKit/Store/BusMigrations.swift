import Postgres

/// The bus' own tables, in each service's schema.
enum BusMigrations {
  static let all: [Migration] = [
    Migration(
      version: 1, name: "outbox, inbox, effects, schedules",
      sql: """
        create table outbox (
          message_id uuid primary key,
          topic text not null,
          stream_key text not null,
          type text not null,
          version int not null,
          key text not null,
          created_at timestamptz not null,
          ttl_ms bigint,
          correlation text not null,
          causation text not null,
          traceparent text not null,
          reply_to text not null,
          content_type text not null,
          body bytea not null,
          available_at timestamptz not null,
          sent_at timestamptz,
          stream_id text
        );
        create index outbox_unsent on outbox (available_at) where sent_at is null;
        create index outbox_sent on outbox (sent_at) where sent_at is not null;

        create table inbox (
          message_id uuid primary key,
          body_hash bytea not null,
          handled_at timestamptz not null default now()
        );
        create index inbox_handled_at on inbox using brin (handled_at);

        create table effects (
          id uuid primary key,
          seq bigint generated always as identity,
          place bigint not null default 0,
          kind text not null,
          order_key text not null,
          payload bytea not null,
          correlation text not null,
          state text not null default 'pending' check (state in ('pending', 'dead')),
          attempts int not null default 0,
          next_at timestamptz not null,
          lease_until timestamptz,
          lease_token uuid,
          last_error text,
          created_at timestamptz not null default now()
        );
        create index effects_due on effects (next_at) where state = 'pending';
        create index effects_in_order on effects (order_key, place, seq) where state = 'pending';

        create table schedules (
          name text primary key,
          next_at timestamptz not null
        );

        create table bus_state (
          key text primary key,
          value text not null
        );
        """),
    operators,
  ]
}
