import Postgres

enum GatewayMigrations {
  static let all = [
    Migration(
      version: 1, name: "clients, orders, chats, audit log",
      sql: """
        create table api_clients (
          id text primary key,
          customer text not null,
          name text not null,
          secret_hash bytea not null check (octet_length(secret_hash) = 32),
          action_key text not null unique,
          created_at timestamptz not null
        );

        create table rest_orders (
          id text primary key,
          client text not null,
          customer text not null,
          order_id text not null unique,
          request_hash text not null,
          receiver text not null,
          energy bigint not null,
          duration_seconds bigint not null,
          created_at timestamptz not null,
          last_seq bigint not null,
          snapshot jsonb
        );
        create index rest_orders_unanswered on rest_orders (created_at) where last_seq = 0;

        create table telegram_chats (
          id text primary key,
          user_id bigint not null,
          chat_id bigint not null,
          first_name text not null,
          language_code text not null,
          is_reachable boolean not null,
          updated_at timestamptz not null
        );

        create table telegram_updates (
          id text primary key,
          received_at timestamptz not null
        );
        create index telegram_updates_age on telegram_updates (received_at);

        create table telegram_screens (
          id text primary key,
          customer text not null,
          slot text not null,
          message_id bigint,
          last_seq bigint not null,
          fresh_seq bigint not null,
          adopts text,
          adopts_seq bigint not null,
          screen jsonb not null,
          content_hash text not null,
          shown_seq bigint not null,
          shown_hash text not null,
          updated_at timestamptz not null
        );

        create table audit_log (
          id text primary key,
          at timestamptz not null,
          service text not null,
          command text not null,
          subject text not null,
          actor text not null,
          reason text not null,
          action_key text not null,
          outcome text not null
        );
        create function audit_log_is_append_only() returns trigger language plpgsql as $$
        begin
          raise exception 'audit_log takes inserts only';
        end $$;
        create trigger audit_log_append_only before update or delete or truncate on audit_log
          for each statement execute function audit_log_is_append_only();
        """),
    Migration(
      version: 2, name: "age of orders' messages",
      sql: "create index telegram_screens_of_orders on telegram_screens (updated_at) where slot like 'order:%'"),
    // Holds what is on its way, and what people who blocked the bot have missed.
    Migration(
      version: 3, name: "orders' messages that are behind",
      sql: """
        create index telegram_screens_missed on telegram_screens (customer, updated_at)
          where slot like 'order:%' and last_seq > shown_seq
        """),
    Migration(
      version: 4, name: "orders that wait for their delivery",
      sql: """
        create index rest_orders_undelivered on rest_orders (created_at)
          where snapshot->>'state' in ('funded', 'delegating')
        """),
    orderStages,
  ]
}
