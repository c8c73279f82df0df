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
    Migration(
      version: 2, name: "outbox partitioned by day, parked messages, dead effects by age",
      sql: """
        create table outbox_by_day (
          -- The default serves programs that know version 1 alone and write beside this one for a while.
          day date not null default (now() at time zone 'UTC')::date,
          message_id uuid not null,
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
          -- When it was last sent, if that was long after its creation. Most rows are never touched again.
          sent_at timestamptz,
          -- Only programs of version 1 write these two.
          available_at timestamptz not null default 'infinity',
          stream_id text,
          -- The id first: rows are found by it, the day only says in which partition.
          primary key (message_id, day)
        ) partition by range (day);
        create table outbox_default partition of outbox_by_day default;

        lock table outbox in access exclusive mode;
        do $$
        declare today date := (now() at time zone 'UTC')::date; d date;
        begin
          for d in
            select distinct (created_at at time zone 'UTC')::date from outbox
            union select today + n from generate_series(0, 3) as n
          loop
            execute format('create table %I partition of outbox_by_day for values from (%L) to (%L)',
              'outbox_' || to_char(d, 'YYYYMMDD'), d, d + 1);
          end loop;
        end $$;
        insert into outbox_by_day (
          day, message_id, topic, stream_key, type, version, key, created_at, ttl_ms, correlation, causation,
          traceparent, reply_to, content_type, body, available_at, sent_at, stream_id)
        select (created_at at time zone 'UTC')::date, message_id, topic, stream_key, type, version, key, created_at,
          ttl_ms, correlation, causation, traceparent, reply_to, content_type, body, available_at, sent_at, stream_id
        from outbox order by created_at, message_id;
        drop table outbox;
        alter table outbox_by_day rename to outbox;
        alter index outbox_by_day_pkey rename to outbox_pkey;
        create index outbox_sent on outbox ((coalesce(sent_at, created_at)));
        create index outbox_key on outbox (key, created_at);
        \(queue)

        alter table effects add column throttles int not null default 0, add column retried_at timestamptz,
          add column ended_at timestamptz;
        update effects set ended_at = now() where state = 'dead';
        create index effects_dead on effects (ended_at) where state = 'dead';

        create table parked (
          message_id uuid primary key,
          topic text not null,
          partition int not null,
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
          attempts int not null,
          throttles int not null default 0,
          reason text not null,
          first_parked_at timestamptz not null default now(),
          available_at timestamptz not null,
          lease_until timestamptz,
          lease_token uuid
        );
        create index parked_due on parked (available_at);
        """),
    schedules,
    Migration(
      version: 4, name: "effects carry their trace",
      sql: "alter table effects add column traceparent text not null default ''"),
    operators,
    Migration(
      version: 6, name: "effects that are due are found by kind",
      sql: """
        -- Each kind is taken by itself: a backlog of one does not stand before another.
        create index effects_due_of_kind on effects (kind, next_at) where state = 'pending';
        drop index effects_due;
        alter table effects set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
        """),
    Migration(
      version: 7, name: "messages to be sent are found by id in one index alone",
      sql: """
        -- The other was as good for a plan that was made while nothing waited, and has to be walked for an id.
        create index outbox_queue_available on outbox_queue (available_at);
        drop index outbox_queue_due;
        """),
  ]

  /// What is still to be sent: a narrow row for each message, which sending deletes. Marking the message itself would
  /// write the whole of it, body and all its index entries, a second time.
  private static let queue = """
    create table outbox_queue (
      message_id uuid primary key,
      -- The partition of the outbox that has the message.
      day date not null,
      -- When it is to leave, and from when on the sweep may take it.
      due_at timestamptz not null,
      available_at timestamptz not null
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
    create index outbox_queue_due on outbox_queue (available_at, message_id);
    insert into outbox_queue select message_id, day, created_at, available_at from outbox where sent_at is null;

    -- Programs of version 1 know of no queue. Nobody else writes `available_at`.
    create function outbox_of_version_1() returns trigger language plpgsql as $$
    begin
      if new.sent_at is null then
        insert into outbox_queue values (new.message_id, new.day, new.created_at, new.available_at)
        on conflict do nothing;
      else
        delete from outbox_queue where message_id = new.message_id;
      end if;
      return null;
    end $$;
    create trigger outbox_of_version_1 after insert or update of sent_at on outbox
      for each row when (new.available_at < 'infinity') execute function outbox_of_version_1();
    """
}
