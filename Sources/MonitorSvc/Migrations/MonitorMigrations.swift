import Postgres

enum MonitorMigrations {
  static let all = [
    Migration(
      version: 1, name: "orders, counters, pool, subscriptions, incidents",
      sql: """
        create table monitored_orders (
          id text primary key,
          state text not null,
          is_ended boolean not null,
          seq bigint not null,
          is_delivery_counted boolean not null,
          updated_at timestamptz not null
        );
        create index monitored_orders_open on monitored_orders (state) where not is_ended;
        create index monitored_orders_ended on monitored_orders (updated_at) where is_ended;

        create table counters (
          id text primary key,
          count bigint not null,
          total double precision not null
        );

        create table pool (
          id text primary key,
          available bigint not null,
          delegated bigint not null,
          wallets bigint not null,
          seq bigint not null,
          updated_at timestamptz not null
        );

        create table subscriptions (
          id text primary key,
          language text not null
        );

        create table incidents (
          id text primary key,
          state text not null,
          since timestamptz not null,
          value bigint not null
        );
        """),
    Migration(version: 2, name: "incidents of the ledger", sql: "alter table incidents add column seq bigint"),
    Migration(
      version: 3, name: "settled incidents go, open orders are counted elsewhere",
      sql: """
        create index incidents_firing on incidents (id) where state = 'firing';
        create index incidents_settled on incidents (since) where state = 'resolved' and seq is not null;
        drop index monitored_orders_open;
        """),
  ]
}
