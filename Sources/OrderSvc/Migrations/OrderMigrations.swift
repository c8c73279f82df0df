import Postgres

enum OrderMigrations {
  static let all = [
    Migration(
      version: 1, name: "orders",
      sql: """
        create table orders (
          id text primary key,
          customer text not null,
          origin text not null,
          receiver text not null,
          energy bigint not null,
          duration_seconds bigint not null,
          price bigint not null check (price >= 0),
          state text not null,
          failure text,
          delegate_txs jsonb not null,
          reclaim_txs jsonb not null,
          created_at timestamptz not null,
          delivered_at timestamptz,
          ends_at timestamptz,
          updated_at timestamptz not null,
          seq bigint not null,
          reply_to text not null,
          withdrawal text not null,
          hold text not null,
          delivered bigint not null check (delivered >= 0),
          charged bigint not null check (charged between 0 and price),
          cost bigint not null check (cost >= 0),
          wallet_seq bigint not null,
          tx_seq bigint not null,
          deadline_seq bigint,
          incidents bigint not null
        );
        create index orders_of_customer on orders (customer, created_at desc, id desc);
        create index orders_open on orders (state, incidents)
          where state not in ('completed', 'rejected', 'failed', 'cancelled');
        create index orders_held on orders (created_at) where hold = 'held';
        """),
    dueOrders,
  ]

  /// One index in the place of two, for what is due and for what is open: orders that have not ended, and only they,
  /// are due at some time. The index may be made beforehand, while the shop works (docs/operations.md).
  ///
  /// Orders of the release before have a message under way that tells when they are due. They are looked at all the
  /// same, and so are those that it places beside this release: hence the column's default, which this release never
  /// uses. What the look finds it judges by `deadline_seq`, so that it may come at any time.
  private static let dueOrders = Migration(
    version: 2, name: "orders say when they are due",
    sql: """
      alter table orders add column if not exists due_at timestamptz;
      alter table orders alter column due_at set default now() + interval '5 minutes';
      update orders set due_at = case state when 'active' then ends_at else now() + interval '5 minutes' end,
          incidents = case state when 'active' then 0 else incidents end
        where state not in ('completed', 'rejected', 'failed', 'cancelled');
      create index if not exists orders_due on orders (due_at) include (state, incidents) where due_at is not null;
      drop index orders_open;
      drop index orders_held;
      """)
}
