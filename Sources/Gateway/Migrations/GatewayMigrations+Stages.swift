import Postgres

extension GatewayMigrations {
  /// An index whose condition names what every event changes makes each of an order's events write to every index.
  /// `stage` changes a few times in an order's life (0: nothing was heard of it; 1: it waits for its delivery; 2: it
  /// waits for nobody); in between a row is changed in its page alone, which leaves room for that. A trigger keeps it,
  /// for the release before as well, which does not know it.
  ///
  /// Nothing here reads or writes the whole table: the column's default is that of an order which waits for nobody, and
  /// those that wait are found by the old indexes. The new ones may be made beforehand, while the shop works
  /// (docs/operations.md). The index on the age serves the release before, the retention, and nothing that changes.
  static let orderStages = Migration(
    version: 5, name: "an order's stage",
    sql: """
      alter table rest_orders add column if not exists stage smallint not null default 2;
      alter table rest_orders add column if not exists delivered_at timestamptz;
      alter table rest_orders set (fillfactor = 70);
      create function rest_orders_set_stage() returns trigger language plpgsql as $$
      begin
        if new.delivered_at is null and new.snapshot->>'state' in ('delivered', 'active', 'ending', 'completed') then
          new.delivered_at := now();
        end if;
        new.stage := case when new.last_seq = 0 then 0
          -- What the chain takes back afterwards says nothing of how much is too much.
          when new.delivered_at is null and new.snapshot->>'state' in ('funded', 'delegating') then 1
          else 2 end;
        return new;
      end $$;
      update rest_orders set stage = 0 where last_seq = 0;
      update rest_orders set stage = 1 where snapshot->>'state' in ('funded', 'delegating');
      create trigger rest_orders_stage before insert or update on rest_orders
        for each row execute function rest_orders_set_stage();
      create index if not exists rest_orders_silent on rest_orders (created_at) where stage = 0;
      create index if not exists rest_orders_on_their_way on rest_orders (created_at) where stage = 1;
      create index if not exists rest_orders_delivered on rest_orders (delivered_at) where delivered_at is not null;
      create index if not exists rest_orders_age on rest_orders (created_at);
      drop index rest_orders_unanswered;
      drop index rest_orders_undelivered;
      """)
}
