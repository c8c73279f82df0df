import Postgres

extension TxMigrations {
  static let pool = Migration(
    version: 2, name: "pool: choice, capacity, reconciliation, chain parameters",
    sql: """
      alter table legs add column lent_to text;
      update legs set lent_to = delegations.receiver from delegations
        where delegations.id = legs.order_id and legs.state not in ('reclaimed', 'dead');
      create index legs_lent_to on legs (lent_to) where lent_to is not null;
      create index legs_live on legs (supplier) where state not in ('reclaimed', 'dead');

      alter table supplier_wallets
        add column is_draining boolean not null default false,
        add column seq bigint not null default 0,
        add column figures_at timestamptz,
        add column account_at timestamptz,
        add column energy_used bigint not null default 0,
        add column staked_bandwidth bigint not null default 0,
        add column free_bandwidth bigint not null default 0,
        add column delegated_on_chain bigint not null default 0,
        add column rentals_left bigint;

      create table chain_parameters (
        id text primary key,
        energy_fee bigint,
        transaction_fee bigint,
        max_delegate_lock_period bigint,
        unfreeze_delay_days bigint,
        memo_fee bigint,
        update_account_permission_fee bigint,
        total_energy_limit bigint,
        total_energy_weight bigint,
        read_at timestamptz not null,
        seq bigint not null
      );

      create table reconciliations (
        id text primary key,
        night timestamptz not null,
        after_receiver text not null,
        pairs bigint not null,
        suspects bigint not null,
        is_partial boolean not null,
        started_at timestamptz not null,
        finished_at timestamptz
      );

      create table ledger_differences (
        id text primary key,
        wallet text not null,
        receiver text,
        kind text not null,
        state text not null,
        ours bigint not null,
        on_chain bigint not null,
        solid_block bigint not null,
        since timestamptz not null,
        reported_at timestamptz,
        settled_at timestamptz,
        seq bigint not null
      );
      create index ledger_differences_state on ledger_differences (state);
      """)
}
